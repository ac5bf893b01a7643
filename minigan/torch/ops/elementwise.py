"""Further ops that act on each element alone: choosing, dividing, powers, angles."""

import builtins
import functools
import importlib
import math
from typing import Any

from minigan import backend as B
from minigan.autograd.op import common_type, op
from minigan.autograd.tensor import Tensor, array_of, wrap
from minigan.errors import MisfitError
from minigan.ops import elementwise as plain
from minigan.ops.elementwise import REAL, exp, formula, log
from minigan.ops.shape import clone, fit
from minigan.torch.ops.refused import check_learned, check_mask, check_number
from minigan.torch.ops.steps import floor_div, isfinite, trunc_div

# -- choosing --------------------------------------------------------------------------------------


@op(
    least=None,
    fit=fit,
    x=lambda g, condition: where(condition, g, 0.0),
    y=lambda g, condition: where(condition, 0.0, g),
)
def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, y elsewhere"""
    if condition.dtype.kind not in "bu":  # uint8 were PyTorch's booleans once
        raise RuntimeError(f"where: the condition is {condition.dtype}; give a bool one, as x != 0")
    dtype = common_type((x, y))
    return B.xp.where(condition, B.xp.asarray(x, dtype), B.xp.asarray(y, dtype))


def masked_fill(x: Tensor, mask: Tensor, value: float) -> Tensor:
    """x with value, a number converted to x's dtype, put where the mask is true."""
    check_mask("masked_fill", mask)
    check_number("masked_fill", x, value)
    check_learned("masked_fill", x, value)
    if isinstance(value, Tensor):
        return where(mask, value.to(x.dtype), x)
    return where(mask, x.dtype.type(value), x)


@op(fit=fit, x=lambda g, x, y: _share(g, x < y, x == y), y=lambda g, x, y: _share(g, y < x, x == y))
def maximum(x: Any, y: Any) -> Any:
    """The larger of two; equal ones share the gradient."""
    return B.xp.maximum(x, y)


@op(fit=fit, x=lambda g, x, y: _share(g, x > y, x == y), y=lambda g, x, y: _share(g, y > x, x == y))
def minimum(x: Any, y: Any) -> Any:
    """The smaller of two; equal ones share the gradient."""
    return B.xp.minimum(x, y)


def _share(g: Any, loses: Any, ties: Any) -> Any:
    """0 where this side loses, half of g where both are equal, else g."""
    return where(ties, g * 0.5, where(loses, 0.0, g))


def clamp(x: Tensor, min: Any = None, max: Any = None) -> Tensor:
    """x held within [min, max], numbers or tensors, of which one may be left out.

    Outside the bounds x has gradient 0, and a bound that is a tensor the whole one.
    """
    if min is None and max is None:
        raise MisfitError("clamp: give a min, a max, or both")
    tensors = isinstance(min, Tensor) or isinstance(max, Tensor)
    if tensors or (min is not None and max is not None and min > max):
        return _clamp(x, min, max)
    return plain.clamp(x, min, max)


def clamp_min(x: Tensor, min: Any) -> Tensor:
    """x, or min where that is larger."""
    return clamp(x, min)


def clamp_max(x: Tensor, max: Any) -> Tensor:
    """x, or max where that is less."""
    return clamp(x, None, max)


@op(
    fit=fit,
    x=lambda g, x, low, high: where((x >= _least(low)) & (x <= _most(high)), g, 0.0),
    low=lambda g, x, low, high: where((x < low) & (True if high is None else low < high), g, 0.0),
    high=lambda g, x, low, high: where((x > high) | (_least(low) > high), g, 0.0),
)
def _clamp(x: Any, low: Any, high: Any) -> Any:
    larger = x if low is None else B.xp.maximum(x, low)
    return larger if high is None else B.xp.minimum(larger, high)


def _least(low: Any) -> Any:
    return -math.inf if low is None else low


def _most(high: Any) -> Any:
    return math.inf if high is None else high


def nan_to_num(
    x: Tensor, nan: float = 0.0, posinf: float | None = None, neginf: float | None = None
) -> Tensor:
    """x with numbers for what is none, and for ∞ and -∞, by default the largest and the least of
    its dtype; of slope 0 there. Whole numbers are as they are.
    """
    if x.dtype.kind != "f":
        return clone(x)
    bounds = B.xp.finfo(x.dtype)
    large = bounds.max if posinf is None else posinf
    small = bounds.min if neginf is None else neginf
    return _numbers(x, *map(float, (nan, large, small)))


@op(fit=fit, x=lambda g, x: where(isfinite(x), g, 0.0))
def _numbers(x: Any, nan: float, large: float, small: float) -> Any:
    return B.xp.nan_to_num(x, nan=nan, posinf=large, neginf=small)


def lerp(x: Tensor, end: Tensor, weight: Any) -> Tensor:
    """x + weight · (end - x), of floats of one dtype: exactly x at weight 0, end at 1."""
    if x.dtype.kind != "f" or end.dtype != x.dtype:
        raise RuntimeError(
            f"lerp: takes two tensors of one float dtype, not {x.dtype}, {end.dtype}"
        )
    step = end - x
    if isinstance(weight, Tensor):
        return where(weight.abs() < 0.5, x + step * weight, end - step * (1.0 - weight))
    return x + step * weight if builtins.abs(weight) < 0.5 else end - step * (1.0 - weight)


# -- sums and quotients ----------------------------------------------------------------------------


def add(x: Any, y: Any, *, alpha: Any = 1) -> Tensor:
    """x + alpha · y"""
    return plain.add(x, times("add", x, y, alpha))


