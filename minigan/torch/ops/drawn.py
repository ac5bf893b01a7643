"""Tensors drawn at random, with PyTorch's further words: dtype=, device=, size=, and …_like."""

import math
import operator
from typing import Any

import numpy

from minigan import backend as B
from minigan.autograd.op import common_type
from minigan.autograd.tensor import Tensor, wrap
from minigan.backend import random
from minigan.backend.random import Generator
from minigan.errors import MisfitError
from minigan.ops import creation
from minigan.torch.ops.creation import beside, bounds_of, like, sizes_of, with_words
from minigan.torch.ops.device import as_dtype, placed, to
from minigan.torch.ops.memory import laid
from minigan.torch.ops.refused import extremes


def _floats(made: Tensor, kind: numpy.dtype) -> Tensor:
    if kind.kind != "f":
        raise RuntimeError(f"rand and randn draw floats, not {kind}; randint draws those")
    return to(made, kind)


def _below_one(made: Tensor, kind: numpy.dtype) -> Tensor:
    """As halves, fewer numbers: 1 - 2⁻²⁴ would be rounded to 1."""
    return _floats((made * 2048.0).floor() / 2048.0 if kind == B.float16 else made, kind)


rand, randn = with_words(creation.rand, _below_one), with_words(creation.randn, _floats)
rand_like, randn_like = like(beside(rand)), like(beside(randn))


@laid
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
    low, high = operator.index(low), operator.index(high)
    if low >= high:
        raise MisfitError(f"randint: there is no whole number from {low} to below {high}")
    made = creation.randint(low, high, sizes_of(size), generator=generator)
    kind = as_dtype("randint", dtype or "int64")
    least, most = bounds_of(kind)
    if low < least or high - 1 > most:
        raise RuntimeError(f"randint: {kind} does not hold all from {low} to {high - 1}")
    return placed(made.astype(kind), device)


@laid
def randperm(
    n: int, *, generator: Generator | None = None, dtype: Any = None, device: Any = None
) -> Tensor:
    """0 … n-1 in random order."""
    (n,), kind = sizes_of(n), as_dtype("randperm", dtype or "int64")
    if n - 1 > bounds_of(kind)[1]:
        raise RuntimeError(f"randperm: {kind} does not hold all from 0 to {n - 1}")
    return placed(wrap((generator or random.default).permutation(n)).astype(kind), device)


def normal(mean: Any, std: Any = 1.0, size: Any = None, **options: Any) -> Tensor:
    """N(mean, std²), of the given size or of the shape of a mean or std tensor."""
    for least in extremes(std.array)[:1] if isinstance(std, Tensor) else (std,):
        if not least >= 0.0:
            raise MisfitError(f"normal: std={least} must be at least 0")
    if size is None:
        given = [x for x in (mean, std) if isinstance(x, Tensor)]
        size = numpy.broadcast_shapes(*(x.shape for x in given))
        options.setdefault("dtype", common_type((x.array for x in given), B.float32))
    learned = options.pop("requires_grad", False)
    return (randn(size, **options) * std + mean).requires_grad_(learned)


def bernoulli(p: Tensor, *, generator: Generator | None = None) -> Tensor:
    """1 with the probability that stands at each place, else 0."""
    if p.dtype.kind != "f":
        raise RuntimeError(f"bernoulli: probabilities are floats, not {p.dtype}: p.float()")
    for n in extremes(p.array):
        if not 0.0 <= n <= 1.0:
            raise RuntimeError(f"bernoulli: the probability {n:.4g} is outside [0, 1]")
    return wrap(((generator or random.default).uniform(p.shape) < p.array).astype(p.dtype))


def multinomial(
    weights: Tensor,
    num_samples: int,
    replacement: bool = False,
    *,
    generator: Generator | None = None,
) -> Tensor:
    """int64: places drawn in proportion to the weights, a vector of numbers from 0.

    Without replacement those with the shortest waiting times, exponential ones at these rates.
    """
    w = B.to_host(weights.array).astype("float64")
    most = math.inf if replacement and w.any() else numpy.count_nonzero(w)
    if w.ndim != 1 or not 1 <= num_samples <= most or not ((w >= 0.0) & (w < math.inf)).all():
        raise MisfitError(
            f"multinomial: cannot draw {num_samples} from weights of {weights.shape}: they are a "
            f"vector of numbers from 0, {'one' if replacement else 'as many'} of them above it"
        )
    chance = generator or random.default
    u = B.to_host(chance.uniform((num_samples if replacement else len(w),)))
    if replacement:
        places = numpy.searchsorted(numpy.cumsum(w / w.sum()), u, side="right")
    else:
        with numpy.errstate(divide="ignore", invalid="ignore"):  # one of weight 0 comes last
            places = numpy.argsort(-numpy.log1p(-u.astype("float64")) / w)[:num_samples]
    return wrap(B.to_device(numpy.minimum(places, len(w) - 1).astype("int64")))


def initial_seed() -> int:
    """The seed that the default random numbers started from."""
    return random.default.seed
