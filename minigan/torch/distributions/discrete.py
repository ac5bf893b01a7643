"""Distributions of whole numbers, given by probabilities or by logits."""

from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.ops.elementwise import exp, log, sigmoid
from minigan.ops.reduce import log_softmax
from minigan.torch.distributions.distribution import Distribution, check, parameters
from minigan.torch.nn import functional as F
from minigan.torch.ops.creation import one_hot
from minigan.torch.ops.drawn import bernoulli, rand
from minigan.torch.ops.elementwise import clamp, log1p
from minigan.torch.ops.index import gather

TINY = 2.0**-23  # probabilities stay so far from 0 and 1, float32's step


def _one_of(name: str, probs: Any, logits: Any) -> Any:
    if (probs is None) == (logits is None):
        raise ValueError(f"{name}: give probs or logits, one of them")
    return parameters(logits if probs is None else probs)[0]


class Bernoulli(Distribution):
    """1 with probability p, else 0; logits are ln(p / (1 - p))."""

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None):
        given = _one_of("Bernoulli", probs, logits)
        if probs is not None:
            inside = (given.array >= 0) & (given.array <= 1)
            check("Bernoulli", validate_args, inside, "probs must lie in [0, 1]")
            inner = clamp(given, TINY, 1.0 - TINY)
            self.probs, self.logits = given, log(inner) - log1p(-inner)
        else:
            check("Bernoulli", validate_args, given.array == given.array, "logits must be numbers")
            self.probs, self.logits = sigmoid(given), given
        super().__init__(given.shape, (), validate_args)

    mean = property(lambda self: self.probs)
    variance = property(lambda self: self.probs * (1.0 - self.probs))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        return bernoulli(self.probs.detach().expand(self.shape_of(sample_shape)))

    def log_prob(self, value: Tensor) -> Tensor:
        """value · ln p + (1 - value) · ln(1 - p)"""
        logits, value = parameters(self.logits, value)
        either = (value.array == 0) | (value.array == 1)
        check("Bernoulli.log_prob", self.validates, either, "a value is neither 0 nor 1")
        return -F.binary_cross_entropy_with_logits(logits, value, reduction="none")

    def entropy(self) -> Tensor:
        """-p ln p - (1 - p) ln(1 - p)"""
        return F.binary_cross_entropy_with_logits(self.logits, self.probs, reduction="none")


class Categorical(Distribution):
    """One of K, by probabilities in proportion to probs, or to exp(logits), along the last axis."""

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None):
        name = type(self).__name__
        given = _one_of(name, probs, logits)
        if given.ndim == 0:
            raise ValueError(f"{name}: the parameter needs at least one axis")
        if probs is None:
            self.logits = log_softmax(given, -1)
            self.probs = exp(self.logits)
        else:
            check(name, validate_args, given.array >= 0, "probs must not be negative")
            self.probs = given / given.sum(-1, keepdim=True)
            self.logits = log(clamp(self.probs, TINY, 1.0 - TINY))
        numbers = self.probs.array == self.probs.array
        check(name, validate_args, numbers, "the parameter gives no probabilities: NaN, ∞ or all 0")
        self.classes = given.shape[-1]
        super().__init__(given.shape[:-1], (), validate_args)

    def places(self, sample_shape: Any) -> Tensor:
        """A draw as int64, of shape sample_shape + batch_shape: where the largest of ln p + Gumbel
        noise stands.
        """
        shape = (*sample_shape, *self.batch_shape, self.classes)
        u = clamp(rand(shape, device=self.probs.device), 2.0**-25)
        logits = self.logits.detach().array
        waiting = -B.module_of(logits).log(u.array)  # exponential: the first to come is drawn
        return wrap((waiting / B.module_of(logits).exp(logits)).argmin(-1))

    def sample(self, sample_shape: Any = ()) -> Tensor:
        return self.places(sample_shape)

    def log_prob(self, value: Tensor) -> Tensor:
        """ln p of the drawn places."""
        index = value.long().unsqueeze(-1)
        known = (value.array == index.array[..., 0]) & (value.array >= 0)
        known &= value.array < self.classes
        rule = f"values must be whole numbers from 0 to {self.classes - 1}"
        check("Categorical.log_prob", self.validates, known, rule)
        shape = (*index.shape[:-1], self.classes)
        return gather(self.logits.expand(shape), -1, index).squeeze(-1)

    def entropy(self) -> Tensor:
        """-Σ p ln p"""
        return -(self.probs * self.logits).sum(-1)


class OneHotCategorical(Categorical):
    """Categorical, whose draws are vectors with a 1 at the place."""

    def __init__(self, probs: Any = None, logits: Any = None, validate_args: Any = None):
        super().__init__(probs, logits, validate_args)
        Distribution.__init__(self, self.batch_shape, (self.classes,), validate_args)

    mean = property(lambda self: self.probs)

    def sample(self, sample_shape: Any = ()) -> Tensor:
        return one_hot(self.places(sample_shape), self.classes).to(dtype=self.probs.dtype)

    def log_prob(self, value: Tensor) -> Tensor:
        """ln p of the place where the 1 stands."""
        hot = ((value.array == 0) | (value.array == 1)).all(-1) & (value.array.sum(-1) == 1)
        check("OneHotCategorical.log_prob", self.validates, hot, "values must be one-hot")
        return super().log_prob(value.argmax(-1))
