"""torch.save and torch.load: to paths and to files, of what checkpoints hold, in PyTorch's words."""

import argparse
import io
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

import minigan.torch as mg
from minigan import backend as B
from minigan.errors import UserError
from minigan.torch import nn, optim


def checkpoint():
    """A network that has learned for a step, and what programs keep beside it."""
    mg.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    optimizer = optim.Adam(net.parameters(), lr=0.01, betas=(0.5, 0.999))
    net(mg.randn(5, 3)).mean().backward()
    optimizer.step()
    return net, {
        "epoch": 3,
        "net": net.state_dict(),
        "optimizer": optimizer.state_dict(),
        "losses": [[0.5, 1.5], [0.25]],
        "best": (0.25, None, True, "it was a good one"),
        "by epoch": {0: 1.0, 10: [mg.arange(3), {"deep": mg.tensor(2.5)}]},
        "noise": mg.randn(2, 3),
        "grid": np.arange(6.0).reshape(2, 3),
        "score": np.float32(0.5),
        "random": mg.get_rng_state(),
        "empty": {},
    }


def same(a, b):
    if isinstance(a, mg.Tensor):
        return isinstance(b, mg.Tensor) and a.dtype == b.dtype and a.tolist() == b.tolist()
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and np.array_equal(a, b)
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, (list, tuple)):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return a == b and isinstance(b, (bool, int, float, str, type(None)))


WAYS = {
    "a name": lambda folder: str(folder / "x.pth"),
    "a path": lambda folder: folder / "x.pth",
    "bytes": lambda folder: io.BytesIO(),
    "a file": lambda folder: open(folder / "x.pth", "w+b"),  # noqa: SIM115
}


@pytest.mark.parametrize("way", WAYS)
def test_a_checkpoint_comes_back_as_it_was(way, tmp_path, backend):
    net, kept = checkpoint()
    f = WAYS[way](tmp_path)
    mg.save(kept, f)
    if hasattr(f, "seek"):
        f.seek(0)
    loaded = mg.load(f)
    assert same(kept, loaded)
    again = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 1))
    optimizer = optim.Adam(again.parameters(), lr=1.0)
    again.load_state_dict(loaded["net"])
    optimizer.load_state_dict(loaded["optimizer"])
    mg.set_rng_state(loaded["random"])
    assert optimizer.param_groups[0]["lr"] == 0.01
    assert same(dict(net.state_dict()), dict(again.state_dict()))
    if hasattr(f, "close"):
        f.close()


def test_one_tensor_and_lists_of_them(tmp_path):
    for x in (mg.arange(3), [mg.ones(2), mg.zeros(1)], (mg.ones(1), 3), 5, "text", None):
        mg.save(x, tmp_path / "x")
        assert same(x, mg.load(tmp_path / "x"))
    mg.save(nn.Parameter(mg.ones(2)), tmp_path / "x")
    assert mg.load(tmp_path / "x").tolist() == [1.0, 1.0]


def test_words_of_pytorchs_formats_change_nothing(tmp_path):
    import pickle

    state = OrderedDict(w=mg.ones(2))
    mg.save(state, tmp_path / "x", pickle, 2, _use_new_zipfile_serialization=False)
    for words in (
        {"weights_only": True}, {"weights_only": False}, {"pickle_module": pickle},
        {"mmap": True}, {"encoding": "latin1"}, {"map_location": None},
    ):  # fmt: skip
        assert mg.load(tmp_path / "x", **words)["w"].tolist() == [1.0, 1.0]
    with pytest.raises(TypeError, match="mapping"):
        mg.load(tmp_path / "x", mapping="cpu")


def test_tensors_go_where_map_location_says(tmp_path, backend):
    here = mg.ones(1).device
    mg.save({"w": mg.ones(2)}, tmp_path / "x")
    for where, device in (
        ("cpu", "cpu"), (mg.device("cpu"), "cpu"), ({"cuda:0": "cpu"}, "cpu"), ({}, str(here)),
        (lambda storage, location: storage, "cpu"), (lambda storage, location: None, str(here)),
        (here, str(here)), (str(here), str(here)), ({"cuda:1": str(here)}, str(here)),
    ):  # fmt: skip
        assert str(mg.load(tmp_path / "x", map_location=where)["w"].device) == device
    if backend != "numpy":
        on_gpu = mg.load(tmp_path / "x", map_location=lambda storage, location: storage.cuda(0))
        assert on_gpu["w"].is_cuda
    with pytest.raises(UserError, match="minigan computes on cpu"):
        mg.load(tmp_path / "x", map_location="mps")
    with pytest.raises(ValueError, match="more than one target"):
        mg.load(tmp_path / "x", map_location={"cuda:0": "cpu", "cuda:1": "cuda:0"})


@pytest.mark.parametrize(
    "thing, words",
    [
        (nn.Linear(1, 1), r"a whole module, Linear.*state_dict\(\).*load_state_dict"),
        ({"G": nn.Sequential(nn.Linear(1, 1))}, r"G is of type Sequential.*state_dict\(\)"),
        (optim.Adam([nn.Parameter(mg.ones(1))]), r"of type Adam.*state_dict\(\)"),
        ({"opt": argparse.Namespace(lr=1.0)}, r"opt is of type Namespace.*vars\(\)"),
        ({"when": {1, 2}}, "when is of type set"),
        (lambda: 3, "of type function"),
        ({"device": mg.device("cpu")}, "device is of type device"),
        ({(1, 2): 3}, "has the key"),
    ],
)
def test_what_is_no_data_is_refused_with_the_cure(thing, words, tmp_path):
    with pytest.raises(TypeError, match=words):
        mg.save(thing, tmp_path / "x")
    assert list(Path(tmp_path).iterdir()) == []


def test_files_that_are_none(tmp_path):
    with pytest.raises(TypeError, match="a path or a file opened for writing bytes"):
        mg.save(mg.ones(1), 3)
    with pytest.raises(TypeError, match="a path or a file opened for reading bytes"):
        mg.load(3)
    with pytest.raises(UserError, match=r"cannot load the file: the file is empty"):
        mg.load(io.BytesIO())
    with pytest.raises(UserError, match="cannot read"):
        mg.load(tmp_path / "nowhere")


def test_pytorchs_own_files_are_refused_with_the_cure(tmp_path, torch):
    torch.save({"w": torch.ones(2)}, tmp_path / "theirs.pth")
    with pytest.raises(UserError, match=r"as torch.save writes.*safetensors.torch.save_file"):
        mg.load(tmp_path / "theirs.pth")


def test_a_state_dict_is_a_file_that_others_read(tmp_path, backend):
    from safetensors.numpy import load_file

    net, _ = checkpoint()
    mg.save(net.state_dict(), tmp_path / "net.pth")
    read = load_file(tmp_path / "net.pth")
    assert np.array_equal(read["0.weight"], B.to_host(net[0].weight.array))
