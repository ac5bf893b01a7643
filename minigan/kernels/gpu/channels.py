"""Sums over all axes but one, mostly the channels, and batch normalisation, on CuPy (channels.cu).

The formulas of batch normalisation are those of minigan/kernels/plain_norm.py.
"""

import math
from typing import Any

import cupy

from minigan.backend import plain
from minigan.kernels import plain_norm
from minigan.kernels.gpu.launch import THREADS, Kernel, owned, power_of_two, suits_kernels
from minigan.kernels.layout import from_rows, memory_order

Shape = tuple[int, ...]

MOST = 1 << 31  # numbers: the kernels count rows in int
FEW, MANY = 64, 1024  # slabs: few where their sums are added up next, else enough to fill the GPU

_add_bias = Kernel("channels.cu", "add_bias")
_channel_sums = Kernel("channels.cu", "channel_sums")
_slab_moments = Kernel("channels.cu", "slab_moments")
_merge_moments = Kernel("channels.cu", "merge_moments")
_batch_norm = Kernel("channels.cu", "batch_norm")
_batch_norm_sums = Kernel("channels.cu", "batch_norm_sums")
_batch_norm_by_x = Kernel("channels.cu", "batch_norm_by_x")


def channel_sums(x: cupy.ndarray) -> cupy.ndarray:
    """Σ over all axes but the channels: (N, C, …) → (C)."""
    return owned(_column_sums(_matrix(x))) if suits_kernels(x) else plain.channel_sums(x)


def total(x: cupy.ndarray, axes: Shape, keepdim: bool, n: float = 1.0) -> cupy.ndarray | None:
    """Σ x / n over these axes, as the sums of a matrix's columns. None for what is no such matrix:
    at most one axis may be left, the innermost in memory.
    """
    order = memory_order(x)
    rows, left = x.transpose(order), order[len(axes) :]
    if len(left) > 1 or not axes or not {*axes}.isdisjoint(left):
        return None
    if not (suits_kernels(x) and rows.flags.c_contiguous and x.size < MOST):
        return None
    sums = _column_sums(rows.reshape(-1, math.prod(x.shape[i] for i in left)), n)
    shape = [1 if i in axes else size for i, size in enumerate(x.shape) if keepdim or i in left]
    return owned(sums.reshape(shape))


def mean(x: cupy.ndarray, axes: Shape, keepdim: bool) -> cupy.ndarray | None:
    """Σ x over these axes, divided by how many numbers each sum has; else None, as above."""
    return total(x, axes, keepdim, math.prod(x.shape[i] for i in axes))


def rows_sum(x: cupy.ndarray) -> cupy.ndarray | None:
    """Σ over the rows of a matrix: (N, C) → (C); else None, as above."""
    return total(x, (0,), False)


def add_bias(y: cupy.ndarray, bias: cupy.ndarray | None) -> cupy.ndarray:
    """y (N, C, …) += bias (C), in place."""
    if bias is None:
        return y
    rows = cupy.moveaxis(y, 1, -1)
    if not (suits_kernels(y, bias) and rows.flags.c_contiguous):
        y += bias[:, None, None]
        return y
    matrix = rows.reshape(-1, y.shape[1])
    walk = _Walk(matrix, MANY)
    _add_bias(walk.grid, walk.block, matrix, cupy.ascontiguousarray(bias), *walk.sizes)
    return y


def channel_moments(x: cupy.ndarray) -> tuple[cupy.ndarray, cupy.ndarray]:
    """The mean and the biased variance of each channel of x (N, C, …)."""
    if not suits_kernels(x):
        return plain_norm.channel_moments(x)
    mean, variance, _ = _moments(x, (None, None), 0.0, 0.0)
    return mean, variance


def batch_moments(
    x: cupy.ndarray, running: tuple[cupy.ndarray, cupy.ndarray], momentum: float, eps: float
) -> tuple[cupy.ndarray, cupy.ndarray]:
    """minigan/kernels/plain_norm.py's batch_moments, in two launches."""
    if not (suits_kernels(x, *running) and all(each.flags.c_contiguous for each in running)):
        return plain_norm.batch_moments(x, running, momentum, eps)
    mean, _, rstd = _moments(x, running, momentum, eps)
    return mean, rstd


