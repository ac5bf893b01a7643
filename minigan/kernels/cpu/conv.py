"""Convolution on NumPy arrays, fast.

minigan/backend/plain.py has the idea in 40 lines, windows and one product, and says what each of
the three functions computes; this file gives the same numbers, up to rounding. Five things make
it fast:

- A matrix of all windows would hold every pixel KH·KW/stride² times, too much for a cache. So each
  thread makes the windows of a few images at a time, in a buffer of its own that stays there.
- Where windows tile the image in its own order, the image is the matrix, and nothing is copied.
- Where outputs have far fewer channels than inputs, and windows are one pixel apart, the gradients
  make windows of the outputs instead, under a kernel that is turned round: those are shorter.
- Where windows are fewer than kernels, as deep in a network, they are put in the order of a
  kernel's numbers in memory, instead of the kernels in theirs.
- Where channels are many and a kernel is twice its stride or more, winograd.py does the same with
  fewer multiplications.

In memory images are channels-last, so that each row of a window, KW·C numbers, is one contiguous
run; images that come in another order are copied.
"""

import math
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigan.backend import plain
from minigan.kernels.cpu import winograd
from minigan.kernels.cpu.gemm import THIN, add_bias, inner, matmul, product, suits_blas
from minigan.kernels.cpu.threads import cuts, share, slices, with_buffers
from minigan.kernels.geometry import Axis, Pair, axes_of, seen_once
from minigan.kernels.layout import channels_last

CHUNK = 2 << 20  # bytes of windows and outputs at a time: a core's second-level cache

SUMS = 16 << 20  # bytes of a weight's gradient, as threads add it up apart


def conv2d(
    x: np.ndarray, weight: np.ndarray, stride: Pair, padding: Pair, bias: Any = None
) -> np.ndarray:
    """x (N, C, H, W), weight (O, C, KH, KW) → (N, O, OH, OW): y = W kᵀ + b."""
    if not suits_blas(x, weight):
        return plain.conv2d(x, weight, stride, padding, bias)
    rows, columns = axes_of(x.shape[2:], weight.shape[2:], stride, padding)
    images = channels_last(x)
    if _few(len(x), len(weight), rows, columns):
        y = matmul(_by_channel(images, rows, columns), weight.reshape(len(weight), -1).T)
        add_bias(y, bias)
        return y.reshape(len(x), rows.out, columns.out, -1).transpose(0, 3, 1, 2)
    if plan := winograd.plan(len(x), weight.shape, rows, columns):
        return plan.conv2d(images, weight, bias).transpose(0, 3, 1, 2)
    kernel = channels_last(weight).reshape(len(weight), -1).T  # (KH·KW·C, O)
    if kernel.size <= THIN:
        kernel = np.ascontiguousarray(kernel)
    shape = (len(x), rows.out, columns.out, len(weight))
    if seen_once(rows, columns):
        y = matmul(images.reshape(-1, len(kernel)), kernel).reshape(shape)
        add_bias(y, bias)
        return y.transpose(0, 3, 1, 2)
    y = np.empty(shape, x.dtype)

    def work(chunks: Iterator[slice]) -> None:
        for chunk, windows in with_buffers(chunks, windows_for(images, rows, columns)):
            product(windows.gather(images[chunk]), kernel, out=y[chunk].reshape(-1, len(weight)))
            add_bias(y[chunk], bias)

    share(work, _chunks(images, y, rows, columns))
    return y.transpose(0, 3, 1, 2)


