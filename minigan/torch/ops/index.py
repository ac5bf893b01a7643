"""Picking and putting elements: by index, by mask, by triangle, and the writing op put."""

import operator
from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import MisfitError
from minigan.ops.shape import broadcast_to, fit, reshape_to, take
from minigan.torch.ops import elementwise
from minigan.torch.ops.shape import along, axis_of


@op(
    fit=fit,
    x=lambda g, index: put(g, 0.0, index),
    values=lambda g, index, values_shape: _with_rank(take(g, index), len(values_shape)),
)
def put(x: Any, values: Any, index: Any) -> Any:
    """x with values written at index."""
    out = B.xp.array(x)  # of a number, too, which copy() leaves a number
    out[index] = values
    return out


def store(array: Any, index: Any, values: Any) -> None:
    """array[index] = values; MisfitError where the shapes do not fit."""
    try:
        array[index] = values
    except ValueError as error:
        raise MisfitError(f"x[...] = values: {error}") from None


def _with_rank(x: Any, rank: int) -> Any:
    """x with axes of size 1 in front, so that it has at least so many."""
    return reshape_to(x, (1,) * (rank - x.ndim) + x.shape) if x.ndim < rank else x


def gather(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """out[i, j] = x[i, index[i, j]] for dim=1, and likewise for other axes."""
    return take(x, places(index.array, dim))


def places(index: Any, dim: int) -> tuple[Any, ...]:
    """For each axis the places that a gather visits: `index` along dim, each its own elsewhere."""
    found = [
        B.xp.arange(n).reshape(-1, *[1] * (index.ndim - 1 - axis))
        for axis, n in enumerate(index.shape)
    ]
    found[axis_of(dim, index.ndim)] = index
    return tuple(found)


def index_select(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices of x along dim that index names."""
    return along(x, dim, index)


def select(x: Tensor, dim: int, index: int) -> Tensor:
    """The slice of this number along dim, without that axis."""
    return along(x, dim, operator.index(index))


def narrow(x: Tensor, dim: int, start: int, length: int) -> Tensor:
    """The slices start … start + length - 1 along dim; a negative start counts from the end."""
    size = x.shape[axis_of(dim, x.ndim)]
    first = start + size if start < 0 else start
    if not 0 <= first <= first + length <= size:
        raise MisfitError(
            f"narrow: axis {dim} of {x.shape} has no {length} slices from number {start} on"
        )
    return along(x, dim, slice(first, first + length))


def masked_select(x: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask is true, row by row, as a vector; both broadcast."""
    if mask.dtype != bool:
        raise MisfitError(f"masked_select: the mask is {mask.dtype}; give a bool one, as mask != 0")
    whole = elementwise.where(mask, x, x.detach())  # x, in the shape that both broadcast to
    return whole[broadcast_to(mask, whole.shape)]


@op(x=lambda g, diagonal: tril(g, diagonal))
def tril(x: Any, diagonal: int = 0) -> Any:
    """x with 0 above a diagonal of the last two axes: 0 is the main one, 1 the next above"""
    return B.xp.tril(_matrix(x), diagonal)


@op(x=lambda g, diagonal: triu(g, diagonal))
def triu(x: Any, diagonal: int = 0) -> Any:
    """x with 0 below a diagonal of the last two axes"""
    return B.xp.triu(_matrix(x), diagonal)


def _matrix(x: Any) -> Any:
    if x.ndim < 2:
        raise ValueError("expected a matrix, or a stack of matrices")
    return x


def nonzero(x: Tensor, *, as_tuple: bool = False) -> Any:
    """int64 (n, ndim): the places of the n elements that are not 0, row by row; or axis by axis."""
    found = x.array.nonzero()
    return tuple(map(wrap, found)) if as_tuple else wrap(B.xp.stack(found, 1))


def where(condition: Tensor, x: Any = None, y: Any = None) -> Any:
    """x where the condition holds, y elsewhere; without both, the places where it holds."""
    if x is None and y is None:
        return nonzero(condition, as_tuple=True)
    return elementwise.where(condition, x, y)
