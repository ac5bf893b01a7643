"""Which classes were drawn, how often, and whether they are those that were asked for.

Each takes a classifier's word on samples, and is as true as the classifier is: show its accuracy on
real test images beside them.
"""

from typing import Any

import numpy as np

from minigan.data.refusals import Unfit, whole
from minigan.metrics.rows import classes_of, host


def histogram(predicted: Any, classes: int) -> np.ndarray:
    """The share of each class: (classes,) float64, 1 in all.

    predicted: (N,), whole numbers from 0 to classes - 1. Raises Unfit, a ValueError, for others.
    """
    found = classes_of("predicted", predicted, whole("classes", classes, 1))
    return np.bincount(found, minlength=classes) / len(found)


def kl(shares: Any, reference: Any) -> float:
    """Σ p log(p / q), in nats: 0 for equal shares, infinite where a share is 0 in q alone.

    Kullback and Leibler, Annals of Mathematical Statistics 22, 1951. A class that p lacks adds 0.
    shares p, reference q: (classes,). Raises Unfit, a ValueError, unless both are of one shape, not
    negative, and sum to 1.
    """
    from scipy.special import rel_entr

    p, q = (host(values).astype(np.float64) for values in (shares, reference))
    if p.shape != q.shape or p.ndim != 1:
        raise Unfit(f"shares {p.shape} and reference {q.shape}: expected two of (classes,)")
    for what, values in (("shares", p), ("reference", q)):
        if not (values.min(initial=0.0) >= 0.0 and abs(values.sum() - 1.0) < 1e-6):
            raise Unfit(
                f"{what}: a sum of {values.sum():g}, the least {values.min(initial=0.0):g}; "
                "shares are not negative and sum to 1, as histogram() gives them"
            )
    return float(rel_entr(p, q).sum())


def accuracy(predicted: Any, wanted: Any) -> float:
    """The share of samples of the class that was asked for: conditional accuracy.

    predicted, wanted: (N,), whole numbers. Raises Unfit, a ValueError, for other shapes. A network
    that draws one image of each class reaches 1: show it beside a score that sees variety.
    """
    found, asked = classes_of("predicted", predicted), classes_of("wanted", wanted)
    if found.shape != asked.shape:
        raise Unfit(f"{len(found):,} predicted and {len(asked):,} wanted: one for each sample")
    return float((found == asked).mean())
