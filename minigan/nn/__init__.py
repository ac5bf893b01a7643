"""Layers with parameters, their initial values, and the losses, under PyTorch's names."""

# isort: off
from minigan.nn import init
from minigan.nn.module import Module, Parameter
from minigan.nn.layers import Conv2d, ConvTranspose2d, Embedding, Linear
from minigan.nn.layers import LeakyReLU, ReLU, Sigmoid, Tanh
from minigan.nn.layers import BatchNorm1d, BatchNorm2d, Dropout, Flatten, Sequential, Unflatten
from minigan.nn.layers import BCELoss, CrossEntropyLoss
