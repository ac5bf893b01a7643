"""Threads that share one piece of array work: NumPy frees the interpreter inside its long calls.

Work is cut into parts, and every thread takes the next part until none is left. The cuts are the
same for any number of threads, and each sum has its own place, so the numbers do not depend on how
many threads there are, nor on which was first: a run resumed on another machine goes on as it was.

Each matrix product keeps to the thread that asked for it: BLAS has one thread from the import on.
Its own would cut by their number, and wait between products by spinning on the cores of others.
"""

import functools
import itertools
import os
import re
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import TypeVar

from threadpoolctl import ThreadpoolController

from minigan.backend import random
from minigan.errors import UserError

Item = TypeVar("Item")
Made = TypeVar("Made")
Work = Callable[[Iterator[Item]], None]

PARTS = 4  # work is cut into a multiple of this
# The caller waits awake for a last part: to sleep and to wake again takes longer than most need. It
# gives its core to whoever wants it; each time takes half a microsecond where nobody does.
YIELDS = 200
give_way = getattr(os, "sched_yield", lambda: time.sleep(0))


@functools.cache
def num_threads() -> int:
    """How many threads share the work: MINIGAN_NUM_THREADS, else the CPUs we may run on."""
    wanted = os.environ.get("MINIGAN_NUM_THREADS")
    if wanted is None:
        allowed = getattr(os, "sched_getaffinity", None)  # absent outside Linux
        return len(allowed(0)) if allowed else os.cpu_count() or 1
    if not re.fullmatch("[1-9][0-9]{0,2}", wanted):
        raise UserError(f"MINIGAN_NUM_THREADS is {wanted!r}: set it to a number from 1 to 999")
    return int(wanted)


def cuts(length: int, at_most: int) -> list[slice]:
    """0 … length as equal slices of `at_most` or less: none, one, or a multiple of PARTS."""
    count = -(-length // max(1, at_most))
    return slices(length, count if count <= 1 else min(length, -(-count // PARTS) * PARTS))


def slices(length: int, count: int) -> list[slice]:
    """0 … length as equal slices."""
    return between([length * k // max(1, count) for k in range(count + 1)])


def parts(length: int, worth: int) -> list[slice]:
    """0 … length as slices for threads to take, or as one where less than `worth` is to be done."""
    return slices(length, PARTS if length >= worth else 1)


def between(edges: list[int]) -> list[slice]:
    """From each edge to the next one, where there is something."""
    return [slice(a, b) for a, b in itertools.pairwise(edges) if a < b]


def with_buffers(
    chunks: Iterator[slice], make: Callable[[int], Made]
) -> Iterator[tuple[slice, Made]]:
    """Each chunk with what `make` made for its size, once: chunks differ by one image at most."""
    made: dict[int, Made] = {}
    for chunk in chunks:
        n = chunk.stop - chunk.start
        if n not in made:
            made[n] = make(n)
        yield chunk, made[n]


def share(work: Work[Item], items: Iterable[Item]) -> None:
    """Call `work(iterator)` in every thread; the iterator is one, so each item is taken once.

    Returns when all items are done. What any thread raises is raised here, once the others have
    stopped. A single item, or a call from inside another `share`, keeps to the caller's thread.
    """
    items = list(items)
    if len(items) < 2 or not _busy.acquire(blocking=False):
        work(iter(items))
        return
    try:
        _share_with(min(num_threads(), len(items)) - 1, work, iter(items))
    finally:
        _busy.release()


def each(work: Callable[[Item], None], items: Iterable[Item]) -> None:
    """`work(item)` for every item, as `share` does it."""

    def take(queue: Iterator[Item]) -> None:
        for item in queue:
            work(item)

    share(take, items)


def _share_with(helpers: int, work: Work[Item], queue: Iterator[Item]) -> None:
    outcomes: SimpleQueue[BaseException | None] = SimpleQueue()  # of this call: Ctrl-C leaves some

    def help_in(context: Context) -> None:  # the caller's, which has its np.errstate
        outcomes.put(_error_of(lambda: context.run(work, queue)))

    for _ in range(helpers):
        _crew().put(functools.partial(help_in, copy_context()))
    try:
        work(queue)
    finally:
        for _ in range(YIELDS):
            if outcomes.qsize() == helpers:
                break
            give_way()
        errors = [outcomes.get() for _ in range(helpers)]
    for error in filter(None, errors):
        raise error


def _error_of(job: Callable[[], None]) -> BaseException | None:
    try:
        job()
    except BaseException as error:
        return error
    return None


@functools.cache
def _crew() -> "SimpleQueue[Callable[[], None]]":
    """The jobs of the helper threads, which wait for them for good."""
    jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
    for _ in range(num_threads() - 1):
        threading.Thread(target=_serve, args=(jobs,), name="minigan", daemon=True).start()
    return jobs


def _serve(jobs: "SimpleQueue[Callable[[], None]]") -> None:
    while True:
        jobs.get()()


_busy = threading.Lock()


def _after_fork() -> None:
    """Threads do not survive a fork: the child starts with free locks and a crew of its own."""
    global _busy
    _busy = threading.Lock()
    random.drawing = threading.RLock()
    _crew.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def keep_blas_to_one_thread() -> None:
    """For good: see above."""
    ThreadpoolController().limit(limits=1, user_api="blas")
