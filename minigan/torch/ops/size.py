"""Size: a shape that can count, and the sizes that Tensor(…) may be called with."""

import math
from typing import Any


class Size(tuple[int, ...]):
    """A shape: a tuple with PyTorch's numel()."""

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return math.prod(self)

    def __add__(self, other: Any) -> "Size":
        return Size((*self, *other))

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return Size(found) if isinstance(index, slice) else found


def sizes_in(content: tuple[Any, ...]) -> tuple[int, ...] | None:
    """The shape that Tensor(*content) asks for; None when content is one value to hold."""
    if len(content) == 1 and isinstance(content[0], Size):
        return content[0]
    return (content or (0,)) if all(isinstance(size, int) for size in content) else None
