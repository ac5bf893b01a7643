"""Data sets: what well-formed files give, and what each kind of damaged file answers."""

import argparse
import gzip
import hashlib
import os
import struct
from pathlib import Path

import numpy as np
import pytest

from minigan import data, run
from minigan.data import cifar, files, idx
from minigan.errors import DataError, UserError

REAL = os.environ.get("MINIGAN_DATA")
needs_real = pytest.mark.skipif(not REAL, reason="MINIGAN_DATA names no folder with the real sets")


@pytest.fixture(autouse=True)
def no_other_places(monkeypatch, tmp_path):
    """Nothing but what a test gives: no MINIGAN_DATA, an empty cache, and no network."""
    monkeypatch.delenv("MINIGAN_DATA", raising=False)
    monkeypatch.setattr(files, "cache_folder", lambda: tmp_path / "cache")
    for kind in (data.MNIST, data.FashionMNIST, data.KMNIST):
        monkeypatch.setattr(kind, "mirrors", ())
    empty = data.CIFAR10.archive.__class__("none", (), "")
    monkeypatch.setattr(data.CIFAR10, "archive", empty)


def idx_bytes(array: np.ndarray) -> bytes:
    """The format's definition, written out."""
    code = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}[array.dtype.str[1:]]
    header = bytes([0, 0, code, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def images_of(count: int, side: int = 28) -> np.ndarray:
    return np.random.default_rng(count).integers(0, 256, (count, side, side), np.uint8)


def write_mnist(folder: Path, count: int = 12, train: bool = True, zipped: bool = True):
    folder.mkdir(parents=True, exist_ok=True)
    stem = "train" if train else "t10k"
    images, labels = images_of(count), (np.arange(count) % 10).astype(np.uint8)
    for name, array in ((f"{stem}-images-idx3", images), (f"{stem}-labels-idx1", labels)):
        content = idx_bytes(array)
        path = folder / f"{name}-ubyte{'.gz' if zipped else ''}"
        path.write_bytes(gzip.compress(content) if zipped else content)
    return images, labels


# IDX ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["u1", "i1", "i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("zipped", [False, True])
def test_idx_gives_back_each_type(tmp_path, dtype, zipped):
    array = np.arange(24).reshape(2, 3, 4).astype(dtype) - (0 if dtype == "u1" else 5)
    content = idx_bytes(array)
    path = tmp_path / "array"  # no ".gz": the content decides
    path.write_bytes(gzip.compress(content) if zipped else content)
    read = data.read_idx(path)
    assert read.dtype == np.dtype(dtype) and read.dtype.isnative
    np.testing.assert_array_equal(read, array)
    read[0] = 1  # and the caller owns it


GOOD = idx_bytes(images_of(3))
BAD_FILES = {
    "empty": (b"", "not an IDX file"),
    "a web page": (b"<!DOCTYPE html><html>", "not an IDX file"),
    "unknown type": (b"\0\0\x07" + GOOD[3:], "not an IDX file"),
    "no dimensions": (b"\0\0\x08\0", "not an IDX file"),
    "header cut off": (GOOD[:9], "truncated"),
    "truncated": (GOOD[:-1], "truncated"),
    "oversized": (GOOD + b"x", "oversized"),
    "absurd shape": (GOOD[:4] + b"\xff" * 12 + GOOD[16:], "truncated"),
    "gzip cut off": (gzip.compress(GOOD)[:-40], "gzip"),
    "gzip damaged": (gzip.compress(GOOD)[:200] + b"\0" * 60 + gzip.compress(GOOD)[260:], "gzip"),
    "gzip wrong checksum": (gzip.compress(GOOD)[:-8] + b"\0" * 8, "gzip"),
    "gzip of nothing": (gzip.compress(b""), "not an IDX file"),
    "gzip truncated within": (gzip.compress(GOOD[:-1]), "truncated"),
    "gzip oversized within": (gzip.compress(GOOD + b"x"), "oversized"),
    "gzip, absurd shape": (gzip.compress(GOOD[:4] + b"\xff" * 12 + GOOD[16:]), "truncated"),
}


@pytest.mark.parametrize("fault", BAD_FILES)
def test_idx_damage_is_named(tmp_path, fault):
    content, words = BAD_FILES[fault]
    path = tmp_path / "images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words) as caught:
        data.read_idx(path)
    assert str(path) in str(caught.value) and "\n" not in str(caught.value)


def test_idx_tells_where_a_float_is_not_finite(tmp_path):
    array = np.ones((2, 3), np.float32)
    array[1, 2] = np.nan
    (tmp_path / "floats").write_bytes(idx_bytes(array))
    with pytest.raises(DataError, match=r"\(1, 2\) is nan"):
        data.read_idx(tmp_path / "floats")


def test_idx_missing_file_and_folder(tmp_path):
    for path in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(DataError, match="cannot be read"):
            data.read_idx(path)


def test_images_and_labels_of_other_types_are_refused(tmp_path):
    (tmp_path / "floats").write_bytes(idx_bytes(np.ones((2, 3, 3), np.float32)))
    (tmp_path / "images").write_bytes(idx_bytes(images_of(2)))
    (tmp_path / "labels").write_bytes(idx_bytes(np.zeros(3, np.uint8)))
    with pytest.raises(DataError, match="float32"):
        data.IDX(tmp_path / "floats")
    with pytest.raises(DataError, match=r"uint8 of shape \(3,\)"):
        data.IDX(tmp_path / "labels")
    with pytest.raises(DataError, match="labels are"):
        idx.read_labels(tmp_path / "images")
    with pytest.raises(DataError, match=r"2 images .* 3 labels"):
        data.IDX(tmp_path / "images", tmp_path / "labels")
    assert data.IDX(tmp_path / "images").targets.tolist() == [0, 0]


# MNIST and its relatives -------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["mnist", "MNIST/raw", "."])
@pytest.mark.parametrize("zipped", [False, True])
def test_mnist_is_found_in_each_layout(tmp_path, folder, zipped):
    images, labels = write_mnist(tmp_path / folder, zipped=zipped)
    ds = data.MNIST(tmp_path)
    assert ds.data.shape == (12, 28, 28) and ds.data.dtype == np.uint8 and len(ds) == 12
    assert ds.targets.dtype == np.int64
    np.testing.assert_array_equal(ds.data, images)
    np.testing.assert_array_equal(ds.targets, labels)
    image, label = ds[3]
    assert image.size == (28, 28) and image.mode == "L" and label == 3 and type(label) is int
    np.testing.assert_array_equal(np.asarray(image), images[3])
    assert ds[-1][1] == labels[-1]
    with pytest.raises(IndexError):
        ds[12]


def test_environment_and_cache_are_searched(tmp_path, monkeypatch):
    write_mnist(tmp_path / "cache" / "mnist", count=5)
    assert len(data.MNIST()) == 5
    write_mnist(tmp_path / "env" / "fashion-mnist", count=6)
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path / "env"))
    assert len(data.FashionMNIST()) == 6
    write_mnist(tmp_path / "env" / "mnist", count=7)
    assert len(data.MNIST()) == 7  # before the cache
    write_mnist(tmp_path / "given" / "mnist", count=8)
    assert len(data.MNIST(tmp_path / "given")) == 8  # before both
    assert len(data.MNIST(tmp_path / "env" / "fashion-mnist")) == 6  # the files themselves


