# ruff: noqa
# Written by tests/stubs.py, which says what for.

from minigan.nn import init as init
from minigan.nn.module import Module as Module
from minigan.nn.module import Parameter as Parameter
from minigan.nn.layers import Conv2d as Conv2d
from minigan.nn.layers import ConvTranspose2d as ConvTranspose2d
from minigan.nn.layers import Embedding as Embedding
from minigan.nn.layers import Linear as Linear
from minigan.nn.layers import LeakyReLU as LeakyReLU
from minigan.nn.layers import ReLU as ReLU
from minigan.nn.layers import Sigmoid as Sigmoid
from minigan.nn.layers import Tanh as Tanh
from minigan.nn.layers import BatchNorm1d as BatchNorm1d
from minigan.nn.layers import BatchNorm2d as BatchNorm2d
from minigan.nn.layers import Dropout as Dropout
from minigan.nn.layers import Flatten as Flatten
from minigan.nn.layers import Sequential as Sequential
from minigan.nn.layers import Unflatten as Unflatten
from minigan.nn.layers import BCELoss as BCELoss
from minigan.nn.layers import CrossEntropyLoss as CrossEntropyLoss
