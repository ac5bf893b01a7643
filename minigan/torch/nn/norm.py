"""Normalisation layers: by the batch, by the sample, by groups of channels."""

import warnings
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError, check_tensors
from minigan.nn import init
from minigan.nn import layers as core
from minigan.nn.module import Module, Parameter
from minigan.ops.creation import ones, tensor, zeros
from minigan.torch.extend import extends
from minigan.torch.nn.module import placing
from minigan.torch.ops.norm import batch_norm, group_norm, instance_norm, layer_norm
from minigan.torch.ops.size import whole_numbers


def _check_sizes(name: str, **sizes: int) -> None:
    """Refuse what is no whole number, and a size below 1, by name."""
    for size, value in sizes.items():
        if not hasattr(value, "__index__"):
            raise TypeError(f"{name}: {size}={value!r} must be a whole number")
        if value < 1:
            raise ValueError(f"{name}: {size}={value} must be at least 1")


class _Affine(Module):
    """What normalisations share: the weight and bias of their results, perhaps, as they begin."""

    weight: Any  # a Parameter, which programs initialise without asking; None where not affine
    bias: Any
    _state_kinds = dict.fromkeys(("weight", "bias"), Parameter)  # even if None

    def _begin(self, shape: tuple[int, ...], weight: bool, bias: bool) -> None:
        self.weight = Parameter(ones(*shape)) if weight else None
        self.bias = Parameter(ones(*shape)) if weight and bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """weight 1, bias 0; a class of one's own may begin otherwise."""
        _set((self.weight, 1.0), (self.bias, 0.0))


def _set(*values: tuple[Tensor | None, float]) -> None:
    """Fill each tensor that there is with its number."""
    for x, value in values:
        if x is not None:
            init.fill(x, value)


class _ByChannel(_Affine):
    """What normalisations by channel have: weight and bias if affine, and running statistics."""

    ranks: tuple[int, ...]
    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    # what a layer that was built without this room does not say
    affine: bool = True
    track_running_stats: bool = True

    @placing
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = True,
        track_running_stats: bool = True,
        *,
        bias: bool = True,
    ):
        _check_sizes(type(self).__name__, num_features=num_features)
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.affine, self.track_running_stats = affine, track_running_stats
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(num_features) if tracked else None)
        self.register_buffer("running_var", ones(num_features) if tracked else None)
        self.register_buffer("num_batches_tracked", tensor(0) if tracked else None)
        self._begin((num_features,), affine, bias)

    def reset_running_stats(self) -> None:
        """The running statistics as they begin: mean 0, variance 1, of no batches."""
        _set((self.running_mean, 0.0), (self.running_var, 1.0), (self.num_batches_tracked, 0))

    def reset_parameters(self) -> None:
        """Weights and running statistics as they begin."""
        self.reset_running_stats()
        _Affine.reset_parameters(self)

    def _check(self, x: Tensor, channels: bool = True) -> None:
        """Refuse an input of another rank, or of another number of channels."""
        check_tensors(type(self).__name__, x)
        if x.ndim not in self.ranks or (channels and x.shape[1] != self.num_features):
            form = " or ".join(f"{n}-d" for n in self.ranks)
            cure = ": x.permute(0, 3, 1, 2)" if x.shape[3:] == (self.num_features,) else ""
            raise MisfitError(
                f"{type(self).__name__}({self.num_features}): expected {form} input with "
                f"{self.num_features} channels in axis 1, got shape {x.shape}{cure}"
            )

    def extra_repr(self) -> str:
        shown = ("eps", "momentum", "affine", "track_running_stats")
        return ", ".join([f"{self.num_features}", *(f"{k}={getattr(self, k)}" for k in shown)])


class _ByBatch(_ByChannel):
    """(x - mean) / √(var + eps) · weight + bias, each channel over the batch and all positions.

    In training the batch's own mean and (biased) variance are used and the running ones follow:
    running ← (1 - momentum) · running + momentum · batch's (unbiased variance); momentum None
    averages all batches. eval() uses the running ones, so a sample no longer depends on the others.
    affine=False: without weight and bias. track_running_stats=False: always the batch's statistics.
    Ioffe & Szegedy, arXiv 1502.03167.
    """

    def forward(self, x: Tensor) -> Tensor:
        self._check(x)
        momentum, running = self.momentum, (self.running_mean, self.running_var)
        own = self.training or (self.running_mean is None and self.running_var is None)
        if self.training and not self.track_running_stats:  # which may be switched off later
            running = (None, None)
        elif self.training and self.num_batches_tracked is not None:
            self.num_batches_tracked.array += 1
            self.num_batches_tracked.changed_in_place()
            if momentum is None:
                momentum = 1.0 / int(self.num_batches_tracked)
        return batch_norm(x, *running, self.weight, self.bias, own, momentum or 0.0, self.eps)


