"""Initial values of parameters, by the names of their authors."""

import math

from minigan import backend as B
from minigan.autograd.tensor import Tensor
from minigan.backend import random


def fill(tensor: Tensor, values: B.Array | float) -> Tensor:
    """Write the values into the tensor's own memory."""
    B.write(tensor.array, values)
    tensor.changed_in_place()
    return tensor


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0) -> Tensor:
    """U[a, b)"""
    return fill(tensor, random.default.uniform(tensor.shape, a, b))


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0) -> Tensor:
    """N(mean, std²)"""
    return fill(tensor, random.default.normal(tensor.shape, mean, std))


def zeros_(tensor: Tensor) -> Tensor:
    """0 everywhere"""
    return fill(tensor, 0.0)


def xavier_uniform_(tensor: Tensor, gain: float = 1.0) -> Tensor:
    """U(-a, a), a = gain·√(6 / ((I + O)·KH·KW)) for (O, I, KH, KW). Glorot & Bengio, 2010."""
    fans = math.prod(tensor.shape[2:]) * (tensor.shape[0] + tensor.shape[1])
    return uniform_(tensor, -gain * math.sqrt(6.0 / fans), gain * math.sqrt(6.0 / fans))
