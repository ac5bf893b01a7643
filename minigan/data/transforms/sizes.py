"""Resize: Pillow's resampling for pictures, PyTorch's for tensors, each along an axis a matrix."""

import enum
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.data.refusals import Unfit, WrongType
from minigan.data.resampling import along_axes, resize_matrix, tensor_matrix
from minigan.data.transforms.base import Transform, on_host, pair


class InterpolationMode(enum.Enum):
    """How Resize resamples. Pillow's numbers serve as well: 0, 2, 3, 4, 5 and 1."""

    NEAREST = "nearest"
    NEAREST_EXACT = "nearest-exact"
    BILINEAR = "bilinear"
    BICUBIC = "bicubic"
    BOX = "box"
    HAMMING = "hamming"
    LANCZOS = "lanczos"


PILLOWS = {
    "nearest": 0, "nearest-exact": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4,
    "hamming": 5,
}  # fmt: skip
OF_PILLOW = {number: InterpolationMode(name) for name, number in reversed(PILLOWS.items())}


def interpolation_of(what: str, value: Any) -> InterpolationMode:
    """The mode meant by itself or by Pillow's number for it."""
    if isinstance(value, InterpolationMode):
        return value
    if hasattr(value, "__index__") and not isinstance(value, bool):
        if int(value) in OF_PILLOW:
            return OF_PILLOW[int(value)]
        raise Unfit(f"{what}: interpolation {value!r} is not known: choose an InterpolationMode")
    raise WrongType(f"{what}: interpolation {value!r} is no InterpolationMode and no Pillow number")


class Resize(Transform):
    """Resampling; where it shrinks, averaged over the pixels that fall together.

    `size`: (H, W), or one number for the shorter side, the other one following in proportion; then
    `max_size` bounds the longer side. `interpolation`: an InterpolationMode, or Pillow's number.
    `antialias`: whether tensors are averaged; pictures always are.
    Resampling along an axis is linear, so a batch takes one matrix product for each axis.

    Raises Unfit for sizes that cannot be, and for a mode that tensors do not have.
    """

    def __init__(
        self,
        size: int | Sequence[int],
        interpolation: Any = InterpolationMode.BILINEAR,
        max_size: int | None = None,
        antialias: bool | None = True,
    ):
        sides = pair("Resize: size", size)
        self.size: int | tuple[int, int] = sides
        if not isinstance(size, (list, tuple)) or len(size) == 1:
            self.size = sides[0]
        if max_size is not None and not isinstance(self.size, int):
            raise Unfit("Resize: max_size bounds the longer side where size gives the shorter one")
        if max_size is not None and isinstance(self.size, int) and max_size <= self.size:
            raise Unfit(f"Resize: max_size {max_size} must be greater than size {size}")
        self.interpolation = interpolation_of("Resize", interpolation)
        self.pillows = PILLOWS[self.interpolation.value]
        self.max_size, self.antialias = max_size, antialias

    def apply(self, batch: np.ndarray) -> np.ndarray:
        if batch.dtype != np.uint8:
            return self.tensor(batch)
        if batch.shape[1] in (2, 4):  # with transparency, which weighs the colours
            return on_host(batch, self.picture)
        sides = zip(batch.shape[2:], self.target(*batch.shape[2:]), strict=True)
        return along_axes(batch, *(resize_matrix(old, new, self.pillows) for old, new in sides))

    def picture(self, image: Any) -> Any:
        height, width = self.target(image.height, image.width)
        if self.antialias is False:
            warnings.warn(
                "Resize: pictures are always averaged; antialias=False is of tensors", stacklevel=3
            )
        if (width, height) == image.size:
            return image
        return image.resize((width, height), self.pillows)

    def tensor(self, array: np.ndarray) -> np.ndarray:
        if array.ndim < 3:
            self._check_rank(False, array.shape)
        rows, columns = self._matrices(array.shape)
        if rows is None:
            return array
        batch = array.reshape(-1, *array.shape[-3:])
        wide = batch if batch.dtype in (np.float32, np.float64) else batch.astype(np.float32)
        made = rows.astype(wide.dtype) @ (wide @ columns.astype(wide.dtype).T)
        if array.dtype.kind in "iu":
            limits = np.iinfo(array.dtype)
            made = np.rint(made).clip(limits.min, limits.max)
        return made.astype(array.dtype, copy=False).reshape(*array.shape[:-2], *made.shape[-2:])

    def recorded(self, tensor: Tensor) -> Tensor:
        rows, columns = self._matrices(tensor.shape)
        if rows is None:
            return tensor
        down, right = (
            wrap(B.to_device(np.ascontiguousarray(m, tensor.dtype))) for m in (rows, columns.T)
        )
        return down @ (tensor @ right)

    def _matrices(self, shape: tuple[int, ...]) -> tuple[Any, Any]:
        """What resamples a tensor's rows and columns; None, None where nothing changes."""
        mode = self.interpolation.value
        if mode in ("box", "hamming", "lanczos"):
            raise Unfit(
                f"Resize: tensors have no interpolation {mode!r}: put Resize before ToTensor, or "
                "choose nearest, nearest-exact, bilinear or bicubic"
            )
        new = self.target(*shape[-2:])
        if new == shape[-2:]:
            return None, None
        rows, columns = (
            tensor_matrix(a, b, mode, bool(self.antialias))
            for a, b in zip(shape[-2:], new, strict=True)
        )
        return rows, columns

    def target(self, height: int, width: int) -> tuple[int, int]:
        """The (height, width) that an image of this size comes to."""
        if not isinstance(self.size, int):
            return self.size
        short, long = self.size, int(self.size * max(height, width) / min(height, width))
        if self.max_size is not None and long > self.max_size:
            short, long = int(self.max_size * short / long), self.max_size
        if short < 1:
            raise Unfit(
                f"Resize: an image of {height}×{width} with its longer side at most {long} has "
                "no pixel left on the shorter one"
            )
        return (long, short) if width <= height else (short, long)
