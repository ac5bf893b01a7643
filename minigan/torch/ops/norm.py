"""Further normalisations: batch_norm without its options, by layer, by group, by instance."""

from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.ops import norm
from minigan.ops.norm import per_channel
from minigan.ops.shape import reshape_to
from minigan.torch.ops.creation import new_ones, new_zeros


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
    """(x - mean) / √(var + eps) · weight + bias for each channel of x (N, C, …); see ops.norm.

    Without running statistics none are kept, and only training is possible; without weight and bias
    they are 1 and 0.
    """
    if running_mean is None or running_var is None:
        if not training:
            raise ValueError("batch_norm: eval needs running statistics; there are none")
        running_mean, running_var = new_zeros(x, x.shape[1]), new_ones(x, x.shape[1])
    weight = new_ones(x, x.shape[1]) if weight is None else weight
    bias = new_zeros(x, x.shape[1]) if bias is None else bias
    running = running_mean, running_var
    return norm.batch_norm(x, running, (weight, bias), training, momentum, eps)


def layer_norm(
    x: Tensor,
    normalized_shape: tuple[int, ...],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Each sample by its own mean and variance over the last axes. Ba et al., arXiv 1607.06450."""
    if x.shape[x.ndim - len(normalized_shape) :] != tuple(normalized_shape):
        raise ValueError(f"layer_norm: the input {x.shape} does not end with {normalized_shape}")
    axes = tuple(range(x.ndim - len(normalized_shape), x.ndim))
    out = _standardised(x, axes, eps)
    out = out if weight is None else out * weight
    return out if bias is None else out + bias


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


def _scaled(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Any:
    """x · weight + bias, channel by channel."""
    x = x if weight is None else x * per_channel(weight, x)
    return x if bias is None else x + per_channel(bias, x)
