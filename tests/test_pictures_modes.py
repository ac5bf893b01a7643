"""Pictures of every mode: what tensors they become, what transforms make of them, or who refuses.

Expected values are Pillow's own. Where torchvision is installed, it is asked as well.
"""

import warnings

import numpy as np
import pytest
from PIL import Image, ImageOps

import minigan.torch as mg
from minigan import data
from minigan.errors import DataError, UserError
from minigan.torch.utils.data import DataLoader
from minigan.torchvision import datasets
from minigan.torchvision import transforms as T
from minigan.torchvision.transforms import functional as F

COLOURS = np.random.default_rng(0).integers(0, 256, (9, 12, 3), np.uint8)
MODES = "1 L P PA LA RGB RGBA RGBX CMYK YCbCr HSV LAB I F I;16".split()


def picture(mode):
    base = Image.fromarray(COLOURS)
    if mode in ("PA", "I;16", "LA", "I", "F"):
        base = base.convert("L")
    return base.convert(mode)


@pytest.fixture(scope="session")
def torchvision():
    """torchvision, where it is installed and fits PyTorch."""
    try:
        import torchvision
    except (ImportError, RuntimeError) as error:
        pytest.skip(f"no torchvision here ({error})")
    return torchvision


# To tensors ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_to_tensor_scales_bytes_and_nothing_else(mode):
    image = picture(mode)
    bands = np.array(image).reshape(9, 12, -1).transpose(2, 0, 1)
    expected = {
        "1": lambda: bands.astype(np.float32),
        "I": lambda: bands.astype(np.int32),
        "F": lambda: bands,
        "I;16": lambda: bands.astype(np.int16),
    }.get(mode, lambda: bands / np.float32(255))()
    for tensor in (T.ToTensor()(image), F.to_tensor(image)):
        assert tensor.dtype == expected.dtype and tensor.shape == (len(image.getbands()), 9, 12)
        np.testing.assert_array_equal(tensor.numpy(), expected)
    kept = T.PILToTensor()(image)
    assert kept.dtype == np.array(image).dtype
    np.testing.assert_array_equal(kept.numpy(), bands)


@pytest.mark.parametrize("mode", MODES)
def test_batches_of_pictures_are_their_items(mode):
    """By a loader's default, and by the transforms that know whole batches."""
    pairs = [(picture(mode), n) for n in range(3)]
    single = T.ToTensor()(picture(mode))
    x, _ = next(iter(DataLoader(pairs, 3)))
    assert x.dtype == single.dtype
    np.testing.assert_array_equal(x.numpy()[2], single.numpy())


def test_deep_pictures_are_not_cut_off():
    deep = np.array([[0, 100, 32767]], np.uint16)
    assert T.ToTensor()(Image.fromarray(deep)).tolist() == [[[0, 100, 32767]]]
    deeper = Image.fromarray(np.array([[0, 100, 65535]], np.uint16))
    with pytest.raises(ValueError, match=r"up to 65535 does not fit into int16: use PILToTensor"):
        T.ToTensor()(deeper)
    tensor = T.PILToTensor()(deeper)
    assert tensor.dtype == np.uint16 and tensor.numpy().tolist() == [[[0, 100, 65535]]]
    wide = Image.fromarray(np.array([[-5, 70000]], np.int32))
    assert T.ToTensor()(wide).tolist() == [[[-5, 70000]]]
    floats = Image.fromarray(np.array([[-0.5, 300.25]], np.float32))
    assert T.ToTensor()(floats).tolist() == [[[-0.5, 300.25]]]
    swapped = Image.new("I;16B", (2, 2), 7)
    for transform in (T.ToTensor(), T.PILToTensor()):
        with pytest.raises(ValueError, match="mode I;16B has its bytes in another order"):
            transform(swapped)


