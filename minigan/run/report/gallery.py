"""The pictures of a page: the series that a slider moves through, real images, and all others."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from minigan.run.report import frames
from minigan.run.report.tables import Record, named

SERIES_BYTES = 10_000_000  # of all frames in a page
OTHER_BYTES = 2_500_000
OTHERS = 40  # further pictures of a run

CAPTIONS = {
    "latent_interpolation": "Latent walk: each row leads from one point of noise to another",
    "latent_nearest": "Nearest training images: a sample at the left, beside it the most like it",
    "latent_arithmetic": "Latent arithmetic on means of noise: first, second, third, 1 - 2 + 3",
    "latent_samples": "Samples, numbered row by row from 0",
}


def series(run: Record, budget: int) -> list[dict[str, Any]]:
    """The frames of the slider, each with its source, step and epoch."""
    some = frames.chosen(run["series"])
    made = frames.embedded([Path(run["folder"], each["file"]) for each in some], budget)
    return [
        picture | {"step": each["step"], "epoch": each["epoch"]}
        for each, picture in zip(some, made, strict=True)
        if picture
    ]


def player(runs: Sequence[Record], names: Sequence[str], series: Sequence[Sequence[Record]]) -> str:
    """Grids of fixed noise, moved through time, and real images beside them."""
    if not any(series):
        return ""
    figures = ""
    for place, run in enumerate(runs):
        title = named(names, place) if len(runs) > 1 else "Generated:"
        figures += (
            f'<figure class="frame"><figcaption>{title} '
            f'<output data-run="{place}"></output></figcaption>'
            f'<img data-run="{place}" alt=""></figure>'
            if series[place]
            else f'<figure class="frame"><figcaption>{title}: no picture</figcaption></figure>'
        )
        if len(runs) == 1 and run["real"]:
            (real,) = frames.embedded([Path(run["folder"], run["real"])], OTHER_BYTES // 2)
            if real:
                figures += (
                    '<figure class="real"><figcaption>Real, from the data</figcaption>'
                    f"{_image(real, 'A grid of real images')}</figure>"
                )
    last = max(len(each) for each in series) - 1
    controls = (
        '<div class="controls"><button id="play" type="button">Play</button>'
        f'<input id="slider" type="range" min="0" max="{last}" value="{last}" step="1" '
        'aria-label="Moment of the training"></div>'
        if last
        else ""
    )
    return (
        '<section id="pictures"><h2>What it drew</h2>'
        f'<div class="figures">{figures}{controls}</div>{_left_out(runs, series)}'
        "<noscript><p>Pictures over time and curves need JavaScript.</p></noscript></section>"
    )


def _left_out(runs: Sequence[Record], series: Sequence[Sequence[Record]]) -> str:
    told = [
        f"{len(shown)} of {len(run['series'])} pictures"
        + (f" of {run['name']}" if len(runs) > 1 else "")
        for run, shown in zip(runs, series, strict=True)
        if len(shown) < len(run["series"])
    ]
    return f'<p class="note">Shown are {escape("; ".join(told))}.</p>' if told else ""


def _image(picture: Record, alt: str) -> str:
    return (
        f'<img src="{picture["src"]}" alt="{escape(alt)}" '
        f'width="{picture["width"]}" height="{picture["height"]}">'
    )


def others(runs: Sequence[Record], names: Sequence[str]) -> str:
    """All further pictures; of several runs those of one name in one row."""
    wanted = [(place, each) for place, run in enumerate(runs) for each in run["pictures"][:OTHERS]]
    paths = [Path(runs[place]["folder"], each["file"]) for place, each in wanted]
    rows: dict[str, str] = {}
    for (place, each), picture in zip(wanted, frames.embedded(paths, OTHER_BYTES), strict=True):
        if picture is None:
            continue
        stem = each["file"].removesuffix(".png")
        caption = CAPTIONS.get(stem, stem.replace("_", " ").capitalize())
        name = f"{named(names, place)}: " if len(runs) > 1 else ""
        row = stem if len(runs) > 1 else ""
        rows[row] = rows.get(row, "") + (
            f'<figure style="width:min(100%, max(17rem, {picture["width"]}px))">'
            f"{_image(picture, caption)}<figcaption>{name}{escape(caption)}</figcaption></figure>"
        )
    if not rows:
        return ""
    shown = "".join(f'<div class="row">{row}</div>' for row in rows.values())
    return f'<section id="others"><h2>Further pictures</h2>{shown}</section>'
