"""Dense layers, embeddings, dropout, and layers that only change shapes, with all their options."""

import math
import warnings
from collections.abc import Callable, Sequence
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError, NumberTypeError, check_tensors
from minigan.nn import init
from minigan.nn import layers as core
from minigan.nn.module import Module, Parameter
from minigan.ops.creation import ones
from minigan.ops.elementwise import eq
from minigan.ops.linear import linear as affine
from minigan.ops.loss import check_classes
from minigan.ops.shape import getitem
from minigan.torch.extend import extends
from minigan.torch.nn.module import placing
from minigan.torch.ops.elementwise import where
from minigan.torch.ops.refused import check_floats, refuse
from minigan.torch.ops.shape import axis_of
from minigan.torch.ops.written import in_place_on_request

# the core's own, with which the extended ones begin
_begin, _dropout = core.Linear.__init__, core.Dropout.forward
_options = core.Function.__init__


@extends(core.Function)
class Function(core.Function):
    """A function without parameters as a layer; its options, with defaults, are attributes."""

    inplace: bool = False  # of layers that were built without this room

    def __init__(self, *values: Any, **named: Any):
        if any(isinstance(value, Tensor) for value in (*values, *named.values())):
            name = type(self).__name__
            raise TypeError(f"{name}: a tensor is no option, but what the layer takes: {name}()(x)")
        _options(self, *values, **named)

    def extra_repr(self) -> str:
        shown = [name for name in self.options if name != "inplace" or self.inplace]
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in shown)


def layer(
    name: str, function: Callable[..., Tensor], kind: Any = core.Function, **options: Any
) -> type[core.Function]:
    """The class of this name whose layers, of this kind, compute the function with these options.

    It is the core's where the core has one, which then takes these options.
    """
    body: dict[str, Any] = {"function": staticmethod(function), "options": options}
    body["__doc__"] = function.__doc__
    body["__module__"] = function.__module__  # where pickle looks
    own: Any = type(name, (kind,), body)
    if not hasattr(core, name):
        return own
    if kind is not core.Function:
        extends(getattr(core, name))(kind)
    return extends(getattr(core, name))(own)


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input @ weightᵀ + bias over the last axis of input: (…, I), (O, I), (O) → (…, O).

    Raises MisfitError for other shapes, also where a bias would broadcast.
    """
    if weight.ndim != 2 or (bias is not None and bias.shape != weight.shape[:1]):
        both = f"weight {weight.shape} and bias {getattr(bias, 'shape', bias)}"
        raise MisfitError(f"linear: {both} are not (O, I) and (O)")
    return affine(input, weight, bias)


@extends(core.Linear)
class Linear(core.Linear):
    """x @ weightᵀ + bias: (…, in_features) → (…, out_features).

    weight (out_features, in_features) and bias start as U(-k, k), k = 1/√in_features.
    """

    @placing
    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        _begin(self, in_features, out_features, bias)

    def extra_repr(self) -> str:
        bias = getattr(self, "bias", True) is not None
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={bias}"


# -- embeddings ------------------------------------------------------------------------------------


def embedding(
    input: Tensor,
    weight: Tensor,
    padding_idx: int | None = None,
    max_norm: float | None = None,
    norm_type: float = 2.0,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
) -> Tensor:
    """The rows of weight that input names: (…) whole numbers → (…, embedding_dim).

    The row padding_idx gets no gradient. Raises TypeError for what are no whole numbers, IndexError
    for a number without a row. norm_type is that of max_norm, which is refused.
    """
    refuse("embedding", max_norm=max_norm, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)
    check_tensors("embedding", input)
    if weight.ndim != 2:
        raise MisfitError(f"embedding: weight {weight.shape} is no matrix of rows to look up")
    if input.dtype.name not in ("int64", "int32"):
        raise NumberTypeError(f"embedding: whole numbers, not {input.dtype}, as int64: x.long()")
    check_classes("Embedding", input, len(weight))
    rows = getitem(weight, input)
    if padding_idx is None:
        return rows
    row = _row(padding_idx, len(weight))
    return where(eq(input, row).unsqueeze(-1), rows.detach(), rows)


def _row(padding_idx: int, count: int) -> int:
    """padding_idx as a number from 0."""
    if not -count <= padding_idx < count:
        raise ValueError(f"embedding: padding_idx={padding_idx} is none of the {count} rows")
    return padding_idx % count


@extends(core.Embedding)
class Embedding(core.Embedding):
    """A learned vector for each of num_embeddings whole numbers; starts as N(0, 1).

    That of padding_idx starts as 0 and is not learned.
    """

    padding_idx: int | None = None

    @placing
    def __init__(
        self,
        num_embeddings: int,
        embedding_dim: int,
        padding_idx: int | None = None,
        max_norm: float | None = None,
        norm_type: float = 2.0,
        scale_grad_by_freq: bool = False,
        sparse: bool = False,
    ):
        refuse("Embedding", max_norm=max_norm, scale_grad_by_freq=scale_grad_by_freq, sparse=sparse)
        if min(num_embeddings, embedding_dim) < 1:
            sizes = f"num_embeddings={num_embeddings} and embedding_dim={embedding_dim}"
            raise ValueError(f"Embedding: {sizes} must be at least 1")
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.padding_idx = None if padding_idx is None else _row(padding_idx, num_embeddings)
        self.weight = Parameter(ones(num_embeddings, embedding_dim))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw the vectors, from N(0, 1)."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.array[self.padding_idx] = 0.0

    @classmethod
    def from_pretrained(
        cls, embeddings: Tensor, freeze: bool = True, padding_idx: int | None = None, **options: Any
    ) -> "Embedding":
        """The layer whose vectors are the rows of (num_embeddings, embedding_dim), in their memory.

        freeze: they are not learned. padding_idx is only not learned: its vector stays as it is.
        """
        if embeddings.ndim != 2:
            raise MisfitError(f"from_pretrained: {embeddings.shape} is no matrix, a vector a row")
        made = cls(*embeddings.shape, padding_idx, **options)
        made.weight = Parameter(embeddings, requires_grad=not freeze)
        return made

    def forward(self, index: Tensor) -> Tensor:
        return embedding(index, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


# -- dropout ---------------------------------------------------------------------------------------


@in_place_on_request
def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training, 0 with probability p and x / (1 - p) otherwise; else x."""
    check_floats("dropout", input)
    return core.Dropout(p).train(training)(input)


