"""How a tensor shows itself: as text, as Python numbers, and to NumPy's own functions."""

from typing import Any

import numpy

from minigan import backend as B
from minigan.autograd.tape import GraphError, mode
from minigan.autograd.tensor import Tensor, wrap
from minigan.torch.ops.device import device_of


def tolist(x: Tensor) -> Any:
    """The content as nested Python lists."""
    return B.to_host(x.array).tolist()


def text(x: Tensor) -> str:
    """tensor([...]) with four digits, and what PyTorch adds: dtype, device, requires_grad."""
    content = numpy.array2string(
        B.to_host(x.array), precision=4, separator=", ", prefix="tensor(", threshold=1000
    )
    notes = [content]
    if x.dtype not in ("float32", "int64", "bool"):
        notes.append(f"dtype={x.dtype}")
    if device_of(x) == "cuda":
        notes.append("device='cuda'")
    if x.grad_fn is not None:
        notes.append(f"grad_fn=<{x.grad_fn.op.name}>")
    elif x.requires_grad:
        notes.append("requires_grad=True")
    return f"tensor({', '.join(notes)})"


def formatted(x: Tensor, spec: str) -> str:
    """f"{loss:.4f}" of a one-element tensor; without a format, its text."""
    return format(x.item(), spec) if spec or not x.shape else text(x)


def as_array(x: Tensor, dtype: Any = None, copy: bool | None = None) -> numpy.ndarray:
    """The content for NumPy and matplotlib, whether or not it requires grad."""
    if not isinstance(x.array, numpy.ndarray):
        raise TypeError("this tensor is on the GPU; use .cpu() before handing it to NumPy")
    return numpy.array(x.array, dtype, copy=copy)


def from_numpy_function(
    x: Tensor, array: numpy.ndarray, context: Any = None, return_scalar: bool = False
) -> Tensor:
    """What NumPy's own functions of a tensor return, np.sqrt(x) or np.transpose(x, …): a tensor.

    Refused while a gradient is wanted: it would end there unnoticed.
    """
    given = [x, *(context[1] if context else ())]  # all arguments, where NumPy tells them
    if mode.recording and any(getattr(value, "requires_grad", False) for value in given):
        raise GraphError(  # a TypeError would make NumPy try again, with a warning
            "a NumPy function was given a tensor that requires grad and would lose its history; "
            "use ops or the tensor's own methods (x.sqrt(), x.permute(…)), or x.detach() before"
        )
    return wrap(array)
