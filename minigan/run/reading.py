"""A saved network, built again from what its run wrote down."""

import inspect
import math
import os
import stat
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import minigan
from minigan import models
from minigan.autograd.tensor import Tensor
from minigan.errors import UserError
from minigan.opening import reason
from minigan.run import files

MOST = 1 << 31  # no size and no slope is larger
WORDS = {  # of the types that networks take
    int: f"a whole number from 0 to {MOST:,}",
    float: f"a number from {-MOST:,} to {MOST:,}",
    bool: "true or false",
    str: "text",
    Sequence[int]: f"a list of whole numbers from 1 to {MOST:,}",
    int | Sequence[int]: f"a whole number from 1 to {MOST:,}, or a list of them,",
}


def load_network(path: str | Path, name: str = "G") -> Any:
    """The network in a run's folder, or in one of its weight files, such as G_019.safetensors.

    settings.json beside it says which class and sizes; they are checked, by the weights too, before
    anything so large is made. Raises UserError when either file is missing or damaged, or they do
    not belong together.
    """
    path = Path(path)
    try:
        is_folder = stat.S_ISDIR(os.stat(path).st_mode)
    except (OSError, ValueError) as error:
        raise UserError(f"cannot read {path}: {reason(error)}") from None
    weights = path / f"{name}.safetensors" if is_folder else path
    name = weights.stem.partition("_")[0]
    settings = weights.parent / files.SETTINGS
    networks = files.read_settings(weights.parent)["networks"]
    if name not in networks:
        known = ", ".join(networks) or "nothing"
        raise UserError(
            f"{settings} describes no network {name}, only {known}; a file of weights is named "
            f"after its network: G.safetensors or G_019.safetensors"
        )

    def unbuildable(why: Exception) -> UserError:
        return UserError(
            f"{settings}: the network {name} cannot be built from what stands there: "
            f"{reason(why)}. Correct it, or build the network as its program does, then "
            f'{name}.load_state_dict(minigan.load("{weights}"))'
        )

    try:
        kind, arguments = _checked(networks[name])
        least = _least(kind, arguments)
    except (TypeError, ValueError, UserError) as error:
        raise unbuildable(error) from None
    state = minigan.load(weights)
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise UserError(f"{weights} does not fit the network {name}: it holds no tensors by name")
    try:
        if least > (held := sum(tensor.array.size for tensor in state.values())):
            raise ValueError(f"it is larger than {weights.name}, which holds {held:,} numbers")
        network = models.build(kind, arguments)
    except (KeyError, TypeError, ValueError) as error:
        raise unbuildable(error) from None
    try:
        network.load_state_dict(state)
    except (RuntimeError, AttributeError) as error:
        faults = " ".join(str(error).split())
        raise UserError(f"{weights} does not fit the network {name}: {faults}") from None
    return network.eval()


def _checked(entry: Any) -> tuple[str, dict[str, Any]]:
    """The class of a network and all its arguments.

    Raises ValueError or TypeError that names what is not of the type that the class takes.
    """
    if not isinstance(entry, dict) or not isinstance(entry.get("class"), str):
        raise ValueError(f"its entry {entry!r} names no class")
    kind, given = entry["class"], entry.get("arguments")
    kinds = {cls.__name__: cls for cls in models.Network.__subclasses__()}
    if kind not in kinds:
        raise ValueError(f"its class is {kind}, and only those of minigan.models can be built")
    if not isinstance(given, dict):
        raise ValueError(f"its arguments are {given!r}, not a name and a value for each")
    signature = inspect.signature(kinds[kind])
    bound = signature.bind(**given)
    bound.apply_defaults()
    for key, value in bound.arguments.items():
        wanted = signature.parameters[key].annotation
        if wanted in WORDS and not _fits(value, wanted):
            raise ValueError(f"{key} is {value!r}, where {WORDS[wanted]} belongs")
        if key == "image" and len(value) != 3:
            raise ValueError(f"image is {value!r}, where channels, height and width belong")
    return kind, bound.arguments


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
