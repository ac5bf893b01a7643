"""CelebA: photos of faces, with what is written about each in tables of text."""

import csv
import io
from array import array
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from minigan.autograd.tensor import Tensor, wrap
from minigan.data.dataset import Dataset
from minigan.data.decoding import picture
from minigan.data.files import DataMissing, find_or_fetch
from minigan.data.refusals import Unfit, one_of
from minigan.errors import DataError
from minigan.opening import opened, reason

TABLES = {  # by the target's name: the file, the line that names the columns, and their number
    "attr": ("list_attr_celeba.txt", 1, 40),
    "identity": ("identity_CelebA.txt", None, 1),
    "bbox": ("list_bbox_celeba.txt", 1, 4),
    "landmarks": ("list_landmarks_align_celeba.txt", 1, 10),
}
PARTITION = "list_eval_partition.txt"
SPLITS = {"train": 0, "valid": 1, "test": 2, "all": None}


class CelebA(Dataset):
    """202,599 faces of 10,177 people, 178×218, aligned. Liu, Luo, Wang and Tang, 2015.

    `root` holds celeba/ with the pictures in img_align_celeba/ and the five tables. split: "train",
    "valid", "test" or "all". target_type: one of, or a list of

        "attr"       (40,) int64, 0 or 1, called `attr_names`
        "identity"   the number of the person
        "bbox"       (4,) int64: x, y, width and height, in the photo before it was aligned
        "landmarks"  (10,) int64: x and y of eyes, nose and corners of the mouth

    An item is `(picture, target)`; of several targets a tuple, of none None. minigan does not
    download it. Raises DataMissing that names the files, DataError for damaged ones; an item raises
    DataError for a photo that cannot be read, Unfit for one that is too large.
    """

    title = "CelebA"
    source = "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html"

    def __init__(
        self,
        root: str | Path | None = None,
        split: str = "train",
        target_type: str | Sequence[str] = "attr",
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        download: bool = False,
    ):
        self.root, self.split = root, split
        self.target_type = [target_type] if isinstance(target_type, str) else list(target_type)
        for kind in self.target_type:
            one_of("CelebA: target_type", kind, tuple(TABLES))
        if not self.target_type and target_transform is not None:
            raise Unfit("CelebA: a target_transform needs a target_type")
        chosen = SPLITS[one_of("CelebA: split", str(split).lower(), tuple(SPLITS))]
        names = (PARTITION, *(name for name, _, _ in TABLES.values()))
        paths = find_or_fetch(self.title, names, ("celeba",), root, source=self.source)
        self.folder = paths[0].parent / "img_align_celeba"
        if not self.folder.is_dir():
            raise DataMissing(
                f"{self.title}: the pictures are not in {self.folder}: unpack "
                f"img_align_celeba.zip there ({self.source})"
            )
        _, files, partition = read_table(paths[0], None, 1)
        keep = (
            np.arange(len(files)) if chosen is None else np.flatnonzero(partition[:, 0] == chosen)
        )
        self.filename = [files[place] for place in keep]
        self._tables: dict[str, np.ndarray] = {}
        self.attr_names: list[str] = []
        for path, (kind, (_, header, width)) in zip(paths[1:], TABLES.items(), strict=True):
            columns, named, values = read_table(path, header, width)
            if named != files:
                raise DataError(f"{path} and {paths[0]} do not list the same pictures")
            if kind == "attr" and not (abs(values) == 1).all():
                raise DataError(f"{path}: holds other values than -1 and 1; get it again")
            self._tables[kind] = (values + 1) // 2 if kind == "attr" else values
            self._tables[kind] = self._tables[kind][keep]
            self.attr_names = columns if kind == "attr" else self.attr_names
        self.transform, self.target_transform = transform, target_transform

    attr = property(lambda self: wrap(self._tables["attr"]))
    identity = property(lambda self: wrap(self._tables["identity"]))
    bbox = property(lambda self: wrap(self._tables["bbox"]))
    landmarks_align = property(lambda self: wrap(self._tables["landmarks"]))

    def __len__(self) -> int:
        return len(self.filename)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        with picture(self.folder / self.filename[index]) as file:
            image: Any = file.copy()
        if self.transform:
            image = self.transform(image)
        found = [self._target(kind, index) for kind in self.target_type]
        target: Any = (found[0] if len(found) == 1 else tuple(found)) if found else None
        if found and self.target_transform:
            target = self.target_transform(target)
        return image, target

    def _target(self, kind: str, index: int) -> Tensor:
        row = self._tables[kind][index]
        return wrap(row[0] if kind == "identity" else row)


def read_table(
    path: Path, header: int | None, width: int
) -> tuple[list[str], list[str], np.ndarray]:
    """The names of the columns, those of the pictures, and `width` whole numbers of each picture.

    Raises DataError, naming the file, when it is no such table.
    """
    names: list[str] = []
    numbers = array("q")  # compact: the largest table has eight million
    try:
        with io.TextIOWrapper(opened(path), "utf-8") as file:
            lines = csv.reader(file, delimiter=" ", skipinitialspace=True)
            above = list(islice(lines, 0 if header is None else header + 1))
            for name, *row in lines:
                if len(row) != width:
                    raise ValueError(f"line {lines.line_num} has {len(row)} numbers, not {width}")
                names.append(name)
                numbers.extend(map(int, row))
        if not names:
            raise ValueError("it lists no pictures")
    except (OSError, ValueError, OverflowError, csv.Error) as error:
        raise DataError(f"{path}: not a table of CelebA ({reason(error)})") from None
    return above[-1] if above else [], names, np.frombuffer(numbers, np.int64).reshape(-1, width)
