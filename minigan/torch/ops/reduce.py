"""Further ops that fold axes or order what lies along one: variances, norms, extremes, sorting."""

import builtins
import math
from typing import Any, NamedTuple

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import MisfitError
from minigan.ops import reduce
from minigan.ops.reduce import axes_of, spread
from minigan.torch.ops.elementwise import as_numbers
from minigan.torch.ops.index import picked
from minigan.torch.ops.shape import Dims, along, axis_of, numpy_names, reversed_along


class Extremes(NamedTuple):
    """The result of max, min, sort and topk along an axis."""

    values: Tensor
    indices: Tensor


# -- sums and variances ----------------------------------------------------------------------------


@numpy_names
def sum(x: Tensor, dim: Dims | None = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Σ x over the axes dim (all by default), as another dtype if one is given."""
    return reduce.sum(x if dtype is None else x.to(dtype), dim, keepdim)


mean = numpy_names(reduce.mean)


@op(x=lambda g, dim: _backwards(cumsum(_backwards(g, dim), dim), dim))
def cumsum(x: Any, dim: int) -> Any:
    """The sums of the first elements along dim: of one, of two, …"""
    return x.cumsum(axis=dim, dtype="int64" if x.dtype.kind in "bu" else None)


def _backwards(x: Any, dim: int) -> Any:
    return reversed_along(x, (axis_of(dim, x.ndim),)) if x.ndim else x


@numpy_names
def var(
    x: Tensor,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: int | None = None,
) -> Tensor:
    """Σ (x - mean)² / (n - correction); correction is 1 when unbiased, else 0.

    `x.var(False)` is x.var(unbiased=False), as in PyTorch.
    """
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    axes = axes_of(x, dim)
    centred = x - mean(x, axes, True)
    count = math.prod(x.shape[i] for i in axes)
    return sum(centred * centred, axes, keepdim) / builtins.max(
        count - (int(unbiased) if correction is None else correction), 0
    )


@numpy_names
def std(x: Tensor, dim: Dims | None = None, *args: Any, **options: Any) -> Tensor:
    """√var."""
    return _root(var(x, dim, *args, **options))


@numpy_names
def var_mean(
    x: Tensor,
    dim: Any = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: int | None = None,
) -> tuple[Tensor, Tensor]:
    """var, which says what the arguments are, and mean."""
    if isinstance(dim, bool):
        dim, unbiased = None, dim
    return var(x, dim, unbiased, keepdim, correction=correction), mean(x, dim, keepdim)


def std_mean(x: Tensor, dim: Any = None, *args: Any, **options: Any) -> tuple[Tensor, Tensor]:
    """std and mean."""
    variance, average = var_mean(x, dim, *args, **options)
    return _root(variance), average


@op(x=lambda g, out: g / (out + (out == 0)) * 0.5)
def _root(x: Any) -> Any:
    """√x, of finite slope at 0: where all elements are alike, std pulls nowhere, as in PyTorch."""
    return B.xp.sqrt(x)


def norm(x: Tensor, p: float | str = 2, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """(Σ |x|^p)^(1/p) over the axes dim (all by default); its gradient at 0 is 0 for p = 2.

    p: a number above 0, infinity, or "fro", which is 2. ValueError for any other.
    """
    if p in (2, 2.0, "fro"):
        return reduce.norm(x, dim=dim, keepdim=keepdim)
    if p == 1:
        return sum(x.abs(), dim, keepdim)
    if isinstance(p, str) or p <= 0:
        raise ValueError(f"norm: p={p!r}: give a number above 0, inf, or 'fro'")
    if p == math.inf:
        return amax(x.abs(), dim, keepdim)
    return sum(x.abs() ** p, dim, keepdim) ** (1.0 / p)


# -- extremes --------------------------------------------------------------------------------------


def _share(g: Any, out: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """The gradient of an extreme, divided evenly among the elements that attain it."""
    hit = as_numbers(x == spread(out, x.shape, axes), g)
    return hit * spread(g / hit.sum(axes).reshape(g.shape), x.shape, axes)


@op(x=_share)
def _amax(x: Any, axes: tuple[int, ...], keepdim: bool) -> Any:
    return x.max(axis=axes, keepdims=keepdim)


@op(x=_share)
def _amin(x: Any, axes: tuple[int, ...], keepdim: bool) -> Any:
    return x.min(axis=axes, keepdims=keepdim)


def amax(x: Tensor, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """The largest element over the axes dim; ties share the gradient."""
    return _amax(x, axes_of(x, dim), keepdim)


def amin(x: Tensor, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """The smallest element over the axes dim; ties share the gradient."""
    return _amin(x, axes_of(x, dim), keepdim)


@numpy_names
def max(x: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The largest element; along dim, values and indices; with a second tensor, elementwise."""
    if isinstance(dim, Tensor):
        return x.maximum(dim)
    return amax(x) if dim is None else _extremes(x, argmax(x, dim, True), dim, keepdim)


@numpy_names
def min(x: Tensor, dim: Any = None, keepdim: bool = False) -> Any:
    """The smallest element; along dim, values and indices; with a second tensor, elementwise."""
    if isinstance(dim, Tensor):
        return x.minimum(dim)
    return amin(x) if dim is None else _extremes(x, argmin(x, dim, True), dim, keepdim)


def _extremes(x: Tensor, indices: Tensor, dim: int, keepdim: bool) -> Extremes:
    values = picked(x, dim, indices.array)
    return (
        Extremes(values, indices)
        if keepdim
        else Extremes(values.squeeze(dim), indices.squeeze(dim))
    )


@numpy_names
@op()
def argmax(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The (first) place of the largest element along dim, or in the flattened tensor."""
    return x.argmax(axis=dim, keepdims=keepdim)


@numpy_names
@op()
def argmin(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The (first) place of the smallest element along dim, or in the flattened tensor."""
    return x.argmin(axis=dim, keepdims=keepdim)


# -- all and any -----------------------------------------------------------------------------------


@numpy_names
@op()
def all(x: Any, dim: Dims | None = None, keepdim: bool = False) -> Any:
    """Whether every element along dim is true."""
    return x.all(axis=dim, keepdims=keepdim)


@numpy_names
@op()
def any(x: Any, dim: Dims | None = None, keepdim: bool = False) -> Any:
    """Whether some element along dim is true."""
    return x.any(axis=dim, keepdims=keepdim)


def equal(x: Tensor, y: Tensor) -> bool:
    """Whether both have the same shape and the same elements."""
    return x.shape == y.shape and bool(all(x == y))


@op()
def isclose(x: Any, y: Any, rtol: float = 1e-5, atol: float = 1e-8) -> Any:
    """Whether |x - y| ≤ atol + rtol · |y|, element by element; ∞ is close to itself alone."""
    return B.xp.isclose(x, y, rtol, atol)


def allclose(x: Tensor, y: Tensor, rtol: float = 1e-5, atol: float = 1e-8) -> bool:
    """Whether |x - y| ≤ atol + rtol · |y| everywhere."""
    return bool(all(isclose(x, y, rtol, atol)))


# -- order -----------------------------------------------------------------------------------------


@numpy_names
def argsort(x: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The places of the elements along dim in ascending order; equal ones always keep theirs."""
    dim = axis_of(dim, x.ndim or 1)
    return _argsort(x, dim, descending) if x.ndim else wrap(B.xp.zeros((), "int64"))


@op()
def _argsort(x: Any, dim: int, descending: bool) -> Any:
    if not descending:
        return B.xp.argsort(x, axis=dim, kind="stable")
    backwards = B.xp.flip(x, dim)
    return B.xp.flip(x.shape[dim] - 1 - B.xp.argsort(backwards, axis=dim, kind="stable"), dim)


@numpy_names
def sort(x: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Extremes:
    """The elements along dim in ascending order, and their places; equal ones keep their order."""
    indices = argsort(x, dim, descending)
    return Extremes(picked(x, dim, indices.array), indices)


@numpy_names
def topk(x: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Extremes:
    """The k largest (or smallest) elements along dim, the most extreme first, and their places."""
    size = x.shape[axis_of(dim, x.ndim)] if x.ndim else 1
    if not 0 <= k <= size:
        raise MisfitError(f"topk: k is {k}, but axis {dim} of {x.shape} has {size} elements")
    indices = argsort(x, dim, largest)
    indices = along(indices, dim, slice(k)) if x.ndim else indices
    return Extremes(picked(x, dim, indices.array), indices)