def test_dotted_names_are_found(tmp_path):
    write_mnist(tmp_path, zipped=False)
    for path in list(tmp_path.iterdir()):
        path.rename(tmp_path / path.name.replace("-idx", ".idx"))
    assert len(data.MNIST(tmp_path)) == 12


def test_train_and_test_part(tmp_path):
    write_mnist(tmp_path, count=4, train=False)
    assert len(data.MNIST(tmp_path, train=False)) == 4
    with pytest.raises(data.DataMissing, match="train-images-idx3-ubyte"):
        data.MNIST(tmp_path, train=True, download=False)


def test_limit_keeps_only_the_first_images(tmp_path):
    images, _ = write_mnist(tmp_path)
    ds = data.MNIST(tmp_path, limit=5)
    memory = ds.data.numpy().base
    assert len(ds) == 5 and memory is not None and memory.nbytes == 5 * 784
    np.testing.assert_array_equal(ds.data, images[:5])
    assert len(data.MNIST(tmp_path, limit=100)) == 12
    with pytest.raises(UserError, match="limit is 0"):
        data.MNIST(tmp_path, limit=0)


def test_data_and_targets_can_be_filtered_as_in_torchvision(tmp_path):
    images, _ = write_mnist(tmp_path)
    ds = data.MNIST(tmp_path)
    keep = ds.targets < 3
    ds.data, ds.targets = ds.data[keep], ds.targets[keep]
    assert len(ds) == 5
    np.testing.assert_array_equal(np.asarray(ds[4][0]), images[11])


