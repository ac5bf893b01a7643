"""Downloads, against servers on this machine that misbehave in every way that servers do."""

import contextlib
import gzip
import hashlib
import io
import itertools
import os
import re
import select
import socket
import ssl
import struct
import tarfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit

import numpy as np
import pytest

from minigan import data
from minigan.data import cifar, download, files, mnist, transfer
from minigan.data.download import DownloadError, Remote, fetch
from minigan.errors import DataError

REAL = os.environ.get("MINIGAN_DATA")
CONTENT = np.random.default_rng(0).integers(0, 40, 300_000, np.uint8).tobytes()
ZIPPED = gzip.compress(CONTENT, mtime=0)
ZIPPED_OTHERWISE = gzip.compress(CONTENT, 1, mtime=0)
MOST = len(CONTENT)
MD5 = hashlib.md5(CONTENT).hexdigest()
SHA256 = hashlib.sha256(CONTENT).hexdigest()
NAMES = mnist.TRAIN_FILES + mnist.TEST_FILES
BOMB = gzip.compress(bytes(1 << 20)) * 250  # a quarter of a megabyte that unpacks to 250

CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg0DmlxvYaH+A1eHVS
7wnJfioxr/Lztd/MhZH233WAlSOhRANCAAQPfsTaWiJjt/nrud3SK/0cdeGWZohK
aLhgH1zlTCpLda0Bm9jcPKCupWqpet39bEqTsn3JD/mNq7mk8R+zkGBD
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBcTCCARigAwIBAgIBATAKBggqhkjOPQQDAjAXMRUwEwYDVQQDDAxtaW5pZ2Fu
IHRlc3QwIBcNMDAwMTAxMDAwMDAwWhgPMjE5OTEyMzEwMDAwMDBaMBcxFTATBgNV
BAMMDG1pbmlnYW4gdGVzdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABA9+xNpa
ImO3+eu53dIr/Rx14ZZmiEpouGAfXOVMKkt1rQGb2Nw8oK6laql63f1sSpOyfckP
+Y2ruaTxH7OQYEOjUzBRMA8GA1UdEQQIMAaHBH8AAAEwDwYDVR0TAQH/BAUwAwEB
/zAOBgNVHQ8BAf8EBAMCAoQwHQYDVR0OBBYEFLaYY0H7KwEGqJ7NVj/hdDtqyiZc
MAoGCCqGSM49BAMCA0cAMEQCIAwRgNenBtYfS7GyD9qhmdYzbATX92Qb1ZE2vZ7Z
CSNMAiBuwUuxbUjGS8oMWQ/OBOIgqL83em65GHCxwl6wFoPe2w==
-----END CERTIFICATE-----
"""  # of 127.0.0.1, made for these tests and trusted by nothing else


# Mirrors that misbehave --------------------------------------------------------------------------

PAUSE = b""
LENGTH = f"Content-Length: {len(ZIPPED)}"
CAP = 1 << 26  # bytes; who takes so much of an endless answer would take it for ever


def head(*lines, status="200 OK"):
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


def redirect(address):
    return head(f"Location: {address}", "Content-Length: 0", status="302 Found")


def then(first, *rest):
    """`first`, then `rest` for ever."""
    return lambda: itertools.chain([first], itertools.cycle(rest))


def dripping(first):
    return then(first, b"1", PAUSE)


TOO_LITTLE = "nothing, or too little, came within"
NOT_FOLLOWED = r"HTTP 302 Found \(one redirect too many, or to a wrong address\)"

MISBEHAVIOUR = {  # what the mirror sends before it hangs up, and what is then said of it
    "no-word": (b"", "Remote end closed connection"),
    "no-http": (b"\0\1 220 ftp ready\r\n\r\n", r"no sound HTTP \( 220 ftp ready\)$"),
    "no-status": (b"HTTP/1.1 abc OK\r\n\r\n", "abc"),
    "colours": (b"HTTP/1.1 \33[31mred OK\r\n\r\n", r"\[31mred"),
    "long-status": (b"HTTP/1.1 " + b"x" * 60_000 + b"\r\n\r\n", "xxx"),
    "cut-headers": (b"HTTP/1.1 200 OK\r\nContent-", "checksum differs"),
    "long-header": (head("X: " + "y" * 70_000), "header line"),
    "many-headers": (head(*["X: y"] * 1000), "headers"),
    "404": (head(status="404 \33[31mNot here"), "HTTP 404 Not Found$"),
    "416": (head(status="416 No"), "HTTP 416 .*Range Not Satisfiable"),
    "503": (head(status="503 Busy"), "HTTP 503 Service Unavailable"),
    "777": (head(status="777 Lucky"), "HTTP 777$"),
    "204": (head(status="204 No Content"), "HTTP 204 No Content"),
    "other-range": (
        head("Content-Length: 3", "Content-Range: bytes 7-9/10", status="206 Partial") + b"789",
        "another part",
    ),
    "no-range-told": (head(LENGTH, status="206 Partial") + ZIPPED, "another part"),
    "length-abc": (head("Content-Length: abc") + ZIPPED, "gives 'abc' as the length"),
    "length-empty": (head("Content-Length:") + ZIPPED, "gives '' as the length"),
    "length-negative": (head("Content-Length: -1") + ZIPPED, "gives '-1'"),
    "length-underlined": (head("Content-Length: 1_000") + ZIPPED, "gives '1_000'"),
    "length-of-9s": (head("Content-Length: " + "9" * 5000) + ZIPPED, "gives '9{20}' as"),
    "length-huge": (head(f"Content-Length: {10**15}") + ZIPPED, "offers 1,000,000,000,000,000 "),
    "length-short": (head("Content-Length: 1000") + ZIPPED, "checksum differs"),
    "cut": (head(LENGTH) + ZIPPED[:9000], "broke off after 9,000 of .*closed"),
    "chunk-abc": (head("Transfer-Encoding: chunked") + b"abx\r\nab", "broke off after 0 bytes"),
    "chunk-negative": (head("Transfer-Encoding: chunked") + b"-5\r\nab", "broke off after 0 bytes"),
    "chunk-cut": (head("Transfer-Encoding: chunked") + b"ffff\r\nab", "broke off after 0 bytes"),
    "bomb": (head(f"Content-Length: {len(BOMB)}") + BOMB, "checksum differs"),
    "to-file": (redirect("file:///etc/hostname"), NOT_FOLLOWED),
    "to-ftp": (redirect("ftp://127.0.0.1/file.gz"), NOT_FOLLOWED),
    "to-data": (redirect("data:,file"), NOT_FOLLOWED),
    "to-itself": (redirect("file.gz"), NOT_FOLLOWED),
    "to-nowhere": (head(status="302 Found"), NOT_FOLLOWED),
    "to-closed": (redirect("http://127.0.0.1:9/"), "Connection refused"),
    "to-port-99999": (redirect("http://127.0.0.1:99999/"), ""),
    "to-port-x": (redirect("http://127.0.0.1:x/"), "port"),
    "to-half-address": (redirect("http://[::1"), "Invalid IPv6"),
    "to-no-host": (redirect("http:///file.gz"), ""),
    "to-bad-host": (redirect("http://" + "x" * 300 + "/"), ""),
    "mute": (then(PAUSE, PAUSE), TOO_LITTLE),
    "silent": (then(head(LENGTH), PAUSE), TOO_LITTLE),
    "silent-midway": (then(head(LENGTH) + ZIPPED[:9000], PAUSE), TOO_LITTLE),
    "silent-without-length": (then(head() + ZIPPED[:9000], PAUSE), TOO_LITTLE),
    "drip": (dripping(head(LENGTH)), TOO_LITTLE),
    "drip-without-length": (dripping(head()), TOO_LITTLE),
    "drip-status": (dripping(b"HTTP/1.1 2"), TOO_LITTLE),
    "drip-headers": (then(head()[:-2], b"A: b\r\n", PAUSE), f"{TOO_LITTLE}|headers"),
    "drip-chunk": (dripping(head("Transfer-Encoding: chunked") + b"1;"), TOO_LITTLE),
    "drip-redirect": (
        dripping(head("Location: /plain/file.gz", status="302 Found")),
        TOO_LITTLE,
    ),
    "endless": (then(head(), bytes(1 << 16)), "sent more than 301,324 bytes"),
    "endless-chunks": (
        then(head("Transfer-Encoding: chunked"), b"10000\r\n" + bytes(1 << 16) + b"\r\n"),
        "sent more than 301,324 bytes",
    ),
    "endless-chunk": (
        then(head("Transfer-Encoding: chunked") + b"-1\r\n", bytes(1 << 16)),
        "too much that is not the file",
    ),
    "endless-trailer": (
        then(head("Transfer-Encoding: chunked") + b"0\r\n", b"A: b\r\n" * 9000),
        "too much that is not the file",
    ),
    "endless-continue": (
        then(b"", head(status="100 Continue") * 3000),
        "too much that is not the file|interim",
    ),
    "endless-redirect": (
        then(head("Location: /plain/file.gz", status="302 Found"), bytes(1 << 16)),
        "too much that is not the file",
    ),
}


class Server:
    """Serves `bodies` by path. The first part of a path says how: /plain, /no-range, /404, …"""

    def __init__(self, certificate: Path | None = None):
        outer = self
        self.bodies: dict[str, bytes] = {"file.gz": ZIPPED}
        self.requests: list[tuple[str, str | None]] = []
        self.sent = 0  # bytes of endless answers
        self.elsewhere = ""  # another server's address

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                try:
                    outer.answer(self)
                except OSError:  # the client has had enough
                    self.close_connection = True

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.address = f"http{'s' if certificate else ''}://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.01,))
        self.thread.start()

    def close(self):
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()

    def mirror(self, manner: str) -> str:
        return f"{self.address}/{manner}/"

    def answer(self, handler):
        manner, _, name = urlsplit(handler.path).path.lstrip("/").partition("/")
        wanted = handler.headers.get("Range")
        self.requests.append((manner, wanted))
        if manner in MISBEHAVIOUR:
            self.misbehave(handler, MISBEHAVIOUR[manner][0])
            return
        if manner in ("moved", "far", "down"):
            where = {"moved": "/plain/", "far": "/far/further-", "down": f"{self.elsewhere}/plain/"}
            handler.wfile.write(redirect(where[manner] + name))
            return
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
        if first:
            handler.send_header("Content-Range", f"bytes {first}-{len(body) - 1}/{len(body)}")
        if manner == "chunked":
            handler.send_header("Transfer-Encoding", "chunked")
        elif manner != "no-length":
            handler.send_header("Content-Length", str(len(body) - first))
        handler.end_headers()
        part = body[first:]
        if manner == "breaking":  # off, each time somewhat later
            part = part[: len(body) * 2 // 5]
        if manner == "chunked":
            chunks = [part[place : place + 1000] for place in range(0, len(part), 1000)]
            part = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in [*chunks, b""])
        handler.wfile.write(part)

    def misbehave(self, handler, words):
        if isinstance(words, bytes):
            handler.wfile.write(words)
            return
        for word in words():
            if self.sent >= CAP:
                return
            if word == PAUSE and select.select([handler.connection], [], [], 0.01)[0]:
                return  # the client has hung up
            handler.wfile.write(word)
            self.sent += len(word)


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    yield server
    server.close()


@pytest.fixture
def https(tmp_path_factory, monkeypatch, server):
    """A server that speaks TLS, with a certificate that clients trust from now on."""
    certificate = tmp_path_factory.mktemp("certificate") / "both.pem"
    certificate.write_text(CERTIFICATE)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    https = Server(certificate)
    https.elsewhere = server.address
    yield https
    https.close()


@pytest.fixture
def impatient(monkeypatch):
    """Steps are short, but only for mirrors that let one wait, however slow this machine is."""
    usual = transfer.transfer

    def hurried(url, part, most):
        with monkeypatch.context() as patch:
            _, reason = MISBEHAVIOUR.get(urlsplit(url).path.split("/")[1], ("", ""))
            if reason.startswith(TOO_LITTLE):
                patch.setattr(transfer, "PATIENCE", 0.1)
            usual(url, part, most)

    monkeypatch.setattr(transfer, "transfer", hurried)


def remote(server, *manners, md5=MD5, sha256=SHA256, most=MOST, **options):
    mirrors = tuple(m if ":" in m else server.mirror(m) for m in manners)
    return Remote("file.gz", mirrors, md5, sha256, most, **options)


@pytest.mark.parametrize("left", [b"", ZIPPED[:1000]], ids=["anew", "resumed"])
@pytest.mark.parametrize("manner", MISBEHAVIOUR)
def test_whatever_a_mirror_does_the_next_one_delivers(server, impatient, tmp_path, manner, left):
    if left:
        (tmp_path / "file.gz.part").write_bytes(left)
    assert fetch(remote(server, manner, "plain"), tmp_path).read_bytes() == ZIPPED
    assert [path.name for path in tmp_path.iterdir()] == ["file.gz"]
    asked = [manner for manner, _ in server.requests]
    assert asked[0] == manner and asked[-1] == "plain" and len(asked) <= 2 * transfer.ATTEMPTS + 1
    assert server.sent < CAP


def test_failure_names_each_mirror_and_why(server, impatient, tmp_path):
    manners = (*MISBEHAVIOUR, "gone", "wrong", "http://127.0.0.1:9/", "nonsense:/")
    with pytest.raises(DownloadError) as caught:
        fetch(remote(server, *manners), tmp_path)
    message = str(caught.value)
    assert message.isprintable() and "\n" not in message
    reasons = [reason for _, reason in MISBEHAVIOUR.values()]
    reasons += ["HTTP 404 Not Found$", "checksum differs", "Connection refused", "unknown url type"]
    told = message.removeprefix("file.gz could not be downloaded (").removesuffix(")").split("; ")
    assert len(told) == len(manners)
    for manner, reason, said in zip(manners, reasons, told, strict=True):
        address = manner if ":" in manner else server.mirror(manner)
        assert said.startswith(f"{address}file.gz: ") and re.search(reason, said), said
        assert len(said) < 400
    assert not (tmp_path / "file.gz").exists()


def test_what_was_too_much_does_not_stay(server, tmp_path):
    with pytest.raises(DownloadError, match="sent more than"):
        fetch(remote(server, "endless"), tmp_path)
    assert (tmp_path / "file.gz.part").stat().st_size == 0


def test_a_file_is_unpacked_no_further_than_it_may_be(tmp_path, monkeypatch):
    unpacked = 0

    def counted(*args, **options):
        nonlocal unpacked
        for chunk in content(*args, **options):
            unpacked += len(chunk)
            yield chunk

    content = download._content
    monkeypatch.setattr(download, "_content", counted)
    (tmp_path / "bomb").write_bytes(BOMB)
    assert not Remote("file.gz", (), MD5, most=len(CONTENT)).intact(tmp_path / "bomb")
    assert len(CONTENT) < unpacked <= len(CONTENT) + download.CHUNK


# https and redirects -----------------------------------------------------------------------------


def test_https(https, tmp_path):
    assert fetch(remote(https, "plain"), tmp_path).read_bytes() == ZIPPED


def test_redirects_are_followed(server, https, tmp_path):
    (tmp_path / "file.gz.part").write_bytes(ZIPPED[:1000])
    assert fetch(remote(server, "moved"), tmp_path).read_bytes() == ZIPPED
    assert server.requests[-1] == ("plain", "bytes=1000-")
    server.elsewhere = https.address  # from http to https
    assert fetch(remote(server, "down"), tmp_path / "2").read_bytes() == ZIPPED
    assert fetch(remote(https, "moved"), tmp_path / "3").read_bytes() == ZIPPED


def test_redirects_from_https_to_http_are_not(server, https, tmp_path):
    with pytest.raises(DownloadError, match=NOT_FOLLOWED):
        fetch(remote(https, "down"), tmp_path)
    assert server.requests == []


def test_redirects_end(server, tmp_path):
    assert fetch(remote(server, "far", "plain"), tmp_path).read_bytes() == ZIPPED
    assert [m for m, _ in server.requests] == ["far"] * (1 + transfer.REDIRECTS) + ["plain"]
    server.requests.clear()
    assert fetch(remote(server, "to-itself", "plain"), tmp_path / "2").read_bytes() == ZIPPED
    assert [m for m, _ in server.requests] == ["to-itself"] * 2 + ["plain"]


def test_a_certificate_that_nobody_trusts(server, https, tmp_path, monkeypatch):
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(DownloadError, match="CERTIFICATE_VERIFY_FAILED"):
        fetch(remote(https, "plain"), tmp_path)
    assert fetch(remote(server, https.mirror("plain"), "plain"), tmp_path).exists()


def test_https_where_there_is_none(server, impatient, tmp_path):
    plain = server.mirror("plain").replace("http:", "https:")
    with socket.create_server(("127.0.0.1", 0)) as never_answers:
        mute = f"https://127.0.0.1:{never_answers.getsockname()[1]}/mute/"
        assert fetch(remote(server, plain, mute, "plain"), tmp_path).read_bytes() == ZIPPED
        with pytest.raises(DownloadError, match=f"SSL.*{TOO_LITTLE}"):
            fetch(remote(server, plain, mute), tmp_path / "2")


def test_a_proxy_is_used(server, tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("http_proxy", server.address)
    mirror = "http://mirror.invalid/plain/"
    assert fetch(remote(server, mirror), tmp_path).read_bytes() == ZIPPED


# Mirrors that do what they can -------------------------------------------------------------------


def test_fetch_writes_only_the_whole_file(server, tmp_path):
    path = fetch(remote(server, "plain"), tmp_path / "cache" / "set")
    assert path.read_bytes() == ZIPPED and [p.name for p in path.parent.iterdir()] == ["file.gz"]
    fetch(remote(server, "plain"), path.parent)
    assert len(server.requests) == 1  # what is there is not asked for again


@pytest.mark.parametrize("manner", ["no-range", "no-length", "chunked", "other-zip"])
def test_fetch_from_servers_that_do_less_or_zip_otherwise(server, tmp_path, manner):
    path = fetch(remote(server, manner), tmp_path)
    assert gzip.decompress(path.read_bytes()) == CONTENT


def test_what_cannot_be_packed_may_be_sent_a_little_longer(server, tmp_path):
    noise = np.random.default_rng(1).bytes(300_000)
    server.bodies["file.gz"] = gzip.compress(noise)
    assert len(server.bodies["file.gz"]) > len(noise)
    md5, sha256 = hashlib.md5(noise).hexdigest(), hashlib.sha256(noise).hexdigest()
    assert fetch(remote(server, "plain", md5=md5, sha256=sha256), tmp_path).exists()


def test_both_checksums_must_hold(server, tmp_path):
    for sums in ({"md5": "0" * 32}, {"sha256": "0" * 64}, {"md5": "", "sha256": None}):
        with pytest.raises(DownloadError, match="checksum"):
            fetch(remote(server, "plain", **sums), tmp_path)
    assert fetch(remote(server, "plain", sha256=None), tmp_path).exists()


def test_checksums_of_the_file_as_sent(server, tmp_path):
    md5, sha256 = hashlib.md5(ZIPPED).hexdigest(), hashlib.sha256(ZIPPED).hexdigest()
    sums = {"md5": md5, "sha256": sha256, "as_sent": True}
    with pytest.raises(DownloadError, match="checksum"):
        fetch(remote(server, "other-zip", **sums), tmp_path)
    with pytest.raises(DownloadError, match="offers"):
        fetch(remote(server, "plain", most=len(ZIPPED) - 1, **sums), tmp_path)
    assert fetch(remote(server, "plain", most=len(ZIPPED), **sums), tmp_path).exists()


def test_a_connection_that_breaks_off_is_resumed(server, tmp_path):
    assert fetch(remote(server, "breaking"), tmp_path).read_bytes() == ZIPPED
    ranges = [wanted for _, wanted in server.requests]
    assert ranges[0] is None and len(ranges) == 3
    assert [int(r[6:-1]) for r in ranges[1:]] == [
        len(ZIPPED) * 2 // 5,
        len(ZIPPED) * 2 // 5 * 2,
    ]


def test_the_next_mirror_goes_on_where_one_broke_off(server, tmp_path):
    assert fetch(remote(server, "cut", "plain"), tmp_path).read_bytes() == ZIPPED
    assert server.requests[-1] == ("plain", "bytes=9000-")


def test_an_earlier_run_is_resumed(server, tmp_path):
    (tmp_path / "file.gz.part").write_bytes(ZIPPED[:1000])
    assert fetch(remote(server, "plain"), tmp_path).read_bytes() == ZIPPED
    assert server.requests == [("plain", "bytes=1000-")]


class Bar(contextlib.nullcontext):
    """A progress bar that calls `event` with each portion's number."""

    def __init__(self, event):
        super().__init__(self)
        self.event, self.numbers = event, itertools.count(1)

    def update(self, count):
        self.event(next(self.numbers))


