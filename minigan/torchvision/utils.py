"""torchvision.utils: many images as one picture, and pictures on disk."""

import math
from collections.abc import Sequence
from typing import Any

import numpy

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap

__all__ = ["make_grid", "save_image"]


def make_grid(
    tensor: Tensor | Sequence[Tensor],
    nrow: int = 8,
    padding: int = 2,
    normalize: bool = False,
    value_range: tuple[float, float] | None = None,
    scale_each: bool = False,
    pad_value: float = 0.0,
) -> Tensor:
    """Images side by side, nrow in a row, as one image (C, height, width); grey ones as RGB.

    tensor: (N, C, H, W), (C, H, W), (H, W), or a list of (C, H, W). A single image gets no border.
    normalize: value_range, by default the smallest and largest value, becomes [0, 1]; with
    scale_each for each image on its own. padding: the border's width in pixels, of pad_value.
    """
    images = _batch(tensor)
    xp = B.module_of(images)
    if normalize:
        parts = images if scale_each else [images]
        scaled = xp.stack([_unit(part, value_range) for part in parts])
        images = scaled.reshape(images.shape)
    count, channels, height, width = images.shape
    if count == 1:
        return wrap(images[0])
    columns = min(nrow, count)
    rows = math.ceil(count / columns)
    step_y, step_x = height + padding, width + padding
    shape = (channels, rows * step_y + padding, columns * step_x + padding)
    grid = xp.full(shape, pad_value, images.dtype)
    for number in range(count):
        row, column = divmod(number, columns)
        top, left = row * step_y + padding, column * step_x + padding
        grid[:, top : top + height, left : left + width] = images[number]
    return wrap(grid)


def save_image(
    tensor: Tensor | Sequence[Tensor], fp: Any, format: str | None = None, **options: Any
) -> None:
    """Write make_grid(tensor, **options), whose values are meant within [0, 1], to an image file.

    fp: a path, whose ending names the format, or an open file with `format`.
    """
    from PIL import Image

    grid = B.to_host(make_grid(tensor, **options).array)
    pixels = numpy.clip(grid * 255.0 + 0.5, 0.0, 255.0).astype(numpy.uint8)
    Image.fromarray(pixels.transpose(1, 2, 0)).save(fp, format=format)


def _batch(tensor: Tensor | Sequence[Tensor]) -> B.Array:
    """Whatever make_grid takes as an array (N, C, H, W) with more than one channel."""
    if isinstance(tensor, Tensor):
        images = tensor.array
    else:
        images = B.xp.stack([image.array for image in tensor])
    if not 2 <= images.ndim <= 4:
        raise ValueError(f"make_grid: images (N, C, H, W) are needed, not the shape {images.shape}")
    images = images.reshape(*[1] * (4 - images.ndim), *images.shape)
    return images.repeat(3, axis=1) if images.shape[1] == 1 else images


def _unit(images: B.Array, value_range: tuple[float, float] | None) -> B.Array:
    """The values within value_range, or from the smallest to the largest, brought to [0, 1]."""
    low, high = value_range or (float(images.min()), float(images.max()))
    return (images.clip(low, high) - low) / max(high - low, 1e-5)
