"""Further products: matmul with vectors, outer, kron, and any sum of products by einsum."""

import math
import operator
from collections.abc import Callable
from typing import Any

from minigan import backend as B
from minigan.autograd import op
from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError
from minigan.ops.linear import product
from minigan.ops.shape import broadcast_to, reshape_to
from minigan.torch.ops.elementwise import times
from minigan.torch.ops.shape import distinct, numpy_names, permute_to
from minigan.torch.ops.size import is_whole


# These two keep the very vectors, not reshaped views of them: one that gets other `data` before
# backward, as u and v of hand-written spectral normalisation do, counts there with its new ones.
@op(
    x=lambda g, y: reshape_to(g, (-1, 1)) * y,  # (N, 1) · (I)
    y=lambda g, x: _rows_by_vector(x.swapaxes(0, 1), g),  # (I, N) @ (N)
)
def _rows_by_vector(x: Any, y: Any) -> Any:
    """(N, I) @ (I) → (N)"""
    return B.kernels.matmul(x, y[:, None])[:, 0]


@op(x=lambda g, y: g * y, y=lambda g, x: g * x)
def _vector_by_vector(x: Any, y: Any) -> Any:
    """(I) @ (I) → ()"""
    return B.kernels.matmul(x[None], y[:, None])[0, 0]


def matmul(x: Tensor, y: Tensor) -> Tensor:
    """x @ y as NumPy has it: matrices, stacks of matrices, or vectors on either side."""
    if x.dtype != y.dtype or x.dtype == bool:
        raise RuntimeError(f"matmul: {x.dtype} and {y.dtype}; convert one, as y.to(x.dtype)")
    if x.ndim == 0 or y.ndim == 0 or x.shape[-1] != y.shape[max(y.ndim - 2, 0)]:
        raise MisfitError(
            f"matmul: shapes {x.shape} and {y.shape} do not fit: the last size of the first must "
            f"equal the {'only' if y.ndim == 1 else 'second last'} size of the second"
        )
    if y.ndim == 1 and x.ndim <= 2:
        return _rows_by_vector(x, y) if x.ndim == 2 else _vector_by_vector(x, y)
    left = x if x.ndim > 1 else reshape_to(x, (1, -1))
    right = y if y.ndim > 1 else reshape_to(y, (-1, 1))
    out = product(left, right)
    rows = out.shape[-2:-1] if x.ndim > 1 else ()
    columns = out.shape[-1:] if y.ndim > 1 else ()
    return reshape_to(out, out.shape[:-2] + rows + columns) if x.ndim == 1 or y.ndim == 1 else out


def _ranked(name: str, first: int, second: int) -> Callable[[Tensor, Tensor], Tensor]:
    """matmul of tensors with so many axes and no others; stacks of matrices have equal lengths."""

    def call(x: Tensor, y: Tensor) -> Tensor:
        if (x.ndim, y.ndim) != (first, second) or (first == 3 and x.shape[0] != y.shape[0]):
            kinds = f"one with {first} axes and one with {second}"
            raise MisfitError(f"{name}: {x.shape} and {y.shape} are not {kinds}; see matmul")
        return matmul(x, y)

    call.__name__ = call.__qualname__ = name
    call.__doc__ = f"matmul of tensors with {first} and {second} axes."
    return call


dot, mv = _ranked("dot", 1, 1), _ranked("mv", 2, 1)
mm, bmm = _ranked("mm", 2, 2), _ranked("bmm", 3, 3)


def outer(x: Tensor, y: Tensor) -> Tensor:
    """x[i] · y[j] for vectors (N) and (M) → (N, M)."""
    if x.ndim != 1 or y.ndim != 1:
        raise MisfitError(f"outer: expected two vectors, not {x.shape} and {y.shape}")
    return reshape_to(x, (-1, 1)) * y


@numpy_names
def kron(x: Tensor, y: Tensor) -> Tensor:
    """Kronecker's product: the blocks x[i, j] · y, and likewise for other numbers of axes."""
    rank = max(x.ndim, y.ndim)
    a, b = ((1,) * (rank - t.ndim) + t.shape for t in (x, y))
    left = reshape_to(x, tuple(n for size in a for n in (size, 1)))
    right = reshape_to(y, tuple(n for size in b for n in (1, size)))
    return reshape_to(left * right, tuple(n * m for n, m in zip(a, b, strict=True)))


