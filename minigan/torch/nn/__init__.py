"""PyTorch's layers: those of the core, extended, and the others, under PyTorch's names.

Reading order: answers, looking, saving, moving, module, container, layers, activation, loss,
class_loss, conv, norm, resize; functional is a list of the functions, init and utils stand by
themselves.
"""

from minigan.nn.layers import Flatten, Sigmoid, Tanh
from minigan.nn.module import Module, Parameter
from minigan.torch.nn import functional, init, modules, parallel, utils
from minigan.torch.nn.activation import (
    ELU,
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
    AdaptiveAvgPool2d,
    AvgPool2d,
    ConstantPad2d,
    MaxPool2d,
    PixelShuffle,
    PixelUnshuffle,
    ReflectionPad2d,
    ReplicationPad2d,
    Upsample,
    UpsamplingBilinear2d,
    UpsamplingNearest2d,
    ZeroPad2d,
)

__all__ = [
    "ELU", "GLU", "SELU", "AdaptiveAvgPool2d", "AvgPool2d", "BCELoss", "BCEWithLogitsLoss",
    "BatchNorm1d", "BatchNorm2d", "ConstantPad2d", "Conv1d", "Conv2d", "ConvTranspose1d",
    "ConvTranspose2d", "CrossEntropyLoss", "DataParallel", "Dropout", "Dropout2d", "Embedding",
    "Flatten", "GroupNorm", "Hardtanh", "Identity", "InstanceNorm1d", "InstanceNorm2d", "L1Loss",
    "LayerNorm", "LeakyReLU", "Linear", "LogSigmoid", "LogSoftmax", "MSELoss", "MaxPool2d",
    "Module", "ModuleDict", "ModuleList", "NLLLoss", "PReLU", "Parameter", "ParameterDict",
    "ParameterList", "PixelShuffle",
    "PixelUnshuffle", "ReLU", "ReLU6", "ReflectionPad2d", "ReplicationPad2d", "Sequential", "SiLU",
    "Sigmoid", "SmoothL1Loss", "Softmax", "Softplus", "Tanh", "Unflatten", "Upsample",
    "UpsamplingBilinear2d", "UpsamplingNearest2d", "ZeroPad2d", "functional", "init", "modules",
    "parallel", "utils",
]  # fmt: skip
