"""PyTorch's ways to spread a batch over GPUs, on the one device that minigan uses."""

from typing import Any

from minigan.torch.nn.module import Module


class DataParallel(Module):
    """The module itself; its names in state_dict begin with "module.", as in PyTorch.

    device_ids, output_device and dim say how to spread a batch: with one device, not at all.
    """

    def __init__(
        self, module: Module, device_ids: Any = None, output_device: Any = None, dim: int = 0
    ):
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
    """module(inputs), or module(*inputs) of a tuple, with module_kwargs."""
    inputs = inputs if isinstance(inputs, tuple) else (inputs,)
    return module(*inputs, **(module_kwargs or {}))
