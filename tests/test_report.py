"""A run's report says what its files say, opens anywhere, and no damaged file or odd name harms it."""

import base64
import hashlib
import html.parser
import io
import json
import math
import os
import shutil
from itertools import pairwise

import numpy as np
import pytest
from PIL import Image

from minigan import pictures, reports
from minigan.errors import UserError
from minigan.pictures import grid, save_grid
from minigan.run import report
from minigan.run.report import curves, frames
from minigan.run.report.compared import duration, memory, when
from minigan.run.report.tables import repeating

STEPS = 20  # in an epoch of `a_run`


def a_run(folder, epochs=4, seed=0, program="mnist_dense", drawn=True, **options):
    """A folder as a run of so many epochs leaves it, and whose findings are those of a D that wins."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    settings = {
        "program": program,
        "command": f"python examples/{program}.py --epochs {epochs} --out {folder.name}",
        "options": {
            "epochs": epochs,
            "batch_size": 64,
            "lr": 3e-4,
            "seed": seed,
            "dataset": "mnist",
            **options,
        },
        "backend": "numpy",
        "versions": {"minigan": "0.1.0", "numpy": "2.1"},
        "networks": {
            "G": {"class": "DenseGenerator", "arguments": {"z": 64}, "parameters": 550416}
        },
        "files": [],
    }
    (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
    losses, by_epoch, seen, noted = [], [], [], []
    for epoch in range(epochs):
        for step in range(epoch * STEPS + 5, (epoch + 1) * STEPS + 1, 5):
            losses.append([step, epoch, *rng.random(4).round(4), *rng.random(2).round(4)])
        by_epoch.append([epoch, STEPS, 2.0, 640.0, 0.5, 1.5, 0.6, 0.4, 100 + epoch])
        seen.append([(epoch + 1) * STEPS, epoch, 0.99, 0.01])
        noted.append([(epoch + 1) * STEPS, epoch, f"samples_{epoch:03}.png"])
        if drawn:
            save_grid(
                folder / f"samples_{epoch:03}.png", np.full((4, 28, 28), 20 + 50 * epoch, np.uint8)
            )
    if drawn:
        save_grid(folder / "real.png", rng.integers(0, 256, (4, 28, 28), np.uint8))
        save_grid(folder / "latent_nearest.png", rng.integers(0, 256, (4, 28, 28), np.uint8))
    table(folder / "losses.csv", "step,epoch,loss_D,loss_G,D_x,D_Gz,grad_D,grad_G", losses)
    table(
        folder / "epochs.csv",
        "epoch,steps,seconds,images_per_second,loss_D,loss_G,D_x,D_Gz,memory_mb",
        by_epoch,
    )
    table(folder / "health.csv", "step,epoch,D_x,D_Gz", seen)
    table(folder / "scores.csv", "epoch,modes", [[epoch, epoch + 1] for epoch in range(epochs)])
    table(folder / "pictures.csv", "step,epoch,name", noted)
    return folder


def table(path, header, rows):
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n", "utf-8")


class Page(html.parser.HTMLParser):
    """What a browser would make of the page: its tags, its words, and what its JSON says."""

    def __init__(self, path):
        super().__init__()
        self.tags, self.words, self.content, self.open = [], "", {}, []
        self.text = path.read_text("utf-8")
        self.feed(self.text)
        self.data = json.loads(self.content["application/json"])

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))
        self.open.append(self.tags[-1])

    def handle_endtag(self, tag):
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data):
        tag, attributes = self.open[-1] if self.open else ("", {})
        if tag == "script":
            self.content[attributes.get("type", "")] = data
        elif tag != "style":
            self.words += data

    def named(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


# -- what is read ----------------------------------------------------------------------------------


def test_a_record_says_what_the_files_say(tmp_path):
    run = report.read(a_run(tmp_path / "run", epochs=3))
    assert (run["program"], run["backend"], run["options"]["seed"]) == ("mnist_dense", "numpy", 0)
    assert run["losses"]["step"] == list(range(5, 61, 5))
    assert run["losses"]["epoch"] == [0] * 4 + [1] * 4 + [2] * 4
    assert run["series"] == [
        {"file": f"samples_{epoch:03}.png", "step": 20 * (epoch + 1), "epoch": epoch}
        for epoch in range(3)
    ]
    assert run["real"] == "real.png" and run["pictures"] == [{"file": "latent_nearest.png"}]
    assert (run["epochs_done"], run["epochs_asked"], run["finished"], run["steps"]) == (
        3,
        3,
        True,
        60,
    )
    assert (run["seconds"], run["images_per_second"], run["memory_mb"]) == (6.0, 640.0, 102.0)
    assert (
        run["last"]["loss_G"] == 1.5 and run["last"]["modes"] == 3 and "seconds" not in run["last"]
    )
    assert run["scores"] == {"epoch": [0, 1, 2], "modes": [1, 2, 3], "step": [20, 40, 60]}
    assert [finding["title"] for finding in run["findings"]] == ["D wins"] and run["watched"]
    json.dumps(run, allow_nan=False)


def test_where_there_is_no_run_it_says_so(tmp_path):
    with pytest.raises(UserError, match=r"there is no run in .*none"):
        report.write(tmp_path / "none")


def test_of_a_run_that_has_just_begun_there_is_a_page(tmp_path, capsys):
    folder = a_run(tmp_path / "run", drawn=False)
    for path in folder.glob("*.csv"):
        path.unlink()
    page = Page(report.write(folder))
    assert "0 of 4 epochs so far" in page.words and "Nothing was logged." in page.words
    assert "Nobody watched" in page.words and page.data["series"] == [[]]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "name",
    ["losses.csv", "epochs.csv", "scores.csv", "pictures.csv", "health.csv", "settings.json"],
)
@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"\0\xff\xfe\n\0", b"step,epoch\n1\n", b"{}", b"step,epoch,name,x\n9e999,-1,\n"],
)
def test_damaged_files_are_told_and_do_no_harm(tmp_path, capsys, name, content):
    folder = a_run(tmp_path / "run", epochs=2, drawn=False)
    (folder / name).write_bytes(content)
    assert Page(report.write(folder)).data["steps"] >= 1
    told = capsys.readouterr().err.splitlines()
    assert len(told) <= 1 and all(name in line for line in told)


def test_damaged_rows_are_left_out_and_counted(tmp_path, capsys):
    folder = a_run(tmp_path / "run", drawn=False)
    rows = "10,0,1.5\n20,0\nx,0,1\n30,0,nan\n40,1,-inf\n-5,1,1\n50,1,\n60,1,2.5,9\n70,1"
    (folder / "losses.csv").write_text("step,epoch,loss_D\n" + rows, "utf-8")
    losses = report.read(folder)["losses"]
    assert losses["step"] == [10, 30, 40, 50]
    assert losses["loss_D"][0] == 1.5 and losses["loss_D"][2] == -math.inf
    assert math.isnan(losses["loss_D"][1]) and math.isnan(losses["loss_D"][3])
    assert (
        capsys.readouterr().err
        == f"{folder / 'losses.csv'} is damaged: 4 of its 8 rows are left out\n"
    )


def test_a_row_that_is_being_written_just_now_is_none_yet(tmp_path, capsys):
    """A run writes while it is looked at: half a number is neither a value nor a damage."""
    folder = a_run(tmp_path / "run")
    whole = report.read(folder)
    for name in ("losses.csv", "epochs.csv", "health.csv", "scores.csv", "pictures.csv"):
        with open(folder / name, "a") as file:
            file.write("9")
    assert report.read(folder) == whole
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    "rows", [b"1,x\n", b"1\n", b"inf,0\n", b"nan,0\n", b"\xff,0\n"], ids=lambda rows: str(rows)
)
def test_what_a_damaged_table_of_health_tells_is_not_that_all_is_well(tmp_path, capsys, rows):
    folder = a_run(tmp_path / "run", drawn=False)
    (folder / "health.csv").write_bytes(b"step,epoch\n" + rows)
    page = Page(report.write(folder))
    assert "Nothing to worry about" not in page.words
    assert "health.csv is damaged" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such pipes")
def test_a_pipe_in_place_of_what_ended_a_run_is_not_waited_for(tmp_path):
    folder = a_run(tmp_path / "run", drawn=False)
    whole = report.read(folder)
    os.mkfifo(folder / "diverged.json")
    assert report.read(folder) == whole


def test_columns_of_other_names_are_numbers(tmp_path):
    folder = a_run(tmp_path / "run", drawn=False)
    table(folder / "losses.csv", "step,epoch,name", [[1, 0, 3.5]])
    assert "3.5" in Page(report.write(folder)).text
    assert report.read(folder)["last"]["name"] == 3.5


def test_of_two_rows_for_a_picture_the_last_counts(tmp_path):
    folder = a_run(tmp_path / "run", epochs=2)
    (folder / "a,b.png").write_bytes((folder / "real.png").read_bytes())
    with open(folder / "pictures.csv", "a", encoding="utf-8") as file:
        file.write("99,7,samples_001.png\n98,6,a,b.png\n97,5,gone_000.png\n")
    run = report.read(folder)
    assert run["series"][1] == {"file": "samples_001.png", "step": 99, "epoch": 7}
    assert {"file": "a,b.png", "step": 98, "epoch": 6} in run["pictures"]


def test_pictures_of_older_runs_are_dated_by_their_numbers(tmp_path):
    """A number is an epoch where there are so many, else a step."""
    folder = a_run(tmp_path / "run")
    (folder / "pictures.csv").unlink()
    assert [frame["step"] for frame in report.read(folder)["series"]] == [20, 40, 60, 80]
    for epoch, step in enumerate((0, 25, 50, 75)):
        (folder / f"samples_{epoch:03}.png").rename(folder / f"samples_{step:06}.png")
    assert [(frame["step"], frame["epoch"]) for frame in report.read(folder)["series"]] == [
        (0, 0),
        (25, 1),
        (50, 2),
        (75, 3),
    ]


def test_the_longest_series_is_the_sliders_and_of_others_the_last_is_shown(tmp_path):
    folder = a_run(tmp_path / "run")
    for number in range(3):
        save_grid(folder / f"classes_{number}.png", np.zeros((1, 28, 28)))
    run = report.read(folder)
    assert len(run["series"]) == 4
    assert [picture["file"] for picture in run["pictures"]] == [
        "latent_nearest.png",
        "classes_2.png",
    ]


def test_a_finding_that_was_edited_is_left_out(tmp_path):
    folder = a_run(tmp_path / "run")
    good = report.read(folder)["findings"][0]
    (folder / "diverged.json").write_text(json.dumps(good | {"first_step": "<b>"}), "utf-8")
    assert report.read(folder)["findings"] == [good]


# -- curves ----------------------------------------------------------------------------------------


def test_thinned_curves_keep_their_spikes_and_what_is_no_number():
    x = np.arange(50_000.0)
    y = np.sin(x / 3000)
    y[[1234, 43210]] = [7.0, -9.0]
    y[[100, 30_000]] = [np.nan, np.inf]
    line = curves.thinned(x, y)
    assert len(line["x"]) == len(line["y"]) <= curves.POINTS
    points = dict(zip(line["x"], line["y"], strict=True))
    assert points[1234.0] == 7.0 and points[43210.0] == -9.0
    assert math.isnan(points[100.0]) and points[30_000.0] == math.inf
    assert line["x"] == sorted(line["x"])


def test_short_curves_are_whole():
    x, y = np.arange(1.0, 1001.0), np.linspace(0, 1, 1000)
    line = curves.thinned(x, y)
    assert line["x"] == x.tolist() and np.allclose(line["y"], y, rtol=1e-5, atol=0)


@pytest.mark.parametrize("log", [False, True])
def test_the_bold_line_is_the_mean_of_what_is_finite(log):
    """On a logarithmic scale, of the logarithms."""
    y = 10.0 ** np.random.default_rng(0).normal(size=1000)
    y[[3, 500]] = np.nan, np.inf
    line = curves.running(np.arange(1000.0), y, log)
    first = np.delete(y[:10], 3)  # POINTS stretches of 10
    expected = 10 ** np.log10(first).mean() if log else first.mean()
    assert line["mean_x"][0] == 4.5 and np.isclose(line["mean"][0], expected, rtol=1e-5)
    assert len(line["mean"]) <= curves.AVERAGES and np.isfinite(line["mean"]).all()


def test_quantities_share_the_charts_where_they_belong(tmp_path):
    one, other = (report.read(a_run(tmp_path / name, drawn=False)) for name in "ab")
    charts = curves.panels([one])
    assert [(chart["title"], len(chart["lines"])) for chart in charts] == [
        ("Losses", 2), ("D’s output", 2), ("Gradient norms", 2), ("Modes", 1)
    ]  # fmt: skip
    assert [chart["log"] for chart in charts] == [False, False, True, False]
    assert [chart["half"] for chart in charts] == [False, True, False, False]
    charts = curves.panels([one, other])
    titles = ["Loss D", "Loss G", "D(x)", "D(G(z))", "|∇D|", "|∇G|", "Modes"]
    assert [chart["title"] for chart in charts] == titles
    assert all([line["run"] for line in chart["lines"]] == [0, 1] for chart in charts)


def test_what_is_logged_and_scored_by_one_name_is_told_apart(tmp_path):
    folder = a_run(tmp_path / "a", drawn=False)
    (folder / "losses.csv").write_text("step,epoch,loss,accuracy\n1,0,2.0,0.5\n2,0,1.0,0.75\n")
    (folder / "scores.csv").write_text("step,epoch,accuracy\n2,0,0.625\n")
    charts = curves.panels([report.read(folder)])
    assert [(c["title"], [(line["label"], line["y"]) for line in c["lines"]]) for c in charts] == [
        ("Losses", [("loss", [2.0, 1.0])]),
        ("Accuracy", [("accuracy", [0.5, 0.75])]),
        ("Accuracy, scored", [("accuracy, scored", [0.625])]),
    ]


# -- pictures --------------------------------------------------------------------------------------


def test_a_picture_travels_without_loss_where_there_is_room(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (4, 3, 28, 28), np.uint8)
    save_grid(tmp_path / "a.png", images)
    (made,) = frames.embedded([tmp_path / "a.png"], 10**6)
    canvas = grid(images)
    assert (made["width"], made["height"]) == canvas.shape[1::-1]
    assert np.array_equal(
        decoded(made).repeat(2, 0).repeat(2, 1), canvas
    )  # as a browser enlarges it


def decoded(made):
    content = base64.b64decode(made["src"].removeprefix("data:image/webp;base64,"))
    return np.asarray(Image.open(io.BytesIO(content)))


def test_many_large_pictures_keep_to_their_budget(tmp_path):
    paths = [tmp_path / f"{number}.png" for number in range(4)]
    for path in paths:
        Image.effect_noise((500, 500), 80).save(path, compress_level=1)
    for budget in (1_200_000, 300_000):
        made = frames.embedded(paths, budget)
        assert budget / 4 < sum(len(each["src"]) for each in made) <= 1.1 * budget


def test_what_is_transparent_is_shown_on_white(tmp_path):
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert np.asarray(frames.picture(tmp_path / "a.png")).tolist() == [[[255] * 3] * 4] * 4


def test_a_damaged_picture_is_told_once_and_left_out(tmp_path, capsys):
    folder = a_run(tmp_path / "run")
    (folder / "samples_001.png").write_bytes((folder / "samples_001.png").read_bytes()[:50])
    (folder / "latent_nearest.png").write_bytes(b"no picture")
    page = Page(report.write(folder))
    assert [frame["epoch"] for frame in page.data["series"][0]] == [0, 2, 3]
    assert "Nearest" not in page.words
    told = capsys.readouterr().err.splitlines()
    assert (
        len(told) == 2
        and "samples_001.png is left out: " in told[0]
        and "latent_nearest.png" in told[1]
    )


def test_few_are_chosen_evenly_with_the_first_and_the_last():
    assert frames.chosen(list(range(5)), 5) == [0, 1, 2, 3, 4]
    assert frames.chosen(list(range(101)), 3) == [0, 50, 100]
    some = frames.chosen(list(range(1000)))
    assert len(some) == 100 and (some[0], some[-1]) == (0, 999)
    assert {b - a for a, b in pairwise(some)} == {10, 11}


def test_a_run_of_more_than_a_hundred_pictures_stays_small_and_says_so(tmp_path):
    folder = a_run(tmp_path / "run", epochs=101, drawn=False)
    rng = np.random.default_rng(0)
    for epoch in range(101):
        noise = rng.integers(0, 256, (64, 28, 28), np.uint8)
        Image.fromarray(grid(noise)).save(folder / f"samples_{epoch:03}.png", compress_level=1)
    path = report.write(folder)
    page = Page(path)
    epochs = [frame["epoch"] for frame in page.data["series"][0]]
    assert len(epochs) == 100 and (epochs[0], epochs[-1]) == (0, 100)
    assert "Shown are 100 of 101 pictures." in page.words
    assert 2_000_000 < path.stat().st_size < 15_000_000


# -- the page --------------------------------------------------------------------------------------


def test_the_page_says_how_it_went(tmp_path):
    words = Page(report.write(a_run(tmp_path / "run", epochs=3))).words
    for told in ("mnist_dense", "finished, 3 epochs, 60 steps", "6.0 s", "640 images/s", "102 MB", "D wins",
                 "epochs 0–2", "To try: Lower D's learning rate", "Nearest training images", "DenseGenerator",
                 "550,416", "Epochs, all 3", "--config"):  # fmt: skip
        assert told in words
    stopped = a_run(tmp_path / "stopped", epochs=3)
    settings = json.loads((stopped / "settings.json").read_text("utf-8"))
    settings["options"]["epochs"] = 9
    (stopped / "settings.json").write_text(json.dumps(settings), "utf-8")
    assert "3 of 9 epochs so far, at step 60" in Page(report.write(stopped)).words


def test_a_healthy_run_has_nothing_to_worry_about(tmp_path):
    folder = a_run(tmp_path / "run")
    table(folder / "health.csv", "step,epoch,D_x,D_Gz", [[20, 0, 0.6, 0.4]])
    page = Page(report.write(folder))
    assert "Nothing to worry about was seen." in page.words and "When it was seen" not in page.words


EVIL = "</script ><!--<script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&amp; ${x}"


def test_names_and_settings_are_words_whatever_they_hold(tmp_path):
    """Nothing of them becomes a tag, an attribute or a script."""
    plain = Page(report.write(a_run(tmp_path / "plain")))
    name = "run" if os.name == "nt" else "<script>'\"&"
    folder = a_run(tmp_path / name, program=EVIL, **{EVIL: EVIL, "dataset": EVIL})
    for path, header in (
        ("losses.csv", f"step,epoch,loss_{EVIL},grad_{EVIL}"),
        ("scores.csv", f"epoch,{EVIL}"),
    ):
        table(folder / path, header, [[20, 0, 1.0, 2.0][: header.count(",") + 1]])
    (folder / "samples_003.png").rename(folder / "<b>&.png") if os.name != "nt" else None
    page = Page(report.write(folder))
    assert len(page.named("script")) == len(plain.named("script")) == 2
    assert {key for _, attributes in page.tags for key in attributes} == {
        key for _, attributes in plain.tags for key in attributes
    }
    assert not {"<", ">", "&"} & set(
        page.content["application/json"]
    )  # nothing a parser could take
    assert EVIL in page.words and page.data["charts"][0]["lines"][0][
        "label"
    ] == f"loss {EVIL}".replace("_", " ")
    assert page.named("meta")[1] == plain.named("meta")[1]


def test_the_page_may_load_nothing(tmp_path):
    """Its policy says so to the browser, and allows the one script that it has by its hash."""
    page = Page(report.write(a_run(tmp_path / "run")))
    policy = page.named("meta")[1]["content"]
    script = base64.b64encode(hashlib.sha256(page.content[""].encode()).digest()).decode()
    assert (
        policy.startswith("default-src 'none'; img-src data:;")
        and f"script-src 'sha256-{script}'" in policy
    )
    addresses = [value for _, a in page.tags for key, value in a.items() if key in ("src", "href")]
    assert addresses and all(address.startswith("data:") for address in addresses)


def test_the_command_repeats_the_run_in_another_folder(tmp_path):
    run = {
        "command": "minigan train mnist-dense --epochs 3 --resume",
        "folder": "runs/a b",
        "name": "a b",
    }
    if os.name != "nt":
        assert (
            repeating(run) == "minigan train mnist-dense --config 'runs/a b' --out 'runs/a b_again'"
        )


def test_numbers_that_json_lacks_are_words_in_the_page(tmp_path):
    folder = a_run(tmp_path / "run")
    table(folder / "losses.csv", "step,epoch,grad_D", [[1, 0, "nan"], [2, 0, "inf"], [3, 0, 0.5]])
    assert Page(report.write(folder)).data["charts"][0]["lines"][0]["y"] == ["nan", "inf", 0.5]


def test_times_and_sizes_in_words():
    assert [duration(s) for s in (None, 2.04, 48.2, 200, 7500)] == [
        "–",
        "2.0 s",
        "48 s",
        "3 min 20 s",
        "2 h 5 min",
    ]
    assert [memory(mb) for mb in (None, 930.4, 2400)] == ["–", "930 MB", "2.4 GB"]
    spans = [{"first_epoch": a, "last_epoch": b} for a, b in ((3, 3), (5, 7))]
    assert (when(spans[:1]), when(spans[1:]), when(spans)) == (
        "epoch 3",
        "epochs 5–7",
        "epochs 3, 5–7",
    )


# -- the animation ---------------------------------------------------------------------------------


def frames_of(path):
    """The frames of a GIF, and how long each is shown, in ms."""
    with Image.open(path) as file:
        assert file.info["loop"] == 0
        shown = []
        for number in range(file.n_frames):
            file.seek(number)
            shown.append((np.asarray(file.convert("RGB")), file.info["duration"]))
    return [image for image, _ in shown], [time for _, time in shown]


def test_the_animation_shows_each_picture_in_its_shades(tmp_path):
    folder = a_run(tmp_path / "run")
    path = report.write_animation(folder)
    assert path == folder / "training.gif"
    images, times = frames_of(path)
    assert times == [150, 150, 150, 2000]
    for epoch, image in enumerate(images):
        expected = np.asarray(Image.open(folder / f"samples_{epoch:03}.png").convert("RGB"))
        assert np.array_equal(image, expected)


def test_colours_of_the_animation_are_near_to_the_pictures(tmp_path):
    ramp = np.linspace(0, 255, 64).astype(np.uint8)
    field = np.stack(
        [np.tile(ramp, (64, 1)), np.tile(ramp[:, None], (1, 64)), np.full((64, 64), 90, np.uint8)],
        2,
    )
    shown = [Image.fromarray(np.roll(field, 8 * number, axis=0)) for number in range(3)]
    pictures.save_animation(tmp_path / "a.gif", shown)
    images, _ = frames_of(tmp_path / "a.gif")
    for image, original in zip(images, shown, strict=True):
        difference = np.abs(image.astype(int) - np.asarray(original))
        assert difference.mean() < 8  # 256 colours for the 4,096 of the plane: steps of 16 each way


def test_a_long_or_wide_animation_stays_within_its_bounds(tmp_path):
    wide = [Image.effect_noise((700, 350), 60 + number) for number in range(3)]
    pictures.save_animation(tmp_path / "wide.gif", wide)
    images, _ = frames_of(tmp_path / "wide.gif")
    assert [image.shape for image in images] == [(240, 480, 3)] * 3
    many = [Image.effect_noise((480, 240), 60 + number % 9) for number in range(120)]
    pictures.save_animation(tmp_path / "many.gif", many)
    _, times = frames_of(tmp_path / "many.gif")
    assert (
        len(times) in (30, 50, 100)
        and (tmp_path / "many.gif").stat().st_size <= pictures.ANIMATION_BYTES
    )


def test_a_single_picture_is_no_animation(tmp_path):
    folder = a_run(tmp_path / "run", epochs=1)
    assert report.write_animation(folder) is None and not (folder / "training.gif").exists()


# -- the commands ----------------------------------------------------------------------------------


def test_the_command_writes_both_files(tmp_path, capsys):
    folder = a_run(tmp_path / "run")
    reports.report([str(folder)])
    assert (
        capsys.readouterr().out
        == f"wrote {folder / 'report.html'}\nwrote {folder / 'training.gif'}\n"
    )


def test_runs_are_compared_in_a_table_of_80_columns(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    runs = [
        str(a_run(tmp_path / f"a run number {n}", seed=n, drawn=False, lr=n / 1000))
        for n in range(5)
    ]
    reports.compare([*runs, "--out", str(tmp_path / "all.html")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"wrote {tmp_path / 'all.html'}"
    assert max(map(len, lines[:-1])) <= 80
    rates = [line.split() for line in lines if line.startswith("lr ")]
    assert rates == [["lr", "0.0", "0.001", "0.002", "0.003"], ["lr", "0.004"]]
    assert not any(line.startswith("batch_size") for line in lines)  # the same in all
    for label in ("loss D", "D(x)", "modes", "images/s", "time", "peak memory", "findings"):
        assert any(line.startswith(f"{label} ") for line in lines)
    page = Page(tmp_path / "all.html")
    assert (
        all(f"a run number {n}" in page.words for n in range(5)) and len(page.data["series"]) == 5
    )


def test_compare_wants_two_runs(tmp_path):
    folder = a_run(tmp_path / "run", drawn=False)
    with pytest.raises(
        UserError, match=r"compare takes two runs or more; `minigan report .*run` shows one"
    ):
        reports.compare([str(folder)])
    with pytest.raises(UserError, match="there is no run in"):
        reports.compare([str(folder), str(tmp_path)])


def test_runs_of_one_name_are_told_apart_by_their_paths(tmp_path):
    folders = [a_run(tmp_path / place / "run", drawn=False) for place in ("here", "there")]
    path = report.write_comparison(
        [report.read(folder) for folder in folders], tmp_path / "both.html"
    )
    assert all(str(folder) in Page(path).words for folder in folders)


# -- in a browser ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser():
    """One for all of these tests; MINIGAN_BROWSER names its program where it is not found."""
    playwright = pytest.importorskip("playwright.sync_api")
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    program = os.environ.get("MINIGAN_BROWSER") or next(
        filter(None, map(shutil.which, names)), None
    )
    if not program:
        pytest.skip("no browser here: MINIGAN_BROWSER can name one")
    with playwright.sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The page of a run, and one of two runs."""
    folder = tmp_path_factory.mktemp("runs")
    one, other = a_run(folder / "one"), a_run(folder / "other", epochs=5, seed=1)
    path = report.write_comparison([report.read(one), report.read(other)], folder / "compare.html")
    return {"report": report.write(one), "compare": path}


