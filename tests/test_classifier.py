"""The classifier behind the scores: LeNet beside PyTorch's layers, its weights, and its program."""

import csv
import hashlib
import os
import re
import sys
from pathlib import Path

import numpy as np
import pytest

import minigan
from minigan import backend as B
from minigan import data, models, nn, programs
from minigan.data.transforms import Resize
from minigan.errors import UserError
from minigan.run import files
from minigan.scores import lenet

HERE = Path(lenet.__file__).parent


def images(count, side=28, channels=1):
    return np.random.default_rng(count).integers(0, 256, (count, channels, side, side), np.uint8)


def unseen(kind):
    """Images and labels that no classifier has learned from: of MNIST's files, where they are."""
    test = kind(train=False)
    return test.shown(), np.asarray(test.targets)


def has(name):
    folder = os.environ.get("MINIGAN_DATA")
    return bool(folder) and (Path(folder) / name).is_dir()


# -- the network -----------------------------------------------------------------------------------


@pytest.mark.parametrize("channels", [1, 3])
def test_shapes_and_sizes(backend, channels):
    C = lenet.LeNet(channels)
    x = minigan.rand(2, channels, 28, 28)
    assert C.features(x).shape == (2, 84)
    assert C(x).shape == (2, 10)
    sizes = [(25 * channels, 6), (25 * 6, 16), (16 * 5 * 5, 120), (120, 84), (84, 10)]
    expected = sum((inputs + 1) * outputs for inputs, outputs in sizes)
    assert sum(p.array.size for p in C.parameters()) == expected
    if channels == 1:
        assert expected == 61_706


def test_the_features_are_what_the_last_layer_sees(backend):
    C = lenet.LeNet()
    x = minigan.rand(3, 1, 28, 28)
    features, weight, bias = (
        t.detach().cpu().numpy() for t in (C.features(x), C.scores.weight, C.scores.bias)
    )
    assert features.min() >= 0.0
    scores = C(x).detach().cpu().numpy()
    np.testing.assert_allclose(scores, features @ weight.T + bias, rtol=1e-5, atol=1e-6)


def test_outputs_and_gradients_are_those_of_pytorchs_layers(torch, backend):
    """Also where all of a window is equal, as in the margin of a digit: the first counts."""
    C = lenet.LeNet()
    t = torch.nn
    theirs = t.Sequential(
        t.Conv2d(1, 6, 5, padding=2), t.ReLU(), t.MaxPool2d(2), t.Conv2d(6, 16, 5), t.ReLU(),
        t.MaxPool2d(2), t.Flatten(), t.Linear(400, 120), t.ReLU(), t.Linear(120, 84), t.ReLU(),
        t.Linear(84, 10),
    )  # fmt: skip
    values = [torch.from_numpy(B.to_host(p.array).copy()) for p in C.parameters()]
    theirs.load_state_dict(dict(zip(theirs.state_dict(), values, strict=True)))
    x = np.full((4, 1, 28, 28), -1.0, "float32")
    x[:, :, 8:20, 8:20] = np.random.default_rng(0).standard_normal((4, 1, 12, 12))
    labels = [3, 0, 9, 3]

    scores = C(minigan.tensor(x))
    nn.CrossEntropyLoss()(scores, minigan.tensor(labels)).backward()
    expected = theirs(torch.from_numpy(x))
    t.CrossEntropyLoss()(expected, torch.tensor(labels)).backward()

    close = {"rtol": 1e-4, "atol": 1e-6}
    np.testing.assert_allclose(B.to_host(scores.array), expected.detach().numpy(), **close)
    for p, q in zip(C.parameters(), theirs.parameters(), strict=True):
        np.testing.assert_allclose(B.to_host(p.grad.array), q.grad.numpy(), **close)


def test_the_largest_of_each_window(backend):
    x = images(3, 8, 5).astype("float32")
    found = B.to_host(lenet.MaxPool()(minigan.tensor(x)).array)
    np.testing.assert_array_equal(found, x.reshape(3, 5, 4, 2, 4, 2).max((3, 5)))


