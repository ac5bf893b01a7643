"""minigan: a from-scratch autograd engine on NumPy or CuPy that trains the classic GANs.

Names and meanings are PyTorch's. Here are the core's; all of PyTorch's words are in minigan.torch.
"""

import importlib as _importlib

_importlib.import_module("minigan.interrupted")  # first: what follows takes a while

import os as _os

_os.environ.setdefault("VECLIB_MAXIMUM_THREADS", "1")  # a Mac's BLAS asks it once: cpu/threads.py

from minigan import autograd, backend, missing, nn, ops, optim, unavailable
from minigan.autograd import Tensor, grad, no_grad
from minigan.backend import use_backend
from minigan.errors import BackendError, UserError
from minigan.ops.creation import manual_seed, ones, rand, randint, randn, tensor, zeros
from minigan.ops.shape import cat, stack

__version__ = "0.1.0"

try:
    if _os.environ.get("MINIGAN_KERNELS") != "plain":
        _importlib.import_module("minigan.kernels")
    use_backend(_os.environ.get("MINIGAN_BACKEND") or "numpy")
except BackendError as error:
    unavailable.reason = f"{error} (MINIGAN_BACKEND)"
    backend.switch("minigan.unavailable")

_later = dict.fromkeys(("load", "save"), "minigan.serialization")  # not every program needs them
_later |= {"capture": "minigan.kernels.capture", "use_precision": "minigan.kernels.precision"}
_later |= dict.fromkeys(("get_num_threads", "set_num_threads"), "minigan.kernels.cpu.threads")
missing.refuse("minigan", late=_later, elsewhere={"torch/__init__.py": "it is in minigan.torch"})
for _room, _late in (("autograd", {"draw": "minigan.watching.drawing"}), ("nn", {}), ("optim", {})):
    _torch = {f"torch/{_room}/__init__.py": f"it is in minigan.torch.{_room}"}
    missing.refuse(f"minigan.{_room}", late=_late, elsewhere=_torch)
_torch = {"autograd/tensor.pyi": "import minigan.torch, which gives tensors this"}
missing.refuse("Tensor", Tensor, elsewhere=_torch)
