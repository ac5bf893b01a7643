"""Pooling of images, and of sequences as images of height 1: the mean or the largest of windows."""

import math
from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import MisfitError, check_tensors
from minigan.ops.conv import pair
from minigan.ops.shape import reshape
from minigan.torch.ops.conv import single
from minigan.torch.ops.join import stack
from minigan.torch.ops.mixture import mixed, parts
from minigan.torch.ops.refused import check_floats, refuse
from minigan.torch.ops.shape import pad


class _Windows:
    """Where a pool's windows lie on images of one size: its options as pairs, and the sizes."""

    def __init__(self, name: str, x: Tensor, kernel: Any, steps: Any, ceil_mode: bool):
        stride, padding, dilation = steps
        self.kernel, self.padding, self.dilation = pair(kernel), pair(padding), pair(dilation)
        self.stride = self.kernel if stride is None else pair(stride)
        self.spans = [d * (k - 1) + 1 for k, d in zip(self.kernel, self.dilation, strict=True)]
        sizes = f"kernel_size {self.kernel}, stride {self.stride}, padding {self.padding}"
        if min(*self.kernel, *self.stride, *self.dilation) < 1:
            raise MisfitError(f"{name}: {sizes}, dilation {self.dilation}: they are at least 1")
        if any(not 0 <= p <= span // 2 for p, span in zip(self.padding, self.spans, strict=True)):
            raise MisfitError(f"{name}: {sizes}: padding is at most half of the kernel, at least 0")
        self.out = [self._count(i, n, ceil_mode) for i, n in enumerate(x.shape[2:])]
        if min(self.out) < 1 or 0 in x.shape[1:]:
            raise MisfitError(f"{name}: {sizes} leave nothing of {x.shape}")
        ends = zip(self.out, self.stride, self.spans, x.shape[2:], self.padding, strict=True)
        # how far the last window reaches beyond the padding; only ceil_mode lets it
        self.beyond = [max((o - 1) * s + span - n - 2 * p, 0) for o, s, span, n, p in ends]

    def _count(self, i: int, n: int, ceil_mode: bool) -> int:
        """How many windows there are along axis i of n pixels."""
        room, step = n + 2 * self.padding[i] - self.spans[i], self.stride[i]
        if not ceil_mode:
            return room // step + 1
        last = -(-room // step)
        last -= last * step >= n + self.padding[i]  # none begins behind the pixels
        return last + 1

    def under(self, x: Tensor, value: float, beyond: float) -> Tensor:
        """(KH·KW, N, C, OH, OW): for each place of the kernel, the elements that lie under it.

        value fills the padding, beyond what lies behind it.
        """
        (ph, pw), (low, right) = self.padding, self.beyond
        x = pad(x, (pw, pw, ph, ph), value=value) if ph or pw else x
        x = pad(x, (0, right, 0, low), value=beyond) if low or right else x
        (sh, sw), (dh, dw), (oh, ow) = self.stride, self.dilation, self.out
        corners = [(i * dh, j * dw) for i in range(self.kernel[0]) for j in range(self.kernel[1])]
        return stack(
            [
                x[:, :, i : i + sh * (oh - 1) + 1 : sh, j : j + sw * (ow - 1) + 1 : sw]
                for i, j in corners
            ]
        )


def _one(name: str, x: Tensor) -> bool:
    """Whether x is a single image (C, H, W); refuse what is no image at all."""
    check_tensors(name, x)
    if x.ndim not in (3, 4):
        raise MisfitError(f"{name}: expected images (N, C, H, W) or (C, H, W), got {x.shape}")
    return x.ndim == 3


def avg_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
) -> Tensor:
    """The mean under each window; padded zeros count, unless count_include_pad is False.

    stride defaults to the kernel's size; ceil_mode lets the last window reach beyond the padding;
    divisor_override divides the sums instead of their count. MisfitError for sizes that do not fit.
    """
    if _one("avg_pool2d", input):
        options = stride, padding, ceil_mode, count_include_pad, divisor_override
        return avg_pool2d(input[None], kernel_size, *options)[0]
    check_floats("avg_pool2d", input)
    steps = stride, padding, 1
    windows = _Windows("avg_pool2d", input, kernel_size, steps, ceil_mode)
    under = windows.under(input, 0.0, 0.0)
    if divisor_override is not None:
        if divisor_override == 0:
            raise MisfitError("avg_pool2d: divisor_override is 0")
        return under.sum(0) / divisor_override
    if (count_include_pad or windows.padding == (0, 0)) and windows.beyond == [0, 0]:
        return under.mean(0)
    inside = wrap(B.xp.ones((1, 1, *input.shape[2:]), input.dtype))
    return under.sum(0) / windows.under(inside, float(count_include_pad), 0.0).sum(0)


def max_pool2d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor:
    """The largest element under each window; the first of equal ones takes the gradient.

    stride defaults to the kernel's size; ceil_mode lets the last window reach beyond the padding.
    MisfitError for sizes that do not fit.
    """
    refuse("max_pool2d", return_indices=return_indices)
    if _one("max_pool2d", input):
        return max_pool2d(input[None], kernel_size, stride, padding, dilation, ceil_mode)[0]
    check_floats("max_pool2d", input)
    steps = stride, padding, dilation
    windows = _Windows("max_pool2d", input, kernel_size, steps, ceil_mode)
    return windows.under(input, -math.inf, -math.inf).max(0).values


def adaptive_avg_pool2d(input: Tensor, output_size: Any) -> Tensor:
    """Means over parts, equal ones where they can be, so that the output has the given size.

    A None in output_size keeps the input's own.
    """
    if _one("adaptive_avg_pool2d", input):
        return adaptive_avg_pool2d(input[None], output_size)[0]
    check_floats("adaptive_avg_pool2d", input)
    n, c, h, w = input.shape
    if isinstance(output_size, (tuple, list)) and len(output_size) == 2:
        pairs = zip(output_size, (h, w), strict=True)
        output_size = [own if size is None else size for size, own in pairs]
    oh, ow = pair(output_size)
    if min(oh, ow, c, h, w) < 1:
        raise MisfitError(f"adaptive_avg_pool2d: {input.shape} to ({oh}, {ow}): no size may be 0")
    if h % oh or w % ow:
        return mixed(input, parts(h, oh), parts(w, ow))
    return reshape(input, n, c, oh, h // oh, ow, w // ow).mean((3, 5))


# -- of sequences ----------------------------------------------------------------------------------


def avg_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:
    """avg_pool2d of sequences (N, C, L) or (C, L)."""
    kernel, steps, border = _of_rows("avg_pool1d", input, kernel_size, stride, padding)
    options = ceil_mode, count_include_pad
    return avg_pool2d(input.unsqueeze(-2), kernel, steps, border, *options).squeeze(-2)


def max_pool1d(
    input: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
    return_indices: bool = False,
) -> Tensor:
    """max_pool2d of sequences (N, C, L) or (C, L)."""
    refuse("max_pool1d", return_indices=return_indices)
    kernel, steps, border = _of_rows("max_pool1d", input, kernel_size, stride, padding)
    options = (1, *single(dilation)), ceil_mode
    return max_pool2d(input.unsqueeze(-2), kernel, steps, border, *options).squeeze(-2)


def adaptive_avg_pool1d(input: Tensor, output_size: Any) -> Tensor:
    """adaptive_avg_pool2d of sequences (N, C, L) or (C, L)."""
    _of_rows("adaptive_avg_pool1d", input, 1, None, 0)
    return adaptive_avg_pool2d(input.unsqueeze(-2), (1, *single(output_size))).squeeze(-2)


def _of_rows(name: str, x: Tensor, kernel: Any, stride: Any, padding: Any) -> tuple[Any, ...]:
    """The sizes of windows on sequences as those on images of height 1; refuse other tensors."""
    check_tensors(name, x)
    if x.ndim not in (2, 3):
        raise MisfitError(f"{name}: expected sequences (N, C, L) or (C, L), got {x.shape}")
    steps = None if stride in (None, ()) else (1, *single(stride))
    return (1, *single(kernel)), steps, (0, *single(padding))
