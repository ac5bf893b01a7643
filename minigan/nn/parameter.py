"""Parameter: the tensors that a module learns."""

from minigan.autograd.tensor import Tensor


class Parameter(Tensor):
    """A tensor that a module learns: a leaf that requires grad."""

    def __init__(self, data: Tensor, requires_grad: bool = True):
        self.array = data.array
        self.requires_grad = requires_grad