def test_to_tensor_of_arrays_scales_bytes_only():
    for dtype in ("float64", "float32", "int64", "int16", "bool"):
        array = (COLOURS > 99).astype(dtype)
        tensor = T.ToTensor()(array)
        assert tensor.dtype == np.dtype(dtype)
        np.testing.assert_array_equal(tensor.numpy(), array.transpose(2, 0, 1))
    tensor = T.ToTensor()(COLOURS[:, :, 0])
    np.testing.assert_array_equal(tensor.numpy()[0], COLOURS[:, :, 0] / np.float32(255))
    array = COLOURS.astype(np.float32)
    T.ToTensor()(array).numpy()[...] = -1
    assert array.min() >= 0  # a copy
    with pytest.raises(TypeError, match="a tensor needs none, one of bytes ConvertImageDtype"):
        T.ToTensor()(mg.ones(3, 4, 4))
    with pytest.raises(TypeError, match="not list"):
        T.ToTensor()([[1]])
    with pytest.raises(ValueError, match=r"not the shape \(4,\)"):
        T.ToTensor()(np.ones(4))
    with pytest.raises(TypeError, match="leave one of the ToTensor out"):
        ds = data.ImageDataset(COLOURS[None, :, :, 0], [0], T.Compose([T.ToTensor()] * 2))
        next(iter(DataLoader(ds)))
    with pytest.raises(TypeError, match="PILToTensor takes a PIL image"):
        T.PILToTensor()(COLOURS)


# Transforms keep the mode -------------------------------------------------------------------------

KEEPING = {
    "resize": (T.Resize((5, 7)), lambda im: im.resize((7, 5), 2)),
    "nearest": (T.Resize((5, 7), 0), lambda im: im.resize((7, 5), 0)),
    "centre": (T.CenterCrop((3, 4)), lambda im: im.crop((4, 3, 8, 6))),
    "flip": (T.RandomHorizontalFlip(1.0), lambda im: im.transpose(0)),
    "upside down": (T.RandomVerticalFlip(1.0), lambda im: im.transpose(1)),
    "crop": (T.RandomCrop((9, 12)), lambda im: im),
    "turn": (T.RandomRotation((90, 90), expand=True), lambda im: im.rotate(90, expand=True)),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", KEEPING)
def test_pictures_of_every_mode_keep_it(mode, name):
    transform, pillows = KEEPING[name]
    mine, theirs = transform(picture(mode)), pillows(picture(mode))
    assert mine.mode == theirs.mode == mode and mine.tobytes() == theirs.tobytes()


@pytest.mark.parametrize("mode", MODES)
def test_borders(mode):
    image = picture(mode)
    padded = T.Pad((1, 2, 3, 4), 5)(image)
    assert padded.mode == mode and padded.size == (16, 15)
    assert padded.crop((1, 2, 13, 11)).tobytes() == image.tobytes()
    if mode != "LAB":  # whose a and b Pillow counts from -128
        corner = np.array(padded).reshape(15, 16, -1)[0, 0].tolist()
        assert corner == [True if mode == "1" else 5] * len(image.getbands())
    if mode == "P":
        assert padded.getpalette() == image.getpalette()
    for padding_mode in ("edge", "reflect", "symmetric"):
        pad = T.Pad(2, padding_mode=padding_mode)
        if mode in ("PA", "RGBX", "CMYK", "YCbCr", "HSV", "LAB"):
            with pytest.raises(ValueError, match=rf'of mode {mode}: convert\("RGB"\)'):
                pad(image)
            continue
        array = np.array(image)
        widths = ((2, 2), (2, 2), (0, 0))[: array.ndim]
        assert pad(image).mode == mode
        np.testing.assert_array_equal(
            np.array(pad(image)), np.pad(array, widths, mode=padding_mode)
        )


@pytest.mark.parametrize("mode", MODES)
def test_grey(mode):
    if mode == "LAB":
        with pytest.raises(ValueError, match="a picture of mode LAB"):
            T.Grayscale()(picture(mode))
        return
    grey = T.Grayscale()(picture(mode))
    assert grey.mode == "L" and grey.tobytes() == picture(mode).convert("L").tobytes()
    three = T.Grayscale(3)(picture(mode))
    assert three.mode == "RGB" and three.getchannel(1).tobytes() == grey.tobytes()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("transform", [T.ColorJitter(0.5, 0.5, 0.5, 0.1), T.GaussianBlur(3)])
def test_colours_are_changed_where_they_are_colours(mode, transform):
    if mode in ("L", "LA", "RGB", "RGBA"):
        assert transform(picture(mode)).mode == mode
    else:
        with pytest.raises(ValueError, match=rf'a picture of mode {mode}: convert\("RGB"\)'):
            transform(picture(mode))


# From tensors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dtype", "mode"), [("uint8", "L"), ("int16", "I;16"), ("int32", "I"), ("float32", "L")]
)
def test_pictures_of_one_channel(dtype, mode):
    array = np.array([[0, 1]], dtype)
    for image in (T.ToPILImage()(array), T.ToPILImage()(mg.tensor(array)[None])):
        assert image.mode == mode
        assert np.array(image).tolist() == ([[0, 255]] if dtype == "float32" else [[0, 1]])


