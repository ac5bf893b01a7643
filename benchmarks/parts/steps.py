"""How long a whole training step takes, D's and G's, and how much memory, beside other libraries.

Every peer starts from the same weights and sees the same batches and noise; its first losses must
agree with minigan's before it is timed. It is timed with noise of its own, and with S2's dropout,
which is off while losses are compared. Ratios below 1 mean that minigan is faster.
"""

import argparse
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import Any

import harness
import numpy as np
import peers
from record import Figure, find, ratios
from systems import SYSTEMS, flops, materials

from parts import asked

SECONDS = {"s1": 1.5, "s2": 1.5, "s3-32": 2.5, "s3-64": 3.0, "s4": 3.0, "s4-128": 3.0, "s5": 2.0}


@contextmanager
def made_for(system: str) -> Iterator[str]:
    """An option that names a file with the system's weights, batches and noise."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "materials.npz")
        np.savez(path, **materials(SYSTEMS[system]))
        yield f"--materials={path}"


def begun(system_name: str, options: argparse.Namespace) -> tuple[list[float], Callable[[], None]]:
    """In a peer's process: the losses of its first steps, and what takes one more."""
    system = SYSTEMS[system_name]
    with np.load(options.materials) as made:  # which reads an array when it is asked for
        peer = peers.prepare(options.peer, system, made, options.threads)
        xs = [peer.to(x) for x in made["x"]]
        zs = [[peer.to(z) for z in each] for each in made["z"]]
    pairs = list(zip(xs, zs, strict=True))
    losses = [float(loss) for x, z in pairs for loss in peer.step(x, *z)]
    peer.drop_out()
    endless = cycle(pairs)

    def once() -> None:
        x, z = next(endless)
        fresh = [peer.noise(system.batch, *system.z) for _ in range(system.draws)]
        peer.step(x, *(fresh or z))

    return losses, once


def child(part: str, options: argparse.Namespace) -> None:
    if options.peer == "sgemm":
        return sgemm()
    losses, once = begun(part, options)
    seconds = harness.timed(once, options.seconds)
    harness.answer(check=losses, seconds=seconds, megabytes=harness.megabytes())
    return None


def sgemm() -> None:
    """What the machine can do: products of 2048×2048 float32 matrices."""
    a = np.random.default_rng(0).standard_normal((2048, 2048), dtype=np.float32)
    out = np.empty_like(a)
    harness.answer(check=[], seconds=harness.timed(lambda: np.matmul(a, a, out=out), 1.0))


def measure(part: str, options: argparse.Namespace) -> list[Figure]:
    system = SYSTEMS[part]
    print(f"\n{part}, batch {system.batch}, float32, {options.threads} threads")
    with made_for(part) as made:
        answers = asked(part, options, ["sgemm", *peers.PEERS[part]], SECONDS[part], made)
    peak = 2 * 2048**3 / min(harness.medians(answers.pop("sgemm"))) if "sgemm" in answers else None
    harness.compare(answers, system.tolerance)
    figures = [
        figure
        for peer, runs in answers.items()
        for figure in (
            Figure(part, "step", peer, "s", harness.medians(runs)),
            Figure(part, "peak memory", peer, "MB", [run["megabytes"] for run in runs]),
        )
    ]
    report(figures, flops(system), peak)
    return figures


def report(figures: Sequence[Figure], need: float, peak: float | None) -> None:
    """A line for each peer. A step needs so many FLOP, and `peak` is the FLOP/s of sgemm: in its
    column stands the part of it that a peer reaches."""
    steps = [figure for figure in figures if figure.name == "step"]
    name = 1 + max(len(figure.peer) for figure in steps)
    print(f"\n{'':{name}}{'ms/step':>8}{'rounds':>16}{'ours/it':>8}{'sgemm':>7}{'MB':>7}")
    for step in steps:
        ours: Any = find(figures, step.part, "step", "minigan")
        memory: Any = find(figures, step.part, "peak memory", step.peer)
        ratio = statistics.median(ratios(ours, step))
        ends = min(step.rounds), max(step.rounds)
        spread = "-".join(harness.figures(1e3 * each) for each in ends)
        reached = f"{need / step.middle / peak:7.0%}" if peak else f"{'-':>7}"
        print(
            f"{step.peer:{name}}{harness.figures(1e3 * step.middle):>8}{spread:>16}{ratio:8.2f}"
            f"{reached}{max(memory.rounds):7,.0f}"
        )
    speed = f"sgemm peak {peak / 1e9:.0f} GFLOP/s; " if peak else ""
    print(f"\n{speed}a step needs {need / 1e9:.2f} GFLOP")
