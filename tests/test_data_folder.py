"""Folders of pictures: every mode and size becomes RGB of one size; damaged files are named."""

import errno
import os

import numpy as np
import pytest

from minigan import data
from minigan.data import folder, transforms
from minigan.errors import DataError, UserError

Image = pytest.importorskip("PIL.Image")

RED = (200, 30, 40)


def picture(path, size=(40, 30), mode="RGB", colour=RED, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, colour).convert(mode).save(path, **options)
    return path


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P", "L", "LA", "1"])
def test_png_of_each_mode_becomes_rgb(tmp_path, mode):
    picture(tmp_path / "a.png", mode=mode)
    ds = data.ImageFolder(tmp_path, size=8)
    assert ds.data.shape == (1, 8, 8, 3) and ds.data.dtype == np.uint8
    if mode in ("RGB", "RGBA", "P"):
        np.testing.assert_allclose(ds.data[0, 4, 4], RED, atol=8)
    elif mode in ("L", "LA"):
        assert len(set(ds.data[0, 4, 4].tolist())) == 1


def test_sixteen_bits_are_scaled_not_cut_off(tmp_path):
    grey = np.full((9, 9), 128 * 256, np.uint16)
    Image.fromarray(grey).save(tmp_path / "a.png")
    assert data.ImageFolder(tmp_path, size=3).data.ravel().tolist() == [128] * 27


def test_jpeg_in_print_colours_and_turned_camera(tmp_path):
    picture(tmp_path / "a.jpg", mode="CMYK")
    left_half = np.zeros((20, 20, 3), np.uint8)
    left_half[:, :10] = 255
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: to be turned by 90° clockwise
    Image.fromarray(left_half).save(tmp_path / "b.jpg", exif=exif, quality=95)
    ds = data.ImageFolder(tmp_path, size=20)
    np.testing.assert_allclose(ds.data[0, 10, 10], RED, atol=12)
    assert ds.data[1, 2].mean() > 250 and ds.data[1, 17].mean() < 5  # left became top


@pytest.mark.parametrize(("width", "height"), [(60, 20), (20, 60)])
def test_shorter_side_is_resized_and_the_centre_taken(tmp_path, width, height):
    """A ramp along the longer side: its middle third remains."""
    ramp = np.linspace(0, 255, 60).astype(np.uint8)
    pixels = np.broadcast_to(ramp if width == 60 else ramp[:, None], (height, width))
    Image.fromarray(np.ascontiguousarray(pixels)).save(tmp_path / "a.png")
    ds = data.ImageFolder(tmp_path, size=10)
    middle = ds.data[0, :, :, 0].mean(axis=0 if width == 60 else 1)
    expected = np.interp(20 + 2 * np.arange(10) + 0.5, np.arange(60), ramp)
    np.testing.assert_allclose(middle, expected, atol=1.5)


def test_sizes_from_one_pixel_up(tmp_path):
    for number, size in enumerate([(1, 1), (1, 50), (300, 7), (64, 64)]):
        picture(tmp_path / f"{number}.png", size)
    ds = data.ImageFolder(tmp_path, size=16)
    assert ds.data.shape == (4, 16, 16, 3)
    np.testing.assert_allclose(ds.data, np.broadcast_to(RED, ds.data.shape), atol=1)


def test_classes_are_sub_folders(tmp_path):
    for name in ("cat/1.png", "ape/2.JPG", "ape/deep/3.jpeg"):
        picture(tmp_path / name)
    ds = data.ImageFolder(tmp_path, size=8)
    assert ds.classes == ["ape", "cat"] and ds.targets == [0, 0, 1]
    picture(tmp_path / "0.png")  # one that lies outside belongs to no class
    ds = data.ImageFolder(tmp_path, size=8)
    assert ds.classes == ["ape", "cat"] and ds.targets == [0, 0, 1]


def test_other_and_hidden_files_are_left_out(tmp_path):
    picture(tmp_path / "a.png")
    picture(tmp_path / ".hidden" / "b.png")
    (tmp_path / "._a.png").write_bytes(b"what some systems leave beside a picture")
    (tmp_path / "notes.txt").write_text("notes")
    assert [path.name for path in data.ImageFolder(tmp_path, size=4).paths] == ["a.png"]


