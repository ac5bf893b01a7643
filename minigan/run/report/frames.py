"""Pictures small enough to travel inside a page: the same to the eye, in fewer bytes."""

import base64
import io
import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.opening import opened, reason
from minigan.run.ending import say

if TYPE_CHECKING:
    from PIL.Image import Image

MOST = 100  # pictures of a series
PIXELS = 100_000_000  # of a picture; a larger one is left out

FORMS: list[tuple[int, dict[str, Any]]] = [
    (2000, {"lossless": True, "quality": 20, "method": 2}),
    *((1200, {"quality": quality, "method": 2}) for quality in (92, 85, 75)),
    (900, {"quality": 70, "method": 2}),
    (600, {"quality": 60, "method": 2}),
    (300, {"quality": 50, "method": 2}),
]
"""The longest side, and WebP's options, from the best form to the smallest."""


def chosen(items: Sequence[Any], most: int = MOST) -> list[Any]:
    """At most so many, evenly, the first and the last among them."""
    if len(items) <= most:
        return list(items)
    return [items[round(place)] for place in np.linspace(0, len(items) - 1, most)]


class Unreadable(Exception):
    """A picture that is damaged, or larger than any that minigan draws."""


def picture(path: Path) -> "Image":
    """The picture, grey or in colour, on white where it is transparent. Raises Unreadable."""
    from PIL import Image

    try:
        with opened(path) as file, warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            found: Image.Image = Image.open(file)
            if found.width * found.height > PIXELS:
                raise Unreadable(f"{found.width:,} × {found.height:,} pixels are too many")
            if "A" in found.getbands() or "transparency" in found.info:
                found = found.convert("RGBA")
                paper = Image.new("RGBA", found.size, "white")
                return Image.alpha_composite(paper, found).convert("RGB")
            return found.convert("L" if found.mode in ("1", "L") else "RGB")
    except (OSError, ValueError, SyntaxError, MemoryError, Image.DecompressionBombError) as error:
        raise Unreadable(reason(error)) from None


def embedded(paths: Sequence[Path], budget: int) -> list[dict[str, Any] | None]:
    """Each picture as {"src": a data: address, "width", "height": as it was}, all in the best form
    in which they come to about `budget` bytes. None, and a line on stderr, for a damaged one."""
    damaged: set[Path] = set()

    def encoded(path: Path, form: tuple[int, dict[str, Any]]) -> dict[str, Any] | None:
        try:
            return None if path in damaged else _encoded(picture(path), *form)
        except Unreadable as error:
            say(f"{path} is left out: {error}")
            damaged.add(path)
            return None

    made: list[dict[str, Any] | None] = []
    for form in FORMS:
        some = chosen(paths, 3)
        guess = _bytes(encoded(path, form) for path in some) / max(1, len(some)) * len(paths)
        if guess > budget and form is not FORMS[-1]:
            continue
        made = [encoded(path, form) for path in paths]
        if _bytes(made) <= 1.1 * budget:
            break
    return made


def _bytes(pictures: Iterable[dict[str, Any] | None]) -> int:
    return sum(len(each["src"]) for each in pictures if each)


def _encoded(image: "Image", side: int, options: dict[str, Any]) -> dict[str, Any]:
    width, height = image.size
    if options.get("lossless"):  # other forms halve the colours' resolution, and want large pixels
        image = not_enlarged(image)
    image.thumbnail((side, side))
    stream = io.BytesIO()
    image.save(stream, "WEBP", **options)
    text = base64.b64encode(stream.getvalue()).decode()
    return {"src": f"data:image/webp;base64,{text}", "width": width, "height": height}


def not_enlarged(image: "Image") -> "Image":
    """The picture in half of its size, if nothing is lost: pictures.grid enlarges small images."""
    from PIL import Image

    pixels = np.asarray(image)
    small = pixels[::2, ::2]
    exact = np.array_equal(small.repeat(2, axis=0).repeat(2, axis=1), pixels)
    return Image.fromarray(np.ascontiguousarray(small)) if exact else image
