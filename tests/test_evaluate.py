"""What `minigan sample`, `minigan evaluate` and --evaluate-every make of a run: draws and scores."""

import csv
import json
import shutil
import sys

import numpy as np
import pytest
from PIL import Image

import minigan
from minigan import evaluate, models, nn, programs, run, scores
from minigan.errors import UserError
from minigan.run import files
from minigan.scores import judge

DIGITS = "--dataset digits --limit 256 --epochs 2".split()
DENSE = [*DIGITS, *"--hidden-d 8 --hidden-g 8 --z 4 --no-flip".split()]
CLASSES = [*DIGITS, *"--width 2 --units 8 --z 4 --batch-size 32".split()]


@pytest.fixture(autouse=True)
def own_arguments(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["minigan"])  # which programs.run replaces


@pytest.fixture(scope="module")
def dense(tmp_path_factory):
    return trained("mnist_dense", tmp_path_factory.mktemp("runs") / "dense", *DENSE)


@pytest.fixture(scope="module")
def conditional(tmp_path_factory):
    return trained("mnist_class_dcgan", tmp_path_factory.mktemp("runs") / "classes", *CLASSES)


def trained(name, out, *words):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["minigan"])
        programs.run(f"minigan train {name}", name, [*words, "--out", str(out)])
    return out


def command(name, *words):
    return programs.run(f"minigan {name}", name, [str(word) for word in words])


def table(path):
    with open(path, encoding="utf-8") as file:
        return list(csv.DictReader(file))


# -- draws -----------------------------------------------------------------------------------------


def test_a_sample_depends_on_its_place_and_the_seed_alone(dense):
    G = run.load_network(dense)
    many, _ = scores.images(G, 300, seed=3)
    few, _ = scores.images(G, 7, seed=3)
    assert many.shape == (300, 1, 28, 28) and many.dtype == np.uint8
    np.testing.assert_array_equal(few, many[:7])
    assert not np.array_equal(few, scores.images(G, 7, seed=4)[0])


def test_drawing_leaves_everything_as_it_was(conditional):
    G = run.load_network(conditional).train()
    minigan.manual_seed(5)
    before = minigan.randn(3).numpy()
    minigan.manual_seed(5)
    blocks = scores.draw(G, 300)
    next(blocks)
    np.testing.assert_array_equal(minigan.randn(3).numpy(), before)  # also between two blocks
    assert G.training and len(list(blocks)) == 2


def test_classes_are_asked_for_in_turn_of_the_same_latent_points():
    G = models.DCGANGenerator(3, 2, 8, classes=5)
    free, classes = scores.images(G, 300, seed=1)
    asked, labels = scores.images(G, 300, seed=1, labels=[4, 1, 2])
    np.testing.assert_array_equal(labels, np.resize([4, 1, 2], 300))
    alike = (free == asked).all((1, 2, 3))
    np.testing.assert_array_equal(alike, classes == labels)


def test_where_a_batch_is_normalised_by_itself_its_classes_stay_mixed(conditional):
    G = run.load_network(conditional)
    mixed, classes = scores.images(G, 1280, seed=1)
    wanted, labels = scores.images(G, 20, seed=1, labels=[3, 8])
    np.testing.assert_array_equal(labels, [3, 8] * 10)
    np.testing.assert_array_equal(wanted[::2], mixed[classes == 3][:10])
    np.testing.assert_array_equal(wanted[1::2], mixed[classes == 8][:10])
    assert len(np.unique(classes)) == 10


@pytest.mark.parametrize(
    ("G", "labels", "words"),
    [
        (models.DenseGenerator(4, (8,)), [0], "takes no labels"),
        (models.DCGANGenerator(3, 2, 8, classes=5), [5], "no class 5: this G knows 0 to 4"),
        (models.DCGANGenerator(3, 2, 8, classes=5), [-1], "no class -1"),
        (models.DCGANGenerator(3, 2, 8, classes=5), [], "one class at least, of 0 to 4"),
        (models.Deblurrer(2), None, "a Deblurrer draws nothing from noise"),
    ],
)
def test_what_cannot_be_drawn(G, labels, words):
    with pytest.raises(UserError, match=words):
        list(scores.draw(G, 5, labels=labels))


