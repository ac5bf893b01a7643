"""Losses, element by element; minigan.nn.functional checks their inputs and averages them."""

from typing import Any

from minigan import backend as B
from minigan.ops.elementwise import elementwise, log, maximum, sigmoid


@elementwise(
    p=lambda g, p, t: g * (p - t) / maximum(p - p * p, 1e-12),
    t=lambda g, p: g * (_held_log(1.0 - p) - _held_log(p)),
)
def bce(p: Any, t: Any) -> Any:
    """-(t·ln p + (1-t)·ln(1-p)), each logarithm held at -100 or above, as PyTorch does."""
    return -(t * _held_log(p) + (1.0 - t) * _held_log(1.0 - p))


def _held_log(p: Any) -> Any:
    """max(ln p, -100); the inner bound, below e⁻¹⁰⁰, keeps ln 0 and its warning away."""
    return maximum(log(maximum(p, 1e-45)), -100.0)


@elementwise(x=lambda g, x, t: g * (sigmoid(x) - t), t=lambda g, x: -(g * x))
def bce_with_logits(x: Any, t: Any) -> Any:
    """bce(sigmoid(x), t) = max(x, 0) - x·t + ln(1 + e^-|x|), precise for every x."""
    return B.xp.maximum(x, 0.0) - x * t + B.xp.log1p(B.xp.exp(-B.xp.abs(x)))
