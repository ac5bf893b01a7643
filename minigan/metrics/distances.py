"""Squared Euclidean distances: all of them fast and nearly, any of them slowly and truly.

|q - x|² = |q|² - 2 q·x + |x|² takes one product of matrices, but where both are long and close,
what is left of the difference is rounding. So these distances come with what they may be wrong by,
and whoever decides by one computes the few that are in doubt once more, from the difference.
"""

import numpy as np

from minigan import backend as B
from minigan.kernels.precision import use_precision

UNIT = 2.0**-24  # half the distance from 1 to the next float32
TINY = float(np.finfo(np.float32).tiny)
AT_ONCE = 2**20  # numbers in the differences that are computed at a time


def nearly(q: B.Array, x: B.Array, centre: B.Array) -> tuple[B.Array, B.Array]:
    """Squared distances (N, M) of rows q (N, D) and x (M, D), all float32, and how far from the
    truth those of each row q can be, (N, 1).

    The nearer the rows lie to the `centre` (D,), the smaller that is. A sum of D products is wrong
    by D·2⁻²⁴ of the sum of their sizes at most, in whichever order it is taken, and here those are
    (|q| + |x|)² in all: Higham, Accuracy and Stability of Numerical Algorithms, section 3.1. The 16
    more are for the few operations around it.
    """
    q, x = q - centre, x - centre
    of_q, of_x = (q * q).sum(1)[:, None], (x * x).sum(1)
    with use_precision("float32"):
        squared = B.kernels.matmul(q * -2.0, x.T)
    squared += of_x
    squared += of_q
    longest = (B.xp.sqrt(of_q) + B.xp.sqrt(of_x.max())) ** 2
    return squared, (longest * UNIT + TINY) * float(q.shape[1] + 16)


def truly(q: B.Array, x: B.Array, places: B.Array, columns: B.Array) -> B.Array:
    """Σ (q[i] - x[j])² in float64 for each i of `places` and j of `columns`: (pairs,)."""
    found = B.xp.empty(len(places))
    step = max(1, AT_ONCE // q.shape[1])
    for i in range(0, len(places), step):
        some = slice(i, i + step)
        difference = q[places[some]].astype("float64") - x[columns[some]]
        difference *= difference
        found[some] = difference.sum(1)
    return found
