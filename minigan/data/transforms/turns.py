"""Turned and sheared pictures, by Pillow."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigan.data import drawing
from minigan.data.refusals import Unfit, WrongType
from minigan.data.transforms.base import Transform, on_host
from minigan.data.transforms.places import fill_of
from minigan.data.transforms.sizes import PILLOWS, InterpolationMode, interpolation_of


class _OfPictures(Transform):
    """A transform that only pictures have."""

    def __init__(self, interpolation: Any, center: Sequence[float] | None, fill: Any):
        name = type(self).__name__
        self.interpolation = interpolation_of(name, interpolation)
        self.pillows = PILLOWS[self.interpolation.value]
        if self.pillows not in (0, 2, 3):
            raise Unfit(f"{name}: interpolation has to be nearest, bilinear or bicubic")
        if center is not None and (not isinstance(center, (list, tuple)) or len(center) != 2):
            raise Unfit(f"{name}: center is {center!r}; it must be (x, y)")
        if not isinstance(fill, (int, float, list, tuple, type(None))):
            raise WrongType(f"{name}: fill is {fill!r}; it must be a number, or one for each band")
        self.center, self.fill = center, 0 if fill is None else fill

    def apply(self, batch: np.ndarray) -> np.ndarray:
        return on_host(batch, self.picture) if batch.dtype == np.uint8 else self.tensor(batch)

    def tensor(self, array: np.ndarray) -> np.ndarray:
        raise WrongType(
            f"{type(self).__name__} takes PIL images alone: put it before ToTensor(), or "
            "ToPILImage() before it"
        )


def span(what: str, value: Any, symmetric: bool = True) -> tuple[float, float]:
    """(low, high) from two numbers, or from one above 0 as (-x, x)."""
    if isinstance(value, (int, float)):
        if value < 0 or not symmetric:
            raise Unfit(f"{what} is {value}; one number must be at least 0, or give (low, high)")
        return -float(value), float(value)
    if not isinstance(value, (list, tuple)):
        raise WrongType(f"{what} is {value!r}; it must be a number or (low, high)")
    if len(value) != 2 or value[0] > value[1]:
        raise Unfit(f"{what} is {value}; it must be (low, high)")
    return float(value[0]), float(value[1])


class RandomRotation(_OfPictures):
    """Turned against the clock by an angle drawn from `degrees`, (low, high) or ±one number.

    expand: the picture grows to hold all of itself. center: (x, y) to turn about, by default the
    middle. fill: of what was not in the picture, a number or one for each band. It takes pictures;
    tensors are refused.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        interpolation: Any = InterpolationMode.NEAREST,
        expand: bool = False,
        center: Sequence[float] | None = None,
        fill: Any = 0,
    ):
        super().__init__(interpolation, center, fill)
        self.degrees, self.expand = span("RandomRotation: degrees", degrees), bool(expand)

    def apply(self, batch: np.ndarray) -> np.ndarray:
        if self.expand:
            raise Unfit("RandomRotation: with expand pictures get unlike sizes; add a CenterCrop")
        return super().apply(batch)

    def picture(self, image: Any) -> Any:
        return self.turned(image, drawing.uniform(*self.degrees)[0])

    def turned(self, image: Any, angle: float) -> Any:
        """The picture turned by `angle` degrees."""
        fill = fill_of(image, self.fill)
        return image.rotate(angle, self.pillows, self.expand, self.center, fillcolor=fill)


class RandomAffine(_OfPictures):
    """Turned, shifted, scaled and sheared about `center`, each by a draw of its own.

    degrees: as RandomRotation's; with the clock. translate: the greatest shifts, as shares of width
    and height. scale: the least and greatest factor. shear: degrees along x, ±one number or
    (low, high), with two more along y. It takes pictures; tensors are refused.
    """

    def __init__(
        self,
        degrees: float | Sequence[float],
        translate: Sequence[float] | None = None,
        scale: Sequence[float] | None = None,
        shear: float | Sequence[float] | None = None,
        interpolation: Any = InterpolationMode.NEAREST,
        fill: Any = 0,
        center: Sequence[float] | None = None,
    ):
        super().__init__(interpolation, center, fill)
        self.degrees = span("RandomAffine: degrees", degrees)
        if translate is not None and (
            len(translate) != 2 or not all(0.0 <= share <= 1.0 for share in translate)
        ):
            raise Unfit(f"RandomAffine: translate is {translate}; two shares within [0, 1]")
        if scale is not None and span("RandomAffine: scale", scale, False)[0] <= 0:
            raise Unfit(f"RandomAffine: scale is {scale}; the factors must be above 0")
        self.translate, self.scale = translate, scale
        self.shear: list[tuple[float, float]] = []
        if isinstance(shear, (list, tuple)) and len(shear) == 4:
            self.shear = [span("RandomAffine: shear", tuple(shear[i : i + 2])) for i in (0, 2)]
        elif shear is not None:
            self.shear = [span("RandomAffine: shear", shear)]

    def picture(self, image: Any) -> Any:
        angle, shift, scale = drawing.uniform(*self.degrees)[0], [0, 0], 1.0
        if self.translate is not None:
            most = (self.translate[0] * image.width, self.translate[1] * image.height)
            shift = [round(drawing.uniform(-m, m)[0]) for m in most]
        if self.scale is not None:
            scale = drawing.uniform(self.scale[0], self.scale[1])[0]
        shear = [drawing.uniform(*bounds)[0] for bounds in self.shear]
        return self.moved(image, angle, shift, scale, [*shear, 0.0, 0.0][:2])

    def moved(
        self, image: Any, angle: float, shift: Sequence[float], scale: float, shear: Sequence[float]
    ) -> Any:
        """The picture under shift · centre · turn · shear · scale · centre⁻¹."""
        x, y = self.center or (image.width * 0.5, image.height * 0.5)
        turn, along, down = (math.radians(degrees) for degrees in (angle, *shear))
        there, back = np.eye(3), np.eye(3)
        there[:2, 2], back[:2, 2] = (x + shift[0], y + shift[1]), (-x, -y)
        # The shear along y leaves the turned y axis where it is; then comes that along x.
        a, b = math.cos(turn - down) / math.cos(down), math.sin(turn - down) / math.cos(down)
        c, d = -a * math.tan(along) - math.sin(turn), -b * math.tan(along) + math.cos(turn)
        middle = np.array([[a * scale, c * scale, 0.0], [b * scale, d * scale, 0.0], [0, 0, 1.0]])
        inverse = np.linalg.inv(there @ middle @ back)  # Pillow asks where each pixel comes from
        data = tuple(inverse[:2].ravel().tolist())
        fill = fill_of(image, self.fill)
        return image.transform(image.size, 0, data, self.pillows, fillcolor=fill)
