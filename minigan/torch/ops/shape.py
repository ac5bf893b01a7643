"""Further ops that move elements: axes of size 1, repeating, splitting, padding."""

import functools
import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import MisfitError
from minigan.ops import shape
from minigan.ops.shape import astype, broadcast_to, clone, flatten, ints, pieces_of, reshape_to

Dims = int | Sequence[int]


def numpy_names(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function also take axis for dim and keepdims for keepdim, as NumPy calls them."""
    words = {"axis": "dim", "keepdims": "keepdim"}

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **{words.get(name, name): v for name, v in kwargs.items()})

    return call


def axis_of(dim: int, rank: int) -> int:
    """The axis meant by dim, as a number from 0."""
    if not -rank <= dim < rank:
        raise IndexError(f"dim {dim} is out of range: there are {rank} axes")
    return dim % rank


def along(x: Tensor, dim: int, index: Any) -> Tensor:
    """x with this index, a number, a slice or a tensor, on the axis dim."""
    return x[(*[slice(None)] * axis_of(dim, x.ndim), index)]


# -- axes ------------------------------------------------------------------------------------------


def view(x: Tensor, *shape: Any) -> Tensor:
    """reshape, under PyTorch's name for the case that shares memory (copies where it must)."""
    return reshape_to(x, ints(shape))


@op(view=True, x=lambda g, dims: permute_to(g, tuple(dims.index(i) for i in range(len(dims)))))
def permute_to(x: Any, dims: tuple[int, ...]) -> Any:
    """Axis i of the result is axis dims[i] of x."""
    return x.transpose(dims)


def permute(x: Tensor, dims: Any, *more: int) -> Tensor:
    """The axes in another order: `x.permute(0, 2, 3, 1)`."""
    return permute_to(x, tuple(axis_of(dim, x.ndim) for dim in ints((dims, *more))))


def t(x: Tensor) -> Tensor:
    """The transpose of a matrix; a vector or a number is its own."""
    if x.ndim > 2:
        raise MisfitError(f"t: expected a matrix, got shape {x.shape}; use transpose or permute")
    return reversed_axes(x)


def reversed_axes(x: Tensor) -> Tensor:
    """All axes in reverse, as x.T has it."""
    return permute_to(x, tuple(reversed(range(x.ndim))))


def squeeze(x: Tensor, dim: Dims | None = None) -> Tensor:
    """Without the axes of size 1, or without those of the given axes that have size 1."""
    dims = range(x.ndim) if dim is None else (dim,) if isinstance(dim, int) else dim
    gone = {axis_of(d, max(x.ndim, 1)) for d in dims}
    return reshape_to(x, tuple(n for i, n in enumerate(x.shape) if i not in gone or n != 1))


def unsqueeze(x: Tensor, dim: int) -> Tensor:
    """With a new axis of size 1 at position dim."""
    dim = axis_of(dim, x.ndim + 1)
    return reshape_to(x, (*x.shape[:dim], 1, *x.shape[dim:]))


def flip(x: Tensor, dims: Any, *more: int) -> Tensor:
    """Reversed along the given axes."""
    for dim in ints((dims, *more)):
        x = along(x, dim, slice(None, None, -1))
    return clone(x)  # else a view, which changes in place would reach


@op(view=True, x=lambda g: g)
def contiguous(x: Any) -> Any:
    """x in row-major memory: x itself where it lies so."""
    return B.xp.asarray(x, order="C")


# -- repeating -------------------------------------------------------------------------------------


def expand(x: Tensor, *sizes: Any) -> Tensor:
    """Repeated to the given sizes without copying; -1 keeps a size."""
    target = ints(sizes)
    former = (1,) * (len(target) - x.ndim) + x.shape
    return broadcast_to(x, tuple(m if n == -1 else n for m, n in zip(former, target, strict=True)))


def repeat(x: Tensor, *times: Any) -> Tensor:
    """x tiled: `repeat(2, 3)` stacks two rows of three copies."""
    counts = ints(times)
    sizes = (1,) * (len(counts) - x.ndim) + x.shape
    paired = [n for size in sizes for n in (1, size)]
    spread = [n for count, size in zip(counts, sizes, strict=True) for n in (count, size)]
    tiled = broadcast_to(reshape_to(x, tuple(paired)), tuple(spread))
    whole = reshape_to(tiled, tuple(c * n for c, n in zip(counts, sizes, strict=True)))
    return clone(whole) if math.prod(counts) == 1 else whole  # reshape copies all others


def tile(x: Tensor, dims: Any, *more: int) -> Tensor:
    """repeat, along the last axes where there are fewer numbers than axes."""
    counts = ints((dims, *more))
    return repeat(x, (1,) * (x.ndim - len(counts)) + counts)


def repeat_interleave(x: Tensor, repeats: int, dim: int | None = None) -> Tensor:
    """Each slice along dim `repeats` times in a row: 1, 2 → 1, 1, 2, 2; by default x flattened."""
    if dim is None:
        x, dim = flatten(x), 0
    dim = axis_of(dim, x.ndim)
    spread = expand(unsqueeze(x, dim + 1), *x.shape[: dim + 1], repeats, *x.shape[dim + 1 :])
    flat = flatten(spread, dim, dim + 1)
    return clone(flat) if repeats == 1 else flat


def roll(x: Tensor, shifts: Dims, dims: Dims | None = None) -> Tensor:
    """The elements moved on by so many places, those beyond the end to the beginning."""
    if dims is None:
        return reshape_to(roll(flatten(x), shifts, 0), x.shape)
    pairs = [(shifts, dims)] if isinstance(dims, int) else zip(shifts, dims, strict=True)  # type: ignore[arg-type]
    for shift, dim in pairs:
        x = along(x, dim, wrap((B.xp.arange(x.shape[dim]) - shift) % x.shape[dim]))
    return x


# -- joining and splitting -------------------------------------------------------------------------


@numpy_names
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after another along an existing axis; of float types the widest counts.

    An empty one of shape (0,) is left out, as in PyTorch: a beginning for what a loop collects.
    """
    parts = [tensor for tensor in tensors if tensor.shape != (0,)] or list(tensors)[:1]
    if not parts:
        raise ValueError("cat: the list of tensors is empty")
    floats = {part.dtype for part in parts if part.dtype.kind == "f"}
    if len(floats) > 1:
        widest = max(floats, key=lambda dtype: dtype.itemsize)
        parts = [astype(part, widest) if part.dtype in floats else part for part in parts]
    return shape.cat(parts, axis_of(dim, parts[0].ndim))


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
    dim, total = axis_of(dim, x.ndim), x.shape[dim]
    if isinstance(sizes, int):
        sizes = [min(sizes, total - start) for start in range(0, total, sizes)]
    if sum(sizes) != total or min(sizes, default=0) < 0:
        raise ValueError(f"split: sizes {list(sizes)} do not add up to {total} (axis {dim})")
    return pieces_of(x, dim, tuple(itertools.accumulate(sizes, initial=0)))


def chunk(x: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """x cut along dim into at most `chunks` pieces of equal size (the last may be smaller)."""
    if chunks < 1:
        raise MisfitError(f"chunk: the number of pieces must be at least 1, not {chunks}")
    return split(x, -(-x.shape[axis_of(dim, x.ndim)] // chunks), dim)


def unbind(x: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along dim, without that axis."""
    return tuple(along(x, dim, i) for i in range(x.shape[dim]))


# -- padding ---------------------------------------------------------------------------------------


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """x with borders: pad = (left, right, top, bottom, …), the last axis first.

    mode: "constant" (filled with value), "reflect", "replicate" or "circular"; negative borders
    crop. The latter three are of the last one to three axes, one or two others before them.
    """
    if isinstance(pad, int):
        raise TypeError(f"pad: give borders in pairs, as in (1, 1), not {pad}")
    x, count = input, len(pad) // 2
    if len(pad) % 2 or count > x.ndim:
        raise MisfitError(f"pad: {pad} gives no pair of borders for each axis of shape {x.shape}")
    widths = [(0, 0)] * (x.ndim - count)
    widths += [(int(pad[i]), int(pad[i + 1])) for i in range(2 * count - 2, -1, -2)]
    if any(n + min(b, 0) + min(a, 0) < 0 for n, (b, a) in zip(x.shape, widths, strict=True)):
        raise MisfitError(f"pad: {pad} crops more than there is of {x.shape}")
    if mode == "constant":
        return _pad(x, tuple(widths), 0.0 if value is None else value)
    if mode not in _LIMITS:
        raise ValueError(f"pad: mode {mode!r} is none of constant, {', '.join(_LIMITS)}")
    if value is not None and value != 0.0:
        raise ValueError(f"pad: mode {mode!r} takes no value, which is {value}")
    if not 1 <= count <= 3 or x.ndim - count not in (1, 2) or x.dtype.kind == "b":
        what = "it pads the last one to three axes, one or two others before them, of numbers"
        raise MisfitError(f"pad: {pad} of {x.shape} in mode {mode!r}: {what}")
    if 0 in x.shape[-count - 1 :] or any(
        max(sides) > n + _LIMITS[mode] or n + sum(sides) < 1
        for n, sides in zip(x.shape, widths, strict=True)
        if sides != (0, 0)
    ):
        what = "reflect takes less than an axis has, circular no more, and something must be left"
        raise MisfitError(f"pad: {pad} of {x.shape} in mode {mode!r}: {what}")
    if mode == "circular" and any(min(sides) < 0 < max(sides) for sides in widths):
        raise MisfitError(f"pad: {pad} both crops and goes round: crop first, by x[…, 1:]")
    for axis, (before, after) in enumerate(widths):
        if before or after:
            places = range(-before, x.shape[axis] + after)
            x = along(x, axis, [_fold(i, x.shape[axis], mode) for i in places])
    return x


_LIMITS = {"reflect": -1, "replicate": math.inf, "circular": 0}  # a border beyond the axis' size


def _fold(i: int, size: int, mode: str) -> int:
    """The element that stands at place i beyond the border of an axis."""
    if mode == "circular":
        return i % size
    if mode == "replicate":
        return min(max(i, 0), size - 1)
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
