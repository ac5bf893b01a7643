"""Stops the programs of examples/ at random moments, resumes them, and wants the same bytes.

python benchmarks/stress_resume.py                         all of it, ten minutes on two cores
python benchmarks/stress_resume.py --programs mixture_2d --signals SIGKILL --rounds 20 --seed 5
python benchmarks/stress_resume.py --keep stressed         leaves what failed to be looked at

A setting runs to its end twice, with checkpoints after epochs only and after every step. Then come
rounds: it is begun in a new folder, stopped by a signal up to three times and resumed, each time
with another number of threads, until it ends. After a stop every file has to be whole, and the
program to have said one line unless it was killed; at the end all files have to be the same. Stops
are shown by the epoch and step that the run goes on from; "-" is one before the first checkpoint.
What only reads a run is called again instead, and its stops are an "x". Exit code 1 when anything
failed.

Ctrl-C during Python's own start, or within minigan's first line, gives a traceback: it is shown,
but is no failure.
"""

import argparse
import contextlib
import itertools
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import harness
from stressing.folders import damages, differences
from stressing.settings import PROGRAMS, READERS, ROOT, Setting, environment, prepare, settings

import minigan
from minigan.atomic import remove_leftovers
from minigan.errors import UserError
from minigan.run import files

SIGNALS = ("SIGKILL", "SIGINT", "SIGTERM")
CHECKPOINTS = AFTER_EPOCHS, EVERY_STEP = ("1e9", "1e-9")  # minutes between two
STOPS = 3  # in a round, at most
PATIENCE = 600.0  # seconds: what has not ended by then hangs
NOTHING_THERE = re.compile("begin anew with --overwrite|there is no run in")
FIRST_LINE = 'import_module("minigan.interrupted")'  # from there on Ctrl-C is one line
SAID = re.compile("(.+ goes on from that one\n)?stopped at epoch .+\n")


class Stop(NamedTuple):
    """A signal, to be sent after so many seconds; after None the program sees to it itself."""

    number: int
    after: float | None


class Ending(NamedTuple):
    """How a process ended; `wrote`: there is another checkpoint than before."""

    code: int
    out: str
    err: str
    seconds: float
    wrote: bool = False


# -- one setting -----------------------------------------------------------------------------------


