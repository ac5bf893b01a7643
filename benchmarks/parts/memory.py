"""Whether memory grows while one trains: what is resident after 1,000 and after 10,000 steps of S1.

Once, whatever the number of rounds: it does not depend on how busy the machine is.
"""

import argparse
from collections.abc import Sequence

import harness
import peers
from record import Figure

from parts import asked, steps

AFTER = 1_000, 10_000


def child(part: str, options: argparse.Namespace) -> None:
    losses, once = steps.begun("s1", options)
    resident, done = [], 0
    for number in AFTER:
        for _ in range(number - done):
            once()
        done = number
        resident.append(harness.megabytes("VmRSS"))
    harness.answer(check=losses, megabytes=resident)


def measure(part: str, options: argparse.Namespace) -> list[Figure]:
    print(f"\nmemory after steps of S1, {options.threads} threads")
    with steps.made_for("s1") as made:
        answers = asked(part, options, peers.OURS, 1.0, made, rounds=1)
    harness.compare(answers, 1e-4)
    figures = [
        Figure(part, f"after {after:,} steps", peer, "MB", [megabytes])
        for peer, (run,) in answers.items()
        for after, megabytes in zip(AFTER, run["megabytes"], strict=True)
    ]
    report(figures)
    return figures


def report(figures: Sequence[Figure]) -> None:
    print(f"{'MB':14}" + "".join(f"{f'after {after:,}':>15}" for after in AFTER) + f"{'more':>9}")
    for peer in dict.fromkeys(figure.peer for figure in figures):
        first, last = (figure.middle for figure in figures if figure.peer == peer)
        print(f"{peer:14}{first:15.1f}{last:15.1f}{last - first:9.2f}")
