"""Minibatch standard deviation: D sees how much the samples of a batch differ.

A G that draws the same thing again gives itself away by it. Karras et al., arXiv 1710.10196,
section 3.
"""

from minigan.autograd import Tensor
from minigan.errors import UserError
from minigan.nn import Module
from minigan.ops.shape import broadcast_to, cat


def minibatch_stddev(x: Tensor, group_size: int = 4, eps: float = 1e-8) -> Tensor:
    """x (N, C, H, W) with one more channel: its group's √(variance + eps), averaged over (C, H, W).

    Raises UserError when the batch, if larger than group_size, is no multiple of it.
    """
    n, c, h, w = x.shape
    size = min(group_size, n)
    if n % size:
        raise UserError(
            f"minibatch_stddev: a batch of {n} is not divisible into groups of {size}; use a "
            f"batch size that is a multiple of it"
        )
    groups = x.reshape(size, n // size, c, h, w)
    variance = (groups - groups.mean(0, keepdim=True)).square().mean(0)
    spread = ((variance + eps) ** 0.5).mean((1, 2, 3))  # (N/size)
    channel = broadcast_to(spread.reshape(1, -1, 1, 1, 1), (size, n // size, 1, h, w))
    return cat([x, channel.reshape(n, 1, h, w)], 1)


class MinibatchStdDev(Module):
    """minibatch_stddev as a layer, near the end of D: (N, C, H, W) → (N, C + 1, H, W)."""

    def __init__(self, group_size: int = 4):
        self.group_size = group_size

    def forward(self, x: Tensor) -> Tensor:
        return minibatch_stddev(x, self.group_size)
