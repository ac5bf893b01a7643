"""The switches of PyTorch's libraries: code may set them, and nothing here depends on them.

minigan computes in the dtype of its inputs, and the same numbers for the same seed on the same
machine. (On a GPU the variable CUPY_TF32 alone decides about TF32.)
"""

from types import SimpleNamespace
from typing import Any

from minigan.torch.backends import cudnn

__all__ = [
    "are_deterministic_algorithms_enabled",
    "cuda",
    "cudnn",
    "mkl",
    "mkldnn",
    "mps",
    "openmp",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_threads",
    "set_printoptions",
    "use_deterministic_algorithms",
]  # fmt: skip

cuda = SimpleNamespace(matmul=SimpleNamespace(allow_tf32=False), is_built=lambda: False)
mkl = mkldnn = mps = openmp = SimpleNamespace(is_available=lambda: False, is_built=lambda: False)


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted, without effect."""


def are_deterministic_algorithms_enabled() -> bool:
    """True: the same numbers for the same seed, always."""
    return True


def set_float32_matmul_precision(precision: str) -> None:
    """Accepted, without effect."""


def set_num_threads(count: int) -> None:
    """Accepted, without effect: MINIGAN_NUM_THREADS decides at the start."""


def set_flush_denormal(mode: bool) -> bool:
    """False: denormal numbers stay as they are."""
    return False


def set_printoptions(**options: Any) -> None:
    """Accepted, without effect."""
