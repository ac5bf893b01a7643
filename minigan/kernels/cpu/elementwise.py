"""Elementwise formulas on large NumPy arrays: in pieces that fit the cache, on all threads.

The plain version, in minigan/backend/plain.py, calls the formula on the arrays as they are.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigan.kernels.cpu.threads import cuts, share
from minigan.kernels.layout import memory_order

LARGE = 1 << 18  # elements: below, handing pieces to threads costs more than it saves
PIECE = 1 << 16  # elements: a formula's operands and intermediate results fit in a core's cache


def elementwise(formula: Callable[..., Any], *arrays: np.ndarray) -> Any:
    """formula(*arrays), whose every element depends on the same element of each array alone.

    The result has the memory layout that the arrays have.
    """
    first = arrays[0]
    if first.size < LARGE:
        return formula(*arrays)
    order = memory_order(first)
    views = [array.transpose(order) for array in arrays if array.shape == first.shape]
    alike = len(views) == len(arrays) and all(view.flags.c_contiguous for view in views)
    if not alike:
        return formula(*arrays)
    operands = [view.reshape(-1) for view in views]
    kind = formula(*(operand[:1] for operand in operands)).dtype
    out = np.empty_like(first, kind)
    result = out.transpose(order).reshape(-1)

    def work(pieces: Iterator[slice]) -> None:
        for piece in pieces:
            result[piece] = formula(*(operand[piece] for operand in operands))

    share(work, cuts(first.size, PIECE))
    return out
