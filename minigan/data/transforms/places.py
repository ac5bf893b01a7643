"""Which pixels an image keeps, and where they go: borders, pieces, mirrors."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.autograd.tensor import Tensor
from minigan.data import drawing, pixels
from minigan.data.refusals import Unfit, WrongType
from minigan.data.transforms.base import Transform, pair, probability
from minigan.ops.shape import take

PADDED = ("1", "L", "P", "LA", "RGB", "RGBA", "I", "F", "I;16")  # modes that arrays tell of


def cut(image: Any, top: int, left: int, height: int, width: int) -> Any:
    """A piece of a PIL image, or of an array or Tensor (…, H, W) that it lies within."""
    if pixels.is_pil(image):
        return image.crop((left, top, left + width, top + height))
    return image[..., top : top + height, left : left + width]


class RandomHorizontalFlip(Transform):
    """Mirrors each image, left to right, with probability p."""

    mirrored: Any = (..., slice(None, None, -1))
    pillows = 0  # FLIP_LEFT_RIGHT

    def __init__(self, p: float = 0.5):
        self.p = probability(type(self).__name__, p)

    def apply(self, batch: np.ndarray) -> np.ndarray:
        flipped = B.to_host(drawing.generator().bernoulli(self.p, (len(batch),)))
        batch[flipped] = batch[flipped][self.mirrored]
        return batch

    def picture(self, image: Any) -> Any:
        return image.transpose(self.pillows) if drawing.chance(self.p) else image

    def recorded(self, tensor: Tensor) -> Tensor:
        return take(tensor, self.mirrored).clone() if drawing.chance(self.p) else tensor


class RandomVerticalFlip(RandomHorizontalFlip):
    """Mirrors each image, top to bottom, with probability p."""

    mirrored = (..., slice(None, None, -1), slice(None))
    pillows = 1  # FLIP_TOP_BOTTOM


class Pad(Transform):
    """A border: `padding` is one width, (left and right, top and bottom), or
    (left, top, right, bottom).

    padding_mode: "constant", of `fill`, a number or for pictures one for each band; "edge", the
    outermost pixels; "reflect" and "symmetric", mirrored without and with them.
    Raises Unfit for widths that cannot be, WrongType for a fill that cannot.
    """

    def __init__(
        self,
        padding: int | Sequence[int],
        fill: float | Sequence[float] | None = 0,
        padding_mode: str = "constant",
    ):
        sides: list[Any] = list(padding) if isinstance(padding, (list, tuple)) else [padding]
        if len(sides) not in (1, 2, 4) or not all(hasattr(side, "__index__") for side in sides):
            raise (Unfit if isinstance(padding, (list, tuple)) else WrongType)(
                f"Pad: padding is {padding!r}; it must be a whole number, or 1, 2 or 4 of them"
            )
        if min(sides) < 0:
            raise Unfit(f"Pad: padding {padding} is negative; cut pieces off with a crop")
        if padding_mode not in ("constant", "edge", "reflect", "symmetric"):
            raise Unfit(
                f"Pad: padding_mode is {padding_mode!r}; choose constant, edge, reflect or "
                "symmetric"
            )
        if not isinstance(fill, (int, float, list, tuple, type(None))):
            raise WrongType(f"Pad: fill is {fill!r}; it must be a number, or one for each band")
        self.left, self.top, self.right, self.bottom = map(int, (sides * 4)[:4])
        self.fill: Any = 0 if fill is None else fill
        self.mode: Any = padding_mode

    def apply(self, batch: np.ndarray) -> np.ndarray:
        if batch.dtype != np.uint8:
            return self.tensor(batch)
        if self.mode != "constant":
            return self._padded(batch, 0)
        fills = bands(self.fill, batch.shape[1])
        if len(set(fills)) == 1:
            return self._padded(batch, int(fills[0]))
        channels = zip(np.moveaxis(batch, 1, 0), fills, strict=True)
        return np.stack([self._padded(channel, int(fill)) for channel, fill in channels], axis=1)

    def tensor(self, array: np.ndarray) -> np.ndarray:
        if self.mode == "constant" and not isinstance(self.fill, (int, float)):
            raise WrongType(
                f"Pad: a tensor's border has one fill, not {self.fill}: put Pad before ToTensor"
            )
        room = {"reflect": -1, "symmetric": 0}.get(self.mode, math.inf)
        height, width = array.shape[-2:]
        if max(self.top, self.bottom) > height + room or max(self.left, self.right) > width + room:
            raise Unfit(
                f"Pad: a border of {(self.left, self.top, self.right, self.bottom)} is too wide to "
                f"mirror an image of {height}×{width} in it"
            )
        return self._padded(array, self.fill)

    def picture(self, image: Any) -> Any:
        from PIL import Image, ImageOps

        border = (self.left, self.top, self.right, self.bottom)
        if self.mode == "constant":
            made = ImageOps.expand(image, border, fill_of(image, self.fill))
        elif image.mode in PADDED:
            array = np.asarray(image)
            made = Image.fromarray(
                self._padded(array, 0) if array.ndim == 2 else
                self._padded(array.transpose(2, 0, 1), 0).transpose(1, 2, 0).copy()
            )  # fmt: skip
        else:
            raise Unfit(
                f'Pad: padding_mode {self.mode} of a picture of mode {image.mode}: convert("RGB")'
            )
        if image.mode == "P":
            made.putpalette(image.getpalette())
        return made

    def _padded(self, array: np.ndarray, fill: Any) -> np.ndarray:
        border = [(0, 0)] * (array.ndim - 2)
        border += [(self.top, self.bottom), (self.left, self.right)]
        if self.mode == "constant":
            return np.pad(array, border, constant_values=fill)
        return np.pad(array, border, mode=self.mode)


def bands(fill: float | Sequence[float], count: int) -> tuple[float, ...]:
    """A fill for each of `count` bands, from one number or as many."""
    values = tuple(fill) if isinstance(fill, (list, tuple)) else (fill,)
    if len(values) not in (1, count):
        raise Unfit(f"a fill of {len(values)} numbers does not fit {count} band(s): {fill}")
    return values * count if len(values) == 1 else values


def fill_of(image: Any, fill: float | Sequence[float]) -> Any:
    """The fill of a PIL image as Pillow takes it: whole numbers, but for floats."""
    values = bands(fill, len(image.getbands()))
    whole = values if image.mode == "F" else tuple(map(int, values))
    return whole[0] if len(whole) == 1 else whole


class CenterCrop(Transform):
    """The middle of the image; `size`: (H, W) or one number. A smaller image gets a border of 0."""

    def __init__(self, size: int | Sequence[int]):
        self.size = pair("CenterCrop: size", size)

    def apply(self, batch: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(self._centre(batch, batch.shape[2:]))

    def picture(self, image: Any) -> Any:
        return self._centre(image, (image.height, image.width))

    def recorded(self, tensor: Tensor) -> Tensor:
        if self.size[0] > tensor.shape[-2] or self.size[1] > tensor.shape[-1]:
            return super().recorded(tensor)
        return self._centre(tensor, tensor.shape[-2:])

    def _centre(self, image: Any, shape: tuple[int, ...]) -> Any:
        lacks = [max(0, side - there) for side, there in zip(self.size, shape, strict=True)]
        if any(lacks):
            before, after = [n // 2 for n in lacks], [(n + 1) // 2 for n in lacks]
            border = Pad((before[1], before[0], after[1], after[0]))
            image = border.picture(image) if pixels.is_pil(image) else border.apply(image)
        height, width = (there + lack for there, lack in zip(shape, lacks, strict=True))
        top, left = round((height - self.size[0]) / 2), round((width - self.size[1]) / 2)
        return cut(image, top, left, *self.size)
