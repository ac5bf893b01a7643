"""Further normalisations: batch_norm without its options, by layer, by group, by instance."""

import math
from collections.abc import Sequence
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError, check_tensors
from minigan.ops import norm
from minigan.ops.norm import per_channel
from minigan.ops.shape import reshape_to
from minigan.torch.ops.creation import new_ones, new_zeros
from minigan.torch.ops.refused import check_floats


def batch_norm(
    input: Tensor,
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
    they are 1 and 0. Raises MisfitError for a vector that is not (C).
    """
    vectors = {"running_mean": running_mean, "running_var": running_var}
    _check("batch_norm", input, **vectors, weight=weight, bias=bias)
    channels = input.shape[1]
    if training and eps <= 0.0:
        raise MisfitError(f"batch_norm: eps={eps} must be above 0, else equal numbers divide by 0")
    if running_mean is None or running_var is None:
        if not training or running_mean is not running_var:
            raise MisfitError("batch_norm: give both running statistics, or neither in training")
        running_mean, running_var = new_zeros(input, channels), new_ones(input, channels)
    weight = new_ones(input, channels) if weight is None else weight
    bias = new_zeros(input, channels) if bias is None else bias
    running = running_mean, running_var
    return norm.batch_norm(input, running, (weight, bias), training, momentum, eps)


def layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Each sample by its own mean and variance over the last axes. Ba et al., arXiv 1607.06450.

    weight and bias have normalized_shape, with which the input's shape ends; else MisfitError.
    """
    check_tensors("layer_norm", input)
    shape = tuple(normalized_shape)
    first = input.ndim - len(shape)
    if not shape or first < 0 or input.shape[first:] != shape:
        raise MisfitError(f"layer_norm: the input {input.shape} does not end with {shape}")
    check_floats("layer_norm", input, weight, bias)
    for name, vector in {"weight": weight, "bias": bias}.items():
        if vector is not None and vector.shape != shape:
            raise MisfitError(f"layer_norm: {name} {vector.shape} must be {shape}")
    out = _standardised(input, tuple(range(first, input.ndim)), eps)
    out = out if weight is None else out * weight
    return out if bias is None else out + bias


def group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:
    """Each group of channels of each sample by its own statistics: x (N, C, …), weight, bias (C).

    Wu & He, arXiv 1803.08494. Raises MisfitError unless num_groups divides C, and for a single
    number, which would be its own mean.
    """
    _check("group_norm", input, weight=weight, bias=bias)
    if num_groups < 1 or input.shape[1] % num_groups:
        what = f"{num_groups} groups do not divide the channels of {input.shape}"
        raise MisfitError(f"group_norm: {what}")
    if input.array.size <= num_groups:
        raise MisfitError(f"group_norm: {input.shape} has no two values in a group")
    groups = reshape_to(input, (input.shape[0], num_groups, -1))
    return _scaled(reshape_to(_standardised(groups, (2,), eps), input.shape), weight, bias)


def instance_norm(
    input: Tensor,
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
    Raises MisfitError for a map of one value, which would be its own mean, and as batch_norm does.
    """
    if not use_input_stats and input.array.size:
        return batch_norm(input, running_mean, running_var, weight, bias, False, eps=eps)
    vectors = {"running_mean": running_mean, "running_var": running_var}
    _check("instance_norm", input, **vectors, weight=weight, bias=bias)
    if math.prod(input.shape[2:]) < 2 or input.array.size == 0:
        cure = "it needs maps (N, C, L) or (N, C, H, W) of more than one value"
        raise MisfitError(f"instance_norm: {input.shape} has no two values a channel: {cure}")
    axes = tuple(range(2, input.ndim))
    if running_mean is not None and running_var is not None:
        values = input.detach()
        running_mean.detach().lerp_(values.mean((0, *axes)), momentum)
        running_var.detach().lerp_(values.var(axes).mean(0), momentum)
    elif running_mean is not running_var:
        raise MisfitError("instance_norm: give both running statistics or neither")
    return _scaled(_standardised(input, axes, eps), weight, bias)


def _check(name: str, x: Tensor, **vectors: Tensor | None) -> None:
    """Refuse what is not (N, C, …), and what are no vectors over C."""
    check_tensors(name, x)
    if x.ndim < 2:
        raise MisfitError(f"{name}: expected (N, C, …), got {x.shape}")
    check_floats(name, x, *vectors.values())
    channels = x.array.shape[1:2]
    for vector, given in vectors.items():
        if given is not None and given.array.shape != channels:
            what = f"{vector} {given.shape} must be {channels}, one number for each channel"
            raise MisfitError(f"{name}: {what} of the input {x.shape}")


def _standardised(x: Tensor, axes: tuple[int, ...], eps: float) -> Tensor:
    centred = x - x.mean(axes, True)
    return centred * ((centred * centred).mean(axes, True) + eps).rsqrt()


def _scaled(x: Tensor, weight: Tensor | None, bias: Tensor | None) -> Any:
    """x · weight + bias, channel by channel."""
    x = x if weight is None else x * per_channel(weight, x)
    return x if bias is None else x + per_channel(bias, x)
