"""The page of a run, or of several side by side: one file of HTML that needs no network."""

import base64
import hashlib
import json
import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from string import Template
from typing import Any

from minigan.run.report import compared, curves, gallery, seen, tables
from minigan.run.report.compared import duration, memory, number, shown
from minigan.run.report.tables import Record, named

HERE = Path(__file__).parent


def page(runs: Sequence[Record]) -> str:
    """The whole file, for what records.read has read."""
    names = compared.names(runs)
    title = f"{_heading(runs[0])} · {names[0]}" if len(runs) == 1 else f"{' · '.join(names)}"
    series = [gallery.series(run, gallery.SERIES_BYTES // len(runs)) for run in runs]
    charts = curves.panels(runs)
    steps = max(1, *(run["steps"] for run in runs), *(f["step"] or 0 for s in series for f in s))
    body = [
        _head(runs[0]) if len(runs) == 1 else _heads(runs, names),
        seen.findings(runs, names),
        gallery.player(runs, names, series),
        _charts(charts, names),
        seen.timeline(runs, names, steps),
        gallery.others(runs, names),
        tables.numbers(runs[0]) if len(runs) == 1 else tables.shared(runs, names),
    ]
    data = {"steps": steps, "charts": charts, "series": series}
    script = _part("page.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return Template(_part("page.html")).substitute(
        title=escape(title),
        kind="one" if len(runs) == 1 else "several",
        hash=f"sha256-{digest}",
        style=_part("page.css"),
        script=script,
        data=_json(data),
        body="\n".join(filter(None, body)),
    )


def _part(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")


def _json(data: Any) -> str:
    """JSON that no parser of HTML takes for a tag, with the numbers that JSON lacks as words."""

    def plain(value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return str(value)
        if isinstance(value, dict):
            return {key: plain(each) for key, each in value.items()}
        return list(map(plain, value)) if isinstance(value, list) else value

    text = json.dumps(plain(data), allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


# The head of the page -----------------------------------------------------------------------------


def _heading(run: Record) -> str:
    return run["program"] or run["name"]


def _state(run: Record) -> str:
    """Finished, or how far it came."""
    done, asked, steps = run["epochs_done"], run["epochs_asked"], run["steps"]
    if run["finished"]:
        return f"finished, {done:,} epoch{'s' * (done != 1)}, {steps:,} steps"
    of = f" of {asked:,}" if asked else ""
    return f"{done:,}{of} epochs so far, at step {steps:,}"


def _data_of(run: Record) -> str:
    options = run["options"]
    name = options.get("dataset") or options.get("images") or options.get("modes")
    limit = options.get("limit")
    words = [str(name)] if name else []
    words += [f"the first {limit:,}"] if isinstance(limit, int) else []
    return ", ".join(words)


def _facts(run: Record) -> list[tuple[str, str]]:
    speed = run["images_per_second"]
    facts = [
        ("State", _state(run)),
        ("Data", _data_of(run)),
        ("Time", duration(run["seconds"])),
        ("Speed", f"{number(speed, 0)} images/s" if speed is not None else ""),
        ("Peak memory", memory(run["memory_mb"])),
        ("Computed by", run["backend"]),
        ("Seed", shown(run["options"].get("seed"))),
    ]
    return [(label, value) for label, value in facts if value not in ("", compared.NOTHING)]


def _head(run: Record) -> str:
    facts = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{escape(value)}</dd></div>"
        for label, value in _facts(run)
    )
    about = f"minigan {shown(run['versions'].get('minigan', ''))} · {run['name']}"
    return (
        f'<header><p class="kicker">{escape(about)}</p>'
        f"<h1>{escape(_heading(run))}</h1><dl class=facts>{facts}</dl></header>"
    )


def _heads(runs: Sequence[Record], names: Sequence[str]) -> str:
    """Of several runs: their colours, in what they differ, and what came of them."""
    different, _ = compared.settings(runs)
    head = "".join(f'<th scope="col">{named(names, n)}</th>' for n in range(len(names)))
    groups = [("Settings that differ", different), ("What came of them", compared.results(runs))]
    body = "".join(
        f'<tbody><tr class="group"><th scope="rowgroup" colspan="{len(runs) + 1}">{title}</th></tr>'
        f"{tables.rows_of(rows)}</tbody>"
        for title, rows in groups
        if rows
    )
    return (
        f'<header><p class="kicker">Trainings side by side</p><h1>{len(runs)} runs</h1></header>'
        f'<section aria-label="Settings and results"><div class="wide"><table>'
        f"<thead><tr><td></td>{head}</tr></thead>{body}</table></div></section>"
    )


# Curves -------------------------------------------------------------------------------------------


def _charts(charts: Sequence[Record], names: Sequence[str]) -> str:
    if not charts:
        return '<section id="curves"><p>Nothing was logged.</p></section>'
    figures = ""
    for panel in charts:
        several = len(names) > 1
        entries = "".join(
            f'<li><i class="chip c{(line["run"] if several else place) % 8}"></i>'
            f"{escape(_entry(panel, line, names))} <b></b></li>"
            for place, line in enumerate(panel["lines"])
        )
        scale = " <small>on a logarithmic scale</small>" if panel["log"] else ""
        figures += (
            f'<figure class="chart"><figcaption><h3>{escape(panel["title"])}{scale}</h3>'
            f'<ul class="legend">{entries}</ul></figcaption>'
            f'<svg role="img" aria-label="{escape(_in_words(panel, names))}"></svg></figure>'
        )
    averaged = any(line["mean"] for panel in charts for line in panel["lines"])
    note = "Over the steps; thin as logged, bold averaged." if averaged else "Over the steps."
    return (
        '<section id="curves"><h2>How it went</h2>'
        f'<p class="note">{note} <span id="at"></span></p>'
        f'<div class="charts">{figures}</div></section>'
    )


def _entry(panel: Record, line: Record, names: Sequence[str]) -> str:
    """What a line is called beside its colour; a single one as its chart is."""
    if len(names) > 1:
        return names[line["run"]]
    return line["label"] if len(panel["lines"]) > 1 else ""


def _in_words(panel: Record, names: Sequence[str]) -> str:
    """A chart for those who do not see it: where each line begins and ends."""
    told = []
    for line in panel["lines"]:
        values = line["mean"] or line["y"]
        name = names[line["run"]] if len(names) > 1 else line["label"]
        if values:
            told.append(f"{name} from {number(values[0])} to {number(values[-1])}")
    return f"{panel['title']}: {'; '.join(told) or 'no values'}"
