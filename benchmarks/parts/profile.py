"""Where the time of a step goes: products, lifts, …, the interpreter, and waiting for helpers.

The categories of the caller's thread add up to its whole step; those of the other threads stand
below it, as parts of the same time. What the instruments cost is told by the same step without. How
they work stands in instruments.py.
"""

import argparse
import mmap
import resource
import statistics
import textwrap
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import harness
import instruments
import numpy as np
import peers
import systems
from record import Figure
from systems import SYSTEMS

from parts import asked, steps

PROFILED = ("s1", "s2", "s3-32", "s3-64", "s5")
HEADS = ("matmul", "lifts", "gather", "elem.", "norm", "Adam", "random", "python", "wait")
COLUMNS = dict(zip(instruments.CATEGORIES, HEADS, strict=True))
LEGEND = """\
ms of a step of the caller's thread, and what each part is of it; below, what the other threads did
meanwhile. matmul: products over channels or features; lifts: Winograd's matrices; gather: windows,
and arrays laid out anew; elem.: rectifiers, losses, sums of gradients, biases; python: what is left
of the caller; wait: for others. Page faults happen inside of all these."""
Run = dict[str, Any]  # what a child answers


def narrow(name: str) -> systems.System:
    """The system with two images, and layers as narrow as they can be: nearly all of
    its step is the interpreter."""
    if name.startswith("s3"):
        return replace(systems.s3(1), batch=2)
    if name == "s5":
        return replace(systems.s5(1), batch=2)
    of = SYSTEMS[name]
    D, G = (tuple((kind, *_ones(kind, sizes)) for kind, *sizes in net) for net in (of.D, of.G))
    return replace(of, D=D, G=G, image=(1,), z=(1,), batch=2)


def _ones(kind: str, sizes: Sequence[Any]) -> Sequence[Any]:
    return (1, 1) if kind == "Linear" else sizes


# -- in a process of its own -----------------------------------------------------------------------


def child(part: str, options: argparse.Namespace) -> None:
    losses, once = steps.begun(options.system, options)
    before = harness.timed(once, options.seconds / 2)
    faults = _faults(once)
    with instruments.in_place() as clock:
        once()
        taken = taken_for(options.seconds, lambda: clock.taken(once))
    after = harness.timed(once, options.seconds / 2)
    caller, others = split(taken)
    of = narrow(options.system)
    made = systems.materials(of)
    peer = peers.prepare(options.peer, of, made, options.threads)
    x, z = peer.to(made["x"][0]), [peer.to(each) for each in made["z"][0]]
    harness.answer(
        check=losses,
        caller=caller,
        others=others,
        bare=faster_half(before + after),
        narrow=faster_half(harness.timed(lambda: peer.step(x, *z), 0.3)),
        faults=faults,
        fault=_cost_of_a_fault(),
    )


def taken_for(seconds: float, take: Callable[[], Any]) -> list[Any]:
    """What each call gives, five of them at least."""
    end, found = time.perf_counter() + seconds, []
    while time.perf_counter() < end or len(found) < 5:
        found.append(take())
    return found


