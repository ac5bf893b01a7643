"""NumPy or CuPy: the one place where the library is chosen, and where arrays cross to and fro.

Maths is written once, against the array module in use, read at call time: B.xp.exp(x). A few
primitives deserve more than array code: convolution, matrix products, Adam, random words. They are
called as B.kernels.conv2d(…). plain.py has them in the plainest form; minigan/kernels, a room of
its own, puts faster ones of the same names in place.
"""

import contextvars
import importlib
import sys
from contextlib import AbstractContextManager, ExitStack
from types import ModuleType
from typing import Any

import numpy

from minigan.errors import BackendError

Array = Any  # numpy.ndarray or cupy.ndarray: same interface, no common base class
Shape = tuple[int, ...]
DTYPES = "bool uint8 int8 int16 int32 int64 float16 float32 float64".split()
boolean, int64, float16, float32 = map(numpy.dtype, ("bool", "int64", "float16", "float32"))
with numpy.errstate(all="ignore"):  # takes 0.6 µs, a third of an op; its variable alone 0.07
    _found = [v for v in contextvars.copy_context() if v.name == "numpy.ufunc.extobj"]
    warnings: Any = _found[0] if _found else contextvars.ContextVar("unknown to this NumPy")
    silent = warnings.get(None)

name: str = "numpy"
xp: Any = numpy
ndarray: type = numpy.ndarray
kernels: Any = None  # a module with the functions of plain.py, for the library in use
fuse: Any = None  # kernels' own, if they have one: function(*arguments), as one kernel if it can be
noticed: Any = lambda *update: None  # noqa: E731  it hears of updates: kernels/gpu/graph.py
faster: dict[str, str] = {}  # library → the module of its faster kernels, if there is one


def use_backend(choice: str) -> AbstractContextManager[Any]:
    """Choose the array library: "numpy", "cupy", or "auto" (CuPy where a GPU answers, else NumPy).
    A call takes effect at once; as a context manager it also restores the former choice. Raises
    BackendError when the name is unknown, CuPy is not installed, or no GPU answers."""
    if choice not in ("numpy", "cupy", "auto"):
        raise BackendError(f"unknown backend {choice!r}: choose numpy, cupy or auto")
    reason = why_no_cupy() if choice not in ("numpy", name) else None
    if choice == "cupy" and reason:
        raise BackendError(reason)
    end = ExitStack()
    end.callback(switch, name)
    switch("numpy" if choice == "numpy" or reason else "cupy")
    return end


def switch(choice: str) -> None:
    """Compute with this library from here on, by its faster kernels where there are any."""
    global name, xp, ndarray, kernels, fuse
    kernels = importlib.import_module(faster.get(choice, "minigan.backend.plain"))
    fuse = getattr(kernels, "fuse", None)
    name, xp = choice, importlib.import_module(choice)
    ndarray = xp.ndarray


def why_no_cupy() -> str | None:
    """None when CuPy computes here, else one sentence that says what to do."""
    try:
        return None if importlib.import_module("cupy").ones(1).sum() else ""
    except Exception as error:  # whatever a missing library, driver or GPU raises
        return f"backend cupy does not work here: {error}; run `minigan doctor`, or use numpy"


def module_of(array: Array) -> ModuleType:
    """The library that an array belongs to: numpy or cupy."""
    return sys.modules[type(array).__module__.split(".")[0]]


def is_array(value: object) -> bool:
    """Whether `value` is an array of the library in use, or of NumPy."""
    return isinstance(value, (ndarray, numpy.ndarray))


def to_host(array: Array) -> numpy.ndarray:
    """The array as NumPy's: itself, or a copy from the device, for which the host waits."""
    return array if isinstance(array, numpy.ndarray) else array.get()


def to_device(array: Array) -> Array:
    """A host array as one of the library in use."""
    return array if isinstance(array, ndarray) else xp.asarray(array)


def write(array: Array, values: Array | float) -> None:
    """The values, a number or an array of any library, into the array's own memory."""
    if hasattr(values, "__array__") and not isinstance(values, type(array)):
        values = to_host(values) if is_array(values) else numpy.asarray(values)
        values = module_of(array).asarray(values)
    array[...] = values


switch("numpy")
