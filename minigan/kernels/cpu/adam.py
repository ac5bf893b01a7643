"""Adam on NumPy, on all threads: the same numbers as adam_ in backend/plain.py."""

from itertools import accumulate, pairwise

import numpy as np

from minigan.kernels.cpu import loops
from minigan.kernels.cpu.threads import each, get_num_threads, slices

WORTH_SHARING = 1 << 18  # elements for a thread: a quarter of a millisecond
LONGEST = 1 << 20  # elements of a run: a share of the last cache


def adam_(
    ps: list[np.ndarray],
    gs: list[np.ndarray],
    ms: list[np.ndarray],
    vs: list[np.ndarray],
    step_size: float,
    betas: tuple[float, float],
    eps: float,
) -> None:
    """backend/plain.py's adam_: all elements, one after another, in equal runs for the threads."""
    fours = list(zip(ps, gs, ms, vs, strict=True))
    vectors = [[np.ascontiguousarray(array).reshape(-1) for array in four] for four in fours]
    starts = [0, *accumulate(p.size for p in ps)]

    def update(run: slice) -> None:
        for four, (start, stop) in zip(vectors, pairwise(starts), strict=True):
            if start < run.stop and run.start < stop:
                here = slice(max(run.start - start, 0), run.stop - start)
                p, g, m, v = (vector[here] for vector in four)
                loops.adam(p, g, m, v, step_size, *betas, eps)

    each(update, runs(starts[-1]))
    for four, of_it in zip(fours, vectors, strict=True):
        for i in (0, 2, 3):  # p, m or v that is not row by row
            if not four[i].flags.c_contiguous:
                four[i][...] = of_it[i].reshape(four[i].shape)


def runs(elements: int) -> list[slice]:
    """0 … elements as equal runs, as many for each thread; fewer where each would have little."""
    threads = get_num_threads()
    fitting = threads * -(-elements // (threads * LONGEST))
    return slices(elements, max(1, min(elements // WORTH_SHARING, fitting)))
