"""torch.utils: data, and tensorboard where it is asked for."""

import importlib
from typing import Any

from minigan.torch.absent import attach
from minigan.torch.utils import data

__all__ = ["data", "tensorboard"]

attach("minigan.torch.utils")
attach("minigan.torch.utils.data")


def __getattr__(name: str) -> Any:
    """Who logs imports what writes logs."""
    if name == "tensorboard":
        return importlib.import_module("minigan.torch.utils.tensorboard")
    raise AttributeError(f"module 'minigan.torch.utils' has no attribute {name!r}")