class Bright(nn.Module):
    """Images of tanh(z - at): few have a pixel below 0 if `at` is low."""

    def __init__(self, at, *shape):
        super().__init__()
        self.at, self.shape = at, shape or (1, 4, 4)

    def noise(self, m):
        return minigan.randn(m, *self.shape)

    def forward(self, z):
        return nn.Tanh()(z - self.at)


def test_points_are_no_images():
    with pytest.raises(UserError, match=r"a Bright draws no images: .* shape \(2,\)"):
        scores.images(Bright(0.0, 2), 3)


def test_an_image_does_not_depend_on_those_beside_it():
    """That a G draws in [-1, 1] shows in a batch, and not in every image of it."""
    G = Bright(at=-2.0)
    (values, _), (images, _) = next(scores.draw(G, 128)), scores.images(G, 128)
    alone = (values >= 0).all((1, 2, 3))
    assert alone.any() and not alone.all()
    np.testing.assert_array_equal(images, np.rint((values + 1) / 2 * 255))
    for count in range(1, 20):
        np.testing.assert_array_equal(scores.images(G, count)[0], images[:count])


def test_what_is_no_number_is_not_drawn():
    """As pictures NaN is black, and black images are nearer to digits than many a sample is."""
    with pytest.raises(UserError, match="G draws what are no numbers: it has diverged"):
        scores.images(Bright(at=np.nan), 3)


# -- the command sample ----------------------------------------------------------------------------


def test_samples_as_a_grid_files_and_arrays(conditional, tmp_path):
    asked = "--count 12 --labels 3 8 --seed 2".split()
    for form, name in (("grid", "a.png"), ("npz", "a.npz"), ("files", "a")):
        command("sample", conditional, *asked, "--to", form, "--out", tmp_path / name)
    with np.load(tmp_path / "a.npz") as arrays:
        assert arrays["labels"].tolist() == [3, 8] * 6 and arrays["seed"] == 2
        images = arrays["samples"]
    assert images.shape == (12, 1, 28, 28) and images.dtype == np.uint8
    written = {p.relative_to(tmp_path / "a").as_posix() for p in (tmp_path / "a").rglob("*.png")}
    assert written == {f"{8 if number % 2 else 3}/{number:02}.png" for number in range(12)}
    for number in range(12):
        path = tmp_path / "a" / str(8 if number % 2 else 3) / f"{number:02}.png"
        with Image.open(path) as picture:
            np.testing.assert_array_equal(np.asarray(picture), images[number, 0])
    with Image.open(tmp_path / "a.png") as picture:
        assert picture.width > picture.height
    with pytest.raises(UserError, match=r"a is not empty: name another folder with --out"):
        command("sample", conditional, "--to", "files", "--out", tmp_path / "a")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--to", "grid", "--out", "nowhere/a.png"], r"nowhere is not a folder; create it first"),
        (["--to", "npz", "--out", "."], r"cannot write \.: it is a folder, where"),
        (["--to", "files", "--out", "a.txt"], r"a\.txt is no folder: name one with --out"),
        (["--to", "files", "--out", "a.txt/b"], r"cannot write a\.txt/b: a\.txt is not a folder"),
        (["--to", "files", "--out", "."], r"\. is not empty: name another folder with --out"),
    ],
)
def test_where_no_sample_can_be_written_none_is_drawn(dense, tmp_path, monkeypatch, words, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").touch()
    monkeypatch.setattr(scores, "draw", lambda *_: pytest.fail("it was drawn"))
    with pytest.raises(UserError, match=said):
        command("sample", dense, *words)


# -- the command latent ----------------------------------------------------------------------------


class Copies(minigan.nn.Module):
    """A G whose images are the first of the training images, in [0, 1]."""

    def __init__(self, images):
        self.images = images

    def noise(self, count):
        return minigan.randn(count, 4)

    def forward(self, z):
        return minigan.tensor(self.images[: len(z)] / 255.0, "float32")


@pytest.mark.parametrize("channels", [1, 3])
def test_the_nearest_are_found_whatever_the_range_of_G(channels, dense, tmp_path, monkeypatch):
    copy = tmp_path / "copy"
    shutil.copytree(dense, copy)
    (copy / "latent_nearest.png").unlink()
    images = scores.of_data("digits", None, train=True, limit=256).images
    G = Copies(images.repeat(channels, 1))
    monkeypatch.setattr(run, "load_network", lambda path: G)
    command("latent", copy, "--neighbours", 1)
    if channels == 3:  # of other images than the data set's
        assert not (copy / "latent_nearest.png").exists()
        return
    with Image.open(copy / "latent_nearest.png") as picture:
        pixels = np.asarray(picture)
    side = (pixels.shape[1] - 2) // 2
    np.testing.assert_array_equal(pixels[:, 2 : 2 + side - 2], pixels[:, 2 + side : 2 * side])


def test_where_there_is_no_way_through_latent_space(conditional, tmp_path):
    with pytest.raises(
        UserError, match=r"goes by the statistics of its batch, .* `minigan sample`"
    ):
        command("latent", conditional)
    words = "--limit 200 --epochs 1 --batch-size 20".split()
    out = trained("mixture_2d", tmp_path / "mixture", *words)
    with pytest.raises(UserError, match=r"mixture draws points, not images"):
        command("latent", out)


# -- networks of runs ------------------------------------------------------------------------------


def test_a_run_without_weights_has_its_checkpoint(dense, tmp_path):
    copy = tmp_path / "killed"
    shutil.copytree(dense, copy)
    (copy / "G.safetensors").unlink()
    for name in (files.CHECKPOINT, files.BEFORE):
        ours, theirs = run.load_network(copy), run.load_network(dense)
        if name == files.BEFORE:  # a damaged one is passed over; before it lies another epoch
            assert any(
                (a.detach().numpy() != b.detach().numpy()).any()
                for a, b in zip(ours.parameters(), theirs.parameters(), strict=True)
            )
        else:
            for key, tensor in theirs.state_dict().items():
                np.testing.assert_array_equal(ours.state_dict()[key].numpy(), tensor.numpy())
            (copy / files.CHECKPOINT).write_bytes(b"damaged")
    (copy / files.BEFORE).unlink()
    with pytest.raises(UserError, match=r"checkpoint\.safetensors"):
        run.load_network(copy)


def test_weights_are_of_the_newest_state_or_not_there(tmp_path):
    out = trained("mnist_dense", tmp_path / "run", *DENSE)
    seen = []
    checkpoint = run.Run.checkpoint

    def looked(self):
        checkpoint(self)
        seen.append((out / "G.safetensors").exists())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run.Run, "checkpoint", looked)
        trained("mnist_dense", out, "--resume", "--epochs", "3")
    assert seen == [False] and (out / "G.safetensors").exists()


