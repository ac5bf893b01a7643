"""The primitives on CuPy: the names of minigan/kernels/cpu, and three more for data.

Each file launches the kernels of the .cu files beside it on float32 arrays. Other float types,
which only tests of gradients use on a GPU, and empty arrays take the plain version.
"""

from minigan.backend.plain import add_at, matmul
from minigan.kernels.fused_norm import fused_batch_norm
from minigan.kernels.gpu.adam import adam_
from minigan.kernels.gpu.channels import (
    batch_norm,
    batch_norm_backward,
    channel_moments,
    channel_sums,
)
from minigan.kernels.gpu.conv import conv2d, conv2d_input, conv2d_weight
from minigan.kernels.gpu.elementwise import elementwise
from minigan.kernels.gpu.images import gather_images, has_room, upload
from minigan.kernels.gpu.memory import explain_when_full
from minigan.kernels.gpu.random import random_words
from minigan.kernels.leaky import leaky

__all__ = [
    "adam_",
    "add_at",
    "batch_norm",
    "batch_norm_backward",
    "channel_moments",
    "channel_sums",
    "conv2d",
    "conv2d_input",
    "conv2d_weight",
    "elementwise",
    "fused_batch_norm",
    "gather_images",
    "has_room",
    "leaky",
    "matmul",
    "random_words",
    "upload",
]

explain_when_full()
