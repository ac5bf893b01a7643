"""PyTorch's first constructors, one for each dtype: FloatTensor(2, 3), LongTensor([1, 2]).

They are types as well, for isinstance(x, FloatTensor) and x.type(LongTensor). The plain ones mean a
dtype, wherever the backend in use keeps tensors; those in minigan.torch.cuda also mean the GPU.
"""

from typing import Any

import numpy

from minigan import backend as B
from minigan.autograd.tensor import Tensor
from minigan.torch.ops import device
from minigan.torch.ops.creation import empty, tensor
from minigan.torch.ops.size import sizes_in

DTYPES = {
    "FloatTensor": "float32",
    "DoubleTensor": "float64",
    "LongTensor": "int64",
    "IntTensor": "int32",
    "HalfTensor": "float16",
    "ShortTensor": "int16",
    "CharTensor": "int8",
    "ByteTensor": "uint8",
    "BoolTensor": "bool",
}


class TensorType:
    """The tensors of one dtype; called, it makes one as Tensor(...) does."""

    def __init__(self, name: str, where: str | None = None):
        self.name, self.dtype, self.device = name, numpy.dtype(DTYPES[name]), where

    def __call__(self, *content: Any) -> Tensor:
        sizes = sizes_in(content)
        if sizes is None:
            (value,) = content
            return tensor(value, self.dtype, self.device)
        return empty(*sizes, dtype=self.dtype, device=self.device)

    def __instancecheck__(self, value: object) -> bool:
        if not isinstance(value, Tensor) or value.dtype != self.dtype:
            return False
        return self.device is None or device.device_of(value) == self.device

    def __repr__(self) -> str:
        return f"torch.{self.name}" if self.device is None else f"torch.cuda.{self.name}"


FloatTensor, DoubleTensor = TensorType("FloatTensor"), TensorType("DoubleTensor")
LongTensor, IntTensor = TensorType("LongTensor"), TensorType("IntTensor")
ByteTensor, BoolTensor = TensorType("ByteTensor"), TensorType("BoolTensor")
HalfTensor, ShortTensor = TensorType("HalfTensor"), TensorType("ShortTensor")
CharTensor = TensorType("CharTensor")


def named(kind: Any) -> Any:
    """The TensorType of a name such as "torch.cuda.FloatTensor"; anything else as it is."""
    *modules, name = kind.split(".") if isinstance(kind, str) else [kind]
    return TensorType(name, "cuda" if "cuda" in modules else None) if name in DTYPES else kind


def type(x: Any, kind: Any = None) -> Any:
    """x (a tensor or a module) as another type: a dtype, a TensorType, or the name of one.

    torch.Tensor is the one of float32. Without a kind, the name of a tensor's own TensorType.
    """
    if kind is None:
        where = "torch.cuda" if device.device_of(x) == "cuda" else "torch"
        return f"{where}.{next(name for name, dtype in DTYPES.items() if dtype == x.dtype)}"
    kind = FloatTensor if kind is Tensor else named(kind)
    if isinstance(kind, TensorType):
        return x.to(dtype=kind.dtype, device=kind.device)
    return x.to(dtype=kind)


def set_default_device(where: Any) -> None:
    """Make tensors on "cpu" (NumPy) or "cuda" (CuPy) from here on."""
    B.use_backend(device.library_of(where))


def set_default_tensor_type(kind: Any) -> None:
    """set_default_device in PyTorch's older words: FloatTensor or cuda.FloatTensor."""
    kind = named(kind)
    if not isinstance(kind, TensorType) or kind.dtype != "float32":
        raise TypeError(f"set_default_tensor_type: not {kind}, new tensors are float32")
    set_default_device(kind.device or "cpu")


def is_tensor(value: object) -> bool:
    """Whether value is a Tensor."""
    return isinstance(value, Tensor)


def numel(x: Tensor) -> int:
    """The number of elements."""
    return x.array.size


def is_floating_point(x: Tensor) -> bool:
    """Whether it holds floats."""
    return x.dtype.kind == "f"


def get_default_dtype() -> numpy.dtype:
    """float32, always."""
    return numpy.dtype("float32")


def set_default_dtype(dtype: Any) -> None:
    """Accepted for float32, which new tensors are; TypeError for any other."""
    if device.as_dtype("set_default_dtype", dtype) != "float32":
        raise TypeError(f"set_default_dtype: new tensors are float32, not {dtype}")
