"""S1 to S5, the systems that are timed: their networks, a step of each, weights and batches.

A network is a list of layers by PyTorch's names, and a step is written in PyTorch's words: minigan
and PyTorch run this one text; other libraries read the lists. The programs of examples/ are the
originals; here each step is without what they report.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from itertools import count, pairwise
from typing import Any

import numpy as np

Layers = tuple[tuple[Any, ...], ...]
Step = Callable[..., tuple[Any, ...]]  # of a batch and of what G sees, to losses

DROPOUT = 0.3  # S2's, while it is timed; random numbers of a library's own cannot be compared


@dataclass(frozen=True)
class System:
    """Networks, and what a step of them needs."""

    step: str
    D: Layers
    G: Layers
    image: tuple[int, ...]  # of one that D sees
    z: tuple[int, ...]  # of one point that G sees
    draws: int  # of z in each step; 0: G sees images
    rates: tuple[float, float, float]  # D's, G's, Adam's beta1
    std: tuple[float | None, float | None]  # of D's and G's weights; None: 1/√(3·inputs)
    checked: int  # steps that must agree; a convolutional GAN magnifies rounding sooner
    tolerance: float
    bias: bool = True
    batch: int = 64


def dense(sizes: tuple[int, ...], slope: float, last: str, dropout: bool = False) -> Layers:
    """Linear layers with LeakyReLU between them."""
    layers: list[tuple[Any, ...]] = []
    for a, b in pairwise(sizes):
        layers += [("Linear", a, b), ("LeakyReLU", slope)] + [("Dropout", 0.0)] * dropout
    return (*layers[: -2 if dropout else -1], (last,))


def s1() -> System:
    d = dense((784, 256, 128, 1), 0.1, "Sigmoid")
    g = dense((64, 256, 512, 784), 0.1, "Tanh")
    return System("s1", d, g, (784,), (64,), 1, (3e-4, 3e-4, 0.9), (None, None), 20, 1e-4)


def s2() -> System:
    d = dense((784, 1024, 512, 256, 1), 0.2, "Sigmoid", dropout=True)
    g = dense((100, 256, 512, 1024, 784), 0.2, "Tanh")
    return System("s2", d, g, (784,), (100,), 2, (2e-4, 2e-4, 0.5), (None, 0.02), 10, 1e-4)


def dcgan(channels: list[int], z: int, colours: int, last: str, norm_first: bool) -> Any:
    """D and G: 4×4 convolutions, each of which halves or doubles the image's side."""
    d: list[tuple[Any, ...]] = [("Conv2d", colours, channels[0], 4, 2, 1), ("LeakyReLU", 0.2)]
    g: list[tuple[Any, ...]] = [("ConvTranspose2d", z, channels[-1], 4, 1, 0)]
    for a, b in pairwise(channels):
        inner = [("LeakyReLU", 0.2), ("BatchNorm2d", b)]
        d += [("Conv2d", a, b, 4, 2, 1), *inner[:: -1 if norm_first else 1]]
    for a, b in pairwise([*channels[::-1], colours]):
        g += [("BatchNorm2d", a), ("ReLU",), ("ConvTranspose2d", a, b, 4, 2, 1)]
    return (*d, ("Conv2d", channels[-1], 1, 4, 1, 0), ("Flatten",), ("Sigmoid",)), (*g, (last,))


def s3(width: int) -> System:
    d, g = dcgan([width << i for i in range(4)], 100, 1, "Tanh", norm_first=False)
    rates = 1e-4, 2e-4, 0.5
    return System("s3", d, g, (1, 64, 64), (100, 1, 1), 2, rates, (0.02, 0.02), 3, 1e-2)


def s4(width: int = 64, batch: int = 16) -> System:
    d, g = dcgan([width << i for i in range(5)], 128, 3, "Sigmoid", norm_first=True)
    made = System(
        "s4", d, g, (3, 128, 128), (128, 1, 1), 1, (2e-4, 2e-4, 0.5), (0.02, 0.02), 2, 1e-2
    )
    return replace(made, bias=False, batch=batch)  # 16: a round of all peers takes a minute


def s5(width: int = 64) -> System:
    d = (
        ("Conv2d", 3, width, 3, 2, 1), ("LeakyReLU", 0.2), ("Conv2d", width, 2 * width, 3, 2, 1),
        ("LeakyReLU", 0.2), ("Flatten",), ("Linear", 2 * width * 8 * 8, 1), ("Sigmoid",),
    )  # fmt: skip
    g = (
        ("Conv2d", 3, width, 3, 1, 1), ("ReLU",), ("Conv2d", width, width, 3, 1, 1), ("ReLU",),
        ("Conv2d", width, 3, 3, 1, 1), ("Tanh",),
    )  # fmt: skip
    image = 3, 32, 32
    return System("s5", d, g, image, image, 0, (2e-4, 2e-4, 0.5), (None, None), 5, 1e-2)


