"""Convolution layers with all their options, of images and of sequences."""

from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError
from minigan.nn import layers as core
from minigan.ops.conv import pair
from minigan.torch.extend import extends
from minigan.torch.nn.module import placing
from minigan.torch.ops.conv import conv1d, conv2d, conv_transpose1d, conv_transpose2d, single
from minigan.torch.ops.shape import pad

PADDING_MODES = ("zeros", "reflect", "replicate", "circular")


class _Convolution(core.Affine):
    """What convolutions of both directions share: their sizes, checks, and printing.

    weight and bias start as U(-k, k), k = 1/√(weight.shape[1]·KH·KW).
    """

    function: Any
    sizes: Any = staticmethod(pair)  # 3 → (3, 3)
    transposed: bool = False
    # what a layer that was built without this room does not say
    dilation: Any = (1, 1)
    groups: int = 1
    padding_mode: str = "zeros"

    @placing
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
    ):
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size, self.stride = self.sizes(kernel_size), self.sizes(stride)
        self.padding = padding if isinstance(padding, str) else self.sizes(padding)
        self.dilation, self.padding_mode = self.sizes(dilation), padding_mode
        self._check()
        ends = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self._begin((ends[0], ends[1] // groups, *self.kernel_size), out_channels, bias)

    def _check(self) -> None:
        """Refuse options that cannot be, by name."""
        name, groups = type(self).__name__, self.groups
        ends = {"in_channels": self.in_channels, "out_channels": self.out_channels}
        for option, value in ends.items():
            if groups < 1 or value < 1 or value % groups:
                raise ValueError(
                    f"{name}: {option}={value} must be positive and divisible by groups={groups}"
                )
        if min(*self.kernel_size, *self.stride, *self.dilation) < 1:
            raise ValueError(f"{name}: kernel_size, stride and dilation must be at least 1")
        words = () if self.transposed else ("same", "valid")
        if isinstance(self.padding, str) and self.padding not in words:
            known = " or ".join(["numbers", *words])
            raise ValueError(f"{name}: padding must be {known}, got {self.padding!r}")
        if self.padding == "same" and max(self.stride) > 1:
            raise ValueError(f"{name}: padding 'same' needs stride 1, got {self.stride}")
        modes = ("zeros",) if self.transposed else PADDING_MODES
        if self.padding_mode not in modes:
            raise ValueError(f"{name}: padding_mode {self.padding_mode!r} is none of {modes}")

    def extra_repr(self) -> str:
        zero, one = self.sizes(0), self.sizes(1)
        usual = {"padding": zero, "dilation": one, "output_padding": zero, "groups": 1}
        given = {name: getattr(self, name, value) for name, value in usual.items()}
        parts = [
            f"{self.in_channels}, {self.out_channels}",
            f"kernel_size={self.kernel_size}",
            f"stride={self.stride}",
            *(f"{name}={value}" for name, value in given.items() if value != usual[name]),
        ]
        parts += [] if self.bias is not None else ["bias=False"]
        parts += [] if self.padding_mode == "zeros" else [f"padding_mode={self.padding_mode}"]
        return ", ".join(parts)


class _Conv(_Convolution):
    """Cross-correlation, of images or of sequences."""

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.weight, self.bias)

    def _conv_forward(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        """By another weight, as layers call it that make theirs anew in each step."""
        padding = self.padding
        if self.padding_mode != "zeros":
            x, padding = pad(x, self._border(), self.padding_mode), 0
        return self.function(x, weight, bias, self.stride, padding, self.dilation, self.groups)

    def _border(self) -> tuple[int, ...]:
        """How far to pad: left, right, and for images top and bottom."""
        if self.padding == "same":
            gaps = [d * (k - 1) for d, k in zip(self.dilation, self.kernel_size, strict=True)]
            return tuple(n for gap in reversed(gaps) for n in (gap // 2, gap - gap // 2))
        widths: Any = self.sizes(0) if self.padding == "valid" else self.padding
        return tuple(n for width in reversed(widths) for n in (width, width))


class _ConvTranspose(_Convolution):
    """The transpose of cross-correlation."""

    transposed: bool = True
    output_padding: Any = (0, 0)

    @placing
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
    ):
        ends, sizes = (in_channels, out_channels), (kernel_size, stride, padding, dilation)
        _Convolution.__init__(self, *ends, *sizes, groups, bias, padding_mode)
        self.output_padding = self.sizes(output_padding)

    def forward(self, x: Tensor, output_size: Any = None) -> Tensor:
        """output_size: one of the sizes that Conv2d would map to x's, instead of output_padding."""
        extra = self.output_padding if output_size is None else self._extra(x, output_size)
        steps = self.stride, self.padding, extra, self.groups, self.dilation
        return self.function(x, self.weight, self.bias, *steps)

    def _extra(self, x: Tensor, output_size: Any) -> tuple[int, ...]:
        """The output_padding with which x gets this size: the last axes' or the whole shape."""
        steps = self.kernel_size, self.stride, self.padding, self.dilation
        axes = len(self.kernel_size)
        sizes = zip(x.shape[-axes:], *steps, strict=True)
        least = [(n - 1) * s - 2 * p + d * (k - 1) + 1 for n, k, s, p, d in sizes]
        extra = tuple(size - n for size, n in zip(output_size[-axes:], least, strict=True))
        if len(output_size) not in (axes, x.ndim) or any(
            not 0 <= e < s for e, s in zip(extra, self.stride, strict=True)
        ):
            what = f"output_size {tuple(output_size)} is not between {least} and that + stride - 1"
            raise MisfitError(f"{type(self).__name__}: {what}")
        return extra


# -- the layers: those of images are the core's ----------------------------------------------------

for kind, *bodies in (
    (core.Conv2d, _Convolution, _Conv),
    (core.ConvTranspose2d, _Convolution, _ConvTranspose),
):
    for body in bodies:
        extends(kind)(body)


@extends(core.Conv2d)
class Conv2d(_Conv):
    """Cross-correlation: (N, C, H, W) → (N, O, OH, OW); see minigan.torch.ops.conv.conv2d.

    weight (out_channels, in_channels/groups, KH, KW), bias (out_channels). padding: numbers, "same"
    or "valid". padding_mode: what lies beyond the border, "zeros", "reflect", "replicate" or
    "circular".
    """

    function = staticmethod(conv2d)


@extends(core.ConvTranspose2d)
class ConvTranspose2d(_ConvTranspose):
    """The transpose of Conv2d, which enlarges: (N, C, H, W) → (N, O, OH, OW).

    weight (in_channels, out_channels/groups, KH, KW), bias (out_channels). See
    minigan.torch.ops.conv.conv_transpose2d for the sizes.
    """

    function = staticmethod(conv_transpose2d)


class Conv1d(_Conv):
    """Cross-correlation of sequences: (N, C, L) → (N, O, OL). weight (O, C/groups, K), bias (O)."""

    function, sizes = staticmethod(conv1d), staticmethod(single)


class ConvTranspose1d(_ConvTranspose):
    """The transpose of Conv1d. weight (C, O/groups, K), bias (O)."""

    function, sizes = staticmethod(conv_transpose1d), staticmethod(single)


# PyTorch's name for what all of them are, which programs ask isinstance of
_ConvNd = (core.Conv2d, core.ConvTranspose2d, Conv1d, ConvTranspose1d)
