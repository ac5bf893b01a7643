"""MyGrad, tensors on NumPy; it has no Adam, so NumPy's serves. D is constant in G's half."""

from collections.abc import Mapping
from typing import Any

import harness
import numpy as np
from systems import System

from peers import Peer
from peers.numpy import SLOPE, Adam, net_of


def prepare(
    system: System, form: list[str], weights: Mapping[str, np.ndarray], threads: int
) -> Peer:
    mg = harness.installed("mygrad")
    sigmoid = harness.installed("mygrad.nnet.activations").sigmoid
    mg.turn_memory_guarding_off()  # as its documentation advises where time counts
    D, G = net_of(weights, "D"), net_of(weights, "G")
    rate_D, rate_G, beta1 = system.rates
    opt_D, opt_G = Adam(D, rate_D, beta1), Adam(G, rate_G, beta1)
    m, random = system.batch, np.random.default_rng(0)

    def tensors(net: Any, constant: bool = False) -> Any:
        return [[mg.tensor(p, constant=constant, copy=False) for p in pair] for pair in net]

    def forward(net: Any, x: Any) -> Any:
        for i, (w, b) in enumerate(net):
            x = mg.maximum(x, SLOPE * x) if i else x
            x = mg.matmul(x, w.T) + b
        return x

    def update(optimizer: Adam, net: Any, loss: Any) -> None:
        loss.backward()
        optimizer.step([p.grad for pair in net for p in pair])

    def step(x: np.ndarray, z: np.ndarray) -> tuple[float, float]:
        of_D, of_G = tensors(D), tensors(G)
        fake = mg.tanh(forward(of_G, z))
        p = sigmoid(forward(of_D, np.concatenate([x, fake.data])))
        loss_D = -(mg.log(p[:m]).mean() + mg.log(1 - p[m:]).mean()) / 2
        update(opt_D, of_D, loss_D)
        loss_G = -mg.log(sigmoid(forward(tensors(D, constant=True), fake))).mean()
        update(opt_G, of_G, loss_G)
        return loss_D.item(), loss_G.item()

    return Peer(step, np.array, lambda *shape: random.standard_normal(shape, "float32"))
