"""Activations: each as a function, and below as the layer that calls it."""

import math
from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor, wrap
from minigan.backend import random
from minigan.errors import MisfitError
from minigan.nn.init import fill
from minigan.nn.module import Module, Parameter
from minigan.ops import elementwise as plain
from minigan.ops.elementwise import sigmoid
from minigan.ops.shape import fit
from minigan.torch.nn.layers import layer
from minigan.torch.nn.module import placing
from minigan.torch.ops import softmax as along
from minigan.torch.ops.creation import ones
from minigan.torch.ops.elementwise import erf, where
from minigan.torch.ops.refused import check_floats, refuse
from minigan.torch.ops.shape import axis_of
from minigan.torch.ops.written import in_place_on_request

# -- functions -------------------------------------------------------------------------------------


@in_place_on_request
def relu(x: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0)"""
    if x.dtype.kind == "b":
        raise MisfitError("relu: the input is bool: give numbers, as by x.float()")
    return plain.relu(x)


@in_place_on_request
def leaky_relu(x: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, negative_slope · x elsewhere"""
    check_floats("leaky_relu", x)
    if -math.inf < negative_slope <= 0.0:  # where the result does not tell the sign of x
        return where(x > 0, x, x * negative_slope)
    return plain.leaky_relu(x, negative_slope)


def prelu(x: Tensor, weight: Tensor) -> Tensor:
    """x where x > 0, weight · x elsewhere, with one weight or one for each channel (axis 1)."""
    check_floats("prelu", x, weight)
    channels = 1 if x.ndim < 2 else x.shape[1]
    if weight.ndim > 1 or weight.array.size not in (1, channels) or x.ndim == 0 < weight.ndim:
        what = f"weight {weight.shape} is neither one number nor one for each channel"
        raise MisfitError(f"prelu: {what} (axis 1) of {x.shape}")
    one = weight.array.size == 1
    return where(x > 0, x, x * (weight if one else weight.reshape(-1, *[1] * (x.ndim - 2))))


