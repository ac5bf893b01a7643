"""torch.utils: data, and tensorboard where it is asked for."""

from typing import TYPE_CHECKING

from minigan.torch.absent import attach
from minigan.torch.utils import data

if TYPE_CHECKING:  # which only who logs imports
    from minigan.torch.utils import tensorboard

__all__ = ["data", "tensorboard"]

attach("minigan.torch.utils", tensorboard="minigan.torch.utils.tensorboard")
attach("minigan.torch.utils.data")
