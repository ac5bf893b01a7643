"""torchvision's addresses: minigan.data's data sets and transforms, and pictures as grids."""

from minigan.torch.absent import attach
from minigan.torchvision import datasets, transforms, utils

__all__ = ["datasets", "transforms", "utils"]

for _room in ("", ".datasets", ".transforms", ".transforms.functional", ".utils"):
    attach(f"minigan.torchvision{_room}")
