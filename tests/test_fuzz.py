"""Files that are damaged, or claim what they do not hold: an error that is documented, at once."""

import bz2
import contextlib
import gzip
import json
import os
import pickle
import struct
import sys
import threading
import time
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import minigan
from minigan import data, models, run
from minigan.data import datasets, decoding, pickled, public
from minigan.data.refusals import Unfit
from minigan.errors import DataError, UserError

pytest.importorskip("resource")  # benchmarks/fuzz.py is for POSIX
sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
from fuzzing.readers import READERS
from fuzzing.workers import damaged, outcome

EACH = 25  # inputs of a reader for each of its shares; benchmarks/fuzz.py reads many more
SLOW = 20  # inputs of the readers that draw or train


@pytest.fixture(autouse=True)
def no_other_places(monkeypatch):
    monkeypatch.delenv("MINIGAN_DATA", raising=False)


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
def test_damage_ends_in_a_documented_error(reader, tmp_path):
    sets = reader.valid()
    for files in sets:
        result, trace = outcome(reader, tmp_path / "it", files)
        kinds = ("EPS.png", "ICO.png", "PCX.png", "TGA.png", "PNG.png")  # one PNG has 16 bits
        assert result == "accepted" or next(iter(files)) in kinds, trace
    for number in range(min(EACH * reader.share, SLOW if reader.share <= 3 else 1000)):
        files, name = damaged(reader, sets, 0, number)
        result, trace = outcome(reader, tmp_path / "it", files)
        assert not result.startswith("FAULT"), f"input {number}, {name} is damaged\n{trace}"


def test_the_fuzzer_notices_another_error(tmp_path):
    class Odd:
        refused = (DataError,)

        def read(self, folder):
            raise KeyError("odd")

    assert outcome(Odd(), tmp_path / "it", {"a": b""})[0] == "FAULT KeyError"
    first, again = (damaged(READERS[0], READERS[0].valid(), 3, 5) for _ in range(2))
    assert first == again


def peak(function, ends=None):
    """The bytes that Python's and NumPy's memory reached in it; it ends in a DataError."""
    tracemalloc.start()
    try:
        with ends or pytest.raises(DataError):
            function()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# IDX ----------------------------------------------------------------------------------------------


def idx(kind, *shape, content=b""):
    return bytes([0, 0, kind, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + content


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (idx(8, 0, 2**32 - 1, 2**32 - 1), r"\(0, 4294967295, 4294967295\), which no array has"),
        (idx(14, 2**32 - 1, 0, 2**32 - 1), "which no array has"),
        (idx(8, *[1] * 65, content=b"x"), "has 65 dimensions, but arrays at most 64"),
        (idx(8, *[0] * 255), "has 255 dimensions"),
        (idx(8, 2**32 - 1), "too short to hold"),
    ],
)
@pytest.mark.parametrize("zipped", [False, True])
def test_idx_of_a_shape_that_cannot_be(tmp_path, content, words, zipped):
    path = tmp_path / "a"
    path.write_bytes(gzip.compress(content) if zipped else content)
    with pytest.raises(DataError, match=words) as caught:
        data.read_idx(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("shape", [(0, 28, 28), (0,), tuple([1] * 64)])
def test_idx_of_an_odd_shape_that_can_be(tmp_path, shape):
    (tmp_path / "a").write_bytes(idx(8, *shape, content=b"x" * (0 not in shape)))
    assert data.read_idx(tmp_path / "a").shape == shape


def test_idx_takes_memory_for_what_it_holds_alone(tmp_path):
    """2 MB that promise 1.9 GB."""
    content = os.urandom(2_000_000)
    (tmp_path / "a").write_bytes(gzip.compress(idx(8, 1_900_000_000, content=content), 1))
    assert peak(lambda: data.read_idx(tmp_path / "a")) < 5_000_000


@pytest.mark.parametrize("kind", [8, 13])
def test_idx_takes_little_more_than_it_holds(tmp_path, kind):
    content = idx(kind, 5_000_000, content=bytes(5_000_000 * (1 if kind == 8 else 4)))
    (tmp_path / "a").write_bytes(gzip.compress(content, 1))
    taken = peak(lambda: data.read_idx(tmp_path / "a"), contextlib.nullcontext())
    assert taken < 1.5 * len(content) + 3_000_000


# Safetensors --------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [[0, 2**62], [1] * 65, [2**62, 0, 2**62], [-1], [2**64]])
def test_safetensors_of_a_shape_that_cannot_be(tmp_path, shape):
    end = 0 if 0 in shape else 4
    header = json.dumps({"x": {"dtype": "F32", "shape": shape, "data_offsets": [0, end]}}).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(end))
    with pytest.raises(UserError, match=r"cannot load .*a\.safetensors"):
        minigan.load(path)


