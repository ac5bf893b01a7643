"""From the bytes of images to what a network reads: each transform takes one image or a batch.

    transform = Compose([Resize(64), ToTensor(), Normalize(0.5, 0.5)])   # bytes → [-1, 1]

Called by a person, a transform takes a PIL image, or an array or Tensor (C, H, W) or (N, C, H, W),
and gives back the same kind; `ToTensor` turns bytes into a float32 Tensor in [0, 1]. A DataLoader
instead runs the list once on a whole batch of host arrays. Names and meanings are torchvision's.
"""

import enum
import math
import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan import backend as B
from minigan.data.pixels import channels_first, from_pil, is_pil, to_array, to_pil, to_tensor
from minigan.data.resampling import KERNELS, alike, along_axes, gaussian_matrix, resize_matrix
from minigan.errors import UserError

if TYPE_CHECKING:
    from PIL.Image import Image

    from minigan.backend.random import Generator


class Transform:
    """A map of images. Subclasses define `apply` for a whole batch."""

    def apply(self, batch: np.ndarray) -> np.ndarray:
        """The images (N, C, H, W), uint8 or float32, transformed; may write into `batch`."""
        raise NotImplementedError

    def one(self, image: Any) -> Any:
        """The same for one PIL image, or for an array (C, H, W) that may be overwritten."""
        if is_pil(image):
            return to_pil(self.apply(from_pil(image)[None])[0])
        return self.apply(image[None])[0]

    def __call__(self, image: Any) -> Any:
        if is_pil(image):
            return self.one(image)
        if isinstance(image, np.ndarray):
            return self._array(image.copy())
        return to_tensor(self._array(to_array(image).copy()))

    def _array(self, array: np.ndarray) -> np.ndarray:
        if array.ndim not in (3, 4):
            raise UserError(
                f"{type(self).__name__} takes images (C, H, W) or (N, C, H, W), "
                f"not the shape {array.shape}"
            )
        return self.apply(array) if array.ndim == 4 else self.one(array)


class Compose:
    """The transforms one after the other. Any callable of one image may be among them."""

    def __init__(self, transforms: Sequence[Callable]):
        self.transforms = list(transforms)

    def __call__(self, image: Any) -> Any:
        for transform in self.transforms:
            image = transform(image)
        return image


class Lambda:
    """Any function of one image: a PIL image before ToTensor, a Tensor (C, H, W) after it."""

    def __init__(self, function: Callable):
        self.function = function

    def __call__(self, image: Any) -> Any:
        return self.function(image)


class ToTensor(Transform):
    """Bytes 0 … 255 to float32 in [0, 1]: x / 255.

    Of one image: PIL, or an array (H, W) or (H, W, C), comes out as a Tensor (C, H, W). An array
    of another type than uint8 keeps its values, as float32.
    """

    def apply(self, batch: np.ndarray) -> np.ndarray:
        if batch.dtype != np.uint8:
            return batch.astype(np.float32, copy=False)
        unit = batch.astype(np.float32)
        unit /= 255.0
        return unit

    def one(self, image: Any) -> np.ndarray:
        return self.apply(from_pil(image) if is_pil(image) else image)

    def __call__(self, image: Any) -> Any:
        if isinstance(image, np.ndarray) and image.ndim in (2, 3):
            image = channels_first(image)
        elif not is_pil(image) and not isinstance(image, np.ndarray):
            image = to_array(image)
        return to_tensor(np.ascontiguousarray(self.one(image)))


class ToPILImage:
    """A picture as PIL knows it: from a Tensor (C, H, W) in [0, 1] or of bytes, or from an array
    (H, W) or (H, W, C)."""

    def __init__(self, mode: str | None = None):
        self.mode = mode

    def __call__(self, picture: Any) -> "Image":
        array = to_array(picture)
        if isinstance(picture, np.ndarray):
            array = channels_first(array)
        elif array.ndim == 2:
            array = array[None]
        if array.dtype.kind == "f":
            array = (array * 255.0).astype(np.uint8)
        image = to_pil(array)
        return image if self.mode is None else image.convert(self.mode)


