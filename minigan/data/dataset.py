"""What a data set is: a length and items; and, for speed, whole batches gathered at once.

Anything with `__len__` and `__getitem__` can be loaded. A Dataset that also has
`gather(indices) -> tuple of arrays` hands over a batch in one go, and `batched` says that doing so
never leaves the host nor calls code of the user's, so that a thread may do it ahead of time.
"""

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from minigan.autograd.tensor import Tensor, wrap
from minigan.data import drawing, pixels
from minigan.data.refusals import Unfit, WrongType
from minigan.errors import DataError


class Dataset:
    """A sequence of samples: subclasses define `__len__` and `__getitem__(index)`."""

    def __class_getitem__(cls, item: Any) -> Any:
        """Dataset[Tensor] is Dataset: for annotations."""
        return cls

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define __len__")

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__")

    def __add__(self, other: Any) -> "ConcatDataset":
        return ConcatDataset([self, other])


class IterableDataset(Dataset):
    """Samples that come one after the other: subclasses define `__iter__`, which may never end."""

    def __iter__(self) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define __iter__")

    def __len__(self) -> int:
        raise TypeError(f"{type(self).__name__} does not say how many samples it has")


class TensorDataset(Dataset):
    """Samples from tensors or arrays of the same length: item i is the tuple of their i-th rows.

    They are not copied: `tensors` are those given, and what is changed in place is seen. Raises
    Unfit without any, or when the lengths differ or one asks for a gradient, and DataError when a
    float is not a number.
    """

    batched = True

    def __init__(self, *tensors: Any):
        arrays = [pixels.to_array(tensor) for tensor in tensors]
        if len({array.shape[:1] or None for array in arrays}) != 1 or not arrays[0].ndim:
            raise Unfit(
                f"the tensors have {', '.join(str(a.shape[0] if a.ndim else 'no') for a in arrays)}"
                " rows; a TensorDataset needs at least one tensor, and the same number in each"
            )
        for number, array in enumerate(arrays):
            if getattr(tensors[number], "requires_grad", False):
                raise Unfit(f"tensor {number} requires a gradient; give its detach()")
            if array.dtype.kind == "f" and np.isnan(array).any():
                where = tuple(int(i) for i in np.argwhere(np.isnan(array))[0])
                raise DataError(f"tensor {number} holds NaN at {where}; clean the data first")
        self.tensors = tuple(
            tensor if isinstance(tensor, Tensor) else wrap(array)
            for tensor, array in zip(tensors, arrays, strict=True)
        )
        self._copies = arrays  # on the host, where the tensors may not be
        self._states = [_state(tensor) for tensor in self.tensors]  # that they are copies of

    @property
    def _arrays(self) -> list[np.ndarray]:
        for number, tensor in enumerate(self.tensors):
            if self._states[number] != _state(tensor):
                self._states[number] = _state(tensor)
                self._copies[number] = pixels.to_array(tensor)
        return self._copies

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        return tuple(pixels.to_tensor(array[index]) for array in self._arrays)

    def gather(self, indices: np.ndarray) -> tuple[np.ndarray, ...]:
        """The rows `indices` of every tensor, on the host."""
        return tuple(array.take(indices, axis=0) for array in self._arrays)


def _state(tensor: Tensor) -> tuple[int, int]:
    """What changes when the tensor's numbers do."""
    return id(tensor.array), tensor.owner._version


class Subset(Dataset):
    """The samples of `dataset` at `indices`, in their order. Raises Unfit for a mask or floats."""

    def __init__(self, dataset: Any, indices: Any):
        self.dataset = dataset
        given = pixels.to_array(indices if hasattr(indices, "array") else list(indices))
        if given.ndim != 1 or (given.dtype.kind not in "iu" and len(given)):
            raise Unfit(
                f"Subset: indices are one row of whole numbers, not {given.dtype} of shape "
                f"{given.shape}; of a mask take its nonzero places"
            )
        self.indices = given.astype(np.int64)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, list):
            return self.dataset[[int(self.indices[each]) for each in index]]
        return self.dataset[int(self.indices[index])]

    @property
    def batched(self) -> bool:
        return getattr(self.dataset, "batched", False)

    @property
    def gather(self) -> Callable[[np.ndarray], tuple]:
        """The whole set's `gather`; AttributeError where it has none, as for the set itself."""
        whole = self.dataset.gather
        return lambda indices: whole(self.indices[indices])


def gathers(dataset: Any) -> bool:
    """Whether its `gather` gives what its items are: a subclass may have changed only the items."""
    if isinstance(dataset, Subset):
        return gathers(dataset.dataset)
    if not isinstance(dataset, Dataset) or not hasattr(dataset, "gather"):
        return False
    if getattr(dataset, "by_items", False):
        return False
    gather, item = (
        next(kind for kind in type(dataset).__mro__ if name in vars(kind))
        for name in ("gather", "__getitem__")
    )
    return issubclass(gather, item)


class ConcatDataset(Dataset):
    """The samples of several data sets, one set after the other. Raises UserError without any."""

    def __init__(self, datasets: Iterable[Any]):
        self.datasets = list(datasets)
        if not self.datasets:
            raise Unfit("ConcatDataset: give it at least one data set")
        if any(isinstance(dataset, IterableDataset) for dataset in self.datasets):
            raise WrongType("ConcatDataset: an IterableDataset has no places to find samples at")
        self.cumulative_sizes = list(accumulate(map(len, self.datasets)))

    def __len__(self) -> int:
        return self.cumulative_sizes[-1]

    def __getitem__(self, index: int) -> Any:
        which, inside = self.place(index)
        return self.datasets[which][inside]

    def place(self, index: int) -> tuple[int, int]:
        """Which data set a sample is in, and where. Raises IndexError where there is none."""
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} of {len(self):,} samples")
        index %= len(self)
        which = bisect_right(self.cumulative_sizes, index)
        return which, index - self.cumulative_sizes[which] + len(self.datasets[which])


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: Any = None
) -> list[Subset]:
    """Split into parts without overlap, at random; `lengths` are counts, or fractions of 1.

    Of fractions, each part takes the floor of its share, and what is left over goes to the first
    parts, one each. `generator`: a minigan Generator, by default the global one.
    Raises Unfit when the lengths do not add up to the data set.
    """
    total, lengths = len(dataset), list(lengths)
    if math.isclose(sum(lengths), 1) and sum(lengths) <= 1 and min(lengths) >= 0:
        counts = [math.floor(total * length) for length in lengths]
        for part in range(total - sum(counts)):
            counts[part % len(counts)] += 1
    elif all(hasattr(length, "__index__") for length in lengths):
        counts = [int(length) for length in lengths]
    else:
        raise Unfit(
            f"random_split: lengths {lengths} are neither whole numbers that add up to the "
            f"{total:,} samples nor fractions that add up to 1"
        )
    if sum(counts) != total or min(counts, default=-1) < 0:
        raise Unfit(f"random_split: lengths {lengths} do not add up to the {total:,} samples")
    order = drawing.permutation(total, generator)
    ends = np.cumsum(counts)
    return [
        Subset(dataset, order[end - count : end]) for count, end in zip(counts, ends, strict=True)
    ]
