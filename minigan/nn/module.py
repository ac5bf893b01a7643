"""Module: a function with parameters, and all that finds, saves and changes them."""

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from minigan.autograd.tensor import Tensor, array_of
from minigan.nn.init import fill


class Parameter(Tensor):
    """A tensor that a module learns: a leaf that requires grad."""

    def __init__(self, data: Tensor, requires_grad: bool = True):
        self.array = data.array
        self.requires_grad_(requires_grad)


class Module:
    """The base of all layers and networks.

    Parameters, buffers and submodules are the attributes that hold them, named by attribute and
    ordered by assignment; dots join the names of nested ones ("0.weight"), as in PyTorch.
    """

    training: bool = True
    _state_kinds: Mapping[str, Any] = {}  # by name: Parameter, Tensor (a buffer), Module

    def __setattr__(self, name: str, value: Any) -> None:
        """Assign. A parameter or module joins the state, where only its like or None follows it."""
        held = self._state_kinds.get(name)
        kind = next((k for k in (Parameter, Module) if isinstance(value, k)), held)
        if kind is not held and (held, kind) != (Parameter, Module):
            self._state_kinds = {**self._state_kinds, name: kind}
            vars(self).pop(name, None)  # its place is behind the others
        elif held and not isinstance(value, (held, type(None))):
            what = f"a {type(value).__name__} as {held.__name__} {name!r} of {type(self).__name__}"
            raise TypeError(f"cannot assign {what}: give a {held.__name__}(…), or None")
        object.__setattr__(self, name, value)

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define forward()")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def register_buffer(self, name: str, tensor: Tensor | None) -> None:
        """Keep a tensor that belongs to the state but is not learned; None keeps its place."""
        self._state_kinds = {**self._state_kinds, name: Tensor}
        setattr(self, name, tensor)

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """The submodules directly below this one, each once."""
        return _once((name, v) for name, v in vars(self).items() if isinstance(v, Module))

    def modules(self) -> Iterator["Module"]:
        """This module and all below it, each once, depth first."""
        below = [module for _, child in self.named_children() for module in child.modules()]
        return iter(dict.fromkeys([self, *below]))

    def named_state(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """Parameters, then buffers, module by module: PyTorch's order; tied ones by all names."""
        for kind in (Parameter, Tensor, Module):
            for name, value in list(vars(self).items()):
                if self._state_kinds.get(name) is kind and value is not None:
                    path = prefix + name
                    yield from value.named_state(f"{path}.") if kind is Module else [(path, value)]

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with its dotted name."""
        return _once((name, v) for name, v in self.named_state() if isinstance(v, Parameter))

    def parameters(self) -> Iterator[Parameter]:
        return (parameter for _, parameter in self.named_parameters())

    def state_dict(self) -> OrderedDict[str, Tensor]:
        """All parameters and buffers by name; they share the module's memory."""
        return OrderedDict((name, tensor.detach()) for name, tensor in self.named_state())

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Any:
        """Copy the values in, converted to the module's dtypes. Names and shapes must match; else
        nothing changes, and a RuntimeError lists everything missing, unexpected and misshapen."""
        if not isinstance(state_dict, Mapping):
            raise TypeError(f"load_state_dict: {type(state_dict).__name__} is no dict; load() it")
        own, shapes = dict(self.named_state()), {n: tuple(v.shape) for n, v in state_dict.items()}
        faults = [f"missing: {n} {own[n].shape}" for n in own if n not in shapes]
        faults += [f"unexpected: {n}" for n in shapes if n not in own]
        wrong = [n for n in own if n in shapes and shapes[n] != own[n].shape]
        faults += [f"misshapen: {n} is {own[n].shape}, given {shapes[n]}" for n in wrong]
        if faults:
            kind, listed = type(self).__name__, "\n  ".join(["", *faults])
            raise RuntimeError(f"load_state_dict: no state of a {kind}, nothing changed:{listed}")
        for name, tensor in own.items():
            fill(tensor, array_of(state_dict[name]))

    def train(self, mode: bool = True) -> Self:
        """Training behaviour (dropout, batch statistics) on or off, everywhere below."""
        self.training = mode
        for _, module in self.named_children():
            module.train(mode)
        return self

    def eval(self) -> Self:
        return self.train(False)

    def __repr__(self) -> str:
        options = [f"{k}={v}" for k, v in vars(self).items() if type(v) in (int, float, tuple)]
        lines = [f"\n({name}): {module!r}" for name, module in self.named_children()]
        inside = "".join(lines).replace("\n", "\n  ") + "\n" if lines else ", ".join(options)
        return f"{type(self).__name__}({inside})"


def _once(named: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Of named values, each once, by its first name."""
    first: dict[Any, str] = {}
    return ((name, value) for name, value in named if first.setdefault(value, name) == name)
