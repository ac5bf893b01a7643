"""torch.autograd: gradients of several things at once, and the switches of recording."""

from collections.abc import Sequence
from typing import Any

from minigan.autograd import entries
from minigan.autograd.entries import listed
from minigan.autograd.gradcheck import gradcheck, gradgradcheck
from minigan.autograd.tensor import Tensor
from minigan.torch.autograd import anomaly_mode, grad_mode, profiler, variable
from minigan.torch.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
from minigan.torch.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from minigan.torch.autograd.variable import Variable

__all__ = [
    "Variable", "anomaly_mode", "backward", "detect_anomaly", "enable_grad", "grad",
    "grad_mode", "gradcheck", "gradgradcheck", "inference_mode", "is_grad_enabled", "no_grad",
    "profiler", "set_detect_anomaly", "set_grad_enabled", "variable",
]  # fmt: skip

Several = Tensor | Sequence[Tensor]


def grad(
    outputs: Several,
    inputs: Several,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool = False,
) -> tuple[Tensor, ...]:
    """The gradients of the (weighted sum of the) outputs by the inputs; see minigan.autograd.grad.

    only_inputs: always; ValueError for False, which PyTorch gave up as well.
    """
    if not only_inputs:
        raise ValueError("grad: only_inputs=False: backward() is what adds to every leaf's grad")
    graph = retain_graph, create_graph
    return entries.grad(outputs, inputs, grad_outputs, *graph, allow_unused=allow_unused)


def backward(
    tensors: Several,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Any = None,
) -> None:
    """Tensor.backward of several tensors at once: that of their sum, weighted by grad_tensors."""
    tensors = listed(tensors)
    weights = [None] * len(tensors) if grad_tensors is None else listed(grad_tensors)
    if len(tensors) == 1:
        tensors[0].backward(weights[0], retain_graph, create_graph, inputs)
        return
    pairs = zip(tensors, weights, strict=True)
    total = sum((x if weight is None else (x * weight).sum()) for x, weight in pairs)
    total.backward(None, retain_graph, create_graph, inputs)
