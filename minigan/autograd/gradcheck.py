"""Gradients against finite differences: the test for everybody who writes an op.

The rules give v·J for a weight v, and two forward passes give J·u for a direction u: two ways to
the number v·J·u. For random u and v they differ with probability 1 if the rules' J is wrong.
"""

from typing import Any

from minigan import backend as B
from minigan.autograd.entries import grad, listed
from minigan.autograd.tensor import Tensor, wrap
from minigan.backend.random import Generator


class GradcheckError(AssertionError):
    """A gradient differs from the finite difference."""


def gradcheck(
    function: Any, inputs: Any, eps: float = 1e-6, atol: float = 1e-5, rtol: float = 1e-3
) -> bool:
    """Whether function's gradients agree with (f(x + eps·u) - f(x - eps·u)) / 2eps.

    inputs: float64 tensors, away from kinks; those with requires_grad are checked, one by one.
    Returns True; GradcheckError, with both numbers, if they differ by over atol + rtol·|expected|.
    """
    inputs, random = listed(inputs), Generator(0, host=True)
    checked, results = checked_of(inputs), outputs_of(function, inputs)
    weights = [normal(random, y) for y in results]
    seeds = [(y, v) for y, v in zip(results, weights, strict=True) if y.requires_grad]
    ys, vs = zip(*seeds, strict=True) if seeds else ((), ())
    gradients = grad(ys, [inputs[i] for i in checked], vs, allow_unused=True)
    for i, gradient in zip(checked, gradients, strict=True):
        x, direction = inputs[i].array, normal(random, inputs[i])
        ours = 0.0 if gradient is None else _dot(gradient, direction)
        moved = [wrap(x + h * direction.array).requires_grad_() for h in (eps, -eps)]
        above, below = (
            sum(map(_dot, outputs_of(function, [*inputs[:i], at, *inputs[i + 1 :]]), weights))
            for at in moved
        )
        expected = (above - below) / (2 * eps)
        if not abs(ours - expected) <= atol + rtol * abs(expected):
            both = f"the rule gives {ours:.10g}, finite differences {expected:.10g}"
            raise GradcheckError(f"input {i} of shape {x.shape}, in a random direction: {both}")
    return True


def checked_of(inputs: list[Tensor]) -> list[int]:
    """The numbers of the inputs whose gradients are to be checked."""
    checked = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    if not checked or any(inputs[i].dtype != "float64" for i in checked):
        raise ValueError("gradcheck: needs inputs that require grad, all of them float64")
    return checked


def outputs_of(function: Any, inputs: Any) -> list[Tensor]:
    return [y for y in listed(function(*inputs)) if y.dtype.kind == "f"]


def normal(random: Generator, like: Tensor) -> Tensor:
    return wrap(B.to_device(random.normal(like.shape).astype("float64")))


def _dot(a: Tensor, b: Tensor) -> float:
    return float((a.array * b.array).sum())
