"""Matrix products: matmul, and the affine map of a dense layer."""

from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor
from minigan.ops.shape import fit, reshape_to


def _transposed(x: Any) -> Any:
    """The last two axes exchanged."""
    return x.swapaxes(-1, -2)


@op(
    fit=fit,
    x=lambda g, y: product(g, _transposed(y)),  # (…, N, O) @ (…, O, I)
    y=lambda g, x: product(_transposed(x), g),  # (…, I, N) @ (…, N, O)
)
def product(x: Any, y: Any) -> Any:
    """(…, N, I) @ (…, I, O) → (…, N, O); the leading axes broadcast."""
    return B.kernels.matmul(x, y)


def matmul(x: Tensor, y: Tensor) -> Tensor:
    """x @ y as NumPy has it: matrices, stacks of matrices, or vectors on either side."""
    if x.ndim == 0 or y.ndim == 0 or x.shape[-1] != y.shape[max(y.ndim - 2, 0)]:
        raise ValueError(
            f"matmul: shapes {x.shape} and {y.shape} do not fit: the last size of the first must "
            f"equal the {'only' if y.ndim == 1 else 'second last'} size of the second"
        )
    rows, columns = x.ndim > 1, y.ndim > 1
    out = product(
        x if rows else reshape_to(x, (1, -1)),
        y if columns else reshape_to(y, (-1, 1)),
    )
    shape = out.shape
    if not columns:
        shape = shape[:-1]
    if not rows:
        shape = shape[:-2] + shape[-1:] if columns else shape[:-1]
    return out if shape == out.shape else reshape_to(out, shape)


def outer(x: Tensor, y: Tensor) -> Tensor:
    """x[i] · y[j] for vectors (N) and (M) → (N, M)."""
    return reshape_to(x, (-1, 1)) * y


# Activations of dense layers lie feature by feature in memory (a transposed view): W @ xᵀ runs up
# to 1.5 times faster in the BLAS than x @ Wᵀ, and the bias gradient sums contiguous rows.
@op(
    x=lambda g, weight: product(weight.T, g.T).T,  # (I, O) @ (O, N)
    weight=lambda g, x: product(g.T, x),  # (O, N) @ (N, I)
    bias=lambda g: g.sum(0),
)
def affine(x: Any, weight: Any, bias: Any) -> Any:
    """x (N, I), weight (O, I), bias (O) or None → x @ weightᵀ + bias (N, O)."""
    out = B.kernels.matmul(weight, x.T)  # (O, I) @ (I, N)
    if bias is not None:
        out += bias[:, None]
    return out.T


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x @ weightᵀ + bias over the last axis of x: (…, I), (O, I), (O) → (…, O)."""
    if x.shape[-1:] != weight.shape[1:]:
        raise ValueError(
            f"linear: the input has shape {x.shape}, but the weight {weight.shape} takes "
            f"{weight.shape[1]} features in its last axis; flatten the input, or change in_features"
        )
    if x.dtype != weight.dtype:
        raise TypeError(
            f"linear: the input is {x.dtype} and the weight {weight.dtype}; convert the input with "
            f".float() (or .to(dtype))"
        )
    if x.ndim == 2:
        return affine(x, weight, bias)
    out = affine(reshape_to(x, (-1, x.shape[-1])), weight, bias)
    return reshape_to(out, (*x.shape[:-1], weight.shape[0]))
