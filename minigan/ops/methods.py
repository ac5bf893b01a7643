"""Gives Tensor its methods and operators: the ops, under PyTorch's names."""

from collections.abc import Callable, Iterator
from typing import Any

from minigan.autograd import tape
from minigan.autograd.tensor import Tensor
from minigan.ops import creation, device, elementwise, inplace, linear, reduce, shape, show, typed


def _reversed(op: Callable[[Any, Any], Tensor]) -> Callable[[Any, Any], Tensor]:
    return lambda x, y: op(y, x)


def _rows(x: Tensor) -> Iterator[Tensor]:
    return (x[i] for i in range(len(x)))


def _size(x: Tensor, dim: int | None = None) -> Any:
    return x.shape if dim is None else x.shape[dim]


OPERATORS = {
    "__add__": elementwise.add,
    "__radd__": _reversed(elementwise.add),
    "__sub__": elementwise.sub,
    "__rsub__": _reversed(elementwise.sub),
    "__mul__": elementwise.mul,
    "__rmul__": _reversed(elementwise.mul),
    "__truediv__": elementwise.div,
    "__rtruediv__": _reversed(elementwise.div),
    "__floordiv__": elementwise.floor_div,
    "__rfloordiv__": _reversed(elementwise.floor_div),
    "__mod__": elementwise.remainder,
    "__rmod__": _reversed(elementwise.remainder),
    "__pow__": elementwise.pow,
    "__rpow__": _reversed(elementwise.pow),
    "__matmul__": linear.matmul,
    "__rmatmul__": _reversed(linear.matmul),
    "__neg__": elementwise.neg,
    "__pos__": lambda x: x,
    "__abs__": elementwise.abs,
    "__eq__": elementwise.eq,
    "__ne__": elementwise.ne,
    "__lt__": elementwise.lt,
    "__le__": elementwise.le,
    "__gt__": elementwise.gt,
    "__ge__": elementwise.ge,
    "__and__": elementwise.logical_and,
    "__rand__": _reversed(elementwise.logical_and),
    "__or__": elementwise.logical_or,
    "__ror__": _reversed(elementwise.logical_or),
    "__invert__": elementwise.logical_not,
    "__iadd__": inplace.augmented("__add__", inplace.add_),
    "__isub__": inplace.augmented("__sub__", inplace.sub_),
    "__imul__": inplace.augmented("__mul__", inplace.mul_),
    "__itruediv__": inplace.augmented("__truediv__", inplace.div_),
    "__getitem__": shape.getitem,
    "__setitem__": inplace.setitem,
    "__iter__": _rows,
    "__bool__": show.truth,
    "__float__": lambda x: float(show.item(x)),
    "__int__": lambda x: int(show.item(x)),
    "__index__": lambda x: show.item(x).__index__(),
    "__repr__": show.text,
    "__str__": show.text,
    "__format__": show.formatted,
    "__array__": show.as_array,
    "__array_wrap__": show.from_numpy_function,
}