SYSTEMS = {"s1": s1(), "s2": s2(), "s3-32": s3(32), "s3-64": s3(64), "s4": s4(), "s5": s5()}
SYSTEMS["s4-128"] = s4(batch=128)  # as in the program; a round of it takes six minutes


def shape_of(layer: tuple[Any, ...]) -> tuple[int, ...] | None:
    """Of a layer's weight, if it has one that is drawn."""
    kind, *sizes = layer
    if kind == "Linear":
        return sizes[1], sizes[0]
    if kind in ("Conv2d", "ConvTranspose2d"):
        inputs, outputs, size = sizes[:3]
        return *((outputs, inputs) if kind == "Conv2d" else (inputs, outputs)), size, size
    return None


def shapes(layers: Layers) -> list[tuple[int, ...]]:
    return [shape for layer in layers if (shape := shape_of(layer))]


def materials(system: System) -> dict[str, np.ndarray]:
    """Weights, real batches and what G sees with each of them, for all peers alike."""
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (system.checked, system.batch, *system.image))
    if system.draws:
        z = rng.standard_normal((system.checked, system.draws, system.batch, *system.z))
    else:  # blurred
        z = sum(np.roll(x, (i, j), (-2, -1)) for i in (-1, 0, 1) for j in (-1, 0, 1))[:, None] / 9
    made = {"x": x, "z": z}
    for net, std in zip("DG", system.std, strict=True):
        for i, shape in enumerate(shapes(getattr(system, net))):
            scale = std or 1 / math.sqrt(3 * math.prod(shape[1:]))
            made[f"{net}{i}"] = rng.standard_normal(shape) * scale
    return {name: array.astype(np.float32) for name, array in made.items()}


def flops(system: System) -> float:
    """Multiplications and additions that a step needs: 2 per weight, position and pass.

    D's half: G forward once; D forward and by its weights on 2·batch images, by its inputs from the
    second layer on. G's half: G forward if there is fresh noise, and by weights and inputs; D
    forward and by its inputs.
    """
    d, g = products(system.D, system.image), products(system.G, system.z)
    in_D = 2 * (2 * sum(d) + sum(d[1:])) + 2 * sum(d)
    in_G = (max(system.draws, 1) + 1) * sum(g) + sum(g[1:])
    return 2.0 * system.batch * (in_D + in_G)


def products(layers: Layers, shape: tuple[int, ...]) -> list[int]:
    """Of each layer with weights, on one image of such a shape."""
    side, found = shape[-1], []
    for layer in layers:
        if not (weight := shape_of(layer)):
            continue
        positions = 1
        if layer[0] != "Linear":
            size, stride, padding = layer[3:]
            if layer[0] == "Conv2d":
                side = (side + 2 * padding - size) // stride + 1
                positions = side**2
            else:  # one product of the whole kernel for each position that goes in
                positions, side = side**2, (side - 1) * stride - 2 * padding + size
        found.append(math.prod(weight) * positions)
    return found


# -- minigan and PyTorch: one text, two libraries --------------------------------------------------


def networks(torch: Any, system: System, weights: Mapping[str, np.ndarray]) -> tuple[Any, Any]:
    """D and G with the given weights and zero biases."""

    def built(layers: Layers) -> Any:
        options = [{} if shape_of(layer) is None else {"bias": system.bias} for layer in layers]
        pairs = zip(layers, options, strict=True)
        return torch.nn.Sequential(*(getattr(torch.nn, k)(*a, **more) for (k, *a), more in pairs))

    D, G = built(system.D), built(system.G)
    for name, network in (("D", D), ("G", G)):
        state, layer = network.state_dict(), count()
        for key, value in state.items():
            if value.ndim > 1:  # BatchNorm's weights, all 1, stay
                state[key] = torch.tensor(weights[f"{name}{next(layer)}"])
            elif key.endswith("bias"):
                state[key] = torch.zeros(len(value))
        network.load_state_dict(state)
    return D, G


