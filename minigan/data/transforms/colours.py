"""The colours of an image: grey, brighter, of other hues; and blurred."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigan.data import drawing
from minigan.data.refusals import Unfit, WrongType
from minigan.data.resampling import gaussian_matrix
from minigan.data.transforms import tints
from minigan.data.transforms.base import Transform, on_host, pair, probability


class Grayscale(Transform):
    """Luminance 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), in 1 channel or repeated in 3.

    Of a picture as Pillow reckons it; of a tensor with 0.2989, as PyTorch does, cut off to the
    whole numbers below where they are whole. Of a tensor with one channel nothing is repeated.
    Raises WrongType for tensors of other than 1 or 3 channels.
    """

    def __init__(self, num_output_channels: int = 1):
        if num_output_channels not in (1, 3):
            raise Unfit(f"Grayscale: num_output_channels is {num_output_channels}; it is 1 or 3")
        self.channels = num_output_channels

    def apply(self, batch: np.ndarray) -> np.ndarray:
        if batch.dtype != np.uint8:
            return self.tensor(batch)
        if batch.shape[1] >= 3:  # Pillow's sum, in whole numbers
            red, green, blue = (batch[:, c : c + 1].astype(np.uint32) for c in range(3))
            batch = (red * 19595 + green * 38470 + blue * 7471 + 0x8000 >> 16).astype(np.uint8)
        return batch[:, :1].repeat(self.channels, axis=1)

    def picture(self, image: Any) -> Any:
        return grey_picture(image, self.channels)

    def tensor(self, array: np.ndarray) -> np.ndarray:
        tints.check("Grayscale", array)
        grey = tints.grey(array)
        return grey if array.shape[-3] == 1 else grey.repeat(self.channels, axis=-3)


def grey_picture(image: Any, channels: int) -> Any:
    """The picture in L, or for 3 channels in RGB, by Pillow."""
    try:
        grey = image.convert("L")
    except ValueError as error:
        raise Unfit(f"Grayscale: a picture of mode {image.mode}: {error}") from None
    return grey if channels == 1 else grey.convert("RGB")


class RandomGrayscale(Transform):
    """Grey with probability p, in as many channels as before."""

    def __init__(self, p: float = 0.1):
        self.p = probability("RandomGrayscale", p)

    def apply(self, batch: np.ndarray) -> np.ndarray:
        if batch.dtype != np.uint8:
            return np.stack([self.tensor(image) for image in batch])
        return on_host(batch, self.picture)

    def picture(self, image: Any) -> Any:
        channels = 1 if len(image.getbands()) == 1 else 3
        return grey_picture(image, channels) if drawing.chance(self.p) else image

    def tensor(self, array: np.ndarray) -> np.ndarray:
        if not drawing.chance(self.p):
            return array
        tints.check("RandomGrayscale", array)
        return tints.grey(array).repeat(array.shape[-3], axis=-3)


class ColorJitter(Transform):
    """Brightness, contrast, saturation and hue, each by a factor drawn anew, in random order.

    The first three: (low, high) of the factor, or x for [max(0, 1 - x), 1 + x]. hue: (low, high)
    within [-0.5, 0.5], or x for [-x, x], in turns of the colour circle.
    Raises Unfit for bounds that cannot be, and for pictures of modes other than L, LA, RGB, RGBA.
    """

    def __init__(
        self,
        brightness: float | Sequence[float] = 0,
        contrast: float | Sequence[float] = 0,
        saturation: float | Sequence[float] = 0,
        hue: float | Sequence[float] = 0,
    ):
        self.brightness = _bounds("brightness", brightness)
        self.contrast = _bounds("contrast", contrast)
        self.saturation = _bounds("saturation", saturation)
        self.hue = _bounds("hue", hue, 0.0, -0.5, 0.5)

    def apply(self, batch: np.ndarray) -> np.ndarray:
        if batch.dtype == np.uint8:
            return on_host(batch, self.picture)
        return np.stack([self.tensor(image) for image in batch])

    def picture(self, image: Any) -> Any:
        tints.check_picture("ColorJitter", image)
        return self._drawn(image, tints.OF_PICTURES)

    def tensor(self, array: np.ndarray) -> np.ndarray:
        tints.check("ColorJitter", array)
        return self._drawn(array, tints.OF_TENSORS)

    def _drawn(self, image: Any, adjust: dict[str, Callable]) -> Any:
        for place in drawing.permutation(4).tolist():
            name = ("brightness", "contrast", "saturation", "hue")[place]
            bounds = getattr(self, name)
            if bounds is not None:
                image = adjust[name](image, drawing.uniform(*bounds)[0])
        return image


def _bounds(
    name: str, value: Any, centre: float = 1.0, least: float = 0.0, most: float = np.inf
) -> tuple[float, float] | None:
    """(low, high) of a factor; None where it changes nothing."""
    if isinstance(value, (list, tuple)) and len(value) == 2:
        low, high = map(float, value)
    elif isinstance(value, (int, float)):
        if value < 0:
            raise Unfit(f"ColorJitter: {name} is {value}; one number must be at least 0")
        low, high = centre - value, centre + value
        low = max(low, 0.0) if name != "hue" else low
    else:
        raise WrongType(f"ColorJitter: {name} is {value!r}; it must be a number or (low, high)")
    if not least <= low <= high <= most:
        raise Unfit(f"ColorJitter: {name} is {value}; it must lie within [{least}, {most}]")
    return None if low == high == centre else (low, high)


class GaussianBlur(Transform):
    """Blur by a Gaussian of standard deviation `sigma`, cut off beyond `kernel_size` pixels.

    `kernel_size` is odd, one number or (width, height). `sigma` is a number, or (lowest, highest)
    to draw one for each image. The image goes on beyond its edge mirrored. SciPy's filter, applied
    to each unit vector, gives the matrix of an axis.
    Raises Unfit where the image is too small to mirror half a kernel.
    """

    def __init__(
        self, kernel_size: int | Sequence[int], sigma: float | Sequence[float] = (0.1, 2.0)
    ):
        widths = pair("GaussianBlur: kernel_size", kernel_size, least=0)
        low, high = sigma if isinstance(sigma, (list, tuple)) and len(sigma) == 2 else (sigma,) * 2
        if any(width % 2 == 0 for width in widths) or not 0 < low <= high:  # type: ignore[operator]
            raise Unfit(
                f"GaussianBlur: kernel_size {kernel_size} must be odd and sigma "
                f"{sigma} positive, the lower one first"
            )
        self.radii = (widths[0] // 2, widths[1] // 2)
        self.sigma = (float(low), float(high))  # type: ignore[arg-type]

    def apply(self, batch: np.ndarray) -> np.ndarray:
        low, high = self.sigma
        if low == high:
            return self.blurred(batch, low, low)
        sigmas = drawing.uniform(low, high, len(batch))
        return np.concatenate([self.blurred(batch[i : i + 1], s, s) for i, s in enumerate(sigmas)])

    def picture(self, image: Any) -> Any:
        tints.check_picture("GaussianBlur", image)
        return super().picture(image)

    def blurred(self, batch: np.ndarray, along: float, down: float) -> np.ndarray:
        """The batch in its type, by a sigma for each axis.

        Whole numbers are reckoned in float64: they round alike however many threads add them up.
        """
        height, width = batch.shape[2:]
        if self.radii[1] >= height or self.radii[0] >= width:
            raise Unfit(
                f"GaussianBlur: a kernel of {2 * self.radii[0] + 1}×{2 * self.radii[1] + 1} is too "
                f"wide for an image of {width}×{height}"
            )
        rows, columns = (
            gaussian_matrix(size, sigma, radius)
            for size, radius, sigma in (
                (height, self.radii[1], down),
                (width, self.radii[0], along),
            )
        )
        whole = batch.dtype.kind != "f"
        wide = batch.astype("float64" if whole else np.result_type(batch, np.float32), copy=False)
        blurred = rows.astype(wide.dtype) @ (wide @ columns.astype(wide.dtype).T)
        return (np.rint(blurred) if whole else blurred).astype(batch.dtype, copy=False)
