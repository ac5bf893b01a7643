"""Batch normalisation on arrays, plainly: what cpu/norm.py and gpu/channels.py must equal.

Float types that those do not take come here, on either library.
"""

from typing import Any

from minigan import backend as B
from minigan.backend.plain import channel_sums

Array = Any


def channel_moments(x: Array) -> tuple[Array, Array]:
    """The mean and the biased variance of each channel of x (N, C, …)."""
    count = x.size // x.shape[1]
    mean = channel_sums(x) / count
    return mean, channel_sums(B.xp.square(x - _spread(mean, x))) / count


def batch_moments(
    x: Array, running: tuple[Array, Array], momentum: float, eps: float
) -> tuple[Array, Array]:
    """The mean and 1/√(variance + eps) of each channel; the running mean and variance move towards
    the batch's, of which the variance is the unbiased one, by momentum.
    """
    mean, var = B.kernels.channel_moments(x)
    count = x.size // x.shape[1]
    for follower, batch in zip(running, (mean, var * (count / (count - 1))), strict=True):
        follower += (batch - follower) * momentum
    return mean, 1.0 / B.module_of(var).sqrt(var + eps)


def batch_norm(x: Array, weight: Array, bias: Array, mean: Array, rstd: Array) -> Array:
    """(x - mean) · rstd · weight + bias for x (N, C, …) and vectors over C."""
    return (x - _spread(mean, x)) * _spread(rstd * weight, x) + _spread(bias, x)


def batch_norm_backward(
    g: Array, x: Array, weight: Array, mean: Array, rstd: Array
) -> tuple[Array, Array, Array]:
    """The gradients by x, weight and bias, with x̂ = (x - mean)·rstd and M numbers per channel:

    ∂bias = Σ g;  ∂weight = Σ g·x̂;  ∂x = weight·rstd·(g - ∂bias/M - x̂·∂weight/M).
    """
    normal, count = (x - _spread(mean, x)) * _spread(rstd, x), x.size // x.shape[1]
    by_weight, by_bias = channel_sums(g * normal), channel_sums(g)
    by_x = g - _spread(by_bias / count, x) - normal * _spread(by_weight / count, x)
    return by_x * _spread(rstd * weight, x), by_weight, by_bias


def _spread(vector: Array, x: Array) -> Array:
    """(C) → (1, C, 1, …), to meet x (N, C, …)."""
    return vector.reshape(1, -1, *[1] * (x.ndim - 2))