class Normalize(Transform):
    """(x - mean) / std, channel by channel; one number serves all channels.

    inplace is accepted, without effect.

    Raises UserError for a std of 0, for images still in bytes, or for another number of channels.
    """

    def __init__(
        self, mean: float | Sequence[float], std: float | Sequence[float], inplace: bool = False
    ):
        means, stds = np.atleast_1d(mean).tolist(), np.atleast_1d(std).tolist()
        if 0 in stds:
            raise UserError(f"Normalize: std {std} would divide by zero")
        self.mean, self.std = _per_channel(means), _per_channel(stds)
        # Multiplying is twice as fast, and for a power of two, as in [-1, 1], exactly the same.
        exact = all(math.frexp(std)[0] == 0.5 for std in stds)
        self.scale = _per_channel([1 / std for std in stds]) if exact else None
        self.channels = max(len(means), len(stds))

    def apply(self, batch: np.ndarray) -> np.ndarray:
        if batch.dtype.kind != "f":
            raise UserError("Normalize takes floats: put ToTensor() before it")
        if batch.ndim != 4 or self.channels not in (1, batch.shape[1]):
            raise UserError(f"Normalize has {self.channels} channel(s), the images {batch.shape}")
        batch -= self.mean
        if self.scale is not None:
            batch *= self.scale
        else:
            batch /= self.std
        return batch


class RandomHorizontalFlip(Transform):
    """Mirrors each image, left to right, with probability p."""

    mirrored: Any = (..., slice(None, None, -1))

    def __init__(self, p: float = 0.5):
        if not 0.0 <= p <= 1.0:
            raise UserError(f"{type(self).__name__}: p must be within [0, 1], not {p}")
        self.p = p

    def apply(self, batch: np.ndarray) -> np.ndarray:
        flipped = B.to_host(generator().bernoulli(self.p, (len(batch),)))
        batch[flipped] = batch[flipped][self.mirrored]
        return batch


class RandomVerticalFlip(RandomHorizontalFlip):
    """Mirrors each image, top to bottom, with probability p."""

    mirrored = (..., slice(None, None, -1), slice(None))


class RandomApply:
    """All of the transforms with probability p, else none of them."""

    def __init__(self, transforms: Sequence[Callable], p: float = 0.5):
        self.transforms, self.p = Compose(transforms), p

    def __call__(self, image: Any) -> Any:
        chosen = B.to_host(generator().bernoulli(self.p, (1,)))[0]
        return self.transforms(image) if chosen else image


class InterpolationMode(enum.Enum):
    """How Resize resamples."""

    NEAREST = "nearest"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    LANCZOS = "lanczos"


_PILLOWS = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3}  # Pillow's numbers


