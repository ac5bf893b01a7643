"""Layers with parameters, their initial values, and the losses, under PyTorch's names."""

from minigan.nn import init
from minigan.nn.layers import (
    BatchNorm1d,
    BatchNorm2d,
    BCELoss,
    Conv2d,
    ConvTranspose2d,
    CrossEntropyLoss,
    Dropout,
    Embedding,
    Flatten,
    LeakyReLU,
    Linear,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
    Unflatten,
)
from minigan.nn.module import Module, Parameter
