"""What minigan costs besides its arithmetic, beside NumPy's and PyTorch's costs.

python benchmarks/overhead.py

Starting Python and importing the library; ten ops on a few numbers, alone, recorded, and with their
gradients (NumPy's are written by hand, which is as cheap as gradients can be); random numbers. Each
library runs in a process of its own, in turns; values, gradients and the moments of the random
numbers must agree before anything is timed.
"""

import argparse
import os
import statistics
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import harness
import numpy as np

X = np.linspace(0.1, 0.8, 8, dtype=np.float32)
MANY = 1 << 20

Rows = dict[str, Callable[[], Any]]


def ten_ops(x: Any, w: Any) -> Any:
    """x + wx + … + w⁵x."""
    y = x
    for _ in range(5):
        y = y * w + x
    return y


def starting(package: str) -> Rows:
    def python(code: str) -> Callable[[], Any]:
        return lambda: subprocess.run([sys.executable, "-c", code], check=True)

    return {"python alone": python("pass"), "python, import": python(f"import {package}")}


def numpy_rows() -> Rows:
    random = np.random.default_rng(1)

    def by_hand() -> tuple[Any, Any]:
        y, dy = X, np.zeros_like(X)
        for _ in range(5):
            y, dy = y * X + X, dy * X + y
        return y, dy

    return {
        "ten ops": lambda: ten_ops(X, X),
        "ten ops, recorded": lambda: ten_ops(X, X),
        "ten ops and gradients": by_hand,
        "normal, 6,400": lambda: random.standard_normal(6400, "float32"),
        "normal, 2²⁰": lambda: random.standard_normal(MANY, "float32"),
        "uniform, 2²⁰": lambda: random.random(MANY, "float32"),
    }


def tensor_rows(library: Any) -> Rows:
    """One text, two libraries."""
    x = library.tensor(X)
    w = library.tensor(X).requires_grad_()

    def gradients() -> tuple[Any, Any]:
        y = ten_ops(x, w)
        w.grad = None
        y.sum().backward()
        return y.detach(), w.grad

    return {
        "ten ops": lambda: ten_ops(x, x),
        "ten ops, recorded": lambda: ten_ops(x, w),
        "ten ops and gradients": gradients,
        "normal, 6,400": lambda: library.randn(6400),
        "normal, 2²⁰": lambda: library.randn(MANY),
        "uniform, 2²⁰": lambda: library.rand(MANY),
    }


def numbers(rows: Rows) -> list[float]:
    """What must agree: values and gradients, and the moments of the random numbers."""
    values, gradients = (array_of(each) for each in rows["ten ops and gradients"]())
    check = [*values.tolist(), *gradients.tolist(), *array_of(rows["ten ops"]()).tolist()]
    for row in ("normal, 2²⁰", "uniform, 2²⁰"):
        drawn = array_of(rows[row]())
        check += [float(drawn.mean()), float(drawn.std())]
    return check


def array_of(value: Any) -> np.ndarray:
    return value if isinstance(value, np.ndarray) else value.numpy()


def child(options: argparse.Namespace) -> None:
    if options.peer == "numpy":
        rows = numpy_rows()
    elif options.peer == "minigan":
        import minigan

        rows = tensor_rows(minigan)
    else:
        torch = harness.installed("torch")
        torch.set_num_threads(options.threads)
        rows = tensor_rows(torch)
    check = numbers(rows)
    seconds = {
        row: harness.timed(function, options.seconds, 2)
        for row, function in {**starting(options.peer), **rows}.items()
    }
    harness.answer(check=check, rows={row: statistics.median(t) for row, t in seconds.items()})


def main() -> None:
    parser = harness.parser(__doc__)
    parser.add_argument("--threads", type=harness.positive, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--rounds", type=harness.positive, default=3)
    parser.add_argument(
        "--seconds", type=harness.duration, default=0.5, help="of timing, per row and round"
    )
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return child(options)
    arguments = [f"--threads={options.threads}", f"--seconds={options.seconds}"]
    answers = harness.in_turns(
        ["minigan", "numpy", "torch"], options.rounds, options.threads, arguments
    )
    harness.needed(answers, "minigan")
    harness.compare(answers, 1e-2)
    report(answers)
    return None


def report(answers: dict[str, list[dict[str, Any]]]) -> None:
    """The median round of each row, in µs, and ours over each peer's."""
    others = [peer for peer in answers if peer != "minigan"]
    columns = "".join(f"{peer:>12}" for peer in answers) + "".join(f"{'/ ' + p:>9}" for p in others)
    print(f"{'µs':24}{columns}")
    for row in answers["minigan"][0]["rows"]:
        times = {
            peer: statistics.median(run["rows"][row] for run in runs)
            for peer, runs in answers.items()
        }
        cells = "".join(f"{harness.figures(1e6 * time):>12}" for time in times.values())
        ratios = "".join(f"{times['minigan'] / times[peer]:9.2f}" for peer in others)
        print(f"{row:24}{cells}{ratios}")


if __name__ == "__main__":
    harness.program(main)
