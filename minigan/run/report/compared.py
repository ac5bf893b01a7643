"""Several runs in a table: in which settings they differ, and what came of them."""

import math
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from minigan.run.report.curves import label_of

Row = tuple[str, list[str]]
"""What it is, and the text for each run."""

NOTHING = "–"
BESIDE = 4  # in one table of text; more come below
LABEL, GAP = 16, 2


def names(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """What to call the runs: their folders' names, or the paths where two are called the same."""
    short = [run["name"] for run in runs]
    return [
        name if short.count(name) == 1 else run["folder"]
        for name, run in zip(short, runs, strict=True)
    ]


def settings(runs: Sequence[Mapping[str, Any]]) -> tuple[list[Row], list[Row]]:
    """The settings in which they differ, and those that they share."""
    told = [
        {"program": run["program"], "backend": run["backend"], **run["options"]} for run in runs
    ]
    keys = dict.fromkeys(key for each in told for key in each)
    rows = [(key, [shown(each.get(key)) for each in told]) for key in keys]
    different = [row for row in rows if len(set(row[1])) > 1]
    return different, [row for row in rows if len(set(row[1])) == 1]


def results(runs: Sequence[Mapping[str, Any]]) -> list[Row]:
    """How far they came, how fast, with which last values, and what was seen of them."""
    quantities = dict.fromkeys(name for run in runs for name in run["last"])
    rows: list[Row] = [("epochs", [progress(run) for run in runs])]
    rows += [
        (label_of(name), [number(run["last"].get(name)) for run in runs]) for name in quantities
    ]
    rows += [
        ("images/s", [number(run["images_per_second"], 0) for run in runs]),
        ("time", [duration(run["seconds"]) for run in runs]),
        ("peak memory", [memory(run["memory_mb"]) for run in runs]),
        ("findings", [all_briefly(run) for run in runs]),
    ]
    return [row for row in rows if set(row[1]) != {NOTHING}]


# As text ------------------------------------------------------------------------------------------


def lines(rows: Sequence[Row], width: int) -> list[str]:
    """The rows as lines of at most `width`, below each other where there are many columns."""
    columns = len(rows[0][1])
    column = max(8, (width - LABEL) // min(BESIDE, columns) - GAP)
    return [
        line
        for start in range(0, columns, BESIDE)
        for label, texts in rows
        for line in _lines(label, texts[start : start + BESIDE], column)
    ]


def _lines(label: str, texts: Iterable[str], column: int) -> list[str]:
    """A row of the table, as many lines as its longest cell takes."""
    cells = [textwrap.wrap(label, LABEL), *(textwrap.wrap(text, column) for text in texts)]
    widths = [LABEL, *[column] * (len(cells) - 1)]
    return [
        (" " * GAP)
        .join(f"{text:<{wide}}" for text, wide in zip(line, widths, strict=True))
        .rstrip()
        for line in zip_longest(*cells, fillvalue="")
    ] or [""]


# Words for values ---------------------------------------------------------------------------------


def shown(value: Any) -> str:
    """A setting's value as it is typed."""
    if value is None:
        return NOTHING
    if isinstance(value, bool):
        return "on" if value else "off"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def number(value: float | None, places: int | None = None) -> str:
    """Four digits, or so many places behind the point."""
    if value is None:
        return NOTHING
    if places is not None and math.isfinite(value):
        return f"{value:,.{places}f}"
    return f"{value:.4g}"


def duration(seconds: float | None) -> str:
    """48 s, 3 min 20 s, 2 h 5 min"""
    if seconds is None or not math.isfinite(seconds):
        return NOTHING
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, left = divmod(minutes, 60)
    if hours:
        return f"{hours:,} h {left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def memory(megabytes: float | None) -> str:
    """930 MB, 2.4 GB"""
    if megabytes is None:
        return NOTHING
    return f"{megabytes:,.0f} MB" if megabytes < 1000 else f"{megabytes / 1000:,.1f} GB"


def progress(run: Mapping[str, Any]) -> str:
    """12, or 7 of 12"""
    done, asked = run["epochs_done"], run["epochs_asked"]
    return f"{done:,}" if run["finished"] or not asked else f"{done:,} of {asked:,}"


def grouped(findings: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Findings of one kind together: what comes and goes is one thing to know."""
    groups: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for finding in findings:
        groups.setdefault((finding["title"], finding["network"]), []).append(finding)
    return list(groups.values())


def when(findings: Sequence[Mapping[str, Any]]) -> str:
    """epoch 3, or epochs 3–7, 9"""
    spans = [(finding["first_epoch"], finding["last_epoch"]) for finding in findings]
    words = dict.fromkeys(f"{a:,}" if a == b else f"{a:,}–{b:,}" for a, b in spans)
    return ("epoch " if len(words) == 1 and spans[0][0] == spans[0][1] else "epochs ") + ", ".join(
        words
    )


def all_briefly(run: Mapping[str, Any]) -> str:
    """The titles of its findings, and their times."""
    told = [f"{found[0]['title']} ({when(found)})" for found in grouped(run["findings"])]
    return "; ".join(told) or ("none" if run["watched"] else NOTHING)
