"""Layers and losses as functions, under PyTorch's address: import minigan.torch.nn.functional as F.

A list: activations and losses stand in files of their names beside their layers, the others in
minigan.torch.ops.
"""

from minigan.ops.elementwise import sigmoid, tanh
from minigan.torch.nn.activation import (
    elu,
    elu_,
    gelu,
    glu,
    gumbel_softmax,
    hardtanh,
    hardtanh_,
    leaky_relu,
    leaky_relu_,
    log_softmax,
    logsigmoid,
    normalize,
    prelu,
    relu,
    relu6,
    relu_,
    selu,
    selu_,
    silu,
    softmax,
    softplus,
)
from minigan.torch.nn.class_loss import cross_entropy, nll_loss
from minigan.torch.nn.distance_loss import (
    cosine_similarity,
    hinge_embedding_loss,
    huber_loss,
    kl_div,
    margin_ranking_loss,
    pairwise_distance,
    triplet_margin_loss,
)
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
from minigan.torch.ops.pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    avg_pool1d,
    avg_pool2d,
    max_pool1d,
    max_pool2d,
)
from minigan.torch.ops.resize import interpolate, pixel_shuffle, pixel_unshuffle
from minigan.torch.ops.sampling import affine_grid, grid_sample
from minigan.torch.ops.shape import pad

upsample = interpolate  # PyTorch's former name

__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "affine_grid", "avg_pool1d", "avg_pool2d",
    "batch_norm", "binary_cross_entropy", "binary_cross_entropy_with_logits", "conv1d", "conv2d",
    "conv_transpose1d", "conv_transpose2d", "cosine_similarity", "cross_entropy", "dropout",
    "dropout2d", "elu", "elu_", "embedding", "gelu", "glu", "grid_sample", "group_norm",
    "gumbel_softmax", "hardtanh", "hardtanh_", "hinge_embedding_loss", "huber_loss",
    "instance_norm", "interpolate", "kl_div", "l1_loss", "layer_norm", "leaky_relu",
    "leaky_relu_", "linear", "log_softmax", "logsigmoid", "margin_ranking_loss", "max_pool1d",
    "max_pool2d", "mse_loss", "nll_loss", "normalize", "one_hot", "pad", "pairwise_distance",
    "pixel_shuffle", "pixel_unshuffle", "prelu", "relu", "relu6", "relu_", "selu", "selu_",
    "sigmoid", "silu", "smooth_l1_loss", "softmax", "softplus", "tanh", "triplet_margin_loss",
    "upsample",
]  # fmt: skip
