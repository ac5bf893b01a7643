"""Ops that fold axes: sums, means, variances, extremes, norms."""

import builtins
import math
from typing import Any, NamedTuple

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor
from minigan.ops.shape import Dims, broadcast_to, gather, numpy_names, reshape_to


class Extremes(NamedTuple):
    """The result of max, min, sort and topk along an axis."""

    values: Tensor
    indices: Tensor


def _axes(x: Any, dim: Dims | None) -> tuple[int, ...]:
    """The axes meant by dim, as positive numbers; None and () mean all."""
    if dim is None or dim == ():
        return tuple(range(x.ndim))
    dims = (dim,) if isinstance(dim, int) else tuple(dim)
    rank = builtins.max(x.ndim, 1)
    for d in dims:
        if not -rank <= d < rank:
            raise IndexError(f"dim {d} is out of range for a tensor of shape {x.shape}")
    return tuple(d % rank for d in dims) if x.ndim else ()


def _spread(g: Any, shape: tuple[int, ...], axes: tuple[int, ...]) -> Any:
    """A reduced gradient repeated along the axes that were folded."""
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return broadcast_to(reshape_to(g, kept), shape)


@op(x=lambda g, axes, x_shape: _spread(g, x_shape, axes))
def _sum(x: Any, axes: tuple[int, ...], keepdim: bool) -> Any:
    return x.sum(axis=axes, keepdims=keepdim)


@numpy_names
def sum(x: Tensor, dim: Dims | None = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Σ x over the axes dim (all by default), as another dtype if one is given."""
    x = x if dtype is None else x.to(dtype)
    return _sum(x, _axes(x, dim), keepdim)


@numpy_names
def mean(x: Tensor, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """Σ x / n over the axes dim (all by default)."""
    axes = _axes(x, dim)
    return _sum(x, axes, keepdim) / math.prod(x.shape[i] for i in axes)


@op(x=lambda g, dim: _backwards(cumsum(_backwards(g, dim), dim), dim))
def cumsum(x: Any, dim: int) -> Any:
    """The sums of the first elements along dim: of one, of two, …"""
    return x.cumsum(axis=dim)


def _backwards(x: Any, dim: int) -> Any:
    return x[(*[slice(None)] * (dim % x.ndim), slice(None, None, -1))]


@numpy_names
def var(
    x: Tensor,
    dim: Dims | None = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: int | None = None,
) -> Tensor:
    """Σ (x - mean)² / (n - correction); correction is 1 when unbiased, else 0."""
    axes = _axes(x, dim)
    centred = x - mean(x, axes, True)
    count = math.prod(x.shape[i] for i in axes)
    return _sum(centred * centred, axes, keepdim) / builtins.max(
        count - (int(unbiased) if correction is None else correction), 0
    )


@numpy_names
def std(
    x: Tensor,
    dim: Dims | None = None,
    unbiased: bool = True,
    keepdim: bool = False,
    *,
    correction: int | None = None,
) -> Tensor:
    """√var."""
    return var(x, dim, unbiased, keepdim, correction=correction).sqrt()


def var_mean(x: Tensor, dim: Dims | None = None, **options: Any) -> tuple[Tensor, Tensor]:
    """var and mean."""
    return var(x, dim, **options), mean(x, dim, options.get("keepdim", False))


def std_mean(x: Tensor, dim: Dims | None = None, **options: Any) -> tuple[Tensor, Tensor]:
    """std and mean."""
    return std(x, dim, **options), mean(x, dim, options.get("keepdim", False))


def norm(x: Tensor, p: float | str = 2, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """(Σ |x|^p)^(1/p) over the axes dim (all by default); its gradient at 0 is 0 for p = 2."""
    axes = _axes(x, dim)
    if p in (2, 2.0, "fro"):
        return _norm2(x, axes, keepdim)
    if p == 1:
        return _sum(x.abs(), axes, keepdim)
    if p == math.inf:
        return amax(x.abs(), axes, keepdim)
    return _sum(x.abs() ** p, axes, keepdim) ** (1.0 / p)  # type: ignore[operator]


@op(x=lambda g, out, x, axes: x * _spread(g / (out + (out == 0)), x.shape, axes))
def _norm2(x: Any, axes: tuple[int, ...], keepdim: bool) -> Any:
    return B.xp.sqrt((x * x).sum(axis=axes, keepdims=keepdim))


# -- extremes --------------------------------------------------------------------------------------


def _share(g: Any, out: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """The gradient of an extreme, divided evenly among the elements that attain it."""
    hit = (x == _spread(out, x.shape, axes)).astype(g.dtype)
    return hit * _spread(g / _sum(hit, axes, False).reshape(g.shape), x.shape, axes)


@op(x=lambda g, out, x, axes: _share(g, out, x, axes))
def _amax(x: Any, axes: tuple[int, ...], keepdim: bool) -> Any:
    return x.max(axis=axes, keepdims=keepdim)


@op(x=lambda g, out, x, axes: _share(g, out, x, axes))
def _amin(x: Any, axes: tuple[int, ...], keepdim: bool) -> Any:
    return x.min(axis=axes, keepdims=keepdim)


def amax(x: Tensor, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """The largest element over the axes dim; ties share the gradient."""
    return _amax(x, _axes(x, dim), keepdim)


def amin(x: Tensor, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """The smallest element over the axes dim; ties share the gradient."""
    return _amin(x, _axes(x, dim), keepdim)


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
    values = gather(x, dim, indices)
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


def isclose(x: Tensor, y: Tensor, rtol: float = 1e-5, atol: float = 1e-8) -> Tensor:
    """Whether |x - y| ≤ atol + rtol · |y|, element by element."""
    return (x - y).abs() <= y.abs() * rtol + atol


def allclose(x: Tensor, y: Tensor, rtol: float = 1e-5, atol: float = 1e-8) -> bool:
    """Whether |x - y| ≤ atol + rtol · |y| everywhere."""
    return bool(all(isclose(x, y, rtol, atol)))


# -- order -----------------------------------------------------------------------------------------


@op()
def argsort(x: Any, dim: int = -1, descending: bool = False) -> Any:
    """The places of the elements along dim in ascending order; equal ones keep their order."""
    if not descending:
        return B.xp.argsort(x, axis=dim, kind="stable")
    backwards = B.xp.flip(x, dim)
    return B.xp.flip(x.shape[dim] - 1 - B.xp.argsort(backwards, axis=dim, kind="stable"), dim)


def sort(x: Tensor, dim: int = -1, descending: bool = False) -> Extremes:
    """The elements along dim in ascending order, and their places."""
    indices = argsort(x, dim, descending)
    return Extremes(gather(x, dim, indices), indices)


def topk(x: Tensor, k: int, dim: int = -1, largest: bool = True) -> Extremes:
    """The k largest (or smallest) elements along dim, the most extreme first, and their places."""
    if k > x.shape[dim]:
        raise ValueError(f"topk: k is {k}, but axis {dim} of {x.shape} has {x.shape[dim]} elements")
    first = (*[slice(None)] * (dim % x.ndim), slice(k))
    indices = argsort(x, dim, largest)[first]
    return Extremes(gather(x, dim, indices), indices)
