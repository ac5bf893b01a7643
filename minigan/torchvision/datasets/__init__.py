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
from minigan.torchvision.datasets import folder, vision
from minigan.torchvision.datasets.vision import VisionDataset

__all__ = [
    "CIFAR10", "CIFAR100", "EMNIST", "IDX", "KMNIST", "LSUN", "MNIST", "STL10", "SVHN", "USPS",
    "CelebA", "DatasetFolder", "Digits", "FakeData", "FashionMNIST", "ImageFolder", "LSUNClass",
    "VisionDataset", "folder", "load", "vision",
]  # fmt: skip
