"""Adam on CuPy, one launch for every 64 parameters (adam.cu); plain in minigan/backend/plain.py."""

import cupy
import numpy as np

from minigan.backend import plain
from minigan.kernels.gpu.graph import Recording
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
    gs = [_like(p, g) for p, g in zip(ps, gs, strict=True)]
    alike = all(_alike(p, m) and _alike(p, v) for p, m, v in zip(ps, ms, vs, strict=True))
    if not (alike and suits_kernels(*ps, *gs)):
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
            Recording.under_way and Recording.under_way.rates(step_size, eps),
        )


def _like(p: cupy.ndarray, g: cupy.ndarray) -> cupy.ndarray:
    """The gradient in the memory order of its parameter."""
    if _alike(p, g):
        return g
    moved = cupy.empty_like(p)
    moved[...] = g
    return moved


def _alike(p: cupy.ndarray, other: cupy.ndarray) -> bool:
    """Whether both lie in one piece and the same order: C order, or channels last."""
    if p.flags.c_contiguous and other.flags.c_contiguous:
        return True
    return p.ndim == 4 and all(a.transpose(0, 2, 3, 1).flags.c_contiguous for a in (p, other))
