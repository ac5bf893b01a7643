"""Batch normalisation: activations by the statistics of their channel over the batch."""

from typing import Any

from minigan import backend as B
from minigan.autograd import Tensor
from minigan.ops.shape import reshape_to


def batch_norm(
    x: Tensor, running: Any, affine: Any, training: bool, momentum: float, eps: float
) -> Tensor:
    """(x - mean) / √(var + eps) · weight + bias for each channel of x (N, C, …).

    running: mean and variance; affine: weight and bias. In training the batch's own mean and biased
    variance, and the running ones move towards them by momentum (with the unbiased variance).
    """
    if not training:
        return _normalised(x, running, affine, eps)
    count = x.array.size // max(x.shape[1], 1)
    if count < 2:
        raise ValueError(f"no more than one value a channel in {x.shape}: more data, or eval()")
    if hasattr(B.kernels, "fused_batch_norm"):  # minigan/kernels: the same as one op, faster
        return B.kernels.fused_batch_norm(x, running, affine, momentum, eps)
    axes = (0, *range(2, x.ndim))
    mean = x.mean(axes)
    var = (x - per_channel(mean, x)).square().mean(axes)
    for old, new in zip(running, (mean.array, var.array * (count / (count - 1))), strict=True):
        old.array += (new - old.array) * momentum
        old.changed_in_place()
    return _normalised(x, (mean, var), affine, eps)


def _normalised(x: Tensor, moments: Any, affine: Any, eps: float) -> Tensor:
    (mean, var), (weight, bias) = moments, affine
    scale = (var + eps) ** -0.5 * weight
    return x * per_channel(scale, x) + per_channel(bias - mean * scale, x)


def per_channel(v: Tensor, x: Tensor) -> Tensor:
    """A vector over channels, shaped to meet x (N, C, …)."""
    return reshape_to(v, (1, -1, *[1] * (x.ndim - 2)))
