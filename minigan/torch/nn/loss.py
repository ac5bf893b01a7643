"""Losses: each as a function, with the checks that beginners need, and below as a module.

By default a loss is the mean over the batch; reduction="sum" or "none" asks for others.
"""

import functools
from collections.abc import Callable
from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.nn import layers as core
from minigan.ops.elementwise import ne, softplus
from minigan.ops.loss import bce, check_classes, check_probabilities, check_shapes
from minigan.ops.reduce import log_softmax
from minigan.torch.nn.layers import layer
from minigan.torch.ops.elementwise import where
from minigan.torch.ops.index import gather
from minigan.torch.ops.loss import bce_with_logits

# -- what they share -------------------------------------------------------------------------------


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
    check_reduction("loss", reduction)
    values = values if weight is None else values * weight
    return values if reduction == "none" else getattr(values, reduction)()


def _spread(name: str, input: Tensor, target: Tensor) -> Tensor:
    """The target in the input's shape: a number or a row is repeated, the input never."""
    pairs = zip(reversed(target.shape), reversed(input.shape), strict=False)
    if target.ndim > input.ndim or any(n not in (1, m) for n, m in pairs):
        check_shapes(name, input, target)
    return target if target.shape == input.shape else target.expand(input.shape)


# -- functions -------------------------------------------------------------------------------------


@reducing
def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean"
) -> Tensor:
    """-(t·ln p + (1-t)·ln(1-p)) for probabilities p and targets t of one shape; times weight.

    Raises ValueError when p leaves [0, 1] (on the host; looking would make the GPU wait).
    """
    check_shapes("BCELoss", input, target)
    check_probabilities(input)
    return _reduced(bce(input, target), reduction, weight)


@reducing
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """binary_cross_entropy(sigmoid(x), t), precise for every x; pos_weight multiplies t·ln p."""
    check_shapes("BCEWithLogitsLoss", input, target)
    if pos_weight is None:
        return _reduced(bce_with_logits(input, target), reduction, weight)
    ones_too = (pos_weight - 1.0) * target + 1.0
    return _reduced((1.0 - target) * input + ones_too * softplus(-input), reduction, weight)


@reducing
def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """(x - t)²"""
    return _reduced((input - _spread("MSELoss", input, target)).square(), reduction)


@reducing
def l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """|x - t|"""
    return _reduced((input - _spread("L1Loss", input, target)).abs(), reduction)


@reducing
def smooth_l1_loss(
    input: Tensor, target: Tensor, *, reduction: str = "mean", beta: float = 1.0
) -> Tensor:
    """d² / (2·beta) where d = |x - t| is below beta, d - beta/2 elsewhere"""
    d = (input - _spread("SmoothL1Loss", input, target)).abs()
    if beta == 0.0:
        return _reduced(d, reduction)
    return _reduced(where(d < beta, d.square() * (0.5 / beta), d - 0.5 * beta), reduction)


@reducing
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    *,
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
    kept = ne(target, ignore_index)
    classes = where(kept, target, 0) if ignores else target
    check_classes("the target", classes, input.shape[axis])
    exact = -gather(input, axis, classes.unsqueeze(axis)).squeeze(axis)
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
    *,
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
        check_shapes("CrossEntropyLoss", input, target)
        exact = -(target * weighted).sum(axis)
        if label_smoothing:
            exact = exact * (1.0 - label_smoothing) - weighted.mean(axis) * label_smoothing
        return _reduced(exact, reduction)
    kept = ne(target, ignore_index).astype(input.dtype)
    uniform = -weighted.mean(axis) * kept
    counts = kept if weight is None else weight[where(kept > 0, target, 0)] * kept
    exact = nll_loss(log_p, target, weight, ignore_index=ignore_index, reduction="none")
    exact = exact * (1.0 - label_smoothing) + uniform * label_smoothing
    return exact.sum() / counts.sum() if reduction == "mean" else _reduced(exact, reduction)


# -- layers ----------------------------------------------------------------------------------------


class _Loss(core.Function):
    """A function of input and target as a layer; weights among its options are buffers."""

    reduction: str

    @reducing
    def __init__(self, *weight: Tensor | None, **options: Any):
        name = type(self).__name__
        if len(weight) > ("weight" in self.options):
            raise TypeError(f"{name}: give {list(self.options)} by name, as in reduction='sum'")
        named = {"weight": weight[0]} if weight else {}
        core.Function.__init__(self, **named, **options)
        check_reduction(name, self.reduction)
        for option in ("weight", "pos_weight"):
            if option in self.options:
                self.register_buffer(option, vars(self).pop(option))

    def forward(self, *inputs: Tensor) -> Tensor:
        options = {name: getattr(self, name, usual) for name, usual in self.options.items()}
        return type(self).function(*inputs, **options)

    def extra_repr(self) -> str:
        return ""


_loss = functools.partial(layer, kind=_Loss, reduction="mean")

L1Loss = _loss("L1Loss", l1_loss)
MSELoss = _loss("MSELoss", mse_loss)
SmoothL1Loss = _loss("SmoothL1Loss", smooth_l1_loss, beta=1.0)
BCELoss = _loss("BCELoss", binary_cross_entropy, weight=None)
BCEWithLogitsLoss = _loss(
    "BCEWithLogitsLoss", binary_cross_entropy_with_logits, weight=None, pos_weight=None
)
NLLLoss = _loss("NLLLoss", nll_loss, weight=None, ignore_index=-100)
CrossEntropyLoss = _loss(
    "CrossEntropyLoss", cross_entropy, weight=None, ignore_index=-100, label_smoothing=0.0
)
