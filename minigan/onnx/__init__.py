"""Networks as ONNX models, which run where minigan is not: onnxruntime, a browser, a phone.

    import minigan.onnx

    minigan.onnx.export(G, "G.onnx", G.noise(4), input_names=["z"])

passes.py lets the network run twice, in eval mode; graph.py makes one graph of what its operations
did both times; translations.py says what each operation is in ONNX, model.py writes that down, and
trial.py sees whether onnxruntime computes what the network computes. Parameters keep their names of
the state_dict, and the number of samples stays open.
"""

import importlib
import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from minigan.atomic import replacing
from minigan.autograd.tensor import Tensor
from minigan.errors import UserError
from minigan.nn import Module
from minigan.onnx import model, trial
from minigan.onnx.passes import traced
from minigan.onnx.translations import TRANSLATIONS

KNOWN = sorted(TRANSLATIONS)
"""The ops that can be written as ONNX."""

OPSET = 17  # understood by all that is younger than 2022
OLDEST = 13


def export(network: Module, path: str | Path, *inputs: Tensor, **options: Any) -> float | None:
    """Write network(*inputs) as an ONNX model; options and result as those of to_bytes.

    The file appears at once and whole, or not at all.
    """
    content, difference = to_bytes(network, *inputs, **options)
    with replacing(path) as temporary:
        temporary.write_bytes(content)
    return difference


def to_bytes(
    network: Module,
    *inputs: Tensor,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    dynamic_axes: Mapping[str, Any] | None = None,
    opset: int = OPSET,
) -> tuple[bytes, float | None]:
    """network(*inputs) as an ONNX model, and how far onnxruntime's outputs are from minigan's: the
    largest difference, relative to the largest output if that is above 1; None where it was not
    run, as it is not installed.

    inputs: examples; those of whole numbers, such as labels, show which there may be. input_names
    are those of forward's arguments, if not given. dynamic_axes: which axes stay open, by the name
    of an input, as {"z": {0: "batch"}} or {"z": [0]}; axis 0 of all inputs, if not given.

    Raises UserError for what ONNX, or this translation, cannot say, and when the outputs differ by
    more than 1e-5. The network's mode is the same afterwards.
    """
    onnx = library()
    _check(onnx, network, inputs, opset)
    names = _input_names(network, inputs, input_names)
    axes = _axes(names, inputs, dynamic_axes)
    examples = dict(zip(names, inputs, strict=True))
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        graph, results = traced(network, examples, axes, TRANSLATIONS, opset)
        names = _output_names(output_names, len(results), {*examples, *graph.numbers})
        if strange := {*(dynamic_axes or ())} - {*examples, *names}:
            raise UserError(
                f"onnx: dynamic_axes names {strange.pop()!r}, which is no input and no output: "
                f"these are {', '.join([*examples, *names])}"
            )
        outputs = graph.finish(dict(zip(names, results, strict=True)))
        content = model.written(onnx, graph, outputs, axes)
        return content, trial.difference(network, content, examples, axes)
    finally:
        for module, mode in modes:
            module.training = mode


def library() -> Any:
    """The package onnx. Raises UserError where it is not installed."""
    try:
        return importlib.import_module("onnx")
    except ImportError as error:
        raise UserError(
            f'ONNX models are written by the package onnx ({error}): pip install "minigan[onnx]"'
        ) from None


# -- what was asked for ----------------------------------------------------------------------------


def _check(onnx: Any, network: Any, inputs: tuple[Any, ...], opset: int) -> None:
    if not isinstance(network, Module):
        raise TypeError(
            f"onnx: {type(network).__name__} is no Module: call it in the forward() of one, which "
            f"then is exported"
        )
    if not inputs or not all(isinstance(x, Tensor) for x in inputs):
        kinds = ", ".join(type(x).__name__ for x in inputs) or "nothing"
        raise TypeError(f"onnx: give an example tensor for each input, not {kinds}")
    if any(x.array.size == 0 for x in inputs):
        raise UserError("onnx: an example of an input has no numbers: give one sample at least")
    newest = onnx.defs.onnx_opset_version()
    if not OLDEST <= opset <= newest:
        raise UserError(f"onnx: opset {opset}: choose one from {OLDEST} to {newest}")


def _input_names(network: Module, inputs: Any, given: Sequence[str] | None) -> list[str]:
    """As given, or as forward's arguments are called."""
    if given is None:
        places = inspect.signature(network.forward).parameters.values()
        named = [p.name for p in places if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        given = [*named, *(f"input_{i}" for i in range(len(named), len(inputs)))][: len(inputs)]
    return _distinct("inputs", given, len(inputs))


def _output_names(given: Sequence[str] | None, count: int, taken: set[str]) -> list[str]:
    """As given, or "output", or as many as there are with numbers."""
    if given is None:
        given = ["output"] if count == 1 else [f"output_{i}" for i in range(count)]
    if twice := taken & {*_distinct("outputs", given, count)}:
        raise UserError(f"onnx: output {twice.pop()!r} has the name of an input or a parameter")
    return list(given)


def _distinct(what: str, names: Sequence[str], count: int) -> list[str]:
    """The names, after a look that there are as many, and no two the same."""
    if isinstance(names, str) or len(names) != count or len(set(names)) < count or "" in names:
        raise UserError(f"onnx: {count} {what} take a list of as many different names: {names!r}")
    return list(names)


def _axes(names: list[str], inputs: Any, given: Any) -> dict[str, dict[int, str]]:
    """For each input the axes that stay open, and what they are called."""
    ranks = {name: x.ndim for name, x in zip(names, inputs, strict=True)}
    if given is None:
        return {name: {0: "batch"} if rank else {} for name, rank in ranks.items()}
    found: dict[str, dict[int, str]] = {name: {} for name in names}
    for name in found.keys() & given.keys():  # those of outputs follow
        named, rank = given[name], ranks[name]
        for axis in named:
            if not -rank <= axis < rank:
                raise UserError(f"onnx: input {name!r} has {rank} axes, and no axis {axis}")
            plain = f"{name}_{axis}" if axis else "batch"
            found[name][axis % rank] = named[axis] if isinstance(named, Mapping) else plain
    return found
