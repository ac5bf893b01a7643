"""Public sets of small pictures, from the files that their authors publish: SVHN, USPS, STL-10.

minigan downloads none of them: where the files are missing, it says which ones, where they are to
be had and where to put them.
"""

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minigan.data.files import find_or_fetch
from minigan.data.images import ImageDataset
from minigan.data.matlab import read_matlab
from minigan.data.refusals import Unfit, check_labels, one_of, whole
from minigan.errors import DataError
from minigan.opening import opened, read_text, reason

LINES, LINE = 7_291, 1 << 13  # the most lines of USPS, and bytes in one


class SVHN(ImageDataset):
    """House numbers from Google's street view, 32×32: 73,257 of split "train", 26,032 of "test",
    531,131 of "extra". Netzer et al., 2011.

    `root` holds train_32x32.mat, test_32x32.mat or extra_32x32.mat, itself or in svhn/. `data`:
    (N, 3, 32, 32) uint8, `labels`: N numbers, the digit 0 as 0. Raises DataMissing, DataError.
    """

    title = "SVHN"
    classes = tuple("0123456789")

    def __init__(
        self,
        root: str | Path | None = None,
        split: str = "train",
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        download: bool = False,
    ):
        self.root, self.split = root, one_of("SVHN: split", split, ("train", "test", "extra"))
        name = f"{split}_32x32.mat"
        source = f"http://ufldl.stanford.edu/housenumbers/{name}"
        (path,) = find_or_fetch(self.title, (name,), ("svhn",), root, source=source)
        images, labels = self._read(path)
        super().__init__(images, labels, transform, target_transform)

    @staticmethod
    def _read(path: Path) -> tuple[np.ndarray, np.ndarray]:
        try:
            content = read_matlab(path, ("X", "y"))
            images, labels = content["X"], content["y"].reshape(-1)
            shape = (32, 32, 3, len(labels) or None)
            if images.dtype != np.uint8 or images.shape != shape:
                raise ValueError(f"X is {images.dtype} {images.shape}, y has {len(labels):,}")
        except (OSError, KeyError, ValueError, struct.error, zlib.error) as error:
            raise DataError(f"{path}: not a MATLAB file with X and y ({reason(error)})") from None
        check_labels(path, labels, 0, 10)
        return np.ascontiguousarray(images.transpose(3, 2, 0, 1)), labels.astype(np.int64) % 10

    @property
    def data(self) -> np.ndarray:
        """The bytes, (N, C, H, W); assigning replaces them."""
        return self.shown()

    @data.setter
    def data(self, images: np.ndarray) -> None:
        self._images = images

    @property
    def labels(self) -> np.ndarray:
        """The labels, int64; assigning replaces them."""
        return self._labels

    @labels.setter
    def labels(self, labels: Any) -> None:
        self._labels = np.asarray(labels, np.int64)


class USPS(ImageDataset):
    """7,291 (train) and 2,007 digits from letters, 16×16 grey. Hull, 1994.

    `root` holds usps.bz2 and usps.t.bz2, itself or in usps/. `data`: (N, 16, 16) uint8, `targets`:
    a list. Raises DataMissing, DataError.
    """

    title = "USPS"
    classes = tuple("0123456789")
    listed = True

    def __init__(
        self,
        root: str | Path | None = None,
        train: bool = True,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        download: bool = False,
    ):
        self.root, self.train = root, train
        name = "usps.bz2" if train else "usps.t.bz2"
        at = "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/"
        (path,) = find_or_fetch(self.title, (name,), ("usps",), root, source=at + name)
        images, labels = self._read(path)
        super().__init__(images, labels, transform, target_transform)

    @staticmethod
    def _read(path: Path) -> tuple[np.ndarray, np.ndarray]:
        """Lines of a label, 1 to 10, and 256 pairs place:value with values in [-1, 1]."""
        import bz2

        images: list[np.ndarray] = []
        labels: list[int] = []
        try:
            # A few bytes of bzip2 can hold gigabytes; no line is so long, and no set has so many.
            with opened(path) as zipped, bz2.open(zipped) as file:
                while line := file.readline(LINE):
                    label, *pairs = line.split()
                    values = np.array([float(pair.rpartition(b":")[2]) for pair in pairs])
                    labels.append(int(label) - 1)
                    if values.shape != (256,) or not (abs(values) <= 1).all():
                        raise ValueError(f"line {len(labels):,} has no 256 values in [-1, 1]")
                    if not 0 <= labels[-1] <= 9 or len(labels) > LINES:
                        raise ValueError(f"line {len(labels):,} is none of {LINES:,} digits")
                    unit = (values.astype(np.float32) + 1) / 2
                    images.append((unit * 255).astype(np.uint8))
            if not images:
                raise ValueError("there are none")
        except (OSError, EOFError, ValueError) as error:
            raise DataError(f"{path}: not the lines of USPS ({reason(error)})") from None
        return np.array(images).reshape(-1, 16, 16), np.array(labels)