def test_safetensors_whose_metadata_are_null(tmp_path):
    header = b'{"__metadata__":null,"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'
    (tmp_path / "a").write_bytes(len(header).to_bytes(8, "little") + header + bytes(4))
    assert minigan.load(tmp_path / "a")["x"].array.tolist() == [0.0]


# Pipes and devices --------------------------------------------------------------------------------


@pytest.fixture
def pipe(tmp_path):
    """A named pipe that nobody will ever write to."""
    os.mkfifo(tmp_path / "x.png")
    return tmp_path / "x.png"


def test_a_pipe_or_device_is_no_file(pipe):
    for path in (pipe, "/dev/zero"):
        for read in (data.read_idx, datasets.IDX, decoding.pil_loader, pickled.read_pickle):
            with pytest.raises(
                DataError, match=r"it is a (named pipe|device), where a file belongs"
            ):
                read(path)


@pytest.mark.parametrize("size", [None, 8])
def test_a_pipe_among_pictures_is_one_that_cannot_be_read(pipe, size, capsys):
    with pytest.raises(DataError, match=r"1 of 1 pictures.*x\.png \(it is a named pipe"):
        data.ImageFolder(pipe.parent, size=size)
    Image.new("RGB", (9, 9)).save(pipe.parent / "y.png")
    assert len(data.ImageFolder(pipe.parent, size=size, skip_unreadable=True)) == 1
    assert "skipping 1 of 2" in capsys.readouterr().err


def test_settings_in_a_pipe(pipe):
    pipe.rename(pipe.parent / "settings.json")
    with pytest.raises(UserError, match=r"cannot read .*settings\.json: it is a named pipe"):
        run.load_network(pipe.parent)


# Pictures -----------------------------------------------------------------------------------------


def png(width, height, depth, kind, rows=b""):
    def part(name, content):
        check = zlib.crc32(name + content).to_bytes(4, "big")
        return len(content).to_bytes(4, "big") + name + content + check

    head = struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(part(*each) for each in parts)


