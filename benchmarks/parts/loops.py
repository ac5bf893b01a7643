"""What Numba brings to each of the loops that it compiles: minigan's kernels with it and without.

Rectifiers and batch normalisation of the images inside S3, 64 of 32 channels and 32×32 pixels, and
Adam of S1's G. Checksums of all results must agree.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import harness
import numpy as np
import peers
from peers import minigan
from record import Figure, find, ratios

from parts import asked
from parts.conv import checksum

SHAPE = 64, 32, 32, 32
SIZES = 64 * 256, 256 * 512, 512 * 784  # of S1's G, without biases


def functions() -> dict[str, Callable[[], Any]]:
    """What is timed, by name, with the kernels that are in place."""
    from minigan import backend as B

    random = np.random.default_rng(0)
    x, g = (random.standard_normal(SHAPE, np.float32).transpose(0, 3, 1, 2) for _ in range(2))
    weight, bias = np.ones(32, np.float32), np.zeros(32, np.float32)
    mean, variance = B.kernels.channel_moments(x)
    rstd = (variance + 1e-5) ** -0.5
    state = [[random.random(size, np.float32) for size in SIZES] for _ in range(4)]

    def adam() -> Any:
        B.kernels.adam_(*state, 1e-3, (0.9, 0.999), 1e-8)
        return np.concatenate(state[0])

    return {
        "rectifier": lambda: B.kernels.leaky(x, x, 0.2),
        "its gradient": lambda: B.kernels.leaky(g, x, 0.2),
        "moments": lambda: np.stack(B.kernels.channel_moments(x)),
        "normalisation": lambda: B.kernels.batch_norm(x, weight, bias, mean, rstd),
        "its gradients": lambda: B.kernels.batch_norm_backward(g, x, weight, mean, rstd)[0],
        "gradient of a bias": lambda: B.kernels.channel_sums(g),
        "Adam": adam,
    }


def child(part: str, options: argparse.Namespace) -> None:
    minigan.library(peers.split(options.peer)[1])
    rows = functions()
    check = [number for function in rows.values() for number in checksum(function())]
    seconds = {row: harness.timed(each, options.seconds) for row, each in rows.items()}
    harness.answer(check=check, **seconds)


def measure(part: str, options: argparse.Namespace) -> list[Figure]:
    print(f"\nloops of one kernel each, {options.threads} threads")
    answers = asked(part, options, peers.OURS, 0.3)
    harness.compare(answers, 1e-4)
    rows = [row for row in answers["minigan"][0] if row != "check"]
    figures = [
        Figure(part, row, peer, "s", harness.medians(runs, row))
        for row in rows
        for peer, runs in answers.items()
    ]
    report(figures)
    return figures


def report(figures: Sequence[Figure]) -> None:
    """A row for each loop: its ms with each peer, and what is left of the first one's time."""
    first, *others = dict.fromkeys(figure.peer for figure in figures)
    print(f"{'ms':20}{first:>12}" + "".join(f"{peer:>14}{'of it':>8}" for peer in others))
    for row in dict.fromkeys(figure.name for figure in figures):
        of: dict[str, Any] = {peer: find(figures, "loops", row, peer) for peer in (first, *others)}
        cells = f"{harness.figures(1e3 * of[first].middle):>12}"
        for peer in others:
            left = statistics.median(ratios(of[peer], of[first]))
            cells += f"{harness.figures(1e3 * of[peer].middle):>14}{left:8.2f}"
        print(f"{row:20}{cells}")
