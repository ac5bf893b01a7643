"""How a program ends: its exit code, and one line instead of a traceback where a person can help.

0: done. 2: a mistake in what was asked for (UserError), no memory, or a refusal of the system.
130: stopped by Ctrl-C or another of SIGNALS. 141: the reader of its output went away.
"""

import argparse
import contextlib
import io
import os
import re
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn, TextIO

from minigan.errors import UserError
from minigan.run.files import has_checkpoint

TOO_LARGE = re.compile(
    "allowed (dimension|size) exceeded|array is too big|too large to convert|cannot fit 'int'"
)
"""NumPy's and Python's words for sizes that no memory could hold."""

SIGNALS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # the last is what Windows has
    if hasattr(signal, name)
]
"""Those that ask for an end; SIGHUP and SIGBREAK come when a terminal is closed."""


class Diverged(UserError):
    """A logged value or a weight is not a finite number any more. options and step: of the run, if
    it was one that a second time through could explain."""

    def __init__(self, message: str, options: argparse.Namespace | None = None, step: int = 0):
        super().__init__(message)
        self.options, self.step = options, step


second_pass_to: int | None = None  # the step up to which a run is gone through once more


def program(main: Callable[[], int | None]) -> NoReturn:
    """Run `main` and exit with its code, None being 0.

    What is nobody's mistake but the program's keeps its traceback.
    """
    _prepare_output()
    _end_cleanly_when_told()
    try:
        code = _ended(main)
        sys.stdout.flush()
    except UserError as error:
        code = _fail(str(error))
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # pressing it again changes nothing
        code = 130
    except BrokenPipeError:
        code = 141
    except OSError as error:  # one that no place nearer to it has explained
        reason = error.strerror or error
        code = _fail(f"{error.filename or 'cannot write the output'}: {reason}")
    except (MemoryError, ValueError, OverflowError) as error:
        if not (isinstance(error, MemoryError) or TOO_LARGE.search(str(error))):
            raise
        reason = str(error) or "too much at once"
        code = _fail(f"out of memory ({reason}); try smaller batches, layers or pictures")
    finally:
        _give_up_output()
    sys.exit(code)


def _ended(main: Callable[[], int | None]) -> int:
    """What `main` returns. Where a run diverges it is gone through once more, from its last
    checkpoint or its begin, each op looked at: it does the same, so the op that began it is named.
    """
    global second_pass_to
    words = list(sys.argv)
    try:
        return main() or 0
    except Diverged as error:
        if error.options is None or error.options.detect_anomaly or error.options.words_given:
            raise
        code, resumable = _fail(str(error)), has_checkpoint(Path(error.options.out))
        step = error.step
    begin = "its last checkpoint" if resumable else "its begin"
    say(f"once more from {begin}, each op looked at, to see where it began (Ctrl-C skips this)")
    sys.argv = [*to_begin_again(words, resumable), "--detect-anomaly"]
    second_pass_to = step
    try:
        main()
    except Diverged as found:
        return _fail(str(found))
    finally:
        second_pass_to = None
    return code


def to_begin_again(words: list[str], resumable: bool) -> list[str]:
    """A command that resumes its run, whose settings are in its folder, or else replaces it."""
    kept = [word for word in words if word not in ("--resume", "--overwrite")]
    if not resumable:
        return [*kept, "--overwrite"]
    while "--config" in kept:
        place = kept.index("--config")
        del kept[place : place + 2]
    return [*(word for word in kept if not word.startswith("--config=")), "--resume"]


def say(line: str) -> None:
    """A line on stderr. That nobody can read it is no reason to stop."""
    with contextlib.suppress(OSError):
        print(line, file=sys.stderr)


def _fail(message: str) -> int:
    say(f"{os.path.basename(sys.argv[0])}: error: {' '.join(message.split())}")
    return 2


def _end_cleanly_when_told() -> None:
    """SIGNALS end a program as Ctrl-C does, half files removed; Run does more."""
    if threading.current_thread() is not threading.main_thread():
        return  # only that one may say what a signal does
    for number in SIGNALS:
        if signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, signal.default_int_handler)


def _prepare_output() -> None:
    """What is written to a closed stream is lost; a letter that a stream lacks becomes a "?"."""
    sys.stdout, sys.stderr = sys.stdout or _nowhere(), sys.stderr or _nowhere()
    if isinstance(sys.stdout, io.TextIOWrapper):  # stderr knows what to do
        sys.stdout.reconfigure(errors="replace")


def _nowhere() -> TextIO:
    """Open to the end, as Python's own streams are."""
    descriptor = os.open(os.devnull, os.O_WRONLY)
    return open(descriptor, "w", encoding="utf-8", errors="replace", closefd=False)


def _give_up_output() -> None:
    """What a stream did not take is dropped: Python would try once more as it exits."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
