"""Gradient penalties: how steep D may be, and where. Added to D's loss, times a weight.

Both differentiate D's output by its input and keep that gradient's own graph, so that D's
parameters learn from it: the engine's create_graph.
"""

import math
from collections.abc import Callable

from minigan.autograd import Tensor, grad
from minigan.backend.random import Generator
from minigan.ops.creation import rand


def gradient_penalty(
    D: Callable[[Tensor], Tensor], real: Tensor, fake: Tensor, generator: Generator | None = None
) -> Tensor:
    """E[(‖∇D(x̂)‖₂ - 1)²] at x̂ = ε·x + (1 - ε)·G(z), ε ~ U(0, 1) for each sample.

    Gulrajani et al., arXiv 1704.00028, who weight it by λ = 10. real and fake: one shape, the batch
    first; neither gets a gradient. D must judge each sample by itself, so it has no BatchNorm.
    Raises ValueError when their shapes differ.

        d_loss = loss.d(D(x), D(fake)) + 10.0 * gradient_penalty(D, x, fake)
    """
    if real.shape != fake.shape:
        raise ValueError(
            f"gradient_penalty: real has shape {real.shape} and fake {fake.shape}; it needs as "
            f"many of one as of the other, of one shape"
        )
    real, fake = real.detach(), fake.detach()
    epsilon = rand(len(real), *[1] * (real.ndim - 1), generator=generator).astype(real.dtype)
    between = (epsilon * real + (1.0 - epsilon) * fake).requires_grad_()
    slopes = _by_sample(D(between), between).norm(dim=1)
    return (slopes - 1.0).square().mean()


def r1_penalty(real_logits: Tensor, real: Tensor) -> Tensor:
    """½·E[‖∇D(x)‖₂²] on data alone; γ times it is R1 in Mescheder et al., arXiv 1801.04406.

    real_logits = D(real), where real had requires_grad before that call. D must judge each sample
    by itself, so it has no BatchNorm. Raises GraphError when D(real) does not depend on `real`.

        x.requires_grad_()
        real = D(x)
        d_loss = loss.d(real, D(fake)) + gamma * r1_penalty(real, x)
    """
    return _by_sample(real_logits, real).square().sum(1).mean() * 0.5


def _by_sample(logits: Tensor, x: Tensor) -> Tensor:
    """∇ₓ D(x), one row per sample; it can be differentiated again."""
    (gradient,) = grad(logits.sum(), x, create_graph=True)
    return gradient.reshape(len(x), math.prod(x.shape[1:]))
