"""How many of the modes that are known to be there were found, and how well."""

from typing import Any

import numpy as np

from minigan import backend as B
from minigan.data.refusals import Unfit
from minigan.metrics.rows import classes_of, pair


def mixture(samples: Any, centres: Any, std: float) -> tuple[int, float]:
    """Modes found of a mixture of Gaussians N(centre, std²·I), and the share of samples of high
    quality: those within 3·std of the nearest centre. A mode is found if one of them is nearest to
    it.

    VEEGAN's measure (Srivastava et al., arXiv 1705.07761), as PacGAN uses it (Lin et al., arXiv
    1712.04086, section 4.1), on 2,500 samples there. Neither number notices how unevenly the modes
    are drawn.

    samples: (N, D). centres: (modes, D). Raises Unfit, a ValueError, for other widths, values that
    are not finite, or a std that is not positive.
    """
    from scipy.spatial import KDTree

    if not 0.0 < std < np.inf:
        raise Unfit(f"std is {std!r}; it must be positive")
    x, at = map(B.to_host, pair("samples", samples, "centres", centres, "float64"))
    distances, which = KDTree(at).query(x)
    good = distances < 3.0 * std
    return len(np.unique(which[good])), float(good.mean())


def stacked(predicted: Any, classes: int = 10) -> tuple[int, float]:
    """Modes found of stacked digits, and KL(generated ‖ uniform), in nats.

    A mode is a combination of classes, one for each channel: 10³ for three digits. All are equally
    likely in the data. KL = Σ p log(p · modes), over those with p > 0. Metz et al., arXiv
    1611.02163, section 3.3.1, and PacGAN, arXiv 1712.04086, section 4.2, on 26,000 samples; even of
    real images, N samples give about (modes - 1) / 2N.

    predicted: (N, channels), a classifier's word on each channel, 0 to classes - 1. Raises Unfit, a
    ValueError, for other numbers or shapes.
    """
    digits = classes_of("predicted", predicted, classes, ndim=2)
    _, counts = np.unique(digits, axis=0, return_counts=True)
    p, modes = counts / len(digits), float(classes) ** digits.shape[1]
    return len(p), float((p * np.log(p * modes)).sum())
