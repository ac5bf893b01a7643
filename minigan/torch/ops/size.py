"""Size: a shape that can count; whole numbers as PyTorch takes them; the sizes in Tensor(…)."""

import math
import operator
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


def is_whole(value: Any) -> bool:
    """Whether value is one whole number: Python's, NumPy's, or a tensor of no axes."""
    return hasattr(value, "__index__") and not getattr(value, "ndim", 0)


def whole_numbers(value: Any) -> tuple[int, ...]:
    """(n,) of one whole number, else those that value holds."""
    return tuple(operator.index(n) for n in ((value,) if is_whole(value) else value))


def sizes_in(content: tuple[Any, ...]) -> tuple[int, ...] | None:
    """The shape that Tensor(*content) asks for; None when content is one value to hold."""
    if len(content) == 1 and isinstance(content[0], Size):
        return content[0]
    return (content or (0,)) if all(isinstance(size, int) for size in content) else None
