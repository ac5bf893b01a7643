"""Adam on NumPy in pieces that fit the cache: the same numbers as adam_ in backend/plain.py."""

from collections.abc import Iterator

import numpy as np

from minigan.kernels.cpu.threads import blas_keeps_to_one_thread, blas_sleeps, share

# Elements: half a megabyte each of p, g, m, v and scratch, about what a core's caches hold. Smaller
# pieces cost a second thread what it gains.
PIECE = 1 << 17
WORTH_SHARING = 1 << 17  # elements: a tenth of a millisecond of one thread

_Piece = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # of p, g, m and v


def adam_(
    p: np.ndarray,
    gradients: list[np.ndarray],
    m: np.ndarray,
    v: np.ndarray,
    step_size: float,
    betas: tuple[float, float],
    eps: float,
) -> None:
    """backend/plain.py's adam_, whose twelve passes run in the cache instead of main memory."""
    pieces: list[_Piece] = []
    start = 0
    for gradient in gradients:
        flat = gradient.ravel()
        for offset in range(0, flat.size, PIECE):
            g = flat[offset : offset + PIECE]
            here = slice(start, start + g.size)
            pieces.append((p[here], g, m[here], v[here]))
            start += g.size

    def work(pieces: Iterator[_Piece]) -> None:
        scratch = np.empty(PIECE, p.dtype)
        for piece in pieces:
            _update(*piece, scratch[: piece[0].size], step_size, *betas, eps)

    # Beside spinning threads of BLAS it is faster alone, and no reason to send them home for good.
    if p.size >= WORTH_SHARING and (blas_keeps_to_one_thread() or blas_sleeps()):
        share(work, pieces, beside_blas=True)
    else:
        work(iter(pieces))


def _update(
    p: np.ndarray,
    g: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    t: np.ndarray,
    step_size: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> None:
    """The formula, one operation at a time; t is scratch."""
    np.multiply(g, 1.0 - beta1, out=t)
    np.multiply(m, beta1, out=m)
    np.add(m, t, out=m)
    np.multiply(g, g, out=t)
    np.multiply(t, 1.0 - beta2, out=t)
    np.multiply(v, beta2, out=v)
    np.add(v, t, out=v)
    np.sqrt(v, out=t)
    np.add(t, eps, out=t)
    np.divide(m, t, out=t)
    np.multiply(t, step_size, out=t)
    np.subtract(p, t, out=p)
