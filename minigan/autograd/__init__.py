"""Reverse-mode differentiation: Tensor, the tape, and how an op is declared. Knows no single op."""

from minigan.autograd.entries import grad
from minigan.autograd.gradcheck import gradcheck
from minigan.autograd.op import op
from minigan.autograd.tape import GraphError, no_grad
from minigan.autograd.tensor import Tensor