def test_mnists_images_and_labels_are_tensors_as_in_torchvision(tmp_path):
    import minigan.torch  # noqa: F401 for Tensor.unsqueeze and float
    from minigan.torchvision import datasets

    images, labels = write_mnist(tmp_path)
    ds = datasets.MNIST(tmp_path)
    unit = ds.data.unsqueeze(1).float() / 255.0
    assert unit.shape == (12, 1, 28, 28) and unit.max().item() <= 1.0
    assert ds.train_data[3].numpy().tolist() == images[3].tolist()
    np.testing.assert_array_equal(ds.train_labels, labels)
    np.testing.assert_array_equal(ds.targets, labels)
    loader = data.DataLoader(data.TensorDataset(unit, ds.targets), batch_size=12)
    assert next(iter(loader))[1].numpy().tolist() == labels.tolist()
    assert ds.classes[7] == "7 - seven" and ds.class_to_idx["7 - seven"] == 7
    assert (ds.classes + ["none"])[-1] == "none"  # noqa: RUF005 it is a list
    ds.targets[0] = 9  # the data set's own memory
    assert ds[0][1] == 9


def test_transforms_of_image_and_target(tmp_path):
    write_mnist(tmp_path)
    ds = data.MNIST(tmp_path, True, data.transforms.ToTensor(), lambda label: label + 100)
    image, label = ds[2]
    assert label == 102 and image.shape == (1, 28, 28)
    gathered, labels = ds.gather(np.array([2, 0]))
    assert labels.tolist() == [102, 100] and gathered.shape == (2, 1, 28, 28)


def test_counts_that_differ(tmp_path):
    write_mnist(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx_bytes(np.zeros(11, np.uint8)))
    with pytest.raises(DataError, match=r"12 images .* 11 labels"):
        data.MNIST(tmp_path)


def test_missing_set_says_what_to_do(tmp_path):
    with pytest.raises(data.DataMissing) as caught:
        data.MNIST(tmp_path)
    message = str(caught.value)
    for part in ("train-images-idx3-ubyte", "--data-dir", "MINIGAN_DATA", str(tmp_path), "mnist"):
        assert part in message
    assert "\n" not in message and isinstance(caught.value, UserError)
    assert not list((tmp_path / "cache").rglob("*.*"))  # nothing half written


