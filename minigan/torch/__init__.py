"""PyTorch's addresses and words on minigan's core: `import minigan.torch as torch` runs a tutorial.

Importing this room gives the core's Tensor and layers their further methods; the classes stay the
same objects, so networks of both rooms mix. What GAN programs ask of PyTorch is here; what they do
not is refused by name. Reading order: extend, ops, autograd, nn, optim.
"""

from math import inf, nan, pi
from typing import Any as _Any

import numpy as _numpy

from minigan.autograd.tensor import Tensor
from minigan.backend import DTYPES as _DTYPES
from minigan.backend import use_backend
from minigan.kernels.cpu.threads import get_num_threads, set_num_threads
from minigan.kernels.diagnosis import OutOfMemoryError
from minigan.ops.creation import manual_seed
from minigan.ops.elementwise import (
    abs,
    eq,
    exp,
    ge,
    gt,
    le,
    log,
    lt,
    mul,
    ne,
    neg,
    relu,
    sigmoid,
    square,
    tanh,
)
from minigan.torch import (
    absent,
    accelerator,
    amp,
    autograd,
    backends,
    cuda,
    distributions,
    linalg,
    nn,
    optim,
    random,
    version,
)
from minigan.torch.amp import GradScaler, autocast
from minigan.torch.autograd import (
    enable_grad,
    inference_mode,
    is_grad_enabled,
    no_grad,
    set_grad_enabled,
)
from minigan.torch.backends import (
    are_deterministic_algorithms_enabled,
    get_num_interop_threads,
    set_float32_matmul_precision,
    set_flush_denormal,
    set_num_interop_threads,
    set_printoptions,
    use_deterministic_algorithms,
)
from minigan.torch.nn.functional import (
    conv1d,
    conv2d,
    conv_transpose1d,
    conv_transpose2d,
    cosine_similarity,
    pairwise_distance,
    pixel_shuffle,
    pixel_unshuffle,
    prelu,
    selu,
)
from minigan.torch.ops import methods as _methods  # which binds Tensor's methods
from minigan.torch.ops.creation import (
    arange,
    as_tensor,
    empty,
    empty_like,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)
from minigan.torch.ops.device import device
from minigan.torch.ops.drawn import (
    bernoulli,
    initial_seed,
    multinomial,
    normal,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
)
from minigan.torch.ops.elementwise import (
    acos,
    add,
    asin,
    atan,
    atan2,
    clamp,
    clamp_max,
    clamp_min,
    cos,
    cosh,
    div,
    erf,
    expm1,
    lerp,
    log1p,
    log2,
    log10,
    masked_fill,
    maximum,
    minimum,
    nan_to_num,
    pow,
    reciprocal,
    rsqrt,
    sin,
    sinh,
    sqrt,
    sub,
    tan,
)
from minigan.torch.ops.index import (
    argwhere,
    gather,
    index_select,
    masked_select,
    narrow,
    nonzero,
    select,
    take,
    take_along_dim,
    tril,
    triu,
    where,
)
from minigan.torch.ops.inplace import fill_, zero_
from minigan.torch.ops.join import cat, chunk, hstack, split, stack, unbind, vstack
from minigan.torch.ops.linear import (
    addmm,
    baddbmm,
    bmm,
    dot,
    einsum,
    kron,
    matmul,
    mm,
    mv,
    outer,
    tensordot,
)
from minigan.torch.ops.memory import (
    channels_last,
    clone,
    contiguous_format,
    preserve_format,
    strided,
)
from minigan.torch.ops.memory import into as _into
from minigan.torch.ops.order import amax, amin, argmax, argmin, argsort, max, min, sort, topk
from minigan.torch.ops.rearrange import (
    bincount,
    broadcast_tensors,
    cartesian_prod,
    count_nonzero,
    diag,
    diag_embed,
    diagonal,
    fliplr,
    flipud,
    meshgrid,
    movedim,
    rot90,
    trace,
    tril_indices,
    triu_indices,
    unique,
)
from minigan.torch.ops.reduce import (
    cumprod,
    cumsum,
    mean,
    norm,
    prod,
    std,
    std_mean,
    sum,
    var,
    var_mean,
)
from minigan.torch.ops.repeat import broadcast_shapes, repeat_interleave, roll, tile
from minigan.torch.ops.repeat import expand as broadcast_to
from minigan.torch.ops.scatter import (
    index_add,
    index_copy,
    index_fill,
    index_put,
    masked_scatter,
    scatter,
    scatter_add,
)
from minigan.torch.ops.shape import (
    flatten,
    flip,
    permute,
    reshape,
    squeeze,
    swapaxes,
    t,
    unflatten,
    unsqueeze,
)
from minigan.torch.ops.size import Size
from minigan.torch.ops.softmax import log_softmax, logsumexp, softmax
from minigan.torch.ops.steps import (
    all,
    allclose,
    any,
    bitwise_and,
    bitwise_not,
    bitwise_or,
    bitwise_xor,
    ceil,
    equal,
    floor,
    fmod,
    isclose,
    isfinite,
    isinf,
    isnan,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
    remainder,
    round,
    sign,
    trunc,
)
from minigan.torch.ops.steps import floor_div as floor_divide
from minigan.torch.ops.typed import (
    BoolTensor,
    ByteTensor,
    CharTensor,
    DoubleTensor,
    FloatTensor,
    HalfTensor,
    IntTensor,
    LongTensor,
    ShortTensor,
    finfo,
    get_default_dtype,
    is_floating_point,
    is_tensor,
    numel,
    set_default_device,
    set_default_dtype,
    set_default_tensor_type,
    typename,
)
from minigan.torch.ops.views import detach
from minigan.torch.ops.written import applied as _applied
from minigan.torch.random import Generator, fork_rng, get_rng_state, seed, set_rng_state
from minigan.torch.version import __version__

