"""The same seed trains the same networks on both backends: 200 steps of each system, where a GPU
answers; a few of each on the stand-in, whose kernels run on the CPU.

The backends add in different orders, so their float32 numbers differ in the last digits, and each
step of a GAN amplifies what the step before left: after a hundred steps or so the two runs are two
samples of one training. So single losses are compared in the first steps, then the means.
"""

from dataclasses import dataclass
from typing import Any

import cuda_on_cpu
import numpy as np
import pytest

import minigan as mg
from minigan import backend as B
from minigan import models, nn, optim
from minigan.data import DataLoader, ImageDataset
from minigan.data.transforms import Compose, Normalize, RandomHorizontalFlip, ToTensor

cupy = pytest.importorskip("cupy")
STAND_IN = hasattr(cupy, "emulated_kernels")
if STAND_IN:
    cuda_on_cpu.install()

STEPS, BATCH = (4, 8) if STAND_IN else (200, 64)

# How far losses may differ: before anything was learned, in the first ten steps, and on average.
AT_ONCE, SOON, MEANS = 1e-5, 1e-2, 0.15

pytestmark = [
    pytest.mark.skipif(
        STAND_IN and not cuda_on_cpu.has_compiler, reason="g++ runs kernels on the CPU"
    ),
    *([] if STAND_IN else [pytest.mark.gpu]),
]


@dataclass
class System:
    """D and G, and what they are fed with."""

    D: Any
    G: Any
    image: tuple[int, ...]
    lr: float
    beta1: float
    pixels: float = 0.0  # the weight of an L1 loss: G then sharpens images instead of drawing them


def system(name: str) -> System:
    """The systems of the examples, the convolutional ones less wide."""
    if name == "S1 dense":
        D, G = models.DenseDiscriminator(), models.DenseGenerator()
        return System(D, G, (1, 28, 28), 3e-4, 0.9)
    if name == "S2 dense, dropout":
        D = models.DenseDiscriminator((1024, 512, 256), 0.2, 0.3)
        return System(D, models.DenseGenerator(100, (256, 512, 1024), 0.2), (1, 28, 28), 2e-4, 0.5)
    if name == "S5 deblurring":
        D, G = models.DeblurDiscriminator(16), models.Deblurrer(16)
        return System(D, G, (3, 32, 32), 2e-4, 0.5, pixels=100.0)
    colours, size = (1, 32) if name == "S3 DCGAN" else (3, 64)
    D = models.DCGANDiscriminator(8, size, colours, norm_first=colours == 3)
    G = models.DCGANGenerator(100, 8, size, colours, last="tanh")
    models.dcgan_init(D)
    models.dcgan_init(G)
    return System(D, G, (colours, size, size), 2e-4, 0.5)


def train(name: str, steps: int) -> tuple[np.ndarray, list[Any]]:
    """Both losses of each step, (steps, 2), and all parameters and statistics at the end."""
    mg.manual_seed(0)
    s = system(name)
    betas = (s.beta1, 0.999)
    opt_D = optim.Adam(s.D.parameters(), s.lr, betas)
    opt_G = optim.Adam(s.G.parameters(), s.lr, betas)
    bce, parameters_of_G = nn.BCELoss(), list(s.G.parameters())
    ones, zeros = mg.ones(BATCH, 1), mg.zeros(BATCH, 1)
    losses = []
    for _ in range(steps):
        x = mg.randn(BATCH, *s.image).tanh()
        z = (x * 0.5) if s.pixels else s.G.noise(BATCH)
        fake = s.G(z)
        loss_D = bce(s.D(x), ones) + bce(s.D(fake.detach()), zeros)
        opt_D.zero_grad()
        loss_D.backward()
        opt_D.step()
        loss_G = bce(s.D(fake), ones)
        if s.pixels:
            loss_G = loss_G + (fake - x).abs().mean() * s.pixels
        opt_G.zero_grad()
        loss_G.backward(inputs=parameters_of_G)
        opt_G.step()
        losses.append(mg.stack([loss_D.detach(), loss_G.detach()]).array)
    rows = B.to_host(B.xp.stack(losses))
    return rows, [t.array for net in (s.D, s.G) for t in net.state_dict().values()]


SYSTEMS = ["S1 dense", "S2 dense, dropout", "S3 DCGAN", "S4 DCGAN in colour", "S5 deblurring"]


@pytest.mark.parametrize("name", SYSTEMS)
def test_same_seed_same_training(name):
    on_numpy, _ = train(name, STEPS)
    with mg.use_backend("cupy"):
        on_cupy, state = train(name, STEPS)
    assert {on_cupy.dtype, *(a.dtype for a in state if a.dtype.kind == "f")} == {np.dtype("f4")}
    assert np.isfinite(on_cupy).all()
    assert _apart(on_cupy[:1], on_numpy[:1]) <= AT_ONCE
    assert _apart(on_cupy[:10], on_numpy[:10]) <= SOON
    assert _apart(on_cupy.mean(axis=0), on_numpy.mean(axis=0)) <= MEANS


def _apart(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference, relative to the larger of 1 and the value."""
    return float((abs(a - b) / np.maximum(abs(b), 1.0)).max())


LAUNCHES = {"S1 dense": 93, "S3 DCGAN": 241}  # of a whole step, CuPy's own kernels included


@pytest.mark.skipif(not STAND_IN, reason="only the stand-in counts all launches")
@pytest.mark.parametrize("name", LAUNCHES)
def test_a_step_keeps_its_budget_and_never_waits(name):
    def counts(steps):
        cupy.reset_counters()
        train(name, steps)
        return cupy.launches.total(), cupy.synchronisations.copy(), cupy.transfers.copy()

    with mg.use_backend("cupy"):
        (two, waits, copies), (three, more_waits, more_copies) = counts(2), counts(3)
    assert three - two <= LAUNCHES[name]
    assert more_waits == waits, "a step makes the host wait for the device"
    assert more_copies == copies, "a step copies between host and device"


@pytest.mark.skipif(not STAND_IN, reason="only the stand-in counts copies and waits")
def test_an_epoch_copies_the_order_of_the_images_and_nothing_else():
    pixels = np.random.default_rng(0).integers(0, 256, (70, 1, 8, 8), dtype=np.uint8)
    transform = Compose([RandomHorizontalFlip(), ToTensor(), Normalize(0.5, 0.5)])
    loader = DataLoader(ImageDataset(pixels, np.arange(70), transform), 8, shuffle=True)
    with mg.use_backend("cupy"):
        next(iter(loader))  # the bytes cross
        cupy.reset_counters()
        assert len(list(loader)) == 9
        assert dict(cupy.transfers) == {"to_device": 1} and not cupy.synchronisations
