"""Rules whose steps go by the gradients of the past: Adagrad, Adadelta, Adamax."""

from collections.abc import Iterable
from typing import Any

from minigan import backend as B
from minigan.optim import check
from minigan.torch.optim.optimizer import Optimizer, options_checked
from minigan.torch.optim.rules import decayed


class Adagrad(Optimizer):
    """s ← s + g²;  p ← p - lr / (1 + (t - 1)·lr_decay) · g / (√s + eps) at step t.

    Duchi, Hazan & Singer, JMLR 12, 2011.
    """

    slots = ("sum",)

    @options_checked
    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 1e-10,
    ):
        check("Adagrad", lr=lr, lr_decay=lr_decay, weight_decay=weight_decay, eps=eps)
        check("Adagrad", initial_accumulator_value=initial_accumulator_value)
        options = {"lr_decay": lr_decay, "weight_decay": weight_decay, "eps": eps}
        self.begin = initial_accumulator_value
        super().__init__(params, lr=lr, **options)

    def update(self, group: Any, step: int, p: Any, g: Any, *state: Any) -> None:
        rate = group["lr"] / (1.0 + (step - 1) * group["lr_decay"])
        for weight, slope, s in zip(p, decayed(p, g, group["weight_decay"]), *state, strict=True):
            s += slope * slope if step > 1 else slope * slope + self.begin
            weight -= slope / (s**0.5 + group["eps"]) * rate


class Adadelta(Optimizer):
    """v ← ρv + (1-ρ)g²;  Δ = √(u + eps) / √(v + eps) · g;  u ← ρu + (1-ρ)Δ²;  p ← p - lr·Δ.

    Zeiler, arXiv 1212.5701.
    """

    slots = ("square_avg", "acc_delta")

    @options_checked
    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0.0,
    ):
        check("Adadelta", lr=lr, beta_rho=rho, eps=eps, weight_decay=weight_decay)
        super().__init__(params, lr=lr, rho=rho, eps=eps, weight_decay=weight_decay)

    def update(self, group: Any, step: int, p: Any, g: Any, *state: Any) -> None:
        rho, eps = group["rho"], group["eps"]
        for weight, slope, v, u in zip(
            p, decayed(p, g, group["weight_decay"]), *state, strict=True
        ):
            v *= rho
            v += slope * slope * (1.0 - rho)
            change = (u + eps) ** 0.5 / (v + eps) ** 0.5 * slope
            u *= rho
            u += change * change * (1.0 - rho)
            weight -= change * group["lr"]


class Adamax(Optimizer):
    """m ← β₁m + (1-β₁)g;  u ← max(β₂u, |g| + eps);  p ← p - lr / (1 - β₁ᵗ) · m / u.

    Kingma & Ba, arXiv 1412.6980, section 7.
    """

    slots = ("exp_avg", "exp_inf")

    @options_checked
    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        check("Adamax", lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def update(self, group: Any, step: int, p: Any, g: Any, *state: Any) -> None:
        beta1, beta2 = group["betas"]
        rate = group["lr"] / (1.0 - beta1**step)
        for weight, slope, m, u in zip(
            p, decayed(p, g, group["weight_decay"]), *state, strict=True
        ):
            m *= beta1
            m += slope * (1.0 - beta1)
            u *= beta2
            B.module_of(u).maximum(u, abs(slope) + group["eps"], out=u)
            weight -= m / u * rate
