"""Putting elements at positions: each function into a copy; the methods with _ do it in place.

Sums are exact where positions repeat. Where several values are written to one place, it holds one
of them.
"""

import operator
from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError
from minigan.ops.shape import broadcast_to, fit, take
from minigan.torch.ops.index import grid, lined_up, put
from minigan.torch.ops.reading import as_index
from minigan.torch.ops.refused import check_learned, check_mask, check_number, check_source
from minigan.torch.ops.shape import axis_of, numpy_names


@op(least=None, fit=fit, x=lambda g: g, values=lambda g, index: take(g, index))
def added(x: Any, values: Any, index: Any) -> Any:
    """x with values added at index, where repeated places get every value."""
    out = B.xp.array(x)
    B.kernels.add_at(out, index, values)
    return out


def aimed(
    name: str, x: Any, dim: int, index: Tensor, src: Any, value: Any = None, reduce: Any = None
) -> tuple[tuple[Any, ...], Any]:
    """Where a scatter writes, and what: a number, or the part of src that the index covers."""
    if reduce is not None:
        raise MisfitError(f"{name}: reduce={reduce!r} is not here; for 'add' use scatter_add")
    at = grid(name, x, dim, index)
    if (src is None) == (value is None):
        raise TypeError(f"{name}: give either src, a tensor, or value, a number")
    if not isinstance(src, Tensor):
        value = src if value is None else value
        check_number(name, x, value)
        return at, value
    check_source(name, x, src)
    if src.ndim != index.ndim or any(map(operator.gt, index.shape, src.shape)):
        raise MisfitError(
            f"{name}: the index {index.shape} is larger than the source {src.shape}; nothing is "
            f"broadcast: use src.expand(…)"
        )
    return at, src if src.shape == index.shape else src[tuple(map(slice, index.shape))]


@numpy_names
def scatter(
    x: Tensor, dim: int, index: Tensor, src: Any = None, *, value: Any = None, reduce: Any = None
) -> Tensor:
    """x with x[i, index[i, j]] = src[i, j] for dim=1, and likewise for other axes; src or value."""
    at, values = aimed("scatter", x, dim, index, src, value, reduce)
    return put(x, values, at)


@numpy_names
def scatter_add(x: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """x with src[i, j] added to x[i, index[i, j]] for dim=1, and likewise for other axes."""
    check_source("scatter_add", x, src)
    at, values = aimed("scatter_add", x, dim, index, src)
    return added(x, values, at)


@numpy_names
def index_add(x: Tensor, dim: int, index: Tensor, source: Tensor, *, alpha: float = 1) -> Tensor:
    """x with alpha · (the slices of source) added to those slices along dim that index names."""
    at = _slices("index_add", x, dim, index, source)
    return added(x, source if alpha == 1 else source * alpha, at)


@numpy_names
def index_copy(x: Tensor, dim: int, index: Tensor, source: Tensor) -> Tensor:
    """x with the slices of source in place of those along dim that index names."""
    return put(x, source, _slices("index_copy", x, dim, index, source))


def _slices(name: str, x: Any, dim: int, index: Tensor, source: Any) -> tuple[Any, ...]:
    """The index of these slices of x, after a look whether source has one for each."""
    check_source(name, x, source)
    at = lined_up(name, x, dim, index)
    dim = axis_of(dim, x.ndim)
    expected = (*x.shape[:dim], index.array.size, *x.shape[dim + 1 :])
    if source.shape != expected:
        raise MisfitError(f"{name}: expected a source of shape {expected}, got {source.shape}")
    return at


@numpy_names
def index_fill(x: Tensor, dim: int, index: Tensor, value: Any) -> Tensor:
    """x with one value in those slices along dim that index names; negative ones from the end."""
    check_number("index_fill", x, value)
    check_learned("index_fill", x, value)
    *before, places = lined_up("index_fill", x, dim, index, -1)
    hit = B.xp.zeros(x.shape[len(before)], bool)  # a place named twice counts once for the value
    hit[places] = True
    return put(x, value, (*before, hit))


@numpy_names
def masked_scatter(x: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """x with the first elements of source, row by row, where the mask (broadcast to x) is true."""
    check_mask("masked_scatter", mask)
    check_source("masked_scatter", x, source)
    at = broadcast_to(mask, x.shape).array.copy()
    count = int(at.sum())
    if count > source.array.size:
        raise MisfitError(
            f"masked_scatter: the mask has {count} places, the source {source.array.size} elements"
        )
    return put(x, source.reshape(-1)[:count], (at,))


@numpy_names
def index_put(x: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    """x after x[indices] = values; with accumulate, after x[indices] += values for each place."""
    at = as_index(tuple(indices), x.shape)
    check_source("index_put", x, values)
    return added(x, values, at) if accumulate else put(x, values, at)
