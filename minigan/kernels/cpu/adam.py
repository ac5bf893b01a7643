"""Adam on NumPy in pieces that fit the cache: the same numbers as adam_ in backend/plain.py."""

from typing import Any

import numpy as np

from minigan.kernels.cpu import loops
from minigan.kernels.cpu.threads import each

# Elements: half a megabyte each of p, g, m, v and scratch, about what a core's caches hold. Smaller
# pieces cost a second thread what it gains.
PIECE = 1 << 17
WORTH_SHARING = 1 << 17  # elements: a tenth of a millisecond of one thread


def adam_(
    ps: list[np.ndarray],
    gs: list[np.ndarray],
    ms: list[np.ndarray],
    vs: list[np.ndarray],
    step_size: float,
    betas: tuple[float, float],
    eps: float,
) -> None:
    """backend/plain.py's adam_, whose twelve passes run in the cache instead of main memory."""
    pieces: list[Any] = []  # four arrays, of p, g, m and v
    copied: list[tuple[np.ndarray, np.ndarray]] = []  # p, m or v not row by row, and its vector
    for four in zip(ps, gs, ms, vs, strict=True):
        vectors = [np.ascontiguousarray(array).reshape(-1) for array in four]
        starts = range(0, vectors[0].size, PIECE)
        pieces += [[vector[i : i + PIECE] for vector in vectors] for i in starts]
        copied += [(four[i], vectors[i]) for i in (0, 2, 3) if not four[i].flags.c_contiguous]

    def update(piece: Any) -> None:
        p, g, m, v = piece
        loops.adam(p, g, m, v, step_size, *betas, eps)

    if sum([p.size for p in ps]) < WORTH_SHARING:
        for piece in pieces:
            update(piece)
    else:
        each(update, pieces)
    for array, vector in copied:
        array[...] = vector.reshape(array.shape)
