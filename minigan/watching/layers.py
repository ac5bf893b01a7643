"""The layers of networks: their names, and which of them is at work. While somebody listens, every
call of a module is told, with its name.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from minigan.nn import Module
from minigan.nn.layers import BatchNorm

Heard = Callable[[str, Module, Any], None]


def named(networks: Mapping[str, Module]) -> dict[Module, str]:
    """Each module of the networks with its name, dots between: "G" and what is in it, "G.0", …"""
    names: dict[Module, str] = {}
    waiting = list(networks.items())
    for name, module in waiting:
        if module not in names:
            names[module] = name
            waiting += [(f"{name}.{inner}", child) for inner, child in module.named_children()]
    return names


def goes_by_the_batch(network: Module) -> bool:
    """Whether what it makes of a sample depends on those beside it, always: BatchNorm does so that
    keeps no running statistics."""
    layers = (layer for layer in network.modules() if isinstance(layer, BatchNorm))
    return any(layer.running_mean is None for layer in layers)


@contextlib.contextmanager
def listening(
    networks: Mapping[str, Module], heard: Heard = lambda *call: None
) -> Iterator[list[str]]:
    """Inside the block, heard(name, module, result) after each call of a module in this thread.

    Gives the names of the modules at work, the innermost last. One that belongs to none of the
    networks goes by its class. A captured step runs eagerly meanwhile: a GPU's film is silent.
    """
    from minigan.kernels.capture import eagerly  # not every program needs it

    names, at_work, call = named(networks), [], Module.__call__
    thread = threading.get_ident()

    def told(self: Module, *args: Any, **kwargs: Any) -> Any:
        if threading.get_ident() != thread:
            return call(self, *args, **kwargs)
        at_work.append(names.get(self, type(self).__name__))
        try:
            result = call(self, *args, **kwargs)
            heard(at_work[-1], self, result)
        finally:
            at_work.pop()
        return result

    with eagerly():
        Module.__call__ = told  # type: ignore[assignment, method-assign]
        try:
            yield at_work
        finally:
            Module.__call__ = call  # type: ignore[method-assign]
