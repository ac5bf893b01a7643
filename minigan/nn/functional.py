"""Layers and losses as functions: what the modules call, with the checks that beginners need."""

import functools
from collections.abc import Callable
from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.backend import random
from minigan.errors import MisfitError
from minigan.ops import elementwise, loss, shape
from minigan.ops.conv import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from minigan.ops.creation import one_hot
from minigan.ops.elementwise import sigmoid, tanh, where
from minigan.ops.linear import linear
from minigan.ops.norm import batch_norm, group_norm, instance_norm, layer_norm
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
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "cross_entropy",
    "dropout",
    "dropout2d",
    "elu",
    "embedding",
    "glu",
    "group_norm",
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
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softplus",
    "tanh",
    "upsample",
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


def softmax(x: Tensor, dim: int | None = None) -> Tensor:
    """exp(x) / Σ exp(x) along dim: by default axis 1 of (N, C) and images, else the first one."""
    return elementwise.softmax(x, _classes(x) if dim is None else dim)


def log_softmax(x: Tensor, dim: int | None = None) -> Tensor:
    """x - ln Σ exp(x) along dim, by default softmax's."""
    return elementwise.log_softmax(x, _classes(x) if dim is None else dim)


def _classes(x: Tensor) -> int:
    """The axis that PyTorch's softmax takes when none is given."""
    return 0 if x.ndim in (0, 1, 3) else 1