def test_pictures_of_more_channels_and_modes():
    for mode in ("RGB", "YCbCr", "HSV"):
        image = T.ToPILImage(mode)(COLOURS)
        assert image.mode == mode and image.tobytes() == COLOURS.tobytes()
    four = np.concatenate([COLOURS, COLOURS[:, :, :1]], axis=2)
    for mode in (None, "RGBA", "CMYK", "RGBX"):
        image = T.ToPILImage(mode)(mg.tensor(four.transpose(2, 0, 1)))
        assert image.mode == mode or ("RGBA" and image.tobytes() == four.tobytes())
    assert T.ToPILImage()(COLOURS[:, :, :2]).mode == "LA"
    floats = T.ToPILImage("F")(np.array([[0.25, -3.0]], np.float32))
    assert floats.mode == "F" and np.array(floats).tolist() == [[0.25, -3.0]]


@pytest.mark.parametrize(
    ("mode", "array", "error", "words"),
    [
        ("L", COLOURS, ValueError, "mode L does not fit 3 channel"),
        ("RGB", COLOURS[:, :, 0], ValueError, "mode RGB does not fit 1 channel"),
        ("F", np.ones((2, 2)), TypeError, "1 channel.s. of float64 make no picture"),
        (None, np.ones((2, 2), np.int64), TypeError, "1 channel.s. of int64"),
        (None, np.ones((2, 2, 3), np.int32), TypeError, "3 channel.s. of int32"),
        (None, np.ones((2, 2, 5), np.uint8), ValueError, "5 channels; a picture has 1 to 4"),
        (None, np.ones((1, 2, 2, 3), np.uint8), ValueError, "2 or 3 dimensions"),
        (None, [[1.0]], TypeError, "not list"),
    ],
)
def test_what_makes_no_picture(mode, array, error, words):
    with pytest.raises(error, match=words):
        T.ToPILImage(mode)(array)


# Folders ------------------------------------------------------------------------------------------


