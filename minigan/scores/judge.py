"""Scores of images: samples, real training images and noise, each against the same test images."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from minigan import data, metrics
from minigan.backend import random
from minigan.data.resampling import along_axes, resize_matrix
from minigan.errors import UserError
from minigan.scores import samples
from minigan.scores.lenet import Classifier

Rows = dict[str, dict[str, float]]
NEAREST = 2_000  # images whose nearest training image is looked for
AT_ONCE = 5_000  # training images that are compared with at a time
OTHER, MIRRORED, NOISE, ORDER = 1, 2, 3, 4  # streams, so that no chance touches another


@dataclass(frozen=True)
class Real:
    """Real images as bytes, (N, C, H, W), their classes, (N), and what those are called."""

    images: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, chosen: Any) -> "Real":
        return Real(self.images[chosen], self.labels[chosen], self.names)

    def mirrored(self, seed: int) -> "Real":
        """Half of them, chosen by the seed, mirrored left to right."""
        turned = random.Generator(seed, MIRRORED, host=True).bernoulli(0.5, (len(self), 1, 1, 1))
        images = np.where(turned, self.images[..., ::-1], self.images)
        return Real(images, self.labels, self.names)

    def both_ways(self) -> "Real":
        """All of them, and all of them mirrored."""
        images = np.concatenate([self.images, self.images[..., ::-1]])
        return Real(images, np.tile(self.labels, 2), self.names)


def of_data(name: str, root: Any, train: bool, limit: int | None = None) -> Real:
    """The images of a data set that `--dataset` names. Raises what `data.load` does."""
    return _real(data.load(name, root, train, limit=limit, repeat=False))


def of_folder(path: str | Path, side: int, limit: int | None = None, skip: bool = False) -> Real:
    """The pictures of a folder, side × side, as a training program reads them, mixed: a folder has
    one class after the other. skip: those that cannot be read. Raises what `ImageFolder` does."""
    found = _real(data.ImageFolder(path, size=side, limit=limit, skip_unreadable=skip))
    return found[random.Generator(0, ORDER, host=True).permutation(len(found))]


def _real(images: data.ImageDataset) -> Real:
    return Real(images.shown(), np.array(images.targets), tuple(images.classes))


class Judge:
    """Compares images with real ones, of which all that it takes is computed once.

    Images of another size are resized to that of the real ones. classifier: for what is seen in
    images; without one only pixels are compared.
    """

    def __init__(self, real: Real, classifier: Classifier | None = None, pixels: bool = True):
        self.real, self.classifier = real, classifier
        self.pixels = metrics.Manifold(real.images) if pixels else None
        if classifier:
            features, classes = classifier.read(real.images)
            self.features = metrics.Manifold(features)
            self.moments = metrics.moments(features)
            self.shares = metrics.histogram(classes, 10)
            self.right = metrics.accuracy(classes, real.labels)  # the share that it reads rightly

    def scores(self, images: np.ndarray, asked: np.ndarray | None = None) -> dict[str, float]:
        """By name: fld, kid, precision, recall, density, coverage, the last four of pixels too, and
        class_kl; where a class was asked for, the accuracy with which it is seen."""
        images = self.resized(images)
        found: dict[str, float] = {}
        if self.classifier:
            features, classes = self.classifier.read(images)
            found["fld"] = metrics.frechet(metrics.moments(features), self.moments)
            found["kid"] = metrics.mmd(features, self.features.features)
            found |= metrics.prdc(self.features, features)
            found["class_kl"] = metrics.kl(metrics.histogram(classes, 10), self.shares)
            if asked is not None:
                found["accuracy"] = metrics.accuracy(classes, asked)
        if self.pixels:
            of_pixels = metrics.prdc(self.pixels, images)
            found |= {f"pixel_{name}": score for name, score in of_pixels.items()}
        return found

    def resized(self, images: np.ndarray) -> np.ndarray:
        """Images as large as the real ones."""
        sizes = images.shape[2:], self.real.images.shape[2:]
        if sizes[0] == sizes[1]:
            return images
        rows, columns = (
            resize_matrix(source, target) for source, target in zip(*sizes, strict=True)
        )
        return along_axes(images, rows, columns)


def judged(
    G: Any,
    judge: Judge,
    train: Real,
    count: int = 10_000,
    labelled: int = 50_000,
    seed: int = 0,
) -> Rows:
    """All scores of a generator of images, beside its two references: of `count` samples, of as
    many real training images, and of noise.

    judge: of the test images that all three are compared with. train: what G was trained on;
    nearest is the median distance to the nearest of them, in units of the test images'. labelled:
    so many samples of a G that takes labels are the training set of a 1-nearest-neighbour
    classifier, whose share of errors on the test images is knn_error.

    Raises UserError where the test images are training images.
    """
    test = judge.real
    if not (usual := _nearest(test.images, train)):
        raise UserError(
            "most images to compare with are among those that were trained on: choose others"
        )
    drawn, asked = samples.images(G, count, seed)
    real = train[random.Generator(seed, OTHER, host=True).permutation(len(train))]
    noise = _joined(_noise(test, count, seed))
    columns = {"samples": Real(drawn, asked), "real": real[:count], "noise": noise}
    knows = bool(samples.classes_of(G))
    rows = {k: judge.scores(c.images, c.labels if knows else None) for k, c in columns.items()}

    for name in ("samples", "noise"):
        rows[name]["nearest"] = _nearest(judge.resized(columns[name].images), train) / usual
    rows["real"]["nearest"] = 1.0  # of test images: training images are at distance 0
    if knows:
        more = samples.image_blocks(G, labelled, seed)
        sets: dict[str, Iterator[tuple[np.ndarray, np.ndarray]]] = {
            "samples": ((judge.resized(x), c) for x, c in more),
            "real": iter([(real[:labelled].images, real[:labelled].labels)]),
            "noise": ((block.images, block.labels) for block in _noise(test, labelled, seed)),
        }
        for name, blocks in sets.items():
            rows[name]["knn_error"] = metrics.knn_error(blocks, test.images, test.labels)
    return rows


def _nearest(images: np.ndarray, train: Real) -> float:
    """The median distance of images to the nearest training image."""
    blocks = (train.images[start : start + AT_ONCE] for start in range(0, len(train), AT_ONCE))
    distances, _ = metrics.nearest(images[:NEAREST], blocks)
    return float(np.median(distances))


def _joined(blocks: Iterator[Real]) -> Real:
    """The images of all blocks, and their classes."""
    images, labels = zip(*((block.images, block.labels) for block in blocks), strict=True)
    return Real(np.concatenate(images), np.concatenate(labels))


def _noise(like: Real, count: int, seed: int, most: int = 10_000) -> Iterator[Real]:
    """`count` images of random bytes and random classes, at most so many at once."""
    chance = random.Generator(seed, NOISE, host=True)
    for start in range(0, count, most):
        n = min(most, count - start)
        bytes_ = chance.integers(0, 256, (n, *like.images.shape[1:])).astype(np.uint8)
        yield Real(bytes_, chance.integers(0, int(like.labels.max()) + 1, (n,)))
