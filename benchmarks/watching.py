"""What it costs to look on: images per second of a run that is watched and of one that is not.

python benchmarks/watching.py

examples/mnist_dense.py, each time in a process of its own, in turns: alone (--no-health); with its
health watched, as by default; with that and event files for TensorBoard. The weights of all of
them must be equal, byte for byte. Images per second are those of all epochs but the first; what is
written when a run ends (curves, report, GIF) comes after them.
"""

import csv
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import harness

PROGRAM = Path(__file__).parent.parent / "examples" / "mnist_dense.py"
KINDS = {
    "unwatched": ["--no-health"],
    "watched": ["--health"],
    "watched, with TensorBoard": ["--health", "--tensorboard"],
}


def train(words: list[str], epochs: int, dataset: str) -> tuple[float, bytes]:
    """A run's images per second, and the weights of G."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "run")
        settings = ["--epochs", str(epochs), "--dataset", dataset, "--sample-epochs", "0"]
        command = [sys.executable, str(PROGRAM), *settings, *words, "--out", str(out)]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{PROGRAM.name} failed: {(done.stderr.strip() or '?').splitlines()[-1]}")
        with open(out / "epochs.csv", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))[1:]
        speed = statistics.median(float(row["images_per_second"]) for row in rows)
        return speed, (out / "G.safetensors").read_bytes()


def main() -> None:
    parser = harness.parser(__doc__)
    parser.add_argument("--rounds", type=harness.positive, default=7)
    parser.add_argument("--epochs", type=harness.positive, default=4)
    parser.add_argument("--dataset", default="auto", help="as of the program")
    options = parser.parse_args()
    speeds: dict[str, list[float]] = {kind: [] for kind in KINDS}
    weights = set()
    for number in range(options.rounds):
        for kind in list(KINDS)[:: 1 if number % 2 else -1]:
            speed, content = train(KINDS[kind], options.epochs + 1, options.dataset)
            speeds[kind].append(speed)
            weights.add(content)
    if len(weights) > 1:
        sys.exit("the trainings ended with different weights: nothing is compared")
    print(f"equal weights; images per second, medians of {options.rounds} rounds")
    first = speeds["unwatched"]
    for kind, found in speeds.items():
        paired = statistics.median(one / other for one, other in zip(found, first, strict=True))
        spread = f"{min(found):,.0f} to {max(found):,.0f}"
        speed = f"{statistics.median(found):>8,.0f}  ({spread})"
        print(f"{kind:<28}{speed:<30}{paired:.3f} of unwatched")


if __name__ == "__main__":
    harness.program(main)