def test_the_network_that_draws_is_the_average_where_there_is_one(tmp_path):
    words = "--limit 200 --epochs 1 --ema 0.9 --batch-size 20".split()
    out = trained("mixture_2d", tmp_path / "mixture", *words)
    ours, G = run.load_network(out), run.load_network(out, "G")
    average = minigan.load(out / "G_ema.safetensors")
    for name, tensor in ours.state_dict().items():
        np.testing.assert_array_equal(tensor.numpy(), average[f"module.{name}"].numpy())
    assert any(
        (a.detach().numpy() != b.detach().numpy()).any()
        for a, b in zip(ours.parameters(), G.parameters(), strict=True)
    )
    assert type(ours).__name__ == "Generator" and next(scores.draw(ours, 5))[0].shape == (5, 2)
    for file, of in {"G_ema.safetensors": ours, "G.safetensors": G}.items():
        loaded = run.load_network(out / file)
        np.testing.assert_array_equal(
            *(next(net.parameters()).detach().numpy() for net in (loaded, of))
        )


def test_a_network_of_another_program_is_refused_by_name(dense, tmp_path):
    copy = tmp_path / "own"
    shutil.copytree(dense, copy)
    settings = json.loads((copy / files.SETTINGS).read_text("utf-8"))
    settings["program"] = "../conftest"
    settings["networks"]["G"]["class"] = "MyG"
    (copy / files.SETTINGS).write_text(json.dumps(settings), "utf-8")
    with pytest.raises(UserError, match=r"its class is MyG, and only those of minigan\.models"):
        run.load_network(copy)


# -- scores ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def digits():
    return scores.of_data("digits", None, train=True)


def test_a_copy_of_the_test_images_scores_as_they_do(digits):
    judge = scores.Judge(digits[:300], scores.lenet.load("digits"))
    found = judge.scores(digits.images[:300])
    assert found["fld"] == pytest.approx(0.0, abs=1e-3) and found["class_kl"] == 0.0
    for name in ("precision", "recall", "coverage"):
        assert found[name] == found[f"pixel_{name}"] == 1.0
    assert "accuracy" not in found


