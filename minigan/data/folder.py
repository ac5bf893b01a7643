"""Folders of files as data sets: DatasetFolder of any kind, ImageFolder of pictures."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minigan.data import tree
from minigan.data.dataset import Dataset
from minigan.data.decoding import decode_all, pil_loader
from minigan.data.images import ImageDataset
from minigan.data.refusals import Unfit, WrongType
from minigan.errors import DataError

ENDINGS = (*tree.EXTENSIONS, ".gif")  # of pictures without classes
NAMED = 10  # unreadable files named in a message


class _Folder:
    """How classes and samples are found; a subclass may find them in another way."""

    def find_classes(self, directory: str | Path) -> tuple[list[str], dict[str, int]]:
        """The names of the classes, and the number of each."""
        return tree.find_classes(directory)

    @staticmethod
    def make_dataset(
        directory: str | Path,
        class_to_idx: dict[str, int],
        extensions: Any = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ) -> list[tuple[str, int]]:
        """(path, number of the class) of each sample."""
        return tree.make_dataset(directory, class_to_idx, extensions, is_valid_file, allow_empty)


class DatasetFolder(_Folder, Dataset):
    """Files below `root`, each class in a sub-folder, opened by `loader` when they are asked for.

    An item is `(loader(path) through transform, number of the class)`. See `tree.make_dataset` for
    which files are samples, and what it raises.
    """

    def __init__(
        self,
        root: str | Path,
        loader: Callable[[str], Any],
        extensions: tuple[str, ...] | None = None,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
    ):
        if not callable(loader):
            raise WrongType(f"DatasetFolder: loader {loader!r} is not a function of a path")
        self.root, self.loader, self.extensions = os.path.expanduser(root), loader, extensions
        self.classes, self.class_to_idx = self.find_classes(self.root)
        self.samples = self.make_dataset(
            self.root, self.class_to_idx, extensions, is_valid_file, allow_empty
        )
        self.targets = [number for _, number in self.samples]
        self.transform, self.target_transform = transform, target_transform

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        path, target = self.samples[index]
        sample = self.loader(path)
        if self.transform:
            sample = self.transform(sample)
        return sample, self.target_transform(target) if self.target_transform else target


default_loader = pil_loader


class ImageFolder(_Folder, ImageDataset):
    """The pictures below `root`, in RGB; each sub-folder is a class, numbered by name.

    Pictures beside the sub-folders belong to no class and are left out. Only where there is no
    sub-folder at all, the pictures in `root` are taken, with the target 0.

    With `size`, each picture's central square is turned upright, resized to size×size once, at the
    start, and kept as bytes (size² · 3 for each). Without, pictures are opened by `loader` when
    asked for, and the transform must bring them to one size:
    `Compose([Resize(64), CenterCrop(64), ToTensor()])`. `samples`, or `imgs`, then says which and
    of which class, and may be replaced. `limit`: the first so many pictures only.
    is_valid_file, allow_empty: see `tree.make_dataset`.

    Unless there is a loader of your own, every picture is decoded once at the start, those of more
    than 16 million pixels one at a time. Raises DataError that counts and names those that cannot
    be, or have more than PIL.Image.MAX_IMAGE_PIXELS (89 million), or with `skip_unreadable` says so
    on stderr and goes on without them; `unreadable` maps their paths to the reasons.
    """

    class_to_idx: Any = None  # these are plain here, as in torchvision
    targets: Any = None

    def __init__(
        self,
        root: str | Path,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        loader: Callable[[str], Any] = default_loader,
        is_valid_file: Callable[[str], bool] | None = None,
        allow_empty: bool = False,
        *,
        size: int | None = None,
        skip_unreadable: bool = False,
        limit: int | None = None,
    ):
        if size is not None and size < 1:
            raise Unfit(f"ImageFolder: size is {size}; it must be at least 1 pixel")
        if size is not None and loader is not default_loader:
            raise Unfit("ImageFolder: a loader opens pictures when asked for; leave out size")
        if not callable(loader):
            raise WrongType(f"ImageFolder: loader {loader!r} is not a function of a path")
        if limit is not None and limit < 1:
            raise Unfit(f"limit is {limit}: take at least one image, or None for all")
        self.root = os.path.expanduser(root)
        if not os.path.isdir(self.root):
            raise tree.NothingFound(f"{self.root} is not a folder; name a folder of pictures")
        self.loader, self.size = loader, size
        self.extensions = None if is_valid_file else tree.EXTENSIONS
        samples = self._samples(is_valid_file, allow_empty)[:limit]
        self.unreadable: dict[Path, str] = {}
        images = np.zeros((len(samples), 3, 0, 0), np.uint8)
        if loader is default_loader:
            paths = [Path(path) for path, _ in samples]
            images, self.unreadable = decode_all(paths, size)
        if self.unreadable:
            self._report(len(samples), skip_unreadable)
            readable = [Path(path) not in self.unreadable for path, _ in samples]
            samples = [sample for sample, kept in zip(samples, readable, strict=True) if kept]
            images = images[np.array(readable)]
        numbers = np.array([number for _, number in samples], np.int64)
        super().__init__(images, numbers, transform, target_transform)
        self.samples = samples
        self.targets = [number for _, number in samples]

    def _samples(
        self, is_valid_file: Callable[[str], bool] | None, allow_empty: bool
    ) -> list[tuple[str, int]]:
        """Finds classes and samples; pictures alone are of one class."""
        alone = not any(e.is_dir() and not e.name.startswith(".") for e in tree.entries(self.root))
        if alone and type(self).find_classes is _Folder.find_classes:
            name = Path(self.root).name
            self.classes, self.class_to_idx = [name], {name: 0}
            return [(path, 0) for path in self._alone(is_valid_file)]
        self.classes, self.class_to_idx = self.find_classes(self.root)
        return self.make_dataset(
            self.root, self.class_to_idx, self.extensions, is_valid_file, allow_empty
        )

    def _alone(self, is_valid_file: Callable[[str], bool] | None) -> list[str]:
        found = sorted(
            entry.path
            for entry in tree.entries(self.root)
            if not entry.is_dir()
            and not entry.name.startswith(".")
            and (is_valid_file(entry.path) if is_valid_file else tree.ends(entry.name, ENDINGS))
        )
        if not found:
            wanted = "" if is_valid_file else f" (endings looked for: {', '.join(ENDINGS)})"
            raise tree.NothingFound(f"no pictures in {self.root} or below it{wanted}")
        return found

    @property
    def samples(self) -> list[tuple[str, int]]:
        """The path and the class of each picture."""
        return self._listed

    @samples.setter
    def samples(self, samples: list[tuple[str, int]]) -> None:
        if getattr(self, "_listed", None) is not None and self.size:
            raise Unfit("ImageFolder: with size the pictures are in memory; choose with a Subset")
        self._listed = samples

    imgs = samples  # torchvision's other name for it

    @property
    def paths(self) -> list[Path]:
        """Where each picture lies."""
        return [Path(path) for path, _ in self.samples]

    def __len__(self) -> int:
        return len(self.samples)

    def _report(self, total: int, skip: bool) -> None:
        bad = list(self.unreadable.items())
        names = "; ".join(f"{path.relative_to(self.root)} ({why})" for path, why in bad[:NAMED])
        more = f"; and {len(bad) - NAMED:,} more" if len(bad) > NAMED else ""
        message = f"{len(bad):,} of {total:,} pictures in {self.root} cannot be read: {names}{more}"
        if not skip or len(bad) == total:
            raise DataError(
                f"{message}. Remove or replace them, or go on without them: "
                "--skip-unreadable (skip_unreadable=True)"
            )
        print(f"minigan: skipping {message}", file=sys.stderr)

    @property
    def by_items(self) -> bool:
        """Whether batches have to be made of items: a loader may give anything."""
        return self.loader is not default_loader

    def image(self, index: int) -> Any:
        """One picture, RGB, or what the loader makes of it, without its transform."""
        return super().image(index) if self.size else self.loader(self.samples[index][0])

    def _label(self, index: int) -> int:
        return self.samples[index][1]

    def _labels_at(self, indices: np.ndarray) -> np.ndarray:
        return np.array([self.samples[index][1] for index in indices.tolist()], np.int64)

    def _pick(self, indices: np.ndarray) -> Any:
        return super()._pick(indices) if self.size else [self.image(int(i)) for i in indices]
