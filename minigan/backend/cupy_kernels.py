"""The primitives on CuPy. minigan.backend.numpy_kernels has the same names and signatures.

Each function here launches kernels of kernels/*.cu on float32 arrays. Other float types, which only
tests of gradients use on a GPU, take the plain version of the same name in plain_kernels.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

import cupy
import cupyx
import numpy as np

from minigan.backend import device_memory, plain_kernels
from minigan.backend.cupy_conv import conv2d, conv2d_input, conv2d_weight
from minigan.backend.launch import THREADS, Kernel, blocks_for, power_of_two
from minigan.backend.layout import memory_order

__all__ = [
    "adam_",
    "add_at",
    "batch_norm",
    "batch_norm_backward",
    "channel_moments",
    "channel_sums",
    "conv2d",
    "conv2d_input",
    "conv2d_weight",
    "elementwise",
    "gather_images",
    "has_room",
    "matmul",
    "philox",
    "upload",
]

device_memory.explain_when_full()


def _suits(*arrays: cupy.ndarray | None) -> bool:
    """Whether the kernels can take these: float32, and not empty, since no grid has 0 blocks."""
    return all(array is None or (array.dtype == np.float32 and array.size) for array in arrays)


# -- Adam ------------------------------------------------------------------------------------------

_MOST_GRADIENTS = 64  # as in adam.cu
_Gradients = np.dtype([("array", "u8", _MOST_GRADIENTS), ("end", "i8", _MOST_GRADIENTS)])
_FILL_THE_GPU = 1024  # blocks: eight on each of an H100's 132 processors, the most that run at once

_adam = Kernel("adam.cu", "adam")


def adam_(
    p: cupy.ndarray,
    gradients: list[cupy.ndarray],
    m: cupy.ndarray,
    v: cupy.ndarray,
    step_size: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> None:
    """One Adam update in place (Kingma & Ba, arXiv 1412.6980), the bias corrections folded in:

    m ← β₁m + (1-β₁)g,  v ← β₂v + (1-β₂)g²,  p ← p - step_size · m / (√v + eps)

    p, m and v are flat; the gradients, end to end, are as long. One launch for every 64 gradients.
    """
    if not _suits(p, *gradients):
        plain_kernels.adam_(p, gradients, m, v, step_size, beta1, beta2, eps)
        return
    start = 0
    for first in range(0, len(gradients), _MOST_GRADIENTS):
        some = [cupy.ascontiguousarray(g) for g in gradients[first : first + _MOST_GRADIENTS]]
        table = np.zeros((), _Gradients)
        table["array"][: len(some)] = [g.data.ptr for g in some]
        table["end"][: len(some)] = ends = np.cumsum([g.size for g in some])
        count = int(ends[-1])
        piece = slice(start, start + count)
        _adam(
            (min(blocks_for(count), _FILL_THE_GPU),),
            (THREADS,),
            *(p[piece], m[piece], v[piece], table, count),
            *(beta1, 1.0 - beta1, beta2, 1.0 - beta2, step_size, eps),
        )
        start += count


def add_at(out: cupy.ndarray, index: Any, values: cupy.ndarray) -> None:
    """out[index] += values, where places named several times get every value (in any order)."""
    cupy.add.at(out, index, values)


def elementwise(formula: Callable[..., Any], *arrays: cupy.ndarray) -> cupy.ndarray:
    """formula(*arrays), whose every element depends on the same element of each array alone.

    The result has the memory layout of the first array; CuPy's own functions give C order, which
    channels-last convolutions would have to copy back.
    """
    if any(array.shape != arrays[0].shape for array in arrays):
        return formula(*arrays)
    order = memory_order(arrays[0])
    back = sorted(range(len(order)), key=order.__getitem__)
    return formula(*(array.transpose(order) for array in arrays)).transpose(back)


def matmul(a: cupy.ndarray, b: cupy.ndarray) -> cupy.ndarray:
    """a @ b, by cuBLAS."""
    return cupy.matmul(a, b)


# -- random words ----------------------------------------------------------------------------------

_philox = Kernel("philox.cu", "philox")


def philox(blocks: int, key: tuple[int, int], offset: int) -> cupy.ndarray:
    """The uint64 words (4 · blocks) of the blocks offset, offset + 1, … of the stream `key`.

    A thread makes a block of four words.
    """
    words = cupy.empty(4 * blocks, "uint64")
    if blocks:
        _philox((blocks_for(blocks),), (THREADS,), words, blocks, *key, offset)
    return words


# -- sums over channels ----------------------------------------------------------------------------

_channel_sums = Kernel("channels.cu", "channel_sums")
_slab_moments = Kernel("channels.cu", "slab_moments")
_merge_moments = Kernel("channels.cu", "merge_moments")
_batch_norm = Kernel("channels.cu", "batch_norm")
_batch_norm_sums = Kernel("channels.cu", "batch_norm_sums")
_batch_norm_by_x = Kernel("channels.cu", "batch_norm_by_x")

_FEW, _MANY = 64, 1024  # slabs: few where their sums are added up next, else enough to fill the GPU


class _Walk:
    """How channels.cu walks a matrix: the grid, the shape of a block, and the rows of a slab.

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


def _matrix(x: cupy.ndarray) -> cupy.ndarray:
    """(N, C, …) → (N·…, C), dense: a view where memory is channels-last, else a copy."""
    return cupy.ascontiguousarray(cupy.moveaxis(x, 1, -1)).reshape(-1, x.shape[1])


def _like(matrix: cupy.ndarray, x: cupy.ndarray) -> cupy.ndarray:
    """(N·…, C) → the shape of x, in channels-last memory."""
    return cupy.moveaxis(matrix.reshape(x.shape[0], *x.shape[2:], x.shape[1]), -1, 1)


