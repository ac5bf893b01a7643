"""New tensors: from data, filled, counted, or drawn at random. float32 unless said otherwise."""

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.backend import random
from minigan.errors import MisfitError
from minigan.ops.device import placed

Generator = random.Generator


def tensor(data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor with a copy of data: numbers, nested lists, an array. Python floats give float32."""
    if isinstance(data, Tensor):
        data = data.array
    array = data
    if not B.is_array(data):
        array = numpy.asarray(data if hasattr(data, "__array__") else _nested(data))
    if array.dtype.kind not in "fiub":
        raise TypeError(f"tensor: cannot hold {type(data).__name__} of {array.dtype}; give numbers")
    if dtype is None and array.dtype == "float64" and not hasattr(data, "dtype"):
        dtype = "float32"
    return placed(wrap(B.xp.array(array, dtype)), device).requires_grad_(requires_grad)


def _nested(data: Any) -> Any:
    """Lists of tensors as lists of arrays' contents."""
    if isinstance(data, Tensor):
        return B.to_host(data.array)
    if isinstance(data, (list, tuple)) and any(isinstance(d, (Tensor, list, tuple)) for d in data):
        parts = [_nested(d) for d in data]
        return numpy.array(parts) if any(hasattr(p, "dtype") for p in parts) else parts
    return data


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """data itself where it already is such a tensor, else one made of it."""
    if isinstance(data, Tensor) and dtype in (None, data.dtype):
        return placed(data, device)
    return tensor(data, dtype, device)


def from_numpy(array: numpy.ndarray) -> Tensor:
    """A tensor that shares the array's memory (on CuPy: a copy on the device)."""
    return wrap(B.to_device(array))


def _shape(sizes: tuple[Any, ...], size: Any = None) -> tuple[int, ...]:
    """(2, 3) from f(2, 3), f((2, 3)) or f(size=(2, 3))."""
    if size is not None or (len(sizes) == 1 and isinstance(sizes[0], (tuple, list))):
        sizes = sizes[0] if size is None else size
    shape = tuple(operator.index(n) for n in sizes)
    if min(shape, default=0) < 0:
        raise MisfitError(f"a tensor of sizes {shape}: none of them may be below 0")
    return shape


def _filled(make: Callable[[tuple[int, ...], Any], B.Array]) -> Callable[..., Tensor]:
    def create(
        *sizes: Any,
        size: Any = None,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        array = make(_shape(sizes, size), dtype or "float32")
        return placed(wrap(array), device).requires_grad_(requires_grad)

    return create


zeros = _filled(lambda shape, dtype: B.xp.zeros(shape, dtype))
ones = _filled(lambda shape, dtype: B.xp.ones(shape, dtype))
empty = _filled(lambda shape, dtype: B.xp.empty(shape, dtype))


def full(
    size: Any, fill_value: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of the given size, every element fill_value."""
    kinds = {bool: "bool", int: "int64"}
    array = B.xp.full(_shape((size,)), fill_value, dtype or kinds.get(type(fill_value), "float32"))
    return placed(wrap(array), device).requires_grad_(requires_grad)


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
    bounds = (
        start if given.start is None else given.start,
        given.stop,
        step if given.step is None else given.step,
    )
    whole = all(isinstance(b, int) for b in bounds)
    array = B.xp.arange(*bounds, dtype=dtype or ("int64" if whole else "float32"))
    return placed(wrap(array), device).requires_grad_(requires_grad)


def linspace(
    start: float,
    end: float,
    steps: int,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """steps evenly spaced numbers from start to end, both included."""
    array = B.xp.linspace(start, end, steps).astype(dtype or "float32")
    return placed(wrap(array), device).requires_grad_(requires_grad)


def eye(n: int, m: int | None = None, dtype: Any = None, device: Any = None) -> Tensor:
    """Ones on the diagonal, zeros elsewhere."""
    return placed(wrap(B.xp.eye(n, m, dtype=dtype or "float32")), device)


def meshgrid(*axes: Any, indexing: str = "ij") -> tuple[Tensor, ...]:
    """The coordinates of a grid over the given vectors, one tensor for each.

    indexing "ij" gives shape (len(first), len(second), …), "xy" exchanges the first two axes.
    """
    vectors = axes if isinstance(axes[0], Tensor) else axes[0]
    grids = B.xp.meshgrid(*(vector.array for vector in vectors), indexing=indexing)
    return tuple(wrap(grid.copy()) for grid in grids)


# -- random ----------------------------------------------------------------------------------------


def _random(draw: Callable[[Generator, tuple[int, ...]], B.Array]) -> Callable[..., Tensor]:
    def create(
        *sizes: Any,
        size: Any = None,
        generator: Generator | None = None,
        dtype: Any = None,
        device: Any = None,
        requires_grad: bool = False,
    ) -> Tensor:
        array = draw(generator or random.default, _shape(sizes, size))
        array = array.astype(dtype) if dtype else array
        return placed(wrap(array), device).requires_grad_(requires_grad)

    return create


rand = _random(lambda generator, shape: generator.uniform(shape))
randn = _random(lambda generator, shape: generator.normal(shape))


def randint(
    low: int = 0,
    high: Any = None,
    size: Any = None,
    *,
    generator: Generator | None = None,
    dtype: Any = None,
    device: Any = None,
) -> Tensor:
    """int64 drawn from [low, high); `randint(high, size)` starts at 0."""
    if high is None:
        low, high = 0, low
    elif size is None:
        low, high, size = 0, low, high
    if low >= high:
        raise MisfitError(f"randint: there is no whole number from {low} to below {high}")
    array = (generator or random.default).integers(low, high, _shape((size,)))
    return placed(wrap(array.astype(dtype) if dtype else array), device)


def randperm(n: int, *, generator: Generator | None = None, device: Any = None) -> Tensor:
    """0 … n-1 in random order."""
    return placed(wrap((generator or random.default).permutation(n)), device)


def normal(mean: Any, std: Any, size: Any = None) -> Tensor:
    """N(mean, std²), of the given size or of the shape of a mean or std tensor."""
    if size is None:
        size = next(x.shape for x in (mean, std) if isinstance(x, Tensor))
    return randn(size) * std + mean


def bernoulli(p: Tensor) -> Tensor:
    """1 with the probability that stands at each place, else 0."""
    return wrap((random.default.uniform(p.shape) < p.array).astype(p.dtype))


def multinomial(weights: Tensor, num_samples: int, replacement: bool = False) -> Tensor:
    """Places drawn in proportion to the weights (a vector), by Gumbel's or the inverse method."""
    w = B.to_host(weights.array).astype("float64")
    u = B.to_host(random.default.uniform((num_samples if replacement else len(w),)))
    if replacement:
        places = numpy.searchsorted(numpy.cumsum(w / w.sum()), u, side="right")
    else:  # the smallest of exponential waiting times
        with numpy.errstate(divide="ignore"):  # one of weight 0 comes last
            places = numpy.argsort(-numpy.log1p(-u.astype("float64")) / w)[:num_samples]
    return wrap(B.to_device(numpy.minimum(places, len(w) - 1).astype("int64")))


def manual_seed(seed: int) -> Generator:
    """Start the random numbers of noise, dropout and initial weights again from this seed."""
    return random.default.manual_seed(seed)


def initial_seed() -> int:
    """The seed that the default random numbers started from."""
    return random.default.seed


def _beside(create: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function, run where its first argument x lives; x's dtype unless another is asked for."""

    @functools.wraps(create)
    def create_beside(x: Tensor, *args: Any, **options: Any) -> Tensor:
        with B.use_backend(B.module_of(x.array).__name__):
            return create(x, *args, **{"dtype": x.dtype, **options})

    return create_beside


def _like(create: Callable[..., Tensor]) -> Callable[..., Tensor]:
    @_beside
    def create_like(x: Tensor, **options: Any) -> Tensor:
        return create(x.shape, **options)

    return create_like


zeros_like, ones_like, empty_like = _like(zeros), _like(ones), _like(empty)
rand_like, randn_like = _like(rand), _like(randn)


@_beside
def full_like(x: Tensor, fill_value: Any, **options: Any) -> Tensor:
    """A tensor of x's shape and dtype, every element fill_value."""
    return full(x.shape, fill_value, **options)


@_beside
def new_empty(x: Tensor, *size: Any, **options: Any) -> Tensor:
    """An uninitialised tensor of another size, with x's dtype."""
    return empty(*size, **options)


@_beside
def new_zeros(x: Tensor, *size: Any, **options: Any) -> Tensor:
    """zeros of another size, with x's dtype."""
    return zeros(*size, **options)


@_beside
def new_ones(x: Tensor, *size: Any, **options: Any) -> Tensor:
    """ones of another size, with x's dtype."""
    return ones(*size, **options)


@_beside
def new_full(x: Tensor, size: Any, fill_value: Any, **options: Any) -> Tensor:
    """full of another size, with x's dtype."""
    return full(size, fill_value, **options)


@_beside
def new_tensor(x: Tensor, data: Any, **options: Any) -> Tensor:
    """A tensor of other data, with x's dtype."""
    return tensor(data, **options)


def one_hot(index: Tensor, num_classes: int = -1) -> Tensor:
    """int64 (…, num_classes): 1 at each index, 0 elsewhere."""
    classes = num_classes if num_classes > 0 else int(index.array.max()) + 1
    return wrap((index.array[..., None] == B.xp.arange(classes)).astype("int64"))
