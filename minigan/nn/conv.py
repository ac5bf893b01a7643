"""Convolution layers."""

import math
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.nn import functional as F
from minigan.nn import init
from minigan.nn.module import Module, Parameter
from minigan.ops.conv import pair, single
from minigan.ops.creation import empty

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _Conv(Module):
    """What both directions share: sizes, checks, and the initial values.

    weight and bias start as U(-k, k), k = 1/√(weight.shape[1] · KH · KW).
    """

    padding: Any
    sizes: Any = staticmethod(pair)  # 3 → (3, 3)

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
        padding_mode: str,
        device: Any,
        dtype: Any,
    ):
        name = type(self).__name__
        for option, value in (("in_channels", in_channels), ("out_channels", out_channels)):
            if value < 1 or value % groups:
                raise ValueError(
                    f"{name}: {option}={value} must be positive and divisible by groups={groups}"
                )
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride, self.dilation = (
            self.sizes(kernel_size),
            self.sizes(stride),
            self.sizes(dilation),
        )
        self.padding = padding if isinstance(padding, str) else self.sizes(padding)
        self.padding_mode = padding_mode
        if padding_mode not in PADDING_MODES or (transposed and padding_mode != "zeros"):
            raise ValueError(f"{name}: padding_mode {padding_mode!r} is not known")
        if min(*self.kernel_size, *self.stride, *self.dilation) < 1:
            raise ValueError(f"{name}: kernel_size, stride and dilation must be at least 1")
        first, second = (in_channels, out_channels) if transposed else (out_channels, in_channels)
        self.weight = Parameter(empty(first, second // groups, *self.kernel_size))
        self.bias = Parameter(empty(out_channels)) if bias else None
        self.reset_parameters()
        self._begin(device, dtype)

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
        zero, one = self.sizes(0), self.sizes(1)
        usual = {"padding": zero, "dilation": one, "output_padding": zero, "groups": 1}
        own = {k: getattr(self, k, v) for k, v in usual.items()}
        parts += [f"{k}={v}" for k, v in own.items() if v != usual[k]]
        parts += [] if self.bias is not None else ["bias=False"]
        parts += [] if self.padding_mode == "zeros" else [f"padding_mode={self.padding_mode}"]
        return ", ".join(parts)


class Conv2d(_Conv):
    """Cross-correlation: (N, C, H, W) → (N, O, OH, OW); see minigan.ops.conv.conv2d.

    weight (out_channels, in_channels/groups, KH, KW), bias (out_channels). padding_mode: what lies
    beyond the border, "zeros", "reflect", "replicate" or "circular".
    """

    function: Any = staticmethod(F.conv2d)

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
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__(
            *(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias),
            *(False, padding_mode, device, dtype),
        )

    def forward(self, x: Tensor) -> Tensor:
        padding: Any = self.padding
        if self.padding_mode != "zeros":
            x, padding = F.pad(x, self._border(), self.padding_mode), 0
        return self.function(
            x, self.weight, self.bias, self.stride, padding, self.dilation, self.groups
        )

    def _border(self) -> tuple[int, ...]:
        """How far to pad: left, right, and for images top and bottom."""
        if self.padding == "same":
            gaps = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
            return tuple(n for gap in reversed(gaps) for n in (gap // 2, gap - gap // 2))
        widths = self.sizes(0) if self.padding == "valid" else self.padding
        return tuple(n for width in reversed(widths) for n in (width, width))


class ConvTranspose2d(_Conv):
    """The transpose of Conv2d, which enlarges: (N, C, H, W) → (N, O, OH, OW).

    weight (in_channels, out_channels/groups, KH, KW), bias (out_channels). See
    minigan.ops.conv.conv_transpose2d for the sizes.
    """

    function: Any = staticmethod(F.conv_transpose2d)

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
        padding_mode: str = "zeros",
        device: Any = None,
        dtype: Any = None,
    ):
        super().__init__(
            *(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias),
            *(True, padding_mode, device, dtype),
        )
        self.output_padding = self.sizes(output_padding)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(
            x,
            self.weight,
            self.bias,
            self.stride,
            self.padding,
            self.output_padding,
            self.groups,
            self.dilation,
        )


class Conv1d(Conv2d):
    """Cross-correlation of sequences: (N, C, L) → (N, O, OL). weight (O, C/groups, K), bias (O)."""

    sizes = staticmethod(single)
    function = staticmethod(F.conv1d)


class ConvTranspose1d(ConvTranspose2d):
    """The transpose of Conv1d. weight (C, O/groups, K), bias (O)."""

    sizes = staticmethod(single)
    function = staticmethod(F.conv_transpose1d)
