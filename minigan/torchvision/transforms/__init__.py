"""torchvision.transforms: minigan.data.transforms under torchvision's address."""

from minigan.data.transforms import (
    CenterCrop,
    Compose,
    GaussianBlur,
    Grayscale,
    InterpolationMode,
    Lambda,
    Normalize,
    Pad,
    RandomApply,
    RandomCrop,
    RandomHorizontalFlip,
    RandomVerticalFlip,
    Resize,
    ToPILImage,
    ToTensor,
    Transform,
)
from minigan.torchvision.transforms import functional

__all__ = [
    "CenterCrop", "Compose", "GaussianBlur", "Grayscale", "InterpolationMode", "Lambda",
    "Normalize", "Pad", "RandomApply", "RandomCrop", "RandomHorizontalFlip",
    "RandomVerticalFlip", "Resize", "ToPILImage", "ToTensor", "Transform", "functional",
]  # fmt: skip
