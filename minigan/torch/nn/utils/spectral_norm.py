"""Spectral normalisation as a hook, with PyTorch's older names: weight_orig, weight_u, weight_v.

That of minigan.gan, and of parametrizations, computes the weight at each use; this one once before
each forward. It also starts rougher: with one step of the power iteration where that one makes 15.
"""

from typing import Any

from minigan.autograd.tensor import Tensor, wrap
from minigan.backend import random
from minigan.gan.spectral import as_matrix, axis_of_outputs, power_iterations
from minigan.nn.module import Parameter
from minigan.torch.nn.activation import normalize
from minigan.torch.nn.utils.hooked import attach, detach


class SpectralNorm:
    """Before each forward, module.weight = W / σ with σ = uᵀWv, W from `weight_orig`.

    In training, v ← Wᵀu / ‖Wᵀu‖ and u ← Wv / ‖Wv‖ move on before. Miyato et al., arXiv 1802.05957.
    """

    parts = ("_u", "_v", "_orig")

    def __init__(
        self,
        name: str = "weight",
        n_power_iterations: int = 1,
        dim: int = 0,
        eps: float = 1e-12,
    ):
        if n_power_iterations < 1:
            raise ValueError(f"spectral_norm: n_power_iterations={n_power_iterations} must be ≥ 1")
        self.name, self.n_power_iterations = name, n_power_iterations
        self.dim, self.eps = dim, eps

    def begin(self, module: Any, weight: Parameter) -> None:
        """Put weight_orig, weight_u and weight_v in the weight's place."""
        module.register_parameter(f"{self.name}_orig", weight)
        setattr(module, self.name, weight.detach())
        for vector, size in zip("uv", as_matrix(weight, self.dim).shape, strict=True):
            drawn = wrap(random.default.normal((size,))).to(weight)
            module.register_buffer(f"{self.name}_{vector}", normalize(drawn, dim=0, eps=self.eps))

    def __call__(self, module: Any, inputs: Any) -> None:
        setattr(module, self.name, self.compute_weight(module, module.training))

    def compute_weight(self, module: Any, do_power_iteration: bool = False) -> Tensor:
        """W / σ; the copies of u and v in it stay while the next forward moves u and v on."""
        weight, u, v = (getattr(module, f"{self.name}_{part}") for part in ("orig", "u", "v"))
        W = as_matrix(weight, self.dim)
        if do_power_iteration:  # v first, where that of minigan.gan begins with u
            power_iterations(W.array.T, v, u, self.n_power_iterations, self.eps)
            u, v = u.clone(), v.clone()
        return weight / (u * (W @ v)).sum()


def spectral_norm(
    module: Any,
    name: str = "weight",
    n_power_iterations: int = 1,
    eps: float = 1e-12,
    dim: int | None = None,
) -> Any:
    """Divide a layer's weight by its largest singular value, before each forward; the same layer.

    dim is the axis of outputs: 0, or 1 for transposed convolutions. Raises RuntimeError for a
    weight that has it already, ValueError for a layer that has no such parameter.
    """
    dim = axis_of_outputs(module) if dim is None else dim
    return attach(module, SpectralNorm(name, n_power_iterations, dim, eps), "spectral_norm")


def remove_spectral_norm(module: Any, name: str = "weight") -> Any:
    """Make the weight a plain parameter again; ValueError where there is no normalisation."""
    return detach(module, SpectralNorm, name, "spectral_norm")
