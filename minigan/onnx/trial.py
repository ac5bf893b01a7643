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
from minigan.watching.layers import goes_by_the_batch

CLOSE = 1e-5  # of the largest output, or of 1 if that is larger
AS_ROUNDED = 10  # times what rounding does to the network's own outputs is as close as can be asked
COUNTS = (1, 5)  # samples in the batches that are tried out,
COUNTS_OF_BATCHES = (2, 5)  # where BatchNorm goes by the batch, and one sample has no variance


def difference(
    network: Module, content: bytes, examples: Mapping[str, Tensor], axes: Axes
) -> float | None:
    """The largest difference of their outputs, for batches of other sizes and other numbers.

    None where onnxruntime is not installed. Raises UserError where it does not run the model, or
    computes something else: more than 1e-5 off, and more than rounding explains.
    """
    try:
        runtime = importlib.import_module("onnxruntime")
    except ImportError:
        return None
    options = runtime.SessionOptions()
    options.log_severity_level = 4  # what is wrong is said below
    session, largest = None, 0.0
    counts = COUNTS_OF_BATCHES if goes_by_the_batch(network) else COUNTS
    for times, count in enumerate(counts, start=1):
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
        apart = max(map(_apart, expected, found))
        if not apart <= CLOSE and not apart <= AS_ROUNDED * _rounding(network, inputs, expected):
            raise UserError(
                f"onnx: the model computes something else than the network: its outputs are "
                f"{apart:.1g} off, and nothing was written. Look for what the network decides by "
                f"numbers that it reads out of tensors, or by the number of samples"
            )
        largest = max(largest, apart)
    return largest


def _apart(ours: Any, theirs: Any) -> float:
    """The largest difference, relative to the largest number above 1; NaN where only one has it."""
    if ours.shape != theirs.shape:
        both = f"outputs of {theirs.shape}, where minigan's are {ours.shape}"
        raise UserError(f"onnx: the model computes something else than the network: {both}")
    ours, theirs = (a.astype("float64") for a in (ours, theirs))
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    with np.errstate(invalid="ignore"):  # ∞ - ∞
        apart = np.where(same, 0.0, np.abs(ours - theirs))
    scale = np.abs(ours).max(where=np.isfinite(ours), initial=1.0)
    return float(apart.max(initial=0.0) / scale)


def _rounding(network: Module, inputs: Mapping[str, Tensor], outputs: list[Any]) -> float:
    """How far the outputs are from those in float64; 0 if the network cannot compute these."""
    state = [tensor for _, tensor in network.named_state() if tensor.dtype.kind == "f"]
    former = [tensor.array for tensor in state]
    wide = [x.astype("float64") if x.dtype.kind == "f" else x for x in inputs.values()]
    try:
        for tensor in state:
            tensor.array = tensor.array.astype("float64")
        exact = [B.to_host(y.array) for y in ran(network, wide)]
    except UserError:
        return 0.0
    finally:
        for tensor, array in zip(state, former, strict=True):
            tensor.array = array
    return max(map(_apart, exact, outputs))
