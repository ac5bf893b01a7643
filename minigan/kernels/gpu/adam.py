"""Adam on CuPy, one launch for every 64 parameters (adam.cu); plain in minigan/backend/plain.py."""

import cupy
import numpy as np

from minigan.backend import plain
from minigan.kernels.gpu.launch import THREADS, Kernel, blocks_for, suits_kernels

MOST = 64  # parameters of one launch, as in adam.cu
FILL_THE_GPU = 1024  # blocks: eight on each of an H100's 132 processors, the most that run at once

_Table = np.dtype([(name, "u8", MOST) for name in "pgmv"] + [("end", "i8", MOST)])

_adam = Kernel("adam.cu", "adam")


def adam_(
    ps: list[cupy.ndarray],
    gs: list[cupy.ndarray],
    ms: list[cupy.ndarray],
    vs: list[cupy.ndarray],
    step_size: float,
    betas: tuple[float, float],
    eps: float,
) -> None:
    """backend/plain.py's adam_, all arrays read and written where they lie."""
    gs = [cupy.ascontiguousarray(g) for g in gs]
    dense = all(array.flags.c_contiguous for array in (*ps, *ms, *vs))
    if not (dense and suits_kernels(*ps, *gs)):
        plain.adam_(ps, gs, ms, vs, step_size, betas, eps)
        return
    beta1, beta2 = betas
    for first in range(0, len(ps), MOST):
        some = slice(first, first + MOST)
        table = np.zeros((), _Table)
        for name, arrays in zip("pgmv", (ps[some], gs[some], ms[some], vs[some]), strict=True):
            table[name][: len(arrays)] = [array.data.ptr for array in arrays]
        table["end"][: len(ps[some])] = ends = np.cumsum([p.size for p in ps[some]])
        count = int(ends[-1])
        _adam(
            (min(blocks_for(count), FILL_THE_GPU),),
            (THREADS,),
            *(table, count, beta1, 1.0 - beta1, beta2, 1.0 - beta2, step_size, eps),
        )
