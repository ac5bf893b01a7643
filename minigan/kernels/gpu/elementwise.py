"""Elementwise formulas on CuPy that keep channels-last memory, and the gradient of a rectifier.

The plain version, in minigan/backend/plain.py, leaves the layout to CuPy, whose own functions give
C order; channels-last convolutions would have to copy that back.
"""

from collections.abc import Callable
from typing import Any

import cupy
import numpy as np

from minigan.kernels.layout import memory_order


def elementwise(formula: Callable[..., Any], *arrays: cupy.ndarray) -> cupy.ndarray:
    """formula(*arrays), whose every element depends on the same element of each array alone.

    The result has the memory layout of the first array.
    """
    if not all(isinstance(array, cupy.ndarray) for array in arrays):  # symbols: see fusion.py
        return formula(*arrays)
    if any(array.shape != arrays[0].shape for array in arrays):
        return formula(*arrays)
    order = memory_order(arrays[0])
    back = sorted(range(len(order)), key=order.__getitem__)
    return formula(*(array.transpose(order) for array in arrays)).transpose(back)


def leaky(y: Any, x: Any, slope: float) -> Any:
    """backend/plain.py's leaky."""
    if isinstance(x, (bool, float, np.ndarray)):  # as it may be where x is one number
        x = cupy.asarray(x)
    if slope:
        return cupy.where(x > 0.0, y, y * slope)
    return cupy.where(x <= 0.0, 0.0, y)
