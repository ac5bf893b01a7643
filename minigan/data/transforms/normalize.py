"""Normalize: the floats of an image from [0, 1] to what a network reads, [-1, 1] for example."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.data import pixels
from minigan.data.refusals import Unfit, WrongType
from minigan.data.transforms.base import Transform


class Normalize(Transform):
    """(x - mean) / std, channel by channel; one number serves all channels.

    inplace: the tensor itself is changed, and given back. Raises Unfit for a std of 0 or another
    number of channels, and WrongType for images that are not floats.
    """

    def __init__(
        self, mean: float | Sequence[float], std: float | Sequence[float], inplace: bool = False
    ):
        means, stds = (np.atleast_1d(pixels.to_array(v)).tolist() for v in (mean, std))
        if 0 in stds:
            raise Unfit(f"Normalize: std {std} would divide by zero")
        self.mean, self.std = _per_channel(means), _per_channel(stds)
        # Multiplying is twice as fast, and for a power of two, as in [-1, 1], exactly the same.
        exact = all(math.frexp(std)[0] == 0.5 for std in stds)
        self.scale = _per_channel([1 / std for std in stds]) if exact else None
        self.channels, self.inplace = max(len(means), len(stds)), inplace

    def apply(self, batch: np.ndarray) -> np.ndarray:
        self._check(batch)
        batch -= _of(self.mean, batch)
        if self.scale is not None:
            batch *= _of(self.scale, batch)
        else:
            batch /= _of(self.std, batch)
        return batch

    def picture(self, image: Any) -> Any:
        raise WrongType("Normalize takes floats, not a PIL image: put ToTensor() before it")

    def tensor(self, array: np.ndarray) -> np.ndarray:
        return self.apply(array)

    def recorded(self, tensor: Tensor) -> Tensor:
        self._check(tensor)
        if self.inplace:
            raise Unfit("Normalize: inplace on a tensor whose gradient is asked for: leave it out")
        mean, std = (
            v if isinstance(v, float) else wrap(B.to_device(v.astype(tensor.dtype)))
            for v in (self.mean, self.std)
        )
        return (tensor - mean) / std

    def __call__(self, image: Any) -> Any:
        changed = super().__call__(image)
        if not self.inplace:
            return changed
        target, source = (getattr(x, "array", x) for x in (image, changed))
        target[...] = source
        if isinstance(image, Tensor):
            image.changed_in_place()
        return image

    def _check(self, batch: Any) -> None:
        if batch.dtype.kind != "f":
            raise WrongType(
                f"Normalize takes floats, not {batch.dtype}: put ToTensor() or "
                "ConvertImageDtype() before it"
            )
        if batch.ndim < 3 or self.channels not in (1, batch.shape[-3]):
            raise Unfit(
                f"Normalize has {self.channels} channel(s), the images {batch.shape}: give one "
                "number for all, or one for each channel of (…, C, H, W)"
            )


def _per_channel(values: list[float]) -> float | np.ndarray:
    """A Python float where one number serves all (NumPy keeps float32 then), else (C, 1, 1)."""
    if len(set(values)) == 1:
        return float(values[0])
    return np.array(values, np.float64)[:, None, None]


def _of(values: float | np.ndarray, batch: np.ndarray) -> Any:
    return values if isinstance(values, float) else values.astype(batch.dtype)
