"""A graph in ONNX's own form, as bytes."""

from collections.abc import Sequence
from typing import Any

import minigan
from minigan.errors import UserError
from minigan.onnx.graph import Graph, Value, Varying
from minigan.onnx.passes import Axes
from minigan.opening import reason

MOST = 1 << 31  # bytes in a file of ONNX


def written(onnx: Any, graph: Graph, outputs: Sequence[Value], axes: Axes) -> bytes:
    """The graph as a model that the library, onnx, has checked.

    Raises UserError where it is too large, or the checker refuses it.
    """
    helper, kind = onnx.helper, onnx.helper.np_dtype_to_tensor_dtype
    if (size := sum(array.nbytes for array in graph.numbers.values())) >= MOST:
        raise UserError(
            f"onnx: a file holds less than {MOST:,} bytes, and the network has {size:,}"
        )
    labels: dict[Any, str] = {}
    for value in graph.inputs:
        for axis, label in axes[value.name].items():
            labels.setdefault(value.shape[axis], label)

    def described(value: Value) -> Any:
        shape = [
            labels.get(size, f"{value.name}_{axis}") if isinstance(size, Varying) else size
            for axis, size in enumerate(value.shape)
        ]
        return helper.make_tensor_value_info(value.name, kind(value.dtype), shape)

    nodes = []
    for node in graph.nodes:
        attributes = dict(node.attributes)
        if "to" in attributes:
            attributes["to"] = kind(attributes["to"])
        made = helper.make_node(node.kind, node.inputs, [node.output], node.output, **attributes)
        nodes.append(made)
    numbers = [onnx.numpy_helper.from_array(a, name) for name, a in graph.numbers.items()]
    ends = [[described(value) for value in values] for values in (graph.inputs, outputs)]
    model = helper.make_model(
        helper.make_graph(nodes, "network", *ends, numbers),
        producer_name="minigan",
        producer_version=minigan.__version__,
        opset_imports=[helper.make_opsetid("", graph.opset)],
    )
    model.ir_version = helper.find_min_ir_version_for(model.opset_import)  # for older readers
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise UserError(f"onnx: this network has no valid form in ONNX: {reason(error)}") from None
    return model.SerializeToString()
