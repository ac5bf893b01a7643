# ruff: noqa
# Written by tests/stubs.py, which says what for.
import numpy as _numpy
from typing import Any
from minigan.backend.random import Generator as _Generator
from collections.abc import Sequence
from minigan.torch.ops.order import Extremes
from collections.abc import Iterator
import builtins

from math import inf as inf
from math import nan as nan
from math import pi as pi
from typing import Any as _Any
from minigan.autograd.tensor import Tensor as Tensor
from minigan.backend import DTYPES as _DTYPES
from minigan.backend import use_backend as use_backend
from minigan.kernels.cpu.threads import get_num_threads as get_num_threads
from minigan.kernels.cpu.threads import set_num_threads as set_num_threads
from minigan.kernels.diagnosis import OutOfMemoryError as OutOfMemoryError
from minigan.ops.creation import manual_seed as manual_seed

def abs(x: Any, *, out: Any = None) -> Tensor:
    """|x|, of slope 0 at 0"""

def eq(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """x = y"""

def exp(x: Any, *, out: Any = None) -> Tensor:
    """eˣ"""

def ge(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """x ≥ y"""

def gt(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """x > y"""

def le(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """x ≤ y"""

def log(x: Any, *, out: Any = None) -> Tensor:
    """ln x"""

def lt(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """x < y"""

def mul(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """x · y"""

def ne(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """x ≠ y"""

def neg(x: Any, *, out: Any = None) -> Tensor:
    """-x"""

def relu(x: Any) -> Tensor:
    """max(x, 0)"""

def sigmoid(x: Any, *, out: Any = None) -> Tensor:
    """1 / (1 + e⁻ˣ), precise in both tails"""

def square(x: Any, *, out: Any = None) -> Tensor:
    """x²"""

def tanh(x: Any, *, out: Any = None) -> Tensor:
    """tanh x"""

from minigan.torch import absent as absent
from minigan.torch import accelerator as accelerator
from minigan.torch import amp as amp
from minigan.torch import autograd as autograd
from minigan.torch import backends as backends
from minigan.torch import cuda as cuda
from minigan.torch import distributions as distributions
from minigan.torch import linalg as linalg
from minigan.torch import nn as nn
from minigan.torch import optim as optim
from minigan.torch import random as random
from minigan.torch import version as version
from minigan.torch.amp import GradScaler as GradScaler
from minigan.torch.amp import autocast as autocast
from minigan.torch.autograd import enable_grad as enable_grad
from minigan.torch.autograd import inference_mode as inference_mode
from minigan.torch.autograd import is_grad_enabled as is_grad_enabled
from minigan.torch.autograd import no_grad as no_grad
from minigan.torch.autograd import set_grad_enabled as set_grad_enabled
from minigan.torch.backends import (
    are_deterministic_algorithms_enabled as are_deterministic_algorithms_enabled,
)
from minigan.torch.backends import get_num_interop_threads as get_num_interop_threads
from minigan.torch.backends import set_float32_matmul_precision as set_float32_matmul_precision
from minigan.torch.backends import set_flush_denormal as set_flush_denormal
from minigan.torch.backends import set_num_interop_threads as set_num_interop_threads
from minigan.torch.backends import set_printoptions as set_printoptions
from minigan.torch.backends import use_deterministic_algorithms as use_deterministic_algorithms
from minigan.torch.nn.functional import conv1d as conv1d
from minigan.torch.nn.functional import conv2d as conv2d
from minigan.torch.nn.functional import conv_transpose1d as conv_transpose1d
from minigan.torch.nn.functional import conv_transpose2d as conv_transpose2d
from minigan.torch.nn.functional import cosine_similarity as cosine_similarity
from minigan.torch.nn.functional import pairwise_distance as pairwise_distance
from minigan.torch.nn.functional import pixel_shuffle as pixel_shuffle
from minigan.torch.nn.functional import pixel_unshuffle as pixel_unshuffle
from minigan.torch.nn.functional import prelu as prelu

def selu(x: Tensor, inplace: builtins.bool = False) -> Tensor:
    """λ · elu(x, α), the constants for which mean 0 and variance 1 are a fixed point of the layers.

    Klambauer et al., arXiv 1706.02515.
    """

from minigan.torch.ops import methods as _methods

def arange(
    *bounds: Any,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
    out: Any = None,
    start: Any = 0,
    end: Any = None,
    step: Any = 1,
    dtype: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
) -> Tensor:
    """start, start + step, … below end: whole numbers when all bounds are, else float32."""

from minigan.torch.ops.creation import as_tensor as as_tensor

def empty(
    sizes: Any,
    *,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: Any = False,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
    out: Any = None,
) -> Tensor:
    """Whatever the memory holds."""

def empty_like(
    sizes: Any,
    *,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: Any = False,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
) -> Tensor:
    """Whatever the memory holds."""

def eye(
    n: builtins.int,
    m: builtins.int | None = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
    *,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
    out: Any = None,
) -> Tensor:
    """Ones on the diagonal, zeros elsewhere."""

from minigan.torch.ops.creation import from_numpy as from_numpy

def full(
    size: Any,
    fill_value: Any,
    dtype: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
    *,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
    out: Any = None,
) -> Tensor:
    """A tensor of the given size, every element fill_value."""

def full_like(
    size: Any,
    fill_value: Any,
    dtype: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
    *,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
) -> Tensor:
    """A tensor of the given size, every element fill_value."""

def linspace(
    start: builtins.float,
    end: builtins.float,
    steps: builtins.int,
    dtype: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
    *,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
    out: Any = None,
) -> Tensor:
    """steps evenly spaced numbers from start to end, both included."""

def ones(
    *sizes: Any,
    size: Any = None,
    dtype: Any = "float32",
    device: Any = None,
    requires_grad: Any = False,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
    out: Any = None,
) -> Tensor:
    """1 everywhere."""

def ones_like(
    *sizes: Any,
    size: Any = None,
    dtype: Any = "float32",
    device: Any = None,
    requires_grad: Any = False,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
) -> Tensor:
    """1 everywhere."""

def tensor(
    data: Any,
    dtype: Any = None,
    device: Any = None,
    requires_grad: builtins.bool = False,
    *,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
) -> Tensor:
    """A tensor with a copy of data: numbers, nested lists, an array. Python floats give float32.

    Tensors, arrays and NumPy's numbers in a list bring their dtypes; the widest of all counts.
    """

def zeros(
    *sizes: Any,
    size: Any = None,
    dtype: Any = "float32",
    device: Any = None,
    requires_grad: Any = False,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
    out: Any = None,
) -> Tensor:
    """0 everywhere."""

def zeros_like(
    *sizes: Any,
    size: Any = None,
    dtype: Any = "float32",
    device: Any = None,
    requires_grad: Any = False,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
) -> Tensor:
    """0 everywhere."""

from minigan.torch.ops.device import device as device

def bernoulli(p: Tensor, *, out: Any = None, generator: _Generator | None = None) -> Tensor:
    """1 with the probability that stands at each place, else 0."""

from minigan.torch.ops.drawn import initial_seed as initial_seed

def multinomial(
    weights: Tensor,
    num_samples: builtins.int,
    replacement: builtins.bool = False,
    *,
    out: Any = None,
    generator: _Generator | None = None,
) -> Tensor:
    """int64: places drawn in proportion to the weights, a vector of numbers from 0.

    Without replacement those with the shortest waiting times, exponential ones at these rates.
    """

def normal(
    mean: Any, std: Any = 1.0, size: Any = None, *, out: Any = None, **options: Any
) -> Tensor:
    """N(mean, std²), of the given size or of the shape of a mean or std tensor."""

def rand(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: Any = False,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
    out: Any = None,
    generator: _Generator | None = None,
) -> Tensor:
    """U[0, 1)"""

def rand_like(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: Any = False,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
    generator: _Generator | None = None,
) -> Tensor:
    """U[0, 1)"""

def randint(
    low: builtins.int = 0,
    high: Any = None,
    size: Any = None,
    *,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
    out: Any = None,
    generator: _Generator | None = None,
    dtype: Any = None,
    device: Any = None,
) -> Tensor:
    """int64 drawn from [low, high); `randint(high, size)` starts at 0."""

def randn(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: Any = False,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
    out: Any = None,
    generator: _Generator | None = None,
) -> Tensor:
    """N(0, 1)"""

def randn_like(
    *sizes: Any,
    size: Any = None,
    dtype: Any = None,
    device: Any = None,
    requires_grad: Any = False,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
    generator: _Generator | None = None,
) -> Tensor:
    """N(0, 1)"""

def randperm(
    n: builtins.int,
    *,
    memory_format: Any = None,
    layout: Any = None,
    pin_memory: Any = False,
    out: Any = None,
    generator: _Generator | None = None,
    dtype: Any = None,
    device: Any = None,
) -> Tensor:
    """0 … n-1 in random order."""

def acos(x: Any, *, out: Any = None) -> Tensor:
    """the angle in [0, π] whose cosine is x"""

def add(x: Any, y: Any, *, out: Any = None, alpha: Any = 1) -> Tensor:
    """x + alpha · y"""

def asin(x: Any, *, out: Any = None) -> Tensor:
    """the angle in [-π/2, π/2] whose sine is x"""

def atan(x: Any, *, out: Any = None) -> Tensor:
    """the angle in [-π/2, π/2] whose tangent is x"""

def atan2(y: Any, x: Any, *, out: Any = None) -> Tensor:
    """the angle in [-π, π] of the point (y, x)"""

def clamp(x: Tensor, min: Any = None, max: Any = None, *, out: Any = None) -> Tensor:
    """x held within [min, max], numbers or tensors, of which one may be left out.

    Outside the bounds x has gradient 0, and a bound that is a tensor the whole one.
    """

from minigan.torch.ops.elementwise import clamp_max as clamp_max
from minigan.torch.ops.elementwise import clamp_min as clamp_min

def cos(x: Any, *, out: Any = None) -> Tensor:
    """cos x"""

def cosh(x: Any, *, out: Any = None) -> Tensor:
    """(eˣ + e⁻ˣ) / 2"""

def div(x: Any, y: Any, *, out: Any = None, rounding_mode: str | None = None) -> Tensor:
    """x / y, or rounded to a whole number: towards 0 by "trunc", down by "floor"."""

def erf(x: Any, *, out: Any = None) -> Tensor:
    """2/√π · ∫₀ˣ exp(-t²) dt"""

def expm1(x: Any, *, out: Any = None) -> Tensor:
    """eˣ - 1, precise near 0"""

def lerp(x: Tensor, end: Tensor, weight: Any, *, out: Any = None) -> Tensor:
    """x + weight · (end - x), of floats of one dtype: exactly x at weight 0, end at 1."""

def log1p(x: Any, *, out: Any = None) -> Tensor:
    """ln(1 + x), precise near 0"""

def log2(x: Any, *, out: Any = None) -> Tensor:
    """log₂ x"""

def log10(x: Any, *, out: Any = None) -> Tensor:
    """log₁₀ x"""

from minigan.torch.ops.elementwise import masked_fill as masked_fill

def maximum(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """The larger of two; equal ones share the gradient."""

def minimum(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """The smaller of two; equal ones share the gradient."""

def nan_to_num(
    x: Tensor,
    nan: builtins.float = 0.0,
    posinf: builtins.float | None = None,
    neginf: builtins.float | None = None,
    *,
    out: Any = None,
) -> Tensor:
    """x with numbers for what is none, and for ∞ and -∞, by default the largest and the least of
    its dtype; of slope 0 there. Whole numbers are as they are.
    """

def pow(x: Any, y: Any, *, out: Any = None) -> Any:
    """x to the power y, each a tensor or a number; of booleans there is none"""

def reciprocal(x: Any, *, out: Any = None) -> Tensor:
    """1 / x"""

def rsqrt(x: Any, *, out: Any = None) -> Tensor:
    """1 / √x"""

def sin(x: Any, *, out: Any = None) -> Tensor:
    """sin x"""

def sinh(x: Any, *, out: Any = None) -> Tensor:
    """(eˣ - e⁻ˣ) / 2"""

def sqrt(x: Any, *, out: Any = None) -> Tensor:
    """√x"""

def sub(x: Any, y: Any, *, out: Any = None, alpha: Any = 1) -> Tensor:
    """x - alpha · y"""

def tan(x: Any, *, out: Any = None) -> Tensor:
    """tan x"""

def argwhere(input: Tensor, *, as_tuple: builtins.bool = False) -> Any:
    """int64 (n, ndim): the places of the n elements that are not 0, row by row; or axis by axis."""

def gather(input: Tensor, dim: builtins.int, index: Tensor, *, out: Any = None) -> Tensor:
    """out[i, j] = x[i, index[i, j]] for dim=1, and likewise for other axes.

    The index, int64 from 0, has x's number of axes; along all but dim it may be shorter.
    """

def index_select(input: Tensor, dim: builtins.int, index: Tensor, *, out: Any = None) -> Tensor:
    """The slices of x along dim that index, a vector of int64 from 0, names."""

def masked_select(input: Tensor, mask: Tensor, *, out: Any = None) -> Tensor:
    """The elements where the mask is true, row by row, as a vector; both broadcast."""

def narrow(input: Tensor, dim: builtins.int, start: builtins.int, length: builtins.int) -> Tensor:
    """The slices start … start + length - 1 along dim; a negative start counts from the end."""

def nonzero(input: Tensor, *, as_tuple: builtins.bool = False) -> Any:
    """int64 (n, ndim): the places of the n elements that are not 0, row by row; or axis by axis."""

def select(input: Tensor, dim: builtins.int, index: builtins.int) -> Tensor:
    """The slice of this number along dim, without that axis."""

def take(input: Tensor, index: Tensor, *, out: Any = None) -> Tensor:
    """The elements of x, flattened, at these positions; negative ones count from the end."""

def take_along_dim(input: Tensor, indices: Tensor, dim: builtins.int | None = None) -> Tensor:
    """gather, where both are broadcast along the other axes; without dim, of x flattened."""

def tril(input: Any, diagonal: builtins.int = 0, *, out: Any = None) -> Tensor:
    """x with 0 above a diagonal of the last two axes: 0 is the main one, 1 the next above"""

def triu(input: Any, diagonal: builtins.int = 0, *, out: Any = None) -> Tensor:
    """x with 0 below a diagonal of the last two axes"""

def where(condition: Tensor, input: Any = None, other: Any = None, *, out: Any = None) -> Any:
    """x where the condition holds, y elsewhere; without both, the places where it holds."""

from minigan.torch.ops.inplace import fill_ as fill_
from minigan.torch.ops.inplace import zero_ as zero_

def cat(tensors: Sequence[Tensor], dim: builtins.int = 0, *, out: Any = None) -> Tensor:
    """The tensors one after another along an existing axis; of mixed dtypes, in the widest.

    An empty one of shape (0,) is left out, as in PyTorch: a beginning for what a loop collects.
    """

def chunk(input: Tensor, chunks: builtins.int, dim: builtins.int = 0) -> tuple[Tensor, ...]:
    """x cut along dim into at most `chunks` pieces of equal size (the last may be smaller)."""

def hstack(tensors: Sequence[Tensor], *, out: Any = None) -> Tensor:
    """The tensors side by side: along axis 1, vectors along their only one."""

def split(
    input: Tensor,
    split_size: Any = None,
    dim: builtins.int = 0,
    *,
    split_size_or_sections: Any = None,
) -> tuple[Tensor, ...]:
    """x cut along dim into pieces of one size (the last may be smaller) or of the given sizes."""

def stack(tensors: Sequence[Tensor], dim: builtins.int = 0, *, out: Any = None) -> Tensor:
    """The tensors, all of one shape, one after another along a new axis."""

def unbind(input: Tensor, dim: builtins.int = 0) -> tuple[Tensor, ...]:
    """The slices along dim, without that axis."""

def vstack(tensors: Sequence[Tensor], *, out: Any = None) -> Tensor:
    """The tensors below each other, vectors as rows."""

def addmm(
    x: Tensor, mat1: Tensor, mat2: Tensor, *, out: Any = None, beta: Any = 1, alpha: Any = 1
) -> Tensor:
    """beta · x + alpha · mat1 @ mat2, of matrices; x is broadcast, and not looked at for beta 0."""

def baddbmm(
    x: Tensor, batch1: Tensor, batch2: Tensor, *, out: Any = None, beta: Any = 1, alpha: Any = 1
) -> Tensor:
    """addmm of stacks of matrices."""

def bmm(x: Tensor, y: Tensor, *, out: Any = None) -> Tensor:
    """matmul of tensors with 3 and 3 axes."""

def dot(x: Tensor, y: Tensor, *, out: Any = None) -> Tensor:
    """matmul of tensors with 1 and 1 axes."""

from minigan.torch.ops.linear import einsum as einsum

def kron(input: Tensor, other: Tensor, *, out: Any = None) -> Tensor:
    """Kronecker's product: the blocks x[i, j] · y, and likewise for other numbers of axes."""

def matmul(x: Tensor, y: Tensor, *, out: Any = None) -> Tensor:
    """x @ y as NumPy has it: matrices, stacks of matrices, or vectors on either side."""

def mm(x: Tensor, y: Tensor, *, out: Any = None) -> Tensor:
    """matmul of tensors with 2 and 2 axes."""

def mv(x: Tensor, y: Tensor, *, out: Any = None) -> Tensor:
    """matmul of tensors with 2 and 1 axes."""

def outer(x: Tensor, y: Tensor, *, out: Any = None) -> Tensor:
    """x[i] · y[j] for vectors (N) and (M) → (N, M)."""

def tensordot(a: Tensor, b: Tensor, dims: Any = 2) -> Tensor:
    """Σ a · b over pairs of axes: the last and first `dims` ones, or those that two lists name."""

from minigan.torch.ops.memory import channels_last as channels_last

def clone(
    x: Any, *, memory_format: Any = None, layout: Any = None, pin_memory: Any = False
) -> Tensor:
    """A copy with memory of its own; gradients flow through."""

from minigan.torch.ops.memory import contiguous_format as contiguous_format
from minigan.torch.ops.memory import preserve_format as preserve_format
from minigan.torch.ops.memory import strided as strided
from minigan.torch.ops.memory import into as _into

def amax(
    input: Tensor,
    dim: builtins.int | Sequence[builtins.int] | None = None,
    keepdim: builtins.bool = False,
    *,
    out: Any = None,
) -> Tensor:
    """The largest element over the axes dim; ties share the gradient."""

def amin(
    input: Tensor,
    dim: builtins.int | Sequence[builtins.int] | None = None,
    keepdim: builtins.bool = False,
    *,
    out: Any = None,
) -> Tensor:
    """The smallest element over the axes dim; ties share the gradient."""

def argmax(
    input: Any, dim: builtins.int | None = None, keepdim: builtins.bool = False, *, out: Any = None
) -> Tensor:
    """The (first) place of the largest element along dim, or in the flattened tensor."""

def argmin(
    input: Any, dim: builtins.int | None = None, keepdim: builtins.bool = False, *, out: Any = None
) -> Tensor:
    """The (first) place of the smallest element along dim, or in the flattened tensor."""

def argsort(
    input: Tensor,
    dim: builtins.int = -1,
    descending: builtins.bool = False,
    stable: builtins.bool = False,
) -> Tensor:
    """The places of the elements along dim in ascending order; equal ones keep their order, asked
    for by `stable` or not.
    """

def max(input: Tensor, dim: Any = None, keepdim: builtins.bool = False, *, out: Any = None) -> Any:
    """The largest element; along dim, values and indices; with a second tensor, elementwise."""

def min(input: Tensor, dim: Any = None, keepdim: builtins.bool = False, *, out: Any = None) -> Any:
    """The smallest element; along dim, values and indices; with a second tensor, elementwise."""

def sort(
    input: Tensor,
    dim: builtins.int = -1,
    descending: builtins.bool = False,
    *,
    stable: builtins.bool | None = False,
) -> Extremes:
    """The elements along dim in ascending order, and their places; equal ones keep their order."""

def topk(
    input: Tensor,
    k: builtins.int,
    dim: builtins.int = -1,
    largest: builtins.bool = True,
    sorted: builtins.bool = True,
) -> Extremes:
    """The k largest (or smallest) elements along dim, the most extreme first, and their places."""

def bincount(input: Tensor, weights: None = None, minlength: builtins.int = 0) -> Tensor:
    """int64: how often each whole number from 0 occurs in a vector."""

from minigan.torch.ops.rearrange import broadcast_tensors as broadcast_tensors
from minigan.torch.ops.rearrange import cartesian_prod as cartesian_prod

def count_nonzero(
    input: Tensor, dim: builtins.int | Sequence[builtins.int] | None = None
) -> Tensor:
    """How many elements (along dim) are not 0."""

def diag(input: Tensor, diagonal: builtins.int = 0, *, out: Any = None) -> Tensor:
    """A vector on the diagonal of a matrix of zeros; or a matrix's diagonal, copied."""

def diag_embed(
    input: Tensor, offset: builtins.int = 0, dim1: builtins.int = -2, dim2: builtins.int = -1
) -> Tensor:
    """Matrices with the vectors along x's last axis on their diagonals, zeros elsewhere."""

def diagonal(
    input: Tensor, offset: builtins.int = 0, dim1: builtins.int = 0, dim2: builtins.int = 1
) -> Tensor:
    """The diagonal of two axes as a new last one, a view: 0 is the main one, 1 the next above."""

def fliplr(input: Tensor) -> Tensor:
    """Reversed along axis 1."""

def flipud(input: Tensor) -> Tensor:
    """Reversed along axis 0."""

from minigan.torch.ops.rearrange import meshgrid as meshgrid

def movedim(
    input: Tensor,
    source: builtins.int | Sequence[builtins.int],
    destination: builtins.int | Sequence[builtins.int],
) -> Tensor:
    """The axes source at the places destination, the others in their order."""

def rot90(input: Tensor, k: builtins.int = 1, dims: Sequence[builtins.int] = (0, 1)) -> Tensor:
    """Turned k times by 90°, from the first of two axes towards the second; a copy."""

def trace(input: Tensor) -> Tensor:
    """Σ x[i, i] of a matrix."""

from minigan.torch.ops.rearrange import tril_indices as tril_indices
from minigan.torch.ops.rearrange import triu_indices as triu_indices

def unique(
    input: Tensor,
    sorted: builtins.bool = True,
    return_inverse: builtins.bool = False,
    return_counts: builtins.bool = False,
    dim: builtins.int | None = None,
) -> Any:
    """The different elements (or slices along dim) in order; where each is; how often it occurs."""

def cumprod(x: Tensor, dim: builtins.int, *, out: Any = None, dtype: Any = None) -> Tensor:
    """The products of the first elements along dim: of one, of two, …, of whole numbers int64.

    Each step multiplies by what lies 1, 2, 4, … before; right gradients beside zeros too.
    """

def cumsum(x: Tensor, dim: builtins.int, *, out: Any = None, dtype: Any = None) -> Tensor:
    """The sums of the first elements along dim: of one, of two, …"""

def mean(
    input: Tensor,
    dim: builtins.int | Sequence[builtins.int] | None = None,
    keepdim: builtins.bool = False,
    *,
    out: Any = None,
    dtype: Any = None,
) -> Tensor:
    """Σ x / n over the axes dim (all by default); of whole numbers only as another dtype."""

def norm(
    input: Tensor,
    p: builtins.float | str | None = "fro",
    dim: builtins.int | Sequence[builtins.int] | None = None,
    keepdim: builtins.bool = False,
    *,
    dtype: Any = None,
) -> Tensor:
    """(Σ |x|^p)^(1/p) over the axes dim (all by default); its gradient at 0 is 0.

    p: any number; 0 counts what is not 0, inf and -inf are the largest and smallest |x|; "fro" and
    None are 2. ValueError for another word, RuntimeError for whole numbers.
    """

def prod(
    input: Tensor,
    dim: builtins.int | None = None,
    keepdim: builtins.bool = False,
    *,
    out: Any = None,
    dtype: Any = None,
) -> Tensor:
    """Π x along dim (of all by default), of whole numbers int64; right gradients beside zeros too.

    Halves are multiplied until one row is left.
    """

def std(input: Tensor, *args: Any, out: Any = None, **options: Any) -> Tensor:
    """√var, which says what the arguments are."""

def std_mean(input: Tensor, *args: Any, **options: Any) -> tuple[Tensor, Tensor]:
    """std and mean; the arguments are var's."""

def sum(
    input: Tensor,
    dim: builtins.int | Sequence[builtins.int] | None = None,
    keepdim: builtins.bool = False,
    *,
    out: Any = None,
    dtype: Any = None,
) -> Tensor:
    """Σ x over the axes dim (all by default), as another dtype if one is given."""

def var(
    input: Tensor,
    dim: Any = None,
    unbiased: builtins.bool | None = None,
    keepdim: builtins.bool = False,
    *,
    out: Any = None,
    correction: builtins.float | None = None,
) -> Tensor:
    """Σ (x - mean)² / (n - correction); correction is 1, or 0 with unbiased=False.

    `x.var(False)` is x.var(unbiased=False), as in PyTorch.
    """

def var_mean(
    input: Tensor,
    dim: Any = None,
    unbiased: builtins.bool | None = None,
    keepdim: builtins.bool = False,
    *,
    correction: builtins.float | None = None,
) -> tuple[Tensor, Tensor]:
    """var, which says what the arguments are, and mean."""

from minigan.torch.ops.repeat import broadcast_shapes as broadcast_shapes

def repeat_interleave(
    input: Tensor,
    repeats: Any = None,
    dim: builtins.int | None = None,
    *,
    output_size: builtins.int | None = None,
) -> Tensor:
    """Each slice along dim so often in a row: 1, 2 → 1, 1, 2, 2; by default x flattened.

    repeats: a number, or a tensor of one for each slice; left out, x gives it for 0, 1, 2, …
    output_size, the sum, is not needed.
    """

def roll(
    input: Tensor,
    shifts: builtins.int | Sequence[builtins.int],
    dims: builtins.int | Sequence[builtins.int] | None = None,
) -> Tensor:
    """The elements moved on by so many places, those beyond the end to the beginning."""

def tile(input: Tensor, *sizes: Any, dims: Any = None) -> Tensor:
    """repeat, along the last axes where there are fewer numbers than axes."""

def broadcast_to(input: Tensor, *sizes: Any, size: Any = None) -> Tensor:
    """Repeated to the given sizes without copying; -1 keeps a size."""

def index_add(
    input: Tensor, dim: builtins.int, index: Tensor, source: Tensor, *, alpha: builtins.float = 1
) -> Tensor:
    """x with alpha · (the slices of source) added to those slices along dim that index names."""

def index_copy(input: Tensor, dim: builtins.int, index: Tensor, source: Tensor) -> Tensor:
    """x with the slices of source in place of those along dim that index names."""

def index_fill(input: Tensor, dim: builtins.int, index: Tensor, value: Any) -> Tensor:
    """x with one value in those slices along dim that index names; negative ones from the end."""

def index_put(
    input: Tensor, indices: Any, values: Tensor, accumulate: builtins.bool = False
) -> Tensor:
    """x after x[indices] = values; with accumulate, after x[indices] += values for each place."""

def masked_scatter(input: Tensor, mask: Tensor, source: Tensor) -> Tensor:
    """x with the first elements of source, row by row, where the mask (broadcast to x) is true."""

def scatter(
    input: Tensor,
    dim: builtins.int,
    index: Tensor,
    src: Any = None,
    *,
    value: Any = None,
    reduce: Any = None,
) -> Tensor:
    """x with x[i, index[i, j]] = src[i, j] for dim=1, and likewise for other axes; src or value."""

def scatter_add(input: Tensor, dim: builtins.int, index: Tensor, src: Tensor) -> Tensor:
    """x with src[i, j] added to x[i, index[i, j]] for dim=1, and likewise for other axes."""

def flatten(input: Tensor, start_dim: builtins.int = 0, end_dim: builtins.int = -1) -> Tensor:
    """The axes start_dim … end_dim as one."""

def flip(input: Tensor, dims: Any, *more: builtins.int) -> Tensor:
    """Reversed along the given axes; a copy."""

def permute(input: Tensor, dims: Any, *more: builtins.int) -> Tensor:
    """The axes in another order: `x.permute(0, 2, 3, 1)`."""

def reshape(input: Tensor, *sizes: Any, shape: Any = None) -> Tensor:
    """The same elements in another shape: `x.reshape(2, 3)`, `x.reshape((2, -1))`."""

def squeeze(input: Tensor, dim: builtins.int | Sequence[builtins.int] | None = None) -> Tensor:
    """Without the axes of size 1, or without those of the given axes that have size 1."""

def swapaxes(input: Tensor, dim0: builtins.int, dim1: builtins.int) -> Tensor:
    """Two axes exchanged; a number has none, and stays."""

from minigan.torch.ops.shape import t as t

def unflatten(input: Tensor, dim: builtins.int, sizes: Sequence[builtins.int]) -> Tensor:
    """One axis as several, of the given sizes; one may be -1."""

def unsqueeze(input: Tensor, dim: builtins.int) -> Tensor:
    """With a new axis of size 1 at position dim."""

from minigan.torch.ops.size import Size as Size

def log_softmax(input: Tensor, dim: builtins.int, dtype: Any = None) -> Tensor:
    """x - ln Σ exp(x) along dim, of x as another dtype if one is given."""

def logsumexp(
    x: Tensor,
    dim: builtins.int | tuple[builtins.int, ...],
    keepdim: builtins.bool = False,
    *,
    out: Any = None,
) -> Tensor:
    """ln Σ exp(x) along dim, shifted by the maximum so that nothing overflows."""

def softmax(input: Tensor, dim: builtins.int, dtype: Any = None, *, out: Any = None) -> Tensor:
    """exp(x) / Σ exp(x) along dim, of x as another dtype if one is given."""

def all(
    input: Any,
    dim: builtins.int | Sequence[builtins.int] | None = None,
    keepdim: builtins.bool = False,
    *,
    out: Any = None,
) -> Tensor:
    """Whether every element along dim is true."""

from minigan.torch.ops.steps import allclose as allclose

def any(
    input: Any,
    dim: builtins.int | Sequence[builtins.int] | None = None,
    keepdim: builtins.bool = False,
    *,
    out: Any = None,
) -> Tensor:
    """Whether some element along dim is true."""

def bitwise_and(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """x & y"""

def bitwise_not(x: Any, *, out: Any = None) -> Tensor:
    """~x"""

def bitwise_or(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """x | y"""

def bitwise_xor(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """x ^ y"""

def ceil(x: Any, *, out: Any = None) -> Tensor:
    """⌈x⌉"""

from minigan.torch.ops.steps import equal as equal

def floor(x: Any, *, out: Any = None) -> Tensor:
    """⌊x⌋"""

def fmod(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """x - y·trunc(x / y), of the sign of x"""

from minigan.torch.ops.steps import isclose as isclose

def isfinite(x: Any) -> Tensor:
    """whether x is an ordinary number"""

def isinf(x: Any) -> Tensor:
    """whether x is infinite"""

def isnan(x: Any) -> Tensor:
    """whether x is not a number"""

def logical_and(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """both are not 0"""

def logical_not(x: Any, *, out: Any = None) -> Tensor:
    """x is 0"""

def logical_or(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """one of both is not 0"""

def logical_xor(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """one alone is not 0"""

def remainder(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """x - y·⌊x / y⌋"""

def round(x: Tensor, *, out: Any = None, decimals: builtins.int = 0) -> Tensor:
    """the nearest number of so many decimals, halves to even"""

def sign(x: Any, *, out: Any = None) -> Tensor:
    """-1, 0 or 1"""

def trunc(x: Any, *, out: Any = None) -> Tensor:
    """x without its fraction"""

def floor_divide(x: Any, y: Any, *, out: Any = None) -> Tensor:
    """⌊x / y⌋"""

from minigan.torch.ops.typed import BoolTensor as BoolTensor
from minigan.torch.ops.typed import ByteTensor as ByteTensor
from minigan.torch.ops.typed import CharTensor as CharTensor
from minigan.torch.ops.typed import DoubleTensor as DoubleTensor
from minigan.torch.ops.typed import FloatTensor as FloatTensor
from minigan.torch.ops.typed import HalfTensor as HalfTensor
from minigan.torch.ops.typed import IntTensor as IntTensor
from minigan.torch.ops.typed import LongTensor as LongTensor
from minigan.torch.ops.typed import ShortTensor as ShortTensor
from minigan.torch.ops.typed import finfo as finfo
from minigan.torch.ops.typed import get_default_dtype as get_default_dtype
from minigan.torch.ops.typed import is_floating_point as is_floating_point
from minigan.torch.ops.typed import is_tensor as is_tensor
from minigan.torch.ops.typed import numel as numel
from minigan.torch.ops.typed import set_default_device as set_default_device
from minigan.torch.ops.typed import set_default_dtype as set_default_dtype
from minigan.torch.ops.typed import set_default_tensor_type as set_default_tensor_type
from minigan.torch.ops.typed import typename as typename
from minigan.torch.ops.views import detach as detach
from minigan.torch.ops.written import applied as _applied
from minigan.torch.random import Generator as Generator

def fork_rng(devices: Any = None, enabled: builtins.bool = True) -> Iterator[None]:
    """Draw random numbers within that change nothing after it. All devices have one stream."""

from minigan.torch.random import get_rng_state as get_rng_state
from minigan.torch.random import seed as seed
from minigan.torch.random import set_rng_state as set_rng_state
from minigan.torch.version import __version__ as __version__

absolute, divide, multiply, negative, subtract = (abs, div, mul, neg, sub)
true_divide = div
clip = clamp
concat = concatenate = cat
transpose = swapdims = swapaxes
ravel = flatten
abs_, ceil_, clamp_, cos_ = (_applied(abs), _applied(ceil), _applied(clamp), _applied(cos))
exp_, floor_, log_, neg_ = (_applied(exp), _applied(floor), _applied(log), _applied(neg))
relu_, round_, rsqrt_ = (_applied(relu), _applied(round), _applied(rsqrt))
sigmoid_, sin_, sqrt_ = (_applied(sigmoid), _applied(sin), _applied(sqrt))
square_, tanh_ = (_applied(square), _applied(tanh))
moveaxis = movedim
float32 = float = _numpy.dtype("float32")
float64 = double = _numpy.dtype("float64")
float16 = half = _numpy.dtype("float16")
int32 = int = _numpy.dtype("int32")
int64 = long = _numpy.dtype("int64")
uint8, int8 = (_numpy.dtype("uint8"), _numpy.dtype("int8"))
int16 = short = _numpy.dtype("int16")
bool = _numpy.dtype("bool")
dtype, iinfo = (_numpy.dtype, _numpy.iinfo)

def compile(model: _Any = None, **options: _Any) -> _Any:
    """The model or function itself, also as a decorator with options: nothing is compiled here.

    Its state_dict keeps the model's own names, without PyTorch's "_orig_mod." in front."""

from minigan.torch import onnx as onnx
from minigan.torch import utils as utils
from minigan.torch.serialization import load as load
from minigan.torch.serialization import save as save
