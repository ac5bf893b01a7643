"""The networks of the examples, with the sizes of their sources as defaults."""

import inspect
import math
from collections.abc import Sequence
from typing import Any

import minigan
from minigan import backend as B
from minigan import nn
from minigan.autograd.tensor import Tensor
from minigan.errors import UserError
from minigan.gan.spectral import spectral_norm


class Network(nn.Module):
    """A module that remembers the arguments it was made with, so that a saved network can be built
    again: `type(net)(**net.arguments)`.
    """

    arguments: dict[str, Any]

    def __new__(cls, *args: Any, **kwargs: Any) -> "Network":
        network = super().__new__(cls)
        bound = inspect.signature(cls).bind_partial(*args, **kwargs)
        bound.apply_defaults()
        network.arguments = dict(bound.arguments)
        return network


class DenseDiscriminator(Network, nn.Sequential):
    """The probability that an image is real: (N, C, H, W) → (N, 1).

    A Linear layer for each of the `hidden` sizes, with LeakyReLU and Dropout after it, then
    Linear 1 and Sigmoid.
    """

    def __init__(
        self,
        hidden: Sequence[int] = (256, 128),
        slope: float = 0.1,
        dropout: float = 0.0,
        image: Sequence[int] = (1, 28, 28),
    ):
        layers: list[nn.Module] = [nn.Flatten()]
        size = math.prod(image)
        for units in hidden:
            layers += [nn.Linear(size, units), nn.LeakyReLU(slope)]
            layers += [nn.Dropout(dropout)] if dropout else []
            size = units
        super().__init__(*layers, nn.Linear(size, 1), nn.Sigmoid())


class DenseGenerator(Network, nn.Sequential):
    """An image from a latent point: (N, z) → (N, C, H, W), in [-1, 1].

    A Linear layer for each of the `hidden` sizes, with LeakyReLU after it, then Linear C·H·W and
    Tanh.
    """

    def __init__(
        self,
        z: int = 64,
        hidden: Sequence[int] = (256, 512),
        slope: float = 0.1,
        image: Sequence[int] = (1, 28, 28),
    ):
        self.z = z
        layers: list[nn.Module] = []
        size = z
        for units in hidden:
            layers += [nn.Linear(size, units), nn.LeakyReLU(slope)]
            size = units
        last = [nn.Linear(size, math.prod(image)), nn.Tanh(), nn.Unflatten(1, image)]
        super().__init__(*layers, *last)

    def noise(self, count: int) -> Tensor:
        """Latent points z ~ N(0, I): (count, z)."""
        return minigan.randn(count, self.z)


# -- convolutional ---------------------------------------------------------------------------------


def halvings(size: int) -> tuple[int, int]:
    """How often an image's side is halved before the last layer sees all of it, and what is left:
    64 → 32 → 16 → 8 → 4, and 28 → 14 → 7.
    """
    times = 0
    while size > 4 and size % 2 == 0:
        size, times = size // 2, times + 1
    return times, size


def dcgan_channels(width: int | Sequence[int], size: int) -> list[int]:
    """The channels after each halving: as given, or `width` doubled every time."""
    times, _ = halvings(size)
    channels = [width * 2**i for i in range(times)] if isinstance(width, int) else list(width)
    if len(channels) != times or not times:
        raise UserError(
            f"images of {size}×{size} are halved {times} times, while their side is even and above "
            f"4: that takes as many channel numbers, but {len(channels)} are given, {channels}. "
            f"Choose another --size, or as many --multipliers where a program has them"
        )
    return channels


class DCGANDiscriminator(Network):
    """The probability that an image is real, by strided convolutions: (N, C, S, S) → (N, 1).

    4×4 convolutions of stride 2 halve the image while the channels grow (`width`, doubled each
    time, or a list); each has LeakyReLU, all but the first BatchNorm, and the last convolution sees
    all that is left. Radford et al., arXiv 1511.06434. norm_first puts BatchNorm before LeakyReLU,
    as the paper does, else after it. spectral: the convolutions' weights, those of the class
    scores excepted, are divided by their largest singular values, and there is no BatchNorm.
    classes: see forward.
    """

    def __init__(
        self,
        width: int | Sequence[int] = 128,
        size: int = 64,
        channels: int = 1,
        bias: bool = True,
        norm_first: bool = False,
        spectral: bool = False,
        classes: int = 0,
    ):
        normal = spectral_norm if spectral else lambda layer: layer
        layers: list[nn.Module] = []
        inputs = channels
        for outputs in dcgan_channels(width, size):
            norm: list[nn.Module] = [nn.BatchNorm2d(outputs)] if layers and not spectral else []
            slope: list[nn.Module] = [nn.LeakyReLU(0.2)]
            layers.append(normal(nn.Conv2d(inputs, outputs, 4, 2, 1, bias=bias)))
            layers += norm + slope if norm_first else slope + norm
            inputs = outputs
        left = halvings(size)[1]
        self.features = nn.Sequential(*layers)
        self.real = nn.Sequential(normal(nn.Conv2d(inputs, 1, left, bias=bias)), nn.Flatten())
        self.scores = (
            nn.Sequential(nn.Conv2d(inputs, classes, left, bias=bias), nn.Flatten())
            if classes
            else None
        )

    def forward(self, x: Tensor) -> Any:
        """The probability, or with classes (probability, scores (N, classes))."""
        features = self.features(x)
        probability = self.real(features).sigmoid()
        return probability if self.scores is None else (probability, self.scores(features))


