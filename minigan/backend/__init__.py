"""NumPy or CuPy: the one place where the library is chosen, and where arrays cross to and fro.

Maths is written once, against `backend.xp`, the array module in use, read at call time:

    from minigan import backend as B
    B.xp.exp(x)

The few primitives that each library needs written its own way are in `backend.kernels`, under the
same names and signatures for both.
"""

import importlib
import os
import sys
from types import ModuleType, TracebackType
from typing import Any

import numpy

from minigan.backend import memory, numpy_kernels
from minigan.backend.diagnosis import why_no_cupy
from minigan.errors import BackendError

float32 = numpy.dtype("float32")
Array = Any  # numpy.ndarray or cupy.ndarray: same interface, no common base class

name: str = "numpy"
xp: Any = numpy
ndarray: type = numpy.ndarray
kernels: Any = numpy_kernels

memory.keep_freed_memory()


class use_backend:
    """Choose the array library: "numpy", "cupy", or "auto" (CuPy where a GPU answers, else NumPy).

    A call takes effect at once; as a context manager it also restores the former choice.
    The variable MINIGAN_BACKEND makes the first choice, at import.

    Raises BackendError when the name is unknown, CuPy is not installed, or no GPU answers.
    """

    def __init__(self, choice: str):
        self.former = name
        if choice == "auto":
            choice = "cupy" if why_no_cupy() is None else "numpy"
        if choice == "cupy" and choice != name and (reason := why_no_cupy()):
            raise BackendError(reason)
        if choice not in ("numpy", "cupy"):
            raise BackendError(f"unknown backend {choice!r}: choose numpy, cupy or auto")
        _switch(choice)

    def __enter__(self) -> "use_backend":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _switch(self.former)


def _switch(choice: str) -> None:
    global name, xp, ndarray, kernels
    name = choice
    xp = numpy if choice == "numpy" else importlib.import_module("cupy")
    kernels = importlib.import_module(f"minigan.backend.{choice}_kernels")
    ndarray = xp.ndarray


def module_of(array: Array) -> ModuleType:
    """The library that an array belongs to: numpy or cupy."""
    return sys.modules[type(array).__module__.split(".")[0]]


def is_array(value: object) -> bool:
    """Whether `value` is an array of the library in use, or of NumPy."""
    return isinstance(value, (ndarray, numpy.ndarray))


def to_host(array: Array) -> numpy.ndarray:
    """The array as NumPy's: itself on the host, a copy (and a synchronisation) from the device."""
    return array if isinstance(array, numpy.ndarray) else array.get()


def to_device(array: Array) -> Array:
    """A host array as one of the library in use."""
    return array if isinstance(array, ndarray) else xp.asarray(array)


if choice := os.environ.get("MINIGAN_BACKEND"):
    try:
        use_backend(choice)
    except BackendError as error:  # set by the person at the keyboard: answer them, no traceback
        print(f"minigan: MINIGAN_BACKEND={choice}: {error}", file=sys.stderr)
        raise SystemExit(2) from None
