"""MNIST, the sets that share its format, and the first of its digits, which come with minigan."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from minigan.autograd.tensor import Tensor, wrap
from minigan.data import pixels
from minigan.data.download import Remote, fetch
from minigan.data.files import find_or_fetch
from minigan.data.idx import read_images, read_labelled_images
from minigan.data.images import ImageDataset
from minigan.data.refusals import check_labels
from minigan.errors import DataError

TRAIN_FILES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
TEST_FILES = ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
SIZES = (16 + 60_000 * 784, 8 + 60_000, 16 + 10_000 * 784, 8 + 10_000)  # bytes, decompressed


class IDX(ImageDataset):
    """Grey images of any IDX file, given by its path, with or without a file of labels.

    Without labels every target is 0. Raises DataError for files that are not what they should be.
    """

    def __init__(
        self,
        images: str | Path,
        labels: str | Path | None = None,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        *,
        limit: int | None = None,
    ):
        if labels is None:
            pixels = read_images(images)
            targets = np.zeros(len(pixels), np.int64)
        else:
            pixels, targets = read_labelled_images(images, labels)
        super().__init__(pixels, targets, transform, target_transform, limit)


class MNIST(ImageDataset):
    """60,000 (train) and 10,000 handwritten digits, 28×28 grey. LeCun, Cortes and Burges, 1998.

    `root` holds the four files itself or in mnist/ or MNIST/raw/; see `minigan.data.files` for
    where else they are looked for. With `download` they are fetched when they are nowhere.
    `limit`: the first so many images only. `data` and `targets` are, as in torchvision, tensors on
    the host: (N, 28, 28) uint8 and (N) int64.

    Raises DataMissing when there are no files, DataError when they are damaged.
    """

    name, title = "mnist", "MNIST"
    folders: tuple[str, ...] = ("mnist", "MNIST/raw")
    classes: Sequence[str] = (
        *("0 - zero", "1 - one", "2 - two", "3 - three", "4 - four"),
        *("5 - five", "6 - six", "7 - seven", "8 - eight", "9 - nine"),
    )
    mirrors: tuple[str, ...] = (
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
        "https://yann.lecun.com/exdb/mnist/",
    )
    md5s: tuple[str, ...] = (  # of TRAIN_FILES and TEST_FILES, decompressed
        "6bbc9ace898e44ae57da46a324031adb",
        "a25bea736e30d166cdddb491f175f624",
        "2646ac647ad5339dbf082846283269ea",
        "27ae3e4e09519cfbb04c329615203637",
    )
    sha256s: tuple[str, ...] = (
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    )
    as_sent = False  # the checksums are of the files as they come

    def __init__(
        self,
        root: str | Path | None = None,
        train: bool = True,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        download: bool = True,
        *,
        limit: int | None = None,
    ):
        self.root, self.train = root, train
        names = TRAIN_FILES if train else TEST_FILES
        fetch_them = partial(self._fetch, names) if download else None
        paths = find_or_fetch(self.title, names, self.folders, root, fetch_them)
        images, targets = read_labelled_images(*paths)
        self._check_identity(paths[1], names[1])
        check_labels(paths[1], targets, 0, len(self.classes) - 1)
        super().__init__(images, targets, transform, target_transform, limit)

    @property
    def data(self) -> Tensor:
        """The bytes, a tensor that shares the data set's memory; assigning replaces them."""
        return wrap(self.shown()[:, 0])

    @data.setter
    def data(self, images: Any) -> None:
        self._images = np.ascontiguousarray(pixels.to_array(images)[:, None])

    @property
    def targets(self) -> Tensor:
        """The labels, a tensor that shares the data set's memory; assigning replaces them."""
        return wrap(self._labels)

    @targets.setter
    def targets(self, labels: Any) -> None:
        self._labels = np.asarray(pixels.to_array(labels), np.int64)

    train_data = test_data = data  # torchvision's former names
    train_labels = test_labels = targets

    @classmethod
    def remote(cls, name: str) -> Remote:
        """Where one of the four files is served, its checksums and its size."""
        place = (TRAIN_FILES + TEST_FILES).index(name)
        checksums = cls.md5s[place], cls.sha256s[place]
        return Remote(f"{name}.gz", cls.mirrors, *checksums, SIZES[place], cls.as_sent)

    @classmethod
    def _fetch(cls, names: tuple[str, ...], folder: Path) -> None:
        for name in names:
            fetch(cls.remote(name), folder)

    @classmethod
    def _check_identity(cls, labels: Path, name: str) -> None:
        """The sets share their file names: tell a neighbour by the checksum of its labels."""
        for other in (MNIST, FashionMNIST, KMNIST):
            if other.md5s != cls.md5s and other.remote(name).intact(labels):
                raise DataError(
                    f"{labels} belongs to {other.title}, not to {cls.title}: their files have the "
                    "same names, so put each set into a folder of its own"
                )


class FashionMNIST(MNIST):
    """60,000 (train) and 10,000 photos of clothes, 28×28 grey. Xiao, Rasul and Vollgraf, 2017.

    As MNIST; the folder is fashion-mnist/ or FashionMNIST/raw/. arXiv 1708.07747.
    """

    name, title = "fashion", "Fashion-MNIST"
    folders = ("fashion-mnist", "FashionMNIST/raw")
    classes = (
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    )
    mirrors = (
        "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
    )
    md5s = (
        "f4a8712d7a061bf5bd6d2ca38dc4d50a",
        "9018921c3c673c538a1fc5bad174d6f9",
        "8181f5470baa50b63fa0f6fddb340f0a",
        "15d484375f8d13e6eb1aabb0c3f46965",
    )
    sha256s = (
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    )


class KMNIST(MNIST):
    """60,000 (train) and 10,000 cursive Japanese characters, 28×28 grey. Clanuwat et al., 2018.

    As MNIST; the folder is kmnist/ or KMNIST/raw/. arXiv 1812.01718.
    """

    name, title = "kmnist", "Kuzushiji-MNIST"
    folders = ("kmnist", "KMNIST/raw")
    classes = ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo")
    mirrors = ("https://codh.rois.ac.jp/kmnist/dataset/kmnist/",)
    md5s = (
        "bdb82020997e1d708af4cf47b453dcf7",
        "e144d726b3acfaa3e44228e80efcd344",
        "5c965bf0a639b31b8f53240b1b52f4d7",
        "7320c461ea6c1c855c0b718fb2a4b134",
    )
    sha256s = (
        "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
        "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
        "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
        "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
    )
    as_sent = True


class Digits(ImageDataset):
    """MNIST's first 5,000 (train) and first 1,000 (test) digits, which come with minigan.

    28×28 grey. `train=None` takes all 6,000. `repeat`: how often the set holds each of them. `root`
    and `download` are there for the signature that all sets share.
    LeCun, Cortes and Burges, 1998, CC BY-SA 3.0: see digits/README.md.
    """

    name, title = "digits", "the digits that come with minigan"
    classes = MNIST.classes

    def __init__(
        self,
        root: str | Path | None = None,
        train: bool | None = True,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        download: bool = True,
        *,
        limit: int | None = None,
        repeat: int = 1,
    ):
        folder = Path(__file__).parent / "digits"
        parts = [TRAIN_FILES] * (train is None or train) + [TEST_FILES] * (not train)
        read = [read_labelled_images(*(folder / f"{name}.gz" for name in names)) for names in parts]
        images, targets = map(np.concatenate, zip(*read, strict=True))
        self.once = len(images)
        images, targets = np.tile(images, (repeat, 1, 1)), np.tile(targets, repeat)
        super().__init__(images, targets, transform, target_transform, limit)
