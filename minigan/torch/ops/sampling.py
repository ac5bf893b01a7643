"""Images read at places between their pixels, which a network may choose: spatial transformers.

Jaderberg et al., arXiv 1506.02025. All is composed of ops, so that the places learn as well as the
images, and gradients have gradients.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import MisfitError, check_tensors
from minigan.ops.linear import matmul
from minigan.ops.shape import reshape, swapaxes
from minigan.torch.ops.elementwise import where
from minigan.torch.ops.index import gather
from minigan.torch.ops.mixture import CUBIC
from minigan.torch.ops.refused import check_floats
from minigan.torch.ops.repeat import expand
from minigan.torch.ops.size import whole_numbers
from minigan.torch.ops.steps import floor, fmod, remainder, round

PADDINGS = ("zeros", "border", "reflection")


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """Where theta (N, 2, 3) maps the pixels of images of this size (N, C, H, W): (N, H, W, 2).

    A place is (x, y), from -1 at the left and top edge to 1; with align_corners these are the
    centres of the corner pixels. For grid_sample. MisfitError for other shapes.
    """
    check_tensors("affine_grid", theta)
    check_floats("affine_grid", theta)
    sizes = whole_numbers(size)
    if len(sizes) != 4 or theta.shape != (sizes[0], 2, 3) or min(sizes) < 1:
        raise MisfitError(
            f"affine_grid: theta {theta.shape} for images of {tuple(sizes)}: it takes (N, 2, 3) "
            f"for (N, C, H, W) of at least one pixel; volumes are not here"
        )
    corners = _of_corners("affine_grid", align_corners)
    n, _, h, w = sizes
    y, x = (np.linspace(-1.0, 1.0, k) if k > 1 else np.zeros(1) for k in (h, w))
    if not corners:
        y, x = y * ((h - 1) / h), x * ((w - 1) / w)
    places = np.stack([*np.meshgrid(x, y), np.ones((h, w))], -1).reshape(h * w, 3)
    base = wrap(B.to_device(places.astype(theta.dtype)))
    return reshape(matmul(base, swapaxes(theta, 1, 2)), n, h, w, 2)


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: str = "bilinear",
    padding_mode: str = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The images (N, C, H, W) at the places of a grid (N, OH, OW, 2): (N, C, OH, OW).

    A place is (x, y) as in affine_grid. mode: "bilinear", "nearest" or "bicubic" (a = -3/4).
    padding_mode: what lies outside, "zeros", "border" or "reflection". MisfitError for
    other shapes.
    """
    check_tensors("grid_sample", input, grid)
    check_floats("grid_sample", input, grid)
    if input.ndim != 4 or grid.ndim != 4 or grid.shape[3] != 2 or len(input) != len(grid):
        raise MisfitError(
            f"grid_sample: images {input.shape} at a grid {grid.shape}: it takes (N, C, H, W) and "
            f"(N, OH, OW, 2); volumes are not here"
        )
    if input.dtype != grid.dtype or 0 in input.shape[1:]:
        raise MisfitError(
            f"grid_sample: images {input.dtype} {input.shape} at a grid of {grid.dtype}: they are "
            f"of one dtype, with at least one pixel"
        )
    if mode not in MODES or padding_mode not in PADDINGS:
        raise ValueError(
            f"grid_sample: mode {mode!r} is one of {', '.join(MODES)}, padding_mode "
            f"{padding_mode!r} one of {', '.join(PADDINGS)}"
        )
    corners = _of_corners("grid_sample", align_corners)
    axes = [_Axis(size, padding_mode, corners) for size in (input.shape[3], input.shape[2])]
    x, y = (axis.place(grid[..., i]) for i, axis in enumerate(axes))
    return MODES[mode](_Pixels(input, axes), x, y)


def _of_corners(name: str, align_corners: bool | None) -> bool:
    if align_corners is None:
        warnings.warn(
            f"{name}: align_corners is False where it is not given, and was True before PyTorch "
            f"1.3: say which is meant",
            stacklevel=3,
        )
    return bool(align_corners)


