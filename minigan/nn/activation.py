"""Activations as modules: functions without parameters. The formulas are in minigan.ops."""

from minigan.autograd.tensor import Tensor
from minigan.nn import functional as F
from minigan.nn.module import Module


class ReLU(Module):
    """max(x, 0). `inplace` is accepted and ignored: what backward needs is never overwritten."""

    def __init__(self, inplace: bool = False):
        pass

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x)


class LeakyReLU(Module):
    """x where x > 0, negative_slope · x elsewhere. `inplace` is accepted and ignored."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False):
        self.negative_slope = negative_slope

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}"


class ELU(Module):
    """x where x > 0, alpha · (eˣ - 1) elsewhere. `inplace` is accepted and ignored."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        self.alpha = alpha

    def forward(self, x: Tensor) -> Tensor:
        return F.elu(x, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}"


class SiLU(Module):
    """x · sigmoid(x). `inplace` is accepted and ignored."""

    def __init__(self, inplace: bool = False):
        pass

    def forward(self, x: Tensor) -> Tensor:
        return F.silu(x)


class Tanh(Module):
    """tanh x"""

    def forward(self, x: Tensor) -> Tensor:
        return F.tanh(x)


class Sigmoid(Module):
    """1 / (1 + e⁻ˣ)"""

    def forward(self, x: Tensor) -> Tensor:
        return F.sigmoid(x)


class Softplus(Module):
    """ln(1 + eˣ)"""

    def forward(self, x: Tensor) -> Tensor:
        return F.softplus(x)


class Softmax(Module):
    """exp(x) / Σ exp(x) along dim"""

    def __init__(self, dim: int = -1):
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return F.softmax(x, self.dim)


class LogSoftmax(Module):
    """x - ln Σ exp(x) along dim"""

    def __init__(self, dim: int = -1):
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return F.log_softmax(x, self.dim)


class Identity(Module):
    """x; takes and ignores any arguments"""

    def __init__(self, *_: object, **__: object):
        pass

    def forward(self, x: Tensor) -> Tensor:
        return x