@pytest.fixture
def opened(browser, written):
    """opened(page, width, scheme): the page in the browser. Nothing may be asked for or go wrong."""
    contexts, wrong = [], []

    def open_page(name, width=1280, scheme="light"):
        context = browser.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        address = written[name].as_uri()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on(
            "request",
            lambda r: (
                wrong.append(r.url) if r.url != address and not r.url.startswith("data:") else None
            ),
        )
        page.clock.install()
        page.goto(address)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


def shade(page, place=0):
    """The grey of the picture that is shown: `a_run` draws each epoch in one of its own."""
    return page.evaluate(
        """async (place) => {
            const image = document.querySelectorAll(".frame img")[place];
            await image.decode();
            const canvas = document.createElement("canvas").getContext("2d");
            canvas.drawImage(image, 0, 0);
            return canvas.getImageData(9, 9, 1, 1).data[0];
        }""",
        place,
    )


@pytest.mark.parametrize("width", [1280, 375])
def test_the_slider_moves_the_picture_its_label_and_the_marker(opened, width):
    page = opened("report", width)
    label, marker = page.locator(".frame output"), page.locator(".marker").first
    assert (label.inner_text(), shade(page)) == ("epoch 3 · step 80", 170)
    end = float(marker.get_attribute("x1"))
    page.locator("#slider").fill("1")
    assert (label.inner_text(), shade(page)) == ("epoch 1 · step 40", 70)
    assert float(marker.get_attribute("x1")) < end
    page.locator("#slider").press("ArrowRight")
    assert (label.inner_text(), shade(page)) == ("epoch 2 · step 60", 120)
    page.locator("h1").click()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert (label.inner_text(), shade(page)) == ("epoch 0 · step 20", 20)
    assert page.locator("#slider").get_attribute("aria-valuetext") == "epoch 0 · step 20"
    assert (
        page.locator(".frame img").get_attribute("alt")
        == "A grid of generated images, epoch 0 · step 20"
    )