absolute, divide, multiply, negative, subtract = abs, div, mul, neg, sub
true_divide = div
clip = clamp
concat = concatenate = cat
transpose = swapdims = swapaxes
ravel = flatten
abs_, ceil_, clamp_, cos_ = _applied(abs), _applied(ceil), _applied(clamp), _applied(cos)
exp_, floor_, log_, neg_ = _applied(exp), _applied(floor), _applied(log), _applied(neg)
relu_, round_, rsqrt_ = _applied(relu), _applied(round), _applied(rsqrt)
sigmoid_, sin_, sqrt_ = _applied(sigmoid), _applied(sin), _applied(sqrt)
square_, tanh_ = _applied(square), _applied(tanh)
moveaxis = movedim

for _name in """
    abs absolute acos add addmm all amax amin any arange argmax argmin asin atan atan2 baddbmm
    bernoulli bitwise_and bitwise_not bitwise_or bitwise_xor bmm cat ceil clamp clip concat
    concatenate cos cosh cumprod cumsum diag div divide dot empty eq erf exp expm1 eye floor
    floor_divide fmod full gather ge gt hstack index_select kron le lerp linspace log log10 log1p
    log2 logical_and logical_not logical_or logical_xor logsumexp lt masked_select matmul max
    maximum mean min minimum mm mul multinomial multiply mv nan_to_num ne neg negative normal ones
    outer pow prod rand randint randn randperm reciprocal remainder round rsqrt sigmoid sign sin
    sinh softmax sqrt square stack std sub subtract sum take tan tanh tril triu true_divide trunc
    var vstack where zeros
""".split():
    globals()[_name] = _into(globals()[_name])

float32 = float = _numpy.dtype("float32")
float64 = double = _numpy.dtype("float64")
float16 = half = _numpy.dtype("float16")
int32 = int = _numpy.dtype("int32")
int64 = long = _numpy.dtype("int64")
uint8, int8 = _numpy.dtype("uint8"), _numpy.dtype("int8")
int16 = short = _numpy.dtype("int16")
bool = _numpy.dtype("bool")
dtype, iinfo = _numpy.dtype, _numpy.iinfo

_files = {"onnx": "minigan.torch.onnx", "utils": "minigan.torch.utils"}  # imported when asked for
_files |= dict.fromkeys(("load", "save"), "minigan.torch.serialization")
absent.attach("minigan.torch", **_files)
for _room in """
    autograd cuda distributions linalg nn nn.functional nn.init nn.parallel nn.utils
    nn.utils.parametrizations optim optim.lr_scheduler optim.swa_utils
""".split():
    absent.attach(f"minigan.torch.{_room}")


def compile(model: _Any = None, **options: _Any) -> _Any:
    """The model or function itself, also as a decorator with options: nothing is compiled here.

    Its state_dict keeps the model's own names, without PyTorch's "_orig_mod." in front.
    """
    return (lambda model: model) if model is None else model
