"""Batch normalisation on NumPy: a few passes over (rows, channels), each in cache-sized pieces.

The functions and their formulas are those of minigan/kernels/plain_norm.py.

Channels-last memory makes an (N, C, H, W) tensor a matrix of N·H·W rows and C columns; statistics
are sums over its rows. Pieces of rows are shared between threads; their sums have fixed places, so
that the result does not depend on which thread was first.
"""

import functools
from collections.abc import Callable, Iterator

import numpy as np

from minigan.backend import plain
from minigan.kernels import plain_norm
from minigan.kernels.cpu.gemm import suits_blas
from minigan.kernels.cpu.threads import share
from minigan.kernels.layout import from_rows

PIECE = 1 << 17  # elements: long enough that threads seldom meet at the interpreter lock


def channel_sums(x: np.ndarray) -> np.ndarray:
    """Σ over all axes but the channels: (N, C, …) → (C)."""
    return _column_sums(_rows(x)) if suits_blas(x) else plain.channel_sums(x)


def channel_moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean and the biased variance of each channel of x (N, C, …), two passes."""
    if not suits_blas(x):
        return plain_norm.channel_moments(x)
    rows = _rows(x)
    mean = _column_sums(rows) / len(rows)

    def add_up(piece: slice, out: np.ndarray) -> None:
        centred = rows[piece] - mean
        np.einsum("rc,rc->c", centred, centred, out=out[0])

    return mean, _sums(rows, 1, add_up)[0] / len(rows)


def batch_norm(
    x: np.ndarray,
    weight: np.ndarray,
    bias: np.ndarray,
    mean: np.ndarray,
    rstd: np.ndarray,
) -> np.ndarray:
    """(x - mean) · rstd · weight + bias as one factor and one summand for each channel."""
    if not suits_blas(x, weight, bias, mean, rstd):
        return plain_norm.batch_norm(x, weight, bias, mean, rstd)
    scale = rstd * weight
    shift = bias - mean * scale
    rows = _rows(x)
    out = np.empty(rows.shape, x.dtype)

    def work(pieces: Iterator[slice]) -> None:
        for piece in pieces:
            np.multiply(rows[piece], scale, out=out[piece])
            np.add(out[piece], shift, out=out[piece])

    share(work, _pieces(rows))
    return from_rows(out, x)


def batch_norm_backward(
    g: np.ndarray, x: np.ndarray, weight: np.ndarray, mean: np.ndarray, rstd: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients by x, weight and bias."""
    if not suits_blas(g, x, weight, mean, rstd):
        return plain_norm.batch_norm_backward(g, x, weight, mean, rstd)
    rows, g_rows = _rows(x), _rows(g)

    def add_up(piece: slice, out: np.ndarray) -> None:
        _add_columns(g_rows[piece], out[0])
        np.einsum("rc,rc->c", rows[piece] - mean, g_rows[piece], out=out[1])

    by_bias, by_weight = _sums(rows, 2, add_up)
    by_weight *= rstd

    # ∂x is linear in g and x: one factor for each, and a constant.
    of_g = rstd * weight
    of_x = of_g * rstd * by_weight * (-1.0 / len(rows))
    constant = of_g * by_bias * (-1.0 / len(rows)) - of_x * mean
    out = np.empty(rows.shape, x.dtype)

    def combine(pieces: Iterator[slice]) -> None:
        for piece in pieces:
            np.multiply(rows[piece], of_x, out=out[piece])
            np.add(out[piece], constant, out=out[piece])
            np.add(out[piece], g_rows[piece] * of_g, out=out[piece])

    share(combine, _pieces(rows))
    return from_rows(out, x), by_weight, by_bias


# -- rows, and sums over them ----------------------------------------------------------------------


def _rows(x: np.ndarray) -> np.ndarray:
    """(N, C, …) → (N·…, C): a view where memory is channels-last."""
    return np.moveaxis(x, 1, -1).reshape(-1, x.shape[1])


def _pieces(rows: np.ndarray) -> list[slice]:
    step = max(PIECE // rows.shape[1], 1)
    return [slice(start, start + step) for start in range(0, len(rows), step)]


def _sums(
    rows: np.ndarray, count: int, add_up: Callable[[slice, np.ndarray], object]
) -> np.ndarray:
    """`count` sums for each column: what `add_up(piece, out)` puts into out, over all the pieces.

    Both out and the result are (count, columns).
    """
    pieces = _pieces(rows)
    parts = np.empty((len(pieces), count, rows.shape[1]), rows.dtype)

    def work(numbers: Iterator[int]) -> None:
        for i in numbers:
            add_up(pieces[i], parts[i])

    share(work, range(len(pieces)))
    return parts.sum(0)


def _add_columns(rows: np.ndarray, out: np.ndarray) -> None:
    """out = Σ over the rows. As a product with ones: BLAS is faster at it than NumPy's sum."""
    np.matmul(_ones(rows.dtype)[: len(rows)], rows, out=out)


@functools.cache
def _ones(dtype: np.dtype) -> np.ndarray:
    return np.ones(PIECE, dtype)


def _column_sums(rows: np.ndarray) -> np.ndarray:
    return _sums(rows, 1, lambda piece, out: _add_columns(rows[piece], out[0]))[0]
