"""Small pictures of every format and mode, and how they are read."""

import io
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from minigan import data
from minigan.data import decoding


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    """The picture as a file."""
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def picture_files() -> list[dict[str, bytes]]:
    """Each alone in its folder; some are of a kind that is refused."""
    noise = np.random.default_rng(0).integers(0, 256, (21, 17, 3), np.uint8)
    colour = Image.fromarray(noise)
    moving = {"append_images": [colour.rotate(90)], "save_all": True}
    turned = Image.Exif()
    turned[0x0112] = 6
    rows: list[tuple[str, Image.Image, dict[str, Any]]] = [
        *[("PNG", colour.convert(mode), {}) for mode in ("RGB", "RGBA", "P", "L", "LA", "1")],
        ("PNG", Image.fromarray(noise[..., 0].astype(np.uint16) * 257), {}),
        ("PNG", Image.new("RGB", (400, 300)), {}),
        ("PNG", colour, moving),
        ("JPEG", colour, {"exif": turned}),
        ("JPEG", colour, {"progressive": True}),
        *[("JPEG", colour.convert(mode), {}) for mode in ("L", "CMYK")],
        ("MPO", colour, moving),
        ("GIF", colour, moving),
        ("GIF", Image.new("P", (90, 80)), {}),
        *[("BMP", colour.convert(mode), {}) for mode in ("RGB", "RGBA", "P", "1")],
        *[("PPM", colour.convert(mode), {}) for mode in ("RGB", "L", "1")],
        ("PPM", Image.new("F", (9, 9), 3.0), {}),
        *[("TIFF", colour, {"compression": way}) for way in (None, "tiff_lzw", "jpeg")],
        ("TIFF", colour, {"compression": "tiff_deflate"}),
        ("TIFF", colour.convert("1"), {"compression": "group4"}),
        *[("TIFF", Image.new(mode, (9, 9), 7), {}) for mode in ("I;16", "I", "F")],
        *[("WEBP", colour, {"lossless": lossless}) for lossless in (False, True)],
        ("WEBP", colour, moving),
        *[(kind, colour, {}) for kind in ("AVIF", "JPEG2000") if kind in Image.SAVE],
        *[(kind, colour, {}) for kind in ("EPS", "ICO", "PCX", "TGA")],
    ]
    return [{f"{kind}.png": encoded(image, kind, **options)} for kind, image, options in rows]


def mended(content: bytes) -> bytes:
    """A PNG whose parts have right checksums again."""
    at, done = 8, content[:8]
    while content.startswith(b"\x89PNG") and at + 12 <= len(content):
        end = at + 8 + int.from_bytes(content[at : at + 4], "big")
        if end + 4 > len(content):
            break
        part = content[at + 4 : end]
        done += content[at : at + 4] + part + zlib.crc32(part).to_bytes(4, "big")
        at = end + 4
    return done + content[at:]


def read_picture(folder: Path) -> None:
    """As it lies there."""
    decoding.pil_loader(next(folder.glob("*.png")))


def read_square(folder: Path) -> None:
    """As a small square."""
    data.ImageFolder(folder, size=8)