@pytest.mark.parametrize("read", [decoding.pil_loader, lambda path: decoding.open_square(path, 8)])
@pytest.mark.parametrize("side", [9_460, 13_300, 60_000])
def test_a_picture_of_too_many_pixels_is_refused(tmp_path, read, side):
    """89 million are read; Pillow itself warns above, and above 179 million raises its own error."""
    rows = bytes(side * (1 + (side + 7) // 8)) if side < 20_000 else b""
    (tmp_path / "x.png").write_bytes(png(side, side, 1, 0, rows))
    with pytest.raises(Unfit, match=r"x\.png: has more than 89,478,485 pixels: make it smaller"):
        read(tmp_path / "x.png")
    with pytest.raises(DataError, match=r"x\.png \(has more than 89,478,485 pixels.*loader="):
        data.ImageFolder(tmp_path)


def test_the_bound_of_pixels_is_pillows(tmp_path, monkeypatch):
    Image.new("RGB", (20, 20)).save(tmp_path / "x.png")
    for bound in (399, 100):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", bound)
        with pytest.raises(DataError, match=f"has more than {bound} pixels"):
            data.ImageFolder(tmp_path)
    for bound in (400, None):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", bound)
        assert data.ImageFolder(tmp_path, size=4).data.shape == (1, 4, 4, 3)


def test_a_png_cannot_claim_more_than_deflate_packs(tmp_path):
    (tmp_path / "x.png").write_bytes(png(9_000, 9_000, 8, 2))
    with pytest.raises(DataError, match=r"claims 9,000×9,000 pixels, more than so small a file"):
        decoding.pil_loader(tmp_path / "x.png")
    for mode in ("1", "L", "P", "RGB", "RGBA", "LA"):  # flat ones are packed best
        Image.new(mode, (2_000, 2_000)).save(tmp_path / "y.png", compress_level=9)
        assert decoding.pil_loader(tmp_path / "y.png").size == (2_000, 2_000)


def test_large_pictures_are_decoded_one_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setattr(decoding, "LARGE", 50)
    monkeypatch.setattr(os, "cpu_count", lambda: 4)
    at_work, most = [], []

    def watched(image, path):
        at_work.append(threading.get_ident())
        time.sleep(0.002)  # the others may come in between
        most.append(len(at_work))
        at_work.pop()
        return image

    monkeypatch.setattr(decoding, "within_bytes", watched)
    for number in range(8):
        Image.new("RGB", (9, 9)).save(tmp_path / f"{number}.png")
    data.ImageFolder(tmp_path)
    assert most == [1] * 8


def test_a_picture_that_a_program_would_have_to_draw_is_refused(tmp_path):
    Image.new("RGB", (9, 9)).save(tmp_path / "x.png", "EPS")
    with pytest.raises(Unfit, match=r"x\.png: is of the kind EPS: convert it to PNG"):
        decoding.pil_loader(tmp_path / "x.png")


# Pickles and archives of text ---------------------------------------------------------------------

ENCODE = b"c_codecs\nencode\n"
BOMBS = {
    "a table of 2²⁸ empty places": b"\x80\x04}r\xff\xff\xff\x0f.",
    "a terabyte of zeros": b"\x80\x05}(U\x04data\x96" + (1 << 40).to_bytes(8, "little") + b"u.",
    "an array of a terabyte": b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(L1099511627776L\ntU\x01btR.",
    "text that doubles each time": b"\x80\x04}U\x04data" + 40 * ENCODE + b"C\x01x" + 40 * b"U\x03hex\x86R" + b"s.",
    "a type with a name of its own": pickle.dumps({"data": np.zeros(2, "V9")}, 2),
    "any function": b"cos\nsystem\n(U\x04truetR.",
}  # fmt: skip


@pytest.mark.parametrize("name", BOMBS)
def test_what_few_bytes_of_a_pickle_claim(tmp_path, name):
    folder = tmp_path / "cifar-10-batches-py"
    folder.mkdir()
    (folder / "test_batch").write_bytes(BOMBS[name])

    def read():
        datasets.CIFAR10(tmp_path, train=False, download=False)

    with pytest.raises(DataError):
        read()  # what is imported at the first call is not counted
    assert peak(read) < 1_000_000


def test_bzip2_that_holds_far_more_than_usps(tmp_path, monkeypatch):
    (tmp_path / "usps.bz2").write_bytes(bz2.compress(b"1 " * 4_000_000))
    assert peak(lambda: datasets.USPS(tmp_path)) < 3_000_000
    line = b"1 " + b" ".join(b"%d:0.5" % place for place in range(256)) + b"\n"
    (tmp_path / "usps.bz2").write_bytes(bz2.compress(line * 4))
    assert len(datasets.USPS(tmp_path)) == 4
    monkeypatch.setattr(public, "LINES", 3)
    with pytest.raises(DataError, match=r"line 4 is none of 3 digits"):
        datasets.USPS(tmp_path)


# settings.json written by hand --------------------------------------------------------------------

DENSE = {"z": 4, "hidden": [8], "slope": 0.1, "image": [1, 4, 4]}
CONVOLUTIONAL = {"z": 4, "width": 2, "size": 8, "channels": 1, "bias": True, "last": "tanh", "classes": 0}  # fmt: skip


def described(folder, kind, arguments):
    networks = {"G": {"class": kind, "arguments": arguments}}
    settings = {"program": "x", "options": {}, "files": [], "networks": networks}
    (folder / "settings.json").write_text(json.dumps(settings))


@pytest.mark.parametrize(
    ("kind", "changes", "words"),
    [
        ("DenseGenerator", {"z": "4"}, "z is '4', where a whole number from 0"),
        ("DenseGenerator", {"z": True}, "z is True"),
        ("DenseGenerator", {"z": 4.0}, "z is 4.0"),
        ("DenseGenerator", {"z": None}, "z is None"),
        ("DenseGenerator", {"z": -4}, "z is -4"),
        ("DenseGenerator", {"z": 10**30}, "z is 1000000"),
        ("DenseGenerator", {"hidden": [8, "8"]}, r"hidden is \[8, '8'\], where a list of whole"),
        ("DenseGenerator", {"slope": "x"}, "slope is 'x', where a number"),
        ("DenseGenerator", {"slope": float("nan")}, "slope is nan"),
        ("DenseGenerator", {"image": [16]}, r"image is \[16\], where channels, height and width"),
        ("DenseGenerator", {"depth": 3}, "unexpected keyword argument 'depth'"),
        ("DenseGenerator", {"z": 10**9}, "larger than G.safetensors, which holds 184 numbers"),
        ("DenseGenerator", {"hidden": [10**6, 10**6]}, "larger than G.safetensors"),
        ("DCGANGenerator", {"size": 2**30}, "larger than G.safetensors"),
        ("DCGANGenerator", {"classes": 2**20}, "larger than G.safetensors"),
        ("DCGANGenerator", {"width": [2, 4]}, "as many channel numbers, but 2 are given"),
        ("DCGANGenerator", {"bias": 1}, "bias is 1, where true or false"),
        ("DCGANGenerator", {"last": ["tanh"]}, r"last is \['tanh'\], where text"),
        ("DCGANGenerator", {"last": "softmax"}, "softmax"),
        ("Deblurrer", {}, "unexpected keyword argument"),
        ("Sequential", {}, "its class is Sequential"),
        (["DenseGenerator"], {}, "names no class"),
    ],
)
def test_settings_by_hand_are_checked_before_anything_is_built(tmp_path, kind, changes, words):
    network = models.DenseGenerator(4, (8,), image=(1, 4, 4))
    minigan.save(network.state_dict(), tmp_path / "G.safetensors")
    described(tmp_path, "DenseGenerator", DENSE)
    assert isinstance(run.load_network(tmp_path), models.DenseGenerator)
    described(tmp_path, kind, (CONVOLUTIONAL if kind == "DCGANGenerator" else DENSE) | changes)
    with pytest.raises(UserError, match=words) as caught:
        run.load_network(tmp_path)
    message = str(caught.value)
    assert "settings.json: the network G cannot be built" in message and "\n" not in message


@pytest.mark.parametrize("entry", [3, None, [], "DenseGenerator", {}, {"arguments": {}}])
def test_an_entry_that_describes_no_network(tmp_path, entry):
    settings = {"program": "x", "options": {}, "files": [], "networks": {"G": entry}}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    with pytest.raises(UserError, match=r"settings\.json: the network G .* names no class"):
        run.load_network(tmp_path)


@pytest.mark.parametrize("name", ["a\0b", "\ud800", 3, None])
def test_files_of_a_run_that_cannot_be(tmp_path, name):
    settings = {"program": "x", "options": {}, "files": [name], "networks": {}}
    (tmp_path / "settings.json").write_text(json.dumps(settings))
    with pytest.raises(UserError, match=r"settings\.json is damaged"):
        run.load_network(tmp_path)


def test_the_least_size_of_a_network_is_its_weights():
    """What is compared with the file before a network is built."""
    from minigan.run.reading import _checked, _least

    for kind, arguments in [
        ("DenseGenerator", DENSE), ("DenseDiscriminator", {"hidden": [5, 3], "image": [3, 4, 5]}),
        ("DCGANGenerator", CONVOLUTIONAL), ("DCGANGenerator", CONVOLUTIONAL | {"classes": 3}),
        ("DCGANDiscriminator", {"width": 3, "size": 28, "channels": 2, "classes": 4}),
        ("DCGANDiscriminator", {"width": [2, 5, 3], "size": 32, "spectral": True}),
        ("Deblurrer", {"width": 3}), ("DeblurDiscriminator", {"width": 3, "size": 21}),
    ]:  # fmt: skip
        network = getattr(models, kind)(**arguments)
        weights = sum(p.array.size for p in network.parameters() if p.array.ndim > 1)
        assert _least(kind, _checked({"class": kind, "arguments": arguments}, "x")[1]) == weights, (
            kind
        )
