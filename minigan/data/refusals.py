"""What arguments and values that cannot be raise: a UserError of the class that PyTorch has."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigan.errors import DataError, MisfitError, UserError


class Unfit(UserError, MisfitError):
    """A value that cannot be: PyTorch's ValueError, or RuntimeError."""


class WrongType(UserError, TypeError):
    """A value of a type that cannot be: PyTorch's TypeError."""


def flag(what: str, value: Any) -> bool:
    """`value`, which has to be True or False. Raises Unfit that names `what`."""
    if not isinstance(value, bool):
        raise Unfit(f"{what} is {value!r}; it must be True or False")
    return value


def whole(what: str, value: Any, least: int) -> int:
    """`value`, which has to be a whole number from `least` on. Raises Unfit that names `what`."""
    if isinstance(value, bool) or not hasattr(value, "__index__") or value < least:
        raise Unfit(f"{what} is {value!r}; it must be a whole number, at least {least}")
    return int(value)


def one_of(what: str, value: Any, choices: Sequence[str]) -> str:
    """`value`, which has to be one of the choices. Raises Unfit that lists them."""
    if value not in choices:
        raise Unfit(f"{what} is {value!r}; choose {', '.join(choices)}")
    return value


def check_labels(path: str | Path, labels: np.ndarray, least: int, most: int) -> None:
    """Raises DataError for a label (N,) in the file that is no whole number from least to most."""
    wrong = ~np.isin(labels, np.arange(least, most + 1))
    if wrong.any():
        place = int(np.argmax(wrong))
        raise DataError(
            f"{path}: label {place:,} is {labels[place]}; labels are {least} to {most}, so the "
            "file is damaged or belongs to another set"
        )
