"""torchvision.transforms: minigan.data.transforms under torchvision's address."""

from typing import Any

from minigan.data import transforms as _ours
from minigan.data.transforms import (
    CenterCrop,
    ColorJitter,
    Compose,
    ConvertImageDtype,
    GaussianBlur,
    Grayscale,
    InterpolationMode,
    Lambda,
    Normalize,
    Pad,
    PILToTensor,
    RandomAffine,
    RandomApply,
    RandomChoice,
    RandomCrop,
    RandomGrayscale,
    RandomHorizontalFlip,
    RandomOrder,
    RandomResizedCrop,
    RandomRotation,
    RandomVerticalFlip,
    Resize,
    ToPILImage,
    ToTensor,
    Transform,
)
from minigan.torchvision.transforms import functional

__all__ = [
    "CenterCrop", "ColorJitter", "Compose", "ConvertImageDtype", "GaussianBlur", "Grayscale",
    "InterpolationMode", "Lambda", "Normalize", "PILToTensor", "Pad", "RandomAffine",
    "RandomApply", "RandomChoice", "RandomCrop", "RandomGrayscale", "RandomHorizontalFlip",
    "RandomOrder", "RandomResizedCrop", "RandomRotation", "RandomVerticalFlip", "Resize",
    "ToPILImage", "ToTensor", "Transform", "functional",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """What minigan does not have, by name."""
    if name in _ours.MISSING:
        raise AttributeError(f"minigan.torchvision.transforms has no {name}: {_ours.MISSING[name]}")
    raise AttributeError(f"module 'minigan.torchvision.transforms' has no attribute {name!r}")
