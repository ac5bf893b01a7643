"""torchvision's addresses: minigan.data's data sets and transforms, and pictures as grids."""

from minigan.torch.absent import Refusal, attach
from minigan.torchvision import datasets, transforms, utils

__all__ = ["datasets", "transforms", "utils"]

attach("minigan.torchvision")  # models, which it has not
__getattr__ = Refusal(__name__)
