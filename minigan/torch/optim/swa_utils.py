"""Averages of a network's weights over its training; for GANs there is also gan.EMA."""

import copy
import itertools
from collections.abc import Callable, Iterable
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.nn import layers
from minigan.nn import module as core
from minigan.torch.autograd.grad_mode import no_grad
from minigan.torch.ops.creation import tensor

__all__ = [
    "AveragedModel", "get_ema_avg_fn", "get_ema_multi_avg_fn", "get_swa_avg_fn",
    "get_swa_multi_avg_fn", "update_bn",
]  # fmt: skip

Average = Callable[[Any, Any, Any], Any]


class AveragedModel(core.Module):
    """w̄ ← avg_fn(w̄, w, number of updates so far) at each update, w̄ ← w at the first.

    Without a function the mean of all updates, w̄ + (w - w̄) / (number + 1). multi_avg_fn takes the
    lists of all w̄ and all w of one dtype, and changes the former in place. Buffers are copied, or
    averaged too (use_buffers). Called like the network itself, it answers with the average.
    """

    module: Any
    n_averaged: Tensor

    def __init__(
        self,
        model: core.Module,
        device: Any = None,
        avg_fn: Average | None = None,
        multi_avg_fn: Average | None = None,
        use_buffers: bool = False,
    ):
        if avg_fn is not None and multi_avg_fn is not None:
            raise AssertionError("AveragedModel: give either avg_fn or multi_avg_fn")
        module: Any = copy.deepcopy(model)
        self.module = module if device is None else module.to(device)
        self.register_buffer("n_averaged", tensor(0, device=device))
        self.avg_fn, self.multi_avg_fn, self.use_buffers = avg_fn, multi_avg_fn, use_buffers

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)

    @no_grad()
    def update_parameters(self, model: Any) -> None:
        """Move the average towards the network's present weights."""
        number, groups = self.n_averaged, {}  # type: ignore[var-annotated]
        for mean, value in zip(self._averaged(self.module), self._averaged(model), strict=True):
            means, values = groups.setdefault(mean.dtype, ([], []))
            means.append(mean.detach())
            values.append(value.detach().to(mean.device))
        for means, values in groups.values():
            if number == 0:
                _set(means, values)
            elif self.multi_avg_fn is not None:
                self.multi_avg_fn(means, values, number)
            else:
                one = self.avg_fn or get_swa_avg_fn()
                _set(means, [one(m, v, number) for m, v in zip(means, values, strict=True)])
        if not self.use_buffers:
            _set(self.module.buffers(), model.buffers())
        self.n_averaged += 1

    def _averaged(self, model: Any) -> Iterable[Tensor]:
        buffers = model.buffers() if self.use_buffers else ()
        return itertools.chain(model.parameters(), buffers)


def _set(tensors: Iterable[Any], values: Iterable[Any]) -> None:
    for x, value in zip(tensors, values, strict=True):
        x.copy_(value.detach().to(x.device))


def _decay(decay: float) -> float:
    if not 0.0 <= decay <= 1.0:
        raise ValueError(f"an average's decay must be within [0, 1], got {decay}")
    return decay


def _for_all(one: Average) -> Average:
    """A multi_avg_fn of an avg_fn."""

    def move(means: Any, values: Any, number: Any) -> None:
        _set(means, [one(m, v, number) for m, v in zip(means, values, strict=True)])

    return no_grad()(move)


def get_ema_avg_fn(decay: float = 0.999) -> Average:
    """decay · w̄ + (1 - decay) · w"""
    _decay(decay)
    return no_grad()(lambda mean, value, number: decay * mean + (1 - decay) * value)


def get_swa_avg_fn() -> Average:
    """w̄ + (w - w̄) / (number + 1)"""
    return no_grad()(lambda mean, value, number: mean + (value - mean) / (number + 1))


def get_ema_multi_avg_fn(decay: float = 0.999) -> Average:
    """get_ema_avg_fn for lists, as multi_avg_fn."""
    return _for_all(get_ema_avg_fn(decay))


def get_swa_multi_avg_fn() -> Average:
    """get_swa_avg_fn for lists, as multi_avg_fn."""
    return _for_all(get_swa_avg_fn())


@no_grad()
def update_bn(loader: Iterable[Any], model: Any, device: Any = None) -> None:
    """BatchNorm's running statistics anew, as means over one pass through the loader's batches.

    Of a batch that is a list or tuple the first member is the input.
    """
    found: list[Any] = [m for m in model.modules() if isinstance(m, layers.BatchNorm)]
    if not found:
        return
    momenta, was_training = [layer.momentum for layer in found], model.training
    model.train()
    for layer in found:
        layer.reset_running_stats()
        layer.momentum = None
    for batch in loader:
        x = batch[0] if isinstance(batch, (list, tuple)) else batch
        model(x if device is None else x.to(device))
    for layer, momentum in zip(found, momenta, strict=True):
        layer.momentum = momentum
    model.train(was_training)