def split(taken: Sequence[tuple[Mapping[str, float], Mapping[str, float]]]) -> list[Any]:
    """The caller's and the others' seconds by category, as means of the faster half of steps."""
    chosen = sorted(taken, key=lambda pair: sum(pair[0].values()))[: -(-len(taken) // 2)]
    sums = [Counter[str](), Counter[str]()]
    for pair in chosen:
        for total, of in zip(sums, pair, strict=True):
            total.update(of)
    return [{name: value / len(chosen) for name, value in total.items()} for total in sums]


def faster_half(seconds: Sequence[float]) -> float:
    return statistics.fmean(sorted(seconds)[: -(-len(seconds) // 2)])


def _faults(once: Callable[[], object], count: int = 5) -> float:
    """Page faults of a step."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(count):
        once()
    return (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / count


def _cost_of_a_fault(size: int = 64 << 20) -> float:
    """Seconds: a number written into each page of fresh memory, less the same once more."""
    pages = np.frombuffer(mmap.mmap(-1, size), np.uint8)[:: mmap.PAGESIZE]
    seconds, before = [], resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(2):
        start = time.perf_counter()
        pages[:] = 1
        seconds.append(time.perf_counter() - start)
    faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
    return max(seconds[0] - seconds[1], 0.0) / max(faults, 1)


# -- the report ------------------------------------------------------------------------------------


def measure(part: str, options: argparse.Namespace) -> list[Figure]:
    print(f"\nprofile: where a step's time goes, {options.threads} threads")
    print(textwrap.fill(LEGEND, 80))
    found: dict[str, dict[str, Run]] = {}
    figures = []
    for name in PROFILED:
        with steps.made_for(name) as made:
            answers = asked(part, options, peers.OURS, 1.0, made, f"--system={name}")
        harness.compare(answers, SYSTEMS[name].tolerance)
        found[name] = {peer: middle(runs) for peer, runs in answers.items()}
        show(name, found[name])
        for peer, runs in answers.items():
            for what in (*instruments.CATEGORIES, "bare"):
                rounds = [run["caller"].get(what, 0.0) for run in runs]
                rounds = [run["bare"] for run in runs] if what == "bare" else rounds
                if statistics.median(rounds):
                    figures.append(Figure(part, f"{name} {what}", peer, "s", rounds))
    show_besides(found, options.threads)
    return figures


def middle(runs: Sequence[Run]) -> Run:
    """One round, whose columns add up: that of the middle step."""
    return sorted(runs, key=lambda run: sum(run["caller"].values()))[(len(runs) - 1) // 2]


def show(name: str, of: Mapping[str, Run]) -> None:
    """Three lines for each peer: ms, of which the caller's, and the others'."""
    heads = "".join(f"{head:>{_width(head)}}" for head in HEADS)
    print(f"\n{name:8}{heads}{'step':>7}{'bare':>7}")
    for peer, run in of.items():
        step = sum(run["caller"].values())
        ends = _cell(step, 7) + _cell(run["bare"], 7)
        print(f"{peer.replace('minigan+', '+'):8}{_line(run['caller'], _cell)}{ends}")
        for label, part in (("", run["caller"]), ("others", run["others"])):
            print(f"{label:8}{_line({k: v / step for k, v in part.items()}, _share)}".rstrip())


def _line(of: Mapping[str, float], cell: Callable[[float, int], str]) -> str:
    return "".join(cell(of.get(name, 0.0), _width(head)) for name, head in COLUMNS.items())


def _width(head: str) -> int:
    return max(len(head) + 1, 6)


def _cell(seconds: float, width: int) -> str:
    ms = 1e3 * seconds
    return f"{ms:{width}.{2 if ms < 99.995 else 1 if ms < 999.95 else 0}f}" if ms else " " * width


def _share(part: float, width: int) -> str:
    return f"{part:{width}.0%}" if part else " " * width


def show_besides(found: Mapping[str, Mapping[str, Run]], threads: int) -> None:
    """What the instruments cost, and what does not add up with the columns above."""
    heads = f"{'bare':>8}{'instruments':>13}{'narrow':>8}{'faults':>8}{'their ms':>10}"
    print(f"\n{'ms/step':20}{heads}{'others busy':>13}")
    for name, of in found.items():
        for peer, run in of.items():
            step, busy = sum(run["caller"].values()), sum(run["others"].values())
            helpers = f"{busy / step / (threads - 1):13.0%}" if threads > 1 else f"{'-':>13}"
            print(
                f"{name:8}{peer:12}{_cell(run['bare'], 8)}{step / run['bare'] - 1:+13.1%}"
                f"{_cell(run['narrow'], 8)}{run['faults']:8,.0f}"
                f"{1e3 * run['faults'] * run['fault']:10.2f}{helpers}"
            )
    print("narrow: layers as narrow as they can be, two images")