def test_images_of_another_size_are_resized(digits):
    judge = scores.Judge(digits[:100], pixels=True)
    larger = digits.images[:100].repeat(2, 2).repeat(2, 3)
    resized = judge.resized(larger)
    assert resized.shape == (100, 1, 28, 28) and resized.dtype == np.uint8
    assert np.abs(resized.astype(int) - digits.images[:100]).mean() < 10  # of 255: it is smoothed
    assert judge.resized(resized) is resized


def test_mirrored_images(digits):
    some = digits[:200]
    turned = some.mirrored(0)
    as_they_were = (turned.images == some.images).all((1, 2, 3))
    flipped = (turned.images == some.images[..., ::-1]).all((1, 2, 3))
    assert (as_they_were | flipped).all() and 60 < flipped.sum() < 140  # 100 ± 5.7 σ
    both = some.both_ways()
    np.testing.assert_array_equal(both.images[200:], some.images[..., ::-1])
    np.testing.assert_array_equal(both.labels, np.tile(some.labels, 2))


def test_the_references_stand_on_either_side(conditional):
    """Real images beat noise by each score but those that noise is known to deceive."""
    G = run.load_network(conditional)
    train, test = (scores.of_data("digits", None, train) for train in (True, False))
    rows = scores.judged(G, scores.Judge(test[:400], scores.lenet.load("digits")), train, 400, 1000)
    assert list(rows) == ["samples", "real", "noise"]
    assert rows["samples"].keys() == rows["real"].keys() == rows["noise"].keys()
    real, noise = rows["real"], rows["noise"]
    for name in ("fld", "kid", "class_kl", "knn_error", "nearest"):
        assert real[name] < noise[name], name
    for name in (
        "recall",
        "coverage",
        "pixel_precision",
        "pixel_recall",
        "pixel_coverage",
        "accuracy",
    ):
        assert real[name] > noise[name], name
    assert real["nearest"] == 1.0 and noise["knn_error"] == pytest.approx(0.9, abs=0.1)
    assert real["accuracy"] > 0.97 and real["knn_error"] < 0.2


def test_there_is_as_much_noise_as_asked_for(digits):
    """Two blocks of it: Fréchet's distance and the others fall as there are more rows."""
    noise = judge._joined(judge._noise(digits[:50], 10_050, seed=0))
    assert noise.images.shape == (10_050, 1, 28, 28) and len(noise) == len(noise.labels)
    assert noise.images.dtype == np.uint8 and noise.labels.max() == digits.labels[:50].max()


# -- the command evaluate --------------------------------------------------------------------------


def evaluated(*words):
    evaluate.main([str(word) for word in words])


@pytest.mark.parametrize("kind", ["dense", "conditional"])
def test_evaluate_prints_a_table_and_writes_the_numbers(
    kind, request, tmp_path, capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "80")
    out = request.getfixturevalue(kind)
    how = ["--samples", 100, "--real-size", 100]
    how += ["--labelled", 200] if kind == "conditional" else []
    evaluated(out, *how, "--out", tmp_path / "e.json")
    said = capsys.readouterr().out
    told, written = said.rsplit("\n\n", 1)
    assert max(map(len, told.splitlines())) <= 80 and written == f"wrote {tmp_path / 'e.json'}\n"
    found = json.loads((tmp_path / "e.json").read_text("utf-8"))
    assert found["scores"] == found["rows"]["samples"] and found["epochs"] == 2
    assert found["weights"] in said and found["classifier"]["weights"] in said
    assert found["samples"] == found["real_size"] == 100
    for title in ("Fréchet LeNet distance ↓", "recall ↑", "coverage ↑", "coverage, of pixels ↑"):
        (line,) = [line for line in said.splitlines() if line.startswith(title)]
        assert len(line.split()[len(title.split()) :]) == 3
    assert ("errors of 1-NN" in said) == (kind == "conditional")
    asked = {"samples": "100", "real_size": "100"}
    assert found["asked"] == asked | ({"labelled": "200"} if kind == "conditional" else {})
    evaluated(out, *how, "--out", tmp_path / "f.json")
    assert json.loads((tmp_path / "f.json").read_text("utf-8"))["rows"] == found["rows"]


