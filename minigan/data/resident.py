"""Images kept on the GPU: their bytes cross once, then a kernel makes each batch out of them.

The kernel gathers, converts, normalises and mirrors in one pass, as `gather_images` here does in
several; so a step copies nothing between host and device. What a transform does to bytes and does
not draw, a Resize for example, is done once for all images before they cross.
"""

import operator
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.backend.random import Generator
from minigan.data import transforms as T
from minigan.data.images import ImageDataset

ONCE = (T.Resize, T.CenterCrop, T.Pad, T.Grayscale)
CHUNK = 1024  # images that go through these at a time


class Recipe:
    """A transform as the kernel knows it: maps of bytes, a probability of mirroring, mean and std.

    Raises Unknown where the transform does anything else, or in another order.
    """

    class Unknown(Exception):
        """The transform needs the host."""

    def __init__(self, transform: Callable | None):
        self.once: list[T.Transform] = []
        self.flip, self.mean, self.std = 0.0, 0.0, 1.0
        floats = normalised = False
        for step in T.steps(transform):
            kind = type(step)
            if kind in ONCE and not floats and not self.flip:
                self.once.append(step)  # type: ignore[arg-type]
            elif kind is T.RandomHorizontalFlip and not self.flip:
                self.flip = step.p  # type: ignore[attr-defined]
            elif kind is T.ToTensor and not floats:
                floats = True
            elif kind is T.Normalize and floats and not normalised:
                self.mean, self.std = step.mean, step.std  # type: ignore[attr-defined]
                normalised = True
            else:
                raise self.Unknown

    def bytes_of(self, images: Any) -> np.ndarray:
        """The images (n, C, H, W) as the kernel takes them, uint8."""
        for step in self.once:
            images = step.apply(images)
        return images


class ResidentImages:
    """The images and labels of a data set on the device."""

    def __init__(self, dataset: ImageDataset, recipe: Recipe):
        self._made_of, self._content = _parts(dataset), _content(dataset)
        everything = np.arange(len(dataset))
        pieces = [everything[i : i + CHUNK] for i in range(0, len(dataset), CHUNK)]
        images = [recipe.bytes_of(dataset._pick(piece)) for piece in pieces]
        self.images = B.to_device(np.concatenate(images))
        self.labels = B.to_device(dataset._labels.astype(np.int64))
        self.flip = recipe.flip
        channels = self.images.shape[1]
        self.mean, self.std = (
            B.to_device(np.broadcast_to(np.ravel(each), channels).astype(np.float32))
            for each in (recipe.mean, recipe.std)
        )

    def is_of(self, dataset: ImageDataset) -> bool:
        """Whether these are made of the images, labels and transforms that it has now."""
        now = _parts(dataset)
        same = len(now) == len(self._made_of) and all(map(operator.is_, now, self._made_of))
        return same and _content(dataset) == self._content

    def gather(self, indices: B.Array, random: Generator) -> list[Tensor]:
        """The images `indices` (n, C, H, W), float32, mirrored at random, and their labels."""
        mirrored = random.bernoulli(self.flip, (len(indices),)) if self.flip else None
        gather = getattr(B.kernels, "gather_images", gather_images)
        batch = gather(self.images, indices, mirrored, self.mean, self.std)
        return [wrap(batch), wrap(self.labels.take(indices))]


def gather_images(
    images: B.Array, indices: B.Array, mirrored: B.Array | None, mean: B.Array, std: B.Array
) -> B.Array:
    """(images[indices] / 255 - mean) / std, mirrored left to right where told, in plain array code.

    images (M, C, H, W) uint8, indices (N) int64, mirrored (N) bool or None, mean and std (C)
    float32 → (N, C, H, W) float32.
    """
    batch = images[indices]
    if mirrored is not None:
        batch = B.xp.where(mirrored[:, None, None, None], batch[..., ::-1], batch)
    return (batch.astype("float32") / 255.0 - mean[:, None, None]) / std[:, None, None]


def _parts(dataset: ImageDataset) -> list[Any]:
    return [dataset._images, dataset._labels, *T.steps(dataset.transform)]


def _content(dataset: ImageDataset) -> tuple[bytes, int]:
    """What tells that labels, or bytes that somebody got hold of, were changed in place."""
    images: Any = np.ascontiguousarray(dataset._images) if dataset.seen else b""
    return dataset._labels.tobytes(), zlib.crc32(images)


def resident(dataset: Any, before: ResidentImages | None = None) -> ResidentImages | None:
    """The data set on the GPU, if it consists of bytes, has a known recipe, and fits.

    before: what this gave for the same data set: given again, unless a part was replaced since.
    """
    if not isinstance(dataset, ImageDataset):
        return None
    if before and before.is_of(dataset):
        return before
    first = dataset._pick(np.arange(1))
    if not isinstance(first, np.ndarray):  # pictures that are opened when asked for
        return None
    try:
        recipe = Recipe(dataset.transform)
    except Recipe.Unknown:
        return None
    size = recipe.bytes_of(first).nbytes * len(dataset)
    has_room = getattr(B.kernels, "has_room", None)
    if dataset.target_transform or (has_room and not has_room(size)):
        return None
    return ResidentImages(dataset, recipe)
