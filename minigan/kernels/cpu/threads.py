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
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import Context, copy_context
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from numbers import Integral
from queue import SimpleQueue
from types import ModuleType
from typing import TypeVar

from threadpoolctl import ThreadpoolController

from minigan.backend import random
from minigan.errors import MisfitError, NumberTypeError
from minigan.kernels.cpu.count import at_start

Item = TypeVar("Item")
Made = TypeVar("Made")
Work = Callable[[Iterator[Item]], None]

PARTS = 4  # work is cut into a multiple of this
# The caller waits awake for a last part: to sleep and to wake again takes longer than most need. It
# gives its core to whoever wants it; each time takes half a microsecond where nobody does.
YIELDS = 200
give_way = getattr(os, "sched_yield", lambda: time.sleep(0))


def get_num_threads() -> int:
    """How many threads share the work: what set_num_threads said last, else what held at the start.

    That is MINIGAN_NUM_THREADS, else OMP_NUM_THREADS, else the CPUs that this process may run on,
    or of how many it has the time in a container.
    """
    return _number or at_start()[0]


def set_num_threads(number: int) -> None:
    """Have so many threads share the work from now on; the numbers are the same for any number.

    BLAS keeps to one of its own in either case. With MINIGAN_KERNELS=plain nothing is shared.
    """
    global _number
    if isinstance(number, bool) or not isinstance(number, Integral):
        raise NumberTypeError(f"set_num_threads: {number!r} is no whole number; 1 is the least")
    if number < 1:
        raise MisfitError(f"set_num_threads: {number} is too few; 1 computes all in this thread")
    with _crew.lock:
        _number = int(number)
        _crew.dismiss_all_but(_number - 1)


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
        _share_with(len(items) - 1, work, iter(items))
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

    with _crew.lock:  # nobody leaves between the count and the calls
        helpers = min(helpers, get_num_threads() - 1)
        _crew.hire(helpers)
        for _ in range(helpers):
            _crew.jobs.put(functools.partial(help_in, copy_context()))
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


class _Crew:
    """The helper threads, as many as have been of use at a time, who wait asleep for their jobs."""

    def __init__(self) -> None:
        self.jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()  # None: leave
        self.size = 0
        self.lock = threading.RLock()  # of its size; a signal may come while it is held

    def hire(self, enough: int) -> None:
        while self.size < enough:
            threading.Thread(target=self.serve, name="minigan", daemon=True).start()
            self.size += 1

    def dismiss_all_but(self, some: int) -> None:
        """Once they have done what they were called for before."""
        while self.size > some:
            self.size -= 1
            self.jobs.put(None)

    def serve(self) -> None:
        while job := self.jobs.get():
            job()
            del job  # and with it the arrays that it was about


_number = 0  # set_num_threads's; 0: nobody has said any
_crew = _Crew()
_busy = threading.Lock()


def _after_fork() -> None:
    """Threads do not survive a fork: the child starts with free locks and a crew of its own."""
    global _busy, _crew
    _busy, _crew = threading.Lock(), _Crew()
    random.drawing = threading.RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


# -- BLAS ------------------------------------------------------------------------------------------


def keep_blas_to_one_thread() -> None:
    """For good: see above. Accelerate heeds a variable alone, which minigan/__init__.py sets."""
    _limit()
    sys.meta_path.insert(0, _SciPyComing())


def _limit() -> None:
    ThreadpoolController().limit(limits=1, user_api="blas")


class _SciPyComing(MetaPathFinder):
    """SciPy brings a BLAS of its own, often later than this: it keeps to one thread as well.

    A variable would do for it too, and for the processes begun from here, which are not ours.
    """

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name not in ("scipy.linalg", "scipy.special"):  # one of them is there first in any case
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec and spec.loader:
            run = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                run(module)
                _limit()

            vars(spec.loader)["exec_module"] = exec_module
        return spec
