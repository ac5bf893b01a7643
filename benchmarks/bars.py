"""The bars that minigan is to clear, as data, and whether it does."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch

from peers import OURS
from record import Figure, find, ratios
from systems import SYSTEMS


@dataclass(frozen=True)
class Bar:
    """A figure of ours, over that of the best peer of these names, or beside another of ours."""

    words: str
    limit: float
    part: str
    figure: str
    peers: str = ""  # a pattern of names
    base: str = ""  # another figure of our own
    how: str = "over"  # over it, at most; "keeps": the inverse, at least; "grows": minus it


BARS = (
    Bar("S1's step, of PyTorch eager", 0.80, "s1", "step", "torch-eager"),
    Bar("S1's step, of JAX jit", 1.0, "s1", "step", "jax-jit"),
    Bar("S2's step, of PyTorch's best", 0.9, "s2", "step", "torch-*"),
    Bar("S3's step, width 64, of PyTorch's best", 0.95, "s3-64", "step", "torch-*"),
    Bar("S3's step, width 32, of PyTorch's best", 1.1, "s3-32", "step", "torch-*"),
    Bar("S5's step, of PyTorch's best", 0.9, "s5", "step", "torch-*"),
    Bar("S1's step beside a busy process, of quiet", 2.5, "busy", "step, one", base="step, quiet"),
    Bar("S1's step beside four, of quiet", 6.0, "busy", "step, four", base="step, quiet"),
    Bar("speed each of two trainings keeps", 0.7, "busy", "image, two at once",
        base="image, alone", how="keeps"),
    *(Bar(f"peak memory of {part}, of PyTorch's least", 0.6, part, "peak memory", "torch-*")
      for part in SYSTEMS),
    # 1 MB is what the allocator's own pages come and go by; 120 bytes lost a step would show.
    Bar("growth from 1,000 to 10,000 steps of S1", 1.0, "memory", "after 10,000 steps",
        base="after 1,000 steps", how="grows"),
)  # fmt: skip


def measured(bar: Bar, figures: Sequence[Figure], ours: str) -> float | None:
    """What is held against the bar; None where it was not measured."""
    figure = find(figures, bar.part, bar.figure, ours)
    if bar.base:
        other = find(figures, bar.part, bar.base, ours)
    else:
        those = [
            f for f in figures
            if (f.part, f.name) == (bar.part, bar.figure) and fnmatch(f.peer, bar.peers)
        ]  # fmt: skip
        other = min(those, key=lambda f: f.middle, default=None)
    if not figure or not other:
        return None
    if bar.how == "grows":
        return figure.middle - other.middle
    over = statistics.median(ratios(figure, other))
    return 1 / over if bar.how == "keeps" else over


def met(bar: Bar, value: float) -> bool:
    return value >= bar.limit if bar.how == "keeps" else value <= bar.limit


def _told(bar: Bar, value: float) -> str:
    if bar.how == "keeps":
        return f"{value:.0%}"
    return f"{value:.2f}" + " MB" * (bar.how == "grows")


def show(figures: Sequence[Figure]) -> None:
    """The bars of the parts that were measured, for each of our own peers."""
    rows = [(bar, [measured(bar, figures, ours) for ours in OURS]) for bar in BARS]
    rows = [(bar, values) for bar, values in rows if any(each is not None for each in values)]
    if not rows:
        return
    print(f"\n{'figure':42}{'bar':>10}" + "".join(f"{ours:>14}" for ours in OURS))
    for bar, values in rows:
        limit = f"{'≥' if bar.how == 'keeps' else '≤'} {_told(bar, bar.limit)}"
        cells = [
            "-" if each is None else f"{_told(bar, each)} {'met' if met(bar, each) else 'not'}"
            for each in values
        ]
        print(f"{bar.words:42}{limit:>10}" + "".join(f"{cell:>14}" for cell in cells))
    known = [(bar, each) for bar, values in rows for each in values if each is not None]
    print(f"met: {sum(met(bar, each) for bar, each in known)} of {len(known)}")
