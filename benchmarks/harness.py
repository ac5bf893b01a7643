"""Peers in turns: each library in a process of its own, results compared before anything is timed.

A benchmark script is parent and child at once. The parent starts itself again with `--peer NAME`
for each peer, several rounds in turn, so that a slow minute of a shared machine meets everybody.
The child prints one line of JSON: `check`, numbers that must agree between peers, and `seconds`,
the times of its repetitions. Here is also what all benchmark scripts share as programs: how they
end, their help, and how they write numbers.
"""

import argparse
import functools
import importlib
import json
import math
import os
import resource
import signal
import statistics
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

# By these somebody may have pinned a library to an older set of instructions, for bytes that do not
# depend on the machine; speeds are asked for without.
PINS = (
    "OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE", "MKL_ENABLE_INSTRUCTIONS", "MKL_DEBUG_CPU_TYPE",
    "MKL_CBWR", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA", "ATEN_CPU_CAPABILITY",
    "NPY_DISABLE_CPU_FEATURES", "NUMBA_CPU_NAME", "NUMBA_CPU_FEATURES",
)  # fmt: skip
# What the libraries take their number of threads from; NPROC and PJRT_NPROC are XLA's.
THREADS = (
    "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS", "NUMBA_NUM_THREADS", "MINIGAN_NUM_THREADS", "NUM_CPU_THREADS",
    "NPROC", "PJRT_NPROC",
)  # fmt: skip
SKIP = 3  # exit code of a peer that wants what is not here: the last word on its stderr
ADVICE = 'pip install -e ".[bench]"'  # where that is one of these
LIBRARIES = {"torch", "jax", "numba", "autograd", "dezero", "mygrad", "tinygrad"}


# -- programs --------------------------------------------------------------------------------------


def program(main: Callable[[], int | None]) -> NoReturn:
    """Run `main` and exit with its code. Ctrl-C and SIGTERM end it with one word."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)
    try:
        code = main()
        sys.stdout.flush()
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # pressing it again changes nothing
        cleared("stopped\n")
        code = 130
    except BrokenPipeError:  # whoever read it has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 141
    sys.exit(code)


class Help(argparse.HelpFormatter):
    """The docstring's paragraphs, as wide as the terminal; commands keep lines of their own."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        paragraphs = text.strip().split("\n\n")
        return "\n\n".join(self._filled(paragraph, width) for paragraph in paragraphs)

    def _filled(self, paragraph: str, width: int) -> str:
        lines = paragraph.splitlines()
        if not paragraph.startswith("python "):
            return "\n".join(self._split_lines(paragraph, width))
        if max(map(len, lines)) <= width:
            return paragraph
        below = textwrap.TextWrapper(width, subsequent_indent="    ", break_on_hyphens=False)
        pairs = [line.partition("  ") for line in lines]  # the meaning of each on a line below it
        found = [[*below.wrap(command), *below.wrap(f"    {x.strip()}")] for command, _, x in pairs]
        return "\n".join(line for each in found for line in each if line.strip())

    def _split_lines(self, text: str, width: int) -> list[str]:
        return textwrap.wrap(" ".join(text.split()), width, break_on_hyphens=False)


def parser(doc: str | None) -> argparse.ArgumentParser:
    """A parser that says the docstring as its help."""
    return argparse.ArgumentParser(description=doc, formatter_class=Help)


def positive(text: str) -> int:
    """A whole number of at least 1, for argparse."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"must be a whole number of at least 1, not {text}")
    return int(text)


def duration(text: str) -> float:
    """Seconds or minutes above 0, for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"must be a number above 0, not {text}")
    return value


def figures(value: float) -> str:
    """Four digits that count; of a large number all before the point."""
    return f"{value:,.0f}" if value >= 999.5 else f"{value:#.4g}"


def cleared(text: str = "") -> None:
    """Write over the line of progress, which only a terminal has."""
    clear = "\r\x1b[K" if sys.stderr.isatty() else ""
    print(clear + text, end="", file=sys.stderr, flush=True)


# -- a peer ----------------------------------------------------------------------------------------


def timed(function: Callable[[], object], seconds: float, warm_up: int = 5) -> list[float]:
    """The duration of each call, for about so many seconds in all."""
    end = time.perf_counter() + seconds
    for number in range(warm_up):
        if number and time.perf_counter() > end:  # a slow one is warm sooner
            break
        function()
    times: list[float] = []
    end = time.perf_counter() + seconds
    while time.perf_counter() < end or len(times) < 5:
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return times


