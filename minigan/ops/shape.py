"""Ops that move elements without changing them: reshape, permute, index, join, pad.

Each one's rule is the op that moves the gradient back.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Size, Tensor, wrap
from minigan.errors import MisfitError

Dims = int | Sequence[int]


def _ints(sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """(2, 3) from either f(2, 3) or f((2, 3))."""
    one = len(sizes) == 1 and isinstance(sizes[0], (tuple, list))
    return tuple(sizes[0]) if one else tuple(sizes)


def numpy_names(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function also take axis for dim and keepdims for keepdim, as NumPy calls them."""
    words = {"axis": "dim", "keepdims": "keepdim"}

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **{words.get(name, name): v for name, v in kwargs.items()})

    return call


# -- broadcasting ----------------------------------------------------------------------------------


@op(view=True, x=lambda g, x_shape: sum_to(g, x_shape))
def broadcast_to(x: Any, shape: tuple[int, ...]) -> Any:
    """x repeated along new axes and along axes of size 1, without copying."""
    return B.xp.broadcast_to(x, shape)


@op(x=lambda g, x_shape: broadcast_to(g, x_shape))
def sum_to(x: Any, shape: tuple[int, ...]) -> Any:
    """The transpose of broadcast_to: x summed over every axis along which `shape` was repeated."""
    lead = x.ndim - len(shape)
    repeated = tuple(i + lead for i, n in enumerate(shape) if n == 1 and x.shape[i + lead] != 1)
    return x.sum(axis=(*range(lead), *repeated), keepdims=True).reshape(shape)


@op(x=lambda g, x: g.astype(x.dtype))
def astype(x: Any, dtype: Any) -> Any:
    """x converted to another dtype; its gradient is converted back."""
    return x.astype(dtype)


def fit(gradient: Any, parent: Any) -> Any:
    """An elementwise op's gradient brought to the shape and dtype of the input it belongs to."""
    if gradient.shape != parent.shape:
        gradient = sum_to(gradient, parent.shape)
    return gradient if gradient.dtype == parent.dtype else astype(gradient, parent.dtype)


# -- reshaping -------------------------------------------------------------------------------------


@op(view=True, x=lambda g, x_shape: reshape_to(g, x_shape))
def reshape_to(x: Any, shape: tuple[int, ...]) -> Any:
    """The same elements in another shape; one size may be -1."""
    return x.reshape(shape)


def reshape(x: Tensor, *shape: Any) -> Tensor:
    """The same elements in another shape: `x.reshape(2, 3)`, `x.reshape((2, -1))`."""
    return reshape_to(x, _ints(shape))


def view(x: Tensor, *shape: Any) -> Tensor:
    """reshape, under PyTorch's name for the case that shares memory (copies where it must)."""
    return reshape_to(x, _ints(shape))


