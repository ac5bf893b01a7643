"""Dtypes: what PyTorch asks of them, and its first constructors, LongTensor([1, 2]), one for each.

These are types as well, for isinstance(x, FloatTensor) and x.type(LongTensor). The plain ones mean
a dtype, wherever the backend in use keeps tensors; those in minigan.torch.cuda also mean the GPU.
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
    "HalfTensor": "float16",
    "LongTensor": "int64",
    "IntTensor": "int32",
    "ShortTensor": "int16",
    "CharTensor": "int8",
    "ByteTensor": "uint8",
    "BoolTensor": "bool",
}
NAMES = {numpy.dtype(dtype): name for name, dtype in DTYPES.items()}


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
        return self.device is None or device.on_gpu(value)

    def __repr__(self) -> str:
        return f"torch.{self.name}" if self.device is None else f"torch.cuda.{self.name}"


def _tensor_types(where: str | None = None) -> Any:
    """One TensorType for each of DTYPES, in their order. Type checkers take them for anything."""
    return (TensorType(name, where) for name in DTYPES)


FloatTensor, DoubleTensor, HalfTensor, LongTensor, *_others = _tensor_types()
IntTensor, ShortTensor, CharTensor, ByteTensor, BoolTensor = _others


def named(kind: Any) -> Any:
    """The TensorType of a name such as "torch.cuda.FloatTensor"; anything else as it is.

    Tensor itself stands for FloatTensor.
    """
    if kind is Tensor:
        return FloatTensor
    *modules, name = kind.split(".") if isinstance(kind, str) else [kind]
    return TensorType(name, "cuda" if "cuda" in modules else None) if name in DTYPES else kind


def type(x: Any, kind: Any = None, non_blocking: bool = False) -> Any:
    """x (a tensor or a module) as another type: a dtype, a TensorType, Tensor, or the name of one.

    Without a kind, the name of a tensor's own type: "torch.FloatTensor", "torch.cuda.LongTensor".
    """
    if kind is None:
        return f"torch.{'cuda.' if device.on_gpu(x) else ''}{NAMES[x.dtype]}"
    kind = named(kind)
    if isinstance(kind, TensorType):
        return x.to(dtype=kind.dtype, device=kind.device)
    if isinstance(kind, str) and "Tensor" in kind:
        raise ValueError(f"type: {kind!r} is none of {', '.join(f'torch.{n}' for n in DTYPES)}")
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


def typename(value: Any) -> str:
    """The name of a tensor's type, or of anything else's class."""
    return type(value) if isinstance(value, Tensor) else value.__class__.__name__


class finfo:
    """The limits of a floating-point dtype, by default float32, as Python floats."""

    def __init__(self, dtype: Any = "float32"):
        limits = numpy.finfo(dtype)
        self.dtype, self.bits = str(limits.dtype), limits.bits
        self.eps, self.max, self.min = float(limits.eps), float(limits.max), float(limits.min)
        self.tiny = self.smallest_normal = float(limits.tiny)
        self.resolution = float(limits.resolution)
