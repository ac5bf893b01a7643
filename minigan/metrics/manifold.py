"""Precision, recall, density, coverage: whether samples lie where real images do, and how widely.

Each image of a set is the centre of a ball that reaches to its k-th nearest neighbour in the set.
The balls together are the set's manifold.
"""

from functools import cached_property
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.data.refusals import Unfit, whole
from minigan.metrics.distances import nearly, truly
from minigan.metrics.neighbours import nearest
from minigan.metrics.rows import check_width, rows, steps


class Manifold:
    """Features and the radii of their balls: what several sets of samples are scored against.

    features: (N, D), N > k, on the backend. Raises Unfit, a ValueError, for fewer.
    """

    def __init__(self, features: Any, k: int = 5):
        self.features, self.k = rows("features", features), whole("k", k, 1)
        if len(self.features) <= k:
            raise Unfit(
                f"features {self.features.shape}: none of {len(self.features)} rows has {k} "
                f"others; give {k + 1} or more, or take a smaller k"
            )

    @cached_property
    def radii(self) -> np.ndarray:
        """The distance of each row to its k-th nearest other one: (N,) float64."""
        return nearest(self.features, [self.features], self.k + 1)[0][:, self.k]  # first: itself


def prdc(real: Any, fake: Any, k: int = 5) -> dict[str, float]:
    """Precision, recall, density and coverage of fake samples, under these names.

    With B(x) the ball around x that reaches to its k-th nearest neighbour in its own set, N real
    images x and M fake ones y:

        precision   share of the y that lie in some B(x)
        recall      share of the x that lie in some B(y)
        density     1/(kM) Σ over y of how many B(x) it lies in: 1 for the real distribution
        coverage    share of the B(x) with some y in it

    The first two are of Kynkäänniemi et al., arXiv 1904.06991, the last two of Naeem et al., arXiv
    2002.09797, whose program this one agrees with; as there, a ball is without its surface. One of
    the four says little (see minigan.metrics): show them together.

    real, fake: (N, D) and (M, D), or a `Manifold` of them, which keeps its radii for the next call.
    A tile of the distances is in memory at a time. Raises Unfit, a ValueError, for other widths, k
    rows or fewer, values that are not finite, or a Manifold of another k.
    """
    real, fake = _manifold("real", real, k), _manifold("fake", fake, k)
    x, y = real.features, fake.features
    check_width("real rows", x, "fake rows", y)
    xp, centre = B.xp, x.mean(0)
    radii_x, radii_y = B.to_device(real.radii)[None], B.to_device(fake.radii)[:, None]
    precise, recalled, covered = (xp.zeros(len(rows), bool) for rows in (y, x, x))
    balls = 0
    for some in steps(len(y)):
        for part in steps(len(x)):
            tile = y[some], x[part], *nearly(y[some], x[part], centre)
            inside = _closer(*tile, xp.broadcast_to(radii_x[:, part], tile[2].shape))
            precise[some] |= inside.any(1)
            covered[part] |= inside.any(0)
            balls += int(xp.count_nonzero(inside))
            inside = _closer(*tile, xp.broadcast_to(radii_y[some], tile[2].shape))
            recalled[part] |= inside.any(0)
    return {
        "precision": float(precise.mean()),
        "recall": float(recalled.mean()),
        "density": balls / (k * len(y)),
        "coverage": float(covered.mean()),
    }


def _manifold(which: str, value: Any, k: int) -> Manifold:
    if not isinstance(value, Manifold):
        return Manifold(rows(which, value), k)
    if value.k != k:
        raise Unfit(f"{which}: a Manifold with k = {value.k}, asked for with k = {k}: take one k")
    return value


def _closer(y: B.Array, x: B.Array, squared: B.Array, slack: B.Array, radii: B.Array) -> B.Array:
    """Which distances (N, M) are below their radius: those in doubt are computed truly."""
    limit = (radii * radii).astype("float32")
    inside = squared < limit
    doubtful = B.xp.nonzero(abs(squared - limit) <= slack)
    inside[doubtful] = B.xp.sqrt(truly(y, x, *doubtful)) < radii[doubtful]
    return inside
