"""Module: a function with parameters, and all that finds, saves and moves them."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any, NamedTuple

from minigan.autograd.tensor import Tensor
from minigan.nn.parameter import Parameter
from minigan.ops import device as _device
from minigan.ops import typed
from minigan.ops.creation import as_tensor
from minigan.ops.inplace import copy_


class Module:
    """The base of all layers and networks.

    Parameters, buffers and submodules are the attributes that hold them, named by attribute and
    ordered by assignment; dots join the names of nested ones ("0.weight"), as in PyTorch.
    """

    training: bool = True
    _buffers: tuple[str, ...] = ()  # names of the tensors that are saved but not learned
    _forward_hooks: tuple[Callable[..., Any], ...] = ()
    _forward_pre_hooks: tuple[Callable[..., Any], ...] = ()

    def forward(self, *args: Any) -> Any:
        """What the module computes; subclasses define it."""
        raise NotImplementedError(f"{type(self).__name__} does not define forward()")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for hook in self._forward_pre_hooks:
            changed = hook(self, args)
            args = (
                args if changed is None else changed if isinstance(changed, tuple) else (changed,)
            )
        out = self.forward(*args, **kwargs)
        for hook in self._forward_hooks:
            changed = hook(self, args, out)
            out = out if changed is None else changed
        return out

    def register_forward_hook(self, hook: Callable[..., Any]) -> "Hook":
        """Call hook(module, inputs, output) after each forward; its answer replaces the output.

        The handle's remove() ends that.
        """
        self._forward_hooks = (*self._forward_hooks, hook)
        return Hook(self, hook)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a tensor that belongs to the state but is not learned; None keeps its place."""
        if persistent:
            self._buffers = (*self._buffers, name)
        setattr(self, name, tensor)

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """The same as assigning the attribute."""
        setattr(self, name, parameter)

    def add_module(self, name: str, module: "Module") -> None:
        """The same as assigning the attribute; for names that are numbers.

        Raises TypeError for what is no module, such as a class without its brackets.
        """
        if module is not None and not isinstance(module, Module):
            hint = f": write {module.__name__}()" if isinstance(module, type) else ""
            raise TypeError(f"{type(self).__name__}: {module!r} is no Module{hint}")
        setattr(self, name, module)

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> "Hook":
        """Call hook(module, inputs) before each forward; its answer replaces the inputs.

        The handle's remove() ends that.
        """
        self._forward_pre_hooks = (*self._forward_pre_hooks, hook)
        return Hook(self, hook)

    # -- looking inside ----------------------------------------------------------------------------

    @property
    def _modules(self) -> "Members":
        """The submodules directly below this one, by name: PyTorch's dict of them."""
        return Members(self, Module)

    @property
    def _parameters(self) -> "Members":
        """The parameters of this module alone, by name: PyTorch's dict of them."""
        return Members(self, Parameter)

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """The submodules directly below this one."""
        return ((k, v) for k, v in vars(self).items() if isinstance(v, Module))

    def children(self) -> Iterator["Module"]:
        """The submodules directly below this one, without names."""
        return (module for _, module in self.named_children())

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, "Module"]]:
        """This module and all below it, depth first."""
        yield prefix, self
        for name, module in self.named_children():
            yield from module.named_modules(f"{prefix}.{name}" if prefix else name)

    def modules(self) -> Iterator["Module"]:
        """This module and all below it, without names."""
        return (module for _, module in self.named_modules())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with its dotted name; without recurse, this module's own."""
        seen: set[int] = set()
        for path, module in self.named_modules(prefix) if recurse else [(prefix, self)]:
            for name, value in vars(module).items():
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen.add(id(value))
                    yield (f"{path}.{name}" if path else name), value

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter once; without recurse, this module's own."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def get_submodule(self, target: str) -> "Module":
        """The module of a dotted name."""
        return dict(self.named_modules())[target]

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of a dotted name."""
        return dict(self.named_parameters())[target]

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Every buffer with its dotted name."""
        for prefix, module in self.named_modules():
            for name in module._buffers:
                if (value := getattr(module, name)) is not None:
                    yield (f"{prefix}.{name}" if prefix else name), value

    def buffers(self) -> Iterator[Tensor]:
        """Every buffer."""
        return (buffer for _, buffer in self.named_buffers())

    # -- state -------------------------------------------------------------------------------------

    def _state(self) -> Iterator[tuple[str, Tensor]]:
        """Parameters, then buffers, module by module: PyTorch's order."""
        for prefix, module in self.named_modules():
            own = [k for k, v in vars(module).items() if isinstance(v, Parameter)]
            for name in (*own, *module._buffers):
                if (value := getattr(module, name)) is not None:
                    yield (f"{prefix}.{name}" if prefix else name), value

    def state_dict(self) -> OrderedDict[str, Tensor]:
        """All parameters and buffers by name; they share the module's memory."""
        return OrderedDict((name, tensor.detach()) for name, tensor in self._state())

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> "Loaded":
        """Copy the values in. Names, shapes and dtypes must match exactly; else nothing changes.

        strict=False ignores missing and unexpected names, which it returns, but never a wrong shape
        or dtype.
        Raises RuntimeError that lists everything missing, unexpected and misshapen.
        """
        own = dict(self._state())
        faults = []
        for name, tensor in own.items():
            if name not in state_dict:
                if strict:
                    faults.append(f"missing: {name} {tensor.shape}")
                continue
            given = state_dict[name]
            if tuple(given.shape) != tensor.shape:
                faults.append(f"misshapen: {name} is {tensor.shape}, given {tuple(given.shape)}")
            elif str(given.dtype).removeprefix("torch.") != str(tensor.dtype):
                faults.append(f"wrong dtype: {name} is {tensor.dtype}, given {given.dtype}")
        unexpected = [name for name in state_dict if name not in own]
        if strict:
            faults += [f"unexpected: {name}" for name in unexpected]
        if faults:
            raise RuntimeError(
                f"load_state_dict: the state does not fit this {type(self).__name__}; nothing was "
                f"changed.\n  " + "\n  ".join(faults)
            )
        for name, tensor in own.items():
            if name in state_dict:
                copy_(tensor.data, as_tensor(state_dict[name]))
        return Loaded([name for name in own if name not in state_dict], unexpected)

    # -- changing all of it ------------------------------------------------------------------------

    def apply(self, function: Callable[["Module"], Any]) -> "Module":
        """Call function on every submodule, then on this one; for initialisers."""
        for module in self.children():
            module.apply(function)
        function(self)
        return self

    def train(self, mode: bool = True) -> "Module":
        """Training behaviour (dropout, batch statistics) on or off, everywhere below."""
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> "Module":
        """Training behaviour off."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> "Module":
        """Freeze (False) or unfreeze every parameter."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or set them to 0."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad.zero_()

    def to(self, *target: Any, **options: Any) -> "Module":
        """Move every parameter and buffer, in place, to a device or a floating-point dtype."""
        for _, tensor in self._state():
            moved = _device.to(tensor.detach(), *target, **options)
            if tensor.dtype.kind == "f" or moved.dtype == tensor.dtype:
                tensor.array = moved.array
            if tensor.grad is not None:
                tensor.grad = _device.to(tensor.grad, *target, **options)
        return self

    def type(self, kind: Any) -> "Module":
        """As another type: to(dtype), or FloatTensor and its like."""
        return typed.type(self, kind)

    def cpu(self) -> "Module":
        """Move to the host."""
        return self.to("cpu")

    def cuda(self, *_: Any) -> "Module":
        """Move to the GPU."""
        return self.to("cuda")

    def float(self) -> "Module":
        """Parameters and buffers as float32."""
        return self.to("float32")

    def double(self) -> "Module":
        """Parameters and buffers as float64."""
        return self.to("float64")

    def half(self) -> "Module":
        """Parameters and buffers as float16."""
        return self.to("float16")

    def _begin(self, device: Any, dtype: Any) -> None:
        """The end of a layer's __init__: its parameters go to the device and dtype asked for."""
        if device is not None or dtype is not None:
            self.to(device=device, dtype=dtype)

    # -- showing -----------------------------------------------------------------------------------

    def _get_name(self) -> str:
        """The class's name."""
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the brackets of the layer's own line."""
        return ""

    def __repr__(self) -> str:
        count = sum(parameter.array.size for parameter in self.parameters())
        return f"{self._lines()}\n{count:,} parameters" if count else self._lines()

    def _lines(self) -> str:
        if type(self).__repr__ is not Module.__repr__:
            return repr(self)
        children = self._shown_children()
        inside = [line for line in (self.extra_repr(), *children) if line]
        if not children:
            return f"{type(self).__name__}({self.extra_repr()})"
        body = "\n".join(inside).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {body}\n)"

    def _shown_children(self) -> list[str]:
        return [f"({name}): {module._lines()}" for name, module in self.named_children()]


