"""Damaged files for every reader: each ends in an error that is documented, or is read.

python benchmarks/fuzz.py --count 100000 --seed 0

Each input is a small valid file, damaged by chance. Worker processes read them. What counts as a
fault: an exception that the reader's docstring does not name, a warning, a process that dies, an
input that takes longer than --seconds, and one that takes more memory than twice what its file may
honestly need. The bytes of every fault are saved, and the same seed finds it again. Ends with a
table, and with exit code 1 if there was a fault.
"""

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import wait
from pathlib import Path

import harness
from fuzzing.readers import READERS
from fuzzing.workers import MB, Worker, damaged, write

PIECE = 200  # inputs that a worker is given at a time


@dataclass
class Tally:
    """What became of the inputs of a reader."""

    ended: Counter = field(default_factory=Counter)
    height: int = 0


def tasks(count: int) -> Iterator[tuple[str, range]]:
    """Pieces of `count` inputs, shared out among the readers."""
    shares = sum(reader.share for reader in READERS)
    before = 0
    for reader in READERS:
        before += reader.share
        own = count * before // shares - count * (before - reader.share) // shares
        for start in range(0, own, PIECE):
            yield reader.name, range(start, min(own, start + PIECE))


class Fuzz:
    """Hands the pieces out, and takes down what comes of them."""

    def __init__(self, seed: int, seconds: float, save: Path):
        self.seed, self.seconds, self.save = seed, seconds, save
        self.readers = {reader.name: reader for reader in READERS}
        self.tallies = {name: Tally() for name in self.readers}

    def run(self, count: int, processes: int) -> None:
        """So many inputs, by so many processes."""
        waiting = list(tasks(count))
        total, busy = len(waiting), [Worker(self.seed) for _ in range(processes)]
        while busy:
            for worker in busy:
                if worker.task is None and waiting:
                    worker.give(waiting.pop())
            if sys.stderr.isatty():
                harness.cleared(f"{total - len(waiting)} of {total} pieces")
            for worker in [worker for worker in busy if worker.task is None]:
                worker.end()
                busy.remove(worker)
            wait([worker.pipe for worker in busy], timeout=1.0)
            busy = [self._looked_after(worker, waiting) for worker in busy]

    def _looked_after(self, worker: Worker, waiting: list[tuple[str, range]]) -> Worker:
        """The worker, or another one in its place."""
        assert worker.task
        name, numbers = worker.task
        number, begun = int(worker.at[0]), worker.at[1]
        try:
            if worker.pipe.poll():
                for answer in worker.pipe.recv():
                    self._note(name, *answer)
                worker.task = None
                return worker
            if number < 0 or time.monotonic() - begun < self.seconds:
                return worker
            why = f"longer than {self.seconds:g} s"
        except (EOFError, ConnectionError):
            worker.process.join()
            why = f"process ended with {worker.process.exitcode}"
            number = int(worker.at[0])
        worker.end()
        if number < 0:
            raise SystemExit(f"{name}: before the first input, its {why}")
        self._note(name, number, f"FAULT {why}", why, 0)
        rest = [range(numbers.start, number), range(number + 1, numbers.stop)]
        waiting += [(name, each) for each in rest if each]
        return Worker(self.seed)

    def _note(self, name: str, number: int, result: str, trace: str, height: int) -> None:
        tally = self.tallies[name]
        tally.ended[result] += 1
        tally.height = max(tally.height, height)
        if not result.startswith("FAULT"):
            return
        folder = self.save / f"{name.replace(' ', '_').replace(',', '')}-{self.seed}-{number}"
        reader = self.readers[name]
        files, which = damaged(reader, reader.valid(), self.seed, number)
        write(folder, files)
        (folder / "fault.txt").write_text(f"{which} is damaged: {result}\n{trace}")
        print(f"{name}, input {number}: {result}; see {folder}")

    def table(self) -> str:
        """Markdown: how many inputs of each reader ended how, and how much memory they took."""
        rows = [
            "| reader | inputs | accepted | refused | peak memory |",
            "| --- | ---: | ---: | --- | ---: |",
        ]
        for name, tally in self.tallies.items():
            others = [(kind, n) for kind, n in tally.ended.most_common() if kind != "accepted"]
            refused = ", ".join(f"{kind} {n:,}" for kind, n in others)
            cells = f"{tally.ended.total():,} | {tally.ended['accepted']:,} | {refused}"
            rows.append(f"| {name} | {cells} | {tally.height / MB:,.0f} MB |")
        return "\n".join(rows)

    def faults(self) -> int:
        """How many inputs ended as none may."""
        ends = [end for tally in self.tallies.values() for end in tally.ended.items()]
        return sum(count for kind, count in ends if kind.startswith("FAULT"))


def main() -> int:
    parser = harness.parser(__doc__)
    parser.add_argument("--count", type=harness.positive, default=100_000, help="inputs in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=harness.positive, default=os.cpu_count())
    parser.add_argument(
        "--seconds",
        type=harness.duration,
        default=20.0,
        metavar="S",
        help="above which an input hangs",
    )
    parser.add_argument("--save", type=Path, default=Path("fuzz_faults"), help="folder for faults")
    chosen = parser.parse_args()
    os.environ.pop("MINIGAN_DATA", None)
    begun = time.monotonic()
    print(f"seed {chosen.seed}")
    fuzz = Fuzz(chosen.seed, chosen.seconds, chosen.save)
    fuzz.run(chosen.count, chosen.processes)
    faults = fuzz.faults()
    took = time.monotonic() - begun
    print(f"\n{fuzz.table()}\n\n{faults} faults, {took:.0f} s, seed {chosen.seed}")
    return 1 if faults else 0


if __name__ == "__main__":
    harness.program(main)
