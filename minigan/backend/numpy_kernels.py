"""The primitives on NumPy. minigan.backend.cupy_kernels has the same names and signatures."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from minigan.backend.numpy_conv import conv2d, conv2d_input, conv2d_weight
from minigan.backend.numpy_elementwise import elementwise
from minigan.backend.numpy_gemm import matmul
from minigan.backend.numpy_norm import (
    batch_norm,
    batch_norm_backward,
    channel_moments,
    channel_sums,
)
from minigan.backend.threads import blas_keeps_to_one_thread, share

__all__ = [
    "adam_",
    "add_at",
    "batch_norm",
    "batch_norm_backward",
    "channel_moments",
    "channel_sums",
    "conv2d",
    "conv2d_input",
    "conv2d_weight",
    "elementwise",
    "matmul",
    "upload",
]

_Piece = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # of p, g, m and v
_CHUNK = 1 << 16  # elements: five such float32 pieces fit in a core's second-level cache


def adam_(
    p: np.ndarray,
    gradients: list[np.ndarray],
    m: np.ndarray,
    v: np.ndarray,
    step_size: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> None:
    """One Adam update in place (Kingma & Ba, arXiv 1412.6980), the bias corrections folded in:

    m ← β₁m + (1-β₁)g,  v ← β₂v + (1-β₂)g²,  p ← p - step_size · m / (√v + eps)

    p, m and v are flat; the gradients, end to end, are as long. Piece by piece, so that the twelve
    passes run in the cache instead of in main memory.
    """
    pieces: list[_Piece] = []
    start = 0
    for gradient in gradients:
        flat = gradient.ravel()
        for offset in range(0, flat.size, _CHUNK):
            g = flat[offset : offset + _CHUNK]
            here = slice(start, start + g.size)
            pieces.append((p[here], g, m[here], v[here]))
            start += g.size

    def work(pieces: Iterator[_Piece]) -> None:
        scratch = np.empty(_CHUNK, p.dtype)
        for piece in pieces:
            _adam_piece(*piece, scratch[: piece[0].size], step_size, beta1, beta2, eps)

    if blas_keeps_to_one_thread():
        share(work, pieces)
    else:
        work(iter(pieces))


def _adam_piece(
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


def add_at(out: np.ndarray, index: Any, values: np.ndarray) -> None:
    """out[index] += values, where places named several times get every value."""
    np.add.at(out, index, values)


def upload(array: np.ndarray) -> np.ndarray:
    """A host array where the backend computes: here itself."""
    return array