def test_evaluate_a_mixture(tmp_path, capsys):
    out = trained(
        "mixture_2d", tmp_path / "mixture", *"--limit 200 --epochs 1 --batch-size 20".split()
    )
    evaluated(out)
    rows = json.loads((out / files.EVALUATION).read_text("utf-8"))["rows"]
    assert rows["real"]["modes"] == 8 and rows["real"]["high_quality"] == pytest.approx(
        0.989, abs=0.01
    )
    assert rows["noise"]["high_quality"] < 0.02
    assert "share of high quality" in capsys.readouterr().out


def test_evaluate_a_mixture_by_what_its_D_lets_pass(tmp_path, capsys):
    words = "--limit 200 --epochs 2 --batch-size 20 --reject 1 --ema 0.9"
    out = trained("mixture_2d", tmp_path / "mixture", *words.split())
    program, G = programs.load("mixture_2d"), run.load_network(out)
    points = np.concatenate([x for x, _ in scores.draw(G, 2_500)])

    def scored(D):
        minigan.save(D.state_dict(), out / "D.safetensors")
        evaluated(out)
        return json.loads((out / files.EVALUATION).read_text("utf-8"))["scores"]

    D = run.load_network(out, "D")
    *_, last = D
    last.weight.array *= 0.0  # it knows nothing, so all pass
    modes, quality = program.Mixture("ring").score(points)
    assert scored(D) == {"modes": modes, "high_quality": quality}

    # D = 200·x: none passes but those near the largest x that G draws
    for layer in D:
        weight = layer.weight if layer is last else layer.maps.weight
        weight.array[:] = 0.0
        weight.array[:5, 0] = 1.0
    last.weight.array *= 200.0
    passed = program.accepted_of(map(minigan.tensor, [points] * 40), D, 2_500, seed=0)
    assert passed.shape == (2_500, 2)
    assert passed[:, 0].min() > np.quantile(points[:, 0], 0.5)
    assert "that pass by D's odds" in capsys.readouterr().out
    for name in ("G", "G_ema"):  # D knows the odds of a run's end; a file may hold any G
        evaluated(out / f"{name}.safetensors", "--out", tmp_path / "e.json")
        assert "2,500 samples, as many points of the ring" in capsys.readouterr().out
    (out / "D.safetensors").unlink()
    for name in (files.CHECKPOINT, files.BEFORE):
        (out / name).unlink(missing_ok=True)
    with pytest.raises(UserError, match=r"D\.safetensors"):
        evaluated(out)


def test_rejection_needs_a_G_and_a_D_of_single_samples(tmp_path):
    with pytest.raises(UserError, match="leave out --packing"):
        trained("mixture_2d", tmp_path / "a", "--reject", "1", "--packing", "2")
    with pytest.raises(UserError, match="G learns in none of 2 epochs"):
        trained("mixture_2d", tmp_path / "b", "--reject", "2", "--epochs", "2")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """Folders of pictures that are no two the same: seen of 24, others of 12 more, in two classes."""
    folder = tmp_path_factory.mktemp("pictures")
    chance = np.random.default_rng(0)
    for name, count in {"seen": 12, "others": 6}.items():
        for of in ("cats", "dogs"):
            (folder / name / of).mkdir(parents=True)
            for i in range(count):
                image = chance.integers(0, 256, (8, 8, 3), np.uint8)
                Image.fromarray(image).save(folder / name / of / f"{i}.png")
    shutil.copytree(folder / "others" / "dogs", folder / "dogs" / "dogs")
    return folder


@pytest.fixture(scope="module")
def prints(pictures):
    words = "--conditional --width 2 --size 8 --multipliers 1 --batch-size 4 --epochs 1 --limit 20"
    words += f" --images {pictures / 'seen'}"
    return trained("prints_dcgan", pictures / "run", *words.split())


def test_pictures_are_compared_with_others_of_the_same_classes(prints, pictures, capsys):
    evaluated(prints, "--real", pictures / "others", "--labelled", 30)
    found = json.loads((prints / files.EVALUATION).read_text("utf-8"))
    assert found["samples"] == found["real_size"] == 12 and found["labelled"] == 30
    assert "knn_error" in found["scores"] and "fld" not in found["scores"]
    said = capsys.readouterr().out
    assert "taught by 30 samples or 20 training images" in " ".join(said.split())  # as --limit said
    with pytest.raises(UserError, match=r"trained on the classes cats, dogs; give --real a folder"):
        evaluated(prints, "--real", pictures / "dogs")
    with pytest.raises(UserError, match=r"most images to compare with are among those that were"):
        evaluated(prints, "--real", pictures / "seen")
    with pytest.raises(UserError, match=r"no test images: name a folder .* with --real DIR"):
        evaluated(prints)


