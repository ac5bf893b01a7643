"""Nearest neighbours, exact, among any number of rows; and a classifier made of them.

Rows stream by in blocks and are forgotten, all but the nearest so far. Distances come from one
product of matrices; those that rounding leaves in doubt are computed again from the difference.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.data.refusals import Unfit, whole
from minigan.metrics.distances import nearly, truly
from minigan.metrics.rows import check_width, classes_of, host, rows, steps

GROUPS = 64  # of a tile's columns, see _limit


def nearest(queries: Any, blocks: Iterable[Any], k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The k rows of all blocks at the smallest Euclidean distance from each query: their distances
    (N, k) float64, and their numbers (N, k), counted through the blocks. The nearest comes first;
    of equally near ones the first.

    queries: (N, D). blocks: arrays (M, D), gone through once, so that they may be more than fit in
    memory; one array is the list [array]. Computes with the float32 values of both. Raises Unfit, a
    ValueError, for rows of other widths, values that are not finite, and fewer than k rows.
    """

    def numbered() -> Iterator[tuple[Any, np.ndarray]]:
        start = 0
        for block in blocks:
            yield block, np.arange(start, start := start + len(block))

    squared, numbers = _search(queries, numbered(), k)
    return np.sqrt(squared), numbers


def labels_of_nearest(queries: Any, blocks: Iterable[Any], k: int = 1) -> np.ndarray:
    """What comes with the k rows nearest to each query, as `nearest` finds them: (N, k, …).

    blocks: pairs (features (M, D), labels (M, …)). A label is a class, or anything else that an
    array has for each row: the image itself, say. Raises what `nearest` raises, and Unfit for
    labels of another number than their features.
    """
    return _search(queries, _pairs(blocks), k)[1]


def knn_error(blocks: Iterable[Any], queries: Any, labels: Any, k: int = 1) -> float:
    """The share of queries whose k nearest neighbours vote for another label than theirs.

    With samples of a class-conditional GAN as blocks, real test images as queries and k = 1, it
    tells what the samples are worth as a training set: Radford et al., arXiv 1511.06434, supplement
    8.1, on pixels in [0, 1]. Of labels with equally many votes, the smallest counts.

    blocks: pairs (features (M, D), labels (M,)), gone through once, in the memory that one of them
    takes. queries: (N, D). labels: (N,). Raises Unfit, a ValueError, as `labels_of_nearest` does,
    and for labels that are not whole numbers.
    """
    from scipy.stats import mode

    wanted = classes_of("the queries' labels", labels)
    if len(wanted) != len(queries):
        raise Unfit(f"{len(queries):,} queries and {len(wanted):,} labels: each query needs one")
    pairs = (
        (x, classes_of(f"the labels of block {i}", y)) for i, (x, y) in enumerate(_pairs(blocks))
    )
    found = labels_of_nearest(queries, pairs, k)
    return float((mode(found, axis=1).mode != wanted).mean())


def _pairs(blocks: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """The blocks, once it is certain that they are pairs."""
    for number, block in enumerate(blocks):
        if not isinstance(block, (tuple, list)) or len(block) != 2:
            kind = type(block).__name__
            raise Unfit(f"block {number} is no pair but a {kind}: give (features, labels)")
        yield block[0], block[1]


def _search(queries: Any, blocks: Iterable[Any], k: int) -> tuple[np.ndarray, np.ndarray]:
    """Squared distances (N, k) of the nearest rows, and what came with them, (N, k, …)."""
    whole("k", k, 1)
    q = rows("queries", queries)
    centre, total = q.mean(0), 0
    best, kept = np.full((len(q), k), np.inf), np.empty((len(q), k))
    for number, (block, labels) in enumerate(blocks):
        x = rows(f"block {number} of the list of blocks", block)
        check_width("queries", q, f"block {number}", x)
        labels = host(labels)
        if len(labels) != len(x):
            raise Unfit(f"block {number}: {len(x):,} rows and {len(labels):,} labels")
        if not total:
            kept = np.empty((len(q), k, *labels.shape[1:]), labels.dtype)
        elif labels.shape[1:] != kept.shape[2:]:
            raise Unfit(
                f"block {number}: labels of shape {labels.shape[1:]} for each row, and those "
                f"before have {kept.shape[2:]}"
            )
        kept = kept.astype(np.result_type(kept, labels), copy=False)
        total += len(x)
        for part in steps(len(x)):
            some_x, some_labels = _without_copies(x[part], labels[part], k)
            for some in steps(len(q)):
                places, columns, new = _candidates(q[some], some_x, centre, best[some])
                best[some], kept[some] = _merged(
                    best[some], kept[some], places, new, some_labels[columns]
                )
    if total < k:
        raise Unfit(f"{k} neighbours among {total:,} rows: k is {total} at most, or give more rows")
    return best, kept


def _without_copies(x: B.Array, labels: np.ndarray, k: int) -> tuple[B.Array, np.ndarray]:
    """All rows but those equal to k earlier ones, which are nobody's k nearest.

    A collapsed network draws thousands of the same image, and all would be in doubt.
    """
    norms = B.to_host((x * x).sum(1))
    order = np.argsort(norms, kind="stable")  # equal rows lie side by side
    again = norms[order][1:] == norms[order][:-1]
    if again.any():
        in_order = x[B.to_device(order)]
        again &= B.to_host((in_order[1:] == in_order[:-1]).all(1))
    if not again.any():
        return x, labels
    place = np.arange(len(x))
    first = np.maximum.accumulate(np.where(np.append(False, again), 0, place))
    chosen = np.sort(order[place - first < k])
    return x[B.to_device(chosen)], labels[chosen]


def _candidates(q: B.Array, x: B.Array, centre: B.Array, best: np.ndarray) -> list[np.ndarray]:
    """Places in q, places in x and true squared distances of all pairs that may be among the k
    nearest, if so far these are at the squared distances `best` (N, k)."""
    squared, slack = nearly(q, x, centre)
    worst = B.xp.minimum(B.to_device(best[:, -1:]), _limit(squared, best.shape[1]) + slack)
    places, columns = B.xp.nonzero(squared <= (worst + slack).astype("float32"))
    return [B.to_host(found) for found in (places, columns, truly(q, x, places, columns))]


def _limit(squared: B.Array, k: int) -> B.Array:
    """(N, 1): at least k numbers of each row are no larger. To be found in two quick passes, it is
    not the k-th smallest number, but that of the smallest ones of groups of columns."""
    n, m = squared.shape
    if m < k:
        return B.xp.full((n, 1), np.inf)
    groups = min(m, max(GROUPS, 2 * k))
    width = m // groups
    least = squared[:, : groups * width].reshape(n, width, groups).min(1)
    return B.xp.partition(least, k - 1, axis=1)[:, k - 1 : k]


def _merged(
    best: np.ndarray, kept: np.ndarray, places: np.ndarray, squared: np.ndarray, labels: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The k nearest of those so far and of the new ones. lexsort is stable: of equal distances, the
    one that came first stays first."""
    n, k = best.shape
    place = np.concatenate([np.repeat(np.arange(n), k), places])
    distance = np.concatenate([best.reshape(n * k), squared])
    label = np.concatenate([kept.reshape(n * k, *kept.shape[2:]), labels])
    order = np.lexsort((distance, place))
    first = np.searchsorted(place[order], np.arange(n))
    chosen = order[first[:, None] + np.arange(k)]
    return distance[chosen], label[chosen]
