"""CIFAR-10 and CIFAR-100: records of labels and 3,072 bytes of pixels, or pickles of the same."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minigan.data.download import Remote, fetch, unpack
from minigan.data.files import DataMissing, data_roots, find, find_or_fetch
from minigan.data.images import ImageDataset
from minigan.data.pickled import read_pickle
from minigan.data.refusals import check_labels
from minigan.errors import DataError
from minigan.opening import opened, read_text, reason, size_of

TRAIN_FILES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST_FILES = ("test_batch.bin",)
RECORDS = 10_000  # in each file
SHAPE = (3, 32, 32)
PIXELS = 3 * 32 * 32
RECORD_BYTES = 1 + PIXELS


class CIFAR10(ImageDataset):
    """50,000 (train) and 10,000 colour photos of ten kinds of things, 32×32. Krizhevsky, 2009.

    `root` holds the files of the binary version itself or in cifar-10-batches-bin/, or those of the
    Python version, as torchvision keeps them, in cifar-10-batches-py/. With `allow_missing`,
    training goes on with those of the five batches that are there. `limit`: the first so many
    images only. `data`: (N, 32, 32, 3) uint8, `targets`: a list.

    Raises DataMissing when files are missing, DataError, naming file and record, when damaged.
    """

    name, title = "cifar10", "CIFAR-10 (binary version)"
    folders: tuple[str, ...] = (
        "cifar-10-batches-bin", "cifar10/cifar-10-batches-bin", "cifar10",
    )  # fmt: skip
    pickled: tuple[str, ...] = ("cifar-10-batches-py", "cifar10/cifar-10-batches-py", "cifar10")
    classes = (
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    )
    listed = True
    archive = Remote(
        "cifar-10-binary.tar.gz",
        (
            "https://www.cs.toronto.edu/~kriz/",
            "https://cave.cs.toronto.edu/kriz/",
            "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
        ),
        md5="c32a1d4ab5d03f1284b67883e8d87530",
        sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        most=170_052_171,
        as_sent=True,
    )

    def __init__(
        self,
        root: str | Path | None = None,
        train: bool = True,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        download: bool = True,
        *,
        allow_missing: bool = False,
        limit: int | None = None,
    ):
        self.root, self.train = root, train
        names = TRAIN_FILES if train else TEST_FILES
        if limit is not None:
            names = names[: max(1, -(-limit // RECORDS))]  # files beyond the limit are not needed
        plain = tuple(name.removesuffix(".bin") for name in names)
        roots = data_roots(root)
        pickles = None if find(names, self.folders, roots) else find(plain, self.pickled, roots)
        if pickles:
            batches = [read_pickled(path, "labels", classes=10) for path in pickles]
        else:
            paths = self._paths(root, names, download, allow_missing)
            batches = [read_batch(path) for path in paths]
        images = np.concatenate([images for images, _ in batches])
        targets = np.concatenate([targets for _, targets in batches])
        super().__init__(images, targets, transform, target_transform, limit)

    @classmethod
    def _paths(
        cls, root: str | Path | None, names: tuple[str, ...], download: bool, allow_missing: bool
    ) -> list[Path]:
        there = [find((name,), cls.folders, data_roots(root)) for name in names]
        present = [paths[0] for paths in there if paths]
        if present and allow_missing:
            return present
        try:
            return find_or_fetch(
                cls.title, names, cls.folders, root, cls._fetch if download else None
            )
        except DataMissing as missing:
            hint = "; or go on with those that are there: --allow-missing (allow_missing=True)"
            raise DataMissing(f"{missing}{hint if present else ''}") from None

    @classmethod
    def _fetch(cls, folder: Path) -> None:
        archive = fetch(cls.archive, folder)
        unpack(archive, [f"cifar-10-batches-bin/{name}" for name in TRAIN_FILES + TEST_FILES])
        archive.unlink()


class CIFAR100(ImageDataset):
    """50,000 (train) and 10,000 colour photos of a hundred kinds of things, 32×32. Krizhevsky.

    `root` holds cifar-100-python/, as torchvision keeps it, or cifar-100-binary/. The labels are
    the fine ones. minigan does not download it. `data`: (N, 32, 32, 3) uint8, `targets`: a list.

    Raises DataMissing when files are missing, DataError when they are damaged.
    """

    title = "CIFAR-100"
    listed = True
    source = "https://www.cs.toronto.edu/~kriz/cifar-100-python.tar.gz"

    def __init__(
        self,
        root: str | Path | None = None,
        train: bool = True,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        download: bool = False,
        *,
        limit: int | None = None,
    ):
        self.root, self.train = root, train
        name = "train" if train else "test"
        binary = find(
            (f"{name}.bin", "fine_label_names.txt"), ("cifar-100-binary",), data_roots(root)
        )
        if binary:
            images, targets = read_records(binary[0], labels=2, classes=100)
            names: Any = read_text(binary[1]).split()
            where = binary[1]
        else:
            path, where = find_or_fetch(
                self.title, (name, "meta"), ("cifar-100-python",), root, source=self.source
            )
            images, targets = read_pickled(path, "fine_labels", classes=100)
            names = read_pickle(where).get("fine_label_names")
        if not isinstance(names, list) or [type(each) for each in names] != [str] * 100:
            raise DataError(f"{where}: does not hold the names of 100 classes; get it again")
        self.classes = names
        super().__init__(images, targets, transform, target_transform, limit)


def read_pickled(path: str | Path, labels: str, classes: int) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 3, 32, 32) uint8 and labels (N,) int64 of one file of the Python version.

    Raises DataError, naming the file, when it holds something else.
    """
    content = read_pickle(path)
    images, numbers = content.get("data"), content.get(labels)
    if isinstance(numbers, np.ndarray):
        numbers = numbers.tolist()
    if (
        not isinstance(images, np.ndarray)
        or not isinstance(numbers, list)
        or images.dtype != np.uint8
        or images.shape != (len(numbers), PIXELS)
        or not numbers
        or not all(type(number) is int and number.bit_length() < 64 for number in numbers)
    ):
        raise DataError(f"{path}: no images of {PIXELS:,} bytes with a number each in {labels!r}")
    check_labels(path, np.array(numbers, np.int64), 0, classes - 1)
    return images.reshape(-1, *SHAPE), np.array(numbers, np.int64)


def read_batch(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Images (10000, 3, 32, 32) uint8 and labels (10000,) int64 of one file of the binary version.

    Raises DataError, naming the file and the record, when it is cut off, too long, or a label is
    not 0 … 9.
    """
    return read_records(path, labels=1, classes=10, expected=RECORDS)


def read_records(
    path: str | Path, labels: int, classes: int, expected: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The images and the last of the `labels` bytes before each, which is below `classes`."""
    size = labels + PIXELS
    try:
        with opened(path) as file:
            held = size_of(file)
            whole, rest = divmod(held, size)
            wanted = max(whole, 1) if expected is None else expected
            if whole != wanted or rest:
                fault = "goes on after" if whole >= wanted else "is cut off in"
                raise DataError(
                    f"{path}: {fault} record {min(whole, wanted):,}: {held:,} bytes "
                    f"where {wanted:,} records of {size:,} bytes belong"
                )
            records = np.fromfile(file, np.uint8).reshape(whole, size)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({reason(error)})") from None
    found = records[:, labels - 1].astype(np.int64)
    check_labels(path, found, 0, classes - 1)
    return records[:, labels:].reshape(whole, *SHAPE), found