@pytest.mark.parametrize("width", [1280, 375])
def test_play_goes_through_all_pictures_and_stops(opened, width):
    page = opened("report", width)
    label, play = page.locator(".frame output"), page.locator("#play")
    play.click()
    assert (label.inner_text(), play.inner_text()) == ("epoch 0 · step 20", "Pause")
    page.clock.run_for(450)
    assert label.inner_text() == "epoch 1 · step 40"
    play.click()
    page.clock.run_for(2000)
    assert (label.inner_text(), play.inner_text()) == ("epoch 1 · step 40", "Play")
    play.click()
    page.clock.run_for(2000)
    assert (label.inner_text(), play.inner_text()) == ("epoch 3 · step 80", "Play")


@pytest.mark.parametrize("width", [1280, 375])
@pytest.mark.parametrize("name", ["report", "compare"])
def test_nothing_is_wider_than_the_screen(opened, name, width):
    page = opened(name, width)
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    wide = page.evaluate(
        """(width) => [...document.querySelectorAll("img, svg, section, h1, h2, h3, p, button, input")]
            .filter((each) => !each.closest(".wide") && each.getBoundingClientRect().right > width + 0.5)
            .map((each) => each.outerHTML.slice(0, 80))""",
        width,
    )
    assert wide == []


def test_curves_are_read_where_one_points_and_a_click_shows_the_pictures_of_that_step(opened):
    page = opened("report")
    values, chart = page.locator(".legend").first, page.locator(".chart svg").first
    before, box = values.inner_text(), chart.bounding_box()
    chart.hover(position={"x": 52 + (box["width"] - 64) / 2, "y": 60})
    assert page.locator("#at").inner_text() == "Values at step 40."
    assert values.inner_text() != before
    chart.click(position={"x": 52 + (box["width"] - 64) / 2, "y": 60})
    assert page.locator(".frame output").inner_text() == "epoch 1 · step 40"
    assert (
        page.locator(".chart path.bold").count() == 7
    )  # two losses, outputs and gradients; a score
    assert page.locator(".half").count() == 1


