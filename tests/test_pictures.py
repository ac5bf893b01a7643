"""Grids hold every image at its place in the right shade; curves say what the table says."""

import errno
import os

import numpy as np
import pytest
from PIL import Image

import minigan
from minigan import pictures
from minigan.errors import UserError
from minigan.pictures import BORDER, GREY, grid, save_curves, save_grid


def cells(canvas, rows, columns, height, width):
    """The images in a grid, after checking that all between them is border."""
    rest = canvas.copy()
    found = []
    for row in range(rows):
        for column in range(columns):
            top, left = BORDER + row * (height + BORDER), BORDER + column * (width + BORDER)
            place = np.s_[top : top + height, left : left + width]
            found.append(canvas[place])
            rest[place] = GREY
    assert (rest == GREY).all()
    return found


def test_images_stand_row_by_row_between_thin_borders():
    images = np.random.default_rng(0).integers(0, 256, (6, 3, 60, 70), np.uint8)
    canvas = grid(images, columns=3)
    assert canvas.shape == (2 * 62 + 2, 3 * 72 + 2, 3)
    for image, cell in zip(images, cells(canvas, 2, 3, 60, 70), strict=True):
        assert np.array_equal(cell, image.transpose(1, 2, 0))


def test_the_last_row_may_be_short():
    images = np.full((5, 1, 60, 60), 255, np.uint8)
    found = cells(grid(images, columns=3)[..., None], 2, 3, 60, 60)
    assert [int(cell.mean()) for cell in found] == [255] * 5 + [GREY]


def test_small_images_are_enlarged_by_a_whole_number():
    images = np.random.default_rng(0).integers(0, 256, (4, 28, 28), np.uint8)
    found = cells(grid(images)[..., None], 2, 2, 56, 56)
    for image, cell in zip(images, found, strict=True):
        assert np.array_equal(cell[..., 0], np.kron(image, np.ones((2, 2), np.uint8)))


@pytest.mark.parametrize(
    ("count", "columns", "shape"),
    [(25, None, (5, 5)), (64, None, (8, 8)), (10, None, (3, 4)), (3, 10, (1, 3))],
)
def test_rows_and_columns(count, columns, shape):
    height, width = grid(np.zeros((count, 1, 60, 60)), columns).shape
    assert ((height - BORDER) // 62, (width - BORDER) // 62) == shape


def test_the_four_shapes_of_grey_images_are_one_picture():
    images = np.random.default_rng(0).random((4, 1, 28, 28), np.float32)
    expected = grid(images)
    assert expected.ndim == 2
    for same in (images[:, 0], images.reshape(4, 784), minigan.tensor(images)):
        assert np.array_equal(grid(same), expected)


def test_a_generators_output_needs_no_detach():
    net = minigan.nn.Linear(2, 784)
    assert grid(net(minigan.randn(4, 2))).shape == (118, 118)


def test_shades():
    """v in [0, 1] is the byte 255v; with a negative one among them, 255(v + 1)/2; rounded."""
    unit = np.array([0.0, 0.2, 0.5, 1.0, 7.0])
    assert pictures.to_bytes(unit).tolist() == [0, 51, 128, 255, 255]
    signed = np.array([-1.0, -0.5, 0.0, 1.0, -9.0, 9.0])
    assert pictures.to_bytes(signed).tolist() == [0, 64, 128, 255, 0, 255]
    whole = np.arange(256, dtype=np.uint8)
    assert np.array_equal(pictures.to_bytes(whole / np.float32(255)), whole)
    assert np.array_equal(pictures.to_bytes(whole / np.float32(127.5) - 1), whole)


def test_values_that_are_no_numbers_are_black_or_white():
    broken = np.array([np.nan, np.inf, -np.inf, 1.0], np.float32)
    assert pictures.to_bytes(broken).tolist() == [0, 255, 0, 255]
    assert pictures.to_bytes(np.full(3, np.nan)).tolist() == [0, 0, 0]


@pytest.mark.parametrize(
    "shape", [(4, 2, 28, 28), (4, 783), (784,), (0, 1, 28, 28), (1, 1, 1, 8, 8)]
)
def test_other_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="the shape given is"):
        grid(np.zeros(shape))


@pytest.mark.parametrize("channels", [1, 3])
def test_the_png_holds_the_grid(tmp_path, channels):
    images = np.random.default_rng(0).random((9, channels, 32, 32)) * 2 - 1
    save_grid(tmp_path / "g.png", images, columns=3)
    with Image.open(tmp_path / "g.png") as picture:
        assert picture.format == "PNG"
        assert np.array_equal(np.asarray(picture), grid(images, 3))


@pytest.mark.parametrize("name", ["/", ".", "", "x" * 256, "/".join(["x" * 300] * 2)])
def test_names_that_no_picture_can_have(name):
    with pytest.raises(UserError, match="cannot write "):
        save_grid(name, np.zeros((4, 784)))


