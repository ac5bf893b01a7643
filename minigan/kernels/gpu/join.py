"""Arrays one after another along an axis: one launch, where CuPy has one for each array, and in the
memory order of the arrays, where CuPy has C order.
"""

import math

import cupy
import numpy as np

from minigan.kernels.gpu.launch import THREADS, Kernel, blocks_for, owned, suits_kernels
from minigan.kernels.layout import inverse, memory_order

MOST = 64  # arrays of one launch, as in join.cu

_Pieces = np.dtype([("at", "u8", MOST), ("width", "i8", MOST), ("before", "i8", MOST)])

_join = Kernel("join.cu", "join")


def joined(dim: int, cuts: tuple[int, ...], *pieces: cupy.ndarray) -> cupy.ndarray | None:
    """minigan/ops/shape.py's _cat, of float32 arrays that all lie dense in the order of the first;
    None for others, and for more than MOST.
    """
    alike = len({(*p.shape[:dim], *p.shape[dim + 1 :]) for p in pieces}) == 1
    if not (alike and len(pieces) <= MOST and suits_kernels(*pieces)):
        return None
    order = memory_order(pieces[0])
    dense = [piece.transpose(order) for piece in pieces]
    if not all(each.flags.c_contiguous for each in dense):
        return None
    place, shape = order.index(dim), dense[0].shape
    rows, inner = math.prod(shape[:place]), math.prod(shape[place + 1 :])
    out = cupy.empty((*shape[:place], cuts[-1], *shape[place + 1 :]), "float32")
    table = np.zeros((), _Pieces)
    for name, values in (
        ("at", [each.data.ptr for each in dense]),
        ("width", np.diff(cuts) * inner),
        ("before", np.multiply(cuts[:-1], inner)),
    ):
        table[name][: len(dense)] = values
    grid = blocks_for(rows * int(table["width"].max())), len(dense)
    _join(grid, (THREADS,), table, out, rows, cuts[-1] * inner)
    return owned(out.transpose(inverse(order)))
