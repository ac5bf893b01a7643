"""Threads that share one piece of array work: NumPy frees the interpreter inside its long calls.

Convolutions split a batch into chunks and let every thread take the next chunk until none is left.
The matrix products inside are small, so each keeps to the thread that asked for it. From the first
shared work on BLAS has one thread for good: its own would wait between products by spinning, for
tens of milliseconds at a time, on the cores that ours need.
"""

import functools
import itertools
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from queue import SimpleQueue
from typing import TypeVar

from threadpoolctl import ThreadpoolController

from minigan.errors import UserError

Item = TypeVar("Item")
Work = Callable[[Iterator[Item]], None]


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
    """0 … length as equal slices of `at_most` or less: none, one, or some for each thread."""
    count = -(-length // max(1, at_most))
    if count > 1:
        count = min(length, -(-count // num_threads()) * num_threads())
    edges = [length * k // max(1, count) for k in range(count + 1)]
    return [slice(*pair) for pair in itertools.pairwise(edges)]


def share(work: Work[Item], items: Iterable[Item], *, beside_blas: bool = False) -> None:
    """Call `work(iterator)` in every thread; the iterator is one, so each item is taken once.

    beside_blas: BLAS keeps its threads, which must not spin for long; see blas_sleeps().
    Returns when all items are done. What any thread raises is raised here, once the others have
    stopped. A single item, or a call from inside another `share`, keeps to the caller's thread.
    """
    items = list(items)
    if len(items) < 2 or not _busy.acquire(blocking=False):
        work(iter(items))
        return
    try:
        if not beside_blas:
            _keep_blas_to_one_thread()
        _share_with(min(num_threads(), len(items)) - 1, work, iter(items))
    finally:
        _busy.release()


def _share_with(helpers: int, work: Work[Item], queue: Iterator[Item]) -> None:
    for _ in range(helpers):
        _crew().jobs.put(lambda: work(queue))
    try:
        work(queue)
    finally:
        errors = [_crew().outcomes.get() for _ in range(helpers)]
    for error in filter(None, errors):
        raise error


class _Crew:
    """The waiting helper threads: they take jobs and report None, or what the job raised."""

    def __init__(self, size: int) -> None:
        self.jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.outcomes: SimpleQueue[BaseException | None] = SimpleQueue()
        for _ in range(size):
            threading.Thread(target=self._serve, name="minigan", daemon=True).start()

    def _serve(self) -> None:
        while True:
            self.outcomes.put(_error_of(self.jobs.get()))


def _error_of(job: Callable[[], None]) -> BaseException | None:
    try:
        job()
    except BaseException as error:
        return error
    return None


@functools.cache
def _crew() -> _Crew:
    return _Crew(num_threads() - 1)


_busy = threading.Lock()


def _after_fork() -> None:
    """Threads do not survive a fork: the child starts with a free lock and a crew of its own."""
    global _busy
    _busy = threading.Lock()
    _crew.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@functools.cache
def _keep_blas_to_one_thread() -> None:
    ThreadpoolController().limit(limits=1, user_api="blas")


@functools.cache
def blas_sleeps() -> bool:
    """Whether BLAS's idle threads soon sleep, as minigan/__init__.py asks of them."""
    return os.environ.get("OPENBLAS_THREAD_TIMEOUT", "26") in map(str, range(19))


def blas_keeps_to_one_thread() -> bool:
    """Whether work has been shared, and so large products need to be."""
    return _keep_blas_to_one_thread.cache_info().currsize > 0
