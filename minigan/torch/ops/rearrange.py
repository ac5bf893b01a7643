"""Further functions that move elements: axes moved and turned, diagonals, windows; and counts."""

import operator
from collections.abc import Sequence
from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import MisfitError
from minigan.ops import elementwise
from minigan.ops.shape import clone, reshape_to, swapaxes
from minigan.torch.ops.creation import sizes_of
from minigan.torch.ops.join import stack
from minigan.torch.ops.repeat import broadcast_shapes, expand
from minigan.torch.ops.shape import Dims, axis_of, distinct, flip, numpy_names, permute_to
from minigan.torch.ops.size import whole_numbers

# -- axes ------------------------------------------------------------------------------------------


@numpy_names
def movedim(x: Tensor, source: Dims, destination: Dims) -> Tensor:
    """The axes source at the places destination, the others in their order."""
    pair = (whole_numbers(dims) for dims in (source, destination))
    here, there = (distinct("movedim", dims, x.ndim) for dims in pair)
    if len(here) != len(there):
        raise MisfitError(f"movedim: {source} and {destination} are not as many axes")
    goes = dict(zip(there, here, strict=True))
    others = iter(i for i in range(x.ndim) if i not in here)
    return permute_to(x, tuple(goes[i] if i in goes else next(others) for i in range(x.ndim)))


