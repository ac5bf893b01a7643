"""From one kind of image to another: PIL images, tensors of bytes, of floats."""

from typing import Any

import numpy as np

from minigan.autograd.tape import mode
from minigan.autograd.tensor import Tensor
from minigan.data import pixels
from minigan.data.refusals import Unfit, WrongType
from minigan.data.transforms.base import Transform


class ToTensor(Transform):
    """A picture as a float32 Tensor (C, H, W) in [0, 1]: its bytes / 255.

    It takes a PIL image or an array (H, W) or (H, W, C). Only bytes are scaled: a 32-bit image (I)
    comes out as int32, one of 16 bits as int16, one of floats (F) and an array of another type as
    they are. Of other modes each band is a channel: P gives the numbers of its palette, CMYK 4.

    Raises WrongType for a tensor, Unfit for 16-bit values beyond int16.
    """

    def apply(self, batch: np.ndarray) -> np.ndarray:
        if batch.dtype != np.uint8:
            raise WrongType("ToTensor: these are tensors already; leave one of the ToTensor out")
        return _unit(batch)

    def picture(self, image: Any) -> Any:
        return pixels.to_tensor(self.one(image))

    def one(self, image: Any) -> np.ndarray:
        if not pixels.is_pil(image):
            return self.apply(image)
        array = pixels.from_pil(image)
        if array.dtype == np.bool_:
            array = array.astype(np.uint8) * np.uint8(255)
        if array.dtype == np.uint16:
            if array.max(initial=0) > np.iinfo(np.int16).max:
                raise Unfit(
                    f"ToTensor: a 16-bit picture with values up to {array.max()} does not fit into "
                    "int16: use PILToTensor(), which gives uint16, or bring it to bytes before"
                )
            array = array.astype(np.int16)
        return _unit(array) if array.dtype == np.uint8 else array

    def __call__(self, image: Any) -> Any:
        if pixels.is_pil(image):
            return self.picture(image)
        if not isinstance(image, np.ndarray):
            raise WrongType(
                f"ToTensor takes a PIL image or an array, not {type(image).__name__}; a tensor "
                "needs none, one of bytes ConvertImageDtype()"
            )
        if image.ndim == 4:  # a batch (N, C, H, W), of minigan's own
            return pixels.to_tensor(self.apply(image))
        if image.ndim not in (2, 3):
            raise Unfit(f"ToTensor takes arrays (H, W) or (H, W, C), not the shape {image.shape}")
        array = np.ascontiguousarray(pixels.channels_first(image))
        return pixels.to_tensor(_unit(array) if array.dtype == np.uint8 else array.copy())


def _unit(array: np.ndarray) -> np.ndarray:
    unit = array.astype(np.float32)
    unit /= 255.0
    return unit


class PILToTensor:
    """A PIL image as a Tensor (C, H, W) of the numbers in it: uint8, and bool of mode 1, int32 of
    I, uint16 of 16 bits, float32 of F."""

    def __call__(self, pic: Any) -> Tensor:
        if not pixels.is_pil(pic):
            raise WrongType(f"PILToTensor takes a PIL image, not {type(pic).__name__}")
        return pixels.to_tensor(pixels.from_pil(pic))


class ConvertImageDtype:
    """A tensor image in another type, scaled so that white stays white: 255 of uint8 is 1.0.

    Raises Unfit from float32 to int32 and int64, and from float64 to int64, which it cannot fill.
    """

    def __init__(self, dtype: Any):
        self.dtype = np.dtype(getattr(dtype, "dtype", dtype))

    def __call__(self, image: Any) -> Tensor:
        if not isinstance(image, Tensor):
            raise WrongType(
                f"ConvertImageDtype takes a tensor, not {type(image).__name__}: put PILToTensor() "
                "before it"
            )
        if image.requires_grad and mode.recording and image.dtype != self.dtype:
            raise Unfit("ConvertImageDtype would lose the gradient of this tensor: detach() it")
        return pixels.to_tensor(converted(pixels.to_array(image), self.dtype))


def converted(array: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """The values of an image in another type, the largest to the largest."""
    source = array.dtype
    if source == dtype:
        return array
    if source.kind == dtype.kind == "f":
        return array.astype(dtype)
    if source.kind == "f":
        if dtype.itemsize == 8 or (source.itemsize, dtype.itemsize) == (4, 4):
            raise Unfit(f"ConvertImageDtype: {source} cannot tell all values of {dtype} apart")
        return (array * source.type(largest(dtype) + 1.0 - 1e-3)).astype(dtype)
    most = largest(source)
    if dtype.kind == "f":
        return array.astype(dtype) / dtype.type(most)
    target = largest(dtype)
    if most > target:
        return (array // ((most + 1) // (target + 1))).astype(dtype)
    return array.astype(dtype) * dtype.type((target + 1) // (most + 1))


def largest(dtype: np.dtype) -> int:
    """White: 1 for floats and bool, else the largest number of the type."""
    return int(np.iinfo(dtype).max) if dtype.kind in "iu" else 1


MODES = {1: ("L",), 2: ("LA",), 3: ("RGB", "YCbCr", "HSV"), 4: ("RGBA", "CMYK", "RGBX")}
ALONE = {"uint8": "L", "int16": "I;16", "int32": "I", "float32": "F"}  # the mode of one channel


class ToPILImage:
    """A PIL image, from a Tensor (C, H, W) or (H, W), or an array (H, W) or (H, W, C).

    Floats in [0, 1] become bytes, unless mode is "F". `mode` says what the channels mean: of three
    RGB, YCbCr or HSV, of four RGBA, CMYK or RGBX. Raises Unfit for a mode that does not fit, and
    WrongType for numbers of another type.
    """

    def __init__(self, mode: str | None = None):
        self.mode = mode

    def __call__(self, pic: Any) -> Any:
        from PIL import Image

        if not isinstance(pic, (Tensor, np.ndarray)):
            raise WrongType(f"ToPILImage takes a tensor or an array, not {type(pic).__name__}")
        array = pixels.to_array(pic)
        if array.ndim not in (2, 3):
            raise Unfit(
                f"ToPILImage takes one image of 2 or 3 dimensions, not the shape {array.shape}"
            )
        if array.ndim == 2:
            array = array[:, :, None]
        elif isinstance(pic, Tensor):
            array = array.transpose(1, 2, 0)
        channels = array.shape[2]
        if channels not in MODES:
            raise Unfit(f"ToPILImage: {channels} channels; a picture has 1 to 4")
        if array.dtype.kind == "f" and self.mode != "F":
            with np.errstate(invalid="ignore"):  # what lies outside of [0, 1] wraps around
                array = (array * 255).astype(np.uint8)
        kind = array.dtype.name
        possible = (ALONE.get(kind),) if channels == 1 else MODES[channels]
        if possible == (None,) or (channels > 1 and kind != "uint8"):
            raise WrongType(f"ToPILImage: {channels} channel(s) of {kind} make no picture")
        if self.mode not in (None, *possible):
            raise Unfit(
                f"ToPILImage: mode {self.mode} does not fit {channels} channel(s) of {kind}: "
                f"choose {' or '.join(map(str, possible))}"
            )
        array = np.ascontiguousarray(array[:, :, 0] if channels == 1 else array)
        if channels == 1:
            return Image.fromarray(array.view(np.uint16) if kind == "int16" else array)
        size = (array.shape[1], array.shape[0])
        return Image.frombytes(str(self.mode or possible[0]), size, array.tobytes())
