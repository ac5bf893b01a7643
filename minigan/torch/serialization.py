"""torch.save and torch.load: minigan's files of data, with PyTorch's word for where tensors go."""

import contextlib
from typing import Any

from minigan import backend as B
from minigan import serialization
from minigan.serialization import save
from minigan.torch.ops.device import library_of

__all__ = ["load", "save"]


def load(f: Any, map_location: Any = None, weights_only: bool = True) -> Any:
    """What `save` wrote to the path f; see minigan.load.

    map_location: "cpu", "cuda", a device, or a function, which in PyTorch programs means the CPU;
    by default the tensors come to the backend in use. weights_only has nothing to do: a file holds
    no code.
    """
    where: Any = contextlib.nullcontext()
    if map_location is not None:
        where = B.use_backend(library_of("cpu" if callable(map_location) else map_location))
    with where:
        return serialization.load(f)
