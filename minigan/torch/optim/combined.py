"""Schedules of schedules: one after the other, several at once, and one that watches a number."""

import math
import warnings
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from minigan import optim as core
from minigan.torch.optim.optimizer import Optimizer
from minigan.torch.optim.schedule import LRScheduler


def _check(name: str, schedulers: Sequence[Any], optimizer: Any) -> None:
    """Refuse what cannot be stepped together."""
    if len(schedulers) < 1:
        raise ValueError(f"{name}: needs at least one schedule")
    for number, schedule in enumerate(schedulers):
        what = f"{name}: number {number}, {type(schedule).__name__},"
        if not hasattr(schedule, "optimizer"):
            raise TypeError(f"{what} is no schedule")
        if isinstance(schedule, ReduceLROnPlateau):
            raise ValueError(f"{what} wants a number at each step: step it by itself")
        if schedule.optimizer is not optimizer:
            raise ValueError(f"{what} is of another optimizer")


class _Several(LRScheduler):
    """What schedules of schedules share: their states are saved with their own."""

    _schedulers: Sequence[Any]

    def state_dict(self) -> dict[str, Any]:
        """The states of all, and where this one stands."""
        states = [schedule.state_dict() for schedule in self._schedulers]
        return {**super().state_dict(), "_schedulers": states}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        for schedule, state in zip(self._schedulers, state_dict["_schedulers"], strict=True):
            schedule.load_state_dict(state)
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "_schedulers"})


class SequentialLR(_Several):
    """One schedule after the other: at each milestone the next one begins, from its own step 0."""

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[Any],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ):
        _check("SequentialLR", schedulers, optimizer)
        if len(milestones) != len(schedulers) - 1:
            what = f"{len(schedulers)} schedules have {len(schedulers) - 1} milestones between them"
            raise ValueError(f"SequentialLR: {what}, not {len(milestones)}")
        self._schedulers, self._milestones = schedulers, milestones
        self.optimizer, self.last_epoch = optimizer, last_epoch + 1
        for group in optimizer.param_groups:  # what making them has set does not count
            group["lr"] = group["initial_lr"]
        _take_back(self)
        first = schedulers[bisect_right(milestones, 0)]
        first._initial_step()
        self._last_lr = first.get_last_lr()

    def step(self) -> None:  # type: ignore[override]
        """Advance the schedule whose turn it is."""
        self.last_epoch += 1
        turn = bisect_right(self._milestones, self.last_epoch)
        if turn > 0 and self._milestones[turn - 1] == self.last_epoch:
            self._schedulers[turn]._update_lr(0)
        else:
            self._schedulers[turn].step()
        self._last_lr = self._schedulers[turn].get_last_lr()


def _take_back(schedule: Any) -> None:
    """Undo the step that making a schedule, and those within it, has counted."""
    for part in getattr(schedule, "_schedulers", ()):
        if hasattr(part, "_schedulers"):
            _take_back(part)
        else:
            part.last_epoch -= 1


class ChainedScheduler(_Several):
    """Several schedules stepped together, each on the rates that the one before has set."""

    def __init__(self, schedulers: Sequence[Any], optimizer: Optimizer | None = None):
        optimizer = optimizer or (schedulers[0].optimizer if schedulers else None)
        _check("ChainedScheduler", schedulers, optimizer)
        self._schedulers, self.optimizer = schedulers, optimizer  # type: ignore[assignment]
        self._last_lr = self._in_force()

    def step(self) -> None:  # type: ignore[override]
        """Advance all of them."""
        for schedule in self._schedulers:
            schedule.step()
        self._last_lr = self._in_force()


class ReduceLROnPlateau(LRScheduler):
    """lr ← max(lr · factor, min_lr) once a watched number has not improved for `patience` steps.

    mode: whether "min" or "max" is better. An improvement is one by more than threshold, of the
    best so far ("rel") or as such ("abs"). For `cooldown` steps after a fall nothing is counted.
    A fall by less than eps is left out.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: Any = 0.0,
        eps: float = 1e-8,
    ):
        if not isinstance(optimizer, core.Optimizer):
            raise TypeError(f"ReduceLROnPlateau: {type(optimizer).__name__} is no Optimizer")
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau: factor must be below 1, got {factor}")
        if mode not in ("min", "max") or threshold_mode not in ("rel", "abs"):
            what = f"mode={mode!r} is min or max, threshold_mode={threshold_mode!r} rel or abs"
            raise ValueError(f"ReduceLROnPlateau: {what}")
        groups, listed = len(optimizer.param_groups), isinstance(min_lr, (list, tuple))
        self.min_lrs = list(min_lr) if listed else [min_lr] * groups
        if len(self.min_lrs) != groups:
            what = f"{len(self.min_lrs)} min_lr for {groups} groups of parameters"
            raise ValueError(f"ReduceLROnPlateau: {what}")
        self.optimizer, self.mode, self.factor, self.patience = optimizer, mode, factor, patience
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.cooldown, self.eps = cooldown, eps
        self.best = math.inf if mode == "min" else -math.inf
        self.cooldown_counter = self.num_bad_epochs = self.last_epoch = 0
        self._last_lr = self._in_force()

    def step(self, metrics: Any, epoch: int | None = None) -> None:  # type: ignore[override]
        """Look at the watched number, and lower the rates if it is time."""
        value = float(metrics)
        if epoch is not None:
            what = "ReduceLROnPlateau.step(metrics, epoch) is on its way out of PyTorch"
            warnings.warn(f"{what}: leave the epoch out", UserWarning, 2)
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        if self._is_better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._lower()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self._in_force()

    def _is_better(self, value: float) -> bool:
        sign = 1.0 if self.mode == "max" else -1.0
        if self.threshold_mode == "abs":
            needed = self.best + sign * self.threshold
        else:
            needed = self.best * (1.0 + sign * self.threshold)
        return value > needed if self.mode == "max" else value < needed

    def _lower(self) -> None:
        for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
            rate = max(group["lr"] * self.factor, least)
            if group["lr"] - rate > self.eps:
                group["lr"] = rate
