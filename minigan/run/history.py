"""What the loop logs, on its way to the disk: losses.csv by steps, epochs.csv by epochs.

A step only notes where its values are; they are read back every few steps, all at once, so that a
GPU need not wait inside a step.
"""

import itertools
import os
from collections.abc import Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.atomic import writing
from minigan.autograd.tensor import Tensor
from minigan.errors import UserError
from minigan.opening import opened
from minigan.run import files
from minigan.run.ending import say


class Diverged(UserError):
    """A logged value or a weight is not a finite number any more."""


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
    whole = takewhile(lambda row: row.endswith(b"\n") and row.count(b",") == commas, rows)
    return len(names) + sum(map(len, whole))


class History:
    """Collects a row of values per step. `every`: steps averaged into one row of losses.csv."""

    def __init__(self, folder: Path, every: int):
        self.folder, self.every = folder, every
        self.names: list[str] = []
        self.resumed = False  # the names are those of an earlier process
        self.step = 0  # steps read so far, over all epochs
        self.unread: list[B.Array] = []  # numbers, row after row, still where they were computed
        self.block: list[list[float]] = []  # rows on the host, not yet in losses.csv
        self.sums: list[float] = []  # of this epoch
        self.count = 0  # steps in the sums
        self.latest: dict[str, float] = {}
        self.tables: list[Table] = []
        self.ends = [0, 0]  # where the tables continue

    def add(self, epoch: int, values: Mapping[str, Tensor | float]) -> bool:
        """Note the values of one step; a tensor of several elements counts by its mean.

        Returns whether values were read back. Raises Diverged when one of them is not finite.
        """
        if list(values) != self.names:
            self._start(list(values))
        self.unread += [_scalar(value) for value in values.values()]
        if len(self.unread) // len(self.names) + len(self.block) < self.every:
            return False
        self.read(epoch)
        self._write_block(epoch)
        return True

    def read(self, epoch: int) -> None:
        """Bring the noted rows to the host, all at once, and check them."""
        if not self.unread:
            return
        rows = B.to_host(B.xp.stack(self.unread)).reshape(-1, len(self.names)).tolist()
        self.unread.clear()
        for row in rows:
            self.step += 1
            self.count += 1
            self.latest = dict(zip(self.names, row, strict=True))
            if not np.isfinite(row).all():
                shown = ", ".join(f"{name} {value:.4g}" for name, value in self.latest.items())
                raise Diverged(f"the training diverged at epoch {epoch}, step {self.step}: {shown}")
            self.sums = [total + value for total, value in zip(self.sums, row, strict=True)]
        self.block += rows

    def means(self) -> dict[str, float]:
        """The epoch's means so far."""
        return {name: total / self.count for name, total in zip(self.names, self.sums, strict=True)}

    def end_epoch(self, epoch: int, seconds: float, images: int) -> dict[str, float]:
        """Write the epoch's row of epochs.csv and begin anew; returns the epoch's means."""
        self.read(epoch)
        self._write_block(epoch)
        means = self.means() if self.count else {}
        if self.tables:
            speed = f"{images / seconds:.1f}" if seconds else ""
            row = [epoch, self.count, f"{seconds:.3f}", speed, *map(_short, means.values())]
            self.tables[1].add(row)
        self.sums, self.count = [0.0] * len(self.names), 0
        return means

    def _start(self, names: list[str]) -> None:
        """The first values, or the first after resuming: open the tables."""
        if self.resumed and self.names != names:
            raise UserError(
                f"the run in {self.folder} has logged {', '.join(self.names)}, but this program "
                f"logs {', '.join(names)}: begin anew in another folder with --out"
            )
        if self.names and self.names != names:
            raise ValueError(
                f"log: this step gave {', '.join(names)}, but earlier ones "
                f"{', '.join(self.names)}; log the same values in every step"
            )
        self.names, self.sums = names, [0.0] * len(names)
        self._open()

    def _open(self) -> None:
        by_step = ["step", "epoch", *self.names]
        by_epoch = ["epoch", "steps", "seconds", "images_per_second", *self.names]
        self.tables = [
            Table(self.folder / files.LOSSES, by_step, self.ends[0]),
            Table(self.folder / files.EPOCHS, by_epoch, self.ends[1]),
        ]

    def _write_block(self, epoch: int) -> None:
        """The mean of the rows since the last one, as a row of losses.csv."""
        if self.block:
            means = np.mean(self.block, axis=0).tolist()
            self.tables[0].add([self.step, epoch, *map(_short, means)])
            self.block = []

    # -- state -------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """All that a later process needs to go on with both files, row for row."""
        return {
            "names": self.names,
            "step": self.step,
            "block": self.block,
            "sums": self.sums,
            "count": self.count,
            "ends": [table.end() for table in self.tables],
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        state = files.checked(state, self.state_dict())
        if not _sound(state):
            raise ValueError("its history is damaged")
        self.step, self.block = state["step"], list(state["block"])
        self.names, self.sums, self.count = state["names"], state["sums"], state["count"]
        self.resumed = bool(self.names)
        if self.names:
            self.ends = state["ends"]
            self._open()

    def flush(self) -> bool:
        """Write all rows to their files; False if nothing was logged."""
        for table in self.tables:
            table.end()
        return bool(self.tables)

    def close(self) -> None:
        """Close both files."""
        for table in self.tables:
            with writing(table.path):
                table.file.close()


def _sound(state: Mapping[str, Any]) -> bool:
    """Whether the names are words, and there is a number for each of them in every row."""
    rows = [state["sums"], *state["block"]]
    numbers = [*itertools.chain(*rows), *state["ends"]]
    return (
        all(isinstance(name, str) for name in state["names"])
        and all(isinstance(number, (int, float)) for number in numbers)
        and all(len(row) == len(state["names"]) for row in rows)
        and min(state["step"], state["count"], *state["ends"], 0) >= 0
    )


def _scalar(value: Tensor | float) -> B.Array:
    array = value.array if isinstance(value, Tensor) else B.xp.asarray(value)
    return array if array.ndim == 0 else array.mean()


def _short(value: float) -> str:
    return f"{value:.6g}"
