"""Weights computed from others, at PyTorch's address: spectral normalisation of minigan.gan."""

from minigan.gan.spectral import spectral_norm

__all__ = ["spectral_norm"]
