"""A GAN tutorial written for PyTorch runs when its imports are changed, and nothing else.

The programs in tests/tutorials are written for PyTorch, each in the habits of one kind of tutorial.
Here each runs with its import lines changed, torch to minigan.torch and torchvision to
minigan.torchvision, and, where PyTorch is installed, as it stands; both then draw the same random
numbers, and their `history`, mostly losses, must agree.
"""

import importlib.util
import random
import re
import sys
import warnings
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import minigan
import minigan.torch
import minigan.torchvision
from minigan.backend.random import Generator

PROGRAMS = sorted((Path(__file__).parent / "tutorials").glob("*.py"))
FOR_THE_GPU = {"assignment", "conditional", "dcgan_official", "mnist_script", "mnist_sequential"}


def for_minigan(source):
    """The same program with its import lines changed: torch and torchvision are minigan's rooms."""
    return "".join(map(_changed, source.splitlines(keepends=True)))


def _changed(line):
    if not re.match(r"(import|from) torch", line):
        return line
    alias = re.match(r"import (torch|torchvision)\n", line)
    line = re.sub(r"\b(torchvision|torch)\b", r"minigan.\1", line, count=1)
    return f"import minigan.{alias[1]} as {alias[1]}\n" if alias else line


def test_only_import_lines_change():
    source = (
        "import torch\nfrom torchvision import datasets\nimport torch.nn as nn\ntorch.ones(2)\n"
    )
    changed = (
        "import minigan.torch as torch\nfrom minigan.torchvision import datasets\n"
        "import minigan.torch.nn as nn\n"
    )
    assert for_minigan(source) == changed + "torch.ones(2)\n"


# -- the surroundings of a program -----------------------------------------------------------------


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, with a tiny MNIST and a folder of faces; no display, no GPU."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.setattr(sys, "argv", ["tutorial.py"])
    monkeypatch.setattr("minigan.torch.cuda.is_available", lambda: False)
    drawn = np.random.default_rng(0)
    for root in (tmp_path, tmp_path / "data"):
        raw = root / "MNIST" / "raw"
        raw.mkdir(parents=True)
        for part, count in {"train": 96, "t10k": 32}.items():
            images = drawn.integers(0, 256, (count, 28, 28), np.uint8)
            write_idx(raw / f"{part}-images-idx3-ubyte", images)
            write_idx(raw / f"{part}-labels-idx1-ubyte", (np.arange(count) % 10).astype(np.uint8))
    faces = tmp_path / "faces" / "somebody"
    faces.mkdir(parents=True)
    for number in range(12):
        Image.fromarray(drawn.integers(0, 256, (22, 18, 3), np.uint8)).save(faces / f"{number}.png")


def write_idx(path, array):
    sizes = np.array(array.shape, ">i4").tobytes()
    path.write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())


def run(source, name):
    """Execute a program as a script; its `history`."""
    random.seed(0)
    np.random.seed(0)
    names = {"__name__": "__main__"}
    exec(compile(source, name, "exec"), names)
    return names["history"]


# -- the same random numbers for both --------------------------------------------------------------


class Numbers:
    """One stream of values. Orders are always the same: PyTorch draws some that nobody uses."""

    def __init__(self):
        self.values = np.random.default_rng(1)

    def uniform(self, shape, low=0.0, high=1.0):
        return (self.values.random(shape) * (high - low) + low).astype(np.float32)

    def normal(self, shape, mean=0.0, std=1.0):
        return (self.values.standard_normal(shape) * std + mean).astype(np.float32)

    def bernoulli(self, p, shape):
        return self.values.random(shape) < p

    def integers(self, low, high, shape):
        return self.values.integers(low, high, shape)

    def permutation(self, n):
        return np.random.default_rng(n).permutation(n)


@pytest.fixture
def minigan_draws(monkeypatch):
    """minigan's random numbers are NumPy's."""

    def draw():
        numbers = Numbers()
        for name in ("uniform", "normal", "bernoulli", "integers", "permutation"):
            drawn = getattr(numbers, name)
            monkeypatch.setattr(Generator, name, lambda self, *a, drawn=drawn, **k: drawn(*a, **k))

    return draw


