"""A table of a run: a CSV file that grows by rows, after a stop too, and how it is read again."""

import math
import os
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

from minigan.atomic import writing
from minigan.opening import opened, reason
from minigan.run.ending import say

Columns = dict[str, list[Any]]
"""The columns of a table by name, all of one length."""

MOST = 2**53  # from here on a JSON number is not a whole one for every reader


class Table:
    """A CSV file that grows by rows; whatever an earlier run wrote after byte `end` is cut off.

    So is what follows the first damage before it: rows that are lost are told, and no reason to
    lose the run.
    """

    def __init__(self, path: Path, columns: Sequence[str], end: int):
        self.path = path
        with writing(path):
            path.touch()
            with opened(path) as file:
                intact = _intact(file.read(end), columns)
            self.file = open(path, "a", encoding="utf-8", newline="\n")  # noqa: SIM115
            self.file.truncate(intact)
        if intact < end:
            say(f"{path} is cut off or damaged: only its first {intact:,} bytes are kept")
        if intact == 0:
            self.add(columns)

    def add(self, row: Sequence[Any]) -> None:
        """Append a row."""
        with writing(self.path):
            self.file.write(",".join(map(str, row)) + "\n")

    def end(self) -> int:
        """The size of the file, all rows written to it."""
        with writing(self.path):
            self.file.flush()
            os.fsync(self.file.fileno())  # no checkpoint shall know rows that a crash can lose
            return os.fstat(self.file.fileno()).st_size


def _intact(content: bytes, columns: Sequence[str]) -> int:
    """How many bytes of a table are these columns' names and whole rows below them."""
    names, *rows = content.splitlines(keepends=True) or [b""]
    if names.decode(errors="replace").rstrip() != ",".join(columns):
        return 0
    commas = len(columns) - 1
    most = math.inf if columns[-1] == "name" else commas  # a file's name may hold some
    whole = takewhile(lambda row: row.endswith(b"\n") and commas <= row.count(b",") <= most, rows)
    return len(names) + sum(map(len, whole))


def columns_of(path: Path, tell: Callable[[str], None], *needed: str) -> Columns:
    """A table by columns; empty where there is none, or none with the needed ones. A row that is
    being written just now is none yet. tell: takes a line on what is damaged, and left out."""
    try:
        with opened(path) as file:
            header, *lines = file.read().decode(errors="replace").split("\n")[:-1] or [""]
    except FileNotFoundError:
        return {}
    except OSError as error:
        tell(f"cannot read {path}: {reason(error)}")
        return {}
    names = header.rstrip("\r").split(",")
    if missing := [name for name in needed if name not in names]:
        if header or any(lines):
            tell(f"{path} is damaged: it has no column {missing[0]}")
        return {}
    kinds = [KINDS.get(name, _number) for name in names]
    if "name" in needed:
        kinds[names.index("name")] = str
    rows, damaged = [], 0
    for line in filter(None, (line.rstrip("\r") for line in lines)):
        cells = line.split(",", len(names) - 1)  # the last may be a file's name, commas and all
        try:
            rows.append([kind(cell) for kind, cell in zip(kinds, cells, strict=True)])
        except ValueError:
            damaged += 1
    if damaged:
        tell(f"{path} is damaged: {damaged:,} of its {damaged + len(rows):,} rows are left out")
    columns = zip(*rows, strict=True) if rows else ([] for _ in names)
    return {name: list(column) for name, column in zip(names, columns, strict=True)}


def _number(cell: str) -> float:
    return float(cell) if cell else math.nan


def _whole(cell: str) -> int:
    if not 0 <= (value := int(cell)) < MOST:
        raise ValueError(f"{value} is no count")
    return value


KINDS: dict[str, Callable[[str], Any]] = {"step": _whole, "epoch": _whole, "steps": _whole}
"""How a column of this name is read; the others hold numbers."""
