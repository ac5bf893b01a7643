"""What minigan costs besides its arithmetic, beside NumPy's and PyTorch's costs.

Starting Python and importing the library; ten ops on a few numbers, alone, recorded, and with their
gradients (NumPy's are written by hand, which is as cheap as gradients can be); random
numbers. Values, gradients and the moments of the random numbers must agree.
"""

import argparse
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

import harness
import numpy as np
import peers
from peers import minigan, torch
from record import Figure, find, ratios

from parts import asked

PEERS = (*peers.OURS, "numpy", "torch")
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


def child(part: str, options: argparse.Namespace) -> None:
    library, form = peers.split(options.peer)
    if library == "numpy":
        rows = numpy_rows()
    else:
        ours = library == "minigan"
        rows = tensor_rows(minigan.library(form) if ours else torch.library(options.threads))
    check = numbers(rows)
    seconds = {
        row: harness.timed(function, options.seconds, 2)
        for row, function in {**starting(library), **rows}.items()
    }
    harness.answer(check=check, rows={row: statistics.median(t) for row, t in seconds.items()})


def measure(part: str, options: argparse.Namespace) -> list[Figure]:
    print(f"\noverhead: an op, an import, a batch of noise, {options.threads} threads")
    answers = asked(part, options, PEERS, 0.3)
    harness.compare(answers, 1e-2)
    figures = [
        Figure(part, row, peer, "s", [run["rows"][row] for run in runs])
        for peer, runs in answers.items()
        for row in runs[0]["rows"]
    ]
    report(figures)
    return figures


def report(figures: Sequence[Figure]) -> None:
    """The median round of each row, in µs, and ours over each other peer's."""
    here = list(dict.fromkeys(figure.peer for figure in figures))
    others = [peer for peer in here if peer not in peers.OURS]
    columns = "".join(f"{peer.replace('minigan+', '+'):>10}" for peer in here)
    columns += "".join(f"{'/ ' + peer:>9}" for peer in others)
    print(f"{'µs':21}{columns}")
    for row in dict.fromkeys(figure.name for figure in figures):
        found: Any = {peer: find(figures, figures[0].part, row, peer) for peer in here}
        cells = "".join(f"{harness.figures(1e6 * each.middle):>10}" for each in found.values())
        for peer in others:
            cells += f"{statistics.median(ratios(found['minigan'], found[peer])):9.2f}"
        print(f"{row:21}{cells}")