class DCGANGenerator(Network):
    """An image from a latent point by transposed convolutions: (N, z) → (N, C, S, S).

    The mirror image of the discriminator: the first layer opens z (N, z, 1, 1) to 4×4 (or 7×7), and
    each following one doubles the side; BatchNorm and ReLU between. last: "tanh" for images in
    [-1, 1], "sigmoid" for [0, 1]. classes: takes labels too; a learned vector of the class, one-hot
    at first, stands beside z. (Longer vectors drown z: G then draws one image for each class.)
    """

    def __init__(
        self,
        z: int = 100,
        width: int | Sequence[int] = 128,
        size: int = 64,
        channels: int = 1,
        bias: bool = True,
        last: str = "tanh",
        classes: int = 0,
    ):
        self.z = z
        self.embedding = nn.Embedding(classes, classes) if classes else None
        if self.embedding:
            nn.init.fill(self.embedding.weight, B.xp.eye(classes))
        *rest, inputs = dcgan_channels(width, size)
        layers = [
            nn.ConvTranspose2d(z + classes, inputs, halvings(size)[1], bias=bias),
            nn.BatchNorm2d(inputs),
            nn.ReLU(),
        ]
        for outputs in reversed(rest):
            layers += [
                nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=bias),
                nn.BatchNorm2d(outputs),
                nn.ReLU(),
            ]
            inputs = outputs
        layers.append(nn.ConvTranspose2d(inputs, channels, 4, 2, 1, bias=bias))
        layers.append({"tanh": nn.Tanh, "sigmoid": nn.Sigmoid}[last]())
        self.layers = nn.Sequential(*layers)

    def forward(self, z: Tensor, labels: Tensor | None = None) -> Tensor:
        """Without labels, a generator that takes them draws the classes 0, 1, 2, … in turn."""
        z = z.reshape(len(z), self.z)
        if self.embedding is not None:
            if labels is None:
                labels = minigan.tensor([i % self.embedding.num_embeddings for i in range(len(z))])
            z = minigan.cat([z, self.embedding(labels)], 1)
        return self.layers(z.reshape(*z.shape, 1, 1))

    def noise(self, count: int) -> Tensor:
        """Latent points z ~ N(0, I): (count, z)."""
        return minigan.randn(count, self.z)


def dcgan_init(network: nn.Module, std: float = 0.02) -> None:
    """Convolution weights ~ N(0, std²) and biases 0, as in the DCGAN paper, section 4."""
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)):
            behind = getattr(layer, "parametrizations", None)
            nn.init.normal_(behind.weight.original if behind else layer.weight, 0.0, std)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


class Deblurrer(Network, nn.Sequential):
    """A sharp image from a blurred one of the same size, in [-1, 1]: three 3×3 convolutions."""

    def __init__(self, width: int = 64, channels: int = 3):
        super().__init__(
            nn.Conv2d(channels, width, 3, 1, 1),
            nn.ReLU(),
            nn.Conv2d(width, width, 3, 1, 1),
            nn.ReLU(),
            nn.Conv2d(width, channels, 3, 1, 1),
            nn.Tanh(),
        )


class DeblurDiscriminator(Network, nn.Sequential):
    """The probability that an image (N, C, S, S) is a sharp original: (N, 1)."""

    def __init__(self, width: int = 64, channels: int = 3, size: int = 32):
        super().__init__(
            nn.Conv2d(channels, width, 3, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Conv2d(width, 2 * width, 3, 2, 1),
            nn.LeakyReLU(0.2),
            nn.Flatten(),
            nn.Linear(2 * width * (size // 4) ** 2, 1),
            nn.Sigmoid(),
        )
