"""Transforms: every argument does what torchvision's does, or is refused; gradients are not lost.

The sizes, places and mixtures are worked out by hand, by Pillow or by PyTorch's interpolate.
"""

import itertools
import math

import numpy as np
import pytest
from PIL import Image, ImageEnhance

import minigan.torch as mg
from minigan import data
from minigan.errors import UserError
from minigan.torch.utils.data import DataLoader
from minigan.torchvision import transforms as T
from minigan.torchvision import utils
from minigan.torchvision.transforms import InterpolationMode as I
from minigan.torchvision.transforms import functional as F

PIXELS = np.random.default_rng(0).integers(0, 256, (9, 12, 3), np.uint8)
PICTURE = Image.fromarray(PIXELS)
FLOATS = (PIXELS.transpose(2, 0, 1) / 255).astype(np.float32)


def tensor(array=FLOATS):
    return mg.tensor(array)


# Sizes --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "max_size", "image", "expected"),
    [
        (64, 80, (200, 100), (80, 40)), (64, 80, (100, 200), (40, 80)), (64, 200, (200, 100), (128, 64)),
        (64, None, (200, 100), (128, 64)), ([64], 80, (200, 100), (80, 40)), ((30, 20), None, (9, 7), (20, 30)),
        (5, None, (13, 7), (9, 5)), (5, 6, (5, 5), (5, 5)),
    ],
)  # fmt: skip
def test_sizes(size, max_size, image, expected):
    assert T.Resize(size, max_size=max_size)(Image.new("RGB", image)).size == expected
    assert F.resize(Image.new("L", image), size, max_size=max_size).size == expected
    x = mg.zeros(3, image[1], image[0])
    assert T.Resize(size, max_size=max_size)(x).shape == (3, expected[1], expected[0])
    images = data.ImageDataset(
        np.zeros((2, image[1], image[0]), np.uint8), [0, 0], T.Resize(size, max_size=max_size)
    )
    assert next(iter(DataLoader(images, 2)))[0].shape == (2, 1, expected[1], expected[0])


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((64, 2, 64), ValueError, "max_size 64 must be greater than size 64"),
        (((4, 5), 2, 9), ValueError, "max_size bounds the longer side where size gives the shorter"),
        ((0,), ValueError, "must be at least 1 pixel"), (((1, 2, 3),), ValueError, "size is"),
        ((2.5,), TypeError, "size is 2.5"), (("a",), TypeError, "size is 'a'"),
        ((4, 9), ValueError, "interpolation 9 is not known"),
        ((4, "bilinear"), TypeError, "is no InterpolationMode"),
    ],
)  # fmt: skip
def test_sizes_that_cannot_be(arguments, error, words):
    with pytest.raises(error, match=words):
        T.Resize(*arguments)


def test_a_picture_without_pixels_is_refused():
    with pytest.raises(ValueError, match="has no pixel left"):
        T.Resize(4, max_size=5)(Image.new("RGB", (100, 1)))


MODES = ["NEAREST", "NEAREST_EXACT", "BILINEAR", "BICUBIC"]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [(4, 5), (9, 30), (31, 3), (9, 12)])
@pytest.mark.parametrize("antialias", [True, False, None])
def test_tensors_are_resampled_as_pytorchs(mode, size, antialias, torch):
    name = I[mode].value
    smooth = name in ("bilinear", "bicubic")
    options = {"align_corners": False, "antialias": bool(antialias)} if smooth else {}
    for dtype, tolerance in (("float32", 2e-6), ("float64", 1e-6), ("uint8", 1), ("int32", 1)):
        x = FLOATS.astype(dtype) if "float" in dtype else (FLOATS * 255).astype(dtype)
        wide = torch.from_numpy(x[None]).to(torch.float64 if dtype == "float64" else torch.float32)
        theirs = torch.nn.functional.interpolate(wide, size, mode=name, **options)[0].numpy()
        if "int" in dtype:
            theirs = np.rint(theirs).clip(
                0 if dtype == "uint8" else -1e9, 255 if dtype == "uint8" else 1e9
            )
        mine = T.Resize(size, I[mode], antialias=antialias)(tensor(x))
        assert mine.dtype == np.dtype(dtype)
        np.testing.assert_allclose(mine.numpy(), theirs, atol=tolerance, rtol=1e-6)


