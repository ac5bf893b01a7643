"""Ops that act on each element alone, with their derivatives beside them.

Arguments broadcast against each other; `fit` sums a gradient back to the input's own shape. A
number stays a weak Python scalar, so that float32 stays float32.
"""

import functools
import math
from collections.abc import Callable
from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor
from minigan.ops.shape import fit, numpy_names

elementwise: Callable[..., Callable[[Any], Any]] = functools.partial(op, fit=fit)


# -- choosing --------------------------------------------------------------------------------------


@elementwise(
    x=lambda g, condition: g * _as(condition, g),
    y=lambda g, condition: g * _as(~condition, g),
)
def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, y elsewhere"""
    return B.xp.where(condition, x, y)


def _as(mask: Any, g: Any) -> Any:
    """A mask as 0 and 1 in the gradient's dtype."""
    return mask.astype(g.dtype)


# -- arithmetic ------------------------------------------------------------------------------------


@elementwise(x=lambda g: g, y=lambda g: g)
def add(x: Any, y: Any) -> Any:
    """x + y"""
    return x + y


@elementwise(x=lambda g: g, y=lambda g: -g)
def sub(x: Any, y: Any) -> Any:
    """x - y"""
    return x - y


@elementwise(x=lambda g, y: g * y, y=lambda g, x: g * x)
def mul(x: Any, y: Any) -> Any:
    """x · y"""
    return x * y


@elementwise(x=lambda g, y: g / y, y=lambda g, out, y: -g * out / y)
def div(x: Any, y: Any) -> Any:
    """x / y"""
    return x / y


@elementwise(
    x=lambda g, x, y: g * y * x ** (y - 1 + (y == 0)),  # 0, not 0·∞, for x⁰ at x = 0
    y=lambda g, out, x: g * out * _log_of_base(x),
)
def pow(x: Any, y: Any) -> Any:
    """x to the power y"""
    return x**y


def _log_of_base(x: Any) -> Any:
    """ln x where x > 0, else 0; the base of a power may be a number."""
    if isinstance(x, (int, float)):
        return math.log(x) if x > 0 else 0.0
    return log(where(x > 0, x, 1.0))


@op(x=lambda g: -g)
def neg(x: Any) -> Any:
    """-x"""
    return -x


@op(x=lambda g, x: g * sign(x))
def abs(x: Any) -> Any:
    """|x|; the derivative at 0 is 0"""
    return B.xp.abs(x)


@op()
def sign(x: Any) -> Any:
    """-1, 0 or 1"""
    return B.xp.sign(x)


@elementwise()
def floor_div(x: Any, y: Any) -> Any:
    """⌊x / y⌋"""
    return x // y


@elementwise(x=lambda g: g, y=lambda g, x, y: -g * floor_div(x, y))
def remainder(x: Any, y: Any) -> Any:
    """x - y·⌊x / y⌋"""
    return x % y


# -- powers, exponentials, angles ------------------------------------------------------------------


@op(x=lambda g, x: g * x * 2.0)
def square(x: Any) -> Any:
    """x²"""
    return x * x


@op(x=lambda g, out: g / out * 0.5)
def sqrt(x: Any) -> Any:
    """√x"""
    return B.xp.sqrt(x)


@op(x=lambda g, x, out: g * out / x * -0.5)
def rsqrt(x: Any) -> Any:
    """1 / √x"""
    return 1.0 / B.xp.sqrt(x)


@op(x=lambda g, out: -g * out * out)
def reciprocal(x: Any) -> Any:
    """1 / x"""
    return 1.0 / x


@op(x=lambda g, out: g * out)
def exp(x: Any) -> Any:
    """eˣ"""
    return B.xp.exp(x)


@op(x=lambda g, x: g / x)
def log(x: Any) -> Any:
    """ln x"""
    return B.xp.log(x)


@op(x=lambda g, x: g / (x * math.log(2.0)))
def log2(x: Any) -> Any:
    """log₂ x"""
    return B.xp.log2(x)