def test_a_full_disk_leaves_the_former_picture(tmp_path, monkeypatch):
    save_grid(tmp_path / "g.png", np.zeros((4, 784)))
    before = (tmp_path / "g.png").read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(UserError, match=r"cannot write .*g\.png: No space left"):
        save_grid(tmp_path / "g.png", np.ones((4, 784)))
    assert (tmp_path / "g.png").read_bytes() == before
    assert os.listdir(tmp_path) == ["g.png"]


# -- curves ----------------------------------------------------------------------------------------


def write_table(path, rows, names=("loss_D", "loss_G", "D_x", "D_Gz", "acc_G", "score")):
    lines = [",".join(("step", "epoch", *names))]
    lines += [
        ",".join(map(str, (n + 1, 0, *(n * 0.1 + i for i in range(len(names))))))
        for n in range(rows)
    ]
    path.write_text("\n".join(lines) + "\n")


@pytest.mark.parametrize("rows", [1, 2, 50, 1000])
def test_curves_of_any_length(tmp_path, rows):
    write_table(tmp_path / "losses.csv", rows)
    save_curves(tmp_path / "losses.png", tmp_path / "losses.csv", "a title")
    with Image.open(tmp_path / "losses.png") as picture:
        assert picture.size[0] == 880


def test_no_rows_no_picture(tmp_path):
    write_table(tmp_path / "losses.csv", 0)
    save_curves(tmp_path / "losses.png", tmp_path / "losses.csv", "a title")
    assert os.listdir(tmp_path) == ["losses.csv"]


@pytest.fixture
def drawn(monkeypatch):
    """The figures that are written."""
    from matplotlib.figure import Figure

    figures = []
    monkeypatch.setattr(
        Figure, "savefig", lambda figure, path, **_: (figures.append(figure), path.touch())
    )
    return figures


def test_a_single_row_is_a_dot_above_a_whole_number(tmp_path, drawn):
    write_table(tmp_path / "losses.csv", 1)
    save_curves(tmp_path / "losses.png", tmp_path / "losses.csv", "a title")
    assert [line.get_marker() for line in drawn[0].axes[0].lines] == ["None", "o"] * 2
    assert [tick for tick in drawn[0].axes[-1].get_xticks() if 0 < tick < 2] == [1.0]


@pytest.mark.parametrize(
    "content", ["step,epoch,a\n1,0\n", "step,epoch,a\n1,0,x\n", "step\n1\n", "a\nb\n", "\xff"]
)
def test_a_damaged_table_has_no_curves(tmp_path, content):
    (tmp_path / "losses.csv").write_bytes(
        b"step,epoch,a\n\xff" if content == "\xff" else content.encode()
    )
    with pytest.raises(ValueError):
        save_curves(tmp_path / "losses.png", tmp_path / "losses.csv", "a title")
    assert os.listdir(tmp_path) == ["losses.csv"]


def test_panels_and_labels(tmp_path, drawn):
    write_table(tmp_path / "losses.csv", 300)
    save_curves(tmp_path / "losses.png", tmp_path / "losses.csv", "a title")
    panels = {axes.get_ylabel(): axes for axes in drawn[0].axes}
    assert list(panels) == ["loss", "D's output", "accuracy", "other values"]
    texts = {
        name: [t.get_text() for t in axes.get_legend().get_texts()] for name, axes in panels.items()
    }
    assert texts["loss"] == ["loss D", "loss G"]
    assert texts["D's output"] == ["D(x)", "D(G(z))"]
    assert texts["accuracy"] == ["acc G"]
    thin, bold = panels["accuracy"].lines
    assert thin.get_ydata() == pytest.approx(np.arange(300) * 0.1 + 4)
    assert bold.get_ydata() == pytest.approx(np.arange(1, 299) * 0.1 + 4)  # a mean of three


def test_an_accuracy_has_its_own_panel(tmp_path, drawn):
    write_table(tmp_path / "losses.csv", 3, ("loss", "accuracy", "accuracy_of_fakes"))
    save_curves(tmp_path / "losses.png", tmp_path / "losses.csv", "a title")
    panels = {axes.get_ylabel(): len(axes.get_legend().get_texts()) for axes in drawn[0].axes}
    assert panels == {"loss": 1, "accuracy": 2}


def test_running_means():
    x, y = pictures.averaged(np.arange(400.0), np.arange(400.0) % 4)
    assert len(x) == 397
    assert x[0] == 1.5
    assert y == pytest.approx(np.full(397, 1.5))


def test_running_means_are_those_of_the_finite_values():
    x, y = np.arange(1.0, 1001.0), np.random.default_rng(0).normal(size=1000)
    at, means = pictures.averaged(x, y)
    assert np.allclose(at, [x[i : i + 10].mean() for i in range(991)])
    assert np.allclose(means, [y[i : i + 10].mean() for i in range(991)])
    y[5], y[100:120] = np.nan, np.inf
    _, means = pictures.averaged(x, y)
    assert means[0] == pytest.approx(np.nanmean(y[:10]))
    assert np.isnan(means).sum() == 11
    assert np.isfinite(means[120:]).all()
