"""Pictures for people: grids of images, and curves of what was logged."""

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan import backend as B
from minigan.atomic import replacing
from minigan.opening import opened

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from PIL.Image import Image

BORDER = 2  # pixels between images
GREY = 96  # of the border: seen beside black and beside white
LEGIBLE = 56  # pixels: smaller images are enlarged by a whole number
ANIMATIONS = [(480, 100), (480, 50), (320, 50), (240, 50), (160, 30)]  # width, frames
ANIMATION_BYTES = 6_000_000


def save_grid(path: str | Path, images: Any, columns: int | None = None) -> None:
    """Write the images as one PNG: see `grid`. Raises UserError when it cannot be written."""
    from PIL import Image

    picture = Image.fromarray(grid(images, columns))
    with replacing(path) as temporary:
        picture.save(temporary, format="PNG")


def save_animation(path: str | Path, frames: Sequence["Image"]) -> None:
    """Write pictures of Pillow as a GIF that loops, 0.15 s each and the last one for 2 s.

    They are at most 480 pixels wide and 100 in number; where that would come to more than 6 MB,
    there are fewer, evenly chosen, and then smaller ones. Others than the last one's size are
    fitted into it. Raises UserError when the GIF cannot be written.
    """
    for width, most in ANIMATIONS:
        places = np.linspace(0, len(frames) - 1, min(most, len(frames))).round().astype(int)
        content = _animation([frames[place] for place in places], width)
        if len(content) <= ANIMATION_BYTES:
            break
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def _animation(frames: Sequence["Image"], width: int) -> bytes:
    """The GIF, no wider than this, with the same colours in all frames, so that none flickers."""
    from PIL import Image, ImageOps

    part = min(1.0, width / frames[-1].width)
    size = (round(frames[-1].width * part), max(1, round(frames[-1].height * part)))
    fitted = [ImageOps.pad(frame, size, Image.Resampling.LANCZOS) for frame in frames]
    if any(frame.mode != "L" for frame in fitted):
        fitted = [frame.convert("RGB") for frame in fitted]
        some = np.concatenate([fitted[(len(fitted) - 1) * place // 4] for place in range(5)])
        palette = Image.fromarray(some).quantize(256)
        fitted = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in fitted]
    first, *others = fitted
    durations = [150] * len(others) + [2000]
    stream = io.BytesIO()
    first.save(stream, "GIF", save_all=True, append_images=others, duration=durations, loop=0)
    return stream.getvalue()


def grid(images: Any, columns: int | None = None) -> np.ndarray:
    """The images row by row, thin borders between, as bytes (height, width) or (height, width, 3).

    images: a Tensor or array (N, C, H, W) with C 1 or 3, (N, H, W), or rows (N, side²) of square
    grey images; bytes, or floats in [0, 1], or in [-1, 1] when one of them is below 0. Values
    outside are cut off, NaN is black. columns: by default about as many as rows.
    Raises ValueError for another shape.
    """
    pixels = to_bytes(channels_first(B.to_host(getattr(images, "array", images))))
    zoom = max(1, -(-LEGIBLE // max(pixels.shape[2:])))
    pixels = pixels.repeat(zoom, axis=2).repeat(zoom, axis=3)
    canvas = tiled(pixels, columns or math.ceil(math.sqrt(len(pixels))), BORDER, GREY)
    return canvas[0] if len(canvas) == 1 else np.ascontiguousarray(canvas.transpose(1, 2, 0))


def tiled(images: B.Array, columns: int, border: int, value: float) -> B.Array:
    """Images (N, C, H, W) row by row as one (C, height, width), borders of `value` around each."""
    count, channels, height, width = images.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    step_y, step_x = height + border, width + border
    shape = (channels, rows * step_y + border, columns * step_x + border)
    canvas = B.module_of(images).full(shape, value, images.dtype)
    for number in range(count):
        row, column = divmod(number, columns)
        top, left = border + row * step_y, border + column * step_x
        canvas[:, top : top + height, left : left + width] = images[number]
    return canvas


def channels_first(images: np.ndarray) -> np.ndarray:
    """Images in any of the shapes that `grid` takes as (N, C, H, W)."""
    shape = images.shape
    if len(shape) == 2 and (side := math.isqrt(shape[1])) ** 2 == shape[1]:
        images = images.reshape(-1, 1, side, side)
    elif len(shape) == 3:
        images = images[:, None]
    if images.ndim != 4 or images.shape[1] not in (1, 3) or 0 in images.shape:
        raise ValueError(
            f"a grid takes images (N, C, H, W) of 1 or 3 channels, (N, H, W), or rows of square "
            f"grey images (N, side²); the shape given is {shape}"
        )
    return images


def to_bytes(images: np.ndarray, signed: bool | None = None) -> np.ndarray:
    """Floats in [0, 1], or in [-1, 1] if they are signed, as bytes, rounded; NaN becomes black.

    signed: if nobody says, they are when one is below 0.
    """
    if images.dtype == np.uint8:
        return images
    unit = np.where(np.isnan(images), -np.inf, images).astype(np.float32)
    if (images < 0).any() if signed is None else signed:
        unit = (unit + 1.0) / 2.0
    return np.rint(unit.clip(0.0, 1.0) * 255.0).astype(np.uint8)


# Curves ------------------------------------------------------------------------------------------

PANELS = {
    "loss": "loss", "D": "D's output", "acc": "accuracy", "accuracy": "accuracy",
    "grad": "gradient norm",
}  # fmt: skip
"""Names whose first word is this share a panel of this title; all others share another one."""

LABELS = {"D_x": "D(x)", "D_Gz": "D(G(z))", "D_Gz_after": "D(G(z)) after D's step"}
POINTS = 100  # the bold line averages over about so many stretches of the run


def save_curves(path: str | Path, table: str | Path, title: str) -> None:
    """Plot a losses.csv over its steps: thin lines as logged, bold ones averaged.

    Needs no display; writes nothing where there are no rows. Raises ValueError when the table is
    damaged, UserError when the PNG cannot be written.
    """
    from matplotlib.figure import Figure

    with opened(table) as file:
        header, *lines = file.read().decode().splitlines() or [""]
    if not any(lines):
        return
    columns = header.split(",")
    names = columns[2:]  # after step and epoch
    rows = np.loadtxt(lines, delimiter=",", ndmin=2)
    rows[~np.isfinite(rows)] = np.nan  # which leaves a gap in the thin line
    if not names or rows.shape[1] != len(columns):
        raise ValueError(f"{rows.shape[1]} values in a row, but the columns are {header!r}")
    if not header.isprintable():
        raise ValueError(f"no columns have the names {header!r}")
    steps = rows[:, 0]
    alone = "o" if len(rows) == 1 else ""  # a single point has no line
    panels: dict[str, list[str]] = {}
    for name in names:
        panels.setdefault(PANELS.get(name.partition("_")[0], "other values"), []).append(name)
    figure = Figure(figsize=(8.0, 0.6 + 2.6 * len(panels)), layout="constrained")
    figure.suptitle(title, x=0.01, ha="left")
    all_axes = figure.subplots(len(panels), sharex=True, squeeze=False)[:, 0]
    for axes, (heading, members) in zip(all_axes, panels.items(), strict=True):
        for name in members:
            values = rows[:, columns.index(name)]
            (line,) = axes.plot(steps, values, alpha=0.25, linewidth=0.7)
            label = LABELS.get(name, name.replace("_", " "))
            axes.plot(*averaged(steps, values), alone, color=line.get_color(), label=label)
        axes.set_ylabel(heading)
        axes.grid(alpha=0.3)
        axes.legend(  # above the panel, where it hides nothing
            loc="lower right", bbox_to_anchor=(1, 1), ncols=4, frameon=False, borderaxespad=0
        )
    all_axes[-1].set_xlabel("step")
    all_axes[-1].xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    all_axes[-1].xaxis.set_major_formatter("{x:,.0f}")
    save_figure(path, figure)


def save_figure(path: str | Path, figure: "Figure") -> None:
    """Write a Matplotlib figure as PNG. Raises UserError when it cannot be written."""
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=110)


def averaged(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both as running means over 1/POINTS of their length, at the centre of each stretch; of y over
    what is a finite number there."""
    width = max(1, len(x) // POINTS)
    finite = np.isfinite(y)

    def total(values: np.ndarray) -> np.ndarray:
        sums = np.concatenate([[0.0], np.cumsum(values, dtype=float)])
        return sums[width:] - sums[:-width]

    count = total(finite)
    with np.errstate(invalid="ignore"):
        return total(x) / width, np.where(count, total(np.where(finite, y, 0.0)) / count, np.nan)
