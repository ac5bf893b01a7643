"""PyTorch's profiler, switched off: the one state that tutorials leave it in."""

from contextlib import nullcontext


def _off(name: str, enabled: bool) -> "nullcontext[None]":
    if enabled:
        raise NotImplementedError(
            f"autograd.profiler.{name}: minigan has no profiler; use Python's cProfile, or Nsight"
        )
    return nullcontext()


def profile(enabled: bool = True) -> "nullcontext[None]":
    """Accepted when disabled; NotImplementedError otherwise."""
    return _off("profile", enabled)


def emit_nvtx(enabled: bool = True) -> "nullcontext[None]":
    """Accepted when disabled; NotImplementedError otherwise."""
    return _off("emit_nvtx", enabled)


def record_function(name: str, args: str | None = None) -> "nullcontext[None]":
    """Accepted, without effect: a name for a stretch of code, which only a profiler shows."""
    return nullcontext()
