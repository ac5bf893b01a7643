"""torchvision.datasets: minigan.data.datasets under torchvision's address."""

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
