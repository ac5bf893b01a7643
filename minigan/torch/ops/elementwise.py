"""Further ops that act on each element alone: choosing, remainders, powers, angles, logic."""

import math
from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor
from minigan.ops import elementwise
from minigan.ops.elementwise import formula, log
from minigan.ops.reduce import log_softmax
from minigan.ops.shape import fit
from minigan.torch.ops.checks import check_mask, check_number
from minigan.torch.ops.shape import numpy_names

# -- choosing --------------------------------------------------------------------------------------


def as_numbers(mask: Any, g: Any) -> Any:
    """A mask as 0 and 1 in the gradient's dtype."""
    return mask.astype(g.dtype)


@op(
    fit=fit,
    x=lambda g, condition: g * as_numbers(condition != 0, g),
    y=lambda g, condition: g * as_numbers(condition == 0, g),
)
def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, y elsewhere"""
    return B.xp.where(condition, x, y)


def masked_fill(x: Tensor, mask: Tensor, value: float) -> Tensor:
    """x with value put where the mask, a bool tensor that broadcasts with x, is true."""
    check_mask("masked_fill", mask)
    check_number("masked_fill", x, value)
    filled = where(mask, value, x)
    return filled if filled.dtype == x.dtype else filled.astype(x.dtype)


@op(
    fit=fit,
    x=lambda g, x, y: g * _share(x > y, x == y, g),
    y=lambda g, x, y: g * _share(y > x, x == y, g),
)
def maximum(x: Any, y: Any) -> Any:
    """The larger of two; equal ones share the gradient."""
    return B.xp.maximum(x, y)


@op(
    fit=fit,
    x=lambda g, x, y: g * _share(x < y, x == y, g),
    y=lambda g, x, y: g * _share(y < x, x == y, g),
)
def minimum(x: Any, y: Any) -> Any:
    """The smaller of two; equal ones share the gradient."""
    return B.xp.minimum(x, y)


def _share(wins: Any, ties: Any, g: Any) -> Any:
    """1 where this side wins, ½ where both are equal, in the gradient's dtype."""
    return as_numbers(wins, g) + as_numbers(ties, g) * 0.5


@op(fit=fit, x=lambda g, x, min, max: g * as_numbers(_inside(x, min, max), g))
def clamp(x: Any, min: Any = None, max: Any = None) -> Any:
    """x held within [min, max], either of which may be left out; outside, the derivative is 0"""
    x = x if min is None else B.xp.maximum(x, min)
    return x if max is None else B.xp.minimum(x, max)


def _inside(x: Any, low: Any, high: Any) -> Any:
    return (x >= (-math.inf if low is None else low)) & (x <= (math.inf if high is None else high))


def lerp(x: Tensor, end: Tensor, weight: Any) -> Tensor:
    """x + weight · (end - x): x at weight 0, end at 1"""
    return x + (end - x) * weight


# -- powers ----------------------------------------------------------------------------------------


def pow(x: Any, y: Any) -> Any:
    """x to the power y, each a tensor or a number"""
    return elementwise.pow(x, y) if isinstance(y, (int, float)) else _power(x, y)


@op(
    fit=fit,
    x=lambda g, x, y: g * y * pow(x, y - 1 + (y == 0)),  # 0, not 0·∞, for x⁰ at x = 0
    y=lambda g, out, x: g * out * _log_of_base(x),
)
def _power(x: Any, y: Any) -> Any:
    return x**y


def _log_of_base(x: Any) -> Any:
    """ln x where x > 0, else 0; the base of a power may be a number."""
    if isinstance(x, (int, float)):
        return math.log(x) if x > 0 else 0.0
    return log(where(x > 0, x, 1.0))


# -- one formula each, as in minigan/ops/elementwise.py --------------------------------------------

