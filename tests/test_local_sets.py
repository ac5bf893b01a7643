"""Public sets from local files in torchvision's layout; what is missing or damaged is named."""

import bz2
import importlib
import pickle
import struct
import sys
import types
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from test_data_sets import no_other_places, write_mnist  # noqa: F401 (used in every test)

import minigan
import minigan.torch  # for the methods that tensors have there
from minigan import data
from minigan.data import cifar
from minigan.data.matlab import read_matlab
from minigan.errors import DataError, UserError
from minigan.torchvision import datasets, transforms


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def write_svhn(root, split="train", count=6):
    from scipy.io import savemat

    images, labels = noise(32, 32, 3, count), np.array([[10], [1], [2], [9], [10], [5]])[:count]
    savemat(root / f"{split}_32x32.mat", {"X": images, "y": labels.astype(np.uint8)})
    return images


def write_usps(root, name="usps.bz2", count=3):
    values = np.random.default_rng(1).uniform(-1, 1, (count, 256)).round(4)
    lines = [
        f"{label + 1} " + " ".join(f"{place}:{value}" for place, value in enumerate(row, 1))
        for label, row in enumerate(values)
    ]
    with bz2.open(root / name, "wt") as file:
        file.write("\n".join(lines) + "\n")
    return values


def write_stl10(root):
    folder = root / "stl10_binary"
    folder.mkdir()
    images = {part: noise(count, 3, 96, 96, seed=count) for part, count in PARTS.items()}
    for part, array in images.items():
        (folder / f"{part}_X.bin").write_bytes(array.transpose(0, 1, 3, 2).tobytes())
        if part != "unlabeled":
            (folder / f"{part}_y.bin").write_bytes(bytes(range(1, len(array) + 1)))
    (folder / "class_names.txt").write_text("airplane\nbird\ncar\n")
    (folder / "fold_indices.txt").write_text(
        "\n".join(f"{n % 5} {(n + 2) % 5} " for n in range(10))
    )
    return images


PARTS = {"train": 5, "test": 4, "unlabeled": 3}


def write_celeba(root, count=6):
    folder = root / "celeba"
    (folder / "img_align_celeba").mkdir(parents=True)
    names = [f"{n:06}.jpg" for n in range(1, count + 1)]
    for number, name in enumerate(names):
        picture = Image.new("RGB", (178, 218), (number * 40, 0, 0))
        picture.save(folder / "img_align_celeba" / name)
    rng = np.random.default_rng(2)
    tables = {
        "attr": rng.choice([-1, 1], (count, 40)),
        "identity": rng.integers(1, 9, (count, 1)),
        "bbox": rng.integers(0, 200, (count, 4)),
        "landmarks": rng.integers(0, 200, (count, 10)),
        "partition": np.arange(count)[:, None] // 2,
    }
    heads = {
        "attr": f"{count}\n" + " ".join(f"Attr_{n}" for n in range(40)) + " \n",
        "bbox": f"{count}\nimage_id x_1 y_1 width height\n",
        "landmarks": f"{count}\n" + "lefteye_x lefteye_y righteye_x\n",
    }
    for kind, name in {
        "attr": "list_attr_celeba.txt", "identity": "identity_CelebA.txt",
        "bbox": "list_bbox_celeba.txt", "landmarks": "list_landmarks_align_celeba.txt",
        "partition": "list_eval_partition.txt",
    }.items():  # fmt: skip
        rows = [
            f"{picture}  " + "  ".join(map(str, row))
            for picture, row in zip(names, tables[kind].tolist(), strict=True)
        ]
        (folder / name).write_text(heads.get(kind, "") + "\n".join(rows) + "\n")
    return tables


def write_cifar_pickles(root, folder, names, key, count=4, classes=10):
    (root / folder).mkdir(parents=True, exist_ok=True)
    written = []
    for seed, name in enumerate(names):
        content = {
            "batch_label": name,
            key: [(seed + n) % classes for n in range(count)],
            "data": noise(count, 3072, seed=seed),
        }
        (root / folder / name).write_bytes(pickle.dumps(content, protocol=2))
        written.append(content)
    return written


# SVHN, USPS, STL10 --------------------------------------------------------------------------------


