"""Pieces of an image from a random place: of a given size, or of any and brought to one."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigan.autograd.tensor import Tensor
from minigan.data import drawing
from minigan.data.refusals import Unfit, WrongType, flag
from minigan.data.transforms.base import Transform, pair
from minigan.data.transforms.places import Pad, cut
from minigan.data.transforms.sizes import InterpolationMode, Resize


class RandomCrop(Transform):
    """A piece of `size` (H, W) from a place drawn for each image, after a border of `padding`.

    pad_if_needed: an image that is still too small gets what it lacks on both sides. fill and
    padding_mode: of the borders, as Pad's. Raises Unfit for a piece larger than the image.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        padding: int | Sequence[int] | None = None,
        pad_if_needed: bool = False,
        fill: float | Sequence[float] = 0,
        padding_mode: str = "constant",
    ):
        self.size = pair("RandomCrop: size", size)
        self.padding = None if padding is None else Pad(padding, fill, padding_mode)
        self.pad_if_needed = flag("RandomCrop: pad_if_needed", pad_if_needed)
        self.fill, self.mode = fill, padding_mode
        Pad(0, fill, padding_mode)  # raises for those that cannot be

    def apply(self, batch: np.ndarray) -> np.ndarray:
        for border in self._borders(*batch.shape[2:]):
            batch = border.apply(batch)
        self._check(*batch.shape[2:])
        windows = np.lib.stride_tricks.sliding_window_view(batch, self.size, axis=(2, 3))
        tops, lefts = (drawing.integers(0, places, len(batch)) for places in windows.shape[2:4])
        return windows[np.arange(len(batch)), :, tops, lefts]

    def picture(self, image: Any) -> Any:
        for border in self._borders(image.height, image.width):
            image = border.picture(image)
        return cut(image, *self._place(image.height, image.width), *self.size)

    def tensor(self, array: np.ndarray) -> np.ndarray:
        for border in self._borders(*array.shape[-2:]):
            array = border.tensor(array)
        return np.ascontiguousarray(cut(array, *self._place(*array.shape[-2:]), *self.size))

    def recorded(self, tensor: Tensor) -> Tensor:
        if list(self._borders(*tensor.shape[-2:])):
            return super().recorded(tensor)
        return cut(tensor, *self._place(*tensor.shape[-2:]), *self.size)

    def _borders(self, height: int, width: int) -> list[Pad]:
        found = []
        if self.padding is not None:
            found.append(self.padding)
            height += self.padding.top + self.padding.bottom
            width += self.padding.left + self.padding.right
        if self.pad_if_needed and width < self.size[1]:
            found.append(Pad((self.size[1] - width, 0), self.fill, self.mode))
        if self.pad_if_needed and height < self.size[0]:
            found.append(Pad((0, self.size[0] - height), self.fill, self.mode))
        return found

    def _place(self, height: int, width: int) -> tuple[int, int]:
        self._check(height, width)
        top = drawing.integers(0, height - self.size[0] + 1)[0]
        return top, drawing.integers(0, width - self.size[1] + 1)[0]

    def _check(self, height: int, width: int) -> None:
        if self.size[0] > height or self.size[1] > width:
            raise Unfit(
                f"RandomCrop: a piece of {self.size} does not fit into an image of "
                f"{(height, width)}; put Resize before it, choose a smaller size, or "
                "pad_if_needed=True"
            )


class RandomResizedCrop(Transform):
    """A piece of random area and shape, brought to `size`.

    scale: the least and greatest share of the image's area. ratio: of width to height, likewise,
    drawn evenly on a scale of logarithms. Ten draws that do not fit are followed by the largest
    piece in the middle. Raises Unfit for bounds in the wrong order.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        scale: Sequence[float] = (0.08, 1.0),
        ratio: Sequence[float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: Any = InterpolationMode.BILINEAR,
        antialias: bool | None = True,
    ):
        self.size = pair("RandomResizedCrop: size", size)
        for name, bounds in (("scale", scale), ("ratio", ratio)):
            if not isinstance(bounds, (list, tuple)):
                raise WrongType(f"RandomResizedCrop: {name} is {bounds!r}; it must be two numbers")
            if len(bounds) != 2 or not 0 < bounds[0] <= bounds[1]:
                raise Unfit(
                    f"RandomResizedCrop: {name} is {bounds}; it must be two numbers above 0, the "
                    "lower one first"
                )
        self.scale, self.ratio = scale, ratio
        self.resize = Resize(self.size, interpolation, antialias=antialias)

    def apply(self, batch: np.ndarray) -> np.ndarray:
        height, width = batch.shape[2:]
        pieces = [cut(image[None], *self._place(height, width)) for image in batch]
        return np.concatenate([self.resize.apply(piece) for piece in pieces])

    def picture(self, image: Any) -> Any:
        return self.resize.picture(cut(image, *self._place(image.height, image.width)))

    def tensor(self, array: np.ndarray) -> np.ndarray:
        return self.resize.tensor(cut(array, *self._place(*array.shape[-2:])))

    def recorded(self, tensor: Tensor) -> Tensor:
        return self.resize.recorded(cut(tensor, *self._place(*tensor.shape[-2:])))

    def _place(self, height: int, width: int) -> tuple[int, int, int, int]:
        """top, left, height and width of a piece."""
        shapes = math.log(self.ratio[0]), math.log(self.ratio[1])
        for _ in range(10):
            area = height * width * drawing.uniform(self.scale[0], self.scale[1])[0]
            ratio = math.exp(drawing.uniform(*shapes)[0])
            w, h = round(math.sqrt(area * ratio)), round(math.sqrt(area / ratio))
            if 0 < w <= width and 0 < h <= height:
                top = drawing.integers(0, height - h + 1)[0]
                return top, drawing.integers(0, width - w + 1)[0], h, w
        within = width / height
        w, h = width, height
        if within < self.ratio[0]:
            h = round(w / self.ratio[0])
        elif within > self.ratio[1]:
            w = round(h * self.ratio[1])
        return (height - h) // 2, (width - w) // 2, h, w
