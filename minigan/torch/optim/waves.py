"""Schedules that go up and down: cosine annealing, with and without restarts."""

import math

from minigan.torch.optim.optimizer import Optimizer
from minigan.torch.optim.schedule import LRScheduler


class CosineAnnealingLR(LRScheduler):
    """lr = eta_min + (first lr - eta_min) · (1 + cos(π·t / T_max)) / 2: half a wave in T_max steps.

    Each step moves the rate in force along that wave. Loshchilov & Hutter, arXiv 1608.03983.
    """

    def __init__(
        self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1
    ):
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer, last_epoch)

    def _rates(self) -> list[float]:
        t, half = self.last_epoch, self.T_max
        if self._is_initial:
            return self._in_force()
        if self._step_count == 1 and t > 0:
            return self._get_closed_form_lr()
        if (t - 1 - half) % (2 * half) == 0:  # at the bottom there is nothing to scale
            rise = (1.0 - math.cos(math.pi / half)) / 2.0
            bases = zip(self._in_force(), self.base_lrs, strict=True)
            return [rate + (base - self.eta_min) * rise for rate, base in bases]
        now, before = (1.0 + math.cos(math.pi * at / half) for at in (t, t - 1))
        return [now / before * (rate - self.eta_min) + self.eta_min for rate in self._in_force()]

    def _get_closed_form_lr(self) -> list[float]:
        height = (1.0 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2.0
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]


class CosineAnnealingWarmRestarts(LRScheduler):
    """Half waves from the first lr to eta_min, of T_0 steps, then T_0·T_mult, T_0·T_mult², ….

    By the formula from the first rates; step(epoch) may be a fraction. arXiv 1608.03983.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        T_0: int,
        T_mult: int = 1,
        eta_min: float = 0.0,
        last_epoch: int = -1,
    ):
        for name, value in (("T_0", T_0), ("T_mult", T_mult)):
            if not isinstance(value, int) or value < 1:
                raise ValueError(f"CosineAnnealingWarmRestarts: {name}={value!r} is no number ≥ 1")
        self.T_0, self.T_i, self.T_mult, self.eta_min = T_0, T_0, T_mult, eta_min
        self.T_cur: float = last_epoch
        super().__init__(optimizer, last_epoch)

    def step(self, epoch: float | None = None) -> None:
        """Advance by one, or to the given epoch, and set the rates."""
        if epoch is None and self.last_epoch >= 0:
            epoch = self.last_epoch + 1
            self.T_cur += 1
            if self.T_cur >= self.T_i:
                self.T_cur -= self.T_i
                self.T_i *= self.T_mult
        else:
            epoch = 0 if epoch is None else epoch
            if epoch < 0:
                raise ValueError(f"CosineAnnealingWarmRestarts: epoch {epoch} is below 0")
            self.T_cur, self.T_i = epoch, self.T_0
            if epoch >= self.T_0 and self.T_mult == 1:
                self.T_cur = epoch % self.T_0
            elif epoch >= self.T_0:
                n = int(math.log(epoch / self.T_0 * (self.T_mult - 1) + 1, self.T_mult))
                self.T_cur = epoch - self.T_0 * (self.T_mult**n - 1) / (self.T_mult - 1)
                self.T_i = self.T_0 * self.T_mult**n
        self._step_count += 1
        self._update_lr(math.floor(epoch))

    def _rates(self) -> list[float]:
        height = (1.0 + math.cos(math.pi * self.T_cur / self.T_i)) / 2.0
        return [self.eta_min + (base - self.eta_min) * height for base in self.base_lrs]
