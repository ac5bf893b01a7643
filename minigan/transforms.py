"""torchvision.transforms: minigan.data.transforms under torchvision's address."""

from minigan.data.transforms import (
    CenterCrop,
    Compose,
    GaussianBlur,
    Grayscale,
    Lambda,
    Normalize,
    Pad,
    RandomCrop,
    RandomHorizontalFlip,
    Resize,
    ToTensor,
    Transform,
)

__all__ = [
    "CenterCrop",
    "Compose",
    "GaussianBlur",
    "Grayscale",
    "Lambda",
    "Normalize",
    "Pad",
    "RandomCrop",
    "RandomHorizontalFlip",
    "Resize",
    "ToTensor",
    "Transform",
]
