"""New tensors: from data, filled, counted, or drawn at random. float32 unless said otherwise."""

from typing import Any

import numpy

from minigan import backend as B
from minigan.autograd.tensor import Tensor, array_of, wrap
from minigan.backend import random
from minigan.backend.random import Generator
from minigan.ops.shape import ints


def tensor(data: Any, dtype: Any = None, requires_grad: bool = False) -> Tensor:
    """A tensor with a copy of data: numbers, nested lists, an array. Python floats give float32."""
    given = array_of(data)
    array = given if B.is_array(given) else numpy.asarray(given)
    if array.dtype.name not in B.DTYPES:
        raise TypeError(f"tensor: cannot hold {type(data).__name__} of {array.dtype}; give numbers")
    if dtype is None and array.dtype == "float64" and not hasattr(given, "dtype"):
        dtype = "float32"
    return wrap(B.xp.array(array, dtype)).requires_grad_(requires_grad)


def zeros(*sizes: Any, dtype: Any = "float32") -> Tensor:
    """0 everywhere."""
    return wrap(B.xp.zeros(ints(sizes, 0), dtype))


def ones(*sizes: Any, dtype: Any = "float32") -> Tensor:
    """1 everywhere."""
    return wrap(B.xp.ones(ints(sizes, 0), dtype))


def rand(*sizes: Any, generator: Generator | None = None) -> Tensor:
    """U[0, 1)"""
    return wrap((generator or random.default).uniform(ints(sizes, 0)))


def randn(*sizes: Any, generator: Generator | None = None) -> Tensor:
    """N(0, 1)"""
    return wrap((generator or random.default).normal(ints(sizes, 0)))


def randint(low: int, high: int, size: Any, *, generator: Generator | None = None) -> Tensor:
    """int64 drawn from [low, high)."""
    return wrap((generator or random.default).integers(low, high, ints((size,), 0)))


def manual_seed(seed: int) -> Generator:
    """Start the random numbers of noise, dropout and initial weights again from this seed."""
    return random.default.manual_seed(seed)