def test_svhn(tmp_path):
    images = write_svhn(tmp_path)
    ds = datasets.SVHN(tmp_path, split="train", transform=transforms.ToTensor(), download=True)
    assert ds.data.shape == (6, 3, 32, 32) and ds.data.dtype == np.uint8
    assert ds.labels.tolist() == [0, 1, 2, 9, 0, 5] and ds.labels.dtype == np.int64
    image, label = ds[3]
    assert label == 9 and type(label) is int
    np.testing.assert_array_equal(
        image.numpy(), images[..., 3].transpose(2, 0, 1) / np.float32(255)
    )
    batch, labels = next(iter(data.DataLoader(ds, 6)))
    assert batch.shape == (6, 3, 32, 32) and labels.tolist() == [0, 1, 2, 9, 0, 5]
    with pytest.raises(ValueError, match="split is 'valid'; choose train, test, extra"):
        datasets.SVHN(tmp_path, "valid")
    with pytest.raises(RuntimeError, match=r"housenumbers/test_32x32.mat.*MINIGAN_DATA"):
        datasets.SVHN(tmp_path, "test", download=True)
    (tmp_path / "test_32x32.mat").write_bytes(b"no MATLAB file")
    with pytest.raises(DataError, match=r"test_32x32.mat: not a MATLAB file"):
        datasets.SVHN(tmp_path, "test")


def test_usps(tmp_path):
    values = write_usps(tmp_path)
    write_usps(tmp_path, "usps.t.bz2", 2)
    ds = datasets.USPS(tmp_path, train=True)
    assert ds.data.shape == (3, 16, 16) and ds.targets == [0, 1, 2]
    expected = ((values.astype(np.float32) + 1) / 2 * 255).astype(np.uint8)
    np.testing.assert_array_equal(ds.data.reshape(3, 256), expected)
    assert ds[2][0].mode == "L" and ds[2][1] == 2 and len(datasets.USPS(tmp_path, False)) == 2
    (tmp_path / "usps.bz2").write_bytes(bz2.compress(b"1 1:0.5 2:0.1\n"))
    with pytest.raises(DataError, match="not the lines of USPS"):
        datasets.USPS(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"libsvmtools.*usps.bz2\. Put"):
        datasets.USPS(tmp_path / "nowhere", download=True)


