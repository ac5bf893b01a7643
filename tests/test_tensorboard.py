"""SummaryWriter: TensorBoard's own reader finds what PyTorch's writer would have left, or plain files."""

import inspect
import io
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import minigan
import minigan.torch as mg
from minigan import data, nn, run
from minigan.errors import UserError
from minigan.torch.utils import tensorboard
from minigan.torch.utils.tensorboard import SummaryWriter


@pytest.fixture(autouse=True)
def _each_warning_anew():
    tensorboard._say.cache_clear()


@pytest.fixture
def without(monkeypatch):
    """A machine on which tensorboardX is not installed."""
    monkeypatch.setitem(sys.modules, "tensorboardX", None)


@pytest.fixture
def tensorboardX():
    return pytest.importorskip("tensorboardX")


@pytest.fixture
def read(tensorboardX):
    """What TensorBoard reads in a folder."""
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")

    def reader(folder, **sizes):
        found = accumulator.EventAccumulator(str(folder), size_guidance=sizes)
        return found.Reload()

    return reader


@pytest.fixture
def messages(tensorboardX):
    """Every message in the event files of a folder, but for the moments."""
    loader = pytest.importorskip("tensorboard.backend.event_processing.event_file_loader")

    def reader(folder):
        found = {}
        for path in sorted(Path(folder).rglob("events.out.tfevents.*")):
            below = path.parent.relative_to(folder).as_posix()
            events = list(loader.LegacyEventFileLoader(str(path)).Load())
            found.setdefault(below, []).extend(
                (event.step, event.summary) for event in events if event.HasField("summary")
            )
        return {below: said for below, said in found.items() if said}

    return reader


def pixels_of(event):
    return array_of(io.BytesIO(event.encoded_image_string))


def array_of(file):
    with Image.open(file) as image:
        return np.asarray(image)


# -- as PyTorch's ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def theirs(torch):
    pytest.importorskip("tensorboard")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import torch.utils.tensorboard as theirs

        return theirs.SummaryWriter


def parameters_of(function):
    return [(p.name, p.default) for p in inspect.signature(function).parameters.values()]


def test_every_method_takes_what_pytorchs_takes(theirs):
    names = [n for n, value in vars(theirs).items() if callable(value) and n[0] != "_"]
    assert len(names) > 20
    assert {name for name in names if not hasattr(SummaryWriter, name)} == {*tensorboard.ELSEWHERE}
    for name in ("__init__", *({*names} - {*tensorboard.ELSEWHERE})):
        assert parameters_of(getattr(SummaryWriter, name)) == parameters_of(getattr(theirs, name))


RANDOM = np.random.default_rng(0)
VALUES = RANDOM.normal(size=(4, 5)).astype("float32")
PICTURES = RANDOM.uniform(-0.2, 1.2, (10, 3, 4, 5)).astype("float32")
BYTES = RANDOM.integers(0, 256, (4, 5, 3)).astype("uint8")
COUNTS = np.arange(1.0, 6.0)
POINTS = RANDOM.integers(0, 3, (1, 6, 3)).astype("float32")

CALLS = {  # what both writers are asked to do; t makes a tensor of the one library or the other
    "scalar": lambda w, t: w.add_scalar("loss of D/real", t(VALUES[0, :1]), t(np.array(3))),
    "scalar without a step": lambda w, t: w.add_scalar("loss", 0.1),
    "scalar of a moment": lambda w, t: w.add_scalar("loss", np.float64(0.1), 2, 123.0),
    "new style": lambda w, t: w.add_scalar("loss", 0.1, 1, new_style=True),
    "double precision": lambda w, t: w.add_scalar("x", 0.1, 1, None, True, True),
    "scalars": lambda w, t: w.add_scalars("both/a b", {"D": t(VALUES[0, 0]), "G": 2}, 4),
    "histogram": lambda w, t: w.add_histogram("weights of D", t(VALUES), 5),
    "histogram of integers": lambda w, t: w.add_histogram("n", t(np.arange(9)), 5, max_bins=20),
    "histogram by a rule": lambda w, t: w.add_histogram("n", t(VALUES), bins="auto"),
    "histogram by edges": lambda w, t: w.add_histogram("n", VALUES, 1, [-1.0, 0.0, 1.0]),
    "image": lambda w, t: w.add_image("a picture", t(PICTURES[0]), 1),
    "image of bytes": lambda w, t: w.add_image("b", BYTES, 1, dataformats="HWC"),
    "grey image": lambda w, t: w.add_image("c", t(PICTURES[0, 0]), 1, dataformats="HW"),
    "image on its side": lambda w, t: w.add_image("c", t(PICTURES[0, 0]), dataformats="WH"),
    "image of doubles": lambda w, t: w.add_image("d", t(PICTURES[0].astype("float64"))),
    "image of one channel": lambda w, t: w.add_image("e", t(PICTURES[0, :1])),
    "black and white": lambda w, t: w.add_image("f", t(PICTURES[0] > 0.5)),
    "images": lambda w, t: w.add_images("fake images", t(PICTURES), 2),
    "grey images": lambda w, t: w.add_images("fake", t(PICTURES[:3, :1]), 2),
    "images of bytes": lambda w, t: w.add_images("g", np.stack([BYTES] * 3), dataformats="NHWC"),
    "text": lambda w, t: w.add_text("a note", "**Grüße**", 2),
    "settings": lambda w, t: w.add_hparams({"lr": 3e-4, "z": 64, "loss": "bce", "none": None}, {"m/kid": t(VALUES[0, 0])}, None, "run", 3),
}  # fmt: skip


