"""Second derivatives against finite differences: gradcheck of the backward pass itself."""

from typing import Any

from minigan.autograd.entries import grad, listed
from minigan.autograd.gradcheck import checked_of, gradcheck, normal, outputs_of
from minigan.autograd.tensor import Tensor
from minigan.backend.random import Generator


def gradgradcheck(function: Any, inputs: Any, **tolerances: float) -> bool:
    """Whether the gradients of function's gradients are right: gradcheck of the backward pass,
    which is a function of the inputs and of the gradients that enter it. Both are checked.
    """
    inputs, random = listed(inputs), Generator(1, host=True)
    checked = checked_of(inputs)
    ys = [y for y in outputs_of(function, inputs) if y.requires_grad]

    def gradients(*both: Tensor) -> list[Tensor]:
        xs, vs = both[: len(inputs)], both[len(inputs) :]
        ys = [y for y in outputs_of(function, xs) if y.requires_grad]
        found = grad(ys, [xs[i] for i in checked], vs, create_graph=True, allow_unused=True)
        return [g for g in found if g is not None]

    weights = [normal(random, y).requires_grad_() for y in ys]
    return gradcheck(gradients, [*inputs, *weights], **tolerances)
