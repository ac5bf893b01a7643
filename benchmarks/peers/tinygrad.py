"""tinygrad on the CPU, its step captured by TinyJit; it wants a C compiler."""

import os
import shutil
from collections.abc import Mapping
from typing import Any

import harness
import numpy as np
from systems import System

from peers import Peer
from peers.numpy import SLOPE, net_of


def prepare(
    system: System, form: list[str], weights: Mapping[str, np.ndarray], threads: int
) -> Peer:
    os.environ |= {"DEV": "CPU", "TRAINING": "1", "NUM_CPU_THREADS": str(threads)}
    tinygrad = harness.installed("tinygrad")
    if not shutil.which(os.environ.get("CC", "clang")):
        harness.absent("clang")
    Tensor, Adam = tinygrad.Tensor, tinygrad.nn.optim.Adam
    m = system.batch

    def parameters(name: str) -> list[list[Any]]:
        pairs = net_of(weights, name)
        return [[Tensor(p).is_param_(True).realize() for p in pair] for pair in pairs]

    D, G = parameters("D"), parameters("G")
    rate_D, rate_G, beta1 = system.rates
    opt_D = Adam([p for pair in D for p in pair], rate_D, beta1)
    opt_G = Adam([p for pair in G for p in pair], rate_G, beta1)

    def forward(net: Any, x: Any) -> Any:
        for i, (w, b) in enumerate(net):
            x = x.leaky_relu(SLOPE) if i else x
            x = x.linear(w.T, b)
        return x

    @tinygrad.TinyJit
    def captured(x: Any, z: Any) -> tuple[Any, Any]:
        fake = forward(G, z).tanh()
        p = forward(D, x.cat(fake.detach())).sigmoid()
        loss_D = -(p[:m].log().mean() + (1 - p[m:]).log().mean()) / 2
        opt_D.zero_grad()
        loss_D.backward()
        updates = opt_D.schedule_step()
        loss_D.realize(*updates)
        loss_G = -forward(D, fake).sigmoid().log().mean()
        opt_G.zero_grad()
        loss_G.backward()
        return loss_D, loss_G.realize(*opt_G.schedule_step())

    def step(x: Any, z: Any) -> tuple[Any, Any]:
        loss_D, loss_G = captured(x, z)
        return loss_D.item(), loss_G.item()

    return Peer(step, lambda a: Tensor(a).realize(), lambda *shape: Tensor.randn(*shape).realize())
