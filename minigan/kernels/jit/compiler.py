"""How a loop is compiled: for float32, without the interpreter lock, once for this machine."""

from collections.abc import Callable
from typing import Any

import numba

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}


def compiled(signature: str) -> Callable[[Callable[..., Any]], Any]:
    """Compile the decorated function, or read what an earlier process compiled and kept."""

    def compile(function: Callable[..., Any]) -> Any:
        try:
            return numba.njit(signature, cache=True, **OPTIONS)(function)
        except RuntimeError:  # nowhere to keep it: neither beside the source nor at home
            return numba.njit(signature, **OPTIONS)(function)

    return compile
