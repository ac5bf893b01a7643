"""Joining and splitting: cat and its kin, and the pieces of a tensor along an axis."""

import itertools
import operator
from collections.abc import Sequence
from typing import Any

from minigan.autograd.op import common_type
from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError
from minigan.ops import shape
from minigan.ops.shape import astype, pieces_of
from minigan.torch.ops.shape import along, axis_of, numpy_names, unsqueeze
from minigan.torch.ops.size import is_whole


def _listed(name: str, tensors: Any) -> list[Tensor]:
    """The tensors as a list, after a look that they are some."""
    if isinstance(tensors, Tensor) or not all(isinstance(t, Tensor) for t in tensors):
        raise TypeError(f"{name}: give a list or tuple of tensors")
    if not tensors:
        raise MisfitError(f"{name}: the list of tensors is empty")
    return list(tensors)


@numpy_names
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after another along an existing axis; of mixed dtypes, in the widest.

    An empty one of shape (0,) is left out, as in PyTorch: a beginning for what a loop collects.
    """
    given = _listed("cat", tensors)
    parts = [tensor for tensor in given if tensor.shape != (0,)] or given[:1]
    if len({part.ndim for part in parts}) > 1:
        raise MisfitError(f"cat: shapes {[*dict.fromkeys(t.shape for t in parts)]} differ in rank")
    if len({tensor.dtype for tensor in given}) > 1:
        widest = common_type(tensor.array for tensor in given)
        parts = [part if part.dtype == widest else astype(part, widest) for part in parts]
    return shape.cat(parts, axis_of(dim, parts[0].ndim))


@numpy_names
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors, all of one shape, one after another along a new axis."""
    given = _listed("stack", tensors)
    if len({tensor.shape for tensor in given}) > 1:
        raise MisfitError(f"stack: shapes {[*dict.fromkeys(t.shape for t in given)]} differ")
    return cat([unsqueeze(tensor, dim) for tensor in given], dim)


@numpy_names
def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors below each other, vectors as rows."""
    parts = _listed("vstack", tensors)
    return cat([shape.reshape(part, 1, -1) if part.ndim < 2 else part for part in parts])


@numpy_names
def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors side by side: along axis 1, vectors along their only one."""
    parts = [part if part.ndim else unsqueeze(part, 0) for part in _listed("hstack", tensors)]
    return cat(parts, min(parts[0].ndim - 1, 1))


@numpy_names
def split(
    x: Tensor, split_size: Any = None, dim: int = 0, *, split_size_or_sections: Any = None
) -> tuple[Tensor, ...]:
    """x cut along dim into pieces of one size (the last may be smaller) or of the given sizes."""
    sizes = split_size if split_size_or_sections is None else split_size_or_sections
    dim = axis_of(dim, x.ndim)
    total = x.shape[dim]
    if is_whole(sizes):
        sizes = operator.index(sizes)
        if sizes < 0 or (sizes == 0 and total):
            raise MisfitError(f"split: pieces of {sizes} do not cut axis {dim} of {x.shape}")
        starts = range(0, total, sizes or 1)
        sizes = [min(sizes, total - start) for start in starts] or [0]
    if sum(sizes) != total or min(sizes, default=0) < 0:
        raise MisfitError(f"split: sizes {list(sizes)} do not add up to {total} (axis {dim})")
    return pieces_of(x, dim, tuple(itertools.accumulate(sizes, initial=0)))


@numpy_names
def chunk(x: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """x cut along dim into at most `chunks` pieces of equal size (the last may be smaller)."""
    if chunks < 1:
        raise MisfitError(f"chunk: the number of pieces must be at least 1, not {chunks}")
    size = -(-x.shape[axis_of(dim, x.ndim)] // operator.index(chunks))
    return split(x, size or [0] * operator.index(chunks), dim)


@numpy_names
def unbind(x: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along dim, without that axis."""
    return tuple(along(x, dim, i) for i in range(x.shape[axis_of(dim, x.ndim)]))
