"""The gradient of a rectifier as a product: NumPy's where() takes ten times as long."""

from typing import Any

from minigan import backend as B


def leaky(y: Any, x: Any, slope: float) -> Any:
    """backend/plain.py's leaky."""

    def formula(y: Any, x: Any) -> Any:
        if slope:  # a factor, 1 or slope
            factor = B.xp.asarray(x > 0).astype(y.dtype)
            factor *= 1.0 - slope
            factor += slope
            return B.xp.multiply(factor, y, out=factor)
        bits = f"i{y.dtype.itemsize}"  # a factor, 1 or 0, of y's bits as a whole number: 0·∞ is 0
        factor = B.xp.asarray(B.xp.logical_not(x <= 0)).astype(bits)
        return B.xp.multiply(factor, y.view(bits), out=factor).view(y.dtype)

    return B.kernels.elementwise(formula, y, x)
