"""Tensor: an array that remembers how it was computed.

    w = minigan.tensor([1.0, 2.0], requires_grad=True)   a leaf: nothing was computed to get it
    loss = (w * w).sum()                                 a result: its grad_fn says from what
    loss.backward()                                      w.grad is now ∂loss/∂w = 2·w

An op, a function of tensors such as `*` or `sum`, computes with the arrays inside and notes on the
tape what it did: op.py says how, and tape.py how gradients come back. ops/__init__.py lists them.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from minigan import backend as B
from minigan.errors import MisfitError

if TYPE_CHECKING:
    from minigan.autograd.tape import Node


class Tensor:
    """An array, its gradient, and the recorded op that it came from.

    A tensor with `requires_grad` and no `grad_fn` is a leaf: `backward` adds to its `grad`. Made by
    `minigan.tensor` from numbers, by `wrap` from an array.
    """

    # Class attributes are the defaults, so that making a tensor sets nothing but its array.
    array: B.Array  # NumPy's or CuPy's
    requires_grad: bool = False
    grad: "Tensor | None" = None
    grad_fn: "Node | None" = None
    _base: "Tensor | None" = None  # the tensor whose memory this one uses, if it is a view
    _version: int = 0  # how often its memory was changed in place; views count on their base
    __array_ufunc__: Any = None  # NumPy's functions would lose the history: they are refused

    shape = property(lambda self: self.array.shape)
    dtype = property(lambda self: self.array.dtype)
    ndim = property(lambda self: self.array.ndim)
    __hash__ = object.__hash__  # by identity, although == compares element by element

    def __len__(self) -> int:
        return len(self.array)

    def requires_grad_(self, requires_grad: bool = True) -> "Tensor":
        """Start or stop asking for this leaf's gradient."""
        if requires_grad and self.dtype.kind != "f":
            raise RuntimeError(f"only floating-point tensors require gradients, not {self.dtype}")
        if not requires_grad and self.grad_fn is not None:
            raise RuntimeError("requires_grad can be switched off on leaves only; use .detach()")
        self.requires_grad = requires_grad
        return self

    def detach(self) -> "Tensor":
        """The same memory without history: no gradient flows through it."""
        alias = wrap(self.array)
        alias._base = self.owner
        return alias

    @property
    def owner(self) -> "Tensor":
        """The tensor whose memory this one uses: itself, unless it is a view."""
        return self if self._base is None else self._base

    def changed_in_place(self) -> None:
        """Tell the tape that the memory was written to; whoever writes to `array` calls this."""
        self.owner._version += 1

    def item(self) -> Any:
        """The only element, as a Python number."""
        if self.array.size != 1:
            raise MisfitError(f"{self.shape} is not one number: ambiguous; reduce it, by .mean()")
        return self.array.item()

    def __float__(self) -> float:
        return float(self.item())

    def __bool__(self) -> bool:
        return bool(self.item())

    def cpu(self) -> "Tensor":
        """On the host: itself if it is there; a copy from a GPU has no history."""
        return self if isinstance(self.array, np.ndarray) else wrap(B.to_host(self.array))

    def numpy(self) -> np.ndarray:
        """The array, sharing memory; of a tensor without history, and on the host."""
        if self.requires_grad:
            raise RuntimeError("this tensor requires grad; .detach().numpy() leaves the graph")
        if not isinstance(self.array, np.ndarray):
            raise TypeError("this tensor is on the GPU; use .cpu() before handing it to NumPy")
        return self.array

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.numpy(), dtype, copy=copy)

    def __array_function__(self, function: Any, *_: Any) -> Any:
        raise TypeError(f"np.{function.__name__} takes arrays, not tensors: x.detach().numpy()")

    def __repr__(self) -> str:
        content = np.array2string(B.to_host(self.array), precision=4, separator=", ")
        dtype = "" if self.dtype in ("float32", "int64", "bool") else f", dtype={self.dtype}"
        history = f", grad_fn=<{self.grad_fn.op.name}>" if self.grad_fn else ", requires_grad=True"
        return f"tensor({content}{dtype}{history if self.requires_grad else ''})"


def wrap(array: B.Array) -> Tensor:
    """An array as a tensor that needs no gradient."""
    tensor = Tensor.__new__(Tensor)
    # NumPy's reductions to one number return a scalar, which has its library's name too.
    tensor.array = array if array.__class__ is B.ndarray else B.module_of(array).asarray(array)
    return tensor


def array_of(value: Any) -> Any:
    """The array inside a tensor; anything else as it is."""
    return value.array if isinstance(value, Tensor) else value
