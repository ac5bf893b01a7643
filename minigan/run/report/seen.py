"""What went wrong, in a page: as a list in words, and as bars in time."""

from collections.abc import Sequence
from html import escape

from minigan.run.report.compared import grouped, when
from minigan.run.report.tables import Record, named

NOTHING = "Nothing to worry about was seen."
NOT_WATCHED = "Nobody watched whether something went wrong."


def findings(runs: Sequence[Record], names: Sequence[str]) -> str:
    """Each in plain words, and what to try."""
    told = ""
    for place, run in enumerate(runs):
        if len(runs) > 1:
            told += f"<h3>{named(names, place)}</h3>"
        nothing = NOTHING if run["watched"] else NOT_WATCHED
        told += "".join(map(_finding, grouped(run["findings"]))) or f"<p>{nothing}</p>"
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


def timeline(runs: Sequence[Record], names: Sequence[str], steps: int) -> str:
    """The findings as bars from their first to their last step, one row for each kind."""
    items = ""
    for place, run in enumerate(runs):
        for found in grouped(run["findings"]):
            name = f"{named(names, place)}: " if len(runs) > 1 else ""
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
