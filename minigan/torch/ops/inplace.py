"""The changes in place: filling, drawing, copying, arithmetic, and new shapes."""

import math
from collections.abc import Callable
from typing import Any

from minigan import backend as B
from minigan.autograd.tape import mode, recording
from minigan.autograd.tensor import Tensor
from minigan.backend import random
from minigan.backend.random import Generator
from minigan.errors import MisfitError
from minigan.ops.elementwise import add, div, mul, sub
from minigan.ops.shape import swapaxes
from minigan.torch.ops.creation import bounds_of, sizes_of
from minigan.torch.ops.drawn import randint
from minigan.torch.ops.elementwise import times
from minigan.torch.ops.reading import as_index
from minigan.torch.ops.refused import check_floats, check_mask, check_number
from minigan.torch.ops.repeat import expand
from minigan.torch.ops.scatter import aimed
from minigan.torch.ops.shape import squeeze, t, unsqueeze
from minigan.torch.ops.views import known_layouts, step_aside
from minigan.torch.ops.written import stored, written


def fill_(x: Tensor, value: float) -> Tensor:
    """Every element set to value, a number or a tensor of no axes."""
    check_number("fill_", x, value)
    return stored(x, (...,), value)


def zero_(x: Tensor) -> Tensor:
    """Every element set to 0."""
    return stored(x, (...,), 0)


def copy_(x: Tensor, source: Any, non_blocking: bool = False) -> Tensor:
    """The elements of source, broadcast and converted to x's dtype; non_blocking as in to()."""
    return stored(x, (...,), source)


def setitem(x: Tensor, index: Any, value: Any) -> None:
    """x[index] = value"""
    stored(x, as_index(index, x.shape), value)


def masked_fill_(x: Tensor, mask: Tensor, value: float) -> Tensor:
    """value put where the mask, broadcast to x, is true."""
    check_mask("masked_fill_", mask)
    check_number("masked_fill_", x, value)
    return stored(x, (expand(mask, x.shape).array.copy(),), value)


