"""torch.backends.cudnn's switches: see minigan.torch.backends."""

from contextlib import nullcontext
from typing import Any

enabled = True
benchmark = False
benchmark_limit = 10
deterministic = False
allow_tf32 = False


def is_available() -> bool:
    """False: what computes on a GPU is not PyTorch's cuDNN."""
    return False


def version() -> None:
    """None: see is_available."""


def flags(**switches: Any) -> "nullcontext[None]":
    """Accepted, without effect."""
    return nullcontext()
