"""torchvision.transforms.functional: the transforms that draw nothing, as functions."""

from collections.abc import Sequence
from typing import Any

from minigan.data import transforms as T

__all__ = [
    "center_crop", "hflip", "normalize", "resize", "rgb_to_grayscale", "to_pil_image",
    "to_tensor", "vflip",
]  # fmt: skip


def to_tensor(pic: Any) -> Any:
    """ToTensor"""
    return T.ToTensor()(pic)


def to_pil_image(pic: Any, mode: str | None = None) -> Any:
    """ToPILImage"""
    return T.ToPILImage(mode)(pic)


def normalize(tensor: Any, mean: Any, std: Any, inplace: bool = False) -> Any:
    """Normalize"""
    return T.Normalize(mean, std, inplace)(tensor)


def resize(
    img: Any,
    size: int | Sequence[int],
    interpolation: Any = T.InterpolationMode.BILINEAR,
    max_size: None = None,
    antialias: bool | None = True,
) -> Any:
    """Resize"""
    return T.Resize(size, interpolation, max_size, antialias)(img)


def center_crop(img: Any, output_size: int | Sequence[int]) -> Any:
    """CenterCrop"""
    return T.CenterCrop(output_size)(img)


def rgb_to_grayscale(img: Any, num_output_channels: int = 1) -> Any:
    """Grayscale"""
    return T.Grayscale(num_output_channels)(img)


def hflip(img: Any) -> Any:
    """Mirrored, left to right."""
    return _Mirror(T.RandomHorizontalFlip.mirrored)(img)


def vflip(img: Any) -> Any:
    """Mirrored, top to bottom."""
    return _Mirror(T.RandomVerticalFlip.mirrored)(img)


class _Mirror(T.Transform):
    def __init__(self, index: Any):
        self.index = index

    def apply(self, batch: Any) -> Any:
        return batch[self.index].copy()
