"""The command `minigan`, or `python -m minigan`."""

import argparse
import sys
from collections.abc import Sequence

from minigan import doctor


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; its exit code."""
    parser = argparse.ArgumentParser(prog="minigan", description="GANs from scratch.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    examination = commands.add_parser("doctor", help=doctor.__doc__, description=doctor.__doc__)
    doctor.add_options(examination)
    return doctor.examine(parser.parse_args(arguments))


if __name__ == "__main__":
    sys.exit(main())
