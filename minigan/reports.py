"""The commands that show what runs have written: `minigan report` and `minigan compare`."""

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from minigan.errors import UserError
from minigan.run import Parser
from minigan.run.report import compared, read, write, write_animation, write_comparison

REPORT = "Writes a run's report.html and, where there is a series of pictures, training.gif."
COMPARE = "Shows several runs side by side: a table here, and a page with pictures and curves."

WIDEST = 80


def report(words: Sequence[str]) -> None:
    """`minigan report RUN`. Raises UserError when there is no run, or its folder is read-only."""
    parser = Parser(REPORT)
    parser.add_argument("run", type=Path, metavar="RUN", help="folder of a run")
    folder = parser.parse_args(words).run
    for path in (write(folder), write_animation(folder)):
        if path:
            print(f"wrote {path}")


def compare(words: Sequence[str]) -> None:
    """`minigan compare RUN RUN …`. Raises UserError when one of them is no run."""
    parser = Parser(COMPARE)
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="folders of runs")
    parser.add_argument(
        "--out", type=Path, default="compare.html", help="the page (default: %(default)s)"
    )
    options = parser.parse_args(words)
    if len(options.runs) == 1:
        raise UserError(
            f"compare takes two runs or more; `minigan report {options.runs[0]}` shows one"
        )
    runs = [read(folder) for folder in options.runs]
    width = min(WIDEST, shutil.get_terminal_size().columns)
    print("\n".join(table(runs, width)))
    print(f"wrote {write_comparison(runs, options.out)}")


def table(runs: Sequence[Mapping[str, Any]], width: int) -> list[str]:
    """In what they differ and what came of them, as lines of at most `width`."""
    different, _ = compared.settings(runs)
    between = ("", [""] * len(runs))
    rows = [("", compared.names(runs)), *different, between, *compared.results(runs), between]
    return compared.lines(rows, width)
