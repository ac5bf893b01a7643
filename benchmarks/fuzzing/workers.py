"""One input at a time: how it is made, how reading it ends, and the process that reads it."""

import contextlib
import ctypes
import multiprocessing
import os
import resource
import shutil
import tempfile
import time
import traceback
import warnings
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

from fuzzing.mutations import changed
from fuzzing.readers import READERS, Reader
from fuzzing.sets import Files

MB = 1 << 20
ROUGHLY = 96 * MB  # what imports, caches and threads take beside any file
MOST = 8 << 30  # bytes of addresses for a worker: what claims more gets a MemoryError


def damaged(reader: Reader, sets: list[Files], seed: int, number: int) -> tuple[Files, str]:
    """An input: the files, and which of them is damaged."""
    rng = Random(f"{seed}/{reader.name}/{number}")
    files = rng.choice(sets)
    name = rng.choice(sorted(files))
    ways = [way for end, way in reader.ways if name.endswith(end)]
    return files | {name: rng.choice(ways or [changed])(rng, files[name])}, name


def write(folder: Path, files: Files) -> None:
    """Exactly these files in the folder."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def outcome(reader: Reader, folder: Path, files: Files) -> tuple[str, str]:
    """How reading ends: "accepted" or the class of the error, and of a fault its traceback."""
    write(folder, files)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            reader.read(folder)
    except reader.refused as error:
        return type(error).__name__, ""
    except Exception as error:
        return f"FAULT {type(error).__name__}", traceback.format_exc()
    return "accepted", ""


def allowed(reader: Reader, files: Files) -> int:
    """The bytes that reading these files may take at their height."""
    return ROUGHLY + 2 * max(reader.most, reader.need * sum(map(len, files.values())))


class Height:
    """The memory that a block took at its height, beside what was there before; Linux tells it."""

    def __enter__(self) -> "Height":
        self.before = self.bytes = 0
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).malloc_trim(0)  # what is kept for later is not taken by the block
            Path("/proc/self/clear_refs").write_text("5")
            self.before = self._now()
        return self

    def __exit__(self, *error: object) -> None:
        self.bytes = self._now() - self.before if self.before else 0

    @staticmethod
    def _now() -> int:
        lines = Path("/proc/self/status").read_text().splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def work(pipe: Connection, at: Any, seed: int) -> None:
    """Answers (name of a reader, numbers of inputs) with what became of each of them."""
    resource.setrlimit(resource.RLIMIT_AS, (MOST, MOST))
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    known, sets = {reader.name: reader for reader in READERS}, {}
    with tempfile.TemporaryDirectory() as name:
        while task := pipe.recv():
            reader, numbers = known[task[0]], task[1]
            sets[reader.name] = sets.get(reader.name) or reader.valid()
            answers = []
            for number in numbers:
                files, _ = damaged(reader, sets[reader.name], seed, number)
                at[:] = [number, time.monotonic()]
                with Height() as height:
                    result, trace = outcome(reader, Path(name, "it"), files)
                if height.bytes > allowed(reader, files):
                    result, trace = "FAULT memory", f"{height.bytes // MB:,} MB"
                answers.append((number, result, trace, height.bytes))
            at[:] = [-1, 0.0]
            pipe.send(answers)


class Worker:
    """A process, what it was given, and where it is: the input's number, and since when."""

    def __init__(self, seed: int):
        self.pipe, theirs = multiprocessing.Pipe()
        self.at = multiprocessing.RawArray("d", [-1, 0.0])  # no lock to die with
        self.process = multiprocessing.Process(
            target=work, args=(theirs, self.at, seed), daemon=True
        )
        self.process.start()
        theirs.close()
        self.task: tuple[str, range] | None = None

    def give(self, task: tuple[str, range]) -> None:
        """Inputs to read."""
        self.task = task
        self.pipe.send(task)

    def end(self) -> None:
        """Whatever it is at."""
        self.process.kill()
        self.process.join()
