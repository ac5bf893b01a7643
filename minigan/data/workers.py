"""Workers: threads that make batches ahead of time, and what a loader's arguments say of them.

They share the process, its memory and its random numbers. So `worker_init_fn` is called for each of
them before the pass begins, with `get_worker_info()` telling which one; what it did to the random
numbers of Python, NumPy and minigan is undone: in PyTorch it would have seeded another process.
"""

import random as pythons
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

import numpy as np

from minigan.backend import random
from minigan.data.refusals import Unfit, WrongType, whole
from minigan.errors import MisfitError

S = TypeVar("S")
T = TypeVar("T")

AHEAD = 2  # batches that each thread makes ahead of the consumer
HANDOVER = 1e-3  # seconds: a batch made faster costs less than passing it between threads


@dataclass(frozen=True)
class WorkerInfo:
    """Which worker this is, of how many, the seed that PyTorch would give it, and its data set."""

    id: int
    num_workers: int
    seed: int
    dataset: Any


_here = threading.local()


def get_worker_info() -> WorkerInfo | None:
    """The worker whose thread this is; None outside of a loader's workers."""
    return getattr(_here, "info", None)


def become(info: WorkerInfo | None) -> None:
    """Make this thread that worker."""
    _here.info = info


def check(loader: Any) -> None:
    """Raises Unfit, or WrongType, for what a DataLoader's arguments say of its workers."""
    count, named = loader.num_workers, "DataLoader: num_workers"
    whole(named, count, 0)
    if not loader.timeout >= 0:
        raise Unfit(f"DataLoader: timeout is {loader.timeout}; it must be at least 0 seconds")
    given = {
        "timeout": loader.timeout,
        "prefetch_factor": loader.prefetch_factor is not None,
        "persistent_workers": loader.persistent_workers,
        "multiprocessing_context": loader.multiprocessing_context is not None,
    }
    if not count and (idle := [name for name, asked in given.items() if asked]):
        raise Unfit(
            f"DataLoader: {' and '.join(idle)} without workers; leave out, or give num_workers"
        )
    if loader.prefetch_factor is not None:
        whole("DataLoader: prefetch_factor", loader.prefetch_factor, 1)
    if loader.worker_init_fn is not None and not callable(loader.worker_init_fn):
        raise WrongType(f"DataLoader: worker_init_fn {loader.worker_init_fn!r} is not a function")
    if loader.generator is not None and not hasattr(loader.generator, "passes"):
        raise WrongType(
            f"DataLoader: generator is a {type(loader.generator).__name__}; give a "
            "minigan.torch.Generator, or an integer as seed="
        )


def begin(loader: Any, seed: int, prepare: bool) -> list[WorkerInfo | None]:
    """A loader's workers for one pass, with `prepare` after its worker_init_fn for each."""
    count = loader.num_workers
    infos = [WorkerInfo(n, count, (seed + n) % 2**64, loader.dataset) for n in range(count)]
    if prepare and loader.worker_init_fn:
        before = pythons.getstate(), np.random.get_state(), random.default.state()
        try:
            for info in infos:
                become(info)
                loader.worker_init_fn(info.id)
        finally:
            become(None)
            pythons.setstate(before[0])
            np.random.set_state(before[1])
            random.default.set_state(before[2])
    return list(infos)


def if_slow(make: Callable[[S], T], tasks: Iterator[S]) -> Iterator[T]:
    """make(task) for each task: the first one here, and if that was slow, the rest by a thread."""
    begun = time.perf_counter()
    first = [make(task) for task in islice(tasks, 1)]
    slow = time.perf_counter() - begun > HANDOVER
    yield from first
    yield from by_threads(make, tasks, [None]) if slow else map(make, tasks)


def by_threads(
    make: Callable[[S], T],
    tasks: Iterable[S],
    workers: list[WorkerInfo | None],
    ahead: int = AHEAD,
    timeout: float = 0.0,
) -> Iterator[T]:
    """make(task) for each task, in order, by one thread for each worker, each up to `ahead` early.

    An error in a thread is raised here with its traceback. When the iteration is dropped, nothing
    new is begun, and the threads end with what they are at. Raises MisfitError (a RuntimeError)
    when a batch takes longer than `timeout` seconds, unless that is 0.
    """
    free = deque(workers)
    pool = ThreadPoolExecutor(
        len(workers), "minigan-data", initializer=lambda: become(free.popleft())
    )
    pending: deque[Future[T]] = deque()

    def next_one() -> T:
        first = pending.popleft()
        try:
            return first.result(timeout or None)
        except TimeoutError:
            if first.done():  # it is the data set's own
                raise
            raise MisfitError(
                f"DataLoader: no batch came within {timeout} seconds (timeout={timeout}): "
                "allow more, or 0 to wait for as long as it takes"
            ) from None

    try:
        for task in tasks:
            pending.append(pool.submit(make, task))
            if len(pending) > ahead * len(workers):
                yield next_one()
        while pending:
            yield next_one()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
