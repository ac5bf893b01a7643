"""How like its original an image is: PSNR and SSIM. Host-side NumPy and SciPy."""

from typing import Any

import numpy as np

from minigan.data.refusals import Unfit
from minigan.metrics.rows import host

REACH = 5  # pixels on either side of SSIM's window


def _arrays(a: Any, b: Any, span: float) -> tuple[np.ndarray, np.ndarray]:
    x, y = (host(values).astype(np.float64) for values in (a, b))
    if x.shape != y.shape or x.ndim != 4:
        raise Unfit(f"expected two batches (N, C, H, W), got {x.shape} and {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise Unfit("pixels that are not finite have no likeness: leave such images out")
    if not 0.0 < span < np.inf:
        raise Unfit(f"span is {span!r}; it is the width of the range of values, above 0")
    return x, y


def psnr(images: Any, originals: Any, span: float = 2.0) -> np.ndarray:
    """10·log₁₀(span² / mean (x - y)²) for each image: decibels, (N); equal images give inf.

    span is the width of the range of values: 2 for images in [-1, 1], 255 for bytes. Raises Unfit,
    a ValueError, unless both are batches (N, C, H, W) of one shape, their values are finite and the
    span is above 0.
    """
    x, y = _arrays(images, originals, span)
    with np.errstate(divide="ignore"):
        return 10.0 * np.log10(span**2 / ((x - y) ** 2).mean((1, 2, 3)))


def ssim(images: Any, originals: Any, span: float = 2.0) -> np.ndarray:
    """Structural similarity of each image with its original, (N), 1 for equal ones.

    (2μxμy + c₁)(2σxy + c₂) / ((μx² + μy² + c₁)(σx² + σy² + c₂)), averaged over positions and
    channels; moments under a Gaussian window of σ = 1.5 and 11×11 pixels, c₁ = (0.01·span)²,
    c₂ = (0.03·span)². Wang et al., IEEE Transactions on Image Processing 13, 2004. Raises Unfit, a
    ValueError, as `psnr` does, and for images that the window does not fit into.
    """
    from scipy.ndimage import gaussian_filter

    x, y = _arrays(images, originals, span)
    if min(x.shape[2:]) <= 2 * REACH:
        raise Unfit(f"images of {x.shape[2]}×{x.shape[3]}: SSIM's window takes 11×11 or more")

    def local(v: np.ndarray) -> np.ndarray:
        return gaussian_filter(v, (0, 0, 1.5, 1.5), truncate=3.5)[..., REACH:-REACH, REACH:-REACH]

    mx, my = local(x), local(y)
    vx, vy, vxy = local(x * x) - mx * mx, local(y * y) - my * my, local(x * y) - mx * my
    c1, c2 = (0.01 * span) ** 2, (0.03 * span) ** 2
    index = (2 * mx * my + c1) * (2 * vxy + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    return index.mean((1, 2, 3))