def test_a_slow_mirror_is_borne_with(server, tmp_path, monkeypatch):
    """Each portion takes nearly a step's time, the whole file far more."""
    now = 0.0

    def pass_time(number):
        nonlocal now
        now += 0.9 * transfer.PATIENCE

    monkeypatch.setattr(transfer, "time", SimpleNamespace(monotonic=lambda: now))
    monkeypatch.setattr(transfer, "_progress", lambda *args: Bar(pass_time))
    assert fetch(remote(server, "plain"), tmp_path).read_bytes() == ZIPPED
    assert now > 3 * transfer.PATIENCE and len(server.requests) == 1


def test_an_interrupted_run_is_resumed(server, tmp_path, monkeypatch):
    def interrupt(number):
        if number == 2:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(transfer, "_progress", lambda *args: Bar(interrupt))
        with pytest.raises(KeyboardInterrupt):
            fetch(remote(server, "plain"), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["file.gz.part"]
    assert (tmp_path / "file.gz.part").read_bytes() == ZIPPED[: 2 * transfer.PORTION]
    assert fetch(remote(server, "plain"), tmp_path).read_bytes() == ZIPPED
    assert server.requests[-1] == ("plain", f"bytes={2 * transfer.PORTION}-")


def test_an_earlier_run_that_ended_before_the_check_is_taken_as_it_is(server, tmp_path):
    (tmp_path / "file.gz.part").write_bytes(ZIPPED)
    assert fetch(remote(server, "plain"), tmp_path).read_bytes() == ZIPPED
    assert not (tmp_path / "file.gz.part").exists()


@pytest.mark.parametrize(
    "left",
    [ZIPPED_OTHERWISE[:5000], b"x" * len(ZIPPED), b"x" * 2_000_000, BOMB, b""],
    ids=["part", "as-long", "longer", "bomb", "nothing"],
)
@pytest.mark.parametrize("manner", ["plain", "no-range"])
def test_what_another_mirror_left_is_replaced(server, tmp_path, left, manner):
    (tmp_path / "file.gz.part").write_bytes(left)
    assert fetch(remote(server, manner), tmp_path).read_bytes() == ZIPPED
    assert len(server.requests) <= 2


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
    for kind in ("md5", "sha256"):
        sums = [hashlib.new(kind, content).hexdigest() for content in contents.values()]
        monkeypatch.setattr(data.MNIST, f"{kind}s", (*sums, "", ""))
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


def offer_archive(server, monkeypatch):
    body = server.bodies["file.gz"]
    sums = {"md5": hashlib.md5(body).hexdigest(), "sha256": hashlib.sha256(body).hexdigest()}
    archive = remote(server, "plain", most=len(body), as_sent=True, **sums)
    monkeypatch.setattr(data.CIFAR10, "archive", archive)


def test_cifar_is_unpacked_from_its_archive(server, cache, monkeypatch):
    monkeypatch.setattr(cifar, "RECORDS", 2)
    server.bodies["file.gz"] = cifar_archive(cifar.TRAIN_FILES + cifar.TEST_FILES)
    offer_archive(server, monkeypatch)
    assert len(data.CIFAR10()) == 10 and len(data.CIFAR10(train=False)) == 2
    here = sorted(path.name for path in cache.rglob("*") if path.is_file())
    assert here == sorted(cifar.TRAIN_FILES + cifar.TEST_FILES)


def test_archive_without_its_files(server, cache, monkeypatch):
    server.bodies["file.gz"] = cifar_archive(cifar.TRAIN_FILES)
    offer_archive(server, monkeypatch)
    with pytest.raises(DataError, match=r"test_batch\.bin"):
        data.CIFAR10()


# The sets' own entries ---------------------------------------------------------------------------

REMOTES = [
    *(kind.remote(name) for kind in (data.MNIST, data.FashionMNIST, data.KMNIST) for name in NAMES),
    data.CIFAR10.archive,
]


def test_every_mirror_has_https_and_every_file_both_checksums():
    for each in REMOTES:
        assert each.mirrors and all(re.match(r"https://.*/$", mirror) for mirror in each.mirrors)
        assert re.fullmatch("[0-9a-f]{32}", each.md5) and re.fullmatch("[0-9a-f]{64}", each.sha256)
        assert each.most < 1 << 28


@pytest.mark.skipif(not REAL, reason="MINIGAN_DATA names no folder with the real sets")
@pytest.mark.parametrize("kind", [data.MNIST, data.FashionMNIST])
def test_the_real_files_are_intact(kind):
    for name in NAMES:
        each = kind.remote(name)
        path = next(Path(REAL, folder, each.name) for folder in kind.folders)
        assert each.intact(path)
        assert not Remote(each.name, (), each.md5, each.sha256, each.most - 1).intact(path)
