"""Batches of a data set: in which order, made when and by whom.

Batch b of a pass is a function of (seed, number of the pass, b) alone. So a run that stopped in the
middle of an epoch goes on with the very batch that it would have seen, and it does not matter which
thread makes a batch, or when, nor whether the GPU does.

Which number a pass has: with `seed`, and after `set_epoch`, the loader counts its own passes, its
epochs. Else the generator counts the passes of all loaders that draw from it, so that no two of
them, and no two passes, have the same order; `manual_seed` begins to count anew.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.backend import random
from minigan.data import contradictions, drawing, workers
from minigan.data.collating import collate, convert, hand_out
from minigan.data.dataset import IterableDataset, gathers
from minigan.data.sampler import BatchSampler, RandomSampler, SequentialSampler

STREAMS = 1 << 63  # data draws from streams of its own: this bit, the pass, then the batch
OWN = 1 << 62  # and this one where the loader has a seed or generator of its own


class DataLoader:
    """Iterates over `dataset` in batches of Tensors. PyTorch's signature and meaning, with a seed.

    dataset: `__len__` and `__getitem__`; a set with `gather` (all of this package's have it) is
        read a batch at a time. Or an IterableDataset, which gives its samples one by one.
    batch_size, drop_last: the last batch may be smaller, unless dropped. batch_size=None: single
        samples instead of batches.
    shuffle: each pass a new order. `replacement=True` draws each sample afresh from all instead.
    sampler: an iterable of indices in place of both. batch_sampler: one of lists of indices.
    num_workers: threads that make batches, each `prefetch_factor` of them (default: 2) ahead. With
        0, batches are made in the caller's thread; only where they take longer than a millisecond
        and need no code of the user's, one thread makes them ahead.
    collate_fn: makes a batch out of a list of samples; default: stacks them (`collate`).
    timeout: seconds to wait for a worker's batch; 0: for as long as it takes.
    worker_init_fn: called with the number of each worker, see `workers`. persistent_workers: only
        before the first pass.
    generator or seed: where the order comes from; default: the generator of `minigan.manual_seed`.
    pin_memory, pin_memory_device, multiprocessing_context and in_order change no batch: there is no
        memory to pin and there are no processes to start, and batches always come in order.

    `set_epoch` makes the next pass that of a given epoch, and chooses the batch to start at: a
    function of the seed, the epoch and the batch. Loaders that are driven so side by side need a
    `seed` each. `len(loader)` is the number of batches of a whole pass.

    Raises Unfit (a UserError and ValueError) for an empty data set, no complete batch, or arguments
    that contradict each other.
    """

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = 1,
        shuffle: bool | None = None,
        sampler: Iterable[Any] | None = None,
        batch_sampler: Iterable[Sequence[Any]] | None = None,
        num_workers: int = 0,
        collate_fn: Callable[[Any], Any] | None = None,
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
        in_order: bool = True,
        seed: int | None = None,
        replacement: bool = False,
    ):
        self.dataset, self.batch_size, self.drop_last = dataset, batch_size, drop_last
        self.shuffle, self.replacement = bool(shuffle), replacement
        self.given_sampler, self.batch_sampler = sampler, batch_sampler
        self.num_workers, self.collate_fn, self.timeout = num_workers, collate_fn, timeout
        self.worker_init_fn, self.prefetch_factor = worker_init_fn, prefetch_factor
        self.persistent_workers, self.in_order = persistent_workers, in_order
        self.multiprocessing_context = multiprocessing_context
        self.pin_memory, self.pin_memory_device = pin_memory, pin_memory_device
        self.generator, self.seed = generator, seed
        self.epoch: int | None = None if seed is None else 0  # of the next pass, where it counts
        self.start = 0
        self._prepared = False  # the workers, where they persist
        self._resident: Any = None
        contradictions.check_samples(self)
        contradictions.check_order(self)
        workers.check(self)
        contradictions.check_batches(self)

    @property
    def iterable(self) -> bool:
        """Whether the data set gives its samples one after the other."""
        return isinstance(self.dataset, IterableDataset)

    @property
    def sampler(self) -> Any:
        """The sampler given, else one of the loader's kind."""
        if self.given_sampler is not None or self.iterable:
            return self.given_sampler
        if self.shuffle or self.replacement:
            return RandomSampler(self.dataset, self.replacement, generator=self.generator)
        return SequentialSampler(self.dataset)

    def samples(self) -> int:
        """The samples of a pass."""
        return len(self.dataset if self.given_sampler is None else self.given_sampler)  # type: ignore[arg-type]

    def __len__(self) -> int:
        if self.batch_sampler is not None:
            return len(self.batch_sampler)  # type: ignore[arg-type]
        if self.batch_size is None:
            return self.samples()
        return len(BatchSampler(range(self.samples()), self.batch_size, self.drop_last))

    def set_epoch(self, epoch: int, start: int = 0) -> None:
        """Make the next iteration epoch `epoch`, beginning at its batch `start`."""
        self.epoch, self.start = epoch, start

    def __iter__(self) -> Iterator[Any]:
        source = self.generator or random.default
        start, self.start = self.start, 0
        if self.epoch is None:
            number = source.passes
        else:
            number, self.epoch = self.epoch, self.epoch + 1
        if self.seed is None:
            source.passes = max(source.passes, number + 1)
        own = self.seed is not None or self.generator is not None
        seed = source.seed if self.seed is None else self.seed
        return self._batches(seed, STREAMS | own * OWN | number << 32, start)

    def _batches(self, seed: int, stream: int, start: int) -> Iterator[Any]:
        kept = self._kept()
        drawn = self._drawn(random.Generator(seed, stream, host=True), kept is not None)
        tasks = islice(enumerate(drawn), start, None)
        if kept:
            for number, indices in tasks:
                yield kept.gather(indices, random.Generator(seed, stream + number + 1))
            return
        make = self._maker()

        def batch(task: tuple[int, Any]) -> Any:
            number, indices = task
            with drawing.drawing_from(random.Generator(seed, stream + number + 1, host=True)):
                return make(indices)

        for made in self._scheduled(batch, tasks, seed):
            yield made if self.collate_fn else hand_out(made)

    def _kept(self) -> Any:
        """The data set on the GPU, where that is possible."""
        if B.name == "numpy" or self.batch_size is None or not self._gathers():
            return None
        from minigan.data.resident import resident

        self._resident = resident(self.dataset, self._resident)
        return self._resident

    def _drawn(self, source: Any, on_device: bool) -> Iterator[Any]:
        """What each batch of this pass is made of: indices, or of an IterableDataset the samples.

        Samplers are asked for no more than the next batch needs: there are endless ones.
        """
        size = self.batch_size
        if self.batch_sampler is None and self.given_sampler is None and not self.iterable:
            order = self._order(source)
            if size is None:
                yield from order.tolist()
                return
            order = B.to_device(order) if on_device else order
            for number in range(len(self)):
                yield order[number * size : (number + 1) * size]
            return
        if self.batch_sampler is not None:
            batches = drawing.through(self.batch_sampler, source)
        else:
            batches = drawing.through(self.dataset if self.iterable else self.given_sampler, source)
            if size is not None:
                batches = iter(BatchSampler(batches, size, self.drop_last))
        numbers = size is not None and self._gathers()
        for batch in batches:
            if numbers:
                batch = within(np.asarray(batch, np.int64), len(self.dataset))
                yield B.to_device(batch) if on_device else batch
            else:
                yield batch

    def _order(self, generator: Any) -> np.ndarray:
        """The indices of a pass, int64."""
        count = len(self.dataset)
        if self.replacement:
            return generator.integers(0, count, (count,))
        return generator.permutation(count) if self.shuffle else np.arange(count)

    def _gathers(self) -> bool:
        return self.collate_fn is None and gathers(self.dataset)

    def _scheduled(self, make: Callable[[Any], Any], tasks: Iterator[Any], seed: int) -> Iterator:
        """The batches, made by threads or here."""
        if self.num_workers:
            prepare = not (self.persistent_workers and self._prepared)
            team, self._prepared = workers.begin(self, seed, prepare), True
            early = workers.AHEAD if self.prefetch_factor is None else self.prefetch_factor
            return workers.by_threads(make, tasks, team, early, self.timeout)
        if self._gathers() and getattr(self.dataset, "batched", False):
            return workers.if_slow(make, tasks)
        return map(make, tasks)

    def _maker(self) -> Callable[[Any], Any]:
        """What makes a batch, or without batch_size a sample, of what was drawn for it."""
        if self.batch_size is None:
            finish = self.collate_fn or convert
            return finish if self.iterable else lambda index: finish(self.dataset[index])
        finish = self.collate_fn or collate
        if self.iterable:
            return finish
        if self._gathers():
            return lambda indices: list(self.dataset.gather(indices))
        if hasattr(self.dataset, "__getitems__"):
            return lambda indices: finish(self.dataset.__getitems__(_plain(indices)))
        return lambda indices: finish([self.dataset[index] for index in _plain(indices)])


def within(indices: np.ndarray, count: int) -> np.ndarray:
    """The indices from 0 on: those below 0 count from the end. Raises IndexError for others."""
    outside = (indices < -count) | (indices >= count)
    if outside.any():
        raise IndexError(f"index {indices[outside][0]} of {count:,} samples")
    return np.where(indices < 0, indices + count, indices)


def _plain(indices: Any) -> list[Any]:
    return indices.tolist() if isinstance(indices, np.ndarray) else list(indices)