def _moments(x: cupy.ndarray, running: Any, momentum: float, eps: float) -> Any:
    """Mean, variance and 1/√(variance + eps) of each channel."""
    matrix = _matrix(x)
    walk = _Walk(matrix, FEW)
    means, squares = (cupy.empty((walk.slabs, walk.channels), "float32") for _ in range(2))
    _slab_moments(walk.grid, walk.block, matrix, means, squares, *walk.sizes)
    moments = [cupy.empty(walk.channels, "float32") for _ in range(3)]
    _merge_moments(
        *(walk.grid[:1], walk.block),
        *(means, squares, *moments, *running),
        *(momentum, walk.rows / max(walk.rows - 1, 1), eps),
        *walk.sizes,
    )
    return moments


def batch_norm(
    x: cupy.ndarray,
    weight: cupy.ndarray,
    bias: cupy.ndarray,
    mean: cupy.ndarray,
    rstd: cupy.ndarray,
) -> cupy.ndarray:
    """(x - mean) · rstd · weight + bias, in one launch."""
    if not suits_kernels(x, weight, bias, mean, rstd):
        return plain_norm.batch_norm(x, weight, bias, mean, rstd)
    matrix = _matrix(x)
    walk = _Walk(matrix, MANY)
    y = cupy.empty(matrix.shape, "float32")
    vectors = map(cupy.ascontiguousarray, (weight, bias, mean, rstd))
    _batch_norm(walk.grid, walk.block, matrix, *vectors, y, *walk.sizes)
    return from_rows(y, x)


def batch_norm_backward(
    g: cupy.ndarray,
    x: cupy.ndarray,
    weight: cupy.ndarray,
    mean: cupy.ndarray,
    rstd: cupy.ndarray,
) -> tuple[cupy.ndarray, cupy.ndarray, cupy.ndarray]:
    """The gradients by x, weight and bias."""
    if not suits_kernels(g, x, weight, mean, rstd):
        return plain_norm.batch_norm_backward(g, x, weight, mean, rstd)
    matrix, g_matrix = _matrix(x), _matrix(g)
    weight, mean, rstd = map(cupy.ascontiguousarray, (weight, mean, rstd))
    walk = _Walk(matrix, FEW)
    slabs = cupy.empty((walk.slabs, 2 * walk.channels), "float32")
    _batch_norm_sums(walk.grid, walk.block, g_matrix, matrix, mean, rstd, slabs, *walk.sizes)
    sums = _column_sums(slabs)
    walk = _Walk(matrix, MANY)
    by_x = cupy.empty(matrix.shape, "float32")
    _batch_norm_by_x(
        *(walk.grid, walk.block),
        *(g_matrix, matrix, weight, mean, rstd, sums, by_x),
        *walk.sizes,
    )
    return from_rows(by_x, x), owned(sums[: walk.channels]), owned(sums[walk.channels :])


# -- how a tensor is a matrix, and how the kernels walk it -----------------------------------------


class _Walk:
    """The grid, the shape of a block, and the rows of a slab.

    A block is as wide as there are channels, up to the 32 whose floats make one line of memory; a
    thread gets 16 rows or more, so that it does more work than its start costs.
    """

    def __init__(self, matrix: cupy.ndarray, most_slabs: int):
        self.rows, self.channels = matrix.shape
        across = power_of_two(self.channels, 32)
        down = THREADS // across
        self.slab = max(16 * down, -(-self.rows // most_slabs))
        self.slabs = -(-self.rows // self.slab)
        self.grid = (-(-self.channels // across), self.slabs)
        self.block = (across, down)
        self.sizes = (self.rows, self.channels, self.slab)


def _column_sums(matrix: cupy.ndarray, divisor: float = 1.0) -> cupy.ndarray:
    """(rows, columns) → (columns): each slab's sum, then the sum of those, divided."""
    walk = _Walk(matrix, FEW)
    last = walk.slabs == 1
    sums = cupy.empty((walk.slabs, walk.channels), "float32")
    _channel_sums(walk.grid, walk.block, matrix, sums, divisor if last else 1.0, *walk.sizes)
    return sums.reshape(-1) if last else _column_sums(sums, divisor)


def _matrix(x: cupy.ndarray) -> cupy.ndarray:
    """(N, C, …) → (N·…, C), dense: a view where memory is channels-last, else a copy."""
    return cupy.ascontiguousarray(cupy.moveaxis(x, 1, -1)).reshape(-1, x.shape[1])