@in_place_on_request
def elu(x: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, alpha · (eˣ - 1) elsewhere"""
    check_floats("elu", x)
    return where(x > 0, x, x.clamp(max=0.0).expm1() * alpha)


@in_place_on_request
def selu(x: Tensor, inplace: bool = False) -> Tensor:
    """λ · elu(x, α), the constants for which mean 0 and variance 1 are a fixed point of the layers.

    Klambauer et al., arXiv 1706.02515.
    """
    return elu(x, 1.6732632423543772) * 1.0507009873554805


@in_place_on_request
def silu(x: Tensor, inplace: bool = False) -> Tensor:
    """x · sigmoid(x)"""
    check_floats("silu", x)
    return x * sigmoid(x)


def gelu(x: Tensor, approximate: str = "none") -> Tensor:
    """x · Φ(x), Φ being the distribution function of N(0, 1): x/2 · (1 + erf(x/√2)).

    approximate="tanh": x/2 · (1 + tanh(√(2/π) · (x + 0.044715·x³))). Hendrycks and Gimpel, arXiv
    1606.08415.
    """
    check_floats("gelu", x)
    if approximate == "none":
        return x * 0.5 * (1.0 + erf(x * math.sqrt(0.5)))
    if approximate != "tanh":
        raise RuntimeError(f'gelu: approximate={approximate!r} is neither "none" nor "tanh"')
    return x * 0.5 * (1.0 + plain.tanh((x + x * x * x * 0.044715) * math.sqrt(2.0 / math.pi)))


@in_place_on_request
def hardtanh(
    x: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """x held within [min_val, max_val]; of slope 0 at the bounds too, as in PyTorch"""
    if x.dtype == bool:
        raise MisfitError("hardtanh: the input is bool: give numbers, as by x.float()")
    if min_val > max_val:
        raise MisfitError(f"hardtanh: min_val={min_val} is above max_val={max_val}")
    return _held(x, *(x.dtype.type(bound).item() for bound in (min_val, max_val)))


@op(fit=fit, x=lambda g, x, low, high: where((x <= low) | (x >= high), 0.0, g))
def _held(x: Any, low: float, high: float) -> Any:
    return B.xp.minimum(B.xp.maximum(x, low), high)


@in_place_on_request
def relu6(x: Tensor, inplace: bool = False) -> Tensor:
    """x held within [0, 6]; of slope 0 at the bounds too"""
    return hardtanh(x, 0.0, 6.0)


def glu(x: Tensor, dim: int = -1) -> Tensor:
    """a · sigmoid(b), with a and b the halves of x along dim"""
    check_floats("glu", x)
    size = x.shape[axis_of(dim, x.ndim)]
    if size % 2 or size == 0:
        raise MisfitError(f"glu: axis {dim} of {x.shape} has no halves")
    a, b = x.chunk(2, dim)
    return a * sigmoid(b)


def softplus(x: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """ln(1 + exp(beta·x)) / beta, without overflow; x itself where beta·x is above threshold."""
    check_floats("softplus", x)
    if beta == 1.0 and threshold >= 20.0:
        return plain.softplus(x)
    return where(x * beta > threshold, x, plain.softplus(x * beta) / beta)


def logsigmoid(x: Tensor) -> Tensor:
    """ln sigmoid(x) = -ln(1 + e⁻ˣ)"""
    check_floats("logsigmoid", x)
    return -plain.softplus(-x)


def softmax(x: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None) -> Tensor:
    """exp(x) / Σ exp(x) along dim: by default axis 1 of (N, C) and images, else the first one.

    dtype: what x is converted to before. _stacklevel is of PyTorch's warning about that default.
    """
    x = x if dtype is None else x.to(dtype)
    check_floats("softmax", x)
    return along.softmax(x, _classes(x) if dim is None else dim)


def log_softmax(
    x: Tensor, dim: int | None = None, _stacklevel: int = 3, dtype: Any = None
) -> Tensor:
    """x - ln Σ exp(x) along dim, by default softmax's; the arguments are softmax's too."""
    x = x if dtype is None else x.to(dtype)
    check_floats("log_softmax", x)
    return along.log_softmax(x, _classes(x) if dim is None else dim)


def _classes(x: Tensor) -> int:
    """The axis that PyTorch's softmax takes when none is given."""
    return 0 if x.ndim in (0, 1, 3) else 1


def gumbel_softmax(
    logits: Tensor, tau: float = 1.0, hard: bool = False, eps: float = 1e-10, dim: int = -1
) -> Tensor:
    """softmax((logits + noise) / tau): classes drawn at random, and differentiable.

    hard: one-hot in value, with the gradient of the soft ones. Jang et al., arXiv 1611.01144.
    eps is PyTorch's, which ignores it too.
    """
    check_floats("gumbel_softmax", logits)
    uniform = wrap(random.default.uniform(logits.shape)).clamp(min=2.0**-25)  # never 0, nor 1
    noise = -(-uniform.log()).log().astype(logits.dtype)
    soft = softmax((logits + noise) / tau, dim)
    if not hard:
        return soft
    return (soft == soft.amax(dim, True)).astype(soft.dtype) - soft.detach() + soft


def normalize(
    x: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12, out: Any = None
) -> Tensor:
    """x / max(‖x‖ₚ, eps) along dim"""
    check_floats("normalize", x)
    refuse("normalize", out=out)
    return x / x.norm(p, dim, keepdim=True).clamp(min=eps)


def relu_(x: Tensor) -> Tensor:
    """relu, in place"""
    return relu(x, inplace=True)


def leaky_relu_(x: Tensor, negative_slope: float = 0.01) -> Tensor:
    """leaky_relu, in place"""
    return leaky_relu(x, negative_slope, inplace=True)


def elu_(x: Tensor, alpha: float = 1.0) -> Tensor:
    """elu, in place"""
    return elu(x, alpha, inplace=True)


def selu_(x: Tensor) -> Tensor:
    """selu, in place"""
    return selu(x, inplace=True)


def hardtanh_(x: Tensor, min_val: float = -1.0, max_val: float = 1.0) -> Tensor:
    """hardtanh, in place"""
    return hardtanh(x, min_val, max_val, inplace=True)


# -- layers ----------------------------------------------------------------------------------------


ReLU = layer("ReLU", relu, inplace=False)
LeakyReLU = layer("LeakyReLU", leaky_relu, negative_slope=0.01, inplace=False)
ELU = layer("ELU", elu, alpha=1.0, inplace=False)
SELU = layer("SELU", selu, inplace=False)
SiLU = layer("SiLU", silu, inplace=False)
Hardtanh = layer("Hardtanh", hardtanh, min_val=-1.0, max_val=1.0, inplace=False)
ReLU6 = layer("ReLU6", relu6, kind=Hardtanh, inplace=False)
GLU = layer("GLU", glu, dim=-1)
GELU = layer("GELU", gelu, approximate="none")
Softplus = layer("Softplus", softplus, beta=1.0, threshold=20.0)
LogSigmoid = layer("LogSigmoid", logsigmoid)
Softmax = layer("Softmax", softmax, dim=None)
LogSoftmax = layer("LogSoftmax", log_softmax, dim=None)


class PReLU(Module):
    """x where x > 0, weight · x elsewhere: a LeakyReLU that learns its slopes, one or per channel.

    He et al., arXiv 1502.01852.
    """

    @placing
    def __init__(self, num_parameters: int = 1, init: float = 0.25):
        if num_parameters < 1:
            raise ValueError(f"PReLU: num_parameters={num_parameters} must be at least 1")
        self.weight, self.init = Parameter(ones(num_parameters)), init
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """The slopes as they begin, all `init`."""
        fill(self.weight, self.init)

    def forward(self, x: Tensor) -> Tensor:
        return prelu(x, self.weight)

    def extra_repr(self) -> str:
        return f"num_parameters={len(self.weight)}"
