"""Batch normalisation of a batch by its own statistics, as one op: three passes instead of ten.

minigan/ops/norm.py has the formula, in ops that record themselves one by one; this gives the same
numbers. Its second derivative is again in ops.
"""

from typing import Any

from minigan import backend as B
from minigan.autograd import Tensor, op
from minigan.ops.norm import per_channel
from minigan.ops.shape import fit


@op(
    least=None,
    fit=fit,
    together=lambda g, x, weight, bias, mean, rstd, eps: (
        _gradients_in_ops(g, x, weight, eps)
        if isinstance(g, Tensor)
        else B.kernels.batch_norm_backward(*_wide(g, x, weight), mean, rstd)
    ),
)
def _batch_norm(x: Any, weight: Any, bias: Any, mean: Any, rstd: Any, eps: float) -> Any:
    """(x - mean)·rstd·weight + bias, where mean and rstd are those of x itself."""
    out = B.kernels.batch_norm(*_wide(x, weight, bias), mean, rstd)
    return out if x.dtype == out.dtype else out.astype(x.dtype)


def _wide(*arrays: Any) -> list[Any]:
    """The arrays, those of half precision in float32, in which sums are taken."""
    return [a.astype(B.float32) if a.dtype == B.float16 else a for a in arrays]


def _gradients_in_ops(g: Tensor, x: Tensor, weight: Tensor, eps: float) -> tuple[Tensor, ...]:
    """The gradients by x, weight and bias in formulas that can be differentiated again:

    ∂x = rstd·(h - mean(h) - x̂·mean(h·x̂)), h = g·weight;  ∂weight = Σ g·x̂;  ∂bias = Σ g.
    """
    axes = (0, *range(2, x.ndim))
    centred = x - x.mean(axes, True)
    rstd = (centred.square().mean(axes, True) + eps) ** -0.5
    normal, h = centred * rstd, g * per_channel(weight, x)
    by_x = rstd * (h - h.mean(axes, True) - normal * (h * normal).mean(axes, True))
    return by_x, (g * normal).sum(axes), g.sum(axes)


def fused_batch_norm(x: Tensor, running: Any, affine: Any, momentum: float, eps: float) -> Tensor:
    """x (N, C, …) normalised by its own mean and variance, towards which the running ones move."""
    arrays = tuple(each.array for each in running)
    mean, rstd = B.kernels.batch_moments(*_wide(x.array), arrays, momentum, eps)
    for each in running:
        each.changed_in_place()
    return _batch_norm(x, *affine, mean, rstd, eps)
