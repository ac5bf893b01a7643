"""Ops that fold axes: sums, means, norms, the place of the largest, and softmax's logarithm."""

import math
from typing import Any

from minigan import backend as B
from minigan.autograd import Tensor, op
from minigan.ops.elementwise import exp
from minigan.ops.shape import Dims, Shape, axes_of, broadcast_to, reshape_to


def spread(g: Any, shape: Shape, axes: Shape) -> Any:
    """A reduced gradient repeated along the axes that were folded."""
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    return broadcast_to(reshape_to(g, kept), shape)


@op(x=lambda g, axes, x_shape: spread(g, x_shape, axes))
def _sum(x: Any, axes: Shape, keepdim: bool) -> Any:
    return x.sum(axis=axes, keepdims=keepdim, dtype=None if x.dtype.kind == "f" else "int64")


def sum(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Σ x over the axes dim (all by default); of whole numbers int64."""
    return _sum(x, axes_of(x, dim), keepdim)


@op(least=B.float32, x=lambda g, axes, x_shape: spread(g / _count(x_shape, axes), x_shape, axes))
def _mean(x: Any, axes: Shape, keepdim: bool) -> Any:
    return x.sum(axis=axes, keepdims=keepdim) / _count(x.shape, axes)


def _count(shape: Shape, axes: Shape) -> int:
    return math.prod([shape[i] for i in axes])


def mean(x: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Σ x / n over the axes dim (all by default)."""
    return _mean(x, axes_of(x, dim), keepdim)


@op(least=B.float32, x=lambda g, out, x, axes: x * spread(g / (out + (out == 0)), x.shape, axes))
def _norm(x: Any, axes: Shape, keepdim: bool) -> Any:
    return B.xp.sqrt((x * x).sum(axis=axes, keepdims=keepdim))


def norm(x: Tensor, *, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """√Σ x² over the axes dim (all by default); its gradient at 0 is 0."""
    return _norm(x, axes_of(x, dim), keepdim)


@op()
def argmax(x: Any, dim: int | None = None) -> Any:
    """The (first) place of the largest element along dim, or in the flattened tensor."""
    return x.argmax(axis=None if dim is None else (*axes_of(x, dim), None)[0])


@op(
    least=B.float32,
    x=lambda g, out, dim: g - exp(out) * spread(g.sum(axes_of(g, dim)), g.shape, axes_of(g, dim)),
)
def log_softmax(x: Any, dim: int) -> Any:
    """x - ln Σ exp(x) along dim, shifted by the maximum so that nothing overflows."""
    shifted = x - x.max(axis=axes_of(x, dim), keepdims=True)
    return shifted - B.xp.log(B.xp.exp(shifted).sum(axis=axes_of(x, dim), keepdims=True))
