"""ImageDataset: images of one size in memory, as the bytes that they are."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigan.data import pixels, transforms
from minigan.data.collating import collate
from minigan.data.dataset import Dataset
from minigan.data.refusals import Unfit
from minigan.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image


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
    listed = False  # whether `targets` are a list, as torchvision has them for some sets
    _list: "Labels | None" = None  # the labels so, made when asked for
    once: int | None = None  # where images repeat, so many come before
    seen = False  # whether somebody got hold of the bytes, and may change them

    def __init__(
        self,
        images: np.ndarray,
        targets: np.ndarray,
        transform: Callable | None = None,
        target_transform: Callable | None = None,
        limit: int | None = None,
    ):
        if limit is not None and limit < 1:
            raise Unfit(f"limit is {limit}: take at least one image, or None for all")
        if images.dtype != np.uint8:
            raise DataError(f"images are kept as uint8, not {images.dtype}; use a TensorDataset")
        if len(images) != len(targets):
            raise DataError(f"{len(images):,} images but {len(targets):,} labels")
        if limit is not None and limit < len(images):
            images = images[:limit].copy()  # a view would keep the rest in memory
        self._images = images[:, None] if images.ndim == 3 else images
        self._labels = np.asarray(targets[:limit], np.int64)
        self.classes = list(self.classes)
        self.transform = transform
        self.target_transform = target_transform

    def __len__(self) -> int:
        return len(self._labels)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self):,} images)"

    @property
    def targets(self) -> Any:
        """The labels, int64; those of some sets as a list. What is changed in it is changed."""
        if not self.listed:
            return self._labels
        if self._list is None or self._list.labels is not self._labels:
            self._list = Labels(self._labels)
        return self._list

    @targets.setter
    def targets(self, labels: Any) -> None:
        self._labels = np.array(pixels.to_array(labels), np.int64)

    @property
    def class_to_idx(self) -> dict[str, int]:
        """The number of each class, by its name."""
        return {name: number for number, name in enumerate(self.classes)}

    @property
    def data(self) -> Any:
        """The bytes: a view (N, H, W) of grey images or (N, H, W, C) of colour ones, uint8."""
        images = self.shown()
        return images[:, 0] if images.shape[1] == 1 else images.transpose(0, 2, 3, 1)

    @data.setter
    def data(self, images: Any) -> None:
        images = pixels.to_array(images)
        channels_first = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
        self._images = np.ascontiguousarray(channels_first)

    def shown(self) -> np.ndarray:
        """The bytes (N, C, H, W), for somebody who may change them."""
        self.seen = True
        return self._images

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
        label: Any = self._label(index)
        if self.transform:
            image = self.transform(image)
        if self.target_transform:
            label = self.target_transform(label)
        return image, label

    def gather(self, indices: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The images `indices`, transformed, (n, C, H, W) float32, and their labels (n,) int64."""
        labels = self._labels_at(indices)
        if self.target_transform:
            labels = collate([self.target_transform(label) for label in labels.tolist()])
        return transforms.run(self.transform, self._pick(indices)), labels

    def _label(self, index: int) -> int:
        return int(self._labels[index])

    def _labels_at(self, indices: np.ndarray) -> np.ndarray:
        return self._labels.take(indices).astype(np.int64, copy=False)

    def _pick(self, indices: np.ndarray) -> "np.ndarray | list[Image]":
        return self._images.take(indices, axis=0)


class Labels(list):
    """Labels as a list whose changed items are changed in the data set too."""

    def __init__(self, labels: np.ndarray):
        super().__init__(labels.tolist())
        self.labels = labels

    def __setitem__(self, place: Any, value: Any) -> None:
        self.labels[place] = value
        super().__setitem__(place, value)

    def __reduce__(self) -> Any:
        return list, (list(self),)
