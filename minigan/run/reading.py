"""A saved network, built again from what its run wrote down."""

import inspect
import math
import os
import stat
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import minigan
from minigan import models, programs
from minigan.autograd.tensor import Tensor
from minigan.errors import UserError
from minigan.opening import reason
from minigan.run import files
from minigan.run.watch import generator_of

MOST = 1 << 31  # no size and no slope is larger
WORDS = {  # of the types that networks take
    int: f"a whole number from 0 to {MOST:,}",
    float: f"a number from {-MOST:,} to {MOST:,}",
    bool: "true or false",
    str: "text",
    Sequence[int]: f"a list of whole numbers from 1 to {MOST:,}",
    int | Sequence[int]: f"a whole number from 1 to {MOST:,}, or a list of them,",
}


def load_network(path: str | Path, name: str | None = None) -> Any:
    """The network in a run's folder, or in one of its weight files, such as G_019.safetensors.

    name: of a network of the run; by default the G, or the moving average of it that the run keeps
    (G_ema). As long as it trains, or where it was killed, it is taken from the checkpoint.

    settings.json says which class and sizes; they are checked, by the weights too, before anything
    so large is made. Raises UserError when a file is missing or damaged, or they do not belong
    together.
    """
    path = Path(path)
    try:
        is_folder = stat.S_ISDIR(os.stat(path).st_mode)
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {path}: {reason(error)}") from None
    folder = path if is_folder else path.parent
    made = files.read_settings(folder)
    networks = made["networks"]
    if is_folder and name is None and drawing(networks) not in networks:
        raise _without_G(path, networks)
    name = name or (drawing(networks) if is_folder else network_of(path, networks))
    if name not in networks:
        known = ", ".join(networks) or "nothing"
        raise UserError(
            f"{folder / files.SETTINGS} describes no network {name}, only {known}; a file of "
            f"weights is named after its network: G.safetensors or G_019.safetensors"
        )
    weights = folder / f"{name}.safetensors" if is_folder else path

    def unbuildable(why: Exception) -> UserError:
        return UserError(
            f"{folder / files.SETTINGS}: the network {name} cannot be built from what stands "
            f"there: {reason(why)}. Correct it, or build the network as its program does, then "
            f'{name}.load_state_dict(minigan.load("{weights}"))'
        )

    try:
        kind, arguments = _checked(entry_of(networks, name), made["program"])
        least = _least(kind.__name__, arguments)
    except (TypeError, ValueError, UserError) as error:
        raise unbuildable(error) from None
    weights, state = _state(weights, name)
    if networks[name]["class"] == "EMA":  # whose average is under the names module.*
        state = {k[7:]: v for k, v in state.items() if k.startswith("module.")}
    try:
        held = sum(tensor.array.size for tensor in state.values())
        if max(least, *_numbers(arguments), 0) > held:
            raise ValueError(f"it is larger than {weights.name}, which holds {held:,} numbers")
        network = kind(**arguments)
    except (KeyError, TypeError, ValueError) as error:
        raise unbuildable(error) from None
    try:
        network.load_state_dict(state)
    except (RuntimeError, AttributeError) as error:
        faults = " ".join(str(error).split())
        raise UserError(f"{weights} does not fit the network {name}: {faults}") from None
    return network.eval()


def drawing(networks: Mapping[str, Any]) -> str:
    """The name of the network that draws a run's samples: the average of its G if it keeps one."""
    G = generator_of(networks) or "G"
    return next((name for name in networks if name.lower() == f"{G.lower()}_ema"), G)


def network_of(weights: Path, networks: Mapping[str, Any]) -> str:
    """The network that a file of weights is named after: G_ema_019 after G_ema, and not G."""
    stem = weights.stem
    found = [name for name in networks if stem == name or stem.startswith(f"{name}_")]
    return max(found, key=len, default=stem.partition("_")[0])


def _without_G(folder: Path, networks: Mapping[str, Any]) -> UserError:
    """What a run is that draws nothing, and what to do with it."""
    kinds = {name: entry.get("class") for name, entry in networks.items() if type(entry) is dict}
    held = " and ".join(f"{name}, a {kind}" for name, kind in kinds.items()) or "no network at all"
    cure = "give a run that has one"
    if "LeNet" in kinds.values():  # of mnist_classifier
        cure = f"it scores other runs, by `minigan evaluate RUN --classifier {folder}`"
    return UserError(f"{folder} holds no G that draws samples, but {held}: {cure}")


def entry_of(networks: Mapping[str, Any], name: str) -> Any:
    """What settings.json says of a network; of an average, what it says of the averaged one."""
    entry = networks[name]
    averaged = name.rpartition("_")[0]
    if isinstance(entry, dict) and entry.get("class") == "EMA" and averaged in networks:
        return networks[averaged]
    return entry


