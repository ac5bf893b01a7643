"""Pictures out of their files: one as it lies there, or all at once as squares of one size."""

import contextlib
import ctypes
import io
import math
import os
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from minigan.bars import bar
from minigan.data import pixels
from minigan.data.idx import DEFLATE_BEST
from minigan.data.refusals import Unfit
from minigan.errors import DataError
from minigan.opening import opened, reason

if TYPE_CHECKING:
    from PIL.Image import Image

FORMATS = "AVIF BMP DIB GIF JPEG JPEG2000 MPO PNG PPM TIFF WEBP".split()
"""Those whose size is known before they are decoded, and whose decoder starts no other program."""

PNG_BANDS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # numbers in a pixel, by the type of colour

LARGE = 1 << 24
"""Pixels above which pictures are decoded one at a time: Pillow takes 8 to 16 bytes for a pixel."""

_one_large = threading.Lock()


@contextlib.contextmanager
def picture(
    path: str | Path, content: bytes | None = None, size: int | None = None
) -> Iterator["Image"]:
    """The picture in a file, or in the `content` of that name, to be decoded in this block.

    With `size` a JPEG will be decoded no larger than it must be for that. Of LARGE pictures only
    one is open at a time, however many threads there are. Raises DataError for what is no picture
    or a damaged one, and Unfit for one of more than PIL.Image.MAX_IMAGE_PIXELS.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        with opened(path) if content is None else io.BytesIO(content) as file:
            bound = _bound(file)
            with Image.open(file) as image:
                whole = image.width * image.height
                _check(path, image, whole, bound)
                if size:
                    image.draft("RGB", (size, size))
                # A progressive JPEG is kept whole while it is decoded, however small it becomes.
                part = whole if image.info.get("progressive") else image.width * image.height
                with _alone() if part > LARGE else contextlib.nullcontext():
                    yield image
    except (DataError, Unfit):
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(path) from None
    except UnidentifiedImageError:
        raise DataError(f"{path}: is no picture that Pillow can read") from None
    except Exception as error:  # Pillow's readers raise nearly anything for a broken file
        raise DataError(f"{path}: {reason(error)}") from None


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """No other large picture is decoded meanwhile, nor kept by the thread that decoded it."""
    with _one_large:
        # What a thread frees, glibc keeps for that thread: many would each keep their largest.
        with contextlib.suppress(OSError, TypeError, AttributeError):  # another C library
            ctypes.CDLL(None).malloc_trim(0)
        yield


def _bound(file: BinaryIO) -> float:
    """The most pixels that the file can hold: of a PNG what deflate can pack, else no bound."""
    head = file.read(26)
    if not head.startswith(b"\x89PNG") or len(head) < 26:
        return math.inf
    depth, kind = head[24:]
    size = file.seek(0, os.SEEK_END)
    return size * DEFLATE_BEST * 8 / max(1, depth * PNG_BANDS.get(kind, 1))


def _check(path: str | Path, image: "Image", count: int, bound: float) -> None:
    """Before the pixels take any memory. Raises DataError or Unfit."""
    from PIL.Image import MAX_IMAGE_PIXELS

    if image.format not in FORMATS:
        raise Unfit(
            f"{path}: is of the kind {image.format}: convert it to PNG, or give ImageFolder a "
            "loader= for it"
        )
    if MAX_IMAGE_PIXELS is not None and count > MAX_IMAGE_PIXELS:
        raise _too_large(path)
    if count > bound:
        shape = f"{image.width:,}×{image.height:,}"
        raise DataError(f"{path}: claims {shape} pixels, more than so small a file can hold")


def _too_large(path: str | Path) -> Unfit:
    from PIL.Image import MAX_IMAGE_PIXELS

    return Unfit(
        f"{path}: has more than {MAX_IMAGE_PIXELS:,} pixels: make it smaller, raise "
        "PIL.Image.MAX_IMAGE_PIXELS, or give ImageFolder a loader= for such pictures"
    )


def pil_loader(path: str | Path) -> "Image":
    """The picture as it lies in the file, RGB.

    Raises DataError and Unfit as `picture` does, and Unfit for one of 16 or 32 bits whose values
    bytes cannot hold.
    """
    with picture(path) as image:
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

    from PIL.Image import DecompressionBombWarning

    side = size or 0
    images = np.zeros((len(paths), 3, side, side), np.uint8)

    def decode(index: int) -> str | None:
        try:
            if size:
                images[index] = pixels.from_pil(open_square(paths[index], size))
            else:
                pil_loader(paths[index])
        except (DataError, Unfit) as error:
            return str(error).replace(f"{paths[index]}: ", "", 1)
        return None

    with ThreadPoolExecutor(os.cpu_count()) as pool, warnings.catch_warnings():
        warnings.simplefilter("ignore", DecompressionBombWarning)  # such pictures are refused here
        faults = list(
            bar(pool.map(decode, range(len(paths))), "reading pictures", len(paths), delay=1)
        )
    return images, {path: why for path, why in zip(paths, faults, strict=True) if why}


def open_square(path: Path, size: int) -> "Image":
    """A picture's central square, upright, RGB, resized to size×size; of 16 bits the upper 8."""
    from PIL import Image, ImageOps

    with picture(path, size=size) as file:
        ImageOps.exif_transpose(file, in_place=True)
        image: Image.Image = file
        if image.mode.startswith("I;16"):
            image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
        image = within_bytes(image, path)
        image = image if image.mode == "RGB" else image.convert("RGB")
        width, height = image.size
        side = min(width, height)
        left, top = (width - side) / 2, (height - side) / 2
        square = (left, top, left + side, top + side)
        return image.resize((size, size), Image.Resampling.BILINEAR, box=square)
