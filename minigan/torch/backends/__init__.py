"""The switches of PyTorch's libraries: what they say of a GPU is done, the others have no effect.

minigan computes in the dtype of its inputs, and the same numbers for the same seed on the same
machine. Matrix products and convolutions share one precision, minigan.use_precision's, float32
until it is asked for another; PyTorch's own default rounds convolutions, but not products, to TF32.
"""

from types import SimpleNamespace
from typing import Any

from minigan.torch.backends import cudnn

__all__ = [
    "are_deterministic_algorithms_enabled",
    "cuda",
    "cudnn",
    "get_num_interop_threads",
    "mkl",
    "mkldnn",
    "mps",
    "openmp",
    "set_float32_matmul_precision",
    "set_flush_denormal",
    "set_num_interop_threads",
    "set_printoptions",
    "use_deterministic_algorithms",
]  # fmt: skip


class _Matmul:
    """torch.backends.cuda.matmul"""

    allow_tf32 = property(
        lambda self: cudnn.allowed["products"], lambda self, on: cudnn.allow(products=on)
    )


cuda = SimpleNamespace(matmul=_Matmul(), is_built=lambda: False)
mkl = mkldnn = mps = openmp = SimpleNamespace(is_available=lambda: False, is_built=lambda: False)


def use_deterministic_algorithms(mode: bool, *, warn_only: bool = False) -> None:
    """Accepted, without effect."""


def are_deterministic_algorithms_enabled() -> bool:
    """True: the same numbers for the same seed, always."""
    return True


def set_float32_matmul_precision(precision: str) -> None:
    """highest: float32; high, and medium, which would allow bfloat16: TF32, where convolutions may
    be rounded so as well. On NumPy always float32.
    """
    if precision not in (names := ("highest", "high", "medium")):
        raise RuntimeError(f"precision {precision!r}: choose {', '.join(names)}")
    cudnn.allow(products=precision != "highest")


def get_num_interop_threads() -> int:
    """1: one op after the other. See get_num_threads for those that share an op's work."""
    return 1


def set_num_interop_threads(number: int) -> None:
    """Accepted, without effect."""


def set_flush_denormal(mode: bool) -> bool:
    """False: denormal numbers stay as they are."""
    return False


def set_printoptions(**options: Any) -> None:
    """Accepted, without effect."""
