"""The numbers of a page: settings, networks, epochs, and the command that repeats a run."""

import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import takewhile
from pathlib import Path
from subprocess import list2cmdline
from typing import Any

from minigan.run.report import compared
from minigan.run.report.compared import Row, label_of, number, shown

Record = Mapping[str, Any]
"""A run, or a part of it, as records.read gives it."""


def rows_of(rows: Iterable[Row]) -> str:
    """Rows of a table, each with its heading."""
    return "".join(
        f'<tr><th scope="row">{escape(label)}</th>'
        + "".join(f"<td>{escape(text)}</td>" for text in texts)
        + "</tr>"
        for label, texts in rows
    )


def named(names: Sequence[str], place: int) -> str:
    """A run's name, beside its colour where there are several."""
    chip = f'<i class="chip c{place % 8}"></i>' if len(names) > 1 else ""
    return f"{chip}{escape(names[place])}"


def numbers(run: Record) -> str:
    """All that settings.json and epochs.csv say of a run."""
    settings = [(key, [shown(value)]) for key, value in run["options"].items()]
    versions = [(key, [shown(value)]) for key, value in run["versions"].items()]
    networks = [
        (
            name,
            [
                shown(network.get("class")),
                _count(network.get("parameters")),
                _arguments(network.get("arguments")),
            ],
        )
        for name, network in run["networks"].items()
    ]
    epochs = run["epochs"]
    columns = [name for name in epochs if epochs[name]]
    rows = [
        [_cell(name, epochs[name][place]) for name in columns]
        for place in range(len(epochs.get("epoch", [])))
    ]
    return (
        '<section id="numbers"><h2>The numbers</h2>'
        f"{_commands([run], [run['name']])}"
        f"{_table('Networks', ['', 'class', 'parameters', 'arguments'], networks)}"
        '<div class="two">'
        f"{_table('Settings', [], settings)}{_table('Versions', [], versions)}</div>"
        + (
            f"<details><summary>Epochs, all {len(rows):,}</summary>"
            + _table("", [label_of(name) for name in columns], [(r[0], r[1:]) for r in rows])
            + "</details>"
            if rows
            else ""
        )
        + "</section>"
    )


def shared(runs: Sequence[Record], names: Sequence[str]) -> str:
    """What several runs have in common, and the command of each."""
    _, same = compared.settings(runs)
    table = _table("", [], [(label, texts[:1]) for label, texts in same])
    return (
        '<section id="numbers"><h2>The numbers</h2>'
        f"{_commands(runs, names)}"
        f"<details><summary>Settings that they share, {len(same)}</summary>{table}</details>"
        "</section>"
    )


def _table(title: str, head: Sequence[str], rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    above = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    return (
        "<div>"
        + (f"<h3>{title}</h3>" if title else "")
        + '<div class="wide"><table>'
        + (f"<thead><tr>{above}</tr></thead>" if head else "")
        + f"<tbody>{rows_of(rows)}</tbody></table></div></div>"
    )


def _cell(name: str, value: float) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return number(value, 0) if name in ("images_per_second", "memory_mb") else number(value)


def _count(value: Any) -> str:
    return f"{value:,}" if isinstance(value, int) else shown(value)


def _arguments(value: Any) -> str:
    if not isinstance(value, dict):
        return shown(value)
    return ", ".join(f"{key} {shown(each)}" for key, each in value.items())


def _commands(runs: Sequence[Record], names: Sequence[str]) -> str:
    """What repeats each run: its program, with all settings as they were."""
    told = ""
    for place, run in enumerate(runs):
        if not run["command"]:
            continue
        title = named(names, place) if len(runs) > 1 else "To repeat it, in another folder"
        told += (
            f'<h3>{title}</h3><div class="command"><pre><code>{escape(repeating(run))}</code></pre>'
            '<button type="button" class="copy">Copy</button></div>'
        )
        if len(runs) == 1:
            told += f'<p class="note">It was called as <code>{escape(run["command"])}</code></p>'
    return told


def repeating(run: Record) -> str:
    """The command that trains once more with the settings of a run."""
    program = takewhile(lambda word: not word.startswith("--"), run["command"].split(" "))
    again = Path(run["folder"]).parent / f"{run['name']}_again"
    words = ["--config", run["folder"], "--out", str(again)]
    return " ".join([*program, list2cmdline(words) if os.name == "nt" else shlex.join(words)])
