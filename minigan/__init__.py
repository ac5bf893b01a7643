"""minigan: a from-scratch autograd engine on NumPy or CuPy that trains the classic GANs.

Names and meanings are PyTorch's: `import minigan as torch` runs a GAN tutorial.
"""

import importlib as _importlib
from math import inf, nan, pi
from typing import Any as _Any

import numpy as _numpy

from minigan import accelerator, autograd, backend, backends, cuda, linalg, nn, optim
from minigan.autograd import (
    Tensor,
    enable_grad,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from minigan.autograd.tensor import Size
from minigan.backend import use_backend
from minigan.backend.threads import num_threads as get_num_threads
from minigan.backends import (
    set_float32_matmul_precision,
    set_num_threads,
    set_printoptions,
    use_deterministic_algorithms,
)
from minigan.ops import elementwise as _elementwise
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
    initial_seed,
    linspace,
    manual_seed,
    meshgrid,
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
    acos,
    add,
    atan,
    ceil,
    clamp,
    cos,
    div,
    eq,
    exp,
    expm1,
    floor,
    ge,
    gt,
    isfinite,
    isinf,
    isnan,
    le,
    lerp,
    log,
    log1p,
    log2,
    log10,
    log_softmax,
    logical_and,
    logical_not,
    logical_or,
    logsumexp,
    lt,
    maximum,
    minimum,
    mul,
    ne,
    neg,
    pow,
    reciprocal,
    relu,
    round,
    rsqrt,
    sigmoid,
    sign,
    sin,
    softmax,
    sqrt,
    square,
    sub,
    tan,
    tanh,
)
from minigan.ops.inplace import scatter
from minigan.ops.linear import baddbmm, einsum, matmul, outer
from minigan.ops.reduce import (
    all,
    allclose,
    amax,
    amin,
    any,
    argmax,
    argmin,
    argsort,
    cumsum,
    equal,
    isclose,
    max,
    mean,
    min,
    norm,
    sort,
    std,
    std_mean,
    sum,
    topk,
    var,
    var_mean,
)
from minigan.ops.shape import (
    cat,
    chunk,
    clone,
    flatten,
    flip,
    gather,
    hstack,
    index_select,
    masked_select,
    narrow,
    nonzero,
    permute,
    repeat_interleave,
    reshape,
    roll,
    select,
    split,
    squeeze,
    stack,
    t,
    tile,
    transpose,
    tril,
    triu,
    unbind,
    unsqueeze,
    vstack,
)
from minigan.ops.typed import (
    BoolTensor,
    ByteTensor,
    DoubleTensor,
    FloatTensor,
    IntTensor,
    LongTensor,
    get_default_dtype,
    is_floating_point,
    set_default_device,
    set_default_dtype,
    set_default_tensor_type,
)

bmm = dot = mm = mv = matmul
addmm = baddbmm
absolute, divide, multiply, negative, subtract = abs, div, mul, neg, sub
clip = clamp
concat = concatenate = cat
inference_mode = no_grad

float32 = float = _numpy.dtype("float32")
float64 = double = _numpy.dtype("float64")
float16 = half = _numpy.dtype("float16")
int32 = int = _numpy.dtype("int32")
int64 = long = _numpy.dtype("int64")
uint8, int8 = _numpy.dtype("uint8"), _numpy.dtype("int8")
int16 = short = _numpy.dtype("int16")
bool = _numpy.dtype("bool")
dtype, finfo = _numpy.dtype, _numpy.finfo

__version__ = "0.1.0"


def is_tensor(value: object) -> "bool":  # type: ignore[valid-type]
    """Whether value is a Tensor."""
    return isinstance(value, Tensor)


def numel(x: Tensor) -> "int":  # type: ignore[valid-type]
    """The number of elements."""
    return x.array.size


def where(condition: Tensor, x: _Any = None, y: _Any = None) -> _Any:
    """x where the condition holds, y elsewhere; without both, the places where it holds."""
    if x is None and y is None:
        return nonzero(condition, as_tuple=True)
    return _elementwise.where(condition, x, y)


def __getattr__(name: str) -> _Any:
    """What reads files is imported when it is first asked for."""
    if name in ("data", "datasets", "transforms", "utils"):
        return _importlib.import_module(f"minigan.{name}")
    if name in ("save", "load"):
        return getattr(_importlib.import_module("minigan.serialization"), name)
    raise AttributeError(f"module 'minigan' has no attribute {name!r}")
