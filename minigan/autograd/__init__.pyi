# ruff: noqa
# Written by tests/stubs.py, which says what for.

from minigan.autograd.entries import grad as grad
from minigan.autograd.gradcheck import gradcheck as gradcheck
from minigan.autograd.op import op as op
from minigan.autograd.tape import GraphError as GraphError
from minigan.autograd.tape import no_grad as no_grad
from minigan.autograd.tensor import Tensor as Tensor
from minigan.watching.drawing import draw as draw
