"""Ops that act on each element alone, with their derivatives beside them.

Arguments broadcast against each other; `fit` sums a gradient back to the input's own shape. A
number stays a Python number, to which NumPy does not adapt an array: float32 stays float32.
"""

import math
from typing import Any

from minigan import backend as B
from minigan.autograd import op
from minigan.autograd.tensor import array_of
from minigan.ops.shape import fit

REAL = B.float32  # the `least` of formulas that make real numbers of whole ones


def formula(name: str, meaning: str, forward: Any, least: Any = B.boolean, **rules: Any) -> Any:
    """An op that is one formula, of arguments that broadcast."""
    forward.__name__ = forward.__qualname__ = name
    forward.__doc__ = meaning
    return op(fit=fit, least=least, **rules)(forward)


# name         meaning   formula            the gradient of each argument, given the result's: g
add = formula("add", "x + y", lambda x, y: x + y, x=lambda g: g, y=lambda g: g)
sub = formula("sub", "x - y", lambda x, y: x - y, x=lambda g: g, y=lambda g: -g)
mul = formula("mul", "x · y", lambda x, y: x * y, x=lambda g, y: g * y, y=lambda g, x: g * x)
div = formula(
    "div", "x / y", lambda x, y: x / y, REAL, x=lambda g, y: g / y, y=lambda g, out, y: -g * out / y
)
neg = formula("neg", "-x", lambda x: -x, x=lambda g: -g)
square = formula("square", "x²", lambda x: x * x, B.int64, x=lambda g, x: g * x * 2.0)
exp = formula("exp", "eˣ", lambda x: B.xp.exp(x), REAL, x=lambda g, out: g * out)
log = formula("log", "ln x", lambda x: B.xp.log(x), REAL, x=lambda g, x: g / x)
tanh = formula("tanh", "tanh x", lambda x: B.xp.tanh(x), REAL, x=lambda g, out: g * (1 - out * out))
sign = formula("sign", "-1, 0 or 1", lambda x: B.xp.sign(x), x=lambda g: g < g)  # never: 0
abs = formula("abs", "|x|, of slope 0 at 0", lambda x: B.xp.abs(x), x=lambda g, x: g * sign(x))

eq = formula("eq", "x = y", lambda x, y: x == y)
ne = formula("ne", "x ≠ y", lambda x, y: x != y)
lt = formula("lt", "x < y", lambda x, y: x < y)
le = formula("le", "x ≤ y", lambda x, y: x <= y)
gt = formula("gt", "x > y", lambda x, y: x > y)
ge = formula("ge", "x ≥ y", lambda x, y: x >= y)


@op(fit=fit, x=lambda g, x, y: g * y * x ** (y - 1) if y else g < g)  # of x⁰: 0, not 0·∞
def pow(x: Any, y: Any) -> Any:
    """x to the power of a number y"""
    return x**y


@op(least=REAL, x=lambda g, out: g * (out - out * out))
def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), precise in both tails"""
    e = B.xp.exp(-B.xp.abs(x))
    return B.xp.where(x >= 0, 1.0, e) / (e + 1.0)


@op(least=REAL, x=lambda g, x: g * sigmoid(x))
def softplus(x: Any) -> Any:
    """ln(1 + eˣ), without overflow"""
    return B.xp.maximum(x, 0.0) + B.xp.log1p(B.xp.exp(-B.xp.abs(x)))


@op(x=lambda g, out: leaky(g, array_of(out), 0.0))
def relu(x: Any) -> Any:
    """max(x, 0)"""
    return B.kernels.leaky(x, x, 0.0)


@op(least=REAL, x=lambda g, out, negative_slope: leaky(g, array_of(out), negative_slope))
def leaky_relu(x: Any, negative_slope: float = 0.01) -> Any:
    """x where x > 0, negative_slope · x elsewhere; by a slope above 0 the result keeps x's sign"""
    if not 0.0 < negative_slope < math.inf:
        raise ValueError("a slope is finite and above 0; of 0 it is relu, below see minigan.torch")
    return B.kernels.leaky(x, x, negative_slope)


@op(y=lambda g, x, slope: leaky(g, x, slope))
def leaky(y: Any, x: Any, slope: float) -> Any:
    """y where x > 0, slope · y elsewhere: linear in y and its own transpose; x an array"""
    return B.kernels.leaky(y, x, slope)


@op(x=lambda g, x, out: leaky(g, array_of(x == out), 0.0))
def clamp(x: Any, min: float | None = None, max: float | None = None) -> Any:
    """x held within [min, max]; outside, the derivative is 0"""
    larger = x if min is None else B.xp.maximum(x, min)
    return larger if max is None else B.xp.minimum(larger, max)
