"""Rectifiers on all threads, in the layout that their arrays have."""

from typing import Any

import numpy as np

from minigan.backend import plain
from minigan.kernels.cpu import loops
from minigan.kernels.cpu.gemm import suits_blas
from minigan.kernels.cpu.threads import each, parts
from minigan.kernels.layout import inverse, memory_order

WORTH_SHARING = 1 << 19  # elements: below, handing parts to threads costs what it saves


def leaky(y: Any, x: Any, slope: float) -> Any:
    """backend/plain.py's leaky, in the layout of x: that of the layer's outputs, which the gradient
    of a flattened image has not.
    """
    if not (isinstance(x, np.ndarray) and x.shape == y.shape and suits_blas(x, y)):
        return plain.leaky(y, x, slope)
    order = memory_order(x)
    if not (in_x := x.transpose(order)).flags.c_contiguous:
        return plain.leaky(y, x, slope)
    in_y = np.ascontiguousarray(y.transpose(order))
    out = np.empty_like(in_x)
    ys, xs, outs = (array.reshape(-1) for array in (in_y, in_x, out))

    def work(part: slice) -> None:
        if y is x:
            loops.rectify(xs[part], slope, outs[part])
        else:
            loops.leaky(ys[part], xs[part], slope, outs[part])

    each(work, parts(y.size, WORTH_SHARING))
    return out.transpose(inverse(order))
