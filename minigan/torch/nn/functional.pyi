# ruff: noqa
# Written by tests/stubs.py, which says what for.
from typing import Any
from minigan.autograd.tensor import Tensor

def sigmoid(x: Any) -> Tensor:
    """1 / (1 + e⁻ˣ), precise in both tails"""

def tanh(x: Any) -> Tensor:
    """tanh x"""

def elu(x: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """x where x > 0, alpha · (eˣ - 1) elsewhere"""

from minigan.torch.nn.activation import elu_ as elu_
from minigan.torch.nn.activation import gelu as gelu
from minigan.torch.nn.activation import glu as glu
from minigan.torch.nn.activation import gumbel_softmax as gumbel_softmax

def hardtanh(
    x: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False
) -> Tensor:
    """x held within [min_val, max_val]; of slope 0 at the bounds too, as in PyTorch"""

from minigan.torch.nn.activation import hardtanh_ as hardtanh_

def leaky_relu(x: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """x where x > 0, negative_slope · x elsewhere"""

from minigan.torch.nn.activation import leaky_relu_ as leaky_relu_
from minigan.torch.nn.activation import log_softmax as log_softmax
from minigan.torch.nn.activation import logsigmoid as logsigmoid
from minigan.torch.nn.activation import normalize as normalize
from minigan.torch.nn.activation import prelu as prelu

def relu(x: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0)"""

def relu6(x: Tensor, inplace: bool = False) -> Tensor:
    """x held within [0, 6]; of slope 0 at the bounds too"""

from minigan.torch.nn.activation import relu_ as relu_

def selu(x: Tensor, inplace: bool = False) -> Tensor:
    """λ · elu(x, α), the constants for which mean 0 and variance 1 are a fixed point of the layers.

    Klambauer et al., arXiv 1706.02515.
    """

from minigan.torch.nn.activation import selu_ as selu_

def silu(x: Tensor, inplace: bool = False) -> Tensor:
    """x · sigmoid(x)"""

from minigan.torch.nn.activation import softmax as softmax
from minigan.torch.nn.activation import softplus as softplus

def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-Σ w·t·ln softmax(x) for x (N, C, …) and class numbers (N, …) or probabilities t (N, C, …).

    label_smoothing s mixes the targets with the uniform distribution: t·(1-s) + s/C.
    weight (C) counts each class so much, ignore_index not at all; with class numbers the mean is
    then over the weights.
    """

def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-x[n, class n, …] for log-probabilities x (N, C, …) and class numbers (N, …); or (C) and ().

    weight (C) counts each class so much, ignore_index not at all: the mean is over the weights, and
    no number where nothing counts, though its gradient is 0.
    """

from minigan.torch.nn.distance_loss import cosine_similarity as cosine_similarity

def hinge_embedding_loss(
    input: Tensor,
    target: Tensor,
    margin: float = 1.0,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """x where the target is 1, max(0, margin - x) where it is -1."""

def huber_loss(
    input: Tensor,
    target: Tensor,
    reduction: str = "mean",
    delta: float = 1.0,
    weight: Tensor | None = None,
) -> Tensor:
    """d²/2 where d = |x - t| is below delta, delta · (d - delta/2) elsewhere; times weight.

    Huber, Annals of Mathematical Statistics 35, 1964.
    """

def kl_div(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    log_target: bool = False,
) -> Tensor:
    """t · (ln t - input), 0 where t is 0, for log-probabilities and targets t: KL(target ‖ input).

    log_target: the target is ln t. reduction="batchmean" divides the sum by the batch, as KL has
    it; "mean", PyTorch's default, by all elements.
    """

from minigan.torch.nn.distance_loss import margin_ranking_loss as margin_ranking_loss
from minigan.torch.nn.distance_loss import pairwise_distance as pairwise_distance
from minigan.torch.nn.distance_loss import triplet_margin_loss as triplet_margin_loss

def dropout(input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> Tensor:
    """In training, 0 with probability p and x / (1 - p) otherwise; else x."""

def dropout2d(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False
) -> Tensor:
    """dropout of whole channels of x (N, C, H, W).

    Of other shapes too the first two axes are samples and channels, and a warning says so.
    """

from minigan.torch.nn.layers import embedding as embedding
from minigan.torch.nn.layers import linear as linear

def binary_cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-(t·ln p + (1-t)·ln(1-p)) for probabilities p and targets t of one shape; times weight.

    Raises ValueError when p or t leaves [0, 1] (on the host; looking would make the GPU wait).
    """

def binary_cross_entropy_with_logits(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:
    """binary_cross_entropy(sigmoid(x), t), precise for every x; pos_weight multiplies t·ln p."""

def l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """|x - t|; with weight, a mean over the weights"""

def mse_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    weight: Tensor | None = None,
) -> Tensor:
    """(x - t)²; with weight, a mean over the weights"""

def smooth_l1_loss(
    input: Tensor,
    target: Tensor,
    size_average: bool | None = None,
    reduce: bool | None = None,
    reduction: str = "mean",
    beta: float = 1.0,
) -> Tensor:
    """d² / (2·beta) where d = |x - t| is below beta, d - beta/2 elsewhere"""

from minigan.torch.ops.conv import conv1d as conv1d
from minigan.torch.ops.conv import conv2d as conv2d
from minigan.torch.ops.conv import conv_transpose1d as conv_transpose1d
from minigan.torch.ops.conv import conv_transpose2d as conv_transpose2d
from minigan.torch.ops.creation import one_hot as one_hot
from minigan.torch.ops.norm import batch_norm as batch_norm
from minigan.torch.ops.norm import group_norm as group_norm
from minigan.torch.ops.norm import instance_norm as instance_norm
from minigan.torch.ops.norm import layer_norm as layer_norm
from minigan.torch.ops.pool import adaptive_avg_pool1d as adaptive_avg_pool1d
from minigan.torch.ops.pool import adaptive_avg_pool2d as adaptive_avg_pool2d
from minigan.torch.ops.pool import avg_pool1d as avg_pool1d
from minigan.torch.ops.pool import avg_pool2d as avg_pool2d
from minigan.torch.ops.pool import max_pool1d as max_pool1d
from minigan.torch.ops.pool import max_pool2d as max_pool2d
from minigan.torch.ops.resize import interpolate as interpolate
from minigan.torch.ops.resize import pixel_shuffle as pixel_shuffle
from minigan.torch.ops.resize import pixel_unshuffle as pixel_unshuffle
from minigan.torch.ops.sampling import affine_grid as affine_grid
from minigan.torch.ops.sampling import grid_sample as grid_sample
from minigan.torch.ops.shape import pad as pad

upsample = interpolate
__all__ = [
    "adaptive_avg_pool1d",
    "adaptive_avg_pool2d",
    "affine_grid",
    "avg_pool1d",
    "avg_pool2d",
    "batch_norm",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "conv1d",
    "conv2d",
    "conv_transpose1d",
    "conv_transpose2d",
    "cosine_similarity",
    "cross_entropy",
    "dropout",
    "dropout2d",
    "elu",
    "elu_",
    "embedding",
    "gelu",
    "glu",
    "grid_sample",
    "group_norm",
    "gumbel_softmax",
    "hardtanh",
    "hardtanh_",
    "hinge_embedding_loss",
    "huber_loss",
    "instance_norm",
    "interpolate",
    "kl_div",
    "l1_loss",
    "layer_norm",
    "leaky_relu",
    "leaky_relu_",
    "linear",
    "log_softmax",
    "logsigmoid",
    "margin_ranking_loss",
    "max_pool1d",
    "max_pool2d",
    "mse_loss",
    "nll_loss",
    "normalize",
    "one_hot",
    "pad",
    "pairwise_distance",
    "pixel_shuffle",
    "pixel_unshuffle",
    "prelu",
    "relu",
    "relu6",
    "relu_",
    "selu",
    "selu_",
    "sigmoid",
    "silu",
    "smooth_l1_loss",
    "softmax",
    "softplus",
    "tanh",
    "triplet_margin_loss",
    "upsample",
]
