"""Resizing of images, and pixels to channels and back."""

import operator
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError
from minigan.ops.conv import Pair, pair
from minigan.ops.shape import reshape
from minigan.torch.ops.mixture import mixed, mixture
from minigan.torch.ops.pool import adaptive_avg_pool2d
from minigan.torch.ops.refused import check_floats, refuse
from minigan.torch.ops.repeat import expand
from minigan.torch.ops.shape import permute
from minigan.torch.ops.size import is_whole

MODES = {  # with the number of axes that they take
    "nearest": (3, 4),
    "nearest-exact": (3, 4),
    "linear": (3,),
    "bilinear": (4,),
    "bicubic": (4,),
    "area": (3, 4),
}
EXACT = 41  # from here on float32 may place a repeated element one too far, and PyTorch does so


def interpolate(
    input: Tensor,
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """x (N, C, H, W), or (N, C, L), at another size, by one of MODES.

    Each output row is a fixed mixture of input rows, and likewise for columns: two matrix products.
    Whole factors of nearest repeat elements instead; area are adaptive_avg_pool2d's means.
    align_corners: the corner points coincide; else the pixels' areas do, as in PyTorch. A factor
    that gives no whole size still decides where the pixels lie, unless recompute_scale_factor.
    Raises ValueError for words that exclude each other.
    """
    refuse("interpolate", antialias=antialias)
    if input.ndim not in MODES.get(mode, ()):
        known = f"images (N, C, H, W) or sequences (N, C, L), by {', '.join(MODES)}"
        raise MisfitError(f"interpolate: {input.shape} by mode {mode!r}: it takes {known}")
    if align_corners is not None and "linear" not in mode and mode != "bicubic":
        what = "align_corners is of the modes linear, bilinear and bicubic"
        raise ValueError(f"interpolate: {what}, not of {mode!r}; leave it out")
    check_floats("interpolate", input)
    if input.ndim == 3:
        of_images = {"linear": "bilinear"}.get(mode, mode)
        image, target = input.unsqueeze(2), (_row(size), _row(scale_factor))
        words = align_corners, recompute_scale_factor
        return interpolate(image, *target, of_images, *words).squeeze(2)
    n, c, h, w = input.shape
    (oh, ow), steps = _target((h, w), size, scale_factor, recompute_scale_factor)
    if min(c, h, w, oh, ow) < 1:
        raise MisfitError(f"interpolate: {input.shape} to ({oh}, {ow}): no size may be 0")
    if mode == "area":
        return adaptive_avg_pool2d(input, (oh, ow))
    rows, columns = steps or (h / oh, w / ow)
    if mode == "nearest":  # whose step is that of the sizes, whatever the factor, up to the double
        rows = h / oh if oh in (h, 2 * h) else rows
        columns = w / ow if ow in (w, 2 * w) else columns
        if (oh // h * rows, ow // w * columns) == (1.0, 1.0) and max(oh // h, ow // w) < EXACT:
            spread = expand(reshape(input, n, c, h, 1, w, 1), n, c, h, oh // h, w, ow // w)
            return reshape(spread, n, c, oh, ow)
    how = mode, bool(align_corners)
    return mixed(input, mixture(h, oh, rows, *how), mixture(w, ow, columns, *how))


def _row(value: Any) -> Any:
    """A length, or a factor of lengths, as that of images of height 1."""
    if value is None:
        return None
    one = (value,) if isinstance(value, float) or is_whole(value) else tuple(value)
    if len(one) != 1:
        raise MisfitError(f"interpolate: {value!r} must be one number, for sequences (N, C, L)")
    return (1, *one)


def _target(sizes: Pair, size: Any, factor: Any, recompute: Any) -> tuple[Pair, Any]:
    """The new height and width, and, where a factor decides it, how far apart the pixels lie."""
    if (size is None) is (factor is None):
        raise ValueError(
            f"interpolate: give either size or scale_factor, not size={size} and "
            f"scale_factor={factor}"
        )
    if size is not None:
        if recompute:
            raise ValueError("interpolate: recompute_scale_factor needs a scale_factor, not a size")
        return pair(size), None
    factors = [factor] * 2 if isinstance(factor, float) or is_whole(factor) else list(factor)
    if len(factors) != 2 or min(factors) <= 0:
        raise MisfitError(f"interpolate: scale_factor {factor} must be one or two numbers above 0")
    out = int(sizes[0] * factors[0]), int(sizes[1] * factors[1])
    return out, None if recompute else (1.0 / factors[0], 1.0 / factors[1])


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """(…, C·r², H, W) → (…, C, H·r, W·r). Shi et al., arXiv 1609.05158."""
    r = _factor("pixel_shuffle", input, upscale_factor)
    *lead, c, h, w = input.shape
    if c % (r * r):
        raise MisfitError(f"pixel_shuffle: {c} channels are not divisible by {r}² = {r * r}")
    parts = reshape(input, -1, c // (r * r), r, r, h, w)
    return reshape(permute(parts, 0, 1, 4, 2, 5, 3), *lead, c // (r * r), h * r, w * r)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """(…, C, H·r, W·r) → (…, C·r², H, W): the inverse of pixel_shuffle."""
    r = _factor("pixel_unshuffle", input, downscale_factor)
    *lead, c, h, w = input.shape
    if h % r or w % r:
        raise MisfitError(f"pixel_unshuffle: {h}×{w} is not divisible by {r}")
    parts = reshape(input, -1, c, h // r, r, w // r, r)
    return reshape(permute(parts, 0, 1, 3, 5, 2, 4), *lead, c * r * r, h // r, w // r)


def _factor(name: str, x: Tensor, factor: Any) -> int:
    """The factor, if it is a whole number above 0 and x has images."""
    if not is_whole(factor) or factor < 1:
        raise MisfitError(f"{name}: the factor must be a whole number above 0, not {factor!r}")
    if x.ndim < 3 or 0 in x.shape:
        raise MisfitError(f"{name}: expected (…, C, H, W) with at least one value, got {x.shape}")
    return operator.index(factor)
