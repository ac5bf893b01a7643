"""Peers in turns: each library in a process of its own, results compared before anything is timed.

A benchmark script is parent and child at once. The parent starts itself again with `--peer NAME`
for each peer, several rounds in turn, so that a slow minute of a shared machine meets everybody.
The child prints one line of JSON: `check`, numbers that must agree between peers, and `seconds`,
the times of its repetitions.
"""

import argparse
import importlib
import json
import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

SKIP = 3  # exit code of a peer whose library is not installed


def timed(function: Callable[[], object], seconds: float, warm_up: int = 5) -> list[float]:
    """The duration of each call, for about so many seconds in all."""
    for _ in range(warm_up):
        function()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return times


def installed(library: str) -> Any:
    """The library; without it the child ends here, and its parent leaves the peer out."""
    try:
        return importlib.import_module(library)
    except ImportError:
        sys.exit(SKIP)


def answer(**values: Any) -> None:
    """What a child has to say."""
    print(json.dumps(values))


def in_turns(
    peers: Sequence[str], rounds: int, threads: int, arguments: Sequence[str] = ()
) -> dict[str, list[dict[str, Any]]]:
    """Run every peer `rounds` times, one after another; those not installed are left out."""
    env = {
        **os.environ,
        **{f"{name}_NUM_THREADS": str(threads) for name in ("OMP", "OPENBLAS", "MKL", "MINIGAN")},
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}",
        "JAX_PLATFORMS": os.environ.get("JAX_PLATFORMS", "cpu"),
    }
    answers: dict[str, list[dict[str, Any]]] = {}
    absent: set[str] = set()
    for number in range(rounds):
        for peer in peers:
            if peer in absent:
                continue
            print(f"round {number + 1}/{rounds}: {peer} …", end="\r", file=sys.stderr)
            command = [sys.executable, sys.argv[0], "--peer", peer, *arguments]
            child = subprocess.run(command, env=env, capture_output=True, text=True)
            if child.returncode == SKIP:
                absent.add(peer)
            elif child.returncode:
                print(f"{peer} failed:\n{child.stderr[-2000:]}", file=sys.stderr)
                absent.add(peer)
            else:
                answers.setdefault(peer, []).append(json.loads(child.stdout.splitlines()[-1]))
    print(" " * 60, end="\r", file=sys.stderr)
    if absent:
        print(f"left out, not installed or failed: {', '.join(sorted(absent))}")
    return answers


def compare(answers: dict[str, list[dict[str, Any]]], tolerance: float) -> None:
    """Stop with exit code 1 when any peer's checked numbers differ from the first peer's."""
    first, reference = next((peer, runs[0]["check"]) for peer, runs in answers.items())
    for peer, runs in answers.items():
        for check in (run["check"] for run in runs):
            worst = max(
                (abs(a - b) / max(1.0, abs(b)) for a, b in zip(check, reference, strict=True)),
                default=0.0,
            )
            if not worst <= tolerance:
                sys.exit(f"{peer} and {first} disagree by {worst:.2e}: nothing is timed")
    print(f"results agree within {tolerance:.0e}")


def medians(runs: list[dict[str, Any]], key: str = "seconds") -> list[float]:
    """Each round's median."""
    return [statistics.median(run[key]) for run in runs]


def positive(text: str) -> int:
    """A whole number of at least 1, for argparse."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, not {text}")
    return int(text)


def geometric_mean(values: Sequence[float]) -> float:
    """exp of the mean logarithm."""
    return math.exp(sum(map(math.log, values)) / len(values))