def test_a_folder_that_is_elsewhere_is_named(prints, pictures, monkeypatch, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(prints, copy)
    settings = files.read_settings(copy)
    settings["options"]["images"] = "seen"
    files.write_settings(copy, settings)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"the pictures in seen, and from here there is no such"):
        evaluated(copy, "--real", pictures / "others")


def test_a_folder_is_no_class_after_the_other(pictures):
    labels = scores.of_folder(pictures / "seen", 8).labels
    assert len(set(labels[:8])) == 2 and sorted(labels) == [0] * 12 + [1] * 12
    assert (scores.of_folder(pictures / "seen", 8, limit=12).labels == 0).all()


def test_scores_without_a_number_are_null(dense, tmp_path, monkeypatch):
    infinite = {"samples": {"class_kl": float("inf"), "recall": 0.5}}
    monkeypatch.setattr(evaluate, "rows_of", lambda *_: infinite)
    evaluated(dense, "--out", tmp_path / "e.json")
    text = (tmp_path / "e.json").read_text("utf-8")
    assert "Infinity" not in text
    assert json.loads(text)["scores"] == {"class_kl": None, "recall": 0.5}


def test_only_a_run_says_after_how_many_epochs(dense, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(evaluate, "rows_of", lambda *_: {"samples": {"recall": 0.5}})
    shutil.copy(dense / "G.safetensors", dense / "G_000.safetensors")
    for path, epochs in {dense: 2, dense / "G_000.safetensors": None}.items():
        evaluated(path, "--out", tmp_path / "e.json")
        assert json.loads((tmp_path / "e.json").read_text("utf-8"))["epochs"] == epochs
        assert ("epochs done: 2" in capsys.readouterr().out) == (epochs is not None)
    (dense / "G_000.safetensors").unlink()


def test_what_cannot_be_written_is_told_before_the_work(dense, tmp_path, monkeypatch):
    monkeypatch.setattr(evaluate, "rows_of", lambda *_: pytest.fail("it went to work"))
    with pytest.raises(UserError, match=r"nowhere is not a folder; create it first"):
        evaluated(dense, "--out", tmp_path / "nowhere" / "e.json")
    with pytest.raises(UserError, match=r"cannot write .*: it is a folder, where a file belongs"):
        evaluated(dense, "--out", tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("limit", None, r"the options in the run's settings\.json lack 'limit'"),
        ("dataset", "cifar10", r"draws images of 1 channels, and its training images have 3"),
        ("dataset", "nosuch", r"unknown data set 'nosuch'"),
    ],
)
def test_settings_by_hand(dense, tmp_path, monkeypatch, option, value, words):
    copy = tmp_path / "copy"
    shutil.copytree(dense, copy)
    settings = files.read_settings(copy)
    settings["options"].pop(option)
    settings["options"] |= {option: value} if value else {}
    files.write_settings(copy, settings)
    colour = scores.Real(np.zeros((9, 3, 32, 32), np.uint8), np.zeros(9, int))
    of_data = scores.of_data
    monkeypatch.setattr(
        scores, "of_data", lambda name, *more: colour if name == "cifar10" else of_data(name, *more)
    )
    with pytest.raises(UserError, match=words):
        evaluated(copy)


@pytest.mark.parametrize(
    ("program", "words", "option"),
    [
        ("mnist_dense", DENSE, "--labelled"),
        ("mixture_2d", ["--limit", "200", "--epochs", "1"], "--real-size"),
        ("mixture_2d", ["--limit", "200", "--epochs", "1"], "--classifier"),
        ("gaussian_1d", ["--epochs", "1"], "--samples"),
    ],
)
def test_an_option_that_changes_nothing_is_refused(program, words, option, tmp_path):
    out = trained(program, tmp_path / "run", *words)
    with pytest.raises(UserError, match=f"{option}: the scores of .* do not depend on it: leave"):
        evaluated(out, option, 60)