# -- its hash --------------------------------------------------------------------------------------


def test_the_hash_is_of_names_types_shapes_and_bytes_in_the_order_of_names():
    one, two = np.arange(3, dtype="float32"), np.ones((1, 2), "int64")
    state = {"b": minigan.tensor(one), "a": minigan.tensor(two)}
    said = b"a <i8 (1, 2)\n" + two.tobytes() + b"b <f4 (3,)\n" + one.tobytes()
    assert lenet.hash_of(state) == hashlib.sha256(said).hexdigest()[:12]


def test_each_number_counts_and_the_file_does_not(tmp_path, backend):
    state = lenet.LeNet().state_dict()
    first = lenet.hash_of(state)
    minigan.save(state, tmp_path / "C.safetensors")
    minigan.save(dict(reversed(state.items())), tmp_path / "other.safetensors")
    for given in (tmp_path, tmp_path / "C.safetensors", tmp_path / "other.safetensors"):
        assert lenet.load("mnist", given).hash == first
    state["scores.bias"].array[3] += 1e-3
    assert lenet.hash_of(state) != first


# -- the weights that come with minigan ------------------------------------------------------------


def test_the_readme_names_the_weights_that_are_there():
    told = (HERE / "README.md").read_text("utf-8")
    weights = sorted(path.name for path in HERE.glob("*.safetensors"))
    assert weights == sorted(set(lenet.FILES.values()))
    for name in ("mnist", "fashion"):
        assert f"`{lenet.load(name).hash}`" in told
    assert lenet.load("digits").hash == lenet.load("mnist").hash


def test_digits_are_read():
    kind, least = (data.MNIST, 0.99) if has("mnist") else (data.Digits, 0.98)
    x, labels = unseen(kind)
    assert (lenet.load("mnist").classes(x) == labels).mean() >= least


@pytest.mark.skipif(not has("fashion-mnist"), reason="Fashion-MNIST is not in MINIGAN_DATA")
def test_clothes_are_told_apart():
    x, labels = unseen(data.FashionMNIST)
    assert (lenet.load("fashion").classes(x) == labels).mean() >= 0.89


# -- reading images --------------------------------------------------------------------------------


def test_batches_change_nothing(monkeypatch, backend):
    classifier, x = lenet.load("mnist"), images(20)
    (whole, classes), before = classifier.read(x), x.copy()
    assert whole.shape == (20, 84) and whole.dtype == np.float32
    monkeypatch.setattr(lenet, "BATCH", 7)
    np.testing.assert_allclose(classifier.read(x)[0], whole, rtol=1e-4, atol=1e-4)
    np.testing.assert_array_equal(x, before)
    scores = whole @ B.to_host(classifier.network.scores.weight.array).T
    scores += B.to_host(classifier.network.scores.bias.array)
    np.testing.assert_array_equal(classes, scores.argmax(1))
    np.testing.assert_array_equal(classifier.classes(x), classes)


@pytest.mark.parametrize("side", [20, 64])
def test_other_sides_are_resized(side):
    classifier, x = lenet.load("mnist"), images(5, side)
    small = Resize((28, 28)).apply(x)
    for ours, theirs in zip(classifier.read(x), classifier.read(small), strict=True):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(
    ("x", "told"),
    [
        (images(2, channels=3), "reads images (N, 1, H, W) of bytes, uint8, not uint8 of shape (2, 3, 28, 28)"),
        (images(2)[:, 0], "not uint8 of shape (2, 28, 28)"),
        (images(2).astype("float32"), "not float32 of shape (2, 1, 28, 28)"),
        (images(2)[:0], "not uint8 of shape (0, 1, 28, 28)"),
    ],
)  # fmt: skip
def test_other_images_are_refused(x, told):
    with pytest.raises(UserError, match=re.escape(told)):
        lenet.load("mnist").classes(x)