def test_partly_present_set_names_what_is_there(tmp_path):
    write_mnist(tmp_path)
    (tmp_path / "train-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(data.DataMissing, match=r"only .*train-images-idx3-ubyte.gz"):
        data.MNIST(tmp_path, download=False)


# CIFAR-10 ----------------------------------------------------------------------------------------


def write_cifar(folder: Path, monkeypatch, names=cifar.TRAIN_FILES, records: int = 4) -> np.ndarray:
    monkeypatch.setattr(cifar, "RECORDS", records)
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(0)
    content = rng.integers(0, 256, (len(names), records, cifar.RECORD_BYTES), np.uint8)
    content[:, :, 0] %= 10
    for name, batch in zip(names, content, strict=True):
        (folder / name).write_bytes(batch.tobytes())
    return content


def test_cifar_records(tmp_path, monkeypatch):
    content = write_cifar(tmp_path / "cifar-10-batches-bin", monkeypatch)
    ds = data.CIFAR10(tmp_path)
    assert ds.data.shape == (20, 32, 32, 3) and ds.data.dtype == np.uint8
    record = content[2, 1]
    assert ds.targets[9] == record[0]
    for channel in range(3):  # red, green and blue planes, rows from the top
        plane = record[1 + 1024 * channel : 1 + 1024 * (channel + 1)].reshape(32, 32)
        np.testing.assert_array_equal(ds.data[9, :, :, channel], plane)
    assert ds[9][0].mode == "RGB" and ds[9][0].getpixel((5, 7)) == tuple(ds.data[9, 7, 5])


def test_cifar_missing_batches(tmp_path, monkeypatch):
    write_cifar(tmp_path, monkeypatch, cifar.TRAIN_FILES[:1])
    with pytest.raises(data.DataMissing, match=r"data_batch_2.*--allow-missing"):
        data.CIFAR10(tmp_path)
    assert len(data.CIFAR10(tmp_path, allow_missing=True)) == 4
    assert len(data.CIFAR10(tmp_path, limit=3)) == 3  # the other files are not needed
    with pytest.raises(data.DataMissing):
        data.CIFAR10(tmp_path / "cache", allow_missing=True)


def test_cifar_damage_names_file_and_record(tmp_path, monkeypatch):
    write_cifar(tmp_path, monkeypatch, cifar.TEST_FILES)
    path = tmp_path / "test_batch.bin"
    good = path.read_bytes()

    def answer(content: bytes) -> str:
        path.write_bytes(content)
        with pytest.raises(DataError) as caught:
            data.CIFAR10(tmp_path, train=False)
        assert str(path) in str(caught.value)
        return str(caught.value)

    assert "cut off in record 2" in answer(good[: 2 * cifar.RECORD_BYTES + 100])
    assert "cut off in record 3" in answer(good[: 3 * cifar.RECORD_BYTES])
    assert "goes on after record 4" in answer(good + b"x")
    assert "cut off in record 0" in answer(b"")
    wrong = bytearray(good)
    wrong[2 * cifar.RECORD_BYTES] = 10
    assert "label 2 is 10; labels are 0 to 9" in answer(bytes(wrong))


# Digits and load ---------------------------------------------------------------------------------


def test_digits_are_those_of_mnist():
    ds = data.Digits(train=None)
    assert len(ds) == 6000 and ds.data.shape == (6000, 28, 28) and ds.data.dtype == np.uint8
    train, test = data.Digits(), data.Digits(train=False)
    assert (len(train), len(test)) == (5000, 1000)
    np.testing.assert_array_equal(np.concatenate([train.data, test.data]), ds.data)
    assert train.targets[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]  # as everybody knows them
    listed = (Path(data.__file__).parent / "digits" / "README.md").read_text("utf-8")
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        path = Path(data.__file__).parent / "digits" / f"{name}-ubyte.gz"
        found = hashlib.sha256(gzip.decompress(path.read_bytes())).hexdigest()
        assert f"{found}  {name}-ubyte\n" in listed


@needs_real
@pytest.mark.parametrize("train", [True, False])
def test_digits_are_the_first_ones_of_mnist(train):
    whole, ours = data.MNIST(REAL, train), data.Digits(train=train)
    np.testing.assert_array_equal(whole.data.numpy()[: len(ours)], ours.data)
    np.testing.assert_array_equal(whole.targets.numpy()[: len(ours)], ours.targets)


def test_an_epoch_of_the_few_digits_is_as_long_as_one_of_mnist():
    many, few = data.load("digits"), data.load("digits", repeat=False)
    assert (len(many), len(few), len(data.load("digits", train=False))) == (60_000, 5_000, 1_000)
    np.testing.assert_array_equal(many.data[-5000:], few.data)
    np.testing.assert_array_equal(many.targets, np.tile(few.targets, 12))


def test_digits_can_be_told_apart():
    """The nearest training image names the class of nearly all digits of the other writers."""
    train, test = data.Digits(), data.Digits(train=False)
    a, b = (ds.data.reshape(len(ds), -1).astype(np.float64) for ds in (train, test))
    distance = (b**2).sum(1)[:, None] - 2 * b @ a.T + (a**2).sum(1)
    assert (train.targets[distance.argmin(1)] == test.targets).mean() > 0.9


def test_auto_falls_back_loudly_and_in_one_line(capsys, tmp_path):
    ds = data.load("auto", train=False, limit=10)
    assert isinstance(ds, data.Digits) and len(ds) == 10
    warnings = [line for line in capsys.readouterr().err.splitlines() if "WARNING" in line]
    assert len(warnings) == 1 and "DIGITS" in warnings[0] and "--dataset mnist" in warnings[0]


def test_auto_takes_the_preferred_set_where_it_is(capsys, tmp_path):
    write_mnist(tmp_path / "fashion-mnist")
    assert isinstance(data.load("auto", tmp_path, prefer="fashion"), data.FashionMNIST)
    assert capsys.readouterr().err == ""


def test_auto_says_where_it_looked_and_needs_no_cache(capsys, tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setattr(files, "cache_folder", lambda: tmp_path / "file")  # no folder to write to
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path / "typo"))
    assert isinstance(data.load("auto", limit=10), data.Digits)
    assert f"(not in {tmp_path / 'typo'} or {tmp_path / 'file'})" in capsys.readouterr().err


