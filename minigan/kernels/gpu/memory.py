"""What to say when the GPU is full: CuPy's allocator, with an error that says what to do."""

from typing import Any

import cupy

from minigan.kernels.diagnosis import OutOfMemoryError


def explain_when_full() -> None:
    """Make CuPy allocate through `allocate`."""
    cupy.cuda.set_allocator(allocate)


def allocate(size: int) -> Any:
    """Memory of `size` bytes from CuPy's pool; our OutOfMemoryError instead of its own."""
    try:
        return cupy.get_default_memory_pool().malloc(size)
    except cupy.cuda.memory.OutOfMemoryError:
        raise out_of_memory(size) from None


def out_of_memory(size: int) -> OutOfMemoryError:
    """The error for a request of `size` bytes that a full GPU could not meet."""
    free, total = cupy.cuda.runtime.memGetInfo()
    ours = cupy.get_default_memory_pool().total_bytes()
    return OutOfMemoryError(
        f"the GPU's memory is full: {_amount(size)} asked for, {_amount(free)} of {_amount(total)} "
        f"free, {_amount(ours)} held by this program. Lower the batch size (--batch-size), or the "
        f"image size or width of the networks; `nvidia-smi` shows what else uses the GPU"
    )


def _amount(size: float) -> str:
    for unit in ("bytes", "KiB", "MiB"):
        if size < 1024:
            return f"{size:.0f} {unit}"
        size /= 1024
    return f"{size:.2f} GiB"
