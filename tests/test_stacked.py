"""Stacked MNIST: the triples, PacGAN's networks, and the program end to end on the bundled digits."""

import importlib.util
import json
import os
import signal
import sys
from argparse import Namespace
from itertools import product
from pathlib import Path

import numpy as np
import pytest

import minigan
from minigan import data, run
from minigan.data.transforms import ToTensor
from minigan.errors import UserError
from minigan.scores import LeNet, lenet

PATH = Path(__file__).parents[1] / "examples" / "stacked_mnist.py"


@pytest.fixture(scope="module")
def program():
    spec = importlib.util.spec_from_file_location("stacked_mnist", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def one_of_each():
    """Ten images, one of each class: all pixels of class c are 20·c."""
    classes = np.arange(10)
    images = np.broadcast_to(20 * classes[:, None, None], (10, 28, 28)).astype(np.uint8)
    return data.ImageDataset(images, classes, ToTensor())


# -- data ------------------------------------------------------------------------------------------


def test_channels_are_the_digits_of_the_labels(program):
    digits = data.Digits(transform=ToTensor(), limit=500)
    triples = program.Triples(digits, 200, seed=3)
    label_of = dict(zip((image.tobytes() for image in digits.data), digits.targets, strict=True))
    images, labels = triples.gather(np.arange(200))
    assert (images.shape, images.dtype, labels.shape) == ((200, 3, 28, 28), "float32", (200, 3))
    channels = np.rint(images * 255).astype(np.uint8).reshape(600, 28, 28)
    assert [label_of[channel.tobytes()] for channel in channels] == labels.ravel().tolist()


def test_all_triples_are_equally_likely(program):
    """χ² over the 1,000 modes has mean 999 and variance 2·999."""
    triples = program.Triples(one_of_each(), 10_000, seed=0)
    _, labels = triples.gather(np.arange(10_000))
    counts = np.bincount(labels @ [100, 10, 1], minlength=1000)
    squared = ((counts - 10) ** 2 / 10).sum()
    assert abs(squared - 999) < 4 * np.sqrt(2 * 999)


def test_an_item_is_a_row_of_a_batch_and_the_seed_decides_all(program):
    digits = data.Digits(transform=ToTensor(), limit=100)
    triples, same, other = (program.Triples(digits, 40, seed) for seed in (1, 1, 2))
    images, labels = triples.gather(np.arange(40))
    image, label = triples[7]
    np.testing.assert_array_equal(image.numpy(), images[7])
    np.testing.assert_array_equal(label.numpy(), labels[7])
    np.testing.assert_array_equal(same.gather(np.arange(40))[0], images)
    assert not np.array_equal(other.gather(np.arange(40))[1], labels)


def test_epochs_are_alike_and_go_on_where_they_stopped(program):
    triples = program.Triples(one_of_each(), 60, seed=5)
    seen = program.drawn_from(triples, 120, seed=5)
    loader = data.DataLoader(seen, 16, drop_last=True)
    epoch = [labels.numpy() for _, labels in loader]
    assert len(epoch) == 7
    loader.set_epoch(1, start=4)
    rest = [(x.numpy(), labels.numpy()) for x, labels in loader]
    np.testing.assert_array_equal([labels for _, labels in rest], epoch[4:])
    for x, labels in rest:
        np.testing.assert_array_equal(
            np.rint(x * 255), np.broadcast_to(20 * labels[..., None, None], x.shape)
        )
    assert len({tuple(row) for row in np.concatenate(epoch)}) < 112  # drawn with replacement


# -- networks --------------------------------------------------------------------------------------


@pytest.mark.parametrize("packing", [1, 2])
def test_the_networks_have_the_sizes_of_pacgans(program, packing):
    def weights(inputs, outputs, window=25):
        return window * inputs * outputs + outputs

    def size(network):
        return sum(parameter.numel() for parameter in network.parameters())

    G, D = program.Generator(), program.Discriminator(channels=3 * packing)
    steps = [weights(a, b) + 2 * a for a, b in ((512, 256), (256, 128), (128, 64), (64, 3))]
    assert size(G) == weights(100, 2048, 1) + sum(steps)
    steps = [weights(a, b) + 2 * b for a, b in ((64, 128), (128, 256), (256, 512))]
    assert size(D) == weights(3 * packing, 64) + sum(steps) + weights(2048, 1, 1)
    images = G(G.noise(2 * packing))
    assert images.shape == (2 * packing, 3, 28, 28)
    assert D(minigan.gan.pack(images, packing)).shape == (2, 1)


def test_initial_values(program):
    """A Gaussian cut off at two standard deviations has 0.8796 of its standard deviation."""
    D, G = program.Discriminator(), program.Generator()
    for network, layer, std in ((D, 2, 0.8796 * 0.02), (G, 4, 0.02), (G, 0, 0.02)):
        weight = network.state_dict()[f"layers.{layer}.weight"].numpy()
        assert weight.std() == pytest.approx(std, rel=0.02)
        assert (abs(weight).max() <= 0.04) == (network is D)
    biases = [
        v.numpy() for net in (D, G) for k, v in net.state_dict().items() if k.endswith("bias")
    ]
    assert not np.concatenate(biases).any()


def test_noise_is_uniform_and_samples_are_not_below_black(program):
    G = program.Generator(z=50, width=2)
    z = G.noise(2000).numpy()
    assert z.shape == (2000, 50) and -1 <= z.min() < -0.999 and 0.999 < z.max() < 1
    assert z.var() == pytest.approx(1 / 3, rel=0.02)
    assert G(G.noise(8)).min().item() < 0
    images, _ = program.drawn(G, 200, seed=1)
    assert (images.shape, images.dtype) == ((200, 3, 28, 28), "uint8")
    assert G.training
    assert G.eval()(G.noise(8)).min().item() == 0


# -- scores ----------------------------------------------------------------------------------------


class ByBrightness:
    """A classifier that reads one_of_each() without a fault."""

    hash = "none"

    def classes(self, images):
        assert images.shape[1:] == (1, 28, 28)
        return images[:, 0, 14, 14] // 20


def test_a_score_counts_the_kinds_of_images(program):
    every = 20 * np.array(list(product(range(10), repeat=3)), np.uint8)
    images = np.broadcast_to(every[..., None, None], (1000, 3, 28, 28))
    assert program.score(ByBrightness(), images) == (1000, pytest.approx(0.0, abs=1e-12))
    assert program.score(ByBrightness(), images[:10]) == (10, pytest.approx(np.log(100)))


def test_others_than_grey_digits_are_refused(program, monkeypatch, tmp_path):
    colour = data.ImageDataset(np.zeros((4, 3, 32, 32), np.uint8), np.zeros(4), ToTensor())
    monkeypatch.setattr(run, "load_data", lambda *_: colour)
    monkeypatch.setattr(sys, "argv", ["stacked_mnist.py", "--out", str(tmp_path / "run")])
    with pytest.raises(UserError, match=r"\(3, 32, 32\).*choose mnist, fashion, kmnist or digits"):
        program.main()


# -- the program -----------------------------------------------------------------------------------

TINY = "--dataset digits --triples 40 --batch-size 8 --width 2 --z 4 --samples 30 --packing 2"


def train(program, out, *words):
    """Run the program, with a classifier that has learnt nothing."""
    classifier = out.parent / "C.safetensors"
    if not classifier.exists():
        minigan.save(LeNet().state_dict(), classifier)
    argv = [str(PATH), *TINY.split(), "--classifier", str(classifier), "--out", str(out), *words]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", argv)
        program.main()


@pytest.fixture(scope="module")
def whole(program, tmp_path_factory):
    """The folder of a run that was never stopped."""
    out = tmp_path_factory.mktemp("stacked") / "whole"
    train(program, out, "--epochs", "3", "--score-every", "2")
    return out


def settings_of(out):
    return json.loads((out / "settings.json").read_text("utf-8"))


def test_a_packed_run_learns_as_pacgan_does(whole):
    assert settings_of(whole)["networks"]["D"]["arguments"] == {"width": 2, "channels": 6}
    state = minigan.load(whole / "checkpoint.safetensors")["parts"]
    steps = {k: int(next(iter(state[k]["state"].values()))["step"]) for k in ("opt_D", "opt_G")}
    assert steps == {"opt_D": 15, "opt_G": 30}  # 40 packs in an epoch; G learns twice


def test_it_is_scored_every_other_epoch_and_at_the_end(whole, program):
    names, *rows = (whole / "scores.csv").read_text("utf-8").splitlines()
    assert names == "epoch,modes,kl" and [row.split(",")[0] for row in rows] == ["1", "2"]
    for name in ("real.png", "samples_001.png", "samples_002.png"):
        assert (whole / name).exists()
    asked = Namespace(samples=None, classifier=None, data_dir=None, seed=0)
    G, settings, facts = run.load_network(whole), settings_of(whole)["options"], {}
    found = program.scores(G, Namespace(**settings), asked, facts)
    reader = lenet.load("digits", settings["classifier"])
    assert facts["samples"] == settings["samples"]
    assert facts["classifier"]["weights"] == reader.hash
    assert list(found) == ["samples", "real", "noise"]
    assert rows[-1] == f"2,{found['samples']['modes']:.6g},{found['samples']['kl']:.6g}"


def test_stopped_and_resumed_it_learns_the_same(whole, program):
    out = whole.parent / "stopped"
    train(program, out, "--epochs", "1", "--score-every", "2")
    train(program, out, "--epochs", "3", "--resume")
    for name in ("G.safetensors", "D.safetensors"):
        assert (whole / name).read_bytes() == (out / name).read_bytes()


def test_stopped_inside_an_epoch_it_draws_and_leaves_the_score_to_the_rest(
    whole, program, monkeypatch
):
    out, log = whole.parent / "inside", run.Run.log

    def stopped(self, **values):
        log(self, **values)
        if self.epoch == 1:
            os.kill(os.getpid(), signal.SIGINT)

    with monkeypatch.context() as patch, pytest.raises(run.Interrupted):
        patch.setattr(run.Run, "log", stopped)
        train(program, out, "--epochs", "3", "--score-every", "2")
    assert (out / "samples_001.png").exists() and not (out / "scores.csv").exists()
    train(program, out, "--resume")
    for name in ("G.safetensors", "scores.csv", "samples_001.png"):
        assert (whole / name).read_bytes() == (out / name).read_bytes()