def test_stl10(tmp_path):
    images = write_stl10(tmp_path)
    train = datasets.STL10(tmp_path)
    assert train.labels.tolist() == [0, 1, 2, 3, 4] and train.classes == ["airplane", "bird", "car"]
    np.testing.assert_array_equal(train.data, images["train"])
    np.testing.assert_array_equal(np.asarray(train[3][0]), images["train"][3].transpose(1, 2, 0))
    more = datasets.STL10(tmp_path, "train+unlabeled", transform=transforms.ToTensor())
    assert more.labels.tolist() == [0, 1, 2, 3, 4, -1, -1, -1] and more[6][1] == -1
    x, y = next(iter(data.DataLoader(more, 8)))
    np.testing.assert_array_equal(x.numpy()[5:], images["unlabeled"] / np.float32(255))
    assert y.tolist() == more.labels.tolist()
    fold = datasets.STL10(tmp_path, "train", 3)
    assert fold.labels.tolist() == [3, 0]
    np.testing.assert_array_equal(fold.data, images["train"][[3, 0]])
    assert len(datasets.STL10(tmp_path, "test")) == 4
    assert set(datasets.STL10(tmp_path, "unlabeled").labels.tolist()) == {-1}
    for split, folds in (("validate", None), ("train", 10), ("train", "a"), ("test", 1)):
        with pytest.raises(ValueError, match=r"STL10: (split|folds)"):
            datasets.STL10(tmp_path, split, folds)
    (tmp_path / "stl10_binary" / "test_X.bin").write_bytes(b"123")
    with pytest.raises(DataError, match=r"test_X.bin: is cut off"):
        datasets.STL10(tmp_path, "test")
    with pytest.raises(data.DataMissing, match=r"stl10_binary.tar.gz and unpack it"):
        datasets.STL10(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"X": "text"}, "X holds no real numbers"),
        ({"X": noise(32, 32, 3, 5)}, r"X is uint8 \(32, 32, 3, 5\), y has 6"),
        ({"X": noise(16, 16, 3, 6)}, r"X is uint8 \(16, 16, 3, 6\)"),
        ({"X": np.zeros((32, 32, 3, 6))}, "X is float64"),
        ({"y": np.array([[{}]])}, "y holds no real numbers"),
        ({"y": np.ones((6, 1), complex)}, "y holds no real numbers"),
        ({"X": noise(32, 32, 3, 0), "y": np.ones((0, 1), np.uint8)}, "y has 0"),
        ({"y": np.full((6, 1), 11, np.uint8)}, "label 0 is 11; labels are 0 to 10"),
        ({"y": np.full((6, 1), np.nan)}, "label 0 is nan"),
    ],
)
def test_svhn_of_something_else(tmp_path, values, words):
    from scipy.io import savemat

    good = {"X": noise(32, 32, 3, 6), "y": np.ones((6, 1), np.uint8)}
    savemat(tmp_path / "train_32x32.mat", good | values)
    with pytest.raises(DataError, match=rf"train_32x32\.mat: .*{words}"):
        datasets.SVHN(tmp_path)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("dtype", ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f4", "f8"])
def test_matlab_gives_back_each_type(tmp_path, dtype, packed):
    from scipy.io import savemat

    array, other = noise(3, 4, 5).astype(dtype), {"deep": [1, "x"]}
    content = {"before": other, "A": array, "a_long_name_as_it_may_be": array.T, "after": [1.5]}
    savemat(tmp_path / "a.mat", content, do_compression=packed)
    read = read_matlab(tmp_path / "a.mat", ("A", "a_long_name_as_it_may_be", "nix"))
    assert list(read) == ["A", "a_long_name_as_it_may_be"]
    assert read["A"].dtype == np.dtype(dtype)
    np.testing.assert_array_equal(read["A"], array)
    np.testing.assert_array_equal(read["a_long_name_as_it_may_be"], array.T)


def test_matlab_of_a_machine_of_the_other_order(tmp_path):
    inner = struct.pack(">IIII", 6, 8, 9, 0) + struct.pack(">IIii", 5, 8, 1, 2)
    inner += struct.pack(">HH4s", 1, 1, b"y") + struct.pack(">HH4s", 2, 2, b"\7\3")
    content = b"MATLAB".ljust(124) + b"\1\0MI" + struct.pack(">II", 14, len(inner)) + inner
    (tmp_path / "a.mat").write_bytes(content)
    assert read_matlab(tmp_path / "a.mat", ("y",))["y"].tolist() == [[7, 3]]
    (tmp_path / "a.mat").write_bytes(content.replace(b"\1\0MI", b"\2\0MI"))
    with pytest.raises(ValueError, match="not of version 5"):
        read_matlab(tmp_path / "a.mat", ("y",))


def test_svhn_whose_damage_is_packed(tmp_path):
    """A byte of what is packed, and its checksum, are looked at though all numbers are there."""
    from scipy.io import savemat

    content = {"X": noise(32, 32, 3, 6), "y": np.ones((6, 1), np.uint8)}
    savemat(tmp_path / "train_32x32.mat", content, do_compression=True)
    whole = (tmp_path / "train_32x32.mat").read_bytes()
    end = 136 + int.from_bytes(whole[132:136], "little")
    for place in (end - 1, end - 3_000):
        damaged = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        (tmp_path / "train_32x32.mat").write_bytes(damaged)
        with pytest.raises(DataError, match=r"train_32x32\.mat: not a MATLAB file"):
            datasets.SVHN(tmp_path)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("11 " + "1:0 " * 256, "line 1 is none of 7,291 digits"),
        ("0 " + "1:0 " * 256, "none of 7,291 digits"),
        ("1 " + "1:nan " * 256, "line 1 has no 256 values"),
        ("1 " + "1:2 " * 256, "line 1 has no 256 values"),
        ("x " + "1:0 " * 256, "invalid literal"),
        ("", "not enough values"),
    ],
)
def test_usps_of_something_else(tmp_path, line, words):
    (tmp_path / "usps.bz2").write_bytes(bz2.compress(line.encode() + b"\n"))
    with pytest.raises(DataError, match=rf"usps\.bz2: not the lines of USPS.*{words}"):
        datasets.USPS(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("train_y.bin", b"\1\2\0\4\5", "label 2 is 0; labels are 1 to 10"),
        ("train_y.bin", b"\1\2\3\4", "4 labels for 5 images"),
        ("class_names.txt", b"\xff", "cannot be read"),
        ("fold_indices.txt", b"0 1\n0 5\n", "fold 1 does not number some of 5 images"),
        ("fold_indices.txt", b"0 1\n-1\n", "does not number some"),
        ("fold_indices.txt", b"0 1\n\n", "does not number some"),
        ("fold_indices.txt", b"0 1\n9999999999999999999999\n", "does not number some"),
        ("fold_indices.txt", b"0 1\n", "fold 1 is no line of numbers"),
        ("fold_indices.txt", b"0 1\nx\n", "fold 1 is no line of numbers"),
    ],
)
def test_stl10_of_something_else(tmp_path, name, content, words):
    write_stl10(tmp_path)
    (tmp_path / "stl10_binary" / name).write_bytes(content)
    with pytest.raises(DataError, match=rf"{name}: .*{words}"):
        datasets.STL10(tmp_path, folds=1)


