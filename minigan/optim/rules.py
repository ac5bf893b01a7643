"""The update rules themselves, in order of complexity: SGD, RMSprop, Adam."""

import math
from collections.abc import Iterable
from typing import Any

from minigan import backend as B
from minigan.optim.optimizer import Optimizer


def _check(name: str, **values: float) -> None:
    for option, value in values.items():
        upper = 1.0 if option.startswith("beta") else math.inf
        if not 0.0 <= value < upper:
            raise ValueError(f"{name}: {option} must be within [0, {upper}), got {value}")


def _gradient(p: B.Array, gradients: list[B.Array], weight_decay: float) -> B.Array:
    """The gradients side by side, plus the gradient of weight_decay/2 · ‖p‖²."""
    g = B.module_of(p).concatenate([part.ravel() for part in gradients])
    if weight_decay:
        g += p * weight_decay
    return g


class SGD(Optimizer):
    """b ← momentum·b + (1 - dampening)·g;  p ← p - lr·b  (nesterov: lr·(g + momentum·b)).

    weight_decay adds weight_decay · p to g. The first b is g itself, as in PyTorch.
    """

    slots = ("momentum_buffer",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ):
        _check("SGD", lr=lr, momentum=momentum, weight_decay=weight_decay)
        super().__init__(
            params,
            lr=lr,
            momentum=momentum,
            dampening=dampening,
            weight_decay=weight_decay,
            nesterov=nesterov,
        )

    def update(
        self,
        group: dict[str, Any],
        step: int,
        p: B.Array,
        gradients: list[B.Array],
        state: list[B.Array],
    ) -> None:
        g = _gradient(p, gradients, group["weight_decay"])
        if momentum := group["momentum"]:
            (b,) = state
            b *= momentum if step > 1 else 0.0
            b += g * (1.0 - group["dampening"] if step > 1 else 1.0)
            g = g + b * momentum if group["nesterov"] else b
        p -= g * group["lr"]


class RMSprop(Optimizer):
    """v ← alpha·v + (1 - alpha)·g²;  p ← p - lr·g / (√v + eps).  Hinton's lecture 6e, 2012."""

    slots = ("square_avg",)

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        _check("RMSprop", lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay)
        super().__init__(params, lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay)

    def update(
        self,
        group: dict[str, Any],
        step: int,
        p: B.Array,
        gradients: list[B.Array],
        state: list[B.Array],
    ) -> None:
        g = _gradient(p, gradients, group["weight_decay"])
        (v,) = state
        v *= group["alpha"]
        v += g * g * (1.0 - group["alpha"])
        p -= g / (v**0.5 + group["eps"]) * group["lr"]


class Adam(Optimizer):
    """m ← β₁m + (1-β₁)g;  v ← β₂v + (1-β₂)g²;  p ← p - lr·m̂ / (√v̂ + eps).

    m̂ = m / (1-β₁ᵗ) and v̂ = v / (1-β₂ᵗ) after t steps. weight_decay adds weight_decay · p to g.
    Kingma & Ba, arXiv 1412.6980.
    """

    slots = ("exp_avg", "exp_avg_sq")

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        _check("Adam", lr=lr, beta1=betas[0], beta2=betas[1], eps=eps, weight_decay=weight_decay)
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def update(
        self,
        group: dict[str, Any],
        step: int,
        p: B.Array,
        gradients: list[B.Array],
        state: list[B.Array],
    ) -> None:
        if group["weight_decay"]:
            gradients = [_gradient(p, gradients, group["weight_decay"])]
        beta1, beta2 = group["betas"]
        # m̂ / (√v̂ + eps) = m / (√v + eps·c) · c / (1-β₁ᵗ) with c = √(1-β₂ᵗ)
        correction = math.sqrt(1.0 - beta2**step)
        step_size = group["lr"] * correction / (1.0 - beta1**step)
        B.kernels.adam_(p, gradients, *state, step_size, beta1, beta2, group["eps"] * correction)


class AdamW(Adam):
    """Adam whose weight decay shrinks p itself: p ← p - lr · weight_decay · p before each step.

    Loshchilov & Hutter, arXiv 1711.05101.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ):
        super().__init__(params, lr, betas, eps, weight_decay)

    def update(
        self,
        group: dict[str, Any],
        step: int,
        p: B.Array,
        gradients: list[B.Array],
        state: list[B.Array],
    ) -> None:
        p *= 1.0 - group["lr"] * group["weight_decay"]
        super().update({**group, "weight_decay": 0.0}, step, p, gradients, state)