@dataclass
class Trial:
    """A setting at work, in a folder of its own, and what came out."""

    setting: Setting
    work: Path
    seed: int = 0
    vary_threads: bool = True
    seconds: float = 0.0  # without a stop, with a checkpoint after every step
    rounds: dict[str, list[list[str]]] = field(default_factory=dict)  # by signal: the stops
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)  # tracebacks of Python's own start
    over: bool = False  # nothing more is to be started

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.work.mkdir(parents=True)

    def run(self, signals: Sequence[str], rounds: int) -> None:
        """The runs without a stop, then the rounds; only what failed is kept."""
        if self.unstopped():
            for name in signals:
                for number in range(rounds):
                    self.until_stopped(name, number)
        if not self.faults:
            shutil.rmtree(self.work)

    def unstopped(self) -> bool:
        """The run that the others are compared with, and one that is busy with checkpoints."""
        whole, busy = self.work / "whole", self.work / "busy"
        for folder, minutes in ((whole, AFTER_EPOCHS), (busy, EVERY_STEP)):
            ending = self.start(self.command(folder, minutes))
            self.seconds = ending.seconds
            if ending.code:
                self.faults.append(f"without a stop: {told(ending)}")
                return False
        if found := differences(busy, whole):
            self.faults.append(f"busy with checkpoints: {', '.join(found)}")
        return True

    def until_stopped(self, name: str, number: int) -> None:
        """A round with stops at random; another one if it ended before the first of them."""
        self.random.seed(f"{self.seed} {self.setting.name} {name} {number}")
        for attempt in itertools.count():
            latest = self.seconds * 0.8**attempt
            moments = [self.random.random() * latest for _ in range(self.random.randint(1, STOPS))]
            stops = [Stop(signal.Signals[name], moment) for moment in moments]
            if self.round(self.work / f"{name}_{number}_{attempt}", stops):
                return

    def round(self, folder: Path, stops: Sequence[Stop]) -> int:
        """Begin a run, stop it, resume it and let it end; how many stops came before its end."""
        landed, faults = list[str](), list[str]()
        for stop in [*stops, None]:
            ending = self.go_on(folder, stop)
            if ending.code == 0 or stop is None:
                break
            landed.append("x" if self.setting.model else position(folder))
            if fault := misbehaviour(ending, stop.number):
                begun = str(ROOT) in ending.err and FIRST_LINE not in ending.err
                ours = begun or "Traceback" not in ending.err
                (faults if ours else self.notes).append(fault)
            faults += damages(folder)
        faults += [f"cannot go on: {told(ending)}"] if ending.code else []
        if self.setting.model and stops[0].number == signal.SIGKILL:
            remove_leftovers(folder)  # as a run that goes on there would
        if found := damages(folder) + differences(folder, self.work / "whole"):
            faults.append(", ".join(found))
        name, places = signal.Signals(stops[0].number).name, " ".join(landed) or "never"
        self.faults += [f"{name} at {places}: {fault}" for fault in faults]
        if landed:
            self.rounds.setdefault(name, []).append(landed)
        if not faults:
            shutil.rmtree(folder)
        return len(landed)

    def go_on(self, folder: Path, stop: Stop | None) -> Ending:
        """Resume the run, or begin it where there is nothing to resume."""
        former, minutes = age(folder), self.random.choice(CHECKPOINTS)
        how = ["--resume"] if folder.exists() and not self.setting.model else []
        ending = self.start(self.command(folder, minutes, *how), stop)
        if how and ending.code == 2 and NOTHING_THERE.search(ending.err):
            ending = self.start(self.command(folder, minutes, "--overwrite"), stop)
        return ending._replace(wrote=not self.setting.model and age(folder) != former)

    def command(self, folder: Path, minutes: str, *how: str) -> list[str]:
        """What begins a run in this folder, or goes on with it; or reads a copy of another one."""
        program, *options = self.setting.command
        if not self.setting.model:
            around = ["--out", str(folder), "--checkpoint-minutes", minutes]
            return [program, *options, *around, *how]
        if not folder.exists():
            shutil.copytree(self.setting.model, folder)
        return [program, str(folder), *options]

    def start(self, command: Sequence[str], stop: Stop | None = None) -> Ending:
        """Run a command to its end, or until it is stopped."""
        if self.over:
            raise KeyboardInterrupt
        env = environment()
        if self.vary_threads:
            env["MINIGAN_NUM_THREADS"] = self.random.choice("123")
        to: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        words, begun = [sys.executable, *command], time.monotonic()
        with subprocess.Popen(words, cwd=ROOT, env=env, errors="replace", **to) as process:
            if stop and stop.after is not None:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(stop.after)
                process.send_signal(stop.number)  # of no effect when it has ended
            try:
                out, err = process.communicate(timeout=PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
        return Ending(process.returncode, out, err, time.monotonic() - begun)


def age(folder: Path) -> int | None:
    """When the checkpoint was written."""
    checkpoint = folder / files.CHECKPOINT
    return checkpoint.stat().st_mtime_ns if checkpoint.exists() else None


def position(folder: Path) -> str:
    """The epoch and step that the run goes on from, or that it begins anew."""
    for path in sorted(folder.glob("checkpoint*.safetensors")):  # the newest, or the one before it
        with contextlib.suppress(UserError):
            state = minigan.load(path)
            return f"{state['epoch']}.{state['batch']}"
    return "-"


def misbehaviour(ending: Ending, number: int) -> str:
    """What is wrong with how a program ended that was stopped, or nothing.

    Before its first and after its last step it may also end without a word, or by the signal.
    """
    done = re.search("^wrote ", ending.out, re.M)
    said = ending.code == 130 and SAID.fullmatch(ending.err)
    quiet = ending.code in (130, -number) and ending.err in ("", "stopped while starting\n")
    in_training = ending.wrote and not done
    if said or (quiet and not in_training) or ending.code == -signal.SIGKILL == -number:
        return ""
    begun = in_training or "run.program(main)" in ending.err or "Traceback" not in ending.err
    when = "after the training" if done else "in the training" if begun else "during the imports"
    return f"{when}: {told(ending)}"


def told(ending: Ending) -> str:
    """The exit code, the last words, and of a traceback the last place that is ours."""
    lines = (ending.err.strip() or "no word").splitlines()
    last = next((line for line in lines if line.startswith("Fatal")), lines[-1])
    places = re.findall(rf'File "{re.escape(str(ROOT))}/(.+)", line (\d+)', ending.err)
    return f"exit code {ending.code}: {last}" + "".join(f" at {p}:{n}" for p, n in places[-1:])


# -- all of them -----------------------------------------------------------------------------------


def stress(asked: argparse.Namespace, work: Path) -> list[Trial]:
    """Every setting that was asked for, as many at once as was asked for."""
    chosen = [each for each in settings(work) if each.name.split()[0] in asked.programs]
    folders = [work / setting.name.replace(" ", "_") for setting in chosen]
    more = asked.seed, asked.threads
    trials = [Trial(*each, *more) for each in zip(chosen, folders, strict=True)]

    def tried(trial: Trial) -> Trial:
        trial.run(asked.signals, asked.rounds)
        return trial

    with ThreadPoolExecutor(asked.jobs) as pool:
        try:
            for done in as_completed([pool.submit(tried, trial) for trial in trials]):
                report(done.result())
        except BaseException:  # Ctrl-C or a mistake of ours
            pool.shutdown(wait=False, cancel_futures=True)
            for trial in trials:
                trial.over = True
            raise
    return trials


def report(trial: Trial) -> None:
    """A line for each signal with the stops of its rounds, and all that went wrong."""
    print(f"{trial.setting.name}: {trial.seconds:.1f} s")
    for name, rounds in trial.rounds.items():
        print(f"  {name:8} {', '.join(map(' '.join, rounds))}")
    for line in trial.faults + [f"no failure: {note}" for note in trial.notes]:
        print(f"    {line}")
    sys.stdout.flush()


def main() -> int:
    """Exit code 1 when anything failed."""
    parser = harness.parser(__doc__)
    every = [*PROGRAMS, *READERS]
    parser.add_argument("--programs", nargs="+", choices=every, default=every, metavar="NAME")
    parser.add_argument("--signals", nargs="+", choices=SIGNALS, default=SIGNALS, metavar="NAME")
    parser.add_argument(
        "--rounds", type=harness.positive, default=3, help="of each setting and signal"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the moments and of the threads")
    parser.add_argument("--jobs", type=harness.positive, default=2, help="settings at a time")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="for what failed; a new one")
    each_time = {"action": argparse.BooleanOptionalAction, "default": True}
    parser.add_argument("--threads", help="1, 2 or 3 at random at each start", **each_time)
    asked = parser.parse_args()
    # A shell has what it starts in the background ignore Ctrl-C, and so would our programs.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as temporary:
        work = (asked.keep or Path(temporary)).resolve()
        work.mkdir(parents=True, exist_ok=True)
        prepare(work, any(name in READERS for name in asked.programs))
        trials = stress(asked, work)
    print("\nrounds (stops)".ljust(22), *(f"{name:>15}" for name in asked.signals), "  in all")
    for trial in trials:
        counts = [trial.rounds.get(name, []) for name in asked.signals]
        cells = [f"{len(rounds)} ({sum(map(len, rounds))})" for rounds in counts]
        verdict = "FAILED" if trial.faults else "ok"
        print(f"{trial.setting.name:21}", *(f"{cell:>15}" for cell in cells), " ", verdict)
    return 1 if any(trial.faults for trial in trials) else 0


if __name__ == "__main__":
    harness.program(main)