@pytest.fixture
def torch_draws(monkeypatch):
    """PyTorch's random numbers are NumPy's, in the order in which minigan draws them."""
    torch = pytest.importorskip("torch")

    def shape_of(sizes):
        return tuple(sizes[0]) if len(sizes) == 1 and not isinstance(sizes[0], int) else sizes

    def maker(kind):
        def make(*sizes, size=None, requires_grad=False, **_):
            values = getattr(numbers, kind)(shape_of(sizes if size is None else (size,)))
            return torch.from_numpy(np.asarray(values)).requires_grad_(requires_grad)

        return make

    def filler(kind, *names):
        def fill(tensor, *args, generator=None, **named):
            args = [*args, *(named[name] for name in names if name in named)]
            return tensor.copy_(
                torch.from_numpy(np.asarray(getattr(numbers, kind)(tensor.shape, *args)))
            )

        return fill

    def normal(mean, std, size=None):
        return torch.from_numpy(numbers.normal(mean.shape if size is None else size)) * std + mean

    def randint(*args, size=None, **_):
        bounds, size = (args, size) if size is not None else (args[:-1], args[-1])
        low, high = (0, *bounds) if len(bounds) == 1 else bounds
        return torch.from_numpy(numbers.integers(low, high, tuple(size)))

    def randperm(n, **_):
        return torch.from_numpy(numbers.permutation(n))

    def random_(tensor, *args, **_):  # seeds; no program draws its values so
        return tensor.fill_(0)

    def dropout(x, p=0.5, training=True, inplace=False):
        if not training or p == 0.0:
            return x
        return (
            x * torch.from_numpy(numbers.bernoulli(1.0 - p, x.shape).astype(np.float32)) / (1.0 - p)
        )

    def dropout2d(x, p=0.5, training=True, inplace=False):
        return x * dropout(torch.ones(*x.shape[:2], 1, 1), p, training)

    def gumbel_softmax(logits, tau=1.0, hard=False, eps=1e-10, dim=-1):
        u = torch.from_numpy(numbers.uniform(logits.shape)) + 2.0**-25
        soft = ((logits - (-u.log()).log()) / tau).softmax(dim)
        one_hot = torch.zeros_like(soft).scatter_(dim, soft.argmax(dim, keepdim=True), 1.0)
        return one_hot - soft.detach() + soft if hard else soft

    def draw():
        nonlocal numbers
        numbers = Numbers()
        F = torch.nn.functional
        for owner, name, function in [
            (torch, "rand", maker("uniform")),
            (torch, "randn", maker("normal")),
            (torch, "rand_like", lambda x, **_: maker("uniform")(x.shape)),
            (torch, "randn_like", lambda x, **_: maker("normal")(x.shape)),
            (torch, "normal", normal),
            (torch, "randint", randint),
            (torch, "randperm", randperm),
            (torch.utils.data.dataset, "randperm", randperm),
            (torch.Tensor, "normal_", filler("normal", "mean", "std")),
            (torch.Tensor, "uniform_", filler("uniform", "a", "b")),
            (torch.Tensor, "random_", random_),
            (F, "dropout", dropout),
            (F, "dropout2d", dropout2d),
            (F, "gumbel_softmax", gumbel_softmax),
            (torch.cuda, "is_available", lambda: False),
        ]:
            monkeypatch.setattr(owner, name, function)

    numbers = Numbers()
    return draw


@pytest.fixture
def torchvision(monkeypatch):
    """torchvision or, where it is not installed, minigan's data as PyTorch's tensors."""
    if importlib.util.find_spec("torchvision"):
        return
    torch = pytest.importorskip("torch")

    def theirs(value):
        return (
            torch.from_numpy(value.numpy().copy()) if isinstance(value, minigan.Tensor) else value
        )

    def ours(value):
        return (
            minigan.torch.from_numpy(value.detach().numpy())
            if isinstance(value, torch.Tensor)
            else value
        )

    def as_torch(kind):
        item = {
            "__getitem__": lambda self, index: tuple(map(theirs, kind.__getitem__(self, index)))
        }
        return type(kind.__name__, (kind,), item)

    vision = minigan.torchvision
    stand_in, parts = ModuleType("torchvision"), {"transforms": vision.transforms}
    parts["datasets"] = SimpleNamespace(
        MNIST=as_torch(vision.datasets.MNIST), ImageFolder=as_torch(vision.datasets.ImageFolder)
    )
    parts["utils"] = SimpleNamespace(
        make_grid=lambda images, **k: theirs(vision.utils.make_grid(ours(images), **k)),
        save_image=lambda images, path, **k: vision.utils.save_image(ours(images), path, **k),
    )
    monkeypatch.setitem(sys.modules, "torchvision", stand_in)
    for name, part in parts.items():
        setattr(stand_in, name, part)
        monkeypatch.setitem(sys.modules, f"torchvision.{name}", part)


# -- the tests -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_runs_with_other_imports(path):
    source = path.read_text(encoding="utf-8")
    minigan.manual_seed(0)
    assert np.isfinite(run(for_minigan(source), path.name)).all()


@pytest.mark.parametrize("name", sorted(FOR_THE_GPU))
def test_takes_the_gpu_that_it_asks_for(name, backend, monkeypatch):
    if backend == "numpy":
        pytest.skip("a matter of CuPy")
    source = (PROGRAMS[0].parent / f"{name}.py").read_text(encoding="utf-8")
    monkeypatch.setattr("minigan.torch.cuda.is_available", lambda: True)
    with minigan.use_backend("numpy"):
        assert np.isfinite(run(for_minigan(source), name)).all()
        assert minigan.backend.name == "cupy"


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_computes_what_pytorch_computes(path, minigan_draws, torch_draws, torchvision):
    source = path.read_text(encoding="utf-8")
    minigan_draws()
    ours = run(for_minigan(source), path.name)
    torch_draws()
    with warnings.catch_warnings(action="ignore"):
        theirs = run(source, path.name)
    np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-4)
