"""torchvision's addresses: minigan.data's data sets and transforms, and pictures as grids."""

from minigan.torch.absent import attach
from minigan.torchvision import datasets, transforms, utils
from minigan.torchvision.absent import MISSING, announce

__all__ = ["datasets", "transforms", "utils"]

attach("minigan.torchvision")  # models, which it has not
announce()


def __getattr__(name: str) -> object:
    """What minigan does not have, by name."""
    if name in MISSING:
        raise AttributeError(f"minigan.torchvision has no {name}: {MISSING[name]}")
    raise AttributeError(
        f"minigan.torchvision has no {name!r}: it has datasets, transforms and utils"
    )
