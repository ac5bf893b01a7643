"""Writes a trained network for other people's tools: ONNX, or weights for PyTorch or NumPy.

    minigan export runs/mnist_dense
    minigan export runs/mnist_dense/G_100.safetensors --to torch npz

onnx is the whole network, which onnxruntime runs without minigan; it is tried out before it is
written. The others are its weights by name, those of PyTorch's state_dict, for a network of the
same shape.
"""

import importlib
import inspect
import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import minigan
from minigan import backend as B
from minigan import models, onnx, run
from minigan.atomic import replacing
from minigan.autograd.tensor import Tensor
from minigan.errors import UserError
from minigan.missing import nearest
from minigan.run import files
from minigan.run.reading import class_named, entry_of, network_of
from minigan.scores import lenet, samples
from minigan.watching.layers import goes_by_the_batch

FORMATS = {  # the ending of each one's files, and how they are read
    "onnx": (".onnx", 'onnxruntime.InferenceSession("{}").run(None, {})'),
    "safetensors": (".safetensors", 'safetensors.torch.load_file("{}")'),
    "npz": (".npz", 'numpy.load("{}")'),
    "torch": (".pt", 'torch.load("{}", weights_only=True)'),
}
OTHER_FORMATS = "or give --to safetensors, npz or torch, which need no network"
SAMPLES = 4  # in the example that is traced


def main(words: Sequence[str] | None = None) -> int | None:
    """The command; words are those after its name."""
    parser = run.Parser(__doc__)
    parser.add_argument("run", type=Path, help="folder of a run, or one of its weight files")
    parser.add(
        "what to write",
        to=run.Option(
            ["onnx"],
            f"one or more of {', '.join(FORMATS)}",
            {"nargs": "+", "choices": FORMATS, "metavar": "FORMAT"},
        ),
        network=run.Option(
            None,
            "which of the run's networks; G, or the only one, if not given",
            {"metavar": "NAME"},
        ),
        out=run.Option(
            None,
            "the file, or the folder of several; beside the weights if not given",
            {"metavar": "PATH"},
        ),
    )
    options = parser.parse_args(words)
    minigan.use_backend("numpy")  # no GPU is needed
    weights = weights_of(options.run, options.network)
    formats = list(dict.fromkeys(options.to))
    targets = {name: target_of(weights, name, options.out, len(formats)) for name in formats}
    state = state_of(weights)
    found = {name: content_of(name, weights, state) for name in formats}  # all, before any is there
    for name, (content, given, more) in found.items():
        target, (_, reading) = targets[name], FORMATS[name]
        if target.exists() and target.samefile(weights):
            print(f"{target} is that already")
        else:
            with replacing(target) as temporary:
                temporary.write_bytes(content)
            print(f"wrote {target}{more}")
        print(f"  {reading.format(target.name, given)}")
    return None


# -- what is there ---------------------------------------------------------------------------------


def weights_of(path: Path, name: str | None) -> Path:
    """The file of a network's weights: path itself, or in that folder the one of this name."""
    if not os.path.isdir(path):  # unlike Path.is_dir, this never raises
        if name not in (None, path.stem, path.stem.partition("_")[0]):
            raise UserError(f"{path} is one network's file: leave --network {name} out")
        return path
    weights = path / f"{name or 'G'}.safetensors"
    if weights.parent != path or not os.path.isfile(weights):
        known = sorted(file.stem for file in path.glob("*.safetensors"))
        known = [stem for stem in known if not stem.startswith("checkpoint")]
        if name is None and len(known) == 1:
            print(f"there is no G in {path}, but {known[0]}")
            return path / f"{known[0]}.safetensors"
        near = nearest(name or "G", known)
        hint = f"; did you mean --network {near[0]}?" if near else ""
        listed = f"only {', '.join(known)}{hint}" if known else "nor of any other: is it a run's?"
        raise UserError(f"there are no weights of {name or 'G'} in {path}, {listed}")
    return weights


def state_of(weights: Path) -> Mapping[str, Tensor]:
    """The tensors by name in a file of weights."""
    state = minigan.load(weights)
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise UserError(f"{weights} holds no tensors by name: give a network's, as G.safetensors")
    if not state:
        raise UserError(f"{weights} is empty: there is nothing to export")
    return dict(sorted(state.items()))  # a file of tensors has no order of its own


def target_of(weights: Path, name: str, out: str | None, count: int) -> Path:
    """Where a format's file goes. Raises UserError where it would replace something else."""
    ending, _ = FORMATS[name]
    if out is None:
        target = weights.with_suffix(ending)
    elif os.path.isdir(out):
        target = Path(out, weights.with_suffix(ending).name)
    elif count > 1 or out.endswith(("/", os.sep)):
        raise UserError(f"--out {out} is no folder: create it first, or leave it out")
    else:
        target = Path(out)
    if os.path.exists(target) and not _may_replace(target, ending, weights):
        raise UserError(f"{target} is there, and no file that was exported: choose another --out")
    return target


