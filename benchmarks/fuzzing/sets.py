"""Small valid files of the data sets, and how their readers are called."""

import bz2
import contextlib
import gzip
import io
import lzma
import pickle
import struct
import tarfile
import tempfile
from pathlib import Path
from random import Random

import numpy as np
from PIL import Image

from fuzzing.mutations import changed, cut, inside
from fuzzing.photos import encoded
from minigan.data import cifar, datasets, download

Files = dict[str, bytes]  # by their path below a folder

GZIP = inside(gzip.decompress, lambda content: gzip.compress(content, 1, mtime=0))
BZIP2 = inside(bz2.decompress, bz2.compress)
KINDS = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}  # the types of IDX


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    """Bytes of this shape."""
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def idx(array: np.ndarray) -> bytes:
    """The array as an IDX file."""
    header = bytes([0, 0, KINDS[array.dtype.str[1:]], array.ndim])
    header += struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(array.dtype.newbyteorder(">")).tobytes()


def idx_files() -> list[Files]:
    """Every type, and some odd shapes."""
    arrays = [noise(3, 4, 5).astype(kind) for kind in KINDS]
    arrays += [np.zeros((0, 4), "u1"), np.zeros([1] * 20, "u1"), noise(900).astype("i2")]
    return [{"a": idx(array)} for array in arrays]


def idx_changed(rng: Random, content: bytes) -> bytes:
    """The same numbers below a header of another shape."""
    rank = rng.choice((1, 2, 3, 3, 64, 65, 255))
    shape = [rng.choice((0, 1, 1, 2, 900, 2**16, 2**31, 2**32 - 1)) for _ in range(rank)]
    header = content[:3] + bytes([rank]) + struct.pack(f">{rank}I", *shape)
    return header + content[4 + 4 * content[3] :]


def mnist_files() -> list[Files]:
    """MNIST of five images, as it is downloaded."""
    content = {
        "train-images-idx3-ubyte.gz": idx(noise(5, 28, 28)),
        "train-labels-idx1-ubyte.gz": idx(np.arange(5).astype("u1")),
    }
    return [{name: gzip.compress(each, 1, mtime=0) for name, each in content.items()}]


def cifar_records() -> list[Files]:
    """CIFAR-100's binary version, and a batch of CIFAR-10's."""
    records = noise(2, 2 + cifar.PIXELS)
    records[:, :2] = 7
    names = "\n".join(f"kind_{number}" for number in range(100))
    return [{
        "cifar-100-binary/train.bin": records.tobytes(),
        "cifar-100-binary/fine_label_names.txt": names.encode(),
        "batch.bin": records[:, 1:].tobytes(),
    }]  # fmt: skip


def read_cifar_records(folder: Path) -> None:
    """Both."""
    datasets.CIFAR100(folder)
    cifar.read_records(folder / "batch.bin", 1, 10, expected=2)


def cifar_pickles() -> list[Files]:
    """The Python versions, by each protocol that knows no buffers."""
    images = noise(2, cifar.PIXELS)
    contents = {
        "cifar-10-batches-py/test_batch": {"labels": [1, 9], "data": images, "filenames": ["a"]},
        "cifar-100-python/train": {"fine_labels": [1, 99], "data": images},
        "cifar-100-python/meta": {"fine_label_names": [f"kind {n}" for n in range(100)]},
    }
    return [
        {name: pickle.dumps(content, protocol) for name, content in contents.items()}
        for protocol in range(5)
    ]


def read_cifar_pickles(folder: Path) -> None:
    """Both."""
    datasets.CIFAR10(folder, train=False, download=False)
    datasets.CIFAR100(folder)


def svhn_files() -> list[Files]:
    """As MATLAB writes them, packed and not."""
    from scipy.io import savemat

    sets = []
    for packed in (False, True):
        out = io.BytesIO()
        labels = np.array([[1], [10]], np.uint8)
        savemat(out, {"X": noise(32, 32, 3, 2), "y": labels}, do_compression=packed)
        undated = b"MATLAB 5.0 MAT-file".ljust(116) + out.getvalue()[116:]
        sets.append({"train_32x32.mat": undated})
    return sets