def megabytes(word: str = "VmHWM") -> float:
    """This process's largest resident memory so far, or what is resident now (VmRSS).

    Where Linux does not tell, the largest by getrusage, which on Linux begins with the parent's.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as file:
            return next(int(line.split()[1]) for line in file if line.startswith(word)) / 1024
    except OSError:
        scale = 1 << (20 if sys.platform == "darwin" else 10)
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / scale


def absent(what: str) -> NoReturn:
    """End the child here: this is not on this machine, and its parent leaves the peer out."""
    print(what, file=sys.stderr)
    sys.exit(SKIP)


def installed(library: str) -> Any:
    """The library; without it the child ends here."""
    try:
        return importlib.import_module(library)
    except ImportError:
        absent(library.partition(".")[0])


def answer(**values: Any) -> None:
    """What a child has to say."""
    print(json.dumps(values))


# -- the parent ------------------------------------------------------------------------------------


def environment(threads: int, pinned: bool = False) -> dict[str, str]:
    """A child's: so many threads for every library, and no pins unless they are to stay."""
    pins = [] if pinned else [name for name in PINS if name in os.environ]
    if pins:
        _say_once(f"without {', '.join(pins)}, by which libraries are slower; --pinned keeps them")
    return {
        **{name: value for name, value in os.environ.items() if name not in pins},
        **dict.fromkeys(THREADS, str(threads)),
        "XLA_FLAGS": f"--xla_cpu_multi_thread_eigen={'true' if threads > 1 else 'false'}",
        "JAX_PLATFORMS": os.environ.get("JAX_PLATFORMS", "cpu"),
    }


@functools.cache
def _say_once(line: str) -> None:
    print("\n".join(textwrap.wrap(line, 80, break_on_hyphens=False)))


def in_turns(
    peers: Sequence[str],
    rounds: int,
    threads: int,
    arguments: Sequence[str] = (),
    pinned: bool = False,
) -> dict[str, list[dict[str, Any]]]:
    """Run every peer `rounds` times, one after another; those not here, or that fail, are left out.

    A line says which, and why. Exits when none is left.
    """
    env = environment(threads, pinned)
    answers: dict[str, list[dict[str, Any]]] = {}
    missing: dict[str, str] = {}  # what a peer wants and this machine has not
    failed: set[str] = set()
    for number in range(rounds):
        for peer in [each for each in peers if each not in {*missing, *failed}]:
            if sys.stderr.isatty():
                cleared(f"round {number + 1} of {rounds}: {peer}")
            command = [sys.executable, sys.argv[0], "--peer", peer, *arguments]
            child = subprocess.run(command, env=env, capture_output=True, text=True)
            last = (child.stderr.strip() or f"exit code {child.returncode}").splitlines()[-1]
            if child.returncode == SKIP:
                missing[peer] = last
            elif child.returncode:
                cleared(f"{peer} failed and is left out: {last}\n")
                failed.add(peer)
            else:
                answers.setdefault(peer, []).append(json.loads(child.stdout.splitlines()[-1]))
    cleared()
    if missing:
        print(textwrap.fill(f"left out: {told(missing)}", 80, subsequent_indent="  "))
    answers = {peer: runs for peer, runs in answers.items() if peer not in failed}
    if not answers:
        sys.exit("no peer is left")
    return answers


def told(missing: dict[str, str]) -> str:
    """Who is left out for want of what, in one line."""
    wants: dict[str, list[str]] = {}
    for peer, want in missing.items():
        wants.setdefault(want, []).append(peer)
    parts = [
        f"{', '.join(peers) if len(peers) < 3 else f'{len(peers)} peers'} (no {want})"
        for want, peers in wants.items()
    ]
    return ", ".join(parts) + (f"; {ADVICE}" if wants.keys() & LIBRARIES else "")


def needed(answers: dict[str, Any], peer: str) -> Any:
    """The answers of the peer that the others are measured by."""
    if peer not in answers:
        sys.exit(f"{peer} has no result, so nothing is compared")
    return answers[peer]


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
    agree = f"results agree within {tolerance:.0e}"
    print(agree if len(answers) > 1 else f"{first} alone: there is nobody to agree with")


def medians(runs: list[dict[str, Any]], key: str = "seconds") -> list[float]:
    """Each round's median."""
    return [statistics.median(run[key]) for run in runs]


def geometric_mean(values: Sequence[float]) -> float:
    """exp of the mean logarithm."""
    return math.exp(sum(map(math.log, values)) / len(values))
