"""Batches of a data set: in which order, made when and by whom.

Batch b of epoch e is a function of (seed, e, b) alone. So a run that stopped in the middle of an
epoch goes on with the very batch that it would have seen, and it does not matter which thread
makes a batch, or when, nor whether the GPU does.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TypeVar

import numpy as np

from minigan import backend as B
from minigan.autograd.tensor import wrap
from minigan.data import pixels, transforms
from minigan.data.dataset import gathers
from minigan.errors import UserError

T = TypeVar("T")

STREAMS = 1 << 63  # data draws from streams of its own: this bit, the epoch, then the batch
AHEAD = 2  # batches that each thread makes ahead of the consumer
HANDOVER = 1e-3  # seconds: a batch made faster costs less than passing it between threads


class DataLoader:
    """Iterates over `dataset` in batches of Tensors. PyTorch's signature and meaning, with a seed.

    dataset: `__len__` and `__getitem__`; a set with `gather` (all of this package's have it) is
        read a batch at a time.
    batch_size, drop_last: the last batch may be smaller, unless dropped.
    shuffle: each epoch a new order. `replacement=True` draws each sample afresh from all instead.
    sampler: an iterable of indices in place of both. batch_sampler: one of lists of indices.
    num_workers: threads that make batches, each `prefetch_factor` of them (default: 2) ahead. With
        0, batches are made in the caller's thread; only where they take longer than a millisecond
        and need no code of the user's, one thread makes them ahead.
    collate_fn: makes a batch out of a list of samples; default: stacks them (`collate`).
    pin_memory, pin_memory_device, persistent_workers, timeout, worker_init_fn and
        multiprocessing_context: accepted, without effect.
    generator or seed: where the order comes from; default: the seed of `minigan.manual_seed`.

    An iteration is an epoch, counted from 0; `set_epoch` chooses another, and the batch to start
    at. `len(loader)` is the number of batches of a whole epoch.

    Raises UserError for an empty data set, no complete batch, or contradicting arguments.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int = 1,
        shuffle: bool = False,
        sampler: Iterable[int] | None = None,
        batch_sampler: Iterable[Sequence[int]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[list], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0.0,
        worker_init_fn: Callable[[int], Any] | None = None,
        multiprocessing_context: Any = None,
        generator: Any = None,
        *,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
        pin_memory_device: str = "",
        seed: int | None = None,
        replacement: bool = False,
    ):
        if (sampler is not None or batch_sampler is not None) and (shuffle or replacement):
            raise UserError("DataLoader: a sampler decides the order; leave out the shuffle")
        if batch_sampler is not None and (sampler is not None or drop_last or batch_size != 1):
            raise UserError(
                "DataLoader: a batch_sampler decides the batches; leave out sampler, batch_size, "
                "and drop_last"
            )
        if batch_size < 1 or num_workers < 0:
            raise UserError(
                f"DataLoader: batch_size {batch_size} must be at least 1 and "
                f"num_workers {num_workers} at least 0"
            )
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.shuffle, self.replacement, self.sampler = shuffle, replacement, sampler
        self.batch_sampler = batch_sampler
        self.collate_fn, self.num_workers = collate_fn, num_workers
        self.ahead = AHEAD if prefetch_factor is None else prefetch_factor
        self.seed = generator.seed if generator is not None else seed
        self.epoch = self.start = 0
        self._resident: Any = None
        if len(self) == 0:
            raise UserError(
                f"DataLoader: {self._samples():,} samples make no batch of {batch_size}"
                f"{' (drop_last)' if drop_last else ''}; use a smaller batch size"
            )

    def _samples(self) -> int:
        return len(self.dataset if self.sampler is None else self.sampler)  # type: ignore[arg-type]

    def __len__(self) -> int:
        if self.batch_sampler is not None:
            return len(self.batch_sampler)  # type: ignore[arg-type]
        whole, rest = divmod(self._samples(), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)

    def set_epoch(self, epoch: int, start: int = 0) -> None:
        """Make the next iteration epoch `epoch`, beginning at its batch `start`."""
        self.epoch, self.start = epoch, start

    def __iter__(self) -> Iterator[Any]:
        epoch, start = self.epoch, self.start
        self.set_epoch(epoch + 1)
        return self._batches(epoch, start)

    def _batches(self, epoch: int, start: int) -> Iterator[Any]:
        from minigan.backend.random import Generator, default

        seed = default.seed if self.seed is None else self.seed
        stream = STREAMS | epoch << 32
        kept = self._kept()
        batches = self._indices(Generator(seed, stream, host=True), kept is not None)
        if kept:
            for number in range(start, len(self)):
                yield kept.gather(batches(number), Generator(seed, stream + number + 1))
            return
        make = self._make_gathered if self._gathers() else self._make_sampled

        def batch(number: int) -> Any:
            with transforms.drawing_from(Generator(seed, stream + number + 1, host=True)):
                return make(batches(number))

        for made in self._scheduled(batch, range(start, len(self))):
            yield made if self.collate_fn else hand_out(made)

    def _kept(self) -> Any:
        """The data set on the GPU, where that is possible."""
        if B.name == "numpy" or not self._gathers():
            return None
        from minigan.data.resident import resident

        self._resident = resident(self.dataset, self._resident)
        return self._resident

    def _indices(self, generator: Any, on_device: bool) -> Callable[[int], Any]:
        """Which samples make the batch of a number, in this epoch."""
        place = B.to_device if on_device else np.asarray
        if self.batch_sampler is not None:
            batches = [place(np.asarray(batch, np.int64)) for batch in self.batch_sampler]
            return lambda number: batches[number]
        order, size = place(self._order(generator)), self.batch_size
        return lambda number: order[number * size : (number + 1) * size]

    def _order(self, generator: Any) -> np.ndarray:
        """The indices of an epoch, int64."""
        count = self._samples()
        if self.sampler is not None:
            return np.fromiter(self.sampler, np.int64)
        if self.replacement:
            return generator.integers(0, count, (count,))
        return generator.permutation(count) if self.shuffle else np.arange(count)

    def _gathers(self) -> bool:
        return self.collate_fn is None and gathers(self.dataset)

    def _scheduled(self, make: Callable[[int], Any], numbers: range) -> Iterator[Any]:
        """The batches, made by threads or here."""
        if self.num_workers:
            return _ahead(make, numbers, self.num_workers, self.ahead)
        if self._gathers() and getattr(self.dataset, "batched", False):
            return _ahead_if_slow(make, numbers)
        return map(make, numbers)

    def _make_gathered(self, indices: np.ndarray) -> Any:
        return list(self.dataset.gather(indices))

    def _make_sampled(self, indices: np.ndarray) -> Any:
        return (self.collate_fn or collate)([self.dataset[index] for index in indices.tolist()])


def _ahead_if_slow(make: Callable[[int], T], numbers: range) -> Iterator[T]:
    """make(n) for each number: the first one here, and if that was slow, the rest by a thread."""
    begun = time.perf_counter()
    first = [make(number) for number in numbers[:1]]
    slow = time.perf_counter() - begun > HANDOVER
    yield from first
    yield from _ahead(make, numbers[1:], 1) if slow else map(make, numbers[1:])


def _ahead(
    make: Callable[[int], T], numbers: range, threads: int, ahead: int = AHEAD
) -> Iterator[T]:
    """make(n) for each number, in order, made by threads up to `ahead` each before they are needed.

    An error in a thread is raised here with its traceback. When the iteration is dropped, nothing
    new is begun, and the threads end with what they are at.
    """
    from concurrent.futures import Future, ThreadPoolExecutor

    pool = ThreadPoolExecutor(threads, "minigan-data")
    pending: deque[Future[T]] = deque()
    try:
        for number in numbers:
            pending.append(pool.submit(make, number))
            if len(pending) > ahead * threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def collate(samples: list[Any]) -> Any:
    """A batch of host arrays from single samples, stacked along a new first axis.

    Tensors, arrays and PIL images (as by ToTensor) stack; int become int64, float float32; tuples,
    lists and dicts are gone through; anything else stays a list. Raises UserError when the shapes
    differ.
    """
    first = samples[0]
    if isinstance(first, dict):
        return {key: collate([sample[key] for sample in samples]) for key in first}
    if isinstance(first, (tuple, list)):
        return [collate(list(parts)) for parts in zip(*samples, strict=True)]
    if isinstance(first, (bool, int, float)):
        return np.array(samples, np.float32 if isinstance(first, float) else type(first))
    if pixels.is_pil(first):
        return transforms.run(None, samples)
    if not isinstance(first, (np.ndarray, np.generic)) and not hasattr(first, "array"):
        return samples
    arrays = [pixels.to_array(sample) for sample in samples]
    if len(shapes := {array.shape for array in arrays}) > 1:
        raise UserError(
            f"samples of different shapes {sorted(shapes)[:4]} do not form a batch: "
            "bring them to one shape, or give a collate_fn"
        )
    return np.stack(arrays)


def hand_out(batch: Any) -> Any:
    """The batch with each host array as a Tensor of the backend in use, at the very end."""
    if isinstance(batch, np.ndarray):
        return wrap(getattr(B.kernels, "upload", B.to_device)(batch))
    if isinstance(batch, dict):
        return {key: hand_out(value) for key, value in batch.items()}
    return [hand_out(value) for value in batch] if isinstance(batch, list) else batch
