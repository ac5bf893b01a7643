"""Changes in place: filling, drawing, copying, and arithmetic for update rules.

The tape must know of them: a tensor that a recorded op still needs is not to change unnoticed. So
each one goes through `written`, which refuses to write into the graph and counts the change.
"""

from collections.abc import Callable
from typing import Any

from minigan import backend as B
from minigan.autograd.tape import mode
from minigan.autograd.tensor import Tensor
from minigan.backend import random


def written(x: Tensor, write: Callable[[B.Array], Any]) -> Tensor:
    """Let `write` change x's array; refused where the change itself would need a gradient."""
    if x.requires_grad and mode.recording:
        kind = "a leaf that requires grad" if x.is_leaf else "a result that requires grad"
        raise RuntimeError(
            f"this tensor of shape {x.shape} is {kind} and cannot be changed in place here; wrap "
            f"the change in `with minigan.no_grad():`, or compute a new tensor instead"
        )
    write(x.array)
    x.changed_in_place()
    return x


def _plain(value: Any) -> Any:
    return value.array if isinstance(value, Tensor) else value


def fill_(x: Tensor, value: float) -> Tensor:
    """Every element set to value."""
    return written(x, lambda a: a.fill(_plain(value)))


def zero_(x: Tensor) -> Tensor:
    """Every element set to 0."""
    return fill_(x, 0)


def copy_(x: Tensor, source: Any) -> Tensor:
    """The elements of source, broadcast and converted to x's dtype."""
    return written(x, lambda a: a.__setitem__(..., _plain(source)))


def setitem(x: Tensor, index: Any, value: Any) -> None:
    """x[index] = value"""
    from minigan.ops.shape import _index_part

    parts = index if isinstance(index, tuple) else (index,)
    written(x, lambda a: a.__setitem__(tuple(map(_index_part, parts)), _plain(value)))


def _drawn(x: Tensor, values: B.Array) -> Tensor:
    return written(x, lambda a: a.__setitem__(..., values))


def normal_(x: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """Every element ~ N(mean, std²)."""
    return _drawn(x, random.default.normal(x.shape, mean, std))


def uniform_(x: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """Every element ~ U[a, b)."""
    return _drawn(x, random.default.uniform(x.shape, a, b))


def bernoulli_(x: Tensor, p: float = 0.5) -> Tensor:
    """Every element 1 with probability p, else 0."""
    return _drawn(x, random.default.bernoulli(p, x.shape))


def random_(x: Tensor, low: int = 0, high: int = 2) -> Tensor:
    """Every element a whole number in [low, high)."""
    return _drawn(x, random.default.integers(low, high, x.shape))


def add_(x: Tensor, y: Any, *, alpha: float = 1.0) -> Tensor:
    """x ← x + alpha · y"""
    return written(x, lambda a: a.__iadd__(_plain(y) if alpha == 1.0 else _plain(y) * alpha))


def sub_(x: Tensor, y: Any, *, alpha: float = 1.0) -> Tensor:
    """x ← x - alpha · y"""
    return add_(x, y, alpha=-alpha)


def mul_(x: Tensor, y: Any) -> Tensor:
    """x ← x · y"""
    return written(x, lambda a: a.__imul__(_plain(y)))


def div_(x: Tensor, y: Any) -> Tensor:
    """x ← x / y"""
    return written(x, lambda a: a.__itruediv__(_plain(y)))


def addcmul_(x: Tensor, y: Tensor, z: Tensor, *, value: float = 1.0) -> Tensor:
    """x ← x + value · y · z"""
    return add_(x, y.detach() * z.detach(), alpha=value)


def addcdiv_(x: Tensor, y: Tensor, z: Tensor, *, value: float = 1.0) -> Tensor:
    """x ← x + value · y / z"""
    return add_(x, y.detach() / z.detach(), alpha=value)


def lerp_(x: Tensor, end: Tensor, weight: float) -> Tensor:
    """x ← x + weight · (end - x)"""
    return written(x, lambda a: a.__iadd__((_plain(end) - a) * weight))


def clamp_(x: Tensor, min: float | None = None, max: float | None = None) -> Tensor:
    """x held within [min, max]"""

    def write(a: B.Array) -> None:
        if min is not None:
            B.xp.maximum(a, min, out=a)
        if max is not None:
            B.xp.minimum(a, max, out=a)

    return written(x, write)


def scatter_(x: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """x[i, index[i, j]] = value[i, j] for dim=1, and likewise for other axes."""

    def write(a: B.Array) -> None:
        grid = list(B.xp.indices(index.shape, sparse=True))
        grid[dim % a.ndim] = index.array
        a[tuple(grid)] = _plain(value)

    return written(x, write)


def augmented(name: str, in_place: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`x += y`: in place where nothing is recorded, else a new recorded tensor under x's name."""

    def operator(x: Tensor, y: Any) -> Tensor:
        recorded = mode.recording and (x.requires_grad or getattr(y, "requires_grad", False))
        if recorded and not (x.requires_grad and x.is_leaf):
            return getattr(x, name)(y)
        return in_place(x, y)

    return operator
