"""How x[index] is read: every mix that PyTorch takes, with the axes where PyTorch puts them.

The array library reads most mixes alike. It differs where a number stands beside a tensor: to NumPy
both are positions, to PyTorch the number first chooses a view, and the tensor's axes stay in place:

    x[0, :, i]    of x (2, 3, 4) and i (5)    NumPy (5, 3)    PyTorch (3, 5)
"""

from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor
from minigan.ops.shape import part_of, take


def getitem(x: Tensor, index: Any) -> Tensor:
    """x[index]: a view for ints, slices, None and ...; a copy for tensors, lists and bools.

    Tensors are positions (int64, int32) or masks (bool, uint8). Out of range is an IndexError, a
    step below 1 a ValueError.
    """
    return take(x, as_index(index, x.shape))


def as_index(index: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """An index into a tensor of this shape, as its array takes it: array[as_index(…)]."""
    if isinstance(index, list) and not all(map(_is_number, index)):
        index = tuple(index)  # PyTorch's reading of nested lists, of lists of tensors and slices
    parts = index if isinstance(index, tuple) else (index,)
    parts = tuple([i if i.__class__ is int or i is None else _part_of(i) for i in parts])
    if not shape and any(isinstance(part, int) and part.__class__ is not bool for part in parts):
        raise IndexError("a tensor of one number has no axis to index: x.item() is the number")
    for part in parts:
        if part.__class__ is B.ndarray or part.__class__ is bool:
            return _with_arrays(parts, shape)
    return parts if ... in parts else (*parts, ...)


def _is_number(part: Any) -> bool:
    return isinstance(part, (int, float)) or (hasattr(part, "dtype") and not hasattr(part, "array"))


def _part_of(part: Any) -> Any:
    """A slice, ..., an int, a bool, or an array of int64 or bool that nobody else can change."""
    if isinstance(part, slice) or part is ...:
        return part_of(part)
    if isinstance(part, (list, tuple, range)):
        part = B.xp.asarray(part) if len(part) else B.xp.zeros(0, "int64")
    elif not B.is_array(part) and not hasattr(part, "__index__"):
        raise IndexError(
            f"an index has ints, slices, None, ..., and tensors of int64 or bool, not {part!r}"
        )
    if B.is_array(part) and part.dtype.kind in "iu" and part.dtype != "uint8":
        part = part.astype("int64")  # of an array any whole numbers will do
    if getattr(part, "dtype", None) == "uint8":
        part = part.astype("bool")  # bytes are masks, as in PyTorch's first programs
    if hasattr(part, "dtype"):
        return part_of(part if part.ndim or part.dtype.kind not in "iu" else int(part))
    return part if isinstance(part, bool) else part.__index__()


def _with_arrays(parts: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Such an index with positions, masks or bools in it."""
    used = sum(_axes(part) for part in parts)
    if any(part is ... for part in parts):
        [dots, *more] = (i for i, part in enumerate(parts) if part is ...)
        if more:
            raise IndexError("an index has one ... at most")
        parts = (*parts[:dots], *[slice(None)] * (len(shape) - used), *parts[dots + 1 :])
    axis = 0
    for part in parts:  # NumPy does not look where nothing is taken
        if part.__class__ is int and not -(size := (*shape, 0)[axis]) <= part < size:
            raise IndexError(f"index {part} is out of bounds for axis {axis} of {shape}")
        axis = min(axis + _axes(part), len(shape))
    kinds = "".join(_kind(part) for part in parts)
    alike = _place(kinds) == _place(kinds.replace("0", ""))
    return parts if alike or used > len(shape) else _spelled_out(parts, shape)


def _axes(part: Any) -> int:
    """How many axes of the tensor a part of its index takes up."""
    if part is None or part is ... or isinstance(part, bool):
        return 0
    return part.ndim if _is_mask(part) else 1


def _is_mask(part: Any) -> Any:
    return B.is_array(part) and part.dtype == bool


def _kind(part: Any) -> str:
    """- for an axis of the result, 0 for a number, i for what is broadcast: positions and bools."""
    return "-" if part is None or isinstance(part, slice) else "0" if part.__class__ is int else "i"


def _place(kinds: str) -> int:
    """Which axis of the result is the first of the broadcast ones, if all but "-" are broadcast."""
    apart = "-" in kinds.strip("-")
    return 0 if apart else len(kinds) - len(kinds.lstrip("-"))


def _spelled_out(parts: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[Any, ...]:
    """An array of positions for each axis; broadcast, they have the result's shape."""
    groups = [_positions(part) if _kind(part) == "i" else () for part in parts]
    rank = max(array.ndim for group in groups for array in group)
    kinds = "".join(_kind(part) for part in parts).replace("0", "")
    before, after = kinds.index("i"), len(kinds) - kinds.rindex("i") - 1
    axis = place = 0
    at: list[Any] = []
    extra: list[Any] = []  # of bools, which stand on no axis of x
    for part, group in zip(parts, groups, strict=True):
        if part is None:
            place += 1
        elif isinstance(part, slice):
            line = B.xp.arange(shape[axis])[part]
            at.append(line.reshape(-1, *[1] * (before + rank + after - place - 1)))
            place += 1
        elif not group:
            at.append(B.xp.asarray(part))
        else:
            size = shape[axis : axis + _axes(part)]
            if _is_mask(part) and part.shape != size:
                raise IndexError(f"the mask {part.shape} does not fit {size}, axes of {shape}")
            place = before + rank
            for array in group:
                lead, trail = [1] * (before + rank - array.ndim), [1] * after
                (at if _axes(part) else extra).append(array.reshape(*lead, *array.shape, *trail))
        axis += _axes(part)
    whole = B.xp.broadcast_arrays(*at, *extra)
    return tuple(whole[: len(at)])


def _positions(part: Any) -> tuple[Any, ...]:
    """The positions that an array or a bool stands for, one array for each axis."""
    if isinstance(part, bool):
        return (B.xp.arange(int(part)),)
    return part.nonzero() if _is_mask(part) else (part,)