sqrt = formula("sqrt", "√x", lambda x: B.xp.sqrt(x), x=lambda g, out: g / out * 0.5)
rsqrt = formula(
    "rsqrt", "1 / √x", lambda x: 1.0 / B.xp.sqrt(x), x=lambda g, x, out: g * out * out * out * -0.5
)
reciprocal = formula("reciprocal", "1 / x", lambda x: 1.0 / x, x=lambda g, out: -g * out * out)
log2 = formula("log2", "log₂ x", lambda x: B.xp.log2(x), x=lambda g, x: g / (x * math.log(2.0)))
log10 = formula(
    "log10", "log₁₀ x", lambda x: B.xp.log10(x), x=lambda g, x: g / (x * math.log(10.0))
)
log1p = formula(
    "log1p", "ln(1 + x), precise near 0", lambda x: B.xp.log1p(x), x=lambda g, x: g / (x + 1.0)
)
expm1 = formula(
    "expm1", "eˣ - 1, precise near 0", lambda x: B.xp.expm1(x), x=lambda g, out: g * (out + 1.0)
)
sin = formula("sin", "sin x", lambda x: B.xp.sin(x), x=lambda g, x: g * cos(x))
cos: Any = formula("cos", "cos x", lambda x: B.xp.cos(x), x=lambda g, x: -g * sin(x))
tan = formula("tan", "tan x", lambda x: B.xp.tan(x), x=lambda g, out: g * (out * out + 1.0))
acos = formula(
    "acos",
    "the angle in [0, π] whose cosine is x",
    lambda x: B.xp.arccos(x),
    x=lambda g, x: -g * rsqrt(1.0 - x * x),
)
atan = formula(
    "atan",
    "the angle in [-π/2, π/2] whose tangent is x",
    lambda x: B.xp.arctan(x),
    x=lambda g, x: g / (x * x + 1.0),
)
floor_div = formula("floor_div", "⌊x / y⌋", lambda x, y: x // y)
remainder = formula(
    "remainder",
    "x - y·⌊x / y⌋",
    lambda x, y: x % y,
    x=lambda g: g,
    y=lambda g, x, y: -g * floor_div(x, y),
)

# Those of whole numbers and of yes or no end the graph.
floor = formula("floor", "⌊x⌋", lambda x: B.xp.floor(x))
ceil = formula("ceil", "⌈x⌉", lambda x: B.xp.ceil(x))
round = formula("round", "the nearest whole number, halves to even", lambda x: B.xp.round(x))
isnan = formula("isnan", "whether x is not a number", lambda x: B.xp.isnan(x))
isinf = formula("isinf", "whether x is infinite", lambda x: B.xp.isinf(x))
isfinite = formula("isfinite", "whether x is an ordinary number", lambda x: B.xp.isfinite(x))
logical_and = formula("logical_and", "both are not 0", lambda x, y: B.xp.logical_and(x, y))
logical_or = formula("logical_or", "one of both is not 0", lambda x, y: B.xp.logical_or(x, y))
logical_not = formula("logical_not", "x is 0", lambda x: B.xp.logical_not(x))
bitwise_and = formula("bitwise_and", "x & y", lambda x, y: x & y)
bitwise_or = formula("bitwise_or", "x | y", lambda x, y: x | y)
bitwise_not = formula("bitwise_not", "~x", lambda x: ~x)


# -- along an axis ---------------------------------------------------------------------------------


def logsumexp(x: Tensor, dim: int | tuple[int, ...], keepdim: bool = False) -> Tensor:
    """ln Σ exp(x) along dim, shifted by the maximum so that nothing overflows."""
    top = x.detach().amax(dim, True)
    total = (x - where(isfinite(top), top, 0.0)).exp().sum(dim, True)  # ∞ - ∞ is no number
    total = where(total == 0.0, 1.0, total).log() + top  # a row of -∞ has the sum 0
    return total if keepdim else total.squeeze(dim)


@numpy_names
def softmax(x: Tensor, dim: int) -> Tensor:
    """exp(x) / Σ exp(x) along dim."""
    return log_softmax(x, dim).exp()