class Resize(Transform):
    """Resampling; where it shrinks, averaged over the pixels that fall together.

    `size`: (H, W), or one number for the shorter side, the other one following in proportion.
    `interpolation`: an InterpolationMode, or Pillow's number for it. antialias is accepted, without
    effect: there is always averaging.
    Resampling along an axis is linear, so a batch takes one matrix product for each axis.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        interpolation: Any = InterpolationMode.BILINEAR,
        max_size: None = None,
        antialias: bool | None = True,
    ):
        if min(size if isinstance(size, Sequence) else [size]) < 1:
            raise UserError(f"Resize: size {size} must be at least 1 pixel")
        self.size = size
        named = isinstance(interpolation, InterpolationMode)
        self.pillows = _PILLOWS[interpolation.value] if named else int(interpolation)
        if self.pillows not in KERNELS:
            raise UserError(f"Resize: interpolation {interpolation!r} is not known")

    def apply(self, batch: np.ndarray) -> np.ndarray:
        height, width = self._target(*batch.shape[2:])
        return along_axes(
            batch,
            resize_matrix(batch.shape[2], height, self.pillows),
            resize_matrix(batch.shape[3], width, self.pillows),
        )

    def one(self, image: Any) -> Any:
        if not is_pil(image):
            return super().one(image)
        height, width = self._target(image.height, image.width)
        return image.resize((width, height), self.pillows)

    def _target(self, height: int, width: int) -> tuple[int, int]:
        if isinstance(self.size, Sequence):
            return _pair(self.size)
        short = min(height, width)
        return int(self.size * height / short), int(self.size * width / short)


class CenterCrop(Transform):
    """The middle of the image; `size`: (H, W) or one number. Raises UserError if it is larger."""

    def __init__(self, size: int | Sequence[int]):
        self.size = _pair(size)

    def apply(self, batch: np.ndarray) -> np.ndarray:
        _check_fits(self, batch, self.size)
        height, width = self.size
        top = round((batch.shape[2] - height) / 2)
        left = round((batch.shape[3] - width) / 2)
        return np.ascontiguousarray(batch[:, :, top : top + height, left : left + width])


class Pad(Transform):
    """A border of `fill`: `padding` is one width, (left and right, top and bottom), or
    (left, top, right, bottom)."""

    def __init__(self, padding: int | Sequence[int], fill: float = 0):
        sides = [padding] * 4 if isinstance(padding, int) else list(padding)
        self.left, self.top, self.right, self.bottom = sides * 2 if len(sides) == 2 else sides
        self.fill = fill

    def apply(self, batch: np.ndarray) -> np.ndarray:
        border = ((0, 0), (0, 0), (self.top, self.bottom), (self.left, self.right))
        return np.pad(batch, border, constant_values=self.fill)


class RandomCrop(Transform):
    """A piece of `size` (H, W) from a place drawn for each image, after a border of `padding`."""

    def __init__(self, size: int | Sequence[int], padding: int | Sequence[int] = 0):
        self.size = _pair(size)
        self.pad = Pad(padding)

    def apply(self, batch: np.ndarray) -> np.ndarray:
        batch = self.pad.apply(batch)
        _check_fits(self, batch, self.size)
        windows = np.lib.stride_tricks.sliding_window_view(batch, self.size, axis=(2, 3))
        tops, lefts = (
            B.to_host(generator().integers(0, places, (len(batch),)))
            for places in windows.shape[2:4]
        )
        return windows[np.arange(len(batch)), :, tops, lefts]


class GaussianBlur(Transform):
    """Blur by a Gaussian of standard deviation `sigma`, cut off beyond `kernel_size` pixels.

    `kernel_size` is odd, one number or (width, height). `sigma` is a
    number, or (lowest, highest) to draw one for each image. The image goes on beyond its edge
    mirrored. SciPy's filter, applied to each unit vector, gives the matrix of an axis.
    """

    def __init__(
        self, kernel_size: int | Sequence[int], sigma: float | Sequence[float] = (0.1, 2.0)
    ):
        widths, (low, high) = _pair(kernel_size), _pair(sigma)
        if any(width < 1 or width % 2 == 0 for width in widths) or not 0 < low <= high:
            raise UserError(
                f"GaussianBlur: kernel_size {kernel_size} must be odd and sigma "
                f"{sigma} positive, the lower one first"
            )
        self.radii = (widths[0] // 2, widths[1] // 2)
        self.sigma = (float(low), float(high))

    def apply(self, batch: np.ndarray) -> np.ndarray:
        low, high = self.sigma
        if low == high:
            return self._blur(batch, low)
        sigmas = B.to_host(generator().uniform((len(batch),), low, high)).tolist()
        return np.concatenate([self._blur(batch[i : i + 1], s) for i, s in enumerate(sigmas)])

    def _blur(self, batch: np.ndarray, sigma: float) -> np.ndarray:
        height, width = batch.shape[2:]
        return along_axes(
            batch,
            gaussian_matrix(height, sigma, self.radii[1]),
            gaussian_matrix(width, sigma, self.radii[0]),
        )


class Grayscale(Transform):
    """Luminance 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601), in 1 channel or repeated in 3."""

    def __init__(self, num_output_channels: int = 1):
        self.channels = num_output_channels

    def apply(self, batch: np.ndarray) -> np.ndarray:
        if batch.shape[1] == 3:
            red, green, blue = (batch[:, c : c + 1].astype(np.float32) for c in range(3))
            batch = alike(red * 0.299 + green * 0.587 + blue * 0.114, batch)
        return batch.repeat(self.channels, axis=1) if self.channels > 1 else batch


# Running a transform on a batch ------------------------------------------------------------------


def steps(transform: Callable | None) -> list[Callable]:
    """The plain list of transforms in a Compose, however nested."""
    if isinstance(transform, Compose):
        return [step for inner in transform.transforms for step in steps(inner)]
    return [] if transform is None else [transform]


def is_batched(transform: Callable | None) -> bool:
    """Whether `run` calls nothing but this package's own transforms, on host arrays."""
    return all(isinstance(step, Transform) for step in steps(transform))


