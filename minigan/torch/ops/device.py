"""Where a tensor lives: PyTorch's devices, .to, .cpu, .cuda, and the way back to NumPy.

"cpu" means NumPy and "cuda" CuPy. Asking for "cuda" is how PyTorch code chooses its device, so the
first such request also makes CuPy the backend in use.
"""

from typing import Any

import numpy

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import BackendError
from minigan.ops.shape import astype, clone

_LIBRARY = {"cpu": "numpy", "cuda": "cupy"}


def as_dtype(name: str, kind: Any) -> numpy.dtype:
    """The dtype that `kind` means: one of the room's, NumPy's class or word, bool, int or float."""
    try:
        word = str(kind) if kind is None else numpy.dtype(kind).name
    except TypeError:
        word = str(kind)
    if word not in B.DTYPES:
        choice = f"the dtypes of tensors are {', '.join(B.DTYPES)}"
        raise TypeError(f"{name}: {word!r} is not a dtype here; {choice}")
    return numpy.dtype(word)


class device:
    """A device by name: "cpu", "cuda" or "cuda:0"."""

    def __init__(self, type: "str | device" = "cpu", index: int | None = None):
        self.type, _, number = str(type).partition(":")
        self.index = int(number) if number else index
        if self.type not in _LIBRARY or self.index not in (None, 0):
            raise BackendError(f"unknown device {type!r}: choose cpu or cuda (one GPU)")

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{index})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, (str, device)) and self.type == str(other).partition(":")[0]

    def __hash__(self) -> int:
        return hash(self.type)


def device_of(x: Tensor) -> device:
    """The device that holds x."""
    return device("cpu" if isinstance(x.array, numpy.ndarray) else "cuda")


def library_of(where: "str | device") -> str:
    """The array library behind a device: numpy or cupy."""
    return _LIBRARY[device(where).type]


def placed(x: Tensor, where: "str | device | None") -> Tensor:
    """x on the given device: itself if it is there already; None keeps it.

    A crossing copies and ends the history: between devices there is looking, no learning.
    """
    if where is None:
        return x
    library = library_of(where)
    if library == "cupy" and B.name != "cupy":
        B.use_backend("cupy")
    if B.module_of(x.array).__name__ == library:
        return x
    moved = wrap(B.to_host(x.array) if library == "numpy" else B.to_device(x.array))
    moved.requires_grad = x.requires_grad and x.grad_fn is None
    return moved


def to(
    x: Tensor,
    *target: Any,
    dtype: Any = None,
    device: Any = None,
    non_blocking: bool = False,
    copy: bool = False,
) -> Tensor:
    """x on another device, in another dtype, or like another tensor: x.to("cuda").

    copy: never x itself. non_blocking is accepted: NumPy and CuPy decide what waits.
    """
    flags = [value for value in target if isinstance(value, bool)]  # non_blocking, copy
    for value in target:
        if isinstance(value, Tensor):
            device, dtype = device_of(value), value.dtype
        elif str(value).partition(":")[0] in _LIBRARY:
            device = value
        elif not isinstance(value, bool):
            dtype = value
    moved = placed(x, device)
    if dtype is not None and moved.dtype != (kind := as_dtype("to", dtype)):
        # to whole numbers no gradient flows
        moved = astype(moved if kind.kind == "f" else moved.detach(), kind)
    return clone(x) if moved is x and (copy or flags[1:] == [True]) else moved


def cpu(x: Tensor) -> Tensor:
    """x on the host."""
    return placed(x, "cpu")


def cuda(x: Tensor, device: Any = None, non_blocking: bool = False) -> Tensor:
    """x on the GPU, of which there is one: number 0."""
    return placed(x, _gpu(device))


def _gpu(number: Any) -> device:
    """The GPU of this number, or by this name; BackendError for another than the first."""
    known = number is None or isinstance(number, int)
    return device("cuda", number if known else device(number).index)


def to_numpy(x: Tensor, *, force: bool = False) -> numpy.ndarray:
    """The content as a NumPy array, sharing memory on the host; force is .detach().cpu() before."""
    if force:
        return B.to_host(x.array)
    if x.requires_grad:
        raise RuntimeError("this tensor requires grad; use .detach().numpy() to leave the graph")
    if not isinstance(x.array, numpy.ndarray):
        raise TypeError("this tensor is on the GPU; use .cpu().numpy()")
    return x.array
