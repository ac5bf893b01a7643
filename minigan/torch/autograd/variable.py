"""Variable: what PyTorch called a tensor on the tape before 2018. Every Tensor is one."""

import warnings
from typing import Any

from minigan.autograd.tensor import Tensor


class _Variables(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, Tensor)


class Variable(metaclass=_Variables):
    """Variable(x, requires_grad): x's memory as a new leaf of the graph."""

    def __new__(cls, data: Tensor, requires_grad: bool = False, volatile: bool = False) -> Any:
        """volatile has had no effect since PyTorch 0.4, and a warning says so: use no_grad."""
        if not isinstance(data, Tensor):
            raise TypeError(
                f"Variable: a tensor is wanted, not {type(data).__name__}; torch.tensor makes one"
            )
        if volatile:
            warnings.warn(
                "Variable: volatile has no effect since PyTorch 0.4; use `with torch.no_grad():`",
                stacklevel=2,
            )
        return data.detach().requires_grad_(requires_grad)
