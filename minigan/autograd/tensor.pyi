# ruff: noqa
# Written by tests/stubs.py, which says what for.
from typing import TYPE_CHECKING, Any
import numpy as np
from minigan import backend as B
from minigan.autograd.tape import Node
from numpy import ndarray
from collections.abc import Iterator
from collections.abc import Iterable
from numpy import dtype as _dtype
from collections.abc import Sequence
from minigan.backend.random import Generator
from collections.abc import Callable
import builtins

class Tensor:
    """An array, its gradient, and the recorded op that it came from.

    `array` is the plain NumPy or CuPy array. A tensor with `requires_grad` and no `grad_fn` is a
    leaf: `backward` adds to its `grad`.

    `Tensor(2, 3)` is an uninitialised float32 tensor of that shape, `Tensor(x.shape)` too, and
    `Tensor([1, 2])` one with that content, as in PyTorch; `torch.tensor` is the usual way.
    """

    array: B.Array
    requires_grad: builtins.bool
    grad_fn: Node | None
    _base: Tensor | None
    _version: builtins.int
    __array_ufunc__: Any
    @property
    def T(self) -> Tensor:
        """All axes in reverse, as x.T has it."""
    def __add__(self, y: Any) -> Tensor:
        """x + y"""
    def __array__(self, dtype: Any = None, copy: builtins.bool | None = None) -> ndarray:
        """The content for NumPy and matplotlib, whether or not it requires grad."""
    def __bool__(self) -> builtins.bool: ...
    def __eq__(self, y: Any) -> Tensor:  # type: ignore[override]
        ...
    def __float__(self) -> builtins.float: ...
    def __ge__(self, y: Any) -> Tensor:
        """x ≥ y"""
    def __getitem__(self, index: Any) -> Tensor:
        """x[index]: a view for ints, slices, None and ...; a copy for tensors, lists and bools.

        Tensors are positions (int64, int32) or masks (bool, uint8). Out of range is an IndexError, a
        step below 1 a ValueError.
        """
    def __gt__(self, y: Any) -> Tensor:
        """x > y"""
    def __hash__(self) -> builtins.int: ...
    def __iadd__(self, y: Any, *, alpha: Any = 1) -> Tensor:
        """x ← x + alpha · y"""
    def __imul__(self, y: Any) -> Tensor:
        """x ← x · y"""
    def __ipow__(self, y: Any) -> Tensor:
        """x to the power y, each a tensor or a number; of booleans there is none"""
    def __isub__(self, y: Any, *, alpha: Any = 1) -> Tensor:
        """x ← x - alpha · y"""
    def __iter__(self) -> Iterator[Tensor]: ...
    def __itruediv__(self, y: Any) -> Tensor:
        """x ← x / y"""
    def __le__(self, y: Any) -> Tensor:
        """x ≤ y"""
    def __len__(self) -> builtins.int: ...
    def __lt__(self, y: Any) -> Tensor:
        """x < y"""
    def __matmul__(self, y: Tensor) -> Tensor:
        """x @ y as NumPy has it: matrices, stacks of matrices, or vectors on either side."""
    def __mul__(self, y: Any) -> Tensor:
        """x · y"""
    def __ne__(self, y: Any) -> Tensor:  # type: ignore[override]
        ...
    def __neg__(self) -> Tensor:
        """-x"""
    def __pow__(self, y: Any) -> Tensor:
        """x to the power y, each a tensor or a number; of booleans there is none"""
    def __radd__(self, y: Any) -> Tensor: ...
    def __repr__(self) -> str:
        """tensor([...]) with four digits, and what PyTorch adds: dtype, device, requires_grad."""
    def __rmatmul__(self, y: Any) -> Tensor: ...
    def __rmul__(self, y: Any) -> Tensor: ...
    def __rpow__(self, y: Any) -> Tensor: ...
    def __rsub__(self, y: Any) -> Tensor: ...
    def __rtruediv__(self, y: Any) -> Tensor: ...
    def __sub__(self, y: Any) -> Tensor:
        """x - y"""
    def __truediv__(self, y: Any) -> Tensor:
        """x / y"""
    def abs(self) -> Tensor:
        """|x|, of slope 0 at 0"""
    def argmax(self, dim: builtins.int | None = None, keepdim: builtins.bool = False) -> Tensor:
        """The (first) place of the largest element along dim, or in the flattened tensor."""
    def astype(self, dtype: Any) -> Tensor: ...
    def backward(
        self,
        gradient: Tensor | None = None,
        retain_graph: builtins.bool | None = None,
        create_graph: builtins.bool = False,
        inputs: Iterable[Tensor] | Tensor | None = None,
    ) -> None:
        """Add ∂tensor/∂leaf to the `grad` of each leaf that the tensor was computed from.

        gradient: ∂L/∂tensor, if it is only a step towards L; by default 1, for a scalar.
        retain_graph: keep the values that the rules need, so that backward can run once more; by
            default only create_graph keeps them: releasing them frees most of a step's memory.
        create_graph: record the backward pass too, so that gradients can be differentiated again.
        inputs: add to the grad of these alone, and compute only what leads to them.

        Where it cannot run, a GraphError says why, and what to do.
        """
    def changed_in_place(self) -> None:
        """Tell the tape that the memory was written to; whoever writes to `array` calls this."""
    def clamp(self, min: Any = None, max: Any = None) -> Tensor:
        """x held within [min, max], numbers or tensors, of which one may be left out.

        Outside the bounds x has gradient 0, and a bound that is a tensor the whole one.
        """
    def clone(
        self, *, memory_format: Any = None, layout: Any = None, pin_memory: Any = False
    ) -> Tensor:
        """A copy with memory of its own; gradients flow through."""
    def cpu(self, *, memory_format: Any = None) -> Tensor:
        """x on the host."""
    def detach(self) -> Tensor:
        """The same memory without history: no gradient flows through it."""
    @property
    def dtype(self) -> _dtype[Any]: ...
    def exp(self) -> Tensor:
        """eˣ"""
    def flatten(self, start_dim: builtins.int = 0, end_dim: builtins.int = -1) -> Tensor:
        """The axes start_dim … end_dim as one."""
    grad: Tensor | None
    def item(self) -> Any:
        """The only element, as a Python number."""
    def log(self) -> Tensor:
        """ln x"""
    def log_softmax(self, dim: builtins.int, dtype: Any = None) -> Tensor:
        """x - ln Σ exp(x) along dim, of x as another dtype if one is given."""
    def mean(
        self,
        dim: builtins.int | Sequence[builtins.int] | None = None,
        keepdim: builtins.bool = False,
        *,
        dtype: Any = None,
    ) -> Tensor:
        """Σ x / n over the axes dim (all by default); of whole numbers only as another dtype."""
    @property
    def ndim(self) -> builtins.int: ...
    def norm(
        self,
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
    def numpy(self, *, force: builtins.bool = False) -> ndarray:
        """The content as a NumPy array, sharing memory on the host; force is .detach().cpu() before."""
    @property
    def owner(self) -> Tensor:
        """The tensor whose memory this one uses: itself, unless it is a view."""
    def relu(self) -> Tensor:
        """max(x, 0)"""
    def requires_grad_(self, requires_grad: builtins.bool = True) -> Tensor:
        """Start or stop asking for this leaf's gradient."""
    def reshape(self, *sizes: Any, shape: Any = None) -> Tensor:
        """The same elements in another shape: `x.reshape(2, 3)`, `x.reshape((2, -1))`."""
    @property
    def shape(self) -> tuple[builtins.int, ...]: ...
    def sigmoid(self) -> Tensor:
        """1 / (1 + e⁻ˣ), precise in both tails"""
    def square(self) -> Tensor:
        """x²"""
    def sum(
        self,
        dim: builtins.int | Sequence[builtins.int] | None = None,
        keepdim: builtins.bool = False,
        *,
        dtype: Any = None,
    ) -> Tensor:
        """Σ x over the axes dim (all by default), as another dtype if one is given."""
    def swapaxes(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """Two axes exchanged."""
    def tanh(self) -> Tensor:
        """tanh x"""
    def unflatten(self, dim: builtins.int, sizes: Sequence[builtins.int]) -> Tensor:
        """One axis as several, of the given sizes; one may be -1."""

    # -- what follows comes with minigan.torch

    def __abs__(self) -> Tensor:
        """|x|, of slope 0 at 0"""
    def __and__(self, y: Any) -> Tensor:
        """x & y"""
    __array_priority__: builtins.int
    def __array_wrap__(
        self, array: ndarray, context: Any = None, return_scalar: builtins.bool = False
    ) -> Tensor:
        """What NumPy's own functions of a tensor return, np.sqrt(x) or np.transpose(x, …): a tensor.

        Refused while a gradient is wanted: it would end there unnoticed.
        """
    def __copy__(self) -> Any:
        """copy.copy(x): the same memory, and no history."""
    def __deepcopy__(self, memo: dict[builtins.int, Any]) -> Any:
        """copy.deepcopy(x), with its grad, but for parameters, which PyTorch copies without.

        RuntimeError for a result, whose history none can copy.
        """
    def __floordiv__(self, y: Any) -> Tensor:
        """⌊x / y⌋"""
    def __format__(self, spec: str) -> str:
        """f"{loss:.4f}" of a one-element tensor; without a format, its text."""
    def __iand__(self, y: Any) -> Tensor:
        """x & y"""
    def __ifloordiv__(self, y: Any) -> Tensor:
        """⌊x / y⌋"""
    def __imod__(self, y: Any) -> Tensor:
        """x - y·⌊x / y⌋"""
    def __index__(self) -> builtins.int:
        """x as an index of lists and ranges."""
    def __init__(self, *content: Any) -> None: ...
    def __int__(self) -> builtins.int: ...
    def __invert__(self) -> Tensor:
        """~x"""
    def __ior__(self, y: Any) -> Tensor:
        """x | y"""
    def __ixor__(self, y: Any) -> Tensor:
        """x ^ y"""
    def __mod__(self, y: Any) -> Tensor:
        """x - y·⌊x / y⌋"""
    def __or__(self, y: Any) -> Tensor:
        """x | y"""
    def __pos__(self) -> Tensor: ...
    def __rand__(self, y: Any) -> Tensor: ...
    def __reduce_ex__(self, protocol: Any) -> Any:
        """What pickle writes: no grad, and one copy of memory that several tensors share whole."""
    def __reversed__(self) -> Tensor: ...
    def __rfloordiv__(self, y: Any) -> Tensor: ...
    def __rmod__(self, y: Any) -> Tensor: ...
    def __ror__(self, y: Any) -> Tensor: ...
    def __rxor__(self, y: Any) -> Tensor: ...
    def __setitem__(self, index: Any, value: Any) -> None:
        """x[index] = value"""
    def __xor__(self, y: Any) -> Tensor:
        """x ^ y"""
    _copied: Any
    _family: Any
    _layouts: Any
    _taken: Any
    def abs_(self) -> Tensor:
        """|x|, of slope 0 at 0"""
    def absolute(self) -> Tensor:
        """|x|, of slope 0 at 0"""
    def acos(self) -> Tensor:
        """the angle in [0, π] whose cosine is x"""
    def add(self, y: Any, *, alpha: Any = 1) -> Tensor:
        """x + alpha · y"""
    def add_(self, y: Any, *, alpha: Any = 1) -> Tensor:
        """x ← x + alpha · y"""
    def addcdiv_(self, y: Tensor, z: Tensor, *, value: Any = 1) -> Tensor:
        """x ← x + value · y / z"""
    def addcmul_(self, y: Tensor, z: Tensor, *, value: Any = 1) -> Tensor:
        """x ← x + value · y · z"""
    def addmm(self, mat1: Tensor, mat2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """beta · x + alpha · mat1 @ mat2, of matrices; x is broadcast, and not looked at for beta 0."""
    def all(
        self,
        dim: builtins.int | Sequence[builtins.int] | None = None,
        keepdim: builtins.bool = False,
    ) -> Tensor:
        """Whether every element along dim is true."""
    def allclose(
        self,
        y: Tensor,
        rtol: builtins.float = 1e-05,
        atol: builtins.float = 1e-08,
        equal_nan: builtins.bool = False,
    ) -> builtins.bool:
        """Whether isclose everywhere."""
    def amax(
        self,
        dim: builtins.int | Sequence[builtins.int] | None = None,
        keepdim: builtins.bool = False,
    ) -> Tensor:
        """The largest element over the axes dim; ties share the gradient."""
    def amin(
        self,
        dim: builtins.int | Sequence[builtins.int] | None = None,
        keepdim: builtins.bool = False,
    ) -> Tensor:
        """The smallest element over the axes dim; ties share the gradient."""
    def any(
        self,
        dim: builtins.int | Sequence[builtins.int] | None = None,
        keepdim: builtins.bool = False,
    ) -> Tensor:
        """Whether some element along dim is true."""
    def argmin(self, dim: builtins.int | None = None, keepdim: builtins.bool = False) -> Tensor:
        """The (first) place of the smallest element along dim, or in the flattened tensor."""
    def argsort(
        self,
        dim: builtins.int = -1,
        descending: builtins.bool = False,
        stable: builtins.bool = False,
    ) -> Tensor:
        """The places of the elements along dim in ascending order; equal ones keep their order, asked
        for by `stable` or not.
        """
    def argwhere(self, *, as_tuple: builtins.bool = False) -> Any:
        """int64 (n, ndim): the places of the n elements that are not 0, row by row; or axis by axis."""
    def asin(self) -> Tensor:
        """the angle in [-π/2, π/2] whose sine is x"""
    def atan(self) -> Tensor:
        """the angle in [-π/2, π/2] whose tangent is x"""
    def atan2(self, x: Any) -> Tensor:
        """the angle in [-π, π] of the point (y, x)"""
    def baddbmm(self, batch1: Tensor, batch2: Tensor, *, beta: Any = 1, alpha: Any = 1) -> Tensor:
        """addmm of stacks of matrices."""
    def bernoulli(self, *, generator: Generator | None = None) -> Tensor:
        """1 with the probability that stands at each place, else 0."""
    def bernoulli_(self, p: builtins.float = 0.5, *, generator: Generator | None = None) -> Tensor:
        """Every element 1 with probability p, else 0."""
    def bincount(self, weights: None = None, minlength: builtins.int = 0) -> Tensor:
        """int64: how often each whole number from 0 occurs in a vector."""
    def bitwise_and(self, y: Any) -> Tensor:
        """x & y"""
    def bitwise_not(self) -> Tensor:
        """~x"""
    def bitwise_or(self, y: Any) -> Tensor:
        """x | y"""
    def bitwise_xor(self, y: Any) -> Tensor:
        """x ^ y"""
    def bmm(self, y: Tensor) -> Tensor:
        """matmul of tensors with 3 and 3 axes."""
    def bool(self, *, memory_format: Any = None) -> Tensor: ...
    def broadcast_to(self, *sizes: Any, size: Any = None) -> Tensor:
        """Repeated to the given sizes without copying; -1 keeps a size."""
    def byte(self, *, memory_format: Any = None) -> Tensor: ...
    def ceil(self) -> Tensor:
        """⌈x⌉"""
    def ceil_(self) -> Tensor:
        """⌈x⌉"""
    def chunk(self, chunks: builtins.int, dim: builtins.int = 0) -> tuple[Tensor, ...]:
        """x cut along dim into at most `chunks` pieces of equal size (the last may be smaller)."""
    def clamp_(self, min: Any = None, max: Any = None) -> Tensor:
        """x held within [min, max], numbers or tensors, of which one may be left out.

        Outside the bounds x has gradient 0, and a bound that is a tensor the whole one.
        """
    def clamp_max(self, max: Any) -> Tensor:
        """x, or max where that is less."""
    def clamp_max_(self, max: Any) -> Tensor:
        """x, or max where that is less."""
    def clamp_min(self, min: Any) -> Tensor:
        """x, or min where that is larger."""
    def clamp_min_(self, min: Any) -> Tensor:
        """x, or min where that is larger."""
    def clip(self, min: Any = None, max: Any = None) -> Tensor:
        """x held within [min, max], numbers or tensors, of which one may be left out.

        Outside the bounds x has gradient 0, and a bound that is a tensor the whole one.
        """
    def clip_(self, min: Any = None, max: Any = None) -> Tensor:
        """x held within [min, max], numbers or tensors, of which one may be left out.

        Outside the bounds x has gradient 0, and a bound that is a tensor the whole one.
        """
    def contiguous(self, memory_format: Any = None) -> Tensor:
        """x itself, if its memory lies row by row in PyTorch; else a copy, as of channels_last."""
    def copy_(self, source: Any, non_blocking: builtins.bool = False) -> Tensor:
        """The elements of source, broadcast and converted to x's dtype; non_blocking as in to()."""
    def cos(self) -> Tensor:
        """cos x"""
    def cos_(self) -> Tensor:
        """cos x"""
    def cosh(self) -> Tensor:
        """(eˣ + e⁻ˣ) / 2"""
    def count_nonzero(self, dim: builtins.int | Sequence[builtins.int] | None = None) -> Tensor:
        """How many elements (along dim) are not 0."""
    def cuda(
        self, device: Any = None, non_blocking: builtins.bool = False, *, memory_format: Any = None
    ) -> Tensor:
        """x on the GPU, of which there is one: number 0."""
    def cumprod(self, dim: builtins.int, *, dtype: Any = None) -> Tensor:
        """The products of the first elements along dim: of one, of two, …, of whole numbers int64.

        Each step multiplies by what lies 1, 2, 4, … before; right gradients beside zeros too.
        """
    def cumsum(self, dim: builtins.int, *, dtype: Any = None) -> Tensor:
        """The sums of the first elements along dim: of one, of two, …"""
    @property
    def data(self) -> Tensor:
        """The same memory as a tensor without history, as in PyTorch; assigning replaces it."""
    @data.setter
    def data(self, value: Any) -> None: ...
    def data_ptr(self) -> builtins.int:
        """The address of the first element: equal for two tensors that begin in the same place."""
    def detach_(self) -> Tensor:
        """Forget how x was computed: from here on it is a leaf without gradient."""
    @property
    def device(self) -> Any:
        """The device that holds x: cpu, or cuda:0."""
    def diag(self, diagonal: builtins.int = 0) -> Tensor:
        """A vector on the diagonal of a matrix of zeros; or a matrix's diagonal, copied."""
    def diag_embed(
        self, offset: builtins.int = 0, dim1: builtins.int = -2, dim2: builtins.int = -1
    ) -> Tensor:
        """Matrices with the vectors along x's last axis on their diagonals, zeros elsewhere."""
    def diagonal(
        self, offset: builtins.int = 0, dim1: builtins.int = 0, dim2: builtins.int = 1
    ) -> Tensor:
        """The diagonal of two axes as a new last one, a view: 0 is the main one, 1 the next above."""
    def dim(self) -> builtins.int: ...
    def div(self, y: Any, *, rounding_mode: str | None = None) -> Tensor:
        """x / y, or rounded to a whole number: towards 0 by "trunc", down by "floor"."""
    def div_(self, y: Any) -> Tensor:
        """x ← x / y"""
    def divide(self, y: Any, *, rounding_mode: str | None = None) -> Tensor:
        """x / y, or rounded to a whole number: towards 0 by "trunc", down by "floor"."""
    def dot(self, y: Tensor) -> Tensor:
        """matmul of tensors with 1 and 1 axes."""
    def double(self, *, memory_format: Any = None) -> Tensor: ...
    def element_size(self) -> builtins.int:
        """The bytes of one element."""
    def eq(self, y: Any) -> Tensor:
        """x = y"""
    def equal(self, y: Tensor) -> builtins.bool:
        """Whether both have the same shape and the same elements."""
    def erf(self) -> Tensor:
        """2/√π · ∫₀ˣ exp(-t²) dt"""
    def exp_(self) -> Tensor:
        """eˣ"""
    def expand(self, *sizes: Any, size: Any = None) -> Tensor:
        """Repeated to the given sizes without copying; -1 keeps a size."""
    def expand_as(self, other: Any) -> Tensor: ...
    def expm1(self) -> Tensor:
        """eˣ - 1, precise near 0"""
    def fill_(self, value: builtins.float) -> Tensor:
        """Every element set to value, a number or a tensor of no axes."""
    def flip(self, dims: Any, *more: builtins.int) -> Tensor:
        """Reversed along the given axes; a copy."""
    def fliplr(self) -> Tensor:
        """Reversed along axis 1."""
    def flipud(self) -> Tensor:
        """Reversed along axis 0."""
    def float(self, *, memory_format: Any = None) -> Tensor: ...
    def floor(self) -> Tensor:
        """⌊x⌋"""
    def floor_(self) -> Tensor:
        """⌊x⌋"""
    def floor_divide(self, y: Any) -> Tensor:
        """⌊x / y⌋"""
    def fmod(self, y: Any) -> Tensor:
        """x - y·trunc(x / y), of the sign of x"""
    def gather(self, dim: builtins.int, index: Tensor) -> Tensor:
        """out[i, j] = x[i, index[i, j]] for dim=1, and likewise for other axes.

        The index, int64 from 0, has x's number of axes; along all but dim it may be shorter.
        """
    def ge(self, y: Any) -> Tensor:
        """x ≥ y"""
    def get_device(self) -> builtins.int:
        """0, the GPU's number, or -1 for the host."""
    def gt(self, y: Any) -> Tensor:
        """x > y"""
    def half(self, *, memory_format: Any = None) -> Tensor: ...
    def index_add(
        self, dim: builtins.int, index: Tensor, source: Tensor, *, alpha: builtins.float = 1
    ) -> Tensor:
        """x with alpha · (the slices of source) added to those slices along dim that index names."""
    def index_add_(
        self, dim: builtins.int, index: Tensor, source: Tensor, *, alpha: builtins.float = 1
    ) -> Tensor:
        """x with alpha · (the slices of source) added to those slices along dim that index names."""
    def index_copy(self, dim: builtins.int, index: Tensor, source: Tensor) -> Tensor:
        """x with the slices of source in place of those along dim that index names."""
    def index_copy_(self, dim: builtins.int, index: Tensor, source: Tensor) -> Tensor:
        """x with the slices of source in place of those along dim that index names."""
    def index_fill(self, dim: builtins.int, index: Tensor, value: Any) -> Tensor:
        """x with one value in those slices along dim that index names; negative ones from the end."""
    def index_fill_(self, dim: builtins.int, index: Tensor, value: Any) -> Tensor:
        """x with one value in those slices along dim that index names; negative ones from the end."""
    def index_put(self, indices: Any, values: Tensor, accumulate: builtins.bool = False) -> Tensor:
        """x after x[indices] = values; with accumulate, after x[indices] += values for each place."""
    def index_put_(self, indices: Any, values: Tensor, accumulate: builtins.bool = False) -> Tensor:
        """x after x[indices] = values; with accumulate, after x[indices] += values for each place."""
    def index_select(self, dim: builtins.int, index: Tensor) -> Tensor:
        """The slices of x along dim that index, a vector of int64 from 0, names."""
    def int(self, *, memory_format: Any = None) -> Tensor: ...
    def is_complex(self) -> builtins.bool:
        """False, always: there are no complex numbers here."""
    def is_contiguous(self, memory_format: Any = None) -> builtins.bool:
        """Whether PyTorch's memory of x may be row by row; of channels_last that is not known."""
    @property
    def is_cpu(self) -> builtins.bool: ...
    @property
    def is_cuda(self) -> builtins.bool:
        """Whether CuPy holds x."""
    def is_floating_point(self) -> builtins.bool:
        """Whether it holds floats."""
    @property
    def is_leaf(self) -> builtins.bool:
        """Whether nothing was recorded for it: parameters, data, and all that needs no gradient."""
    @property
    def is_meta(self) -> builtins.bool: ...
    @property
    def is_mkldnn(self) -> builtins.bool: ...
    @property
    def is_mps(self) -> builtins.bool: ...
    def is_pinned(self) -> builtins.bool:
        """False, always: see pin_memory."""
    @property
    def is_quantized(self) -> builtins.bool: ...
    def is_signed(self) -> builtins.bool:
        """Whether its dtype holds negative numbers."""
    @property
    def is_sparse(self) -> builtins.bool: ...
    @property
    def is_xla(self) -> builtins.bool: ...
    @property
    def is_xpu(self) -> builtins.bool: ...
    def isclose(
        self,
        y: Tensor,
        rtol: builtins.float = 1e-05,
        atol: builtins.float = 1e-08,
        equal_nan: builtins.bool = False,
    ) -> Tensor:
        """Whether |x - y| ≤ atol + rtol · |y|, element by element; ∞ is close to itself alone, and
        what is no number to nothing, unless equal_nan. TypeError for different dtypes.
        """
    def isfinite(self) -> Tensor:
        """whether x is an ordinary number"""
    def isinf(self) -> Tensor:
        """whether x is infinite"""
    def isnan(self) -> Tensor:
        """whether x is not a number"""
    @property
    def itemsize(self) -> builtins.int: ...
    def kron(self, y: Tensor) -> Tensor:
        """Kronecker's product: the blocks x[i, j] · y, and likewise for other numbers of axes."""
    @property
    def layout(self) -> str: ...
    def le(self, y: Any) -> Tensor:
        """x ≤ y"""
    def lerp(self, end: Tensor, weight: Any) -> Tensor:
        """x + weight · (end - x), of floats of one dtype: exactly x at weight 0, end at 1."""
    def lerp_(self, end: Tensor, weight: Any) -> Tensor:
        """x + weight · (end - x), of floats of one dtype: exactly x at weight 0, end at 1."""
    def log10(self) -> Tensor:
        """log₁₀ x"""
    def log1p(self) -> Tensor:
        """ln(1 + x), precise near 0"""
    def log1p_(self) -> Tensor:
        """ln(1 + x), precise near 0"""
    def log2(self) -> Tensor:
        """log₂ x"""
    def log_(self) -> Tensor:
        """ln x"""
    def logical_and(self, y: Any) -> Tensor:
        """both are not 0"""
    def logical_not(self) -> Tensor:
        """x is 0"""
    def logical_or(self, y: Any) -> Tensor:
        """one of both is not 0"""
    def logical_xor(self, y: Any) -> Tensor:
        """one alone is not 0"""
    def logsumexp(
        self, dim: builtins.int | tuple[builtins.int, ...], keepdim: builtins.bool = False
    ) -> Tensor:
        """ln Σ exp(x) along dim, shifted by the maximum so that nothing overflows."""
    def long(self, *, memory_format: Any = None) -> Tensor: ...
    def lt(self, y: Any) -> Tensor:
        """x < y"""
    @property
    def mT(self) -> Tensor: ...
    def masked_fill(self, mask: Tensor, value: builtins.float) -> Tensor:
        """x with value, a number converted to x's dtype, put where the mask is true."""
    def masked_fill_(self, mask: Tensor, value: builtins.float) -> Tensor:
        """value put where the mask, broadcast to x, is true."""
    def masked_scatter(self, mask: Tensor, source: Tensor) -> Tensor:
        """x with the first elements of source, row by row, where the mask (broadcast to x) is true."""
    def masked_scatter_(self, mask: Tensor, source: Tensor) -> Tensor:
        """x with the first elements of source, row by row, where the mask (broadcast to x) is true."""
    def masked_select(self, mask: Tensor) -> Tensor:
        """The elements where the mask is true, row by row, as a vector; both broadcast."""
    def matmul(self, y: Tensor) -> Tensor:
        """x @ y as NumPy has it: matrices, stacks of matrices, or vectors on either side."""
    def max(self, dim: Any = None, keepdim: builtins.bool = False) -> Any:
        """The largest element; along dim, values and indices; with a second tensor, elementwise."""
    def maximum(self, y: Any) -> Tensor:
        """The larger of two; equal ones share the gradient."""
    def min(self, dim: Any = None, keepdim: builtins.bool = False) -> Any:
        """The smallest element; along dim, values and indices; with a second tensor, elementwise."""
    def minimum(self, y: Any) -> Tensor:
        """The smaller of two; equal ones share the gradient."""
    def mm(self, y: Tensor) -> Tensor:
        """matmul of tensors with 2 and 2 axes."""
    def moveaxis(
        self,
        source: builtins.int | Sequence[builtins.int],
        destination: builtins.int | Sequence[builtins.int],
    ) -> Tensor:
        """The axes source at the places destination, the others in their order."""
    def movedim(
        self,
        source: builtins.int | Sequence[builtins.int],
        destination: builtins.int | Sequence[builtins.int],
    ) -> Tensor:
        """The axes source at the places destination, the others in their order."""
    def mul(self, y: Any) -> Tensor:
        """x · y"""
    def mul_(self, y: Any) -> Tensor:
        """x ← x · y"""
    def multinomial(
        self,
        num_samples: builtins.int,
        replacement: builtins.bool = False,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """int64: places drawn in proportion to the weights, a vector of numbers from 0.

        Without replacement those with the shortest waiting times, exponential ones at these rates.
        """
    def multiply(self, y: Any) -> Tensor:
        """x · y"""
    def mv(self, y: Tensor) -> Tensor:
        """matmul of tensors with 2 and 1 axes."""
    def nan_to_num(
        self,
        nan: builtins.float = 0.0,
        posinf: builtins.float | None = None,
        neginf: builtins.float | None = None,
    ) -> Tensor:
        """x with numbers for what is none, and for ∞ and -∞, by default the largest and the least of
        its dtype; of slope 0 there. Whole numbers are as they are.
        """
    def narrow(self, dim: builtins.int, start: builtins.int, length: builtins.int) -> Tensor:
        """The slices start … start + length - 1 along dim; a negative start counts from the end."""
    @property
    def nbytes(self) -> builtins.int: ...
    def ndimension(self) -> builtins.int: ...
    def ne(self, y: Any) -> Tensor:
        """x ≠ y"""
    def neg(self) -> Tensor:
        """-x"""
    def neg_(self) -> Tensor:
        """-x"""
    def negative(self) -> Tensor:
        """-x"""
    def nelement(self) -> builtins.int:
        """The number of elements."""
    def new(self, *content: Any) -> Tensor: ...
    def new_empty(
        self,
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
    def new_full(
        self,
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
    def new_ones(
        self,
        *,
        size: Any = None,
        dtype: Any = "float32",
        device: Any = None,
        requires_grad: Any = False,
        memory_format: Any = None,
        layout: Any = None,
        pin_memory: Any = False,
    ) -> Tensor:
        """1 everywhere."""
    def new_tensor(
        self,
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
    def new_zeros(
        self,
        *,
        size: Any = None,
        dtype: Any = "float32",
        device: Any = None,
        requires_grad: Any = False,
        memory_format: Any = None,
        layout: Any = None,
        pin_memory: Any = False,
    ) -> Tensor:
        """0 everywhere."""
    def nonzero(self, *, as_tuple: builtins.bool = False) -> Any:
        """int64 (n, ndim): the places of the n elements that are not 0, row by row; or axis by axis."""
    def normal_(
        self,
        mean: builtins.float = 0.0,
        std: builtins.float = 1.0,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Every element ~ N(mean, std²)."""
    def numel(self) -> builtins.int:
        """The number of elements."""
    def outer(self, y: Tensor) -> Tensor:
        """x[i] · y[j] for vectors (N) and (M) → (N, M)."""
    def permute(self, dims: Any, *more: builtins.int) -> Tensor:
        """The axes in another order: `x.permute(0, 2, 3, 1)`."""
    def pin_memory(self) -> Tensor:
        """x itself: a transfer to the GPU goes through pinned memory by itself."""
    def pow(self, y: Any) -> Tensor:
        """x to the power y, each a tensor or a number; of booleans there is none"""
    def pow_(self, y: Any) -> Tensor:
        """x to the power y, each a tensor or a number; of booleans there is none"""
    def prod(
        self, dim: builtins.int | None = None, keepdim: builtins.bool = False, *, dtype: Any = None
    ) -> Tensor:
        """Π x along dim (of all by default), of whole numbers int64; right gradients beside zeros too.

        Halves are multiplied until one row is left.
        """
    def random_(
        self,
        low: builtins.int | None = None,
        high: builtins.int | None = None,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Every element a whole number in [low, high); `random_(high)` starts at 0.

        Without any, below what x's dtype counts exactly, at most 2³¹.
        """
    def ravel(self, start_dim: builtins.int = 0, end_dim: builtins.int = -1) -> Tensor:
        """The axes start_dim … end_dim as one."""
    def reciprocal(self) -> Tensor:
        """1 / x"""
    def reciprocal_(self) -> Tensor:
        """1 / x"""
    def register_hook(self, hook: Callable[[Tensor], Any]) -> Any:
        """Call hook(gradient) with each gradient of this tensor; its answer, if any, replaces it.

        The handle's remove() ends that.
        """
    def relu_(self) -> Tensor:
        """max(x, 0)"""
    def remainder(self, y: Any) -> Tensor:
        """x - y·⌊x / y⌋"""
    def repeat(self, *sizes: Any, repeats: Any = None) -> Tensor:
        """x tiled: `repeat(2, 3)` stacks two rows of three copies."""
    def repeat_interleave(
        self,
        repeats: Any = None,
        dim: builtins.int | None = None,
        *,
        output_size: builtins.int | None = None,
    ) -> Tensor:
        """Each slice along dim so often in a row: 1, 2 → 1, 1, 2, 2; by default x flattened.

        repeats: a number, or a tensor of one for each slice; left out, x gives it for 0, 1, 2, …
        output_size, the sum, is not needed.
        """
    def reshape_as(self, other: Any) -> Tensor: ...
    def resize_(self, *size: Any) -> Tensor:
        """x in another shape; in the same memory, if that is contiguous and long enough.

        New elements are undefined. Raises RuntimeError for a result with a history: its shape is known
        to the graph.
        """
    def resize_as_(self, other: Tensor) -> Tensor:
        """resize_ to the shape of another tensor."""
    def retain_grad(self) -> None:
        """Keep the gradient of a result in its `grad`, as leaves do by themselves."""
    @property
    def retains_grad(self) -> builtins.bool:
        """Whether retain_grad was asked for."""
    def roll(
        self,
        shifts: builtins.int | Sequence[builtins.int],
        dims: builtins.int | Sequence[builtins.int] | None = None,
    ) -> Tensor:
        """The elements moved on by so many places, those beyond the end to the beginning."""
    def rot90(self, k: builtins.int = 1, dims: Sequence[builtins.int] = (0, 1)) -> Tensor:
        """Turned k times by 90°, from the first of two axes towards the second; a copy."""
    def round(self, *, decimals: builtins.int = 0) -> Tensor:
        """the nearest number of so many decimals, halves to even"""
    def round_(self, *, decimals: builtins.int = 0) -> Tensor:
        """the nearest number of so many decimals, halves to even"""
    def rsqrt(self) -> Tensor:
        """1 / √x"""
    def rsqrt_(self) -> Tensor:
        """1 / √x"""
    def scatter(
        self,
        dim: builtins.int,
        index: Tensor,
        src: Any = None,
        *,
        value: Any = None,
        reduce: Any = None,
    ) -> Tensor:
        """x with x[i, index[i, j]] = src[i, j] for dim=1, and likewise for other axes; src or value."""
    def scatter_(
        self,
        dim: builtins.int,
        index: Tensor,
        src: Any = None,
        *,
        value: Any = None,
        reduce: Any = None,
    ) -> Tensor:
        """x[i, index[i, j]] = src[i, j] for dim=1, and likewise for other axes; src or value."""
    def scatter_add(self, dim: builtins.int, index: Tensor, src: Tensor) -> Tensor:
        """x with src[i, j] added to x[i, index[i, j]] for dim=1, and likewise for other axes."""
    def scatter_add_(self, dim: builtins.int, index: Tensor, src: Tensor) -> Tensor:
        """x with src[i, j] added to x[i, index[i, j]] for dim=1, and likewise for other axes."""
    def select(self, dim: builtins.int, index: builtins.int) -> Tensor:
        """The slice of this number along dim, without that axis."""
    def short(self, *, memory_format: Any = None) -> Tensor: ...
    def sigmoid_(self) -> Tensor:
        """1 / (1 + e⁻ˣ), precise in both tails"""
    def sign(self) -> Tensor:
        """-1, 0 or 1"""
    def sin(self) -> Tensor:
        """sin x"""
    def sin_(self) -> Tensor:
        """sin x"""
    def sinh(self) -> Tensor:
        """(eˣ - e⁻ˣ) / 2"""
    def size(self, dim: builtins.int | None = None) -> Any:
        """The shape, or one of its numbers."""
    def softmax(self, dim: builtins.int, dtype: Any = None) -> Tensor:
        """exp(x) / Σ exp(x) along dim, of x as another dtype if one is given."""
    def sort(
        self,
        dim: builtins.int = -1,
        descending: builtins.bool = False,
        *,
        stable: builtins.bool | None = False,
    ) -> Any:
        """The elements along dim in ascending order, and their places; equal ones keep their order."""
    def split(
        self, split_size: Any = None, dim: builtins.int = 0, *, split_size_or_sections: Any = None
    ) -> tuple[Tensor, ...]:
        """x cut along dim into pieces of one size (the last may be smaller) or of the given sizes."""
    def sqrt(self) -> Tensor:
        """√x"""
    def sqrt_(self) -> Tensor:
        """√x"""
    def square_(self) -> Tensor:
        """x²"""
    def squeeze(self, dim: builtins.int | Sequence[builtins.int] | None = None) -> Tensor:
        """Without the axes of size 1, or without those of the given axes that have size 1."""
    def squeeze_(self, dim: builtins.int | None = None) -> Tensor:
        """x without its axes of size 1, or without that one."""
    def std(self, *args: Any, **options: Any) -> Tensor:
        """√var, which says what the arguments are."""
    def storage(self) -> Tensor: ...
    def sub(self, y: Any, *, alpha: Any = 1) -> Tensor:
        """x - alpha · y"""
    def sub_(self, y: Any, *, alpha: Any = 1) -> Tensor:
        """x ← x - alpha · y"""
    def subtract(self, y: Any, *, alpha: Any = 1) -> Tensor:
        """x - alpha · y"""
    def swapdims(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """Two axes exchanged; a number has none, and stays."""
    def t(self) -> Tensor:
        """The transpose of a matrix; a vector or a number is its own."""
    def t_(self) -> Tensor:
        """x transposed."""
    def take(self, index: Tensor) -> Tensor:
        """The elements of x, flattened, at these positions; negative ones count from the end."""
    def take_along_dim(self, indices: Tensor, dim: builtins.int | None = None) -> Tensor:
        """gather, where both are broadcast along the other axes; without dim, of x flattened."""
    def tan(self) -> Tensor:
        """tan x"""
    def tanh_(self) -> Tensor:
        """tanh x"""
    def tile(self, *sizes: Any, dims: Any = None) -> Tensor:
        """repeat, along the last axes where there are fewer numbers than axes."""
    def to(
        self,
        *target: Any,
        dtype: Any = None,
        device: Any = None,
        non_blocking: builtins.bool = False,
        copy: builtins.bool = False,
        memory_format: Any = None,
    ) -> Tensor:
        """x on another device, in another dtype, or like another tensor: x.to("cuda").

        copy: never x itself. memory_format: as `contiguous` takes it. It and non_blocking change no
        number: NumPy and CuPy decide what waits, each layer how its images lie in memory.
        """
    def tolist(self) -> Any:
        """The content as nested Python lists."""
    def topk(
        self,
        k: builtins.int,
        dim: builtins.int = -1,
        largest: builtins.bool = True,
        sorted: builtins.bool = True,
    ) -> Any:
        """The k largest (or smallest) elements along dim, the most extreme first, and their places."""
    def trace(self) -> Tensor:
        """Σ x[i, i] of a matrix."""
    def transpose(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """Two axes exchanged; a number has none, and stays."""
    def transpose_(self, dim0: builtins.int, dim1: builtins.int) -> Tensor:
        """x with two axes exchanged."""
    def tril(self, diagonal: builtins.int = 0) -> Tensor:
        """x with 0 above a diagonal of the last two axes: 0 is the main one, 1 the next above"""
    def triu(self, diagonal: builtins.int = 0) -> Tensor:
        """x with 0 below a diagonal of the last two axes"""
    def true_divide(self, y: Any, *, rounding_mode: str | None = None) -> Tensor:
        """x / y, or rounded to a whole number: towards 0 by "trunc", down by "floor"."""
    def trunc(self) -> Tensor:
        """x without its fraction"""
    def type(self, kind: Any = None, non_blocking: builtins.bool = False) -> Any:
        """x (a tensor or a module) as another type: a dtype, a TensorType, Tensor, or the name of one.

        Without a kind, the name of a tensor's own type: "torch.FloatTensor", "torch.cuda.LongTensor".
        """
    def type_as(self, other: Any) -> Tensor: ...
    def unbind(self, dim: builtins.int = 0) -> tuple[Tensor, ...]:
        """The slices along dim, without that axis."""
    def unfold(self, dimension: builtins.int, size: builtins.int, step: builtins.int) -> Tensor:
        """Windows of a size along an axis, each `step` further on: a view with a new last axis."""
    def uniform_(
        self,
        a: builtins.float = 0.0,
        b: builtins.float = 1.0,
        *,
        generator: Generator | None = None,
    ) -> Tensor:
        """Every element ~ U[a, b)."""
    def unique(
        self,
        sorted: builtins.bool = True,
        return_inverse: builtins.bool = False,
        return_counts: builtins.bool = False,
        dim: builtins.int | None = None,
    ) -> Any:
        """The different elements (or slices along dim) in order; where each is; how often it occurs."""
    def unsqueeze(self, dim: builtins.int) -> Tensor:
        """With a new axis of size 1 at position dim."""
    def unsqueeze_(self, dim: builtins.int) -> Tensor:
        """x with a new axis of size 1 at position dim."""
    def var(
        self,
        dim: Any = None,
        unbiased: builtins.bool | None = None,
        keepdim: builtins.bool = False,
        *,
        correction: builtins.float | None = None,
    ) -> Tensor:
        """Σ (x - mean)² / (n - correction); correction is 1, or 0 with unbiased=False.

        `x.var(False)` is x.var(unbiased=False), as in PyTorch.
        """
    def view(self, *sizes: Any, size: Any = None) -> Tensor:
        """The same memory in another shape. RuntimeError where that would need a copy.

        Our channels-last memory may need one where PyTorch's does not: there it is made.
        """
    def view_as(self, other: Any) -> Tensor: ...
    def where(self, condition: Any, y: Any) -> Tensor: ...
    def zero_(self) -> Tensor:
        """Every element set to 0."""

def wrap(array: B.Array) -> Tensor:
    """An array as a tensor that needs no gradient."""

def array_of(value: Any) -> Any:
    """The array inside a tensor; anything else as it is."""