def _may_replace(target: Path, ending: str, weights: Path) -> bool:
    """Whether a file that is there looks like an export; or is the weights, and stays."""
    of_a_run = ending == ".safetensors" and os.path.exists(target.parent / files.SETTINGS)
    return os.path.samefile(target, weights) if of_a_run else target.suffix == ending


# -- what is written -------------------------------------------------------------------------------


def content_of(name: str, weights: Path, state: Mapping[str, Tensor]) -> tuple[bytes, str, str]:
    """A format's file; what a model is called with; and what else there is to say."""
    if name == "onnx":
        return as_onnx(weights)
    if name == "safetensors":
        from minigan.serialization import to_bytes

        return to_bytes(state), "", ""
    arrays = {key: B.to_host(tensor.array) for key, tensor in state.items()}
    file = io.BytesIO()
    if name == "npz":
        np.savez(file, **arrays)  # type: ignore[arg-type]
    else:
        torch = pytorch()
        torch.save({key: torch.tensor(array) for key, array in arrays.items()}, file)
    return file.getvalue(), "", ""


def pytorch() -> Any:
    """The package torch."""
    try:
        return importlib.import_module("torch")
    except (ImportError, OSError) as error:  # OSError: a library of its own does not load
        raise UserError(
            f"a .pt file is written by PyTorch itself ({error}): pip install torch; or give "
            f"--to safetensors, which PyTorch's users read by safetensors.torch.load_file"
        ) from None


def as_onnx(weights: Path) -> tuple[bytes, str, str]:
    """The network as an ONNX model, what it is called with, and how it was tried out."""
    made = files.read_settings(weights.parent)
    name = network_of(weights, made["networks"])
    entry = entry_of(made["networks"], name) if name in made["networks"] else None
    kind = entry.get("class") if isinstance(entry, dict) else None
    if isinstance(kind, str) and not class_named(kind, made["program"]):
        raise UserError(
            f"{name} is a {kind}, which only the program that made it can build: there, "
            f'`import minigan.onnx` and minigan.onnx.export({name}, "{name}.onnx", z), with an '
            f"example of its input; {OTHER_FORMATS}"
        )
    network = run.load_network(weights)
    minigan.manual_seed(0)
    inputs, outputs, axes = example(network)
    content, difference = onnx.to_bytes(
        network,
        *inputs.values(),
        input_names=list(inputs),
        output_names=outputs,
        dynamic_axes=axes,
    )
    if difference is None:
        more = ", not tried out: onnxruntime is not installed"
    else:
        more = f"; onnxruntime agrees to {max(difference, 1e-8):.0e}"
    if goes_by_the_batch(network):
        more += ". Its outputs depend on each other: give it as many at once as in training"
    given = ", ".join(f'"{key}": {key}' for key in inputs)
    return content, f"{{{given}}}", more


def example(network: Any) -> tuple[dict[str, Tensor], list[str], dict[str, dict[int, str]] | None]:
    """Inputs of a network by name, names of its outputs, and the axes that stay open where these
    are more than the batch.

    Raises UserError where the network does not tell what it reads.
    """
    if isinstance(network, models.Deblurrer):
        blurred = minigan.rand(SAMPLES, network.arguments["channels"], 16, 16)
        return {"blurred": blurred}, ["sharp"], {"blurred": {0: "batch", 2: "height", 3: "width"}}
    if hasattr(network, "noise"):
        inputs = {"z": network.noise(SAMPLES)}
    else:
        inputs = {"images": minigan.rand(SAMPLES, *image_of(network))}
    if takes_labels(network):
        classes = samples.classes_of(network) or 2  # a D may not tell how many
        inputs["labels"] = minigan.tensor([i % classes for i in range(SAMPLES)])
    with minigan.no_grad():
        made = network(*inputs.values())
    return inputs, outputs_of(network, made), None


def image_of(network: Any) -> Sequence[int]:
    """The channels, height and width that it reads."""
    a = network.arguments
    if isinstance(network, lenet.LeNet):
        return a["channels"], lenet.SIDE, lenet.SIDE
    if "image" in a:
        return a["image"]
    if "channels" in a and "size" in a:
        return a["channels"], a["size"], a["size"]
    raise UserError(
        f"a {type(network).__name__} with {a} does not tell the size of what it reads: in Python, "
        f"`minigan.run.load_network` gives it, and minigan.onnx.export takes an example of its "
        f"input; {OTHER_FORMATS}"
    )


def takes_labels(network: Any) -> bool:
    """Whether its forward has to be told classes, or may be and knows some."""
    labels = inspect.signature(network.forward).parameters.get("labels")
    if labels is None:
        return False
    return labels.default is labels.empty or samples.classes_of(network) > 0


def outputs_of(network: Any, made: Any) -> list[str]:
    """What its outputs are called."""
    if isinstance(made, tuple):
        return ["probability", "scores"]
    if hasattr(network, "noise"):
        return ["images" if made.ndim == 4 else "points"]
    if isinstance(network, lenet.LeNet):
        return ["scores"]
    return ["probability" if type(network).__module__ == models.__name__ else "output"]
