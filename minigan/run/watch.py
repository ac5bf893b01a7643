"""What is seen of a training from outside: gradient norms, what layers put out, how images differ.

Nothing here changes a number of the training, or draws one. Norms are taken of the gradients that a
step has left behind; all else is heard in a step now and then, while it runs as it always does.
"""

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.autograd.tensor import Tensor
from minigan.nn import Module
from minigan.watching.layers import listening, named

G_NAMES = {"g", "netg", "gen", "generator"}  # in lower case: what programs call their networks

ACTIVATIONS = {
    "ReLU", "LeakyReLU", "Tanh", "Sigmoid", "ReLU6", "ELU", "SELU", "CELU", "GELU", "SiLU", "Mish",
    "Softplus", "Softsign", "Hardtanh", "Hardsigmoid", "Hardswish", "PReLU", "RReLU", "LogSigmoid",
}  # fmt: skip
EDGE = 0.005  # of the range of real images: within it of an end, a pixel counts as saturated
MOST = 128  # images compared with each other
FEWEST = 8  # samples that tell how they differ, or whether a unit is dead: of two, chance tells


def generator_of(networks: Mapping[str, Module]) -> str | None:
    """The name of the network that goes by one of a G's names."""
    return next((name for name in networks if name.lower() in G_NAMES), None)


class Watch:
    """Of the networks of a run, by name."""

    def __init__(self, networks: Mapping[str, Module]):
        learning = {k: net for k, net in networks.items() if any(_wanted(net))}
        self.networks = learning  # not those that only follow, as an average does
        self.generator = generator_of(networks)
        self._seen: dict[str, B.Array] = {}  # numbers, still where they were computed
        self._images: B.Array | None = None  # what G drew last

    def norms(self) -> dict[str, Any]:
        """√Σ g² over each network's gradients as they are now; NaN where there are none."""
        return {f"grad_{name}": _norm(network) for name, network in self.networks.items()}

    @contextlib.contextmanager
    def listening(self, batch: Any) -> Iterator[None]:
        """Hear the step inside the block, whose real data are this batch."""
        self._seen, self._images = {}, None
        with listening(self.networks, self._heard):
            yield
        real = batch[0] if isinstance(batch, (list, tuple)) else batch
        if self._images is not None and isinstance(real, Tensor):
            self._compare(self._images, B.to_device(real.array))

    def seen(self) -> dict[str, float]:
        """What was heard; NaN for what was not.

        diversity: how far an image of G's is from its nearest neighbour in the batch, relative to
        real ones; or how far from all others, if that is less. saturated, saturated_real: the share
        of pixels at an end of the range of real images, or beyond. size:LAYER: √ of the mean square
        of its output. dead:LAYER: the share of an activation's units that say the same to every
        sample.
        """
        heard = dict.fromkeys(self._columns(), np.nan)
        if self._seen:
            numbers = B.to_host(B.xp.stack([B.xp.asarray(v, "f4") for v in self._seen.values()]))
            heard |= dict(zip(self._seen, numbers.tolist(), strict=True))
        return heard

    def _columns(self) -> Iterator[str]:
        if self.generator:
            yield from ("diversity", "saturated", "saturated_real")
        for module, name in named(self.networks).items():
            if _is_layer(name, module):
                yield f"size:{name}"
                if type(module).__name__ in ACTIVATIONS:
                    yield f"dead:{name}"

    def _heard(self, name: str, module: Module, result: Any) -> None:
        """Note what a layer of ours has put out."""
        if not isinstance(result, Tensor) or result.array.dtype.kind != "f" or result.ndim < 2:
            return
        array, kind = result.array, type(module).__name__
        if name == self.generator:
            self._images = array
        elif _is_layer(name, module):
            self._seen[f"size:{name}"] = B.xp.sqrt((array * array).mean())
            if kind in ACTIVATIONS and array.size >= FEWEST * array.shape[1]:
                self._seen[f"dead:{name}"] = _constant(array)

    def _compare(self, images: B.Array, real: B.Array) -> None:
        """How far images are from each other, beside real ones; and how many pixels are at an end.

        Real data may come as packs of several samples.
        """
        features = images[0].size
        if real.dtype.kind != "f" or real.size % features:
            return
        pair = [array.reshape(-1, features)[:MOST] for array in (images, real)]
        if min(map(len, pair)) >= FEWEST:
            ours, theirs = (_apart(rows[: min(map(len, pair))]) for rows in pair)
            self._seen["diversity"] = B.xp.minimum(ours[0] / theirs[0], ours[1] / theirs[1])
        if real.ndim == 4:  # images, whose range has ends
            low, high = real.min(), real.max()
            edge = EDGE * (high - low)
            for name, rows in zip(("saturated", "saturated_real"), pair, strict=True):
                self._seen[name] = ((rows < low + edge) | (rows > high - edge)).mean()


def _wanted(network: Module) -> Iterator[bool]:
    return (parameter.requires_grad for parameter in network.parameters())


def _is_layer(name: str, module: Module) -> bool:
    """Whether a part of a network is no network of others, and not what computes a weight."""
    below = {child for child, _ in module.named_children()} - {"parametrizations"}
    return "." in name and ".parametrizations" not in name and not below


def _norm(network: Module) -> Any:
    flat = [p.grad.array.reshape(-1) for p in network.parameters() if p.grad is not None]
    if not flat:
        return B.xp.asarray(float("nan"), "float32")
    if B.name == "cupy":  # where a kernel for each would take longer than this copy
        flat = [B.xp.concatenate(flat)]
    return B.xp.sqrt(sum(B.xp.dot(g, g) for g in flat))


def _constant(array: B.Array) -> Any:
    """The share of a layer's units that say the same to every sample of the batch."""
    axes = (0, *range(2, array.ndim))
    return (array.max(axes) == array.min(axes)).mean()


def _apart(rows: B.Array) -> tuple[Any, Any]:
    """The mean distance of a row to the one that is nearest to it, and to all others."""
    squares = (rows * rows).sum(1)
    distances = squares[:, None] + squares[None, :] - 2.0 * (rows @ rows.T)
    distances = B.xp.sqrt(B.xp.maximum(distances, 0.0))
    B.xp.fill_diagonal(distances, 0.0)
    all_others = distances.sum() / (len(rows) * (len(rows) - 1))
    B.xp.fill_diagonal(distances, float("inf"))
    return distances.min(1).mean(), all_others
