"""torch.onnx: a network as an ONNX model, by minigan.onnx.

As in PyTorch only those axes stay open that dynamic_axes names, and the batch is none of them by
itself.
"""

import enum
import os
from collections.abc import Mapping, Sequence
from typing import Any

from minigan.nn import Module
from minigan.onnx import OPSET, to_bytes
from minigan.onnx import export as write

__all__ = ["TrainingMode", "export"]


class TrainingMode(enum.Enum):
    """Whether a network is written as it draws (EVAL), as it is, or as it learns."""

    EVAL = 0
    PRESERVE = 1
    TRAINING = 2


def export(
    model: Module,
    args: Any,
    f: Any,
    export_params: bool = True,
    verbose: bool | None = None,
    training: TrainingMode = TrainingMode.EVAL,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    operator_export_type: Any = None,
    opset_version: int | None = None,
    do_constant_folding: bool = True,
    dynamic_axes: Mapping[str, Any] | None = None,
    *,
    dynamo: bool | None = None,
    **others: Any,
) -> None:
    """Write model(*args), in eval mode, to the path or binary file f: see minigan.onnx.to_bytes.

    args: a tensor, or a tuple of several. opset_version: at least 13. verbose, do_constant_folding
    and dynamo are about PyTorch's way of doing it, and change nothing here. TypeError for other
    words; UserError for what cannot be written.
    """
    if not export_params:
        raise TypeError("onnx.export: export_params=False: a model is written with its weights")
    if training not in (None, TrainingMode.EVAL):
        raise TypeError(f"onnx.export: training={training}: networks are written in eval mode only")
    others["operator_export_type"] = operator_export_type
    if given := [
        name for name, value in others.items() if value is not None and value is not False
    ]:
        raise TypeError(f"onnx.export: {given[0]} is not known here; leave it out")
    inputs = args if isinstance(args, (tuple, list)) else (args,)
    options: dict[str, Any] = {
        "input_names": input_names or None,
        "output_names": output_names or None,
        "dynamic_axes": dynamic_axes or {},
        "opset": OPSET if opset_version is None else opset_version,
    }
    if isinstance(f, (str, os.PathLike)):
        write(model, os.fspath(f), *inputs, **options)
    elif hasattr(f, "write"):
        f.write(to_bytes(model, *inputs, **options)[0])
    else:
        raise TypeError(f"onnx.export: f is a path or a file opened for writing bytes, not {f!r}")