@pytest.mark.parametrize("what", CALLS)
def test_the_messages_are_pytorchs(what, theirs, torch, messages, tmp_path):
    with SummaryWriter(tmp_path / "ours") as writer:
        CALLS[what](writer, mg.tensor)
    with theirs(str(tmp_path / "theirs")) as writer:
        CALLS[what](writer, torch.tensor)
    ours, others = messages(tmp_path / "ours"), messages(tmp_path / "theirs")
    assert str(ours) == str(others) and ours
    assert ours == others


def test_a_figure_has_pytorchs_pixels(theirs, read, tmp_path):
    from matplotlib import pyplot

    for kind, folder in ((SummaryWriter, "ours"), (theirs, "theirs")):
        with kind(str(tmp_path / folder)) as writer:
            figure, axes = pyplot.subplots(figsize=(2, 1))
            axes.plot([1, 2, 1])
            writer.add_figure("curve", figure, 3, close=False)
            assert pyplot.fignum_exists(figure.number)
            writer.add_figure("curves", [figure, pyplot.figure(figsize=(2, 1))], 3)
            assert pyplot.get_fignums() == []
    ours, others = (read(tmp_path / folder) for folder in ("ours", "theirs"))
    for tag in ("curve", "curves"):
        [a], [b] = ours.Images(tag), others.Images(tag)
        assert pixels_of(a).tolist() == pixels_of(b).tolist() and a.step == b.step == 3
        assert np.ptp(pixels_of(a)) == 255


def test_an_embedding_has_pytorchs_files(theirs, tensorboardX, torch, tmp_path):
    from google.protobuf.text_format import Parse
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    points, pictures = RANDOM.normal(size=(5, 3)).astype("float32"), PICTURES[:5, :1, :4, :4]
    for kind, tensor, folder in (
        (SummaryWriter, mg.tensor, "ours"),
        (theirs, torch.tensor, "theirs"),
    ):
        with kind(str(tmp_path / folder)) as writer:
            labels = [["a", 1], ["b", 2], ["c", 3], ["d", 4], ["e", 5]]
            writer.add_embedding(
                tensor(points), labels, tensor(pictures), 2, "of z/50%", ["name", "number"]
            )
            writer.add_embedding(tensor(points), list("abcde"))
    files = [p.relative_to(tmp_path / "theirs") for p in (tmp_path / "theirs").rglob("*.*")]
    files = [p for p in files if "events" not in p.name]
    assert len(files) == 6  # 2 of points, 2 of labels, 1 of pictures, and what lists them
    for path in files:
        ours, others = tmp_path / "ours" / path, tmp_path / "theirs" / path
        if path.suffix == ".png":
            assert np.array_equal(array_of(ours), array_of(others))
        elif path.suffix == ".pbtxt":
            read = [Parse(p.read_text("utf-8"), ProjectorConfig()) for p in (ours, others)]
            assert read[0] == read[1]
        else:
            assert ours.read_text("utf-8").split() == others.read_text("utf-8").split(), path


# -- as TensorBoard reads it -----------------------------------------------------------------------


