"""PyTorch's ways to spread a batch over GPUs, on the one device that minigan uses."""

from typing import Any

from minigan.torch.nn.module import Module


class DataParallel(Module):
    """The module itself; its names in state_dict begin with "module.", as in PyTorch."""

    def __init__(self, module: Module, device_ids: Any = None, output_device: Any = None):
        self.module = module

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self.module(*args, **kwargs)


def data_parallel(module: Module, inputs: Any, device_ids: Any = None) -> Any:
    """module(inputs)"""
    return module(inputs)
