"""Resizing and blurring as linear maps along the axes of images: a matrix for each axis."""

import functools
from collections.abc import Callable

import numpy as np

ONE = 1 << 22  # Pillow's weights are whole multiples of 1 / ONE
AT_ONCE = 1 << 20  # pixels that are resized at a time


def _cubic(x: np.ndarray, a: float = -0.5) -> np.ndarray:
    """Keys' cubic, which is 0 beyond 2."""
    x = np.abs(x)
    near = ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0
    far = ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a
    return np.where(x < 1.0, near, np.where(x < 2.0, far, 0.0))


KERNELS: dict[int, Callable[[np.ndarray], np.ndarray] | None] = {  # by Pillow's numbers
    0: None,
    1: lambda x: np.where(np.abs(x) < 3.0, np.sinc(x) * np.sinc(x / 3.0), 0.0),
    2: lambda x: np.maximum(0.0, 1.0 - np.abs(x)),
    3: _cubic,
    4: lambda x: np.where((x > -0.5) & (x <= 0.5), 1.0, 0.0),
    5: lambda x: np.where(np.abs(x) < 1.0, np.sinc(x) * (0.54 + 0.46 * np.cos(np.pi * x)), 0.0),
}


@functools.lru_cache(maxsize=64)
def resize_matrix(source: int, target: int, kind: int = 2) -> np.ndarray:
    """(target, source) float64: each new pixel's weights, by default a triangle around its place.

    Pixel i stands at (i + ½)·scale - ½ of the old ones, scale = source / target; the kernel is
    `scale` times as wide where the image shrinks. Weights add up to 1. Without a kernel the nearest
    pixel is taken.
    """
    scale = source / target
    centre = (np.arange(target)[:, None] + 0.5) * scale - 0.5
    kernel = KERNELS[kind]
    if kernel is None:
        steps = np.full(target, scale)
        steps[0] /= 2.0  # Pillow goes from centre to centre, and so do its last digits
        nearest = np.cumsum(steps).astype(np.int64)[:, None].clip(0, source - 1)
        return (np.arange(source) == nearest).astype(np.float64)
    weights = kernel((np.arange(source) - centre) / max(scale, 1.0))
    return weights / weights.sum(axis=1, keepdims=True)


@functools.lru_cache(maxsize=64)
def tensor_matrix(source: int, target: int, mode: str, antialias: bool) -> np.ndarray:
    """(target, source) float32: each new pixel's weights as PyTorch's interpolate takes them.

    Averaged, bilinear and bicubic are Pillow's. Without, the kernel keeps its width, the cubic has
    a = -3/4, and weights that fall beyond the edge go to the pixel at the edge. nearest takes the
    pixel at ⌊i·scale⌋, nearest-exact that at ⌊(i + ½)·scale⌋, both reckoned in float32.
    """
    if mode.startswith("nearest"):
        shift = np.float32(0.5 if mode == "nearest-exact" else 0.0)
        scale = np.float32(source) / np.float32(target)
        places = np.floor((np.arange(target, dtype=np.float32) + shift) * scale)
        nearest = places.astype(np.int64)[:, None].clip(0, source - 1)
        return (np.arange(source) == nearest).astype(np.float32)
    if antialias:
        return resize_matrix(source, target, {"bilinear": 2, "bicubic": 3}[mode]).astype(np.float32)
    centre = (np.arange(target) + 0.5) * (source / target) - 0.5
    if mode == "bilinear":
        centre = centre.clip(0.0)
    first = np.floor(centre).astype(np.int64)
    matrix = np.zeros((target, source))
    for step in (0, 1) if mode == "bilinear" else (-1, 0, 1, 2):
        x = centre - (first + step)
        weight = 1.0 - np.abs(x) if mode == "bilinear" else _cubic(x, -0.75)
        np.add.at(matrix, (np.arange(target), (first + step).clip(0, source - 1)), weight)
    return matrix.astype(np.float32)


@functools.lru_cache(maxsize=64)
def gaussian_matrix(size: int, sigma: float, radius: int) -> np.ndarray:
    """(size, size): column j is the blurred unit vector j. A tiny sigma blurs nothing."""
    from scipy.ndimage import gaussian_filter1d

    return gaussian_filter1d(np.eye(size), max(sigma, 1e-3), axis=0, mode="mirror", radius=radius)


def along_axes(images: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """rows · image · columnsᵀ of each image of bytes: (h, H) (N, C, H, W) (W, w).

    As Pillow computes it, to the last bit: columns first, rounded to bytes before the rows follow,
    weights as whole multiples of 2⁻²². So sums are whole numbers, exact in float64 in any order.
    """
    down, right = np.rint(rows * ONE), np.rint(columns * ONE).T
    (n, channels, height, width), sides = images.shape, (len(rows), len(columns))
    made = np.empty((n, channels, *sides), np.uint8)
    step = max(1, AT_ONCE // (channels * max(height, sides[0]) * max(width, sides[1])))
    for some in (slice(i, i + step) for i in range(0, n, step)):
        wide = _rounded(images[some].reshape(-1, width).astype(np.float64) @ right)
        wide = wide.reshape(-1, channels, height, sides[1])
        made[some] = _rounded(down @ wide)
    return made


def _rounded(sums: np.ndarray) -> np.ndarray:
    """Sums of bytes times multiples of 2⁻²² as bytes again, a half rounded up: float64."""
    sums += ONE // 2
    return np.floor(np.divide(sums, ONE, out=sums), out=sums).clip(0.0, 255.0, out=sums)
