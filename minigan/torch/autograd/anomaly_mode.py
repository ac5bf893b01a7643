"""PyTorch's switch for a slower, more talkative backward pass. Here it always talks."""

from contextlib import nullcontext


def set_detect_anomaly(mode: bool, check_nan: bool = True) -> "nullcontext[None]":
    """Accepted, without effect: each GraphError names its op, each change in place is found."""
    return nullcontext()


def detect_anomaly(check_nan: bool = True) -> "nullcontext[None]":
    """Accepted, without effect: see set_detect_anomaly."""
    return nullcontext()
