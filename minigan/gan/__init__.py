"""What makes a GAN of two networks: losses, penalties, packing, labels, averages.

Functions of D's outputs, and a few small modules. D's step and G's step are yours to write: they
stand in full in every program under examples/.
"""

from minigan.gan.conditioning import (
    ACGANHead,
    LabelEmbedding,
    ProjectionHead,
    acgan_d_loss,
    acgan_g_loss,
    class_d_loss,
    class_g_loss,
    with_one_hot,
)
from minigan.gan.ema import EMA
from minigan.gan.losses import (
    LOSSES,
    AdversarialLoss,
    adversarial_loss,
    feature_matching,
)
from minigan.gan.packing import pack
from minigan.gan.penalties import gradient_penalty, r1_penalty

__all__ = [
    "EMA",
    "LOSSES",
    "ACGANHead",
    "AdversarialLoss",
    "LabelEmbedding",
    "ProjectionHead",
    "acgan_d_loss",
    "acgan_g_loss",
    "adversarial_loss",
    "class_d_loss",
    "class_g_loss",
    "feature_matching",
    "gradient_penalty",
    "pack",
    "r1_penalty",
    "with_one_hot",
]
