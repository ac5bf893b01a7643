"""Ctrl-C while a program still imports, where it cannot catch it: one line, no traceback."""

import sys
from types import TracebackType


def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """What Python calls for an error that nobody caught; all others are told as ever."""
    stopped = (isinstance(error, ImportError) and error.__cause__) or error  # so C modules say it
    if isinstance(stopped, KeyboardInterrupt) and importing(trace):
        print("stopped while starting", file=sys.stderr)
    else:
        sys.__excepthook__(kind, error, trace)


def importing(trace: TracebackType | None) -> bool:
    """Whether an import is among the calls."""
    while trace:
        code, name = trace.tb_frame.f_code, trace.tb_frame.f_globals.get("__name__")
        if code.co_filename.startswith("<frozen importlib"):
            return True
        if code.co_name == "<module>" and name != "__main__":
            return True
        trace = trace.tb_next
    return False


if sys.excepthook is sys.__excepthook__:  # else somebody has a way of telling of their own
    sys.excepthook = hook

# NumPy's C code imports it, and would make an error of its own of a Ctrl-C in there.
import datetime  # noqa: E402, F401
