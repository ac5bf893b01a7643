"""The GPU under PyTorch's newer, vendor-neutral name: minigan.torch.cuda says the same."""

from minigan.torch.cuda import device_count, is_available
from minigan.torch.ops.device import device

__all__ = ["current_accelerator", "device_count", "is_available"]


def current_accelerator(check_available: bool = False) -> device | None:
    """The device "cuda" where a GPU answers, else None."""
    return device("cuda") if is_available() else None
