"""A saved network, built again from what its run wrote down."""

from pathlib import Path
from typing import Any

from minigan import models, serialization
from minigan.errors import UserError
from minigan.run import files


def load_network(path: str | Path, name: str = "G") -> Any:
    """The network in a run's folder, or in one of its weight files, such as G_019.safetensors.

    settings.json beside it says which class and sizes. Raises UserError when either file is
    missing or damaged, or they do not belong together.
    """
    path = Path(path)
    weights = path / f"{name}.safetensors" if path.is_dir() else path
    name = weights.stem.partition("_")[0]
    networks = files.read_settings(weights.parent).get("networks", {})
    try:
        network = models.build(networks[name]["class"], networks[name]["arguments"])
    except (KeyError, TypeError):
        known = ", ".join(networks) or "nothing"
        raise UserError(
            f"{weights.parent / files.SETTINGS} describes no network {name}, only {known}; "
            f"a file of weights is named after its network: G.safetensors or G_019.safetensors"
        ) from None
    try:
        network.load_state_dict(serialization.load(weights))
    except (RuntimeError, AttributeError) as error:
        raise UserError(f"{weights} does not fit the network {name}: {error}") from None
    return network.eval()
