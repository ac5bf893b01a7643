"""The Fréchet distance between the Gaussians that have the means and covariances of two sets."""

from typing import Any

import numpy as np

from minigan import backend as B
from minigan.data.refusals import Unfit
from minigan.metrics.rows import host, rows

Moments = tuple[np.ndarray, np.ndarray]


def moments(features: Any) -> Moments:
    """The mean (D,) and the covariance Σ (x - μ)(x - μ)ᵀ / (N - 1), (D, D), in float64.

    features: (N, D), N ≥ 2. Raises Unfit, a ValueError, for fewer rows, or what is not finite.
    """
    x = rows("features", features, "float64")
    if len(x) < 2:
        raise Unfit(f"features {x.shape}: one row has no covariance; give two or more")
    mean = x.mean(0)
    x = x - mean
    return B.to_host(mean), B.to_host(B.kernels.matmul(x.T, x)) / (len(x) - 1)


def frechet(a: Any, b: Any) -> float:
    """|μ₁ - μ₂|² + tr(Σ₁ + Σ₂ - 2(Σ₁Σ₂)^½), the squared Fréchet distance of two Gaussians.

    Dowson and Landau, Journal of Multivariate Analysis 12, 1982. On Inception's features it is the
    FID of Heusel et al., arXiv 1706.08500; on a LeNet's, the FLD of our tables.

    The trace of (Σ₁Σ₂)^½ is the sum of the singular values of √Σ₁ √Σ₂, and so neither complex nor
    troubled by singular covariances. Of N < D rows the covariance is singular, and the distance
    defined all the same, but far from that of more rows: at any N it falls as N grows, by about as
    much as the error of a covariance from N rows. So only distances from equally many rows compare.

    a, b: features (N, D), or their `moments`. Raises Unfit, a ValueError, as those do, and for
    other widths.
    """
    (mean_a, covariance_a), (mean_b, covariance_b) = _moments("a", a), _moments("b", b)
    if mean_a.shape != mean_b.shape:
        raise Unfit(
            f"a has {len(mean_a)} numbers a row and b {len(mean_b)}: bring both to one size, or "
            "take both from one layer"
        )
    crossed = np.linalg.svd(_root(covariance_a) @ _root(covariance_b), compute_uv=False).sum()
    shift = np.square(mean_a - mean_b).sum()
    squared = float(shift + np.trace(covariance_a) + np.trace(covariance_b) - 2.0 * crossed)
    if not np.isfinite(squared):
        raise Unfit("moments so large that their distance is beyond float64: divide by a scale")
    return max(0.0, squared)  # rounding alone makes it negative


def _moments(which: str, value: Any) -> Moments:
    if not isinstance(value, tuple):
        return moments(value)
    mean, covariance = (host(moment).astype(np.float64) for moment in value)
    if mean.ndim != 1 or covariance.shape != mean.shape * 2:
        raise Unfit(
            f"{which}: moments of shapes {mean.shape} and {covariance.shape}; expected a mean (D,) "
            "and a covariance (D, D), as moments() gives them"
        )
    if not (np.isfinite(mean).all() and np.isfinite(covariance).all()):
        raise Unfit(f"{which}: moments that are not finite; moments() refuses what leads to them")
    return mean, covariance


def _root(covariance: np.ndarray) -> np.ndarray:
    """The symmetric √Σ, from eigenvalues, of which rounding makes some zeros negative."""
    values, vectors = np.linalg.eigh(covariance)
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
