"""Keeps freed memory in the process, because fresh pages cost more than the arithmetic on them."""

import ctypes

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # glibc's malloc.h


def keep_freed_memory(size: int = 1 << 30) -> None:
    """Ask glibc to serve arrays up to `size` bytes from memory that it keeps, one for all threads.

    By default every array over 128 KB is mapped afresh and returned on release, so each step of a
    training loop pays for page faults again; and what one thread has freed, another does not use.
    Elsewhere than on glibc this does nothing.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return
    mallopt(_M_MMAP_THRESHOLD, size)
    mallopt(_M_TRIM_THRESHOLD, size)
    mallopt(_M_ARENA_MAX, 1)
