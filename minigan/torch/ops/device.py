"""Where a tensor lives: PyTorch's devices, .to, .cpu, .cuda, and the way back to NumPy.

"cpu" means NumPy and "cuda" CuPy. Asking for "cuda" is how PyTorch code chooses its device, so the
first such request also makes CuPy the backend in use.
"""

from collections.abc import Callable
from typing import Any

import numpy

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import BackendError
from minigan.ops.shape import astype, clone
from minigan.torch.ops.memory import preserve_format
from minigan.torch.ops.views import contiguous

_LIBRARY = {"cpu": "numpy", "cuda": "cupy"}
_OTHERS = "hpu ipu meta mps mtia vulkan xla xpu".split()  # PyTorch's words for what is not here


class DeviceError(BackendError, RuntimeError):
    """A device that this machine, or minigan, does not have: a RuntimeError, as in PyTorch."""


class NowhereError(DeviceError, TypeError):
    """Neither a device nor a dtype."""


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


def _meant(dtype: Any) -> numpy.dtype:
    try:
        return as_dtype("to", dtype)
    except TypeError as error:
        raise NowhereError(f"{error}, nor is it a device, as cpu and cuda are") from None


class device:
    """A device by name: "cpu", "cuda" or "cuda:0". Others have names too, but hold no tensor."""

    def __init__(self, type: "str | int | device" = "cpu", index: int | None = None):
        given, _, number = ("cuda", "", str(type)) if isinstance(type, int) else _parted(type)
        if given not in (*_LIBRARY, *_OTHERS) or (
            number and (index is not None or not number.isdigit())
        ):
            raise DeviceError(f"unknown device {type!r}: choose cpu or cuda (one GPU)")
        self.type = given
        self.index = int(number) if number else index

    def __str__(self) -> str:
        return self.type if self.index is None else f"{self.type}:{self.index}"

    def __repr__(self) -> str:
        index = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{index})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, device) and (self.type, self.index) == (other.type, other.index)

    def __hash__(self) -> int:
        return hash((self.type, self.index))

    def __enter__(self) -> None:
        raise DeviceError(
            f"with torch.device({str(self)!r}): tensors are made where use_backend says; give "
            f"device= to the functions that make them, or call torch.set_default_device"
        )

    def __exit__(self, *exception: object) -> None:
        """Never reached: __enter__ refuses."""


def _parted(name: "str | device") -> tuple[str, str, str]:
    return str(name).partition(":")


def device_of(x: Tensor) -> device:
    """The device that holds x: cpu, or cuda:0."""
    return device("cpu") if isinstance(x.array, numpy.ndarray) else device("cuda", 0)


def on_gpu(x: Tensor) -> bool:
    """Whether CuPy holds x."""
    return not isinstance(x.array, numpy.ndarray)


def library_of(where: "str | int | device") -> str:
    """The array library behind a device: numpy or cupy. DeviceError where there is none."""
    place = where if isinstance(where, device) else device(where)
    if place.type in _OTHERS or place.index not in (None, 0):
        raise DeviceError(
            f"device {str(place)!r}: minigan computes on cpu (NumPy) and cuda (CuPy, one GPU); "
            f"use one of these"
        )
    if place.type == "cuda" and B.name != "cupy" and (reason := B.why_no_cupy()):
        raise DeviceError(
            f"device {str(place)!r}: no GPU can be used here ({_short(reason)}). Leave .cuda() "
            f"out, or choose by torch.device('cuda' if torch.cuda.is_available() else 'cpu')"
        )
    return _LIBRARY[place.type]


def _short(reason: str) -> str:
    """Why CuPy does not answer, without the advice that belongs to minigan's own programs."""
    return reason.removeprefix("backend cupy: ").split(", or use --backend")[0]


def placed(x: Tensor, where: "str | int | device | None") -> Tensor:
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
    memory_format: Any = None,
) -> Tensor:
    """x on another device, in another dtype, or like another tensor: x.to("cuda").

    copy: never x itself. memory_format: as `contiguous` takes it. It and non_blocking change no
    number: NumPy and CuPy decide what waits, each layer how its images lie in memory.
    """
    flags = [value for value in target if isinstance(value, bool)]  # non_blocking, copy
    for value in target:
        if isinstance(value, Tensor):
            device, dtype = device_of(value), value.dtype
        elif _names_a_device(value):
            device = value
        elif not isinstance(value, bool) and value is not None:
            dtype = value
    moved = placed(x, device)
    if dtype is not None and moved.dtype != (kind := _meant(dtype)):
        # to whole numbers no gradient flows
        moved = moved if kind.kind == "f" else moved.detach()
        if kind == "uint8" and moved.dtype.kind == "f" and on_gpu(moved):
            moved = astype(moved, B.int64)  # as PyTorch does: -1.0 is 255, where CUDA says 0
        moved = astype(moved, kind)
    if moved is x and (copy or flags[1:] == [True]):
        return clone(x)
    if moved is x and memory_format not in (None, preserve_format):
        return contiguous(x, memory_format)
    return moved


def _names_a_device(value: Any) -> bool:
    if isinstance(value, (int, str)):
        return not isinstance(value, bool) and (
            isinstance(value, int) or value.partition(":")[0] in (*_LIBRARY, *_OTHERS)
        )
    return isinstance(value, device)


def cast(dtype: str) -> Callable[..., Tensor]:
    """The method that converts to a dtype, as x.float(). memory_format is that of `to`."""
    return lambda x, *, memory_format=None: to(x, dtype=dtype)


def cpu(x: Tensor, *, memory_format: Any = None) -> Tensor:
    """x on the host."""
    return placed(x, "cpu")


def cuda(
    x: Tensor, device: Any = None, non_blocking: bool = False, *, memory_format: Any = None
) -> Tensor:
    """x on the GPU, of which there is one: number 0."""
    return placed(x, "cuda" if device is None else gpu(device))


def gpu(number: Any) -> device:
    """The GPU of this number, or by this name."""
    place = device(number)
    if place.type != "cuda":
        raise DeviceError(f"cuda: {str(place)!r} is no GPU; move tensors there by .to()")
    return place


def to_numpy(x: Tensor, *, force: bool = False) -> numpy.ndarray:
    """The content as a NumPy array, sharing memory on the host; force is .detach().cpu() before."""
    if force:
        return B.to_host(x.array)
    if x.requires_grad:
        raise RuntimeError("this tensor requires grad; use .detach().numpy() to leave the graph")
    if not isinstance(x.array, numpy.ndarray):
        raise TypeError("this tensor is on the GPU; use .cpu().numpy()")
    return x.array
