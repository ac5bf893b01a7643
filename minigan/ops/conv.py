"""Convolution: three bilinear maps, each one's gradients the other two.

    conv2d            image · kernel          → feature map
    conv2d_input      feature map · kernel    → image       (transposed convolution)
    conv2d_weight     image · feature map     → kernel

y[n, o, i, j] = Σ x[n, c, i·s + p - pad, j·s + q - pad] · w[o, c, p, q] is linear in x and in w; the
other two are its transposes in one argument and the other. So each is twice differentiable, and as
often again as anybody likes. How the sums are computed is told in minigan/backend/plain.py.
"""

import operator
from typing import Any

from minigan import backend as B
from minigan.autograd import Tensor, op
from minigan.errors import MisfitError
from minigan.ops.linear import check_dtypes
from minigan.ops.shape import broadcast_to, ints, reshape_to

Pair = tuple[int, int]  # of height and width
Steps = tuple[Pair, Pair]  # stride and padding


@op(x=lambda g, x_shape: broadcast_to(reshape_to(g, (1, -1, 1, 1)), x_shape))
def channel_sum(x: Any) -> Any:
    """(N, C, H, W) → (C): the gradient of a bias."""
    return B.kernels.channel_sums(x)


@op(
    x=lambda g, weight, steps, x_shape: conv2d_input(g, weight, None, x_shape[2:], steps),
    weight=lambda g, x, steps, weight_shape: conv2d_weight(x, g, weight_shape[2:], steps),
    bias=lambda g: channel_sum(g),
)
def _conv2d(x: Any, weight: Any, bias: Any, steps: Steps) -> Any:
    return B.kernels.conv2d(x, weight, *steps, bias)


@op(
    y=lambda g, weight, steps: _conv2d(g, weight, None, steps),
    weight=lambda g, y, steps, weight_shape: conv2d_weight(g, y, weight_shape[2:], steps),
    bias=lambda g: channel_sum(g),
)
def conv2d_input(y: Any, weight: Any, bias: Any, size: Pair, steps: Steps) -> Any:
    return B.kernels.conv2d_input(y, weight, size, *steps, bias)


@op(
    x=lambda g, y, steps, x_shape: conv2d_input(y, g, None, x_shape[2:], steps),
    y=lambda g, x, steps: _conv2d(x, g, None, steps),
)
def conv2d_weight(x: Any, y: Any, kernel: Pair, steps: Steps) -> Any:
    return B.kernels.conv2d_weight(x, y, kernel, *steps)


def conv2d(x: Tensor, weight: Tensor, bias: Any = None, stride: Any = 1, padding: Any = 0) -> Any:
    """Cross-correlation of x (N, C, H, W) with weight (O, C, KH, KW) → (N, O, OH, OW), with
    OH = ⌊(H + 2·padding - KH) / stride⌋ + 1. Raises MisfitError, a ValueError that names the sizes.
    """
    stride, padding = pair(stride), pair(padding)
    _check("conv2d", x, weight, bias, 1, (stride, padding))
    room = tuple(n + 2 * p for n, p in zip(x.shape[2:], padding, strict=True))
    if weight.shape[2] > room[0] or weight.shape[3] > room[1]:
        raise MisfitError(f"conv2d: weight {weight.shape} is larger than the padded input, {room}")
    return _conv2d(x, weight, bias, (stride, padding))


def conv_transpose2d(
    x: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Any = 1, padding: Any = 0
) -> Tensor:
    """The transpose of conv2d: x (N, C, H, W), weight (C, O, KH, KW) → (N, O, OH, OW), with
    OH = (H - 1)·stride - 2·padding + KH. Raises MisfitError, a ValueError that names the sizes."""
    stride, padding = pair(stride), pair(padding)
    _check("conv_transpose2d", x, weight, bias, 0, (stride, padding))
    sizes = zip(x.shape[2:], stride, padding, weight.shape[2:], strict=True)
    height, width = ((n - 1) * s - 2 * p + k for n, s, p, k in sizes)
    if height < 1 or width < 1:
        what = f"input {x.shape}, weight {weight.shape} and padding {padding} give {height}×{width}"
        raise MisfitError(f"conv_transpose2d: {what}: pad less, or use a larger kernel")
    return conv2d_input(x, weight, bias, (height, width), (stride, padding))


def pair(value: Any) -> Pair:
    """3 → (3, 3); a pair of whole numbers stays one."""
    values = ints(tuple(value) if isinstance(value, (tuple, list)) else (value, value))
    if len(values) != 2:
        raise MisfitError(f"{value!r} is neither a whole number nor a pair, of height and width")
    return operator.index(values[0]), operator.index(values[1])


def _check(name: str, x: Tensor, weight: Tensor, bias: Any, axis: int, steps: Steps) -> None:
    """What both convolutions ask of their arguments; x's channels are on this axis of weight."""
    check_dtypes(name, x, weight, bias)
    if x.ndim != 4 or weight.ndim != 4 or x.shape[1] != weight.shape[axis]:
        what = f"{x.shape} is not (N, C, H, W) with the C = {weight.shape[axis]} channels"
        cure = ": x.permute(0, 3, 1, 2)" if x.shape[3:] == weight.shape[axis : axis + 1] else ""
        raise MisfitError(f"{name}: {what} that weight {weight.shape} takes{cure}")
    if bias is not None and bias.shape != (weight.shape[1 - axis],):
        raise MisfitError(f"{name}: expected {weight.shape[1 - axis]} biases, got {bias.shape}")
    if min(*steps[0], *weight.shape, *x.shape[1:]) < 1 or min(steps[1]) < 0:
        sizes = f"x {x.shape}, weight {weight.shape}, stride and padding {steps}"
        raise MisfitError(f"{name}: sizes and stride are at least 1, padding at least 0: {sizes}")
