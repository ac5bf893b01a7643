"""Layers and losses as functions: what the modules call, with the checks that beginners need."""

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.backend import random
from minigan.ops import elementwise, loss
from minigan.ops.conv import conv2d, conv_transpose2d
from minigan.ops.creation import one_hot
from minigan.ops.elementwise import (
    log_softmax,
    sigmoid,
    softmax,
    softplus,
    tanh,
    where,
)
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
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv2d",
    "conv_transpose2d",
    "cross_entropy",
    "dropout",
    "dropout2d",
    "elu",
    "embedding",
    "gumbel_softmax",
    "hardtanh",
    "instance_norm",
    "interpolate",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "logsigmoid",
    "max_pool2d",
    "minibatch_stddev",
    "mse_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pixel_shuffle",
    "pixel_unshuffle",
    "prelu",
    "relu",
    "selu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softplus",
    "tanh",
]


# -- activations; `inplace` is accepted and ignored: what backward needs is never overwritten ------


def relu(x: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0)"""
    return elementwise.relu(x)


def leaky_relu(x: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, negative_slope · x elsewhere"""
    return elementwise.leaky_relu(x, negative_slope)


def prelu(x: Tensor, weight: Tensor) -> Tensor:
    """x where x > 0, weight · x elsewhere, with one weight or one for each channel (axis 1)."""
    per_channel = weight if weight.array.size == 1 else weight.reshape(-1, *[1] * (x.ndim - 2))
    return where(x > 0, x, x * per_channel)


