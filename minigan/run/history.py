"""What is known of a run, on its way to the disk: tables, one row after the other.

losses.csv by steps, epochs.csv by epochs; scores.csv, pictures.csv and health.csv where there is
something to note. All that is shown of a run, while it goes on or later, is made from them.

A step only notes where its values are; they are read back every few steps, all at once, so that a
GPU need not wait inside a step.
"""

import itertools
import math
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.atomic import writing
from minigan.autograd.tensor import Tensor
from minigan.errors import UserError
from minigan.run import files
from minigan.run.ending import Diverged
from minigan.run.table import Table

MEMORY = "memory_mb"  # the last column of epochs.csv
OWN = {"step", "epoch", "steps", "seconds", "images_per_second", MEMORY, "name"}
"""Columns that say where and when; no value is called so."""


class History:
    """Collects a row of values per step. `every`: steps averaged into one row of losses.csv.

    measure: what is looked at where a row is full, by name (numbers, still where they were
    computed). told(file, row): hears each row of each table.
    """

    def __init__(
        self,
        folder: Path,
        every: int,
        measure: Callable[[], dict[str, B.Array]] = dict,
        told: Callable[[str, dict[str, Any]], None] = lambda file, row: None,
    ):
        self.folder, self.every, self.measure, self.told = folder, every, measure, told
        self.names: list[str] = []  # of the values of a step
        self.measured: list[str] = []  # of what is looked at
        self.resumed = False  # the names are those of an earlier process
        self.former: dict[str, float] = {}  # what that one measured last
        self.step = 0  # steps read so far, over all epochs
        self.unread: list[B.Array] = []  # numbers, row after row, still where they were computed
        self.block: list[list[float]] = []  # rows on the host, not yet in losses.csv
        self.sums: list[float] = []  # of this epoch
        self.count = 0  # steps in the sums
        self.latest: dict[str, float] = {}
        self.recent: list[list[float]] = []  # rows of losses.csv since the last checkup
        self.since = 0  # steps since then
        self.heard: dict[str, float] = {}  # of the last step that was listened to
        self.columns: dict[str, list[str]] = {}  # of each table, by its file's name
        self.tables: dict[str, Table] = {}
        self.ends: dict[str, int] = {}  # where the tables continue

    @property
    def noted(self) -> int:
        """Steps noted so far, over all epochs."""
        return self.step + self.waiting

    @property
    def waiting(self) -> int:
        """Steps noted, but not read yet."""
        return len(self.unread) // max(1, len(self.names))

    def add(self, epoch: int, values: Mapping[str, Tensor | float]) -> bool:
        """Note the values of one step; a tensor of several elements counts by its mean.

        Returns whether values were read back. Raises Diverged when one of them is not finite.
        """
        if list(values) != self.names:
            self._start(list(values))
        self.unread += [_scalar(value) for value in values.values()]
        self.since += 1
        if self.waiting + len(self.block) < self.every:
            return False
        self.end_block(epoch)
        return True

    def read(self, epoch: int, more: Sequence[B.Array] = ()) -> list[float]:
        """Bring the noted rows to the host, all at once, and check them; `more` numbers with them.

        Returns those.
        """
        if not self.unread and not more:
            return []
        count, width = len(self.unread), len(self.names)
        numbers = B.to_host(B.xp.stack([*self.unread, *more])).tolist()
        self.unread.clear()
        for start in range(0, count, width):
            row = numbers[start : start + width]
            self.step += 1
            self.count += 1
            self.latest = dict(zip(self.names, row, strict=True))
            if not np.isfinite(row).all():
                shown = ", ".join(f"{name} {value:.4g}" for name, value in self.latest.items())
                raise Diverged(f"the training diverged at epoch {epoch}, step {self.step}: {shown}")
            self.sums = [total + value for total, value in zip(self.sums, row, strict=True)]
            self.block.append(row)
        return numbers[count:]

    def means(self) -> dict[str, float]:
        """The epoch's means so far."""
        return {name: total / self.count for name, total in zip(self.names, self.sums, strict=True)}

    def end_epoch(self, epoch: int, seconds: float, images: int) -> dict[str, float]:
        """Write the epoch's row of epochs.csv and begin anew; returns the epoch's means."""
        self.end_block(epoch)
        means = self.means() if self.count else {}
        if files.EPOCHS in self.columns:
            speed = f"{images / seconds:.1f}" if seconds else ""
            row = [epoch, self.count, f"{seconds:.3f}", speed, *map(_short, means.values())]
            memory = [f"{peak_memory():.0f}"] if self.columns[files.EPOCHS][-1] == MEMORY else []
            self.add_row(files.EPOCHS, [*row, *memory])
        self.sums, self.count = [0.0] * len(self.names), 0
        return means

    def checkup(self, epoch: int) -> dict[str, float]:
        """Write what was heard of a step, and the means of what was logged since the last time, as
        a row of health.csv; returns it."""
        self.end_block(epoch)
        row: dict[str, float] = {"step": self.step, "epoch": epoch}
        means = np.mean(self.recent, axis=0).tolist() if self.recent else []
        row |= dict(zip((*self.names, *self.measured), means, strict=False)) | self.heard
        self.recent, self.since = [], 0
        names = self.columns.get(files.HEALTH, list(row))  # a network may have grown since
        known = {name: row.get(name, math.nan) for name in names}
        self.note(files.HEALTH, {k: v if type(v) is int else _short(v) for k, v in known.items()})
        return row

    def note(self, file: str, values: Mapping[str, Any]) -> None:
        """A row of a table that has these columns from its first row on."""
        if self.columns.setdefault(file, list(values)) != list(values):
            raise UserError(
                f"{self.folder / file} has the columns {', '.join(self.columns[file])}, but now "
                f"there are {', '.join(values)}: give the same ones each time"
            )
        self.add_row(file, list(values.values()))

    def add_row(self, file: str, row: Sequence[Any]) -> None:
        """Write a row of a table, and tell of it."""
        if file not in self.tables:
            self._open(file)
        self.tables[file].add(row)
        self.told(file, dict(zip(self.columns[file], row, strict=True)))

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
        check_names("log", names)
        self.names, self.sums = names, [0.0] * len(names)
        self.measured = [name for name in self.measure() if name not in names]
        self.columns[files.LOSSES] = ["step", "epoch", *names, *self.measured]
        by_epoch = ["epoch", "steps", "seconds", "images_per_second", *names, MEMORY]
        self.columns[files.EPOCHS] = by_epoch
        self._open(files.LOSSES)
        self._open(files.EPOCHS)

    def _open(self, file: str) -> None:
        self.tables[file] = Table(self.folder / file, self.columns[file], self.ends.get(file, 0))

    def end_block(self, epoch: int) -> None:
        """The mean of the rows since the last one, and what is measured, as a row of losses.csv."""
        if not self.unread and not self.block:
            return
        measured = self._measured(epoch)
        row = [*np.mean(self.block, axis=0).tolist(), *measured]
        self.recent.append(row)
        self.add_row(files.LOSSES, [self.step, epoch, *map(_short, row)])
        self.block = []

    def _measured(self, epoch: int) -> list[float]:
        """What is measured now, the noted rows read with it. A network that has had no step in this
        process has no gradient here, but it had one where the run was stopped."""
        known = self.measure() if self.measured else {}
        numbers = self.read(epoch, [known[name] for name in self.measured])
        for place, name in enumerate(self.measured):
            if math.isnan(numbers[place]):
                numbers[place] = self.former.get(name, math.nan)
            else:
                self.former.pop(name, None)
        return numbers

    # -- state -------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """All that a later process needs to go on with the files, row for row."""
        norms = zip(self.measured, self._measured(0), strict=True)
        return {
            "names": self.names,
            "measured": self.measured,
            "former": {name: value for name, value in norms if not math.isnan(value)},
            "step": self.step,
            "block": self.block,
            "sums": self.sums,
            "count": self.count,
            "recent": self.recent,
            "since": self.since,
            "heard": self.heard,
            "columns": self.columns,
            "ends": {file: table.end() for file, table in self.tables.items()},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        state = files.checked(_of_today(state), self.state_dict())
        if not _sound(state):
            raise ValueError("its history is damaged")
        self.step, self.block = state["step"], list(state["block"])
        self.names, self.sums, self.count = state["names"], state["sums"], state["count"]
        self.measured, self.recent, self.since = state["measured"], state["recent"], state["since"]
        self.heard = state["heard"]
        self.columns, self.ends, self.former = state["columns"], state["ends"], state["former"]
        self.resumed = bool(self.names)
        for file in self.ends:
            self._open(file)

    def flush(self) -> bool:
        """Write all rows to their files; False if nothing was logged."""
        for table in self.tables.values():
            table.end()
        return files.LOSSES in self.tables

    def close(self) -> None:
        """Close the files."""
        for table in self.tables.values():
            with writing(table.path):
                table.file.close()


def check_names(what: str, names: Iterable[str]) -> None:
    """Raise ValueError for a name that cannot be that of a value's column."""
    for name in names:
        if name in OWN or "," in name or not name.isprintable() or name.strip() != name or not name:
            raise ValueError(
                f"{what}: no value can be called {name!r}: choose a name without commas and line "
                f"breaks, and none of {', '.join(sorted(OWN))}"
            )


def peak_memory() -> float:
    """The most memory that this process has had so far, in 10⁶ bytes; of a GPU, what CuPy holds."""
    if B.name == "cupy":
        return B.xp.get_default_memory_pool().total_bytes() / 1e6
    try:
        import resource
    except ImportError:  # Windows
        return math.nan
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def _of_today(state: Mapping[str, Any]) -> dict[str, Any]:
    """The state of a run that was begun before gradients were measured: it goes on without."""
    state = {"former": {}, "heard": {}, **state}
    if not isinstance(state["ends"], list):
        return state
    names = state["names"]
    columns = {
        files.LOSSES: ["step", "epoch", *names],
        files.EPOCHS: ["epoch", "steps", "seconds", "images_per_second", *names],
    }
    ends = dict(zip(columns, state["ends"], strict=True)) if names else {}
    return {**state, "measured": [], "recent": [], "since": 0, "columns": columns, "ends": ends}


def _sound(state: Mapping[str, Any]) -> bool:
    """Whether the names are words, and there is a number for each of them in every row."""
    width, more = len(state["names"]), len(state["measured"])
    rows = [state["sums"], *state["block"]]
    columns, ends = state["columns"], state["ends"]
    numbers = [*itertools.chain(*rows, *state["recent"]), *ends.values()]
    numbers += [*state["former"].values(), *state["heard"].values()]
    words = [*state["names"], *state["measured"], *itertools.chain(*columns.values())]
    return (
        all(isinstance(word, str) for word in words)
        and all(isinstance(number, (int, float)) for number in numbers)
        and all(len(row) == width for row in rows)
        and all(len(row) == width + more for row in state["recent"])
        and ends.keys() <= columns.keys() & set(files.TABLES)
        and min(state["step"], state["count"], state["since"], *ends.values(), 0) >= 0
    )


def _scalar(value: Tensor | float) -> B.Array:
    array = value.array if isinstance(value, Tensor) else B.xp.asarray(value)
    return array if array.ndim == 0 else array.mean()


def _short(value: float) -> str:
    return f"{value:.6g}"
