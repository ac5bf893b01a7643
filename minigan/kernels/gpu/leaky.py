"""Rectifiers on CuPy that keep channels-last memory: CuPy's where() would give C order."""

from typing import Any

import cupy
import numpy as np

from minigan.kernels.layout import inverse, memory_order


def leaky(y: Any, x: Any, slope: float) -> Any:
    """backend/plain.py's leaky, in the layout of y."""
    if isinstance(x, (bool, float, np.ndarray)):  # as it may be where x is one number
        x = cupy.asarray(x)
    if not (isinstance(y, cupy.ndarray) and x.shape == y.shape):  # symbols: see fusion.py
        return _chosen(y, x, slope)
    order = memory_order(y)
    return _chosen(y.transpose(order), x.transpose(order), slope).transpose(inverse(order))


def _chosen(y: Any, x: Any, slope: float) -> Any:
    return cupy.where(x > 0.0, y, y * slope) if slope else cupy.where(x <= 0.0, 0.0, y)