def softplus(x: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """ln(1 + exp(beta·x)) / beta, without overflow; x itself where beta·x is above threshold."""
    if beta == 1.0 and threshold >= 20.0:
        return elementwise.softplus(x)
    return where(x * beta > threshold, x, elementwise.softplus(x * beta) / beta)


def relu6(x: Tensor, inplace: bool = False) -> Tensor:
    """x held within [0, 6]"""
    return x.clamp(0.0, 6.0)


def glu(x: Tensor, dim: int = -1) -> Tensor:
    """a · sigmoid(b), with a and b the halves of x along dim."""
    a, b = shape.chunk(x, 2, dim)
    return a * sigmoid(b)


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


upsample = interpolate  # PyTorch's former name


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


def embedding(index: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """The rows of weight that index names: (…) whole numbers → (…, embedding_dim).

    The row padding_idx gets no gradient.
    """
    if index.dtype.kind not in "iu":
        raise TypeError(f"embedding: the index must hold whole numbers, not {index.dtype}")
    _check_classes("embedding", index, len(weight))
    rows = getitem(weight, index)
    if padding_idx is None:
        return rows
    return where(
        elementwise.eq(index, padding_idx % len(weight)).unsqueeze(-1), rows.detach(), rows
    )


def _check_classes(name: str, index: Tensor, count: int) -> None:
    """On the host only: a GPU would have to be waited for. NumPy takes -1 for the last one."""
    if B.module_of(index.array).__name__ == "numpy" and index.array.size:
        least, most = index.array.min(), index.array.max()
        if least < 0 or most >= count:
            wrong = least if least < 0 else most
            raise IndexError(f"{name}: {wrong} is not one of the {count} classes 0 to {count - 1}")


# -- losses ----------------------------------------------------------------------------------------


def reducing(loss: Callable[..., Any]) -> Callable[..., Any]:
    """The loss, or its constructor, with PyTorch's older words too.

    reduce=False means reduction="none", size_average=False "sum", True "mean".
    """

    @functools.wraps(loss)
    def with_older_words(
        *args: Any, size_average: bool | None = None, reduce: bool | None = None, **options: Any
    ) -> Any:
        if size_average is not None or reduce is not None:
            whole = "sum" if size_average is False else "mean"
            options["reduction"] = "none" if reduce is False else whole
        return loss(*args, **options)

    return with_older_words


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


@reducing
def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-(t·ln p + (1-t)·ln(1-p)) for probabilities p and targets t of one shape; times weight.

    Raises ValueError when p leaves [0, 1] (on the host; looking would make the GPU wait).
    """
    _check_shapes("BCELoss", input, target)
    if B.name == "numpy" and not (input.array.min() >= 0.0 and input.array.max() <= 1.0):
        raise MisfitError(
            f"BCELoss: the input must hold probabilities within [0, 1], but its values span "
            f"{input.array.min():.4g} to {input.array.max():.4g}. End D with Sigmoid, or use "
            f"BCEWithLogitsLoss on its raw output"
        )
    return _reduced(loss.bce(input, target), reduction, weight)


@reducing
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


@reducing
def mse_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
) -> Tensor:
    """(x - t)²"""
    return _reduced((input - _spread("MSELoss", input, target)).square(), reduction)


@reducing
def l1_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
) -> Tensor:
    """|x - t|"""
    return _reduced((input - _spread("L1Loss", input, target)).abs(), reduction)


@reducing
def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """d² / (2·beta) where d = |x - t| is below beta, d - beta/2 elsewhere."""
    d = (input - _spread("SmoothL1Loss", input, target)).abs()
    return _reduced(where(d < beta, d.square() * (0.5 / beta), d - 0.5 * beta), reduction)


@reducing
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> Tensor:
    """-x[n, class n, …] for log-probabilities x (N, C, …) and class numbers (N, …); or (C) and ().

    weight (C) counts each class so much, ignore_index not at all: the mean is over the weights.
    """
    axis = min(input.ndim - 1, 1)
    expected = input.shape[:axis] + input.shape[axis + 1 :]
    if target.dtype.kind not in "iu" or target.shape != expected:
        raise ValueError(
            f"the target must hold one class number per row: expected whole numbers of shape "
            f"{expected}, got {target.dtype} of shape {target.shape}"
        )
    ignores = ignore_index != -100
    kept = elementwise.ne(target, ignore_index)
    classes = where(kept, target, 0) if ignores else target
    _check_classes("the target", classes, input.shape[axis])
    exact = -shape.gather(input, axis, classes.unsqueeze(axis)).squeeze(axis)
    if weight is None and not ignores:
        return _reduced(exact, reduction)
    counts = wrap(B.xp.ones(target.shape, input.dtype)) if weight is None else weight[classes]
    counts = counts * kept.astype(counts.dtype) if ignores else counts
    exact = exact * counts
    return exact.sum() / counts.sum() if reduction == "mean" else _reduced(exact, reduction)


@reducing
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-Σ w·t·ln softmax(x) for x (N, C, …) and class numbers (N, …) or probabilities t (N, C, …).

    label_smoothing s mixes the targets with the uniform distribution: t·(1-s) + s/C.
    weight (C) counts each class so much, ignore_index not at all; with class numbers the mean is
    then over the weights.
    """
    axis = min(input.ndim - 1, 1)
    log_p = log_softmax(input, axis)
    if target.dtype.kind != "f" and not label_smoothing:
        return nll_loss(log_p, target, weight, ignore_index=ignore_index, reduction=reduction)
    by_class = weight if weight is None else weight.reshape(-1, *[1] * (input.ndim - 1 - axis))
    weighted = log_p if by_class is None else log_p * by_class
    if target.dtype.kind == "f":
        _check_shapes("CrossEntropyLoss", input, target)
        exact = -(target * weighted).sum(axis)
        if label_smoothing:
            exact = exact * (1.0 - label_smoothing) - weighted.mean(axis) * label_smoothing
        return _reduced(exact, reduction)
    kept = elementwise.ne(target, ignore_index).astype(input.dtype)
    uniform = -weighted.mean(axis) * kept
    counts = kept if weight is None else weight[where(kept > 0, target, 0)] * kept
    exact = nll_loss(log_p, target, weight, ignore_index=ignore_index, reduction="none")
    exact = exact * (1.0 - label_smoothing) + uniform * label_smoothing
    return exact.sum() / counts.sum() if reduction == "mean" else _reduced(exact, reduction)
