"""Weights computed from others, at PyTorch's address: spectral normalisation of minigan.gan."""

from minigan.gan.spectral import register_parametrization, spectral_norm

__all__ = ["register_parametrization", "spectral_norm"]
