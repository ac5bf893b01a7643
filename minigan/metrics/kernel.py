"""The kernel distance, which KID is: how far two sets differ in any moment up to the third."""

from typing import Any

from minigan import backend as B
from minigan.data.refusals import Unfit
from minigan.metrics.rows import pair, steps


def mmd(a: Any, b: Any) -> float:
    """The squared maximum mean discrepancy of two sets by the kernel k(x, y) = (x·y/D + 1)³:

        mean of k(aᵢ, aⱼ) over i ≠ j  +  mean of k(bᵢ, bⱼ) over i ≠ j  -  2 · mean of k(aᵢ, bⱼ)

    It is the kernel and the unbiased estimator of KID: Bińkowski et al., arXiv 1801.01401. KID is
    this on Inception's features, as a mean over subsets; here it is taken over all pairs. For two
    sets of one distribution it is 0 on average, whatever their sizes, and so often negative.

    a, b: (N, D) and (M, D), two rows each or more. A tile of the products is in memory at a time,
    in float64. Raises Unfit, a ValueError, for fewer rows, other widths, or what is not finite.
    """
    x, y = pair("rows of a", a, "rows of b", b, "float64")
    N, M = len(x), len(y)
    if min(N, M) < 2:
        raise Unfit(f"sets of {N} and {M} rows: give two or more of each")
    within_x, within_y = _total(x, x) - _diagonal(x), _total(y, y) - _diagonal(y)
    return within_x / (N * (N - 1)) + within_y / (M * (M - 1)) - 2.0 * _total(x, y) / (N * M)


def _total(x: B.Array, y: B.Array) -> float:
    """Σ k(xᵢ, yⱼ) over all pairs."""
    products = (
        B.kernels.matmul(x[some], y[part].T) for some in steps(len(x)) for part in steps(len(y))
    )
    return sum(_summed(tile, x.shape[1]) for tile in products)


def _diagonal(x: B.Array) -> float:
    """Σ k(xᵢ, xᵢ)"""
    return _summed((x * x).sum(1), x.shape[1])


def _summed(products: B.Array, d: int) -> float:
    """Σ (x·y/D + 1)³ of these products x·y."""
    base = products / d + 1.0
    return float((base * base * base).sum())