@in_place_on_request
def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """dropout of whole channels of x (N, C, H, W).

    Of other shapes too the first two axes are samples and channels, and a warning says so.
    """
    if input.ndim != 4:
        what = f"{input.shape} is not (N, C, H, W): the first two axes are taken for N and C"
        warnings.warn(f"dropout2d: {what}; dropout drops single numbers", stacklevel=2)
    if training and input.ndim < 2:
        raise MisfitError(f"dropout2d: {input.shape} has no channels; use dropout")
    channels = ones(*input.shape[:2], *[1] * (input.ndim - 2), dtype=input.dtype)
    kept = dropout(channels, p, training)  # which looks at p in any case
    return input * kept if training else input


@in_place_on_request
def drop(x: Tensor, layer: Any, inplace: bool = False) -> Tensor:
    """What the core's Dropout computes."""
    return _dropout(layer, x)


class _Dropout(Module):  # what both have: the probability, and its printing
    inplace: bool = False  # as in Function

    def __init__(self, p: float = 0.5, inplace: bool = False):
        name = type(self).__name__
        if not hasattr(p, "__float__"):
            raise TypeError(f"{name}: p={p!r} must be a number, a probability")
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"{name}: p must be a probability within [0, 1], got {p}")
        self.p, self.inplace = p, inplace

    def forward(self, x: Tensor) -> Tensor:
        check_floats("Dropout", x)
        return drop(x, self, inplace=self.inplace)

    def extra_repr(self) -> str:
        return f"p={self.p}, inplace={self.inplace}"


Dropout = extends(core.Dropout)(_Dropout)


class Dropout2d(_Dropout):
    """Dropout of whole channels: (N, C, H, W), each map kept or 0 as one."""

    def forward(self, x: Tensor) -> Tensor:
        return dropout2d(x, self.p, self.training, self.inplace)


# -- shapes ----------------------------------------------------------------------------------------


@extends(core.Unflatten)
class Unflatten(core.Function):
    """One axis as several: Unflatten(1, (1, 28, 28)) makes images of rows of 784."""

    def __init__(self, dim: int, unflattened_size: Sequence[int]):
        sizes = unflattened_size if isinstance(unflattened_size, (tuple, list)) else ()
        if not sizes or not all(isinstance(size, int) for size in sizes):
            raise TypeError(f"Unflatten: {unflattened_size!r} must be sizes, as in (1, 28, 28)")
        self.dim, self.unflattened_size = dim, tuple(sizes)

    def forward(self, x: Tensor) -> Tensor:  # type: ignore[override]
        size, parts = x.shape[axis_of(self.dim, x.ndim)], math.prod(self.unflattened_size)
        if parts != size and (parts >= 0 or not x.array.size):
            what = f"axis {self.dim} of {x.shape} is not {self.unflattened_size}"
            raise MisfitError(f"Unflatten: {what}, whose product is {parts}")
        return core.Function.forward(self, x)


class Identity(Module):
    """x; takes and ignores any arguments, as PyTorch's does"""

    def __init__(self, *_: object, **__: object):
        pass

    def forward(self, x: Tensor) -> Tensor:
        return x
