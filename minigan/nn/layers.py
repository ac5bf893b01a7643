"""The layers, from dense ones to losses; each one's forward leads to its formula in minigan/ops."""

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.backend import random
from minigan.errors import check_tensors
from minigan.nn import init
from minigan.nn.module import Module, Parameter
from minigan.ops.conv import conv2d, conv_transpose2d, pair
from minigan.ops.creation import ones, randn, tensor, zeros
from minigan.ops.elementwise import leaky_relu, relu, sigmoid, tanh
from minigan.ops.linear import check_dtypes, linear
from minigan.ops.loss import binary_cross_entropy, check_classes, cross_entropy
from minigan.ops.norm import batch_norm
from minigan.ops.shape import Shape, flatten, ints, unflatten


class Sequential(Module):
    """Modules applied one after the other: Sequential(a, b)(x) = b(a(x))."""

    def __init__(self, *modules: Module):
        for number, module in enumerate(modules):
            if not isinstance(module, Module):
                raise TypeError(f"Sequential: {module} is no Module: a class wants (), a list a *")
            setattr(self, str(number), module)

    def forward(self, x: Any) -> Tensor:
        for module in self:
            x = module(x)
        return x

    def __iter__(self) -> Iterator[Module]:
        return iter([v for v in vars(self).values() if isinstance(v, Module)])  # all, also twice