def conv2d_input(
    y: np.ndarray, weight: np.ndarray, size: Pair, stride: Pair, padding: Pair, bias: Any = None
) -> np.ndarray:
    """y (N, O, OH, OW), weight (O, C, KH, KW) → (N, C, *size): x = fold(y k) + b."""
    if not suits_blas(y, weight):
        return plain.conv2d_input(y, weight, size, stride, padding, bias)
    rows, columns = axes_of(size, weight.shape[2:], stride, padding)
    if other := _shorter(weight.shape, rows, columns):
        return conv2d(y, turned(weight), stride, other, bias)
    outputs = channels_last(y)
    if _few(len(y), len(weight), rows, columns):
        images = np.empty((len(y), *size, weight.shape[1]), y.dtype)
        windows = windows_for(images, rows, columns)(len(y))
        seen = matmul(outputs.reshape(-1, len(weight)), weight.reshape(len(weight), -1))
        by_channel = seen.reshape(len(seen), weight.shape[1], -1)
        np.copyto(windows.matrix.reshape(len(seen), -1, weight.shape[1]), by_channel.swapaxes(1, 2))
        windows.fold(images)
        add_bias(images, bias)
        return images.transpose(0, 3, 1, 2)
    if plan := winograd.plan(len(y), weight.shape, rows, columns):
        return plan.conv2d_input(outputs, weight, bias).transpose(0, 3, 1, 2)
    kernel = channels_last(weight).reshape(len(weight), -1)  # (O, KH·KW·C)
    shape = (len(y), *size, weight.shape[1])
    if seen_once(rows, columns):
        images = matmul(outputs.reshape(-1, len(weight)), kernel).reshape(shape)
        add_bias(images, bias)
        return images.transpose(0, 3, 1, 2)
    images = np.empty(shape, y.dtype)

    def work(chunks: Iterator[slice]) -> None:
        for chunk, windows in with_buffers(chunks, windows_for(images, rows, columns)):
            product(outputs[chunk].reshape(-1, len(weight)), kernel, out=windows.matrix)
            windows.fold(images[chunk])
            add_bias(images[chunk], bias)

    share(work, _chunks(images, outputs, rows, columns))
    return images.transpose(0, 3, 1, 2)


def conv2d_weight(
    x: np.ndarray, y: np.ndarray, kernel: Pair, stride: Pair, padding: Pair
) -> np.ndarray:
    """x (N, C, H, W), y (N, O, OH, OW) → (O, C, *kernel): k = yᵀ W."""
    if not suits_blas(x, y):
        return plain.conv2d_weight(x, y, kernel, stride, padding)
    rows, columns = axes_of(x.shape[2:], kernel, stride, padding)
    if other := _shorter((y.shape[1], x.shape[1]), rows, columns):
        return np.ascontiguousarray(turned(conv2d_weight(y, x, kernel, stride, other)))
    images, outputs = channels_last(x), channels_last(y)
    shape = (y.shape[1], x.shape[1], *kernel)
    if _few(len(x), y.shape[1], rows, columns):
        pixels = outputs.reshape(-1, y.shape[1])
        return matmul(pixels.T, _by_channel(images, rows, columns)).reshape(shape)
    if plan := winograd.plan(len(x), shape, rows, columns):
        return plan.conv2d_weight(images, outputs)
    if seen_once(rows, columns):
        pixels = outputs.reshape(-1, y.shape[1])
        total = matmul(pixels.T, images.reshape(-1, math.prod(shape[1:])))
    else:
        # Each thread adds up a fixed part of the batch, so that rounding does not depend on luck.
        chunks = _chunks(images, outputs, rows, columns)
        count = SUMS // (math.prod(shape) * x.itemsize)
        shares = slices(len(chunks), min(len(chunks), max(2, min(8, count))))
        sums = np.zeros((len(shares), y.shape[1], math.prod(shape[1:])), x.dtype)

        def work(numbers: Iterator[int]) -> None:
            for i in numbers:
                mine = iter(chunks[shares[i]])
                for chunk, windows in with_buffers(mine, windows_for(images, rows, columns)):
                    seen = windows.gather(images[chunk])
                    sums[i] += inner(outputs[chunk].reshape(len(seen), -1), seen)  # (O, KH·KW·C)

        share(work, range(len(shares)))
        total = sums.sum(0)
    weight = total.reshape(y.shape[1], *kernel, x.shape[1])
    return np.ascontiguousarray(weight.transpose(0, 3, 1, 2))


