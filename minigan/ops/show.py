"""How a tensor shows itself: as text, as a Python number, as an array for plotting."""

from typing import Any

import numpy

from minigan import backend as B
from minigan.autograd.tape import mode
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import MisfitError
from minigan.ops.device import device_of


def item(x: Tensor) -> Any:
    """The only element, as a Python number."""
    if x.array.size != 1:
        raise MisfitError(f"item: only a tensor of one element is a number, this one is {x.shape}")
    return B.to_host(x.array).item()


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
    return format(item(x), spec) if spec or not x.shape else text(x)


def as_array(x: Tensor, dtype: Any = None, copy: bool | None = None) -> numpy.ndarray:
    """The content for NumPy and matplotlib, whether or not it requires grad."""
    if not isinstance(x.array, numpy.ndarray):
        raise TypeError("this tensor is on the GPU; use .cpu() before handing it to NumPy")
    if copy is None:
        return numpy.asarray(x.array, dtype)
    return numpy.array(x.array, dtype, copy=copy)


def from_numpy_function(
    x: Tensor, array: numpy.ndarray, context: Any = None, return_scalar: bool = False
) -> Tensor:
    """What NumPy's own functions of a tensor return, np.sqrt(x) or np.transpose(x, …): a tensor.

    Refused while a gradient is wanted: it would end there unnoticed.
    """
    if x.requires_grad and mode.recording:
        raise TypeError(
            "a NumPy function was given a tensor that requires grad and would lose its history; "
            "use the tensor's own method (x.sqrt(), x.permute(…)), or x.detach() before"
        )
    return wrap(array)


def truth(x: Tensor) -> bool:
    """The truth of a one-element tensor."""
    if x.array.size != 1:
        raise MisfitError(
            f"the truth of a tensor of shape {x.shape} is ambiguous; use .any() or .all()"
        )
    return bool(item(x))
