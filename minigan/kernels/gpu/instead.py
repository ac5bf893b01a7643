"""Whole functions of the core that have kernels of their own here."""

from collections.abc import Callable, Sequence
from typing import Any

from minigan.kernels.gpu import blas, channels, conv, join
from minigan.ops.conv import _conv2d, conv2d_input
from minigan.ops.linear import _affine
from minigan.ops.reduce import _mean, _sum
from minigan.ops.shape import _cat


class Instead:
    """What fuse (fusion.py) finds beside a function: a kernel that computes it, or answers None for
    what the function itself has to compute.
    """

    def __init__(self, function: Callable[..., Any], kernel: Callable[..., Any]):
        self.function, self.kernel = function, kernel

    def __call__(self, arguments: Sequence[Any]) -> Any:
        return self.kernel(*arguments)


def convolved(x: Any, weight: Any, bias: Any, steps: Any) -> Any:
    """minigan/ops/conv.py's _conv2d, its bias added in one launch."""
    return conv.conv2d(x, weight, steps[0], steps[1], bias)


def convolved_back(y: Any, weight: Any, bias: Any, size: Any, steps: Any) -> Any:
    """minigan/ops/conv.py's conv2d_input, likewise."""
    return conv.conv2d_input(y, weight, size, steps[0], steps[1], bias)


def install() -> None:
    """Put the kernels beside their functions, for `fuse` to find."""
    for function, kernel in (
        (_affine.op.forward, blas.affine),
        (_affine.op.rules["bias"], channels.rows_sum),
        (_conv2d.op.forward, convolved),
        (conv2d_input.op.forward, convolved_back),
        (_sum.op.forward, channels.total),
        (_mean.op.forward, channels.mean),
        (_cat.op.forward, join.joined),
    ):
        vars(function)["fused"] = Instead(function, kernel)
