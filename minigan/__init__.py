"""minigan: a from-scratch autograd engine on NumPy or CuPy that trains the classic GANs.

Names and meanings are PyTorch's: `import minigan as torch` runs a GAN tutorial.
"""

import numpy as _numpy

from minigan import autograd, backend, cuda, nn, optim
from minigan.autograd import (
    Tensor,
    enable_grad,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from minigan.backend import use_backend
from minigan.ops import methods as _methods  # binds Tensor's methods
from minigan.ops.creation import (
    Generator,
    arange,
    as_tensor,
    bernoulli,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    manual_seed,
    multinomial,
    normal,
    ones,
    ones_like,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    tensor,
    zeros,
    zeros_like,
)
from minigan.ops.device import device
from minigan.ops.elementwise import (
    abs,
    clamp,
    cos,
    exp,
    floor,
    isfinite,
    isnan,
    log,
    log1p,
    log_softmax,
    logsumexp,
    maximum,
    minimum,
    pow,
    relu,
    rsqrt,
    sigmoid,
    sign,
    sin,
    softmax,
    sqrt,
    square,
    tanh,
    where,
)
from minigan.ops.linear import matmul
from minigan.ops.methods import Size
from minigan.ops.reduce import (
    all,
    amax,
    amin,
    any,
    argmax,
    argmin,
    max,
    mean,
    min,
    norm,
    std,
    sum,
    var,
)
from minigan.ops.shape import (
    cat,
    chunk,
    clone,
    flatten,
    flip,
    gather,
    index_select,
    permute,
    reshape,
    split,
    squeeze,
    stack,
    transpose,
    unsqueeze,
)

bmm = mm = matmul
concat = concatenate = cat
FloatTensor = Tensor

float32 = float = _numpy.dtype("float32")
float64 = double = _numpy.dtype("float64")
float16 = half = _numpy.dtype("float16")
int32 = int = _numpy.dtype("int32")
int64 = long = _numpy.dtype("int64")
uint8 = _numpy.dtype("uint8")
bool = _numpy.dtype("bool")

__version__ = "0.1.0"


def is_tensor(value: object) -> "bool":  # type: ignore[valid-type]
    """Whether value is a Tensor."""
    return isinstance(value, Tensor)
