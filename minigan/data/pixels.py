"""Kinds of images, each made of another: PIL's, arrays of bytes (C, H, W), tensors."""

from typing import TYPE_CHECKING, Any

import numpy as np

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap

if TYPE_CHECKING:
    from PIL.Image import Image


def to_array(value: Any) -> np.ndarray:
    """The host array of a Tensor, or of anything that NumPy makes an array of."""
    return B.to_host(value.array) if hasattr(value, "array") else np.asarray(value)


def to_tensor(array: np.ndarray) -> Tensor:
    """A host array as a tensor: sharing its memory, or a copy on the GPU."""
    return wrap(B.to_device(array))


def channels_first(image: np.ndarray) -> np.ndarray:
    """(H, W) or (H, W, C) as (C, H, W)."""
    return image[None] if image.ndim == 2 else image.transpose(2, 0, 1)


def is_pil(image: object) -> bool:
    """Whether it is a PIL image, told without importing PIL."""
    return hasattr(image, "getbands")


def to_pil(array: np.ndarray) -> "Image":
    """Bytes (C, H, W) of 1, 3 or 4 channels as a PIL image."""
    from PIL import Image

    if len(array) == 1:
        return Image.fromarray(array[0])
    return Image.fromarray(np.ascontiguousarray(array.transpose(1, 2, 0)))


def from_pil(image: "Image") -> np.ndarray:
    """A PIL image of any mode as bytes (C, H, W): grey in 1 channel, else RGB or RGBA."""
    image = eight_bits(image)
    if image.mode not in ("L", "RGB", "RGBA"):
        image = image.convert("L" if image.mode in ("1", "F") else "RGB")
    pixels = np.array(image)
    return pixels[None] if pixels.ndim == 2 else np.ascontiguousarray(pixels.transpose(2, 0, 1))


def eight_bits(image: "Image") -> "Image":
    """Grey images of 16 bits as 8: Pillow's own conversion would cut off all above 255."""
    from PIL import Image

    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8))
