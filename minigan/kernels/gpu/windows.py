"""Convolution on CuPy without cuDNN: windows laid out as rows (windows.cu), then one product.

minigan/backend/plain.py has the same idea in 40 lines, and says what each of the three functions
computes. Here the matrix of windows, which holds every pixel KH·KW/stride² times over, is made a
few images at a time, and folding adds nothing at a place that another thread adds to: the sums have
one order, and equal inputs give equal bits.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import cupy
import numpy as np

from minigan.kernels.geometry import Axis, Pair, axes_of, seen_once
from minigan.kernels.gpu.blas import matmul, product
from minigan.kernels.gpu.launch import THREADS, Kernel, owned, power_of_two
from minigan.kernels.layout import channels_last

# Bytes of windows at a time: enough rows for a matrix product that fills the GPU (4,096 of a kernel
# of 4×4×512), and little beside its memory.
WINDOW_BYTES = 1 << 27

_Geometry = np.dtype(
    [
        (name, "i4")
        for name in (
            *("count", "channels", "height", "width", "out_height", "out_width"),
            *("kernel_height", "kernel_width", "stride_height", "stride_width"),
            *("padding_height", "padding_width"),
        )
    ]
)
_windows = Kernel("windows.cu", "windows")
_fold = Kernel("windows.cu", "fold")


def conv2d(x: cupy.ndarray, weight: cupy.ndarray, stride: Pair, padding: Pair) -> cupy.ndarray:
    """x (N, C, H, W), weight (O, C, KH, KW) → (N, O, OH, OW): y = W kᵀ."""
    rows, columns = axes_of(x.shape[2:], weight.shape[2:], stride, padding)
    images, kernel = channels_last(x), _matrix(weight)
    seen = Windows(rows, columns, x.shape[1])
    y = cupy.empty((len(x), rows.out, columns.out, len(weight)), "float32")
    for some in seen.chunks(len(x)):
        product(seen.of(images[some]), kernel.T, y[some].reshape(-1, len(weight)))
    return y.transpose(0, 3, 1, 2)


def conv2d_input(
    y: cupy.ndarray, weight: cupy.ndarray, size: Pair, stride: Pair, padding: Pair
) -> cupy.ndarray:
    """y (N, O, OH, OW), weight (O, C, KH, KW) → (N, C, *size): x = fold(y k)."""
    outputs, kernel = channels_last(y), _matrix(weight)
    seen = Windows(*axes_of(size, weight.shape[2:], stride, padding), weight.shape[1])
    x = cupy.empty((len(y), *size, weight.shape[1]), "float32")
    for some in seen.chunks(len(y)):
        windows = seen.room_for(x[some])
        product(outputs[some].reshape(-1, len(weight)), kernel, windows)
        seen.fold(windows, x[some])
    return x.transpose(0, 3, 1, 2)


def conv2d_weight(
    x: cupy.ndarray, y: cupy.ndarray, kernel: Pair, stride: Pair, padding: Pair
) -> cupy.ndarray:
    """x (N, C, H, W), y (N, O, OH, OW) → (O, C, *kernel): k = yᵀ W."""
    if not len(x):
        return cupy.zeros((y.shape[1], x.shape[1], *kernel), "float32")
    images, outputs = channels_last(x), channels_last(y)
    seen = Windows(*axes_of(x.shape[2:], kernel, stride, padding), x.shape[1])
    parts = [
        matmul(outputs[some].reshape(-1, y.shape[1]).T, seen.of(images[some]))
        for some in seen.chunks(len(x))
    ]
    total = sum(parts[1:], parts[0])
    return owned(total.reshape(-1, *kernel, x.shape[1]).transpose(0, 3, 1, 2))


# -- windows and their transpose -------------------------------------------------------------------


@dataclass
class Windows:
    """What a kernel sees of images (H, W, C) at each place of the output."""

    rows: Axis
    columns: Axis
    channels: int

    def of(self, images: cupy.ndarray) -> cupy.ndarray:
        """(n, H, W, C) → (n·OH·OW, KH·KW·C)."""
        windows = self.room_for(images)
        if windows.size and not seen_once(self.rows, self.columns):
            grid, block = self._launch(len(windows), self.rows.kernel * self.columns.kernel)
            _windows(grid, block, images, windows, self._geometry(len(images)))
        return windows

    def fold(self, windows: cupy.ndarray, images: cupy.ndarray) -> None:
        """images (n, H, W, C) = for each pixel, the sum of what is in its places in the windows."""
        if images.size and not seen_once(self.rows, self.columns):
            grid, block = self._launch(images.size // self.channels, 1)
            _fold(grid, block, windows, images, self._geometry(len(images)))

    def room_for(self, images: cupy.ndarray) -> cupy.ndarray:
        """(n·OH·OW, KH·KW·C), to be filled: new memory, or the images' own where it is the same."""
        if seen_once(self.rows, self.columns):
            return images.reshape(-1, self._width())
        places = len(images) * self.rows.out * self.columns.out
        return cupy.empty((places, self._width()), "float32")

    def chunks(self, count: int) -> Iterator[slice]:
        """Ranges of images whose windows fit WINDOW_BYTES; never less than one image."""
        each = self.rows.out * self.columns.out * self._width() * 4
        step = max(WINDOW_BYTES // max(each, 1), 1)
        return (slice(first, min(first + step, count)) for first in range(0, count, step))

    def _width(self) -> int:
        return self.rows.kernel * self.columns.kernel * self.channels

    def _launch(self, places: int, taps: int) -> tuple[tuple[int], tuple[int, int, int]]:
        """The grid and the block for so many windows or pixels: channels × taps × places.

        Channels first, up to the 32 whose floats make one line of memory; then taps; and as many
        places as fill the block, but no more than the 64 that CUDA allows along z.
        """
        channels = power_of_two(self.channels, 32)
        taps = power_of_two(taps, THREADS // channels)
        each = min(THREADS // (channels * taps), 64)
        return (-(-places // each),), (channels, taps, each)

    def _geometry(self, count: int) -> np.ndarray:
        axes = self.rows, self.columns
        sizes = [count, self.channels]
        for name in ("size", "out", "kernel", "stride", "padding"):
            sizes += [getattr(axis, name) for axis in axes]
        return np.array(tuple(sizes), _Geometry)


# -- layout ----------------------------------------------------------------------------------------


def _matrix(weight: cupy.ndarray) -> cupy.ndarray:
    """(O, C, KH, KW) → (O, KH·KW·C), dense."""
    return channels_last(weight).reshape(len(weight), -1)
