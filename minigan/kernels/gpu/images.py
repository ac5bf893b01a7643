"""A data set's images on the device: whether they fit, how they get there, batches out of them."""

from collections import deque
from typing import Any

import cupy
import cupyx
import numpy as np

from minigan.kernels.gpu.launch import THREADS, Kernel, blocks_for

_gather_images = Kernel("images.cu", "gather_images")

_in_flight: deque[tuple[Any, np.ndarray]] = deque()  # uploads, and the memory that they read


def has_room(size: int) -> bool:
    """Whether so many bytes of data may stay on the device: half of what is free, or less."""
    free, _ = cupy.cuda.runtime.memGetInfo()
    return 2 * size <= free


def upload(array: np.ndarray) -> cupy.ndarray:
    """A host array on the device.

    The host does not wait: the copy, from pinned memory, takes its place behind the work that the
    device already has.
    """
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


def gather_images(
    images: cupy.ndarray,
    indices: cupy.ndarray,
    mirrored: cupy.ndarray | None,
    mean: cupy.ndarray,
    std: cupy.ndarray,
) -> cupy.ndarray:
    """(images[indices] / 255 - mean) / std, mirrored left to right where told, in one launch.

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
