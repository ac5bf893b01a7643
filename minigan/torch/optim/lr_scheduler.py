"""Learning-rate schedules: the rate of each group as its first value times a factor of the step."""

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any

from minigan.torch.optim.optimizer import Optimizer


class LambdaLR:
    """lr = first lr · lr_lambda(number of step() calls so far)."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Callable[[int], float]):
        self.optimizer, self.factor = optimizer, lr_lambda
        self.base_lrs = [
            group.setdefault("initial_lr", group["lr"]) for group in optimizer.param_groups
        ]
        self.last_epoch = -1
        self.step()

    def step(self) -> None:
        """Advance by one and set the rates."""
        self.last_epoch += 1
        for group, base in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = self.rate(base)

    def rate(self, base: float) -> float:
        """The rate in force for a group that began with base."""
        return base * self.factor(self.last_epoch)

    def get_last_lr(self) -> list[float]:
        """The rates now in force."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """The position in the schedule."""
        return {"last_epoch": self.last_epoch, "base_lrs": self.base_lrs}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a saved position."""
        self.base_lrs = list(state_dict["base_lrs"])
        self.last_epoch = state_dict["last_epoch"] - 1
        self.step()


class ConstantLR(LambdaLR):
    """lr · factor for the first total_iters steps, lr afterwards; factor 1 is a constant rate."""

    def __init__(self, optimizer: Optimizer, factor: float = 1.0 / 3, total_iters: int = 5):
        super().__init__(optimizer, lambda t: factor if t < total_iters else 1.0)


class LinearLR(LambdaLR):
    """lr moves in a straight line from start_factor to end_factor over total_iters steps."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
    ):
        span = end_factor - start_factor
        super().__init__(
            optimizer, lambda t: start_factor + span * min(t, total_iters) / total_iters
        )


class StepLR(LambdaLR):
    """lr · gamma^⌊t / step_size⌋"""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1):
        super().__init__(optimizer, lambda t: gamma ** (t // step_size))


class ExponentialLR(LambdaLR):
    """lr · gammaᵗ"""

    def __init__(self, optimizer: Optimizer, gamma: float):
        super().__init__(optimizer, lambda t: gamma**t)


class MultiStepLR(LambdaLR):
    """lr · gamma^(number of milestones ≤ t)"""

    def __init__(self, optimizer: Optimizer, milestones: Sequence[int], gamma: float = 0.1):
        passed = sorted(milestones)
        super().__init__(optimizer, lambda t: gamma ** bisect_right(passed, t))


class CosineAnnealingLR(LambdaLR):
    """lr = eta_min + (first lr - eta_min) · (1 + cos(π·t / T_max)) / 2: half a wave in T_max steps.

    Loshchilov & Hutter, arXiv 1608.03983.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0):
        self.eta_min, self.T_max = eta_min, T_max
        super().__init__(optimizer, lambda t: (1.0 + math.cos(math.pi * t / T_max)) / 2.0)

    def rate(self, base: float) -> float:
        return self.eta_min + (base - self.eta_min) * self.factor(self.last_epoch)
