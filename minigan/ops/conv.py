"""Convolution: three bilinear maps, each one's gradients the other two.

    conv2d            image · kernel          → feature map
    conv2d_input      feature map · kernel    → image       (transposed convolution)
    conv2d_weight     image · feature map     → kernel

y[n, o, i, j] = Σ x[n, c, i·s + p·d - pad, j·s + q·d - pad] · w[o, c, p, q] is linear in x and in w;
the other two are its transposes in one argument and the other. So each is twice differentiable, and
as often again as anybody likes. The arithmetic is in the backend (numpy_conv, cupy_kernels).
"""

from typing import Any

from minigan import backend as B
from minigan.autograd.op import op
from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError
from minigan.ops.shape import broadcast_to, reshape_to

Pair = tuple[int, int]


def pair(value: Any) -> Pair:
    """3 → (3, 3); a pair stays one."""
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))


def single(value: Any) -> tuple[int]:
    """3 → (3,)"""
    return (value if isinstance(value, int) else int(value[0]),)


@op(x=lambda g, x_shape: broadcast_to(reshape_to(g, (1, -1, 1, 1)), x_shape))
def channel_sum(x: Any) -> Any:
    """(N, C, H, W) → (C): the gradient of a bias."""
    return B.kernels.channel_sums(x)


def _with_bias(y: Any, bias: Any) -> Any:
    if bias is not None:
        y += bias[:, None, None]
    return y


@op(
    x=lambda g, weight, stride, padding, dilation, groups, x_shape: _conv2d_input(
        g, weight, None, x_shape[2:], stride, padding, dilation, groups
    ),
    weight=lambda g, x, stride, padding, dilation, groups, weight_shape: _conv2d_weight(
        x, g, weight_shape[2:], stride, padding, dilation, groups
    ),
    bias=lambda g: channel_sum(g),
)
def _conv2d(
    x: Any, weight: Any, bias: Any, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Any:
    return _with_bias(B.kernels.conv2d(x, weight, stride, padding, dilation, groups), bias)


@op(
    y=lambda g, weight, stride, padding, dilation, groups: _conv2d(
        g, weight, None, stride, padding, dilation, groups
    ),
    weight=lambda g, y, stride, padding, dilation, groups, weight_shape: _conv2d_weight(
        g, y, weight_shape[2:], stride, padding, dilation, groups
    ),
    bias=lambda g: channel_sum(g),
)
def _conv2d_input(
    y: Any,
    weight: Any,
    bias: Any,
    size: Pair,
    stride: Pair,
    padding: Pair,
    dilation: Pair,
    groups: int,
) -> Any:
    x = B.kernels.conv2d_input(y, weight, size, stride, padding, dilation, groups)
    return _with_bias(x, bias)


@op(
    x=lambda g, y, stride, padding, dilation, groups, x_shape: _conv2d_input(
        y, g, None, x_shape[2:], stride, padding, dilation, groups
    ),
    y=lambda g, x, stride, padding, dilation, groups: _conv2d(
        x, g, None, stride, padding, dilation, groups
    ),
)
def _conv2d_weight(
    x: Any, y: Any, kernel: Pair, stride: Pair, padding: Pair, dilation: Pair, groups: int
) -> Any:
    return B.kernels.conv2d_weight(x, y, kernel, stride, padding, dilation, groups)


# -- the public functions: PyTorch's arguments, and errors that name the rule ----------------------


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
    Raises ValueError that names the sizes when channels do not match or the kernel does not fit.
    """
    if x.ndim == 3:
        return conv2d(x[None], weight, bias, stride, padding, dilation, groups)[0]
    stride, dilation = pair(stride), pair(dilation)
    if padding == "same":
        spans = [d * (k - 1) for d, k in zip(dilation, weight.shape[2:], strict=True)]
        if stride != (1, 1) or any(span % 2 for span in spans):
            raise MisfitError('conv2d: padding="same" needs stride 1 and kernels of odd extent')
        padding = (spans[0] // 2, spans[1] // 2)
    padding = pair(0 if padding == "valid" else padding)
    _check("conv2d", x, weight, bias, groups, weight.shape[1] * groups, weight.shape[0])
    for axis, name in enumerate(("height", "width")):
        extent = dilation[axis] * (weight.shape[2 + axis] - 1) + 1
        room = x.shape[2 + axis] + 2 * padding[axis]
        if extent > room:
            raise MisfitError(
                f"conv2d: the kernel's {name} {extent} (size {weight.shape[2 + axis]}, dilation "
                f"{dilation[axis]}) is larger than the padded input's {room}: input {x.shape}, "
                f"weight {weight.shape}, padding {padding}. Use a smaller kernel or more padding"
            )
    return _conv2d(x, weight, bias, stride, padding, dilation, groups)


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
    stride, padding, dilation = pair(stride), pair(padding), pair(dilation)
    extra = pair(output_padding)
    _check("conv_transpose2d", x, weight, bias, groups, weight.shape[0], weight.shape[1] * groups)
    if any(e >= max(s, d) for e, s, d in zip(extra, stride, dilation, strict=True)):
        raise MisfitError(
            f"conv_transpose2d: output_padding {extra} must be smaller than the larger of stride "
            f"{stride} and dilation {dilation}"
        )
    height, width = (
        (n - 1) * s - 2 * p + d * (k - 1) + e + 1
        for n, s, p, d, k, e in zip(
            x.shape[2:], stride, padding, dilation, weight.shape[2:], extra, strict=True
        )
    )
    if height < 1 or width < 1:
        raise MisfitError(
            f"conv_transpose2d: the output would be {height}×{width}: input {x.shape}, weight "
            f"{weight.shape}, padding {padding}. Use less padding or a larger kernel"
        )
    return _conv2d_input(x, weight, bias, (height, width), stride, padding, dilation, groups)


def _check(
    name: str,
    x: Tensor,
    weight: Tensor,
    bias: Tensor | None,
    groups: int,
    channels: int,
    outputs: int,
) -> None:
    """What both convolutions ask of their arguments."""
    if x.ndim != 4:
        raise MisfitError(f"{name}: expected input (N, C, H, W), got shape {x.shape}")
    if x.shape[0] == 0:
        raise MisfitError(f"{name}: the batch is empty (input {x.shape})")
    if x.shape[1] != channels:
        raise MisfitError(
            f"{name}: the input {x.shape} has {x.shape[1]} channels, but the weight {weight.shape} "
            f"with groups={groups} takes {channels}"
        )
    if channels % groups or outputs % groups:
        raise MisfitError(
            f"{name}: groups={groups} must divide both input channels {channels} and output "
            f"channels {outputs}"
        )
    if bias is not None and bias.shape != (outputs,):
        raise MisfitError(f"{name}: expected a bias of shape ({outputs},), got {bias.shape}")
    if x.dtype != weight.dtype:
        raise TypeError(
            f"{name}: the input is {x.dtype} and the weight {weight.dtype}; convert the input with "
            f".float() (or .to(dtype))"
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
