"""What one thread does with its part of an array: NumPy's passes, each over a long piece of it.

minigan/kernels/jit has the same functions compiled, each to one pass, and puts them here in place.
The arrays of a call are of one float type and contiguous: vectors, or rows of channels.
"""

import functools
from collections.abc import Iterator

import numpy as np

# Elements. At each of NumPy's calls a thread needs the interpreter, and whoever meets another there
# falls asleep: pieces that fit a core's own cache took two threads up to twice as long.
PIECE = 1 << 19


def rectify(x: np.ndarray, slope: float, out: np.ndarray) -> None:
    """out = x where x > 0, slope · x elsewhere, of which slope 0 stops infinities."""
    larger = np.maximum if slope <= 1.0 else np.minimum
    for piece in _pieces(len(x), PIECE):
        other = np.multiply(x[piece], slope, out=out[piece]) if slope else 0.0
        larger(x[piece], other, out=out[piece])


def leaky(y: np.ndarray, x: np.ndarray, slope: float, out: np.ndarray) -> None:
    """out = y where x > 0, slope · y elsewhere, of which slope 0 stops infinities.

    As a product with a factor: NumPy's where() takes ten times as long.
    """
    bits = f"i{y.itemsize}"  # 1 or 0 times y's bits as a whole number, so that 0·∞ is 0
    for piece in _pieces(len(x), PIECE):
        if slope:
            factor = (x[piece] > 0).astype(y.dtype)
            factor *= 1.0 - slope
            factor += slope
            np.multiply(factor, y[piece], out=out[piece])
        else:
            factor = np.logical_not(x[piece] <= 0).astype(bits)
            np.multiply(factor, y[piece].view(bits), out=out[piece].view(bits))


def adam(
    p: np.ndarray,
    g: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    step_size: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> None:
    """backend/plain.py's adam_ of a vector, one operation at a time."""
    t = np.empty_like(p)
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


# -- rows of channels: x, g and out are (M, C), the others (C) -------------------------------------


def add_up(x: np.ndarray, out: np.ndarray) -> None:
    """out = Σ x"""
    out.fill(0)
    for piece in _row_pieces(x):
        out += _sum(x[piece])


def squares(x: np.ndarray, mean: np.ndarray, out: np.ndarray) -> None:
    """out = Σ (x - mean)²"""
    out.fill(0)
    for piece in _row_pieces(x):
        centred = x[piece] - mean
        out += np.einsum("rc,rc->c", centred, centred)


def products(g: np.ndarray, x: np.ndarray, mean: np.ndarray, out: np.ndarray) -> None:
    """out (2, C) = Σ g and Σ g · (x - mean)"""
    out.fill(0)
    for piece in _row_pieces(x):
        out[0] += _sum(g[piece])
        out[1] += np.einsum("rc,rc->c", x[piece] - mean, g[piece])


def scale(x: np.ndarray, factor: np.ndarray, summand: np.ndarray, out: np.ndarray) -> None:
    """out = x · factor + summand"""
    for piece in _row_pieces(x):
        np.multiply(x[piece], factor, out=out[piece])
        np.add(out[piece], summand, out=out[piece])


def combine(
    x: np.ndarray, of_x: np.ndarray, g: np.ndarray, of_g: np.ndarray, summand: np.ndarray,
    out: np.ndarray,
) -> None:  # fmt: skip
    """out = x · of_x + summand + g · of_g"""
    scale(x, of_x, summand, out)
    for piece in _row_pieces(x):
        np.add(out[piece], g[piece] * of_g, out=out[piece])


def _pieces(length: int, step: int) -> Iterator[slice]:
    return (slice(start, start + step) for start in range(0, length, step))


def _row_pieces(x: np.ndarray) -> Iterator[slice]:
    return _pieces(len(x), max(PIECE // max(x.shape[1], 1), 1))


def _sum(x: np.ndarray) -> np.ndarray:
    """Σ over the rows, as a product with ones: BLAS is faster at it than NumPy's sum."""
    return np.matmul(_ones(x.dtype)[: len(x)], x)


@functools.cache
def _ones(dtype: np.dtype) -> np.ndarray:
    return np.ones(PIECE, dtype)
