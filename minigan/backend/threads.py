"""Threads that share one piece of array work: NumPy frees the interpreter inside its long calls.

Convolutions split a batch into chunks and let every thread take the next chunk until none is left.
The matrix products inside are small and run in one thread each, so BLAS is told so meanwhile.
"""

import functools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TypeVar

from threadpoolctl import ThreadpoolController

from minigan.errors import UserError

T = TypeVar("T")
Work = Callable[[Iterator[T]], None]


@functools.cache
def num_threads() -> int:
    """How many threads share the work: ``MINIGAN_NUM_THREADS``, else the CPUs we may run on."""
    wanted = os.environ.get("MINIGAN_NUM_THREADS")
    if wanted is None:
        allowed = getattr(os, "sched_getaffinity", None)  # absent outside Linux
        return len(allowed(0)) if allowed else os.cpu_count() or 1
    if not wanted.isdecimal() or int(wanted) == 0:
        raise UserError(f"MINIGAN_NUM_THREADS is {wanted!r}; set it to a whole number from 1 up.")
    return int(wanted)


def share(work: Work[T], items: Iterable[T]) -> None:
    """Call ``work(iterator)`` in every thread; the iterator is one, so each item is taken once.

    Returns when all items are done. An exception in any thread is raised here, the first one if
    several fail. A single item, or a call from inside another ``share``, stays in this thread.
    """
    items = list(items)
    helpers = min(num_threads(), len(items)) - 1
    if helpers < 1 or not _busy.acquire(blocking=False):
        work(iter(items))
        return
    try:
        with _one_blas_thread():
            _share_with(_crew(), helpers, work, iter(items))
    finally:
        _busy.release()


def _share_with(crew: "_Crew", helpers: int, work: Work[T], queue: Iterator[T]) -> None:
    for _ in range(helpers):
        crew.jobs.put(lambda: work(queue))
    try:
        work(queue)
    finally:
        errors = [crew.outcomes.get() for _ in range(helpers)]  # nobody may outlive this call
    for error in filter(None, errors):
        raise error


class _Crew:
    """The waiting helper threads: they take jobs and hand back ``None`` or the exception raised."""

    def __init__(self, size: int) -> None:
        self.jobs: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self.outcomes: SimpleQueue[BaseException | None] = SimpleQueue()
        for _ in range(size):
            threading.Thread(target=self._serve, name="minigan", daemon=True).start()

    def _serve(self) -> None:
        while True:
            job = self.jobs.get()
            try:
                job()
            except BaseException as error:
                self.outcomes.put(error)
            else:
                self.outcomes.put(None)
            del job  # or the arrays of the last job would stay alive until the next


@functools.cache
def _crew() -> _Crew:
    return _Crew(num_threads() - 1)


_busy = threading.Lock()


def _after_fork() -> None:
    """Threads do not survive a fork: the child starts with a free lock and hires its own crew."""
    global _busy
    _busy = threading.Lock()
    _crew.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@functools.cache
def _blas() -> list:
    """The BLAS libraries of this process; looking for them is slow, switching them is not."""
    return ThreadpoolController().select(user_api="blas").lib_controllers


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    before = [library.num_threads for library in _blas()]
    for library in _blas():
        library.set_num_threads(1)
    try:
        yield
    finally:
        for library, count in zip(_blas(), before, strict=True):
            library.set_num_threads(count)
