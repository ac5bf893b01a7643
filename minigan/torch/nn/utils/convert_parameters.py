"""All parameters as one vector, and back."""

from collections.abc import Iterable

from minigan.autograd.tensor import Tensor
from minigan.ops.shape import cat
from minigan.torch.ops.inplace import set_data


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """The parameters' elements one after another; a gradient passes back to them."""
    return cat([parameter.reshape(-1) for parameter in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Let the parameters be the stretches of a vector, one after another, sharing its memory.

    Raises TypeError for what is no tensor, RuntimeError for a vector that is too short or of
    another dtype than a parameter. What is left over of a longer one is not used.
    """
    if not isinstance(vec, Tensor):
        raise TypeError(f"vector_to_parameters: takes a tensor, not a {type(vec).__name__}")
    start, whole = 0, vec.detach()
    for parameter in parameters:
        part = whole[start : start + parameter.array.size]
        if (part.array.size, part.dtype) != (parameter.array.size, parameter.dtype):
            need = f"{parameter.shape} {parameter.dtype} needs {parameter.array.size} elements"
            what = f"from {start} on there are {part.array.size} of {part.dtype}"
            raise RuntimeError(f"vector_to_parameters: a parameter {need}, {what}")
        set_data(parameter, part.reshape(parameter.shape))
        start += parameter.array.size
