"""What PyTorch code asks of torch.cuda: whether there is a GPU, which one, and its tensor types."""

from types import SimpleNamespace
from typing import Any

from minigan import backend as B
from minigan.kernels.diagnosis import OutOfMemoryError
from minigan.ops.creation import manual_seed as _manual_seed
from minigan.torch.absent import absent
from minigan.torch.cuda import amp
from minigan.torch.ops.device import gpu, library_of
from minigan.torch.ops.typed import _tensor_types
from minigan.torch.random import get_rng_state, set_rng_state

__all__ = [
    "OutOfMemoryError", "amp", "current_device", "device", "device_count", "empty_cache",
    "get_device_capability", "get_device_name", "get_device_properties", "get_rng_state",
    "get_rng_state_all", "is_available", "is_bf16_supported", "is_initialized", "manual_seed",
    "manual_seed_all", "max_memory_allocated", "max_memory_reserved", "memory_allocated",
    "memory_cached", "memory_reserved", "reset_max_memory_allocated", "reset_peak_memory_stats",
    "set_device", "set_rng_state", "set_rng_state_all", "synchronize",
]  # fmt: skip

FloatTensor, DoubleTensor, HalfTensor, LongTensor, *_others = _tensor_types("cuda")
IntTensor, ShortTensor, CharTensor, ByteTensor, BoolTensor = _others


def is_available() -> bool:
    """Whether CuPy and a GPU answer."""
    return B.why_no_cupy() is None


def is_initialized() -> bool:
    """Whether the GPU is in use."""
    return B.name == "cupy"


def is_bf16_supported() -> bool:
    """False: neither NumPy nor CuPy has bfloat16."""
    return False


def device_count() -> int:
    """1 where a GPU answers, else 0: minigan uses one GPU."""
    return int(is_available())


def current_device() -> int:
    """0, the number of the only GPU; RuntimeError where there is none."""
    library_of("cuda")
    return 0


def set_device(number: Any) -> None:
    """Accepted for 0, the only GPU; RuntimeError for another one, and where there is none."""
    library_of(gpu(number))


class device:
    """Context manager: nothing to choose, as there is one GPU. A negative number is none of it."""

    def __init__(self, number: Any):
        if not isinstance(number, int) or number >= 0:
            set_device(number)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        pass


def get_device_properties(number: Any = 0) -> SimpleNamespace:
    """name, total_memory in bytes, major, minor and multi_processor_count of the GPU."""
    set_device(number)
    with B.use_backend("cupy"):
        found = B.xp.cuda.runtime.getDeviceProperties(0)
    return SimpleNamespace(
        name=found["name"].decode(),
        total_memory=found["totalGlobalMem"],
        major=found["major"],
        minor=found["minor"],
        multi_processor_count=found["multiProcessorCount"],
    )


def get_device_name(number: Any = 0) -> str:
    """What the GPU calls itself."""
    return get_device_properties(number).name


def get_device_capability(number: Any = 0) -> tuple[int, int]:
    """The GPU's compute capability, (major, minor)."""
    found = get_device_properties(number)
    return found.major, found.minor


# -- memory ----------------------------------------------------------------------------------------


def memory_allocated(number: Any = 0) -> int:
    """Bytes of GPU memory that arrays hold."""
    return B.xp.get_default_memory_pool().used_bytes() if B.name == "cupy" else 0


def memory_reserved(number: Any = 0) -> int:
    """Bytes of GPU memory that the pool holds, free blocks too."""
    return B.xp.get_default_memory_pool().total_bytes() if B.name == "cupy" else 0


# The pool keeps what it once got, until empty_cache: its size is the highest so far.
max_memory_allocated = max_memory_reserved = memory_cached = memory_reserved


def reset_peak_memory_stats(number: Any = 0) -> None:
    """Accepted, without effect: empty_cache is what makes the pool smaller."""


reset_max_memory_allocated = reset_peak_memory_stats


def empty_cache() -> None:
    """Give the memory pool's free blocks back to the GPU."""
    if B.name == "cupy":
        B.xp.get_default_memory_pool().free_all_blocks()


def synchronize(number: Any = None) -> None:
    """Wait for the GPU, if it is in use."""
    if B.name == "cupy":
        B.xp.cuda.get_current_stream().synchronize()


# -- random numbers --------------------------------------------------------------------------------


def manual_seed(seed: int) -> None:
    """torch.manual_seed: there is one seed for all devices."""
    _manual_seed(seed)


manual_seed_all = manual_seed


def get_rng_state_all() -> list[Any]:
    """The one state, in a list."""
    return [get_rng_state()]


def set_rng_state_all(states: list[Any]) -> None:
    """Continue from what get_rng_state_all returned."""
    set_rng_state(states[0])


# -- absent ----------------------------------------------------------------------------------------

_STREAMS = "minigan issues all work in one stream; leave it out, and time with synchronize()"
Event, Stream, stream, current_stream = (
    absent(f"torch.cuda.{name}", _STREAMS) for name in "Event Stream stream current_stream".split()
)
CUDAGraph, graph = (
    absent(f"torch.cuda.{name}", "minigan.capture records a whole step; put it before the function")
    for name in ("CUDAGraph", "graph")
)
