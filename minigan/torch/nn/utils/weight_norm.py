"""Weight normalisation: the length and the direction of a weight are learned apart."""

from typing import Any

from minigan.autograd.tape import no_grad
from minigan.autograd.tensor import Tensor
from minigan.nn.module import Parameter
from minigan.torch.nn.utils.hooked import attach, detach


class WeightNorm:
    """Before each forward, module.weight = g · v / ‖v‖, of `weight_g` and `weight_v`.

    The norm is over all axes but dim, or over all of them. Salimans & Kingma, arXiv 1602.07868.
    """

    parts = ("_g", "_v")

    def __init__(self, name: str, dim: int | None):
        self.name, self.dim = name, dim

    def begin(self, module: Any, weight: Parameter) -> None:
        """Put weight_g and weight_v in the weight's place."""
        with no_grad():
            g = self._length(weight)
        module.register_parameter(f"{self.name}_g", Parameter(g))
        module.register_parameter(f"{self.name}_v", Parameter(weight.detach()))
        self(module, ())

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module))

    def compute_weight(self, module: Any) -> Tensor:
        """g · v / ‖v‖"""
        g, v = (getattr(module, f"{self.name}_{part}") for part in "gv")
        return v * (g / self._length(v))

    def _length(self, v: Any) -> Any:
        if self.dim is None or self.dim == -1:  # PyTorch takes -1, too, for all of them
            return (v * v).sum().sqrt()
        axes = tuple(axis for axis in range(v.ndim) if axis != self.dim)
        return (v * v).sum(axes, keepdim=True).sqrt()


def weight_norm(module: Any, name: str = "weight", dim: int | None = 0) -> Any:
    """Learn the length of a layer's weight (per index of axis dim) and its direction apart.

    Returns the same layer. Raises RuntimeError for a weight that has it already, ValueError for a
    layer that has no such parameter or axis.
    """
    weight = module._parameters.get(name)
    if weight is not None and dim is not None and not -1 <= dim < weight.ndim:
        raise ValueError(f"weight_norm: dim={dim} is no axis of the weight {weight.shape}")
    return attach(module, WeightNorm(name, dim), "weight_norm")


def remove_weight_norm(module: Any, name: str = "weight") -> Any:
    """Make the weight a plain parameter again; ValueError where there is no normalisation."""
    return detach(module, WeightNorm, name, "weight_norm")
