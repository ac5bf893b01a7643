"""Spectral normalisation: a D whose layers stretch no direction by more than 1.

A parametrised weight is no attribute any more but a property: each use computes it from the
parameter that is really learned. State names are PyTorch's: `parametrizations.weight.original`,
`parametrizations.weight.0._u` and `parametrizations.weight.0._v`.
"""

from typing import Any

from minigan import backend as B
from minigan.autograd import Tensor
from minigan.nn import Module, Parameter
from minigan.ops.creation import randn


class SpectralNorm(Module):
    """weight / σ, with σ the largest singular value of the weight as a matrix W.

    σ ≈ uᵀ W v. Each use in training moves u and v on by n_power_iterations steps of power
    iteration, u ← Wv / ‖Wv‖, v ← Wᵀu / ‖Wᵀu‖. Miyato et al., arXiv 1802.05957.
    """

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float):
        if n_power_iterations < 1:
            raise ValueError(f"spectral_norm: n_power_iterations={n_power_iterations} must be ≥ 1")
        self.n_power_iterations, self.dim, self.eps = n_power_iterations, dim, eps
        W = as_matrix(weight.array, dim)
        for name, size in zip(("_u", "_v"), W.shape, strict=True):  # both drawn, as PyTorch does
            self.register_buffer(name, randn(size).astype(weight.dtype))
        power_iterations(W, self._u, self._v, 15, eps)

    def forward(self, weight: Tensor) -> Tensor:
        if self.training:
            W = as_matrix(weight.array, self.dim)
            power_iterations(W, self._u, self._v, self.n_power_iterations, self.eps)
        # copies: the next use moves u and v on, before this one's backward may have run
        u, v = (vector.clone().reshape(-1, 1) for vector in (self._u, self._v))
        return weight / (u * (as_matrix(weight, self.dim) @ v)).sum()


def as_matrix(weight: Any, dim: int) -> Any:
    """W (outputs, all the rest), of a tensor or of an array whose axis of outputs is dim."""
    for axis in range(dim, 0, -1):  # that axis moves to the front
        weight = weight.swapaxes(axis, axis - 1)
    return weight.reshape(len(weight), -1)


def power_iterations(W: B.Array, u: Tensor, v: Tensor, count: int, eps: float) -> None:
    """u ← Wv / ‖Wv‖, then v ← Wᵀu / ‖Wᵀu‖, count times, in place."""
    xp = B.module_of(W)
    for _ in range(count):
        for vector, matrix, other in ((u, W, v), (v, W.T, u)):
            found = B.kernels.matmul(matrix, other.array[:, None])[:, 0]
            vector.array[...] = found / xp.maximum(xp.sqrt((found * found).sum()), eps)
            vector.changed_in_place()


def axis_of_outputs(module: Any) -> int:
    """That of a layer's weight: 1 for transposed convolutions, known by a base class's name."""
    return int(any(kind.__name__.startswith("ConvTranspose") for kind in type(module).__mro__))


def spectral_norm(
    module: Any,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Any:
    """Divide a layer's weight by its largest singular value; returns the same layer.

    dim is the axis of outputs: 0, or 1 for transposed convolutions. Raises ValueError when the
    layer has no such parameter.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Parameter):
        raise ValueError(f"spectral_norm: {type(module).__name__} has no parameter {name!r}")
    dim = axis_of_outputs(module) if dim is None else dim
    computed = SpectralNorm(weight, n_power_iterations, dim, eps)
    return register_parametrization(module, name, computed)


class ParametrizationList(Module):
    """The parameter behind a weight, and the function that computes the weight from it."""

    def __init__(self, original: Parameter, function: Module):
        self.original = original
        setattr(self, "0", function)

    def forward(self) -> Tensor:
        return getattr(self, "0")(self.original)


def register_parametrization(module: Module, name: str, function: Module) -> Module:
    """Let `function` compute module's parameter `name` at each use, in place.

    The module gets a class of its own, in which `name` is a property.
    """
    behind = ParametrizationList(getattr(module, name), function)
    delattr(module, name)
    if "parametrizations" not in vars(module):
        module.__setattr__("parametrizations", Module())
    setattr(vars(module)["parametrizations"], name, behind)
    set_class(module)
    return module


def set_class(module: Module) -> None:
    """Give the module a class with a property for each parametrised weight; if none, its own."""
    kind = type(module)
    if "parametrized" in vars(kind):
        (kind,) = kind.__bases__
    names = [name for name, _ in vars(module)["parametrizations"].named_children()]
    weights = {name: property(_computed(name)) for name in names}
    made = type(f"Parametrized{kind.__name__}", (kind,), {"parametrized": True, **weights})
    module.__class__ = made if names else kind


def _computed(name: str) -> Any:
    return lambda self: getattr(self.parametrizations, name)()
