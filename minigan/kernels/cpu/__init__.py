"""The primitives on NumPy, faster where that pays: the names of minigan/backend/plain.py, and batch
normalisation (plain_norm.py and fused_norm.py in minigan/kernels).
"""

from minigan.backend.plain import add_at
from minigan.kernels.cpu.adam import adam_
from minigan.kernels.cpu.conv import conv2d, conv2d_input, conv2d_weight
from minigan.kernels.cpu.gemm import matmul
from minigan.kernels.cpu.leaky import leaky
from minigan.kernels.cpu.norm import batch_norm, batch_norm_backward, channel_moments, channel_sums
from minigan.kernels.cpu.random import random_words
from minigan.kernels.fused_norm import fused_batch_norm
from minigan.kernels.plain_norm import batch_moments

__all__ = [
    "adam_",
    "add_at",
    "batch_moments",
    "batch_norm",
    "batch_norm_backward",
    "channel_moments",
    "channel_sums",
    "conv2d",
    "conv2d_input",
    "conv2d_weight",
    "fused_batch_norm",
    "leaky",
    "matmul",
    "random_words",
]
