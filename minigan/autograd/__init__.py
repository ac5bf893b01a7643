"""Reverse-mode differentiation: Tensor, the tape, and how an op is declared. Knows no single op."""

from minigan.autograd.gradcheck import gradcheck, gradgradcheck
from minigan.autograd.op import op
from minigan.autograd.tape import (
    GraphError,
    backward,
    enable_grad,
    grad,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from minigan.autograd.tensor import Tensor

__all__ = [
    "GraphError",
    "Tensor",
    "backward",
    "enable_grad",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "is_grad_enabled",
    "no_grad",
    "op",
    "set_grad_enabled",
]
