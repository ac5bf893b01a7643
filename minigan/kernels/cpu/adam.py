"""Adam on NumPy in pieces that fit the cache: the same numbers as adam_ in backend/plain.py."""

from collections.abc import Iterator

import numpy as np

from minigan.kernels.cpu.threads import share

# Elements: half a megabyte each of p, g, m, v and scratch, about what a core's caches hold. Smaller
# pieces cost a second thread what it gains.
PIECE = 1 << 17
WORTH_SHARING = 1 << 17  # elements: a tenth of a millisecond of one thread

_Piece = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # of p, g, m and v


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
    pieces: list[_Piece] = []
    for four in zip(ps, gs, ms, vs, strict=True):
        pieces += [four] if four[0].size <= PIECE else _cut(*four)

    def work(pieces: Iterator[_Piece]) -> None:
        scratch = np.empty(PIECE, ps[0].dtype)
        for piece in pieces:
            p = piece[0]
            t = scratch[: p.size].reshape(p.shape) if p.size <= PIECE else np.empty_like(p)
            _update(*piece, t, step_size, *betas, eps)

    if sum([p.size for p in ps]) < WORTH_SHARING:
        work(iter(pieces))
    else:
        share(work, pieces)


def _cut(*arrays: np.ndarray) -> Iterator[_Piece]:
    """Pieces of p, g, m and v; whole, where they do not all lie row by row."""
    if not all(array.flags.c_contiguous for array in arrays):
        yield arrays  # type: ignore[misc]
        return
    p, g, m, v = [array.reshape(-1) for array in arrays]
    for start in range(0, p.size, PIECE):
        here = slice(start, start + PIECE)
        yield p[here], g[here], m[here], v[here]


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