# CelebA, LSUN, FakeData ---------------------------------------------------------------------------


def test_celeba_targets(tmp_path):
    tables = write_celeba(tmp_path)
    ds = datasets.CelebA(tmp_path, "all")
    assert len(ds) == 6 and ds.attr.shape == (6, 40) and ds.attr.dtype == np.int64
    np.testing.assert_array_equal(ds.attr.numpy(), (tables["attr"] + 1) // 2)
    assert ds.attr_names[:40] == [f"Attr_{n}" for n in range(40)]
    image, target = ds[4]
    assert image.size == (178, 218) and abs(image.getpixel((0, 0))[0] - 160) < 4
    assert isinstance(target, minigan.Tensor) and target.shape == (40,)
    kinds = ["identity", "bbox", "landmarks", "attr"]
    identity, bbox, landmarks, attr = datasets.CelebA(tmp_path, "all", kinds)[2][1]
    assert identity.shape == () and identity.item() == tables["identity"][2, 0]
    assert bbox.tolist() == tables["bbox"][2].tolist()
    assert landmarks.tolist() == tables["landmarks"][2].tolist() and attr.shape == (40,)
    assert datasets.CelebA(tmp_path, "all", [])[0][1] is None
    doubled = datasets.CelebA(tmp_path, "all", "identity", target_transform=lambda t: t * 2)
    assert doubled[1][1].item() == 2 * tables["identity"][1, 0]


def test_celeba_splits_and_batches(tmp_path):
    write_celeba(tmp_path)
    for split, names in (
        ("train", ["000001.jpg", "000002.jpg"]),
        ("VALID", ["000003.jpg", "000004.jpg"]),
    ):
        assert datasets.CelebA(tmp_path, split).filename == names
    chain = transforms.Compose([transforms.CenterCrop(8), transforms.ToTensor()])
    ds = datasets.CelebA(
        root=tmp_path, split="test", target_type=["attr", "identity"], transform=chain
    )
    x, (attr, identity) = next(iter(data.DataLoader(ds, 2, num_workers=1)))
    assert x.shape == (2, 3, 8, 8) and attr.shape == (2, 40) and identity.shape == (2,)


def test_celeba_that_is_not_whole_is_named(tmp_path):
    with pytest.raises(data.DataMissing, match=r"mmlab.*list_eval_partition.txt.*DIR/celeba"):
        datasets.CelebA(tmp_path, download=True)
    write_celeba(tmp_path)
    with pytest.raises(ValueError, match="target_type is 'age'; choose attr, identity"):
        datasets.CelebA(tmp_path, target_type="age")
    with pytest.raises(ValueError, match="split is 'val'; choose train, valid"):
        datasets.CelebA(tmp_path, "val")
    with pytest.raises(RuntimeError, match="needs a target_type"):
        datasets.CelebA(tmp_path, target_type=[], target_transform=len)
    (tmp_path / "celeba" / "list_bbox_celeba.txt").write_text("6\nx y\na.jpg 1 2 3 4\n")
    with pytest.raises(DataError, match="do not list the same pictures"):
        datasets.CelebA(tmp_path)
    (tmp_path / "celeba" / "list_bbox_celeba.txt").write_text("6\nx y\na.jpg one\n")
    with pytest.raises(DataError, match=r"list_bbox_celeba.txt: not a table"):
        datasets.CelebA(tmp_path)
    (tmp_path / "celeba" / "img_align_celeba").rename(tmp_path / "celeba" / "elsewhere")
    with pytest.raises(data.DataMissing, match=r"img_align_celeba.zip"):
        datasets.CelebA(tmp_path)


@pytest.mark.parametrize(
    ("name", "line", "words"),
    [
        ("identity_CelebA.txt", b"", r"not a table of CelebA \(not enough values"),
        ("identity_CelebA.txt", b"000001.jpg", "line 1 has 0 numbers, not 1"),
        ("identity_CelebA.txt", b"000001.jpg 1 2", "line 1 has 2 numbers, not 1"),
        ("identity_CelebA.txt", b"000001.jpg 9" + b"9" * 30, "not a table of CelebA"),
        ("identity_CelebA.txt", b"000001.jpg 9" + b"9" * 5_000, "not a table of CelebA"),
        ("identity_CelebA.txt", b'"' + b"9" * 200_000, "not a table of CelebA"),
        ("identity_CelebA.txt", b"\xff 1", "not a table of CelebA"),
        ("list_eval_partition.txt", b"000001.jpg", "line 1 has 0 numbers, not 1"),
        ("list_attr_celeba.txt", b"6\nA\n000001.jpg" + b" 3" * 40, "other values than -1 and 1"),
        ("list_attr_celeba.txt", b"", "not a table of CelebA"),
    ],
)
def test_a_table_of_celeba_that_is_damaged(tmp_path, name, line, words):
    write_celeba(tmp_path, count=1)
    (tmp_path / "celeba" / name).write_bytes(line + b"\n")
    with pytest.raises(DataError, match=rf"{name}: .*{words}") as caught:
        datasets.CelebA(tmp_path, "all")
    assert len(str(caught.value)) < 500


def test_a_photo_of_celeba_that_is_damaged(tmp_path):
    write_celeba(tmp_path, count=2)
    photo = tmp_path / "celeba" / "img_align_celeba" / "000001.jpg"
    ds = datasets.CelebA(tmp_path, "all")
    for content in (b"", b"<html>", photo.read_bytes()[:300]):
        photo.write_bytes(content)
        with pytest.raises(DataError, match=r"000001\.jpg: "):
            ds[0]
    assert ds[1][0].size == (178, 218)
    tables = (tmp_path / "celeba").glob("*.txt")
    for table in tables:
        table.write_bytes(table.read_bytes().replace(b"000001.jpg", b"a\0b.jpg"))
    with pytest.raises(DataError, match="null"):
        datasets.CelebA(tmp_path, "all")[0]


@pytest.fixture
def lmdb(monkeypatch):
    """A stand-in for the package: a folder's other files are the records of its database."""

    class Reading:
        def __init__(self, files):
            self.files = files

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

        def cursor(self):
            return types.SimpleNamespace(iternext=lambda keys, values: iter(sorted(self.files)))

        def get(self, key):
            return self.files[key]

    def load(path, **options):
        assert options["readonly"]
        found = {
            p.name.encode(): p.read_bytes()
            for p in importlib.import_module("pathlib").Path(path).iterdir()
            if p.name != "data.mdb"
        }
        return types.SimpleNamespace(
            begin=lambda write: Reading(found),
            info=lambda: {"last_pgno": 1},
            stat=lambda: {"psize": 8},
        )

    module = types.ModuleType("lmdb")
    module.open, module.Error = load, type("Error", (Exception,), {})
    monkeypatch.setitem(sys.modules, "lmdb", module)


def write_lsun(root, name, count, colour):
    folder = root / f"{name}_lmdb"
    folder.mkdir()
    (folder / "data.mdb").write_bytes(bytes(16))
    for number in range(count):
        content = BytesIO()
        Image.new("RGB", (9, 7), (colour, number, 0)).save(content, "PNG")
        (folder / f"{number}").write_bytes(content.getvalue())


def test_lsun(tmp_path, lmdb):
    write_lsun(tmp_path, "bedroom_train", 3, 100)
    write_lsun(tmp_path, "church_outdoor_train", 2, 200)
    names = ["bedroom_train", "church_outdoor_train"]
    ds = datasets.LSUN(root=tmp_path, classes=names, transform=transforms.ToTensor())
    assert len(ds) == 5 and ds.classes == names
    x, y = next(iter(data.DataLoader(ds, 5)))
    assert x.shape == (5, 3, 7, 9) and y.tolist() == [0, 0, 0, 1, 1]
    np.testing.assert_allclose(x.numpy()[:, 0, 0, 0] * 255, [100, 100, 100, 200, 200], atol=1e-3)
    assert ds[-1][1] == 1
    single = datasets.LSUNClass(tmp_path / "bedroom_train_lmdb")
    assert len(single) == 3 and single[2][0].getpixel((0, 0)) == (100, 2, 0)
    assert single[0][1] is None
    with pytest.raises(IndexError):
        ds[5]
    with pytest.raises(data.DataMissing, match=r"bedroom_val_lmdb is not in .*fyu/lsun"):
        datasets.LSUN(tmp_path, "val")
    for classes in ("all", ["kitchen_all"], ["garden_train"], []):
        with pytest.raises(ValueError, match="LSUN"):
            datasets.LSUN(tmp_path, classes)
    with pytest.raises(TypeError, match="LSUN: a class is 3"):
        datasets.LSUN(tmp_path, [3])


def test_lsun_that_is_damaged(tmp_path, lmdb):
    write_lsun(tmp_path, "tower_val", 2, 100)
    folder = tmp_path / "tower_val_lmdb"
    (folder / "0").write_bytes(b"no photo")
    ds = datasets.LSUNClass(folder)
    with pytest.raises(DataError, match=r"tower_val_lmdb: photo 0: is no picture"):
        ds[0]
    assert ds[1][0].size == (9, 7)
    (folder / "data.mdb").write_bytes(bytes(15))  # of the two pages of 8 that its head tells of
    with pytest.raises(DataError, match="it has 15 bytes, and claims to have 16"):
        datasets.LSUNClass(folder)
    (folder / "data.mdb").unlink()
    with pytest.raises(DataError, match="tower_val_lmdb: not a database of LSUN"):
        datasets.LSUNClass(folder)


def test_lsun_without_its_package(tmp_path, monkeypatch):
    (tmp_path / "test_lmdb").mkdir()
    monkeypatch.setitem(sys.modules, "lmdb", None)
    with pytest.raises(ImportError, match="pip install lmdb; or export"):
        datasets.LSUN(tmp_path, "test")


def test_fake_data():
    ds = datasets.FakeData(5, (1, 6, 4), 3, transform=transforms.ToTensor())
    again = datasets.FakeData(5, (1, 6, 4), 3, transform=transforms.ToTensor())
    moved = datasets.FakeData(5, (1, 6, 4), 3, transform=transforms.ToTensor(), random_offset=1)
    assert len(ds) == 5 and ds[0][0].shape == (1, 6, 4)
    np.testing.assert_array_equal(ds[2][0], again[2][0])
    np.testing.assert_array_equal(ds[2][0], moved[1][0])
    assert not np.array_equal(ds[2][0].numpy(), ds[3][0].numpy())
    assert {label for _, label in datasets.FakeData(60, (1, 1, 1), 3)} == {0, 1, 2}
    assert datasets.FakeData(image_size=(3, 8, 8))[0][0].mode == "RGB"
    with pytest.raises(IndexError):
        ds[5]
    with pytest.raises(ValueError, match="size is -1"):
        datasets.FakeData(-1)


# CIFAR and EMNIST ---------------------------------------------------------------------------------


def test_cifar10_as_torchvision_keeps_it(tmp_path):
    names = [f"data_batch_{n}" for n in range(1, 6)]
    written = write_cifar_pickles(tmp_path, "cifar-10-batches-py", names, "labels")
    ds = datasets.CIFAR10(tmp_path, download=False)
    assert ds.data.shape == (20, 32, 32, 3)
    np.testing.assert_array_equal(ds.data[9].transpose(2, 0, 1).ravel(), written[2]["data"][1])
    assert ds.targets == [label for content in written for label in content["labels"]]
    assert isinstance(ds.targets, list) and ds.class_to_idx["truck"] == 9
    ds.targets[3] = 7  # the data set's own
    assert ds[3][1] == 7 and next(iter(data.DataLoader(ds, 4)))[1].tolist()[3] == 7


def test_a_pickle_that_would_run_code_is_refused(tmp_path):
    class Evil:
        def __reduce__(self):
            return print, ("gotcha",)

    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (folder / "test_batch").write_bytes(pickle.dumps({"data": Evil(), "labels": []}))
    with pytest.raises(DataError, match="test_batch: not a pickle of arrays"):
        datasets.CIFAR10(tmp_path, train=False)
    (folder / "test_batch").write_bytes(pickle.dumps({"data": np.zeros(3), "labels": [1]}))
    with pytest.raises(DataError, match="no images of 3,072 bytes"):
        datasets.CIFAR10(tmp_path, train=False)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"labels": [0, 10, 1, 2]}, "label 1 is 10; labels are 0 to 9"),
        ({"labels": [0, -1, 1, 2]}, "label 1 is -1"),
        ({"labels": [0, 1, 1]}, "no images of 3,072 bytes with a number each"),
        ({"labels": [0, 1.5, 1, 2]}, "no images"),
        ({"labels": [0, 10**5_000, 1, 2]}, "no images"),
        ({"labels": [0, [1], 1, 2]}, "no images"),
        ({"labels": ["x" * 10_000, "y", "z", "w"]}, "no images"),
        ({"labels": {}}, "no images"),
        ({"labels": [], "data": noise(0, 3072)}, "no images"),
        ({"data": noise(4, 3071)}, "no images"),
        ({"data": noise(4, 3072).astype(np.int64)}, "no images"),
        ({"data": [1, 2, 3, 4]}, "no images"),
    ],
)
def test_a_pickle_of_something_else(tmp_path, changes, words):
    content = write_cifar_pickles(tmp_path, "cifar-10-batches-py", ["test_batch"], "labels")[0]
    assert len(datasets.CIFAR10(tmp_path, train=False)) == 4
    path = tmp_path / "cifar-10-batches-py" / "test_batch"
    path.write_bytes(pickle.dumps(content | changes, protocol=3))
    with pytest.raises(DataError, match=rf"test_batch: {words}"):
        datasets.CIFAR10(tmp_path, train=False)