def test_a_finding_is_told_where_its_bar_is_touched_or_focused(opened):
    page = opened("report", 375)
    bar = page.locator(".track button")
    track = page.locator(".track").bounding_box()
    box = bar.bounding_box()
    assert (
        abs(box["x"] - track["x"] - track["width"] * 20 / 80) < 1
    )  # from step 20 of 80 to the last
    assert abs(box["x"] + box["width"] - track["x"] - track["width"]) < 1
    bar.click()
    assert page.locator(".said").inner_text().startswith("D wins, epochs 0–3. D(x) is 0.990")


def test_the_sliders_of_two_runs_move_together_by_the_share_that_is_over(opened):
    page = opened("compare")
    labels = page.locator(".frame output")
    assert labels.all_inner_texts() == ["epoch 3 · step 80", "epoch 4 · step 100"]
    assert [shade(page, 0), shade(page, 1)] == [170, 220]
    page.locator("#slider").fill("2")  # 60 % of the longer one, and 50 % of the other
    assert labels.all_inner_texts() == ["epoch 1 · step 40", "epoch 2 · step 60"]
    assert page.locator(".chart").count() == 7
    assert page.locator(".chart").first.locator("path.bold").count() == 2
    assert page.locator("thead th").all_inner_texts()[:2] == ["one", "other"]


def luminance(colour):
    """As WCAG 2 has it, of rgb(r, g, b)."""
    parts = [int(part) / 255 for part in colour[4:-1].split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_and_lines_can_be_told_from_the_paper(opened, scheme):
    """4.5 : 1 for words and 3 : 1 for lines, as WCAG 2 asks."""
    page = opened("compare", scheme=scheme)
    paper = luminance(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert (paper < 0.05) == (scheme == "dark")
    colours = page.evaluate(
        """() => {
            const of = (element) => getComputedStyle(element).color;
            const lines = [...Array(8).keys()].map((number) => {
                const chip = document.createElement("i");
                chip.className = `c${number}`;
                document.body.append(chip);
                return of(chip);
            });
            return [[...document.querySelectorAll("p, h1, h2, h3, td, th, figcaption, b, summary, code")].map(of), lines];
        }"""
    )
    for least, some in zip((4.5, 3.0), colours, strict=True):
        for colour in set(some):
            bright, dark = sorted([luminance(colour), paper], reverse=True)
            assert (bright + 0.05) / (dark + 0.05) >= least, colour
