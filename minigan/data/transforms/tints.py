"""Brightness, contrast, saturation and hue by a factor: of pictures by Pillow, and of tensors.

Each mixes the image with another one, x·factor + other·(1 - factor): with black, with its mean
grey, with its own grey. Hue turns the circle of colours.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigan.data.refusals import Unfit, WrongType
from minigan.data.transforms.kinds import converted, largest

COLOURED = ("L", "LA", "RGB", "RGBA")  # modes whose colours can be changed


def check_picture(what: str, image: Any) -> None:
    """Raises Unfit unless the picture is of a mode whose colours can be changed."""
    if image.mode not in COLOURED:
        raise Unfit(f'{what}: a picture of mode {image.mode}: convert("RGB") before, or "L"')


def check(what: str, array: np.ndarray) -> None:
    """Raises WrongType unless the tensor (…, C, H, W) has 1 or 3 channels."""
    if array.ndim < 3 or array.shape[-3] not in (1, 3):
        raise WrongType(
            f"{what} takes tensors (…, C, H, W) of 1 or 3 channels, not the shape {array.shape}"
        )


def grey(array: np.ndarray) -> np.ndarray:
    """(…, 1, H, W): the luminance of (…, 3, H, W), in its type; of one channel a copy."""
    if array.shape[-3] == 1:
        return array.copy()
    red, green, blue = (
        array[..., c : c + 1, :, :].astype(_reckoned(array), copy=False) for c in range(3)
    )
    return (red * 0.2989 + green * 0.587 + blue * 0.114).astype(array.dtype)


def _reckoned(array: np.ndarray) -> np.dtype:
    """The type to reckon in: the image's own, or float32 of whole numbers."""
    return array.dtype if array.dtype.kind == "f" else np.dtype("float32")


def _mixed(image: np.ndarray, other: Any, factor: float) -> np.ndarray:
    wide = image.astype(_reckoned(image), copy=False)
    mixed = (wide * factor + other * (1.0 - factor)).clip(0, largest(image.dtype))
    return mixed.astype(image.dtype)


def _factor(name: str, factor: float) -> float:
    if factor < 0:
        raise Unfit(f"{name}: the factor is {factor}; it must be at least 0")
    return float(factor)


def brightness(image: np.ndarray, factor: float) -> np.ndarray:
    """Mixed with black."""
    return _mixed(image, 0.0, _factor("brightness", factor))


def contrast(image: np.ndarray, factor: float) -> np.ndarray:
    """Mixed with the mean of its grey, one for each image."""
    shades = grey(image).astype(_reckoned(image), copy=False)
    mean = shades.mean(axis=(-3, -2, -1), keepdims=True)
    return _mixed(image, mean, _factor("contrast", factor))


def saturation(image: np.ndarray, factor: float) -> np.ndarray:
    """Mixed with its own grey."""
    if image.shape[-3] == 1:
        return image
    shades = grey(image).astype(_reckoned(image), copy=False)
    return _mixed(image, shades, _factor("saturation", factor))


def _check_turn(turn: float) -> None:
    if not -0.5 <= turn <= 0.5:
        raise Unfit(f"hue: the turn is {turn}; it must lie within [-0.5, 0.5]")


def hue(image: np.ndarray, turn: float) -> np.ndarray:
    """Each colour moved on its circle by `turn` of it, its lightest and darkest channel kept."""
    _check_turn(turn)
    if image.shape[-3] == 1:
        return image
    rgb = converted(image, np.dtype("float32"))
    red, green, blue = (rgb[..., c, :, :] for c in range(3))
    top, spread = rgb.max(axis=-3), np.ptp(rgb, axis=-3)
    safe = np.where(spread == 0, np.float32(1), spread)
    r, g, b = ((top - channel) / safe for channel in (red, green, blue))
    sixths = np.where(top == red, b - g, np.where(top == green, 2.0 + r - b, 4.0 + g - r))
    sixths = np.where(spread == 0, np.float32(0), sixths)
    place = (np.fmod(sixths / 6.0 + 1.0, 1.0) + turn) % 1.0 * 6.0
    # Each channel is what a trapezoid over the circle leaves of the spread below the top.
    turned = [
        top - spread * np.clip(np.abs((place - at) % 6.0 - 3.0) * -1.0 + 2.0, 0.0, 1.0)
        for at in (0.0, 2.0, 4.0)
    ]
    return converted(np.stack(turned, axis=-3).astype(np.float32), image.dtype)


def enhanced(name: str, kind: str) -> Callable[[Any, float], Any]:
    """The adjustment `name` of a picture, by Pillow's enhancer of that kind."""

    def adjust(image: Any, factor: float) -> Any:
        from PIL import ImageEnhance

        return getattr(ImageEnhance, kind)(image).enhance(_factor(name, factor))

    return adjust


def picture_hue(image: Any, turn: float) -> Any:
    """The hues of Pillow's HSV moved on, in 255 steps of the circle; grey stays."""
    from PIL import Image

    _check_turn(turn)
    if image.mode in ("L", "1", "I", "F"):
        return image
    hues, *rest = image.convert("HSV").split()
    moved = (np.array(hues, np.int64) + int(turn * 255)) % 256
    bands = (Image.fromarray(moved.astype(np.uint8)), *rest)
    return Image.merge("HSV", bands).convert(image.mode)


OF_TENSORS = {
    "brightness": brightness, "contrast": contrast, "saturation": saturation, "hue": hue,
}  # fmt: skip
OF_PICTURES = {
    "brightness": enhanced("brightness", "Brightness"),
    "contrast": enhanced("contrast", "Contrast"),
    "saturation": enhanced("saturation", "Color"),
    "hue": picture_hue,
}
