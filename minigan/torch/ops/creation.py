"""New tensors with PyTorch's further words: dtype=, device=, requires_grad=, size=, and …_like."""

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import numpy

from minigan import backend as B
from minigan.autograd.op import NUMBERS, common_type
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import MisfitError, check_tensors
from minigan.ops import creation
from minigan.ops.shape import ints
from minigan.torch.ops.device import as_dtype, placed, to
from minigan.torch.ops.memory import laid
from minigan.torch.ops.refused import check_number, positions

# -- from data -------------------------------------------------------------------------------------


@laid
@numpy.errstate(over="ignore")  # 1e300 is an infinite float32, and no warning
def tensor(data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor with a copy of data: numbers, nested lists, an array. Python floats give float32.

    Tensors, arrays and NumPy's numbers in a list bring their dtypes; the widest of all counts.
    """
    kinds: set[Any] = set()
    data = _nested(data, kinds)
    kind: Any = None if dtype is None else as_dtype("tensor", dtype)
    if kind is not None:
        _check_range(data, kind)
    elif kinds:
        kind = common_type(numpy.empty(1, kind) for kind in kinds)
    return placed(creation.tensor(data, kind), device).requires_grad_(requires_grad)


def _nested(data: Any, kinds: set[Any]) -> Any:
    """Lists of tensors as lists of arrays; into `kinds` go the dtypes of what a list holds."""
    if not isinstance(data, (list, tuple)):
        return data
    if {*map(type, data)} <= {float, int, bool}:  # the usual end, and quick
        kinds |= {NUMBERS[kind] for kind in {*map(type, data)}}
        return data
    parts = [_part(part) if isinstance(part, Tensor) else part for part in data]
    kinds |= {part.dtype for part in parts if hasattr(part, "dtype")}
    kinds |= {NUMBERS[type(part)] for part in parts if type(part) in NUMBERS}
    return [_nested(part, kinds) for part in parts]


def _part(x: Tensor) -> numpy.ndarray:
    """A tensor in a list: of one element it is a number there, whatever its shape."""
    array = B.to_host(x.array)
    return array.reshape(()) if array.size == 1 else array


def bounds_of(dtype: numpy.dtype) -> tuple[float, float]:
    """The least and the largest number that a dtype holds."""
    if dtype.kind == "b":
        return 0, 1
    known = numpy.iinfo(dtype) if dtype.kind in "iu" else numpy.finfo(dtype)
    return known.min, known.max


def _check_range(data: Any, dtype: numpy.dtype) -> None:
    """Refuse Python's numbers that this dtype of whole numbers does not hold.

    As in PyTorch those of arrays are wrapped, and -1 is the largest unsigned one.
    """
    if dtype.kind not in "iu" or hasattr(data, "dtype"):
        return
    array, most = numpy.asarray(data), bounds_of(dtype)[1]
    if array.dtype.kind in "iuf" and array.size:
        worst = max(array.min(), array.max(), key=abs)
        if not -most - 1 <= worst <= most:
            raise RuntimeError(f"tensor: {dtype} does not hold {worst}, it ends at {most}")


def from_numpy(array: numpy.ndarray) -> Tensor:
    """A tensor that shares the array's memory (on CuPy: a copy on the device)."""
    if not hasattr(array, "dtype"):
        raise TypeError(f"from_numpy: {type(array).__name__} is no array; tensor(x) takes others")
    if not array.dtype.isnative:
        raise ValueError("from_numpy: the array's bytes are in foreign order; convert it before")
    as_dtype("from_numpy", array.dtype)
    return wrap(B.to_device(array))


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """data itself where it already is such a tensor or array, else one made of it."""
    if isinstance(data, numpy.ndarray):
        data = from_numpy(data)
    if isinstance(data, Tensor):
        return to(data, dtype=dtype, device=device)
    return tensor(data, dtype, device)


# -- of given sizes --------------------------------------------------------------------------------


def sizes_of(*sizes: Any) -> tuple[int, ...]:
    """The shape meant by f(2, 3) or f((2, 3))."""
    return tuple(operator.index(n) for n in ints(sizes, 0))


def with_words(
    make: Callable[..., Tensor], converted: Callable[[Tensor, Any], Tensor] = to
) -> Callable[..., Tensor]:
    """The function of sizes, f(2, 3), f((2, 3)) or f(size=(2, 3)), with PyTorch's further words."""

    @functools.wraps(make)
    def create(
        *sizes: Any,
        size: Any = None,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
        **options: Any,
    ) -> Tensor:
        made = make(sizes_of(*(sizes if size is None else (size,))), **options)
        if dtype is not None:
            made = converted(made, as_dtype(make.__name__, dtype))
        return placed(made, device).requires_grad_(requires_grad)

    return laid(create)


zeros, ones = with_words(creation.zeros), with_words(creation.ones)


@with_words
def empty(sizes: Any) -> Tensor:
    """Whatever the memory holds."""
    return wrap(B.xp.empty(sizes, "float32"))


@laid
def full(
    size: Any, fill_value: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of the given size, every element fill_value."""
    if getattr(fill_value, "ndim", 0) or getattr(fill_value, "requires_grad", False):
        raise TypeError("full: the value is a number; expand repeats several, or one that learns")
    value = fill_value.item() if hasattr(fill_value, "item") else fill_value
    if type(value) not in NUMBERS:
        raise TypeError(f"full: the value is a number, not {value!r}")
    kind = NUMBERS[type(value)] if dtype is None else as_dtype("full", dtype)
    made = wrap(B.xp.empty(sizes_of(size), kind))
    check_number("full", made, value)
    made.array.fill(value)
    return placed(made, device).requires_grad_(requires_grad)


@laid
@numpy.errstate(over="ignore")
def arange(
    *bounds: Any,
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """start, start + step, … below end: whole numbers when all bounds are, else float32."""
    if end is not None:
        bounds = (*(bounds or (start,)), end)
    given = slice(*bounds)  # has the same three ways to be called
    first = start if given.start is None else given.start
    by = step if given.step is None else given.step
    first, last, by = (n.item() if hasattr(n, "item") else n for n in (first, given.stop, by))
    whole = all(isinstance(bound, int) for bound in (first, last, by))
    if not 0 <= (last - first) / (by or math.nan) < math.inf:
        raise RuntimeError(f"arange: steps of {by} do not lead from {first} to {last}")
    count = B.xp.arange(math.ceil((last - first) / by))
    kind = as_dtype("arange", dtype or ("int64" if whole else "float32"))
    made = wrap((count * by + first).astype(kind))
    return placed(made, device).requires_grad_(requires_grad)


@laid
def linspace(
    start: float,
    end: float,
    steps: int,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """steps evenly spaced numbers from start to end, both included."""
    if steps < 0:
        raise RuntimeError(f"linspace: steps is {steps}, and must be 0 or more")
    start, end, steps = float(start), float(end), operator.index(steps)
    made = wrap(B.xp.linspace(start, end, steps).astype(as_dtype("linspace", dtype or "float32")))
    return placed(made, device).requires_grad_(requires_grad)


@laid
def eye(
    n: int,
    m: int | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """Ones on the diagonal, zeros elsewhere."""
    rows, columns = sizes_of(n, n if m is None else m)
    made = wrap(B.xp.eye(rows, columns, dtype=as_dtype("eye", dtype or "float32")))
    return placed(made, device).requires_grad_(requires_grad)


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """int64 (…, num_classes): 1 at each class number, 0 elsewhere; -1 means up to the largest.

    MisfitError for what are no int64, PlaceError for numbers that are no classes.
    """
    if tensor.dtype != "int64":
        raise MisfitError(f"one_hot: class numbers must be int64, not {tensor.dtype}: x.long()")
    if num_classes < 1 and (num_classes != -1 or not tensor.array.size):
        raise MisfitError(f"one_hot: num_classes={num_classes} of {tensor.shape}: give at least 1")
    classes = num_classes if num_classes > 0 else int(tensor.array.max()) + 1
    places = positions("one_hot", tensor, classes)
    return wrap((places[..., None] == B.xp.arange(classes)).astype("int64"))


# -- like another tensor ---------------------------------------------------------------------------


def beside(create: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function, run where its first argument x lives; x's dtype unless another is asked for."""

    @functools.wraps(create)
    def create_beside(x: Tensor, *args: Any, **options: Any) -> Tensor:
        with B.use_backend(B.module_of(x.array).__name__):
            return create(*args, **{"dtype": x.dtype, **options})

    return create_beside


new_empty, new_zeros, new_ones = beside(empty), beside(zeros), beside(ones)
new_full, new_tensor = beside(full), beside(tensor)


def like(create: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function as one of a tensor whose size it takes."""

    @functools.wraps(create)
    def create_like(x: Tensor, *args: Any, **options: Any) -> Tensor:
        check_tensors(f"{create.__name__}_like", x)
        return create(x, x.shape, *args, **options)

    return create_like


zeros_like, ones_like = like(new_zeros), like(new_ones)
empty_like, full_like = like(new_empty), like(new_full)
