"""Losses: each as a function, with the checks that beginners need, and below as a module.

By default a loss is the mean over the batch; reduction="sum" or "none" asks for others. PyTorch's
older words for that still count: reduce=False means "none", size_average=False "sum", True "mean".
"""

import inspect
import warnings
from collections.abc import Callable
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError, check_tensors
from minigan.nn import layers as core
from minigan.ops.elementwise import softplus
from minigan.ops.loss import bce, check_probabilities, check_shapes
from minigan.torch.nn.layers import _options, layer
from minigan.torch.ops.elementwise import where
from minigan.torch.ops.loss import (
    bce_with_logits,
    check_targets,
    factor,
    reduced,
    reduction_of,
    single,
)

# -- functions -------------------------------------------------------------------------------------


def difference(name: str, input: Tensor, target: Tensor) -> Tensor:
    """input - target. Where one is repeated to meet the other, a warning says so, as in PyTorch."""
    if input.shape != target.shape:
        both = f"the input {input.shape} and the target {target.shape} are repeated to meet"
        cure = "which is seldom meant: make them alike, by reshape for example"
        warnings.warn(f"{name}: {both}, {cure}", stacklevel=4)
    two_of_one_type(name, input, target)
    return input - target


def two_of_one_type(name: str, input: Tensor, target: Tensor) -> None:
    """Raises MisfitError unless both are floats of one dtype."""
    if target.dtype != input.dtype or input.dtype.kind != "f":
        both = f"the input is {input.dtype} and the target {target.dtype}"
        raise MisfitError(f"{name}: {both}; make both float, as by .to(input.dtype)")


@single
def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-(t·ln p + (1-t)·ln(1-p)) for probabilities p and targets t of one shape; times weight.

    Raises ValueError when p or t leaves [0, 1] (on the host; looking would make the GPU wait).
    """
    reduction = reduction_of("BCELoss", reduction, size_average, reduce)
    check_shapes("BCELoss", input, target)
    check_targets("BCELoss", input, target)
    check_probabilities(input, target)
    values = bce(input, target)
    values = values if weight is None else values * factor("BCELoss", "weight", weight, input)
    return reduced(values, reduction)


@single
def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """binary_cross_entropy(sigmoid(x), t), precise for every x; pos_weight multiplies t·ln p."""
    name = "BCEWithLogitsLoss"
    reduction = reduction_of(name, reduction, size_average, reduce)
    check_shapes(name, input, target)
    check_targets(name, input, target)
    if pos_weight is None:
        values = bce_with_logits(input, target)
    else:
        ones_too = (factor(name, "pos_weight", pos_weight, input) - 1.0) * target + 1.0
        values = (1.0 - target) * input + ones_too * softplus(-input)
    values = values if weight is None else values * factor(name, "weight", weight, input)
    return reduced(values, reduction)


def weighted(name: str, values: Tensor, weight: Tensor | None, input: Tensor, how: str) -> Tensor:
    """The values times weight, which has the input's shape; their mean is over the weights."""
    if weight is None:
        return reduced(values, how)
    if weight.shape != input.shape:
        what = f"weight {weight.shape} must have the input's shape, {input.shape}"
        raise MisfitError(f"{name}: {what}")
    values = values * weight
    return values.sum() / weight.sum() if how == "mean" else reduced(values, how)


@single
def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """(x - t)²; with weight, a mean over the weights"""
    reduction = reduction_of("MSELoss", reduction, size_average, reduce)
    squares = difference("MSELoss", input, target).square()
    return weighted("MSELoss", squares, weight, input, reduction)


@single
def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """|x - t|; with weight, a mean over the weights"""
    reduction = reduction_of("L1Loss", reduction, size_average, reduce)
    return weighted("L1Loss", difference("L1Loss", input, target).abs(), weight, input, reduction)


@single
def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """d² / (2·beta) where d = |x - t| is below beta, d - beta/2 elsewhere"""
    reduction = reduction_of("SmoothL1Loss", reduction, size_average, reduce)
    if not beta >= 0.0:
        raise MisfitError(f"SmoothL1Loss: beta={beta} must be at least 0")
    d = difference("SmoothL1Loss", input, target).abs()
    if beta == 0.0:
        return reduced(d, reduction)
    return reduced(where(d < beta, d.square() * (0.5 / beta), d - 0.5 * beta), reduction)


# -- layers ----------------------------------------------------------------------------------------


class Loss(core.Function):
    """A function of input and target as a layer; weights among its options are buffers."""

    reduction: str

    def __init__(self, *values: Any, **named: Any):
        _options(self, *values, **named)
        older = [vars(self).pop(word, None) for word in ("size_average", "reduce")]
        name = type(self).__name__
        if any(isinstance(word, Tensor) for word in (self.reduction, *older)):
            raise MisfitError(f"{name}: tensors are no options: {name}()(input, target)")
        self.reduction = reduction_of(name, self.reduction, *older)
        for option in [o for o in ("weight", "pos_weight") if o in self.options]:
            given = vars(self).pop(option)
            if not (given is None or isinstance(given, Tensor)):
                raise TypeError(f"{name}: {option} must be a tensor, as tensor({given}) makes it")
            self.register_buffer(option, given)

    def forward(self, *inputs: Tensor) -> Tensor:
        check_tensors(type(self).__name__, *inputs)
        options = {name: getattr(self, name, usual) for name, usual in self.options.items()}
        return type(self).function(*inputs, **options)

    def extra_repr(self) -> str:
        return ""


def loss_layer(
    name: str, function: Callable[..., Tensor], without: str = ""
) -> type[core.Function]:
    """The layer of a loss: its options are the function's, in their order, but for one."""
    known = inspect.signature(function).parameters.values()
    options = {p.name: p.default for p in known if p.default is not p.empty and p.name != without}
    return layer(name, function, Loss, **options)


_Loss = Loss  # PyTorch's name for it
L1Loss = loss_layer("L1Loss", l1_loss, without="weight")
MSELoss = loss_layer("MSELoss", mse_loss, without="weight")
SmoothL1Loss = loss_layer("SmoothL1Loss", smooth_l1_loss)
BCELoss = loss_layer("BCELoss", binary_cross_entropy)
BCEWithLogitsLoss = loss_layer("BCEWithLogitsLoss", binary_cross_entropy_with_logits)
