"""LSUN: photos of ten kinds of scenes, each kind in a database of its own that LMDB reads."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from minigan.data.dataset import ConcatDataset, Dataset
from minigan.data.decoding import picture
from minigan.data.files import DataMissing, data_roots
from minigan.data.refusals import Unfit, WrongType, one_of
from minigan.errors import DataError, UserError
from minigan.opening import opened, reason, size_of

SCENES = (
    *("bedroom", "bridge", "church_outdoor", "classroom", "conference_room"),
    *("dining_room", "kitchen", "living_room", "restaurant", "tower"),
)
PARTS = ("train", "val", "test")


class NoLMDB(UserError, ImportError):
    """The package that reads LSUN is not installed."""


class LSUNClass(Dataset):
    """The photos of one database, the folder `root`; the target is None.

    Raises NoLMDB (an ImportError) without the package lmdb, DataMissing without the database,
    DataError for what is no database, or one that is cut off; an item DataError for a photo that
    cannot be read, Unfit for one that is too large. Other damage ends the process: LMDB trusts what
    it maps into memory.
    """

    def __init__(
        self,
        root: str | Path,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
    ):
        try:
            import lmdb
        except ImportError:
            raise NoLMDB(
                "LSUN is kept in LMDB databases, and the package that reads them is missing: "
                "pip install lmdb; or export the photos to a folder and use ImageFolder"
            ) from None
        self.root = os.path.expanduser(root)
        if not os.path.isdir(self.root):
            raise DataMissing(f"LSUN: there is no database {self.root}")
        try:
            with opened(os.path.join(self.root, "data.mdb")) as file:
                held = size_of(file)
            self.env = lmdb.open(
                self.root, max_readers=1, readonly=True, lock=False, readahead=False, meminit=False
            )
            claimed = (self.env.info()["last_pgno"] + 1) * self.env.stat()["psize"]
            if claimed > held:  # LMDB would read on behind the end, and the process would die
                raise OSError(None, f"it has {held:,} bytes, and claims to have {claimed:,}")
            with self.env.begin(write=False) as reading:
                self.keys = list(reading.cursor().iternext(keys=True, values=False))
        except (OSError, lmdb.Error) as error:
            raise DataError(f"{self.root}: not a database of LSUN ({reason(error)})") from None
        self.transform, self.target_transform = transform, target_transform

    def __len__(self) -> int:
        return len(self.keys)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        import lmdb

        key, named = self.keys[index], f"{self.root}: photo {index:,}"
        try:
            with self.env.begin(write=False) as reading:
                content = reading.get(key)
        except lmdb.Error as error:
            raise DataError(f"{named}: {reason(error)}") from None
        with picture(named, content or b"") as file:
            image: Any = file.convert("RGB")
        if self.transform:
            image = self.transform(image)
        return image, self.target_transform(None) if self.target_transform else None


class LSUN(ConcatDataset):
    """Photos of several kinds of scenes; the target is the number of the kind. Yu et al., 2015.

    classes: "train" or "val" for all ten kinds, "test", or a list such as ["bedroom_train",
    "tower_val"]. `root` holds a folder bedroom_train_lmdb, say, for each. minigan does not download
    them. Raises NoLMDB (an ImportError) without the package lmdb, DataMissing without a database,
    Unfit for a class that LSUN does not have.
    """

    source = "https://github.com/fyu/lsun"

    def __init__(
        self,
        root: str | Path | None = None,
        classes: str | Sequence[str] = "train",
        transform: Callable | None = None,
        target_transform: Callable | None = None,
    ):
        self.root, self.classes = root, names_of(classes)
        self.transform, self.target_transform = transform, target_transform
        super().__init__([LSUNClass(self._find(name), transform) for name in self.classes])
        self.dbs, self.indices = self.datasets, self.cumulative_sizes  # torchvision's names

    def _find(self, name: str) -> Path:
        roots = data_roots(self.root)
        for place in (base / below for base in roots for below in (".", "lsun")):
            if (place / f"{name}_lmdb").is_dir():
                return place / f"{name}_lmdb"
        raise DataMissing(
            f"LSUN: {name}_lmdb is not in {' or '.join(map(str, roots))}: download {name} as "
            f"{self.source} says, unpack it there, or name its folder by root=DIR or "
            "MINIGAN_DATA=DIR"
        )

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        target, inside = self.place(index)
        image, _ = self.dbs[target][inside]
        return image, self.target_transform(target) if self.target_transform else target


def names_of(classes: str | Sequence[str]) -> list[str]:
    """The databases meant by "train", "val", "test" or by their own names."""
    if isinstance(classes, str):
        one_of("LSUN: classes", classes, PARTS)
        return ["test"] if classes == "test" else [f"{scene}_{classes}" for scene in SCENES]
    names = list(classes)
    if not names:
        raise Unfit("LSUN: classes names no kind of scene")
    for name in names:
        if not isinstance(name, str):
            raise WrongType(f"LSUN: a class is {name!r}; it must be a name as 'bedroom_train'")
        scene, _, part = name.rpartition("_")
        one_of("LSUN: the scene of a class", scene, SCENES)
        one_of("LSUN: the part of a class", part, PARTS)
    return names
