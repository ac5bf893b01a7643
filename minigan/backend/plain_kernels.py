"""The primitives in the plainest array code: what the fast versions of both libraries must equal.

Same names and signatures as numpy_kernels and cupy_kernels, on either library and in any float
type; written to be compared with the formulas, not to be fast.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy

from minigan import backend as B
from minigan.backend.geometry import Axis

Array = Any
Pair = tuple[int, int]


def adam_(
    p: Array,
    gradients: list[Array],
    m: Array,
    v: Array,
    step_size: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> None:
    """m ← β₁m + (1-β₁)g,  v ← β₂v + (1-β₂)g²,  p ← p - step_size · m / (√v + eps), in place."""
    g = B.xp.concatenate([gradient.ravel() for gradient in gradients])
    m[...] = m * beta1 + g * (1.0 - beta1)
    v[...] = v * beta2 + g * g * (1.0 - beta2)
    p -= step_size * m / (B.xp.sqrt(v) + eps)


def add_at(out: Array, index: Any, values: Array) -> None:
    """out[index] += values, where places named several times get every value."""
    B.xp.add.at(out, index, values)


def elementwise(formula: Callable[..., Array], *arrays: Array) -> Array:
    """formula(*arrays), whose every element depends on the same element of each array alone."""
    return formula(*arrays)


def matmul(a: Array, b: Array) -> Array:
    """a @ b"""
    return B.xp.matmul(a, b)


# -- random words ----------------------------------------------------------------------------------


def philox(blocks: int, key: Pair, offset: int) -> Array:
    """The uint64 words (4 · blocks) of the blocks offset, offset + 1, … of the stream `key`."""
    number = B.xp.arange(blocks, dtype="uint64") + _word(offset + 1)
    carry = (number < _word(offset + 1)).astype("uint64") + _word(offset + 1 >> 64)
    zero = B.xp.zeros_like(number)
    return B.xp.stack(philox_rounds([number, carry, zero, zero], key), axis=1).ravel()


def philox_rounds(words: list[Array], key: Pair) -> list[Array]:
    """Ten rounds of Philox 4x64 on four arrays of words. Salmon et al., SC 2011."""
    a, b, c, d = words
    key0, key1 = key
    for _ in range(10):
        high0, low0 = _product(a, 0xD2E7470EE14C6C93)
        high1, low1 = _product(c, 0xCA5A826395121157)
        a, b, c, d = high1 ^ b ^ _word(key0), low1, high0 ^ d ^ _word(key1), low0
        key0 += 0x9E3779B97F4A7C15
        key1 += 0xBB67AE8584CAA73B
    return [a, b, c, d]


def _product(x: Array, y: int) -> tuple[Array, Array]:
    """The upper and the lower 64 bits of x · y, by halves of 32 bits."""
    x1, x0, y1, y0 = x >> 32, x & 0xFFFFFFFF, _word(y >> 32), _word(y & 0xFFFFFFFF)
    middle = x1 * y0 + (x0 * y0 >> 32)
    other = x0 * y1 + (middle & 0xFFFFFFFF)
    return x1 * y1 + (middle >> 32) + (other >> 32), x * _word(y)


def _word(value: int) -> numpy.uint64:
    """value modulo 2⁶⁴, of the type that keeps arrays of words what they are."""
    return numpy.uint64(value % 2**64)


# -- sums over channels ----------------------------------------------------------------------------


def _axes(x: Array) -> tuple[int, ...]:
    return (0, *range(2, x.ndim))


def _spread(vector: Array, x: Array) -> Array:
    """(C) → (1, C, 1, …), to meet x (N, C, …)."""
    return vector.reshape(1, -1, *[1] * (x.ndim - 2))


def channel_sums(x: Array) -> Array:
    """Σ over all axes but the channels: (N, C, …) → (C)."""
    return x.sum(_axes(x))


def channel_moments(x: Array) -> tuple[Array, Array]:
    """The mean and the biased variance of each channel of x (N, C, …)."""
    mean = x.mean(_axes(x))
    return mean, B.xp.square(x - _spread(mean, x)).mean(_axes(x))


def batch_norm(
    x: Array, weight: Array | None, bias: Array | None, mean: Array, rstd: Array
) -> Array:
    """(x - mean) · rstd · weight + bias for x (N, C, …) and vectors over C."""
    y = (x - _spread(mean, x)) * _spread(rstd, x)
    y = y if weight is None else y * _spread(weight, x)
    return y if bias is None else y + _spread(bias, x)


def batch_norm_backward(
    g: Array, x: Array, weight: Array | None, mean: Array, rstd: Array
) -> tuple[Array, Array, Array]:
    """The gradients by x, weight and bias, with x̂ = (x - mean)·rstd and M numbers per channel:

    ∂bias = Σ g;  ∂weight = Σ g·x̂;  ∂x = weight·rstd·(g - ∂bias/M - x̂·∂weight/M).
    """
    normal = batch_norm(x, None, None, mean, rstd)
    by_weight, by_bias = channel_sums(g * normal), channel_sums(g)
    count = x.size // x.shape[1]
    by_x = g - _spread(by_bias / count, x) - normal * _spread(by_weight / count, x)
    return by_x * _spread(rstd if weight is None else rstd * weight, x), by_weight, by_bias


# -- data ----------------------------------------------------------------------------------------


def gather_images(
    images: Array, indices: Array, mirrored: Array | None, mean: Array, std: Array
) -> Array:
    """(images[indices] / 255 - mean) / std, float32, mirrored left to right where told."""
    batch = images[indices]
    if mirrored is not None:
        batch = B.xp.where(mirrored[:, None, None, None], batch[..., ::-1], batch)
    return (batch.astype("float32") / 255.0 - _spread(mean, batch)) / _spread(std, batch)


def has_room(size: int) -> bool:
    """Whether a data set of so many bytes may stay on the device."""
    return True


def upload(array: numpy.ndarray) -> Array:
    """A host array where the backend computes."""
    return B.to_device(array)


# -- convolution, one tap of the kernel after the other --------------------------------------------


def conv2d(
    x: Array, weight: Array, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Array:
    """y[n, o, i, j] = Σ x[n, c, i·s + p·d - pad, j·s + q·d - pad] · w[o, c, p, q]."""
    axes = axes_of(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    kernel = _by_group(weight, 0, groups)
    y = B.xp.zeros((x.shape[0], groups, kernel.shape[1], axes[0].out, axes[1].out), x.dtype)
    for p, q, seen in _taps(_padded(x, padding), axes):
        y += B.xp.einsum("ngchw,goc->ngohw", _by_group(seen, 1, groups), kernel[..., p, q])
    return y.reshape(x.shape[0], weight.shape[0], *y.shape[3:])


def conv2d_input(
    y: Array, weight: Array, size: Pair, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Array:
    """The transpose of conv2d in x (height and width `size`): the transposed convolution."""
    axes = axes_of(size, weight.shape[2:], stride, padding, dilation)
    kernel = _by_group(weight, 0, groups)
    x = B.xp.zeros((y.shape[0], groups * weight.shape[1], *size), y.dtype)
    padded = _padded(x, padding)
    for p, q, seen in _taps(padded, axes):
        part = B.xp.einsum("ngohw,goc->ngchw", _by_group(y, 1, groups), kernel[..., p, q])
        seen += part.reshape(seen.shape)
    (top, left), (height, width) = padding, size
    return padded[:, :, top : top + height, left : left + width]


def conv2d_weight(
    x: Array, y: Array, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Array:
    """The transpose of conv2d in its weight (height and width `kernel`)."""
    axes = axes_of(x.shape[2:], kernel, stride, padding, dilation)
    weight = B.xp.zeros((y.shape[1], x.shape[1] // groups, *kernel), x.dtype)
    for p, q, seen in _taps(_padded(x, padding), axes):
        tap = B.xp.einsum("ngchw,ngohw->goc", _by_group(seen, 1, groups), _by_group(y, 1, groups))
        weight[:, :, p, q] = tap.reshape(weight.shape[:2])
    return weight


def axes_of(size: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> list[Axis]:
    """The rows and the columns."""
    return [Axis(*each) for each in zip(size, kernel, stride, padding, dilation, strict=True)]


def _padded(x: Array, padding: Pair) -> Array:
    (top, left), (height, width) = padding, x.shape[2:]
    padded = B.xp.zeros((*x.shape[:2], height + 2 * top, width + 2 * left), x.dtype)
    padded[:, :, top : top + height, left : left + width] = x
    return padded


def _taps(padded: Array, axes: list[Axis]) -> Iterator[tuple[int, int, Array]]:
    """(p, q, a view of the pixels that tap (p, q) of the kernel meets) for every tap."""
    rows, columns = axes
    for p in range(rows.kernel):
        for q in range(columns.kernel):
            yield p, q, padded[:, :, rows.taps(p), columns.taps(q)]


def _by_group(x: Array, axis: int, groups: int) -> Array:
    """The axis of channels as two: (groups, channels of a group)."""
    return x.reshape(*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1 :])
