"""Reverse-mode differentiation: Tensor, the tape, and how an op is declared. Knows no single op."""

from minigan.autograd import profiler
from minigan.autograd.anomaly_mode import detect_anomaly, set_detect_anomaly
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
from minigan.autograd.variable import Variable

__all__ = [
    "GraphError",
    "Tensor",
    "Variable",
    "backward",
    "detect_anomaly",
    "enable_grad",
    "grad",
    "gradcheck",
    "gradgradcheck",
    "is_grad_enabled",
    "no_grad",
    "op",
    "profiler",
    "set_detect_anomaly",
    "set_grad_enabled",
]