def test_empty_and_missing_folders(tmp_path):
    with pytest.raises(DataError, match="no pictures in"):
        data.ImageFolder(tmp_path)
    with pytest.raises(DataError, match="is not a folder"):
        data.ImageFolder(tmp_path / "typo")
    with pytest.raises(DataError, match="is not a folder"):
        data.ImageFolder("x" * 300)
    picture(tmp_path / "a.png")
    with pytest.raises(UserError, match="size is 0"):
        data.ImageFolder(tmp_path, size=0)


def test_a_link_back_counts_no_picture_twice(tmp_path):
    (tmp_path / "inner").mkdir()
    picture(tmp_path / "inner" / "a.png")
    (tmp_path / "inner" / "back").symlink_to(tmp_path, target_is_directory=True)
    assert len(data.ImageFolder(tmp_path, size=4)) == 1


def test_a_folder_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    picture(tmp_path / "a.png")

    def scandir(path):
        if str(path).endswith("locked"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return found(path)

    (tmp_path / "class" / "locked").mkdir(parents=True)
    found = os.scandir
    monkeypatch.setattr(os, "scandir", scandir)
    with pytest.raises(DataError, match=r"locked: cannot be read \(Permission denied\)"):
        data.ImageFolder(tmp_path)


@pytest.fixture
def damaged(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (90, 90, 3), np.uint8)
    for name in ("good.jpg", "good.png"):
        Image.fromarray(noise).save(tmp_path / name)
    for name in ("good.jpg", "good.png"):
        content = (tmp_path / name).read_bytes()
        (tmp_path / f"cut-{name}").write_bytes(content[: len(content) // 2])
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "page.jpg").write_text("<html>")
    return tmp_path


@pytest.mark.parametrize("size", [None, 16])
def test_unreadable_files_are_counted_and_named(damaged, size):
    with pytest.raises(DataError) as caught:
        data.ImageFolder(damaged, size=size)
    message = str(caught.value)
    assert "4 of 6 pictures" in message and "--skip-unreadable" in message and "\n" not in message
    for name in ("cut-good.jpg", "cut-good.png", "empty.png", "page.jpg"):
        assert f"{name} (" in message


@pytest.mark.parametrize("size", [None, 16])
def test_unreadable_files_are_skipped_on_request(damaged, size, capsys):
    ds = data.ImageFolder(damaged, size=size, skip_unreadable=True)
    assert [path.name for path in ds.paths] == ["good.jpg", "good.png"] and len(ds) == 2
    assert sorted(path.name for path in ds.unreadable) == [
        "cut-good.jpg",
        "cut-good.png",
        "empty.png",
        "page.jpg",
    ]
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "skipping 4 of 6" in said
    if size:
        assert ds.data.shape == (2, 16, 16, 3) and ds.data.std() > 5  # the right rows were kept


def test_nothing_but_unreadable_files(tmp_path):
    for number in range(folder.NAMED + 5):
        (tmp_path / f"{number}.png").write_bytes(b"")
    with pytest.raises(DataError, match=r"15 of 15 .*and 5 more"):
        data.ImageFolder(tmp_path, skip_unreadable=True)


def test_without_size_the_transform_brings_pictures_to_one_size(tmp_path):
    for number, size in enumerate([(40, 30), (30, 50), (33, 33)]):
        picture(tmp_path / f"{number}.png", size)
    chain = [transforms.Resize(16), transforms.CenterCrop(16), transforms.ToTensor()]
    ds = data.ImageFolder(tmp_path, transforms.Compose(chain))
    images, _ = next(iter(data.DataLoader(ds, 3)))
    assert images.shape == (3, 3, 16, 16)
    np.testing.assert_array_equal(images.numpy()[1], ds[1][0].numpy())
    ds.transform = None
    assert ds[1][0].size == (30, 50)
    with pytest.raises(UserError, match=r"different shapes.*add Resize\(size\) and CenterCrop"):
        next(iter(data.DataLoader(ds, 3)))


def test_limit_reads_no_more_than_it_must(tmp_path):
    picture(tmp_path / "a.png")
    (tmp_path / "b.png").write_bytes(b"")
    assert len(data.ImageFolder(tmp_path, size=8, limit=1)) == 1


def test_a_folders_samples_are_listed_as_in_torchvision(tmp_path):
    for name in ("ape", "cat"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (4, 4)).save(tmp_path / name / "1.png")
    ds = data.ImageFolder(tmp_path)
    assert ds.class_to_idx == {"ape": 0, "cat": 1}
    assert ds.samples == ds.imgs == [(str(tmp_path / "ape" / "1.png"), 0),
                                     (str(tmp_path / "cat" / "1.png"), 1)]  # fmt: skip
