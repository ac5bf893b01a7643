"""Words that say where PyTorch lays a result: memory_format, layout, pin_memory, and out."""

import functools
import warnings
from collections.abc import Callable
from typing import Any

from minigan.autograd.tape import mode
from minigan.autograd.tensor import Tensor
from minigan.ops import shape

strided = "torch.strided"  # the one layout that there is
contiguous_format, preserve_format = "torch.contiguous_format", "torch.preserve_format"
channels_last = "torch.channels_last"  # what images are in memory, whether or not it is asked for

_FORMATS = (None, contiguous_format, preserve_format, channels_last)
_RANKS = {"b": 0, "u": 1, "i": 1, "f": 2}  # of dtypes: those below fit into those above


def laid(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The function that also takes memory_format, layout and pin_memory, which change no number."""

    @functools.wraps(function)
    def call(
        *args: Any,
        memory_format: Any = None,
        layout: Any = None,
        pin_memory: bool = False,
        **options: Any,
    ) -> Tensor:
        if memory_format not in _FORMATS or layout not in (None, strided):
            what = f"memory_format={memory_format!r}, layout={layout!r}"
            raise TypeError(f"{function.__name__}: {what} are not known here: leave them out")
        return function(*args, **options)

    return call


clone = laid(shape.clone)


def into(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function that also takes out, a tensor into which the result is written."""

    @functools.wraps(function)
    def call(*args: Any, out: Any = None, **options: Any) -> Any:
        result = function(*args, **options)
        return result if out is None else _written(function.__name__, result, out)

    return call


def _written(name: str, result: Any, out: Any) -> Tensor:
    """out with the result in it, resized to its shape. RuntimeError where a gradient would end."""
    if not isinstance(result, Tensor) or not isinstance(out, Tensor):
        raise TypeError(f"{name}: out is one tensor, for one result: assign the results instead")
    to: Any = out
    if result.requires_grad or (mode.recording and to.requires_grad):
        raise RuntimeError(f"{name}: no gradient flows through out: assign the result instead")
    if _RANKS[result.dtype.kind] > _RANKS[to.dtype.kind]:
        both = f"the result is {result.dtype}, out {to.dtype}"
        raise RuntimeError(f"{name}: {both}, which cannot hold it: give one of the result's dtype")
    if result.shape != to.shape:
        if to.array.size:
            what = f"out of shape {tuple(to.shape)} is resized to {tuple(result.shape)}"
            warnings.warn(f"{name}: {what}: give an empty one, or one that fits", stacklevel=3)
        to.resize_(result.shape)
    return to.copy_(result)
