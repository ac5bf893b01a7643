"""What a data set is: a length and items; and, for speed, whole batches gathered at once.

Anything with `__len__` and `__getitem__` can be loaded. A Dataset that also has
`gather(indices) -> tuple of arrays` hands over a batch in one go, and `batched` says that doing so
never leaves the host nor calls code of the user's, so that a thread may do it ahead of time.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan import backend as B
from minigan.data import pixels, transforms
from minigan.errors import DataError, UserError

if TYPE_CHECKING:
    from PIL.Image import Image


class Dataset:
    """A sequence of samples: subclasses define `__len__` and `__getitem__(index)`."""

    def __class_getitem__(cls, item: Any) -> Any:
        """Dataset[Tensor] is Dataset: for annotations."""
        return cls

    def __len__(self) -> int:
        raise NotImplementedError(f"{type(self).__name__} must define __len__")

    def __getitem__(self, index: int) -> Any:
        raise NotImplementedError(f"{type(self).__name__} must define __getitem__")


class ImageDataset(Dataset):
    """Images of one size, kept as the bytes that they are, with one integer label each.

    `images`: uint8 (N, C, H, W), or (N, H, W) for grey ones. `targets`: N integers.

    An item is `(image, label)`: a PIL image through `transform`, an int through
    `target_transform`. A batch from a DataLoader takes the transforms that know whole batches at
    once; images that are still bytes at the end become float32 in [0, 1].

    Raises DataError when the counts differ or the images are not bytes.
    """

    name = ""  # by which `load` knows it
    classes: Sequence[str] = ()

    def __init__(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        limit: int | None = None,
    ):
        if limit is not None and limit < 1:
            raise UserError(f"limit is {limit}: take at least one image, or None for all")
        if images.dtype != np.uint8:
            raise DataError(f"images are kept as uint8, not {images.dtype}; use a TensorDataset")
        if len(images) != len(targets):
            raise DataError(f"{len(images):,} images but {len(targets):,} labels")
        if limit is not None and limit < len(images):
            images = images[:limit].copy()  # a view would keep the rest in memory
        self._images = images[:, None] if images.ndim == 3 else images
        self._labels = np.asarray(targets[:limit], np.int64)
        self.transform = transform
        self.target_transform = target_transform

    def __len__(self) -> int:
        return len(self._labels)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self):,} images)"

    @property
    def targets(self) -> Any:
        """The labels, int64."""
        return self._labels

    @targets.setter
    def targets(self, labels: Any) -> None:
        self._labels = np.asarray(pixels.to_array(labels), np.int64)

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class, by its name."""
        return {name: number for number, name in enumerate(self.classes)}

    @property
    def data(self) -> Any:
        """The bytes: a view (N, H, W) of grey images or (N, H, W, C) of colour ones, uint8."""
        images = self._images
        return images[:, 0] if images.shape[1] == 1 else images.transpose(0, 2, 3, 1)

    @data.setter
    def data(self, images: Any) -> None:
        images = pixels.to_array(images)
        channels_first = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
        self._images = np.ascontiguousarray(channels_first)

    @property
    def batched(self) -> bool:
        """Whether batches come from host arrays and this package's transforms alone."""
        return self.target_transform is None and transforms.is_batched(self.transform)

    def image(self, index: int) -> "Image":
        """One image without its transform."""
        return pixels.to_pil(self._images[index])

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} of {len(self):,} images")
        image: Any = self.image(index)
        label: Any = int(self._labels[index])
        if self.transform:
            image = self.transform(image)
        if self.target_transform:
            label = self.target_transform(label)
        return image, label

    def gather(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The images `indices`, transformed, (n, C, H, W) float32, and their labels (n,) int64."""
        labels = self._labels.take(indices)
        if self.target_transform:
            labels = np.asarray([self.target_transform(int(label)) for label in labels])
        return transforms.run(self.transform, self._pick(indices)), labels

    def _pick(self, indices: np.ndarray) -> "np.ndarray | list[Image]":
        return self._images.take(indices, axis=0)


class TensorDataset(Dataset):
    """Samples from tensors or arrays of the same length: item i is the tuple of their i-th rows.

    Raises DataError when the lengths differ or a float is not a number.
    """

    batched = True

    def __init__(self, *tensors: Any):
        arrays = [pixels.to_array(tensor) for tensor in tensors]
        if len({len(array) for array in arrays}) != 1:
            raise DataError(
                f"the tensors have {', '.join(str(len(a)) for a in arrays)} rows; "
                "a TensorDataset needs the same number in each"
            )
        for number, array in enumerate(arrays):
            if array.dtype.kind == "f" and np.isnan(array).any():
                where = tuple(int(i) for i in np.argwhere(np.isnan(array))[0])
                raise DataError(f"tensor {number} holds NaN at {where}; clean the data first")
        self.tensors = tuple(arrays)

    def __len__(self) -> int:
        return len(self.tensors[0])

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        return tuple(pixels.to_tensor(array[index]) for array in self.tensors)

    def gather(self, indices: np.ndarray) -> tuple[np.ndarray, ...]:
        """The rows `indices` of every tensor, on the host."""
        return tuple(array.take(indices, axis=0) for array in self.tensors)


class Subset(Dataset):
    """The samples of `dataset` at `indices`, in their order."""

    def __init__(self, dataset: Any, indices: Sequence[int] | np.ndarray):
        self.dataset = dataset
        self.indices = np.asarray(indices, np.int64)

    def __len__(self) -> int:
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
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
            raise UserError("ConcatDataset: give it at least one data set")
        self.ends = np.cumsum([len(dataset) for dataset in self.datasets])

    def __len__(self) -> int:
        return int(self.ends[-1])

    def __getitem__(self, index: int) -> Any:
        if not -len(self) <= index < len(self):
            raise IndexError(f"index {index} of {len(self):,} samples")
        index %= len(self)
        which = int(np.searchsorted(self.ends, index, "right"))
        return self.datasets[which][index - int(self.ends[which]) + len(self.datasets[which])]


def random_split(
    dataset: Any, lengths: Sequence[int | float], generator: Any = None
) -> list[Subset]:
    """Split into parts without overlap, at random; `lengths` are counts, or fractions of 1.

    Of fractions, each part takes the floor of its share, and what is left over goes to the first
    parts, one each. `generator`: a minigan Generator, by default the global one.
    Raises UserError when the lengths do not add up to the data set.
    """
    from minigan.backend import random

    total = len(dataset)
    counts = [int(length) for length in lengths]
    if any(isinstance(length, float) for length in lengths) and abs(sum(lengths) - 1) < 1e-6:
        counts = [int(total * length) for length in lengths]
        for part in range(total - sum(counts)):
            counts[part % len(counts)] += 1
    if sum(counts) != total or min(counts) < 0:
        raise UserError(f"lengths {list(lengths)} do not add up to the {total:,} samples")
    order = B.to_host((generator or random.default).permutation(total))
    ends = np.cumsum(counts)
    return [
        Subset(dataset, order[end - count : end]) for count, end in zip(counts, ends, strict=True)
    ]
