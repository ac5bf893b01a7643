"""Where the files of a data set are looked for, and what to say when they are nowhere.

The folder given by the caller and the one in MINIGAN_DATA are only ever read. After them comes the
user's cache folder, the only place that downloads are written to.
"""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from minigan.data.download import DownloadError
from minigan.errors import DataError


class DataMissing(DataError, FileNotFoundError, RuntimeError):
    """The files of a data set are nowhere; the message says where to put them."""


def cache_folder() -> Path:
    """The platform's folder for caches of this program, where downloads go."""
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("minigan"))


def data_roots(root: str | Path | None) -> list[Path]:
    """The folders that are searched: `root`, then MINIGAN_DATA, then the cache."""
    given = [folder for folder in (root, os.environ.get("MINIGAN_DATA")) if folder]
    return list(dict.fromkeys([*(Path(os.path.expanduser(f)) for f in given), cache_folder()]))


def find(names: Sequence[str], folders: Sequence[str], roots: Sequence[Path]) -> list[Path] | None:
    """The paths of all `names` in the first of the folders below the roots that holds them all.

    An IDX file may carry ".gz", and its "-idx" may be ".idx" as some unpackers write it.
    """
    for place in _places(roots, folders):
        paths = [_variant(place, name) for name in names]
        if all(paths):
            return [path for path in paths if path]
    return None


def find_or_fetch(
    title: str,
    names: Sequence[str],
    folders: Sequence[str],
    root: str | Path | None,
    fetch: Callable[[Path], None] | None = None,
    source: str = "",
) -> list[Path]:
    """The paths of a set's files, downloaded into the cache by `fetch` when they are nowhere.

    `folders` are the sub-folders of a root where they may lie (its own level is tried last); the
    first also names their folder in the cache. `source`: the address to tell of a set that minigan
    does not download. Raises DataMissing, which says what to do.
    """
    roots = data_roots(root)
    if paths := find(names, folders, roots):
        return paths
    failed = ""
    if fetch:
        target = cache_folder() / folders[0]
        print(f"minigan: downloading {title} to {target}", file=sys.stderr)
        try:
            fetch(target)
        except DownloadError as error:
            failed = f", and the download failed: {error}"
        if paths := find(names, folders, roots):
            return paths
    searched = " or ".join(str(folder) for folder in roots)
    found = [
        str(path)
        for place in _places(roots, folders)
        for name in names
        if (path := _variant(place, name))
    ]
    partly = f" (of its files only {', '.join(found)})" if found else ""
    unpack = " and unpack it" if source.endswith((".gz", ".zip")) else ""
    hint = f" minigan does not download it: get it from {source}{unpack}." if source else ""
    raise DataMissing(
        f"{title} was not found in {searched}{partly}{failed}.{hint} Put the files "
        f"{', '.join(names)} into a folder DIR/{folders[0]} and name it by --data-dir DIR "
        "(root=DIR) or MINIGAN_DATA=DIR"
    )


def _places(roots: Sequence[Path], folders: Sequence[str]) -> list[Path]:
    return [root / folder for root in roots for folder in (*folders, ".")]


def _variant(place: Path, name: str) -> Path | None:
    stems = dict.fromkeys([name, name.replace("-idx", ".idx")])
    endings = ("", ".gz") if "-idx" in name else ("",)
    paths = [place / f"{stem}{ending}" for stem in stems for ending in endings]
    return next((path for path in paths if os.path.isfile(path)), None)
