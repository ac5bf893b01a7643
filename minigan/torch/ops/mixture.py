"""Resizing as two matrix products: each output row a fixed mixture of input rows, likewise columns.

The matrices are worked out on the host.
"""

from typing import Any

import numpy as np

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.ops.linear import matmul


def mixed(x: Tensor, rows: Any, columns: Any) -> Tensor:
    """(OH, H) @ (N, C, H, W) @ (W, OW), of matrices on the host."""
    first, second = (wrap(B.to_device(matrix).astype(x.dtype)) for matrix in (rows, columns))
    return matmul(matmul(first, x), second.T)


def parts(size: int, out: int) -> Any:
    """(out, size): the means over `out` parts, which overlap where they cannot be equal."""
    matrix = np.zeros((out, size))
    for i in range(out):
        first, last = i * size // out, -(-(i + 1) * size // out)
        matrix[i, first:last] = 1.0 / (last - first)
    return matrix


def _floored(i: Any, step: float) -> Any:
    """⌊i · step⌋ in float32, as PyTorch rounds it."""
    return np.floor(i.astype("float32") * np.float32(step)).astype("float64")


PLACES: dict[str, Any] = {  # where output i lies among the inputs, `step` of them from one to next
    "nearest": _floored,
    "nearest-exact": lambda i, step: _floored(i + 0.5, step),
    "bilinear": lambda i, step: np.maximum((i + 0.5) * step - 0.5, 0.0),
    "bicubic": lambda i, step: (i + 0.5) * step - 0.5,
}


def _near(d: Any) -> Any:
    """Keys' cubic with a = -3/4, for inputs nearer than 1 …"""
    return (1.25 * d - 2.25) * d * d + 1.0


def _far(d: Any) -> Any:
    """… and for those from 1 to 2."""
    return ((-0.75 * d + 3.75) * d - 6.0) * d + 3.0


CUBIC = _near, _far


def mixture(size: int, out: int, step: float, mode: str, corners: bool) -> Any:
    """(out, size): the weight of each input element in each output element.

    corners: the first and the last elements coincide, whatever the step.
    """
    i = np.arange(out)
    where = i * ((size - 1) / max(out - 1, 1)) if corners else PLACES[mode](i, step)
    low = np.floor(where)
    t = where - low
    weights: dict[int, Any] = {0: np.ones(out)}  # of the inputs before and after the place
    if mode == "bilinear":
        weights = {0: 1.0 - t, 1: t}
    elif mode == "bicubic":
        weights = {-1: _far(1.0 + t), 0: _near(t), 1: _near(1.0 - t), 2: _far(2.0 - t)}
    matrix = np.zeros((out, size))
    for offset, weight in weights.items():
        np.add.at(matrix, (i, np.clip(low.astype(int) + offset, 0, size - 1)), weight)
    return matrix
