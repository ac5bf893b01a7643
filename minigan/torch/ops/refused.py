"""What is refused by name: words of PyTorch's that are not here, and numbers that are no floats."""

from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError

CURES = {
    "return_indices": "nothing here takes the places of the largest elements; leave it out",
    "antialias": "blur before you shrink, or shrink by mode='area'",
    "max_norm": "clip the rows yourself, under no_grad, before you look them up",
    "scale_grad_by_freq": "divide the gradient's rows by how often each was looked up",
    "sparse": "gradients are dense here; leave it out",
    "out": "assign the result instead",
}


def refuse(name: str, **options: Any) -> None:
    """TypeError for the first of these options that is given: anything but None and False."""
    for option, value in options.items():
        if value is not None and value is not False:
            given = f"{option}={value!r}" if isinstance(value, (int, float, str)) else option
            raise TypeError(f"{name}: {given} is not known here: {CURES[option]}")


def check_floats(name: str, x: Tensor, *others: Tensor | None) -> None:
    """Refuse whole numbers, and weights of another dtype than x."""
    dtype = x.array.dtype
    if dtype.kind != "f":
        raise MisfitError(f"{name}: the input is {dtype}: give floats, as by x.float()")
    for other in others:
        if other is not None and other.array.dtype != dtype:
            both = f"the input is {dtype} and a weight or statistic {other.dtype}"
            raise MisfitError(f"{name}: {both}; make them alike, as by x.to(weight.dtype)")
