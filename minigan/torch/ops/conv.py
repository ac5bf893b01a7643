"""Convolution with PyTorch's further words: dilation, groups, "same", sequences, single images.

All is composed of the core's: a dilated kernel is one with holes, groups are convolutions side by
side, a sequence is an image of height 1. So all of it can be differentiated as often as they can.
"""

import operator
from collections.abc import Callable
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError, check_tensors
from minigan.ops import conv
from minigan.ops.conv import Pair, pair
from minigan.ops.norm import per_channel
from minigan.ops.shape import place
from minigan.torch.ops.join import cat, chunk
from minigan.torch.ops.shape import pad


def single(value: Any) -> tuple[int]:
    """3 → (3,)"""
    values = value if isinstance(value, (tuple, list)) else (value,)
    if len(values) != 1:
        raise MisfitError(f"{value!r} is neither a whole number nor one in brackets, of the length")
    return (operator.index(values[0]),)


def conv2d(
    input: Tensor,
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
    check_tensors("conv2d", input)
    if input.ndim == 3:
        _check_one("conv2d", input, weight, weight.shape[1] * groups)
        return conv2d(input[None], weight, bias, stride, padding, dilation, groups)[0]
    _check("conv2d", input, weight, bias, groups, 1)
    weight = _with_holes(weight, pair(dilation))
    if isinstance(padding, str):
        input, padding = _bordered(input, weight, pair(stride), padding)
    return _grouped(conv.conv2d, input, weight, bias, groups, stride, padding)


def _bordered(x: Tensor, weight: Tensor, stride: Pair, padding: str) -> tuple[Tensor, Pair]:
    """x and the padding that "same" or "valid" means for it; a kernel of even extent needs one row
    more below than above, which x then has.
    """
    if padding not in ("same", "valid") or (padding == "same" and stride != (1, 1)):
        what = f'padding={padding!r} with stride {stride}: it may be numbers, "valid"'
        raise MisfitError(f'conv2d: {what}, or "same" with stride 1')
    height, width = (k - 1 if padding == "same" else 0 for k in weight.shape[2:])
    if height % 2 or width % 2:
        x = pad(x, (0, width % 2, 0, height % 2))
    return x, (height // 2, width // 2)


def conv_transpose2d(
    input: Tensor,
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
    check_tensors("conv_transpose2d", input)
    if input.ndim == 3:
        _check_one("conv_transpose2d", input, weight, weight.shape[0])
        return conv_transpose2d(
            input[None], weight, bias, stride, padding, output_padding, groups, dilation
        )[0]
    stride, padding, extra, dilation = map(pair, (stride, padding, output_padding, dilation))
    if any(not 0 <= e < max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise MisfitError(
            f"conv_transpose2d: output_padding {extra} must be at least 0 and smaller than the "
            f"larger of stride {stride} and dilation {dilation}"
        )
    _check("conv_transpose2d", input, weight, bias, groups, 0)
    weight = _with_holes(weight, dilation)
    if extra == (0, 0):
        return _grouped(conv.conv_transpose2d, input, weight, bias, groups, stride, padding)
    return _grouped(_enlarged, input, weight, bias, groups, stride, padding, extra)


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
    if min(dilation) < 1:
        raise MisfitError(f"convolution: dilation {dilation} must be at least 1")
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


def _check_one(name: str, x: Tensor, weight: Tensor, channels: int) -> None:
    """That a single image has the kernel's channels; a batch of grey ones may lack its axis 1."""
    if x.shape[0] != channels:
        what = f"{x.shape} is no image ({channels}, H, W), which weight {weight.shape} takes"
        cure = ", nor a batch: x.unsqueeze(1) makes one of grey images" if channels == 1 else ""
        raise MisfitError(f"{name}: {what}{cure}")


def _check(name: str, x: Tensor, weight: Tensor, bias: Any, groups: int, axis: int) -> None:
    """That x has four axes and splits into groups of channels; the core checks the rest.

    axis: that of the weight where x's channels are, those of a group where it is 1.
    """
    if x.ndim != 4 or weight.ndim != 4:
        cure = ": x[:, :, None, None] makes images of rows" if x.ndim == 2 else ""
        raise MisfitError(
            f"{name}: expected an input of 3 or 4 axes and a weight of 4 (2 or 3, and 3, for "
            f"sequences), got {x.shape} and {weight.shape}{cure}"
        )
    if groups == 1:
        return
    channels = weight.shape[axis] * (groups if axis else 1)
    outputs = weight.shape[1 - axis] * (1 if axis else groups)
    if min(groups, channels, outputs) < 1 or channels % groups or outputs % groups:
        raise MisfitError(f"{name}: groups={groups} must divide the channels of {weight.shape}")
    if bias is not None and bias.shape != (outputs,):
        raise MisfitError(f"{name}: expected {outputs} biases, got {bias.shape}")
    if x.shape[1] != channels:
        raise MisfitError(
            f"{name}: the input {x.shape} has {x.shape[1]} channels, but the weight {weight.shape} "
            f"with groups={groups} takes {channels}"
        )


# -- layers of sequences are those of images of height 1 -------------------------------------------


def conv1d(
    input: Tensor,
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
    return _as_images(conv2d, input, weight, bias, *steps, groups)


def conv_transpose1d(
    input: Tensor,
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
    return _as_images(conv_transpose2d, input, weight, bias, *steps, (1, *single(dilation)))


def _as_images(convolve: Callable[..., Tensor], x: Tensor, weight: Tensor, *rest: Any) -> Tensor:
    """The convolution of (N, C, L), or (C, L), as one of images of height 1."""
    check_tensors("convolution of sequences", x)
    if x.ndim not in (2, 3) or weight.ndim != 3:
        what = f"got {x.shape} and {weight.shape}"
        raise MisfitError(f"convolution of sequences: expected (N, C, L) and (·, ·, K), {what}")
    return convolve(x.unsqueeze(-2), weight.unsqueeze(-2), *rest).squeeze(-2)
