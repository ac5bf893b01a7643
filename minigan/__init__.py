"""minigan: a from-scratch autograd engine on NumPy or CuPy that trains the classic GANs.

Names and meanings are PyTorch's. Here are the core's; all of PyTorch's words are in minigan.torch.
"""

import importlib as _importlib

_importlib.import_module("minigan.interrupted")  # first: what follows takes a while

import os as _os
from typing import Any as _Any

from minigan import autograd, backend, nn, ops, optim, unavailable
from minigan.autograd import Tensor, grad, no_grad
from minigan.backend import use_backend
from minigan.errors import BackendError, UserError
from minigan.ops.creation import manual_seed, ones, rand, randint, randn, tensor, zeros
from minigan.ops.shape import cat, stack

__version__ = "0.1.0"
_LATER = dict.fromkeys(("save", "load"), "serialization")
_LATER |= {"capture": "kernels.capture", "use_precision": "kernels.precision"}

try:
    if (_kernels := _os.environ.get("MINIGAN_KERNELS") or "fast") not in ("fast", "plain"):
        backend.faster = dict.fromkeys(("numpy", "cupy"), "minigan.unavailable")
        raise BackendError(f"unknown kernels {_kernels!r}: choose fast or plain")
    if _kernels == "fast":
        _importlib.import_module("minigan.kernels")
    use_backend(_os.environ.get("MINIGAN_BACKEND") or "numpy")
except BackendError as error:
    unavailable.reason = f"{error} (MINIGAN_KERNELS, MINIGAN_BACKEND)"
    backend.switch("minigan.unavailable")


def __getattr__(name: str) -> _Any:
    if name in _LATER:  # what not every program needs is imported when it is asked for
        return getattr(_importlib.import_module(f"minigan.{_LATER[name]}"), name)
    raise AttributeError(f"minigan has no {name!r}; minigan.torch may have it")