def training_step(
    torch: Any, system: System, D: Any, G: Any, opt_D: Any, opt_G: Any, form: str = "eager"
) -> Step:
    """The example's step. Only G's gradients are asked for in G's half, in every library.

    form: in a "tutorial" no gradient is spared. The backward pass that "compile" makes does not
    look at what is asked for, so D is frozen meanwhile.
    """
    bce, parameters_of_G = torch.nn.BCELoss(), list(G.parameters())
    ones, zeros = torch.ones(system.batch, 1), torch.zeros(system.batch, 1)
    only_G = {} if form == "tutorial" else {"inputs": parameters_of_G}
    in_peace = nullcontext if form == "tutorial" else torch.no_grad

    @contextmanager
    def frozen() -> Iterator[None]:
        D.requires_grad_(False)
        yield
        D.requires_grad_(True)

    half_of_G: Callable[[], AbstractContextManager[None]]
    half_of_G = frozen if form == "compile" else nullcontext

    def update(optimizer: Any, loss: Any, **options: Any) -> None:
        optimizer.zero_grad()
        loss.backward(**options)
        optimizer.step()

    def s1(x: Any, z: Any) -> tuple[Any, Any]:
        fake = G(z)
        loss_D = bce(D(torch.cat([x, fake.detach()])), torch.cat([ones, zeros]))
        update(opt_D, loss_D)
        with half_of_G():
            loss_G = bce(D(fake), ones)
            update(opt_G, loss_G, **only_G)
        return loss_D, loss_G

    def s1_tutorial(x: Any, z: Any) -> tuple[Any, Any]:
        fake = G(z)
        loss_D = (bce(D(x), ones) + bce(D(fake), zeros)) / 2
        update(opt_D, loss_D, retain_graph=True)
        loss_G = bce(D(fake), ones)
        update(opt_G, loss_G)
        return loss_D, loss_G

    def s2(x: Any, z: Any, fresh: Any) -> tuple[Any, Any, Any]:
        loss_real = bce(D(x), ones)
        update(opt_D, loss_real)
        with in_peace():
            fake = G(z)
        loss_fake = bce(D(fake.detach()), zeros)
        update(opt_D, loss_fake)
        with half_of_G():
            loss_G = bce(D(G(fresh)), ones)
            update(opt_G, loss_G, **only_G)
        return loss_real, loss_fake, loss_G

    def s3(x: Any, z: Any, fresh: Any) -> tuple[Any, Any]:
        with torch.no_grad():
            fake = G(z)
        loss_D = bce(D(x), ones) + bce(D(fake), zeros)
        update(opt_D, loss_D)
        with half_of_G():
            loss_G = bce(D(G(fresh)), ones)
            update(opt_G, loss_G, **only_G)
        return loss_D, loss_G

    def s4(x: Any, z: Any) -> tuple[Any, Any, Any]:
        fake = G(z)
        opt_D.zero_grad()
        loss_real = bce(D(x), ones)
        loss_real.backward()
        loss_fake = bce(D(fake.detach()), zeros)
        loss_fake.backward()
        opt_D.step()
        with half_of_G():
            loss_G = bce(D(fake), ones)
            update(opt_G, loss_G, **only_G)
        return loss_real, loss_fake, loss_G

    def s5(y: Any, x: Any) -> tuple[Any, Any]:
        fake = G(x)
        loss_D = bce(D(torch.cat([y, fake.detach()])), torch.cat([ones, zeros]))
        update(opt_D, loss_D)
        with half_of_G():
            loss_G = bce(D(fake), ones) + (fake - y).abs().mean() * 100.0
            update(opt_G, loss_G, **only_G)
        return loss_D, loss_G

    if form == "tutorial" and system.step == "s1":
        return s1_tutorial
    return {"s1": s1, "s2": s2, "s3": s3, "s4": s4, "s5": s5}[system.step]


def torch_like(
    torch: Any, system: System, form: list[str], weights: Mapping[str, np.ndarray]
) -> tuple[Step, Callable[[np.ndarray], Any], Callable[[], None]]:
    """A step in this form by a library with PyTorch's words, how an array becomes its tensor, and
    what turns dropout on.
    """
    D, G = networks(torch, system, weights)
    dropouts = [layer for layer in D if isinstance(layer, torch.nn.Dropout)]
    layout = {"memory_format": torch.channels_last} if "channels_last" in form else {}
    if layout:
        D, G = D.to(**layout), G.to(**layout)
    fused = {"fused": True} if "fused" in form else {}
    rate_D, rate_G, beta1 = system.rates
    opt_D = torch.optim.Adam(D.parameters(), rate_D, (beta1, 0.999), **fused)
    opt_G = torch.optim.Adam(G.parameters(), rate_G, (beta1, 0.999), **fused)
    how = next((kind for kind in ("tutorial", "compile") if kind in form), "eager")
    if how == "compile":  # for each size of batch, as D sees two
        D, G = torch.compile(D, dynamic=False), torch.compile(G, dynamic=False)
    step = training_step(torch, system, D, G, opt_D, opt_G, how)

    def to(array: np.ndarray) -> Any:
        tensor = torch.tensor(array)
        return tensor.to(**layout) if layout and array.ndim == 4 else tensor

    def drop_out() -> None:
        for layer in dropouts:
            layer.p = DROPOUT

    return step, to, drop_out