def test_only_pictures_have_the_other_kernels():
    for mode, number in (("BOX", 4), ("HAMMING", 5), ("LANCZOS", 1)):
        image = T.Resize((5, 5), I[mode])(PICTURE)
        assert image.tobytes() == PICTURE.resize((5, 5), number).tobytes()
        assert T.Resize((5, 5), number)(PICTURE).tobytes() == image.tobytes()
        with pytest.raises(ValueError, match=f"tensors have no interpolation '{mode.lower()}'"):
            T.Resize(5, I[mode])(tensor())
    with pytest.warns(UserWarning, match="pictures are always averaged"):
        T.Resize(5, antialias=False)(PICTURE)


@pytest.mark.parametrize("mode", I)
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_batches_of_bytes_are_resampled_as_their_pictures(mode, channels):
    pixels = np.random.default_rng(1).integers(80, 176, (2, channels, 20, 16), np.uint8)
    resize = T.Resize((7, 21), mode)
    batch = resize.apply(pixels.copy())
    for mine, image in zip(batch, pixels, strict=True):
        theirs = np.asarray(resize(T.ToPILImage()(image.transpose(1, 2, 0)))).reshape(7, 21, -1)
        assert np.abs(mine.transpose(1, 2, 0).astype(int) - theirs).max() <= 1


