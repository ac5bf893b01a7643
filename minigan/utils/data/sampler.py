"""In which order a DataLoader takes the samples: iterables of indices for its `sampler`."""

from collections.abc import Iterator, Sequence
from typing import Any

from minigan import backend as B
from minigan.backend import random
from minigan.ops.creation import as_tensor, multinomial


class Sampler:
    """The base of orders: subclasses define __iter__ and __len__."""

    def __init__(self, data_source: Any = None):
        pass

    def __iter__(self) -> Iterator[int]:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__")

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define __len__")


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
