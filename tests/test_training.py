"""Training S1 beside PyTorch: the same weights, the same data, the same noise, step by step.

A GAN amplifies rounding: PyTorch's own float32 losses leave its float64 ones by more than 1e-3
within 200 steps. So the two libraries are compared in float64 over all of them, where both compute
the same numbers, and in float32 as long as rounding is small; and over all steps our float32 must
stay as near to float64 as PyTorch's does.
"""

import os
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

import minigan as mg

STEPS, BATCH = 200, 64


def networks(m):
    """D and G of S1."""
    nn = m.nn
    D = nn.Sequential(
        nn.Linear(784, 256), nn.LeakyReLU(0.1), nn.Linear(256, 128), nn.LeakyReLU(0.1),
        nn.Linear(128, 1), nn.Sigmoid(),
    )  # fmt: skip
    G = nn.Sequential(
        nn.Linear(64, 256), nn.LeakyReLU(0.1), nn.Linear(256, 512), nn.LeakyReLU(0.1),
        nn.Linear(512, 784), nn.Tanh(),
    )  # fmt: skip
    return D, G


def images(count):
    """MNIST where MINIGAN_DATA has it, else patterns as smooth as digits; within [-1, 1]."""
    folder = os.environ.get("MINIGAN_DATA")
    if folder and (Path(folder) / "mnist").is_dir():
        from minigan import data

        pixels = data.load("mnist", folder).data[:count]
        return (np.asarray(pixels).reshape(count, 784) / 127.5 - 1.0).astype("float32")
    random = np.random.default_rng(0)
    patterns = random.standard_normal((10, 784)) * 3.0
    return np.tanh(random.dirichlet([0.3] * 10, count) @ patterns).astype("float32")


def in_dtype(m, network, dtype):
    """The network with weights of this dtype."""
    if m is not mg:
        return network.to(getattr(m, dtype))
    for parameter in network.parameters():
        parameter.array = parameter.array.astype(dtype)
    return network


def train(m, state, steps, dtype):
    """The losses of D and of G in the tutorial's loop: one fake batch serves D's step, its graph
    kept, and then G's, through the updated D."""
    D, G = networks(m)
    for network, values in zip((D, G), state, strict=True):
        network.load_state_dict(values)
        in_dtype(m, network, dtype)
    bce = m.nn.BCELoss()
    opt_D, opt_G = m.optim.Adam(D.parameters(), lr=3e-4), m.optim.Adam(G.parameters(), lr=3e-4)
    ones, zeros = (m.tensor(make((BATCH, 1), dtype)) for make in (np.ones, np.zeros))
    real = images(steps * BATCH).reshape(steps, BATCH, 784).astype(dtype)
    noise = np.random.default_rng(1).standard_normal((steps, BATCH, 64)).astype("float32")
    losses = []
    for x, z in zip(map(m.tensor, real), map(m.tensor, noise.astype(dtype)), strict=True):
        opt_D.zero_grad()
        fake = G(z)
        loss_D = (bce(D(x), ones) + bce(D(fake), zeros)) / 2
        loss_D.backward(retain_graph=True)
        opt_D.step()

        opt_G.zero_grad()
        loss_G = bce(D(fake), ones)
        loss_G.backward()
        opt_G.step()
        losses.append((loss_D.item(), loss_G.item()))
    return np.array(losses)


@pytest.fixture
def state(torch):
    """The first weights of D and of G. One thread for the products: a busy machine halts two."""
    torch.manual_seed(0)
    with threadpool_limits(1):
        yield [network.state_dict() for network in networks(torch)]


def copied(state):
    return [{name: value.clone() for name, value in values.items()} for values in state]


def test_the_first_steps_of_s1_follow_pytorch(torch, backend, state):
    steps = 40 if backend != "cupy-strict" else 10
    ours = train(mg, state, steps, "float32")
    theirs = train(torch, copied(state), steps, "float32")
    np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


@pytest.mark.slow
def test_two_hundred_steps_of_s1_in_float64_follow_pytorch(torch, backend, state):
    if backend == "cupy-strict":
        pytest.skip("the stand-in is slow, and computes with NumPy")
    exact = train(torch, copied(state), STEPS, "float64")
    np.testing.assert_allclose(train(mg, state, STEPS, "float64"), exact, rtol=0, atol=1e-7)
