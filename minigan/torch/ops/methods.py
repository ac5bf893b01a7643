"""Gives Tensor PyTorch's further operators, methods and properties: the ops, under their names."""

from collections.abc import Callable
from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor
from minigan.ops import elementwise as plain
from minigan.ops import shape as moves
from minigan.torch.extend import extends
from minigan.torch.ops import (
    copying,
    creation,
    device,
    elementwise,
    facts,
    index,
    inplace,
    linear,
    reduce,
    shape,
    show,
    typed,
    written,
)
from minigan.torch.ops.size import Size, sizes_in


@extends(Tensor)
class _:
    """An array, its gradient, and the recorded op that it came from.

    `array` is the plain NumPy or CuPy array. A tensor with `requires_grad` and no `grad_fn` is a
    leaf: `backward` adds to its `grad`.

    `Tensor(2, 3)` is an uninitialised float32 tensor of that shape, `Tensor(x.shape)` too, and
    `Tensor([1, 2])` one with that content, as in PyTorch; `torch.tensor` is the usual way.
    """

    __array_priority__ = 1000  # numpy_array * tensor is the tensor's business

    def __init__(self, *content: Any):
        sizes = sizes_in(content)
        if sizes is None:
            (value,) = content
            self.array = B.xp.array(value.array if isinstance(value, Tensor) else value, "float32")
        else:
            self.array = B.xp.empty(sizes, "float32")

    @property
    def shape(self) -> Size:
        return Size(self.array.shape)

    @property
    def is_leaf(self: Any) -> bool:
        """Whether nothing was recorded for it: parameters, data, and all that needs no gradient."""
        return self.grad_fn is None

    @property
    def data(self: Any) -> Tensor:
        """The same memory as a tensor without history, as in PyTorch; assigning replaces it."""
        return self.detach()

    @data.setter
    def data(self: Any, value: Any) -> None:
        self.array = value.array if isinstance(value, Tensor) else value
        self.changed_in_place()


del Tensor.__array_ufunc__  # NumPy's functions take tensors here, and show.py says what comes out


def _reversed(op: Callable[[Any, Any], Tensor]) -> Callable[[Any, Any], Tensor]:
    return lambda x, y: op(y, x)


OPERATORS = {
    "__floordiv__": elementwise.floor_div,
    "__rfloordiv__": _reversed(elementwise.floor_div),
    "__mod__": elementwise.remainder,
    "__rmod__": _reversed(elementwise.remainder),
    "__pow__": elementwise.pow,
    "__rpow__": _reversed(elementwise.pow),
    "__matmul__": linear.matmul,
    "__rmatmul__": _reversed(linear.matmul),
    "__pos__": lambda x: x,
    "__abs__": plain.abs,
    "__and__": elementwise.bitwise_and,
    "__rand__": _reversed(elementwise.bitwise_and),
    "__or__": elementwise.bitwise_or,
    "__ror__": _reversed(elementwise.bitwise_or),
    "__invert__": elementwise.bitwise_not,
    "__iadd__": written.augmented("__add__", inplace.add_),
    "__isub__": written.augmented("__sub__", inplace.sub_),
    "__imul__": written.augmented("__mul__", inplace.mul_),
    "__itruediv__": written.augmented("__truediv__", inplace.div_),
    "__ipow__": written.augmented("__pow__", written.applied(elementwise.pow)),
    "__imod__": written.augmented("__mod__", written.applied(elementwise.remainder)),
    "__ifloordiv__": written.augmented("__floordiv__", written.applied(elementwise.floor_div)),
    "__iand__": written.augmented("__and__", written.applied(elementwise.bitwise_and)),
    "__ior__": written.augmented("__or__", written.applied(elementwise.bitwise_or)),
    "__setitem__": inplace.setitem,
    "__int__": lambda x: int(x.item()),
    "__index__": show.whole_number,
    "__copy__": copying.shallow,
    "__deepcopy__": copying.deep,
    "__reduce_ex__": copying.reduced,
    "__repr__": show.text,
    "__format__": show.formatted,
    "__array__": show.as_array,
    "__array_wrap__": show.from_numpy_function,
}

