"""New tensors with PyTorch's further words: dtype=, device=, requires_grad=, size=, and …_like."""

import functools
import operator
from collections.abc import Callable
from typing import Any

import numpy

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.backend import random
from minigan.backend.random import Generator
from minigan.errors import MisfitError
from minigan.ops import creation
from minigan.ops.loss import check_classes
from minigan.ops.shape import ints
from minigan.torch.ops.device import placed, to

# -- from data -------------------------------------------------------------------------------------


def tensor(data: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor with a copy of data: numbers, nested lists, an array. Python floats give float32."""
    made = creation.tensor(_nested(data), dtype)
    return placed(made, device).requires_grad_(requires_grad)


def _nested(data: Any) -> Any:
    """Lists of tensors as lists of arrays."""
    if isinstance(data, (list, tuple)) and any(isinstance(d, (Tensor, list, tuple)) for d in data):
        return [B.to_host(d.array) if isinstance(d, Tensor) else _nested(d) for d in data]
    return data


def from_numpy(array: numpy.ndarray) -> Tensor:
    """A tensor that shares the array's memory (on CuPy: a copy on the device)."""
    return wrap(B.to_device(array))


def as_tensor(data: Any, dtype: Any = None, device: Any = None) -> Tensor:
    """data itself where it already is such a tensor, else one made of it."""
    if isinstance(data, Tensor):
        return to(data, dtype=dtype, device=device)
    return tensor(data, dtype, device)


# -- of given sizes --------------------------------------------------------------------------------


def sizes_of(*sizes: Any) -> tuple[int, ...]:
    """The shape meant by f(2, 3) or f((2, 3))."""
    shape = tuple(operator.index(n) for n in ints(sizes))
    if min(shape, default=0) < 0:
        raise MisfitError(f"a tensor of sizes {shape}: none of them may be below 0")
    return shape


def _with_words(make: Callable[..., Tensor]) -> Callable[..., Tensor]:
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
        made = made if dtype is None else made.astype(dtype)
        return placed(made, device).requires_grad_(requires_grad)

    return create


zeros, ones = _with_words(creation.zeros), _with_words(creation.ones)
rand, randn = _with_words(creation.rand), _with_words(creation.randn)


@_with_words
def empty(sizes: Any) -> Tensor:
    """Whatever the memory holds."""
    return wrap(B.xp.empty(sizes, "float32"))


def full(
    size: Any, fill_value: Any, dtype: Any = None, device: Any = None, requires_grad: bool = False
) -> Tensor:
    """A tensor of the given size, every element fill_value."""
    dtype = dtype or {bool: "bool", int: "int64"}.get(type(fill_value), "float32")
    made = wrap(B.xp.full(sizes_of(size), fill_value, dtype))
    return placed(made, device).requires_grad_(requires_grad)


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
    whole = all(isinstance(bound, int) for bound in (first, given.stop, by))
    dtype = dtype or ("int64" if whole else "float32")
    made = wrap(B.xp.arange(first, given.stop, by, dtype=dtype))
    return placed(made, device).requires_grad_(requires_grad)


def linspace(
    start: float,
    end: float,
    steps: int,
    dtype: Any = None,
    device: Any = None,
    requires_grad: bool = False,
) -> Tensor:
    """steps evenly spaced numbers from start to end, both included."""
    made = wrap(B.xp.linspace(start, end, steps).astype(dtype or "float32"))
    return placed(made, device).requires_grad_(requires_grad)


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


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """int64 (…, num_classes): 1 at each class number, 0 elsewhere; -1 means up to the largest.

    TypeError for what are no int64, IndexError for numbers that are no classes (on the host).
    """
    if tensor.dtype != "int64":
        raise TypeError(f"one_hot: class numbers must be int64, not {tensor.dtype}: x.long()")
    if num_classes < 1 and (num_classes != -1 or not tensor.array.size):
        raise MisfitError(f"one_hot: num_classes={num_classes} of {tensor.shape}: give at least 1")
    classes = num_classes if num_classes > 0 else int(tensor.array.max()) + 1
    check_classes("one_hot", tensor, classes)
    return wrap((tensor.array[..., None] == B.xp.arange(classes)).astype("int64"))


# -- random ----------------------------------------------------------------------------------------


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
    made = creation.randint(low, high, sizes_of(size), generator=generator)
    return placed(made if dtype is None else made.astype(dtype), device)


def randperm(n: int, *, generator: Generator | None = None, device: Any = None) -> Tensor:
    """0 … n-1 in random order."""
    return placed(wrap((generator or random.default).permutation(n)), device)


def normal(mean: Any, std: Any = 1.0, size: Any = None, **options: Any) -> Tensor:
    """N(mean, std²), of the given size or of the shape of a mean or std tensor."""
    if size is None:
        size = numpy.broadcast_shapes(*(x.shape for x in (mean, std) if isinstance(x, Tensor)))
    learned = options.pop("requires_grad", False)
    return (randn(size, **options) * std + mean).requires_grad_(learned)


def bernoulli(p: Tensor) -> Tensor:
    """1 with the probability that stands at each place, else 0."""
    return wrap((random.default.uniform(p.shape) < p.array).astype(p.dtype))


def multinomial(weights: Tensor, num_samples: int, replacement: bool = False) -> Tensor:
    """Places drawn in proportion to the weights (a vector), by Gumbel's or the inverse method."""
    w = B.to_host(weights.array).astype("float64")
    if w.ndim != 1 or not (replacement or num_samples <= len(w)):
        raise MisfitError(f"multinomial: cannot draw {num_samples} from weights of {weights.shape}")
    u = B.to_host(random.default.uniform((num_samples if replacement else len(w),)))
    if replacement:
        places = numpy.searchsorted(numpy.cumsum(w / w.sum()), u, side="right")
    else:  # the smallest of exponential waiting times
        with numpy.errstate(divide="ignore"):  # one of weight 0 comes last
            places = numpy.argsort(-numpy.log1p(-u.astype("float64")) / w)[:num_samples]
    return wrap(B.to_device(numpy.minimum(places, len(w) - 1).astype("int64")))


def initial_seed() -> int:
    """The seed that the default random numbers started from."""
    return random.default.seed


# -- like another tensor ---------------------------------------------------------------------------


def _beside(create: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function, run where its first argument x lives; x's dtype unless another is asked for."""

    @functools.wraps(create)
    def create_beside(x: Tensor, *args: Any, **options: Any) -> Tensor:
        with B.use_backend(B.module_of(x.array).__name__):
            return create(*args, **{"dtype": x.dtype, **options})

    return create_beside


new_empty, new_zeros, new_ones = _beside(empty), _beside(zeros), _beside(ones)
new_full, new_tensor = _beside(full), _beside(tensor)
_new_rand, _new_randn = _beside(rand), _beside(randn)


def _like(create: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function as one of a tensor whose size it takes."""

    @functools.wraps(create)
    def create_like(x: Tensor, *args: Any, **options: Any) -> Tensor:
        return create(x, x.shape, *args, **options)

    return create_like


zeros_like, ones_like, empty_like = _like(new_zeros), _like(new_ones), _like(new_empty)
full_like, rand_like, randn_like = _like(new_full), _like(_new_rand), _like(_new_randn)
