"""PyTorch's layers: those of the core, extended, and the others, under PyTorch's names.

Reading order: answers, looking, saving, moving, module, container, layers, activation, loss,
class_loss, distance_loss, conv, norm, resize; functional is a list of the functions, init and utils
stand by themselves.
"""

from minigan.nn.layers import Flatten, Sigmoid, Tanh
from minigan.nn.module import Module, Parameter
from minigan.torch.nn import functional, init, modules, parallel, utils
from minigan.torch.nn.activation import (
    ELU,
    GELU,
    GLU,
    SELU,
    Hardtanh,
    LeakyReLU,
    LogSigmoid,
    LogSoftmax,
    PReLU,
    ReLU,
    ReLU6,
    SiLU,
    Softmax,
    Softplus,
)
from minigan.torch.nn.class_loss import CrossEntropyLoss, NLLLoss
from minigan.torch.nn.container import (
    ModuleDict,
    ModuleList,
    ParameterDict,
    ParameterList,
    Sequential,
)
from minigan.torch.nn.conv import Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d
from minigan.torch.nn.distance_loss import (
    CosineSimilarity,
    HingeEmbeddingLoss,
    HuberLoss,
    KLDivLoss,
    MarginRankingLoss,
    PairwiseDistance,
    TripletMarginLoss,
)
from minigan.torch.nn.layers import Dropout, Dropout2d, Embedding, Identity, Linear, Unflatten
from minigan.torch.nn.loss import BCELoss, BCEWithLogitsLoss, L1Loss, MSELoss, SmoothL1Loss
from minigan.torch.nn.norm import (
    BatchNorm1d,
    BatchNorm2d,
    GroupNorm,
    InstanceNorm1d,
    InstanceNorm2d,
    LayerNorm,
)
from minigan.torch.nn.parallel import DataParallel
from minigan.torch.nn.resize import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AvgPool1d,
    AvgPool2d,
    ConstantPad1d,
    ConstantPad2d,
    MaxPool1d,
    MaxPool2d,
    PixelShuffle,
    PixelUnshuffle,
    ReflectionPad1d,
    ReflectionPad2d,
    ReplicationPad1d,
    ReplicationPad2d,
    Upsample,
    UpsamplingBilinear2d,
    UpsamplingNearest2d,
    ZeroPad1d,
    ZeroPad2d,
)

__all__ = [
    "ELU", "GELU", "GLU", "SELU", "AdaptiveAvgPool1d", "AdaptiveAvgPool2d", "AvgPool1d",
    "AvgPool2d", "BCELoss", "BCEWithLogitsLoss", "BatchNorm1d", "BatchNorm2d", "ConstantPad1d",
    "ConstantPad2d", "Conv1d", "Conv2d", "ConvTranspose1d", "ConvTranspose2d", "CosineSimilarity",
    "CrossEntropyLoss", "DataParallel", "Dropout", "Dropout2d", "Embedding", "Flatten",
    "GroupNorm", "Hardtanh", "HingeEmbeddingLoss", "HuberLoss", "Identity", "InstanceNorm1d",
    "InstanceNorm2d", "KLDivLoss", "L1Loss", "LayerNorm", "LeakyReLU", "Linear", "LogSigmoid",
    "LogSoftmax", "MSELoss", "MarginRankingLoss", "MaxPool1d", "MaxPool2d", "Module",
    "ModuleDict", "ModuleList", "NLLLoss", "PReLU", "PairwiseDistance", "Parameter",
    "ParameterDict", "ParameterList", "PixelShuffle", "PixelUnshuffle", "ReLU", "ReLU6",
    "ReflectionPad1d", "ReflectionPad2d", "ReplicationPad1d", "ReplicationPad2d", "Sequential",
    "SiLU", "Sigmoid", "SmoothL1Loss", "Softmax", "Softplus", "Tanh", "TripletMarginLoss",
    "Unflatten", "Upsample", "UpsamplingBilinear2d", "UpsamplingNearest2d", "ZeroPad1d",
    "ZeroPad2d", "functional", "init", "modules", "parallel", "utils",
]  # fmt: skip
