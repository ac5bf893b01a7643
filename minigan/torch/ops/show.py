"""How a tensor shows itself: as text, as Python numbers, and to NumPy's own functions."""

from typing import Any

import numpy

from minigan import backend as B
from minigan.autograd.tape import GraphError, mode
from minigan.autograd.tensor import Tensor, wrap
from minigan.torch.ops.device import on_gpu


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
    if on_gpu(x):
        notes.append("device='cuda:0'")
    if x.grad_fn is not None:
        notes.append(f"grad_fn=<{x.grad_fn.op.name}>")
    elif x.requires_grad:
        notes.append("requires_grad=True")
    return f"tensor({', '.join(notes)})"


def formatted(x: Tensor, spec: str) -> str:
    """f"{loss:.4f}" of a one-element tensor; without a format, its text."""
    if spec and x.array.size != 1:
        raise TypeError(f"the format {spec!r} is for one number, not for shape {tuple(x.shape)}")
    return format(x.item(), spec) if spec or not x.shape else text(x)


def whole_number(x: Tensor) -> int:
    """x as an index of lists and ranges."""
    if x.array.size != 1 or x.dtype.kind not in "iub":
        raise TypeError(f"only a tensor of one whole number is an index, not {x.dtype} {x.shape}")
    return int(x.item())


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
