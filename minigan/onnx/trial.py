"""Whether onnxruntime computes with a model what minigan computes with the network."""

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.autograd.tensor import Tensor
from minigan.errors import UserError
from minigan.nn import Module
from minigan.onnx.passes import Axes, grown, like, ran
from minigan.opening import reason

CLOSE = 1e-5  # of the largest output, or of 1 if that is larger
COUNTS = (1, 5)  # samples in the batches that are tried out


def difference(
    network: Module, content: bytes, examples: Mapping[str, Tensor], axes: Axes
) -> float | None:
    """The largest difference of their outputs, for batches of other sizes and other numbers.

    None where onnxruntime is not installed. Raises UserError where it does not run the model, or
    computes something else.
    """
    try:
        runtime = importlib.import_module("onnxruntime")
    except ImportError:
        return None
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # what is wrong is said below
    session, largest = None, 0.0
    for times, count in enumerate(COUNTS, start=1):
        inputs = {}
        for name, x in examples.items():
            shape = grown(x, dict.fromkeys(axes[name], times))
            inputs[name] = like(x, [count, *shape[1:]] if 0 in axes[name] else shape, count)
        given = {name: B.to_host(x.array).copy() for name, x in inputs.items()}
        expected = [B.to_host(y.array) for y in ran(network, list(inputs.values()))]
        try:
            session = session or runtime.InferenceSession(
                content, options, ["CPUExecutionProvider"]
            )
            found = session.run(None, given)
        except Exception as error:  # it has kinds of its own
            raise UserError(f"onnx: onnxruntime does not run the model: {reason(error)}") from None
        largest = max([largest, *map(_apart, expected, found)])
    return largest


def _apart(ours: Any, theirs: Any) -> float:
    """The largest difference, relative to the largest number. Raises UserError above CLOSE."""
    if ours.shape != theirs.shape or ours.dtype != theirs.dtype:
        both = f"minigan gives {ours.dtype} {ours.shape}, onnxruntime {theirs.dtype} {theirs.shape}"
        raise UserError(f"onnx: the model computes something else: {both}")
    ours, theirs = (a.astype("float64") for a in (ours, theirs))
    scale = max(1.0, float(np.abs(ours).max(initial=0.0)))
    apart = float(np.abs(ours - theirs).max(initial=0.0)) / scale
    if not apart <= CLOSE:  # NaN is no small one
        raise UserError(
            f"onnx: the model computes something else than the network: its outputs are "
            f"{apart:.1g} off, and nothing was written. Look for what the network decides by "
            f"numbers that it reads out of tensors, or by the number of samples"
        )
    return apart
