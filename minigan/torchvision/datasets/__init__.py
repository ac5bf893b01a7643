"""torchvision.datasets: minigan.data.datasets under torchvision's address."""

from typing import Any

from minigan.data.datasets import (
    CIFAR10,
    CIFAR100,
    EMNIST,
    IDX,
    KMNIST,
    LSUN,
    MNIST,
    STL10,
    SVHN,
    USPS,
    CelebA,
    DatasetFolder,
    Digits,
    FakeData,
    FashionMNIST,
    ImageFolder,
    LSUNClass,
    load,
)
from minigan.torchvision.datasets import folder

__all__ = [
    "CIFAR10", "CIFAR100", "EMNIST", "IDX", "KMNIST", "LSUN", "MNIST", "STL10", "SVHN", "USPS",
    "CelebA", "DatasetFolder", "Digits", "FakeData", "FashionMNIST", "ImageFolder", "LSUNClass",
    "folder", "load",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """What minigan does not have, by name."""
    raise AttributeError(
        f"minigan.torchvision.datasets has no {name!r}: it has {', '.join(__all__)}. Others can be "
        "read as an ImageFolder, or by a Dataset of your own"
    )
