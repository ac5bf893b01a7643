"""Further ops that move elements: axes in another order, views, padding."""

import functools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError, check_tensors
from minigan.ops import shape as moves
from minigan.ops.shape import ints, reshape_to
from minigan.torch.ops.size import is_whole, whole_numbers

Dims = int | Sequence[int]
WORDS = {"axis": "dim", "keepdims": "keepdim", "input": "x", "tensor": "x", "other": "y"}


def numpy_names(function: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function also take PyTorch's and NumPy's words: axis for dim, input for x, …

    But np.mean(x) and its like, which also ask for `out`, are refused, as in PyTorch.
    """

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        if kwargs:
            if "out" in kwargs:
                name = function.__name__
                raise TypeError(
                    f"{name}: np.{name} takes arrays: x.detach().numpy(), or x.{name}()"
                )
            kwargs = {WORDS.get(name, name): value for name, value in kwargs.items()}
        try:
            return function(*args, **kwargs)
        except AttributeError:  # of a list, for example
            check_tensors(function.__name__, *args[:1])
            raise

    return call


def axis_of(dim: int, rank: int) -> int:
    """The axis meant by dim, as a number from 0."""
    dim = operator.index(dim)
    if not -rank <= dim < rank:
        raise IndexError(f"dim {dim} is out of range: there are {rank} axes")
    return dim % rank


def distinct(name: str, dims: Any, rank: int) -> tuple[int, ...]:
    """The axes meant by dims, numbers from 0; MisfitError for one that is named twice."""
    axes = tuple(axis_of(dim, rank) for dim in dims)
    if len(set(axes)) < len(axes):
        raise MisfitError(f"{name}: {tuple(dims)} names an axis twice")
    return axes


def along(x: Tensor, dim: int, index: Any) -> Tensor:
    """x with this index, a number, a slice or a tensor, on the axis dim."""
    return x[(*[slice(None)] * axis_of(dim, x.ndim), index)]


# -- axes ------------------------------------------------------------------------------------------


@numpy_names
def view(x: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """The same memory in another shape. RuntimeError where that would need a copy.

    Our channels-last memory may need one where PyTorch's does not: there it is made.
    """
    result = reshape_to(x, _sizes("view", sizes if size is None else (size,)))
    if not x.array.flags.c_contiguous and x.owner.array.flags.c_contiguous and x.array.size:
        shares = B.xp.may_share_memory
        if shares(x.array, x.owner.array) and not shares(x.array, result.array):
            raise MisfitError(
                f"view: no view of shape {result.shape} has the memory of this {x.shape}, whose "
                f"strides are {x.array.strides} bytes: use reshape, or contiguous() before"
            )
    return result


@numpy_names
def reshape(x: Tensor, *sizes: Any, shape: Any = None) -> Tensor:
    """The same elements in another shape: `x.reshape(2, 3)`, `x.reshape((2, -1))`."""
    return reshape_to(x, _sizes("reshape", sizes if shape is None else (shape,)))


def _sizes(name: str, sizes: tuple[Any, ...]) -> tuple[int, ...]:
    """The sizes meant by f(2, -1) or f((2, -1)), as whole numbers."""
    cure = f"{name}{sizes}: give sizes, as (2, -1); for another dtype use .to(dtype)"
    if not sizes:
        raise TypeError(cure)
    try:
        return tuple(operator.index(n) for n in ints(sizes))
    except TypeError:
        raise TypeError(cure) from None


flatten = numpy_names(moves.flatten)


@numpy_names
def swapaxes(x: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two axes exchanged; a number has none, and stays."""
    for dim in (dim0, dim1):
        axis_of(dim, max(x.ndim, 1))
    return moves.swapaxes(x, dim0, dim1) if x.ndim else reshape_to(x, ())


@numpy_names
def unflatten(x: Tensor, dim: int, sizes: Sequence[int]) -> Tensor:
    """One axis as several, of the given sizes; one may be -1."""
    dim = axis_of(dim, x.ndim)
    known, size = math.prod(n for n in sizes if n != -1), x.shape[dim]
    if (
        not sizes
        or (-1 in sizes and (known == 0 or size % known))
        or (-1 not in sizes and known != size)
    ):
        raise MisfitError(
            f"unflatten: sizes {tuple(sizes)} do not multiply up to {size}, axis {dim}"
        )
    return reshape_to(x, (*x.shape[:dim], *sizes, *x.shape[dim + 1 :]))


@op(view=True, x=lambda g, dims: permute_to(g, tuple(dims.index(i) for i in range(len(dims)))))
def permute_to(x: Any, dims: tuple[int, ...]) -> Any:
    """Axis i of the result is axis dims[i] of x."""
    return x.transpose(dims)


@numpy_names
def permute(x: Tensor, dims: Any, *more: int) -> Tensor:
    """The axes in another order: `x.permute(0, 2, 3, 1)`."""
    order = distinct("permute", ints((dims, *more)), x.ndim)
    if len(order) != x.ndim:
        raise MisfitError(f"permute: {order} does not name each axis of a tensor of {x.shape}")
    return permute_to(x, order)


def t(x: Tensor) -> Tensor:
    """The transpose of a matrix; a vector or a number is its own."""
    if x.ndim > 2:
        raise MisfitError(f"t: expected a matrix, got shape {x.shape}; use transpose or permute")
    return reversed_axes(x)


def reversed_axes(x: Tensor) -> Tensor:
    """All axes in reverse, as x.T has it."""
    return permute_to(x, tuple(reversed(range(x.ndim))))


@numpy_names
def squeeze(x: Tensor, dim: Dims | None = None) -> Tensor:
    """Without the axes of size 1, or without those of the given axes that have size 1."""
    dims = range(x.ndim) if dim is None else whole_numbers(dim)
    gone = distinct("squeeze", dims, max(x.ndim, 1))
    return reshape_to(x, tuple(n for i, n in enumerate(x.shape) if i not in gone or n != 1))


@numpy_names
def unsqueeze(x: Tensor, dim: int) -> Tensor:
    """With a new axis of size 1 at position dim."""
    dim = axis_of(dim, x.ndim + 1)
    return reshape_to(x, (*x.shape[:dim], 1, *x.shape[dim:]))


@numpy_names
def flip(x: Tensor, dims: Any, *more: int) -> Tensor:
    """Reversed along the given axes; a copy."""
    axes = distinct("flip", ints((dims, *more)), max(x.ndim, 1))
    return reversed_along(x, axes if x.ndim else ())


@op(least=None, x=lambda g, axes: reversed_along(g, axes))
def reversed_along(x: Any, axes: tuple[int, ...]) -> Any:
    """x in memory of its own, with the axes reversed."""
    backwards = tuple(slice(None, None, -1 if i in axes else 1) for i in range(x.ndim))
    return B.xp.array(x[backwards])


# -- padding ---------------------------------------------------------------------------------------


def pad(
    input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None
) -> Tensor:
    """x with borders: pad = (left, right, top, bottom, …), the last axis first.

    mode: "constant" (filled with value), "reflect", "replicate" or "circular"; negative borders
    crop. The latter three are of the last one to three axes, one or two others before them.
    """
    if is_whole(pad):
        raise TypeError(f"pad: give borders in pairs, as in (1, 1), not {pad}")
    x, count = input, len(pad) // 2
    if len(pad) % 2 or count > x.ndim:
        raise MisfitError(f"pad: {pad} gives no pair of borders for each axis of shape {x.shape}")
    widths = [(0, 0)] * (x.ndim - count)
    borders = whole_numbers(pad)
    widths += [(borders[i], borders[i + 1]) for i in range(2 * count - 2, -1, -2)]
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
    return x if any(map(any, widths)) else moves.clone(x)


_LIMITS = {"reflect": -1, "replicate": math.inf, "circular": 0}  # a border beyond the axis' size


def _fold(i: int, size: int, mode: str) -> int:
    """The element that stands at place i beyond the border of an axis."""
    if mode == "circular":
        return i % size
    if mode == "replicate":
        return min(max(i, 0), size - 1)
    return -i if i < 0 else i if i < size else 2 * (size - 1) - i


@op(
    least=None,
    x=lambda g, widths: _pad(g, tuple((-before, -after) for before, after in widths), 0.0),
)
def _pad(x: Any, widths: tuple[tuple[int, int], ...], value: float) -> Any:
    """Constant borders; negative widths crop, so that the op is its own transpose."""
    crop = tuple(
        slice(max(-b, 0), n - max(-a, 0)) for (b, a), n in zip(widths, x.shape, strict=True)
    )
    grown = [(max(b, 0), max(a, 0)) for b, a in widths]
    inner = x[crop]
    return B.xp.pad(inner, grown, constant_values=value) if any(map(any, grown)) else inner.copy()