@op(x=lambda g, x: g / (x * math.log(10.0)))
def log10(x: Any) -> Any:
    """log₁₀ x"""
    return B.xp.log10(x)


@op(x=lambda g, out: g * (out + 1.0))
def expm1(x: Any) -> Any:
    """eˣ - 1, precise near 0"""
    return B.xp.expm1(x)


@op(x=lambda g, x: g / (x + 1.0))
def log1p(x: Any) -> Any:
    """ln(1 + x), precise near 0"""
    return B.xp.log1p(x)


@op(x=lambda g, x: g * cos(x))
def sin(x: Any) -> Any:
    """sin x"""
    return B.xp.sin(x)


@op(x=lambda g, x: -g * sin(x))
def cos(x: Any) -> Any:
    """cos x"""
    return B.xp.cos(x)


@op(x=lambda g, out: g * (out * out + 1.0))
def tan(x: Any) -> Any:
    """tan x"""
    return B.xp.tan(x)


@op(x=lambda g, x: g / (x * x + 1.0))
def atan(x: Any) -> Any:
    """the angle in [-π/2, π/2] whose tangent is x"""
    return B.xp.arctan(x)


@op(x=lambda g, x: -g * rsqrt(1.0 - x * x))
def acos(x: Any) -> Any:
    """the angle in [0, π] whose cosine is x"""
    return B.xp.arccos(x)


# -- the larger, the smaller -----------------------------------------------------------------------


@elementwise(
    x=lambda g, x, y: g * _share(x > y, x == y, g),
    y=lambda g, x, y: g * _share(y > x, x == y, g),
)
def maximum(x: Any, y: Any) -> Any:
    """The larger of two; equal ones share the gradient."""
    return B.xp.maximum(x, y)


@elementwise(
    x=lambda g, x, y: g * _share(x < y, x == y, g),
    y=lambda g, x, y: g * _share(y < x, x == y, g),
)
def minimum(x: Any, y: Any) -> Any:
    """The smaller of two; equal ones share the gradient."""
    return B.xp.minimum(x, y)


def _share(wins: Any, ties: Any, g: Any) -> Any:
    """1 where this side wins, ½ where both are equal, in the gradient's dtype."""
    return _as(wins, g) + _as(ties, g) * 0.5


@op(x=lambda g, x, min, max: g * _as(_inside(x, min, max), g))
def clamp(x: Any, min: float | None = None, max: float | None = None) -> Any:
    """x held within [min, max]; outside, the derivative is 0"""
    x = x if min is None else B.xp.maximum(x, min)
    return x if max is None else B.xp.minimum(x, max)


def _inside(x: Any, low: float | None, high: float | None) -> Any:
    return (x >= (-math.inf if low is None else low)) & (x <= (math.inf if high is None else high))


def lerp(x: Tensor, end: Tensor, weight: Any) -> Tensor:
    """x + weight · (end - x): x at weight 0, end at 1"""
    return x + (end - x) * weight


def masked_fill(x: Tensor, mask: Tensor, value: float) -> Tensor:
    """x with value put where the mask is true."""
    return where(mask, value, x)


# -- comparisons and logic: booleans, no gradient --------------------------------------------------


@op()
def eq(x: Any, y: Any) -> Any:
    """x = y"""
    return x == y


@op()
def ne(x: Any, y: Any) -> Any:
    """x ≠ y"""
    return x != y


@op()
def lt(x: Any, y: Any) -> Any:
    """x < y"""
    return x < y


@op()
def le(x: Any, y: Any) -> Any:
    """x ≤ y"""
    return x <= y


@op()
def gt(x: Any, y: Any) -> Any:
    """x > y"""
    return x > y


@op()
def ge(x: Any, y: Any) -> Any:
    """x ≥ y"""
    return x >= y


@op()
def logical_and(x: Any, y: Any) -> Any:
    """both"""
    return x & y