def _column_sums(matrix: cupy.ndarray) -> cupy.ndarray:
    """(rows, columns) → (columns): each slab's sum, then the sum of those."""
    walk = _Walk(matrix, _FEW)
    sums = cupy.empty((walk.slabs, walk.channels), "float32")
    _channel_sums(walk.grid, walk.block, matrix, sums, *walk.sizes)
    return sums[0] if walk.slabs == 1 else _column_sums(sums)


def channel_sums(x: cupy.ndarray) -> cupy.ndarray:
    """Σ over all axes but the channels: (N, C, …) → (C)."""
    return _column_sums(_matrix(x)) if _suits(x) else plain_kernels.channel_sums(x)


def channel_moments(x: cupy.ndarray) -> tuple[cupy.ndarray, cupy.ndarray]:
    """The mean and the biased variance of each channel of x (N, C, …)."""
    if not _suits(x):
        return plain_kernels.channel_moments(x)
    matrix = _matrix(x)
    walk = _Walk(matrix, _FEW)
    means, squares = cupy.empty((2, walk.slabs, walk.channels), "float32")
    _slab_moments(walk.grid, walk.block, matrix, means, squares, *walk.sizes)
    mean, variance = cupy.empty((2, walk.channels), "float32")
    blocks = blocks_for(walk.channels)
    _merge_moments((blocks,), (THREADS,), means, squares, mean, variance, *walk.sizes)
    return mean, variance


def batch_norm(
    x: cupy.ndarray,
    weight: cupy.ndarray | None,
    bias: cupy.ndarray | None,
    mean: cupy.ndarray,
    rstd: cupy.ndarray,
) -> cupy.ndarray:
    """(x - mean) · rstd · weight + bias for x (N, C, …) and vectors over C."""
    if not _suits(x, weight, bias, mean, rstd):
        return plain_kernels.batch_norm(x, weight, bias, mean, rstd)
    matrix = _matrix(x)
    walk = _Walk(matrix, _MANY)
    y = cupy.empty(matrix.shape, "float32")
    _batch_norm(walk.grid, walk.block, matrix, weight, bias, mean, rstd, y, *walk.sizes)
    return _like(y, x)


def batch_norm_backward(
    g: cupy.ndarray,
    x: cupy.ndarray,
    weight: cupy.ndarray | None,
    mean: cupy.ndarray,
    rstd: cupy.ndarray,
) -> tuple[cupy.ndarray, cupy.ndarray, cupy.ndarray]:
    """The gradients by x, weight and bias, with x̂ = (x - mean)·rstd and M numbers per channel:

    ∂bias = Σ g;  ∂weight = Σ g·x̂;  ∂x = weight·rstd·(g - ∂bias/M - x̂·∂weight/M).
    """
    if not _suits(g, x, weight, mean, rstd):
        return plain_kernels.batch_norm_backward(g, x, weight, mean, rstd)
    matrix, g_matrix = _matrix(x), _matrix(g)
    walk = _Walk(matrix, _FEW)
    slabs = cupy.empty((walk.slabs, 2 * walk.channels), "float32")
    _batch_norm_sums(walk.grid, walk.block, g_matrix, matrix, mean, rstd, slabs, *walk.sizes)
    sums = _column_sums(slabs)
    walk = _Walk(matrix, _MANY)
    by_x = cupy.empty(matrix.shape, "float32")
    _batch_norm_by_x(
        *(walk.grid, walk.block),
        *(g_matrix, matrix, weight, mean, rstd, sums, by_x),
        *walk.sizes,
    )
    return _like(by_x, x), sums[: walk.channels], sums[walk.channels :]


# -- data ----------------------------------------------------------------------------------------

_gather_images = Kernel("images.cu", "gather_images")


def gather_images(
    images: cupy.ndarray,
    indices: cupy.ndarray,
    mirrored: cupy.ndarray | None,
    mean: cupy.ndarray,
    std: cupy.ndarray,
) -> cupy.ndarray:
    """(images[indices] / 255 - mean) / std, mirrored left to right where told.

    images (M, C, H, W) uint8, indices (N) int64, mirrored (N) bool or None, mean and std (C)
    float32 → (N, C, H, W) float32 in channels-last memory. The indices are not checked: looking at
    them would make the host wait.
    """
    count, (channels, height, width) = len(indices), images.shape[1:]
    batch = cupy.empty((count, height, width, channels), "float32")
    if batch.size:
        _gather_images(
            *((blocks_for(batch.size),), (THREADS,)),
            *(images, indices, mirrored, mean, std, batch),
            *(count, channels, height, width),
        )
    return batch.transpose(0, 3, 1, 2)


def has_room(size: int) -> bool:
    """Whether so many bytes of data may stay on the device: half of what is free, or less."""
    free, _ = cupy.cuda.runtime.memGetInfo()
    return 2 * size <= free


_in_flight: deque[tuple[Any, np.ndarray]] = deque()  # uploads, and the memory that they read


def upload(array: np.ndarray) -> cupy.ndarray:
    """A host array on the device. The host does not wait: the copy, from pinned memory, takes its
    place behind the work that the device already has."""
    if not array.size:
        return cupy.asarray(array)
    while _in_flight and _in_flight[0][0].done:
        _in_flight.popleft()
    pinned = cupyx.empty_pinned(array.shape, array.dtype)
    np.copyto(pinned, array)
    out = cupy.empty(array.shape, array.dtype)
    stream = cupy.cuda.get_current_stream()
    out.set(pinned, stream)
    _in_flight.append((stream.record(), pinned))
    return out
