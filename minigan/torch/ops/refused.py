"""What is refused by name, in words that say what to give: PyTorch's words that are not here, and
numbers, masks, sources and positions that are no such.
"""

import math
from typing import Any

from minigan import backend as B
from minigan.autograd.tape import mode
from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError, check_tensors

CURES = {
    "return_indices": "nothing here takes the places of the largest elements; leave it out",
    "antialias": "blur before you shrink, or shrink by mode='area'",
    "max_norm": "clip the rows yourself, under no_grad, before you look them up",
    "scale_grad_by_freq": "divide the gradient's rows by how often each was looked up",
    "sparse": "gradients are dense here; leave it out",
    "out": "assign the result instead",
}


class PlaceError(IndexError, RuntimeError):
    """A position that an axis does not have: an IndexError, and what PyTorch often calls it."""


def refuse(name: str, **options: Any) -> None:
    """TypeError for the first of these options that is given: anything but None and False."""
    for option, value in options.items():
        if value is not None and value is not False:
            given = f"{option}={value!r}" if isinstance(value, (int, float, str)) else option
            raise TypeError(f"{name}: {given} is not known here: {CURES[option]}")


def check_floats(name: str, x: Tensor, *others: Tensor | None) -> None:
    """Refuse what is no tensor, whole numbers, and weights of another dtype than x."""
    check_tensors(name, x)
    dtype = x.array.dtype
    if dtype.kind != "f":
        raise MisfitError(f"{name}: the input is {dtype}: give floats, as by x.float()")
    for other in others:
        if other is not None and other.array.dtype != dtype:
            both = f"the input is {dtype} and a weight or statistic {other.dtype}"
            raise MisfitError(f"{name}: {both}; make them alike, as by x.to(weight.dtype)")


def check_mask(name: str, mask: Any) -> None:
    """Refuse what is no tensor of truth values."""
    kind = getattr(mask, "dtype", type(mask).__name__)
    if kind != "bool" or not hasattr(mask, "array"):
        raise MisfitError(f"{name}: the mask is {kind}; give a bool tensor, as mask != 0")


def check_number(name: str, x: Any, value: Any) -> None:
    """Refuse as a value to fill x with what is no number, or none that x's dtype holds."""
    if getattr(value, "ndim", 1) and not isinstance(value, (int, float)):
        raise MisfitError(f"{name}: the value is a number or a tensor of no axes, not {value!r}")
    if isinstance(value, Tensor):
        return
    if x.dtype.kind in "iu":
        bounds = B.xp.iinfo(x.dtype)
        if not math.isfinite(value) or not bounds.min <= int(value) <= bounds.max:
            raise MisfitError(f"{name}: {value} is no {x.dtype}, which the tensor is")
    if x.dtype.kind == "f" and float(B.xp.finfo(x.dtype).max) < abs(float(value)) < math.inf:
        raise MisfitError(f"{name}: {x.dtype} does not hold {value}; -inf or inf it does")


def check_content(value: Any) -> None:
    """Refuse to write what holds no numbers: NumPy makes NaN of None, and 3.0 of "3"."""
    if not isinstance(value, (int, float, Tensor)):
        array = value if hasattr(value, "dtype") else B.numpy.asarray(value)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"a tensor holds numbers and truth values, not {value!r}")


def check_learned(name: str, x: Any, value: Any) -> None:
    """Refuse to put a learned value into a new tensor of whole numbers, which would forget that."""
    if mode.recording and getattr(value, "requires_grad", False) and x.dtype.kind != "f":
        raise MisfitError(f"{name}: {x.dtype} carries no gradient: use value.detach()")


def check_source(name: str, x: Any, source: Any) -> None:
    """Refuse what is no tensor of x's dtype."""
    if not isinstance(source, Tensor):
        raise TypeError(f"{name}: the source is a tensor, not {type(source).__name__}")
    if source.dtype != x.dtype:
        raise MisfitError(f"{name}: the source is {source.dtype}, x {x.dtype}: use source.to(x)")


def extremes(array: B.Array) -> tuple[Any, ...]:
    """The least and the greatest element; of no elements none, nor of a GPU's, which would wait."""
    seen = isinstance(array, B.numpy.ndarray) and array.size
    return (array.min(), array.max()) if seen else ()


def positions(name: str, index: Any, size: int, low: int = 0) -> Any:
    """The array of an index tensor, in a copy that nobody changes: int64 in [low, size)."""
    if not isinstance(index, Tensor):
        raise TypeError(f"{name}: the index is a tensor of int64, not {type(index).__name__}")
    if index.dtype not in ("int64", "int32"):
        raise MisfitError(f"{name}: the index is int64, not {index.dtype}: use index.long()")
    for n in extremes(index.array):
        if not low <= n < size:
            raise PlaceError(f"{name}: index {n} is out of bounds for an axis of size {size}")
    return index.array.astype("int64")
