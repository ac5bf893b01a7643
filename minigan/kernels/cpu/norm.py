"""Batch normalisation on NumPy: a few passes over (rows, channels), on all threads.

The functions and their formulas are those of minigan/kernels/plain_norm.py.

Channels-last memory makes an (N, C, H, W) tensor a matrix of N·H·W rows and C columns; statistics
are sums over its rows. The threads' sums have fixed places, so that the result does not depend on
which thread was first.
"""

from collections.abc import Callable

import numpy as np

from minigan.backend import plain
from minigan.kernels import plain_norm
from minigan.kernels.cpu import loops
from minigan.kernels.cpu.gemm import suits_blas
from minigan.kernels.cpu.threads import each, parts
from minigan.kernels.layout import from_rows

WORTH_SHARING = 1 << 19  # elements: below, handing parts to threads costs what it saves


def channel_sums(x: np.ndarray) -> np.ndarray:
    """Σ over all axes but the channels: (N, C, …) → (C)."""
    return _column_sums(_rows(x)) if suits_blas(x) else plain.channel_sums(x)


def channel_moments(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The mean and the biased variance of each channel of x (N, C, …), two passes."""
    if not suits_blas(x):
        return plain_norm.channel_moments(x)
    rows = _rows(x)
    mean = _column_sums(rows) / len(rows)
    squares = _sums(rows, 1, lambda part, out: loops.squares(rows[part], mean, out[0]))
    return mean, squares[0] / len(rows)


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
    factor = rstd * weight
    summand = bias - mean * factor
    rows = _rows(x)
    out = np.empty(rows.shape, x.dtype)
    each(lambda part: loops.scale(rows[part], factor, summand, out[part]), _parts(rows))
    return from_rows(out, x)


def batch_norm_backward(
    g: np.ndarray, x: np.ndarray, weight: np.ndarray, mean: np.ndarray, rstd: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The gradients by x, weight and bias."""
    if not suits_blas(g, x, weight, mean, rstd):
        return plain_norm.batch_norm_backward(g, x, weight, mean, rstd)
    rows, gs = _rows(x), _rows(g)
    by_bias, by_weight = _sums(
        rows, 2, lambda part, out: loops.products(gs[part], rows[part], mean, out)
    )
    by_weight *= rstd

    # ∂x is linear in g and x: one factor for each, and a constant.
    of_g = rstd * weight
    of_x = of_g * rstd * by_weight * (-1.0 / len(rows))
    constant = of_g * by_bias * (-1.0 / len(rows)) - of_x * mean
    out = np.empty(rows.shape, x.dtype)
    each(
        lambda part: loops.combine(rows[part], of_x, gs[part], of_g, constant, out[part]),
        _parts(rows),
    )
    return from_rows(out, x), by_weight, by_bias


# -- rows, and sums over them ----------------------------------------------------------------------


def _rows(x: np.ndarray) -> np.ndarray:
    """(N, C, …) → contiguous (N·…, C): a view where memory is channels-last."""
    return np.ascontiguousarray(np.moveaxis(x, 1, -1)).reshape(-1, x.shape[1])


def _parts(rows: np.ndarray) -> list[slice]:
    return parts(len(rows), -(-WORTH_SHARING // max(rows.shape[1], 1)))


def _sums(rows: np.ndarray, count: int, add_up: Callable[[slice, np.ndarray], None]) -> np.ndarray:
    """`count` sums for each column: what `add_up(part, out)` puts into out, over all the parts.

    Both out and the result are (count, columns).
    """
    places = _parts(rows)
    sums = np.empty((len(places), count, rows.shape[1]), rows.dtype)
    each(lambda i: add_up(places[i], sums[i]), range(len(places)))
    return sums.sum(0)


def _column_sums(rows: np.ndarray) -> np.ndarray:
    return _sums(rows, 1, lambda part, out: loops.add_up(rows[part], out[0]))[0]
