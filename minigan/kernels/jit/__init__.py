"""The inner loops of minigan/kernels/cpu compiled by Numba, where that is installed.

How work is cut and shared stays as it is there; what a thread does with its part becomes one pass
over memory instead of several. Numba takes half a second to import, and a few to compile the loops
once for a machine, so this waits for the first loop that is asked for.
"""

import functools
import importlib
import importlib.util
import warnings
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from minigan.kernels.cpu import loops

NAMES = "rectify leaky adam add_up squares products scale combine".split()
ABSENT = 'the kernels "jit" need Numba: pip install "minigan[jit]", or set MINIGAN_KERNELS=fast'


def installed() -> bool:
    """Whether Numba is here, which costs a look and no import."""
    return importlib.util.find_spec("numba") is not None


def install() -> None:
    """Put the compiled loops in place."""
    for name, passes in vars(_passes()).items():
        setattr(loops, name, _compiled_for_float32(name, passes))


def version() -> str | None:
    """Numba's, where its loops are in place."""
    in_place = loops.adam is not _passes().adam and _one_pass() is not _passes()
    return importlib.import_module("numba").__version__ if in_place else None


@functools.cache
def _passes() -> Any:
    """NumPy's loops, as they were before any others took their place."""
    return SimpleNamespace(**{name: getattr(loops, name) for name in NAMES})


@functools.cache
def _one_pass() -> Any:
    """The compiled loops; where Numba refuses this machine or this NumPy, NumPy's with a warning:
    the numbers are the same up to rounding."""
    try:
        return importlib.import_module("minigan.kernels.jit.one_pass")
    except Exception as error:
        what = f"Numba does not work here, so NumPy computes instead: {error}"
        warnings.warn(f"{what}; MINIGAN_KERNELS=fast asks for no Numba", stacklevel=2)
        return _passes()


def _compiled_for_float32(name: str, passes: Callable[..., None]) -> Callable[..., None]:
    """The compiled loop; arrays of other float types go to NumPy's."""

    @functools.wraps(passes)
    def loop(first: Any, *others: Any) -> None:
        if first.dtype.char == "f":
            getattr(_one_pass(), name)(first, *others)
        else:
            passes(first, *others)

    return loop
