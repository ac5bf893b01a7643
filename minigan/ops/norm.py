"""Normalisation of activations by their own statistics."""

from minigan.autograd.tape import no_grad
from minigan.autograd.tensor import Tensor
from minigan.ops.shape import reshape_to


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
    axes = (0, *range(2, x.ndim))
    channels = (1, -1, *[1] * (x.ndim - 2))
    if training:
        count = x.array.size // x.shape[1]
        if count < 2:
            raise ValueError(
                f"batch_norm: in training each channel needs more than one value, but the input "
                f"has shape {x.shape}; use a larger batch, or call eval() first"
            )
        mean = x.mean(axes, True)
        centred = x - mean
        var = (centred * centred).mean(axes, True)
        if running_mean is not None and running_var is not None:
            with no_grad():
                running_mean.lerp_(mean.reshape(-1), momentum)
                running_var.lerp_(var.reshape(-1) * (count / (count - 1)), momentum)
    else:
        if running_mean is None or running_var is None:
            raise ValueError("batch_norm: eval needs running statistics; there are none")
        centred = x - reshape_to(running_mean, channels)
        var = reshape_to(running_var, channels)
    out = centred * (var + eps).rsqrt()
    if weight is not None:
        out = out * reshape_to(weight, channels)
    return out if bias is None else out + reshape_to(bias, channels)
