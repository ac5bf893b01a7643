"""torch.amp: mixed precision, for programs that switch it on. minigan computes in float32.

`autocast` therefore changes nothing, and says so once: results are those of the same program
without it. `GradScaler` does what PyTorch's does (scale the loss, take the factor out of the
gradients, skip a step whose gradients overflow), because that changes a training even in float32;
on a machine without a GPU, a scaler for "cuda" is switched off, as PyTorch's is.
"""

import contextlib
import functools
import warnings
from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor
from minigan.torch.ops.device import device

__all__ = ["GradScaler", "autocast", "custom_bwd", "custom_fwd", "is_autocast_available"]


@functools.cache
def _say_once() -> None:
    warnings.warn(
        "autocast: minigan computes in the dtype of its inputs, here float32, and not in half "
        "precision; results are those without autocast. .half() makes a network float16",
        stacklevel=4,
    )


class autocast(contextlib.ContextDecorator):
    """Context manager and decorator without effect; a warning says so, once, if it is enabled."""

    def __init__(
        self,
        device_type: str = "cuda",
        dtype: Any = None,
        enabled: bool = True,
        cache_enabled: bool | None = None,
    ):
        if not isinstance(device_type, str) or device_type != device(device_type).type:
            raise ValueError(f"autocast: device_type {device_type!r}: give 'cuda' or 'cpu'")
        if enabled:
            _say_once()

    def __enter__(self) -> "autocast":
        return self

    def __exit__(self, *exception: object) -> None:
        pass


def is_autocast_available(device_type: str) -> bool:
    """False: see autocast."""
    return False


def _as_it_is(function: Any = None, **options: Any) -> Any:
    """The function itself: a decorator of autograd.Function's methods, without effect."""
    return (lambda function: function) if function is None else function


custom_fwd = custom_bwd = _as_it_is


class GradScaler:
    """Scales losses by a power of two and takes it out of the gradients before the step.

        scaler.scale(loss).backward(); scaler.step(optimizer); scaler.update()

    A step whose gradients hold an infinity or NaN is left out; the next scale is then
    backoff_factor times this one. After growth_interval good steps it is growth_factor times it.
    """

    def __init__(
        self,
        device: str = "cuda",
        init_scale: float = 2.0**16,
        growth_factor: float = 2.0,
        backoff_factor: float = 0.5,
        growth_interval: int = 2000,
        enabled: bool = True,
    ):
        if enabled and (growth_factor <= 1.0 or backoff_factor >= 1.0):
            raise ValueError(
                f"GradScaler: growth_factor {growth_factor} must exceed 1, backoff_factor "
                f"{backoff_factor} lie below it"
            )
        self._enabled = enabled and (device != "cuda" or B.why_no_cupy() is None)
        self._scale, self._good = float(init_scale), 0
        self._growth, self._backoff, self._interval = growth_factor, backoff_factor, growth_interval
        self._finite: dict[int, bool] = {}  # by optimizer: what unscale_ found since update()
        self._stepped: set[int] = set()
        self._used = False

    def is_enabled(self) -> bool:
        """Whether it scales."""
        return self._enabled

    def get_scale(self) -> float:
        """The factor of the next loss; 1 if it is switched off."""
        return self._scale if self._enabled else 1.0

    def scale(self, outputs: Any) -> Any:
        """A loss, or several in lists and tuples, times the scale."""
        if not self._enabled:
            return outputs
        self._used = True
        if isinstance(outputs, Tensor):
            return outputs * self._scale
        if isinstance(outputs, (list, tuple)):
            return type(outputs)(self.scale(output) for output in outputs)
        raise TypeError(f"GradScaler.scale: tensors, or lists of them, not {type(outputs)}")

    def unscale_(self, optimizer: Any) -> None:
        """Take the scale out of the gradients of an optimizer now, to clip them before the step."""
        if not self._enabled:
            return
        self._ready("unscale_")
        if id(optimizer) in self._finite:
            raise RuntimeError("GradScaler.unscale_: already called since the last update()")
        found: dict[Any, list[Any]] = {}  # by library, for which the host waits once
        for parameter in (p for group in optimizer.param_groups for p in group["params"]):
            if parameter.grad is not None:
                gradient = parameter.grad.array
                gradient *= 1.0 / self._scale
                parameter.grad.changed_in_place()
                xp = B.module_of(gradient)
                found.setdefault(xp, []).append(xp.isfinite(gradient).all())
        self._finite[id(optimizer)] = all(bool(xp.stack(each).all()) for xp, each in found.items())

    def step(self, optimizer: Any, *args: Any, **options: Any) -> Any:
        """optimizer.step(), unless a gradient is infinite or NaN; unscales before, if need be."""
        if not self._enabled:
            return optimizer.step(*args, **options)
        if args or "closure" in options:
            raise RuntimeError("GradScaler.step: a closure is not possible with a scale")
        self._ready("step")
        if id(optimizer) in self._stepped:
            raise RuntimeError("GradScaler.step: already called since the last update()")
        if id(optimizer) not in self._finite:
            self.unscale_(optimizer)
        self._stepped.add(id(optimizer))
        return optimizer.step(**options) if self._finite[id(optimizer)] else None

    def update(self, new_scale: Any = None) -> None:
        """The next scale: the given one, or by what the last steps met."""
        if not self._enabled:
            return
        self._ready("update")
        if new_scale is not None:
            self._scale = float(new_scale)
        elif not self._finite:
            raise RuntimeError("GradScaler.update: no step() or unscale_() since the last update()")
        elif not all(self._finite.values()):
            self._scale, self._good = self._scale * self._backoff, 0
        else:
            self._good += 1
            if self._good == self._interval:
                self._scale, self._good = self._scale * self._growth, 0
        self._finite, self._stepped = {}, set()

    def _ready(self, name: str) -> None:
        if not self._used:
            raise RuntimeError(f"GradScaler.{name}: no loss was scaled yet; call scale(loss) first")

    def state_dict(self) -> dict[str, Any]:
        """Everything that continues it, under PyTorch's names; empty if it is switched off."""
        if not self._enabled:
            return {}
        return {
            "scale": self._scale,
            "growth_factor": self._growth,
            "backoff_factor": self._backoff,
            "growth_interval": self._interval,
            "_growth_tracker": self._good,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over what state_dict returned."""
        if not self._enabled:
            return
        if not state_dict:
            raise RuntimeError(
                "GradScaler.load_state_dict: the state is empty, as of a scaler switched off"
            )
        self._scale, self._good = float(state_dict["scale"]), int(state_dict["_growth_tracker"])
        self._growth, self._backoff, self._interval = (
            state_dict[name] for name in ("growth_factor", "backoff_factor", "growth_interval")
        )
