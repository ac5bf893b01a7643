"""The gradient of a leaf: assigned, it must be a tensor like the leaf itself."""

import warnings
from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor


def get(x: Any) -> Tensor | None:
    """∂loss/∂x as backward() left it: None before, and, with a warning, for what is no leaf."""
    found = x.__dict__.get("grad")
    if found is None and x.grad_fn is not None and not x.retains_grad:
        cure = "ask torch.autograd.grad(loss, x), or loss.backward(inputs=[x])"
        warnings.warn(
            f"backward() keeps the grad of leaves only, not of results: {cure}", UserWarning, 2
        )
    return found


def put(x: Any, grad: Any) -> None:
    """x.grad = grad. TypeError for no tensor; RuntimeError for another shape, dtype or device."""
    if grad is not None:
        if not isinstance(grad, Tensor):
            raise TypeError(f"grad is a tensor or None, not {grad!r}")
        ours, given = x.array, grad.array
        if given.shape != ours.shape or given.dtype != ours.dtype:
            theirs = f"the tensor is {ours.shape} {ours.dtype}, not {given.shape} {given.dtype}"
            raise RuntimeError(f"grad has the shape and dtype of its tensor: {theirs}")
        if given.__class__ is not ours.__class__:
            places = [B.module_of(array).__name__ for array in (ours, given)]
            raise RuntimeError("the tensor's memory is {}'s, that of grad {}'s".format(*places))
        if grad is x:
            raise RuntimeError("a tensor cannot be its own grad: assign a clone()")
    x.__dict__["grad"] = grad


def forget(x: Any) -> None:
    """del x.grad"""
    x.__dict__["grad"] = None
