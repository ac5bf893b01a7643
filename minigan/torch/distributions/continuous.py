"""Distributions of real numbers; gradients flow through what they draw."""

import math
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.ops.elementwise import abs, log, sign, square
from minigan.torch.distributions.distribution import Distribution, check, parameters
from minigan.torch.ops.drawn import rand, randn
from minigan.torch.ops.elementwise import log1p, sqrt
from minigan.torch.ops.index import where
from minigan.torch.ops.steps import logical_and


class _Located(Distribution):
    """loc + scale · a draw from the standard form."""

    has_rsample = True

    def __init__(self, loc: Any, scale: Any, validate_args: Any = None):
        self.loc, self.scale = parameters(loc, scale)
        fine = (self.scale.array > 0) & (self.loc.array == self.loc.array)
        check(type(self).__name__, validate_args, fine, "scale must be positive, and loc a number")
        super().__init__(self.loc.shape, (), validate_args)

    mean = property(lambda self: self.loc)

    def apart(self, value: Tensor) -> Tensor:
        """value - loc, of numbers."""
        away = value - self.loc
        name = f"{type(self).__name__}.log_prob"
        check(name, self.validates, away.array == away.array, "a value is no number")
        return away


class Normal(_Located):
    """N(loc, scale²)"""

    stddev = property(lambda self: self.scale)
    variance = property(lambda self: square(self.scale))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        noise = randn(self.shape_of(sample_shape), dtype=self.loc.dtype, device=self.loc.device)
        return self.loc + noise * self.scale

    def log_prob(self, value: Tensor) -> Tensor:
        """-(value - loc)² / (2 scale²) - ln scale - ln √(2π)"""
        z = self.apart(value) / self.scale
        return square(z) * -0.5 - log(self.scale) - 0.5 * math.log(2.0 * math.pi)

    def entropy(self) -> Tensor:
        """½ + ½ ln(2π) + ln scale"""
        return log(self.scale) + (0.5 + 0.5 * math.log(2.0 * math.pi))


class Laplace(_Located):
    """exp(-|x - loc| / scale) / (2 scale)"""

    stddev = property(lambda self: self.scale * math.sqrt(2.0))
    variance = property(lambda self: square(self.scale) * 2.0)

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        u = rand(self.shape_of(sample_shape), dtype=self.loc.dtype, device=self.loc.device) - 0.5
        return self.loc - self.scale * sign(u) * log1p(abs(u).clamp(max=0.5 - 2.0**-25) * -2.0)

    def log_prob(self, value: Tensor) -> Tensor:
        """-|value - loc| / scale - ln(2 scale)"""
        return -log(self.scale * 2.0) - abs(self.apart(value)) / self.scale

    def entropy(self) -> Tensor:
        """1 + ln(2 scale)"""
        return log(self.scale * 2.0) + 1.0


class Uniform(Distribution):
    """U[low, high)"""

    has_rsample = True

    def __init__(self, low: Any, high: Any, validate_args: Any = None):
        self.low, self.high = parameters(low, high)
        below = self.low.array < self.high.array
        check("Uniform", validate_args, below, "low must lie below high")
        super().__init__(self.low.shape, (), validate_args)

    mean = property(lambda self: (self.low + self.high) * 0.5)
    variance = property(lambda self: square(self.high - self.low) / 12.0)
    stddev = property(lambda self: sqrt(self.variance))

    def rsample(self, sample_shape: Any = ()) -> Tensor:
        u = rand(self.shape_of(sample_shape), dtype=self.low.dtype, device=self.low.device)
        return self.low + u * (self.high - self.low)

    def log_prob(self, value: Tensor) -> Tensor:
        """-ln(high - low) within; outside ValueError, or, with validate_args=False, -∞."""
        covered = logical_and(value >= self.low, value <= self.high)
        check("Uniform.log_prob", self.validates, covered.array, "the value lies outside")
        inside = logical_and(value >= self.low, value < self.high)
        return where(inside, -log(self.high - self.low), -math.inf)

    def entropy(self) -> Tensor:
        """ln(high - low)"""
        return log(self.high - self.low)
