"""torchvision's addresses: minigan.data's data sets and transforms, and pictures as grids."""

from minigan.torchvision import datasets, transforms, utils

__all__ = ["datasets", "transforms", "utils"]


def __getattr__(name: str) -> object:
    """What minigan does not have, by name."""
    if name == "models":
        raise AttributeError(
            "minigan.torchvision has no models: minigan comes without trained networks. Those of "
            "GANs are in minigan.models; a feature network's weights load from a safetensors file"
        )
    raise AttributeError(f"module 'minigan.torchvision' has no attribute {name!r}")
