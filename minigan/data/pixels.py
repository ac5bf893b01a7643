"""Kinds of images, each made of another: PIL's, arrays (C, H, W), tensors."""

from typing import TYPE_CHECKING, Any

import numpy as np

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.data.refusals import Unfit

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
    """Bytes (C, H, W) of 1 to 4 channels as a PIL image: L, LA, RGB or RGBA."""
    from PIL import Image

    if not 1 <= len(array) <= 4:
        raise Unfit(f"{len(array)} channels of bytes make no picture; 1 to 4 do")
    if len(array) == 1:
        return Image.fromarray(np.ascontiguousarray(array[0]))
    return Image.fromarray(np.ascontiguousarray(array.transpose(1, 2, 0)))


def from_pil(image: "Image") -> np.ndarray:
    """The numbers in a PIL image, (C, H, W), a copy: bytes, each band a channel.

    Mode 1 gives bool, I int32, F float32, I;16 uint16. Raises Unfit for the other order of bytes.
    """
    array = np.asarray(image)
    if not array.dtype.isnative or array.dtype.kind == "V":
        raise Unfit(
            f"a picture of mode {image.mode} has its bytes in another order than this machine: "
            'bring it to convert("I") or convert("L") before'
        )
    return np.array(channels_first(array), order="C")
