"""S1, a narrow S3 and WGAN-GP in the core's words alone; prints their first losses and gradients as JSON.

S3 in float64 as well: D at its beginning magnifies float32's rounding a hundredfold at each step.

Run by test_core_alone.py in a process of its own. With the word "alone" every other room of the
package is locked: importing it raises.
"""

import importlib.abc
import itertools
import json
import sys

CORE = {*"autograd backend errors interrupted missing nn ops optim unavailable".split()}


class Locked(importlib.abc.MetaPathFinder):
    """Refuses the rooms around the core."""

    def find_spec(self, name, path=None, target=None):
        package, *inside = name.split(".")
        if package == "minigan" and inside and inside[0] not in CORE:
            raise SystemExit(f"the core imports {name}")  # which nobody catches by mistake


if __name__ == "__main__" and "alone" in sys.argv:
    sys.meta_path.insert(0, Locked())

import minigan  # noqa: E402
from minigan import nn, optim  # noqa: E402


def s1():
    D = nn.Sequential(
        nn.Flatten(), nn.Linear(784, 256), nn.LeakyReLU(0.1), nn.Linear(256, 128),
        nn.LeakyReLU(0.1), nn.Linear(128, 1), nn.Sigmoid(),
    )  # fmt: skip
    G = nn.Sequential(
        nn.Linear(64, 256), nn.LeakyReLU(0.1), nn.Linear(256, 512), nn.LeakyReLU(0.1),
        nn.Linear(512, 784), nn.Tanh(), nn.Unflatten(1, (1, 28, 28)),
    )  # fmt: skip
    return D, G, (64,), (1, 28, 28)


def s3(width=16):  # wide enough for Winograd's convolution
    d, g, channels = [], [], [1, width, 2 * width, 4 * width, 8 * width]
    for c, o in itertools.pairwise(channels):
        d += [nn.Conv2d(c, o, 4, 2, 1), nn.LeakyReLU(0.2), *([nn.BatchNorm2d(o)] if c > 1 else [])]
    g += [nn.ConvTranspose2d(100, channels[4], 4), nn.BatchNorm2d(channels[4]), nn.ReLU()]
    for c, o in ((channels[i], channels[i - 1]) for i in (4, 3, 2)):
        g += [nn.ConvTranspose2d(c, o, 4, 2, 1), nn.BatchNorm2d(o), nn.ReLU()]
    d += [nn.Conv2d(channels[4], 1, 4), nn.Flatten(), nn.Sigmoid()]
    g += [nn.ConvTranspose2d(width, 1, 4, 2, 1), nn.Tanh()]
    D, G = nn.Sequential(*d), nn.Sequential(*g)
    for layer in (*D, *G):
        if isinstance(layer, nn.Conv2d):
            nn.init.normal_(layer.weight, 0.0, 0.02)
            nn.init.zeros_(layer.bias)
    return D, G, (100, 1, 1), (1, 64, 64)


def classic(D, G, z, image, steps, rates, batch=64, dtype="float32"):
    """The original game: both losses of each step; and each first gradient's norm."""
    for _, tensor in (*D.named_state(), *G.named_state()):
        if tensor.dtype == "float32":
            tensor.array = tensor.array.astype(dtype)
    bce, losses, slopes = nn.BCELoss(), [], []
    opt_D, opt_G = (
        optim.Adam(net.parameters(), lr, (0.5, 0.999))
        for net, lr in zip((D, G), rates, strict=True)
    )
    ones, zeros = minigan.ones(batch, 1, dtype=dtype), minigan.zeros(batch, 1, dtype=dtype)
    of_G = list(G.parameters())
    for _ in range(steps):
        real = (minigan.rand(batch, *image) * 2.0 - 1.0).astype(dtype)
        fake = G(minigan.randn(batch, *z).astype(dtype))
        loss_D = bce(D(real), ones) + bce(D(fake.detach()), zeros)
        opt_D.zero_grad()
        loss_D.backward()
        opt_D.step()
        loss_G = bce(D(fake), ones)
        opt_G.zero_grad()
        loss_G.backward(inputs=of_G)
        slopes = slopes or [p.grad.norm().item() for p in (*D.parameters(), *of_G)]
        opt_G.step()
        losses += [loss_D.item(), loss_G.item()]
    return losses, slopes


def wgan_gp(batch=64, steps=6, weight=10.0):
    """Gulrajani et al., arXiv 1704.00028, on points of the plane: losses, D's first gradients."""
    D = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 1))
    G = nn.Sequential(nn.Linear(2, 64), nn.ReLU(), nn.Linear(64, 2))
    opt_D, opt_G = (optim.Adam(net.parameters(), 1e-3, (0.5, 0.9)) for net in (D, G))
    losses, slopes = [], []
    for _ in range(steps):
        real, fake = minigan.randn(batch, 2) * 0.1 + 1.0, G(minigan.randn(batch, 2))
        e = minigan.rand(batch, 1)
        between = (real * e + fake.detach() * (1.0 - e)).requires_grad_()
        (slope,) = minigan.grad(D(between).sum(), between, create_graph=True)
        penalty = (slope.norm(dim=1) - 1.0).square().mean()
        loss_D = D(fake.detach()).mean() - D(real).mean() + penalty * weight
        opt_D.zero_grad()
        loss_D.backward()
        slopes = slopes or [p.grad.norm().item() for p in D.parameters()]
        opt_D.step()
        loss_G = -D(fake).mean()
        opt_G.zero_grad()
        loss_G.backward()
        opt_G.step()
        losses += [loss_D.item(), loss_G.item()]
    return losses, slopes


if __name__ == "__main__":
    minigan.manual_seed(0)
    systems = {
        "S1": classic(*s1(), steps=4, rates=(3e-4, 3e-4)),
        "S3, the first step": classic(*s3(), steps=1, rates=(1e-4, 2e-4)),
        "S3, float64": classic(*s3(), steps=4, rates=(1e-4, 2e-4), dtype="float64"),
        "WGAN-GP": wgan_gp(),
    }
    try:
        minigan.ones(2).__iadd__(1.0)
        raise SystemExit("the core changed a tensor in place")
    except TypeError as refusal:
        assert "write x = x + y" in str(refusal)
    try:
        minigan.no_grad()(lambda: (yield))
        raise SystemExit("the core decorated a generator")
    except TypeError as refusal:
        assert "reaches generators in minigan.torch, or as `with` inside" in str(refusal)
    assert not minigan.no_grad()(lambda: (minigan.ones(2).requires_grad_() * 2.0).requires_grad)()
    for target in (-0.1, 1.5):
        try:
            nn.BCELoss()(minigan.ones(2), minigan.ones(2) * target)
            raise SystemExit(f"the core took the probability {target}")
        except ValueError as refusal:
            assert "target" in str(refusal) and "leaves [0, 1]" in str(refusal)
    kernels = minigan.backend.kernels.__name__
    rooms = sorted({name.split(".")[1] for name in sys.modules if name.startswith("minigan.")})
    print(json.dumps({"systems": systems, "kernels": kernels, "rooms": rooms}))
