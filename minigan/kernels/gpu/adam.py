"""Adam on CuPy, one launch for every 64 gradients (adam.cu); plain in minigan/backend/plain.py."""

import cupy
import numpy as np

from minigan.backend import plain
from minigan.kernels.gpu.launch import THREADS, Kernel, blocks_for, suits_kernels

MOST_GRADIENTS = 64  # as in adam.cu
FILL_THE_GPU = 1024  # blocks: eight on each of an H100's 132 processors, the most that run at once

_Gradients = np.dtype([("array", "u8", MOST_GRADIENTS), ("end", "i8", MOST_GRADIENTS)])

_adam = Kernel("adam.cu", "adam")


def adam_(
    p: cupy.ndarray,
    gradients: list[cupy.ndarray],
    m: cupy.ndarray,
    v: cupy.ndarray,
    step_size: float,
    betas: tuple[float, float],
    eps: float,
) -> None:
    """backend/plain.py's adam_, the gradients read where they lie."""
    if not suits_kernels(p, *gradients):
        plain.adam_(p, gradients, m, v, step_size, betas, eps)
        return
    beta1, beta2 = betas
    start = 0
    for first in range(0, len(gradients), MOST_GRADIENTS):
        some = [cupy.ascontiguousarray(g) for g in gradients[first : first + MOST_GRADIENTS]]
        table = np.zeros((), _Gradients)
        table["array"][: len(some)] = [g.data.ptr for g in some]
        table["end"][: len(some)] = ends = np.cumsum([g.size for g in some])
        count = int(ends[-1])
        piece = slice(start, start + count)
        _adam(
            (min(blocks_for(count), FILL_THE_GPU),),
            (THREADS,),
            *(p[piece], m[piece], v[piece], table, count),
            *(beta1, 1.0 - beta1, beta2, 1.0 - beta2, step_size, eps),
        )
        start += count
