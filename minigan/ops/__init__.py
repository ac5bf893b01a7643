"""The differentiable functions: each a formula and the formulas of its gradient, side by side."""

from minigan.ops import (
    creation,
    device,
    elementwise,
    inplace,
    linear,
    loss,
    methods,
    reduce,
    shape,
    typed,
)

__all__ = [
    "creation",
    "device",
    "elementwise",
    "inplace",
    "linear",
    "loss",
    "methods",
    "reduce",
    "shape",
    "typed",
]