def test_tensorboard_reads_what_was_logged(backend, read, tmp_path):
    values = mg.tensor(VALUES).requires_grad_()  # which no one needs to detach
    with SummaryWriter(tmp_path) as writer:
        for step in range(3):
            writer.add_scalar("loss", values[0, step].sum(), mg.tensor(step))
        writer.add_scalars("losses", {"D": values[1, 0], "G": 0.5}, 1)
        writer.add_histogram("weights", values, 1)
        writer.add_image("picture", mg.tensor(BYTES), 1, dataformats="HWC")
        writer.add_images("pictures", mg.tensor(PICTURES), 1)
        writer.add_text("note", "plain")
    found = read(tmp_path)
    assert [(e.step, e.value) for e in found.Scalars("loss")] == [
        (step, float(VALUES[0, step])) for step in range(3)
    ]
    assert [e.value for e in read(tmp_path / "losses_D").Scalars("losses")] == [float(VALUES[1, 0])]
    assert [e.value for e in read(tmp_path / "losses_G").Scalars("losses")] == [0.5]
    [event] = found.Histograms("weights")
    counted = event.histogram_value
    assert (counted.num, sum(counted.bucket)) == (20, 20)
    assert (counted.min, counted.max) == (VALUES.min(), VALUES.max())
    edges = np.array([-np.inf, *counted.bucket_limit])
    assert np.histogram(VALUES, edges)[0].tolist() == counted.bucket
    [picture], [grid] = found.Images("picture"), found.Images("pictures")
    assert np.array_equal(pixels_of(picture), BYTES)
    inside = pixels_of(grid)
    assert inside.shape == (2 * 4, 8 * 5, 3)
    as_bytes = (PICTURES.clip(0, 1) * 255).astype("uint8").transpose(0, 2, 3, 1)
    assert np.array_equal(inside[4:, 5:10], as_bytes[9]) and not inside[4:, 10:].any()
    [note] = found.Tensors("note/text_summary")
    assert note.tensor_proto.string_val == [b"plain"]


def test_a_video_is_a_gif_of_its_frames(read, tmp_path):
    shades = np.linspace(0.0, 1.0, 6, dtype="float32").reshape(2, 3, 1, 1, 1)
    with SummaryWriter(tmp_path) as writer:
        writer.add_video("growing up", mg.tensor(shades) + mg.zeros(2, 3, 1, 8, 8), 4, fps=10)
    [event] = read(tmp_path).Images("growing up")
    video = Image.open(io.BytesIO(event.encoded_image_string))
    assert (video.format, video.n_frames, video.size, event.step) == ("GIF", 3, (16, 8), 4)
    assert video.info["duration"] == 100
    for number in range(3):
        video.seek(number)
        frame = np.asarray(video.convert("RGB"))
        expected = (shades[:, number].reshape(2) * 255).astype("uint8")
        assert [frame[0, 0, 0], frame[7, 15, 2]] == expected.tolist()


def test_a_resumed_run_hides_what_came_after_the_checkpoint(read, tmp_path):
    for first, purge_step in ((0, None), (2, 2)):
        with SummaryWriter(tmp_path, purge_step=purge_step) as writer:
            for step in range(first, first + 4):
                writer.add_scalar("loss", first + 0.5, step)
    found = read(tmp_path).Scalars("loss")
    assert [(e.step, e.value) for e in found] == [(0, 0.5), (1, 0.5)] + [
        (s, 2.5) for s in range(2, 6)
    ]


def test_flush_shows_what_was_written_and_closed_writers_go_on(read, tmp_path):
    writer = SummaryWriter(str(tmp_path))
    for step in range(3):
        writer.add_scalar("loss", 1.0, step)
        writer.flush()
        assert len(read(tmp_path).Scalars("loss")) == step + 1
    writer.close()
    writer.close()
    for step in range(3, 15):  # in one second: a file for each, which are read in their order
        writer.add_scalar("loss", 1.0, step)
        writer.close()
    assert len(list(tmp_path.iterdir())) == 13
    assert [e.step for e in read(tmp_path).Scalars("loss")] == [*range(15)]


def test_flush_secs_is_how_long_an_event_may_wait(read, tmp_path):
    patient, hasty = (SummaryWriter(tmp_path / str(s), flush_secs=s) for s in (10_000, 0))
    for step in range(3):
        patient.add_scalar("loss", 1.0, step)
        hasty.add_scalar("loss", 1.0, step)
    assert [e.step for e in read(tmp_path / "0").Scalars("loss")] == [0, 1, 2]
    assert [e.step for e in read(tmp_path / "10000").Scalars("loss")] == [0]  # the first is shown
    patient.close()
    assert [e.step for e in read(tmp_path / "10000").Scalars("loss")] == [0, 1, 2]
    hasty.close()


