"""A dense layer's backward pass, whose two products the threads share in one go.

Each handing over of work costs some 40 microseconds, a third of what such a product takes; and two
parts of either product keep both threads busy whichever of them is late.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.autograd.tape import mode
from minigan.kernels.cpu.gemm import WORTH_SHARING, matmul, suits_blas
from minigan.kernels.cpu.threads import share
from minigan.ops.linear import _affine

Job = tuple[np.ndarray, np.ndarray, np.ndarray]  # two matrices, and where their product goes

_one_by_one = _affine.op.gradients


def gradients(values: dict[str, Any], parents: list[Any]) -> list[tuple[Any, Any]]:
    """Op.gradients of minigan/ops/linear.py's _affine, from g (N, O), x (N, I), weight (O, I)."""
    x, weight, bias = parents
    if x is None or weight is None or mode.recording or B.kernels.matmul is not matmul:
        return _one_by_one(values, parents)
    g, by_x, by_weight = values["g"], values["weight"], values["x"]  # each needs the other
    if g.size * by_x.shape[1] < WORTH_SHARING or not suits_blas(g, by_x, by_weight):
        return _one_by_one(values, parents)
    others = [] if bias is None else _one_by_one(values, [None, None, bias])
    return [*zip((x, weight), _products(g, by_weight, by_x), strict=True), *others]


def _products(g: np.ndarray, x: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """g @ weight, lying feature by feature as results of such layers do, and gᵀ @ x."""
    (O, I), N = weight.shape, len(g)
    for_x, for_weight = np.empty((I, N), g.dtype), np.empty((O, I), g.dtype)
    # The caller has the longest part, while the others wake; the shortest comes last.
    most, half = 3 * O // 4, I // 2
    jobs: list[Job] = [
        (g.T[:most], x, for_weight[:most]),
        (weight.T[:half], g.T, for_x[:half]),
        (weight.T[half:], g.T, for_x[half:]),
        (g.T[most:], x, for_weight[most:]),
    ]

    def work(jobs: Iterator[Job]) -> None:
        for one, other, out in jobs:
            np.matmul(one, other, out=out)

    share(work, jobs)
    return for_x.T, for_weight


def install() -> None:
    """Let the tape ask here."""
    vars(_affine.op)["gradients"] = gradients
