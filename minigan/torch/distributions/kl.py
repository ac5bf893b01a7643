"""Kullback-Leibler divergences between two distributions of a kind."""

import math

from minigan.autograd.tensor import Tensor
from minigan.ops.elementwise import abs, exp, log, square
from minigan.torch.distributions.continuous import Laplace, Normal, Uniform
from minigan.torch.distributions.discrete import Bernoulli, Categorical
from minigan.torch.distributions.distribution import Distribution, Independent
from minigan.torch.nn.activation import softplus
from minigan.torch.ops.index import where
from minigan.torch.ops.steps import logical_and


def kl_divergence(p: Distribution, q: Distribution) -> Tensor:
    """KL(p ‖ q) = E_p[ln p - ln q], in closed form; NotImplementedError for an unknown pair."""
    for kind, formula in FORMULAS.items():
        if isinstance(p, kind) and isinstance(q, kind):
            return formula(p, q)  # type: ignore[operator]
    known = ", ".join(kind.__name__ for kind in FORMULAS)
    raise NotImplementedError(
        f"kl_divergence: no formula for {type(p).__name__} and {type(q).__name__}; pairs of "
        f"{known} have one. (p.log_prob(x) - q.log_prob(x)).mean() with x = p.sample((n,)) is near"
    )


def _normal(p: Normal, q: Normal) -> Tensor:
    ratio = square(p.scale / q.scale)
    return (ratio + square((p.loc - q.loc) / q.scale) - 1.0 - log(ratio)) * 0.5


def _laplace(p: Laplace, q: Laplace) -> Tensor:
    ratio, apart = p.scale / q.scale, abs(p.loc - q.loc)
    return ratio * exp(-apart / p.scale) + apart / q.scale - log(ratio) - 1.0


def _uniform(p: Uniform, q: Uniform) -> Tensor:
    inside = logical_and(q.low <= p.low, q.high >= p.high)
    return where(inside, log((q.high - q.low) / (p.high - p.low)), math.inf)


def _bernoulli(p: Bernoulli, q: Bernoulli) -> Tensor:
    here = p.probs * (softplus(-q.logits) - softplus(-p.logits))
    return here + (1.0 - p.probs) * (softplus(q.logits) - softplus(p.logits))


def _categorical(p: Categorical, q: Categorical) -> Tensor:
    return (p.probs * (p.logits - q.logits)).sum(-1)


def _independent(p: Independent, q: Independent) -> Tensor:
    if p.count != q.count:
        raise NotImplementedError(f"kl_divergence: events of {p.count} and of {q.count} axes")
    return p.summed(kl_divergence(p.base_dist, q.base_dist))


FORMULAS = {
    Normal: _normal,
    Laplace: _laplace,
    Uniform: _uniform,
    Bernoulli: _bernoulli,
    Categorical: _categorical,
    Independent: _independent,
}
