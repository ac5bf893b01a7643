"""What a tensor answers about itself: where and how it lies in memory, and what it is not."""

from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.torch.ops import device
from minigan.torch.ops.memory import strided
from minigan.torch.ops.shape import axis_of


def get_device(x: Tensor) -> int:
    """0, the GPU's number, or -1 for the host."""
    return 0 if device.on_gpu(x) else -1


def element_size(x: Tensor) -> int:
    """The bytes of one element."""
    return x.array.itemsize


def data_ptr(x: Tensor) -> int:
    """The address of the first element: equal for two tensors that begin in the same place."""
    return x.array.ctypes.data if not device.on_gpu(x) else x.array.data.ptr


def pin_memory(x: Tensor) -> Tensor:
    """x itself: a transfer to the GPU goes through pinned memory by itself."""
    return x


def is_pinned(x: Tensor) -> bool:
    """False, always: see pin_memory."""
    return False


def is_complex(x: Tensor) -> bool:
    """False, always: there are no complex numbers here."""
    return False


def is_signed(x: Tensor) -> bool:
    """Whether its dtype holds negative numbers."""
    return x.dtype.kind in "fi"


def size(x: Tensor, dim: int | None = None) -> Any:
    """The shape, or one of its numbers."""
    return x.shape if dim is None else x.shape[axis_of(dim, x.ndim)]


METHODS = (
    get_device, element_size, data_ptr, pin_memory, is_pinned, is_complex, is_signed, size
)  # fmt: skip

PROPERTIES: dict[str, Any] = {
    "device": device.device_of,
    "is_cuda": device.on_gpu,
    "is_cpu": lambda x: not device.on_gpu(x),
    **dict.fromkeys(
        "is_meta is_mkldnn is_mps is_quantized is_sparse is_xla is_xpu".split(), lambda x: False
    ),
    "layout": lambda x: strided,
    "itemsize": lambda x: x.array.itemsize,
    "nbytes": lambda x: x.array.nbytes,
}