def test_a_run_keeps_the_set_that_it_found(tmp_path, monkeypatch, capsys):
    """Without data a run takes the digits; once MNIST is there it still goes on with the digits."""
    chosen = argparse.Namespace(dataset="auto", data_dir=None, limit=20)
    assert isinstance(run.load_data(chosen, None), data.Digits) and chosen.dataset == "digits"
    write_mnist(tmp_path / "mnist", count=30)
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path))
    assert isinstance(run.load_data(chosen, None), data.Digits)

    chosen.dataset = "auto"
    images = run.load_data(chosen, None)
    assert isinstance(images, data.MNIST) and len(images) == 20 and chosen.dataset == "mnist"
    monkeypatch.delenv("MINIGAN_DATA")
    with pytest.raises(data.DataMissing):
        run.load_data(chosen, None)


def test_labels_of_no_class_are_named(tmp_path):
    write_mnist(tmp_path)
    labels = np.array([0, 1, 77, 3, 4, 5, 6, 7, 8, 9, 0, 1], np.uint8)
    (tmp_path / "train-labels-idx1-ubyte.gz").write_bytes(gzip.compress(idx_bytes(labels)))
    with pytest.raises(DataError, match=r"train-labels.*label 2 is 77; labels are 0 to 9"):
        data.MNIST(tmp_path)


def test_auto_does_not_hide_damage(tmp_path):
    write_mnist(tmp_path)
    (tmp_path / "train-images-idx3-ubyte.gz").write_bytes(b"nonsense")
    with pytest.raises(DataError, match="not an IDX file"):
        data.load("auto", tmp_path)


def test_a_named_set_is_never_replaced():
    with pytest.raises(data.DataMissing, match=r"--data-dir DIR.*--dataset digits"):
        data.load("mnist")


def test_load_refuses_unknown_names_and_folders(tmp_path):
    with pytest.raises(UserError, match="auto, mnist, fashion"):
        data.load("minst")
    with pytest.raises(UserError, match="is not there"):
        data.load("digits", tmp_path / "typo")
    with pytest.raises(UserError, match="is not there"):
        data.load("digits", "x" * 300)
    with pytest.raises(UserError, match="is not there"):
        data.load("digits", "~nobody-of-this-name/data")


# The real sets -----------------------------------------------------------------------------------


@needs_real
def test_real_mnist():
    train, test = data.load("mnist", REAL), data.load("mnist", REAL, train=False)
    assert (len(train), len(test)) == (60_000, 10_000)
    assert train.targets[:10].numpy().tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    pixels = train.data.numpy()
    assert abs(pixels.mean() / 255 - 0.1307) < 5e-5  # the published mean and deviation
    assert abs(pixels.std() / 255 - 0.3081) < 5e-5


@needs_real
def test_real_fashion_mnist():
    train = data.load("fashion", REAL)
    assert np.bincount(train.targets).tolist() == [6000] * 10
    assert abs(train.data.numpy().mean() / 255 - 0.2860) < 5e-5


@needs_real
def test_neighbours_with_the_same_file_names_are_told_apart():
    with pytest.raises(DataError, match="belongs to MNIST, not to Fashion-MNIST"):
        data.FashionMNIST(Path(REAL, "mnist"))


@needs_real
def test_real_cifar():
    test = data.load("cifar10", REAL, train=False)
    assert test.data.shape == (10_000, 32, 32, 3)
    assert np.bincount(test.targets).tolist() == [1000] * 10
