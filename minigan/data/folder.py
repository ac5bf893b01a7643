"""A folder of pictures of any size and kind as a data set."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from minigan.data import pixels
from minigan.data.dataset import ImageDataset
from minigan.errors import DataError, UserError

if TYPE_CHECKING:
    from PIL.Image import Image

ENDINGS = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm")
NAMED = 10  # unreadable files named in a message


class ImageFolder(ImageDataset):
    """The pictures below `root`, in RGB, in the order of their paths.

    Where all pictures lie in sub-folders, each sub-folder is a class, numbered by name; else all
    have the target 0.

    With `size`, each picture's central square is resized to size×size once, at the start, and kept
    as bytes (size² · 3 for each). Without, pictures are opened when asked for, and the transform
    must bring them to one size: `Compose([Resize(64), CenterCrop(64), ToTensor()])`.
    `limit`: the first so many pictures only.

    Every picture is decoded once at the start. Raises DataError that counts and names those that
    cannot be, or with `skip_unreadable` says so on stderr and goes on without them; `unreadable`
    maps their paths to the reasons.
    """

    def __init__(
        self,
        root: str | Path,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        *,
        size: int | None = None,
        skip_unreadable: bool = False,
        limit: int | None = None,
    ):
        if size is not None and size < 1:
            raise UserError(f"ImageFolder: size is {size}; it must be at least 1 pixel")
        root = Path(os.path.expanduser(root))
        paths = find_pictures(root)[:limit]
        self.classes, targets = classes_of(root, paths)
        images, self.unreadable = decode_all(paths, size)
        if self.unreadable:
            self._report(root, len(paths), skip_unreadable)
            readable = np.array([path not in self.unreadable for path in paths])
            paths = [path for path in paths if path not in self.unreadable]
            images, targets = images[readable], targets[readable]
        self.paths, self.size = paths, size
        super().__init__(images, targets, transform, target_transform, limit)

    @property
    def samples(self) -> list[tuple[str, int]]:
        """The path and the class of each picture."""
        return [(str(p), int(label)) for p, label in zip(self.paths, self._labels, strict=True)]

    imgs = samples  # torchvision's other name for it

    def _report(self, root: Path, total: int, skip: bool) -> None:
        bad = list(self.unreadable.items())
        names = "; ".join(f"{path.relative_to(root)} ({why})" for path, why in bad[:NAMED])
        more = f"; and {len(bad) - NAMED:,} more" if len(bad) > NAMED else ""
        message = f"{len(bad):,} of {total:,} pictures in {root} cannot be read: {names}{more}"
        if not skip or len(bad) == total:
            raise DataError(
                f"{message}. Remove or replace them, or go on without them: "
                "--skip-unreadable (skip_unreadable=True)"
            )
        print(f"minigan: skipping {message}", file=sys.stderr)

    def image(self, index: int) -> "Image":
        """One picture, RGB, without its transform."""
        return super().image(index) if self.size else open_picture(self.paths[index])

    def _pick(self, indices: np.ndarray) -> "np.ndarray | list[Image]":
        return super()._pick(indices) if self.size else [self.image(int(i)) for i in indices]


def find_pictures(root: Path) -> list[Path]:
    """All files below `root` with the ending of a picture, sorted; hidden ones are left out.

    Raises DataError when there is no such folder, one cannot be read, or no picture is in it.
    """
    if not os.path.isdir(root):
        raise DataError(f"{root} is not a folder; name a folder of pictures")

    def refuse(error: OSError) -> None:
        raise DataError(f"{error.filename}: cannot be read ({error.strerror})")

    found, seen = [], set()
    for folder, folders, files in os.walk(root, followlinks=True, onerror=refuse):
        if (real := os.path.realpath(folder)) in seen:  # a link back to where we were
            folders.clear()
            continue
        seen.add(real)
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [
            Path(folder, name)
            for name in files
            if name.lower().endswith(ENDINGS) and not name.startswith(".")
        ]
    if not found:
        raise DataError(
            f"no pictures in {root} or below it (endings looked for: {', '.join(ENDINGS)})"
        )
    return sorted(found)


def classes_of(root: Path, paths: list[Path]) -> tuple[list[str], np.ndarray]:
    """Names of the classes, and each path's number among them, int64."""
    if any(path.parent == root for path in paths):
        return [root.name], np.zeros(len(paths), np.int64)
    names = [path.relative_to(root).parts[0] for path in paths]
    classes = sorted(set(names))
    number = {name: index for index, name in enumerate(classes)}
    return classes, np.array([number[name] for name in names], np.int64)


def decode_all(paths: list[Path], size: int | None) -> tuple[np.ndarray, dict[Path, str]]:
    """The pictures as bytes (N, 3, size, size), on all processors, and the unreadable ones.

    Without `size` they are only tried, and the array is (N, 3, 0, 0).
    """
    from concurrent.futures import ThreadPoolExecutor

    from tqdm import tqdm

    side = size or 0
    images = np.zeros((len(paths), 3, side, side), np.uint8)

    def decode(index: int) -> str | None:
        try:
            picture = open_picture(paths[index], size)
            if size:
                images[index] = pixels.from_pil(picture)
        except Exception as error:  # Pillow's readers raise nearly anything for a broken file
            return str(error).replace(str(paths[index]), "").strip(" '\":") or type(error).__name__
        return None

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        faults = list(
            tqdm(
                pool.map(decode, range(len(paths))),
                "reading pictures",
                len(paths),
                file=sys.stderr,
                disable=None,
                leave=False,
                delay=1,
            )
        )
    return images, {path: why for path, why in zip(paths, faults, strict=True) if why}


def open_picture(path: Path, size: int | None = None) -> "Image":
    """One picture, upright, RGB, fully decoded; with `size` its central square, resized to it."""
    from PIL import Image, ImageOps

    with Image.open(path) as image:
        if size:
            image.draft("RGB", (size, size))  # JPEG: decode no more than is needed
        picture = pixels.eight_bits(ImageOps.exif_transpose(image)).convert("RGB")
    if not size:
        return picture
    width, height = picture.size
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    square = (left, top, left + side, top + side)
    return picture.resize((size, size), Image.Resampling.BILINEAR, box=square)