METHODS = {
    "backward": tape.backward,
    # elementwise
    **{
        name: getattr(elementwise, name)
        for name in (
            "abs acos add atan ceil clamp cos div eq exp expm1 floor ge gt isfinite isinf isnan le "
            "lerp log log10 log1p log2 log_softmax logical_and logical_not logical_or logsumexp lt "
            "masked_fill maximum minimum mul ne neg pow reciprocal relu remainder round rsqrt "
            "sigmoid sign sin softmax sqrt square sub tan tanh"
        ).split()
    },
    "clip": elementwise.clamp,
    "clamp_min": lambda x, min: elementwise.clamp(x, min),
    "clamp_max": lambda x, max: elementwise.clamp(x, None, max),
    "absolute": elementwise.abs,
    "divide": elementwise.div,
    "multiply": elementwise.mul,
    "negative": elementwise.neg,
    "subtract": elementwise.sub,
    "where": lambda x, condition, y: elementwise.where(condition, x, y),
    # products
    "matmul": linear.matmul,
    "baddbmm": linear.baddbmm,
    "addmm": linear.baddbmm,
    "mm": linear.matmul,
    "bmm": linear.matmul,
    "mv": linear.matmul,
    "dot": linear.matmul,
    "outer": linear.outer,
    # reductions
    **{
        name: getattr(reduce, name)
        for name in (
            "all allclose amax amin any argmax argmin argsort cumsum equal isclose max mean min "
            "norm sort std sum topk var"
        ).split()
    },
    # shape
    **{
        name: getattr(shape, name)
        for name in (
            "chunk clone contiguous expand flatten flip gather index_select masked_select narrow "
            "nonzero permute repeat repeat_interleave reshape roll select split squeeze t tile "
            "transpose tril triu unbind unflatten unsqueeze view"
        ).split()
    },
    "expand_as": lambda x, other: shape.expand(x, other.shape),
    "view_as": lambda x, other: shape.view(x, other.shape),
    "reshape_as": lambda x, other: shape.reshape(x, other.shape),
    "ravel": shape.flatten,
    "swapaxes": shape.transpose,
    "size": _size,
    "dim": lambda x: x.ndim,
    "ndimension": lambda x: x.ndim,
    "numel": lambda x: x.array.size,
    "nelement": lambda x: x.array.size,
    "is_contiguous": lambda x: x.array.flags.c_contiguous,
    "is_floating_point": lambda x: x.dtype.kind == "f",
    # dtype and device
    "astype": lambda x, dtype: device.to(x, dtype=dtype),
    "float": lambda x: device.to(x, dtype="float32"),
    "double": lambda x: device.to(x, dtype="float64"),
    "long": lambda x: device.to(x, dtype="int64"),
    "int": lambda x: device.to(x, dtype="int32"),
    "half": lambda x: device.to(x, dtype="float16"),
    "bool": lambda x: device.to(x, dtype="bool"),
    "byte": lambda x: device.to(x, dtype="uint8"),
    "type": typed.type,
    "type_as": lambda x, other: device.to(x, other),
    "to": device.to,
    "cpu": device.cpu,
    "cuda": device.cuda,
    "numpy": device.to_numpy,
    "item": show.item,
    "tolist": show.tolist,
    "storage": lambda x: shape.flatten(x.detach()),
    # new tensors of the same kind
    **{
        name: getattr(creation, name)
        for name in "new_empty new_full new_ones new_tensor new_zeros".split()
    },
    "new": lambda x, *content: device.to(Tensor(*content), x),
    # in place
    **{
        name: getattr(inplace, name)
        for name in (
            "add_ addcdiv_ addcmul_ bernoulli_ clamp_ copy_ detach_ div_ fill_ lerp_ masked_fill_ "
            "mul_ normal_ random_ resize_ resize_as_ scatter scatter_ squeeze_ sub_ uniform_ "
            "unsqueeze_ zero_"
        ).split()
    },
    "clip_": inplace.clamp_,
    **{
        f"{name}_": inplace.applied(getattr(elementwise, name))
        for name in (
            "abs ceil cos exp floor log log1p neg pow reciprocal relu round rsqrt sigmoid sin sqrt "
            "square tanh"
        ).split()
    },
    "bernoulli": creation.bernoulli,
    "multinomial": creation.multinomial,
}

for name, function in {**OPERATORS, **METHODS}.items():
    setattr(Tensor, name, function)

Tensor.T = property(shape.t)  # type: ignore[attr-defined]
Tensor.mT = property(lambda x: shape.transpose(x, -2, -1))  # type: ignore[attr-defined]
Tensor.device = property(device.device_of)  # type: ignore[attr-defined]
Tensor.is_cuda = property(lambda x: device.device_of(x) == "cuda")  # type: ignore[attr-defined]
