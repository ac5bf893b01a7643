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
    drawn,
    elementwise,
    facts,
    gradient,
    index,
    inplace,
    join,
    linear,
    memory,
    order,
    reading,
    rearrange,
    reduce,
    repeat,
    scatter,
    shape,
    show,
    softmax,
    steps,
    typed,
    views,
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
            if len(content) > 1 or content[0] is None:
                raise TypeError(
                    f"Tensor{content}: give sizes, whole numbers, or one list of values"
                )
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
        inplace.set_data(self, value)


del Tensor.__imatmul__  # type: ignore[attr-defined]  # x @= y is x = x @ y, as in PyTorch
# NumPy's functions take tensors here, and show.py says what comes out
del Tensor.__array_ufunc__, Tensor.__array_function__  # type: ignore[attr-defined]


def _reversed(op: Callable[[Any, Any], Tensor]) -> Callable[[Any, Any], Tensor]:
    return lambda x, y: op(y, x)


def _of_numbers(op: Callable[[Any, Any], Tensor]) -> Callable[[Any, Any], Any]:
    """The operator of numbers, arrays and tensors: x == None is Python's, and False, as in PyTorch.

    So is [0] * n, a list of n zeros.
    """

    def operator(x: Any, y: Any) -> Any:
        known = isinstance(y, (Tensor, int, float, complex)) or hasattr(y, "shape")
        return op(x, y) if known else NotImplemented

    return operator


OPERATORS = {
    "__eq__": _of_numbers(plain.eq),
    "__ne__": _of_numbers(plain.ne),
    "__rmul__": _of_numbers(_reversed(plain.mul)),
    "__floordiv__": steps.floor_div,
    "__rfloordiv__": _reversed(steps.floor_div),
    "__mod__": steps.remainder,
    "__rmod__": _reversed(steps.remainder),
    "__pow__": elementwise.pow,
    "__rpow__": _reversed(elementwise.pow),
    "__matmul__": linear.matmul,
    "__rmatmul__": _reversed(linear.matmul),
    "__pos__": lambda x: x,
    "__abs__": plain.abs,
    "__and__": steps.bitwise_and,
    "__rand__": _reversed(steps.bitwise_and),
    "__or__": steps.bitwise_or,
    "__ror__": _reversed(steps.bitwise_or),
    "__xor__": steps.bitwise_xor,
    "__rxor__": _reversed(steps.bitwise_xor),
    "__invert__": steps.bitwise_not,
    "__iadd__": inplace.add_,
    "__isub__": inplace.sub_,
    "__imul__": inplace.mul_,
    "__itruediv__": inplace.div_,
    "__ipow__": written.applied(elementwise.pow),
    "__imod__": written.applied(steps.remainder),
    "__ifloordiv__": written.applied(steps.floor_div),
    "__iand__": written.applied(steps.bitwise_and),
    "__ior__": written.applied(steps.bitwise_or),
    "__ixor__": written.applied(steps.bitwise_xor),
    "__getitem__": reading.getitem,
    "__reversed__": lambda x: shape.flip(x, 0) if x.ndim else x,
    "__setitem__": inplace.setitem,
    "__int__": lambda x: int(x.item()),
    "__index__": show.whole_number,
    "__repr__": show.text,
    "__format__": show.formatted,
    "__array__": show.as_array,
    "__array_wrap__": show.from_numpy_function,
    "__copy__": copying.copied,
    "__deepcopy__": copying.deep_copied,
    "__reduce_ex__": copying.reduced,
}

