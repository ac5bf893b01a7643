"""The report as one picture: each peer's time over minigan's, part by part, on a log scale."""

from collections.abc import Sequence
from pathlib import Path

import harness
from record import Figure, gain

COLOURS = {"minigan": "#2a6f4e", "torch": "#d95f30", "jax": "#3b6fb6"}
OTHERS = "#8a8a8a"


def draw(figures: Sequence[Figure], path: Path) -> None:
    """A bar for each peer of each part; right of 1 are those that minigan is faster than."""
    from matplotlib.figure import Figure as Canvas

    found = gain(figures)
    rows: list[tuple[str, str, float] | None] = []
    for part in dict.fromkeys(part for part, _ in found):
        of_part = [(part, peer, value) for (p, peer), value in found.items() if p == part]
        rows += [*of_part, None]
    if not rows:
        return
    canvas = Canvas(figsize=(9, 1 + 0.24 * len(rows)), layout="constrained")
    axes = canvas.subplots()
    begun = set()
    for y, row in enumerate(rows):
        if row is None:
            continue
        part, peer, value = row
        library = peer.split("-")[0].split("+")[0]
        axes.barh(y, value - 1, left=1, height=0.8, color=COLOURS.get(library, OTHERS))
        side = "left" if value >= 1 else "right"
        axes.annotate(
            f" {value:.2f} ", (value, y), ha=side, va="center", fontsize=8, color="#333333"
        )
        if part not in begun:
            begun.add(part)
            axes.axhline(y - 0.75, color="#dddddd", linewidth=0.8)
            axes.annotate(part, (0.995, y), xycoords=("axes fraction", "data"), ha="right",
                          va="center", weight="bold")  # fmt: skip
    shown = [(y, row[1]) for y, row in enumerate(rows) if row]
    axes.set_yticks([y for y, _ in shown], [peer for _, peer in shown], fontsize=8)
    axes.set_ylim(len(rows) - 1, -1)
    axes.set_xscale("log")
    values = [row[2] for row in rows if row]
    axes.set_xlim(min(0.5, *values) / 1.5, max(2.0, *values) * 2)
    least, most = axes.get_xlim()
    ticks = [t for t in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50) if least < t < most]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()
    axes.axvline(1, color="#222222", linewidth=1)
    axes.set_xlabel("time over minigan's on plain NumPy: right of 1, minigan is faster")
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(axis="y", length=0)
    canvas.savefig(path, dpi=150)
    harness.cleared(f"drawn: {path}\n")
