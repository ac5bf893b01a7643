"""torchvision.transforms.functional: the transforms that draw nothing, as functions."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigan.autograd.tape import mode as tape_mode
from minigan.autograd.tensor import Tensor
from minigan.data import pixels
from minigan.data import transforms as T
from minigan.data.refusals import Unfit, WrongType
from minigan.data.transforms import InterpolationMode, places, tints

__all__ = [
    "InterpolationMode", "adjust_brightness", "adjust_contrast", "adjust_hue",
    "adjust_saturation", "affine", "center_crop", "convert_image_dtype", "crop", "gaussian_blur",
    "get_dimensions", "get_image_num_channels", "get_image_size", "hflip", "normalize", "pad",
    "pil_to_tensor", "resize", "resized_crop", "rgb_to_grayscale", "rotate", "to_grayscale",
    "to_pil_image", "to_tensor", "vflip",
]  # fmt: skip

BILINEAR, NEAREST = InterpolationMode.BILINEAR, InterpolationMode.NEAREST


def to_tensor(pic: Any) -> Any:
    """ToTensor"""
    return T.ToTensor()(pic)


def pil_to_tensor(pic: Any) -> Any:
    """PILToTensor"""
    return T.PILToTensor()(pic)


def convert_image_dtype(image: Any, dtype: Any = "float32") -> Any:
    """ConvertImageDtype"""
    return T.ConvertImageDtype(dtype)(image)


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """ToPILImage"""
    return T.ToPILImage(mode)(pic)


def normalize(tensor: Any, mean: Any, std: Any, inplace: bool = False) -> Any:
    """Normalize"""
    return T.Normalize(mean, std, inplace)(tensor)


def resize(
    img: Any,
    size: int | Sequence[int],
    interpolation: Any = BILINEAR,
    max_size: int | None = None,
    antialias: bool | None = True,
) -> Any:
    """Resize"""
    return T.Resize(size, interpolation, max_size, antialias)(img)


def center_crop(img: Any, output_size: int | Sequence[int]) -> Any:
    """CenterCrop"""
    return T.CenterCrop(output_size)(img)


def pad(
    img: Any, padding: int | Sequence[int], fill: Any = 0, padding_mode: str = "constant"
) -> Any:
    """Pad"""
    return T.Pad(padding, fill, padding_mode)(img)


def crop(img: Any, top: int, left: int, height: int, width: int) -> Any:
    """A piece of the image from (top, left) on; what lies outside of the image is 0."""
    _, tall, wide = get_dimensions(img)
    if pixels.is_pil(img):
        return places.cut(img, top, left, height, width)
    bottom, right = top + height, left + width
    border = (max(0, -left), max(0, -top), max(0, right - wide), max(0, bottom - tall))
    if any(border):
        img = pad(img, border)
    return places.cut(img, max(top, 0), max(left, 0), height, width)


def resized_crop(
    img: Any,
    top: int,
    left: int,
    height: int,
    width: int,
    size: int | Sequence[int],
    interpolation: Any = BILINEAR,
    antialias: bool | None = True,
) -> Any:
    """crop, then Resize"""
    return resize(crop(img, top, left, height, width), size, interpolation, None, antialias)


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """Grayscale"""
    return T.Grayscale(num_output_channels)(img)


def to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """Grayscale, of pictures alone"""
    if not pixels.is_pil(img):
        raise WrongType("to_grayscale takes a PIL image; rgb_to_grayscale takes tensors")
    return T.Grayscale(num_output_channels)(img)


def gaussian_blur(img: Any, kernel_size: Any, sigma: Any = None) -> Any:
    """GaussianBlur; sigma: one number, or (along, down), by default 0.15·kernel_size + 0.35."""
    widths = [*kernel_size] if isinstance(kernel_size, (list, tuple)) else [kernel_size]
    if sigma is None:
        sigma = [width * 0.15 + 0.35 for width in widths]
    sigmas = [*sigma] if isinstance(sigma, (list, tuple)) else [sigma]
    if len(sigmas) not in (1, 2) or min(sigmas) <= 0:
        raise Unfit(f"gaussian_blur: sigma is {sigma}; it must be one or two numbers above 0")
    return _Blur(widths, float(sigmas[0]), float(sigmas[-1]))(img)


class _Blur(T.GaussianBlur):
    def __init__(self, widths: Any, along: float, down: float):
        super().__init__(widths, 1.0)
        self.both = along, down

    def apply(self, batch: np.ndarray) -> np.ndarray:
        return self.blurred(batch, *self.both)


def hflip(img: Any) -> Any:
    """Mirrored, left to right."""
    return T.RandomHorizontalFlip(1.0)(img)


def vflip(img: Any) -> Any:
    """Mirrored, top to bottom."""
    return T.RandomVerticalFlip(1.0)(img)


def rotate(
    img: Any,
    angle: float,
    interpolation: Any = NEAREST,
    expand: bool = False,
    center: Sequence[float] | None = None,
    fill: Any = None,
) -> Any:
    """A picture turned by `angle` degrees against the clock."""
    turn = T.RandomRotation(0, interpolation, expand, center, fill)
    _check_picture(turn, img)
    return turn.turned(img, angle)


def affine(
    img: Any,
    angle: float,
    translate: Sequence[int],
    scale: float,
    shear: float | Sequence[float],
    interpolation: Any = NEAREST,
    fill: Any = None,
    center: Sequence[float] | None = None,
) -> Any:
    """A picture turned with the clock, shifted by pixels, scaled and sheared by degrees."""
    if scale <= 0:
        raise Unfit(f"affine: scale is {scale}; it must be above 0")
    both: Any = [*shear, 0.0][:2] if isinstance(shear, (list, tuple)) else [shear, 0.0]
    move = T.RandomAffine(0, interpolation=interpolation, fill=fill, center=center)
    _check_picture(move, img)
    return move.moved(img, angle, translate, scale, both)


def _check_picture(transform: T.Transform, img: Any) -> None:
    """Raises what the transform says to anything else."""
    if not pixels.is_pil(img):
        transform.tensor(np.empty(0))


def adjust_brightness(img: Any, brightness_factor: float) -> Any:
    """Mixed with black: factor·x."""
    return _adjusted("brightness", img, brightness_factor)


def adjust_contrast(img: Any, contrast_factor: float) -> Any:
    """Mixed with the mean of its grey."""
    return _adjusted("contrast", img, contrast_factor)


def adjust_saturation(img: Any, saturation_factor: float) -> Any:
    """Mixed with its own grey."""
    return _adjusted("saturation", img, saturation_factor)


def adjust_hue(img: Any, hue_factor: float) -> Any:
    """Its colours moved on by a part of the colour circle, within [-0.5, 0.5]."""
    return _adjusted("hue", img, hue_factor)


def _adjusted(name: str, img: Any, factor: float) -> Any:
    adjust: Callable = (tints.OF_PICTURES if pixels.is_pil(img) else tints.OF_TENSORS)[name]
    if pixels.is_pil(img):
        tints.check_picture(f"adjust_{name}", img)
        return adjust(img, factor)
    if not isinstance(img, Tensor):
        raise WrongType(f"adjust_{name} takes a PIL image or a tensor, not {type(img).__name__}")
    if img.requires_grad and tape_mode.recording:
        raise Unfit(f"adjust_{name} would lose the gradient of this tensor: detach() it")
    array = pixels.to_array(img)
    tints.check(f"adjust_{name}", array)
    return pixels.to_tensor(np.ascontiguousarray(adjust(array, factor)))


def get_dimensions(img: Any) -> list[int]:
    """[channels, height, width]"""
    if pixels.is_pil(img):
        return [len(img.getbands()), img.height, img.width]
    if not isinstance(img, Tensor):
        raise WrongType(f"a PIL image or a tensor is needed, not {type(img).__name__}")
    if img.ndim < 2:
        raise WrongType(f"a tensor of shape {tuple(img.shape)} is no image")
    return [1 if img.ndim == 2 else img.shape[-3], img.shape[-2], img.shape[-1]]


def get_image_size(img: Any) -> list[int]:
    """[width, height]"""
    _, height, width = get_dimensions(img)
    return [width, height]


def get_image_num_channels(img: Any) -> int:
    """The number of channels, or bands."""
    return get_dimensions(img)[0]