METHODS: dict[Any, str] = {  # where it is, and those whose names are the functions'
    plain: "add div eq ge gt le lt mul ne neg sign sub",
    elementwise: """
        acos atan ceil clamp cos expm1 floor isfinite isinf isnan lerp log10 log1p log2 logical_and
        logical_not logical_or logsumexp masked_fill maximum minimum pow reciprocal remainder round
        rsqrt sin softmax sqrt tan
    """,
    linear: "baddbmm matmul outer",
    reduce: """
        all allclose amax amin any argmax argmin argsort cumsum equal isclose max mean min norm sort
        std sum topk var
    """,
    shape: """
        chunk contiguous expand flip permute repeat repeat_interleave roll split squeeze t
        tile unbind unsqueeze view
    """,
    index: "gather index_select masked_select narrow nonzero select tril triu",
    creation: "bernoulli multinomial new_empty new_full new_ones new_tensor new_zeros",
    device: "cpu cuda to",
    typed: "type is_floating_point",
    show: "tolist",
    inplace: """
        add_ addcdiv_ addcmul_ bernoulli_ clamp_ copy_ detach_ div_ fill_ lerp_ masked_fill_ mul_
        normal_ random_ resize_ resize_as_ scatter scatter_ squeeze_ sub_ uniform_ unsqueeze_ zero_
    """,
}

OTHER_NAMES = {
    "absolute": plain.abs,
    "divide": plain.div,
    "multiply": plain.mul,
    "negative": plain.neg,
    "subtract": plain.sub,
    "clip": elementwise.clamp,
    "clamp_min": lambda x, min: elementwise.clamp(x, min),
    "clamp_max": lambda x, max: elementwise.clamp(x, None, max),
    "clip_": inplace.clamp_,
    "where": lambda x, condition, y: elementwise.where(condition, x, y),
    "addmm": linear.baddbmm,
    "mm": linear.matmul,
    "bmm": linear.matmul,
    "mv": linear.matmul,
    "dot": linear.matmul,
    "transpose": moves.swapaxes,
    "ravel": moves.flatten,
    "expand_as": lambda x, other: shape.expand(x, other.shape),
    "view_as": lambda x, other: shape.view(x, other.shape),
    "reshape_as": lambda x, other: moves.reshape(x, other.shape),
    "dim": lambda x: x.ndim,
    "ndimension": lambda x: x.ndim,
    "numel": lambda x: x.array.size,
    "nelement": lambda x: x.array.size,
    "is_contiguous": lambda x: x.array.flags.c_contiguous,
    "storage": lambda x: moves.flatten(x.detach()),
    "numpy": device.to_numpy,
    "astype": lambda x, dtype: device.to(x, dtype=dtype),
    "float": lambda x: device.to(x, dtype="float32"),
    "double": lambda x: device.to(x, dtype="float64"),
    "half": lambda x: device.to(x, dtype="float16"),
    "long": lambda x: device.to(x, dtype="int64"),
    "int": lambda x: device.to(x, dtype="int32"),
    "byte": lambda x: device.to(x, dtype="uint8"),
    "bool": lambda x: device.to(x, dtype="bool"),
    "type_as": lambda x, other: device.to(x, other),
    "new": lambda x, *content: device.to(Tensor(*content), x),
}

for name, function in {**OPERATORS, **OTHER_NAMES}.items():
    setattr(Tensor, name, function)
for module, names in METHODS.items():
    for name in names.split():
        setattr(Tensor, name, getattr(module, name))
for name in "abs exp log neg pow relu sigmoid square tanh".split():
    setattr(Tensor, f"{name}_", written.applied(getattr(Tensor, name)))
for name in "ceil cos floor log1p reciprocal round rsqrt sin sqrt".split():
    setattr(Tensor, f"{name}_", written.applied(getattr(Tensor, name)))

Tensor.T = property(shape.reversed_axes)  # type: ignore[attr-defined]
Tensor.mT = property(lambda x: moves.swapaxes(x, -2, -1))  # type: ignore[attr-defined]
for function in facts.METHODS:
    setattr(Tensor, function.__name__, function)
for name, fact in facts.PROPERTIES.items():
    setattr(Tensor, name, property(fact))
