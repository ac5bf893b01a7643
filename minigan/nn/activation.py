"""Activations as modules: functions without parameters. The formulas are in minigan.ops."""

from minigan.autograd.tensor import Tensor
from minigan.nn import functional as F
from minigan.nn.module import Module, Parameter
from minigan.ops.creation import full


class _InPlace(Module):
    """Takes PyTorch's `inplace` and ignores it: what backward needs is never overwritten."""

    shown: tuple[str, ...] = ()  # options that are printed

    def __init__(self, inplace: bool = False):
        self.inplace = inplace

    def extra_repr(self) -> str:
        parts = [f"{name}={getattr(self, name)}" for name in self.shown]
        return ", ".join([*parts, "inplace=True"] if self.inplace else parts)


class ReLU(_InPlace):
    """max(x, 0)."""

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(x)


class LeakyReLU(_InPlace):
    """x where x > 0, negative_slope · x elsewhere."""

    shown = ("negative_slope",)

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False):
        super().__init__(inplace)
        self.negative_slope = negative_slope

    def forward(self, x: Tensor) -> Tensor:
        return F.leaky_relu(x, self.negative_slope)


class ELU(_InPlace):
    """x where x > 0, alpha · (eˣ - 1) elsewhere."""

    shown = ("alpha",)

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        super().__init__(inplace)
        self.alpha = alpha

    def forward(self, x: Tensor) -> Tensor:
        return F.elu(x, self.alpha)


class SELU(_InPlace):
    """λ · elu(x, α) with the constants of arXiv 1706.02515."""

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


class Hardtanh(_InPlace):
    """x held within [min_val, max_val]."""

    shown: tuple[str, ...] = ("min_val", "max_val")

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False):
        super().__init__(inplace)
        self.min_val, self.max_val = min_val, max_val

    def forward(self, x: Tensor) -> Tensor:
        return F.hardtanh(x, self.min_val, self.max_val)


class SiLU(_InPlace):
    """x · sigmoid(x)."""

    def forward(self, x: Tensor) -> Tensor:
        return F.silu(x)


class ReLU6(Hardtanh):
    """x held within [0, 6]."""

    shown = ()

    def __init__(self, inplace: bool = False):
        super().__init__(0.0, 6.0, inplace)


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
