"""Two passes of a network, with inputs that differ in all that may vary."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

import minigan
from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import UserError
from minigan.nn import Module
from minigan.onnx.graph import Graph, Pair
from minigan.onnx.translations import batch_norm_as_one_op
from minigan.opening import reason
from minigan.watching.trace import trace

Axes = Mapping[str, Mapping[int, str]]  # {"z": {0: "batch"}}: of each input those that stay open
TURNS = (2, 3)  # times as long are they in the two passes: above 1, which would broadcast


def traced(
    network: Module,
    examples: Mapping[str, Tensor],
    axes: Axes,
    translations: Mapping[str, Callable[..., str]],
    opset: int,
) -> tuple[Graph, list[Pair]]:
    """The graph of what the network does, and its outputs in both passes."""
    labels = list(dict.fromkeys(label for named in axes.values() for label in named.values()))
    passes = []
    for turn in TURNS:  # and each label otherwise, so that no two sizes change in the same way
        times = {name: {i: turn + labels.index(axes[name][i]) for i in axes[name]} for name in axes}
        passes.append([like(x, grown(x, times[name]), turn) for name, x in examples.items()])
    with batch_norm_as_one_op():
        traces = []
        for inputs in passes:
            with trace() as steps:
                traces.append((steps, ran(network, inputs)))
    (first, outputs), (second, others) = traces
    pairs = dict(zip(examples, zip(*passes, strict=True), strict=True))
    graph = Graph(network.named_state(), pairs, translations, opset)
    graph.follow(first, second)
    return graph, list(zip(outputs, others, strict=True))


def ran(network: Module, inputs: Sequence[Tensor]) -> list[Tensor]:
    """The network's outputs, without recording for gradients."""
    try:
        with minigan.no_grad():
            outputs = network(*inputs)
    except (UserError, ValueError, TypeError, RuntimeError, IndexError, AttributeError) as error:
        sizes = ", ".join("×".join(map(str, x.shape)) for x in inputs)
        raise UserError(
            f"onnx: with inputs of {sizes} the network fails: {reason(error)}"
        ) from error
    found = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    if not found or not all(isinstance(y, Tensor) for y in found):
        kinds = ", ".join(type(y).__name__ for y in found) or "nothing"
        raise UserError(f"onnx: the network returns {kinds}; it may return tensors, one or several")
    return found


def grown(x: Tensor, times: Mapping[int, int]) -> list[int]:
    """x's shape with some axes so many times as long."""
    return [n * times.get(axis, 1) for axis, n in enumerate(x.shape)]


def like(x: Tensor, shape: Sequence[int], seed: int) -> Tensor:
    """Numbers like those of x: if they are whole, its own in another order, else smaller ones."""
    rng = np.random.default_rng(seed)
    array = np.resize(B.to_host(x.array), shape)  # which repeats them
    if array.dtype.kind == "f":
        array = (array * rng.uniform(0.25, 1.0, shape)).astype(array.dtype)
    else:
        array = rng.permutation(array.reshape(-1)).reshape(shape)
    return wrap(B.module_of(x.array).asarray(array))
