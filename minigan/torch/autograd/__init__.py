"""torch.autograd: gradients of several things at once, and the switches of recording."""

from collections.abc import Sequence
from typing import Any

from minigan.autograd import entries
from minigan.autograd.entries import listed
from minigan.autograd.gradcheck import gradcheck
from minigan.autograd.tape import GraphError
from minigan.autograd.tensor import Tensor
from minigan.torch.autograd import anomaly_mode, function, grad_mode, hooks, profiler, variable
from minigan.torch.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
from minigan.torch.autograd.function import Function
from minigan.torch.autograd.grad_mode import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from minigan.torch.autograd.gradgradcheck import gradgradcheck
from minigan.torch.autograd.variable import Variable
from minigan.torch.ops.creation import zeros_like
from minigan.watching.drawing import draw

__all__ = [
    "Function", "Variable", "anomaly_mode", "backward", "detect_anomaly", "draw", "enable_grad",
    "function", "grad", "grad_mode", "gradcheck", "gradgradcheck", "hooks", "inference_mode",
    "is_grad_enabled", "no_grad", "profiler", "set_detect_anomaly", "set_grad_enabled", "variable",
]  # fmt: skip

Several = Tensor | Sequence[Tensor]


def grad(
    outputs: Several,
    inputs: Several,
    grad_outputs: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool | None = None,
    is_grads_batched: bool = False,
    materialize_grads: bool = False,
) -> tuple[Tensor, ...]:
    """The gradients of the (weighted sum of the) outputs by the inputs; see minigan.autograd.grad.

    only_inputs: always; ValueError for False, which PyTorch gave up as well.
    materialize_grads: zeros in place of None for an input that no output depends on.
    is_grads_batched: NotImplementedError for True; call it once for each row of grad_outputs.
    """
    if not only_inputs:
        raise ValueError("grad: only_inputs=False: backward() is what adds to every leaf's grad")
    if is_grads_batched:
        raise NotImplementedError(
            "grad: is_grads_batched=True: call it once for each row of grad_outputs"
        )
    if materialize_grads and allow_unused is False:
        raise ValueError("grad: materialize_grads=True needs allow_unused=True, or nothing said")
    unused = materialize_grads or bool(allow_unused)
    found = entries.grad(
        outputs, inputs, grad_outputs, retain_graph, create_graph, allow_unused=unused
    )
    return tuple(
        zeros_like(x) if g is None and materialize_grads else hooks.hooked(x, g)
        for x, g in zip(listed(inputs), found, strict=True)
    )


def backward(
    tensors: Several,
    grad_tensors: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    grad_variables: Any = None,
    inputs: Any = None,
) -> None:
    """Tensor.backward of several tensors at once: that of their sum, weighted by grad_tensors.

    grad_variables: the former name of grad_tensors.
    """
    if grad_variables is not None:
        if grad_tensors is not None:
            raise RuntimeError("backward: grad_variables is grad_tensors' former name; give one")
        grad_tensors = grad_variables
    tensors = listed(tensors)
    weights = [None] * len(tensors) if grad_tensors is None else listed(grad_tensors)
    if len(tensors) != len(weights):
        raise RuntimeError(f"backward: {len(tensors)} tensors, but {len(weights)} gradients")
    if len(tensors) == 1:
        tensors[0].backward(weights[0], retain_graph, create_graph, inputs)
        return
    total = sum(_share(x, weight) for x, weight in zip(tensors, weights, strict=True))
    total.backward(None, retain_graph, create_graph, inputs)


def _share(x: Tensor, weight: Tensor | None) -> Any:
    """What a tensor adds to the sum: itself, or its elements weighted by its gradient."""
    if weight is None:
        if x.array.size != 1:
            raise GraphError(
                f"backward: a tensor of shape {tuple(x.shape)} needs a gradient of its shape"
            )
        return x.sum()
    if x.shape != weight.shape:
        raise GraphError(
            f"backward: the tensor is {tuple(x.shape)}, its gradient {tuple(weight.shape)}; make "
            f"them alike"
        )
    return (x * weight).sum()