@pytest.mark.parametrize("names", [None, "x", ["x"] * 99, [1] * 100, {}])
def test_the_names_of_cifar100_that_are_not_there(tmp_path, names):
    write_cifar_pickles(tmp_path, "cifar-100-python", ["train"], "fine_labels")
    meta = tmp_path / "cifar-100-python" / "meta"
    meta.write_bytes(pickle.dumps({"fine_label_names": names}))
    with pytest.raises(DataError, match="meta: does not hold the names of 100 classes"):
        datasets.CIFAR100(tmp_path)


def test_a_pickle_of_python_2(tmp_path):
    """As its authors publish CIFAR: text that means bytes, and NumPy's arrays of old."""
    images = noise(2, 3072)
    raw = images.tobytes()
    content = (
        b"\x80\x02}(U\x06labels](K\x07K\x03eU\x04datacnumpy.core.multiarray\n_reconstruct\n"
        b"cnumpy\nndarray\nK\x00\x85U\x01b\x87R(K\x01K\x02M\x00\x0c\x86cnumpy\ndtype\n"
        b"U\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89T"
        + len(raw).to_bytes(4, "little") + raw + b"tbu."
    )  # fmt: skip
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (folder / "test_batch").write_bytes(content)
    ds = datasets.CIFAR10(tmp_path, train=False)
    assert ds.targets == [7, 3]
    np.testing.assert_array_equal(ds.data.transpose(0, 3, 1, 2).reshape(2, -1), images)


