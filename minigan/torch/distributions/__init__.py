"""torch.distributions: the few that VAEs and GANs draw from, with their densities."""

import sys

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