class _Axis:
    """An axis of `size` pixels: where -1 … 1 lies on it, and what stands for places outside."""

    def __init__(self, size: int, padding: str, corners: bool):
        self.size, self.padding, self.corners = size, padding, corners

    def place(self, x: Tensor) -> Tensor:
        """In pixels, the first one at 0."""
        if self.corners:
            return (x + 1.0) * ((self.size - 1) / 2.0)
        return ((x + 1.0) * self.size - 1.0) / 2.0

    def inside(self, x: Tensor) -> Tensor:
        """x, or the place within the image that stands for it; of zeros x itself."""
        if self.padding == "reflection":
            x = self._reflected(x)
        return x if self.padding == "zeros" else _held(x, self.size - 1)

    def _reflected(self, x: Tensor) -> Tensor:
        """Between the edges, as between two mirrors: the pixels' centres, or their outer sides."""
        low, span = (0.0, self.size - 1.0) if self.corners else (-0.5, float(self.size))
        if span == 0.0:
            return x * 0.0
        far = (x - low).abs()
        rest, odd = fmod(far, span), remainder(floor(far / span), 2.0) != 0
        return where(odd, span - rest, rest) + low


def _held(x: Tensor, most: int) -> Tensor:
    """x within [0, most]; of slope 0 at the bounds too, and 0 for what is no number."""
    free = (x > 0.0) & (x < float(most))
    return where(free, x, where(x > 0.0, float(most), 0.0))


class _Pixels:
    """The pixels of images, by whole places."""

    def __init__(self, images: Tensor, axes: list[_Axis]):
        n, c, h, w = images.shape
        self.flat, (self.columns, self.rows) = reshape(images, n, c, h * w), axes

    def at(self, x: Tensor, y: Tensor) -> Tensor:
        """Those at (x, y), whole numbers (N, OH, OW), and 0 outside: (N, C, OH, OW)."""
        width, height = self.columns.size, self.rows.size
        seen = (x >= 0.0) & (x < width) & (y >= 0.0) & (y < height)
        column, row = (where(seen, v.detach(), 0.0).array.astype("int64") for v in (x, y))
        n, c, _ = self.flat.shape
        places = wrap((row * width + column).reshape(n, 1, -1))
        values = gather(self.flat, 2, expand(places, n, c, -1))
        return where(seen.unsqueeze(1), reshape(values, n, c, *x.shape[1:]), 0.0)

    def by(self, x: Tensor, y: Tensor) -> Tensor:
        """Those that stand for whole places which may lie outside."""
        return self.at(self.columns.inside(x), self.rows.inside(y))


def _nearest(pixels: _Pixels, x: Tensor, y: Tensor) -> Tensor:
    return pixels.at(round(pixels.columns.inside(x)), round(pixels.rows.inside(y)))


def _bilinear(pixels: _Pixels, x: Tensor, y: Tensor) -> Tensor:
    x, y = pixels.columns.inside(x), pixels.rows.inside(y)
    left, top = floor(x.detach()), floor(y.detach())
    right, below = (x - left).unsqueeze(1), (y - top).unsqueeze(1)
    upper = pixels.at(left, top) * (1.0 - right) + pixels.at(left + 1.0, top) * right
    lower = pixels.at(left, top + 1.0) * (1.0 - right) + pixels.at(left + 1.0, top + 1.0) * right
    return upper * (1.0 - below) + lower * below


def _bicubic(pixels: _Pixels, x: Tensor, y: Tensor) -> Tensor:
    left, top = floor(x.detach()), floor(y.detach())
    across, down = (_weights((v - at).unsqueeze(1)) for v, at in ((x, left), (y, top)))
    rows = []
    for j, weight in enumerate(down):
        row = [pixels.by(left + (i - 1.0), top + (j - 1.0)) * w for i, w in enumerate(across)]
        rows.append((row[0] + row[1] + row[2] + row[3]) * weight)
    return rows[0] + rows[1] + rows[2] + rows[3]


def _weights(t: Tensor) -> list[Tensor]:
    """Of the pixels at -1, 0, 1 and 2, for a place at t within [0, 1)."""
    near, far = CUBIC
    return [far(1.0 + t), near(t), near(1.0 - t), far(2.0 - t)]


MODES: dict[str, Callable[..., Any]] = {
    "bilinear": _bilinear,
    "nearest": _nearest,
    "bicubic": _bicubic,
}
