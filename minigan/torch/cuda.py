"""What PyTorch code asks of torch.cuda: whether there is a GPU, which one, and its tensor types."""

from typing import Any

from minigan import backend as B
from minigan.ops.creation import manual_seed
from minigan.torch.ops.device import device
from minigan.torch.ops.typed import TensorType

__all__ = [
    "FloatTensor", "LongTensor", "current_device", "device_count", "empty_cache",
    "get_device_name", "is_available", "manual_seed", "manual_seed_all", "memory_allocated",
    "set_device", "synchronize",
]  # fmt: skip

FloatTensor, LongTensor = TensorType("FloatTensor", "cuda"), TensorType("LongTensor", "cuda")


def is_available() -> bool:
    """Whether CuPy and a GPU answer."""
    return B.why_no_cupy() is None


def device_count() -> int:
    """1 where a GPU answers, else 0: minigan uses one GPU."""
    return int(is_available())


def current_device() -> int:
    """0, the number of the only GPU."""
    return 0


def set_device(number: Any) -> None:
    """Accepted for 0, the only GPU; BackendError for another one."""
    device("cuda", number if isinstance(number, int) else device(number).index)


def get_device_name(number: Any = 0) -> str:
    """What the GPU calls itself."""
    with B.use_backend("cupy"):
        return B.xp.cuda.runtime.getDeviceProperties(0)["name"].decode()


def memory_allocated(number: Any = 0) -> int:
    """Bytes of GPU memory that arrays hold."""
    return B.xp.get_default_memory_pool().used_bytes() if B.name == "cupy" else 0


def manual_seed_all(seed: int) -> None:
    """torch.manual_seed: there is one seed for all devices."""
    manual_seed(seed)


def synchronize() -> None:
    """Wait for the GPU, if it is in use."""
    if B.name == "cupy":
        B.xp.cuda.get_current_stream().synchronize()


def empty_cache() -> None:
    """Give the memory pool's free blocks back to the GPU."""
    if B.name == "cupy":
        B.xp.get_default_memory_pool().free_all_blocks()
