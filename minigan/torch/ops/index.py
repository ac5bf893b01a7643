"""Picking elements: by position, by mask, by triangle; and put, which writes some."""

import operator
from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import MisfitError, check_tensors
from minigan.ops import shape as moves
from minigan.ops.shape import broadcast_to, fit, flatten, reshape_to
from minigan.torch.ops import elementwise
from minigan.torch.ops.refused import PlaceError, check_mask, positions
from minigan.torch.ops.repeat import broadcast_shapes, expand
from minigan.torch.ops.shape import along, axis_of, numpy_names


@op(
    least=None,
    fit=fit,
    x=lambda g, index: put(g, 0.0, index),
    values=lambda g, index, values_shape: _with_rank(moves.take(g, index), len(values_shape)),
)
def put(x: Any, values: Any, index: Any) -> Any:
    """x with values written at index."""
    out = B.xp.array(x)  # also of a number, as a gradient may be
    out[index] = values
    return out


def _with_rank(x: Any, rank: int) -> Any:
    """x with axes of size 1 in front, so that it has at least so many."""
    return reshape_to(x, (1,) * (rank - x.ndim) + x.shape) if x.ndim < rank else x


# -- positions -------------------------------------------------------------------------------------


def grid(name: str, x: Any, dim: int, index: Any) -> tuple[Any, ...]:
    """For each axis of x the places that index means along dim, after a look at both."""
    dim = axis_of(dim, x.ndim)
    array = positions(name, index, x.shape[dim])
    others = zip(index.shape, x.shape, strict=False)
    if index.ndim != x.ndim or any(i > n for axis, (i, n) in enumerate(others) if axis != dim):
        raise MisfitError(
            f"{name}: an index of shape {index.shape} does not fit {x.shape}: it needs as many "
            f"axes, none but {dim} longer than x's. Nothing is broadcast: use index.expand(…)"
        )
    return places(array, dim)


def places(index: Any, dim: int) -> tuple[Any, ...]:
    """For each axis the places that a gather visits: `index` along dim, each its own elsewhere."""
    found = [
        B.xp.arange(n).reshape(-1, *[1] * (index.ndim - 1 - axis))
        for axis, n in enumerate(index.shape)
    ]
    found[axis_of(dim, index.ndim)] = index
    return tuple(found)


@numpy_names
def gather(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """out[i, j] = x[i, index[i, j]] for dim=1, and likewise for other axes.

    The index, int64 from 0, has x's number of axes; along all but dim it may be shorter.
    """
    if x.ndim == 0 or index.ndim == 0:  # numbers count as vectors of one
        lines = (reshape_to(t, t.shape or (1,)) for t in (x, index))
        return reshape_to(gather(next(lines), dim, next(lines)), index.shape)
    return moves.take(x, grid("gather", x, dim, index))


def picked(x: Tensor, dim: int, index: Any) -> Tensor:
    """gather by an array whose places are known to be there."""
    return moves.take(x, places(index, dim)) if x.ndim else moves.clone(x)


@numpy_names
def take(x: Tensor, index: Tensor) -> Tensor:
    """The elements of x, flattened, at these positions; negative ones count from the end."""
    count = x.array.size
    return moves.take(flatten(x), (positions("take", index, count, -count),))


@numpy_names
def take_along_dim(x: Tensor, indices: Tensor, dim: int | None = None) -> Tensor:
    """gather, where both are broadcast along the other axes; without dim, of x flattened."""
    if dim is None:
        return gather(flatten(x), 0, flatten(indices))
    dim = axis_of(dim, x.ndim)
    if indices.ndim != x.ndim:
        raise MisfitError(f"take_along_dim: {indices.shape} has not as many axes as {x.shape}")

    def sizes(tensor: Tensor) -> list[int]:
        return [*tensor.shape[:dim], 1, *tensor.shape[dim + 1 :]]

    def spread(tensor: Tensor) -> Tensor:
        return expand(tensor, *whole[:dim], tensor.shape[dim], *whole[dim + 1 :])

    whole = broadcast_shapes(sizes(x), sizes(indices))
    return gather(spread(x), dim, spread(indices))


@numpy_names
def index_select(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices of x along dim that index, a vector of int64 from 0, names."""
    return moves.take(x, lined_up("index_select", x, dim, index))


def lined_up(name: str, x: Any, dim: int, index: Any, low: int = 0) -> tuple[Any, ...]:
    """The index of slices along dim by a vector of positions, after a look at it."""
    dim = axis_of(dim, x.ndim)
    array = positions(name, index, x.shape[dim], low * x.shape[dim])
    if array.ndim > 1:
        raise IndexError(f"{name}: the index is a vector, not of shape {array.shape}")
    return (*[slice(None)] * dim, array.reshape(-1))


@numpy_names
def select(x: Tensor, dim: int, index: int) -> Tensor:
    """The slice of this number along dim, without that axis."""
    return along(x, dim, operator.index(index))


@numpy_names
def narrow(x: Tensor, dim: int, start: int, length: int) -> Tensor:
    """The slices start … start + length - 1 along dim; a negative start counts from the end."""
    size, start = x.shape[axis_of(dim, x.ndim)], operator.index(start)
    first = start + size if start < 0 else start
    if not 0 <= first <= first + length <= size:
        error = MisfitError if 0 <= first <= size else PlaceError
        raise error(
            f"narrow: axis {dim} of {x.shape} has no {length} slices from number {start} on"
        )
    return along(x, dim, slice(first, first + length))


# -- masks -----------------------------------------------------------------------------------------


@numpy_names
def masked_select(x: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask is true, row by row, as a vector; both broadcast."""
    check_mask("masked_select", mask)
    whole = elementwise.where(mask, x, x.detach())  # x, in the shape that both broadcast to
    return whole[broadcast_to(mask, whole.shape)]


@numpy_names
def nonzero(x: Tensor, *, as_tuple: bool = False) -> Any:
    """int64 (n, ndim): the places of the n elements that are not 0, row by row; or axis by axis."""
    found = x.array.reshape(x.shape or (1,)).nonzero()
    if as_tuple:
        return tuple(map(wrap, found))
    return wrap(B.xp.stack(found, 1)[:, : x.ndim])  # (n, 0) for a number


argwhere = nonzero


@numpy_names
def where(condition: Tensor, x: Any = None, y: Any = None) -> Any:
    """x where the condition holds, y elsewhere; without both, the places where it holds."""
    if x is None and y is None:
        return nonzero(condition, as_tuple=True)
    if x is None or y is None:
        raise TypeError("where: give both x and y, or neither")
    if getattr(condition, "dtype", None) != "uint8":  # bytes are masks in PyTorch's first programs
        check_mask("where", condition)
    for value in x, y:
        if isinstance(value, (list, tuple)):
            check_tensors("where", value)
    return elementwise.where(condition, x, y)


# -- triangles -------------------------------------------------------------------------------------


@numpy_names
@op(least=None, x=lambda g, diagonal: tril(g, diagonal))
def tril(x: Any, diagonal: int = 0) -> Any:
    """x with 0 above a diagonal of the last two axes: 0 is the main one, 1 the next above"""
    return B.xp.tril(_matrix(x), operator.index(diagonal))


@numpy_names
@op(least=None, x=lambda g, diagonal: triu(g, diagonal))
def triu(x: Any, diagonal: int = 0) -> Any:
    """x with 0 below a diagonal of the last two axes"""
    return B.xp.triu(_matrix(x), operator.index(diagonal))


def _matrix(x: Any) -> Any:
    if x.ndim < 2:
        raise ValueError("expected a matrix, or a stack of matrices")
    return x