@pytest.mark.parametrize("layout", ["python", "binary"])
def test_cifar100(tmp_path, layout):
    names = [f"kind {n}" if layout == "python" else f"kind_{n}" for n in range(100)]
    if layout == "python":
        written = write_cifar_pickles(
            tmp_path, "cifar-100-python", ["train"], "fine_labels", classes=100
        )[0]
        meta = pickle.dumps({"fine_label_names": names})
        (tmp_path / "cifar-100-python" / "meta").write_bytes(meta)
        images, labels = written["data"], written["fine_labels"]
    else:
        folder = tmp_path / "cifar-100-binary"
        folder.mkdir()
        records = noise(4, 2 + cifar.PIXELS)
        records[:, 1] %= 100
        (folder / "train.bin").write_bytes(records.tobytes())
        (folder / "fine_label_names.txt").write_text("\n".join(names) + "\n")
        images, labels = records[:, 2:], records[:, 1].tolist()
    ds = datasets.CIFAR100(tmp_path)
    np.testing.assert_array_equal(ds.data.transpose(0, 3, 1, 2).reshape(4, -1), images)
    assert ds.targets == labels and ds.classes == names
    with pytest.raises(RuntimeError, match=r"cifar-100-python.tar.gz and unpack it"):
        datasets.CIFAR100(tmp_path, train=False)


