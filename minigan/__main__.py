"""The command `minigan`, or `python -m minigan`."""

import argparse
import sys
from collections.abc import Callable, Sequence
from typing import NoReturn

import minigan
from minigan import doctor, evaluate, export, programs, reports, run, sweep
from minigan.errors import UserError

OF_RUNS: dict[str, tuple[Callable[[Sequence[str]], int | None], str]] = {
    "evaluate": (evaluate.main, (evaluate.__doc__ or "").partition("\n")[0]),
    "report": (reports.report, reports.REPORT),
    "compare": (reports.compare, reports.COMPARE),
    "export": (export.main, (export.__doc__ or "").partition("\n")[0]),
    "sweep": (sweep.main, (sweep.__doc__ or "").partition("\n")[0]),
}
"""What shows a run, or takes it elsewhere; and the line of each in the help."""


def main() -> NoReturn:
    """Run the command that was given, and exit."""
    run.program(command)


def command(arguments: Sequence[str] | None = None) -> int | None:
    """Run a command; its exit code."""
    sys.argv[0] = "minigan"  # as it is called in messages, whatever started it
    match list(sys.argv[1:] if arguments is None else arguments):
        case ["train", *words]:
            return train(words)
        case [name, *words] if name in programs.AFTER_TRAINING:
            return programs.run(f"minigan {name}", name, words)
        case [name, *words] if name in OF_RUNS:
            sys.argv[0] = f"minigan {name}"
            return OF_RUNS[name][0](words)
    parser = argparse.ArgumentParser(prog="minigan", description="GANs from scratch.")
    parser.add_argument("--version", action="version", version=f"minigan {minigan.__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("train", help="Trains one of the classic GANs: --list names them.")
    for other in programs.AFTER_TRAINING:
        commands.add_parser(other, help=programs.about(other))
    for other, (_, about) in OF_RUNS.items():
        commands.add_parser(other, help=about)
    examination = commands.add_parser("doctor", help=doctor.__doc__, description=doctor.__doc__)
    doctor.add_options(examination)
    return doctor.examine(parser.parse_args(arguments))


def train(words: Sequence[str]) -> int | None:
    """`minigan train NAME …` is `python examples/NAME.py …`, from wherever minigan is installed."""
    if not words:
        raise UserError(f"train: name a program: {', '.join(programs.names())}")
    name, *options = words
    if name in ("--list", "-h", "--help"):
        print("usage: minigan train NAME [OPTIONS], with --help for the options of NAME\n")
        print(programs.listed())
        return 0
    return programs.run(f"minigan train {name}", name, options)


if __name__ == "__main__":
    main()
