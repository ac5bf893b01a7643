"""Variable: what PyTorch called a tensor on the tape before 2018. Every Tensor is one."""

from typing import Any

from minigan.autograd.tensor import Tensor


class _Variables(type):
    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, Tensor)


class Variable(metaclass=_Variables):
    """Variable(x, requires_grad): x's memory as a new leaf of the graph."""

    def __new__(cls, data: Tensor, requires_grad: bool = False, volatile: bool = False) -> Any:
        """volatile is accepted and has had no effect since PyTorch 0.4: use no_grad instead."""
        return data.detach().requires_grad_(requires_grad)