@op()
def logical_or(x: Any, y: Any) -> Any:
    """either"""
    return x | y


@op()
def logical_not(x: Any) -> Any:
    """not x"""
    return ~x


@op()
def isnan(x: Any) -> Any:
    """whether x is not a number"""
    return B.xp.isnan(x)


@op()
def isinf(x: Any) -> Any:
    """whether x is infinite"""
    return B.xp.isinf(x)


@op()
def isfinite(x: Any) -> Any:
    """whether x is neither infinite nor not a number"""
    return B.xp.isfinite(x)


@op()
def floor(x: Any) -> Any:
    """⌊x⌋"""
    return B.xp.floor(x)


@op()
def ceil(x: Any) -> Any:
    """⌈x⌉"""
    return B.xp.ceil(x)


@op()
def round(x: Any) -> Any:
    """x to the nearest whole number, halves to even"""
    return B.xp.rint(x)


# -- activations -----------------------------------------------------------------------------------


@op(x=lambda g, out: g * (1.0 - out * out))
def tanh(x: Any) -> Any:
    """tanh x"""
    return B.xp.tanh(x)


@op(x=lambda g, out: g * (out - out * out))
def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), precise in both tails"""
    e = B.xp.exp(B.xp.abs(x) * -1.0)  # not -|x|: unsigned numbers and booleans have no negative
    return B.xp.where(x >= 0, 1.0, e) / (e + 1.0)


@op(x=lambda g, out: leaky(g, out, 0.0))
def relu(x: Any) -> Any:
    """max(x, 0)"""
    return B.kernels.elementwise(lambda x: B.xp.maximum(x, 0.0), x)


@op(x=lambda g, x, negative_slope: leaky(g, x, negative_slope))
def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """x where x > 0, negative_slope · x elsewhere"""
    if 0.0 <= negative_slope <= 1.0:
        return B.kernels.elementwise(lambda x: B.xp.maximum(x, x * negative_slope), x)
    return leaky.op.forward(x, x, negative_slope)  # type: ignore[attr-defined]


@op(y=lambda g, x, slope: leaky(g, x, slope))
def leaky(y: Any, x: Any, slope: float) -> Any:
    """y where x > 0, slope · y elsewhere: linear in y, and its own transpose"""

    def formula(y: Any, x: Any) -> Any:
        factor = (x > 0).astype(y.dtype)
        if slope:
            factor *= 1.0 - slope
            factor += slope
        factor *= y
        return factor

    return B.kernels.elementwise(formula, y, x)


@op(x=lambda g, x: g * sigmoid(x))
def softplus(x: Any) -> Any:
    """ln(1 + eˣ), without overflow"""
    return B.xp.maximum(x, 0.0) + B.xp.log1p(B.xp.exp(B.xp.abs(x) * -1.0))


def logsumexp(x: Tensor, dim: int | tuple[int, ...], keepdim: bool = False) -> Tensor:
    """ln Σ exp(x) along dim, shifted by the maximum so that nothing overflows."""
    top = x.detach().amax(dim, True)
    total = (x - top).exp().sum(dim, True).log() + top
    return total if keepdim else total.squeeze(dim)


@op(x=lambda g, out, dim: g - exp(out) * _total(g, dim))
def log_softmax(x: Any, dim: int = -1) -> Any:
    """x - ln Σ exp(x) along dim."""
    shifted = x - x.max(axis=dim, keepdims=True)
    return shifted - B.xp.log(B.xp.exp(shifted).sum(axis=dim, keepdims=True))


def _total(g: Any, dim: int) -> Any:
    return g.sum(dim).reshape(*(1 if i == dim % g.ndim else n for i, n in enumerate(g.shape)))


@numpy_names
def softmax(x: Tensor, dim: int = -1) -> Tensor:
    """exp(x) / Σ exp(x) along dim."""
    return log_softmax(x, dim).exp()
