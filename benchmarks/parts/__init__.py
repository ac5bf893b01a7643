"""The parts of the report, a file for each kind: what its peers do, and the table of it.

Each has `child(part, options)`, in a peer's own process, and `measure(part, options)`, which prints
and gives figures.
"""

import argparse
from collections.abc import Sequence
from typing import Any

import harness


def asked(
    part: str,
    options: argparse.Namespace,
    peers: Sequence[str],
    seconds: float,
    *more: str,
    rounds: int = 0,
) -> dict[str, list[dict[str, Any]]]:
    """The answers of the peers that --peers leaves, minigan among them in any case."""
    always = ("minigan", "sgemm")
    chosen = [p for p in peers if p in always or any(word in p for word in options.peers)]
    arguments = [part, f"--seconds={options.seconds or seconds}", f"--threads={options.threads}"]
    rounds = rounds or options.rounds
    answers = harness.in_turns(chosen, rounds, options.threads, [*arguments, *more], options.pinned)
    harness.needed(answers, "minigan")
    return answers
