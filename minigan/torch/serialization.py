"""torch.save and torch.load: minigan's files of data, with PyTorch's words for where they go."""

import contextlib
import os
from typing import Any

from minigan import backend as B
from minigan import serialization
from minigan.nn.module import Module
from minigan.torch.ops.creation import zeros
from minigan.torch.ops.device import device, library_of

__all__ = ["load", "save"]


def save(
    obj: Any,
    f: Any,
    pickle_module: Any = None,
    pickle_protocol: int = 2,
    _use_new_zipfile_serialization: bool = True,
) -> None:
    """Write obj to the path or binary file f; see minigan.save.

    TypeError for a whole module or optimizer, whose class a file of data cannot hold: save its
    state_dict(). The other three words choose between PyTorch's formats, and change nothing here.
    """
    if isinstance(obj, Module):
        raise TypeError(
            f"save: a whole module, {type(obj).__name__}, is code, and files hold data alone: "
            f"torch.save(net.state_dict(), f); later make the network anew, and "
            f"net.load_state_dict(torch.load(f))"
        )
    if isinstance(f, (str, os.PathLike)):
        serialization.save(obj, os.fspath(f))
    elif hasattr(f, "write"):
        f.write(serialization.to_bytes(obj))
    else:
        raise TypeError(f"save: f is a path or a file opened for writing bytes, not {type(f)}")


def load(
    f: Any,
    map_location: Any = None,
    pickle_module: Any = None,
    *,
    weights_only: bool | None = None,
    mmap: bool | None = None,
    encoding: str = "utf-8",
) -> Any:
    """What `save` wrote to the path or binary file f; see minigan.load.

    map_location: "cpu", "cuda", a device, or a function of (storage, location), asked once;
    of a dict from one to another the target counts, as files do not say where tensors were. By
    default they come to the backend in use. The other words have nothing to do: a file holds no
    code, and is read at once.
    """
    where: Any = contextlib.nullcontext()
    place = _mapped(map_location)
    if place is not None:
        where = B.use_backend(library_of(place))
    with where:
        if isinstance(f, (str, os.PathLike)):
            return serialization.load(os.fspath(f))
        if hasattr(f, "read"):
            return serialization.from_bytes(f.read(), getattr(f, "name", "the file"))
        raise TypeError(f"load: f is a path or a file opened for reading bytes, not {type(f)}")


def _mapped(map_location: Any) -> Any:
    """The device that map_location means for a file, which knows none; None to leave it open."""
    if isinstance(map_location, dict):
        targets = {str(target) for target in map_location.values()}
        if len({device(target).type for target in targets}) > 1:
            raise ValueError(f"load: map_location {map_location} names more than one target")
        return targets.pop() if targets else None
    if callable(map_location):
        answer = map_location(zeros(0, device="cpu"), "cpu")
        return None if answer is None else answer.device
    return map_location
