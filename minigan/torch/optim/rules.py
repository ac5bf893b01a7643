"""The update rules with all their options, in order of complexity: SGD, RMSprop, Adam, AdamW."""

from collections.abc import Iterable
from typing import Any

from minigan import backend as B
from minigan import optim as core
from minigan.optim import check
from minigan.torch.extend import extends
from minigan.torch.optim.optimizer import Optimizer, options_checked

SGD_STATE = {"step", "momentum_buffer"}

_update_adam = core.Adam.update


def decayed(p: list[B.Array], g: list[B.Array], weight_decay: float) -> list[B.Array]:
    """The gradients, plus those of weight_decay/2 · ‖p‖²."""
    if not weight_decay:
        return g
    return [gradient + weight * weight_decay for weight, gradient in zip(p, g, strict=True)]


class SGD(Optimizer):
    """b ← momentum·b + (1 - dampening)·g;  p ← p - lr·b  (nesterov: lr·(g + momentum·b)).

    weight_decay adds weight_decay · p to g. The first b is g itself, as in PyTorch.
    """

    slots = ("momentum_buffer",)

    @options_checked
    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
    ):
        check("SGD", lr=lr, momentum=momentum, weight_decay=weight_decay)
        if nesterov and (momentum == 0.0 or dampening != 0.0):
            raise ValueError("SGD: nesterov needs a momentum above 0 and no dampening")
        options = {"momentum": momentum, "dampening": dampening, "weight_decay": weight_decay}
        super().__init__(params, lr=lr, **options, nesterov=nesterov)

    def update(self, group: Any, step: int, p: Any, g: Any, *state: Any) -> None:
        momentum, rest = group["momentum"], 1.0 - group["dampening"] if step > 1 else 1.0
        for weight, change, b in zip(p, decayed(p, g, group["weight_decay"]), *state, strict=True):
            if momentum:
                b *= momentum if step > 1 else 0.0
                b += change * rest
                change = change + b * momentum if group["nesterov"] else b
            weight -= change * group["lr"]

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Also that of a plain SGD, which has no buffers: they begin with the next gradient."""
        begun = {}
        for number, saved in state_dict["state"].items():
            plain = saved.get("momentum_buffer") is None and not saved.keys() - SGD_STATE
            begun[number] = {} if plain else {"step": 1, **saved}  # PyTorch's SGD counts no steps
        super().load_state_dict({**state_dict, "state": begun})


class RMSprop(Optimizer):
    """v ← alpha·v + (1 - alpha)·g²;  p ← p - lr·g / (√v + eps).  Hinton's lecture 6e, 2012.

    centered: √(v - m²) in place of √v, with m ← alpha·m + (1 - alpha)·g (Graves, arXiv 1308.0850).
    momentum: p ← p - lr·b, with b ← momentum·b + the quotient.
    """

    slots: tuple[str, ...] = ("square_avg",)

    @options_checked
    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
    ):
        check("RMSprop", lr=lr, alpha=alpha, eps=eps, weight_decay=weight_decay, momentum=momentum)
        self.slots = ("square_avg", *["momentum_buffer"] * bool(momentum), *["grad_avg"] * centered)
        options = {"momentum": momentum, "centered": centered, "weight_decay": weight_decay}
        super().__init__(params, lr=lr, alpha=alpha, eps=eps, **options)

    def update(self, group: Any, step: int, p: Any, g: Any, *state: Any) -> None:
        alpha = group["alpha"]
        named = [dict(zip(self.slots, arrays, strict=True)) for arrays in zip(*state, strict=True)]
        for weight, slope, own in zip(p, decayed(p, g, group["weight_decay"]), named, strict=True):
            v, m, b = own["square_avg"], own.get("grad_avg"), own.get("momentum_buffer")
            v *= alpha
            v += slope * slope * (1.0 - alpha)
            spread = v
            if m is not None:
                m *= alpha
                m += slope * (1.0 - alpha)
                spread = v - m * m
            change = slope / (spread**0.5 + group["eps"])
            if b is not None:
                b *= group["momentum"]
                b += change
                change = b
            weight -= change * group["lr"]


@extends(core.Adam)
class Adam(core.Adam, Optimizer):
    """m ← β₁m + (1-β₁)g;  v ← β₂v + (1-β₂)g²;  p ← p - lr·m̂ / (√v̂ + eps).

    m̂ = m / (1-β₁ᵗ) and v̂ = v / (1-β₂ᵗ) after t steps. weight_decay adds weight_decay · p to g.
    Kingma & Ba, arXiv 1412.6980.
    """

    @options_checked
    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        name, rates = type(self).__name__, {"lr": lr, "eps": eps, "weight_decay": weight_decay}
        check(name, **rates, betas=betas)
        core.Optimizer.__init__(self, params, **rates, betas=betas)

    def update(self, group: Any, step: int, p: Any, g: Any, *state: Any) -> None:
        _update_adam(self, group, step, p, decayed(p, g, group.get("weight_decay", 0.0)), *state)


class AdamW(Adam):
    """Adam whose weight decay shrinks p itself: p ← p - lr · weight_decay · p before each step.

    Loshchilov & Hutter, arXiv 1711.05101.
    """

    @options_checked
    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
    ):
        super().__init__(params, lr, betas, eps, weight_decay)

    def update(self, group: Any, step: int, p: Any, g: Any, *state: Any) -> None:
        for weight in p:
            weight *= 1.0 - group["lr"] * group["weight_decay"]
        _update_adam(self, group, step, p, g, *state)
