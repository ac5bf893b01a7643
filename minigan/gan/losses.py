"""Adversarial losses: what D and what G minimise, from D's raw outputs.

D ends without a sigmoid; its output l is a logit, σ(l) the probability that x is real. With
softplus(l) = ln(1 + eˡ) the logarithms of the original paper become

    -ln σ(l) = softplus(-l)        -ln(1 - σ(l)) = softplus(l)

which stay exact however sure D is. E is the mean over the batch.
"""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from minigan.autograd import Tensor
from minigan.errors import UserError
from minigan.ops.elementwise import relu, softplus


class AdversarialLoss(NamedTuple):
    """A pair of scalar losses: `d` of (D(x), D(G(z))) for D, `g` of D(G(z)) for G."""

    d: Callable[[Tensor, Tensor], Tensor]
    g: Callable[[Tensor], Tensor]


# -- the game of the original paper ----------------------------------------------------------------


def bce_d(real: Tensor, fake: Tensor, real_label: float = 1.0) -> Tensor:
    """-E[r·ln σ(D(x)) + (1 - r)·ln(1 - σ(D(x)))] - E[ln(1 - σ(D(G(z))))]

    With r = 1, D's loss in Goodfellow et al., arXiv 1406.2661. r = 0.9 is one-sided label
    smoothing, Salimans et al., arXiv 1606.03498: D's best logit on data becomes ln 9, not ∞.
    """
    on_real = softplus(-real)
    if real_label != 1.0:
        on_real = on_real + real * (1.0 - real_label)  # as softplus(l) = softplus(-l) + l
    return on_real.mean() + softplus(fake).mean()


def saturating_g(fake: Tensor) -> Tensor:
    """E[ln(1 - σ(D(G(z))))]: G's side of the minimax game.

    Its gradient by the logit is -σ(l): none where D is sure that the sample is fake.
    """
    return -softplus(fake).mean()


def non_saturating_g(fake: Tensor) -> Tensor:
    """-E[ln σ(D(G(z)))]: the same paper's choice for G in practice.

    Its gradient by the logit is σ(l) - 1: strongest where D is sure that the sample is fake.
    """
    return softplus(-fake).mean()


# -- other distances -------------------------------------------------------------------------------


def least_squares_d(real: Tensor, fake: Tensor) -> Tensor:
    """½·E[(D(x) - 1)²] + ½·E[D(G(z))²]. Mao et al., arXiv 1611.04076, eq. 9."""
    return ((real - 1.0).square().mean() + fake.square().mean()) * 0.5


def least_squares_g(fake: Tensor) -> Tensor:
    """½·E[(D(G(z)) - 1)²]"""
    return (fake - 1.0).square().mean() * 0.5


def hinge_d(real: Tensor, fake: Tensor) -> Tensor:
    """E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))]. Lim & Ye, arXiv 1705.02894."""
    return relu(1.0 - real).mean() + relu(1.0 + fake).mean()


def wasserstein_d(real: Tensor, fake: Tensor) -> Tensor:
    """E[D(G(z))] - E[D(x)], for a D held near Lipschitz constant 1 by other means, such as
    `gradient_penalty`. Arjovsky et al., arXiv 1701.07875.
    """
    return fake.mean() - real.mean()


def wasserstein_g(fake: Tensor) -> Tensor:
    """-E[D(G(z))], for G under the Wasserstein and the hinge loss alike."""
    return -fake.mean()


# -- by name ---------------------------------------------------------------------------------------

LOSSES: dict[str, AdversarialLoss] = {
    "non-saturating": AdversarialLoss(bce_d, non_saturating_g),
    "saturating": AdversarialLoss(bce_d, saturating_g),
    "least-squares": AdversarialLoss(least_squares_d, least_squares_g),
    "hinge": AdversarialLoss(hinge_d, wasserstein_g),
    "wasserstein": AdversarialLoss(wasserstein_d, wasserstein_g),
}


def adversarial_loss(name: str, real_label: float = 1.0) -> AdversarialLoss:
    """The pair of that name in LOSSES; real_label below 1 smooths the labels of real samples.

    Raises UserError for an unknown name, for a label outside (0, 1], and for smoothing a loss that
    has no label to smooth.
    """
    if name not in LOSSES:
        raise UserError(f"unknown loss {name!r}: choose {', '.join(LOSSES)}")
    if not 0.0 < real_label <= 1.0:
        raise UserError(f"the label of real samples is {real_label}: it must be within (0, 1]")
    loss = LOSSES[name]
    if real_label == 1.0:
        return loss
    if loss.d is not bce_d:
        smooth = " or ".join(known for known, pair in LOSSES.items() if pair.d is bce_d)
        raise UserError(
            f"label smoothing (real label {real_label}) needs a loss with probabilities, and "
            f"{name} has none: choose {smooth}, or leave the label at 1"
        )
    return loss._replace(d=partial(bce_d, real_label=real_label))


# -- matching statistics instead of fooling D ------------------------------------------------------


def feature_matching(real: Tensor, fake: Tensor) -> Tensor:
    """mean over features of (E f(x) - E f(G(z)))²: G's loss on the features f of a layer of D.

    Both of shape (N, …), the batch first; `real` counts as a constant. Salimans et al., arXiv
    1606.03498 (there the sum over features: their number is a matter of scale).
    """
    return (real.detach().mean(0) - fake.mean(0)).square().mean()
