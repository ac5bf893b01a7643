"""Ops whose results are steps, of slope 0, and those that say yes or no, which end the graph."""

from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor
from minigan.ops.elementwise import formula
from minigan.ops.shape import axes_of, fit
from minigan.torch.ops.shape import Dims, numpy_names

# -- rounded --------------------------------------------------------------------------------------


def none_of(g: Any) -> Any:
    """0 for a gradient, whatever it is: the slope of a step."""
    return g < g


sign = formula("sign", "-1, 0 or 1", lambda x: _sign(x), x=lambda g: none_of(g))
floor = formula("floor", "⌊x⌋", lambda x: _whole(B.xp.floor, x), x=lambda g: none_of(g))
ceil = formula("ceil", "⌈x⌉", lambda x: _whole(B.xp.ceil, x), x=lambda g: none_of(g))
trunc = formula(
    "trunc", "x without its fraction", lambda x: _whole(B.xp.trunc, x), x=lambda g: none_of(g)
)


def _sign(x: Any) -> Any:
    if x.dtype == bool:  # of which CuPy makes int8
        raise TypeError("bool has none; use x.float()")
    return B.xp.sign(x)


def _whole(rounded: Any, x: Any) -> Any:
    """rounded(x); whole numbers are as they are."""
    if x.dtype == bool:
        raise TypeError("booleans are not rounded; convert them, by x.float()")
    return rounded(x) if x.dtype.kind == "f" else x.copy()


@op(fit=fit, x=lambda g: none_of(g))
def _round(x: Any, decimals: int) -> Any:
    return _whole(lambda x: B.xp.round(x, decimals), x)


def round(x: Tensor, *, decimals: int = 0) -> Tensor:
    """the nearest number of so many decimals, halves to even"""
    return _round(x, decimals)


# -- quotients -------------------------------------------------------------------------------------


def _divisor(x: Any, y: Any) -> Any:
    """y, unless whole numbers are divided by 0; of a GPU's array unseen, looking makes it wait."""
    if B.xp.result_type(x, y) == "bool":
        raise TypeError("booleans have no quotients; convert them, by x.float()")
    seen = 0 not in getattr(x, "shape", ()) and (B.name == "numpy" or not hasattr(y, "dtype"))
    if seen and B.xp.result_type(x, y).kind != "f" and not B.numpy.all(y):
        raise RuntimeError("whole numbers divided by 0; of x.float() it would be inf or nan")
    return y


def _towards_zero(x: Any, y: Any) -> Any:
    if B.xp.result_type(x, y).kind == "f":
        return B.xp.trunc(x / y)
    return (x - B.xp.fmod(x, _divisor(x, y))) // y


def _modulo(x: Any, y: Any) -> Any:
    """x % y of y's sign; CuPy's own, x - y·⌊x / y⌋, makes NaN of an infinite y."""
    y = _divisor(x, y)
    if B.xp is B.numpy or "f" not in {getattr(v, "dtype", B.boolean).kind for v in (x, y)}:
        return x % y
    rest = B.xp.fmod(x, y)
    return B.xp.where((rest != 0) & ((rest < 0) != (y < 0)), rest + y, rest)


floor_div = formula(
    "floor_div",
    "⌊x / y⌋",
    lambda x, y: x // _divisor(x, y),
    x=lambda g: none_of(g),
    y=lambda g: none_of(g),
)
trunc_div = formula(
    "trunc_div",
    "x / y without its fraction",
    _towards_zero,
    x=lambda g: none_of(g),
    y=lambda g: none_of(g),
)
remainder = formula(
    "remainder",
    "x - y·⌊x / y⌋",
    _modulo,
    x=lambda g: g,
    y=lambda g, x, y: -g * floor_div(x, y),
)
fmod = formula(
    "fmod",
    "x - y·trunc(x / y), of the sign of x",
    lambda x, y: B.xp.fmod(x, _divisor(x, y)),
    x=lambda g: g,
    y=lambda g, x, y: -g * trunc_div(x, y),
)

# -- yes or no -------------------------------------------------------------------------------------

isnan = formula("isnan", "whether x is not a number", lambda x: B.xp.isnan(x))
isinf = formula("isinf", "whether x is infinite", lambda x: B.xp.isinf(x))
isfinite = formula("isfinite", "whether x is an ordinary number", lambda x: B.xp.isfinite(x))
logical_and = formula("logical_and", "both are not 0", lambda x, y: B.xp.logical_and(x, y))
logical_or = formula("logical_or", "one of both is not 0", lambda x, y: B.xp.logical_or(x, y))
logical_xor = formula("logical_xor", "one alone is not 0", lambda x, y: B.xp.logical_xor(x, y))
logical_not = formula("logical_not", "x is 0", lambda x: B.xp.logical_not(x))
bitwise_and = formula("bitwise_and", "x & y", lambda x, y: x & y)
bitwise_or = formula("bitwise_or", "x | y", lambda x, y: x | y)
bitwise_xor = formula("bitwise_xor", "x ^ y", lambda x, y: x ^ y)
bitwise_not = formula("bitwise_not", "~x", lambda x: ~x)

# -- all and any -----------------------------------------------------------------------------------


@numpy_names
@op(least=None)
def all(x: Any, dim: Dims | None = None, keepdim: bool = False) -> Any:
    """Whether every element along dim is true."""
    return _truth(x, x.all(axis=_axes(x, dim), keepdims=keepdim))


@numpy_names
@op(least=None)
def any(x: Any, dim: Dims | None = None, keepdim: bool = False) -> Any:
    """Whether some element along dim is true."""
    return _truth(x, x.any(axis=_axes(x, dim), keepdims=keepdim))


def _axes(x: Any, dim: Any) -> Any:
    """dim as the array libraries take it: a number has no axis, not even axis 0; () is none."""
    return () if dim in ((), []) else None if dim is None else axes_of(x, dim)


def _truth(x: Any, found: Any) -> Any:
    """Booleans; of uint8, PyTorch's booleans of old, again uint8."""
    return found.astype(x.dtype) if x.dtype == "uint8" else found


def equal(x: Tensor, y: Tensor) -> bool:
    """Whether both have the same shape and the same elements."""
    return x.shape == y.shape and bool(all(x == y))


@op()
def _isclose(x: Any, y: Any, rtol: float, atol: float, equal_nan: bool) -> Any:
    return B.xp.isclose(x, y, rtol, atol, equal_nan)


def isclose(
    x: Tensor, y: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> Tensor:
    """Whether |x - y| ≤ atol + rtol · |y|, element by element; ∞ is close to itself alone, and
    what is no number to nothing, unless equal_nan. TypeError for different dtypes.
    """
    if x.dtype != y.dtype:
        raise TypeError(f"isclose: {x.dtype} and {y.dtype} differ; convert one, as y.to(x.dtype)")
    return _isclose(x, y, rtol, atol, equal_nan)


def allclose(
    x: Tensor, y: Tensor, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False
) -> bool:
    """Whether isclose everywhere."""
    return bool(all(isclose(x, y, rtol, atol, equal_nan)))
