"""Opens what readers read: files on a disk, and nothing that might never end."""

import os
import stat
from pathlib import Path
from typing import BinaryIO

from minigan.errors import DataError

CHUNK = 1 << 20
KINDS = {
    stat.S_IFIFO: "a named pipe", stat.S_IFSOCK: "a socket", stat.S_IFDIR: "a folder",
    stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}  # fmt: skip


def opened(path: str | Path) -> BinaryIO:
    """The file, to read its bytes.

    Raises OSError when it cannot be opened. So it does for a pipe, a socket or a device: there one
    would wait for ever, or read without an end.
    """
    check_file(path)
    return open(path, "rb")


def check_file(path: str | Path) -> None:
    """Raises OSError where nothing is, and for what is no file."""
    try:
        kind = stat.S_IFMT(os.stat(path).st_mode)
    except ValueError as error:  # a name that none can have, as one with a zero byte
        raise OSError(None, str(error), str(path)) from None
    if kind != stat.S_IFREG:
        raise OSError(None, f"it is {KINDS.get(kind, 'no file')}, where a file belongs", str(path))


def size_of(file: BinaryIO) -> int:
    """The bytes in an open file: the bound of all that it may claim to hold."""
    return os.fstat(file.fileno()).st_size


def taken(stream: BinaryIO, size: int) -> bytearray:
    """The next `size` bytes, or as many as there are. The memory grows as they come: a stream that
    is unpacked while it is read may promise much and hold little.
    """
    content = bytearray()
    while chunk := stream.read(min(CHUNK, size - len(content))):
        content += chunk
    return content


def read_text(path: str | Path) -> str:
    """What is written in a small file of words. Raises DataError when it cannot be read."""
    try:
        with opened(path) as file:
            return file.read().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read ({reason(error)})") from None


def reason(error: Exception) -> str:
    """What an error says, on one short line: damaged files may put anything into it."""
    words = " ".join(str(getattr(error, "strerror", None) or error).split())
    return f"{words[:200]} …" if len(words) > 200 else words or type(error).__name__
