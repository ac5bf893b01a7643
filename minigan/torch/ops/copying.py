"""Tensors under copy.copy, copy.deepcopy and pickle: content and whether they learn, no graph."""

import copy
from typing import Any

import numpy

from minigan import backend as B
from minigan.autograd.tensor import Tensor


def shallow(x: Tensor) -> Tensor:
    """copy.copy: another tensor with the same memory, and no history."""
    made = _made(type(x), x.array, x.requires_grad, _attributes(x))
    made._base = x.owner
    return made


def deep(x: Tensor, memo: dict[int, Any]) -> Tensor:
    """copy.deepcopy: a tensor, or parameter, with memory of its own, and a copy of its grad.

    RuntimeError for a result that a gradient flows through: its history cannot be copied.
    """
    if x.grad_fn is not None:
        raise RuntimeError(
            f"deepcopy: this tensor of shape {tuple(x.shape)} was computed from others that "
            f"require grad; only leaves are copied so. Use x.detach().clone(), or x.clone() to "
            f"stay in the graph"
        )
    made = _made(type(x), x.array.copy(), x.requires_grad, copy.deepcopy(_attributes(x), memo))
    made.grad = copy.deepcopy(x.grad, memo)
    memo[id(x)] = made
    return made


def reduced(x: Tensor, protocol: Any) -> tuple[Any, ...]:
    """For pickle: class, content on the host, whether it was there, and whether it requires grad.
    No grad, no history.
    """
    content = B.to_host(x.array)
    return _restored, (type(x), content, content is x.array, x.requires_grad, _attributes(x))


def _restored(cls: type, content: numpy.ndarray, on_host: bool, *rest: Any) -> Tensor:
    return _made(cls, content if on_host else B.to_device(content), *rest)


def _made(cls: Any, array: Any, requires_grad: bool, attributes: dict[str, Any]) -> Tensor:
    tensor = cls.__new__(cls)
    tensor.array, tensor.requires_grad = array, requires_grad
    vars(tensor).update(attributes)
    return tensor


def _attributes(x: Tensor) -> dict[str, Any]:
    """What programs wrote on the tensor: all but the engine's own."""
    own = ("array", "requires_grad", "grad", "grad_fn")
    return {k: v for k, v in vars(x).items() if k not in own and not k.startswith("_")}