def idx(array):
    kind = bytes([0, 0, 8, array.ndim])
    return kind + b"".join(n.to_bytes(4, "big") for n in array.shape) + array.tobytes()


def test_emnist(tmp_path):
    folder = tmp_path / "EMNIST" / "raw"
    folder.mkdir(parents=True)
    images = noise(3, 28, 28)
    (folder / "emnist-letters-train-images-idx3-ubyte").write_bytes(idx(images))
    labels = np.array([1, 26, 3], np.uint8)
    (folder / "emnist-letters-train-labels-idx1-ubyte").write_bytes(idx(labels))
    ds = datasets.EMNIST(root=tmp_path, split="letters", train=True)
    assert ds.classes[1] == "a" and len(ds.classes) == 27 and ds[1][1] == 26
    np.testing.assert_array_equal(np.asarray(ds[2][0]), images[2])
    with pytest.raises(ValueError, match="split is 'caps'; choose byclass"):
        datasets.EMNIST(tmp_path, "caps")
    with pytest.raises(data.DataMissing, match="emnist-digits-train"):
        datasets.EMNIST(tmp_path, "digits")


# Messages -----------------------------------------------------------------------------------------


def test_a_subclass_of_mnist_is_mnist(tmp_path):
    images, _ = write_mnist(tmp_path / "MNIST" / "raw")

    class Odd(datasets.MNIST):
        def __getitem__(self, index):
            image, label = super().__getitem__(index)
            return image, label % 2

    class Named(datasets.MNIST):
        title = "my digits"

    for kind in (Odd, Named):
        assert len(kind(tmp_path)) == len(images)
    assert [Odd(tmp_path)[n][1] for n in range(3)] == [0, 1, 0]


