"""In which order a DataLoader takes the samples: iterables of indices for its `sampler`.

Without a generator of their own they draw from the loader's stream while a loader goes through
them, else from the global one.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.data import drawing, pixels
from minigan.data.refusals import Unfit, WrongType, flag, whole


class Sampler:
    """The base of orders: subclasses define __iter__, and __len__ where there is an end."""

    def __init__(self, data_source: Any = None):
        pass

    def __class_getitem__(cls, item: Any) -> Any:
        """Sampler[int] is Sampler: for annotations."""
        return cls

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__")


class SequentialSampler(Sampler):
    """The indices of a data set in their order."""

    def __init__(self, data_source: Any):
        self.data_source = data_source

    def __iter__(self) -> Iterator[int]:
        return iter(range(len(self.data_source)))

    def __len__(self) -> int:
        return len(self.data_source)


class RandomSampler(Sampler):
    """num_samples of a data set's indices, by default all of them, in a new order at each pass.

    replacement: each drawn afresh from all; without it, more than all go round after round.
    Raises WrongType or Unfit for arguments that cannot be, and for an empty data set.
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Any = None,
    ):
        if not isinstance(replacement, bool):
            raise WrongType(f"RandomSampler: replacement is {replacement!r}; it is True or False")
        if num_samples is not None:
            whole("RandomSampler: num_samples", num_samples, 1)
        elif len(data_source) == 0:
            raise Unfit("RandomSampler: the data set has no samples to draw from")
        self.data_source, self.replacement = data_source, replacement
        self._count, self.generator = num_samples, generator

    @property
    def num_samples(self) -> int:
        """The indices in a pass; the data set may have grown since."""
        return len(self.data_source) if self._count is None else self._count

    def __iter__(self) -> Iterator[int]:
        total, count = len(self.data_source), self.num_samples
        if self.replacement:
            source = self.generator or drawing.generator()
            return iter(B.to_host(source.integers(0, total, (count,))).tolist())
        order: list[int] = []
        while len(order) < count:
            order += drawing.permutation(total, self.generator).tolist()
        return iter(order[:count])

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """The indices of another sampler in lists of batch_size; the last may be shorter or dropped."""

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool = False):
        self.sampler = sampler
        self.batch_size = whole("BatchSampler: batch_size", batch_size, 1)
        self.drop_last = flag("BatchSampler: drop_last", drop_last)

    def __iter__(self) -> Iterator[list[Any]]:
        indices = iter(self.sampler)
        while batch := list(islice(indices, self.batch_size)):
            if len(batch) == self.batch_size or not self.drop_last:
                yield batch

    def __len__(self) -> int:
        full, rest = divmod(len(self.sampler), self.batch_size)
        return full + (rest > 0 and not self.drop_last)


class SubsetRandomSampler(Sampler):
    """The given indices, each once, in a new random order at each pass."""

    def __init__(self, indices: Sequence[int], generator: Any = None):
        self.indices, self.generator = indices, generator

    def __iter__(self) -> Iterator[Any]:
        order = drawing.permutation(len(self.indices), self.generator).tolist()
        return (self.indices[place] for place in order)

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """num_samples indices at each pass, drawn in proportion to the weights.

    Without replacement each is drawn at most once. Raises Unfit for weights that are not one row
    of numbers from 0 on with one above it, or for more samples than indices of a positive weight.
    """

    def __init__(
        self,
        weights: Sequence[float],
        num_samples: int,
        replacement: bool = True,
        generator: Any = None,
    ):
        self.num_samples = whole("WeightedRandomSampler: num_samples", num_samples, 1)
        self.replacement = flag("WeightedRandomSampler: replacement", replacement)
        self.weights = pixels.to_array(weights).astype(np.float64)
        self.generator = generator
        if self.weights.ndim != 1:
            raise Unfit(
                f"WeightedRandomSampler: the weights have the shape {self.weights.shape}; one row "
                "with a number for each sample is needed"
            )
        if not (np.isfinite(self.weights).all() and (self.weights >= 0).all()):
            raise Unfit("WeightedRandomSampler: a weight is negative, infinite or not a number")
        positive = int((self.weights > 0).sum())
        if positive < (1 if replacement else num_samples):
            raise Unfit(
                f"WeightedRandomSampler: {positive} of the weights are above 0, too few for "
                f"{num_samples} samples; draw fewer, or with replacement=True"
            )

    def __iter__(self) -> Iterator[int]:
        source = self.generator or drawing.generator()
        w = self.weights
        if self.replacement:
            drawn = B.to_host(source.uniform((self.num_samples,))).astype(np.float64)
            ends = np.cumsum(w / w.sum())
            last = int(np.flatnonzero(w)[-1])  # rounding may leave the ends short of 1
            return iter(np.minimum(np.searchsorted(ends, drawn, side="right"), last).tolist())
        # The first of exponential waiting times, each at its weight as rate; those of 0 never come.
        possible = np.flatnonzero(w)
        drawn = B.to_host(source.uniform((len(possible),))).astype(np.float64)
        waits = -np.log1p(-drawn) / w[possible]
        return iter(possible[np.argsort(waits, kind="stable")[: self.num_samples]].tolist())

    def __len__(self) -> int:
        return self.num_samples