def run(transform: Callable | None, images: Any) -> np.ndarray:
    """A batch through its transforms: float32, mostly (n, C, H, W).

    `images` are bytes (n, C, H, W), given away, or PIL images of any sizes. A callable that knows
    only single images is called for each, and from there the images go one by one. Raises
    UserError when they end with different shapes.
    """
    for step in steps(transform):
        if not isinstance(step, Transform):
            images = [_from_custom(step(_for_custom(image))) for image in images]
        elif isinstance(images, np.ndarray):
            images = step.apply(images)
        else:
            images = [step.one(image) for image in images]
    if isinstance(images, list):
        arrays = [from_pil(image) if is_pil(image) else image for image in images]
        if len(shapes := {array.shape for array in arrays}) > 1:
            raise UserError(
                f"images of different shapes {sorted(shapes)[:4]} do not form a "
                "batch: add Resize(size) and CenterCrop(size) to their transform"
            )
        images = np.stack(arrays)
    return ToTensor().apply(images)


def _for_custom(image: Any) -> Any:
    """What code written for torchvision expects: PIL before ToTensor, then a Tensor."""
    if is_pil(image):
        return image
    return to_pil(image) if image.dtype == np.uint8 else to_tensor(image)


def _from_custom(image: Any) -> Any:
    """Its answer: a PIL image, an array (C, H, W) out of a Tensor, or bytes (H, W, C) as PIL."""
    if is_pil(image):
        return image
    if not isinstance(image, np.ndarray):
        return to_array(image)
    return to_pil(channels_first(image)) if image.dtype == np.uint8 else image


_source = threading.local()


class drawing_from:
    """Within this block, in this thread, random transforms draw from `source`."""

    def __init__(self, source: "Generator"):
        self.source = source

    def __enter__(self) -> None:
        _source.generator = self.source

    def __exit__(self, *error: object) -> None:
        _source.generator = None


def generator() -> "Generator":
    """Where random transforms draw from: the loader's stream for this batch, else the global."""
    from minigan.backend import random

    return getattr(_source, "generator", None) or random.default


# Arguments ---------------------------------------------------------------------------------------


def _pair(value: Any) -> tuple[Any, Any]:
    """(a, b) from a pair, or a number twice."""
    first, second = value if isinstance(value, Sequence) else (value, value)
    return first, second


def _per_channel(values: list[float]) -> float | np.ndarray:
    """A Python float where one number serves all (NumPy keeps float32 then), else (C, 1, 1)."""
    if len(set(values)) == 1:
        return float(values[0])
    return np.array(values, np.float32)[:, None, None]


def _check_fits(crop: Transform, batch: np.ndarray, size: tuple[int, int]) -> None:
    if size[0] > batch.shape[2] or size[1] > batch.shape[3]:
        raise UserError(
            f"{type(crop).__name__}: a piece of {size} does not fit into an image of "
            f"{batch.shape[2:]}; put Resize before it or choose a smaller size"
        )
