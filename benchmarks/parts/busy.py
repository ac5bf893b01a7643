"""What a busy machine leaves of minigan's speed.

S1's step, quiet, beside one process that computes without end, and beside four; then two trainings
at once beside one alone, each examples/mnist_dense.py in a process of its own, also alone with one
thread, which is all that each of two has on two cores. The weights of all of them must be equal,
byte for byte; images per second are those of the last epoch.
"""

import argparse
import csv
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import harness
import peers
from record import Figure

from parts import asked, steps

ROOT = Path(__file__).parent.parent.parent
PROGRAM = ROOT / "examples" / "mnist_dense.py"
PEERS = (*peers.OURS, "torch-eager")
BESIDE = {"quiet": 0, "one": 1, "four": 4}  # processes that compute
LOOP = """
import os
parent = os.getppid()
while os.getppid() == parent:  # it ends with whoever began it, however that ends
    for _ in range(100_000):
        pass
"""

TRAININGS = {"alone": (1, 0), "two at once": (2, 0), "alone, one thread": (1, 1)}
LIMIT = 19_200  # images in an epoch
Result = tuple[float, bytes]  # seconds for an image, the weights of G


@contextmanager
def computing(count: int) -> Iterator[None]:
    """So many processes of one thread that want all of a core."""
    running = [subprocess.Popen([sys.executable, "-c", LOOP]) for _ in range(count)]
    try:
        yield
    finally:
        for process in running:
            process.kill()
            process.wait()


def child(part: str, options: argparse.Namespace) -> None:
    losses, once = steps.begun("s1", options)
    seconds = {}
    for kind, count in BESIDE.items():
        with computing(count):
            seconds[kind] = harness.timed(once, options.seconds)
    harness.answer(check=losses, **seconds)


def measure(part: str, options: argparse.Namespace) -> list[Figure]:
    print(f"\nbusy: S1's step beside processes that compute, {options.threads} threads")
    with steps.made_for("s1") as made:
        answers = asked(part, options, PEERS, 1.0, made)
    harness.compare(answers, 1e-4)
    figures = [
        Figure(part, f"step, {kind}", peer, "s", harness.medians(runs, kind))
        for peer, runs in answers.items()
        for kind in BESIDE
    ]
    report(figures)
    ours = [peer for peer in answers if peer in peers.OURS]
    trained = trainings(part, options, ours)
    report_trainings(trained)
    return figures + trained


def report(figures: Sequence[Figure]) -> None:
    """The step's ms in each case, and how many times its quiet ones."""
    print(f"{'ms/step':16}{'quiet':>9}{'beside one':>13}{'':8}{'beside four':>13}")
    for peer in dict.fromkeys(figure.peer for figure in figures):
        quiet, *others = (figure for figure in figures if figure.peer == peer)
        cells = f"{harness.figures(1e3 * quiet.middle):>9}"
        for figure in others:
            pairs = zip(figure.rounds, quiet.rounds, strict=True)
            times = statistics.median(busy / alone for busy, alone in pairs)
            cells += f"{harness.figures(1e3 * figure.middle):>13}{f'×{times:.2f}':>8}"
        print(f"{peer:16}{cells}")


# -- two trainings at once -------------------------------------------------------------------------


def trainings(part: str, options: argparse.Namespace, ours: Sequence[str]) -> list[Figure]:
    """Seconds for an image in each case; of two at once the slower one's."""
    seconds: dict[tuple[str, str], list[float]] = {}
    weights: dict[str, set[bytes]] = {peer: set() for peer in ours}
    for _ in range(options.rounds):
        for peer in ours:
            for kind, (count, threads) in TRAININGS.items():
                results = train(peer, count, threads or options.threads, options)
                seconds.setdefault((peer, kind), []).append(max(each for each, _ in results))
                weights[peer] |= {content for _, content in results}
    for peer, found in weights.items():
        if len(found) > 1:
            sys.exit(f"{peer}'s trainings ended with different weights: nothing is compared")
    return [
        Figure(part, f"image, {kind}", peer, "s", each) for (peer, kind), each in seconds.items()
    ]


def train(peer: str, count: int, threads: int, options: argparse.Namespace) -> list[Result]:
    """So many trainings, begun together."""
    env = harness.environment(threads, options.pinned) | {"PYTHONPATH": str(ROOT)}
    env |= {"MINIGAN_KERNELS": "jit" if "jit" in peer else "fast"}
    with tempfile.TemporaryDirectory() as folder:
        outs = [Path(folder, str(number)) for number in range(count)]
        arguments = ["--epochs", "2", "--limit", str(LIMIT)]
        to: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
        running = [
            subprocess.Popen(
                [sys.executable, str(PROGRAM), *arguments, "--out", str(out)], env=env, **to
            )
            for out in outs
        ]
        try:
            said = [process.communicate()[1] for process in running]
        finally:  # Ctrl-C included
            for process in running:
                process.kill()
        for process, words in zip(running, said, strict=True):
            if process.returncode:
                last = (words.strip() or f"exit code {process.returncode}").splitlines()[-1]
                sys.exit(f"{PROGRAM.name} failed: {last}")
        return [(1 / speed(out), (out / "G.safetensors").read_bytes()) for out in outs]


def speed(out: Path) -> float:
    """Images per second of the last epoch."""
    with open(out / "epochs.csv", encoding="utf-8") as file:
        return float(list(csv.DictReader(file))[-1]["images_per_second"])


def report_trainings(figures: Sequence[Figure]) -> None:
    """Images per second in each case, and what that is of alone."""
    rounds = len(figures[0].rounds)
    print(f"\nequal weights; images per second of {PROGRAM.name}, medians of {rounds} rounds")
    for figure in figures:
        alone = next(f for f in figures if f.peer == figure.peer)
        low, high = 1 / max(figure.rounds), 1 / min(figure.rounds)
        kept = alone.middle / figure.middle
        kind = figure.name.partition(", ")[2]
        print(
            f"{figure.peer:13}{kind:<18} {1 / figure.middle:>8,.0f} {kept:>5.0%}"
            f"  {low:,.0f} to {high:,.0f}"
        )
