"""Initial values of parameters, by the names of their authors.

fan_in and fan_out count the inputs and outputs of one unit: for a weight of shape (O, I, …) they
are I·k and O·k, with k the number of positions of the kernel.
"""

import math

from minigan import backend as B
from minigan.autograd.tensor import Tensor
from minigan.backend import random
from minigan.backend.random import Generator
from minigan.errors import MisfitError, check_tensors
from minigan.nn.init import fill
from minigan.nn.init import zeros_ as zeros_
from minigan.torch.ops.refused import check_floats


def uniform_(
    tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """U[a, b)"""
    check_floats("uniform_", tensor)
    if not -math.inf < a <= b < math.inf:
        raise MisfitError(f"uniform_: there is no number from {a} to below {b}")
    return fill(tensor, (generator or random.default).uniform(tensor.shape, a, b))


def normal_(
    tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """N(mean, std²)"""
    check_floats("normal_", tensor)
    if not std >= 0.0:
        raise MisfitError(f"normal_: std={std} must be at least 0")
    return fill(tensor, (generator or random.default).normal(tensor.shape, mean, std))


def constant_(tensor: Tensor, val: float) -> Tensor:
    """val everywhere"""
    check_tensors("constant_", tensor)
    return fill(tensor, val)


def ones_(tensor: Tensor) -> Tensor:
    """1 everywhere"""
    return fill(tensor, 1.0)


def eye_(tensor: Tensor) -> Tensor:
    """1 on the diagonal of a matrix, 0 elsewhere"""
    if tensor.ndim != 2:
        raise ValueError(f"eye_: {tensor.shape} is no matrix")
    return fill(tensor, B.xp.eye(*tensor.shape))


def orthogonal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """gain · a random orthogonal matrix (O, I·k): rows, or columns if fewer, are orthonormal.

    Saxe et al., arXiv 1312.6120.
    """
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_ needs at least two axes, got shape {tensor.shape}")
    rows, columns = tensor.shape[0], math.prod(tensor.shape[1:])
    check_floats("orthogonal_", tensor)
    draw = (generator or random.default).normal
    q, r = B.xp.linalg.qr(draw((max(rows, columns), min(rows, columns))))
    q *= B.xp.sign(r.diagonal())  # else the factorisation's own choice of signs
    matrix = q if rows >= columns else q.T
    return fill(tensor, matrix.reshape(tensor.shape) * gain)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor by which an activation shrinks the standard deviation, inverted."""
    if nonlinearity == "leaky_relu":
        return math.sqrt(2.0 / (1.0 + (0.01 if param is None else param) ** 2))
    gains = {"linear": 1.0, "sigmoid": 1.0, "tanh": 5.0 / 3.0, "relu": math.sqrt(2.0), "selu": 0.75}
    if nonlinearity in [f"conv{kind}{n}d" for kind in ("", "_transpose") for n in (1, 2, 3)]:
        nonlinearity = "linear"
    if nonlinearity not in gains:
        raise ValueError(
            f"no gain is known for {nonlinearity!r}: choose {', '.join(gains)}, leaky_relu"
        )
    return gains[nonlinearity]


def _fans(tensor: Tensor) -> tuple[int, int]:
    if tensor.ndim < 2:
        raise ValueError(f"fan in and fan out need at least two axes, got shape {tensor.shape}")
    if tensor.array.size == 0:
        raise ValueError(f"{tensor.shape} has no elements to initialise")
    positions = math.prod(tensor.shape[2:])
    return tensor.shape[1] * positions, tensor.shape[0] * positions


_calculate_fan_in_and_fan_out = _fans  # PyTorch's name, which layers of one's own ask for


def xavier_uniform_(
    tensor: Tensor, gain: float = 1.0, generator: Generator | None = None
) -> Tensor:
    """U(-a, a), a = gain·√(6 / (fan_in + fan_out)). Glorot & Bengio, AISTATS 2010."""
    bound = gain * math.sqrt(6.0 / sum(_fans(tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """N(0, s²), s = gain·√(2 / (fan_in + fan_out)). Glorot & Bengio, AISTATS 2010."""
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(_fans(tensor))), generator)


def _kaiming_std(tensor: Tensor, a: float, mode: str, nonlinearity: str) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"mode {mode!r} is neither fan_in nor fan_out")
    return calculate_gain(nonlinearity, a) / math.sqrt(_fans(tensor)[mode == "fan_out"])


def kaiming_uniform_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """U(-b, b), b = √3·gain/√fan. He et al., arXiv 1502.01852."""
    bound = math.sqrt(3.0) * _kaiming_std(tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor,
    a: float = 0.0,
    mode: str = "fan_in",
    nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:
    """N(0, s²), s = gain/√fan. He et al., arXiv 1502.01852."""
    return normal_(tensor, 0.0, _kaiming_std(tensor, a, mode, nonlinearity), generator)


# PyTorch's former names
uniform, normal, constant, orthogonal = uniform_, normal_, constant_, orthogonal_
xavier_uniform, xavier_normal = xavier_uniform_, xavier_normal_
kaiming_uniform, kaiming_normal = kaiming_uniform_, kaiming_normal_
