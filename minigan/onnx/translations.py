"""What each op is in ONNX: one node, or a few.

Each translation takes the graph and the op's arguments: Values for tensors, sizes that are whole
numbers or vary. It adds nodes and gives the name of the last one's result; `graph.out` is what that
will be. Operators: https://onnx.ai/onnx/operators
"""

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from minigan.autograd import Tensor, op
from minigan.autograd.tape import mode
from minigan.onnx.graph import Graph, Value, Varying, whole
from minigan.ops import norm as norms

TRANSLATIONS: dict[str, Callable[..., str]] = {}
END = np.iinfo("int64").max  # of a slice that goes to the end


def of(*addresses: str) -> Callable[..., Any]:
    """Declare the decorated function the translation of the ops at these addresses."""

    def declare(translation: Callable[..., str]) -> Callable[..., str]:
        TRANSLATIONS.update(dict.fromkeys(addresses, translation))
        return translation

    return declare


def _one_node(kind: str) -> Callable[..., str]:
    return lambda graph, *args: graph.node(kind, *args)


for words in """
    ops.elementwise: abs=Abs add=Add div=Div eq=Equal exp=Exp ge=GreaterOrEqual gt=Greater
      le=LessOrEqual log=Log lt=Less mul=Mul neg=Neg pow=Pow relu=Relu sigmoid=Sigmoid sign=Sign
      softplus=Softplus sub=Sub tanh=Tanh
    ops.linear: product=MatMul
    ops.shape: clone=Identity
    scores.lenet: larger=Max
    torch.ops.elementwise: _power=Pow acos=Acos asin=Asin atan=Atan cos=Cos cosh=Cosh maximum=Max
      minimum=Min reciprocal=Reciprocal sin=Sin sinh=Sinh sqrt=Sqrt tan=Tan
    torch.ops.reduce: _root=Sqrt
    torch.ops.steps: bitwise_and=And bitwise_not=Not bitwise_or=Or bitwise_xor=Xor ceil=Ceil
      floor=Floor logical_and=And logical_not=Not logical_or=Or logical_xor=Xor sign=Sign
""".split():
    if words.endswith(":"):
        room = words[:-1]
    else:
        name, _, kind = words.partition("=")
        TRANSLATIONS[f"{room}.{name}"] = _one_node(kind)


# -- elementwise -----------------------------------------------------------------------------------


@of("ops.elementwise.ne")
def ne(graph: Graph, x: Any, y: Any) -> str:
    return graph.node("Not", graph.node("Equal", x, y))


@of("ops.elementwise.square")
def square(graph: Graph, x: Value) -> str:
    return graph.node("Mul", x, x)


@of("ops.elementwise.leaky_relu")
def leaky_relu(graph: Graph, x: Value, slope: float) -> str:
    return graph.node("LeakyRelu", x, alpha=float(slope))


@of("ops.elementwise.clamp", "torch.ops.elementwise._clamp", "torch.nn.activation._held")
def clamp(graph: Graph, x: Value, low: Any, high: Any) -> str:
    larger = x if low is None else graph.node("Max", x, low)
    return graph.node("Identity", larger) if high is None else graph.node("Min", larger, high)


@of("torch.ops.elementwise.rsqrt")
def rsqrt(graph: Graph, x: Value) -> str:
    return graph.node("Reciprocal", graph.node("Sqrt", x))


@of("torch.ops.elementwise.expm1")
def expm1(graph: Graph, x: Value) -> str:
    return graph.node("Sub", graph.node("Exp", x), 1.0)


@of("torch.ops.elementwise.log1p")
def log1p(graph: Graph, x: Value) -> str:
    return graph.node("Log", graph.node("Add", x, 1.0))


@of("torch.ops.elementwise.where")
def where(graph: Graph, condition: Value, x: Any, y: Any) -> str:
    both = [graph.cast(v, graph.out.dtype) if isinstance(v, Value) else v for v in (x, y)]
    return graph.node("Where", graph.cast(condition, "bool"), *both)


@of("ops.shape.astype")
def astype(graph: Graph, x: Value, dtype: Any) -> str:
    return graph.node("Cast", x, to=graph.out.dtype)


# -- products and convolutions ---------------------------------------------------------------------


@of("ops.linear._affine")
def affine(graph: Graph, x: Value, weight: Value, bias: Value | None) -> str:
    return graph.node("Gemm", x, weight, bias, transB=1)


@of("ops.conv._conv2d")
def conv2d(graph: Graph, x: Value, weight: Value, bias: Value | None, steps: Any) -> str:
    stride, padding = steps
    return graph.node("Conv", x, weight, bias, strides=stride, pads=padding * 2)


