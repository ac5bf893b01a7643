"""cupyx for the stand-in: the little of it that a training step has a use for."""

import warnings
from typing import Any

import cupy
import numpy as np
from cupy import _machine

__all__ = [
    "empty_like_pinned", "empty_pinned", "rsqrt", "scatter_add", "scatter_max", "scatter_min",
    "zeros_pinned",
]  # fmt: skip


def _scatter(name: str, a: cupy.ndarray, slices: Any, value: Any) -> None:
    warnings.warn(
        f"`ndarray.scatter` is deprecated. Please use `cupy.{name}.at` instead.",
        DeprecationWarning,
        stacklevel=3,
    )
    getattr(cupy, name).at(a, slices, value)


def scatter_add(a: cupy.ndarray, slices: Any, value: Any) -> None:
    """Deprecated since CuPy 14: cupy.add.at."""
    _scatter("add", a, slices, value)


def scatter_max(a: cupy.ndarray, slices: Any, value: Any) -> None:
    """Deprecated since CuPy 14: cupy.maximum.at."""
    _scatter("maximum", a, slices, value)


def scatter_min(a: cupy.ndarray, slices: Any, value: Any) -> None:
    """Deprecated since CuPy 14: cupy.minimum.at."""
    _scatter("minimum", a, slices, value)


def rsqrt(x: cupy.ndarray) -> cupy.ndarray:
    """1 / √x, one kernel."""
    return cupy._call("rsqrt", lambda host: 1 / np.sqrt(host), x)


def empty_pinned(shape: Any, dtype: Any = float, order: Any = "C") -> np.ndarray:
    """A host array in page-locked memory, for copies that do not block."""
    _machine.require_driver()
    return np.empty(shape, dtype, order)


def zeros_pinned(shape: Any, dtype: Any = float, order: Any = "C") -> np.ndarray:
    """empty_pinned, filled with zeros."""
    _machine.require_driver()
    return np.zeros(shape, dtype, order)


def empty_like_pinned(a: Any) -> np.ndarray:
    """empty_pinned of the shape and dtype of `a`."""
    return empty_pinned(a.shape, a.dtype)
