"""The loss that the core writes as softplus: cross-entropy of raw scores, element by element."""

from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.ops.elementwise import sigmoid
from minigan.ops.shape import fit


@op(fit=fit, x=lambda g, x, t: g * (sigmoid(x) - t), t=lambda g, x: -(g * x))
def bce_with_logits(x: Any, t: Any) -> Any:
    """bce(sigmoid(x), t) = max(x, 0) - x·t + ln(1 + e^-|x|), precise for every x."""
    return B.xp.maximum(x, 0.0) - x * t + B.xp.log1p(B.xp.exp(-B.xp.abs(x)))