# Borders and pieces -------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [4, (3, 5), [6], (20, 4), (10, 13), (9, 12), (8, 17)])
def test_centres(size):
    """What is larger than the image gets a border of 0, one pixel wider below and to the right."""
    height, width = (size, size) if isinstance(size, int) else (size[0], size[-1])
    lacks = max(0, height - 9), max(0, width - 12)
    padded = np.pad(PIXELS, [(n // 2, (n + 1) // 2) for n in lacks] + [(0, 0)])
    top, left = round((len(padded) - height) / 2), round((padded.shape[1] - width) / 2)
    expected = padded[top : top + height, left : left + width]
    np.testing.assert_array_equal(np.asarray(T.CenterCrop(size)(PICTURE)), expected)
    bytes_first = tensor(PIXELS.transpose(2, 0, 1))
    mine = F.center_crop(bytes_first, size).numpy()
    np.testing.assert_array_equal(mine.transpose(1, 2, 0), expected)
    ds = data.ImageDataset(PIXELS.transpose(2, 0, 1)[None], [0], T.CenterCrop(size))
    batch = next(iter(DataLoader(ds)))[0].numpy()[0]
    np.testing.assert_allclose(batch.transpose(1, 2, 0) * 255, expected, atol=1e-4)


@pytest.mark.parametrize("padding", [1, (2,), (1, 2), (1, 2, 3, 4), 0])
@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_borders_of_tensors_and_batches(padding, mode):
    sides = ([padding] * 4 if isinstance(padding, int) else list(padding) * 4)[:4]
    widths = [(0, 0), (sides[1], sides[3]), (sides[0], sides[2])]
    fill = {"constant_values": 0.5} if mode == "constant" else {}
    expected = np.pad(FLOATS, widths, mode=mode, **fill)
    mine = T.Pad(padding, 0.5, mode)(tensor())
    assert mine.dtype == np.float32
    np.testing.assert_array_equal(mine.numpy(), expected)
    np.testing.assert_array_equal(F.pad(tensor(), padding, 0.5, mode).numpy(), expected)
    image = np.asarray(T.Pad(padding, 7, mode)(PICTURE))
    batch = T.Pad(padding, 7, mode).apply(PIXELS.transpose(2, 0, 1)[None].copy())[0]
    np.testing.assert_array_equal(batch.transpose(1, 2, 0), image)


def test_a_border_of_a_colour():
    image = T.Pad(1, (1, 2, 3))(PICTURE)
    assert image.getpixel((0, 0)) == (1, 2, 3) and image.getpixel((13, 10)) == (1, 2, 3)
    batch = T.Pad(1, (1, 2, 3)).apply(PIXELS.transpose(2, 0, 1)[None].copy())[0]
    np.testing.assert_array_equal(batch.transpose(1, 2, 0), np.asarray(image))
    with pytest.raises(TypeError, match="put Pad before ToTensor"):
        T.Pad(1, (1, 2, 3))(tensor())
    with pytest.raises(ValueError, match="a fill of 2 numbers does not fit 3 band"):
        T.Pad(1, (1, 2))(PICTURE)


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ((-1,), ValueError, "is negative; cut pieces off"), (((1, 2, 3),), ValueError, "1, 2 or 4"),
        (("a",), TypeError, "padding is 'a'"), ((1.5,), TypeError, "padding is 1.5"),
        ((1, 0, "wrap"), ValueError, "choose constant, edge, reflect or symmetric"),
        ((1, "black"), TypeError, "fill is 'black'"),
    ],
)  # fmt: skip
def test_borders_that_cannot_be(arguments, error, words):
    with pytest.raises(error, match=words):
        T.Pad(*arguments)


@pytest.mark.parametrize(("mode", "width"), [("reflect", 9), ("symmetric", 10)])
def test_borders_too_wide_to_mirror(mode, width):
    assert T.Pad((0, width - 1), padding_mode=mode)(tensor()).shape == (3, 7 + 2 * width, 12)
    with pytest.raises(ValueError, match="too wide to mirror an image of 9×12"):
        T.Pad((0, width), padding_mode=mode)(tensor())


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_random_crops_take_their_borders(mode):
    """The whole of the padded image is the only piece of its size."""
    crop = T.RandomCrop((13, 18), (3, 2), fill=9, padding_mode=mode)
    expected = T.Pad((3, 2), 9, mode)(PICTURE)
    assert crop(PICTURE).tobytes() == expected.tobytes()
    np.testing.assert_array_equal(
        T.RandomCrop((13, 18), (3, 2), fill=0.5, padding_mode=mode)(tensor()).numpy(),
        T.Pad((3, 2), 0.5, mode)(tensor()).numpy(),
    )


def test_crops_of_images_that_are_too_small():
    crop = T.RandomCrop((13, 14), pad_if_needed=True, fill=5)
    image = np.asarray(crop(PICTURE))
    assert image.shape == (13, 14, 3)
    assert crop(tensor()).shape == (3, 13, 14)
    rows, columns = (image != 5).any((1, 2)), (image != 5).any((0, 2))
    assert rows.sum() + 1 >= 9 and columns.sum() >= 11
    with pytest.raises(ValueError, match=r"\(13, 14\) does not fit .* or pad_if_needed=True"):
        T.RandomCrop((13, 14))(PICTURE)
    with pytest.raises(ValueError, match="pad_if_needed is 1"):
        T.RandomCrop(4, pad_if_needed=1)
    with pytest.raises(ValueError, match="choose constant"):
        T.RandomCrop(4, padding_mode="zeros")
    ds = data.ImageDataset(np.ones((4, 1, 6, 6), np.uint8), [0] * 4, crop)
    assert next(iter(DataLoader(ds, 4)))[0].shape == (4, 1, 13, 14)


def test_a_piece_may_reach_over_the_edge():
    piece = F.crop(tensor(), -2, 10, 5, 6).numpy()
    expected = np.pad(FLOATS, ((0, 0), (2, 0), (0, 4)))[:, :5, 10:16]
    np.testing.assert_array_equal(piece, expected)
    assert F.crop(PICTURE, -2, 10, 5, 6).getpixel((0, 0)) == (0, 0, 0)
    small = F.resized_crop(tensor(), 1, 2, 6, 4, [3, 2])
    np.testing.assert_array_equal(
        small.numpy(), F.resize(F.crop(tensor(), 1, 2, 6, 4), [3, 2]).numpy()
    )


def test_random_resized_crops():
    whole = T.RandomResizedCrop(6, (1.0, 1.0), (12 / 9, 12 / 9))
    assert whole(PICTURE).tobytes() == PICTURE.resize((6, 6), 2).tobytes()
    assert whole(tensor()).shape == (3, 6, 6)
    wide = T.RandomResizedCrop((4, 5), (1.0, 1.0), (3.0, 3.0))  # never fits: the middle is taken
    assert wide(PICTURE).tobytes() == PICTURE.crop((0, 2, 12, 6)).resize((5, 4), 2).tobytes()
    sizes = set()
    for _ in range(60):
        top, left, height, width = T.RandomResizedCrop(4)._place(90, 120)
        assert 0 <= top <= 90 - height and 0 <= left <= 120 - width
        assert 0.07 < height * width / 10800 <= 1.0 and 0.7 < width / height < 1.4
        sizes.add((height, width))
    assert len(sizes) > 40
    ds = data.ImageDataset(
        PIXELS.transpose(2, 0, 1)[None].repeat(4, 0), [0] * 4, T.RandomResizedCrop(4)
    )
    assert len(np.unique(next(iter(DataLoader(ds, 4)))[0].numpy(), axis=0)) == 4
    for arguments, error in (((4, (0.5, 0.2)), ValueError), ((4, (1, 1), (2, 1)), ValueError),
                             ((4, 0.5), TypeError), (("a",), TypeError)):  # fmt: skip
        with pytest.raises(error, match="RandomResizedCrop"):
            T.RandomResizedCrop(*arguments)


# Turns --------------------------------------------------------------------------------------------


def test_turns_are_pillows():
    for expand, center, fill in itertools.product((False, True), (None, (2, 3)), (0, 7, (1, 2, 3))):
        turned = T.RandomRotation((40, 40), I.BILINEAR, expand, center, fill)(PICTURE)
        colour = fill if isinstance(fill, tuple) else (fill,) * 3
        expected = PICTURE.rotate(40, 2, expand, center, fillcolor=colour)
        assert turned.tobytes() == expected.tobytes()
        assert F.rotate(PICTURE, 40, I.BILINEAR, expand, center, fill).tobytes() == turned.tobytes()
    angles = {T.RandomRotation(30)(PICTURE).tobytes() for _ in range(5)}
    assert len(angles) > 1


def test_turns_are_of_pictures():
    for transform in (T.RandomRotation(10), T.RandomAffine(10)):
        with pytest.raises(TypeError, match=r"takes PIL images alone: put it before ToTensor"):
            transform(tensor())
    ds = data.ImageDataset(PIXELS.transpose(2, 0, 1)[None], [0], T.RandomRotation((90, 90)))
    x = next(iter(DataLoader(ds)))[0].numpy()[0]
    expected = np.asarray(PICTURE.rotate(90)).transpose(2, 0, 1)
    np.testing.assert_allclose(x * 255, expected, atol=1e-4)
    ds.transform = T.RandomRotation((90, 90), expand=True)
    with pytest.raises(ValueError, match="unlike sizes"):
        next(iter(DataLoader(ds)))


def test_affine_maps():
    shifted = F.affine(PICTURE, 0.0, (2, 1), 1.0, 0.0)
    np.testing.assert_array_equal(np.asarray(shifted)[1:, 2:], PIXELS[:-1, :-2])
    assert shifted.getpixel((0, 0)) == (0, 0, 0)
    square = Image.fromarray(PIXELS[:, :9])
    np.testing.assert_array_equal(  # with the clock
        np.asarray(F.affine(square, 90.0, (0, 0), 1.0, 0.0)), np.rot90(PIXELS[:, :9], -1)
    )
    large = np.asarray(F.affine(square, 0.0, (0, 0), 3.0, 0.0))
    np.testing.assert_array_equal(large, PIXELS[3:6, 3:6].repeat(3, 0).repeat(3, 1))
    sheared = np.asarray(F.affine(square, 0.0, (0, 0), 1.0, (45.0, 0.0)))
    np.testing.assert_array_equal(sheared[4], PIXELS[4, :9])  # the row in the middle stays
    drawn = T.RandomAffine(20, (0.2, 0.1), (0.8, 1.2), (-5, 5, -3, 3), fill=(1, 2, 3))(PICTURE)
    assert drawn.size == PICTURE.size
    for arguments in ((-1,), (10, (1.5, 0)), (10, None, (0, 1)), (10, None, None, (1, 2, 3))):
        with pytest.raises(UserError, match="RandomAffine"):
            T.RandomAffine(*arguments)
    for arguments in ((-5,), ((20, 10),), (10, I.BOX), (10, 0, False, (1, 2, 3))):
        with pytest.raises(ValueError, match="RandomRotation"):
            T.RandomRotation(*arguments)


# Colours ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [0.0, 0.4, 1.0, 1.8])
@pytest.mark.parametrize("dtype", ["float32", "uint8"])
def test_mixtures(factor, dtype):
    x = FLOATS if dtype == "float32" else PIXELS.transpose(2, 0, 1)
    most = 1.0 if dtype == "float32" else 255.0
    wide = x.astype(np.float64)
    grey = wide[0] * 0.2989 + wide[1] * 0.587 + wide[2] * 0.114
    grey = np.floor(grey) if dtype == "uint8" else grey
    for name, other in (("brightness", 0.0), ("contrast", grey.mean()), ("saturation", grey)):
        expected = (wide * factor + other * (1 - factor)).clip(0, most)
        mine = getattr(F, f"adjust_{name}")(tensor(x), factor)
        assert mine.dtype == np.dtype(dtype)
        np.testing.assert_allclose(mine.numpy(), expected, atol=1e-6 if most == 1.0 else 1.0)
        enhance = {"brightness": "Brightness", "contrast": "Contrast", "saturation": "Color"}[name]
        expected = getattr(ImageEnhance, enhance)(PICTURE).enhance(factor)
        assert getattr(F, f"adjust_{name}")(PICTURE, factor).tobytes() == expected.tobytes()


@pytest.mark.parametrize("turn", [0.0, 0.25, -0.4, 0.5])
def test_hues(turn):
    import colorsys

    mine = F.adjust_hue(tensor(), turn).numpy()
    for y, x in ((0, 0), (3, 7), (8, 11)):
        h, s, v = colorsys.rgb_to_hsv(*FLOATS[:, y, x].tolist())
        np.testing.assert_allclose(
            mine[:, y, x], colorsys.hsv_to_rgb((h + turn) % 1, s, v), atol=1e-5
        )
    grey = tensor(FLOATS[:1])
    np.testing.assert_array_equal(F.adjust_hue(grey, turn).numpy(), grey.numpy())
    assert F.adjust_hue(PICTURE.convert("L"), turn).tobytes() == PICTURE.convert("L").tobytes()


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: T.ColorJitter(-0.1), ValueError, "brightness is -0.1"),
        (lambda: T.ColorJitter(0, (1.2, 0.8)), ValueError, "contrast is"),
        (lambda: T.ColorJitter(0, 0, "a"), TypeError, "saturation is 'a'"),
        (
            lambda: T.ColorJitter(hue=0.6),
            ValueError,
            r"hue is 0.6; it must lie within \[-0.5, 0.5\]",
        ),
        (lambda: F.adjust_brightness(tensor(), -1), ValueError, "must be at least 0"),
        (lambda: F.adjust_hue(tensor(), 0.7), ValueError, "within"),
        (lambda: F.adjust_hue(mg.zeros(2, 4, 4), 0.1), TypeError, "1 or 3 channels"),
        (lambda: F.adjust_contrast(PIXELS, 1.0), TypeError, "takes a PIL image or a tensor"),
        (lambda: T.Grayscale(2), ValueError, "it is 1 or 3"),
        (lambda: T.Grayscale()(mg.zeros(2, 4, 4)), TypeError, "1 or 3 channels"),
        (lambda: T.RandomGrayscale(2.0), ValueError, r"within \[0, 1\]"),
        (lambda: T.GaussianBlur(4), ValueError, "must be odd"),
        (lambda: T.GaussianBlur(3, (2.0, 1.0)), ValueError, "the lower one first"),
        (lambda: T.GaussianBlur(31, 1.0)(tensor()), ValueError, "31×31 is too wide for"),
        (lambda: F.gaussian_blur(tensor(), 3, (1.0, 0.0)), ValueError, "above 0"),
    ],
)
def test_colours_that_cannot_be(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_jitter_of_batches_and_tensors():
    jitter = T.ColorJitter(0.8, 0.8, 0.8, 0.3)
    ds = data.ImageDataset(PIXELS.transpose(2, 0, 1)[None].repeat(4, 0), [0] * 4, jitter)
    assert len(np.unique(next(iter(DataLoader(ds, 4)))[0].numpy(), axis=0)) == 4
    ds.transform = T.Compose([T.ToTensor(), jitter])
    assert len(np.unique(next(iter(DataLoader(ds, 4)))[0].numpy(), axis=0)) == 4
    assert T.ColorJitter()(PICTURE).tobytes() == PICTURE.tobytes()
    assert T.ColorJitter((2.0, 2.0))(tensor()).numpy().max() <= 1.0


def test_grey_of_tensors_and_pictures():
    expected = FLOATS[0] * 0.2989 + FLOATS[1] * 0.587 + FLOATS[2] * 0.114
    np.testing.assert_allclose(T.Grayscale()(tensor()).numpy()[0], expected, rtol=1e-6)
    assert T.Grayscale(3)(tensor()).shape == (3, 9, 12)
    whole = T.Grayscale()(tensor(PIXELS.transpose(2, 0, 1)))
    assert whole.dtype == np.uint8  # cut off, as PyTorch's
    pixels = PIXELS.transpose(2, 0, 1).astype(np.float32)
    cut_off = pixels[0] * np.float32(0.2989) + pixels[1] * np.float32(0.587)
    np.testing.assert_array_equal(
        whole.numpy()[0], (cut_off + pixels[2] * np.float32(0.114)).astype(np.uint8)
    )
    batch = T.Grayscale().apply(PIXELS.transpose(2, 0, 1)[None].copy())[0, 0]
    np.testing.assert_array_equal(batch, np.asarray(PICTURE.convert("L")))
    assert (
        T.RandomGrayscale(1.0)(PICTURE).mode == "RGB" and T.RandomGrayscale(0.0)(PICTURE) is PICTURE
    )
    assert T.RandomGrayscale(1.0)(tensor()).shape == (3, 9, 12)


# Types, and chains --------------------------------------------------------------------------------

DTYPES = ["uint8", "int16", "int32", "int64", "float32", "float64"]


@pytest.mark.parametrize(("source", "target"), list(itertools.product(DTYPES, DTYPES)))
def test_converted_images_keep_their_white(source, target):
    largest = {dtype: 1.0 if "float" in dtype else float(np.iinfo(dtype).max) for dtype in DTYPES}
    x = mg.tensor(np.array([[[0, largest[source]]]]).astype(source) if source != "int64" else
                  np.array([[[0, np.iinfo("int64").max]]]))  # fmt: skip
    convert = T.ConvertImageDtype(getattr(mg, target))
    if "float" in source and (target == "int64" or (source, target) == ("float32", "int32")):
        with pytest.raises(RuntimeError, match="cannot tell all values"):
            convert(x)
        return
    y = convert(x)
    assert y.dtype == np.dtype(target) and y.numpy()[0, 0, 0] == 0
    white = float(y.numpy()[0, 0, 1])
    assert math.isclose(white, largest[target], rel_tol=0.01)


def test_convert_takes_tensors():
    with pytest.raises(TypeError, match=r"put PILToTensor\(\) before it"):
        T.ConvertImageDtype(mg.float32)(PICTURE)


def test_normalize_of_each_kind():
    for mean, std in ((0.5, 0.25), ([0.5], [0.25]), ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6)),
                      (np.array([0.1, 0.2, 0.3]), 0.5), (mg.tensor([0.1, 0.2, 0.3]), [0.5])):  # fmt: skip
        m, s = (np.asarray(v.numpy() if hasattr(v, "numpy") else v, np.float32).reshape(-1, 1, 1)
                for v in (mean, std))  # fmt: skip
        for x in (FLOATS, FLOATS[None].repeat(2, 0)):
            np.testing.assert_allclose(
                T.Normalize(mean, std)(tensor(x)).numpy(), (x - m) / s, atol=1e-6
            )
    x = tensor(FLOATS.copy())
    view = x[0]
    assert T.Normalize(0.5, 0.5, inplace=True)(x) is x
    np.testing.assert_allclose(x.numpy(), (FLOATS - 0.5) / 0.5, atol=1e-6)
    np.testing.assert_array_equal(view.numpy(), x.numpy()[0])
    y = tensor(FLOATS.copy())
    F.normalize(y, [0.5], [0.5])
    np.testing.assert_array_equal(y.numpy(), FLOATS)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: T.Normalize(0.5, 0.0), ValueError, "divide by zero"),
        (lambda: T.Normalize((0.1, 0.2, 0.3), (1, 0, 1)), ValueError, "divide by zero"),
        (lambda: T.Normalize((0.1, 0.2), (1, 1))(tensor()), ValueError, "2 channel"),
        (lambda: T.Normalize((0.1, 0.2, 0.3), 1.0)(mg.zeros(1, 4, 4)), RuntimeError, "3 channel"),
        (lambda: T.Normalize(0.5, 0.5)(mg.zeros(4, 4)), ValueError, "1 channel"),
        (lambda: T.Normalize(0.5, 0.5)(PICTURE), TypeError, r"put ToTensor\(\) before it"),
        (lambda: T.Normalize(0.5, 0.5)(tensor(PIXELS)), TypeError, "takes floats, not uint8"),
        (lambda: T.Lambda(3), TypeError, "takes a function"),
        (lambda: T.RandomApply([], 1.5), ValueError, r"within \[0, 1\]"),
        (lambda: T.RandomChoice([]), ValueError, "at least one transform"),
        (lambda: T.RandomChoice([len], [1, 2]), ValueError, "each of the 1 transforms"),
        (lambda: T.RandomHorizontalFlip(-0.1), ValueError, r"within \[0, 1\]"),
        (lambda: T.Resize(4)("a.png"), TypeError, "takes a PIL image or a tensor, not str"),
        (lambda: T.Resize(4)(PIXELS), ValueError, r"looks like \(H, W, C\)"),
        (lambda: F.to_grayscale(tensor()), TypeError, "rgb_to_grayscale takes tensors"),
        (lambda: F.get_dimensions(3), TypeError, "a PIL image or a tensor is needed"),
    ],
)
def test_what_cannot_be_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_choices_and_orders():
    mg.manual_seed(0)
    choice = T.RandomChoice([lambda x: 0, lambda x: 1, lambda x: 2], [1, 0, 3])
    drawn = [choice(None) for _ in range(400)]
    assert set(drawn) == {0, 2} and abs(drawn.count(2) / 400 - 0.75) < 0.08
    assert {T.RandomChoice([lambda x: 0, lambda x: 1])(None) for _ in range(20)} == {0, 1}
    order = T.RandomOrder([lambda x: [*x, 0], lambda x: [*x, 1], lambda x: [*x, 2]])
    found = {tuple(order([])) for _ in range(100)}
    assert len(found) == 6 and all(sorted(each) == [0, 1, 2] for each in found)


