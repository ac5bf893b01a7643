"""All data sets, under torchvision's names, and `load`, which takes one by its name."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from minigan.data.celeba import CelebA
from minigan.data.cifar import CIFAR10, CIFAR100
from minigan.data.emnist import EMNIST
from minigan.data.fake import FakeData
from minigan.data.files import DataMissing, data_roots
from minigan.data.folder import DatasetFolder, ImageFolder
from minigan.data.images import ImageDataset
from minigan.data.lsun import LSUN, LSUNClass
from minigan.data.mnist import IDX, KMNIST, MNIST, Digits, FashionMNIST
from minigan.data.public import STL10, SVHN, USPS
from minigan.errors import UserError

__all__ = [
    "CIFAR10", "CIFAR100", "EMNIST", "IDX", "KMNIST", "LSUN", "MNIST", "STL10", "SVHN", "USPS",
    "CelebA", "DatasetFolder", "Digits", "FakeData", "FashionMNIST", "ImageFolder", "LSUNClass",
    "load",
]  # fmt: skip

SETS: dict[str, Any] = {kind.name: kind for kind in (MNIST, FashionMNIST, KMNIST, CIFAR10, Digits)}
NAMES = ("auto", *SETS)

REPEAT = 12  # of the 5,000 digits in an epoch, which is then as long as one of MNIST


def load(
    name: str = "auto",
    root: str | Path | None = None,
    train: bool = True,
    transform: Callable | None = None,
    *,
    prefer: str = "mnist",
    limit: int | None = None,
    repeat: bool = True,
    **options: Any,
) -> ImageDataset:
    """The data set called `name` (one of NAMES), as a program's `--dataset` asks for it.

    "auto" takes the set `prefer`; where its files are neither found nor to be downloaded it takes
    the digits that come with minigan, and says so in one loud line on stderr. A set asked for
    by name is never replaced. For training, the 5,000 digits are repeated: an epoch shows each of
    them 12 times, unless `repeat` is False. `options` go to the set's constructor.

    Raises UserError for an unknown name or a root that is no folder, DataMissing (a UserError)
    that says which files to put where, DataError for damaged files.
    """
    if name not in NAMES:
        raise UserError(f"unknown data set {name!r}: choose one of {', '.join(NAMES)}")
    if root is not None and not os.path.isdir(os.path.expanduser(root)):
        raise UserError(
            f"the data folder {root} is not there; create it and put the files into "
            "it, or leave --data-dir out to use the cache folder"
        )
    wanted = prefer if name == "auto" else name
    times = REPEAT if repeat and train else 1
    if wanted == "digits":
        options["repeat"] = times
    try:
        return SETS[wanted](root, train, transform, limit=limit, **options)
    except DataMissing as missing:
        if name != "auto":
            instead = "; or take --dataset digits, which comes with minigan"
            raise DataMissing(
                f"{missing}{instead if issubclass(SETS[name], MNIST) else ''}"
            ) from None
        title, places = SETS[wanted].title, " or ".join(map(str, data_roots(root)))
        print(
            f"minigan: WARNING: {title} IS NOT HERE (not in {places}) and could not be downloaded: "
            "this run takes the bundled DIGITS INSTEAD (MNIST's first 5,000); "
            f"--dataset {wanted} tells what to do",
            file=sys.stderr,
        )
        return Digits(None, train, transform, limit=limit, repeat=times)
