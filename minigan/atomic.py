"""Files that appear whole or not at all, folders of one writer, and failures that say why."""

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from minigan.errors import UserError

PART = ".minigan-"  # begins the names of files that are not yet whole


@contextlib.contextmanager
def replacing(path: str | Path, former: str | Path | None = None) -> Iterator[Path]:
    """A temporary path beside `path` to write to; it takes the place of `path` when the block ends.

    former: where to keep what was at `path` before. When the block fails, nothing of it remains,
    and both stay as they were.
    Raises UserError for what the system refuses: no permission, no folder, no space.
    """
    path = Path(path)
    temporary = path.parent / f"{PART}{secrets.token_hex(8)}.part"
    try:
        with writing(path):
            open(temporary, "xb").close()  # ours alone: no other's file, and no link to elsewhere
            yield temporary
            with open(temporary, "rb+") as file:
                os.fsync(file.fileno())  # else a crash may leave the new name on an empty file
            if former and os.path.exists(path):
                os.replace(path, former)
            os.replace(temporary, path)
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def remove_leftovers(folder: Path) -> None:
    """Delete what `replacing` could not, being killed, in a folder that no one else writes to."""
    for part in folder.glob(f"{PART}*.part"):
        with contextlib.suppress(OSError):
            part.unlink()


@contextlib.contextmanager
def locked(folder: Path, wait: bool = True) -> Iterator[None]:
    """No other process is in such a block for this folder, where the system can lock folders.

    Waits until there is none, or raises BlockingIOError.
    """
    try:
        import fcntl
    except ImportError:  # not POSIX
        yield
        return
    lock = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise
        except OSError:  # some network file systems cannot
            pass
        yield
    finally:
        os.close(lock)


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