@numpy_names
def rot90(x: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """Turned k times by 90°, from the first of two axes towards the second; a copy."""
    axes = distinct("rot90", dims, x.ndim)
    if len(axes) != 2:
        raise MisfitError(f"rot90: expected two axes, not {tuple(dims)}")
    if k % 2 == 0:
        return flip(x, axes) if k % 4 else clone(x)
    return swapaxes(flip(x, axes[1] if k % 4 == 1 else axes[0]), *axes)


@numpy_names
def fliplr(x: Tensor) -> Tensor:
    """Reversed along axis 1."""
    return flip(x, 1)


@numpy_names
def flipud(x: Tensor) -> Tensor:
    """Reversed along axis 0."""
    return flip(x, 0)


# -- diagonals -------------------------------------------------------------------------------------


@numpy_names
def diagonal(x: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of two axes as a new last one, a view: 0 is the main one, 1 the next above."""
    axes = distinct("diagonal", (dim1, dim2), x.ndim)
    return _diagonal(x, offset, *axes)


@op(view=True, x=lambda g, offset, dim1, dim2, x_shape: on_diagonal(g, offset, dim1, dim2, x_shape))
def _diagonal(x: Any, offset: int, dim1: int, dim2: int) -> Any:
    rows, columns = x.shape[dim1], x.shape[dim2]
    count = max(min(rows + min(offset, 0), columns - max(offset, 0)), 0)
    before: list[Any] = [slice(None)] * x.ndim
    if count:
        before[dim1], before[dim2] = slice(max(-offset, 0), None), slice(max(offset, 0), None)
    start = x[tuple(before)]
    kept = [i for i in range(x.ndim) if i not in (dim1, dim2)]
    return B.xp.lib.stride_tricks.as_strided(
        start,
        (*[x.shape[i] for i in kept], count),
        (*[x.strides[i] for i in kept], x.strides[dim1] + x.strides[dim2]),
    )


@op(least=None, x=lambda g, offset, dim1, dim2: _diagonal(g, offset, dim1, dim2))
def on_diagonal(x: Any, offset: int, dim1: int, dim2: int, shape: tuple[int, ...]) -> Any:
    """The transpose of diagonal: zeros of this shape with x on the diagonal."""
    out = B.xp.zeros(shape, x.dtype)
    _diagonal(out, offset, dim1, dim2)[...] = x
    return out


@numpy_names
def diag(x: Tensor, diagonal: int = 0) -> Tensor:
    """A vector on the diagonal of a matrix of zeros; or a matrix's diagonal, copied."""
    if x.ndim == 1:
        return diag_embed(x, diagonal)
    if x.ndim != 2:
        raise MisfitError(f"diag: expected a vector or a matrix, not {x.shape}; use diag_embed")
    return clone(_diagonal(x, diagonal, 0, 1))


@numpy_names
def diag_embed(x: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:
    """Matrices with the vectors along x's last axis on their diagonals, zeros elsewhere."""
    first, second = distinct("diag_embed", (dim1, dim2), x.ndim + 1)
    n = x.shape[-1] + abs(offset)
    made = on_diagonal(x, offset, x.ndim - 1, x.ndim, (*x.shape[:-1], n, n))
    return movedim(made, (-2, -1), (first, second))


def tril_indices(row: int, col: int, offset: int = 0) -> Tensor:
    """int64 (2, n): the places on and below a diagonal of a matrix of this size, row by row."""
    rows, columns = sizes_of(row, col)
    return wrap(B.xp.stack(B.xp.tril_indices(rows, offset, columns)))


def triu_indices(row: int, col: int, offset: int = 0) -> Tensor:
    """int64 (2, n): the places on and above a diagonal of a matrix of this size, row by row."""
    rows, columns = sizes_of(row, col)
    return wrap(B.xp.stack(B.xp.triu_indices(rows, offset, columns)))


@numpy_names
def trace(x: Tensor) -> Tensor:
    """Σ x[i, i] of a matrix."""
    if x.ndim != 2:
        raise MisfitError(f"trace: expected a matrix, not {x.shape}")
    return _diagonal(x, 0, 0, 1).sum()


# -- windows ---------------------------------------------------------------------------------------


@numpy_names
def unfold(x: Tensor, dimension: int, size: int, step: int) -> Tensor:
    """Windows of a size along an axis, each `step` further on: a view with a new last axis."""
    axis = axis_of(dimension, x.ndim)
    if not 0 <= size <= x.shape[axis] or step < 1:
        raise MisfitError(
            f"unfold: windows of {size} with step {step} do not lie on axis {axis} of {x.shape}"
        )
    return _unfold(x, axis, operator.index(size), operator.index(step))


@op(view=True, x=lambda g, axis, size, step, x_shape: _fold(g, axis, size, step, x_shape))
def _unfold(x: Any, axis: int, size: int, step: int) -> Any:
    shape, strides = list(x.shape), list(x.strides)
    shape[axis] = (shape[axis] - size) // step + 1
    strides[axis] *= step
    return B.xp.lib.stride_tricks.as_strided(x, (*shape, size), (*strides, x.strides[axis]))


@op(least=None, x=lambda g, axis, size, step: _unfold(g, axis, size, step))
def _fold(x: Any, axis: int, size: int, step: int, shape: tuple[int, ...]) -> Any:
    """The transpose of unfold: where windows overlap, they add up."""
    out = B.xp.zeros(shape, x.dtype)
    windows = _unfold(out, axis, size, step)
    for i in range(size):
        windows[..., i] += x[..., i]
    return out


# -- lists -----------------------------------------------------------------------------------------


def broadcast_tensors(*tensors: Tensor) -> tuple[Tensor, ...]:
    """The tensors, as views, in the shape that they broadcast to."""
    whole = broadcast_shapes(*(tensor.shape for tensor in tensors))
    return tuple(expand(tensor, whole) for tensor in tensors)


def meshgrid(*axes: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid over the given vectors, one tensor for each.

    indexing "ij" gives shape (len(first), len(second), …), "xy" exchanges the first two axes.
    """
    vectors = axes[0] if len(axes) == 1 and not isinstance(axes[0], Tensor) else axes
    if not vectors or indexing not in ("ij", "xy"):
        raise MisfitError(f"meshgrid: give vectors, and indexing 'ij' or 'xy', not {indexing!r}")
    if max(v.ndim for v in vectors) > 1 or len({v.dtype for v in vectors}) > 1:
        raise MisfitError("meshgrid: give vectors (or numbers) that are all of one dtype")
    sizes = [v.array.size for v in vectors]
    places = list(range(len(vectors)))
    if indexing == "xy":
        places[:2] = places[:2][::-1]
    whole = tuple(sizes[i] for i in places)
    return tuple(
        expand(reshape_to(v, (-1, *[1] * (len(sizes) - 1 - place))), whole)
        for v, place in zip(vectors, places, strict=True)
    )


def cartesian_prod(*tensors: Tensor) -> Tensor:
    """(n·m·…, k): all rows that take one element of each of k vectors."""
    for tensor in tensors:
        if tensor.ndim != 1:
            raise MisfitError(f"cartesian_prod: expected vectors, not {tensor.shape}")
    if len(tensors) == 1:
        return tensors[0]
    return stack([reshape_to(grid, (-1,)) for grid in meshgrid(*tensors)], 1)


# -- what there is ---------------------------------------------------------------------------------


@numpy_names
def unique(
    x: Tensor,
    sorted: bool = True,
    return_inverse: bool = False,
    return_counts: bool = False,
    dim: int | None = None,
) -> Any:
    """The different elements (or slices along dim) in order; where each is; how often it occurs."""
    if x.requires_grad:
        raise MisfitError("unique has no gradient, as in PyTorch: use unique(x.detach())")
    if dim is not None and not x.array.size:
        raise MisfitError(f"unique: slices of {x.shape} along axis {dim} have no elements")
    options = {"return_inverse": return_inverse, "return_counts": return_counts}
    axis = None if dim is None else axis_of(dim, x.ndim)
    found = B.xp.unique(x.array, axis=axis, equal_nan=False, **options)
    if not return_inverse and not return_counts:
        return wrap(found)
    values, *others = map(wrap, found)
    if return_inverse:
        others[0] = reshape_to(others[0], x.shape if axis is None else (-1,))
    return (values, *others)


@numpy_names
def count_nonzero(x: Tensor, dim: Dims | None = None) -> Tensor:
    """How many elements (along dim) are not 0."""
    return elementwise.ne(x, 0).sum(dim)


@numpy_names
def bincount(x: Tensor, weights: None = None, minlength: int = 0) -> Tensor:
    """int64: how often each whole number from 0 occurs in a vector."""
    if weights is not None:
        raise MisfitError("bincount: no weights here; use zeros(n).index_add(0, x, weights)")
    if x.ndim != 1 or x.dtype.kind not in "iu" or (x.array.size and int(x.array.min()) < 0):
        raise MisfitError(f"bincount: expected a vector of whole numbers from 0, not {x!r}")
    (minlength,) = sizes_of(minlength)
    return wrap(B.xp.bincount(x.array, minlength=minlength).astype("int64"))