def test_minigan_data_is_searched_even_where_a_root_is_given(tmp_path, monkeypatch):
    """As the message of a missing set advises."""
    with pytest.raises(data.DataMissing, match=r"root=DIR\) or MINIGAN_DATA=DIR"):
        datasets.MNIST(tmp_path / "root", download=False)
    write_mnist(tmp_path / "env" / "mnist", count=7)
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path / "env"))
    assert len(datasets.MNIST(tmp_path / "root", download=False)) == 7
    write_mnist(tmp_path / "root" / "mnist", count=5)
    assert len(datasets.MNIST(tmp_path / "root", download=False)) == 5


@pytest.mark.parametrize("name", ["ops", "io"])
def test_a_missing_room_of_torchvision_is_named(name):
    with pytest.raises(ImportError, match=f"minigan.torchvision has no {name}: "):
        importlib.import_module(f"minigan.torchvision.{name}")
    with pytest.raises(ImportError, match=f"minigan.torchvision has no {name}: "):
        exec(f"from minigan.torchvision import {name}", {})
    with pytest.raises(AttributeError, match=f"no {name}"):
        getattr(importlib.import_module("minigan.torchvision"), name)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "from minigan.torchvision.datasets import ImageNet",
            "no 'ImageNet': the nearest is ImageFolder. Others",
        ),
        ("from minigan.torchvision.transforms import v2", "has no v2: its classes"),
        ("import minigan.torchvision.transforms.v2 as T", "has no v2: its classes"),
        ("from minigan.torchvision.transforms import FiveCrop", "functional.crop"),
        ("from minigan.torch.utils.data import datapipes", "an IterableDataset"),
    ],
)
def test_an_import_says_what_the_package_says(line, words):
    with pytest.raises(ImportError, match=words):
        exec(line, {})


def test_a_missing_set_is_named():
    with pytest.raises(AttributeError, match="no 'ImageNet': the nearest is ImageFolder"):
        datasets.ImageNet  # noqa: B018
    folder = importlib.import_module("minigan.torchvision.datasets.folder")
    assert folder.is_image_file("A.JPG") and not folder.is_image_file("a.txt")
    assert folder.ImageFolder is datasets.ImageFolder


def test_a_set_that_is_missing_is_an_error_of_torchvisions_class(tmp_path):
    for kind in (RuntimeError, FileNotFoundError, UserError):
        with pytest.raises(kind, match="was not found"):
            datasets.MNIST(tmp_path, download=False)
