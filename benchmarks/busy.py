"""Two trainings at once beside one alone: what a busy machine does to each.

python benchmarks/busy.py

Each is examples/mnist_dense.py in a process of its own, in turns: alone; two at once; and alone
with one thread, which is all that each of two has on two cores. The weights of all of them must
be equal, byte for byte; then images per second of the last epoch are compared.
"""

import argparse
import csv
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import harness

ROOT = Path(__file__).parent.parent
PROGRAM = ROOT / "examples" / "mnist_dense.py"

Result = tuple[float, bytes]  # images per second, the weights of G


def train(count: int, options: argparse.Namespace, threads: int | None = None) -> list[Result]:
    """So many trainings, begun together."""
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    env |= {"MINIGAN_NUM_THREADS": str(threads)} if threads else {}
    with tempfile.TemporaryDirectory() as folder:
        outs = [Path(folder, str(number)) for number in range(count)]
        arguments = ["--epochs", "2", "--limit", str(options.limit), "--dataset", options.dataset]
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
        return [(speed(out), (out / "G.safetensors").read_bytes()) for out in outs]


def speed(out: Path) -> float:
    """Images per second of the last epoch."""
    with open(out / "epochs.csv", encoding="utf-8") as file:
        return float(list(csv.DictReader(file))[-1]["images_per_second"])


def main() -> None:
    parser = harness.parser(__doc__)
    parser.add_argument("--rounds", type=harness.positive, default=5)
    parser.add_argument("--limit", type=harness.positive, default=19200, help="images in an epoch")
    parser.add_argument("--dataset", default="auto", help="as of the program")
    options = parser.parse_args()
    kinds = {"alone": (1, None), "two at once": (2, None), "alone, one thread": (1, 1)}
    speeds: dict[str, list[float]] = {kind: [] for kind in kinds}
    weights = set()
    for _ in range(options.rounds):
        for kind, (count, threads) in kinds.items():
            results = train(count, options, threads)
            speeds[kind] += [found for found, _ in results]
            weights |= {content for _, content in results}
    if len(weights) > 1:
        sys.exit("the trainings ended with different weights: nothing is compared")
    print(f"equal weights; images per second, medians of {options.rounds} rounds")
    alone = statistics.median(speeds["alone"])
    for kind, found in speeds.items():
        middle = statistics.median(found)
        spread = f"{min(found):,.0f} to {max(found):,.0f}"
        print(f"{kind:<18} {middle:>8,.0f} {middle / alone:>5.0%}  {spread}")


if __name__ == "__main__":
    harness.program(main)
