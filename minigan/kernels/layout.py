"""In which order an array's axes lie in memory: images as rows of channels, channels last."""

from typing import Any

from minigan import backend as B


def memory_order(array: Any) -> list[int]:
    """The axes from the widest stride to the narrowest: (0, 2, 3, 1) for channels-last NCHW."""
    return sorted(range(array.ndim), key=array.strides.__getitem__, reverse=True)


def inverse(order: list[int]) -> list[int]:
    """The order of axes that undoes a transpose by `order`."""
    return sorted(range(len(order)), key=order.__getitem__)


def channels_last(x: B.Array) -> B.Array:
    """(N, C, H, W) → contiguous (N, H, W, C): a view where memory is channels-last, else a copy."""
    return B.module_of(x).ascontiguousarray(x.transpose(0, 2, 3, 1))


def from_rows(rows: B.Array, x: B.Array) -> B.Array:
    """(N·…, C) → the shape of x (N, C, …), in channels-last memory."""
    tall = rows.reshape(x.shape[0], *x.shape[2:], x.shape[1])
    return B.module_of(rows).moveaxis(tall, -1, 1)
