"""Elementwise formulas on large NumPy arrays: in pieces that fit the cache, on all threads."""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigan.backend.layout import memory_order
from minigan.backend.threads import cuts, share

LARGE = 1 << 18  # elements: below, handing pieces to threads costs more than it saves
PIECE = 1 << 16  # elements: a formula's operands and intermediate results fit in a core's cache


def elementwise(formula: Callable[..., Any], *arrays: np.ndarray) -> Any:
    """formula(*arrays), whose every element depends on the same element of each array alone.

    The result has the dtype and the memory layout of the first array.
    """
    first = arrays[0]
    if first.size < LARGE:
        return formula(*arrays)
    order = memory_order(first)
    views = [array.transpose(order) for array in arrays if array.shape == first.shape]
    alike = len(views) == len(arrays) and all(
        view.dtype == first.dtype and view.flags.c_contiguous for view in views
    )
    if not alike:
        return formula(*arrays)
    out = np.empty_like(first)
    result, *operands = (view.reshape(-1) for view in (out.transpose(order), *views))

    def work(pieces: Iterator[slice]) -> None:
        for piece in pieces:
            result[piece] = formula(*(operand[piece] for operand in operands))

    share(work, cuts(first.size, PIECE))
    return out
