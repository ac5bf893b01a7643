"""torchvision.utils: many images as one picture, and pictures on disk."""

from collections.abc import Sequence
from typing import Any

import numpy

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.data.refusals import Unfit, WrongType, whole
from minigan.pictures import tiled

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
    nrow, padding = whole("make_grid: nrow", nrow, 1), whole("make_grid: padding", padding, 0)
    if normalize:
        _check_range(images, value_range)
        parts = images if scale_each else [images]
        scaled = B.module_of(images).stack([_unit(part, value_range) for part in parts])
        images = scaled.reshape(images.shape)
    return wrap(images[0] if len(images) == 1 else tiled(images, nrow, padding, pad_value))


def save_image(
    tensor: Tensor | Sequence[Tensor], fp: Any, format: str | None = None, **options: Any
) -> None:
    """Write make_grid(tensor, **options), whose values are meant within [0, 1], to an image file.

    fp: a path, whose ending names the format, or an open file with `format`. Raises WrongType for
    whole numbers, Unfit for channels that no picture has.
    """
    from PIL import Image

    grid = B.to_host(make_grid(tensor, **options).array)
    if grid.dtype.kind != "f":
        raise WrongType(f"save_image takes floats in [0, 1], not {grid.dtype}: divide bytes by 255")
    if grid.shape[0] not in (2, 3, 4):
        raise Unfit(f"save_image: {grid.shape[0]} channels make no picture; 1, 3 or 4 do")
    with numpy.errstate(invalid="ignore"):  # what is not a number becomes some byte
        pixels = numpy.clip(grid * 255.0 + 0.5, 0.0, 255.0).astype(numpy.uint8)
    Image.fromarray(numpy.ascontiguousarray(pixels.transpose(1, 2, 0))).save(fp, format=format)


def _batch(tensor: Any) -> B.Array:
    """Whatever make_grid takes as an array (N, C, H, W) with more than one channel."""
    if isinstance(tensor, Tensor):
        images = tensor.array
    elif isinstance(tensor, (list, tuple)) and all(isinstance(each, Tensor) for each in tensor):
        if len(shapes := {each.shape for each in tensor}) != 1:
            raise Unfit(f"make_grid: a list of images of one shape is needed, not of {shapes}")
        images = B.xp.stack([image.array for image in tensor])
    else:
        raise WrongType(
            f"make_grid takes a tensor or a list of tensors, not {type(tensor).__name__}"
        )
    if not 2 <= images.ndim <= 4 or not images.size:
        raise Unfit(f"make_grid: images (N, C, H, W) are needed, not the shape {images.shape}")
    images = images.reshape(*[1] * (4 - images.ndim), *images.shape)
    return images.repeat(3, axis=1) if images.shape[1] == 1 else images


def _check_range(images: B.Array, value_range: Any) -> None:
    if images.dtype.kind != "f":
        raise WrongType(f"make_grid: normalize takes floats, not {images.dtype}: make them float()")
    if value_range is not None and (not isinstance(value_range, tuple) or len(value_range) != 2):
        raise WrongType(f"make_grid: value_range is {value_range!r}; it must be (low, high)")


def _unit(images: B.Array, value_range: tuple[float, float] | None) -> B.Array:
    """The values within value_range, or from the smallest to the largest, brought to [0, 1]."""
    low, high = map(float, value_range or (images.min(), images.max()))
    return (images.clip(low, high) - low) / max(high - low, 1e-5)
