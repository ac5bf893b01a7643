"""A strict stand-in for CuPy over NumPy, so that code for two backends is tested where no GPU is.

It holds CuPy 14.2's rules about what may meet what: nothing crosses between host and device unless
asked to; reductions and indexing give arrays, not scalars; a new array is in C order whatever its
inputs were; keywords and functions that CuPy lacks are missing. Where CuPy would quietly pay for a
crossing (an index or an argument that is a NumPy array, numpy.exp of a cupy array) it refuses.

It counts `launches`, `synchronisations` and `transfers`, replays captured streams, runs Python
functions from `emulated_kernels` for raw kernels, and imitates machines without a driver, a
compiler or memory (see _machine). It cannot show speed, races between streams, the rounding of a
GPU's own kernels, whether CUDA source compiles, or what is undefined there: a repeated index in
`a[i] = v`, an index out of bounds (an error here, wrapped around by CuPy).
"""

import functools
import types
from typing import Any

import numpy as _np

from cupy import _machine, _names, cuda
from cupy._array import call as _call
from cupy._array import check_dtype as _check_dtype
from cupy._array import converted as _converted
from cupy._array import ndarray
from cupy._functions import function as _function
from cupy._functions import ufunc
from cupy._machine import launches, reset_counters, synchronisations, transfers
from cupy._raw import RawKernel, RawModule, emulated_kernels

__version__ = "14.2.0"
__all__ = [
    "RawKernel", "RawModule", "array", "asanyarray", "asarray", "asnumpy", "cuda",
    "emulated_kernels", "get_array_module", "get_default_memory_pool", "is_available", "launches",
    "ndarray", "reset_counters", "synchronisations", "transfers", "ufunc",
]  # fmt: skip

is_available = cuda.is_available
_memory_pool = cuda.MemoryPool()
_pinned_memory_pool = cuda.PinnedMemoryPool()


def get_default_memory_pool() -> cuda.MemoryPool:
    """The pool that arrays come from."""
    return _memory_pool


def get_default_pinned_memory_pool() -> cuda.PinnedMemoryPool:
    """The pool of page-locked host memory."""
    return _pinned_memory_pool


def get_array_module(*args: Any) -> Any:
    """This module if any argument is a cupy array, else numpy."""
    if any(isinstance(value, ndarray) for value in args):
        import cupy

        return cupy
    return _np


def array(
    obj: Any,
    dtype: Any = None,
    copy: bool | None = True,
    order: Any = "K",
    subok: bool = False,
    ndmin: int = 0,
    *,
    blocking: bool = False,
) -> ndarray:
    """A device array of a cupy array, a NumPy array, a number, or nested lists of either."""
    if subok:
        raise NotImplementedError
    dtype = None if dtype is None else _check_dtype(dtype)

    def make(host: Any) -> _np.ndarray:
        if isinstance(host, _np.ndarray) and dtype is not None and host.dtype != dtype:
            host = _converted(host, dtype)
        return _np.array(host, dtype=dtype, copy=copy, order=order, ndmin=ndmin)

    if isinstance(obj, ndarray):
        return _call("copy", make, obj)
    if _holds_device_array(obj):
        return _call("concatenate", make, obj)
    host = _np.array(obj, dtype=dtype, ndmin=ndmin)
    if order in ("K", "A", None):  # CuPy copies a block, so any other order becomes C
        order = "F" if host.flags.fnc else "C"
    if host.ndim == 0:
        return _call("fill", lambda: host)  # a number travels with the kernel
    _check_dtype(host.dtype)
    _machine.transfer("to_device")
    if blocking:
        _machine.synchronise("array")
    return ndarray._of(_np.array(host, order=order))


def asarray(
    a: Any,
    dtype: Any = None,
    order: Any = None,
    *,
    copy: bool | None = None,
    blocking: bool = False,
) -> ndarray:
    """The array itself if it is one of the device and of this dtype, else a new one."""
    return array(a, dtype, copy, order or "K", blocking=blocking)


asanyarray = asarray


def asnumpy(
    a: Any, stream: Any = None, order: Any = "C", out: Any = None, *, blocking: bool = True
) -> _np.ndarray:
    """The array on the host: a copy of a cupy array."""
    if isinstance(a, ndarray):
        return a.get(stream, order, out, blocking)
    host = _np.asarray(a, order=order)
    if out is None:
        return host
    out[...] = host
    return out


def _holds_device_array(obj: Any) -> bool:
    if isinstance(obj, (list, tuple)):
        return any(_holds_device_array(each) for each in obj)
    return isinstance(obj, ndarray)


class _Namespace(types.ModuleType):
    """A submodule that has the functions in `names`, computed by those of a NumPy module."""

    def __init__(self, name: str, source: Any, names: frozenset[str]):
        super().__init__(f"cupy.{name}")
        self._source, self._names = source, names

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self._names:
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        setattr(self, name, _function(name, getattr(self._source, name)))
        return self.__dict__[name]


class _Random(types.ModuleType):
    """cupy.random, which is refused: its state cannot be saved and differs between GPUs."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise RuntimeError(
            f"cupy.random.{name}: numbers must be the same on both backends; "
            "use minigan.backend.random.Generator"
        )


random = _Random("cupy.random")
linalg = _Namespace("linalg", _np.linalg, _names.LINALG)
linalg.LinAlgError = _np.linalg.LinAlgError  # type: ignore[attr-defined]
fft = _Namespace("fft", _np.fft, _names.FFT)
lib = types.SimpleNamespace(
    stride_tricks=_Namespace("lib.stride_tricks", _np.lib.stride_tricks, _names.STRIDE_TRICKS)
)


@functools.cache  # and not in the module's globals, where `any` and `max` would hide Python's
def __getattr__(name: str) -> Any:
    if name in _names.BORROWED:
        return getattr(_np, name)
    if name in _names.UFUNCS:
        return ufunc(name)
    if name in _names.FUNCTIONS:
        return _function(name, getattr(_np, name))
    if name in _names.NOT_MODELLED:
        raise NotImplementedError(f"cupy.{name} exists in CuPy; this stand-in does not imitate it")
    raise AttributeError(f"module 'cupy' has no attribute {name!r}")
