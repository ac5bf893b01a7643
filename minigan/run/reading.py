"""A saved network, built again from what its run wrote down."""

import stat
from pathlib import Path
from typing import Any

import minigan
from minigan import models
from minigan.errors import UserError
from minigan.run import files


def load_network(path: str | Path, name: str = "G") -> Any:
    """The network in a run's folder, or in one of its weight files, such as G_019.safetensors.

    settings.json beside it says which class and sizes. Raises UserError when either file is
    missing or damaged, or they do not belong together.
    """
    path = Path(path)
    try:
        is_folder = stat.S_ISDIR(path.stat().st_mode)
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None
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
    try:
        network = models.build(networks[name]["class"], networks[name]["arguments"])
    except (KeyError, TypeError, ValueError):
        raise UserError(
            f"{settings}: the network {name} cannot be built from what stands there; only those of "
            f"minigan.models can. Build it as its program does, then "
            f'{name}.load_state_dict(minigan.load("{weights}"))'
        ) from None
    try:
        network.load_state_dict(minigan.load(weights))
    except (RuntimeError, AttributeError) as error:
        raise UserError(f"{weights} does not fit the network {name}: {error}") from None
    return network.eval()
