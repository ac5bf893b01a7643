# ruff: noqa
# Written by tests/stubs.py, which says what for.

from minigan import autograd as autograd
from minigan import backend as backend
from minigan import missing as missing
from minigan import nn as nn
from minigan import ops as ops
from minigan import optim as optim
from minigan import unavailable as unavailable
from minigan.autograd import Tensor as Tensor
from minigan.autograd import grad as grad
from minigan.autograd import no_grad as no_grad
from minigan.backend import use_backend as use_backend
from minigan.errors import BackendError as BackendError
from minigan.errors import UserError as UserError
from minigan.ops.creation import manual_seed as manual_seed
from minigan.ops.creation import ones as ones
from minigan.ops.creation import rand as rand
from minigan.ops.creation import randint as randint
from minigan.ops.creation import randn as randn
from minigan.ops.creation import tensor as tensor
from minigan.ops.creation import zeros as zeros
from minigan.ops.shape import cat as cat
from minigan.ops.shape import stack as stack

__version__ = "0.1.0"
from minigan.serialization import load as load
from minigan.serialization import save as save
from minigan.kernels.capture import capture as capture
from minigan.kernels.precision import use_precision as use_precision
from minigan.kernels.cpu.threads import get_num_threads as get_num_threads
from minigan.kernels.cpu.threads import set_num_threads as set_num_threads
