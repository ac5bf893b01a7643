"""Ops that move elements without changing them: broadcast, reshape, swap axes, index, join.

Each is linear, and its rule is its transpose, as of a matrix: what broadcast_to copies, sum_to adds
up; what take picks out, place puts back among zeros. So the ops here come in such pairs.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Any

from minigan import backend as B
from minigan.autograd import GraphError, Tensor, op
from minigan.autograd.op import common_type
from minigan.autograd.tensor import array_of
from minigan.backend import Shape
from minigan.errors import MisfitError

Dims = int | Sequence[int] | None


def axes_of(x: Any, dim: Dims) -> Shape:
    """The axes meant by dim, as positive numbers; None and () mean all."""
    if getattr(dim, "ndim", 0):
        raise TypeError("dim is a whole number; several tensors go in a list: cat([x, y])")
    dims: Any = (dim,) if hasattr(dim, "__index__") else dim or range(x.ndim)
    rank = max(x.ndim, 1)
    if any(not -rank <= d < rank for d in dims):
        raise IndexError(f"dim {dim} is out of range for a tensor of shape {x.shape}")
    return tuple(range(rank)[d] for d in dims) if x.ndim else ()


@op(view=True, x=lambda g, x_shape: sum_to(g, x_shape))
def broadcast_to(x: Any, shape: Shape) -> Any:
    """x repeated along new axes and along axes of size 1, without copying."""
    return x if x.shape == tuple(shape) else B.xp.broadcast_to(x, shape)


@op(x=lambda g, x_shape: broadcast_to(g, x_shape))
def sum_to(x: Any, shape: Shape) -> Any:
    """The transpose of broadcast_to: x summed over every axis along which `shape` was repeated."""
    lead = x.ndim - len(shape)
    repeated = tuple(i + lead for i, n in enumerate(shape) if n == 1 and x.shape[i + lead] != 1)
    wide = B.float32 if x.dtype == B.float16 else x.dtype  # in which half precision is added up
    total = x.sum(axis=(*range(lead), *repeated), keepdims=bool(repeated), dtype=wide)
    total = total.reshape(shape) if lead and repeated else total
    return total if wide == x.dtype else total.astype(x.dtype)


@op(least=None, fit=lambda g, parent: fit(g, parent), x=lambda g: g)
def astype(x: Any, dtype: Any) -> Any:
    """x converted to another dtype; its gradient is converted back."""
    return x.astype(dtype)


def fit(gradient: Any, parent: Any) -> Any:
    """A gradient in its tensor's shape and dtype: summed to (3, 1) where (3, 1) met (3, 4)."""
    if gradient.shape != parent.shape:
        gradient = sum_to(gradient, parent.shape)
    if parent.dtype.kind != "f":  # a leaf whose requires_grad was set by hand
        raise GraphError(f"only floating-point tensors require gradients, not {parent.dtype}")
    return gradient if gradient.dtype == parent.dtype else astype(gradient, parent.dtype)


@op(view=True, x=lambda g, x_shape: reshape_to(g, x_shape))
def reshape_to(x: Any, shape: Shape) -> Any:
    """The same elements in another shape; one size may be -1."""
    if min(shape, default=0) < -1:
        raise ValueError("sizes are at least 0, and one may be -1")
    return x.reshape(shape)


def reshape(x: Tensor, *shape: Any) -> Tensor:
    """The same elements in another shape: `x.reshape(2, 3)`, `x.reshape((2, -1))`."""
    return reshape_to(x, ints(shape))


def ints(sizes: tuple[Any, ...], least: float = -math.inf) -> Shape:
    """(2, 3) from either f(2, 3) or f((2, 3)), none of them below `least`."""
    one = len(sizes) == 1 and isinstance(sizes[0], (tuple, list))
    found = tuple(sizes[0] if one else sizes)
    if not all(hasattr(size, "__index__") for size in found):
        raise TypeError(f"sizes are whole numbers, not {found}")
    if min(found, default=least) < least:
        raise MisfitError(f"a tensor of sizes {found}: none of them may be below {least}")
    return found