@of("ops.conv.conv2d_input")
def conv_transpose2d(
    graph: Graph, y: Value, weight: Value, bias: Value | None, size: Any, steps: Any
) -> str:
    stride, padding = steps
    further = set()  # rows and columns that no step of the stride reaches, as the size asks for
    for part in ("first", "second"):
        (h, w), (oh, ow), kernel = (
            [getattr(n, part, n) for n in sizes] for sizes in (y.shape[2:], size, weight.shape[2:])
        )
        rows = oh - ((h - 1) * stride[0] - 2 * padding[0] + kernel[0])
        columns = ow - ((w - 1) * stride[1] - 2 * padding[1] + kernel[1])
        further.add((rows, columns))
    if len(further) > 1:
        graph.refuse("enlarges images by other rules where they have another size")
    return graph.node(
        "ConvTranspose", y, weight, bias,
        strides=stride, pads=padding * 2, output_padding=further.pop(),
    )  # fmt: skip


# -- batch normalisation ---------------------------------------------------------------------------

_in_ops, _of_any = norms._normalised, norms.batch_norm


@op(least=None)
def batch_norm(x: Any, weight: Any, bias: Any, mean: Any, var: Any, eps: float) -> Any:
    """What minigan/ops/norm.py does in nine ops."""
    return _in_ops(x, (mean, var), (weight, bias), eps)


@contextlib.contextmanager
def batch_norm_as_one_op() -> Iterator[None]:
    """ONNX has it as one operation too, which other programs merge with the convolution before; the
    statistics of a batch, where a network goes by these, are computed by operations before it."""

    def normalised(x: Tensor, moments: Any, affine: Any, eps: float) -> Tensor:
        if mode.recording:  # in another thread: it has no rules
            return _in_ops(x, moments, affine, eps)
        return batch_norm(x, *affine, *moments, eps)

    def of_any(
        x: Tensor, running: Any, affine: Any, training: bool, momentum: float, eps: float
    ) -> Tensor:
        if mode.recording or not training:
            return _of_any(x, running, affine, training, momentum, eps)
        axes = (0, *range(2, x.ndim))
        mean = x.mean(axes)
        var = (x - norms.per_channel(mean, x)).square().mean(axes)
        return batch_norm(x, *affine, mean, var, eps)

    norms._normalised, norms.batch_norm = normalised, of_any
    try:
        yield
    finally:
        norms._normalised, norms.batch_norm = _in_ops, _of_any


@of("onnx.translations.batch_norm")
def batch_normalization(graph: Graph, *args: Any) -> str:
    *vectors, eps = args
    return graph.node("BatchNormalization", *vectors, epsilon=eps)


# -- sums ------------------------------------------------------------------------------------------


def _folded(graph: Graph, kind: str, x: Value, axes: Any, keepdim: bool) -> str:
    if not axes:
        return graph.node("Identity", x)
    if kind == "ReduceSum" or graph.opset >= 18:
        return graph.node(kind, x, whole(*axes), keepdims=int(keepdim))
    return graph.node(kind, x, axes=axes, keepdims=int(keepdim))


@of("ops.reduce._sum")
def sum(graph: Graph, x: Value, axes: Any, keepdim: bool) -> str:
    dtype = graph.common if graph.out.dtype == "float16" else graph.out.dtype
    return _folded(graph, "ReduceSum", graph.cast(x, dtype), axes, keepdim)


@of("ops.reduce._mean")
def mean(graph: Graph, *args: Any) -> str:
    return _folded(graph, "ReduceMean", *args)


@of("ops.reduce._norm")
def norm(graph: Graph, x: Value, axes: Any, keepdim: bool) -> str:
    return _folded(graph, "ReduceL2", x, axes, keepdim) if axes else graph.node("Abs", x)


@of("torch.ops.order._amax")
def amax(graph: Graph, *args: Any) -> str:
    return _folded(graph, "ReduceMax", *args)


@of("torch.ops.order._amin")
def amin(graph: Graph, *args: Any) -> str:
    return _folded(graph, "ReduceMin", *args)


@of("ops.reduce.log_softmax")
def log_softmax(graph: Graph, x: Value, dim: int) -> str:
    return graph.node("LogSoftmax", x, axis=dim)


@of("ops.reduce.argmax", "torch.ops.order.argmax")
def argmax(graph: Graph, x: Value, dim: int | None, keepdim: bool = False) -> str:
    if dim is None:
        flat = graph.node("Reshape", x, whole(-1))
        return graph.node("ArgMax", flat, axis=0, keepdims=int(keepdim and len(x.shape) == 1))
    return graph.node("ArgMax", x, axis=dim, keepdims=int(keepdim))


# -- shapes ----------------------------------------------------------------------------------------


@of("ops.shape.reshape_to")
def reshape(graph: Graph, x: Value, shape: Any) -> str:
    """In ONNX a 0 keeps the size at its place, and one -1 is what is left."""
    target = [
        0 if isinstance(size, Varying) and x.shape[i : i + 1] == (size,) else size
        for i, size in enumerate(graph.out.shape)
    ]
    varying = [i for i, size in enumerate(target) if isinstance(size, Varying)]
    if len(varying) == 1:
        target[varying[0]] = -1
    return graph.node("Reshape", x, graph.sizes(target))


