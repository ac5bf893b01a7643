"""torch.distributions: the few that VAEs and GANs draw from, with their densities."""

import sys
from typing import Any

from minigan.torch.absent import absent
from minigan.torch.distributions import continuous, discrete, distribution
from minigan.torch.distributions.continuous import Laplace, Normal, Uniform
from minigan.torch.distributions.discrete import Bernoulli, Categorical, OneHotCategorical
from minigan.torch.distributions.distribution import Distribution, Independent
from minigan.torch.distributions.kl import kl_divergence

__all__ = [
    "Bernoulli", "Categorical", "Distribution", "Independent", "Laplace", "Normal",
    "OneHotCategorical", "Uniform", "kl_divergence",
]  # fmt: skip

# PyTorch has a module for each: from torch.distributions.normal import Normal
normal = uniform = laplace = continuous
bernoulli = categorical = one_hot_categorical = discrete
independent = distribution
for _name in "normal uniform laplace bernoulli categorical one_hot_categorical independent".split():
    sys.modules[f"{__name__}.{_name}"] = globals()[_name]

_OTHERS = """
    Beta Binomial Cauchy Chi2 Dirichlet Exponential Gamma Geometric Gumbel HalfNormal LogNormal
    LowRankMultivariateNormal MixtureSameFamily Multinomial MultivariateNormal NegativeBinomial
    Pareto Poisson RelaxedBernoulli RelaxedOneHotCategorical StudentT TransformedDistribution
    VonMises Weibull
"""


def __getattr__(name: str) -> Any:
    """The distributions that are absent, by name."""
    if name in _OTHERS.split():
        here = ", ".join(n for n in __all__ if n[0].isupper() and n != "Distribution")
        return absent(f"torch.distributions.{name}", f"minigan has {here}")
    raise AttributeError(f"module 'minigan.torch.distributions' has no attribute {name!r}")