def write(path, image, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save(path, **options)


def test_a_folder_gives_rgb_of_every_mode(tmp_path):
    written = [("1", "png"), ("L", "png"), ("P", "png"), ("LA", "png"), ("RGB", "bmp"),
               ("RGBA", "webp"), ("CMYK", "tif"), ("I", "tif"), ("F", "tif"), ("I;16", "png")]  # fmt: skip
    for number, (mode, ending) in enumerate(written):
        write(tmp_path / "c" / f"{number}.{ending}", picture(mode))
    ds = datasets.ImageFolder(tmp_path)
    assert len(ds) == len(written)
    for (image, _), path in zip(ds, ds.paths, strict=True):
        assert image.mode == "RGB"
        with Image.open(path) as file:
            assert image.tobytes() == file.convert("RGB").tobytes()


@pytest.mark.parametrize(
    "array",
    [
        np.array([[0, 40000]], np.uint16),
        np.array([[0, 70000]], np.int32),
        np.array([[-1, 0]], np.int32),
        np.array([[0.5, 1e4]], np.float32),
    ],
)
def test_a_folder_refuses_values_that_bytes_cannot_hold(tmp_path, array):
    write(tmp_path / "c" / "deep.tif", Image.fromarray(array))
    with pytest.raises(DataError, match=r"deep.tif .*its values go from .* loader= ") as told:
        datasets.ImageFolder(tmp_path)
    assert ("size=" in str(told.value)) == (array.dtype == np.uint16)
    if array.dtype == np.uint16:
        assert datasets.ImageFolder(tmp_path, size=1).data.dtype == np.uint8
    else:
        with pytest.raises(DataError, match=r"its values go from .* loader= "):
            datasets.ImageFolder(tmp_path, size=1)
    ds = datasets.ImageFolder(
        tmp_path, T.ToTensor(), loader=lambda path: np.array(Image.open(path))
    )
    np.testing.assert_array_equal(ds[0][0].numpy()[0], array)
    assert next(iter(DataLoader(ds)))[0].dtype == array.dtype or array.dtype == np.uint16


def test_a_folder_does_not_turn_pictures_unless_it_makes_squares(tmp_path):
    """As torchvision's does not; with size, minigan's own, it does."""
    half = np.zeros((20, 20, 3), np.uint8)
    half[:, :10] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    write(tmp_path / "c" / "a.jpg", Image.fromarray(half), exif=exif, quality=95)
    left = np.asarray(datasets.ImageFolder(tmp_path)[0][0])[:, 2].mean()
    top = datasets.ImageFolder(tmp_path, size=20).data[0, 2].mean()
    assert left > 250 and top > 250


def test_classes_of_a_folder(tmp_path):
    for name in ("b/2.png", "b/10.PNG", "a/deep/z.png", "a/y.jpg", "a-b/x.bmp", "stray.png"):
        write(tmp_path / name, Image.new("RGB", (3, 3)))
    (tmp_path / "a" / "notes.txt").write_text("no picture")
    ds = datasets.ImageFolder(str(tmp_path))
    assert ds.classes == ["a", "a-b", "b"] and ds.class_to_idx == {"a": 0, "a-b": 1, "b": 2}
    assert [(p.removeprefix(f"{tmp_path}/"), n) for p, n in ds.samples] == [
        ("a/y.jpg", 0), ("a/deep/z.png", 0), ("a-b/x.bmp", 1), ("b/10.PNG", 2), ("b/2.png", 2),
    ]  # fmt: skip
    assert ds.targets == [0, 0, 1, 2, 2] and ds.imgs is ds.samples
    (tmp_path / "aa").mkdir()  # would move the numbers of those behind it
    with pytest.raises(FileNotFoundError, match=r"no sample of the class aa in .*allow_empty=True"):
        datasets.ImageFolder(tmp_path)
    ds = datasets.ImageFolder(tmp_path, allow_empty=True)
    assert ds.class_to_idx["b"] == 3 and ds.targets == [0, 0, 1, 3, 3]
    (tmp_path / ".ipynb_checkpoints").mkdir()
    with pytest.raises(DataError, match=r"hidden folder .ipynb_checkpoints, which would count"):
        datasets.ImageFolder(tmp_path)


def test_linked_classes_and_hidden_files(tmp_path):
    write(tmp_path / "a" / "1.png", Image.new("RGB", (3, 3)))
    write(tmp_path / "a" / ".2.png", Image.new("RGB", (3, 3)))
    (tmp_path / "b").symlink_to(tmp_path / "a", target_is_directory=True)
    ds = datasets.ImageFolder(tmp_path)
    assert ds.targets == [0, 0, 1, 1] and ds.classes == ["a", "b"]
    (tmp_path / "a" / "._1.png").write_bytes(b"what some systems leave beside a picture")
    with pytest.raises(DataError, match=r"2 of 6 pictures .*--skip-unreadable"):
        datasets.ImageFolder(tmp_path)


def test_what_is_a_sample_can_be_told(tmp_path):
    for name in ("a/1.png", "a/2.gif", "b/3.jpg"):
        write(tmp_path / name, Image.new("RGB", (3, 3)))
    assert len(datasets.ImageFolder(tmp_path)) == 2
    ds = datasets.ImageFolder(tmp_path, is_valid_file=lambda path: path[-5] in "23")
    assert [n for _, n in ds.samples] == [0, 1] and ds.extensions is None
    with pytest.raises(FileNotFoundError, match="no sample of the class a, b"):
        datasets.ImageFolder(tmp_path, is_valid_file=lambda path: False)
    ds.samples = ds.samples[1:]
    assert len(ds) == 1 and ds[0][1] == 1
    assert next(iter(DataLoader(datasets.ImageFolder(tmp_path, T.ToTensor()), 2)))[1].tolist() == [
        0,
        1,
    ]
    with pytest.raises(UserError, match="choose with a Subset"):
        datasets.ImageFolder(tmp_path, size=2).samples = []
    with pytest.raises(UserError, match="a loader opens pictures when asked for; leave out size"):
        datasets.ImageFolder(tmp_path, size=2, loader=Image.open)
    with pytest.raises(TypeError, match="loader 3 is not a function"):
        datasets.ImageFolder(tmp_path, loader=3)


def test_folders_of_any_samples(tmp_path):
    for name in ("a/1.npy", "b/2.npy"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        np.save(tmp_path / name, np.full(2, len(name)))
    (tmp_path / "b" / "3.txt").write_text("no array")
    ds = datasets.DatasetFolder(tmp_path, np.load, (".npy",), target_transform=lambda n: n + 10)
    assert len(ds) == 2 and ds.classes == ["a", "b"] and ds[1][1] == 11
    x, y = next(iter(DataLoader(ds, 2)))
    assert x.shape == (2, 2) and y.tolist() == [10, 11]
    for options in ({}, {"extensions": (".npy",), "is_valid_file": len}):
        with pytest.raises(ValueError, match="either extensions or is_valid_file"):
            datasets.DatasetFolder(tmp_path, np.load, **options)
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no sub-folder"):
        datasets.DatasetFolder(tmp_path / "empty", np.load, (".npy",))

    class Chosen(datasets.ImageFolder):
        def find_classes(self, directory):
            return ["b"], {"b": 5}

    write(tmp_path / "b" / "1.png", Image.new("RGB", (3, 3)))
    assert Chosen(tmp_path).targets == [5] and Chosen(tmp_path).classes == ["b"]


# Beside torchvision -------------------------------------------------------------------------------

MADE = {
    "ToTensor": lambda T: T.ToTensor(),
    "PILToTensor": lambda T: T.PILToTensor(),
    "Resize": lambda T: T.Resize((5, 7)),
    "Resize short": lambda T: T.Resize(5, max_size=6),
    "CenterCrop": lambda T: T.CenterCrop((4, 5)),
    "CenterCrop wide": lambda T: T.CenterCrop((20, 7)),
    "Pad": lambda T: T.Pad((1, 2), 3),
    "Pad edge": lambda T: T.Pad((1, 2), padding_mode="edge"),
    "Pad reflect": lambda T: T.Pad((1, 2), padding_mode="reflect"),
    "Grayscale": lambda T: T.Grayscale(3),
    "flip": lambda T: T.RandomHorizontalFlip(1.0),
    "blur": lambda T: T.GaussianBlur(3, 0.8),
    "turn": lambda T: T.RandomRotation((30, 30), fill=7),
    "brighter": lambda T: T.ColorJitter((1.4, 1.4)),
    "contrast": lambda T: T.ColorJitter(0, (0.6, 0.6)),
    "saturation": lambda T: T.ColorJitter(0, 0, (1.4, 1.4)),
    "hue": lambda T: T.ColorJitter(0, 0, 0, (0.2, 0.2)),
}


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", MADE)
def test_pictures_as_torchvision_makes_them_or_refused(mode, name, torchvision):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            theirs = MADE[name](torchvision.transforms)(picture(mode))
        except Exception:
            theirs = None
    try:
        mine = MADE[name](T)(picture(mode))
    except UserError:
        return
    assert theirs is not None
    if isinstance(mine, Image.Image):
        assert mine.mode == theirs.mode
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(theirs))
    else:
        assert str(mine.dtype) == str(theirs.dtype).removeprefix("torch.")
        np.testing.assert_array_equal(mine.numpy(), theirs.numpy())


def test_expanding_is_pillows():
    image = picture("RGB")
    assert T.Pad(3, (1, 2, 3))(image).tobytes() == ImageOps.expand(image, 3, (1, 2, 3)).tobytes()
