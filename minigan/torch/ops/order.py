"""Ops that ask for the place of elements: the largest, the smallest, and all in their order."""

from typing import Any, NamedTuple

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError
from minigan.ops.reduce import axes_of, spread
from minigan.torch.ops.index import picked
from minigan.torch.ops.shape import Dims, along, numpy_names


class Extremes(NamedTuple):
    """The result of max, min, sort and topk along an axis."""

    values: Tensor
    indices: Tensor


# -- extremes --------------------------------------------------------------------------------------


def _share(g: Any, out: Any, x: Any, axes: tuple[int, ...]) -> Any:
    """The gradient of an extreme, divided evenly among the elements that attain it."""
    hit = (x == spread(out, x.shape, axes)).astype(g.dtype)
    return hit * spread(g / hit.sum(axes).reshape(g.shape), x.shape, axes)


@op(x=_share)
def _amax(x: Any, axes: tuple[int, ...], keepdim: bool) -> Any:
    return x.max(axis=axes, keepdims=keepdim)


@op(x=_share)
def _amin(x: Any, axes: tuple[int, ...], keepdim: bool) -> Any:
    return x.min(axis=axes, keepdims=keepdim)


@numpy_names
def amax(x: Tensor, dim: Dims | None = None, keepdim: bool = False) -> Tensor:
    """The largest element over the axes dim; ties share the gradient."""
    return _amax(x, axes_of(x, dim), keepdim)


@numpy_names
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
    if keepdim or not x.ndim:
        return Extremes(values, indices)
    return Extremes(values.squeeze(dim), indices.squeeze(dim))


@numpy_names
@op()
def argmax(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The (first) place of the largest element along dim, or in the flattened tensor."""
    return x.argmax(axis=_axis(x, dim), keepdims=keepdim)


@numpy_names
@op()
def argmin(x: Any, dim: int | None = None, keepdim: bool = False) -> Any:
    """The (first) place of the smallest element along dim, or in the flattened tensor."""
    return x.argmin(axis=_axis(x, dim), keepdims=keepdim)


def _axis(x: Any, dim: int | None) -> int | None:
    """dim as the array libraries take it: a number has no axis, not even axis 0."""
    return None if dim is None else (*axes_of(x, dim), None)[0]


# -- order -----------------------------------------------------------------------------------------


@op(least=None)
def _argsort(x: Any, dim: int, descending: bool) -> Any:
    if not x.ndim:
        return B.xp.zeros((), "int64")
    if not descending:
        return B.xp.argsort(x, axis=dim, kind="stable")
    backwards = B.xp.flip(x, dim)
    return B.xp.flip(x.shape[dim] - 1 - B.xp.argsort(backwards, axis=dim, kind="stable"), dim)


@numpy_names
def argsort(x: Tensor, dim: int = -1, descending: bool = False, stable: bool = False) -> Tensor:
    """The places of the elements along dim in ascending order; equal ones keep their order, asked
    for by `stable` or not.
    """
    axes_of(x, dim)
    return _argsort(x, dim, descending)


@numpy_names
def sort(
    x: Tensor, dim: int = -1, descending: bool = False, *, stable: bool | None = False
) -> Extremes:
    """The elements along dim in ascending order, and their places; equal ones keep their order."""
    indices = argsort(x, dim, descending)
    return Extremes(picked(x, dim, indices.array), indices)


@numpy_names
def topk(x: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> Extremes:
    """The k largest (or smallest) elements along dim, the most extreme first, and their places."""
    axes = axes_of(x, dim)
    size = x.shape[dim] if axes else 1
    if not 0 <= k <= size:
        raise MisfitError(f"topk: k is {k}, but axis {dim} of {x.shape} has {size} elements")
    indices = argsort(x, dim, largest)
    indices = along(indices, dim, slice(k)) if axes else indices
    return Extremes(picked(x, dim, indices.array), indices)
