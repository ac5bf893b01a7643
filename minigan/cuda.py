"""What PyTorch code asks of torch.cuda before it chooses a device."""

from minigan import backend as B
from minigan.ops.creation import manual_seed


def is_available() -> bool:
    """Whether CuPy and a GPU answer."""
    return B.why_no_cupy() is None


def device_count() -> int:
    """1 where a GPU answers, else 0: minigan uses one GPU."""
    return int(is_available())


def manual_seed_all(seed: int) -> None:
    """minigan.manual_seed: there is one seed for all devices."""
    manual_seed(seed)


def synchronize() -> None:
    """Wait for the GPU, if it is in use."""
    if B.name == "cupy":
        B.xp.cuda.get_current_stream().synchronize()


def empty_cache() -> None:
    """Give the memory pool's free blocks back to the GPU."""
    if B.name == "cupy":
        B.xp.get_default_memory_pool().free_all_blocks()
