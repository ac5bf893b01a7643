"""torch.nn.modules: PyTorch's layers by kind, which some programs import from there."""

import sys
from types import ModuleType
from typing import Any

from minigan.nn import layers as core
from minigan.nn.module import Module
from minigan.torch.nn import (
    activation,
    class_loss,
    container,
    conv,
    distance_loss,
    layers,
    loss,
    module,
    norm,
    resize,
    tuples,
)

KINDS: dict[str, tuple[ModuleType, ...]] = {  # in which of our files they stand
    "activation": (core, activation),
    "batchnorm": (norm,),
    "container": (container,),
    "conv": (conv,),
    "distance": (distance_loss,),
    "dropout": (layers,),
    "flatten": (core, layers),
    "instancenorm": (norm,),
    "linear": (layers,),
    "loss": (loss, class_loss, distance_loss),
    "module": (module,),
    "normalization": (norm,),
    "padding": (resize,),
    "pixelshuffle": (resize,),
    "pooling": (resize,),
    "sparse": (layers,),
    "upsampling": (resize,),
    "utils": (tuples,),
}


def _names(room: ModuleType) -> dict[str, Any]:
    return {name: value for name, value in vars(room).items() if not name.startswith("__")}


for _kind, _rooms in KINDS.items():
    _home = ModuleType(f"{__name__}.{_kind}", f"PyTorch's torch.nn.modules.{_kind}.")
    for _room in _rooms:
        vars(_home).update(_names(_room))
        for _name, _layer in _names(_room).items():
            if isinstance(_layer, type) and issubclass(_layer, Module):
                globals().setdefault(_name, _layer)
    globals()[_kind] = sys.modules[_home.__name__] = _home
