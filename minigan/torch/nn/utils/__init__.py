"""Helpers around layers: gradients held in bounds, weights as a vector or computed from others."""

from minigan.torch.nn.utils import parametrizations, parametrize
from minigan.torch.nn.utils.clip_grad import clip_grad_norm, clip_grad_norm_, clip_grad_value_
from minigan.torch.nn.utils.convert_parameters import parameters_to_vector, vector_to_parameters
from minigan.torch.nn.utils.spectral_norm import remove_spectral_norm, spectral_norm
from minigan.torch.nn.utils.weight_norm import remove_weight_norm, weight_norm

__all__ = [
    "clip_grad_norm",
    "clip_grad_norm_",
    "clip_grad_value_",
    "parameters_to_vector",
    "parametrizations",
    "parametrize",
    "remove_spectral_norm",
    "remove_weight_norm",
    "spectral_norm",
    "vector_to_parameters",
    "weight_norm",
]
