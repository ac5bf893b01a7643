"""Normalisation of activations by their own statistics."""

import math
from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor, wrap
from minigan.ops.shape import fit, reshape_to


def _per_channel(v: Any, ndim: int) -> Any:
    """A vector over channels, shaped to broadcast against (N, C, …)."""
    return reshape_to(v, (1, -1, *[1] * (ndim - 2)))


@op(
    fit=fit,
    together=lambda g, x, weight, bias, mean, rstd, eps: (
        _gradients_plain(g, x, weight, bias, eps)
        if isinstance(g, Tensor)
        else B.kernels.batch_norm_backward(g, x, weight, mean, rstd)
    ),
)
def _batch_norm(x: Any, weight: Any, bias: Any, mean: Any, rstd: Any, eps: float) -> Any:
    """(x - mean)·rstd·weight + bias, where mean and rstd are those of x itself."""
    return B.kernels.batch_norm(x, weight, bias, mean, rstd)


def _gradients_plain(g: Tensor, x: Tensor, weight: Any, bias: Any, eps: float) -> tuple[Any, ...]:
    """The gradients by x, weight and bias in formulas that can be differentiated again:

    ∂x = rstd·(h - mean(h) - x̂·mean(h·x̂)), h = g·weight;  ∂weight = Σ g·x̂;  ∂bias = Σ g.
    """
    axes = (0, *range(2, x.ndim))
    centred = x - x.mean(axes, True)
    rstd = ((centred * centred).mean(axes, True) + eps).rsqrt()
    normal = centred * rstd
    h = g if weight is None else g * _per_channel(weight, x.ndim)
    by_x = rstd * (h - h.mean(axes, True) - normal * (h * normal).mean(axes, True))
    return by_x, (g * normal).sum(axes), g.sum(axes)


def batch_norm(
    x: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """(x - mean) / √(var + eps) · weight + bias for each channel of x (N, C, …).

    training: mean and biased variance of the batch, and the running ones move towards the batch's
    by momentum (with the unbiased variance). Otherwise the running ones.
    """
    if not training:
        if running_mean is None or running_var is None:
            raise ValueError("batch_norm: eval needs running statistics; there are none")
        scale = (running_var + eps).rsqrt()
        scale = scale if weight is None else scale * weight
        shift = -running_mean * scale
        shift = shift if bias is None else shift + bias
        return x * _per_channel(scale, x.ndim) + _per_channel(shift, x.ndim)
    count = math.prod(x.shape) // x.shape[1]
    if count < 2:
        raise ValueError(
            f"batch_norm: in training each channel needs more than one value, but the input has "
            f"shape {x.shape}; use a larger batch, or call eval() first"
        )
    mean, var = B.kernels.channel_moments(x.array)
    if running_mean is not None and running_var is not None:
        running_mean.detach().lerp_(wrap(mean), momentum)
        running_var.detach().lerp_(wrap(var * (count / (count - 1))), momentum)
    return _batch_norm(x, weight, bias, mean, 1.0 / B.xp.sqrt(var + eps), eps)


def layer_norm(
    x: Tensor,
    normalized_shape: tuple[int, ...],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Each sample by its own mean and variance over the last axes. Ba et al., arXiv 1607.06450."""
    axes = tuple(range(x.ndim - len(normalized_shape), x.ndim))
    out = _standardised(x, axes, eps)
    out = out if weight is None else out * weight
    return out if bias is None else out + bias


def _scaled(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Tensor:
    """x · weight + bias, channel by channel."""
    x = x if weight is None else x * _per_channel(weight, x.ndim)
    return x if bias is None else x + _per_channel(bias, x.ndim)


def group_norm(
    x: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Each group of channels of each sample by its own statistics: x (N, C, …), weight, bias (C).

    Wu & He, arXiv 1803.08494. Raises ValueError unless num_groups divides C.
    """
    if x.shape[1] % num_groups:
        raise ValueError(f"group_norm: {num_groups} groups do not divide the channels of {x.shape}")
    groups = reshape_to(x, (x.shape[0], num_groups, -1))
    return _scaled(reshape_to(_standardised(groups, (2,), eps), x.shape), weight, bias)


def instance_norm(
    x: Tensor,
    running_mean: Tensor | None = None,
    running_var: Tensor | None = None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    use_input_stats: bool = True,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor:
    """Each channel of each sample by its own statistics. Ulyanov et al., arXiv 1607.08022.

    Running ones follow the means over the samples; without use_input_stats they are used instead.
    """
    if not use_input_stats:
        return batch_norm(x, running_mean, running_var, weight, bias, False, eps=eps)
    axes = tuple(range(2, x.ndim))
    if running_mean is not None and running_var is not None:
        values = x.detach()
        running_mean.detach().lerp_(values.mean((0, *axes)), momentum)
        running_var.detach().lerp_(values.var(axes).mean(0), momentum)
    return _scaled(_standardised(x, axes, eps), weight, bias)


def _standardised(x: Tensor, axes: tuple[int, ...], eps: float) -> Tensor:
    centred = x - x.mean(axes, True)
    return centred * ((centred * centred).mean(axes, True) + eps).rsqrt()
