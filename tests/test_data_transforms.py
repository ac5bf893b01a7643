"""Transforms: closed forms, Pillow and PyTorch as references; one image and a batch agree."""

import numpy as np
import pytest

import minigan
from minigan.backend.random import Generator
from minigan.data import transforms as T
from minigan.errors import UserError

Image = pytest.importorskip("PIL.Image")


def bytes_of(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


def floats_of(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


def drawing(seed: int = 1):
    return T.drawing_from(Generator(seed, host=True))


EVERY = [
    T.ToTensor(),
    T.RandomHorizontalFlip(1.0),
    T.Resize(9),
    T.Resize((5, 20)),
    T.CenterCrop(6),
    T.Pad((1, 2), 3),
    T.RandomCrop(8),
    T.GaussianBlur(5, 1.0),
    T.Grayscale(),
    T.Grayscale(3),
]


@pytest.mark.parametrize("transform", EVERY, ids=lambda t: type(t).__name__)
@pytest.mark.parametrize("channels", [1, 3])
def test_a_batch_is_its_images_one_by_one(transform, channels):
    batch = bytes_of(4, channels, 12, 8)
    singles = (
        [transform(image) for image in batch]
        if not isinstance(transform, T.ToTensor)
        else [transform(image.transpose(1, 2, 0)).numpy() for image in batch]
    )
    together = transform(batch)
    if isinstance(transform, T.ToTensor):
        together = together.numpy()
    if not isinstance(transform, T.RandomCrop):
        np.testing.assert_array_equal(together, np.stack(singles))
    assert together.dtype == (np.float32 if isinstance(transform, T.ToTensor) else np.uint8)


@pytest.mark.parametrize(
    "transform", [*EVERY[1:], T.Normalize(0.5, 0.3)], ids=lambda t: type(t).__name__
)
def test_float32_stays_float32_and_the_caller_keeps_his_array(transform):
    batch = floats_of(4, 3, 12, 8)
    before = batch.copy()
    out = transform(batch)
    assert (out.numpy() if isinstance(out, minigan.Tensor) else out).dtype == np.float32
    assert isinstance(transform(minigan.tensor(batch)), minigan.Tensor)
    np.testing.assert_array_equal(batch, before)


@pytest.mark.parametrize("transform", EVERY[1:], ids=lambda t: type(t).__name__)
def test_a_pil_image_comes_back_as_one(transform):
    pixels = bytes_of(3, 12, 8)
    image = transform(T.to_pil(pixels))
    assert T.is_pil(image)
    if not isinstance(transform, (T.RandomCrop, T.Resize)):  # for PIL images Resize is Pillow's
        np.testing.assert_array_equal(T.from_pil(image), transform(pixels))


def test_to_tensor_is_division_by_255():
    pixels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    for image in (pixels, pixels[:, :, None], Image.fromarray(pixels)):
        tensor = T.ToTensor()(image)
        assert tensor.shape == (1, 16, 16)
        np.testing.assert_array_equal(tensor.numpy()[0], pixels / np.float32(255))
    colour = bytes_of(5, 7, 3)
    for image in (colour, Image.fromarray(colour)):
        np.testing.assert_array_equal(
            T.ToTensor()(image).numpy(), colour.transpose(2, 0, 1) / np.float32(255)
        )


@pytest.mark.parametrize("mode", ["1", "P", "CMYK", "LA", "I", "F", "I;16"])
def test_to_tensor_takes_every_mode(mode):
    image = (
        Image.fromarray(np.full((4, 5), 200, np.uint16))
        if mode == "I;16"
        else (Image.new("L", (5, 4), 200).convert(mode))
    )
    assert T.ToTensor()(image).shape[1:] == (4, 5)


def test_normalize_formula():
    batch = floats_of(2, 3, 4, 4)
    mean, std = (0.4, 0.5, 0.6), (0.2, 0.25, 0.3)
    expected = (batch - np.float32(mean).reshape(3, 1, 1)) / np.float32(std).reshape(3, 1, 1)
    np.testing.assert_array_equal(T.Normalize(mean, std)(batch), expected)
    assert T.Normalize((0.5,), (0.5,))(np.float32([[[0, 0.5, 1]]])).tolist() == [[[-1, 0, 1]]]


def test_normalize_mistakes():
    with pytest.raises(UserError, match="divide by zero"):
        T.Normalize(0.5, 0.0)
    with pytest.raises(UserError, match="put ToTensor"):
        T.Normalize(0.5, 0.5)(bytes_of(1, 4, 4))
    with pytest.raises(UserError, match="3 channel"):
        T.Normalize((0.5, 0.5, 0.5), (0.5, 0.5, 0.5))(floats_of(2, 1, 4, 4))
    with pytest.raises(UserError, match=r"\(N, C, H, W\)"):
        T.Normalize(0.5, 0.5)(floats_of(4, 4))


def test_flip_mirrors_the_drawn_images_only():
    batch = bytes_of(1000, 1, 3, 4)
    with drawing():
        out = T.RandomHorizontalFlip(0.3)(batch)
    flipped = (out == batch[..., ::-1]).all((1, 2, 3))
    kept = (out == batch).all((1, 2, 3))
    assert (flipped ^ kept).all() and abs(flipped.mean() - 0.3) < 0.05
    with drawing():
        np.testing.assert_array_equal(T.RandomHorizontalFlip(0.3)(batch), out)
    assert (T.RandomHorizontalFlip(0.0)(batch) == batch).all()


@pytest.mark.parametrize(
    ("source", "target"), [(28, 64), (64, 28), (50, 17), (8, 28), (9, 9), (1, 5)]
)
def test_resize_is_pillows(source, target):
    pixels = bytes_of(2, 1, source, source + 3)
    out = T.Resize((target, target + 1))(pixels)
    for mine, image in zip(out[:, 0], pixels[:, 0], strict=True):
        theirs = Image.fromarray(image).resize((target + 1, target), Image.Resampling.BILINEAR)
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize(("source", "target"), [(28, 64), (64, 28), (33, 20)])
def test_resize_is_pytorchs(source, target):
    torch = pytest.importorskip("torch")
    batch = floats_of(2, 3, source, source)
    theirs = torch.nn.functional.interpolate(
        torch.from_numpy(batch), (target, target), mode="bilinear", antialias=True
    )
    np.testing.assert_allclose(T.Resize((target, target))(batch), theirs.numpy(), atol=2e-6)


def test_resize_of_one_number_keeps_the_proportions():
    assert T.Resize(10)(bytes_of(1, 20, 50)).shape == (1, 10, 25)
    assert T.Resize(10)(bytes_of(1, 50, 20)).shape == (1, 25, 10)
    assert T.Resize(10)(Image.new("RGB", (50, 20))).size == (25, 10)
    ones = np.ones((1, 1, 7, 5), np.float32)
    np.testing.assert_allclose(T.Resize(12)(ones), 1, atol=1e-6)


def test_crop_and_pad():
    image = np.arange(20, dtype=np.uint8).reshape(1, 4, 5)
    assert T.CenterCrop(2)(image).tolist() == [[[7, 8], [12, 13]]]  # (5 - 2) / 2 rounds to even
    assert T.CenterCrop((4, 1))(image).ravel().tolist() == [2, 7, 12, 17]
    padded = T.Pad((1, 2, 3, 4), 9)(image)  # left, top, right, bottom
    assert padded.shape == (1, 10, 9)
    np.testing.assert_array_equal(padded[:, 2:6, 1:6], image)
    assert (padded[:, :2] == 9).all() and padded.sum() == image.sum() + 9 * (90 - 20)
    np.testing.assert_array_equal(T.CenterCrop(6)(image)[:, 1:5, :5], image)  # in a border of 0
    with pytest.raises(UserError, match="RandomCrop"):
        T.RandomCrop((4, 6))(image)


def test_random_crops_are_pieces_from_everywhere():
    image = np.arange(30).reshape(1, 1, 5, 6).astype(np.uint8)
    with drawing():
        crops = T.RandomCrop((2, 3))(image.repeat(500, axis=0))
    assert crops.shape == (500, 1, 2, 3)
    corners = crops[:, 0, 0, 0]
    offsets = np.array([[0, 1, 2], [6, 7, 8]])
    np.testing.assert_array_equal(crops[:, 0], corners[:, None, None] + offsets)
    assert set(corners.tolist()) == {row * 6 + column for row in range(4) for column in range(4)}
    assert T.RandomCrop(5, padding=2)(image).shape == (1, 1, 5, 5)


@pytest.mark.parametrize("sigma", [0.5, 1.0, 3.0])
def test_blur_is_a_weighted_mean_of_the_mirrored_image(sigma):
    """Against the naive loop over a Gaussian window."""
    image = floats_of(1, 9, 7)
    radius = 2
    offsets = np.arange(-radius, radius + 1)
    weights = np.exp(-0.5 * (offsets / sigma) ** 2)
    weights = np.outer(weights, weights) / weights.sum() ** 2
    mirrored = np.pad(image[0], radius, mode="reflect")
    expected = np.array(
        [[(mirrored[y : y + 5, x : x + 5] * weights).sum() for x in range(7)] for y in range(9)]
    )
    np.testing.assert_allclose(T.GaussianBlur(5, sigma)(image)[0], expected, atol=1e-6)


def test_blur_draws_a_sigma_for_each_image_and_checks_its_arguments():
    batch = np.repeat(floats_of(1, 1, 8, 8), 3, axis=0)
    out = T.GaussianBlur(5, (0.1, 2.0))(batch)
    assert not np.array_equal(out[0], out[1])
    assert T.GaussianBlur((3, 1), 1.0)(batch).shape == batch.shape
    for kernel, sigma in ((4, 1.0), (5, 0.0), (5, (2.0, 1.0)), (0, 1.0)):
        with pytest.raises(UserError, match="GaussianBlur"):
            T.GaussianBlur(kernel, sigma)


def test_grayscale_is_pillows_luminance():
    pixels = bytes_of(3, 20, 20)
    theirs = np.asarray(T.to_pil(pixels).convert("L")).astype(int)
    assert np.abs(T.Grayscale()(pixels)[0].astype(int) - theirs).max() <= 1
    assert (np.diff(T.Grayscale(3)(pixels), axis=0) == 0).all()
    np.testing.assert_array_equal(T.Grayscale(3)(pixels[:1]), pixels[:1].repeat(3, axis=0))


# Chains ------------------------------------------------------------------------------------------


def test_compose_as_tutorials_write_it():
    import minigan.torch  # for Tensor.view

    chain = T.Compose([T.ToTensor(), T.Normalize((0.5,), (0.5,)), T.Lambda(lambda t: t.view(-1))])
    flat = chain(Image.fromarray(np.full((28, 28), 255, np.uint8)))
    assert isinstance(flat, minigan.Tensor) and flat.shape == (784,)
    assert (flat.numpy() == 1).all()


def test_run_of_a_batch_is_the_chain_of_each_image():
    chain = T.Compose(
        [
            T.Compose([T.Resize(10), lambda image: image.transpose(Image.Transpose.ROTATE_90)]),
            lambda image: np.array(image),  # (H, W, C), as ToTensor takes it
            T.ToTensor(),
            lambda tensor: tensor * 2 - 1,
            T.Normalize(0.5, 0.25),
        ]
    )
    pixels = bytes_of(4, 3, 20, 30)
    out = T.run(chain, pixels.copy())
    assert out.dtype == np.float32 and out.shape == (4, 3, 15, 10)
    singles = [chain(T.to_pil(image)).numpy() for image in pixels]
    np.testing.assert_array_equal(out, np.stack(singles))
    assert not T.is_batched(chain) and T.is_batched(T.Compose([T.ToTensor()]))


def test_bytes_at_the_end_become_floats():
    pixels = bytes_of(2, 1, 4, 4)
    np.testing.assert_array_equal(T.run(None, pixels.copy()), pixels / np.float32(255))
    out = T.run(T.Lambda(lambda image: image.rotate(90)), pixels.copy())
    np.testing.assert_array_equal(out, np.rot90(pixels, axes=(2, 3)) / np.float32(255))


@pytest.mark.parametrize("mode", T.InterpolationMode)
@pytest.mark.parametrize("size", [(7, 5), (40, 32), (20, 16)])
def test_resampling_of_batches_is_pillows(mode, size):
    """Byte for byte: noise, and black beside white, where wide kernels go beyond 0 and 255."""
    images = np.random.default_rng(0).integers(0, 256, (4, 3, 20, 16), np.uint8)
    images[2:] = np.where(images[2:] < 128, 0, 255)
    resize = T.Resize(size, interpolation=mode)
    pillows = [T.from_pil(resize(T.to_pil(image))) for image in images]
    np.testing.assert_array_equal(resize.apply(images.copy()), pillows)


def test_resampling_is_also_known_by_pillows_number():
    picture = T.to_pil(np.random.default_rng(0).integers(0, 256, (3, 9, 9), np.uint8))
    by_number, by_name = T.Resize((4, 4), 3), T.Resize((4, 4), T.InterpolationMode.BICUBIC)
    assert by_number(picture).tobytes() == by_name(picture).tobytes()
    with pytest.raises(UserError, match="interpolation 9 is not known"):
        T.Resize(4, 9)


def test_pictures_come_out_of_tensors_and_arrays():
    grey = minigan.tensor([[[0.0, 1.0], [0.5, 0.25]]])
    assert np.asarray(T.ToPILImage()(grey)).tolist() == [[0, 255], [127, 63]]
    colours = np.random.default_rng(0).integers(0, 256, (4, 5, 3), np.uint8)
    np.testing.assert_array_equal(np.asarray(T.ToPILImage()(colours)), colours)
    with pytest.raises(UserError, match="mode L does not fit 3"):
        T.ToPILImage("L")(colours)
    assert T.ToPILImage()(grey[0]).size == (2, 2)


def test_flips_and_chances():
    x = minigan.tensor(np.arange(8.0).reshape(2, 1, 2, 2))
    assert T.RandomVerticalFlip(1.0)(x)[0].numpy().tolist() == [[[2.0, 3.0], [0.0, 1.0]]]
    mirrored = T.RandomApply([T.RandomHorizontalFlip(1.0)], 1.0)(x)
    assert mirrored[0].numpy().tolist() == [[[1, 0], [3, 2]]]
    assert T.RandomApply([T.RandomHorizontalFlip(1.0)], 0.0)(x) is x


def test_transforms_as_functions():
    from minigan.torchvision.transforms import functional as F

    picture = T.to_pil(np.arange(48, dtype=np.uint8).reshape(3, 4, 4))
    x = F.to_tensor(picture)
    assert x.shape == (3, 4, 4) and F.to_pil_image(x).tobytes() == picture.tobytes()
    np.testing.assert_array_equal(F.hflip(x).numpy(), x.numpy()[:, :, ::-1])
    np.testing.assert_array_equal(F.vflip(x).numpy(), x.numpy()[:, ::-1])
    assert F.resize(x, [2, 3]).shape == (3, 2, 3) and F.center_crop(x, 2).shape == (3, 2, 2)
    assert F.rgb_to_grayscale(x).shape == (1, 4, 4)
    assert F.normalize(x, (0.5,), (0.5,)).numpy().min() == -1.0


@pytest.mark.parametrize("make", [lambda: T.Resize(-3), lambda: T.Resize((4, 0)),
                                  lambda: T.RandomHorizontalFlip(2)])  # fmt: skip
def test_sizes_and_probabilities_that_cannot_be_are_refused(make):
    with pytest.raises(UserError, match=r"must be (at least 1 pixel|within \[0, 1\])"):
        make()


def test_a_chain_is_printed_as_torchvision_prints_it():
    chain = T.Compose([T.Resize(8), T.CenterCrop(4), T.RandomHorizontalFlip(), T.ToTensor()])
    assert str(chain).splitlines() == [
        "Compose(",
        "    Resize(size=8, interpolation=bilinear, max_size=None, antialias=True)",
        "    CenterCrop(size=(4, 4))",
        "    RandomHorizontalFlip(p=0.5)",
        "    ToTensor()",
        ")",
    ]