def test_a_tensor_of_images_has_one_draw():
    """As torchvision's; in a loader's batch each image has its own."""
    x = mg.arange(2 * 64, dtype=mg.float32).reshape(64, 1, 1, 2)
    for _ in range(5):
        flipped = (T.RandomHorizontalFlip()(x)[:, 0, 0, 0] != x[:, 0, 0, 0]).numpy()
        assert flipped.all() or not flipped.any()
    crops = T.RandomCrop(1)(x).numpy().ravel() % 2
    assert len(set(crops.tolist())) == 1


def test_the_shape_before_the_channels_is_kept():
    x = mg.rand(2, 3, 4, 6, 8)
    for transform, size in ((T.Resize((3, 5)), (3, 5)), (T.CenterCrop(4), (4, 4)), (T.Pad(1), (8, 10)),
                            (T.RandomHorizontalFlip(1.0), (6, 8)), (T.GaussianBlur(3), (6, 8))):  # fmt: skip
        assert transform(x).shape == (2, 3, 4, *size)
    assert T.CenterCrop(2)(mg.rand(5, 6)).shape == (2, 2)


# Gradients ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "transform",
    [
        T.Normalize((0.1, 0.2, 0.3), (0.4, 0.5, 0.6)), T.Resize((5, 7)), T.Resize((20, 3), I.BICUBIC),
        T.CenterCrop(5), T.RandomHorizontalFlip(1.0), T.RandomVerticalFlip(1.0), T.RandomCrop((9, 12)),
        T.RandomResizedCrop(6, (1.0, 1.0), (12 / 9, 12 / 9)),
    ],
)  # fmt: skip
def test_gradients_go_through(transform, backend):
    x = mg.tensor(FLOATS, requires_grad=True)
    plain = transform(x.detach())
    out = transform(x)
    np.testing.assert_allclose(out.detach().cpu().numpy(), plain.cpu().numpy(), atol=1e-6)
    out.sum().backward()
    ones = transform(mg.ones(3, 9, 12)).sum() - transform(mg.zeros(3, 9, 12)).sum()
    assert x.grad.shape == x.shape and float(x.grad.sum()) == pytest.approx(float(ones), rel=1e-4)


