# ruff: noqa
# Written by tests/stubs.py, which says what for.
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self
from minigan.autograd.tensor import Tensor, array_of
from collections.abc import Callable

class Parameter(Tensor):
    """A tensor that a module learns: a leaf that requires grad."""

    def __init__(self, data: Tensor, requires_grad: bool = True): ...

from typing import ParamSpec, Protocol, TypeVar

P = ParamSpec("P")
R = TypeVar("R", covariant=True)

class Forward(Protocol[P, R]):
    """What a module is to its call, which takes and returns what its own forward does."""

    def forward(self, *args: P.args, **kwargs: P.kwargs) -> R: ...

class Module:
    """The base of all layers and networks.

    Parameters, buffers and submodules are the attributes that hold them, named by attribute and
    ordered by assignment; dots join the names of nested ones ("0.weight"). The place of a parameter
    or module is for its like, or None: TypeError for a plain tensor, which nothing would learn.
    """

    training: bool
    _state_kinds: Mapping[str, Any]
    def __call__(self: Forward[P, R], *args: P.args, **kwargs: P.kwargs) -> R: ...
    def __repr__(self) -> str: ...
    def __setattr__(self, name: str, value: Any) -> None:
        """Assign. A parameter or module joins the state, where only its like or None follows it."""
    def eval(self) -> Self: ...
    def forward(self, *args: Any, **kwargs: Any) -> Any: ...
    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Copy the values in, converted to the module's dtypes. Names and shapes must match.

        strict=False forgives missing and unexpected names, which it returns, but never a wrong
        shape. Raises RuntimeError that lists everything missing, unexpected and misshapen; then
        nothing has changed. assign=True is refused: values are copied, never taken over.
        """
    def modules(self) -> Iterator["Module"]:
        """This module and all below it, each once, depth first."""
    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """The submodules directly below this one, each once."""
    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with its dotted name; without recurse, this module's own.

        remove_duplicate=False: tied ones under each of their names.
        """
    def named_state(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """What is saved: parameters, then persistent buffers, module by module."""
    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """Every parameter once; without recurse, this module's own."""
    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Keep a tensor that moves with the module but is not learned; None keeps its place.

        Not persistent: it is no part of state_dict. Raises TypeError for what is no tensor or no
        name, KeyError for a name that is taken, empty or has a dot.
        """
    def state_dict(
        self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False
    ) -> OrderedDict[str, Tensor]:
        """All parameters and persistent buffers by name; they share the module's memory.

        keep_vars: the very parameters, not their detached aliases. The names begin with prefix;
        they are put into destination, where one is given.
        """
    def train(self, mode: bool = True) -> Self:
        """Training behaviour (dropout, batch statistics) on or off, here and everywhere below."""

    # -- what follows comes with minigan.torch

    def __delattr__(self, name: str) -> None:
        """Delete; the name is free for anything again."""
    def __getattr__(self, name: str) -> Any:
        """Asked where nothing else has the name; a wrapper's own __getattr__ asks it of super()."""
    def __init__(self) -> None: ...
    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        """fn(tensor) in place of the content of every parameter and its gradient, and every buffer.

        What moves a module goes through here: a class that keeps tensors elsewhere extends it.
        """
    @property
    def _buffers(self) -> Any:
        """The buffers of this module alone, by name: PyTorch's dict of them."""
    _forward_hooks: tuple
    _forward_pre_hooks: tuple
    def _get_name(self) -> str:
        """The class's name."""
    def _lines(self) -> str: ...
    @property
    def _modules(self) -> Any:
        """The submodules directly below this one, by name: PyTorch's dict of them."""
    _non_persistent_buffers_set: frozenset
    @property
    def _parameters(self) -> Any:
        """The parameters of this module alone, by name: PyTorch's dict of them."""
    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """This module's own part of state_dict."""
    def _shown_children(self) -> list[str]: ...
    def add_module(self, name: str, module: Module | None) -> None:
        """Assign the attribute, also under names that are numbers; None keeps its place.

        Raises TypeError for what is no module, such as a class without its brackets, KeyError for
        a name that is taken, empty or has a dot.
        """
    def apply(self, fn: Callable[[Any], Any]) -> Self:
        """Call fn on every submodule, then on this one; for initialisers."""
    def bfloat16(self) -> Self:
        """Not offered, as NumPy has no bfloat16: raises TypeError."""
    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer once; without recurse, this module's own."""
    def children(self) -> Iterator[Any]:
        """The submodules directly below this one, each once, without names."""
    def cpu(self) -> Self:
        """Move to the host."""
    def cuda(self, device: Any = None) -> Self:
        """Move to the GPU, of which there is one: number 0."""
    def double(self) -> Self:
        """Parameters and buffers as float64; whole numbers stay."""
    def extra_repr(self) -> str:
        """What stands between the brackets of the layer's own line."""
    def float(self) -> Self:
        """Parameters and buffers as float32; whole numbers stay."""
    def get_buffer(self, target: str) -> Tensor:
        """The buffer of a dotted name. AttributeError where there is none."""
    def get_parameter(self, target: str) -> Parameter:
        """The parameter of a dotted name. AttributeError where there is none."""
    def get_submodule(self, target: str) -> Any:
        """The module of a dotted name; "" is this one. AttributeError where there is none."""
    def half(self) -> Self:
        """Parameters and buffers as float16; whole numbers stay."""
    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """Every buffer once, with its dotted name, also those that are not saved."""
    def named_modules(
        self, memo: set[Any] | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Any]]:
        """This module and all below it, depth first, with their dotted names.

        Each once, but for remove_duplicate=False; without those in memo.
        """
    def register_backward_hook(self, *_: Any, **__: Any) -> None:
        """Not offered: raises NotImplementedError."""
    def register_forward_hook(
        self,
        hook: Callable[..., Any],
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> Any:
        """Call hook(module, inputs, output) after each forward; its answer replaces the output.

        with_kwargs: hook(module, inputs, kwargs, output). prepend: before the earlier hooks.
        The handle's remove() ends that. always_call is refused: a failed forward calls no hook.
        """
    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> Any:
        """Call hook(module, inputs) before each forward; its answer replaces the inputs.

        with_kwargs: hook(module, inputs, kwargs), which answers None or (inputs, kwargs).
        prepend: before the earlier hooks. The handle's remove() ends that.
        """
    def register_full_backward_hook(self, *_: Any, **__: Any) -> None:
        """Not offered: raises NotImplementedError."""
    def register_full_backward_pre_hook(self, *_: Any, **__: Any) -> None:
        """Not offered: raises NotImplementedError."""
    def register_module(self, name: str, module: Module | None) -> None:
        """Assign the attribute, also under names that are numbers; None keeps its place.

        Raises TypeError for what is no module, such as a class without its brackets, KeyError for
        a name that is taken, empty or has a dot.
        """
    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Assign the attribute; None keeps the place for a parameter.

        Raises TypeError for what is no parameter or no name, KeyError for a name that is taken,
        empty or has a dot.
        """
    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Freeze (False) or unfreeze every parameter."""
    def to(self, *target: Any, memory_format: Any = None, **options: Any) -> Self:
        """Move every parameter and buffer, in place, to a device or a floating-point dtype.

        Whole numbers keep their dtype. Parameters stay the same objects, and lie as they lay,
        whatever memory_format says. Raises TypeError for another dtype, RuntimeError for copy=: a
        module moves itself.
        """
    def type(self, dst_type: Any) -> Self:
        """Everything, whole numbers too, as another type: a dtype, or FloatTensor and its like."""
    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients, or set them to 0."""

def _once(named: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Of named values, each once, by its first name."""
