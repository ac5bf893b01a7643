"""Reads the pickles that some data sets are published in, and lets them build arrays only.

Python's own unpickler would also reserve what a few bytes claim, and NumPy's arrays believe what
they are told of their memory. So the opcodes that do are refused, and stand-ins take what a pickle
says of an array, to be checked before there is one.
"""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from minigan.errors import DataError
from minigan.opening import opened, reason

NUMBERS = ("b1", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8")


class _Type:
    """What a pickle says of the type of an array's numbers."""

    def __init__(self, code: Any, align: Any = False, copy: Any = False):
        self.code, self.order = code, "="

    def __setstate__(self, state: tuple) -> None:
        self.order = state[1]


class _Array:
    """What a pickle says of an array."""

    def __init__(self, kind: Any, shape: Any, code: Any):
        self.state: Any = None

    def __setstate__(self, state: tuple) -> None:
        self.state = state

    def made(self) -> np.ndarray:
        """The array. Raises nearly anything when what was said of it cannot be."""
        _, shape, kind, by_columns, content = self.state
        self.state = None  # so that each copy below frees the one before
        if isinstance(content, str):  # as Python 3 sees bytes of Python 2
            content = content.encode("latin1")
        if kind.code not in NUMBERS or not isinstance(content, bytes):
            raise pickle.UnpicklingError("it holds an array of something else than numbers")
        numbers = np.frombuffer(bytearray(content), np.dtype(kind.code).newbyteorder(kind.order))
        return numbers.reshape(shape, order="F" if by_columns else "C")


class _Careful(pickle._Unpickler):
    """In Python, not C: there one opcode can fill the memory with an empty table."""

    dispatch = pickle._Unpickler.dispatch.copy()
    del dispatch[pickle.BYTEARRAY8[0]]  # it clears as much memory as it claims

    def find_class(self, module: str, name: str) -> Any:
        """The stand-ins; each call makes new ones, as a pickle may change what it gets."""
        makers: dict[tuple[str, str], Callable] = {
            ("multiarray", "_reconstruct"): lambda *said: _Array(*said),
            ("numpy", "ndarray"): lambda: None,
            ("numpy", "dtype"): lambda *said: _Type(*said),
            ("_codecs", "encode"): lambda text, code: text.encode("latin1"),
        }
        maker = makers.get((module.removeprefix("numpy.core.").removeprefix("numpy._core."), name))
        if maker is None:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return maker


def read_pickle(path: str | Path) -> dict[str, Any]:
    """The dict in the file. Raises DataError when it is damaged or would run any other code."""
    try:
        with opened(path) as file:
            content = _Careful(file, encoding="latin1").load()
        if not isinstance(content, dict):
            raise pickle.UnpicklingError(f"it holds a {type(content).__name__}, not a dict")
        return {key: v.made() if isinstance(v, _Array) else v for key, v in content.items()}
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({reason(error)})") from None
    except Exception as error:  # a damaged pickle raises nearly anything
        raise DataError(f"{path}: not a pickle of arrays and lists ({reason(error)})") from None
