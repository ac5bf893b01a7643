"""CIFAR-10 in its binary version: records of one byte of label and 3,072 bytes of pixels."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from minigan.data.dataset import ImageDataset
from minigan.data.download import Remote, fetch, unpack
from minigan.data.files import DataMissing, data_roots, find, find_or_fetch
from minigan.errors import DataError

TRAIN_FILES = tuple(f"data_batch_{number}.bin" for number in range(1, 6))
TEST_FILES = ("test_batch.bin",)
RECORDS = 10_000  # in each file
SHAPE = (3, 32, 32)
RECORD_BYTES = 1 + 3 * 32 * 32


class CIFAR10(ImageDataset):
    """50,000 (train) and 10,000 colour photos of ten kinds of things, 32×32. Krizhevsky, 2009.

    `root` holds the files of the binary version itself or in cifar-10-batches-bin/. With
    `allow_missing`, training goes on with those of the five batches that are there.
    `limit`: the first so many images only.

    Raises DataMissing when files are missing, DataError, naming file and record, when damaged.
    """

    name, title = "cifar10", "CIFAR-10 (binary version)"
    folders = ("cifar-10-batches-bin", "cifar10/cifar-10-batches-bin", "cifar10")
    classes = (
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    )
    archive = Remote(
        "cifar-10-binary.tar.gz",
        (
            "https://www.cs.toronto.edu/~kriz/",
            "https://cave.cs.toronto.edu/kriz/",
            "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
        ),
        "c32a1d4ab5d03f1284b67883e8d87530",
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
        names = TRAIN_FILES if train else TEST_FILES
        if limit is not None:
            names = names[: max(1, -(-limit // RECORDS))]  # files beyond the limit are not needed
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


def read_batch(path: str | Path) -> tuple[np.ndarray, np.ndarray]:
    """Images (10000, 3, 32, 32) uint8 and labels (10000,) int64 of one file of the binary version.

    Raises DataError, naming the file and the record, when it is cut off, too long, or a label is
    not 0 … 9.
    """
    try:
        content = np.fromfile(path, np.uint8)
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror or error})") from None
    whole, rest = divmod(len(content), RECORD_BYTES)
    if whole != RECORDS or rest:
        fault = "goes on after" if whole >= RECORDS else "is cut off in"
        raise DataError(
            f"{path}: {fault} record {min(whole, RECORDS):,}: {len(content):,} bytes "
            f"where {RECORDS:,} records of {RECORD_BYTES:,} bytes belong"
        )
    records = content.reshape(RECORDS, RECORD_BYTES)
    labels = records[:, 0].astype(np.int64)
    if labels.max() > 9:
        bad = int(np.argmax(labels > 9))
        raise DataError(
            f"{path}: record {bad:,} has the label {labels[bad]}; labels are 0 to 9, "
            "so this is not a CIFAR-10 batch or it is damaged"
        )
    return records[:, 1:].reshape(RECORDS, *SHAPE), labels
