"""torch.backends.cudnn's switches: see minigan.torch.backends."""

import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from minigan.kernels import precision as rounding

enabled = True
benchmark_limit = 10
deterministic = False

allowed = {"products": False, "convolutions": True}
"""Where PyTorch would round float32 to TF32. Here all products do, or none."""


def allow(**switches: Any) -> None:
    """Set switches of `allowed`; TF32 is computed where both allow it, so never beyond that."""
    allowed.update({name: bool(on) for name, on in switches.items()})
    rounding.precision = "tf32" if all(allowed.values()) else "float32"


class _Cudnn(types.ModuleType):
    """This module, whose switches do something when they are set."""

    benchmark = property(
        lambda self: rounding.tuned, lambda self, on: setattr(rounding, "tuned", bool(on))
    )
    allow_tf32 = property(
        lambda self: allowed["convolutions"], lambda self, on: allow(convolutions=on)
    )


sys.modules[__name__].__class__ = _Cudnn
benchmark: bool  # and this, for type checkers
allow_tf32: bool


def is_available() -> bool:
    """False: what computes on a GPU is not PyTorch's cuDNN."""
    return False


def version() -> None:
    """None: see is_available."""


@contextmanager
def flags(benchmark: bool = False, allow_tf32: bool = True, **others: Any) -> Iterator[None]:
    """These two switches for the length of a with block; the others have no effect."""
    before = rounding.tuned, rounding.precision, dict(allowed)
    rounding.tuned = bool(benchmark)
    allow(convolutions=allow_tf32)
    try:
        yield
    finally:
        rounding.tuned, rounding.precision = before[:2]
        allowed.update(before[2])
