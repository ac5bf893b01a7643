"""Layers and losses as functions: what the modules call, with the checks that beginners need."""

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.backend import random
from minigan.ops import loss
from minigan.ops.creation import one_hot
from minigan.ops.elementwise import (
    leaky_relu,
    log_softmax,
    relu,
    sigmoid,
    softmax,
    softplus,
    tanh,
    where,
)
from minigan.ops.conv import conv2d, conv_transpose2d
from minigan.ops.linear import linear
from minigan.ops.norm import batch_norm, instance_norm, layer_norm
from minigan.ops.resize import (
    adaptive_avg_pool2d,
    avg_pool2d,
    interpolate,
    max_pool2d,
    minibatch_stddev,
    pixel_shuffle,
    pixel_unshuffle,
)
from minigan.ops.shape import getitem, pad

__all__ = [
    "adaptive_avg_pool2d",
    "avg_pool2d",
    "conv2d",
    "conv_transpose2d",
    "instance_norm",
    "interpolate",
    "layer_norm",
    "max_pool2d",
    "minibatch_stddev",
    "pixel_shuffle",
    "pixel_unshuffle",
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "dropout",
    "dropout2d",
    "elu",
    "embedding",
    "l1_loss",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "mse_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "relu",
    "sigmoid",
    "silu",
    "softmax",
    "softplus",
    "tanh",
]


def elu(x: Tensor, alpha: float = 1.0) -> Tensor:
    """x where x > 0, alpha · (eˣ - 1) elsewhere."""
    return where(x > 0, x, (x.clamp(max=0.0).exp() - 1.0) * alpha)


def silu(x: Tensor) -> Tensor:
    """x · sigmoid(x)"""
    return x * sigmoid(x)


def logsigmoid(x: Tensor) -> Tensor:
    """ln sigmoid(x) = -softplus(-x)"""
    return -softplus(-x)


def normalize(x: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """x / max(‖x‖ₚ, eps) along dim."""
    return x / x.norm(p, dim, keepdim=True).clamp(min=eps)


def dropout(x: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """In training, 0 with probability p and x / (1 - p) otherwise; else x."""
    if not training or p == 0.0:
        return x
    if p == 1.0:
        return x * 0.0
    kept = random.default.bernoulli(1.0 - p, x.shape).astype(x.dtype)
    kept *= 1.0 / (1.0 - p)
    return x * wrap(kept)


def dropout2d(x: Tensor, p: float = 0.5, training: bool = True) -> Tensor:
    """dropout of whole channels of x (N, C, H, W)."""
    mask = wrap(B.xp.ones((*x.shape[:2], 1, 1), x.dtype))
    return x * dropout(mask, p, training) if training else x


def embedding(index: Tensor, weight: Tensor) -> Tensor:
    """The rows of weight that index names: (…) whole numbers → (…, embedding_dim)."""
    if index.dtype.kind not in "iu":
        raise TypeError(f"embedding: the index must hold whole numbers, not {index.dtype}")
    return getitem(weight, index)


# -- losses ----------------------------------------------------------------------------------------


def check_reduction(name: str, reduction: str) -> None:
    """Refuse anything but mean, sum and none."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"{name}: reduction {reduction!r} is none of mean, sum, none")


def _reduced(values: Tensor, reduction: str) -> Tensor:
    return values if reduction == "none" else getattr(values, reduction)()


def _check_shapes(name: str, input: Tensor, target: Tensor) -> None:
    if input.shape != target.shape:
        raise ValueError(
            f"{name}: input has shape {input.shape} and target {target.shape}; they must be equal. "
            f"Give the target the input's shape, or drop an axis with .view(-1) or .squeeze()"
        )


def binary_cross_entropy(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """-(t·ln p + (1-t)·ln(1-p)) for probabilities p and targets t of one shape.

    Raises ValueError when p leaves [0, 1] (on the host; looking would make the GPU wait).
    """
    _check_shapes("BCELoss", input, target)
    if B.name == "numpy" and not (input.array.min() >= 0.0 and input.array.max() <= 1.0):
        raise ValueError(
            f"BCELoss: the input must hold probabilities within [0, 1], but its values span "
            f"{input.array.min():.4g} to {input.array.max():.4g}. End D with Sigmoid, or use "
            f"BCEWithLogitsLoss on its raw output"
        )
    return _reduced(loss.bce(input, target), reduction)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, reduction: str = "mean"
) -> Tensor:
    """binary_cross_entropy(sigmoid(x), t), precise for every x."""
    _check_shapes("BCEWithLogitsLoss", input, target)
    return _reduced(loss.bce_with_logits(input, target), reduction)


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """(x - t)²"""
    _check_shapes("MSELoss", input, target)
    return _reduced((input - target).square(), reduction)


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """|x - t|"""
    _check_shapes("L1Loss", input, target)
    return _reduced((input - target).abs(), reduction)


def nll_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """-x[n, class n] for log-probabilities x (N, C) and class numbers (N)."""
    if target.dtype.kind not in "iu" or target.shape != input.shape[:1]:
        raise ValueError(
            f"the target must hold one class number per row: expected whole numbers of shape "
            f"{input.shape[:1]}, got {target.dtype} of shape {target.shape}"
        )
    rows = wrap(B.xp.arange(len(input)))
    return _reduced(-getitem(input, (rows, target)), reduction)


def cross_entropy(
    input: Tensor, target: Tensor, reduction: str = "mean", label_smoothing: float = 0.0
) -> Tensor:
    """-Σ t·ln softmax(x) for x (N, C) and class numbers (N) or probabilities t (N, C).

    label_smoothing s mixes the targets with the uniform distribution: t·(1-s) + s/C.
    """
    log_p = log_softmax(input, 1)
    if target.dtype.kind == "f":
        _check_shapes("CrossEntropyLoss", input, target)
        exact = -(target * log_p).sum(1)
    else:
        exact = nll_loss(log_p, target, "none")
    if label_smoothing:
        exact = exact * (1.0 - label_smoothing) - log_p.mean(1) * label_smoothing
    return _reduced(exact, reduction)