def test_a_program_that_forgets_to_close_loses_nothing(read, tmp_path):
    code = (
        "from minigan.torch.utils.tensorboard import SummaryWriter as W; "
        "w = W('logs', filename_suffix='.here'); [w.add_scalar('loss', 1.0, s) for s in range(3)]"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")
    [path] = (tmp_path / "logs").iterdir()
    assert path.name.endswith(".here")
    assert [e.step for e in read(tmp_path / "logs").Scalars("loss")] == [0, 1, 2]


# -- where it writes, and what it refuses ----------------------------------------------------------


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.filterwarnings("ignore:SummaryWriter. tensorboardX is not installed")
def test_the_default_folder_is_of_this_moment_and_machine(there, request, tmp_path, monkeypatch):
    request.getfixturevalue("tensorboardX" if there else "without")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tensorboard.time, "strftime", lambda form: f"<{form}>")
    monkeypatch.setattr(tensorboard.socket, "gethostname", lambda: "here")
    with SummaryWriter(comment="_lr_0.1") as writer:
        assert (
            writer.log_dir
            == writer.get_logdir()
            == str(Path("runs", "<%b%d_%H-%M-%S>_here_lr_0.1"))
        )
    assert Path(writer.log_dir).is_dir()


REFUSED = {
    "add_scalar": (lambda w: w.add_scalar("loss", mg.ones(3)), ValueError, r"add_scalar\('loss'\): one number is needed, this has shape \(3,\): .mean\(\) it"),
    "add_scalars": (lambda w: w.add_scalars("both", {"D": mg.ones(2)}), ValueError, r"add_scalars\('both', 'D'\): one number"),
    "step": (lambda w: w.add_scalar("loss", 1.0, step=3), TypeError, "step"),
    "axes": (lambda w: w.add_image("d", mg.ones(3, 4, 5), dataformats="HW"), ValueError, r"add_image\('d'\): a picture of shape \(3, 4, 5\) is not 'HW'; say by dataformats"),
    "letters": (lambda w: w.add_image("d", mg.ones(3, 4, 5), dataformats="CWX"), ValueError, "is not 'CWX'"),
    "channels": (lambda w: w.add_image("d", mg.ones(2, 4, 5)), ValueError, r"1, 3 or 4 channels; the shape is \(2, 4, 5\)"),
    "video": (lambda w: w.add_video("v", mg.ones(3, 4, 5)), ValueError, r"add_video\('v'\): a shape \(N, T, C, H, W\) is needed, this has \(3, 4, 5\)"),
    "settings": (lambda w: w.add_hparams([], {}), TypeError, "are dicts by name"),
    "a setting": (lambda w: w.add_hparams({"lr": [1]}, {}), ValueError, "lr is of type list; give a number, a text or a bool"),
    "domains": (lambda w: w.add_hparams({"a": 1}, {}, {"a": [1]}), NotImplementedError, "hparam_domain_discrete: tensorboardX knows no domains; leave it out"),
    "points": (lambda w: w.add_embedding(mg.ones(3)), ValueError, r"points \(N, D\) are needed"),
    "labels": (lambda w: w.add_embedding(mg.ones(3, 2), ["a"]), ValueError, "1 labels for 3 points"),
    "pictures": (lambda w: w.add_embedding(mg.ones(3, 2), None, mg.ones(3, 1, 4, 5)), ValueError, "square pictures"),
}  # fmt: skip


@pytest.mark.parametrize("there", [True, False])
@pytest.mark.parametrize("what", REFUSED)
@pytest.mark.filterwarnings("ignore:SummaryWriter. tensorboardX is not installed")
def test_what_cannot_be_shown_is_refused(what, there, request, tmp_path):
    request.getfixturevalue("tensorboardX" if there else "without")
    call, error, words = REFUSED[what]
    with SummaryWriter(tmp_path) as writer, pytest.raises(error, match=words):
        call(writer)


@pytest.mark.parametrize("name", tensorboard.ELSEWHERE)
def test_what_no_gan_asks_for_is_refused_with_a_cure_that_works(name, tensorboardX, tmp_path):
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(
            AttributeError, match=f"SummaryWriter has no {name}: the writer tensorb"
        ):
            getattr(writer, name)
        if name != "add_tensor":  # which TensorBoard does not show either
            assert hasattr(tensorboardX.SummaryWriter, name)