def flatten(x: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The axes start_dim … end_dim as one."""
    start, end = start_dim % max(x.ndim, 1), end_dim % max(x.ndim, 1)
    size = Size(x.shape[start : end + 1]).numel()
    return reshape_to(x, (*x.shape[:start], size, *x.shape[end + 1 :]))


def unflatten(x: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """One axis as several, of the given sizes."""
    dim %= x.ndim
    return reshape_to(x, (*x.shape[:dim], *sizes, *x.shape[dim + 1 :]))


def squeeze(x: Tensor, dim: Dims | None = None) -> Tensor:
    """Without the axes of size 1, or without those of the given axes that have size 1."""
    dims = range(x.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    gone = {d % max(x.ndim, 1) for d in dims}
    return reshape_to(x, tuple(n for i, n in enumerate(x.shape) if i not in gone or n != 1))


def unsqueeze(x: Tensor, dim: int) -> Tensor:
    """With a new axis of size 1 at position dim."""
    dim %= x.ndim + 1
    return reshape_to(x, (*x.shape[:dim], 1, *x.shape[dim:]))


def expand(x: Tensor, *sizes: Any) -> Tensor:
    """Repeated to the given sizes without copying; -1 keeps a size."""
    target = _ints(sizes)
    lead = len(target) - x.ndim
    kept = (x.shape[i - lead] if n == -1 else n for i, n in enumerate(target))
    return broadcast_to(x, tuple(kept))


def repeat(x: Tensor, *times: Any) -> Tensor:
    """x tiled: `repeat(2, 3)` stacks two rows of three copies."""
    counts = _ints(times)
    shape = (1,) * (len(counts) - x.ndim) + x.shape
    paired = [n for size in shape for n in (1, size)]
    spread = [n for count, size in zip(counts, shape, strict=True) for n in (count, size)]
    tiled = broadcast_to(reshape_to(x, tuple(paired)), tuple(spread))
    return reshape_to(tiled, tuple(c * n for c, n in zip(counts, shape, strict=True)))


def repeat_interleave(x: Tensor, repeats: int, dim: int | None = None) -> Tensor:
    """Each slice along dim `repeats` times in a row: 1, 2 → 1, 1, 2, 2; by default x flattened."""
    if dim is None:
        x, dim = flatten(x), 0
    dim %= x.ndim
    spread = expand(unsqueeze(x, dim + 1), *x.shape[: dim + 1], repeats, *x.shape[dim + 1 :])
    return flatten(spread, dim, dim + 1)


def tile(x: Tensor, *times: Any) -> Tensor:
    """repeat, along the last axes where there are fewer numbers than axes."""
    counts = _ints(times)
    return repeat(x, (1,) * (x.ndim - len(counts)) + counts)


# -- order of axes ---------------------------------------------------------------------------------


@op(view=True, x=lambda g, dims: permute_to(g, _inverse(dims)))
def permute_to(x: Any, dims: tuple[int, ...]) -> Any:
    """Axis i of the result is axis dims[i] of x."""
    return x.transpose(dims)


def _inverse(dims: tuple[int, ...]) -> tuple[int, ...]:
    inverse = [0] * len(dims)
    for i, d in enumerate(dims):
        inverse[d] = i
    return tuple(inverse)


def permute(x: Tensor, dims: Any, *more: int) -> Tensor:
    """The axes in another order: `x.permute(0, 2, 3, 1)`."""
    return permute_to(x, tuple(d % x.ndim for d in _ints((dims, *more))))


def transpose(x: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two axes exchanged."""
    order = list(range(x.ndim))
    order[dim0], order[dim1] = order[dim1], order[dim0]
    return permute_to(x, tuple(order))


def t(x: Tensor) -> Tensor:
    """All axes in reverse: the transpose of a matrix."""
    return permute_to(x, tuple(reversed(range(x.ndim))))


def flip(x: Tensor, dims: Any, *more: int) -> Tensor:
    """Reversed along the given axes."""
    chosen = {d % x.ndim for d in _ints((dims, *more))}
    return x[tuple(slice(None, None, -1 if i in chosen else None) for i in range(x.ndim))]


@op(view=True, x=lambda g: g)
def contiguous(x: Any) -> Any:
    """x in row-major memory: x itself where it lies so."""
    return B.xp.asarray(x, order="C")


@op(x=lambda g: g)
def clone(x: Any) -> Any:
    """A copy with memory of its own; gradients flow through."""
    return x.copy()


# -- indexing --------------------------------------------------------------------------------------


@op(view=True, x=lambda g, index, x_shape: place(g, index, x_shape))
def take(x: Any, index: Any) -> Any:
    """x[index], for an index of ints, slices, None, ... and arrays."""
    return x[index]


@op(values=lambda g, index: take(g, index))
def place(values: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """The transpose of take: zeros of `shape`, values added at index, repeated places summed."""
    out = B.xp.zeros(shape, values.dtype)
    parts = index if isinstance(index, tuple) else (index,)
    if any(B.is_array(part) for part in parts):
        B.kernels.add_at(out, index, values)
    else:
        out[index] = values
    return out


@op(
    fit=fit,
    x=lambda g, index: put(g, 0.0, index),
    values=lambda g, index, values_shape: _with_rank(take(g, index), len(values_shape)),
)
def put(x: Any, values: Any, index: Any) -> Any:
    """x with values written at index."""
    out = x.copy()
    out[index] = values
    return out


def _with_rank(x: Any, rank: int) -> Any:
    """x with axes of size 1 in front, so that it has at least so many."""
    return reshape_to(x, ((1,) * (rank - x.ndim) + x.shape)) if x.ndim < rank else x


def getitem(x: Tensor, index: Any) -> Tensor:
    """x[index] as NumPy has it: ints, slices, None, ..., integer and boolean tensors or lists."""
    return take(x, _index(index))


def _index(index: Any) -> tuple[Any, ...]:
    """An index as the array library takes it."""
    parts = index if isinstance(index, tuple) else (index,)
    return tuple(map(_index_part, parts))


def _index_part(part: Any) -> Any:
    if isinstance(part, Tensor):
        return part.array if part.ndim or part.dtype == bool else int(part.array)
    if isinstance(part, (list, range)):
        return B.xp.asarray(list(part), None if len(part) else "int64")
    return B.to_device(part) if B.is_array(part) else part


def gather(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """out[i, j] = x[i, index[i, j]] for dim=1, and likewise for other axes."""
    return take(x, _places(index.array, dim))


def _places(index: Any, dim: int) -> tuple[Any, ...]:
    """For each axis the places that a gather visits: `index` along dim, each its own elsewhere."""
    places = [
        B.xp.arange(n).reshape(-1, *[1] * (index.ndim - 1 - axis))
        for axis, n in enumerate(index.shape)
    ]
    places[dim] = index
    return tuple(places)


def index_select(x: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices of x along dim that index names."""
    return getitem(x, (*[slice(None)] * (dim % x.ndim), index))


def nonzero(x: Tensor, *, as_tuple: bool = False) -> Any:
    """int64 (n, ndim): the places of the n elements that are not 0, row by row; or axis by axis."""
    places = x.array.nonzero()
    return tuple(map(wrap, places)) if as_tuple else wrap(B.xp.stack(places, 1))


def masked_select(x: Tensor, mask: Tensor) -> Tensor:
    """The elements where the mask is true, as a vector."""
    return getitem(expand(x, *mask.shape) if x.ndim < mask.ndim else x, mask)


def select(x: Tensor, dim: int, index: int) -> Tensor:
    """The slice of this number along dim, without that axis."""
    return x[(*[slice(None)] * (dim % x.ndim), index)]


def narrow(x: Tensor, dim: int, start: int, length: int) -> Tensor:
    """The slices start … start + length - 1 along dim."""
    return x[(*[slice(None)] * (dim % x.ndim), slice(start, start + length))]


def tril(x: Tensor, diagonal: int = 0) -> Tensor:
    """x with 0 above a diagonal of the last two axes: 0 is the main one, 1 the next above."""
    return x * wrap(B.xp.tri(*x.shape[-2:], diagonal, dtype=x.dtype))


def triu(x: Tensor, diagonal: int = 0) -> Tensor:
    """x with 0 below a diagonal of the last two axes."""
    return x - tril(x, diagonal - 1)


def roll(x: Tensor, shifts: Dims, dims: Dims | None = None) -> Tensor:
    """The elements moved on by so many places, those beyond the end to the beginning."""
    if dims is None:
        return reshape_to(roll(flatten(x), shifts, 0), x.shape)
    pairs = [(shifts, dims)] if isinstance(dims, int) else zip(shifts, dims, strict=True)  # type: ignore[arg-type]
    for shift, dim in pairs:
        x = index_select(x, dim, wrap((B.xp.arange(x.shape[dim]) - shift) % x.shape[dim]))
    return x


# -- joining and splitting -------------------------------------------------------------------------


@op(fit=fit, pieces=lambda g, dim, cuts, nth: g[_slab(dim, cuts, nth)])
def _cat(dim: int, cuts: tuple[int, ...], *pieces: Any) -> Any:
    return B.xp.concatenate(pieces, axis=dim)


def _slab(dim: int, cuts: tuple[int, ...], nth: int) -> tuple[slice, ...]:
    return (*[slice(None)] * dim, slice(cuts[nth], cuts[nth + 1]))


@numpy_names
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after another along an existing axis."""
    tensors = list(tensors)
    if not tensors:
        raise ValueError("cat: the list of tensors is empty")
    dim %= tensors[0].ndim
    cuts = [0]
    for tensor in tensors:
        cuts.append(cuts[-1] + tensor.shape[dim])
    return _cat(dim, tuple(cuts), *tensors)


@numpy_names
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after another along a new axis."""
    return cat([unsqueeze(tensor, dim) for tensor in tensors], dim)


def vstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors below each other, vectors as rows."""
    return cat([unsqueeze(tensor, 0) if tensor.ndim == 1 else tensor for tensor in tensors])


def hstack(tensors: Sequence[Tensor]) -> Tensor:
    """The tensors side by side: along axis 1, vectors along their only one."""
    return cat(tensors, min(tensors[0].ndim - 1, 1))


def split(x: Tensor, sizes: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """x cut along dim into pieces of one size (the last may be smaller) or of the given sizes."""
    dim, total = dim % x.ndim, x.shape[dim]
    if isinstance(sizes, int):
        sizes = [min(sizes, total - start) for start in range(0, total, sizes)]
    cuts = [0]
    for size in sizes:
        cuts.append(cuts[-1] + size)
    if cuts[-1] != total:
        raise ValueError(f"split: sizes {list(sizes)} do not add up to {total} (axis {dim})")
    return tuple(x[_slab(dim, tuple(cuts), i)] for i in range(len(sizes)))


def chunk(x: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """x cut along dim into at most `chunks` pieces of equal size (the last may be smaller)."""
    if chunks < 1:
        raise MisfitError(f"chunk: the number of pieces must be at least 1, not {chunks}")
    return split(x, -(-x.shape[dim] // chunks), dim)


def unbind(x: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along dim, without that axis."""
    return tuple(x[(*[slice(None)] * (dim % x.ndim), i)] for i in range(x.shape[dim]))


# -- padding ---------------------------------------------------------------------------------------


def pad(
    x: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """x with borders: pad = (left, right, top, bottom, …), the last axis first.

    mode: "constant" (filled with value), "reflect", "replicate" or "circular"; negative borders
    crop.
    """
    widths = [(0, 0)] * x.ndim
    for i in range(len(pad) // 2):
        widths[-1 - i] = (pad[2 * i], pad[2 * i + 1])
    if mode == "constant":
        return _pad(x, tuple(widths), 0.0 if value is None else value)
    if mode not in ("reflect", "replicate", "circular"):
        raise ValueError(f"pad: mode {mode!r} is none of constant, reflect, replicate, circular")
    for axis, (before, after) in enumerate(widths):
        if before or after:
            places = [_fold(i, x.shape[axis], mode) for i in range(-before, x.shape[axis] + after)]
            x = x[(*[slice(None)] * axis, places)]
    return x


def _fold(i: int, size: int, mode: str) -> int:
    """The element that stands at place i beyond the border of an axis."""
    if mode == "circular":
        return i % size
    if mode == "replicate":
        return min(max(i, 0), size - 1)
    if not -size < i < 2 * size - 1:
        raise ValueError(f"pad: a reflected border must be smaller than its axis of size {size}")
    return -i if i < 0 else i if i < size else 2 * (size - 1) - i


@op(x=lambda g, widths: _pad(g, tuple((-before, -after) for before, after in widths), 0.0))
def _pad(x: Any, widths: tuple[tuple[int, int], ...], value: float) -> Any:
    """Constant borders; negative widths crop, so that the op is its own transpose."""
    crop = tuple(
        slice(max(-b, 0), n - max(-a, 0)) for (b, a), n in zip(widths, x.shape, strict=True)
    )
    grown = [(max(b, 0), max(a, 0)) for b, a in widths]
    inner = x[crop]
    return B.xp.pad(inner, grown, constant_values=value) if any(map(any, grown)) else inner.copy()
