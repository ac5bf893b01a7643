"""Parameter, at PyTorch's address for it."""

from minigan.nn.module import Parameter

__all__ = ["Parameter"]
