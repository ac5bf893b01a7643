"""Further ops that fold axes: products, variances, and norms of every power."""

import builtins
import math
from collections.abc import Callable
from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor
from minigan.ops import reduce
from minigan.ops.elementwise import abs, sign
from minigan.ops.reduce import axes_of, spread
from minigan.torch.ops.elementwise import where
from minigan.torch.ops.half import in_single
from minigan.torch.ops.join import cat
from minigan.torch.ops.order import amax, amin
from minigan.torch.ops.refused import check_floats
from minigan.torch.ops.shape import Dims, along, axis_of, numpy_names, reversed_along

# -- sums and products -----------------------------------------------------------------------------


@numpy_names
def sum(x: Tensor, dim: Dims | None = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Σ x over the axes dim (all by default), as another dtype if one is given."""
    return _converted(x, dtype, lambda x: reduce.sum(x, dim, keepdim))


def _converted(x: Tensor, dtype: Any, fold: Callable[[Tensor], Tensor]) -> Tensor:
    """fold(x), computed in this dtype if one is given, and returned in it."""
    return fold(x) if dtype is None else fold(x.to(dtype=dtype)).to(dtype=dtype)


@numpy_names
def mean(x: Tensor, dim: Dims | None = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Σ x / n over the axes dim (all by default); of whole numbers only as another dtype."""
    x = x if dtype is None else x.to(dtype=dtype)
    check_floats("mean", x)
    return reduce.mean(x, dim, keepdim)


@numpy_names
def prod(x: Tensor, dim: int | None = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """Π x along dim (of all by default), of whole numbers int64; right gradients beside zeros too.

    Halves are multiplied until one row is left.
    """
    axes = (0,) if dim is None else axes_of(x, dim)
    rows = x.reshape(-1) if dim is None else x
    out = _converted(_counted(rows), dtype, lambda x: _prod(x, axes[0] if rows.ndim else None))
    kept = tuple(1 if dim is None or i in axes else n for i, n in enumerate(x.shape))
    return out.reshape(kept) if keepdim else out


@in_single
def _prod(x: Tensor, dim: int | None) -> Tensor:
    if dim is None:
        return x.clone()
    while (n := x.shape[dim]) > 1:
        half = n // 2
        pairs = along(x, dim, slice(half)) * along(x, dim, slice(half, 2 * half))
        x = cat([pairs, along(x, dim, slice(2 * half, n))], dim) if n % 2 else pairs
    return along(x, dim, 0) if n else x.sum(dim) + 1


def _counted(x: Tensor) -> Tensor:
    """Booleans and whole numbers as int64, in which they are added and multiplied up."""
    return x if x.dtype.kind == "f" else x.to("int64")


def cumsum(x: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """The sums of the first elements along dim: of one, of two, …"""
    axes_of(x, dim)
    return _converted(x, dtype, lambda x: _cumsum(x, dim))


@op(x=lambda g, dim: _backwards(_cumsum(_backwards(g, dim), dim), dim))
def _cumsum(x: Any, dim: int) -> Any:
    dtype = "float32" if x.dtype == B.float16 else x.dtype if x.dtype.kind == "f" else "int64"
    out = x.cumsum(axis=dim, dtype=dtype).reshape(x.shape)
    return out.astype(x.dtype) if dtype == "float32" else out


def _backwards(x: Any, dim: int) -> Any:
    return reversed_along(x, (axis_of(dim, x.ndim),)) if x.ndim else x


def cumprod(x: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """The products of the first elements along dim: of one, of two, …, of whole numbers int64.

    Each step multiplies by what lies 1, 2, 4, … before; right gradients beside zeros too.
    """
    axes = axes_of(x, dim)
    if not axes:
        return _converted(_counted(x), dtype, lambda x: x.clone())
    return _converted(_counted(x), dtype, lambda x: _cumprod(x, axes[0]))


@in_single
def _cumprod(x: Tensor, dim: int) -> Tensor:
    n, step = x.shape[dim], 1
    x = x.clone()
    while step < n:
        first, earlier = along(x, dim, slice(step)), along(x, dim, slice(n - step))
        x = cat([first, along(x, dim, slice(step, n)) * earlier], dim)
        step *= 2
    return x


# -- variances and norms ---------------------------------------------------------------------------


@numpy_names
def var(
    x: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> Tensor:
    """Σ (x - mean)² / (n - correction); correction is 1, or 0 with unbiased=False.

    `x.var(False)` is x.var(unbiased=False), as in PyTorch.
    """
    return _moments("var", x, dim, unbiased, keepdim, correction)[0]


@numpy_names
def std(x: Tensor, *args: Any, **options: Any) -> Tensor:
    """√var, which says what the arguments are."""
    return std_mean(x, *args, **options)[0]


@numpy_names
def var_mean(
    x: Tensor,
    dim: Any = None,
    unbiased: bool | None = None,
    keepdim: bool = False,
    *,
    correction: float | None = None,
) -> tuple[Tensor, Tensor]:
    """var, which says what the arguments are, and mean."""
    return _moments("var_mean", x, dim, unbiased, keepdim, correction)


@numpy_names
@in_single
def std_mean(x: Tensor, *args: Any, **options: Any) -> tuple[Tensor, Tensor]:
    """std and mean; the arguments are var's."""
    variance, average = var_mean(x, *args, **options)
    return _root(variance), average


def _moments(name: str, x: Tensor, dim: Any, unbiased: Any, keepdim: bool, correction: Any) -> Any:
    """var and mean, of arguments in any of PyTorch's forms."""
    check_floats(name, x)
    if isinstance(dim, bool):
        if unbiased is not None:
            raise TypeError(f"{name}: {dim} stands where dim belongs")
        dim, unbiased = None, dim
    if correction is None:
        correction = 1 if unbiased is None else int(unbiased)
    elif unbiased is not None:
        raise TypeError(f"{name}: unbiased and correction exclude each other; give one")
    return _centred(x, axes_of(x, dim), keepdim, correction)


@in_single
def _centred(x: Tensor, axes: tuple[int, ...], keepdim: bool, correction: float) -> Any:
    average = reduce.mean(x, axes, True)
    centred = x - average
    count = builtins.max(math.prod(x.shape[i] for i in axes) - correction, 0)
    total = reduce.sum(centred * centred, axes, keepdim)
    return total / count, average if keepdim else average.reshape(total.shape)


@op(least=B.float32, x=lambda g, out: where(out == 0, 0.0, g / out * 0.5))
def _root(x: Any) -> Any:
    """√x, of slope 0 at 0: where all elements are alike, std pulls nowhere, as in PyTorch."""
    return B.xp.sqrt(x)


@numpy_names
def norm(
    x: Tensor,
    p: float | str | None = "fro",
    dim: Dims | None = None,
    keepdim: bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """(Σ |x|^p)^(1/p) over the axes dim (all by default); its gradient at 0 is 0.

    p: any number; 0 counts what is not 0, inf and -inf are the largest and smallest |x|; "fro" and
    None are 2. ValueError for another word, RuntimeError for whole numbers.
    """
    if isinstance(p, str) and p != "fro":
        raise ValueError(f"norm: p={p!r} is not here: give a number, inf, -inf or 'fro'")
    check_floats("norm", x)
    power = 2.0 if p in (None, "fro") else float(p)
    return _converted(x, dtype, lambda x: _norm_of(x, power, dim, keepdim))


def _norm_of(x: Tensor, p: float, dim: Any, keepdim: bool) -> Tensor:
    if p == 2:
        return reduce.norm(x, dim=dim, keepdim=keepdim)
    if math.isinf(p):
        return (amax if p > 0 else amin)(x.abs(), dim, keepdim)
    return _p_norm(x, p, axes_of(x, dim), keepdim)


@op(least=B.float32, x=lambda g, out, x, p, axes: _slope(g, out, x, p, axes))
def _p_norm(x: Any, p: float, axes: tuple[int, ...], keepdim: bool) -> Any:
    if p == 0:
        return (x != 0).sum(axis=axes, keepdims=keepdim).astype(x.dtype)
    return (B.xp.abs(x) ** p).sum(axis=axes, keepdims=keepdim) ** (1.0 / p)


def _slope(g: Any, out: Any, x: Any, p: float, axes: tuple[int, ...]) -> Any:
    """g · sign(x) · |x|^(p-1) · norm^(1-p), and 0 where p, x or the whole norm is 0."""
    if p == 0:
        return sign(x) * 0.0
    scale = where(out == 0, 0.0, where(out == 0, 1.0, out) ** (1.0 - p))
    return sign(x) * where(x == 0, 1.0, abs(x)) ** (p - 1.0) * spread(g * scale, x.shape, axes)
