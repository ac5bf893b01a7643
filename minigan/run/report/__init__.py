"""A run as one page that opens anywhere, several runs side by side, and a training as a GIF.

Reading order: records, what there is to tell; compared, several runs in a table; frames and curves,
pictures and numbers made small; page, with its parts seen, gallery and tables, and its page.html,
page.css and page.js.
"""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from minigan import pictures
from minigan.atomic import replacing
from minigan.run.ending import say
from minigan.run.report import frames
from minigan.run.report.page import page
from minigan.run.report.records import read

REPORT = "report.html"
ANIMATION = "training.gif"


def write(folder: str | Path, tell: Callable[[str], None] = say) -> Path:
    """Write the page of a run into its folder. `tell` hears which tables are damaged.

    Raises UserError when there is no run.
    """
    path = Path(folder) / REPORT
    _write(path, page([read(Path(folder), tell)]))
    return path


def write_comparison(runs: Sequence[Mapping[str, Any]], path: str | Path) -> Path:
    """Write a page with these runs side by side, as `read` gives them."""
    _write(Path(path), page(runs))
    return Path(path)


def write_animation(folder: str | Path) -> Path | None:
    """Write the run's series of pictures as a GIF into its folder; None if there are too few.

    What is damaged is left out without a word: `write` tells of it. Raises UserError when there is
    no run.
    """
    shown = []
    for each in frames.chosen(read(Path(folder), tell=lambda _: None)["series"]):
        with contextlib.suppress(frames.Unreadable):
            shown.append(frames.picture(Path(folder, each["file"])))
    if len(shown) < 2:
        return None
    path = Path(folder) / ANIMATION
    pictures.save_animation(path, shown)
    return path


def _write(path: Path, text: str) -> None:
    with replacing(path) as temporary:  # "replace": a folder's name may hold what no text can
        temporary.write_text(text, encoding="utf-8", errors="replace", newline="\n")