def test_what_evaluate_refuses(dense, pictures, tmp_path):
    with pytest.raises(UserError, match=r"of 1 channels, and those to compare with have 3"):
        evaluated(dense, "--real", pictures / "others")
    with pytest.raises(
        UserError, match=r"--samples 257: as many .* are compared, .* there are 256"
    ):
        evaluated(dense, "--samples", 257)
    few = trained("mnist_dense", tmp_path / "few", *DENSE, "--limit", "4", "--batch-size", "2")
    with pytest.raises(UserError, match=r"4 training images, and .* there must be at least 6 of"):
        evaluated(few)
    with pytest.raises(UserError, match=r"a DenseDiscriminator draws nothing from noise alone"):
        evaluated(dense / "D.safetensors")
    with pytest.raises(UserError, match=r"cannot read .*nowhere"):
        evaluated(tmp_path / "nowhere")
    with pytest.raises(UserError, match=r"no classifier in .*mnist-classifier"):
        evaluated(dense, "--classifier", tmp_path)


def test_evaluate_the_theory(tmp_path):
    out = trained("gaussian_1d", tmp_path / "theory", *"--limit 2000 --epochs 1".split())
    evaluated(out)
    rows = json.loads((out / files.EVALUATION).read_text("utf-8"))["rows"]
    assert rows["real"] == {"mean": 1.0, "std": 0.6, "jsd": 0.0}
    assert (rows["noise"]["mean"], rows["noise"]["std"]) == (0.0, 1.0)
    assert 0.0 < rows["samples"]["jsd"] < np.log(2.0)
    command("sample", out, "--count", 20_000, "--to", "npz")
    with np.load(out / "samples.npz") as arrays:
        points = arrays["samples"]
    assert points.shape == (20_000, 1)  # whose moments are those of the integrals
    spread = rows["samples"]["std"]
    assert points.mean() == pytest.approx(rows["samples"]["mean"], abs=5 * spread / 20_000**0.5)
    assert points.std() == pytest.approx(spread, rel=0.05)


def test_evaluate_a_deblurring_run(tmp_path, monkeypatch):
    words = "--dataset digits --limit 128 --epochs 1 --width 2 --test-limit 300".split()
    out = trained("cifar_deblur", tmp_path / "deblur", *words)
    evaluated(out, "--real-size", 300)
    found = json.loads((out / files.EVALUATION).read_text("utf-8"))
    (row,) = table(out / files.SCORES)
    for name in ("psnr", "ssim"):  # of all batches alike, the last of 50 too
        assert found["scores"][name] == pytest.approx(float(row[name]), rel=1e-5)
    assert list(found["rows"]) == ["deblurred", "blurred"]
    assert found["rows"]["blurred"]["psnr"] > 15.0


@pytest.mark.parametrize("command", ["evaluate", "sample"])
def test_a_run_that_draws_nothing_says_what_it_is(command, tmp_path, monkeypatch):
    settings = {"program": "mnist_classifier", "options": {}, "files": [], "networks": {}}
    settings["networks"]["C"] = {"class": "LeNet", "arguments": {"channels": 1}}
    (tmp_path / files.SETTINGS).write_text(json.dumps(settings), "utf-8")
    with pytest.raises(UserError) as told:
        if command == "evaluate":
            evaluated(tmp_path)
        programs.run("minigan sample", "sample", [str(tmp_path)])
    assert str(told.value) == (
        f"{tmp_path} holds no G that draws samples, but C, a LeNet: it scores other runs, by "
        f"`minigan evaluate RUN --classifier {tmp_path}`"
    )


# -- while it trains -------------------------------------------------------------------------------


def test_scores_while_it_trains_change_nothing(dense, tmp_path, capsys):
    out = trained("mnist_dense", tmp_path / "run", *DENSE, "--evaluate-every", "1")
    assert (out / files.LOSSES).read_bytes() == (dense / files.LOSSES).read_bytes()
    assert (out / "G.safetensors").read_bytes() == (dense / "G.safetensors").read_bytes()
    rows = table(out / files.SCORES)
    assert [row["epoch"] for row in rows] == ["0", "1"]  # a training goes on behind the first
    assert all(float(row["coverage"]) <= 1.0 and float(row["fld"]) > 0.0 for row in rows)
    assert "scored  fld" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("cifar_deblur", "has no G that draws from noise alone"),
        ("mnist_classifier", "has no G that draws from noise alone"),
    ],
)
def test_what_has_no_samples_to_score(name, words, tmp_path):
    with pytest.raises(UserError, match=f"--evaluate-every: {name} on .* {words}"):
        more = ["--dataset", "digits", "--limit", "128", "--evaluate-every", "1", "--quick"]
        trained(name, tmp_path / "run", *more)
