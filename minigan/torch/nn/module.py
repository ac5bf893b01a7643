"""Module's further words, whole: assigning and registering, calling with hooks, PyTorch's text."""

import functools
from collections.abc import Callable
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.nn import module as core
from minigan.nn.module import Parameter
from minigan.torch.extend import extends
from minigan.torch.nn.answers import Hook, check_name, register
from minigan.torch.nn.moving import Moving

_assign = core.Module.__setattr__


@extends(core.Module)
class Module(Moving):
    """The base of all layers and networks.

    Parameters, buffers and submodules are the attributes that hold them, named by attribute and
    ordered by assignment; dots join the names of nested ones ("0.weight"). The place of a parameter
    or module is for its like, or None: TypeError for a plain tensor, which nothing would learn.
    """

    _forward_hooks: tuple[Hook, ...] = ()
    _forward_pre_hooks: tuple[Hook, ...] = ()

    def __init__(self) -> None:
        if "_state_kinds" in vars(self):
            held = ", ".join(self._state_kinds)
            what = f"{type(self).__name__} has its {held} already, which PyTorch would forget"
            raise AttributeError(f"{what}: call super().__init__() first of all, and once")

    def __setattr__(self, name: str, value: Any) -> None:
        """Assign. A parameter or module joins the state, where only its like or None follows it."""
        if isinstance(value, (Parameter, core.Module)) and name not in self._state_kinds:
            check_name(self, name)
            if hasattr(type(self), name):
                what = f"{name!r} is an attribute of the class {type(self).__name__}"
                raise KeyError(f"{what}, where PyTorch would go on finding it: rename one of them")
        _assign(self, name, value)

    def __getattr__(self, name: str) -> Any:
        """Asked where nothing else has the name; a wrapper's own __getattr__ asks it of super()."""
        if name in vars(self):
            return vars(self)[name]
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __delattr__(self, name: str) -> None:
        """Delete; the name is free for anything again."""
        object.__delattr__(self, name)
        self._state_kinds = {k: kind for k, kind in self._state_kinds.items() if k != name}

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self._forward_hooks and not self._forward_pre_hooks:
            return self.forward(*args, **kwargs)
        for hook in self._forward_pre_hooks:
            args, kwargs = hook.before(args, kwargs)
        out = self.forward(*args, **kwargs)
        for hook in self._forward_hooks:
            out = hook.after(args, kwargs, out)
        return out

    # -- registering -------------------------------------------------------------------------------

    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> Hook:
        """Call hook(module, inputs, output) after each forward; its answer replaces the output.

        with_kwargs: hook(module, inputs, kwargs, output). prepend: before the earlier hooks.
        The handle's remove() ends that. always_call is refused: a failed forward calls no hook.
        """
        if always_call:
            cure = "put try … finally around the call of the module"
            raise NotImplementedError(f"register_forward_hook: always_call is not offered; {cure}")
        return Hook(self, "_forward_hooks", hook, prepend, with_kwargs)

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Hook:
        """Call hook(module, inputs) before each forward; its answer replaces the inputs.

        with_kwargs: hook(module, inputs, kwargs), which answers None or (inputs, kwargs).
        prepend: before the earlier hooks. The handle's remove() ends that.
        """
        return Hook(self, "_forward_pre_hooks", hook, prepend, with_kwargs)

    def register_full_backward_hook(self, *_: Any, **__: Any) -> None:
        """Not offered: raises NotImplementedError."""
        cure = "take the gradients of what a forward hook kept, by torch.autograd.grad(loss, kept)"
        raise NotImplementedError(f"backward hooks of modules are not offered; {cure}")

    register_backward_hook = register_full_backward_pre_hook = register_full_backward_hook

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a tensor that moves with the module but is not learned; None keeps its place.

        Not persistent: it is no part of state_dict. Raises TypeError for what is no tensor or no
        name, KeyError for a name that is taken, empty or has a dot.
        """
        register(self, name, Tensor, tensor)
        others = self._non_persistent_buffers_set - {name}
        self._non_persistent_buffers_set = others if persistent else others | {name}

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Assign the attribute; None keeps the place for a parameter.

        Raises TypeError for what is no parameter or no name, KeyError for a name that is taken,
        empty or has a dot.
        """
        register(self, name, Parameter, param)

    def add_module(self, name: str, module: core.Module | None) -> None:
        """Assign the attribute, also under names that are numbers; None keeps its place.

        Raises TypeError for what is no module, such as a class without its brackets, KeyError for
        a name that is taken, empty or has a dot.
        """
        register(self, name, core.Module, module)

    register_module = add_module

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
        members = self._modules.items()
        return [f"({name}): {None if m is None else m._lines()}" for name, m in members]


def placing(init: Callable[..., None]) -> Callable[..., None]:
    """A layer's __init__ that also takes device and dtype: there its parameters then are."""
    known = init.__code__.co_argcount - 1  # by position, device and dtype come after these

    @functools.wraps(init)
    def with_place(
        self: Any, *args: Any, device: Any = None, dtype: Any = None, **options: Any
    ) -> None:
        if known < len(args) <= known + 2:
            args, (device, dtype, *_) = args[:known], (*args[known:], dtype)
        init(self, *args, **options)
        if device is not None or dtype is not None:
            self.to(device=device, dtype=dtype)

    return with_place