class STL10(ImageDataset):
    """Colour photos of ten kinds of things, 96×96. Coates, Lee and Ng, 2011.

    split: "train" 5,000, "test" 8,000, "unlabeled" 100,000 with the label -1, "train+unlabeled".
    folds: 0 to 9, one of the ten training sets of 1,000 that its authors chose. `root` holds
    stl10_binary/. `data`: (N, 3, 96, 96) uint8, `labels`: N numbers. Raises DataMissing, DataError.
    """

    title = "STL-10"
    source = "https://ai.stanford.edu/~acoates/stl10/stl10_binary.tar.gz"

    def __init__(
        self,
        root: str | Path | None = None,
        split: str = "train",
        folds: int | None = None,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        download: bool = False,
    ):
        splits = ("train", "train+unlabeled", "unlabeled", "test")
        self.root, self.split, self.folds = root, one_of("STL10: split", split, splits), folds
        if folds is not None and whole("STL10: folds", folds, 0) > 9:
            raise Unfit(f"STL10: folds is {folds}; it must be 0 to 9, or None for all")
        if folds is not None and not split.startswith("train"):
            raise Unfit(f"STL10: folds are of the training set, not of {split}; leave folds out")
        parts = [self._part(name) for name in split.split("+")]
        images = parts[0][0] if len(parts) == 1 else np.concatenate([part[0] for part in parts])
        labels = np.concatenate([part[1] for part in parts])
        super().__init__(images, labels, transform, target_transform)
        self._labels = labels  # bytes, unless there are -1

    def _find(self, *names: str) -> list[Path]:
        return find_or_fetch(self.title, names, ("stl10_binary",), self.root, source=self.source)

    def _part(self, name: str) -> tuple[np.ndarray, np.ndarray]:
        """The images, each kept column by column, and the labels, 1 to 10, of one of the files."""
        paths = self._find(f"{name}_X.bin", *([] if name == "unlabeled" else [f"{name}_y.bin"]))
        size = 3 * 96 * 96
        if paths[0].stat().st_size % size or not paths[0].stat().st_size:
            raise DataError(f"{paths[0]}: is cut off: its bytes are not images of {size:,} each")
        columns = np.memmap(paths[0], np.uint8, "c").reshape(-1, 3, 96, 96)
        images = np.asarray(columns).transpose(0, 1, 3, 2)
        if (path := paths[0].parent / "class_names.txt").is_file():
            self.classes = read_text(path).split()
        if name == "unlabeled":
            return images, np.full(len(images), -1, np.int64)
        if (held := paths[1].stat().st_size) != len(images):
            raise DataError(f"{paths[1]}: {held:,} labels for {len(images):,} images")
        labels = np.fromfile(paths[1], np.uint8)
        check_labels(paths[1], labels, 1, 10)
        labels -= np.uint8(1)
        if name == "train" and self.folds is not None:
            (path,) = self._find("fold_indices.txt")
            chosen = self._fold(path, self.folds, len(images))
            return images[chosen], labels[chosen]
        return images, labels

    @staticmethod
    def _fold(path: Path, fold: int, count: int) -> np.ndarray:
        """The numbers of the images in a fold, of which each has a line."""
        try:
            chosen = np.array([int(word) for word in read_text(path).splitlines()[fold].split()])
        except (IndexError, ValueError) as error:
            raise DataError(
                f"{path}: fold {fold} is no line of numbers ({reason(error)})"
            ) from None
        if not len(chosen) or chosen.min() < 0 or chosen.max() >= count:
            raise DataError(f"{path}: fold {fold} does not number some of {count:,} images")
        return chosen

    data = SVHN.data
    labels = SVHN.labels