class Affine(Module):
    """What dense and convolution layers share: a weight, perhaps a bias, and how they begin."""

    _state_kinds: Mapping[str, Any] = {"weight": Parameter, "bias": Parameter}  # even if None
    bias: Any  # a Parameter, which programs initialise without asking; or None

    def _begin(self, weight: Shape, outputs: int, bias: bool) -> None:
        if min(ints(weight)) < 1:
            raise ValueError(f"{self!r}: its weight would be {weight}: sizes are at least 1")
        make = getattr(B.kernels, "zeros_for_weight", B.xp.zeros)  # as convolutions read them
        self.weight = Parameter(wrap(make(weight, "float32")))
        self.bias = Parameter(zeros(outputs)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew, from U(-k, k) with k = 1/√(numbers in a row of the weight)."""
        bound = 1.0 / math.sqrt(math.prod(self.weight.shape[1:]))
        for parameter in (self.weight, *([] if self.bias is None else [self.bias])):
            init.uniform_(parameter, -bound, bound)


class Linear(Affine):
    """x @ weightᵀ + bias: (…, in_features) → (…, out_features)."""

    def __init__(self, in_features: int, out_features: int, bias: bool = True):
        self.in_features, self.out_features = in_features, out_features
        self._begin((out_features, in_features), out_features, bias)

    def forward(self, x: Tensor) -> Tensor:
        return linear(x, self.weight, self.bias)


class Convolution(Affine):
    """What both directions share; the sizes are told in ops/conv.py."""

    transposed = False

    def __init__(self, in_channels: int, out_channels: int, kernel_size: Any, stride: Any = 1,
                 padding: Any = 0, *, bias: bool = True):  # fmt: skip
        self.in_channels, self.out_channels = in_channels, out_channels
        self.kernel_size, self.stride, self.padding = map(pair, (kernel_size, stride, padding))
        channels = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self._begin((*channels, *self.kernel_size), out_channels, bias)


class Conv2d(Convolution):
    """Cross-correlation; weight (out_channels, in_channels, KH, KW)."""

    def forward(self, x: Tensor) -> Tensor:
        return conv2d(x, self.weight, self.bias, self.stride, self.padding)


class ConvTranspose2d(Convolution):
    """The transpose of Conv2d, which enlarges; weight (in_channels, out_channels, KH, KW)."""

    transposed = True

    def forward(self, x: Tensor) -> Tensor:
        return conv_transpose2d(x, self.weight, self.bias, self.stride, self.padding)


class Embedding(Module):
    """A learned vector for each of num_embeddings whole numbers; starts as N(0, 1)."""

    def __init__(self, num_embeddings: int, embedding_dim: int):
        self.num_embeddings, self.embedding_dim = num_embeddings, embedding_dim
        self.weight = Parameter(randn(num_embeddings, embedding_dim))

    def forward(self, index: Tensor) -> Tensor:
        check_classes("Embedding", index, self.num_embeddings)
        return self.weight[index]


class BatchNorm(Module):
    """(x - mean) / √(var + eps) · weight + bias, each channel over the batch and all positions.

    In training by the batch's own mean and biased variance, which the running ones follow, there
    unbiased: running ← (1 - momentum) · running + momentum · batch's. eval() uses the running ones:
    a sample no longer depends on the others. Ioffe & Szegedy, arXiv 1502.03167.
    """

    ranks: Shape
    running_mean: Tensor
    running_var: Tensor
    num_batches_tracked: Tensor

    def __init__(self, num_features: int, eps: float = 1e-5, momentum: float = 0.1):
        self.num_features, self.eps, self.momentum = num_features, eps, momentum
        self.weight, self.bias = Parameter(ones(num_features)), Parameter(zeros(num_features))
        self.register_buffer("running_mean", zeros(num_features))
        self.register_buffer("running_var", ones(num_features))
        self.register_buffer("num_batches_tracked", tensor(0))

    def forward(self, x: Tensor) -> Tensor:
        check_dtypes(type(self).__name__, x, self.weight, self.bias)
        if x.ndim not in self.ranks or x.shape[1] != self.num_features:
            form = " or ".join(f"{n}-d" for n in self.ranks)
            raise ValueError(f"{self!r}: expected {form} input with its channels, got {x.shape}")
        self.num_batches_tracked.array += self.training  # which no rule saves
        running, affine = (self.running_mean, self.running_var), (self.weight, self.bias)
        return batch_norm(x, running, affine, self.training, self.momentum, self.eps)


class BatchNorm1d(BatchNorm):
    """BatchNorm for (N, C) or (N, C, L)."""

    ranks = (2, 3)


class BatchNorm2d(BatchNorm):
    """BatchNorm for (N, C, H, W)."""

    ranks = (4,)


class Dropout(Module):
    """In training, 0 with probability p, else x / (1 - p). Srivastava et al., JMLR 15, 2014."""

    def __init__(self, p: float = 0.5):
        if not 0.0 <= p <= 1.0:
            raise ValueError(f"Dropout: p must be a probability within [0, 1], got {p}")
        self.p = p

    def forward(self, x: Tensor) -> Tensor:
        if not self.training or self.p == 0.0:
            return x
        kept = random.default.bernoulli(1.0 - self.p, x.shape).astype(x.dtype)
        return x * wrap(kept * (1.0 / (1.0 - self.p or 1.0)))  # where p is 1, kept is all 0


class Function(Module):
    """A function without parameters as a layer; its options, with defaults, are attributes."""

    function: Callable[..., Tensor]
    options: dict[str, Any]

    def __init__(self, *values: Any, **named: Any):
        given = dict(zip(self.options, values, strict=False)) | named
        if len(values) > len(self.options) or given.keys() - self.options.keys():
            raise TypeError(f"{type(self).__name__}: options {[*self.options]}; it is called later")
        vars(self).update(self.options | given)

    def forward(self, *inputs: Tensor) -> Tensor:
        check_tensors(type(self).__name__, *inputs)
        return type(self).function(*inputs, *[getattr(self, name) for name in self.options])


def layer(name: str, function: Callable[..., Tensor], **options: Any) -> type[Function]:
    """The class of this name whose layers compute the function, with these options."""
    body = {"function": staticmethod(function), "options": options, "__doc__": function.__doc__}
    return type(name, (Function,), {**body, "__module__": __name__})


ReLU = layer("ReLU", relu)
LeakyReLU = layer("LeakyReLU", leaky_relu, negative_slope=0.01)
Tanh = layer("Tanh", tanh)
Sigmoid = layer("Sigmoid", sigmoid)
Flatten = layer("Flatten", flatten, start_dim=1, end_dim=-1)
Unflatten = layer("Unflatten", unflatten, dim=1, unflattened_size=())
BCELoss = layer("BCELoss", binary_cross_entropy)
CrossEntropyLoss = layer("CrossEntropyLoss", cross_entropy)
