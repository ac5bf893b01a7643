"""Changes in place: filling, drawing, copying, and arithmetic for update rules.

The tape must know of them: a tensor that a recorded op still needs is not to change unnoticed. So
each one goes through `written`, which counts the change. Where a gradient must pass through it, the
tensor becomes the result of the same change as an op, in memory of its own.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

from minigan import backend as B
from minigan.autograd.tape import mode
from minigan.autograd.tensor import Tensor, wrap
from minigan.backend import random
from minigan.ops import elementwise
from minigan.ops.shape import _index, _ints, _places, astype, clone, put, squeeze, unsqueeze


def written(
    x: Tensor,
    write: Callable[[B.Array, Any], Any],
    value: Any,
    formula: Callable[[Tensor, Any], Tensor],
) -> Tensor:
    """Let `write` put value into x's array; or, if a gradient wants it, let x become formula(x, v).

    Into the detached alias of such a tensor (`weight.data`) anything may be written.
    """
    learns = getattr(value, "requires_grad", False) and not x.owner.requires_grad
    if mode.recording and (x.requires_grad or learns):
        return _become(x, lambda former: formula(former, value))
    write(x.array, _beside(x.array, value))
    x.changed_in_place()
    return x


def _become(x: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    """x, from here on the result of this change of what it was.

    Refused for a leaf that is learned, and for a view: what it is a view of would not follow.
    """
    if x.requires_grad and x.is_leaf:
        raise RuntimeError(
            f"this tensor of shape {x.shape} is a leaf that requires grad and cannot be changed in "
            f"place here; wrap the change in `with minigan.no_grad():`, or compute a new tensor"
        )
    if x.grad_fn.op.view if x.grad_fn is not None else x._origin is not None:
        raise RuntimeError(
            f"this tensor of shape {x.shape} shares the memory of another one, and a gradient is "
            f"wanted through this change in place, which the other one would not know of. Change "
            f"x.clone() instead, or compute a new tensor (x + y, cat, stack, where)"
        )
    former = wrap(x.array)
    former.grad_fn, former.requires_grad, former._origin = x.grad_fn, x.requires_grad, x._origin
    changed = clone(change(former))  # the op may need the memory of its result again
    changed = changed if changed.dtype == x.dtype else astype(changed, x.dtype)
    if changed.shape != x.shape:
        raise RuntimeError(f"a tensor of shape {x.shape} cannot become {changed.shape} in place")
    x._version, x._origin = x.version + 1, None
    x.array, x.grad_fn, x.requires_grad = changed.array, changed.grad_fn, True
    return x


def _beside(array: B.Array, value: Any) -> Any:
    """value as something that can be written into array: a number, or an array of its library."""
    value = value.array if isinstance(value, Tensor) else value
    if not B.is_array(value) or value.__class__ is array.__class__:
        return value
    return B.module_of(array).asarray(B.to_host(value))


def fill_(x: Tensor, value: float) -> Tensor:
    """Every element set to value."""
    return written(x, lambda a, v: a.fill(v), value, lambda x, v: put(x, v, (...,)))


def zero_(x: Tensor) -> Tensor:
    """Every element set to 0."""
    return fill_(x, 0)


def copy_(x: Tensor, source: Any) -> Tensor:
    """The elements of source, broadcast and converted to x's dtype."""
    return written(x, lambda a, v: a.__setitem__(..., v), source, lambda x, v: put(x, v, (...,)))


def setitem(x: Tensor, index: Any, value: Any) -> None:
    """x[index] = value"""
    at = _index(index)
    written(x, lambda a, v: a.__setitem__(at, v), value, lambda x, v: put(x, v, at))


def masked_fill_(x: Tensor, mask: Tensor, value: float) -> Tensor:
    """value put where the mask is true."""
    at = (mask.array,)
    return written(x, lambda a, v: a.__setitem__(at, v), value, lambda x, v: put(x, v, at))


