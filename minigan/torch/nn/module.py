"""Module's further words: hooks, names, moving between devices and dtypes, PyTorch's text."""

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.nn import module as core
from minigan.nn.module import Parameter
from minigan.torch.extend import extends
from minigan.torch.nn.answers import Hook, Loaded, Members
from minigan.torch.ops import device as _device
from minigan.torch.ops import typed
from minigan.torch.ops.creation import as_tensor

_load_state_dict = core.Module.load_state_dict


@extends(core.Module)
class Module(core.Module):
    """The base of all layers and networks.

    Parameters, buffers and submodules are the attributes that hold them, named by attribute and
    ordered by assignment; dots join the names of nested ones ("0.weight").
    """

    _forward_hooks: tuple[Callable[..., Any], ...] = ()
    _forward_pre_hooks: tuple[Callable[..., Any], ...] = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for hook in self._forward_pre_hooks:
            changed = hook(self, args)
            if changed is not None:
                args = changed if isinstance(changed, tuple) else (changed,)
        out = self.forward(*args, **kwargs)
        for hook in self._forward_hooks:
            changed = hook(self, args, out)
            out = out if changed is None else changed
        return out

    def register_forward_hook(self, hook: Callable[..., Any]) -> Hook:
        """Call hook(module, inputs, output) after each forward; its answer replaces the output.

        The handle's remove() ends that.
        """
        return Hook(self, "_forward_hooks", hook)

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> Hook:
        """Call hook(module, inputs) before each forward; its answer replaces the inputs.

        The handle's remove() ends that.
        """
        return Hook(self, "_forward_pre_hooks", hook)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a tensor that belongs to the state but is not learned; None keeps its place."""
        if persistent:
            self._buffers = (*self._buffers, name)
        setattr(self, name, tensor)

    def register_parameter(self, name: str, parameter: Parameter | None) -> None:
        """The same as assigning the attribute."""
        setattr(self, name, parameter)

    def add_module(self, name: str, module: "Module | None") -> None:
        """The same as assigning the attribute; for names that are numbers.

        Raises TypeError for what is no module, such as a class without its brackets.
        """
        if module is not None and not isinstance(module, core.Module):
            hint = f": write {module.__name__}()" if isinstance(module, type) else ""
            raise TypeError(f"{type(self).__name__}: {module!r} is no Module{hint}")
        setattr(self, name, module)

    # -- looking inside ----------------------------------------------------------------------------

    @property
    def _modules(self) -> Members:
        """The submodules directly below this one, by name: PyTorch's dict of them."""
        return Members(self, core.Module)

    @property
    def _parameters(self) -> Members:
        """The parameters of this module alone, by name: PyTorch's dict of them."""
        return Members(self, Parameter)

    def children(self) -> Iterator[Any]:
        """The submodules directly below this one, without names."""
        return iter(self._modules.values())

    def named_parameters(
        self, prefix: str = "", recurse: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with its dotted name; without recurse, this module's own."""
        seen: set[Tensor] = set()
        for path, module in self.named_modules(prefix) if recurse else [(prefix, self)]:
            for name, value in vars(module).items():
                if isinstance(value, Parameter) and value not in seen:
                    seen.add(value)
                    yield (f"{path}.{name}" if path else name), value

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter once; without recurse, this module's own."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def named_buffers(self) -> Iterator[tuple[str, Tensor]]:
        """Every buffer with its dotted name."""
        return ((name, v) for name, v in self.state() if not isinstance(v, Parameter))

    def buffers(self) -> Iterator[Tensor]:
        """Every buffer."""
        return (buffer for _, buffer in self.named_buffers())

    def get_submodule(self, target: str) -> Any:
        """The module of a dotted name."""
        return dict(self.named_modules())[target]

    def get_parameter(self, target: str) -> Parameter:
        """The parameter of a dotted name."""
        return dict(self.named_parameters())[target]

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> Loaded:
        """Copy the values in. Names, shapes and dtypes must match exactly; else nothing changes.

        strict=False forgives missing and unexpected names, which it returns, but never a wrong
        shape or dtype. Raises RuntimeError that lists everything missing, unexpected and misshapen.
        """
        own = dict(self.state())
        given = {k: v if isinstance(v, Tensor) else as_tensor(v) for k, v in state_dict.items()}
        missing = [name for name in own if name not in given]
        unexpected = [name for name in given if name not in own]
        if not strict:
            given = own | {name: value for name, value in given.items() if name in own}
        _load_state_dict(self, given)
        return Loaded(missing, unexpected)

    # -- changing all of it ------------------------------------------------------------------------

    def apply(self, function: Callable[["Module"], Any]) -> "Module":
        """Call function on every submodule, then on this one; for initialisers."""
        for module in self.children():
            module.apply(function)
        function(self)
        return self

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
        for _, tensor in self.state():
            moved = _device.to(tensor.detach(), *target, **options)
            if tensor.dtype.kind == "f" and moved.dtype.kind != "f":
                raise TypeError(f"Module.to: weights are floating-point numbers, not {moved.dtype}")
            if tensor.dtype.kind == "f" or moved.dtype == tensor.dtype:
                tensor.array = moved.array
                tensor.changed_in_place()
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
        if type(self).__repr__ is not core.Module.__repr__:
            return repr(self)
        children = self._shown_children()
        inside = [line for line in (self.extra_repr(), *children) if line]
        if not children:
            return f"{type(self).__name__}({self.extra_repr()})"
        body = "\n".join(inside).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {body}\n)"

    def _shown_children(self) -> list[str]:
        return [f"({name}): {module._lines()}" for name, module in self._modules.items()]


def placing(init: Callable[..., None]) -> Callable[..., None]:
    """A layer's __init__ that also takes device and dtype: there its parameters then are."""

    @functools.wraps(init)
    def with_place(
        self: Any, *args: Any, device: Any = None, dtype: Any = None, **options: Any
    ) -> None:
        init(self, *args, **options)
        if device is not None or dtype is not None:
            self.to(device=device, dtype=dtype)

    return with_place
