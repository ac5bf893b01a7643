"""Gradients against finite differences: the test for everybody who writes an op.

A whole Jacobian costs one difference per element. One random direction u and one random weight v
cost two forward passes, and v·J·u is wrong with probability 1 when J is.
"""

from collections.abc import Callable, Sequence
from typing import Any

from minigan import backend as B
from minigan.autograd import tape
from minigan.autograd.tensor import Tensor, wrap
from minigan.backend.random import Generator


class GradcheckError(AssertionError):
    """A gradient differs from the finite difference."""


def gradcheck(
    function: Callable[..., Any],
    inputs: Tensor | Sequence[Tensor],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    seed: int = 0,
) -> bool:
    """Whether function's gradients agree with (f(x + eps·u) - f(x - eps·u)) / 2eps.

    inputs: float64 tensors; those with requires_grad are checked, one after another. function
    returns a tensor or several. Keep inputs away from kinks, where no derivative exists.
    Returns True; raises GradcheckError with both numbers when they differ by more
    than atol + rtol·|expected|.
    """
    inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    random = Generator(seed, host=True)
    checked = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    if not checked:
        raise ValueError("gradcheck: no input requires grad, so nothing would be checked")
    for i in checked:
        if inputs[i].dtype != "float64":
            raise ValueError(f"gradcheck: input {i} is {inputs[i].dtype}; finite differences need "
                             f"float64")  # fmt: skip
    results = _outputs(function, inputs)
    weights = [_normal(random, y) for y in results]
    recorded = [n for n, y in enumerate(results) if y.requires_grad]
    gradients = tape.grad(
        [results[n] for n in recorded],
        [inputs[i] for i in checked],
        [weights[n] for n in recorded],
        allow_unused=True,
    )
    for i, gradient in zip(checked, gradients, strict=True):
        direction = _normal(random, inputs[i])
        if gradient is not None and gradient.shape != inputs[i].shape:
            raise GradcheckError(f"input {i} has shape {inputs[i].shape}, its gradient "
                                 f"{gradient.shape}")  # fmt: skip
        ours = 0.0 if gradient is None else _dot(gradient, direction)
        above, below = (
            sum(
                _dot(y, w)
                for y, w in zip(_shifted(function, inputs, i, direction, h), weights, strict=True)
            )
            for h in (eps, -eps)
        )
        expected = (above - below) / (2 * eps)
        if not abs(ours - expected) <= atol + rtol * abs(expected):
            raise GradcheckError(
                f"gradient of input {i} (shape {inputs[i].shape}): the rule gives {ours:.10g} in a "
                f"random direction, finite differences {expected:.10g}"
            )
    return True


def gradgradcheck(
    function: Callable[..., Any],
    inputs: Tensor | Sequence[Tensor],
    eps: float = 1e-6,
    atol: float = 1e-5,
    rtol: float = 1e-3,
    seed: int = 0,
) -> bool:
    """Whether the gradients of function's gradients are right: gradcheck of the backward pass.

    The backward pass is itself a function of the inputs and of the gradients that enter it; both
    are checked.
    """
    inputs = [inputs] if isinstance(inputs, Tensor) else list(inputs)
    random = Generator(seed + 1, host=True)
    checked = [i for i, x in enumerate(inputs) if isinstance(x, Tensor) and x.requires_grad]
    weights = [_normal(random, y).requires_grad_() for y in _recorded(function, inputs)]

    def gradients(*both: Tensor) -> list[Tensor]:
        arguments, ws = both[: len(inputs)], both[len(inputs) :]
        results = _recorded(function, arguments)
        found = tape.grad(
            results, [arguments[i] for i in checked], ws, create_graph=True, allow_unused=True
        )
        return [g for g in found if g is not None]

    return gradcheck(gradients, [*inputs, *weights], eps, atol, rtol, seed)


def _outputs(function: Callable[..., Any], inputs: Sequence[Tensor]) -> list[Tensor]:
    """The function's floating-point results, whether or not it recorded how it got there."""
    results = function(*inputs)
    results = [results] if isinstance(results, Tensor) else list(results)
    return [y for y in results if y.dtype.kind == "f"]


def _recorded(function: Callable[..., Any], inputs: Sequence[Tensor]) -> list[Tensor]:
    return [y for y in _outputs(function, inputs) if y.requires_grad]


def _shifted(
    function: Callable[..., Any], inputs: list[Tensor], i: int, direction: Tensor, step: float
) -> list[Tensor]:
    """The results with input i moved by step·direction, all else equal."""
    x = inputs[i]
    moved = wrap(x.array + step * direction.array)
    return _outputs(function, [*inputs[:i], moved.requires_grad_(), *inputs[i + 1 :]])


def _normal(random: Generator, like: Tensor) -> Tensor:
    return wrap(B.to_device(random.normal(like.shape).astype("float64")))


def _dot(a: Tensor, b: Tensor) -> float:
    return float((a.array * b.array).sum())