def normal_(x: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Every element ~ N(mean, std²)."""
    return copy_(x, random.default.normal(x.shape, mean, std))


def uniform_(x: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Every element ~ U[a, b)."""
    return copy_(x, random.default.uniform(x.shape, a, b))


def bernoulli_(x: Tensor, p: float = 0.5) -> Tensor:
    """Every element 1 with probability p, else 0."""
    return copy_(x, random.default.bernoulli(p, x.shape))


def random_(x: Tensor, low: int | None = None, high: int | None = None) -> Tensor:
    """Every element a whole number in [low, high); `random_(high)` starts at 0.

    Without any, below what x's dtype counts exactly, at most 2³¹.
    """
    if low is None:
        low, high = 0, 1 << (24 if x.dtype == "float32" else 8 if x.dtype == "uint8" else 31)
    low, high = (0, low) if high is None else (low, high)
    return copy_(x, random.default.integers(low, high, x.shape))


def add_(x: Tensor, y: Any, *, alpha: float = 1.0) -> Tensor:
    """x ← x + alpha · y"""
    return written(
        x,
        lambda a, v: a.__iadd__(v if alpha == 1.0 else v * alpha),
        y,
        lambda x, y: x + (y if alpha == 1.0 else y * alpha),
    )


def sub_(x: Tensor, y: Any, *, alpha: float = 1.0) -> Tensor:
    """x ← x - alpha · y"""
    return add_(x, y, alpha=-alpha)


def mul_(x: Tensor, y: Any) -> Tensor:
    """x ← x · y"""
    return written(x, lambda a, v: a.__imul__(v), y, elementwise.mul)


def div_(x: Tensor, y: Any) -> Tensor:
    """x ← x / y"""
    return written(x, lambda a, v: a.__itruediv__(v), y, elementwise.div)


def addcmul_(x: Tensor, y: Tensor, z: Tensor, *, value: float = 1.0) -> Tensor:
    """x ← x + value · y · z"""
    return add_(x, y * z, alpha=value)


def addcdiv_(x: Tensor, y: Tensor, z: Tensor, *, value: float = 1.0) -> Tensor:
    """x ← x + value · y / z"""
    return add_(x, y / z, alpha=value)


def lerp_(x: Tensor, end: Tensor, weight: float) -> Tensor:
    """x ← x + weight · (end - x)"""
    return written(
        x,
        lambda a, v: a.__iadd__((v - a) * weight),
        end,
        lambda x, v: elementwise.lerp(x, v, weight),
    )


def clamp_(x: Tensor, min: float | None = None, max: float | None = None) -> Tensor:
    """x held within [min, max]"""

    def write(a: B.Array, _: None) -> None:
        if min is not None:
            B.xp.maximum(a, min, out=a)
        if max is not None:
            B.xp.minimum(a, max, out=a)

    return written(x, write, None, lambda x, _: elementwise.clamp(x, min, max))


def applied(op: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The op of one tensor as a change in place."""

    @functools.wraps(op)
    def change(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        def formula(x: Any, _: Any) -> Any:
            return op(x, *args, **kwargs)

        return written(x, lambda a, v: a.__setitem__(..., formula(a, v)), None, formula)

    return change


def scatter_(
    x: Tensor, dim: int, index: Tensor, src: Any = None, *, value: float | None = None
) -> Tensor:
    """x[i, index[i, j]] = src[i, j] for dim=1, and likewise for other axes; src or value."""

    at = _places(index.array, dim)
    value = value if src is None else src
    return written(x, lambda a, v: a.__setitem__(at, v), value, lambda x, v: put(x, v, at))


def scatter(x: Tensor, dim: int, index: Tensor, src: Any = None, **value: float) -> Tensor:
    """scatter_ into a copy of x."""
    return scatter_(x.clone(), dim, index, src, **value)


def resize_(x: Tensor, *size: Any) -> Tensor:
    """x in another shape; in the same memory, if that is contiguous and long enough.

    New elements are undefined. Raises RuntimeError for a result with a history: its shape is known
    to the graph.
    """
    if x.grad_fn is not None:
        raise RuntimeError(
            f"this result of shape {x.shape} has a history and keeps its shape; use reshape, "
            f"squeeze or unsqueeze, which return a new tensor"
        )
    shape = _ints(size)
    flat = x.array.reshape(-1)
    if (count := math.prod(shape)) > flat.size:
        grown = B.module_of(flat).empty(count, x.dtype)
        grown[: flat.size] = flat
        flat = grown
    x.data = flat[:count].reshape(shape)
    return x


def resize_as_(x: Tensor, other: Tensor) -> Tensor:
    """resize_ to the shape of another tensor."""
    return resize_(x, other.shape)


def squeeze_(x: Tensor, dim: int | None = None) -> Tensor:
    """x without its axes of size 1, or without that one."""
    return resize_(x, squeeze(x, dim).shape)


def unsqueeze_(x: Tensor, dim: int) -> Tensor:
    """x with a new axis of size 1 at position dim."""
    return resize_(x, unsqueeze(x, dim).shape)


def detach_(x: Tensor) -> Tensor:
    """Forget how x was computed: from here on it is a leaf without gradient."""
    x.grad_fn, x.requires_grad = None, False
    return x


def augmented(name: str, in_place: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`x += y`: in place where nothing is recorded, else a new recorded tensor under x's name."""

    def operator(x: Tensor, y: Any) -> Tensor:
        recorded = mode.recording and (x.requires_grad or getattr(y, "requires_grad", False))
        if recorded and not (x.requires_grad and x.is_leaf):
            return getattr(x, name)(y)
        return in_place(x, y)

    return operator