def test_a_folder_that_cannot_be_written_is_named(tensorboardX, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot write .*file.logs: "):
        SummaryWriter(tmp_path / "file" / "logs")


def test_add_graph_is_left_out_with_a_cure_that_works(tensorboardX, tmp_path):
    net, x = mg.nn.Linear(2, 1), mg.ones(3, 2)
    with SummaryWriter(tmp_path) as writer:
        with pytest.warns(UserWarning, match=r"minigan.autograd.draw\(model\(x\), model=model\)"):
            writer.add_graph(net, x)
        writer.add_graph(net, x)  # once is enough
    assert "model.weight" in mg.autograd.draw(net(x), model=net).source


# -- without tensorboardX --------------------------------------------------------------------------


def test_without_tensorboardX_there_are_files_to_look_at(without, backend, tmp_path):
    said = r'tensorboardX is not installed.*; all else is left out. pip install "minigan\[tensorboard\]"'
    with pytest.warns(UserWarning, match=said) as caught:
        writer = SummaryWriter(tmp_path / "logs", "x", None, 10, flush_secs=1)
    assert [warning.filename for warning in caught] == [__file__]
    with writer:
        writer.add_scalar("loss/D", mg.tensor(0.5), mg.tensor(3), walltime=1.0, new_style=True)
        writer.add_scalars("losses", {"g": 1.0, "d": 2.0}, global_step=4)
        writer.add_scalar("no step", 1)
        writer.add_image("fake images", mg.ones(3, 4, 5) * 0.2, global_step=7)
        writer.add_image("plain", BYTES, dataformats="HWC")
        writer.add_images("many", mg.tensor(PICTURES), 1)
        writer.add_video("film", mg.rand(1, 2, 3, 4, 5), 1)
        writer.flush()
    SummaryWriter(tmp_path / "more").close()  # says nothing more
    lines = (tmp_path / "logs" / "scalars.csv").read_text().splitlines()
    assert lines == ["3,loss/D,0.5", "4,losses/g,1.0", "4,losses/d,2.0", ",no step,1.0"]
    found = {path.name: array_of(path) for path in (tmp_path / "logs").glob("*.png")}
    assert sorted(found) == ["fake_images_7.png", "many_1.png", "plain.png"]
    assert np.array_equal(found["plain.png"], BYTES)
    assert (
        found["fake_images_7.png"].shape == (4, 5, 3) and (found["fake_images_7.png"] == 51).all()
    )
    assert found["many_1.png"].shape == (8, 40, 3)
    with Image.open(tmp_path / "logs" / "film_1.gif") as film:
        assert film.n_frames == 2
    assert not list((tmp_path / "logs").glob("events*"))


@pytest.mark.filterwarnings("ignore:SummaryWriter. tensorboardX is not installed")
def test_without_tensorboardX_what_only_it_shows_is_left_out(without, tmp_path):
    from matplotlib import pyplot

    with SummaryWriter(tmp_path) as writer:
        for what in ("histogram", "text", "settings"):
            CALLS[what](writer, mg.tensor)
        writer.add_embedding(mg.ones(2, 2), ["a", "b"])
        assert list(tmp_path.iterdir()) == []
        writer.add_figure("curve", pyplot.figure(figsize=(2, 1)), 3)
    assert pyplot.get_fignums() == []
    assert [path.name for path in tmp_path.iterdir()] == ["curve_3.png"]


# -- of a run --------------------------------------------------------------------------------------


def trained(folder, *words, each_step=lambda r: None):
    """A run of 20 epochs of three steps, its networks seen in all of them."""
    options = run.options(
        "tiny", None, epochs=20, batch_size=8, dataset=None, argv=["--out", str(folder), *words]
    )
    net = nn.Linear(2, 2)
    net.nothing = mg.nn.Parameter(minigan.zeros(0))
    loader = data.DataLoader(data.TensorDataset(minigan.rand(24, 2)), 8)
    with run.Run(options, net=net) as r:
        for _ in r.epochs():
            for (x,) in r.batches(loader):
                r.log(loss=net(x).mean())
                each_step(r)


def test_what_others_wrote_is_not_removed_with_a_run(tmp_path, tensorboardX):
    with SummaryWriter(tmp_path) as writer:
        writer.add_scalar("mine", 1.0, 1)
    (mine,) = tmp_path.iterdir()
    trained(tmp_path, "--tensorboard")
    assert len(list(tmp_path.glob("events*"))) == 2
    trained(tmp_path, "--overwrite")
    assert list(tmp_path.glob("events*")) == [mine]


def test_weights_that_are_no_numbers_end_a_run_as_ever(tmp_path, tensorboardX):
    """They have no histogram, and are no mistake of the program."""

    def spoil(r):
        if r.epoch == 16 and r.batch == 2:  # the last step before the 50 are full
            r.networks["net"].weight.array[0, 0] = float("inf")

    with pytest.raises(run.Diverged, match=r"net\.weight holds values that are not finite"):
        trained(tmp_path, "--tensorboard", each_step=spoil)
