"""Small valid files that minigan itself writes: tensors, checkpoints, settings, losses."""

import argparse
import contextlib
import io
import itertools
import json
import tempfile
from functools import cache
from pathlib import Path
from random import Random
from typing import Any
from unittest import mock

import numpy as np
import safetensors.numpy

import minigan
import minigan.torch
from fuzzing.mutations import tree_changed
from minigan import models, nn, optim, pictures, run, serialization
from minigan.errors import UserError
from minigan.run import files

# -- tensors ---------------------------------------------------------------------------------------


def tensor_files() -> list[dict[str, bytes]]:
    """Flat and not, with a checksum and without, and those of other programs."""
    weights = {"w": minigan.ones(2, 3), "b": minigan.zeros(3)}
    tree = {"parts": {"G": weights}, 3: [1, 2.5, None, True, "x"], "t": (np.arange(4),), "e": {}}
    foreign = {"a": np.ones((3, 4), "f2"), "b": np.zeros((0, 2), "i8")}
    contents = [
        serialization.to_bytes(weights), serialization.to_bytes(tree),
        unchecked(serialization.to_bytes(tree)),
        safetensors.numpy.save(foreign), safetensors.numpy.save(foreign, {"format": "pt"}),
    ]  # fmt: skip
    return [{"a.safetensors": content} for content in contents]


def unchecked(content: bytes) -> bytes:
    """The same file without its checksum, as minigan formerly wrote it."""
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    tree = json.loads(header["__metadata__"]["minigan"])["tree"]
    arrays = safetensors.numpy.load(content)
    return safetensors.numpy.save(arrays, {"minigan.tree": json.dumps(tree)})


def load(folder: Path) -> None:
    """By its name."""
    minigan.load(folder / "a.safetensors")


def load_torch(folder: Path) -> None:
    """As an open file."""
    with open(folder / "a.safetensors", "rb") as file:
        minigan.torch.load(file, map_location="cpu")


def shape_changed(rng: Random, content: bytes) -> bytes:
    """A tensor of another shape, of as many numbers where that can be."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    shape = header[rng.choice([name for name in header if name != "__metadata__"])]["shape"]
    more = ([0, 2**62], [1] * 63, [2**63, 2], [2**32, 2**32], [0], [-1])
    shape[:] = shape * rng.randrange(2) + rng.choice(more)
    new = json.dumps(header).encode()
    return len(new).to_bytes(8, "little") + new + content[8 + length :]


def state_changed(rng: Random, content: bytes) -> bytes:
    """A checkpoint that is whole, of something else."""
    state = tree_changed(rng, serialization.from_bytes(content, "it"))
    with contextlib.suppress(TypeError, ValueError, OverflowError, RecursionError):
        content = serialization.to_bytes(state)
    return content


# -- a run, resumed --------------------------------------------------------------------------------


class Enough(Exception):
    """The run has made its steps."""


def options(folder: Path, *words: str) -> argparse.Namespace:
    """Those of the smallest program."""
    argv = ["--out", str(folder), "--backend", "numpy", *words]
    lr = run.rate(0.1, "of the optimizer")
    return run.options("tiny", None, epochs=3, batch_size=2, dataset=None, argv=argv, lr=lr)


def train(chosen: argparse.Namespace, steps: int) -> None:
    """So many steps of it, and a checkpoint."""
    image = (1, 2, 2)
    D, G = models.DenseDiscriminator((3,), image=image), models.DenseGenerator(2, (3,), image=image)
    adam, bce = optim.Adam([*D.parameters(), *G.parameters()], chosen.lr), nn.BCELoss()
    with contextlib.suppress(Enough), run.Run(chosen, D=D, G=G, adam=adam) as r:
        for _ in r.epochs():
            for _ in r.batches([0] * 4):
                adam.zero_grad()
                loss = bce(D(G(G.noise(2))), minigan.ones(2, 1))
                loss.backward()
                adam.step()
                r.log(loss_D=loss)
                steps -= 1
                if not steps:
                    r.checkpoint()
                    raise Enough


@cache
def run_files() -> list[dict[str, bytes]]:
    """The folder of a run, also without its second checkpoint, or with one of former times."""
    silence, seconds = io.StringIO(), itertools.count()
    with tempfile.TemporaryDirectory() as name:
        with (
            contextlib.redirect_stdout(silence),
            contextlib.redirect_stderr(silence),
            mock.patch("time.perf_counter", lambda: next(seconds) / 4),  # the same bytes each time
            mock.patch("sys.orig_argv", ["tiny"]),
        ):
            train(options(Path(name), "--log-every", "3"), 6)
        whole = {path.name: path.read_bytes() for path in sorted(Path(name).iterdir())}
    alone = {name: content for name, content in whole.items() if name != files.BEFORE}
    return [whole, alone, alone | {files.CHECKPOINT: unchecked(alone[files.CHECKPOINT])}]


def resume(folder: Path) -> None:
    """Two more steps. What is wrong with the options, the command line says in one line."""
    try:
        chosen = options(folder, "--resume")
    except SystemExit as error:
        assert error.code == 2
        raise UserError from None
    train(chosen, 2)


# -- a network, used -------------------------------------------------------------------------------


def network_files() -> list[dict[str, bytes]]:
    """Weights, and the settings that say of which network."""
    sets = []
    for network in (
        models.DenseGenerator(3, (4,), image=(1, 3, 3)),
        models.DCGANGenerator(4, 2, 8, classes=2),
        models.Deblurrer(3, 1),
    ):
        entry = {"class": type(network).__name__, "arguments": network.arguments}
        settings = {"program": "x", "options": {}, "networks": {"G": entry}, "files": ["a"]}
        weights = serialization.to_bytes(network.state_dict())
        sets.append({"settings.json": json.dumps(settings).encode(), "G.safetensors": weights})
    return sets


def use_network(folder: Path) -> None:
    """A forward pass of it; then the run is removed."""
    network: Any = run.load_network(folder)
    image = (1, network.arguments.get("channels", 1), 8, 8)
    with minigan.no_grad():
        network(network.noise(2) if hasattr(network, "noise") else minigan.zeros(*image))
    files.remove_run(folder)


# -- curves ----------------------------------------------------------------------------------------


def curve_files() -> list[dict[str, bytes]]:
    """A table of losses."""
    rows = "".join(f"{step},0,{step / 9},0.5\n" for step in range(1, 30))
    return [{"losses.csv": f"step,epoch,loss_D,D_x\n{rows}".encode()}]


def draw_curves(folder: Path) -> None:
    """The picture of it."""
    pictures.save_curves(folder / "losses.png", folder / "losses.csv", "title")
