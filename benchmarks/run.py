"""How fast minigan is beside other libraries, everything in one report.

python benchmarks/run.py                   all parts but s4-128, half an hour on two cores
python benchmarks/run.py s1 conv busy                  some of them
python benchmarks/run.py --json now.json --plot now.png         kept as numbers and as a picture
python benchmarks/run.py --against former.json         and what has changed since

The parts: s1, s2, s3-32, s3-64, s4, s5, a whole training step of each system, S3 at two widths, S4
at batch 16, with its peak memory; s4-128, S4 at its program's batch; conv, every convolution of S3;
loops, what Numba brings to each of them; overhead, one op, one import, one batch of noise; memory,
whether it grows over 10,000 steps; busy, what other work on the machine leaves; profile, where the
time of minigan's steps goes. Each library runs in a process of its own, in turns, with the same
threads, from the same weights, on the same batches; results must agree with minigan's, else nothing
is said of times. Libraries that are not installed are left out. At the end stand the bars that
minigan is to clear.
"""

import argparse
import os
import platform
import textwrap
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import bars
import harness
import record
from systems import SYSTEMS

PARTS = dict.fromkeys(SYSTEMS, "steps")  # and the file of each
PARTS |= {name: name for name in ("conv", "loops", "overhead", "memory", "busy", "profile")}
LONG = ("s4-128",)  # nobody waits for it who did not ask
LIBRARIES = "minigan numpy numba torch jax autograd mygrad dezero tinygrad".split()


def versions() -> dict[str, str]:
    """Of the libraries that are here."""
    found = {}
    for library in LIBRARIES:
        try:
            found[library] = metadata.version(library)
        except metadata.PackageNotFoundError:
            continue
    return found


def part_name(text: str) -> str:
    """A part's name, for argparse."""
    if text not in PARTS:
        raise argparse.ArgumentTypeError(f"no part is named {text}: choose from {', '.join(PARTS)}")
    return text


def parsed() -> argparse.Namespace:
    parser = harness.parser(__doc__)
    whole = f"all but {', '.join(LONG)} by default"
    parser.add_argument("parts", nargs="*", type=part_name, metavar="PART", help=whole)
    parser.add_argument("--rounds", type=harness.positive, default=3)
    parser.add_argument(
        "--seconds", type=harness.duration,
        help="of timing, per peer and round, or per op (by default as the part needs)",
    )  # fmt: skip
    parser.add_argument("--threads", type=harness.positive, default=min(2, os.cpu_count() or 1))
    parser.add_argument(
        "--peers", nargs="+", default=[""], metavar="WORD",
        help="minigan, and those with one of these in their names",
    )  # fmt: skip
    parser.add_argument("--pinned", action="store_true", help="keep variables that slow libraries")
    parser.add_argument("--json", type=Path, metavar="FILE", help="keep the figures")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="draw them, as .png or .svg")
    parser.add_argument(
        "--against", type=Path, metavar="FILE",
        help="compare with figures kept before; exit code 1 if anything is worse",
    )  # fmt: skip
    for hidden in ("--peer", "--materials", "--system"):
        parser.add_argument(hidden, help=argparse.SUPPRESS)
    parser.add_argument("--width", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    options = parsed()
    parts = options.parts or [part for part in PARTS if part not in LONG]
    if options.peer:
        (part,) = parts
        import_module(f"parts.{PARTS[part]}").child(part, options)
        return 0
    former = record.load(options.against) if options.against else None
    about: dict[str, Any] = {"versions": versions(), "threads": options.threads}
    about |= {"pinned": options.pinned, "rounds": options.rounds}
    about |= {"python": platform.python_version(), "machine": platform.platform()}
    told = (f"{name} {version}" for name, version in about["versions"].items())
    print("\n".join(textwrap.wrap(", ".join(told), 80)))
    figures: list[record.Figure] = []
    failed = []
    for part in parts:
        try:
            figures += import_module(f"parts.{PARTS[part]}").measure(part, options)
        except SystemExit as end:  # others may still be told
            print(f"{part}: {end}", flush=True)
            failed.append(part)
    bars.show(figures)
    if options.json:
        record.save(figures, about, options.json)
    if options.plot:
        import_module("picture").draw(figures, options.plot)
    worse = record.show(record.changes(figures, former)) if former else 0
    return 1 if failed or worse else 0


if __name__ == "__main__":
    harness.program(main)
