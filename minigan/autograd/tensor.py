"""Tensor: an array that remembers how it was computed."""

import math
from typing import TYPE_CHECKING, Any

from minigan import backend as B

if TYPE_CHECKING:
    from minigan.autograd.tape import Node


class Size(tuple[int, ...]):
    """A shape: a tuple with PyTorch's numel()."""

    def numel(self) -> int:
        """The number of elements of a tensor of this shape."""
        return math.prod(self)


class Tensor:
    """An array, its gradient, and the recorded op that it came from.

    `array` is the plain NumPy or CuPy array. A tensor with `requires_grad` and no `grad_fn` is a
    leaf: `backward` adds to its `grad`. Every op of minigan.ops is also a method of this class
    (minigan/ops/methods.py).

    `Tensor(2, 3)` is an uninitialised float32 tensor of that shape, `Tensor(x.shape)` too, and
    `Tensor([1, 2])` one with that content, as in PyTorch; `minigan.tensor` is the usual way.
    """

    # Class attributes are the defaults, so that making a tensor sets nothing but its array.
    array: B.Array
    requires_grad: bool = False
    grad: "Tensor | None" = None
    grad_fn: "Node | None" = None
    _version: int = 0  # counts changes in place; views count on the tensor whose memory they share
    _origin: "Tensor | None" = None

    __array_priority__ = 1000  # numpy_array * tensor is the tensor's business

    if TYPE_CHECKING:  # bound by minigan.ops.methods

        def __getattr__(self, name: str) -> Any: ...
        def __add__(self, other: Any) -> "Tensor": ...
        def __radd__(self, other: Any) -> "Tensor": ...
        def __sub__(self, other: Any) -> "Tensor": ...
        def __rsub__(self, other: Any) -> "Tensor": ...
        def __mul__(self, other: Any) -> "Tensor": ...
        def __rmul__(self, other: Any) -> "Tensor": ...
        def __truediv__(self, other: Any) -> "Tensor": ...
        def __rtruediv__(self, other: Any) -> "Tensor": ...
        def __matmul__(self, other: Any) -> "Tensor": ...
        def __pow__(self, other: Any) -> "Tensor": ...
        def __mod__(self, other: Any) -> "Tensor": ...
        def __neg__(self) -> "Tensor": ...
        def __getitem__(self, index: Any) -> "Tensor": ...
        def __setitem__(self, index: Any, value: Any) -> None: ...
        def __lt__(self, other: Any) -> "Tensor": ...
        def __le__(self, other: Any) -> "Tensor": ...
        def __gt__(self, other: Any) -> "Tensor": ...
        def __ge__(self, other: Any) -> "Tensor": ...

    def __init__(self, *content: Any):
        sizes = sizes_in(content)
        if sizes is None:
            (value,) = content
            self.array = B.xp.array(value.array if isinstance(value, Tensor) else value, "float32")
        else:
            self.array = B.xp.empty(sizes, "float32")

    # -- what it is --------------------------------------------------------------------------------

    @property
    def shape(self) -> Size:
        return Size(self.array.shape)

    @property
    def dtype(self) -> Any:
        return self.array.dtype

    @property
    def ndim(self) -> int:
        return self.array.ndim

    @property
    def is_leaf(self) -> bool:
        """Whether nothing was recorded for it: parameters, data, and all that needs no gradient."""
        return self.grad_fn is None

    @property
    def owner(self) -> "Tensor":
        """The tensor whose memory this one uses: itself, unless it is a view."""
        return self if self._origin is None else self._origin

    @property
    def version(self) -> int:
        """How often its memory was changed in place; backward compares this with the forward's."""
        return self.owner._version

    def __len__(self) -> int:
        if not self.array.ndim:
            raise TypeError("len() of a 0-d tensor")
        return self.array.shape[0]

    def __hash__(self) -> int:  # by identity, although == compares element by element
        return id(self)

    # -- the graph ---------------------------------------------------------------------------------

    def requires_grad_(self, requires_grad: bool = True) -> "Tensor":
        """Start or stop asking for this leaf's gradient."""
        if requires_grad and self.dtype.kind != "f":
            raise RuntimeError(
                f"only floating-point tensors can require gradients, this one is {self.dtype}"
            )
        if not requires_grad and self.grad_fn is not None:
            raise RuntimeError(
                "requires_grad can be switched off on leaves only; use .detach() on a result"
            )
        self.requires_grad = requires_grad
        return self

    def detach(self) -> "Tensor":
        """The same memory without history: no gradient flows through it."""
        alias = wrap(self.array)
        alias._origin = self.owner
        return alias

    @property
    def data(self) -> "Tensor":
        """The same memory as a tensor without history, as in PyTorch; assigning replaces it."""
        return self.detach()

    @data.setter
    def data(self, value: "Tensor | B.Array") -> None:
        self.array = value.array if isinstance(value, Tensor) else value
        self.changed_in_place()

    def changed_in_place(self) -> None:
        """Tell the tape that the memory was written to; whoever writes to `array` calls this."""
        self.owner._version += 1


def wrap(array: B.Array) -> Tensor:
    """An array as a tensor that needs no gradient."""
    tensor = Tensor.__new__(Tensor)
    tensor.array = array if B.is_array(array) else B.module_of(array).asarray(array)
    return tensor


def sizes_in(content: tuple[Any, ...]) -> tuple[int, ...] | None:
    """The shape that Tensor(*content) asks for; None when content is one value to hold."""
    if len(content) == 1 and isinstance(content[0], Size):
        return content[0]
    return (content or (0,)) if all(isinstance(size, int) for size in content) else None
