"""All that only a GPU can show, in one go: run this first on a machine that has one.

python benchmarks/gpu_check.py                   everything, about twenty minutes
python benchmarks/gpu_check.py tests examples    some of it

doctor     minigan doctor --backend cupy
tests      the whole test suite with CuPy itself, among it 200 steps of each system on both backends
           from one seed (tests/test_backends_agree.py states how far they may differ)
examples   every program of examples/ that has --quick, on both backends from one seed; the losses
           must agree within 1% in the first ten steps and within 15% on average
compare    benchmarks/compare_backends.py

The output of each command goes to a file in runs/gpu_check. Exit code 1 when anything failed.
"""

import argparse
import csv
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).parent.parent
OUT = ROOT / "runs" / "gpu_check"
SOON, MEANS = 0.01, 0.15  # how far losses may differ: in the first ten steps, and on average


def run(name: str, *command: str) -> str | None:
    """Run a Python command, its output into OUT/name.log; None when it worked, else what failed."""
    log = OUT / f"{name}.log"
    with log.open("w", encoding="utf-8") as file:
        done = subprocess.run(
            [sys.executable, *command],
            cwd=ROOT,
            stdout=file,
            stderr=subprocess.STDOUT,
            env={**os.environ, "MINIGAN_TEST_CUPY": "real"},
        )
    if done.returncode == 0:
        return None
    last = [line for line in log.read_text(encoding="utf-8").splitlines() if line.strip()][-8:]
    return "\n".join([f"exit code {done.returncode}, see {log.relative_to(ROOT)}:", *last])


# -- the parts: each yields (what, None or what failed) --------------------------------------------


def doctor() -> Iterator[tuple[str, str | None]]:
    yield "minigan doctor", run("doctor", "-m", "minigan", "doctor", "--backend", "cupy")


def tests() -> Iterator[tuple[str, str | None]]:
    yield "the test suite", run("tests", "-m", "pytest", "tests", "-q", "--durations=10")


def examples() -> Iterator[tuple[str, str | None]]:
    for program in sorted((ROOT / "examples").glob("*.py")):
        options_of = _help(program)
        if "--quick" not in options_of:
            continue
        options = ["--quick", "--seed", "0", "--log-every", "1", "--overwrite"]
        if "--images " in options_of:
            options += ["--images", str(_pictures())]
        problems = []
        for backend in ("numpy", "cupy"):
            folder = OUT / f"{program.stem}_{backend}"
            there = ["--backend", backend, "--out", str(folder)]
            problems.append(run(folder.name, str(program), *options, *there))
        on_numpy, on_cupy = problems
        if on_numpy and "exit code 2" in on_numpy:  # its data is not there, on either backend
            yield f"{program.name} left out: {on_numpy.splitlines()[-1][:200]}", None
        else:
            yield program.name, on_numpy or on_cupy or _disagreement(program.stem)


def _help(program: Path) -> str:
    asked = [sys.executable, str(program), "--help"]
    return subprocess.run(asked, cwd=ROOT, capture_output=True, text=True).stdout


def _pictures() -> Path:
    """A folder of coloured noise, for programs that want pictures."""
    folder = OUT / "pictures"
    folder.mkdir(exist_ok=True)
    rng = np.random.default_rng(0)
    for i in range(256):
        pixels = rng.integers(0, 256, (160, 144, 3), dtype=np.uint8)
        Image.fromarray(pixels).save(folder / f"{i:03}.png")
    return folder


def _disagreement(name: str) -> str | None:
    """None when the losses of both backends agree, else by how much they do not."""
    ours, theirs = (_losses(OUT / f"{name}_{backend}") for backend in ("cupy", "numpy"))
    if not ours or len(ours) != len(theirs):
        return f"{len(ours)} steps on CuPy, {len(theirs)} on NumPy"
    soon = max(_apart(a, b) for a, b in zip(ours[:10], theirs[:10], strict=True))
    means = _apart(*([sum(column) / len(rows) for column in zip(*rows, strict=True)]
                     for rows in (ours, theirs)))  # fmt: skip
    if soon <= SOON and means <= MEANS:
        return None
    return f"losses differ by {soon:.1%} in the first ten steps, by {means:.1%} on average"


def _losses(folder: Path) -> list[list[float]]:
    """The losses of each step that a program logged."""
    path = folder / "losses.csv"
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [
            [float(value) for name, value in row.items() if name.startswith("loss")]
            for row in csv.DictReader(file)
        ]


def _apart(a: list[float], b: list[float]) -> float:
    """The largest difference, relative to the larger of 1 and the value."""
    return max((abs(x - y) / max(1.0, abs(y)) for x, y in zip(a, b, strict=True)), default=0.0)


def compare() -> Iterator[tuple[str, str | None]]:
    yield "compare_backends.py", run("compare", "benchmarks/compare_backends.py")


PARTS = {part.__name__: part for part in (doctor, tests, examples, compare)}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    chosen = parser.parse_args().parts or list(PARTS)
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"no part {', '.join(sorted(unknown))}: choose of {', '.join(PARTS)}")
    OUT.mkdir(parents=True, exist_ok=True)
    failures = 0
    for name in chosen:
        start = time.monotonic()
        for what, problem in PARTS[name]():
            print(f"{'FAILED' if problem else 'ok':8}{what:40}{time.monotonic() - start:7.0f} s")
            failures += problem is not None
            if problem:
                print("        " + problem.replace("\n", "\n        "))
            start = time.monotonic()
    for name in ("doctor", "compare"):
        if name in chosen:
            print(f"\n{(OUT / f'{name}.log').read_text(encoding='utf-8')}")
    print(f"{failures} failed" if failures else "all of it works")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
