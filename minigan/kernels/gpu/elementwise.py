"""Elementwise formulas on CuPy that keep channels-last memory.

The plain version, in minigan/backend/plain.py, leaves the layout to CuPy, whose own functions give
C order; channels-last convolutions would have to copy that back.
"""

from collections.abc import Callable
from typing import Any

import cupy

from minigan.kernels.layout import memory_order


def elementwise(formula: Callable[..., Any], *arrays: cupy.ndarray) -> cupy.ndarray:
    """formula(*arrays), whose every element depends on the same element of each array alone.

    The result has the memory layout of the first array.
    """
    if any(array.shape != arrays[0].shape for array in arrays):
        return formula(*arrays)
    order = memory_order(arrays[0])
    back = sorted(range(len(order)), key=order.__getitem__)
    return formula(*(array.transpose(order) for array in arrays)).transpose(back)
