"""Images in, batches out: data sets, transforms and the loader. Works on the host, with NumPy.

    ds = data.MNIST(transform=Compose([ToTensor(), Normalize(0.5, 0.5)]))
    for images, labels in data.DataLoader(ds, batch_size=64, shuffle=True, seed=1): ...

Reading order: idx, dataset, images, mnist, cifar, folder, transforms, loader; files and download
are about where the files come from. Further public sets: datasets.
"""

from minigan.data import datasets, transforms
from minigan.data.cifar import CIFAR10
from minigan.data.collating import collate
from minigan.data.dataset import (
    ConcatDataset,
    Dataset,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
)
from minigan.data.datasets import NAMES, load
from minigan.data.download import DownloadError
from minigan.data.files import DataMissing, cache_folder
from minigan.data.folder import DatasetFolder, ImageFolder
from minigan.data.idx import read_idx
from minigan.data.images import ImageDataset
from minigan.data.loader import DataLoader
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
    "DatasetFolder",
    "Digits",
    "DownloadError",
    "FashionMNIST",
    "ImageDataset",
    "ImageFolder",
    "IterableDataset",
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