for kind in (core.BatchNorm1d, core.BatchNorm2d):
    for body in (_Affine, _ByChannel, _ByBatch):
        extends(kind)(body)
_BatchNorm = core.BatchNorm  # PyTorch's name for what both are, which programs ask isinstance of


# What type checkers see of both.
@extends(core.BatchNorm1d)
class BatchNorm1d(_ByBatch):
    ranks = (2, 3)


@extends(core.BatchNorm2d)
class BatchNorm2d(_ByBatch):
    ranks = (4,)


class _InstanceNorm(_ByChannel):
    """Each channel of each sample by its own statistics. Ulyanov et al., arXiv 1607.08022.

    With track_running_stats, eval() uses running ones instead, as BatchNorm does.
    """

    @placing
    def __init__(
        self,
        num_features: int,
        eps: float = 1e-5,
        momentum: float | None = 0.1,
        affine: bool = False,
        track_running_stats: bool = False,
        *,
        bias: bool = True,
    ):
        super().__init__(num_features, eps, momentum, affine, track_running_stats, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        check_tensors(type(self).__name__, x)
        if x.ndim == self.ranks[0] - 1:  # a single sample
            return self.forward(x[None])[0]
        self._check(x, channels=self.affine or self.track_running_stats)
        if x.shape[1] != self.num_features:
            name = f"{type(self).__name__}({self.num_features})"
            what = f"{x.shape} has other channels, which matters not to a layer without weights"
            warnings.warn(f"{name}: {what}", stacklevel=2)
        own = self.training or not self.track_running_stats
        running, momentum = (self.running_mean, self.running_var), self.momentum or 0.0
        return instance_norm(x, *running, self.weight, self.bias, own, momentum, self.eps)


class InstanceNorm1d(_InstanceNorm):
    """Instance normalisation of (N, C, L)."""

    ranks = (3,)


class InstanceNorm2d(_InstanceNorm):
    """Instance normalisation of (N, C, H, W)."""

    ranks = (4,)


class LayerNorm(_Affine):
    """Each sample by its own mean and variance over the last axes. Ba et al., arXiv 1607.06450."""

    @placing
    def __init__(
        self,
        normalized_shape: int | tuple[int, ...],
        eps: float = 1e-5,
        elementwise_affine: bool = True,
        bias: bool = True,
    ):
        self.normalized_shape = shape = whole_numbers(normalized_shape)
        self.eps = eps
        if min(self.normalized_shape, default=0) < 1:
            what = f"normalized_shape={normalized_shape!r}"
            raise ValueError(f"LayerNorm: {what} must be one size or several, of at least 1")
        self.elementwise_affine = elementwise_affine
        self._begin(shape, elementwise_affine, bias)

    def forward(self, x: Tensor) -> Tensor:
        return layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        affine = f"elementwise_affine={self.elementwise_affine}"
        return f"{self.normalized_shape}, eps={self.eps}, {affine}"


class GroupNorm(_Affine):
    """Each group of channels of each sample by its own statistics. Wu & He, arXiv 1803.08494."""

    @placing
    def __init__(
        self,
        num_groups: int,
        num_channels: int,
        eps: float = 1e-5,
        affine: bool = True,
        *,
        bias: bool = True,
    ):
        _check_sizes("GroupNorm", num_groups=num_groups, num_channels=num_channels)
        if num_channels % num_groups:
            what = f"num_channels={num_channels} is not divisible by num_groups={num_groups}"
            raise ValueError(f"GroupNorm: {what}")
        self.num_groups, self.num_channels = num_groups, num_channels
        self.eps, self.affine = eps, affine
        self._begin((num_channels,), affine, bias)

    def forward(self, x: Tensor) -> Tensor:
        return group_norm(x, self.num_groups, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        return f"{self.num_groups}, {self.num_channels}, eps={self.eps}, affine={self.affine}"
