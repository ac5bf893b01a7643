"""Fetches a file from the first mirror that serves it whole, resuming what an earlier run left.

A file gets its final name only after its checksums were verified, so what is there can be trusted.
A mirror that fails or misbehaves leads to the next one; `transfer` says within which time.
"""

import gzip
import hashlib
import shutil
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from minigan.atomic import locked, rename
from minigan.data.idx import GZIP_MAGIC
from minigan.errors import DataError
from minigan.opening import opened

CHUNK = 1 << 18


class DownloadError(DataError):
    """No mirror delivered the file."""


@dataclass(frozen=True)
class Remote:
    """A file on several mirrors: each address is a mirror followed by `name`.

    `md5`, `sha256` (where it is known) and `most`, the bytes that it has or a bound on them, are
    those of the decompressed content (mirrors may have compressed it each in their own way), or
    with `as_sent` those of the file as it comes.
    """

    name: str
    mirrors: tuple[str, ...]
    md5: str
    sha256: str | None = None
    most: int = 1 << 30
    as_sent: bool = False

    @property
    def most_sent(self) -> int:
        """The bytes that a mirror may send: gzip makes what it cannot pack a little longer."""
        return self.most if self.as_sent else self.most + self.most // 1000 + 1024

    def intact(self, path: Path) -> bool:
        """Whether the file at `path` has the expected checksums, and not more than `most` bytes.

        It is not unpacked any further than that, whatever it claims to hold.
        """
        md5, sha256 = hashlib.md5(usedforsecurity=False), hashlib.sha256()
        left = self.most
        try:
            for chunk in _content(path, decompress=not self.as_sent):
                left -= len(chunk)
                if left < 0:
                    return False
                md5.update(chunk)
                sha256.update(chunk)
        except (EOFError, gzip.BadGzipFile, zlib.error):
            return False
        return md5.hexdigest() == self.md5 and self.sha256 in (None, sha256.hexdigest())


def fetch(remote: Remote, folder: Path) -> Path:
    """Download `remote` into `folder` unless it is there; returns its path.

    Raises DownloadError that names every mirror and why it failed, or that the folder cannot be
    written. An interrupted download is resumed by the next call.
    """
    from minigan.data.transfer import MirrorFailed  # urllib and ssl take their time to import

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
                except MirrorFailed as failure:
                    failures.append(f"{mirror}{remote.name}: {failure}")
                else:
                    rename(part, target)
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
        with opened(archive) as file, tarfile.open(fileobj=file) as tar:
            for member in members:
                found = tar.getmember(member)
                source = tar.extractfile(found) if found.isreg() and not found.issparse() else None
                if source is None:  # a link, or holes of any size
                    raise KeyError(f"{member} is not a plain file")
                target = archive.parent / Path(member).name
                part = target.with_name(f"{target.name}.part")
                with open(part, "wb") as out:
                    shutil.copyfileobj(source, out)
                rename(part, target)
    except (tarfile.TarError, EOFError, zlib.error, KeyError, ValueError) as error:
        raise DataError(f"{archive}: damaged archive ({error}); delete it and run again") from None
    except OSError as error:
        raise DataError(f"cannot unpack {archive}: {error.strerror or error}") from None


def _from_mirror(url: str, part: Path, remote: Remote) -> None:
    """Bring `part` to the whole, verified file; a bad one is deleted.

    What an earlier run left may come from another mirror's compression, or be no part of the file
    at all. Then the joined file is wrong, and one download from the beginning decides.
    """
    from minigan.data.transfer import MirrorFailed, transfer

    resumed = part.exists() and part.stat().st_size > 0
    transfer(url, part, remote.most_sent)
    if remote.intact(part):
        return
    part.unlink()
    if not resumed:
        raise MirrorFailed("sent something else than the expected file (its checksum differs)")
    _from_mirror(url, part, remote)


def _content(path: Path, decompress: bool) -> Iterator[bytes]:
    """The bytes of a file, or of what it holds if it is gzip, in chunks."""
    with open(path, "rb") as file:
        zipped = decompress and file.read(2) == GZIP_MAGIC
        file.seek(0)
        with gzip.open(file) if zipped else file as stream:
            while chunk := stream.read(CHUNK):
                yield chunk