@of("ops.shape.broadcast_to")
def broadcast_to(graph: Graph, x: Value, shape: Any) -> str:
    """In ONNX a 1 leaves a size as it is."""
    own = (1,) * (len(graph.out.shape) - len(x.shape)) + x.shape
    pairs = zip(own, graph.out.shape, strict=True)
    return graph.node("Expand", x, graph.sizes(1 if n == m else m for n, m in pairs))


@of("torch.ops.repeat._tiled")
def tiled(graph: Graph, x: Value, counts: Any) -> str:
    lead = len(counts) - len(x.shape)
    if lead:
        axes = whole(*range(max(lead, 0)))
        x, counts = graph.node("Unsqueeze", x, axes), (1,) * -lead + counts  # type: ignore
    return graph.node("Tile", x, graph.sizes(counts))


@of("ops.shape.swapaxes")
def swapaxes(graph: Graph, x: Value, dim0: int, dim1: int) -> str:
    order = list(range(len(x.shape)))
    order[dim0], order[dim1] = order[dim1], order[dim0]
    return graph.node("Transpose", x, perm=order)


@of("torch.ops.shape.permute_to")
def permute(graph: Graph, x: Value, dims: Any) -> str:
    return graph.node("Transpose", x, perm=dims)


@of("ops.shape._cat")
def cat(graph: Graph, dim: int, cuts: Any, *pieces: Value) -> str:
    return graph.node("Concat", *[graph.cast(p, graph.out.dtype) for p in pieces], axis=dim)


@of("torch.ops.shape._pad")
def pad(graph: Graph, x: Value, widths: Any, value: float) -> str:
    before, after = zip(*widths, strict=True)
    return graph.node("Pad", x, graph.sizes(before + after), value)


@of("torch.ops.shape.reversed_along")
def flip(graph: Graph, x: Value, axes: Any) -> str:
    count = len(axes)
    backwards = [whole(*[n] * count) for n in (-1, -END)]
    return graph.node("Slice", x, *backwards, whole(*axes), whole(*[-1] * count))


@of("ops.shape.take")
def take(graph: Graph, x: Value, index: Any) -> str:
    """x[index]: slices first, then places and axes of size 1, from the last to the first."""
    parts = _without_ellipsis(index, len(x.shape))
    if any(isinstance(part, (Value, np.ndarray)) for part in parts):
        return _picked(graph, x, parts)
    axes = [part for part in parts if part is not None]
    cut = [(i, s) for i, s in enumerate(axes) if isinstance(s, slice) and s != slice(None)]
    name = x.name
    if cut:
        starts = graph.sizes(s.start or 0 for _, s in cut)
        ends = graph.sizes(END if s.stop is None else s.stop for _, s in cut)
        steps = whole(*[1 if s.step is None else s.step for _, s in cut])
        name = graph.node("Slice", name, starts, ends, whole(*[i for i, _ in cut]), steps)
    for i in reversed(range(len(axes))):
        if isinstance(axes[i], bool):
            graph.refuse("takes True or False as an index: write None, or leave it out")
        if isinstance(axes[i], (int, Varying)):
            name = graph.node("Gather", name, _place(graph, axes[i]), axis=i)
    kept = [part for part in parts if part is None or isinstance(part, slice)]
    if new := [i for i, part in enumerate(kept) if part is None]:
        name = graph.node("Unsqueeze", name, whole(*new))
    return name if name != x.name else graph.node("Identity", x)


def _place(graph: Graph, place: Any) -> Any:
    """The place of one element, as a number."""
    if isinstance(place, Varying):
        return graph.node("Reshape", graph.sizes([place]), whole())
    return np.array(place, "int64")


def _picked(graph: Graph, x: Value, parts: list[Any]) -> str:
    """x[:, labels]: along one axis those that a tensor names."""
    told = [(i, p) for i, p in enumerate(parts) if not isinstance(p, slice) or p != slice(None)]
    (place, picks), *others = told
    if others or not isinstance(picks, (Value, np.ndarray)) or picks.dtype.kind not in "iu":
        graph.refuse("picks by a mask, or by several tensors: give one tensor of whole numbers")
    return graph.node("Gather", x, picks, axis=place)


def _without_ellipsis(index: Any, rank: int) -> list[Any]:
    """An index with as many parts as there are axes, and one more for each None."""
    parts = list(index)
    for i, part in enumerate(parts):
        if part is ...:
            missing = rank - len([p for p in parts if p is not None and p is not ...])
            return [*parts[:i], *[slice(None)] * missing, *parts[i + 1 :]]
    taken = len([part for part in parts if part is not None])
    return [*parts, *[slice(None)] * (rank - taken)]
