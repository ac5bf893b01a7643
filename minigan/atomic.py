"""Files that appear whole or not at all, folders of one writer, and failures that say why."""

import contextlib
import errno
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from minigan.errors import UserError
from minigan.opening import check_file

PART = ".minigan-"  # begins the names of files that are not yet whole
LOCK = ".minigan.lock"
RETRIES = (0.01, 0.1, 1.0) if os.name == "nt" else ()  # Windows: what a virus scanner reads, stays
NO_LOCKS = (errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP)  # some network file systems say


@contextlib.contextmanager
def replacing(path: str | Path, former: str | Path | None = None) -> Iterator[Path]:
    """A temporary path beside `path` to write to; it takes the place of `path` when the block ends.

    former: where to keep what was at `path` before. When the block fails, nothing of it remains,
    and both stay as they were. A link stays one: it is the file it leads to that is replaced.
    Raises UserError for what is no file, as a folder or a device, and for what the system refuses:
    no permission, no folder, no space.
    """
    asked, path = path, Path(os.path.realpath(path))
    temporary = path.parent / f"{PART}{secrets.token_hex(8)}.part"
    try:
        with writing(asked):
            check_replaceable(path)
            open(temporary, "xb").close()  # ours alone: no other's file, and no link to elsewhere
            yield temporary
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())  # else a crash may leave the new name on an empty file
            if former and os.path.exists(path):
                rename(path, former)
            rename(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def check_replaceable(path: Path) -> None:
    """Raises OSError where something lies that is no file: a rename would destroy a device."""
    with contextlib.suppress(FileNotFoundError):
        check_file(path)


def rename(source: str | Path, target: str | Path) -> None:
    """os.replace, tried again where somebody looks at one of the two just now."""
    for seconds in RETRIES:
        with contextlib.suppress(PermissionError):
            return os.replace(source, target)
        time.sleep(seconds)
    return os.replace(source, target)


def remove_leftovers(folder: Path) -> None:
    """Delete what `replacing` could not, being killed, in a folder that no one else writes to."""
    for part in folder.glob(f"{PART}*.part"):
        with contextlib.suppress(OSError):
            part.unlink()


@contextlib.contextmanager
def locked(folder: Path, wait: bool = True) -> Iterator[None]:
    """No other process is in such a block for this folder, where the system can lock files.

    Waits until there is none, or raises BlockingIOError; any other OSError when the folder cannot
    be written to. What a killed process leaves is a hidden file, and no lock.
    """
    from filelock import FileLock, Timeout  # which a look at a network need not load

    file = folder / LOCK
    lock = FileLock(file, blocking=wait, thread_local=False, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise BlockingIOError(errno.EAGAIN, "is locked", str(file)) from None
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
        file.unlink(missing_ok=True)
    try:
        yield
    finally:
        if lock.is_locked:  # as it is not in a forked child
            with contextlib.suppress(OSError):  # Windows does it once it is closed
                file.unlink()  # while it is ours: who opened it meanwhile sees that it is gone
            lock.release()


def check_writable(path: str | Path) -> None:
    """Raises UserError where a file could not be written: better before long work than after it."""
    with writing(path):
        place = Path(os.path.realpath(path))
        check_replaceable(place)
        tempfile.TemporaryFile(dir=place.parent).close()


@contextlib.contextmanager
def writing(path: str | Path) -> Iterator[None]:
    """Turns an OSError of the block into a UserError: which file could not be written, and why."""
    try:
        yield
    except OSError as error:
        folder = Path(path).parent
        reason = error.strerror or str(error)
        if not os.path.isdir(folder):  # unlike Path.is_dir, this never raises
            reason = f"{folder} is not a folder; create it first"
        raise UserError(f"cannot write {path}: {reason}") from None
