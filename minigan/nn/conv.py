"""Convolution layers."""

import math
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.nn import functional as F
from minigan.nn import init
from minigan.nn.module import Module, Parameter
from minigan.ops.conv import pair
from minigan.ops.creation import empty


class _Conv(Module):
    """What both directions share: sizes, checks, and the initial values.

    weight and bias start as U(-k, k), k = 1/√(weight.shape[1] · KH · KW).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any,
        padding: Any,
        dilation: Any,
        groups: int,
        bias: bool,
        transposed: bool,
    ):
        name = type(self).__name__
        for option, value in (("in_channels", in_channels), ("out_channels", out_channels)):
            if value < 1 or value % groups:
                raise ValueError(
                    f"{name}: {option}={value} must be positive and divisible by groups={groups}"
                )
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride, self.dilation = (
            pair(kernel_size),
            pair(stride),
            pair(dilation),
        )
        self.padding = padding if isinstance(padding, str) else pair(padding)
        if min(*self.kernel_size, *self.stride, *self.dilation) < 1:
            raise ValueError(f"{name}: kernel_size, stride and dilation must be at least 1")
        first, second = (in_channels, out_channels) if transposed else (out_channels, in_channels)
        self.weight = Parameter(empty(first, second // groups, *self.kernel_size))
        self.bias = Parameter(empty(out_channels)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw weight and bias anew."""
        bound = 1.0 / math.sqrt(math.prod(self.weight.shape[1:]))
        init.uniform_(self.weight, -bound, bound)
        if self.bias is not None:
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        parts = [
            f"{self.in_channels}, {self.out_channels}",
            f"kernel_size={self.kernel_size}",
            f"stride={self.stride}",
        ]
        usual = {"padding": (0, 0), "dilation": (1, 1), "groups": 1}
        parts += [f"{k}={getattr(self, k)}" for k, v in usual.items() if getattr(self, k) != v]
        return ", ".join(parts + ([] if self.bias is not None else ["bias=False"]))


class Conv2d(_Conv):
    """Cross-correlation: (N, C, H, W) → (N, O, OH, OW); see minigan.ops.conv.conv2d.

    weight (out_channels, in_channels/groups, KH, KW), bias (out_channels).
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        dilation: Any = 1,
        groups: int = 1,
        bias: bool = True,
    ):
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, False
        )

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(
            x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups
        )


class ConvTranspose2d(_Conv):
    """The transpose of Conv2d, which enlarges: (N, C, H, W) → (N, O, OH, OW).

    weight (in_channels, out_channels/groups, KH, KW), bias (out_channels). See
    minigan.ops.conv.conv_transpose2d for the sizes.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: Any,
        stride: Any = 1,
        padding: Any = 0,
        output_padding: Any = 0,
        groups: int = 1,
        bias: bool = True,
        dilation: Any = 1,
    ):
        super().__init__(
            in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, True
        )
        self.output_padding = pair(output_padding)

    def forward(self, x: Tensor) -> Tensor:
        return F.conv_transpose2d(
            x,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.dilation,
        )
