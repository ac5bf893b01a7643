"""One run of a sweep: a process of its own, its output in a log, its end told by what it left."""

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from minigan.atomic import writing
from minigan.errors import UserError
from minigan.opening import opened
from minigan.run import files
from minigan.run.ending import SIGNALS
from minigan.run.evaluation import of_end
from minigan.run.report import read
from minigan.sweep.hands import threads_for
from minigan.sweep.plan import Trial

FINISHED, DIVERGED = "finished", "diverged"  # both are ends: neither is begun again
FAILED, REFUSED, STOPPED = "failed", "refused", "stopped"

# SIGTERM, as SIGINT is ignored by what a shell has started in the background.
PLEASE_END = getattr(signal, "CTRL_BREAK_EVENT", signal.SIGTERM)
TAIL = 4096  # bytes in which a last line is looked for


@dataclass(frozen=True)
class Ended:
    """How a run ended. fault: the last line of its log, where something went wrong."""

    state: str
    fault: str = ""


class Children:
    """The processes at work for this one. Once they are told to end, no other is started."""

    def __init__(self) -> None:
        self.stopping = False
        self._at_work: set[subprocess.Popen] = set()

    def call(self, words: Sequence[str], log: Path, environment: Mapping[str, str]) -> int:
        """Run a command to its end, its output below that which is in the log; its exit code."""
        if self.stopping:
            return 130
        with writing(log), open(log, "ab") as file:
            file.write(f"$ {shlex.join(words)}\n".encode(errors="replace"))
            file.flush()
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=environment,
                # In a group of its own a terminal's Ctrl-C does not reach it: we pass it on, once.
                process_group=0,
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
            )
        self._at_work.add(process)
        if self.stopping:  # told while it started
            process.send_signal(PLEASE_END)
        code = process.wait()
        self._at_work.discard(process)
        return code

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """Ask all to end, as Ctrl-C does: they write their checkpoints. A signal handler too."""
        self.stopping = True
        for process in list(self._at_work):
            process.send_signal(PLEASE_END)

    @contextlib.contextmanager
    def heeding_signals(self) -> Iterator[None]:
        """SIGNALS are passed on to them, where this thread is the one that may say so."""
        former = {}
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) is not signal.SIG_IGN:  # as nohup has it
                    former[number] = signal.signal(number, self.stop)
        try:
            yield
        finally:
            for number, handler in former.items():
                signal.signal(number, handler)


children = Children()


def do(trial: Trial, program: Sequence[str], jobs: int | None, evaluate: bool, ended: str) -> Ended:
    """Train, and evaluate if that is asked for. jobs: how many share this machine, None being the
    ranks of MPI. ended: how it did before, if it did.
    """
    threads = os.environ.get("MINIGAN_NUM_THREADS") or str(threads_for(jobs))
    environment = {**os.environ, "MINIGAN_NUM_THREADS": threads}
    with children.heeding_signals():
        state = ended
        if not ended:
            code = children.call(trial.command(program), trial.log, environment)
            state = _state(code, trial.folder)
        if state not in (FINISHED, DIVERGED):
            return Ended(state, "" if state == STOPPED else last_line(trial.log, code))
        if evaluate and to_evaluate(trial.folder):
            code = children.call(_evaluating(trial.folder), trial.log, environment)
            if code and not children.stopping:
                return Ended(state, last_line(trial.log, code))
    return Ended(state)


def _state(code: int, folder: Path) -> str:
    if code == 0:
        return FINISHED
    if children.stopping:
        return STOPPED
    if not files.holds_run(folder):
        return REFUSED  # before it began, as all that are asked for in this way will be
    return DIVERGED if (folder / files.DIVERGED).exists() else FAILED


def to_evaluate(folder: Path) -> bool:
    """Whether a run that has ended has weights, and nobody has scored them as a sweep does: those
    of its end, and not of an earlier epoch, as somebody may have while it trained."""
    if not files.has_checkpoint(folder):
        return False
    done = read(folder, lambda fault: None)["epochs_done"]
    return of_end(folder, done, lambda fault: None) is None


def _evaluating(folder: Path) -> list[str]:
    """What scores a run on the backend and the data that it had."""
    words = [sys.executable, "-m", "minigan", "evaluate", str(folder)]
    with contextlib.suppress(UserError):
        options = files.read_settings(folder)["options"]
        for key, option in (("backend", "--backend"), ("data_dir", "--data-dir")):
            words += [option, str(options[key])] if options.get(key) else []
    return words


def last_line(log: Path, code: int) -> str:
    """What a process said last."""
    text = ""
    with contextlib.suppress(OSError), opened(log) as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - TAIL))
        text = file.read().decode(errors="replace")
    said = [line.strip() for line in text.splitlines() if line.strip()]
    return said[-1] if said and not said[-1].startswith("$ ") else f"exit code {code}"
