"""Ways through a generator's latent space, and a look at what it took from its training images."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

import minigan
from minigan import backend as B
from minigan.autograd import Tensor
from minigan.metrics import labels_of_nearest


def straight(a: Tensor, b: Tensor, t: np.ndarray) -> Tensor:
    """(1 - t)·a + t·b: the shortest way, but through points that are shorter than any noise.

    a, b: (1, z). t: (N, 1) float32, from 0 to 1. The result is (N, z).
    """
    return a * (1.0 - t) + b * t


def spherical(a: Tensor, b: Tensor, t: np.ndarray) -> Tensor:
    """(sin((1 - t)Ω)·a + sin(tΩ)·b) / sin Ω, with Ω the angle between them: arXiv 1609.04468.

    Shapes are those of `straight`.
    """
    cosine = float((a * b).sum() / (a.norm() * b.norm()))
    angle = math.acos(max(min(cosine, 1.0), -1.0))
    if math.sin(angle) < 1e-6:  # one direction: both ways are the same
        return straight(a, b, t)
    return (a * np.sin((1.0 - t) * angle) + b * np.sin(t * angle)) / math.sin(angle)


def beside_nearest(samples: Tensor, batches: Iterable[Any], count: int) -> Tensor:
    """Each sample, and after it the `count` training images at the smallest Euclidean distance of
    pixels, the nearest first.

    samples: (N, C, H, W). batches: of images, or of images and labels. The result is
    (N·(1 + count), C, H, W), for a grid of 1 + count columns.
    """
    images = (batch[0] if isinstance(batch, (list, tuple)) else batch for batch in batches)
    near = labels_of_nearest(samples, ((x, x) for x in images), count)  # each comes with itself
    groups = np.concatenate([B.to_host(samples.array)[:, None], near], 1)
    return minigan.tensor(groups.reshape(-1, *samples.shape[1:]))
