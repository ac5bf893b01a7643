"""Dense layers, embeddings, dropout, and layers that only change shapes, with all their options."""

from collections.abc import Callable, Sequence
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.nn import layers as core
from minigan.ops.creation import ones
from minigan.ops.elementwise import eq
from minigan.ops.loss import check_classes
from minigan.ops.shape import getitem
from minigan.torch.extend import extends
from minigan.torch.nn.module import Module, placing
from minigan.torch.ops.elementwise import where
from minigan.torch.ops.written import in_place_on_request

_embedding = core.Embedding.__init__  # the core's own, with which the extended one begins


@extends(core.Function)
class Function(core.Function):
    """A function without parameters as a layer; its options, with defaults, are attributes."""

    inplace: bool = False  # of layers that were built without this room

    def extra_repr(self) -> str:
        shown = [name for name in self.options if name != "inplace" or self.inplace]
        return ", ".join(f"{name}={getattr(self, name)}" for name in shown)


def layer(
    name: str, function: Callable[..., Tensor], kind: Any = core.Function, **options: Any
) -> Any:
    """The class of this name whose layers, of this kind, compute the function with these options.

    It is the core's where the core has one, which then takes these options.
    """
    body = {"function": staticmethod(function), "options": options, "__doc__": function.__doc__}
    own = type(name, (kind,), {**body, "__module__": function.__module__})  # where pickle looks
    if not hasattr(core, name):
        return own
    if kind is not core.Function:
        extends(getattr(core, name))(kind)
    return extends(getattr(core, name))(own)


@extends(core.Linear)
class Linear(core.Linear):
    """x @ weightᵀ + bias: (…, in_features) → (…, out_features).

    weight (out_features, in_features) and bias start as U(-k, k), k = 1/√in_features.
    """

    __init__ = placing(core.Linear.__init__)

    def extra_repr(self) -> str:
        bias = getattr(self, "bias", True) is not None
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={bias}"


# -- embeddings ------------------------------------------------------------------------------------


def embedding(index: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """The rows of weight that index names: (…) whole numbers → (…, embedding_dim).

    The row padding_idx gets no gradient. Raises TypeError for what are no whole numbers, IndexError
    for a number without a row.
    """
    check_classes("Embedding", index, len(weight))
    rows = getitem(weight, index)
    if padding_idx is None:
        return rows
    return where(eq(index, padding_idx % len(weight)).unsqueeze(-1), rows.detach(), rows)


@extends(core.Embedding)
class Embedding(core.Embedding):
    """A learned vector for each of num_embeddings whole numbers; starts as N(0, 1).

    That of padding_idx starts as 0 and is not learned.
    """

    padding_idx: int | None = None

    @placing
    def __init__(self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None):
        _embedding(self, num_embeddings, embedding_dim)
        self.padding_idx = padding_idx
        if padding_idx is not None:
            self.weight.array[padding_idx] = 0.0

    def forward(self, index: Tensor) -> Tensor:
        return embedding(index, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


# -- dropout ---------------------------------------------------------------------------------------


@in_place_on_request
def dropout(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training, 0 with probability p and x / (1 - p) otherwise; else x."""
    return core.Dropout(p).train(training)(x)


@in_place_on_request
def dropout2d(x: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """dropout of whole channels of x (N, C, H, W)."""
    return x * dropout(ones(*x.shape[:2], 1, 1, dtype=x.dtype), p) if training else x


class _Dropout(Module):  # what both have: the probability, and its printing
    inplace: bool = False  # as in Function

    def __init__(self, p: float = 0.5, inplace: bool = False):
        if not 0.0 <= p <= 1.0:
            name = type(self).__name__
            raise ValueError(f"{name}: p must be a probability within [0, 1], got {p}")
        self.p, self.inplace = p, inplace

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


Dropout = extends(core.Dropout)(_Dropout)


class Dropout2d(_Dropout):
    """Dropout of whole channels: (N, C, H, W), each map kept or 0 as one."""

    def forward(self, x: Tensor) -> Tensor:
        return dropout2d(x, self.p, self.training)


# -- shapes ----------------------------------------------------------------------------------------


@extends(core.Unflatten)
class Unflatten(core.Unflatten):
    """One axis as several: Unflatten(1, (1, 28, 28)) makes images of rows of 784."""

    def __init__(self, dim: int, unflattened_size: Sequence[int]):
        self.dim, self.unflattened_size = dim, tuple(unflattened_size)


class Identity(Module):
    """x; takes and ignores any arguments, as PyTorch's does"""

    def __init__(self, *_: object, **__: object):
        pass

    def forward(self, x: Tensor) -> Tensor:
        return x