# -- other weights are refused ---------------------------------------------------------------------


def refusal(path, name="mnist"):
    """What is said of it, in one line."""
    with pytest.raises(UserError) as raised:
        lenet.load(name, path)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_without_weights(tmp_path):
    told = refusal(None, "kmnist")
    assert told.startswith("no classifier of kmnist comes with minigan, only those of mnist, ")
    assert "minigan train mnist-classifier --dataset kmnist" in told
    assert refusal(tmp_path).startswith(f"there is no classifier in {tmp_path}: ")
    assert "No such file" in refusal(tmp_path / "C.safetensors")


def test_damaged_weights(tmp_path):
    content = bytearray((HERE / lenet.FILES["mnist"]).read_bytes())
    path = tmp_path / "C.safetensors"
    path.write_bytes(content[:-100])
    assert f"cannot load {path}: the file is damaged or cut off" in refusal(path)
    content[-1000] ^= 1
    path.write_bytes(content)
    assert f"cannot load {path}: its checksum is another one" in refusal(path)


def test_weights_of_another_network(tmp_path):
    path = tmp_path / "D.safetensors"
    minigan.save(models.DenseDiscriminator().state_dict(), path)
    assert re.match(
        f"{re.escape(str(path))} is no LeNet: .*missing: hidden.0.weight", refusal(path)
    )
    minigan.save({"step": 3}, path)
    assert refusal(path).startswith(f"{path} holds no tensors by name")
    state = lenet.LeNet().state_dict()
    state["scores.bias"].array[0] = np.nan
    minigan.save(state, path)
    assert refusal(path) == f"{path}: scores.bias is not finite, as where a training diverged"


def test_colours_are_found_in_the_weights(tmp_path):
    minigan.save(lenet.LeNet(channels=3).state_dict(), tmp_path / "C.safetensors")
    assert lenet.load("cifar10", tmp_path).classes(images(2, 32, 3)).shape == (2,)


# -- its program -----------------------------------------------------------------------------------


@pytest.fixture
def train(tmp_path, monkeypatch):
    """Trains with these words; the folder."""
    monkeypatch.setattr(sys, "argv", sys.argv)  # which the program replaces

    def trained(*words, out="run"):
        programs.run("minigan train", "mnist-classifier", ["--out", str(tmp_path / out), *words])
        return tmp_path / out

    return trained


def test_the_program_from_begin_to_end(train, capsys):
    out = train("--quick", "--dataset", "digits")
    told = capsys.readouterr().out
    classifier = lenet.load("mnist", out)
    x, labels = unseen(data.Digits)
    reached = (classifier.classes(x) == labels).mean()
    assert f"test: {reached:.2%} of 1,000; weights {classifier.hash}\n" in told
    assert reached > 0.5  # after two epochs of a few thousand digits; a blind guess has 0.1
    with open(out / files.SCORES) as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1"]
    last = f"held out: {float(rows[-1]['accuracy']):.2%} of 833\n"
    assert last in told


@pytest.mark.parametrize(("black", "same"), [(slice(200, None), True), (slice(199, 200), False)])
def test_what_is_held_out_teaches_nothing(train, monkeypatch, black, same):
    """Other images there change no weight; another one before them does."""
    words = "--dataset digits --limit 300 --hold-out 3 --epochs 1 --no-health".split()
    first = lenet.load("mnist", train(*words, out="first")).hash
    real = data.Digits.__init__

    def blackened(self, *args, **options):
        real(self, *args, **options)
        self._images[black] = 0

    monkeypatch.setattr(data.Digits, "__init__", blackened)
    assert (lenet.load("mnist", train(*words, out="second")).hash == first) == same


def test_too_few_images(train):
    with pytest.raises(UserError, match="--limit 5 leaves no image to hold out: take more"):
        train("--dataset", "digits", "--limit", "5")
