"""Learning-rate schedules: each sets the rates of an optimizer's groups anew at each step()."""

import types
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from minigan.torch.optim.combined import ChainedScheduler, ReduceLROnPlateau, SequentialLR
from minigan.torch.optim.optimizer import Optimizer
from minigan.torch.optim.schedule import LRScheduler
from minigan.torch.optim.waves import CosineAnnealingLR, CosineAnnealingWarmRestarts

_LRScheduler = LRScheduler  # PyTorch's older name

Factor = Callable[[int], float]


class LambdaLR(LRScheduler):
    """lr = first lr · lr_lambda(number of steps so far); of a list, one function for each group."""

    def __init__(self, optimizer: Optimizer, lr_lambda: Any, last_epoch: int = -1):
        listed = isinstance(lr_lambda, (list, tuple))
        groups = len(optimizer.param_groups)
        self.lr_lambdas: list[Factor] = list(lr_lambda) if listed else [lr_lambda] * groups
        if len(self.lr_lambdas) != groups:
            what = f"{len(self.lr_lambdas)} functions for {groups} groups of parameters"
            raise ValueError(f"{type(self).__name__}: lr_lambda has {what}")
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(f"{type(self).__name__}: lr_lambda is a function, not {function!r}")
        super().__init__(optimizer, last_epoch)

    def _rates(self) -> list[float]:
        pairs = zip(self.base_lrs, self.lr_lambdas, strict=True)
        return [base * factor(self.last_epoch) for base, factor in pairs]

    def state_dict(self) -> dict[str, Any]:
        """Without the functions; but with the attributes of objects that are called."""
        plain = [isinstance(function, types.FunctionType) for function in self.lr_lambdas]
        kept = [None if p else dict(vars(f)) for p, f in zip(plain, self.lr_lambdas, strict=True)]
        return {**super().state_dict(), "lr_lambdas": kept}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        kept = state_dict.get("lr_lambdas") or []
        for function, attributes in zip(self.lr_lambdas, kept, strict=False):
            vars(function).update(attributes or {})
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "lr_lambdas"})


class MultiplicativeLR(LambdaLR):
    """lr ← lr · lr_lambda(number of steps so far), of the rate in force."""

    def _rates(self) -> list[float]:
        if self._is_initial:
            return self._in_force()
        pairs = zip(self._in_force(), self.lr_lambdas, strict=True)
        return [rate * factor(self.last_epoch) for rate, factor in pairs]


