"""torch.linalg: the norms, as gradient penalties take them."""

from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.torch.ops import reduce
from minigan.torch.ops.shape import Dims


def vector_norm(
    x: Tensor,
    ord: float = 2,
    dim: Dims | None = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """(Σ |x|^ord)^(1/ord) over the axes dim (all by default); torch.norm says more of ord."""
    return reduce.norm(x, ord, dim, keepdim, dtype=dtype)


def norm(
    x: Tensor,
    ord: float | str | None = None,
    dim: Dims | None = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """vector_norm; of more than a vector, or over two axes, Frobenius' norm is the only one."""
    matrix = x.ndim != 1 if dim is None else not isinstance(dim, int) and len(dim) == 2
    if matrix and ord not in (None, "fro"):
        raise ValueError(f"linalg.norm: of matrices only Frobenius' norm is here, not ord={ord}")
    return reduce.norm(x, 2 if ord is None else ord, dim, keepdim, dtype=dtype)
