"""Fetches a file from the first mirror that serves it whole, resuming what an earlier run left.

A file gets its final name only after its checksum was verified, so what is there can be trusted.
"""

import gzip
import os
import shutil
import sys
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from minigan.atomic import locked
from minigan.data.idx import GZIP_MAGIC
from minigan.errors import DataError

TIMEOUT = 10.0  # seconds without a single byte
ATTEMPTS = 3  # connections per mirror, each going on where the former broke off
CHUNK = 1 << 18


class DownloadError(DataError):
    """No mirror delivered the file."""


class _MirrorFailed(Exception):
    """This mirror does not help; the message says why, in a few words."""


@dataclass(frozen=True)
class Remote:
    """A file on several mirrors: each address is a mirror followed by `name`.

    `md5` is that of the decompressed content (mirrors may have compressed it each in their own
    way), or with `as_sent` that of the file as it comes.
    """

    name: str
    mirrors: tuple[str, ...]
    md5: str
    as_sent: bool = False

    def intact(self, path: Path) -> bool:
        """Whether the file at `path` has the expected checksum."""
        try:
            return file_md5(path, decompress=not self.as_sent) == self.md5
        except (EOFError, gzip.BadGzipFile, zlib.error):
            return False


def file_md5(path: Path, decompress: bool = False) -> str:
    """MD5, in hexadecimal, of a file, or of what it holds if it is gzip."""
    import hashlib

    digest = hashlib.md5(usedforsecurity=False)
    with open(path, "rb") as file:
        zipped = decompress and file.read(2) == GZIP_MAGIC
        file.seek(0)
        with gzip.open(file) if zipped else file as stream:
            while chunk := stream.read(CHUNK):
                digest.update(chunk)
    return digest.hexdigest()


def fetch(remote: Remote, folder: Path) -> Path:
    """Download `remote` into `folder` unless it is there; returns its path.

    Raises DownloadError that names every mirror and why it failed, or that the folder cannot be
    written.
    """
    target, part = folder / remote.name, folder / f"{remote.name}.part"
    failures = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with locked(folder):  # runs started together download one after the other
            if target.exists():
                return target
            for mirror in remote.mirrors:
                try:
                    _from_mirror(mirror + remote.name, part, remote)
                except _MirrorFailed as failure:
                    failures.append(f"{mirror}{remote.name}: {failure}")
                else:
                    os.replace(part, target)
                    return target
    except OSError as error:
        raise DownloadError(
            f"cannot write the download to {folder}: {error.strerror or error}"
        ) from None
    raise DownloadError(f"{remote.name} could not be downloaded ({'; '.join(failures)})")


def unpack(archive: Path, members: Sequence[str]) -> None:
    """Take `members` out of a tar file into its own folder, each under its last name, atomically.

    Only these names are written, whatever else the archive holds. Raises DataError when one is
    missing or the archive is damaged.
    """
    import tarfile

    try:
        with tarfile.open(archive) as tar:
            for member in members:
                source = tar.extractfile(member)
                if source is None:
                    raise KeyError(f"{member} is not a file")
                target = archive.parent / Path(member).name
                part = target.with_name(f"{target.name}.part")
                with open(part, "wb") as out:
                    shutil.copyfileobj(source, out)
                os.replace(part, target)
    except (tarfile.TarError, EOFError, zlib.error, KeyError) as error:
        raise DataError(f"{archive}: damaged archive ({error}); delete it and run again") from None
    except OSError as error:
        raise DataError(f"cannot unpack {archive}: {error.strerror or error}") from None


def _from_mirror(url: str, part: Path, remote: Remote) -> None:
    """Bring `part` to the whole, verified file; a bad one is deleted.

    What an earlier run left may come from another mirror's compression. Then the joined file is
    wrong, and one download from the beginning decides.
    """
    resumed = part.exists()
    _transfer(url, part)
    if resumed and not remote.intact(part):
        part.unlink()
        _transfer(url, part)
    if not remote.intact(part):
        part.unlink()
        raise _MirrorFailed("sent something else than the expected file (its checksum differs)")


def _transfer(url: str, part: Path) -> None:
    """Append to `part` what it lacks of `url`, over as many connections as make progress."""
    for _ in range(ATTEMPTS):
        before = _size(part)
        length = _connect_and_copy(url, part)
        if length is None or _size(part) >= length:
            return
        if _size(part) == before:
            break
    raise _MirrorFailed(f"broke off after {_size(part):,} of {length:,} bytes")


def _connect_and_copy(url: str, part: Path) -> int | None:
    """One connection: copies until it ends; returns the whole file's length where it was told."""
    from http.client import HTTPException
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    have = _size(part)
    headers = {"User-Agent": "minigan"} | ({"Range": f"bytes={have}-"} if have else {})
    try:
        response = urlopen(Request(url, headers=headers), timeout=TIMEOUT)
    except HTTPError as error:
        error.close()
        if error.code == 416:  # nothing beyond what is here: the checksum judges it
            return None
        raise _MirrorFailed(f"HTTP {error.code} {error.reason}") from None
    except (OSError, HTTPException, ValueError) as error:
        raise _MirrorFailed(_reason(error)) from None

    with response:
        resuming = response.status == 206
        rest = response.headers.get("Content-Length")
        length = int(rest) + have * resuming if rest else None
        with (
            open(part, "ab" if resuming else "wb") as out,
            _progress(url, have * resuming, length) as bar,
        ):
            while chunk := _read(response):
                out.write(chunk)
                bar.update(len(chunk))
    return length


def _read(response: Any) -> bytes:
    """The next bytes, or none when the connection ended, in whatever way."""
    from http.client import HTTPException

    try:
        return response.read(CHUNK)
    except (OSError, HTTPException):
        return b""


def _progress(url: str, initial: int, total: int | None) -> Any:
    from tqdm import tqdm

    name = url.rpartition("/")[2]
    return tqdm(
        desc=name,
        initial=initial,
        total=total,
        unit="B",
        unit_scale=True,
        unit_divisor=1024,
        file=sys.stderr,
        disable=None,
        leave=False,
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    return str(getattr(reason, "strerror", None) or reason) or type(error).__name__
