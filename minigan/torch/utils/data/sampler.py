"""In which order a DataLoader takes the samples: iterables of indices for its `sampler`."""

from collections.abc import Iterator, Sequence
from typing import Any

from minigan import backend as B
from minigan.backend import random
from minigan.torch.ops.creation import as_tensor, multinomial


class Sampler:
    """The base of orders: subclasses define __iter__ and __len__."""

    def __init__(self, data_source: Any = None):
        pass

    def __iter__(self) -> Iterator[int]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define __len__")


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

    replacement: each drawn afresh from all.
    """

    def __init__(
        self,
        data_source: Any,
        replacement: bool = False,
        num_samples: int | None = None,
        generator: Any = None,
    ):
        self.data_source, self.replacement = data_source, replacement
        self.num_samples = len(data_source) if num_samples is None else num_samples
        self.generator = generator or random.default

    def __iter__(self) -> Iterator[int]:
        total, count = len(self.data_source), self.num_samples
        if self.replacement:
            return iter(B.to_host(self.generator.integers(0, total, (count,))).tolist())
        order: list[int] = []
        while len(order) < count:
            order += B.to_host(self.generator.permutation(total)).tolist()
        return iter(order[:count])

    def __len__(self) -> int:
        return self.num_samples


class BatchSampler(Sampler):
    """The indices of another sampler in lists of batch_size; the last may be shorter or dropped."""

    def __init__(self, sampler: Any, batch_size: int, drop_last: bool = False):
        self.sampler, self.batch_size, self.drop_last = sampler, batch_size, drop_last

    def __iter__(self) -> Iterator[list[int]]:  # type: ignore[override]
        indices = list(self.sampler)
        return (
            indices[number * self.batch_size : (number + 1) * self.batch_size]
            for number in range(len(self))
        )

    def __len__(self) -> int:
        whole, rest = divmod(len(self.sampler), self.batch_size)
        return whole + (rest > 0 and not self.drop_last)


class SubsetRandomSampler(Sampler):
    """The given indices, each once, in a new random order at each pass."""

    def __init__(self, indices: Sequence[int], generator: Any = None):
        self.indices, self.generator = indices, generator or random.default

    def __iter__(self) -> Iterator[int]:
        order = B.to_host(self.generator.permutation(len(self.indices))).tolist()
        return (int(self.indices[place]) for place in order)

    def __len__(self) -> int:
        return len(self.indices)


class WeightedRandomSampler(Sampler):
    """num_samples indices at each pass, drawn in proportion to the weights."""

    def __init__(self, weights: Sequence[float], num_samples: int, replacement: bool = True):
        self.weights, self.num_samples, self.replacement = weights, num_samples, replacement

    def __iter__(self) -> Iterator[int]:
        weights = as_tensor(self.weights)
        return iter(multinomial(weights, self.num_samples, self.replacement).tolist())

    def __len__(self) -> int:
        return self.num_samples