@numpy_names
def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Σ a · b over pairs of axes: the last and first `dims` ones, or those that two lists name."""
    if is_whole(dims):
        dims = operator.index(dims)
        if not 0 <= dims <= min(a.ndim, b.ndim):
            raise MisfitError(f"tensordot: {a.shape} and {b.shape} have no {dims} axes to pair")
        dims = (range(a.ndim - dims, a.ndim), range(dims))
    first = distinct("tensordot", dims[0], a.ndim)
    second = distinct("tensordot", dims[1], b.ndim)
    size = [a.shape[i] for i in first]
    if size != [b.shape[i] for i in second]:
        raise MisfitError(f"tensordot: axes {first} of {a.shape} do not fit {second} of {b.shape}")
    rows = tuple(i for i in range(a.ndim) if i not in first)
    columns = tuple(i for i in range(b.ndim) if i not in second)
    inner = math.prod(size)
    left = reshape_to(permute_to(a, rows + first), (math.prod(a.shape[i] for i in rows), inner))
    width = math.prod(b.shape[i] for i in columns)
    right = reshape_to(permute_to(b, second + columns), (inner, width))
    outer = (*[a.shape[i] for i in rows], *[b.shape[i] for i in columns])
    return reshape_to(left @ right, outer)


def addmm(x: Tensor, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """beta · x + alpha · mat1 @ mat2, of matrices; x is broadcast, and not looked at for beta 0."""
    return _plus("addmm", x, mm(mat1, mat2), beta, alpha)


def baddbmm(x: Tensor, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """addmm of stacks of matrices."""
    return _plus("baddbmm", x, bmm(batch1, batch2), beta, alpha)


def _plus(name: str, x: Tensor, product: Tensor, beta: Any, alpha: Any) -> Tensor:
    if x.dtype != product.dtype:
        raise MisfitError(f"{name}: {x.dtype} and a product of {product.dtype}; make them alike")
    product, x = times(name, product, product, alpha), broadcast_to(x, product.shape)
    return product if beta == 0 else times(name, x, x, beta) + product


def einsum(equation: str, *tensors: Any) -> Tensor:
    """The sum of products that an equation of axes says: "bi,ij->bj" is a matrix product.

    Axes that the result lacks are summed over. Without "->" the result has, in alphabetical order,
    those that stand there once. From left to right, two tensors at a time, by matmul.
    """
    parts = list(tensors[0]) if isinstance(tensors[0], (list, tuple)) else list(tensors)
    left, arrow, result = equation.replace(" ", "").partition("->")
    names = left.split(",")
    if len(names) != len(parts) or any(
        len(name) != x.ndim or len(set(name)) < len(name)
        for name, x in zip(names, parts, strict=False)
    ):
        raise MisfitError(
            f"einsum: {equation!r} does not name each axis of tensors of shapes "
            f"{', '.join(str(x.shape) for x in parts)} by a letter of its own; neither '...' nor "
            f"a letter twice in one tensor is known here"
        )
    sizes: dict[str, int] = {}
    for name, x in zip(names, parts, strict=True):
        for letter, size in zip(name, x.shape, strict=True):
            if sizes.setdefault(letter, size) != size:
                raise MisfitError(
                    f"einsum: axis {letter!r} of {equation!r} has sizes {sizes[letter]} and {size}"
                )
    if arrow and (len(set(result)) < len(result) or not set(result) <= set(sizes)):
        raise MisfitError(f"einsum: {result!r} names an axis twice, or one that no tensor has")
    if not arrow:
        result = "".join(sorted(c for c in left if left.count(c) == 1 and c != ","))
    axes, x = names[0], parts[0]
    for i in range(1, len(parts)):
        later = result + "".join(names[i + 1 :])
        axes, x = _contracted(axes, x, names[i], parts[i], later)
    x, axes = _summed(x, axes, result)
    return x.permute(*(axes.index(c) for c in result)) if result else x


def _summed(x: Any, axes: str, kept: str) -> tuple[Any, str]:
    """x summed over the axes that are not kept."""
    gone = tuple(i for i, c in enumerate(axes) if c not in kept)
    return (x.sum(gone) if gone else x), "".join(c for c in axes if c in kept)


def _contracted(a: str, x: Any, b: str, y: Any, later: str) -> tuple[str, Any]:
    """The product of two tensors, summed over the axes that both have and nobody needs later."""
    x, a = _summed(x, a, b + later)
    y, b = _summed(y, b, a + later)
    both = [c for c in a if c in b]
    stacked = [c for c in both if c in later]
    inner = [c for c in both if c not in later]
    rows, columns = [c for c in a if c not in b], [c for c in b if c not in a]
    sizes = {**dict(zip(a, x.shape, strict=True)), **dict(zip(b, y.shape, strict=True))}

    def arranged(tensor: Any, axes: str, *groups: list[str]) -> Any:
        order = [axes.index(c) for group in groups for c in group]
        shape = [sizes[c] for c in groups[0]]
        shape += [math.prod(sizes[c] for c in group) for group in groups[1:]]
        return tensor.permute(*order).reshape(shape) if order else tensor.reshape(shape)

    out = matmul(arranged(x, a, stacked, rows, inner), arranged(y, b, stacked, inner, columns))
    names = "".join(stacked + rows + columns)
    return names, out.reshape([sizes[c] for c in names])
