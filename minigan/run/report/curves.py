"""The curves of runs as a page draws them: few points, and each quantity where it belongs."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigan.pictures import LABELS, PANELS, averaged

POINTS = 2000  # of a thin line
AVERAGES = 400  # of a bold one
GRADIENT = "grad_"  # begins the names of gradient norms
HEADINGS = {
    "loss": "Losses", "D's output": "D’s output", "accuracy": "Accuracy",
    "grad": "Gradient norms", "other values": "Other values",
}  # fmt: skip


def panels(runs: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The charts of one run, a group of quantities in each; of several, one quantity in each.

    A chart has a title, `log` and `half`, whether its scale is logarithmic and whether 1/2 has a
    meaning there, and lines: label, number of the run, points x and y, and those of a running mean,
    mean_x and mean.
    """
    found: dict[str, dict[str, Any]] = {}
    for number, run in enumerate(runs):
        for kind in ("losses", "scores"):
            table = {name: np.array(column, float) for name, column in run[kind].items()}
            for name in [name for name in table if name not in ("step", "epoch")]:
                label = label_of(name)
                if kind == "scores" and name in run["losses"]:
                    label += ", scored"
                title = _heading(name) if kind == "losses" and len(runs) == 1 else _begun(label)
                panel = found.setdefault(title, {"title": title, "lines": []})
                panel |= {"log": name.startswith(GRADIENT), "half": name.startswith("D_")}
                x, y = table["step"], table[name]
                line = {"label": label, "run": number} | thinned(x, y)
                line |= running(x, y, log=panel["log"])
                panel["lines"].append(line)
    order = list(HEADINGS.values())
    place = {title: order.index(title) if title in order else len(order) for title in found}
    return sorted(found.values(), key=lambda panel: place[panel["title"]])


def label_of(name: str) -> str:
    """A column's name as people write it."""
    if name.startswith(GRADIENT):
        return f"|∇{name.removeprefix(GRADIENT)}|"
    return LABELS.get(name, name.replace("_", " "))


def thinned(x: np.ndarray, y: np.ndarray) -> dict[str, list[float]]:
    """A line of at most POINTS: of more, each stretch keeps its least and its largest value.

    So no spike is lost. A value that is no finite number stands for its stretch.
    """
    size = -(-2 * len(x) // POINTS) if len(x) > POINTS else 1
    if size == 1:
        return {"x": _short(x), "y": _short(y)}
    kept: list[int] = []
    for start in range(0, len(x), size):
        part = y[start : start + size]
        strange = np.flatnonzero(~np.isfinite(part))
        pair = {int(strange[0])} if len(strange) else {int(part.argmin()), int(part.argmax())}
        kept += [start + place for place in sorted(pair)]
    return {"x": _short(x[kept]), "y": _short(y[kept])}


def running(x: np.ndarray, y: np.ndarray, log: bool) -> dict[str, list[float]]:
    """The running mean of what is finite, or of its logarithms, in at most AVERAGES points.

    nan where less than half of it is; no points at all of so few values that each is its own mean.
    """
    if not len(x):
        return {"mean_x": [], "mean": []}
    with np.errstate(all="ignore"):
        values = np.log10(y) if log else y
        finite = np.isfinite(values)
        at, total = averaged(x, np.where(finite, values, 0.0))
        _, share = averaged(x, finite.astype(float))
        mean = np.where(share > 0.5, total / share, np.nan)
        mean = 10.0**mean if log else mean
    if len(at) == len(x):
        return {"mean_x": [], "mean": []}
    kept = np.linspace(0, len(at) - 1, min(len(at), AVERAGES)).round().astype(int)
    return {"mean_x": _short(at[kept]), "mean": _short(mean[kept])}


def _heading(name: str) -> str:
    first = name.partition("_")[0]
    title = first if name.startswith(GRADIENT) else PANELS.get(first, "other values")
    return HEADINGS.get(title, title)


def _begun(words: str) -> str:
    return words[:1].upper() + words[1:]


def _short(values: np.ndarray) -> list[float]:
    """As text in few letters: six digits are more than an eye tells apart."""
    return [float(f"{value:.6g}") if abs(value) < 1e5 else float(value) for value in values]
