"""What losses share: half precision, means, checks of targets and weights; and one more formula."""

import functools
import math
from collections.abc import Callable
from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import MisfitError, check_tensors
from minigan.ops.elementwise import sigmoid
from minigan.ops.shape import broadcast_to, fit
from minigan.torch.ops.elementwise import where
from minigan.torch.ops.half import in_single


@op(fit=fit, x=lambda g, x, t: g * (sigmoid(x) - t), t=lambda g, x: -(g * x))
def bce_with_logits(x: Any, t: Any) -> Any:
    """bce(sigmoid(x), t) = max(x, 0) - x·t + ln(1 + e^-|x|), precise for every x."""
    return B.xp.maximum(x, 0.0) - x * t + B.xp.log1p(B.xp.exp(-B.xp.abs(x)))


def check_targets(name: str, input: Tensor, target: Tensor | None) -> None:
    """Refuse what is not float, and targets of another dtype."""
    if input.dtype.kind != "f" or not (target is None or target.dtype == input.dtype):
        both = "" if target is None else f" and the target {target.dtype}"
        raise MisfitError(f"{name}: the input is {input.dtype}{both}: give floats of one dtype")


def factor(name: str, what: str, weight: Tensor, input: Tensor, alone: bool = False) -> Tensor:
    """A weight in the input's shape, or as it is, if alone; refuse what does not fit it, and one
    that wants a gradient.
    """
    if weight.requires_grad:
        raise MisfitError(f"{name}: {what} requires grad, which no loss computes: .detach() it")
    if weight.dtype != input.dtype:
        cure = f"give it as {input.dtype}, by .to(input.dtype)"
        raise MisfitError(f"{name}: {what} is {weight.dtype}: {cure}")
    return weight if alone else broadcast_to(weight, input.shape)


OVER_BATCHES = {"KLDivLoss"}  # losses that have a mean over the batch besides


def reduction_of(name: str, reduction: Any, size_average: Any = None, reduce: Any = None) -> str:
    """mean, sum or none, the older words first, and batchmean of those that know it; refuse any
    other."""
    if size_average is not None or reduce is not None:
        whole = "sum" if size_average is False else "mean"
        reduction = "none" if reduce is False else whole
    known = ["mean", "sum", "none", *(["batchmean"] if name in OVER_BATCHES else [])]
    if reduction not in known:
        raise ValueError(f"{name}: reduction {reduction!r} is none of {', '.join(known)}")
    return reduction


def single(loss: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The loss, of half-precision numbers computed in single precision and rounded once."""
    rounded_once = in_single(loss)

    @functools.wraps(loss)
    def call(input: Tensor, *args: Any, **options: Any) -> Tensor:
        check_tensors(loss.__name__, input, *args[:1])  # and the target
        if input.dtype == B.float16:
            others = [v for v in (*args, *options.values()) if isinstance(v, Tensor)]
            if any(v.dtype.kind == "f" and v.dtype != input.dtype for v in others):
                raise MisfitError(f"{loss.__name__}: the input is {input.dtype}, another is not")
        return rounded_once(input, *args, **options)

    return call


def reduced(values: Tensor, reduction: str) -> Tensor:
    return values if reduction == "none" else getattr(values, reduction)()


def averaged(values: Tensor, counts: Tensor | None, reduction: str) -> Tensor:
    """values reduced, their mean by counts. A mean of nothing is no number and pulls nowhere."""
    if reduction != "mean" or (counts is None and values.array.size):
        return reduced(values, reduction)
    total = wrap(B.xp.zeros((), values.dtype)) if counts is None else counts.sum()
    nothing = total == 0.0
    return where(nothing, math.nan, values.sum() / where(nothing, 1.0, total))
