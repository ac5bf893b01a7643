"""HIPS autograd, which differentiates NumPy code; it has no Adam by the step: NumPy's serves."""

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
    anp, autograd = harness.installed("autograd.numpy"), harness.installed("autograd")
    make_vjp = harness.installed("autograd.core").make_vjp
    D, G = net_of(weights, "D"), net_of(weights, "G")
    rate_D, rate_G, beta1 = system.rates
    opt_D, opt_G = Adam(D, rate_D, beta1), Adam(G, rate_G, beta1)
    m, random = system.batch, np.random.default_rng(0)

    def forward(net: Any, x: Any) -> Any:
        for i, (w, b) in enumerate(net):
            x = anp.maximum(x, SLOPE * x) if i else x
            x = anp.dot(x, w.T) + b
        return x

    def probability(net: Any, x: Any) -> Any:
        return 1 / (1 + anp.exp(-forward(net, x)))

    def step(x: np.ndarray, z: np.ndarray) -> tuple[Any, Any]:
        pull, fake = make_vjp(lambda net: anp.tanh(forward(net, z)), G)
        both = np.concatenate([x, fake])

        def loss_of_D(net: Any) -> Any:
            p = probability(net, both)
            return -(anp.mean(anp.log(p[:m])) + anp.mean(anp.log(1 - p[m:]))) / 2

        loss_D, g = autograd.value_and_grad(loss_of_D)(D)
        opt_D.step([each for pair in g for each in pair])
        of_images = autograd.value_and_grad(lambda each: -anp.mean(anp.log(probability(D, each))))
        loss_G, g = of_images(fake)
        opt_G.step([each for pair in pull(g) for each in pair])
        return loss_D, loss_G

    return Peer(step, np.array, lambda *shape: random.standard_normal(shape, "float32"))
