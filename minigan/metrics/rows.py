"""What a score is given, brought to rows of numbers, or refused."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.autograd.tensor import array_of
from minigan.data.refusals import Unfit

LARGEST = 1e15  # the square of a distance has to fit into float32
STEP = 2048  # rows on either side of a tile of products: 16 MiB of float32


def rows(what: str, values: Any, dtype: str = "float32") -> B.Array:
    """The values (N, …) as an array (N, D) of the backend.

    Raises Unfit, which names `what`, for an empty array, one of fewer than two axes, and values
    that are not finite or beyond 1e15.
    """
    array: B.Array = array_of(values)
    array = array if isinstance(array, B.ndarray) else host(array)
    if array.ndim < 2 or not array.size or array.dtype.kind not in "fiub":
        raise Unfit(
            f"{what}: {array.dtype} of shape {array.shape}; expected numbers (N, D), or images "
            "(N, C, H, W), at least one"
        )
    array = B.to_device(array).reshape(len(array), -1).astype(dtype, copy=False)
    low, high = float(array.min()), float(array.max())
    if not -LARGEST < low <= high < LARGEST:  # which no NaN passes
        raise Unfit(
            f"{what} {array.shape}: values from {low:g} to {high:g} cannot be scored; leave such "
            "rows out, or look where the network that drew them diverged"
        )
    return array


def pair(a: str, first: Any, b: str, second: Any, dtype: str = "float32") -> tuple[Any, Any]:
    """Both as rows of one width. Raises Unfit otherwise."""
    x, y = rows(a, first, dtype), rows(b, second, dtype)
    check_width(a, x, b, y)
    return x, y


def check_width(a: str, x: B.Array, b: str, y: B.Array) -> None:
    """Raises Unfit unless rows x and y are of one width."""
    if x.shape[1] != y.shape[1]:
        raise Unfit(
            f"{a} have {x.shape[1]} numbers a row and {b} {y.shape[1]}: bring both to one size, or "
            "take both from one layer"
        )


def host(values: Any) -> np.ndarray:
    """A tensor, an array of the backend, or what NumPy makes an array of, on the host."""
    array = array_of(values)
    return B.to_host(array) if B.is_array(array) or hasattr(array, "get") else np.asarray(array)


def classes_of(what: str, values: Any, classes: int | None = None, ndim: int = 1) -> np.ndarray:
    """Numbers of classes, int64, on the host: 0 … classes - 1 where `classes` says how many.

    Raises Unfit, which names `what`, for other numbers or shapes, and for none at all.
    """
    array = host(values)
    if array.ndim != ndim or not array.size or array.dtype.kind not in "iu":
        shape = "(N,)" if ndim == 1 else "(N, channels)"
        raise Unfit(
            f"{what}: {array.dtype} of shape {array.shape}; expected whole numbers {shape}, at "
            "least one: argmax(1) makes them of scores"
        )
    if classes is not None and not 0 <= array.min() <= array.max() < classes:
        raise Unfit(
            f"{what}: {array.min()} to {array.max()}; {classes} classes are numbered 0 to "
            f"{classes - 1}"
        )
    return array.astype(np.int64)


def steps(length: int) -> Iterator[slice]:
    """0 … length in slices of STEP."""
    return (slice(i, min(i + STEP, length)) for i in range(0, length, STEP))