def sub(x: Any, y: Any, *, alpha: Any = 1) -> Tensor:
    """x - alpha · y"""
    return plain.sub(x, times("sub", x, y, alpha))


def times(name: str, x: Any, y: Any, alpha: Any) -> Any:
    """alpha · y, which is of the dtype that the sum will have; y itself for 1."""
    if alpha == 1:
        return y
    if getattr(x, "dtype", 0) == getattr(y, "dtype", 1) == B.float32:  # the usual case, and quick
        return y * alpha
    common = common_type(array_of(value) for value in (x, y))
    if common == "bool" or (common.kind != "f" and isinstance(alpha, float)):
        raise RuntimeError(f"{name}: alpha={alpha} of {common} tensors; convert them, by x.float()")
    return (y.to(common) if isinstance(y, Tensor) else y) * alpha


def div(x: Any, y: Any, *, rounding_mode: str | None = None) -> Tensor:
    """x / y, or rounded to a whole number: towards 0 by "trunc", down by "floor"."""
    if rounding_mode is None:
        return plain.div(x, y)
    if rounding_mode not in ("trunc", "floor"):
        raise ValueError(f"div: rounding_mode={rounding_mode!r} is none of None, 'trunc', 'floor'")
    return (floor_div if rounding_mode == "floor" else trunc_div)(x, y)


# -- powers ----------------------------------------------------------------------------------------


def pow(x: Any, y: Any) -> Any:
    """x to the power y, each a tensor or a number; of booleans there is none"""
    if not isinstance(y, (int, float)):
        return _power(x, y)
    return _power(x, wrap(B.xp.asarray(y))) if isinstance(y, bool) else plain.pow(x, y)


@op(
    fit=fit,
    x=lambda g, x, y: where(y == 0, 0.0, g * y * pow(x, y - 1)),
    y=lambda g, out, x, y: where((x == 0) & (y >= 0), 0.0, g * out * log(x * 1.0)),
)
def _power(x: Any, y: Any) -> Any:
    if B.xp.result_type(x, y) == "bool":
        raise TypeError("there are no powers of booleans; convert them, by x.float()")
    return x**y


# -- one formula each, as in minigan/ops/elementwise.py --------------------------------------------

real = functools.partial(formula, least=REAL)

sqrt = real("sqrt", "√x", lambda x: B.xp.sqrt(x), x=lambda g, out: g / out * 0.5)
rsqrt = real(
    "rsqrt", "1 / √x", lambda x: 1.0 / B.xp.sqrt(x), x=lambda g, out: g * out * out * out * -0.5
)
reciprocal = real("reciprocal", "1 / x", lambda x: 1.0 / x, x=lambda g, out: -g * out * out)
log2 = real("log2", "log₂ x", lambda x: B.xp.log2(x), x=lambda g, x: g / (x * math.log(2.0)))
log10 = real("log10", "log₁₀ x", lambda x: B.xp.log10(x), x=lambda g, x: g / (x * math.log(10.0)))
log1p = real(
    "log1p", "ln(1 + x), precise near 0", lambda x: B.xp.log1p(x), x=lambda g, x: g / (x + 1.0)
)
expm1 = real(
    "expm1", "eˣ - 1, precise near 0", lambda x: B.xp.expm1(x), x=lambda g, out: g * (out + 1.0)
)
sinh = real("sinh", "(eˣ - e⁻ˣ) / 2", lambda x: B.xp.sinh(x), x=lambda g, x: g * cosh(x))
cosh: Any = real("cosh", "(eˣ + e⁻ˣ) / 2", lambda x: B.xp.cosh(x), x=lambda g, x: g * sinh(x))
sin = real("sin", "sin x", lambda x: B.xp.sin(x), x=lambda g, x: g * cos(x))
cos: Any = real("cos", "cos x", lambda x: B.xp.cos(x), x=lambda g, x: -g * sin(x))
tan = real("tan", "tan x", lambda x: B.xp.tan(x), x=lambda g, out: g * (out * out + 1.0))
asin = real(
    "asin",
    "the angle in [-π/2, π/2] whose sine is x",
    lambda x: B.xp.arcsin(x),
    x=lambda g, x: g * rsqrt(1.0 - x * x),
)
acos = real(
    "acos",
    "the angle in [0, π] whose cosine is x",
    lambda x: B.xp.arccos(x),
    x=lambda g, x: -g * rsqrt(1.0 - x * x),
)
atan = real(
    "atan",
    "the angle in [-π/2, π/2] whose tangent is x",
    lambda x: B.xp.arctan(x),
    x=lambda g, x: g / (x * x + 1.0),
)
erf = real(
    "erf",
    "2/√π · ∫₀ˣ exp(-t²) dt",
    lambda x: _special().erf(x).astype(x.dtype, copy=False),
    x=lambda g, x: g * exp(-x * x) * (2.0 / math.sqrt(math.pi)),
)
atan2 = real(
    "atan2",
    "the angle in [-π, π] of the point (y, x)",
    lambda y, x: B.xp.arctan2(y, x),
    y=lambda g, y, x: _per_square(g * x, x, y),
    x=lambda g, y, x: _per_square(-g * y, x, y),
)


def _special() -> Any:
    """The functions that the array libraries keep elsewhere."""
    return importlib.import_module("scipy.special" if B.xp is B.numpy else "cupyx.scipy.special")


def _per_square(g: Any, x: Any, y: Any) -> Any:
    """g / (x² + y²), and 0 at the point (0, 0), which has no direction."""
    x, y = x * 1.0, y * 1.0  # small whole numbers have small squares only
    square = x * x + y * y
    return where(square == 0, 0.0, g / square)
