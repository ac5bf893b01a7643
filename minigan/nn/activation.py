"""Activations as modules: functions without parameters. The formulas are in minigan.ops."""

from minigan.autograd.tensor import Tensor
from minigan.nn import functional as F
from minigan.nn.module import Module, Parameter
from minigan.ops.creation import full


def inplace_of(layer: Module) -> str:
    """ ", inplace=True" where it was asked for."""
    return ", inplace=True" if getattr(layer, "inplace", False) else ""


class ReLU(Module):
    """max(x, 0). `inplace` is accepted and ignored: what backward needs is never overwritten."""

    def __init__(self, inplace: bool = False):
        self.inplace = inplace

    def extra_repr(self) -> str:
        return inplace_of(self).removeprefix(", ")

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x)


class LeakyReLU(Module):
    """x where x > 0, negative_slope · x elsewhere. `inplace` is accepted and ignored."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False):
        self.negative_slope, self.inplace = negative_slope, inplace

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, self.negative_slope)

    def extra_repr(self) -> str:
        return f"negative_slope={self.negative_slope}{inplace_of(self)}"


class ELU(Module):
    """x where x > 0, alpha · (eˣ - 1) elsewhere. `inplace` is accepted and ignored."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        self.alpha, self.inplace = alpha, inplace

    def forward(self, x: Tensor) -> Tensor:
        return F.elu(x, self.alpha)

    def extra_repr(self) -> str:
        return f"alpha={self.alpha}{inplace_of(self)}"


class SELU(Module):
    """λ · elu(x, α) with the constants of arXiv 1706.02515. `inplace` is accepted and ignored."""

    def __init__(self, inplace: bool = False):
        self.inplace = inplace

    def extra_repr(self) -> str:
        return inplace_of(self).removeprefix(", ")

    def forward(self, x: Tensor) -> Tensor:
        return F.selu(x)


class PReLU(Module):
    """x where x > 0, weight · x elsewhere: a LeakyReLU that learns its slopes, one or per channel.

    He et al., arXiv 1502.01852.
    """

    def __init__(self, num_parameters: int = 1, init: float = 0.25):
        self.weight = Parameter(full((num_parameters,), float(init)))

    def forward(self, x: Tensor) -> Tensor:
        return F.prelu(x, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={len(self.weight)}"


class Hardtanh(Module):
    """x held within [min_val, max_val]. `inplace` is accepted and ignored."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False):
        self.min_val, self.max_val, self.inplace = min_val, max_val, inplace

    def forward(self, x: Tensor) -> Tensor:
        return F.hardtanh(x, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}{inplace_of(self)}"


class SiLU(Module):
    """x · sigmoid(x). `inplace` is accepted and ignored."""

    def __init__(self, inplace: bool = False):
        self.inplace = inplace

    def extra_repr(self) -> str:
        return inplace_of(self).removeprefix(", ")

    def forward(self, x: Tensor) -> Tensor:
        return F.silu(x)


class ReLU6(Hardtanh):
    """x held within [0, 6]. `inplace` is accepted and ignored."""

    def __init__(self, inplace: bool = False):
        super().__init__(0.0, 6.0, inplace)

    def extra_repr(self) -> str:
        return inplace_of(self).removeprefix(", ")


class GLU(Module):
    """a · sigmoid(b), with a and b the halves of x along dim."""

    def __init__(self, dim: int = -1):
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return F.glu(x, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Tanh(Module):
    """tanh x"""

    def forward(self, x: Tensor) -> Tensor:
        return F.tanh(x)


class Sigmoid(Module):
    """1 / (1 + e⁻ˣ)"""

    def forward(self, x: Tensor) -> Tensor:
        return F.sigmoid(x)


class LogSigmoid(Module):
    """ln sigmoid(x) = -ln(1 + e⁻ˣ)"""

    def forward(self, x: Tensor) -> Tensor:
        return F.logsigmoid(x)


class Softplus(Module):
    """ln(1 + exp(beta·x)) / beta"""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        self.beta, self.threshold = beta, threshold

    def forward(self, x: Tensor) -> Tensor:
        return F.softplus(x, self.beta, self.threshold)

    def extra_repr(self) -> str:
        return f"beta={self.beta}, threshold={self.threshold}"


class Softmax(Module):
    """exp(x) / Σ exp(x) along dim; without one, see minigan.nn.functional.softmax."""

    def __init__(self, dim: int | None = None):
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return F.softmax(x, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """x - ln Σ exp(x) along dim"""

    def __init__(self, dim: int | None = None):
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return F.log_softmax(x, self.dim)

    def extra_repr(self) -> str:
        return f"dim={self.dim}"


class Identity(Module):
    """x; takes and ignores any arguments"""

    def __init__(self, *_: object, **__: object):
        pass

    def forward(self, x: Tensor) -> Tensor:
        return x