class StepLR(LRScheduler):
    """lr ← lr · gamma after each step_size steps: first lr · gamma^⌊t / step_size⌋."""

    def __init__(
        self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1
    ):
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer, last_epoch)

    def _rates(self) -> list[float]:
        falls = self.last_epoch != 0 and self.last_epoch % self.step_size == 0
        return self._in_force(self.gamma if falls else 1.0)

    def _get_closed_form_lr(self) -> list[float]:
        factor = self.gamma ** (self.last_epoch // self.step_size)
        return [base * factor for base in self.base_lrs]


class MultiStepLR(LRScheduler):
    """lr ← lr · gamma at each milestone: first lr · gamma^(number of milestones ≤ t)."""

    def __init__(
        self,
        optimizer: Optimizer,
        milestones: Iterable[int],
        gamma: float = 0.1,
        last_epoch: int = -1,
    ):
        self.milestones, self.gamma = Counter(milestones), gamma
        super().__init__(optimizer, last_epoch)

    def _rates(self) -> list[float]:
        return self._in_force(self.gamma ** self.milestones.get(self.last_epoch, 0))

    def _get_closed_form_lr(self) -> list[float]:
        passed = bisect_right(sorted(Counter(self.milestones).elements()), self.last_epoch)
        return [base * self.gamma**passed for base in self.base_lrs]


class ConstantLR(LRScheduler):
    """lr · factor for the first total_iters steps, lr afterwards."""

    def __init__(
        self,
        optimizer: Optimizer,
        factor: float = 1.0 / 3,
        total_iters: int = 5,
        last_epoch: int = -1,
    ):
        if not 0.0 <= factor <= 1.0:
            raise ValueError(f"ConstantLR: factor must be within [0, 1], got {factor}")
        self.factor, self.total_iters = factor, total_iters
        super().__init__(optimizer, last_epoch)

    def _rates(self) -> list[float]:
        if self.last_epoch == 0:
            return self._in_force(self.factor)
        return self._in_force(1.0 / self.factor if self.last_epoch == self.total_iters else 1.0)

    def _get_closed_form_lr(self) -> list[float]:
        factor = 1.0 if self.last_epoch >= self.total_iters else self.factor
        return [base * factor for base in self.base_lrs]


class LinearLR(LRScheduler):
    """lr moves in a straight line from start_factor to end_factor over total_iters steps."""

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1.0 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ):
        if not 0.0 < start_factor <= 1.0:
            raise ValueError(f"LinearLR: start_factor must be within (0, 1], got {start_factor}")
        if not 0.0 <= end_factor <= 1.0:
            raise ValueError(f"LinearLR: end_factor must be within [0, 1], got {end_factor}")
        self.start_factor, self.end_factor = start_factor, end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def _rates(self) -> list[float]:
        if self.last_epoch == 0:
            return self._in_force(self.start_factor)
        if self._is_initial or self.last_epoch > self.total_iters:
            return self._in_force()
        span = self.end_factor - self.start_factor
        former = self.total_iters * self.start_factor + (self.last_epoch - 1) * span
        return self._in_force(1.0 + span / former)

    def _get_closed_form_lr(self) -> list[float]:
        done = min(self.total_iters, self.last_epoch) / self.total_iters
        factor = self.start_factor + (self.end_factor - self.start_factor) * done
        return [base * factor for base in self.base_lrs]


class ExponentialLR(LRScheduler):
    """lr ← lr · gamma at each step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1):
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def _rates(self) -> list[float]:
        return self._in_force(1.0 if self._is_initial else self.gamma)

    def _get_closed_form_lr(self) -> list[float]:
        return [base * self.gamma**self.last_epoch for base in self.base_lrs]


class PolynomialLR(LRScheduler):
    """first lr · (1 - t / total_iters)^power over total_iters steps, 0 afterwards."""

    def __init__(
        self,
        optimizer: Optimizer,
        total_iters: int = 5,
        power: float = 1.0,
        last_epoch: int = -1,
    ):
        self.total_iters, self.power = total_iters, power
        super().__init__(optimizer, last_epoch)

    def _rates(self) -> list[float]:
        t, end = self.last_epoch, self.total_iters
        if self._is_initial or t > end:
            return self._in_force()
        return self._in_force(((1.0 - t / end) / (1.0 - (t - 1) / end)) ** self.power)

    def _get_closed_form_lr(self) -> list[float]:
        left = 1.0 - min(self.total_iters, self.last_epoch) / self.total_iters
        return [base * left**self.power for base in self.base_lrs]


def _refused(name: str) -> type:
    def refuse(self: Any, *_: Any, **__: Any) -> None:
        cure = "write the rate as a function of the step, and give it to LambdaLR"
        raise NotImplementedError(f"{name} is not offered, as it may drive momenta: {cure}")

    return type(name, (), {"__init__": refuse, "__doc__": "Not offered: NotImplementedError."})


CyclicLR, OneCycleLR = _refused("CyclicLR"), _refused("OneCycleLR")

__all__ = [
    "ChainedScheduler",
    "ConstantLR",
    "CosineAnnealingLR",
    "CosineAnnealingWarmRestarts",
    "ExponentialLR",
    "LRScheduler",
    "LambdaLR",
    "LinearLR",
    "MultiStepLR",
    "MultiplicativeLR",
    "PolynomialLR",
    "ReduceLROnPlateau",
    "SequentialLR",
    "StepLR",
]
