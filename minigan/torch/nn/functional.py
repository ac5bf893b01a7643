"""Layers and losses as functions, under PyTorch's address: import minigan.torch.nn.functional as F.

A list: activations and losses stand in files of their names beside their layers, the others in
minigan.torch.ops.
"""

from minigan.ops.elementwise import sigmoid, tanh
from minigan.torch.nn.activation import (
    elu,
    glu,
    gumbel_softmax,
    hardtanh,
    leaky_relu,
    log_softmax,
    logsigmoid,
    normalize,
    prelu,
    relu,
    relu6,
    selu,
    silu,
    softmax,
    softplus,
)
from minigan.torch.nn.class_loss import cross_entropy, nll_loss
from minigan.torch.nn.layers import dropout, dropout2d, embedding, linear
from minigan.torch.nn.loss import (
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    l1_loss,
    mse_loss,
    smooth_l1_loss,
)
from minigan.torch.ops.conv import conv1d, conv2d, conv_transpose1d, conv_transpose2d
from minigan.torch.ops.creation import one_hot
from minigan.torch.ops.norm import batch_norm, group_norm, instance_norm, layer_norm
from minigan.torch.ops.pool import adaptive_avg_pool2d, avg_pool2d, max_pool2d
from minigan.torch.ops.resize import interpolate, pixel_shuffle, pixel_unshuffle
from minigan.torch.ops.shape import pad

upsample = interpolate  # PyTorch's former name

__all__ = [
    "adaptive_avg_pool2d", "avg_pool2d", "batch_norm", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "conv1d", "conv2d", "conv_transpose1d", "conv_transpose2d",
    "cross_entropy", "dropout", "dropout2d", "elu", "embedding", "glu", "group_norm",
    "gumbel_softmax", "hardtanh", "instance_norm", "interpolate", "l1_loss", "layer_norm",
    "leaky_relu", "linear", "log_softmax", "logsigmoid", "max_pool2d", "mse_loss", "nll_loss",
    "normalize", "one_hot", "pad", "pixel_shuffle", "pixel_unshuffle", "prelu", "relu", "relu6",
    "selu", "sigmoid", "silu", "smooth_l1_loss", "softmax", "softplus", "tanh", "upsample",
]  # fmt: skip
