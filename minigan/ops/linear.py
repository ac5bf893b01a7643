"""Matrix products: matmul, and the affine map of a dense layer."""

from typing import Any

from minigan import backend as B
from minigan.autograd import Tensor, op
from minigan.errors import MisfitError, NumberTypeError, check_tensors
from minigan.ops.shape import fit, reshape_to, sum_to


@op(
    fit=fit,
    x=lambda g, y: product(g, y.swapaxes(-1, -2)),  # (…, N, O) @ (…, O, I)
    y=lambda g, x: product(x.swapaxes(-1, -2), g),  # (…, I, N) @ (…, N, O)
)
def product(x: Any, y: Any) -> Any:
    """(…, N, I) @ (…, I, O) → (…, N, O); the leading axes broadcast."""
    return B.kernels.matmul(x, y)


def matmul(x: Tensor, y: Tensor) -> Tensor:
    """x @ y of matrices, or of stacks of them whose leading axes broadcast."""
    if x.ndim < 2 or y.ndim < 2 or x.shape[-1] != y.shape[-2]:
        raise MisfitError(f"matmul: {x.shape} and {y.shape} do not fit, as (…, N, I) @ (…, I, O)")
    return product(x, y)


# In memory results lie feature by feature, as W @ xᵀ, which BLAS computes up to 1.5 times faster.
@op(
    x=lambda g, weight: product(weight.T, g.T).T,  # (I, O) @ (O, N)
    weight=lambda g, x: product(g.T, x),  # (O, N) @ (N, I)
    bias=lambda g: sum_to(g, g.shape[1:]),
)
def _affine(x: Any, weight: Any, bias: Any) -> Any:
    """x (N, I), weight (O, I), bias (O) or None → x @ weightᵀ + bias (N, O)."""
    out = B.kernels.matmul(weight, x.T)  # (O, I) @ (I, N)
    if bias is not None:
        out += bias[:, None]
    return out.T


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x @ weightᵀ + bias over the last axis of x: (…, I), (O, I), (O) → (…, O)."""
    check_dtypes("linear", x, weight, bias)
    if x.shape[-1:] != weight.shape[1:]:
        what = f"weight {weight.shape} takes {weight.shape[1]} features in the last axis of x"
        raise MisfitError(f"linear: {what}, which is {x.shape}; flatten it, or change in_features")
    if x.ndim == 2:
        return _affine(x, weight, bias)
    rows = _affine(reshape_to(x, (-1, x.shape[-1])), weight, bias)
    return reshape_to(rows, (*x.shape[:-1], len(weight)))


def check_dtypes(name: str, x: Tensor, weight: Tensor, bias: Tensor | None) -> None:
    """Refuse what is no tensor, and what would be computed in another float type than it has."""
    check_tensors(name, x)
    for what, other in ("weight", weight), ("bias", bias):
        if other is not None and other.dtype != x.dtype:
            both = f"input is {x.dtype}, the {what} {other.dtype}"
            raise NumberTypeError(f"{name}: {both}: x.astype('{other.dtype}') converts it")
