"""Layers that pool, enlarge, rearrange or pad images and sequences; all without parameters."""

import operator
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.nn.module import Module
from minigan.torch.ops.conv import single
from minigan.torch.ops.pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    avg_pool1d,
    avg_pool2d,
    max_pool1d,
    max_pool2d,
)
from minigan.torch.ops.refused import refuse
from minigan.torch.ops.resize import interpolate, pixel_shuffle, pixel_unshuffle
from minigan.torch.ops.shape import pad


class _AvgPool(Module):
    sizes: Any = staticmethod(lambda size: size)  # kept as they are given

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
    ):
        self.kernel_size, self.padding = self.sizes(kernel_size), self.sizes(padding)
        self.stride = self.kernel_size if stride is None else self.sizes(stride)
        self.ceil_mode, self.count_include_pad = ceil_mode, count_include_pad

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool2d(_AvgPool):
    """The mean under each window of kernel_size, by default side by side."""

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        ceil_mode: bool = False,
        count_include_pad: bool = True,
        divisor_override: int | None = None,
    ):
        super().__init__(kernel_size, stride, padding, ceil_mode, count_include_pad)
        self.divisor_override = divisor_override

    def forward(self, x: Tensor) -> Tensor:
        size = self.kernel_size, self.stride, self.padding
        options = self.ceil_mode, self.count_include_pad, self.divisor_override
        return avg_pool2d(x, *size, *options)


class AvgPool1d(_AvgPool):
    """The mean under each window of a sequence."""

    sizes = staticmethod(single)

    def forward(self, x: Tensor) -> Tensor:
        size = self.kernel_size, self.stride, self.padding
        return avg_pool1d(x, *size, self.ceil_mode, self.count_include_pad)


class _MaxPool(Module):
    function: Any  # of ops.pool

    def __init__(
        self,
        kernel_size: Any,
        stride: Any = None,
        padding: Any = 0,
        dilation: Any = 1,
        return_indices: bool = False,
        ceil_mode: bool = False,
    ):
        refuse(type(self).__name__, return_indices=return_indices)
        self.kernel_size, self.padding = kernel_size, padding
        self.stride = kernel_size if stride is None else stride
        self.dilation, self.ceil_mode = dilation, ceil_mode

    def forward(self, x: Tensor) -> Tensor:
        size = self.kernel_size, self.stride, self.padding
        return self.function(x, *size, self.dilation, self.ceil_mode)

    def extra_repr(self) -> str:
        size = f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"
        return f"{size}, dilation={self.dilation}, ceil_mode={self.ceil_mode}"


class MaxPool2d(_MaxPool):
    """The largest element under each window of kernel_size, by default side by side."""

    function = staticmethod(max_pool2d)


class MaxPool1d(_MaxPool):
    """The largest element under each window of a sequence."""

    function = staticmethod(max_pool1d)


class _AdaptiveAvgPool(Module):
    function: Any  # of ops.pool

    def __init__(self, output_size: Any):
        self.output_size = output_size

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x, self.output_size)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}"


class AdaptiveAvgPool2d(_AdaptiveAvgPool):
    """Means over parts of an image, so that the output has output_size."""

    function = staticmethod(adaptive_avg_pool2d)


class AdaptiveAvgPool1d(_AdaptiveAvgPool):
    """Means over parts of a sequence, so that the output has output_size."""

    function = staticmethod(adaptive_avg_pool1d)


class Upsample(Module):
    """Resizing by size or scale_factor, "nearest" or "bilinear"."""

    def __init__(
        self,
        size: Any = None,
        scale_factor: Any = None,
        mode: str = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ):
        both = isinstance(scale_factor, tuple)
        factors = tuple(
            map(float, scale_factor if both else [scale_factor] if scale_factor else [])
        )
        self.scale_factor = factors if both else factors[0] if factors else None
        self.size, self.mode = size, mode
        self.align_corners, self.recompute_scale_factor = align_corners, recompute_scale_factor

    def forward(self, x: Tensor) -> Tensor:
        return interpolate(
            x,
            self.size,
            self.scale_factor,
            self.mode,
            self.align_corners,
            self.recompute_scale_factor,
        )

    def extra_repr(self) -> str:
        target = f"size={self.size}" if self.size else f"scale_factor={self.scale_factor}"
        return f"{target}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Upsample by repeating pixels."""

    def __init__(self, size: Any = None, scale_factor: Any = None):
        super().__init__(size, scale_factor)


class UpsamplingBilinear2d(Upsample):
    """Upsample, bilinear with align_corners."""

    def __init__(self, size: Any = None, scale_factor: Any = None):
        super().__init__(size, scale_factor, "bilinear", True)


class PixelShuffle(Module):
    """(N, C·r², H, W) → (N, C, H·r, W·r)"""

    def __init__(self, upscale_factor: int):
        self.upscale_factor = upscale_factor

    def forward(self, x: Tensor) -> Tensor:
        return pixel_shuffle(x, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """(N, C, H·r, W·r) → (N, C·r², H, W)"""

    def __init__(self, downscale_factor: int):
        self.downscale_factor = downscale_factor

    def forward(self, x: Tensor) -> Tensor:
        return pixel_unshuffle(x, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class _Pad(Module):
    """A border of (left, right, top, bottom) pixels, or of one number all around."""

    mode: str
    value: float = 0.0
    sides: int = 4

    def __init__(self, padding: Any):
        one = not isinstance(padding, (tuple, list))
        self.padding = (operator.index(padding),) * self.sides if one else tuple(padding)

    def forward(self, x: Tensor) -> Tensor:
        return pad(x, self.padding, self.mode, self.value)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    mode = "constant"

    def __init__(self, padding: Any, value: float):
        super().__init__(padding)
        self.value = value

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class ConstantPad2d(_ConstantPad):
    """A border of `value`."""


class ZeroPad2d(ConstantPad2d):
    """A border of zeros."""

    __init__, extra_repr = _Pad.__init__, _Pad.extra_repr


class ReflectionPad2d(_Pad):
    """A border that mirrors the image."""

    mode = "reflect"


class ReplicationPad2d(_Pad):
    """A border that repeats the edge."""

    mode = "replicate"


class ConstantPad1d(_ConstantPad):
    """`value` at both ends of a sequence."""

    sides = 2


class ZeroPad1d(ConstantPad1d):
    """Zeros at both ends of a sequence."""

    __init__, extra_repr = _Pad.__init__, _Pad.extra_repr


class ReflectionPad1d(_Pad):
    """Both ends of a sequence, mirrored."""

    mode, sides = "reflect", 2


class ReplicationPad1d(_Pad):
    """Both ends of a sequence, repeated."""

    mode, sides = "replicate", 2
