"""torchvision.datasets: minigan.data.datasets under torchvision's address."""

from minigan.data.datasets import (
    CIFAR10,
    IDX,
    KMNIST,
    MNIST,
    Digits,
    FashionMNIST,
    ImageFolder,
    load,
)

__all__ = ["CIFAR10", "IDX", "KMNIST", "MNIST", "Digits", "FashionMNIST", "ImageFolder", "load"]
