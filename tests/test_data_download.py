"""Downloads, against a server on this machine that misbehaves in every way that servers do."""

import gzip
import hashlib
import io
import re
import struct
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from minigan import data
from minigan.data import cifar, download, files
from minigan.data.download import DownloadError, Remote, fetch
from minigan.errors import DataError

CONTENT = np.random.default_rng(0).integers(0, 40, 300_000, np.uint8).tobytes()
ZIPPED = gzip.compress(CONTENT, mtime=0)
ZIPPED_OTHERWISE = gzip.compress(CONTENT, 1, mtime=0)
MD5 = hashlib.md5(CONTENT).hexdigest()


class Server:
    """Serves `bodies` by path. The first part of a path says how: /plain, /no-range, /cut, …"""

    def __init__(self):
        outer = self
        self.bodies: dict[str, bytes] = {}
        self.requests: list[tuple[str, str | None]] = []

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                outer.answer(self)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    def mirror(self, manner: str) -> str:
        return f"{self.address}/{manner}/"

    def answer(self, handler):
        manner, name = handler.path.lstrip("/").split("/", 1)
        wanted = handler.headers.get("Range")
        self.requests.append((manner, wanted))
        body = self.bodies.get(name)
        if manner == "gone" or body is None:
            handler.send_error(404, "Not Found")
            return
        if manner == "wrong":
            body = b"<html>please log in</html>"
        if manner == "other-zip":
            body = ZIPPED_OTHERWISE
        first = 0
        if wanted and manner != "no-range":
            first = int(re.fullmatch(r"bytes=(\d+)-", wanted)[1])
        if first and first >= len(body):
            handler.send_error(416)
            return
        handler.send_response(206 if first else 200)
        if manner != "no-length":
            handler.send_header("Content-Length", str(len(body) - first))
        handler.end_headers()
        part = body[first:]
        if manner == "cut":  # breaks off, each time somewhat later
            part = part[: len(body) * 2 // 5]
        if manner == "dead":
            part = b""
        if manner == "slow":
            handler.wfile.write(part[:100])
            handler.wfile.flush()
            threading.Event().wait(1.0)
            return
        handler.wfile.write(part)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    server.bodies["file.gz"] = ZIPPED
    yield server
    server.http.shutdown()
    server.http.server_close()
    server.thread.join()


def remote(server, *manners, md5=MD5, **options):
    return Remote("file.gz", tuple(server.mirror(manner) for manner in manners), md5, **options)


def test_fetch_writes_only_the_whole_file(server, tmp_path):
    path = fetch(remote(server, "plain"), tmp_path / "cache" / "set")
    assert path.read_bytes() == ZIPPED and [p.name for p in path.parent.iterdir()] == ["file.gz"]
    fetch(remote(server, "plain"), path.parent)
    assert len(server.requests) == 1  # what is there is not asked for again


@pytest.mark.parametrize("manner", ["no-range", "no-length", "other-zip"])
def test_fetch_from_servers_that_do_less_or_zip_otherwise(server, tmp_path, manner):
    path = fetch(remote(server, manner), tmp_path)
    assert gzip.decompress(path.read_bytes()) == CONTENT


def test_checksum_of_the_file_as_sent(server, tmp_path):
    md5 = hashlib.md5(ZIPPED).hexdigest()
    with pytest.raises(DownloadError, match="checksum"):
        fetch(remote(server, "other-zip", md5=md5, as_sent=True), tmp_path)
    assert fetch(remote(server, "plain", md5=md5, as_sent=True), tmp_path).exists()


def test_a_connection_that_breaks_off_is_resumed(server, tmp_path):
    assert fetch(remote(server, "cut"), tmp_path).read_bytes() == ZIPPED
    ranges = [wanted for _, wanted in server.requests]
    assert ranges[0] is None and len(ranges) == 3
    assert [int(r[6:-1]) for r in ranges[1:]] == [
        len(ZIPPED) * 2 // 5,
        len(ZIPPED) * 2 // 5 * 2,
    ]


def test_an_earlier_run_is_resumed(server, tmp_path):
    (tmp_path / "file.gz.part").write_bytes(ZIPPED[:1000])
    assert fetch(remote(server, "plain"), tmp_path).read_bytes() == ZIPPED
    assert server.requests == [("plain", "bytes=1000-")]


def test_an_earlier_run_that_ended_before_the_check_is_taken_as_it_is(server, tmp_path):
    (tmp_path / "file.gz.part").write_bytes(ZIPPED)
    assert fetch(remote(server, "plain"), tmp_path).read_bytes() == ZIPPED
    assert not (tmp_path / "file.gz.part").exists()


@pytest.mark.parametrize("left", [ZIPPED_OTHERWISE[:5000], b"x" * 2_000_000])
@pytest.mark.parametrize("manner", ["plain", "no-range"])
def test_what_another_mirror_left_is_replaced(server, tmp_path, left, manner):
    (tmp_path / "file.gz.part").write_bytes(left)
    assert fetch(remote(server, manner), tmp_path).read_bytes() == ZIPPED


def test_the_next_mirror_is_tried(server, tmp_path):
    path = fetch(remote(server, "gone", "wrong", "dead", "plain"), tmp_path)
    assert path.read_bytes() == ZIPPED
    assert [manner for manner, _ in server.requests][:2] == ["gone", "wrong"]


def test_failure_names_each_mirror_and_why(server, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "TIMEOUT", 0.2)
    closed = Remote(
        "file.gz",
        (
            *remote(server, "gone", "wrong", "dead", "slow").mirrors,
            "http://127.0.0.1:9/",
            "nonsense:/",
        ),
        MD5,
    )
    with pytest.raises(DownloadError) as caught:
        fetch(closed, tmp_path / "folder")
    message = str(caught.value)
    for part in (
        "/gone/file.gz: HTTP 404",
        "/wrong/file.gz: sent something else",
        "/dead/file.gz: broke off after 0 of",
        "/slow/file.gz: broke off after",
        "127.0.0.1:9/file.gz: Connection refused",
        "nonsense:/file.gz: unknown url type",
    ):
        assert part in message
    assert "\n" not in message and not (tmp_path / "folder" / "file.gz").exists()


def test_runs_started_together_download_once(server, tmp_path):
    fetches = [
        threading.Thread(target=fetch, args=(remote(server, "plain"), tmp_path)) for _ in range(5)
    ]
    for thread in fetches:
        thread.start()
    for thread in fetches:
        thread.join()
    assert len(server.requests) == 1 and (tmp_path / "file.gz").read_bytes() == ZIPPED


def test_a_folder_that_cannot_be_written(server, tmp_path):
    (tmp_path / "occupied").write_text("a file where the folder should be")
    with pytest.raises(DataError, match=r"cannot write the download to .*occupied"):
        fetch(remote(server, "plain"), tmp_path / "occupied")


# Whole sets --------------------------------------------------------------------------------------


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.delenv("MINIGAN_DATA", raising=False)
    monkeypatch.setattr(files, "cache_folder", lambda: tmp_path / "cache")
    return tmp_path / "cache"


def offer_mnist(server, monkeypatch, mirrors):
    images = np.arange(3 * 784).astype(np.uint8).reshape(3, 28, 28)
    contents = {
        "train-images-idx3-ubyte": struct.pack(">4I", 0x803, 3, 28, 28) + images.tobytes(),
        "train-labels-idx1-ubyte": struct.pack(">2I", 0x801, 3) + bytes([3, 1, 4]),
    }
    for name, content in contents.items():
        server.bodies[f"{name}.gz"] = gzip.compress(content)
    md5s = [hashlib.md5(content).hexdigest() for content in contents.values()]
    monkeypatch.setattr(data.MNIST, "md5s", (*md5s, "", ""))
    monkeypatch.setattr(data.MNIST, "mirrors", tuple(server.mirror(m) for m in mirrors))


def test_mnist_is_downloaded_once_into_the_cache(server, cache, tmp_path, monkeypatch, capsys):
    offer_mnist(server, monkeypatch, ["gone", "plain"])
    (tmp_path / "given").mkdir()
    ds = data.MNIST(tmp_path / "given")
    assert ds.targets.numpy().tolist() == [3, 1, 4]
    assert f"downloading MNIST to {cache / 'mnist'}" in capsys.readouterr().err
    assert list((tmp_path / "given").iterdir()) == []  # a given folder is only read
    before = len(server.requests)
    assert len(data.load("auto")) == 3 and len(server.requests) == before


def test_mnist_not_to_be_downloaded(server, cache, monkeypatch):
    offer_mnist(server, monkeypatch, ["plain"])
    with pytest.raises(data.DataMissing):
        data.MNIST(download=False)
    assert server.requests == []


def test_failed_download_is_part_of_what_a_person_reads(server, cache, monkeypatch):
    offer_mnist(server, monkeypatch, ["gone", "wrong"])
    with pytest.raises(data.DataMissing, match=r"HTTP 404.*something else.*--data-dir"):
        data.load("mnist")
    assert list(cache.rglob("*ubyte*")) == []


def cifar_archive(names) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name in (*names, "../outside.bin"):
            info = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            info.size = 2 * cifar.RECORD_BYTES
            tar.addfile(info, io.BytesIO(bytes(info.size)))
    return out.getvalue()


def test_cifar_is_unpacked_from_its_archive(server, cache, monkeypatch):
    monkeypatch.setattr(cifar, "RECORDS", 2)
    server.bodies["file.gz"] = cifar_archive(cifar.TRAIN_FILES + cifar.TEST_FILES)
    md5 = hashlib.md5(server.bodies["file.gz"]).hexdigest()
    monkeypatch.setattr(data.CIFAR10, "archive", remote(server, "plain", md5=md5, as_sent=True))
    assert len(data.CIFAR10()) == 10 and len(data.CIFAR10(train=False)) == 2
    here = sorted(path.name for path in cache.rglob("*") if path.is_file())
    assert here == sorted(cifar.TRAIN_FILES + cifar.TEST_FILES)


def test_archive_without_its_files(server, cache, monkeypatch):
    server.bodies["file.gz"] = cifar_archive(cifar.TRAIN_FILES)
    md5 = hashlib.md5(server.bodies["file.gz"]).hexdigest()
    monkeypatch.setattr(data.CIFAR10, "archive", remote(server, "plain", md5=md5, as_sent=True))
    with pytest.raises(DataError, match=r"test_batch\.bin"):
        data.CIFAR10()