def _state(weights: Path, name: str) -> tuple[Path, Mapping[str, Tensor]]:
    """A network's tensors by name, and the file that has them: its own, or the checkpoint."""
    folder = weights.parent
    if weights.stem == name and not weights.exists() and files.has_checkpoint(folder):
        weights = folder / files.CHECKPOINT
        try:
            content = minigan.load(weights)
        except UserError:
            if not (folder / files.BEFORE).exists():
                raise
            weights = folder / files.BEFORE
            content = minigan.load(weights)
        parts = content.get("parts") if isinstance(content, dict) else None
        state = parts.get(name) if isinstance(parts, dict) else None
    else:
        state = minigan.load(weights)
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise UserError(f"{weights} does not fit the network {name}: it holds no tensors by name")
    return weights, state


def _checked(entry: Any, program: str) -> tuple[type, dict[str, Any]]:
    """The class of a network, of minigan.models or of the run's program, and all its arguments.

    Raises ValueError or TypeError that names what is not of the type that the class takes.
    """
    if not isinstance(entry, dict) or not isinstance(entry.get("class"), str):
        raise ValueError(f"its entry {entry!r} names no class")
    name, given = entry["class"], entry.get("arguments")
    if (kind := class_named(name, program)) is None:
        raise ValueError(
            f"its class is {name}, and only those of minigan.models and of minigan's own programs "
            f"can be built"
        )
    if not isinstance(given, dict):
        raise ValueError(f"its arguments are {given!r}, not a name and a value for each")
    signature = inspect.signature(kind)
    bound = signature.bind(**given)
    bound.apply_defaults()
    for key, value in bound.arguments.items():
        wanted = signature.parameters[key].annotation
        if wanted in WORDS and not _fits(value, wanted):
            raise ValueError(f"{key} is {value!r}, where {WORDS[wanted]} belongs")
        if key == "image" and len(value) != 3:
            raise ValueError(f"image is {value!r}, where channels, height and width belong")
    return kind, bound.arguments


def class_named(name: str, program: str) -> type | None:
    """The network of this name, of minigan.models or of the program; None where there is none."""
    kind: Any = getattr(models, name, None) or getattr(programs.load(program), name, None)
    known = isinstance(kind, type) and issubclass(kind, models.Network)
    return kind if known and kind is not models.Network else None


def _numbers(arguments: Mapping[str, Any]) -> list[int]:
    """All whole numbers among the arguments: no network is wider than it has weights."""
    flat = [v for value in arguments.values() for v in (value if type(value) is list else [value])]
    return [value for value in flat if type(value) is int]


def _fits(value: Any, wanted: Any) -> bool:
    """Whether what JSON gave is of an argument's type."""
    if wanted == int | Sequence[int]:
        return _fits(value, int) or _fits(value, Sequence[int])
    if wanted == Sequence[int]:
        listed = isinstance(value, (list, tuple))
        return listed and all(_fits(each, int) and each > 0 for each in value)
    if wanted in (bool, str):
        return type(value) is wanted
    types, least = ((int,), 0) if wanted is int else ((int, float), -MOST)
    return type(value) in types and least <= value <= MOST


def _least(kind: str, a: dict[str, Any]) -> int:
    """At least so many numbers a network of minigan.models learns: the weights of its layers."""
    if kind in ("DenseDiscriminator", "DenseGenerator"):
        pixels = math.prod(a["image"])
        sizes = [a["z"], *a["hidden"], pixels] if "z" in a else [pixels, *a["hidden"], 1]
        return _products(sizes)
    if kind == "Deblurrer":
        return 9 * _products([a["channels"], a["width"], a["width"], a["channels"]])
    if kind == "DeblurDiscriminator":
        last = 2 * a["width"] * (a["size"] // 4) ** 2
        return 9 * _products([a["channels"], a["width"], 2 * a["width"]]) + last
    if kind in ("DCGANDiscriminator", "DCGANGenerator"):
        sizes = [a["channels"], *models.dcgan_channels(a["width"], a["size"])]
        seen = sizes[-1] * models.halvings(a["size"])[1] ** 2
        latent = a["z"] + a["classes"] if "z" in a else 1 + a["classes"]
        embedding = a["classes"] ** 2 if "z" in a else 0
        return 16 * _products(sizes) + latent * seen + embedding
    return 0


def _products(sizes: Sequence[int]) -> int:
    """The sum of the products of neighbours: of the weights between layers of these sizes."""
    return sum(before * behind for before, behind in pairwise(sizes))
