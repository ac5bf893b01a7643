"""In which order an array's axes lie in memory."""

from typing import Any


def memory_order(array: Any) -> list[int]:
    """The axes from the widest stride to the narrowest: (0, 2, 3, 1) for channels-last NCHW."""
    return sorted(range(array.ndim), key=array.strides.__getitem__, reverse=True)
