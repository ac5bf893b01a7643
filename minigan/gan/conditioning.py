"""Conditioning on labels: how a class number enters G, and how D takes it into account.

Labels are whole numbers 0 … classes-1 of shape (N). Four ways, from the oldest to the newest:
one-hot labels beside the input; a D that names the class, or "fake", as one more class; a D with a
second output for the class (AC-GAN); a D whose output depends on the class by a projection.
"""

from minigan import nn
from minigan.autograd import Tensor
from minigan.errors import UserError
from minigan.gan.losses import AdversarialLoss
from minigan.nn import functional as F
from minigan.ops.creation import full
from minigan.ops.shape import broadcast_to, cat


def with_one_hot(x: Tensor, labels: Tensor, classes: int) -> Tensor:
    """x with its one-hot labels as further features: (N, C, …) → (N, C + classes, …).

    In images each label is a constant map. For the input of G, of D, or of any layer in between.
    Mirza & Osindero, arXiv 1411.1784. Raises UserError unless there is one label per sample.
    """
    return _beside(x, F.one_hot(labels, classes).to(x.dtype))


class LabelEmbedding(nn.Module):
    """z beside a learned vector of its label, where G begins: (N, Z, …), (N) → (N, Z + dim, …).

    Raises UserError unless there is one label per sample.
    """

    def __init__(self, classes: int, dim: int):
        self.embedding = nn.Embedding(classes, dim)

    def forward(self, z: Tensor, labels: Tensor) -> Tensor:
        return _beside(z, self.embedding(labels))


def _beside(x: Tensor, vectors: Tensor) -> Tensor:
    """One vector per sample (N, V) beside x (N, C, …), constant over any further axes."""
    if len(vectors) != len(x):
        raise UserError(f"conditioning: {len(vectors)} labels for a batch of {len(x)}")
    maps = vectors.reshape(*vectors.shape, *[1] * (x.ndim - 2))
    return cat([x, broadcast_to(maps, (*vectors.shape, *x.shape[2:]))], 1)


# -- fake as one more class ------------------------------------------------------------------------


def class_d_loss(real_scores: Tensor, real_labels: Tensor, fake_scores: Tensor) -> Tensor:
    """-E[ln p(y | x)] - E[ln p(fake | G(z, y))], p the softmax of D's K+1 scores.

    The last score stands for "fake". Salimans et al., arXiv 1606.03498, section 5.
    """
    fake_class = full((len(fake_scores),), fake_scores.shape[1] - 1, dtype="int64")
    return F.cross_entropy(real_scores, real_labels) + F.cross_entropy(fake_scores, fake_class)


def class_g_loss(fake_scores: Tensor, labels: Tensor) -> Tensor:
    """-E[ln p(y | G(z, y))]: G wants its sample taken for a real one of the class asked for."""
    return F.cross_entropy(fake_scores, labels)


# -- AC-GAN ----------------------------------------------------------------------------------------


class ACGANHead(nn.Module):
    """The last layer of AC-GAN's D: features (N, F) → logit of "real" (N, 1) and scores (N, K)."""

    def __init__(self, features: int, classes: int):
        self.source = nn.Linear(features, 1)
        self.classes = nn.Linear(features, classes)

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        return self.source(features), self.classes(features)


Judged = tuple[Tensor, Tensor]  # what ACGANHead returns


def acgan_d_loss(
    loss: AdversarialLoss, real: Judged, real_labels: Tensor, fake: Judged, fake_labels: Tensor
) -> Tensor:
    """-(L_S + L_C): loss.d of the logits, and of the scores -E[ln p(y|x)] - E[ln p(y'|G(z, y'))].

    Odena et al., arXiv 1610.09585, eq. 2 and 3, with L_S of the "non-saturating" loss. The examples
    leave out the classes of the fakes; examples/mnist_conditional.py says why.
    """
    classes = F.cross_entropy(real[1], real_labels) + F.cross_entropy(fake[1], fake_labels)
    return loss.d(real[0], fake[0]) + classes


def acgan_g_loss(loss: AdversarialLoss, fake: Judged, labels: Tensor) -> Tensor:
    """L_S - L_C as far as it depends on G: loss.g of the logit, and -E[ln p(y|G(z, y))]."""
    return loss.g(fake[0]) + F.cross_entropy(fake[1], labels)


# -- projection ------------------------------------------------------------------------------------


class ProjectionHead(nn.Module):
    """The last layer of a projection D: v_y·φ(x) + ψ(φ(x)), features φ (N, F), labels (N) → (N, 1).

    v_y is a learned vector for each class and ψ an affine map. Miyato & Koyama, arXiv 1802.05637.
    """

    def __init__(self, features: int, classes: int):
        self.psi = nn.Linear(features, 1)
        self.embedding = nn.Embedding(classes, features)

    def forward(self, features: Tensor, labels: Tensor) -> Tensor:
        return self.psi(features) + (self.embedding(labels) * features).sum(1, keepdim=True)