def flatten(x: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The axes start_dim … end_dim as one."""
    start, end = axes_of(x, (start_dim, end_dim)) or (0, 0)
    if start > end:
        raise MisfitError(f"flatten: of {x.shape}, axis {start_dim} comes after axis {end_dim}")
    shape = (*x.shape[:start], math.prod(x.shape[start : end + 1]), *x.shape[end + 1 :])
    return x if shape == x.shape else reshape_to(x, shape)


def unflatten(x: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """One axis as several, of the given sizes."""
    [dim] = axes_of(x, dim)
    return reshape_to(x, (*x.shape[:dim], *sizes, *x.shape[dim + 1 :]))


@op(view=True, x=lambda g, dim0, dim1: swapaxes(g, dim0, dim1))
def swapaxes(x: Any, dim0: int, dim1: int) -> Any:
    """Two axes exchanged."""
    return x.swapaxes(dim0, dim1)


@op(x=lambda g: g)
def clone(x: Any) -> Any:
    """A copy with memory of its own; gradients flow through."""
    return x.copy(order="K")  # which lies in memory as x does


@op(view=True, x=lambda g, index, x_shape: place(g, index, x_shape))
def take(x: Any, index: Any) -> Any:
    """x[index], for an index of ints, slices, None, ... and arrays."""
    return x[index]


@op(values=lambda g, index: take(g, index))
def place(values: Any, index: Any, shape: Shape) -> Any:
    """The transpose of take: zeros of `shape`, values added at index, repeated places summed."""
    out = B.xp.zeros(shape, values.dtype)
    if any(B.is_array(part) for part in index):
        B.kernels.add_at(out, index, values)
    else:
        out[index] = values
    return out


def getitem(x: Tensor, index: Any) -> Tensor:
    """x[index] for an index of ints, slices, None, ... and int64 or bool tensors."""
    return take(x, as_index(index))


def as_index(index: Any) -> tuple[Any, ...]:
    """An index as the array library takes it; what NumPy reads as PyTorch does not is refused."""
    parts = tuple(map(part_of, index if isinstance(index, tuple) else (index,)))
    arrays = any(map(B.is_array, parts))
    if arrays and any(part is ... or isinstance(part, int) for part in parts):
        raise IndexError("beside a tensor give only : and None: index twice, as x[0][:, i]")
    return parts if arrays or ... in parts else (*parts, ...)  # which makes x[0] a view, always


def part_of(part: Any) -> Any:
    """A part that is no array as it is; else an int, a bool, or an array that nobody changes."""
    if isinstance(part, slice) and (part.step or 1) < 1:
        raise ValueError(f"an index has steps of at least 1, not {part.step}: use flip")
    if isinstance(part, (list, range)):
        part = B.xp.asarray(part, None if len(part) else "int64")
    if not hasattr(part, "dtype"):
        return part
    if part.dtype not in ("int64", "int32", "bool"):
        raise IndexError(f"an index is int64 or bool, not {part.dtype}")
    return B.to_device(array_of(part)).copy() if part.ndim else part.item()


@op(least=None, fit=fit, together=lambda g, dim, cuts: (None, None, *pieces_of(g, dim, cuts)))
def _cat(dim: int, cuts: Shape, *pieces: Any) -> Any:
    dtype = common_type(pieces) if len({piece.dtype for piece in pieces}) > 1 else None
    return B.xp.concatenate(pieces, axis=dim, dtype=dtype)


def pieces_of(x: Any, dim: int, cuts: Sequence[int]) -> tuple[Any, ...]:
    """x cut along dim at these places."""
    before = (slice(None),) * dim
    return tuple(x[(*before, slice(*pair))] for pair in itertools.pairwise(cuts))


def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after another along an existing axis."""
    [dim] = axes_of(tensors[0], dim)
    cuts = itertools.accumulate((tensor.shape[dim] for tensor in tensors), initial=0)
    return _cat(dim, tuple(cuts), *tensors)


def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after another along a new axis."""
    before = (slice(None),) * axes_of(tensors[0][None], dim)[0]
    return cat([tensor[(*before, None)] for tensor in tensors], len(before))
