"""Pooling and resizing of images."""

from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.ops.conv import pair
from minigan.ops.linear import matmul
from minigan.ops.shape import reshape
from minigan.torch.ops.join import stack
from minigan.torch.ops.repeat import expand
from minigan.torch.ops.shape import pad, permute


def _windows(x: Tensor, kernel: Any, stride: Any, padding: Any, value: float) -> Tensor:
    """(K, N, C, OH, OW): for each place of the kernel, the elements that lie under it."""
    (kh, kw), (ph, pw) = pair(kernel), pair(padding)
    sh, sw = (kh, kw) if stride is None else pair(stride)
    x = pad(x, (pw, pw, ph, ph), value=value) if ph or pw else x
    height, width = (x.shape[2] - kh) // sh + 1, (x.shape[3] - kw) // sw + 1
    if height < 1 or width < 1:
        raise ValueError(f"pooling: the kernel {kh}×{kw} does not fit the padded input {x.shape}")
    return stack(
        [
            x[:, :, i : i + sh * (height - 1) + 1 : sh, j : j + sw * (width - 1) + 1 : sw]
            for i in range(kh)
            for j in range(kw)
        ]
    )


def avg_pool2d(
    x: Tensor,
    kernel_size: Any,
    stride: Any = None,
    padding: Any = 0,
    *,
    count_include_pad: bool = True,
) -> Tensor:
    """The mean under each window; padded zeros count, unless count_include_pad is False.

    stride defaults to the kernel's size.
    """
    under = _windows(x, kernel_size, stride, padding, 0.0)
    if count_include_pad:
        return under.mean(0)
    inside = wrap(B.xp.ones((1, 1, *x.shape[2:]), x.dtype))
    return under.sum(0) / _windows(inside, kernel_size, stride, padding, 0.0).sum(0)


def max_pool2d(x: Tensor, kernel_size: Any, stride: Any = None, padding: Any = 0) -> Tensor:
    """The largest element under each window; the first of equal ones takes the gradient."""
    return _windows(x, kernel_size, stride, padding, -float("inf")).max(0).values


def adaptive_avg_pool2d(x: Tensor, output_size: Any) -> Tensor:
    """Means over parts, equal ones where they can be, so that the output has the given size."""
    oh, ow = pair(output_size)
    n, c, h, w = x.shape
    if h % oh or w % ow:
        return _mixed(x, _parts(h, oh), _parts(w, ow))
    return reshape(x, n, c, oh, h // oh, ow, w // ow).mean((3, 5))


def interpolate(
    x: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
) -> Tensor:
    """x (N, C, H, W) at another size, "nearest" or "bilinear".

    Each output row is a fixed mixture of input rows, and likewise for columns: two matrix products.
    Whole factors of nearest repeat elements instead. align_corners: the corner points coincide
    (bilinear); else the pixels' areas do, as in PyTorch. A factor that gives no whole
    size still decides where the pixels lie, unless recompute_scale_factor.
    """
    if mode not in ("nearest", "bilinear"):
        raise ValueError(f"interpolate: mode {mode!r} is neither nearest nor bilinear")
    n, c, h, w = x.shape
    steps: tuple[float | None, float | None] = (None, None)
    if size is None:
        alike = isinstance(scale_factor, (int, float))
        fh, fw = (scale_factor, scale_factor) if alike else scale_factor
        size = (int(h * fh), int(w * fw))
        steps = steps if recompute_scale_factor else (1.0 / fh, 1.0 / fw)
    oh, ow = pair(size)
    if mode == "nearest" and oh % h == 0 and ow % w == 0:
        spread = expand(reshape(x, n, c, h, 1, w, 1), n, c, h, oh // h, w, ow // w)
        return reshape(spread, n, c, oh, ow)
    corners = bool(align_corners)
    return _mixed(
        x, _mixture(h, oh, mode, corners, steps[0]), _mixture(w, ow, mode, corners, steps[1])
    )


def _mixed(x: Tensor, rows: Any, columns: Any) -> Tensor:
    """(OH, H) @ (N, C, H, W) @ (W, OW), of matrices on the host."""
    first, second = (wrap(B.to_device(matrix).astype(x.dtype)) for matrix in (rows, columns))
    return matmul(matmul(first, x), second.T)


def _mixture(size: int, out: int, mode: str, align_corners: bool, step: float | None) -> Any:
    """(out, size): the weight of each input element in each output element.

    step: how many input elements lie between the output's, by default size / out.
    """
    import numpy as np

    matrix = np.zeros((out, size))
    for i in range(out):
        if mode == "nearest":
            nearest = i * size // out if step is None else int(i * step)
            matrix[i, min(nearest, size - 1)] = 1.0
            continue
        if align_corners:
            place = i * (size - 1) / (out - 1) if out > 1 else 0.0
        else:
            place = max((i + 0.5) * (size / out if step is None else step) - 0.5, 0.0)
        low = min(int(place), size - 1)
        high = min(low + 1, size - 1)
        matrix[i, low] += 1.0 - (place - low)
        matrix[i, high] += place - low
    return matrix


def _parts(size: int, out: int) -> Any:
    """(out, size): the means over `out` parts, which overlap where they cannot be equal."""
    import numpy as np

    matrix = np.zeros((out, size))
    for i in range(out):
        first, last = i * size // out, -(-(i + 1) * size // out)
        matrix[i, first:last] = 1.0 / (last - first)
    return matrix


def pixel_shuffle(x: Tensor, upscale_factor: int) -> Tensor:
    """(N, C·r², H, W) → (N, C, H·r, W·r). Shi et al., arXiv 1609.05158."""
    r = upscale_factor
    n, c, h, w = x.shape
    if c % (r * r):
        raise ValueError(f"pixel_shuffle: {c} channels are not divisible by {r}² = {r * r}")
    parts = permute(reshape(x, n, c // (r * r), r, r, h, w), 0, 1, 4, 2, 5, 3)
    return reshape(parts, n, c // (r * r), h * r, w * r)


def pixel_unshuffle(x: Tensor, downscale_factor: int) -> Tensor:
    """(N, C, H·r, W·r) → (N, C·r², H, W): the inverse of pixel_shuffle."""
    r = downscale_factor
    n, c, h, w = x.shape
    if h % r or w % r:
        raise ValueError(f"pixel_unshuffle: {h}×{w} is not divisible by {r}")
    parts = permute(reshape(x, n, c, h // r, r, w // r, r), 0, 1, 3, 5, 2, 4)
    return reshape(parts, n, c * r * r, h // r, w // r)
