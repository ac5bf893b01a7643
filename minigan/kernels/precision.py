"""How exactly a GPU multiplies float32, and whether it tries convolutions out."""

from contextlib import AbstractContextManager, ExitStack
from typing import Any

from minigan import backend as B
from minigan.errors import BackendError

CHOICES = ("float32", "tf32", "bfloat16")

precision = "float32"
tuned = False
"""Whether convolutions take the fastest of several plans, measured at their first use. Another run
may measure another one fastest, whose last bits differ; so cuDNN's first choice is the default."""


def use_precision(choice: str) -> AbstractContextManager[Any]:
    """How matrix products and convolutions of float32 tensors round their factors:

    float32   not at all
    tf32      to 11 significant bits: tensor cores multiply, several times as fast
    bfloat16  to 8 bits in convolutions; in matrix products to 8 or 11, as cuBLAS finds faster

    Sums, and all that is kept (weights, activations, Adam's moments), stay float32. Takes effect at
    once; as a context manager it also restores the former choice. Raises BackendError for an
    unknown name, and on NumPy for all but float32.
    """
    global precision
    if choice not in CHOICES:
        raise BackendError(f"unknown precision {choice!r}: choose {', '.join(CHOICES)}")
    if choice != "float32" and B.name == "numpy":
        raise BackendError(
            f"precision {choice}: NumPy computes float32; choose backend cupy for it"
        )
    end = ExitStack()
    end.callback(_set, precision)
    precision = choice
    return end


def _set(choice: str) -> None:
    global precision
    precision = choice
