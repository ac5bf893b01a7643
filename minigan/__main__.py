"""The command `minigan`, or `python -m minigan`."""

import argparse
from collections.abc import Sequence
from typing import NoReturn

from minigan import doctor, run


def main() -> NoReturn:
    """Run the command that was given, and exit."""
    run.program(command)


def command(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    parser = argparse.ArgumentParser(prog="minigan", description="GANs from scratch.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    examination = commands.add_parser("doctor", help=doctor.__doc__, description=doctor.__doc__)
    doctor.add_options(examination)
    return doctor.examine(parser.parse_args(arguments))


if __name__ == "__main__":
    main()
