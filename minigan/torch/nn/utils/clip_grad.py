"""Gradients held within bounds, between backward() and step()."""

import warnings
from collections.abc import Generator, Iterable
from typing import Any

from minigan.autograd.tape import no_grad
from minigan.autograd.tensor import Tensor
from minigan.ops.creation import zeros
from minigan.ops.shape import stack
from minigan.torch.ops.reduce import norm
from minigan.torch.ops.steps import isfinite

Parameters = Tensor | Iterable[Tensor]


def _gradients(parameters: Parameters) -> list[Tensor]:
    alone = isinstance(parameters, Tensor) or not hasattr(parameters, "__iter__")
    listed: list[Any] = [parameters] if alone else list(parameters)
    if others := [type(p).__name__ for p in listed if not isinstance(p, Tensor)]:
        raise TypeError(f"clipping: {others[0]} is no tensor: give module.parameters()")
    if not listed and isinstance(parameters, Generator):
        what = "this generator of parameters is empty, nothing is clipped: was it used before?"
        warnings.warn(what, UserWarning, 3)
    return [p.grad for p in listed if p.grad is not None]


def clip_grad_norm_(
    parameters: Parameters,
    max_norm: float,
    norm_type: float = 2.0,
    error_if_nonfinite: bool = False,
    foreach: Any = None,
) -> Tensor:
    """Scale all gradients so that ‖all of them together‖ ≤ max_norm; returns the norm before.

    The factor is max_norm / (norm + 10⁻⁶), where that is below 1. Without any
    gradient the norm is 0. norm_type may be inf. foreach is accepted: there is one way here.
    Raises RuntimeError for a norm that is infinite or NaN, if error_if_nonfinite.
    """
    norm_type = float(norm_type)
    gradients = _gradients(parameters)
    if not gradients:
        return zeros(())
    with no_grad():
        total = norm(stack([norm(g, norm_type) for g in gradients]), norm_type)
        if error_if_nonfinite and not bool(isfinite(total)):
            raise RuntimeError(f"clip_grad_norm_: the gradients' norm is {total.item()}")
        factor = (max_norm / (total + 1e-6)).clamp(max=1.0)
        for g in gradients:
            g.mul_(factor)
    return total


clip_grad_norm = clip_grad_norm_  # as it was called before PyTorch 0.4


def clip_grad_value_(parameters: Parameters, clip_value: float, foreach: Any = None) -> None:
    """Hold each element of the gradients within [-clip_value, clip_value].

    foreach is accepted: there is one way here.
    """
    clip_value = float(clip_value)
    with no_grad():
        for g in _gradients(parameters):
            g.clamp_(-clip_value, clip_value)
