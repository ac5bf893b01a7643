"""Threads that share one piece of array work: NumPy frees the interpreter inside its long calls.

Convolutions split a batch into chunks and let every thread take the next chunk until none is left.
The matrix products inside are small, so each keeps to the thread that asked for it. From the first
shared work on, Adam's excepted, BLAS has one thread for good: its own would wait between products
by spinning, for tens of milliseconds at a time, on the cores that ours need.
"""

import functools
import itertools
import os
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from contextvars import Context, copy_context
from queue import SimpleQueue
from typing import TypeVar

from threadpoolctl import ThreadpoolController

from minigan.errors import UserError

Item = TypeVar("Item")
Made = TypeVar("Made")
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
    outcomes: SimpleQueue[BaseException | None] = SimpleQueue()  # of this call: Ctrl-C leaves some

    def help_in(context: Context) -> None:  # the caller's, which has its np.errstate
        outcomes.put(_error_of(lambda: context.run(work, queue)))

    for _ in range(helpers):
        _crew().put(functools.partial(help_in, copy_context()))
    try:
        work(queue)
    finally:
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
    """Threads do not survive a fork: the child starts with a free lock and a crew of its own."""
    global _busy
    _busy = threading.Lock()
    _crew.cache_clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


@functools.cache
def _keep_blas_to_one_thread() -> None:
    ThreadpoolController().limit(limits=1, user_api="blas")


def blas_sleeps() -> bool:
    """Whether BLAS's idle threads sleep, after 2¹⁸ cycles at most: minigan/__init__.py sets it."""
    cycles = os.environ.get("OPENBLAS_THREAD_TIMEOUT", "")
    return cycles.isdecimal() and int(cycles) <= 18


def blas_keeps_to_one_thread() -> bool:
    """Whether BLAS has been sent home (see share), so that large products need to be shared."""
    return _keep_blas_to_one_thread.cache_info().currsize > 0
