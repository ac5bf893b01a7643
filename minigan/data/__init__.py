"""Images in, batches out: data sets, transforms and the loader. Works on the host, with NumPy.

    ds = data.MNIST(transform=Compose([ToTensor(), Normalize(0.5, 0.5)]))
    for images, labels in data.DataLoader(ds, batch_size=64, shuffle=True, seed=1): ...

Reading order: idx, dataset, mnist, cifar, folder, transforms, loader; files and download are about
where the files come from.
"""

from minigan.data import datasets, transforms
from minigan.data.cifar import CIFAR10
from minigan.data.dataset import (
    ConcatDataset,
    Dataset,
    ImageDataset,
    Subset,
    TensorDataset,
    random_split,
)
from minigan.data.datasets import NAMES, load
from minigan.data.download import DownloadError
from minigan.data.files import DataMissing, cache_folder
from minigan.data.folder import ImageFolder
from minigan.data.idx import read_idx
from minigan.data.loader import DataLoader, collate
from minigan.data.mnist import IDX, KMNIST, MNIST, Digits, FashionMNIST

__all__ = [
    "CIFAR10",
    "IDX",
    "KMNIST",
    "MNIST",
    "NAMES",
    "ConcatDataset",
    "DataLoader",
    "DataMissing",
    "Dataset",
    "Digits",
    "DownloadError",
    "FashionMNIST",
    "ImageDataset",
    "ImageFolder",
    "Subset",
    "TensorDataset",
    "cache_folder",
    "collate",
    "datasets",
    "load",
    "random_split",
    "read_idx",
    "transforms",
]
