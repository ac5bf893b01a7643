"""Helpers around layers: weights computed from other weights."""

from minigan.nn.utils import parametrizations
from minigan.nn.utils.parametrizations import spectral_norm

__all__ = ["parametrizations", "spectral_norm"]
