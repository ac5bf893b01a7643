"""Convolution with PyTorch's further words: dilation, groups, "same", sequences, single images.

All is composed of the core's: a dilated kernel is one with holes, groups are convolutions side by
side, a sequence is an image of height 1. So all of it can be differentiated as often as they can.
"""

from collections.abc import Callable
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError
from minigan.ops import conv
from minigan.ops.conv import Pair, pair
from minigan.ops.norm import per_channel
from minigan.ops.shape import place
from minigan.torch.ops.join import cat, chunk
from minigan.torch.ops.shape import pad


def single(value: Any) -> tuple[int]:
    """3 → (3,)"""
    return (value if isinstance(value, int) else int(value[0]),)


def conv2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Cross-correlation of x (N, C, H, W) with weight (O, C/groups, KH, KW) → (N, O, OH, OW).

    OH = ⌊(H + 2·padding - dilation·(KH - 1) - 1) / stride⌋ + 1; padding may be "same" (stride 1).
    A single image (C, H, W) gives a single map.
    Raises MisfitError, a ValueError that names the sizes, when channels do not match or the kernel
    does not fit.
    """
    if x.ndim == 3:
        return conv2d(x[None], weight, bias, stride, padding, dilation, groups)[0]
    weight = _with_holes(weight, pair(dilation))
    if padding == "same":
        spans = [k - 1 for k in weight.shape[2:]]
        if pair(stride) != (1, 1) or any(span % 2 for span in spans):
            raise MisfitError('conv2d: padding="same" needs stride 1 and kernels of odd extent')
        padding = (spans[0] // 2, spans[1] // 2)
    padding = 0 if padding == "valid" else padding
    _check("conv2d", x, weight, groups, weight.shape[1] * groups, weight.shape[0])
    return _grouped(conv.conv2d, x, weight, bias, groups, stride, padding)


def conv_transpose2d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The transpose of conv2d: x (N, C, H, W), weight (C, O/groups, KH, KW) → (N, O, OH, OW).

    OH = (H - 1)·stride - 2·padding + dilation·(KH - 1) + output_padding + 1. output_padding chooses
    among the sizes that conv2d would map to H, so it stays below the larger of stride and dilation.
    """
    if x.ndim == 3:
        return conv_transpose2d(
            x[None], weight, bias, stride, padding, output_padding, groups, dilation
        )[0]
    stride, padding, extra, dilation = map(pair, (stride, padding, output_padding, dilation))
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise MisfitError(
            f"conv_transpose2d: output_padding {extra} must be smaller than the larger of stride "
            f"{stride} and dilation {dilation}"
        )
    weight = _with_holes(weight, dilation)
    _check("conv_transpose2d", x, weight, groups, weight.shape[0], weight.shape[1] * groups)
    if extra == (0, 0):
        return _grouped(conv.conv_transpose2d, x, weight, bias, groups, stride, padding)
    return _grouped(_enlarged, x, weight, bias, groups, stride, padding, extra)


def _enlarged(
    x: Tensor, weight: Tensor, bias: Tensor | None, stride: Pair, padding: Pair, extra: Pair
) -> Tensor:
    """conv_transpose2d that cuts `extra` less of what its padding cuts below and to the right."""
    whole = conv.conv_transpose2d(x, weight, None, stride)
    (top, left), (low, right) = padding, (p - e for p, e in zip(padding, extra, strict=True))
    cut = pad(whole, (-left, -right, -top, -low))
    return cut if bias is None else cut + per_channel(bias, cut)


def _with_holes(weight: Tensor, dilation: Pair) -> Tensor:
    """The kernel with dilation - 1 zeros between its taps: the transpose of taking every d-th."""
    if dilation == (1, 1):
        return weight
    sizes = (d * (k - 1) + 1 for d, k in zip(dilation, weight.shape[2:], strict=True))
    taps = (..., *(slice(None, None, d) for d in dilation))
    return place(weight, taps, (*weight.shape[:2], *sizes))


def _grouped(
    convolve: Callable[..., Tensor],
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    groups: int,
    *steps: Any,
) -> Tensor:
    """Each group of channels convolved with its own kernels."""
    if groups == 1:
        return convolve(x, weight, bias, *steps)
    biases = [None] * groups if bias is None else chunk(bias, groups)
    parts = zip(chunk(x, groups, 1), chunk(weight, groups), biases, strict=True)
    return cat([convolve(*part, *steps) for part in parts], 1)


def _check(name: str, x: Tensor, weight: Tensor, groups: int, channels: int, outputs: int) -> None:
    """That x splits into groups of channels; the core checks the rest."""
    if groups > 1 and (channels % groups or outputs % groups):
        raise MisfitError(
            f"{name}: groups={groups} must divide both input channels {channels} and output "
            f"channels {outputs}"
        )
    if groups > 1 and x.shape[1] != channels:
        raise MisfitError(
            f"{name}: the input {x.shape} has {x.shape[1]} channels, but the weight {weight.shape} "
            f"with groups={groups} takes {channels}"
        )


# -- layers of sequences are those of images of height 1 -------------------------------------------


def conv1d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """conv2d of x (N, C, L) with weight (O, C/groups, K) → (N, O, OL). Raises what conv2d does."""
    border = padding if isinstance(padding, str) else (0, *single(padding))
    steps = ((1, *single(stride)), border, (1, *single(dilation)))
    return conv2d(x.unsqueeze(-2), weight.unsqueeze(-2), bias, *steps, groups).squeeze(-2)


def conv_transpose1d(
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """The transpose of conv1d: x (N, C, L), weight (C, O/groups, K) → (N, O, OL)."""
    steps = ((1, *single(stride)), (0, *single(padding)), (0, *single(output_padding)), groups)
    x, weight = x.unsqueeze(-2), weight.unsqueeze(-2)
    return conv_transpose2d(x, weight, bias, *steps, (1, *single(dilation))).squeeze(-2)