def turned(weight: np.ndarray) -> np.ndarray:
    """(O, C, KH, KW) → (C, O, KH, KW), each kernel turned round."""
    return weight.transpose(1, 0, 2, 3)[:, :, ::-1, ::-1]


def _shorter(weight: tuple[int, ...], rows: Axis, columns: Axis) -> Pair | None:
    """The padding on the other side, if windows are much shorter there: KH·KW·O instead of ·C."""
    other = rows.kernel - 1 - rows.padding, columns.kernel - 1 - columns.padding
    near = rows.stride == columns.stride == 1 and min(other) >= 0
    return other if near and 2 * weight[0] <= weight[1] and not seen_once(rows, columns) else None


def _few(N: int, O: int, rows: Axis, columns: Axis) -> bool:
    """Whether windows are fewer than kernels. Where they are the image itself, they are free."""
    return 0 < N * rows.out * columns.out < O and not seen_once(rows, columns)


def _by_channel(images: np.ndarray, rows: Axis, columns: Axis) -> np.ndarray:
    """All windows, (N·OH·OW, C·KH·KW), in the order of a kernel's numbers."""
    seen = windows_for(images, rows, columns)(len(images)).gather(images)
    by_tap = seen.reshape(len(seen), -1, images.shape[3])
    return np.ascontiguousarray(by_tap.swapaxes(1, 2)).reshape(len(seen), -1)


class Windows:
    """The windows of n images at a time, as rows of a matrix (n·OH·OW, KH·KW·C)."""

    def __init__(self, n: int, channels: int, rows: Axis, columns: Axis, dtype: np.dtype) -> None:
        self.rows, self.columns = rows, columns
        self.padded = np.zeros((n, rows.padded, columns.padded, channels), dtype)
        self.inside = self.padded[
            :,
            rows.padding : rows.padding + rows.size,
            columns.padding : columns.padding + columns.size,
        ]
        windows = (n, rows.out, columns.out, rows.kernel, columns.kernel, channels)
        self.matrix = np.empty((math.prod(windows[:3]), math.prod(windows[3:])), dtype)
        self.taps = self.matrix.reshape(windows)
        # NumPy copies few long items faster than many short ones: a row of a window is one item.
        item = np.dtype((np.void, columns.kernel * channels * dtype.itemsize))
        image, row, column, _ = self.padded.strides
        strides = (image, row * rows.stride, column * columns.stride, row)
        self._seen = np.ndarray(windows[:4], item, self.padded, strides=strides)
        self._items = self.matrix.view(item).reshape(windows[:4])

    def gather(self, images: np.ndarray) -> np.ndarray:
        """The matrix of the windows of images (n, H, W, C)."""
        np.copyto(self.inside, images)
        np.copyto(self._items, self._seen)
        return self.matrix

    def fold(self, images: np.ndarray) -> None:
        """images = the sum of the windows in the matrix, each number at the pixel it came from."""
        self.padded.fill(0)
        for p in range(self.rows.kernel):
            for q in range(self.columns.kernel):
                self.padded[:, self.rows.tap(p), self.columns.tap(q)] += self.taps[:, :, :, p, q]
        np.copyto(images, self.inside)


def windows_for(images: np.ndarray, rows: Axis, columns: Axis) -> Callable[[int], Windows]:
    """Makes a thread's buffers for the windows of n of these images."""
    return lambda n: Windows(n, images.shape[3], rows, columns, images.dtype)


def _chunks(images: np.ndarray, outputs: np.ndarray, rows: Axis, columns: Axis) -> list[slice]:
    """Ranges of images whose windows and outputs fit CHUNK; never less than one image."""
    windows = rows.out * columns.out * rows.kernel * columns.kernel * images.shape[3]
    each = windows + math.prod(outputs.shape[1:])
    return cuts(len(images), CHUNK // (each * images.itemsize))