METHODS: dict[Any, str] = {  # where it is, and those whose names are the functions'
    plain: "eq ge gt le lt mul ne neg",
    elementwise: """
        acos add asin atan atan2 clamp clamp_max clamp_min cos cosh div erf expm1 lerp log10 log1p
        log2 masked_fill maximum minimum nan_to_num pow reciprocal rsqrt sin sinh sqrt sub tan
    """,
    linear: "addmm baddbmm bmm dot kron matmul mm mv outer",
    order: "amax amin argmax argmin argsort max min sort topk",
    reduce: "cumprod cumsum mean norm prod std sum var",
    softmax: "log_softmax logsumexp softmax",
    steps: """
        all allclose any bitwise_and bitwise_not bitwise_or bitwise_xor ceil equal floor fmod
        isclose isfinite isinf isnan logical_and logical_not logical_or logical_xor remainder round
        sign trunc
    """,
    shape: "flip permute reshape squeeze t unflatten unsqueeze view",
    repeat: "expand repeat repeat_interleave roll tile",
    join: "chunk split unbind",
    index: """
        argwhere gather index_select masked_select narrow nonzero select take take_along_dim tril
        triu
    """,
    scatter: "index_add index_copy index_fill index_put masked_scatter scatter scatter_add",
    rearrange: """
        bincount count_nonzero diag diag_embed diagonal fliplr flipud movedim rot90 trace unfold
        unique
    """,
    creation: "new_empty new_full new_ones new_tensor new_zeros",
    drawn: "bernoulli multinomial",
    device: "cpu cuda to",
    typed: "type is_floating_point numel",
    show: "tolist",
    inplace: """
        add_ addcdiv_ addcmul_ bernoulli_ copy_ detach_ div_ fill_ masked_fill_ mul_ normal_ random_
        resize_ resize_as_ scatter_ squeeze_ sub_ t_ transpose_ uniform_ unsqueeze_ zero_
    """,
}

OTHER_NAMES = {
    "absolute": plain.abs,
    "divide": elementwise.div,
    "true_divide": elementwise.div,
    "floor_divide": steps.floor_div,
    "multiply": plain.mul,
    "negative": plain.neg,
    "subtract": elementwise.sub,
    "clip": elementwise.clamp,
    "where": shape.numpy_names(lambda x, condition, y: index.where(condition, x, y)),
    "transpose": shape.swapaxes,
    "swapdims": shape.swapaxes,
    "moveaxis": rearrange.movedim,
    "broadcast_to": repeat.expand,
    "ravel": moves.flatten,
    "expand_as": lambda x, other: repeat.expand(x, other.shape),
    "view_as": lambda x, other: shape.view(x, other.shape),
    "reshape_as": lambda x, other: moves.reshape(x, other.shape),
    "dim": lambda x: x.ndim,
    "ndimension": lambda x: x.ndim,
    "nelement": typed.numel,
    "is_contiguous": views.is_contiguous,
    "contiguous": views.contiguous,
    "clone": memory.clone,
    "detach": views.detach,
    "storage": lambda x: moves.flatten(x.detach()),
    "numpy": device.to_numpy,
    "astype": lambda x, dtype: device.to(x, dtype=dtype),
    "float": device.cast("float32"),
    "double": device.cast("float64"),
    "half": device.cast("float16"),
    "long": device.cast("int64"),
    "int": device.cast("int32"),
    "short": device.cast("int16"),
    "byte": device.cast("uint8"),
    "bool": device.cast("bool"),
    "type_as": lambda x, other: device.to(x, other),
    "new": lambda x, *content: (
        device.to(Tensor(*content), x)
        if len(content) != 1 or sizes_in(content) is not None
        else creation.new_tensor(x, content[0])
    ),
}

for name, function in {**OPERATORS, **OTHER_NAMES}.items():
    setattr(Tensor, name, function)
for module, names in METHODS.items():
    for name in names.split():
        setattr(Tensor, name, getattr(module, name))
for name in f"""
    abs ceil clamp clamp_max clamp_min clip cos exp floor lerp log log1p neg pow reciprocal relu
    round rsqrt sigmoid sin sqrt square tanh {METHODS[scatter]}
""".split():
    if name != "scatter":  # which has its own
        setattr(Tensor, f"{name}_", written.applied(getattr(Tensor, name)))

Tensor.T = property(shape.reversed_axes)  # type: ignore[assignment, method-assign]
Tensor.mT = property(lambda x: moves.swapaxes(x, -2, -1))  # type: ignore[assignment, method-assign]
for function in facts.METHODS:
    setattr(Tensor, function.__name__, function)
for name, fact in facts.PROPERTIES.items():
    setattr(Tensor, name, property(fact))
Tensor.grad = property(gradient.get, gradient.put, gradient.forget)  # type: ignore[assignment]
