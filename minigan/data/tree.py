"""Which files below a folder are samples, and of which class: a sub-folder is a class."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from minigan.data.refusals import Unfit
from minigan.errors import DataError

EXTENSIONS = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


class NothingFound(DataError, FileNotFoundError):
    """A folder without classes, or a class without samples."""


def entries(folder: str | Path) -> list[os.DirEntry]:
    """What is in the folder. Raises DataError when it cannot be read."""
    try:
        with os.scandir(folder) as found:
            return list(found)
    except OSError as error:
        raise DataError(f"{folder}: cannot be read ({error.strerror or error})") from None


def find_classes(directory: str | Path) -> tuple[list[str], dict[str, int]]:
    """The names of the sub-folders, sorted, and the number of each.

    Raises NothingFound (a FileNotFoundError) when there is none, DataError for a hidden one.
    """
    names = sorted(entry.name for entry in entries(directory) if entry.is_dir())
    if not names:
        raise NothingFound(
            f"{directory} has no sub-folder: each class of pictures has to lie in one of its own"
        )
    if hidden := [name for name in names if name.startswith(".")]:
        raise DataError(
            f"{directory} has the hidden folder {', '.join(hidden)}, which would count as a class: "
            "remove it, or move it elsewhere"
        )
    return names, {name: number for number, name in enumerate(names)}


def make_dataset(
    directory: str | Path,
    class_to_idx: dict[str, int] | None = None,
    extensions: Any = None,
    is_valid_file: Callable[[str], bool] | None = None,
    allow_empty: bool = False,
) -> list[tuple[str, int]]:
    """(path, number of the class) of each sample: class by class, folder by folder, by name.

    A sample has one of the `extensions`, or is what `is_valid_file` says. Raises Unfit unless one
    of the two is given, and NothingFound (a FileNotFoundError) for classes without a sample, which
    allow_empty allows.
    """
    directory = os.path.expanduser(directory)
    if class_to_idx is None:
        class_to_idx = find_classes(directory)[1]
    if not class_to_idx:
        raise Unfit("class_to_idx names no class: give at least one")
    if (extensions is None) == (is_valid_file is None):
        raise Unfit("give either extensions or is_valid_file, to tell which files are samples")
    samples: list[tuple[str, int]] = []
    empty = []
    for name in sorted(class_to_idx):
        before = len(samples)
        for path in files_below(os.path.join(directory, name)):
            valid = is_valid_file(path) if is_valid_file else ends(path, extensions)
            if valid:
                samples.append((path, class_to_idx[name]))
        if len(samples) == before:
            empty.append(name)
    if empty and not allow_empty:
        wanted = "" if extensions is None else f" (endings looked for: {listed(extensions)})"
        raise NothingFound(
            f"no sample of the class {', '.join(empty)} in {directory}{wanted}: fill or remove the "
            "folder, or let it be an empty class: allow_empty=True"
        )
    return samples


def ends(path: str, extensions: Any) -> bool:
    """Whether the file's name ends with one of the extensions, in capitals or not."""
    return path.lower().endswith(extensions if isinstance(extensions, str) else tuple(extensions))


def listed(extensions: Any) -> str:
    """The extensions in words."""
    return extensions if isinstance(extensions, str) else ", ".join(extensions)


def files_below(folder: str) -> list[str]:
    """All files in the folder and those below it, folder by folder, each sorted by name."""
    return [path for _, names in sorted(_walk(folder, ())) for path in sorted(names)]


def _walk(folder: str, above: tuple[str, ...]) -> Iterator[tuple[str, list[str]]]:
    """Folders with the paths of their files. Links are followed, but not back to where we are."""
    real = os.path.realpath(folder)
    if real in above or not os.path.isdir(folder):
        return
    inside = entries(folder)
    yield folder, [entry.path for entry in inside if not entry.is_dir()]
    for entry in inside:
        if entry.is_dir():
            yield from _walk(entry.path, (*above, real))
