"""Module: a function with parameters, and all that finds, saves and changes them."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor, array_of


class Parameter(Tensor):
    """A tensor that a module learns: a leaf that requires grad."""

    def __init__(self, data: Tensor, requires_grad: bool = True):
        self.array, self.requires_grad = data.array, requires_grad


class Module:
    """The base of all layers and networks.

    Parameters, buffers and submodules are the attributes that hold them, named by attribute and
    ordered by assignment; dots join the names of nested ones ("0.weight"), as in PyTorch.
    """

    training: bool = True
    _buffers: tuple[str, ...] = ()  # names of the tensors that are saved but not learned

    def forward(self, *args: Any) -> Any:
        raise NotImplementedError(f"{type(self).__name__} does not define forward()")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.forward(*args, **kwargs)

    def register_buffer(self, name: str, tensor: Tensor | None) -> None:
        """Keep a tensor that belongs to the state but is not learned; None keeps its place."""
        self._buffers = (*self._buffers, name)
        setattr(self, name, tensor)

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """The submodules directly below this one."""
        return ((name, v) for name, v in vars(self).items() if isinstance(v, Module))

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, "Module"]]:
        """This module and all below it, depth first, with their dotted names."""
        yield prefix, self
        for name, module in self.named_children():
            yield from module.named_modules(f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator["Module"]:
        return (module for _, module in self.named_modules())

    def state(self) -> Iterator[tuple[str, Tensor]]:
        """Parameters, then buffers, module by module: PyTorch's order."""
        for prefix, module in self.named_modules():
            own = [name for name, v in vars(module).items() if isinstance(v, Parameter)]
            for name in (*own, *module._buffers):
                if (value := getattr(module, name)) is not None:
                    yield (f"{prefix}.{name}" if prefix else name), value

    def named_parameters(self) -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with its dotted name."""
        names: dict[Parameter, str] = {}
        for name, value in self.state():
            if isinstance(value, Parameter):
                names.setdefault(value, name)
        return ((name, parameter) for parameter, name in names.items())

    def parameters(self) -> Iterator[Parameter]:
        return (parameter for _, parameter in self.named_parameters())

    def state_dict(self) -> OrderedDict[str, Tensor]:
        """All parameters and buffers by name; they share the module's memory."""
        return OrderedDict((name, tensor.detach()) for name, tensor in self.state())

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> Any:
        """Copy the values in. Names, shapes and dtypes must match; else nothing changes, and a
        RuntimeError lists everything missing, unexpected and misshapen.
        """
        own = dict(self.state())
        faults = [f"missing: {name} {own[name].shape}" for name in own if name not in state_dict]
        for name, given in state_dict.items():
            if name not in own:
                faults.append(f"unexpected: {name}")
            elif tuple(given.shape) != (shape := own[name].shape):
                faults.append(f"misshapen: {name} is {shape}, given {tuple(given.shape)}")
            elif str(given.dtype).removeprefix("torch.") != str(dtype := own[name].dtype):
                faults.append(f"wrong dtype: {name} is {dtype}, given {given.dtype}")
        if faults:
            kind, listed = type(self).__name__, "\n  ".join(["", *faults])
            raise RuntimeError(f"load_state_dict: no state of a {kind}, nothing changed:{listed}")
        for name, tensor in own.items():
            B.write(tensor.array, array_of(state_dict[name]))
            tensor.changed_in_place()

    def train(self, mode: bool = True) -> "Module":
        """Training behaviour (dropout, batch statistics) on or off, everywhere below."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> "Module":
        return self.train(False)

    def __repr__(self) -> str:
        plain = [(k, v) for k, v in vars(self).items() if isinstance(v, (int, float, tuple))]
        options = [f"{k}={v}" for k, v in plain if k not in ("training", "_buffers")]
        lines = [f"\n({name}): {module!r}" for name, module in self.named_children()]
        inside = "".join(lines).replace("\n", "\n  ") + "\n" if lines else ", ".join(options)
        return f"{type(self).__name__}({inside})"
