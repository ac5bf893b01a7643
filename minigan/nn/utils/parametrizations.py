"""Weights computed from other weights: spectral normalisation.

A parametrised weight is no attribute any more but a property: each use computes it from the
parameter that is really learned. State names are PyTorch's: `parametrizations.weight.original` and
`parametrizations.weight.0._u`.
"""

import math
from typing import Any

from minigan.autograd.tape import no_grad
from minigan.autograd.tensor import Tensor
from minigan.nn.module import Module, Parameter
from minigan.ops.creation import randn


class ParametrizationList(Module):
    """The parameter behind a weight, and the function that computes the weight from it."""

    def __init__(self, original: Parameter, function: Module):
        self.original = original
        setattr(self, "0", function)

    def forward(self) -> Tensor:
        return getattr(self, "0")(self.original)


class _SpectralNorm(Module):
    """weight / σ, with σ the largest singular value of the weight as a matrix.

    σ ≈ uᵀ W v, with u and v followed by n_power_iterations steps of power iteration at each use in
    training: u ← Wv / ‖Wv‖, v ← Wᵀu / ‖Wᵀu‖. Miyato et al., arXiv 1802.05957.
    """

    _u: Tensor
    _v: Tensor

    def __init__(self, weight: Tensor, n_power_iterations: int, dim: int, eps: float):
        if n_power_iterations < 1:
            raise ValueError(f"spectral_norm: n_power_iterations={n_power_iterations} must be ≥ 1")
        self.n_power_iterations, self.dim, self.eps = n_power_iterations, dim, eps
        rows = weight.shape[dim]
        for name, size in (("_u", rows), ("_v", math.prod(weight.shape) // rows)):
            self.register_buffer(name, self._unit(randn(size, dtype=weight.dtype)))
        self._power_iterations(self._matrix(weight.detach()), 15)

    def _matrix(self, weight: Tensor) -> Tensor:
        """(rows, all the rest), with the axis of outputs first."""
        order = (self.dim, *(i for i in range(weight.ndim) if i != self.dim))
        return weight.permute(*order).reshape(weight.shape[self.dim], -1)

    def _unit(self, v: Tensor) -> Tensor:
        return v / v.norm().clamp(min=self.eps)

    def _power_iterations(self, matrix: Tensor, count: int) -> None:
        with no_grad():
            for _ in range(count):
                self._u.copy_(self._unit(matrix @ self._v))
                self._v.copy_(self._unit(matrix.T @ self._u))

    def forward(self, weight: Tensor) -> Tensor:
        matrix = self._matrix(weight)
        if self.training:
            self._power_iterations(matrix.detach(), self.n_power_iterations)
        # copies: the next use moves u and v on, before this one's backward may have run
        u, v = self._u.clone(), self._v.clone()
        return weight / (u * (matrix @ v)).sum()


def register_parametrization(module: Module, name: str, function: Module) -> Module:
    """Let `function` compute module's parameter `name` at each use, in place.

    The module gets a class of its own, in which `name` is a property.
    """
    original = vars(module).pop(name)
    behind = ParametrizationList(original, function)
    if "parametrizations" not in vars(module):
        module.parametrizations = Module()  # type: ignore[attr-defined]
        kind = type(module)
        module.__class__ = type(f"Parametrized{kind.__name__}", (kind,), {})
    setattr(module.parametrizations, name, behind)  # type: ignore[attr-defined]
    setattr(type(module), name, property(lambda self: getattr(self.parametrizations, name)()))
    return module


def spectral_norm(
    module: Any,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Any:
    """Divide a layer's weight by its largest singular value; returns the same layer.

    dim is the axis of outputs: 0, or 1 for transposed convolutions.
    """
    weight = getattr(module, name, None)
    if not isinstance(weight, Parameter):
        raise ValueError(f"spectral_norm: {type(module).__name__} has no parameter {name!r}")
    if dim is None:
        dim = 1 if type(module).__name__.startswith("ConvTranspose") else 0
    return register_parametrization(
        module, name, _SpectralNorm(weight, n_power_iterations, dim, eps)
    )