def normal_(
    x: Tensor, mean: float = 0.0, std: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Every element ~ N(mean, std²)."""
    check_floats("normal_", x)
    if not std >= 0.0:
        raise MisfitError(f"normal_: std={std} must be at least 0")
    return copy_(x, (generator or random.default).normal(x.shape, mean, std))


def uniform_(
    x: Tensor, a: float = 0.0, b: float = 1.0, *, generator: Generator | None = None
) -> Tensor:
    """Every element ~ U[a, b)."""
    check_floats("uniform_", x)
    if not -math.inf < a <= b < math.inf:
        raise MisfitError(f"uniform_: there is no number from {a} to below {b}")
    return copy_(x, (generator or random.default).uniform(x.shape, a, b))


def bernoulli_(x: Tensor, p: float = 0.5, *, generator: Generator | None = None) -> Tensor:
    """Every element 1 with probability p, else 0."""
    if not 0.0 <= p <= 1.0:
        raise MisfitError(f"bernoulli_: the probability {p} is outside [0, 1]")
    return copy_(x, (generator or random.default).bernoulli(p, x.shape))


def random_(
    x: Tensor,
    low: int | None = None,
    high: int | None = None,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """Every element a whole number in [low, high); `random_(high)` starts at 0.

    Without any, below what x's dtype counts exactly, at most 2³¹.
    """
    if low is None:
        most: Any = bounds_of(x.dtype)[1] + 1
        if x.dtype.kind == "f":
            most = 2 ** (B.xp.finfo(x.dtype).nmant + 1)
        low, high = 0, min(most, 2**31)
    return copy_(x, randint(low, high, x.shape, generator=generator, dtype=x.dtype))


def add_(x: Tensor, y: Any, *, alpha: Any = 1) -> Tensor:
    """x ← x + alpha · y"""
    return written(x, lambda a, v: a.__iadd__(v), times("add_", x, y, alpha), add)


def sub_(x: Tensor, y: Any, *, alpha: Any = 1) -> Tensor:
    """x ← x - alpha · y"""
    return written(x, lambda a, v: a.__isub__(v), times("sub_", x, y, alpha), sub)


def mul_(x: Tensor, y: Any) -> Tensor:
    """x ← x · y"""
    return written(x, lambda a, v: a.__imul__(v), y, mul)


def div_(x: Tensor, y: Any) -> Tensor:
    """x ← x / y"""
    return written(x, lambda a, v: a.__itruediv__(v), y, div)


def addcmul_(x: Tensor, y: Tensor, z: Tensor, *, value: Any = 1) -> Tensor:
    """x ← x + value · y · z"""
    return add_(x, y * z, alpha=value)


def addcdiv_(x: Tensor, y: Tensor, z: Tensor, *, value: Any = 1) -> Tensor:
    """x ← x + value · y / z"""
    return add_(x, y / z, alpha=value)


def scatter_(
    x: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: Any = None
) -> Tensor:
    """x[i, index[i, j]] = src[i, j] for dim=1, and likewise for other axes; src or value."""
    at, value = aimed("scatter_", x, dim, index, src, value, reduce)
    return stored(x, at, value)


def _reshaped(x: Any, view: Callable[[Tensor], Tensor]) -> Tensor:
    """x as this view of what it was, of which nobody but other views knows."""
    if mode.recording and x.requires_grad and x.grad_fn is None:
        raise RuntimeError(
            f"this leaf of shape {x.shape} requires grad and keeps its shape; use squeeze, "
            f"unsqueeze or reshape, which return a new tensor"
        )
    former = step_aside(x)
    if x.requires_grad and x.grad_fn is None:  # it stays a leaf
        x.array = view(former.detach()).array
    else:
        with recording(True):  # under no_grad as well: only the shape changes
            new: Any = view(former)
        x.array, x._base, x._taken, x._family = new.array, new._base, new._taken, new._family
        x.grad_fn, x.requires_grad = new.grad_fn, new.requires_grad
        x._family.add(x)
    x.changed_in_place()
    return x


def resize_(x: Any, *size: Any) -> Tensor:
    """x in another shape; in the same memory, if that is contiguous and long enough.

    New elements are undefined. Raises RuntimeError for a result with a history: its shape is known
    to the graph.
    """
    if x.grad_fn is not None:
        raise RuntimeError(
            f"this result of shape {x.shape} has a history and keeps its shape; use reshape, "
            f"squeeze or unsqueeze, which return a new tensor"
        )
    shape = sizes_of(*size)
    flat = x.array.reshape(-1)
    if (count := math.prod(shape)) > flat.size:
        grown = B.module_of(flat).empty(count, x.dtype)
        grown[: flat.size] = flat
        flat = grown
    step_aside(x)
    x.array = flat[:count].reshape(shape)
    x.changed_in_place()
    return x


def resize_as_(x: Tensor, other: Tensor) -> Tensor:
    """resize_ to the shape of another tensor."""
    return resize_(x, other.shape)


def squeeze_(x: Tensor, dim: int | None = None) -> Tensor:
    """x without its axes of size 1, or without that one."""
    return _reshaped(x, lambda x: squeeze(x, dim))


def unsqueeze_(x: Tensor, dim: int) -> Tensor:
    """x with a new axis of size 1 at position dim."""
    return _reshaped(x, lambda x: unsqueeze(x, dim))


def t_(x: Tensor) -> Tensor:
    """x transposed."""
    return _reshaped(x, t)


def transpose_(x: Tensor, dim0: int, dim1: int) -> Tensor:
    """x with two axes exchanged."""
    return _reshaped(x, lambda x: swapaxes(x, dim0, dim1))


def detach_(x: Any) -> Tensor:
    """Forget how x was computed: from here on it is a leaf without gradient."""
    if x._taken is not None:
        raise RuntimeError(
            f"this view of shape {x.shape} cannot forget its history, which is that of the tensor "
            f"it was taken of; use x.detach()"
        )
    x.grad_fn, x.requires_grad = None, False
    return x


def set_data(x: Any, value: Any) -> None:
    """x.data = value: x in the memory of value. Views of x keep what x was."""
    if not isinstance(value, Tensor):
        raise TypeError(f"data is a tensor, not {value!r}")
    if x.requires_grad and value.dtype.kind != "f":
        raise RuntimeError(f"a tensor that requires grad holds floats, not {value.dtype}")
    version = x.owner._version
    step_aside(x)
    x.array, x._base, x._version = value.array, None, version
    x._layouts = known_layouts(value)
    if x.requires_grad:  # PyTorch's tape minds neither, and takes the new values
        x.changed_in_place()
