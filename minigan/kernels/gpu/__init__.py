"""The primitives on CuPy: the names of minigan/kernels/cpu; some for data, noise and weights; and
what makes one kernel of a formula (fuse), and one graph of a step (Captured).

Each file launches the kernels of the .cu files beside it on float32 arrays. Other float types,
which only tests of gradients use on a GPU, and empty arrays take the plain version.
"""

from minigan.backend.plain import add_at
from minigan.kernels.fused_norm import fused_batch_norm
from minigan.kernels.gpu.adam import adam_
from minigan.kernels.gpu.blas import matmul
from minigan.kernels.gpu.channels import (
    batch_moments,
    batch_norm,
    batch_norm_backward,
    channel_moments,
    channel_sums,
)
from minigan.kernels.gpu.conv import conv2d, conv2d_input, conv2d_weight
from minigan.kernels.gpu.fusion import fuse
from minigan.kernels.gpu.graph import Captured
from minigan.kernels.gpu.images import gather_images, has_room, upload
from minigan.kernels.gpu.instead import install
from minigan.kernels.gpu.launch import zeros_for_weight
from minigan.kernels.gpu.leaky import leaky
from minigan.kernels.gpu.memory import explain_when_full
from minigan.kernels.gpu.random import box_muller, random_words

__all__ = [
    "Captured",
    "adam_",
    "add_at",
    "batch_moments",
    "batch_norm",
    "batch_norm_backward",
    "box_muller",
    "channel_moments",
    "channel_sums",
    "conv2d",
    "conv2d_input",
    "conv2d_weight",
    "fuse",
    "fused_batch_norm",
    "gather_images",
    "has_room",
    "leaky",
    "matmul",
    "random_words",
    "upload",
    "zeros_for_weight",
]

explain_when_full()
install()
