"""PyTorch's ways to spread a batch over GPUs, on the one device that minigan uses."""

import sys
from typing import Any

from minigan import backend as B
from minigan.nn.module import Module
from minigan.torch.ops.device import DeviceError, device


class DataParallel(Module):
    """The module itself; its names in state_dict begin with "module.", as in PyTorch.

    device_ids, output_device and dim say how to spread a batch: with one device, not at all. On the
    GPU several device_ids, or another device than the first, raise BackendError: there is one.
    """

    def __init__(
        self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0
    ):
        _one_device(device_ids, output_device)
        self.module, self.device_ids, self.dim = module, list(device_ids or []), dim

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)


def data_parallel(
    module: Module,
    inputs: Any,
    device_ids: Any = None,
    output_device: Any = None,
    dim: int = 0,
    module_kwargs: Any = None,
) -> Any:
    """module(inputs), or module(*inputs) of a tuple"""
    _one_device(device_ids, output_device)
    given = inputs if isinstance(inputs, tuple) else (inputs,)
    return module(*given, **(module_kwargs or {}))


def _one_device(device_ids: Any, output_device: Any) -> None:
    """Refuse GPUs that are not used."""
    asked = [*(device_ids or ()), *([] if output_device is None else [output_device])]
    if B.name == "cupy" and any(device(place).index not in (None, 0) for place in asked):
        raise DeviceError(f"DataParallel: devices {asked}: minigan computes on one GPU, cuda:0")


sys.modules[f"{__name__}.data_parallel"] = sys.modules[__name__]  # PyTorch's address for it
