"""NumPy alone, gradients written by hand: S1's step at its shortest, and Adam for those without."""

from collections.abc import Mapping, Sequence

import numpy as np
from systems import System

from peers import Peer

SLOPE = 0.1
Net = list[list[np.ndarray]]  # weight and bias of each layer


class Adam:
    """Kingma and Ba, arXiv 1412.6980, in place."""

    def __init__(self, net: Net, lr: float, beta1: float):
        self.parameters = [p for pair in net for p in pair]
        self.lr, self.beta1, self.t = lr, beta1, 0
        self.moments = [(np.zeros_like(p), np.zeros_like(p)) for p in self.parameters]

    def step(self, gradients: Sequence[np.ndarray]) -> None:
        self.t += 1
        scale = self.lr / (1 - self.beta1**self.t)
        correction = 1 / (1 - 0.999**self.t)
        for p, g, (m, v) in zip(self.parameters, gradients, self.moments, strict=True):
            m *= self.beta1
            m += (1 - self.beta1) * g
            v *= 0.999
            v += 0.001 * g * g
            p -= scale * m / (np.sqrt(v * correction) + 1e-8)


def net_of(weights: Mapping[str, np.ndarray], name: str) -> Net:
    """Weights and biases, 0, of D or of G."""
    arrays = [weights[f"{name}{i}"] for i in range(3)]
    return [[w, np.zeros(len(w), np.float32)] for w in arrays]


def forward(net: Net, x: np.ndarray) -> list[np.ndarray]:
    """The input of each layer, and the last one's output."""
    xs = [x]
    for w, b in net:
        if len(xs) > 1:
            xs[-1] = np.maximum(xs[-1], SLOPE * xs[-1])
        xs.append(xs[-1] @ w.T + b)
    return xs


def backward(
    net: Net, xs: list[np.ndarray], g: np.ndarray, of_weights: bool
) -> tuple[np.ndarray, list[np.ndarray]]:
    """The input's gradient (or the first layer's output's) and those of weights and biases."""
    gradients: list[np.ndarray] = []
    for i in reversed(range(len(net))):
        if of_weights:
            gradients[:0] = [g.T @ xs[i], g.sum(0)]
        if i:
            g = g @ net[i][0]
            g *= np.where(xs[i] > 0, np.float32(1), np.float32(SLOPE))
    return g if of_weights else g @ net[0][0], gradients


def prepare(
    system: System, form: list[str], weights: Mapping[str, np.ndarray], threads: int
) -> Peer:
    D, G = net_of(weights, "D"), net_of(weights, "G")
    rate_D, rate_G, beta1 = system.rates
    opt_D, opt_G = Adam(D, rate_D, beta1), Adam(G, rate_G, beta1)
    m = system.batch
    target = np.repeat(np.float32([1, 0]), m)[:, None]
    random = np.random.default_rng(0)

    def probability(logit: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-logit))

    def step(x: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        drawn = forward(G, z)
        fake = np.tanh(drawn[-1])
        judged = forward(D, np.concatenate([x, fake]))
        p = probability(judged[-1])
        loss_D = -(np.log(p[:m]).mean() + np.log(1 - p[m:]).mean()) / 2
        opt_D.step(backward(D, judged, (p - target) / (2 * m), True)[1])
        judged = forward(D, fake)
        p = probability(judged[-1])
        loss_G = -np.log(p).mean()
        g, _ = backward(D, judged, (p - 1) / m, False)
        opt_G.step(backward(G, drawn, g * (1 - fake * fake), True)[1])
        return loss_D, loss_G

    return Peer(step, np.array, lambda *shape: random.standard_normal(shape, "float32"))