@pytest.mark.parametrize(
    "transform",
    [T.Pad(1), T.CenterCrop(20), T.GaussianBlur(3), T.Grayscale(), T.ColorJitter(0.5),
     T.RandomCrop(4, 1), T.Normalize(0.5, 0.5, True), T.ConvertImageDtype(mg.float64)],
)  # fmt: skip
def test_gradients_are_not_lost_in_silence(transform):
    x = mg.tensor(FLOATS, requires_grad=True)
    with pytest.raises(RuntimeError, match="gradient"):
        transform(x)
    with mg.no_grad():
        transform(x.detach().clone())
    assert transform(x.detach().clone()).shape[0] in (1, 3)


# Names and grids ----------------------------------------------------------------------------------


def test_missing_transforms_are_named():
    for name, words in (("FiveCrop", "functional.crop"), ("RandomErasing", "Lambda"),
                        ("v2", "minigan.torchvision.transforms itself")):  # fmt: skip
        with pytest.raises(AttributeError, match=f"has no {name}: .*{words}"):
            getattr(T, name)
    with pytest.raises(AttributeError, match="functional has no erase"):
        F.erase  # noqa: B018
    assert [
        name for name in (*T.__all__, *F.__all__) if not hasattr(T, name) and not hasattr(F, name)
    ] == []
    assert F.get_dimensions(PICTURE) == [3, 9, 12] and F.get_image_size(tensor()) == [12, 9]
    assert F.get_image_num_channels(mg.zeros(4, 4)) == 1


