"""Gets a file's bytes from one mirror, within a stated time and size, whatever the mirror does.

An answer comes in steps: its head, then the file in portions. Every step has PATIENCE seconds and
RATION bytes, so a silent, a dripping or a babbling mirror is left after that. A file of N bytes
takes a mirror at most N / PORTION steps, and 5 more (connection, handshake, head, last portion,
end) for each of at most ATTEMPTS × (1 + REDIRECTS) addresses. Connecting takes a step for each
machine behind an address; how long looking up its name takes is up to the system.
"""

import io
import re
import socket
import time
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection, responses
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from minigan.bars import bar

PATIENCE = 10.0  # seconds for each step
PORTION = 1 << 16  # bytes of the file in each step; the slowest mirror accepted sends 6.5 kB/s
RATION = 1 << 20  # bytes of all kinds in each step: head, portion, and how it is wrapped
ATTEMPTS = 3  # connections per mirror, each going on where the former broke off
REDIRECTS = 5  # that a mirror may answer with, one after the other


class MirrorFailed(Exception):
    """This mirror does not help; the message says why, in a few words."""


class _BrokeOff(MirrorFailed):
    """The mirror stopped in the middle; another connection may bring the rest."""


def transfer(url: str, part: Path, most: int) -> None:
    """Append to `part` what it lacks of `url`, over as many connections as make progress.

    `part` grows to `most` bytes at most, and a portion. Whether what it then holds is the file is
    not looked at here. Raises MirrorFailed; what came until then stays, unless it was too much.
    """
    for attempt in range(1, ATTEMPTS + 1):
        before = _size(part)
        try:
            _append_rest(url, part, most)
        except _BrokeOff:
            if attempt == ATTEMPTS or _size(part) <= before:
                raise
        else:
            return


def _append_rest(url: str, part: Path, most: int) -> None:
    """One connection: brings what `part` lacks, or all of it where the mirror cannot resume."""
    answer = _ask(url, have := _size(part))
    if answer is None:  # there is nothing beyond what is here: the checksum judges it
        return
    with answer:
        start = _start(answer, have)
        whole = _whole(answer, start)
        if whole is not None and whole > most:
            raise MirrorFailed(f"offers {whole:,} bytes for a file of at most {most:,}")
        with open(part, "ab" if start else "wb") as out, _progress(url, start, whole) as bar:
            for portion in _portions(answer, start, whole):
                out.write(portion)
                bar.update(len(portion))
                if out.tell() > most:
                    out.truncate(0)  # nothing that another mirror could go on from
                    raise MirrorFailed(f"sent more than {most:,} bytes, the most the file can have")


def _ask(url: str, have: int) -> "_Answer | None":
    """The mirror's answer when asked for what follows the first `have` bytes; None: nothing."""
    headers = {"User-Agent": "minigan"} | ({"Range": f"bytes={have}-"} if have else {})
    opener = build_opener(_HTTP, _HTTPS, _Redirects)
    try:
        return opener.open(Request(url, headers=headers), timeout=PATIENCE)
    except HTTPError as error:
        error.close()
        if have and error.code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return None
        raise MirrorFailed(_status(error.code)) from None
    except Exception as error:  # nonsense in an answer raises nearly anything
        raise MirrorFailed(_reason(error)) from None


def _start(answer: "_Answer", have: int) -> int:
    """Where in the file the answer begins: at 0, or at `have` when the mirror resumes."""
    if answer.status == HTTPStatus.OK:
        return 0
    if answer.status != HTTPStatus.PARTIAL_CONTENT:
        raise MirrorFailed(_status(answer.status))
    if not answer.headers.get("Content-Range", "").lower().startswith(f"bytes {have}-"):
        raise MirrorFailed("sent another part of the file than the one asked for")
    return have


def _whole(answer: "_Answer", start: int) -> int | None:
    """The whole file's length, or None where the mirror does not tell it."""
    text = answer.headers.get("Content-Length")
    if text is None or answer.chunked:
        return None
    if not re.fullmatch("[0-9]{1,18}", text):
        raise MirrorFailed(f"gives {text[:20]!r} as the length")
    return start + int(text)


def _portions(answer: "_Answer", start: int, whole: int | None) -> Iterator[bytes]:
    """What the answer brings, until it is complete. Raises _BrokeOff when it ends before."""
    end, failure = start, "the connection was closed"
    try:
        while portion := answer.portion():
            end += len(portion)
            yield portion
        if whole is None or end == whole:
            return
    except Exception as error:
        failure = _reason(error)
    of = "" if whole is None else f" of {whole:,}"
    raise _BrokeOff(f"broke off after {end:,}{of} bytes: {failure}")


class _Rationed(io.RawIOBase):
    """What comes over a socket; raises OSError when a step takes too long or too many bytes.

    A socket's own timeout begins anew with each byte.
    """

    def __init__(self, sock: socket.socket):
        self._sock, self._stream = sock, sock.makefile("rb", buffering=0)
        self.next_step()

    def next_step(self) -> None:
        self._end, self._left = time.monotonic() + PATIENCE, RATION

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        seconds = self._end - time.monotonic()
        if seconds <= 0:
            raise TimeoutError
        if self._left <= 0:
            raise OSError("too much that is not the file")
        self._sock.settimeout(seconds)
        count = self._stream.readinto(memoryview(buffer)[: self._left])
        self._left -= count or 0
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()


class _Answer(HTTPResponse):
    """An answer that is read in steps, of which the first ends with the headers."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any):
        super().__init__(sock, *args, **options)
        self._rationed = _Rationed(sock)
        self.fp.close()
        self.fp = io.BufferedReader(self._rationed)

    def portion(self) -> bytes:
        """The file's next PORTION bytes, fewer at its end, then none."""
        self._rationed.next_step()
        return self.read(PORTION)


class _Plain(HTTPConnection):
    response_class = _Answer


class _Secure(HTTPSConnection):
    response_class = _Answer


class _HTTP(HTTPHandler):
    def http_open(self, req: Request) -> Any:
        return self.do_open(_Plain, req)


class _HTTPS(HTTPSHandler):
    def https_open(self, req: Request) -> Any:
        return self.do_open(_Secure, req)


class _Redirects(HTTPRedirectHandler):
    """Follows a few redirects: to https, and from http to http."""

    max_redirections, max_repeats = REDIRECTS, 1

    def redirect_request(
        self, req: Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        allowed = {"https", urlsplit(req.full_url).scheme}
        if urlsplit(newurl).scheme not in allowed:
            return None  # which makes it an HTTPError
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _status(code: int) -> str:
    """An HTTP status in words; not in the mirror's, which can be anything."""
    refused = "(one redirect too many, or to a wrong address)" if 300 <= code < 400 else ""
    return " ".join(filter(None, ("HTTP", str(code), responses.get(code), refused)))


def _reason(error: Exception) -> str:
    """What went wrong, in a line: an error's text may hold whatever the mirror has sent."""
    cause = getattr(error, "reason", error)
    if isinstance(cause, TimeoutError):
        return f"nothing, or too little, came within {PATIENCE:g} s"
    text = str(getattr(cause, "strerror", None) or cause)
    plain = "".join(filter(str.isprintable, text))[:200] or type(error).__name__
    return f"no sound HTTP ({plain})" if isinstance(error, HTTPException) else plain


def _progress(url: str, initial: int, total: int | None) -> Any:
    units = {"unit": "B", "unit_scale": True, "unit_divisor": 1024}
    return bar(desc=url.rpartition("/")[2], initial=initial, total=total, **units)


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