class Loaded(NamedTuple):
    """What load_state_dict answers: the names that it forgave."""

    missing_keys: list[str]
    unexpected_keys: list[str]

    def __repr__(self) -> str:
        if not any(self):
            return "<All keys matched successfully>"
        return f"missing_keys={self.missing_keys}, unexpected_keys={self.unexpected_keys}"


class Members(MutableMapping[str, Any]):
    """The attributes of a module that are of one kind, by name, as a dict that changes them."""

    def __init__(self, module: Module, kind: type):
        self.module, self.kind = module, kind

    def __getitem__(self, name: str) -> Any:
        return {key: vars(self.module)[key] for key in self}[name]

    def __setitem__(self, name: str, value: Any) -> None:
        setattr(self.module, name, value)

    def __delitem__(self, name: str) -> None:
        delattr(self.module, name)

    def __iter__(self) -> Iterator[str]:
        return iter([k for k, v in vars(self.module).items() if isinstance(v, self.kind)])

    def __len__(self) -> int:
        return len(list(iter(self)))


class Hook:
    """A registered hook, to be removed by remove()."""

    def __init__(self, module: Module, hook: Callable[..., Any]):
        self.module, self.hook = module, hook

    def remove(self) -> None:
        """Call it no more."""
        for kind in ("_forward_hooks", "_forward_pre_hooks"):
            hooks = getattr(self.module, kind)
            setattr(self.module, kind, tuple(h for h in hooks if h is not self.hook))