def test_grids(backend):
    x = mg.tensor(np.linspace(-2, 6, 5 * 12, dtype=np.float32).reshape(5, 1, 3, 4))
    grid = utils.make_grid(x, nrow=3, padding=1, pad_value=-9.0).cpu().numpy()
    assert grid.shape == (3, 9, 16) and grid.dtype == np.float32
    assert (
        (grid[:, 0] == -9).all()
        and (grid[:, :, 0] == -9).all()
        and (grid[:, 5:8, 11:15] == -9).all()
    )
    np.testing.assert_array_equal(grid[1, 5:8, 1:5], x[3, 0].cpu().numpy())
    scaled = utils.make_grid(x, padding=0, normalize=True).cpu().numpy()
    assert scaled.min() == 0.0 and scaled.max() == 1.0
    clipped = utils.make_grid(x, padding=0, normalize=True, value_range=(-1, 1)).cpu().numpy()
    np.testing.assert_allclose(
        clipped[0, 0, :4], (x[0, 0, 0].cpu().numpy().clip(-1, 1) + 1) / 2, atol=1e-6
    )
    each = utils.make_grid(x, nrow=5, padding=0, normalize=True, scale_each=True).cpu().numpy()
    assert [each[0, :, 4 * n : 4 * n + 4].max() for n in range(5)] == [1.0] * 5
    assert utils.make_grid(x[:1]).shape == (3, 3, 4) and utils.make_grid(x[0, 0]).shape == (3, 3, 4)
    assert utils.make_grid([x[0], x[1]]).shape == (3, 7, 14)
    assert utils.make_grid(mg.zeros(2, 1, 3, 4, dtype=mg.uint8), pad_value=7).dtype == np.uint8


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda: utils.make_grid([mg.zeros(1, 2, 2), 3]), TypeError, "a tensor or a list of tensors"),
        (lambda: utils.make_grid(FLOATS), TypeError, "not ndarray"),
        (lambda: utils.make_grid([mg.zeros(1, 2, 2), mg.zeros(1, 2, 3)]), ValueError, "of one shape"),
        (lambda: utils.make_grid(mg.zeros(4)), ValueError, r"images \(N, C, H, W\) are needed"),
        (lambda: utils.make_grid(mg.zeros(2, 1, 2, 2), nrow=0), ValueError, "nrow is 0"),
        (lambda: utils.make_grid(mg.zeros(2, 1, 2, 2), padding=-1), ValueError, "padding is -1"),
        (lambda: utils.make_grid(mg.zeros(2, 1, 2, 2), normalize=True, value_range=[0, 1]), TypeError,
         "must be .low, high."),
        (lambda: utils.make_grid(mg.zeros(2, 1, 2, 2, dtype=mg.uint8), normalize=True), TypeError,
         "normalize takes floats, not uint8"),
        (lambda: utils.save_image(mg.zeros(2, 1, 2, 2, dtype=mg.uint8), "x.png"), TypeError,
         "divide bytes by 255"),
        (lambda: utils.save_image(mg.zeros(2, 5, 2, 2), "x.png"), ValueError, "5 channels make no picture"),
        (lambda: utils.save_image(mg.zeros(2, 1, 2, 2), "x.png", range=(0, 1)), TypeError, "range"),
        (lambda: utils.draw_bounding_boxes, AttributeError, "draw with PIL.ImageDraw"),
    ],
)  # fmt: skip
def test_grids_that_cannot_be(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_values_outside_of_the_unit_are_cut_off(tmp_path):
    utils.save_image(mg.tensor([[[-1.0, 0.5, 2.0]]]), tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as image:
        assert [image.getpixel((x, 0)) for x in range(3)] == [(0,) * 3, (128,) * 3, (255,) * 3]
