"""The page of a run, or of several side by side: one file of HTML that needs no network."""

import base64
import hashlib
import json
import math
import shlex
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import takewhile
from pathlib import Path
from string import Template
from typing import Any

from minigan.run.report import compared, curves, frames
from minigan.run.report.compared import Row, duration, label_of, memory, number, shown, when

Record = Mapping[str, Any]

HERE = Path(__file__).parent
SERIES_BYTES = 10_000_000  # of all frames in a page
OTHER_BYTES = 2_500_000
OTHERS = 40  # further pictures of a run
NO_PICTURE = "no picture"
NOTHING_SEEN = "Nothing to worry about was seen."
NOT_WATCHED = "Nobody watched whether something went wrong."

CAPTIONS = {
    "latent_interpolation": "Latent walk: each row leads from one point of noise to another",
    "latent_nearest": "Nearest training images: a sample at the left, beside it the most like it",
    "latent_arithmetic": "Latent arithmetic on means of noise: first, second, third, 1 - 2 + 3",
    "latent_samples": "Samples, numbered row by row from 0",
}


def page(runs: Sequence[Record]) -> str:
    """The whole file, for what records.read has read."""
    names = compared.names(runs)
    title = f"{_heading(runs[0])} · {names[0]}" if len(runs) == 1 else f"{' · '.join(names)}"
    series = [_series(run, SERIES_BYTES // len(runs)) for run in runs]
    charts = curves.panels(runs)
    steps = max(1, *(run["steps"] for run in runs), *(f["step"] or 0 for s in series for f in s))
    body = [
        _head(runs[0]) if len(runs) == 1 else _heads(runs, names),
        _findings(runs, names),
        _player(runs, names, series),
        _charts(charts, names),
        _timeline(runs, names, steps),
        _others(runs, names),
        _numbers(runs[0]) if len(runs) == 1 else _shared(runs, names),
    ]
    data = {
        "steps": steps,
        "charts": charts,
        "runs": [
            {"name": name, "frames": frames} for name, frames in zip(names, series, strict=True)
        ],
    }
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
    return f"stopped after {done:,}{of} epochs, at step {steps:,}"


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
    head = "".join(f'<th scope="col">{_named(names, n)}</th>' for n in range(len(names)))
    groups = [("Settings that differ", different), ("What came of them", compared.results(runs))]
    body = "".join(
        f'<tbody><tr class="group"><th scope="rowgroup" colspan="{len(runs) + 1}">{title}</th></tr>'
        f"{_rows(rows)}</tbody>"
        for title, rows in groups
        if rows
    )
    return (
        f'<header><p class="kicker">Trainings side by side</p><h1>{len(runs)} runs</h1></header>'
        f'<section aria-label="Settings and results"><div class="wide"><table>'
        f"<thead><tr><td></td>{head}</tr></thead>{body}</table></div></section>"
    )


def _rows(rows: Iterable[Row]) -> str:
    return "".join(
        f'<tr><th scope="row">{escape(label)}</th>'
        + "".join(f"<td>{escape(text)}</td>" for text in texts)
        + "</tr>"
        for label, texts in rows
    )


def _named(names: Sequence[str], place: int) -> str:
    """A run's name, beside its colour where there are several."""
    chip = f'<i class="chip c{place % 8}"></i>' if len(names) > 1 else ""
    return f"{chip}{escape(names[place])}"


# What was seen ------------------------------------------------------------------------------------


def _findings(runs: Sequence[Record], names: Sequence[str]) -> str:
    told = ""
    for place, run in enumerate(runs):
        if len(runs) > 1:
            told += f"<h3>{_named(names, place)}</h3>"
        nothing = NOTHING_SEEN if run["watched"] else NOT_WATCHED
        told += "".join(map(_finding, compared.grouped(run["findings"]))) or f"<p>{nothing}</p>"
    found = any(run["findings"] for run in runs)
    heading = "<h2>What was seen</h2>" if found or len(runs) > 1 else ""
    return f'<section id="findings">{heading}{told}</section>'


def _finding(found: Sequence[Record]) -> str:
    last = found[-1]
    return (
        f"<article><h3>{escape(last['title'])} <small>{when(found)}</small></h3>"
        f"<p>{escape(_sentence(last['seen']))} {escape(last['means'])}</p>"
        f"<p><em>To try:</em> {escape(last['cure'])}</p></article>"
    )


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:].rstrip(".") + "."


def _timeline(runs: Sequence[Record], names: Sequence[str], steps: int) -> str:
    """The findings as bars from their first to their last step, one row for each kind."""
    items = ""
    for place, run in enumerate(runs):
        for found in compared.grouped(run["findings"]):
            name = f"{_named(names, place)}: " if len(runs) > 1 else ""
            items += (
                f'<li><span class="what">{name}{escape(found[0]["title"])}</span>'
                f'<div class="track c{place % 8}">{"".join(_bar(each, steps) for each in found)}'
                "</div></li>"
            )
    if not items:
        return ""
    return (
        '<section id="timeline"><h3>When it was seen</h3>'
        f'<ul>{items}</ul><p class="said" aria-live="polite">'
        "A bar says more when it is pointed at or tapped.</p></section>"
    )


def _bar(finding: Record, steps: int) -> str:
    first, last = (min(finding[key], steps) / steps for key in ("first_step", "last_step"))
    seen = _sentence(finding["seen"])
    words = escape(f"{finding['title']}, {when([finding])}. {seen} {finding['means']}")
    return (
        f'<button type="button" style="left:{first:.3%};width:{max(0.0, last - first):.3%}" '
        f'data-words="{words}" aria-label="{words}"></button>'
    )


# Pictures -----------------------------------------------------------------------------------------


def _series(run: Record, budget: int) -> list[dict[str, Any]]:
    """The frames of the slider, each with its source, step and epoch."""
    some = frames.chosen(run["series"])
    made = frames.embedded([Path(run["folder"], each["file"]) for each in some], budget)
    return [
        picture | {"step": each["step"], "epoch": each["epoch"]}
        for each, picture in zip(some, made, strict=True)
        if picture
    ]


def _player(
    runs: Sequence[Record], names: Sequence[str], series: Sequence[Sequence[Record]]
) -> str:
    """Grids of fixed noise, moved through time, and real images beside them."""
    if not any(series):
        return ""
    figures = ""
    for place, run in enumerate(runs):
        title = _named(names, place) if len(runs) > 1 else "Generated:"
        figures += (
            f'<figure class="frame"><figcaption>{title} '
            f'<output data-run="{place}"></output></figcaption>'
            f'<img data-run="{place}" alt=""></figure>'
            if series[place]
            else f'<figure class="frame"><figcaption>{title}: {NO_PICTURE}</figcaption></figure>'
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


def _others(runs: Sequence[Record], names: Sequence[str]) -> str:
    """All further pictures; of several runs those of one name in one row."""
    wanted = [each for run in runs for each in run["pictures"][:OTHERS]]
    paths = [Path(run["folder"], each["file"]) for run in runs for each in run["pictures"][:OTHERS]]
    made = iter(frames.embedded(paths, OTHER_BYTES)) if wanted else iter(())
    rows: dict[str, str] = {}
    for place, run in enumerate(runs):
        for each in run["pictures"][:OTHERS]:
            if (picture := next(made)) is None:
                continue
            stem = each["file"].removesuffix(".png")
            caption = CAPTIONS.get(stem, stem.replace("_", " ").capitalize())
            name = f"{_named(names, place)}: " if len(runs) > 1 else ""
            row = stem if len(runs) > 1 else ""
            rows[row] = rows.get(row, "") + (
                f'<figure style="width:min(100%, max(17rem, {picture["width"]}px))">'
                f"{_image(picture, caption)}<figcaption>{name}{escape(caption)}"
                "</figcaption></figure>"
            )
    if not rows:
        return ""
    shown = "".join(f'<div class="row">{row}</div>' for row in rows.values())
    return f'<section id="others"><h2>Further pictures</h2>{shown}</section>'


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
    return (
        '<section id="curves"><h2>How it went</h2><p class="note">'
        'Over the steps; thin as logged, bold averaged. <span id="at"></span></p>'
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


# Numbers ------------------------------------------------------------------------------------------


def _numbers(run: Record) -> str:
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


def _shared(runs: Sequence[Record], names: Sequence[str]) -> str:
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
        + f"<tbody>{_rows(rows)}</tbody></table></div></div>"
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
        title = _named(names, place) if len(runs) > 1 else "To repeat it, in another folder"
        told += (
            f'<h3>{title}</h3><div class="command"><pre><code>{escape(repeating(run))}</code></pre>'
            '<button type="button" class="copy">Copy</button></div>'
        )
        if len(runs) == 1:
            told += f'<p class="note">It was called as <code>{escape(run["command"])}</code></p>'
    return told


def repeating(run: Record) -> str:
    """The command that trains once more with the settings of a run."""
    program = " ".join(takewhile(lambda word: not word.startswith("--"), run["command"].split(" ")))
    folder = run["folder"]
    return f"{program} --config {shlex.quote(folder)} --out {shlex.quote(folder + '_again')}"
