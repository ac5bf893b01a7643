"""Convolution on CuPy: windows laid out as rows (kernels/windows.cu), then one matrix product.

A matrix of all windows holds every pixel KH·KW/stride² times over, so it is made a few images at a
time. What the three operations do, with W = windows(x) (N·OH·OW, KH·KW·C), k = weight
(O, KH·KW·C) and y (N·OH·OW, O), all of them channels-last:

    conv2d          y = W @ kᵀ
    conv2d_weight   k = yᵀ @ W
    conv2d_input    x = fold(y @ k)       fold, the transpose of windows, adds where they overlap

Nothing is scattered, so the sums have one order and equal inputs give equal bits.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cupy
import numpy as np

from minigan.backend import plain_kernels
from minigan.backend.launch import THREADS, Kernel, power_of_two

Pair = tuple[int, int]

# Bytes of windows at a time: enough rows for a matrix product that fills the GPU (4,096 of a kernel
# of 4×4×512), and little beside its memory.
WINDOW_BYTES = 1 << 27

_Geometry = np.dtype(
    [
        (name, "i4")
        for name in (
            *("count", "channels", "height", "width", "out_height", "out_width"),
            *("kernel_height", "kernel_width", "stride_height", "stride_width"),
            *("padding_height", "padding_width", "dilation_height", "dilation_width"),
        )
    ]
)
_windows = Kernel("windows.cu", "windows")
_fold = Kernel("windows.cu", "fold")


def conv2d(
    x: cupy.ndarray, weight: cupy.ndarray, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> cupy.ndarray:
    """y[n, o, i, j] = Σ x[n, c, i·s + p·d - pad, j·s + q·d - pad] · w[o, c, p, q].

    x (N, C, H, W), weight (O, C/groups, KH, KW) → (N, O, OH, OW), channels-last memory.
    """
    if x.dtype != np.float32:
        return plain_kernels.conv2d(x, weight, stride, padding, dilation, groups)
    if groups > 1:
        pairs = zip(_channels(x, groups), _rows_of(weight, groups), strict=True)
        return _joined([conv2d(x, w, stride, padding, dilation, 1) for x, w in pairs])
    images, kernel = _channels_last(x), _matrix(weight)
    axes = plain_kernels.axes_of(x.shape[2:], weight.shape[2:], stride, padding, dilation)
    out = (axes[0].out, axes[1].out)
    seen = Windows(images.shape[1:], weight.shape[2:], out, stride, padding, dilation)
    y = cupy.empty((len(images), *out, len(weight)), "float32")
    for some in seen.chunks(len(images)):
        cupy.matmul(seen.of(images[some]), kernel.T, out=y[some].reshape(-1, len(weight)))
    return y.transpose(0, 3, 1, 2)


def conv2d_input(
    y: cupy.ndarray,
    weight: cupy.ndarray,
    size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> cupy.ndarray:
    """The transpose of conv2d in x, whose height and width are `size`: the transposed convolution.

    y (N, O, OH, OW), weight (O, C/groups, KH, KW) → (N, C, H, W), channels-last memory.
    """
    if y.dtype != np.float32:
        return plain_kernels.conv2d_input(y, weight, size, stride, padding, dilation, groups)
    if groups > 1:
        pairs = zip(_channels(y, groups), _rows_of(weight, groups), strict=True)
        return _joined([conv2d_input(y, w, size, stride, padding, dilation, 1) for y, w in pairs])
    maps, kernel = _channels_last(y), _matrix(weight)
    image = (*size, weight.shape[1])
    seen = Windows(image, weight.shape[2:], y.shape[2:], stride, padding, dilation)
    x = cupy.empty((len(maps), *image), "float32")
    for some in seen.chunks(len(maps)):
        rows = seen.room_for(x[some])
        cupy.matmul(maps[some].reshape(-1, len(weight)), kernel, out=rows)
        seen.fold(rows, x[some])
    return x.transpose(0, 3, 1, 2)


def conv2d_weight(
    x: cupy.ndarray,
    y: cupy.ndarray,
    kernel: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> cupy.ndarray:
    """The transpose of conv2d in its weight, whose height and width are `kernel`.

    x (N, C, H, W), y (N, O, OH, OW) → (O, C/groups, KH, KW).
    """
    if x.dtype != np.float32 or not x.size:
        return plain_kernels.conv2d_weight(x, y, kernel, stride, padding, dilation, groups)
    if groups > 1:
        pairs = zip(_channels(x, groups), _channels(y, groups), strict=True)
        parts = [conv2d_weight(x, y, kernel, stride, padding, dilation, 1) for x, y in pairs]
        return cupy.concatenate(parts)
    images, maps = _channels_last(x), _channels_last(y)
    seen = Windows(images.shape[1:], kernel, y.shape[2:], stride, padding, dilation)
    parts = [
        maps[some].reshape(-1, y.shape[1]).T @ seen.of(images[some])
        for some in seen.chunks(len(images))
    ]
    total = sum(parts[1:], parts[0])
    return total.reshape(-1, *kernel, x.shape[1]).transpose(0, 3, 1, 2)


# -- windows and their transpose -------------------------------------------------------------------


@dataclass
class Windows:
    """What a kernel sees of images (H, W, C) at each of the places `out`."""

    image: tuple[int, int, int]
    kernel: Pair
    out: Pair
    stride: Pair
    padding: Pair
    dilation: Pair

    def of(self, images: cupy.ndarray) -> cupy.ndarray:
        """(n, H, W, C) → (n·OH·OW, KH·KW·C)."""
        rows = self.room_for(images)
        if rows.size and not self._are_the_image():
            grid, block = self._launch(len(rows), self.kernel[0] * self.kernel[1])
            _windows(grid, block, images, rows, self._geometry(len(images)))
        return rows

    def fold(self, rows: cupy.ndarray, images: cupy.ndarray) -> None:
        """images (n, H, W, C) = for each pixel, the sum of what is in its places in the rows."""
        if images.size and not self._are_the_image():
            grid, block = self._launch(images.size // self.image[2], 1)
            _fold(grid, block, rows, images, self._geometry(len(images)))

    def room_for(self, images: cupy.ndarray) -> cupy.ndarray:
        """(n·OH·OW, KH·KW·C), to be filled: new memory, or the images' own where it is the same."""
        if self._are_the_image():
            return images.reshape(-1, self._width())
        return cupy.empty((len(images) * self.out[0] * self.out[1], self._width()), "float32")

    def chunks(self, count: int) -> Iterator[slice]:
        """Ranges of images whose windows fit WINDOW_BYTES; never less than one image."""
        each = self.out[0] * self.out[1] * self._width() * 4
        step = max(WINDOW_BYTES // max(each, 1), 1)
        return (slice(first, min(first + step, count)) for first in range(0, count, step))

    def _width(self) -> int:
        return self.kernel[0] * self.kernel[1] * self.image[2]

    def _are_the_image(self) -> bool:
        """Whether rows and image are one memory: kernels of one tap, or as large as the image."""
        whole = self.kernel == self.image[:2] and self.dilation == (1, 1) and self.out == (1, 1)
        single = self.kernel == (1, 1) and self.stride == (1, 1)
        return self.padding == (0, 0) and (whole or (single and self.out == self.image[:2]))

    def _launch(self, places: int, taps: int) -> tuple[tuple[int], tuple[int, int, int]]:
        """The grid and the block for so many windows or pixels: channels × taps × places.

        Channels first, up to the 32 whose floats make one line of memory; then taps; and as many
        places as fill the block, but no more than the 64 that CUDA allows along z.
        """
        channels = power_of_two(self.image[2], 32)
        taps = power_of_two(taps, THREADS // channels)
        each = min(THREADS // (channels * taps), 64)
        return (-(-places // each),), (channels, taps, each)

    def _geometry(self, count: int) -> np.ndarray:
        height, width, channels = self.image
        sizes: Any = (count, channels, height, width, *self.out, *self.kernel)
        return np.array((*sizes, *self.stride, *self.padding, *self.dilation), _Geometry)


# -- layout ----------------------------------------------------------------------------------------


def _channels_last(x: cupy.ndarray) -> cupy.ndarray:
    """(N, C, H, W) → (N, H, W, C), dense: a view where memory is channels-last, else a copy."""
    return cupy.ascontiguousarray(x.transpose(0, 2, 3, 1))


def _matrix(weight: cupy.ndarray) -> cupy.ndarray:
    """(O, C, KH, KW) → (O, KH·KW·C), dense."""
    return _channels_last(weight).reshape(len(weight), -1)


def _channels(x: cupy.ndarray, groups: int) -> list[cupy.ndarray]:
    """The channels of x (N, C, H, W), group by group."""
    return cupy.split(x, groups, axis=1)


def _rows_of(weight: cupy.ndarray, groups: int) -> list[cupy.ndarray]:
    """The output channels of a weight (O, …), group by group."""
    return cupy.split(weight, groups)


def _joined(parts: list[cupy.ndarray]) -> cupy.ndarray:
    """Groups of channels (N, C/groups, H, W) side by side again, in channels-last memory."""
    rows = cupy.concatenate([part.transpose(0, 2, 3, 1) for part in parts], axis=3)
    return rows.transpose(0, 3, 1, 2)
