"""Convolution on NumPy arrays: three operations, each one's gradients the other two.

A window is the part of the padded image that one output pixel sees: KH·KW·C numbers. Laid out as a
row, it makes each output pixel one row of a matrix product. With W = windows(x)
(N·OH·OW, KH·KW·C), k = weight (O, KH·KW·C) and y (N·OH·OW, O), all of them channels-last:

    conv2d          y = W @ kᵀ
    conv2d_input    x = fold(y @ k)       fold, the transpose of windows, adds where they overlap
    conv2d_weight   k = yᵀ @ W

A matrix of all windows would hold every pixel KH·KW/stride² times, so each thread makes it for a
few images at a time, in a buffer that stays in its cache. Where channels are many and a kernel is
twice its stride or more, numpy_winograd does the same with fewer multiplications.

Shapes are PyTorch's: x (N, C, H, W), y (N, O, OH, OW), weight (O, C/groups, KH, KW). In memory
images are channels-last, so that each of a window's rows, KW·C numbers, is one contiguous run;
images that come in another order are copied.
"""

import math
from collections.abc import Iterator

import numpy as np

from minigan.backend import numpy_winograd
from minigan.backend.geometry import Axis
from minigan.backend.numpy_gemm import THIN, inner, product
from minigan.backend.threads import cuts, num_threads, share

Pair = tuple[int, int]

CHUNK = 2 << 20  # bytes of windows and outputs at a time: a core's second-level cache


