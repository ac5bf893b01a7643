"""Convolution on CuPy: by windows and one matrix product, or by cuDNN where that is faster.

In float32 the product is as fast as the chip, and cuDNN's kernels for channels-last memory were not
when they were tried on an H100. With TF32 or bfloat16 products are so fast that laying out windows
would take most of the time.
"""

from typing import Any

import cupy
import numpy as np

from minigan.backend import plain
from minigan.kernels import precision
from minigan.kernels.geometry import Pair
from minigan.kernels.gpu import windows
from minigan.kernels.gpu.channels import add_bias

try:
    from minigan.kernels.gpu import cudnn
except (ImportError, OSError, RuntimeError):  # not installed, or without its library
    cudnn = None  # type: ignore[assignment]


def conv2d(
    x: cupy.ndarray, weight: cupy.ndarray, stride: Pair, padding: Pair, bias: Any = None
) -> cupy.ndarray:
    """x (N, C, H, W), weight (O, C, KH, KW) → (N, O, OH, OW)."""
    return add_bias(_computed("conv2d", x, weight, stride, padding), bias)


def conv2d_input(
    y: cupy.ndarray, weight: cupy.ndarray, size: Pair, stride: Pair, padding: Pair, bias: Any = None
) -> cupy.ndarray:
    """y (N, O, OH, OW), weight (O, C, KH, KW) → (N, C, *size)."""
    return add_bias(_computed("conv2d_input", y, weight, size, stride, padding), bias)


def conv2d_weight(
    x: cupy.ndarray, y: cupy.ndarray, kernel: Pair, stride: Pair, padding: Pair
) -> cupy.ndarray:
    """x (N, C, H, W), y (N, O, OH, OW) → (O, C, *kernel)."""
    return _computed("conv2d_weight", x, y, kernel, stride, padding)


def _computed(name: str, a: cupy.ndarray, b: cupy.ndarray, *rest: Any) -> cupy.ndarray:
    """The function of this name by the fastest that can."""
    if not a.dtype == b.dtype == np.float32:
        return getattr(plain, name)(a, b, *rest)
    if cudnn is not None and precision.precision != "float32":
        try:
            return getattr(cudnn, name)(a, b, *rest)
        except cudnn.NoPlanError:
            pass
    return getattr(windows, name)(a, b, *rest)
