"""What all learning-rate schedules share: counting steps, setting rates, being saved."""

import warnings
from typing import Any

from minigan import optim as core
from minigan.torch.optim.optimizer import Optimizer


class LRScheduler:
    """The base of schedules. A rule of one's own defines get_lr(), from the rates in force.

    Making one sets the first rates; each step() sets those of `last_epoch`, the number of steps
    so far. last_epoch other than -1 goes on in the middle: the groups must have an "initial_lr".
    Rules multiply the rate in force where PyTorch's do, so that several on one optimizer multiply,
    and a rate set by hand stays; those with a formula from the first rate say so.
    """

    last_epoch: int
    base_lrs: list[float]
    _is_initial = False  # while the first rates are set
    _within_step = False

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        name = type(self).__name__
        if not isinstance(optimizer, core.Optimizer):
            raise TypeError(f"{name}: {type(optimizer).__name__} is no Optimizer")
        for number, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                cure = "load the optimizer's state of that time first, or leave last_epoch out"
                raise KeyError(f"{name}: no initial_lr in param_groups[{number}]: {cure}")
        self.optimizer, self.last_epoch = optimizer, last_epoch
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self._initial_step()

    def _initial_step(self) -> None:
        self._step_count, self._is_initial = 0, True
        self.step()
        self._is_initial = False

    def step(self, epoch: int | None = None) -> None:
        """Advance by one and set the rates, after optimizer.step().

        To a given epoch, which PyTorch advises against: by the rule's formula from the first rates.
        """
        ours = type(self.optimizer).step is core.Optimizer.step  # then it is known
        if self._step_count == 1 and ours and not getattr(self.optimizer, "_has_stepped", False):
            what = "schedule.step() before optimizer.step() skips the first rate"
            warnings.warn(f"{what}: call optimizer.step() first", UserWarning, 2)
        if epoch is not None:
            what = f"{type(self).__name__}.step(epoch) is on its way out of PyTorch"
            warnings.warn(f"{what}: call step() without a number", UserWarning, 2)
        self._step_count += 1
        self._update_lr(epoch)

    def _update_lr(self, epoch: int | None = None) -> None:
        self.last_epoch = self.last_epoch + 1 if epoch is None else epoch
        self._within_step = True
        closed = None if epoch is None else getattr(self, "_get_closed_form_lr", None)
        rates = closed() if closed else self.get_lr()
        self._within_step = False
        for group, rate in zip(self.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        self._last_lr = self._in_force()

    def get_lr(self) -> list[float]:
        """The rates that step() sets now; for those in force, ask get_last_lr()."""
        if not self._within_step:
            warnings.warn("get_lr() is for step(); get_last_lr() is the rate", UserWarning, 2)
        return self._rates()

    def _rates(self) -> list[float]:
        raise NotImplementedError(f"{type(self).__name__} does not define get_lr()")

    def get_last_lr(self) -> list[float]:
        """The rates that were last set."""
        return self._last_lr

    def _in_force(self, factor: float = 1.0) -> list[float]:
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    def state_dict(self) -> dict[str, Any]:
        """Where the schedule stands, and its settings; the rates are in the optimizer's state."""
        return {key: value for key, value in vars(self).items() if key != "optimizer"}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Go on from a saved state; load the optimizer's too, which holds the rates in force."""
        vars(self).update(state_dict)