def conv2d(
    x: np.ndarray, weight: np.ndarray, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> np.ndarray:
    """y[n, o, i, j] = Σ x[n, c, i·s + p·d - pad, j·s + q·d - pad] · w[o, c, p, q]."""
    if groups > 1:
        pairs = zip(np.split(x, groups, 1), np.split(weight, groups), strict=True)
        return _joined([conv2d(a, w, stride, padding, dilation, 1) for a, w in pairs])
    rows, columns = _axes(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    images = _channels_last(x)
    if plan := numpy_winograd.plan(len(x), weight.shape, rows, columns):
        return plan.conv2d(images, weight).transpose(0, 3, 1, 2)
    kernel = _channels_last(weight).reshape(len(weight), -1).T  # (KH·KW·C, O)
    if kernel.size <= THIN:
        kernel = np.ascontiguousarray(kernel)
    y = np.empty((len(x), rows.out, columns.out, len(weight)), x.dtype)
    if _seen_once(rows, columns):
        np.matmul(images.reshape(-1, len(kernel)), kernel, out=y.reshape(-1, len(weight)))
        return y.transpose(0, 3, 1, 2)

    def work(chunks: Iterator[slice]) -> None:
        for chunk, windows in _with_windows(chunks, images, rows, columns):
            product(windows.gather(images[chunk]), kernel, out=y[chunk].reshape(-1, len(weight)))

    share(work, _chunks(images, y, rows, columns))
    return y.transpose(0, 3, 1, 2)


def conv2d_input(
    y: np.ndarray,
    weight: np.ndarray,
    size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """The transpose of conv2d in x (height and width `size`): the transposed convolution."""
    if groups > 1:
        pairs = zip(np.split(y, groups, 1), np.split(weight, groups), strict=True)
        parts = [conv2d_input(b, w, size, stride, padding, dilation, 1) for b, w in pairs]
        return _joined(parts)
    rows, columns = _axes(size, weight.shape[2:], stride, padding, dilation)
    outputs = _channels_last(y)
    if plan := numpy_winograd.plan(len(y), weight.shape, rows, columns):
        return plan.conv2d_input(outputs, weight).transpose(0, 3, 1, 2)
    kernel = _channels_last(weight).reshape(len(weight), -1)  # (O, KH·KW·C)
    images = np.empty((len(y), *size, weight.shape[1]), y.dtype)
    if _seen_once(rows, columns):
        pixels = outputs.reshape(-1, len(weight))
        product(pixels, kernel, out=images.reshape(len(pixels), -1))
        return images.transpose(0, 3, 1, 2)

    def work(chunks: Iterator[slice]) -> None:
        for chunk, windows in _with_windows(chunks, images, rows, columns):
            product(outputs[chunk].reshape(-1, len(weight)), kernel, out=windows.matrix)
            windows.fold(images[chunk])

    share(work, _chunks(images, outputs, rows, columns))
    return images.transpose(0, 3, 1, 2)


def conv2d_weight(
    x: np.ndarray,
    y: np.ndarray,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> np.ndarray:
    """The transpose of conv2d in its weight (height and width `kernel`)."""
    if groups > 1:
        pairs = zip(np.split(x, groups, 1), np.split(y, groups, 1), strict=True)
        parts = [conv2d_weight(a, b, kernel, stride, padding, dilation, 1) for a, b in pairs]
        return np.concatenate(parts)
    rows, columns = _axes(x.shape[2:], kernel, stride, padding, dilation)
    images, outputs = _channels_last(x), _channels_last(y)
    shape = (y.shape[1], x.shape[1], *kernel)
    if plan := numpy_winograd.plan(len(x), shape, rows, columns):
        return plan.conv2d_weight(images, outputs)
    if _seen_once(rows, columns):
        pixels = outputs.reshape(-1, y.shape[1])
        total = pixels.T @ images.reshape(len(pixels), -1)
    else:
        # Each thread adds up a fixed part of the batch, so that rounding does not depend on luck.
        chunks = _chunks(images, outputs, rows, columns)
        shares = cuts(len(chunks), -(-len(chunks) // num_threads()))
        sums = np.zeros((len(shares), y.shape[1], math.prod(shape[1:])), x.dtype)

        def work(numbers: Iterator[int]) -> None:
            for i in numbers:
                mine = iter(chunks[shares[i]])
                for chunk, windows in _with_windows(mine, images, rows, columns):
                    seen = windows.gather(images[chunk])
                    sums[i] += inner(outputs[chunk].reshape(len(seen), -1), seen)  # (O, KH·KW·C)

        share(work, range(len(shares)))
        total = sums.sum(0)
    weight = total.reshape(y.shape[1], *kernel, x.shape[1])
    return np.ascontiguousarray(weight.transpose(0, 3, 1, 2))


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
        # NumPy copies few long items faster than many short ones: where the taps of a row are
        # neighbours, all KW·C numbers of it are one item, else the C numbers of a tap.
        together = columns.kernel if columns.dilation == 1 else 1
        item = np.dtype((np.void, together * channels * dtype.itemsize))
        image, row, column, _ = self.padded.strides
        self._seen = np.ndarray(
            (*windows[:4], columns.kernel // together),
            item,
            self.padded,
            strides=(
                image,
                row * rows.stride,
                column * columns.stride,
                row * rows.dilation,
                column * columns.dilation,
            ),
        )
        self._items = self.matrix.view(item).reshape(self._seen.shape)

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
                self.padded[:, self.rows.taps(p), self.columns.taps(q)] += self.taps[:, :, :, p, q]
        np.copyto(images, self.inside)


def _with_windows(
    chunks: Iterator[slice], images: np.ndarray, rows: Axis, columns: Axis
) -> Iterator[tuple[slice, Windows]]:
    """Each chunk with this thread's windows; chunks differ in size by one at most."""
    sizes: dict[int, Windows] = {}
    for chunk in chunks:
        n = chunk.stop - chunk.start
        if n not in sizes:
            sizes[n] = Windows(n, images.shape[3], rows, columns, images.dtype)
        yield chunk, sizes[n]


def _seen_once(rows: Axis, columns: Axis) -> bool:
    """Whether windows tile the images in their own order: then images are the matrix of windows."""
    whole = rows.kernel == rows.size and columns.kernel == columns.size
    single = rows.kernel == rows.stride == columns.kernel == columns.stride == 1
    return rows.padding == columns.padding == 0 and (whole or single)


def _chunks(images: np.ndarray, outputs: np.ndarray, rows: Axis, columns: Axis) -> list[slice]:
    windows = rows.out * columns.out * rows.kernel * columns.kernel * images.shape[3]
    return cuts(len(images), CHUNK // ((windows + outputs[0].size) * images.itemsize))


def _axes(size: Pair, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair) -> list[Axis]:
    return [Axis(*each) for each in zip(size, kernel, stride, padding, dilation, strict=True)]


def _channels_last(x: np.ndarray) -> np.ndarray:
    """(N, C, H, W) as contiguous (N, H, W, C): a view where memory already lies so."""
    return np.ascontiguousarray(x.transpose(0, 2, 3, 1))


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    """Groups' images side by side: their channels one after the other."""
    return np.concatenate([_channels_last(part) for part in parts], 3).transpose(0, 3, 1, 2)
