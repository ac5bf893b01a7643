"""The primitives in the plainest array code: the ones to read, and what faster ones must equal.

minigan/kernels has the same names and signatures, and the same numbers up to rounding;
MINIGAN_KERNELS=plain runs everything on these.

Convolution is windows and one product. A window is what the kernel sees for one output pixel. Along
a line, padded by 1 with zeros, a kernel of 3 and stride 2 sees

    0 a b c d e 0    →    0 a b
                              b c d
                                  d e 0

Laid out as rows, all windows make a matrix W, and with the kernels as rows of a matrix k:

    conv2d          y = W kᵀ          every window meets every kernel
    conv2d_input    x = fold(y k)     fold adds the windows up again where they overlap
    conv2d_weight   k = yᵀ W

N images, C channels and H×W pixels go in, O channels and OH×OW pixels come out, kernels are KH×KW.
Outside, axes are ordered N, C, H, W; in memory channels come last, so that a row of a window, KW·C
numbers, is one run. A transpose changes only how the same memory is walked: an array that lies in
another order costs a copy, never a wrong number.
"""

import math
from typing import Any

import numpy

from minigan import backend as B

Array = Any
Arrays = list[Any]
Pair = tuple[int, int]  # (height, width)


def conv2d(x: Array, weight: Array, stride: Pair, padding: Pair, bias: Array = None) -> Array:
    """y[n, o, i, j] = Σ x[n, c, i·s + p - pad, j·s + q - pad] · w[o, c, p, q] over c, p, q, + b[o].

    x (N, C, H, W), weight (O, C, KH, KW) → (N, O, OH, OW), OH = ⌊(H + 2·pad - KH) / s⌋ + 1."""
    windows = _windows(x, weight.shape[2:], stride, padding)
    y = _matrix(windows, 3) @ _kernels(weight).T  # (N·OH·OW, KH·KW·C) @ (KH·KW·C, O)
    y = y if bias is None else y + bias
    return y.reshape(*windows.shape[:3], len(weight)).transpose(0, 3, 1, 2)


def conv2d_input(
    y: Array, weight: Array, size: Pair, stride: Pair, padding: Pair, bias: Array = None
) -> Array:
    """The transpose of conv2d in x, of height and width `size`: x from y and the weight, + b[c]."""
    (_, C, KH, KW), (N, _, OH, OW) = weight.shape, y.shape
    (s, t), (top, left), (H, W) = stride, padding, size
    rows = _matrix(y.transpose(0, 2, 3, 1), 3) @ _kernels(weight)  # (N·OH·OW, O) @ (O, KH·KW·C)
    windows = rows.reshape(N, OH, OW, KH, KW, C)
    x = B.xp.zeros((N, H + 2 * top, W + 2 * left, C), y.dtype)
    for p in range(KH):  # fold: where windows overlap, they add up
        for q in range(KW):
            x[:, p : p + s * OH : s, q : q + t * OW : t] += windows[:, :, :, p, q]
    x = x[:, top : top + H, left : left + W]
    return (x if bias is None else x + bias).transpose(0, 3, 1, 2)


def conv2d_weight(x: Array, y: Array, kernel: Pair, stride: Pair, padding: Pair) -> Array:
    """The transpose of conv2d in its weight, whose height and width are `kernel`."""
    windows = _matrix(_windows(x, kernel, stride, padding), 3)
    weight = _matrix(y.transpose(0, 2, 3, 1), 3).T @ windows  # (O, N·OH·OW) @ (N·OH·OW, KH·KW·C)
    return weight.reshape(-1, *kernel, x.shape[1]).transpose(0, 3, 1, 2)


def _windows(x: Array, kernel: Pair, stride: Pair, padding: Pair) -> Array:
    """(N, C, H, W) → (N, OH, OW, KH, KW, C): windows as a view of a padded copy."""
    (N, C, H, W), (KH, KW), (s, t), (top, left) = x.shape, kernel, stride, padding
    padded = B.xp.zeros((N, H + 2 * top, W + 2 * left, C), x.dtype)
    padded[:, top : top + H, left : left + W] = x.transpose(0, 2, 3, 1)
    OH, OW = (H + 2 * top - KH) // s + 1, (W + 2 * left - KW) // t + 1
    n, h, w, c = padded.strides
    shape, steps = (N, OH, OW, KH, KW, C), (n, h * s, w * t, h, w, c)
    return B.xp.lib.stride_tricks.as_strided(padded, shape, steps)


def _matrix(x: Array, axes: int) -> Array:
    """The first axes as one, the others as one."""
    return x.reshape(math.prod(x.shape[:axes]), math.prod(x.shape[axes:]))


def _kernels(weight: Array) -> Array:
    """(O, C, KH, KW) → (O, KH·KW·C): each kernel as a row, in the order of a window."""
    return _matrix(weight.transpose(0, 2, 3, 1), 1)


def channel_sums(x: Array) -> Array:
    """Σ over all axes but the channels: (N, C, …) → (C)."""
    return x.sum((0, *range(2, x.ndim)))


def adam_(
    ps: Arrays, gs: Arrays, ms: Arrays, vs: Arrays, step_size: float, betas: Any, eps: float
) -> None:
    """m ← β₁m + (1-β₁)g,  v ← β₂v + (1-β₂)g²,  p ← p - step_size · m / (√v + eps), in place, of
    each p with the g, m and v in its place of their lists."""
    for p, g, m, v in zip(ps, gs, ms, vs, strict=True):
        m[...] = m * betas[0] + g * (1.0 - betas[0])
        v[...] = v * betas[1] + g * g * (1.0 - betas[1])
        p -= step_size * m / (B.xp.sqrt(v) + eps)


def matmul(a: Array, b: Array) -> Array:
    """a @ b"""
    return B.xp.matmul(a, b)


def leaky(y: Array, x: Array, slope: float) -> Array:
    """y where x > 0, slope · y elsewhere. Slope 0 stops infinities; x may be NaN, or a float."""
    x = B.xp.asarray(x)
    return B.xp.where(x > 0, y, y * slope) if slope else B.xp.where(x <= 0, B.xp.zeros_like(y), y)


def add_at(out: Array, index: Any, values: Array) -> None:
    """out[index] += values, where places named several times get every value."""
    B.xp.add.at(out, index, values)


def random_words(blocks: int, key: Pair, offset: int) -> Array:
    """The uint64 words (4 · blocks) of the blocks offset, offset + 1, … of Philox under `key`."""
    bits = numpy.random.Philox(counter=offset, key=numpy.array(key, "uint64"))
    return bits.random_raw(4 * blocks)
