"""What was measured: figures, each with its rounds, kept as JSON and compared with a former run's.

The less, the better: times in seconds and memory in MB.
"""

import json
import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import harness
from peers import OURS

SMALL = 0.05  # a change that three rounds on a shared machine do not show


@dataclass(frozen=True)
class Figure:
    """One number of one peer, round by round."""

    part: str
    name: str
    peer: str
    unit: str  # s or MB
    rounds: list[float]

    @property
    def middle(self) -> float:
        return statistics.median(self.rounds)


def save(figures: Sequence[Figure], about: dict[str, Any], path: Path) -> None:
    """Write the figures, and what they were measured with, a line for each."""
    lines = ",\n".join(json.dumps(asdict(each), ensure_ascii=False) for each in figures)
    head = json.dumps(about, ensure_ascii=False)
    path.write_text(f'{{"about": {head},\n"figures": [\n{lines}\n]}}\n', encoding="utf-8")


def load(path: Path) -> list[Figure]:
    """The figures of a file that `save` wrote."""
    try:
        return [Figure(**each) for each in json.loads(path.read_text("utf-8"))["figures"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SystemExit(f"{path} is no report of benchmarks/run.py --json: {error}") from None


def find(figures: Iterable[Figure], part: str, name: str, peer: str) -> Figure | None:
    """This figure of this peer, if it was measured."""
    return next((f for f in figures if (f.part, f.name, f.peer) == (part, name, peer)), None)


def ratios(ours: Figure, theirs: Figure) -> list[float]:
    """Ours over theirs, round by round: a slow minute met both."""
    return [a / b for a, b in zip(ours.rounds, theirs.rounds, strict=True)]


# -- now and then ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Change:
    """Of one of our figures since a former run; `ratio` is None where no other peer has it."""

    figure: Figure
    time: float  # now over then
    ratio: float | None  # now, to the geometric mean of the peers that both runs have
    since: float | None  # that over what it was
    worse: bool  # the ratio, or memory, beyond the spreads of both runs and by more than SMALL


def changes(now: Sequence[Figure], then: Sequence[Figure]) -> list[Change]:
    """Of each of our figures that both runs have."""
    found = []
    for figure in now:
        former = find(then, figure.part, figure.name, figure.peer)
        if figure.peer not in OURS or not former:
            continue
        beside = [
            (each, was)
            for each in now
            if (each.part, each.name) == (figure.part, figure.name)
            and each.peer.partition("-")[0] not in OURS
            and (was := find(then, each.part, each.name, each.peer))
        ]
        time = figure.middle / former.middle
        if not beside:
            memory = figure.unit == "MB"  # of time the machine could be the cause
            worse = memory and _worse(figure.rounds, former.rounds)
            found.append(Change(figure, time, None, None, worse))
            continue
        current = _to_mean(figure, [each for each, _ in beside])
        earlier = _to_mean(former, [was for _, was in beside])
        ratio = statistics.median(current)
        since = ratio / statistics.median(earlier)
        found.append(Change(figure, time, ratio, since, _worse(current, earlier)))
    return found


def _to_mean(ours: Figure, others: list[Figure]) -> list[float]:
    """Round by round, ours over the geometric mean of the others."""
    each = [ratios(ours, other) for other in others]
    return [harness.geometric_mean(of_round) for of_round in zip(*each, strict=True)]


def _worse(now: Sequence[float], then: Sequence[float]) -> bool:
    apart = min(now) > max(then)
    return apart and statistics.median(now) > (1 + SMALL) * statistics.median(then)


def show(found: Sequence[Change]) -> int:
    """The table of changes; 1 when anything is worse, else 0."""
    print(f"\n{'figure':35}{'peer':12}{'now':>8}{'change':>8}{'ratio':>7}{'change':>8}")
    for each in found:
        figure = each.figure
        value = figure.middle * (1e3 if figure.unit == "s" else 1)
        ratio = f"{each.ratio:7.2f}{each.since - 1:+8.1%}" if each.ratio and each.since else ""
        mark = " !" if each.worse else ""
        label = f"{figure.part} {figure.name}"
        time = f"{harness.figures(value):>8}{each.time - 1:+8.1%}"
        print(f"{label:35}{figure.peer:12}{time}{ratio:15}{mark}".rstrip())
    worse = sum(each.worse for each in found)
    print("in ms and MB; ratio: to the geometric mean of the peers that both runs have")
    print(f"! worse beyond the spreads of both runs: {worse or 'none'} of {len(found)}")
    return int(bool(worse))


def gain(figures: Sequence[Figure]) -> dict[tuple[str, str], float]:
    """For each system and other peer, its step's time over minigan's: above 1, minigan is faster.

    Of convolutions the geometric mean.
    """
    logs: dict[tuple[str, str], list[float]] = {}
    for figure in figures:
        ours = find(figures, figure.part, figure.name, "minigan")
        compared = figure.name == "step" or figure.part.startswith("conv")
        if compared and figure.peer != "minigan" and ours:
            values = [math.log(1 / each) for each in ratios(ours, figure)]
            logs.setdefault((figure.part, figure.peer), []).append(statistics.median(values))
    return {key: math.exp(statistics.fmean(each)) for key, each in logs.items()}
