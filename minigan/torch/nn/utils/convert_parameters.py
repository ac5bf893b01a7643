"""All parameters as one vector, and back."""

from collections.abc import Iterable

from minigan.autograd.tensor import Tensor
from minigan.ops.shape import cat


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The parameters' elements one after another."""
    return cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vector: Tensor, parameters: Iterable[Tensor]) -> None:
    """Copy the elements of a vector into the parameters, one after another."""
    start = 0
    for parameter in parameters:
        count = parameter.numel()
        parameter.data.copy_(vector[start : start + count].reshape(parameter.shape))
        start += count