def elu(x: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, alpha · (eˣ - 1) elsewhere."""
    return where(x > 0, x, (x.clamp(max=0.0).exp() - 1.0) * alpha)


def selu(x: Tensor, inplace: bool = False) -> Tensor:
    """λ · elu(x, α), the constants for which mean 0 and variance 1 are a fixed point of the layers.

    Klambauer et al., arXiv 1706.02515.
    """
    return elu(x, 1.6732632423543772) * 1.0507009873554805


def silu(x: Tensor, inplace: bool = False) -> Tensor:
    """x · sigmoid(x)"""
    return x * sigmoid(x)


def hardtanh(
    x: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """x held within [min_val, max_val]"""
    return x.clamp(min_val, max_val)


def logsigmoid(x: Tensor) -> Tensor:
    """ln sigmoid(x) = -softplus(-x)"""
    return -softplus(-x)


def normalize(x: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """x / max(‖x‖ₚ, eps) along dim."""
    return x / x.norm(p, dim, keepdim=True).clamp(min=eps)


def gumbel_softmax(
    logits: Tensor, tau: float = 1.0, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """softmax((logits + noise) / tau): classes drawn at random, and differentiable.

    hard: one-hot in value, with the gradient of the soft ones. Jang et al., arXiv 1611.01144.
    eps is accepted and ignored.
    """
    uniform = wrap(random.default.uniform(logits.shape)).clamp(min=2.0**-25)  # never 0, nor 1
    soft = softmax((logits - (-uniform.log()).log()) / tau, dim)
    if not hard:
        return soft
    return (soft == soft.amax(dim, True)).astype(soft.dtype) - soft.detach() + soft


# -- layers ----------------------------------------------------------------------------------------


def dropout(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training, 0 with probability p and x / (1 - p) otherwise; else x."""
    if not training or p == 0.0:
        return x
    if p == 1.0:
        return x * 0.0
    kept = random.default.bernoulli(1.0 - p, x.shape).astype(x.dtype)
    kept *= 1.0 / (1.0 - p)
    return x * wrap(kept)


def dropout2d(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
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


def _reduced(values: Tensor, reduction: str, weight: Tensor | None = None) -> Tensor:
    values = values if weight is None else values * weight
    return values if reduction == "none" else getattr(values, reduction)()


def _check_shapes(name: str, input: Tensor, target: Tensor) -> None:
    if input.shape != target.shape:
        raise ValueError(
            f"{name}: input has shape {input.shape} and target {target.shape}; they must be equal. "
            f"Give the target the input's shape, or drop an axis with .view(-1) or .squeeze()"
        )


def _spread(name: str, input: Tensor, target: Tensor) -> Tensor:
    """The target in the input's shape: a number or a row is repeated, the input never."""
    pairs = zip(reversed(target.shape), reversed(input.shape), strict=False)
    if target.ndim > input.ndim or any(n not in (1, m) for n, m in pairs):
        _check_shapes(name, input, target)
    return target if target.shape == input.shape else target.expand(input.shape)


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """-(t·ln p + (1-t)·ln(1-p)) for probabilities p and targets t of one shape; times weight.

    Raises ValueError when p leaves [0, 1] (on the host; looking would make the GPU wait).
    """
    _check_shapes("BCELoss", input, target)
    if B.name == "numpy" and not (input.array.min() >= 0.0 and input.array.max() <= 1.0):
        raise ValueError(
            f"BCELoss: the input must hold probabilities within [0, 1], but its values span "
            f"{input.array.min():.4g} to {input.array.max():.4g}. End D with Sigmoid, or use "
            f"BCEWithLogitsLoss on its raw output"
        )
    return _reduced(loss.bce(input, target), reduction, weight)


def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """binary_cross_entropy(sigmoid(x), t), precise for every x; pos_weight multiplies t·ln p."""
    _check_shapes("BCEWithLogitsLoss", input, target)
    if pos_weight is None:
        return _reduced(loss.bce_with_logits(input, target), reduction, weight)
    ones_too = (pos_weight - 1.0) * target + 1.0
    return _reduced((1.0 - target) * input + ones_too * softplus(-input), reduction, weight)


def mse_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """(x - t)²"""
    return _reduced((input - _spread("MSELoss", input, target)).square(), reduction)


def l1_loss(input: Tensor, target: Tensor, reduction: str = "mean") -> Tensor:
    """|x - t|"""
    return _reduced((input - _spread("L1Loss", input, target)).abs(), reduction)


def smooth_l1_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """d² / (2·beta) where d = |x - t| is below beta, d - beta/2 elsewhere."""
    d = (input - _spread("SmoothL1Loss", input, target)).abs()
    return _reduced(where(d < beta, d.square() * (0.5 / beta), d - 0.5 * beta), reduction)


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, reduction: str = "mean"
) -> Tensor:
    """-x[n, class n] for log-probabilities x (N, C) and class numbers (N).

    weight (C) counts each class so much; the mean is then over the weights.
    """
    if target.dtype.kind not in "iu" or target.shape != input.shape[:1]:
        raise ValueError(
            f"the target must hold one class number per row: expected whole numbers of shape "
            f"{input.shape[:1]}, got {target.dtype} of shape {target.shape}"
        )
    rows = wrap(B.xp.arange(len(input)))
    exact = -getitem(input, (rows, target))
    if weight is None:
        return _reduced(exact, reduction)
    counts = getitem(weight, target)
    exact = exact * counts
    return exact.sum() / counts.sum() if reduction == "mean" else _reduced(exact, reduction)


def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-Σ w·t·ln softmax(x) for x (N, C) and class numbers (N) or probabilities t (N, C).

    label_smoothing s mixes the targets with the uniform distribution: t·(1-s) + s/C.
    weight (C) counts each class so much; with class numbers the mean is then over the weights.
    """
    log_p = log_softmax(input, 1)
    weighted = log_p if weight is None else log_p * weight
    if target.dtype.kind == "f":
        _check_shapes("CrossEntropyLoss", input, target)
        exact = -(target * weighted).sum(1)
    else:
        exact = nll_loss(weighted, target, None, "none")
    if label_smoothing:
        exact = exact * (1.0 - label_smoothing) - weighted.mean(1) * label_smoothing
    if weight is not None and reduction == "mean" and target.dtype.kind != "f":
        return exact.sum() / getitem(weight, target).sum()
    return _reduced(exact, reduction)
