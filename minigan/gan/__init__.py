"""What makes a GAN of two networks: losses, penalties, normalisation, packing, averages.

Functions of D's outputs, and a few small modules. D's step and G's step are yours to write: they
stand in full in every program under examples/. Reading order: losses, penalties, spectral; packing,
minibatch and ema stand by themselves.
"""

from minigan.gan.ema import EMA
from minigan.gan.losses import LOSSES, AdversarialLoss, adversarial_loss, feature_matching
from minigan.gan.minibatch import MinibatchStdDev, minibatch_stddev
from minigan.gan.packing import pack
from minigan.gan.penalties import gradient_penalty, r1_penalty
from minigan.gan.spectral import spectral_norm

__all__ = [
    "EMA",
    "LOSSES",
    "AdversarialLoss",
    "MinibatchStdDev",
    "adversarial_loss",
    "feature_matching",
    "gradient_penalty",
    "minibatch_stddev",
    "pack",
    "r1_penalty",
    "spectral_norm",
]
