"""Pictures out of their files: one as it lies there, or all at once as squares of one size."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from minigan.data import pixels
from minigan.data.refusals import Unfit

if TYPE_CHECKING:
    from PIL.Image import Image


def pil_loader(path: str | Path) -> "Image":
    """The picture as it lies in the file, RGB.

    Raises Unfit for one of 16 or 32 bits whose values bytes cannot hold.
    """
    from PIL import Image

    with Image.open(path) as image:
        return within_bytes(image, path).convert("RGB")


def within_bytes(image: "Image", path: str | Path) -> "Image":
    """The image itself. Raises Unfit where its values are no bytes: nobody could tell white."""
    if image.mode.startswith(("I", "F")):
        low, high = image.getextrema()
        if low < 0 or high > 255:  # type: ignore[operator]
            size = ", or ImageFolder a size=" if image.mode.startswith("I;16") else ""
            raise Unfit(
                f"{path}: its values go from {low} to {high}, but those of RGB from 0 to 255: "
                f"convert it, or give a loader= that scales such pictures{size}"
            )
    return image


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
            if size:
                images[index] = pixels.from_pil(open_square(paths[index], size))
            else:
                pil_loader(paths[index])
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


def open_square(path: Path, size: int) -> "Image":
    """A picture's central square, upright, RGB, resized to size×size; of 16 bits the upper 8."""
    from PIL import Image, ImageOps

    with Image.open(path) as image:
        image.draft("RGB", (size, size))  # JPEG: decode no more than is needed
        picture = ImageOps.exif_transpose(image)
    if picture.mode.startswith("I;16"):
        picture = Image.fromarray((np.asarray(picture) >> 8).astype(np.uint8))
    picture = within_bytes(picture, path).convert("RGB")
    width, height = picture.size
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    square = (left, top, left + side, top + side)
    return picture.resize((size, size), Image.Resampling.BILINEAR, box=square)
