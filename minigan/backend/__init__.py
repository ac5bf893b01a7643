"""NumPy or CuPy: the one place where the array library is chosen, and where arrays cross between host and device.

Maths is written once, against `backend.xp`, the array module in use, read at call time:

    from minigan import backend as B
    B.xp.exp(x)

The few primitives that each library needs written its own way are in `backend.kernels`, under the
same names and signatures for both.
"""

import importlib
import importlib.util
import os
import sys
from types import ModuleType, TracebackType
from typing import Any

import numpy

from minigan.backend import memory, numpy_kernels
from minigan.errors import BackendError

float64 = numpy.dtype("float64")
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


def why_no_cupy() -> str | None:
    """None when CuPy works here, else one sentence: what is missing and what to install."""
    if importlib.util.find_spec("cupy") is None:
        return (
            "backend cupy: CuPy is not installed; for an NVIDIA GPU run "
            '`pip install "minigan[cuda13]"` (or [cuda12] for a CUDA 12 driver), '
            "or use --backend numpy"
        )
    try:
        cupy = importlib.import_module("cupy")
        if not cupy.cuda.is_available():
            return (
                "backend cupy: CuPy is installed but no usable NVIDIA GPU or driver was found; "
                "check `nvidia-smi`, install or update the driver, or use --backend numpy"
            )
        float((cupy.arange(3, dtype="float32") + 1.0).sum())  # NVRTC or cuBLAS may be missing
    except (
        Exception
    ) as error:  # whatever a broken installation raises, the person gets one sentence
        summary = (str(error).strip() or type(error).__name__).splitlines()[0]
        return (
            f"backend cupy: CuPy is installed but a first kernel failed ({summary}); reinstall it "
            'with its CUDA libraries, `pip install "minigan[cuda13]"` (or [cuda12]), '
            "or use --backend numpy"
        )
    return None


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
