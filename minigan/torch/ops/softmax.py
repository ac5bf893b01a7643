"""Exponentials along an axis: softmax, its logarithm, and the logarithm of their sum."""

from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.ops import reduce
from minigan.torch.ops.elementwise import where
from minigan.torch.ops.half import in_single
from minigan.torch.ops.shape import numpy_names
from minigan.torch.ops.steps import isfinite


@in_single
def logsumexp(x: Tensor, dim: int | tuple[int, ...], keepdim: bool = False) -> Tensor:
    """ln Σ exp(x) along dim, shifted by the maximum so that nothing overflows."""
    top = x.detach().amax(dim, True)
    total = (x - where(isfinite(top), top, 0.0)).exp().sum(dim, True)  # ∞ - ∞ is no number
    total = where(total == 0.0, 1.0, total).log() + top  # a row of -∞ has the sum 0
    return total if keepdim else total.squeeze(dim)


@numpy_names
def softmax(x: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """exp(x) / Σ exp(x) along dim, of x as another dtype if one is given."""
    return _softmax(x.to(dtype=dtype), dim)


@in_single
def _softmax(x: Tensor, dim: int) -> Tensor:
    return reduce.log_softmax(x, dim).exp()


@numpy_names
def log_softmax(x: Tensor, dim: int, dtype: Any = None) -> Tensor:
    """x - ln Σ exp(x) along dim, of x as another dtype if one is given."""
    return reduce.log_softmax(x.to(dtype=dtype), dim)
