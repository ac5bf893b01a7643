"""DeZero 0.0.13, with its own layers and Adam. It cannot ask for some gradients only."""

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import harness
import numpy as np
from systems import System

from peers import Peer
from peers.numpy import SLOPE, net_of

np.int = int  # type: ignore[attr-defined]  # a name that NumPy has dropped and DeZero imports by

EPS = 1e-8 * 0.001**0.5  # it adds it before correcting v: in the first step this is everybody's


def prepare(
    system: System, form: list[str], weights: Mapping[str, np.ndarray], threads: int
) -> Peer:
    dezero = harness.installed("dezero")
    F, Adam = dezero.functions, dezero.optimizers.Adam
    m, random = system.batch, np.random.default_rng(0)
    # Python's numbers become float64 arrays in DeZero, which NumPy 2 does not convert back.
    ones, zeros, count = np.ones((m, 1), "float32"), np.zeros((m, 1), "float32"), np.float32(m)

    def parameters(name: str) -> list[list[Any]]:
        return [
            [dezero.Parameter(np.ascontiguousarray(w.T)), dezero.Parameter(b)]
            for w, b in net_of(weights, name)
        ]

    def optimizer(net: Any, lr: float) -> Any:
        flat = [p for pair in net for p in pair]
        return Adam(lr, system.rates[2], eps=EPS).setup(SimpleNamespace(params=lambda: flat))

    D, G = parameters("D"), parameters("G")
    opt_D, opt_G = optimizer(D, system.rates[0]), optimizer(G, system.rates[1])
    both, of_both = np.concatenate([ones, zeros]), np.float32(2 * m)

    def forward(net: Any, x: Any) -> Any:
        for i, (w, b) in enumerate(net):
            x = F.linear(F.leaky_relu(x, SLOPE) if i else x, w, b)
        return x

    def bce(p: Any, target: np.ndarray, count: np.float32) -> Any:
        one = np.ones_like(target)
        return -F.sum(target * F.log(p) + (one - target) * F.log(one - p)) / count

    def update(opt: Any, loss: Any) -> None:
        for p in opt.target.params():
            p.cleargrad()
        loss.backward()
        opt.update()

    def step(x: np.ndarray, z: np.ndarray) -> tuple[Any, Any]:
        fake = F.tanh(forward(G, z))
        loss_D = bce(F.sigmoid(forward(D, np.concatenate([x, fake.data]))), both, of_both)
        update(opt_D, loss_D)
        loss_G = bce(F.sigmoid(forward(D, fake)), ones, count)
        update(opt_G, loss_G)
        return loss_D.data, loss_G.data

    return Peer(step, np.array, lambda *shape: random.standard_normal(shape, "float32"))
