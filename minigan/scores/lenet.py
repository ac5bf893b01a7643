"""LeNet-5, which tells digits apart: many scores are of what it sees in samples.

LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to document recognition",
Proceedings of the IEEE 86, 1998, with ReLU and max pooling. README.md beside this file tells where
the weights come from that `load` takes.
"""

import hashlib
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

import minigan
from minigan import backend as B
from minigan import models, nn
from minigan.autograd import Tensor, op
from minigan.data import transforms
from minigan.errors import UserError

SIDE = 28
BATCH = 500
FILES = {
    "mnist": "lenet_mnist.safetensors",
    "digits": "lenet_mnist.safetensors",
    "fashion": "lenet_fashion.safetensors",
}
PREPARED = transforms.Compose(  # bytes of any size to 28×28 in [-1, 1]
    [transforms.Resize((SIDE, SIDE)), transforms.ToTensor(), transforms.Normalize(0.5, 0.5)]
)


class MaxPool(nn.Module):
    """The largest element of each 2×2 window: (N, C, H, W) → (N, C, H/2, W/2), for even H and W."""

    def forward(self, x: Tensor) -> Tensor:
        x = larger(x[..., ::2], x[..., 1::2])
        return larger(x[:, :, ::2], x[:, :, 1::2])


@op(x=lambda g, x, y: g * (x >= y), y=lambda g, x, y: g * (x < y))
def larger(x: Any, y: Any) -> Any:
    """The larger of each two elements; of equal ones the first takes the gradient."""
    return B.xp.maximum(x, y)


class LeNet(models.Network):
    """Scores of 10 classes: images (N, C, 28, 28) in [-1, 1] → (N, 10).

    Convolution 6@5×5 (padding 2), pooling 2×2, convolution 16@5×5, pooling 2×2, linear 120, 84
    and 10. Weights begin as N(0, 2 / inputs of a unit), biases as 0: He et al., arXiv 1502.01852.
    (With those of PyTorch's layers, 40 % of the 120 units answered to no image, and stayed so.)
    """

    def __init__(self, channels: int = 1):
        self.channels = channels
        self.hidden = nn.Sequential(
            nn.Conv2d(channels, 6, 5, padding=2),
            nn.ReLU(),
            MaxPool(),
            nn.Conv2d(6, 16, 5),
            nn.ReLU(),
            MaxPool(),
            nn.Flatten(),
            nn.Linear(16 * 5 * 5, 120),
            nn.ReLU(),
            nn.Linear(120, 84),
            nn.ReLU(),
        )
        self.scores = nn.Linear(84, 10)
        for layer in self.modules():
            if isinstance(layer, (nn.Conv2d, nn.Linear)):
                nn.init.normal_(layer.weight, 0.0, math.sqrt(2.0 / layer.weight[0].array.size))
                nn.init.zeros_(layer.bias)

    def features(self, x: Tensor) -> Tensor:
        """The last hidden layer, after its ReLU: (N, 84)."""
        return self.hidden(x)

    def forward(self, x: Tensor) -> Tensor:
        return self.scores(self.features(x))


class Classifier:
    """A trained LeNet that reads images as bytes, (N, C, H, W) uint8, resized to 28×28 by `Resize`.

    `hash` names its weights: see hash_of. Raises UserError for images of another kind.
    """

    def __init__(self, network: LeNet):
        self.network = network
        self.hash = hash_of(network.state_dict())

    def read(self, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Of each image the last hidden layer, (N, 84) float32, and the class of the largest score,
        (N) int64."""
        channels = self.network.channels
        fits = images.ndim == 4 and images.shape[1] == channels and images.size
        if not fits or images.dtype != np.uint8:
            raise UserError(
                f"this classifier reads images (N, {channels}, H, W) of bytes, uint8, not "
                f"{images.dtype} of shape {images.shape}"
            )
        features, classes = [], []
        with minigan.no_grad():
            for start in range(0, len(images), BATCH):  # what a batch takes is all the memory
                x = transforms.run(PREPARED, images[start : start + BATCH].copy())
                hidden = self.network.features(minigan.tensor(x))
                features.append(B.to_host(hidden.array))
                classes.append(B.to_host(self.network.scores(hidden).array).argmax(1))
        return np.concatenate(features), np.concatenate(classes)

    def classes(self, images: np.ndarray) -> np.ndarray:
        """The class of the largest score of each image: (N) int64."""
        return self.read(images)[1]


def hash_of(state: Mapping[str, Tensor]) -> str:
    """The first 12 hexadecimal digits of a SHA-256 of a network's weights.

    It runs over the tensors in the order of their names: of each the line "NAME DTYPE SHAPE" as
    NumPy writes them, such as "scores.bias <f4 (10,)", and then its bytes. So it is the same for
    equal weights in whichever file.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(state.items()):
        array = B.to_host(tensor.array)
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()[:12]


def load(name: str, path: str | Path | None = None) -> Classifier:
    """The classifier for the data set `name` that comes with minigan: mnist, digits or fashion.

    path: instead, a run's folder of examples/mnist_classifier.py, or a file of a LeNet's weights;
    then `name` is any. Raises UserError where there is none, and for damaged or other weights.
    """
    if path is None and name not in FILES:
        raise UserError(
            f"no classifier of {name} comes with minigan, only those of {', '.join(FILES)}: "
            f"`minigan train mnist-classifier --dataset {name}` trains one; then give its folder"
        )
    weights = Path(__file__).with_name(FILES[name]) if path is None else Path(path)
    if os.path.isdir(weights):
        weights /= "C.safetensors"
        if not os.path.isfile(weights):
            raise UserError(
                f"there is no classifier in {path}: `minigan train mnist-classifier` writes "
                f"C.safetensors"
            )
    return Classifier(_network(weights))


def _network(weights: Path) -> LeNet:
    """The LeNet in a file of weights. Raises UserError when it is damaged, or holds others."""
    state = minigan.load(weights)
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise UserError(f"{weights} holds no tensors by name: give a LeNet's, as C.safetensors")
    first = state.get("hidden.0.weight")
    network = LeNet(first.shape[1] if first is not None and first.ndim == 4 else 1)
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise UserError(f"{weights} is no LeNet: {' '.join(str(error).split())}") from None
    if bad := [name for name, tensor in state.items() if not B.xp.isfinite(tensor.array).all()]:
        raise UserError(f"{weights}: {bad[0]} is not finite, as where a training diverged")
    return network