def usps_files() -> list[Files]:
    """Three digits."""
    rows = np.random.default_rng(0).uniform(-1, 1, (3, 256)).round(2).tolist()
    pairs = [" ".join(f"{place}:{value}" for place, value in enumerate(row, 1)) for row in rows]
    lines = "".join(f"{number} {line}\n" for number, line in enumerate(pairs, 1))
    return [{"usps.bz2": bz2.compress(lines.encode())}]


def stl10_files() -> list[Files]:
    """Two images, and the ten folds of them."""
    contents = {
        "train_X.bin": noise(2, 27_648).tobytes(), "train_y.bin": b"\1\12",
        "class_names.txt": b"airplane\nbird\n", "fold_indices.txt": b"0 1\n1 0\n" * 5,
    }  # fmt: skip
    return [{f"stl10_binary/{name}": content for name, content in contents.items()}]


def read_stl10(folder: Path) -> None:
    """One fold, every byte of it."""
    datasets.STL10(folder, folds=1).data.sum()


def celeba_files() -> list[Files]:
    """Three photos and the five tables."""
    names = [f"{number:06}.jpg" for number in range(1, 4)]
    tables = {
        "list_attr_celeba.txt": (40, "3\n" + "Young " * 40 + "\n"),
        "identity_CelebA.txt": (1, ""),
        "list_bbox_celeba.txt": (4, "3\nimage_id x_1 y_1 width height\n"),
        "list_landmarks_align_celeba.txt": (10, "3\nlefteye_x lefteye_y\n"),
        "list_eval_partition.txt": (1, ""),
    }
    files = {f"celeba/img_align_celeba/{name}": photo() for name in names}
    for table, (width, head) in tables.items():
        rows = "".join(f"{name} {' '.join(['1'] * width)}\n" for name in names)
        files[f"celeba/{table}"] = (head + rows).encode()
    return [files]


def photo(kind: str = "JPEG", seed: int = 0) -> bytes:
    """A small one."""
    return encoded(Image.fromarray(noise(9, 7, 3, seed=seed)), kind)


def read_celeba(folder: Path) -> None:
    """All targets, all photos."""
    found = datasets.CelebA(folder, "all", ["attr", "identity", "bbox", "landmarks"])
    for place in range(len(found)):
        found[place]


def database(photos: list[bytes]) -> bytes:
    """LSUN's file of these photos."""
    import lmdb

    with tempfile.TemporaryDirectory() as name:
        with lmdb.open(name, map_size=1 << 20) as env, env.begin(write=True) as writing:
            for number, content in enumerate(photos):
                writing.put(b"%d" % number, content)
        return Path(name, "data.mdb").read_bytes()


def lsun_files() -> list[Files]:
    """Two photos."""
    return [{"data.mdb": database([photo("PNG"), photo()])}]


def lsun_changed(rng: Random, content: bytes) -> bytes:
    """A database of a damaged photo, or one that is cut off. LMDB trusts all else that it maps."""
    if rng.random() < 0.2:
        return cut(rng, content)
    return database([changed(rng, photo("PNG")), photo()])


def read_lsun(folder: Path) -> None:
    """All photos."""
    with contextlib.ExitStack() as end:
        found = datasets.LSUNClass(folder)
        end.callback(found.env.close)
        for place in range(len(found)):
            found[place]


def archives() -> list[Files]:
    """Two files in a tar file, packed in each way."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in ("in/a", "in/b"):
            member = tarfile.TarInfo(name)
            member.size = 700
            tar.addfile(member, io.BytesIO(noise(700).tobytes()))
    plain = out.getvalue()
    return [
        {"archive.tar": plain},
        {"archive.tar.gz": gzip.compress(plain, mtime=0)},
        {"archive.tar.bz2": bz2.compress(plain)},
        {"archive.tar.xz": lzma.compress(plain)},
    ]


def summed(content: bytes) -> bytes:
    """A tar file whose headers have right checksums again."""
    blocks = [content[at : at + 512] for at in range(0, len(content), 512)]
    for number, block in enumerate(blocks):
        if block[257:262] == b"ustar":
            total = sum(block[:148]) + 8 * 32 + sum(block[156:])
            blocks[number] = block[:148] + b"%06o\0 " % total + block[156:]
    return b"".join(blocks)


def unpack(folder: Path) -> None:
    """Both files."""
    download.unpack(next(folder.glob("archive*")), ["in/a", "in/b"])
