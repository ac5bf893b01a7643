"""A run loses nothing: stopped anywhere and resumed, it gives the same bytes; it ends cleanly."""

import contextlib
import csv
import errno
import importlib
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import safetensors.numpy
from PIL import Image

import minigan
from minigan import backend as B
from minigan import data, models, nn, optim, pictures, run, serialization
from minigan.data.transforms import ToTensor
from minigan.errors import UserError
from minigan.run import files
from minigan.run import results as ending_with
from minigan.torch.utils.data import DataLoader, IterableDataset
from minigan.watching import anomaly

STEPS = 8  # in an epoch: 60 images in batches of 8, the last one of 4
EXAMPLES = Path(__file__).parents[1] / "examples"


def parsed(out, *argv, **own):
    settings = {
        "epochs": 4,
        "batch_size": 8,
        "log_every": 3,
        "lr": run.rate(1e-2, "of Adam"),
        **own,
    }
    argv = ["--out", str(out), "--backend", B.name, *argv]
    return run.options("tiny", __doc__, argv=argv, **settings)


def train(options, each_step=lambda step: None, extra=dict):
    """A GAN of the smallest kind, with all that has a state: Adam, BatchNorm, Dropout, noise."""
    images = np.random.default_rng(5).random((60, 1, 4, 4), np.float32)
    loader = data.DataLoader(data.TensorDataset(images), options.batch_size, shuffle=True)
    D = nn.Sequential(
        nn.Flatten(), nn.Linear(16, 6), nn.Dropout(0.3), nn.Linear(6, 1), nn.Sigmoid()
    )
    G = nn.Sequential(
        nn.Linear(3, 6, bias=False), nn.BatchNorm1d(6), nn.Linear(6, 16), nn.Unflatten(1, (1, 4, 4))
    )
    opt_D, opt_G = (optim.Adam(net.parameters(), options.lr) for net in (D, G))
    bce = nn.BCELoss()
    fixed_z = minigan.randn(4, 3)
    with run.Run(options, D=D, G=G, opt_D=opt_D, opt_G=opt_G) as r:
        for epoch in r.epochs():
            for (x,) in r.batches(loader):
                m = len(x)
                fake = G(minigan.randn(m, 3))
                d_real, d_fake = D(x), D(fake.detach())
                loss_D = bce(d_real, minigan.ones(m, 1)) + bce(d_fake, minigan.zeros(m, 1))
                opt_D.zero_grad()
                loss_D.backward()
                opt_D.step()
                loss_G = bce(D(fake), minigan.ones(m, 1))
                opt_G.zero_grad()
                loss_G.backward(inputs=list(G.parameters()))
                opt_G.step()
                r.log(
                    **{"loss_D": loss_D, "loss_G": loss_G, "D_x": d_real, "D_Gz": d_fake} | extra()
                )
                each_step(epoch * STEPS + r.batch + 1)
            minigan.randn(3)  # what a program does after its batches counts as well
            if r.at(1):
                with minigan.no_grad():
                    r.save_images(f"samples_{epoch:03}.png", G.eval()(fixed_z))
                G.train()
    return r


def table(path):
    with path.open() as file:
        return list(csv.DictReader(file))


def raising(step, error):
    def each_step(now):
        if now == step:
            raise error

    return each_step


def signalled(step, number=signal.SIGINT):
    def each_step(now):
        if now == step:
            os.kill(os.getpid(), number)

    return each_step


RESULTS = (
    *("D.safetensors", "G.safetensors", files.LOSSES, files.PICTURES),
    *("samples_001.png", "samples_003.png"),
)


def results(out):
    """The bytes of all that must not depend on interruptions; of epochs.csv without the times."""
    unlike = ("seconds", "images_per_second", "memory_mb")
    rows = [{k: v for k, v in row.items() if k not in unlike} for row in table(out / files.EPOCHS)]
    return {name: (out / name).read_bytes() for name in RESULTS} | {files.EPOCHS: rows}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "run"
    train(parsed(out))
    return out


# -- what a run writes -----------------------------------------------------------------------------


def test_a_run_writes_every_kind_of_output_and_names_it(tmp_path, capsys):
    train(parsed(tmp_path))
    written = sorted(path.name for path in tmp_path.iterdir())
    assert written == sorted(
        [
            *("D.safetensors", "G.safetensors", files.CHECKPOINT, files.BEFORE, files.SETTINGS),
            *(files.LOSSES, files.EPOCHS, "losses.png", "samples_001.png", "samples_003.png"),
            *(files.PICTURES, "report.html", "training.gif"),
        ]
    )
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert "seed 0" in lines[0]
    assert "parameters: D 109, G 142" in lines[0]
    pattern = r"epoch \d/3  D \d\.\d+  G \d\.\d+  D\(x\) \d\.\d+  D\(G\(z\)\) \d\.\d+  [\d,]+ img/s"
    left = r"  \d+:\d\d left"
    first, second, drew, third, last, drew_again = lines[1:7]
    assert all(re.fullmatch(pattern + left, line) for line in (first, second, third))
    assert re.fullmatch(pattern, last)
    assert drew == f"drew {tmp_path / 'samples_001.png'}"
    assert drew_again == f"drew {tmp_path / 'samples_003.png'}"
    named = " ".join(lines[7:])
    assert named.startswith(f"wrote to {tmp_path}:")
    assert set(re.findall(r"[\w.]+", named.rpartition(": ")[2])) == set(written)
    assert err == ""  # no progress bar where nobody sees it


def test_the_settings_tell_how_to_do_it_again(uninterrupted):
    settings = json.loads((uninterrupted / files.SETTINGS).read_text())
    assert settings["program"] == "tiny"
    assert settings["backend"] == B.name
    assert settings["command"]
    assert settings["versions"]["numpy"] == np.__version__
    assert settings["options"] == {
        "epochs": 4, "batch_size": 8, "lr": 0.01, "seed": 0, "limit": None, "dataset": "auto",
        "backend": B.name, "data_dir": None, "log_every": 3, "checkpoint_minutes": 10.0,
        "precision": "float32", "quick": False, "health": True, "tensorboard": False,
        "evaluate_every": 0,
    }  # fmt: skip


def test_the_tables_hold_the_means_of_the_steps(tmp_path):
    seen = []

    def extra():
        seen.append(float(len(seen)))
        return {"score": seen[-1]}

    train(parsed(tmp_path, "--epochs", "2"), extra=extra)
    rows = table(tmp_path / files.LOSSES)
    assert [int(row["step"]) for row in rows] == [3, 6, 8, 11, 14, 16]  # none spans two epochs
    assert [int(row["epoch"]) for row in rows] == [0, 0, 0, 1, 1, 1]
    assert [float(row["score"]) for row in rows] == [1, 4, 6.5, 9, 12, 14.5]
    epochs = table(tmp_path / files.EPOCHS)
    assert [float(row["score"]) for row in epochs] == [3.5, 11.5]
    assert [int(row["steps"]) for row in epochs] == [8, 8]
    weights = [3, 3, 2]
    for name in ("loss_D", "loss_G", "D_x", "D_Gz"):
        mean = np.average([float(row[name]) for row in rows[:3]], weights=weights)
        assert float(epochs[0][name]) == pytest.approx(mean, rel=1e-4)


def test_the_weights_load_into_the_networks(uninterrupted):
    checkpoint = minigan.load(uninterrupted / files.CHECKPOINT)
    for name in ("D", "G"):
        weights = minigan.load(uninterrupted / f"{name}.safetensors")
        for key, tensor in weights.items():
            assert np.array_equal(
                tensor.cpu().numpy(), checkpoint["parts"][name][key].cpu().numpy()
            )


def test_values_are_read_back_only_every_few_steps(tmp_path, backend, monkeypatch):
    read = []
    to_host = B.to_host
    monkeypatch.setattr(B, "to_host", lambda array: read.append(array.shape) or to_host(array))
    with contextlib.closing(run.history.History(tmp_path, every=5)) as history:
        for step in range(12):
            values = {"a": minigan.ones(()), "b": minigan.ones(4, 1) > 0, "c": step}
            before = waits(backend)
            was_read = history.add(0, values)
            assert was_read == (step % 5 == 4)
            assert was_read or waits(backend) == before
        assert read == [(15,), (15,)]
        history.end_epoch(0, 1.0, 12)
        assert read == [(15,), (15,), (6,)]


def waits(backend):
    """How often the host has waited for the device; only the stand-in for CuPy counts it."""
    import cupy

    return sum(cupy.synchronisations.values()) if backend == "cupy-strict" else 0


def test_a_step_that_logs_other_values_is_told(tmp_path):
    with contextlib.closing(run.history.History(tmp_path, every=5)) as history:
        history.add(0, {"a": 1.0})
        with pytest.raises(ValueError, match="gave b, but earlier ones a"):
            history.add(0, {"b": 1.0})


def test_plots_are_nobodys_business_until_the_end(tmp_path):
    script = f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import test_run as t
        def each_step(step): assert "matplotlib" not in sys.modules
        t.train(t.parsed({str(tmp_path / "run")!r}, "--epochs", "1"), each_step)
        assert "matplotlib" in sys.modules
    """
    assert program(tmp_path, script).returncode == 0


# -- stop and resume -------------------------------------------------------------------------------


def test_two_and_two_epochs_are_four(tmp_path, backend, capsys):
    train(parsed(tmp_path / "four"))
    train(parsed(tmp_path / "two", "--epochs", "2"))
    train(parsed(tmp_path / "two", "--resume", "--epochs", "4"))
    assert "resuming at epoch 2\n" in capsys.readouterr().out
    assert results(tmp_path / "two") == results(tmp_path / "four")


def test_a_run_goes_on_with_another_backend(tmp_path, backend, uninterrupted):
    train(parsed(tmp_path, "--epochs", "2", "--backend", "numpy"))
    train(
        parsed(
            tmp_path,
            "--epochs",
            "4",
            "--backend",
            "numpy" if backend == "numpy" else "cupy",
            "--resume",
        )
    )
    expected = minigan.load(uninterrupted / "G.safetensors")
    for name, tensor in minigan.load(tmp_path / "G.safetensors").items():
        assert np.allclose(B.to_host(tensor.array), B.to_host(expected[name].array), atol=1e-4)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("step", [1, 7, 8, 9, 21, 31])
def test_stopped_at_any_step_and_resumed(tmp_path, uninterrupted, capsys, heeded, step, number):
    with pytest.raises(run.Interrupted):
        train(parsed(tmp_path), signalled(step, number))
    epoch, batch = divmod(step, STEPS)
    err = capsys.readouterr().err
    assert err.startswith(f"stopped at epoch {epoch}, step {batch}; to continue: ")
    assert err.endswith(" --resume\n")
    assert {"D.safetensors", "G.safetensors"} <= set(os.listdir(tmp_path))
    assert (tmp_path / "losses.png").exists() == (step > 2)  # the first row of losses.csv
    if batch:
        assert (tmp_path / f"samples_{epoch:03}.png").exists()  # the pictures so far
    train(parsed(tmp_path, "--resume"))
    assert results(tmp_path) == results(uninterrupted)


def test_stopped_over_and_over(tmp_path, uninterrupted):
    for number, step in enumerate((2, 3, 11, 16, 17, 30)):
        with pytest.raises(run.Interrupted):
            train(parsed(tmp_path, *["--resume"] * (number > 0)), signalled(step))
    train(parsed(tmp_path, "--resume"))
    assert results(tmp_path) == results(uninterrupted)


@pytest.fixture
def heeded():
    """SIGHUP as a terminal has it, wherever the tests are run."""
    former = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, former)


def test_what_a_process_is_told_to_ignore_does_not_stop_it(tmp_path, heeded):
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
    train(parsed(tmp_path, "--epochs", "1"), signalled(3, signal.SIGHUP))
    assert (tmp_path / "G.safetensors").exists()


def test_the_way_to_continue_is_told_before_the_results_are_written(tmp_path, capsys, monkeypatch):
    def again(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(run.results, "save", again)
    with pytest.raises(KeyboardInterrupt):
        train(parsed(tmp_path), signalled(3))
    assert "; to continue: " in capsys.readouterr().err


def test_the_way_to_continue_names_the_same_python(tmp_path, capsys, monkeypatch):
    words = ["my venv/bin/python", "-O", "gan.py", "--overwrite", "--lr", "1"]
    monkeypatch.setattr(sys, "orig_argv", words)
    with pytest.raises(run.Interrupted):
        train(parsed(tmp_path), signalled(3))
    command = "'my venv/bin/python' -O gan.py --lr 1 --resume"
    assert capsys.readouterr().err.endswith(f"; to continue: {command}\n")


@pytest.mark.parametrize("step", [6, 7, 8, 15])
def test_what_was_heard_goes_on_too(tmp_path, monkeypatch, step):
    """Also where the run stops between the step that is heard and the row of the epoch's end."""
    monkeypatch.setattr(run.loop, "CHECKUP", (4, 1000))
    train(parsed(tmp_path / "whole"))
    with pytest.raises(run.Interrupted):
        train(parsed(tmp_path / "stopped"), signalled(step))
    train(parsed(tmp_path / "stopped", "--resume"))
    whole, stopped = (
        (tmp_path / name / files.HEALTH).read_bytes() for name in ("whole", "stopped")
    )
    assert stopped == whole
    assert whole.count(b"\n") == 5
    assert results(tmp_path / "stopped") == results(tmp_path / "whole")


@pytest.mark.parametrize("step", [2, 8, 12])
def test_a_crash_goes_back_to_the_last_checkpoint(tmp_path, uninterrupted, step):
    """Checkpoints by the clock: here after every step."""
    options = parsed(tmp_path, "--checkpoint-minutes", "1e-9")
    with pytest.raises(ZeroDivisionError):
        train(options, raising(step, ZeroDivisionError()))
    state = minigan.load(tmp_path / files.CHECKPOINT)
    assert state["epoch"] * STEPS + state["batch"] == step - 1
    train(parsed(tmp_path, "--resume"))
    assert results(tmp_path) == results(uninterrupted)


def flipped(path):
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage, why",
    [
        (flipped, "cannot load {}: its checksum is another one, so the file is damaged, or was "),
        (lambda path: os.truncate(path, 1000), "cannot load {}: the file is damaged or cut off "),
        (os.remove, "cannot read {}: No such file or directory"),  # killed between two renames
    ],
    ids=["flipped bit", "cut off", "missing"],
)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    tmp_path, uninterrupted, capsys, damage, why
):
    train(parsed(tmp_path, "--epochs", "3"))
    damage(tmp_path / files.CHECKPOINT)
    capsys.readouterr()
    train(parsed(tmp_path, "--resume", "--epochs", "4"))
    out, err = capsys.readouterr()
    assert "resuming at epoch 2\n" in out
    assert err.startswith(why.format(tmp_path / files.CHECKPOINT)) and err.count("\n") == 1
    assert err.endswith("the checkpoint before it is whole, so the run goes on from that one\n")
    assert results(tmp_path) == results(uninterrupted)
    for name in (files.CHECKPOINT, files.BEFORE):
        assert minigan.load(tmp_path / name)["epoch"] in (3, 4)


def test_two_damaged_checkpoints_are_an_end_with_the_newest_named(tmp_path):
    train(parsed(tmp_path, "--epochs", "2"))
    flipped(tmp_path / files.CHECKPOINT), flipped(tmp_path / files.BEFORE)
    with pytest.raises(UserError, match=r"cannot load .*/checkpoint\.safetensors: its checksum"):
        train(parsed(tmp_path, "--resume"))
    assert (tmp_path / files.CHECKPOINT).exists() and (tmp_path / files.BEFORE).exists()


def test_a_run_from_before_there_were_checksums_is_continued(tmp_path, uninterrupted, monkeypatch):
    monkeypatch.setattr(serialization, "unchecked", [])
    train(parsed(tmp_path, "--epochs", "2"))
    path, arrays = tmp_path / files.CHECKPOINT, {}
    tree = serialization._encode(minigan.load(path), (), arrays)
    safetensors.numpy.save_file(arrays, path, {serialization.FORMER: json.dumps(tree)})
    (tmp_path / files.BEFORE).unlink()
    train(parsed(tmp_path, "--resume", "--epochs", "4"))
    assert serialization.unchecked == [path]
    assert results(tmp_path) == results(uninterrupted)


def test_what_has_changed_since_is_said(tmp_path, capsys):
    train(parsed(tmp_path, "--epochs", "1"))
    settings = json.loads((tmp_path / files.SETTINGS).read_text())
    assert settings["versions"].keys() >= {"minigan", "numpy", "kernels", "BLAS"}
    former = {"numpy": "1.0", "BLAS": "abacus", "python": "2.7", "platform": "PDP-11"}
    change_settings(tmp_path, versions=settings["versions"] | former)
    capsys.readouterr()
    train(parsed(tmp_path, "--resume", "--epochs", "2"))
    err = capsys.readouterr().err
    assert err.startswith("the run was begun with numpy 1.0 (now ") and "BLAS abacus (now " in err
    assert err.endswith("): from here on its last digits may differ\n") and "PDP" not in err
    change_settings(tmp_path, backend="abacus")
    train(parsed(tmp_path, "--resume", "--epochs", "3"))
    assert f"with backend abacus (now {B.name}): from" in capsys.readouterr().err
    train(parsed(tmp_path, "--resume", "--epochs", "4"))
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("versions", [None, 3, [], {}, {"numpy": None}])
def test_versions_that_nobody_wrote_down(tmp_path, versions):
    train(parsed(tmp_path, "--epochs", "1"))
    change_settings(tmp_path, versions=versions)
    train(parsed(tmp_path, "--resume", "--epochs", "2"))
    assert minigan.load(tmp_path / files.CHECKPOINT)["epoch"] == 2


def test_a_second_signal_ends_at_once_and_keeps_the_checkpoint(
    tmp_path, uninterrupted, monkeypatch
):
    monkeypatch.setattr(run.loop, "PATIENCE", 0.0)

    def twice(step):
        if step == 13:
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(KeyboardInterrupt) as stopped:
        train(parsed(tmp_path), twice)
    assert not isinstance(stopped.value, run.Interrupted)
    train(parsed(tmp_path, "--resume"))
    assert results(tmp_path) == results(uninterrupted)


def test_the_same_signal_delivered_twice_counts_once(tmp_path, monkeypatch):
    monkeypatch.setattr(run.loop, "PATIENCE", 600.0)  # however busy the machine is

    def twice(step):
        if step == 13:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(run.Interrupted):
        train(parsed(tmp_path), twice)


def test_signals_mean_what_they_did_after_the_run(tmp_path):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    train(parsed(tmp_path, "--epochs", "1"))
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_resuming_a_finished_run_changes_nothing(tmp_path):
    train(parsed(tmp_path))
    before = results(tmp_path)
    train(parsed(tmp_path, "--resume"))
    assert results(tmp_path) == before


def test_more_epochs_may_be_asked_for_but_no_other_numbers(tmp_path, capsys):
    train(parsed(tmp_path, "--epochs", "1", "--seed", "3"))
    assert parsed(tmp_path, "--resume").seed == 3
    assert parsed(tmp_path, "--resume", "--epochs", "9").epochs == 9
    for option, value, former in (
        ("--lr", "0.5", "0.01"),
        ("--seed", "4", "3"),
        ("--limit", "7", "None"),
    ):
        message = refused(capsys, tmp_path, "--resume", option, value)
        assert f"{option} is {value}, but the run in {tmp_path} was begun with {former}" in message


def test_settings_tell_of_the_latest_options(tmp_path):
    train(parsed(tmp_path, "--epochs", "1"))
    train(parsed(tmp_path, "--resume", "--epochs", "2"))
    assert files.read_settings(tmp_path)["options"]["epochs"] == 2


def test_a_path_and_a_list_are_the_same_when_the_run_goes_on(tmp_path, capsys):
    own = {
        "images": run.Option(None, "folder", {"type": Path}),
        "multipliers": run.counts([1, 2], "channels"),
    }
    train(parsed(tmp_path, "--epochs", "1", "--images", "pictures", "--multipliers", "3", **own))
    for again in ([], ["--images", "pictures/"], ["--multipliers", "3"]):
        options = parsed(tmp_path, "--resume", *again, **own)
        assert (options.images, options.multipliers) == (Path("pictures"), [3])
    with pytest.raises(SystemExit):
        parsed(tmp_path, "--resume", "--images", "others", **own)
    assert "--images is others, but the run" in capsys.readouterr().err


def test_a_run_of_other_networks_is_refused(tmp_path):
    train(parsed(tmp_path, "--epochs", "1"))
    D = nn.Sequential(nn.Linear(2, 1))
    with (
        pytest.raises(UserError, match=r"checkpoint\.safetensors does not fit .*misshapen|missing"),
        run.Run(parsed(tmp_path, "--resume"), D=D),
    ):
        pass
    with (
        pytest.raises(UserError, match=r"checkpoint\.safetensors does not fit this program: 'E'"),
        run.Run(parsed(tmp_path, "--resume"), E=D),
    ):
        pass


# -- the folder ------------------------------------------------------------------------------------


def refused(capsys, out, *argv, **own):
    """The one line that a wrong command line gives."""
    capsys.readouterr()
    with pytest.raises(SystemExit) as left:
        parsed(out, *argv, **own)
    out_text, err = capsys.readouterr()
    assert left.value.code == 2
    assert out_text == ""
    assert err.count("\n") == 1
    assert err.endswith("(--help lists all options)\n")
    return err


def test_a_former_run_is_not_overwritten_silently(tmp_path, capsys):
    train(parsed(tmp_path, "--epochs", "1"))
    before = results_of(tmp_path)
    message = refused(capsys, tmp_path)
    assert f"{tmp_path} already holds a run: --resume continues it, --overwrite replaces" in message
    assert results_of(tmp_path) == before


def results_of(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_overwriting_removes_what_the_run_wrote_and_nothing_else(tmp_path):
    (tmp_path / "mine.png").write_text("holiday")
    train(parsed(tmp_path))  # a folder with other things in it is no run
    train(parsed(tmp_path, "--overwrite", "--epochs", "1"))
    pictures = sorted(path.name for path in tmp_path.glob("*.png"))
    assert pictures == ["losses.png", "mine.png", "samples_000.png"]
    assert (tmp_path / "mine.png").read_text() == "holiday"
    assert len((tmp_path / files.EPOCHS).read_text().splitlines()) == 2


def test_nothing_outside_the_folder_is_removed(tmp_path):
    out = tmp_path / "run"
    train(parsed(out, "--epochs", "1"))
    (tmp_path / "mine").touch()
    settings = json.loads((out / files.SETTINGS).read_text())
    settings["files"] += ["../mine", str(tmp_path / "mine")]
    (out / files.SETTINGS).write_text(json.dumps(settings))
    files.remove_run(out)
    assert (tmp_path / "mine").exists()


def test_folders_that_cannot_be_resumed(tmp_path, capsys):
    assert "there is no run in" in refused(capsys, tmp_path, "--resume")
    rest = '"options": {}, "networks": {}, "files": []}'
    (tmp_path / files.SETTINGS).write_text('{"program": "other", ' + rest)
    assert "was made by other, not by tiny" in refused(capsys, tmp_path, "--resume")
    (tmp_path / files.SETTINGS).write_text('{"program": "tiny", ' + rest)
    assert "has no checkpoint to continue from" in refused(capsys, tmp_path, "--resume")
    for damaged in ("", "{", "[]", "3", '{"program": "tiny"}', "\x00", "[" * 200_000):
        (tmp_path / files.SETTINGS).write_text(damaged)
        assert "settings.json is damaged" in refused(capsys, tmp_path, "--resume")
    (tmp_path / files.SETTINGS).write_bytes(b"\xff\xfe")
    assert "settings.json is damaged" in refused(capsys, tmp_path, "--resume")


def change_settings(out, **changes):
    settings = json.loads((out / files.SETTINGS).read_text())
    for key, value in changes.items():
        settings[key] = {**settings[key], **value} if isinstance(value, dict) else value
    (out / files.SETTINGS).write_text(json.dumps(settings))


@pytest.fixture(scope="module")
def one_epoch(tmp_path_factory):
    out = tmp_path_factory.mktemp("one") / "run"
    train(parsed(out, "--epochs", "1"))
    return out


@pytest.fixture
def finished(tmp_path, one_epoch):
    """The folder of a run of one epoch, to be damaged."""
    return Path(shutil.copytree(one_epoch, tmp_path / "run"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"program": 5}, "it does not describe a run"),
        ({"options": []}, "it does not describe a run"),
        ({"options": "lr"}, "it does not describe a run"),
        ({"networks": 5}, "it does not describe a run"),
        ({"files": None}, "it does not describe a run"),
        ({"files": [5]}, "it does not describe a run"),
        ({"options": {"lr": None}}, "argument --lr: must be a number above 0, not None"),
        ({"options": {"lr": [0.1, 0.2]}}, "unrecognized arguments: 0.2"),
        ({"options": {"lr": True}}, "argument --lr: expected one argument"),
        ({"options": {"lr": {}}}, "argument --lr: must be a number above 0, not {}"),
        ({"options": {"log_every": None}}, "argument --log-every: must be a whole number"),
        ({"options": {"checkpoint_minutes": None}}, "argument --checkpoint-minutes: must be"),
        ({"options": {"seed": "x"}}, "argument --seed: must be a whole number of at least 0, not x"),
        ({"options": {"quick": "x"}}, "argument --quick: ignored explicit argument 'x'"),
        ({"options": {"hidden": ["x"]}}, "argument --hidden: must be a whole number"),
        ({"options": {"hidden": []}}, "argument --hidden: expected at least one argument"),
    ],
)  # fmt: skip
def test_settings_of_another_shape(finished, capsys, changes, message):
    change_settings(finished, **changes)
    told = refused(capsys, finished, "--resume", hidden=run.counts([8, 4], "h"))
    assert f"{finished / files.SETTINGS} is damaged: {message}" in told


def test_settings_that_can_only_mean_one_thing(finished):
    own = {"hidden": run.counts([8, 4], "h"), "flip": run.flag(True, "f")}
    changes = {"hidden": 16, "flip": False, "help": True, "resume": False, "bygone": 3}
    change_settings(finished, options=changes)
    options = parsed(finished, "--resume", **own)
    assert (options.hidden, options.flip, options.resume) == ([16], False, True)


def change_checkpoint(out, **changes):
    path = out / files.CHECKPOINT
    minigan.save({**minigan.load(path), **changes}, path)


@pytest.mark.parametrize(
    "changes",
    [
        {"epoch": "x"},
        {"epoch": -1},
        {"batch": None},
        {"seconds": None},
        {"images": 0.5},
        {"parts": 5},
        {"parts": {"D": 5}},
        {"history": {}},
        {
            "history": {
                "names": ["a"],
                "step": 1,
                "block": [],
                "sums": [0.0],
                "count": 1,
                "ends": [],
            }
        },
        {"batch": 2**63},
        {"random": {"seed": "x", "stream": 0, "offset": 0, "passes": 0}},
        {"random": {"seed": 0, "stream": 0, "offset": -1, "passes": 0}},
        {"random": []},
        {"history": {"names": 5, "step": 1, "block": [], "sums": [], "count": 1, "ends": [0, 0]}},
    ],
)
def test_a_checkpoint_of_another_shape(finished, changes):
    change_checkpoint(finished, **changes)
    with pytest.raises(UserError, match=r"checkpoint\.safetensors does not fit this program: "):
        train(parsed(finished, "--resume", "--epochs", "2"))


@pytest.mark.parametrize(
    "change",
    [{"lr": None}, {"lr": "x"}, {"betas": [0.5]}, {"betas": [0.5, "x"]}, {"eps": []}, {"lr": True}],
)
def test_a_checkpoint_with_other_kinds_of_settings(finished, change):
    parts = minigan.load(finished / files.CHECKPOINT)["parts"]
    parts["opt_D"]["param_groups"][0].update(change)
    change_checkpoint(finished, parts=parts)
    with pytest.raises(UserError, match="does not fit this program: the settings of opt_D are "):
        train(parsed(finished, "--resume", "--epochs", "2"))


@pytest.mark.parametrize(
    "change",
    [
        {"sums": [None] * 4},
        {"sums": []},
        {"block": [[1.0], [2.0, 3.0]]},
        {"block": [["x"] * 4]},
        {"names": [1, 2, 3, 4]},
        {"ends": [-5, 0]},
        {"step": -1},
    ],
    ids=str,
)
def test_a_checkpoint_with_another_history(finished, change):
    history = minigan.load(finished / files.CHECKPOINT)["history"]
    change_checkpoint(finished, history=history | change)
    with pytest.raises(UserError, match="does not fit this program: its history is damaged"):
        train(parsed(finished, "--resume", "--epochs", "2"))


def test_a_program_that_logs_other_values_than_the_run(tmp_path):
    train(parsed(tmp_path, "--epochs", "1"), extra=lambda: {"score": 1.0})
    with pytest.raises(UserError, match=r"has logged loss_D.*score, but this program logs loss_D"):
        train(parsed(tmp_path, "--resume", "--epochs", "2"))


def test_a_checkpoint_of_a_diverged_training_is_not_called_good(finished):
    parts = minigan.load(finished / files.CHECKPOINT)["parts"]
    parts["D"]["1.weight"].array[0, 0] = float("nan")
    change_checkpoint(finished, parts=parts)
    with pytest.raises(UserError, match=r"is of a training that diverged: D\.1\.weight") as error:
        train(parsed(finished, "--resume", "--epochs", "2"))
    assert "good" not in str(error.value)


@pytest.mark.parametrize("arguments", [{"z": -5}, {"z": "x"}, {"hidden": 5}, {"nix": 1}, [], None])
def test_what_a_network_cannot_be_made_with(tmp_path, arguments):
    described = {"class": "DenseGenerator", "arguments": arguments}
    settings = {"program": "tiny", "options": {}, "files": [], "networks": {"G": described}}
    (tmp_path / files.SETTINGS).write_text(json.dumps(settings))
    with pytest.raises(UserError, match="the network G cannot be built from what stands there"):
        run.load_network(tmp_path)


@pytest.mark.parametrize(
    ("name", "reason"), [("nix", "No such file or directory"), ("x" * 300, "File name too long")]
)
def test_folders_that_cannot_be(tmp_path, capsys, name, reason):
    with pytest.raises(UserError, match=f"cannot read .*{name}: {reason}"):
        run.load_network(tmp_path / name)
    if name == "nix":
        return  # it would be made
    message = refused(capsys, tmp_path / name)
    assert f"cannot write to --out {tmp_path / name}: {reason}" in message
    message = refused(capsys, tmp_path / name, "--resume")
    assert f"cannot read {tmp_path / name}/settings.json: {reason}" in message


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_folders_that_cannot_be_read(tmp_path, capsys):
    closed = tmp_path / "closed"
    closed.mkdir(mode=0)
    assert f"cannot write to --out {closed}/run: Permission" in refused(capsys, closed / "run")
    with pytest.raises(UserError, match=f"cannot read {closed}/run: Permission denied"):
        run.load_network(closed / "run")


def test_one_run_at_a_time_writes_to_a_folder(tmp_path, uninterrupted):
    second = parsed(tmp_path, "--overwrite")

    def meanwhile(step):
        with pytest.raises(UserError, match=f"another run is writing to {tmp_path}: "):
            run.Run(second).__enter__()

    train(parsed(tmp_path), meanwhile)
    assert results(tmp_path) == results(uninterrupted)


def test_a_run_that_began_between_two_looks_is_not_overwritten(tmp_path):
    options = parsed(tmp_path)
    train(parsed(tmp_path, "--epochs", "1"))
    with pytest.raises(UserError, match="already holds a run"):
        train(options)


def test_what_a_killed_run_left_is_removed(finished):
    left = [".minigan-0123456789abcdef.part", ".minigan-fedcba9876543210.part"]
    mine = [".mine.part", "minigan-1.part", ".4711.part"]
    for name in left + mine:
        (finished / name).touch()
    train(parsed(finished, "--resume", "--epochs", "2"))
    assert [name for name in left + mine if (finished / name).exists()] == mine


def test_a_damaged_checkpoint_is_named(tmp_path):
    train(parsed(tmp_path, "--epochs", "1"))
    path = tmp_path / files.CHECKPOINT
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(UserError, match=r"cannot load .*checkpoint\.safetensors: .*damaged or cut"):
        train(parsed(tmp_path, "--resume"))


def test_a_table_that_was_deleted_begins_anew(tmp_path):
    train(parsed(tmp_path, "--epochs", "1"))
    (tmp_path / files.LOSSES).unlink()
    train(parsed(tmp_path, "--epochs", "2", "--resume"))
    rows = table(tmp_path / files.LOSSES)
    assert [int(row["step"]) for row in rows] == [11, 14, 16]


@pytest.mark.parametrize("name", [files.LOSSES, files.EPOCHS])
@pytest.mark.parametrize(
    ("damage", "kept"),
    [
        (lambda content: content[:-3], -1),
        (lambda content: b"", 0),
        (lambda content: content[5:], 0),
        (lambda content: bytes(range(256)), 0),
        (lambda content: content[:-5] + b"\0,,,,", -1),
    ],
    ids=["cut off", "empty", "no header", "rubbish", "rubbish at the end"],
)
def test_a_table_that_was_damaged_goes_on_after_its_whole_rows(
    finished, uninterrupted, capsys, name, damage, kept
):
    path = finished / name
    names, *rows = path.read_text().splitlines()
    path.write_bytes(damage(path.read_bytes()))
    train(parsed(finished, "--epochs", "2", "--resume"))
    assert f"{path} is cut off or damaged: only its first " in capsys.readouterr().err
    added = (uninterrupted / name).read_text().splitlines()[1 + len(rows) : 1 + 2 * len(rows)]
    found = path.read_text().splitlines()
    assert found[: -len(added)] == [names, *rows[:kept]]
    for now, then in zip(found[-len(added) :], added, strict=True):
        assert now.split(",")[:2] == then.split(",")[:2]
    for result in ("D.safetensors", "losses.png"):
        assert (finished / result).exists()


def test_a_table_damaged_meanwhile_costs_only_the_curves(tmp_path, capsys):
    def damage(step):
        if step == 12:
            (tmp_path / files.LOSSES).write_bytes(b"\xff\n\0")

    train(parsed(tmp_path, "--epochs", "2"), damage)
    out, err = capsys.readouterr()
    assert f"{tmp_path / files.LOSSES} is damaged, so there is no losses.png: " in err
    assert err.count("\n") == 1
    assert {"D.safetensors", "G.safetensors"} <= set(os.listdir(tmp_path))
    assert "wrote to" in out


# -- what goes wrong -------------------------------------------------------------------------------


def test_a_loss_that_is_no_number_stops_the_run_at_its_step(tmp_path):
    values = iter([1.0] * 12 + [float("nan")] + [1.0] * 99)
    with pytest.raises(run.Diverged) as stopped:
        train(parsed(tmp_path), extra=lambda: {"score": next(values)})
    message = str(stopped.value)
    assert "diverged at epoch 1, step 13: loss_D" in message
    assert "score nan" in message
    assert f"the last good checkpoint is kept in {tmp_path / files.CHECKPOINT}" in message
    assert minigan.load(tmp_path / files.CHECKPOINT)["epoch"] == 1


@pytest.mark.parametrize("lr", ["1e20", "1e30", "1e38"])
def test_a_learning_rate_beyond_reason(tmp_path, lr):
    """BCELoss meets the NaN before it is logged; that is a divergence as well."""
    with pytest.raises(run.Diverged, match=r"the training diverged at epoch 0, step \d+:.*--lr"):
        train(parsed(tmp_path, "--lr", lr))


@pytest.mark.parametrize(
    ("rates", "named"),
    [
        ([], "rate may"),
        (["lr"], "rate, --lr, may"),
        (["lr_d", "lr_g"], "rate, --lr-d or --lr-g, may"),
    ],
)
def test_the_advice_names_the_options_that_there_are(tmp_path, rates, named):
    own = {name: run.rate(1.0, name) for name in rates}
    argv = ["--out", str(tmp_path), "--backend", B.name]
    options = run.options("tiny", "", epochs=1, batch_size=8, argv=argv, **own)
    with pytest.raises(run.Diverged, match=named), run.Run(options) as r:
        r.log(loss=float("nan"))
        r.checkpoint()


def test_weights_that_are_no_numbers_are_not_kept(tmp_path):
    options = parsed(tmp_path, "--epochs", "2")
    net = nn.Linear(2, 1)
    with (
        pytest.raises(run.Diverged, match=r"net\.bias holds values that are not finite.*kept in"),
        run.Run(options, net=net) as r,
    ):
        for epoch in r.epochs():
            for _ in r.batches(range(3)):
                r.log(loss=1.0)
            if epoch == 1:
                net.bias.array.fill(float("inf"))
    assert minigan.load(tmp_path / files.CHECKPOINT)["epoch"] == 1


def test_a_mistake_in_the_program_keeps_its_error(tmp_path):
    with pytest.raises(ValueError, match=r"^my own$"):
        train(parsed(tmp_path), raising(3, ValueError("my own")))


def test_a_full_disk_keeps_the_last_checkpoint(tmp_path, monkeypatch, capsys):
    def fill(step):
        if step == 12:
            monkeypatch.setattr(os, "fsync", full)

    def full(_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(UserError, match=r"cannot write .*: No space left on device"):
        train(parsed(tmp_path), fill)
    assert minigan.load(tmp_path / files.CHECKPOINT)["epoch"] == 1
    assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]
    err = capsys.readouterr().err
    assert re.fullmatch(r"stopped at epoch 1, step \d; to continue: .* --resume\n", err)


def test_a_full_disk_under_the_tables(tmp_path):
    class FullFile:
        def flush(self):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    table = run.history.Table(tmp_path / "a.csv", ["a"], 0)
    table.file.close()
    table.file = FullFile()
    with pytest.raises(UserError, match=r"cannot write .*a\.csv: No space left on device"):
        table.end()


# -- options ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["--epochs", "0"], "--epochs: must be a whole number of at least 1, not 0"),
        (["--epochs", "1.5"], "--epochs: must be a whole number of at least 1, not 1.5"),
        (["--epochs", "many"], "--epochs: must be a whole number of at least 1, not many"),
        (["--epochs", "-3"], "--epochs: must be a whole number of at least 1, not -3"),
        (["--batch-size", "0"], "--batch-size: must be a whole number of at least 1"),
        (["--limit", "0"], "--limit: must be a whole number of at least 1"),
        (["--log-every", "0"], "--log-every: must be"),
        (["--checkpoint-minutes", "0"], "--checkpoint-minutes: must be a number above 0"),
        (["--seed", "-1"], "--seed: must be a whole number of at least 0"),
        (["--lr", "-0.1"], "--lr: must be a number above 0, not -0.1"),
        (["--lr", "0"], "--lr: must be a number above 0"),
        (["--lr", "nan"], "--lr: must be a number above 0, not nan"),
        (["--lr", "inf"], "--lr: must be a number above 0, not inf"),
        (["--beta", "1"], "--beta: must be a number of at least 0 and below 1, not 1"),
        (["--hidden", "8", "0"], "--hidden: must be a whole number of at least 1, not 0"),
        (["--hidden"], "--hidden: expected at least one argument"),
        (["--backend", "torch"], "--backend: invalid choice: 'torch'"),
        (["--dataset", "imagenet"], "--dataset: invalid choice: 'imagenet'"),
        (["--resume", "--overwrite"], "not allowed with"),
        (["--epoch", "3"], "unrecognized arguments: --epoch 3"),
        (["surprise"], "unrecognized arguments: surprise"),
    ],
)
def test_wrong_options_get_one_line(tmp_path, capsys, argv, message):
    own = {"beta": run.fraction(0.9, "b"), "hidden": run.counts([8], "h")}
    assert message in refused(capsys, tmp_path, *argv, **own)


def test_a_folder_that_cannot_be_written_is_told_before_the_training(tmp_path, capsys):
    (tmp_path / "file").touch()
    message = refused(capsys, tmp_path / "file" / "run")
    assert f"cannot write to --out {tmp_path}/file/run: Not a directory" in message
    message = refused(capsys, Path("/proc/run"))
    assert "cannot write to --out /proc/run: " in message


def test_quick_changes_defaults_and_nothing_that_was_given(tmp_path):
    quick = {"epochs": 1, "lr": 0.5}
    options = parsed(tmp_path, "--quick", "--lr", "0.25", quick=quick)
    assert (options.epochs, options.lr) == (1, 0.25)
    assert parsed(tmp_path, quick=quick).epochs == 4


def test_the_seed_is_set_and_the_backend_chosen(tmp_path):
    parsed(tmp_path, "--seed", "5", "--backend", "numpy")
    first = minigan.randn(3).numpy().tolist()
    minigan.manual_seed(5)
    assert minigan.randn(3).numpy().tolist() == first


def test_a_flag_and_a_program_without_data_sets(tmp_path):
    options = parsed(tmp_path, "--no-flip", flip=run.flag(True, "f"), dataset=None)
    assert options.flip is False
    assert not hasattr(options, "dataset")


# -- programs in processes of their own ------------------------------------------------------------


def environment():
    return {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}


def program(folder, script, *argv, **options):
    """Run a script; returns the finished process, its output as text."""
    path = folder / "script.py"
    path.write_text(textwrap.dedent(script))
    return subprocess.run(
        [sys.executable, "-W", "error", path, *argv],
        capture_output=True, text=True, timeout=600, cwd=folder, env=environment(), **options,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        ("pass", 0, ""),
        ("raise UserError('no such\\n  thing')", 2, "script.py: error: no such thing\n"),
        ("raise DataError('broken')", 2, "script.py: error: broken\n"),
        (
            "raise MemoryError('9 GB')",
            2,
            "script.py: error: out of memory (9 GB); try smaller batches, layers or pictures",
        ),
        (
            "numpy.empty(10**20)",
            2,
            "script.py: error: out of memory (Maximum allowed dimension exc",
        ),
        ("numpy.empty((10**10, 10**10))", 2, "script.py: error: out of memory (array is too big"),
        ("len(range(10**20))", 2, "script.py: error: out of memory (Python int too large to conv"),
        ("open('nix')", 2, "script.py: error: nix: No such file or directory\n"),
        ("return 3", 3, ""),
        ("raise KeyboardInterrupt", 130, ""),
        ("minigan.use_backend('jax')", 2, "script.py: error: unknown backend 'jax'"),
    ],
)
def test_exit_codes(tmp_path, body, code, line):
    done = program(
        tmp_path,
        f"""
        import minigan, numpy
        from minigan import run
        from minigan.errors import DataError, UserError
        def main():
            {body}
        run.program(main)
        """,
    )
    assert done.returncode == code
    assert done.stderr.startswith(line)
    assert done.stderr.count("\n") == (1 if line else 0)


def test_a_mistake_of_the_program_shows_its_traceback(tmp_path):
    done = program(tmp_path, "from minigan import run\nrun.program(lambda: 1 / 0)")
    assert done.returncode == 1
    assert "Traceback" in done.stderr


def test_a_reader_that_goes_away(tmp_path):
    (tmp_path / "script.py").write_text(
        "from minigan import run\n"
        "def main():\n"
        "    for n in range(100_000): print(n)\n"
        "run.program(main)\n"
    )
    done = subprocess.run(
        f"{sys.executable} script.py 2>err | head -n 1; echo ${{PIPESTATUS[0]}}",
        shell=True, executable="/bin/bash", cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "0\n141\n"
    assert (tmp_path / "err").read_text() == ""


@pytest.mark.parametrize(
    ("redirection", "code", "errors"),
    [
        (">&-", 0, ""),
        ("2>&-", 0, ""),
        (">&- 2>&-", 0, ""),
        (
            ">/dev/full",
            2,
            r"stopped at .*; to continue: .*\n.*error: cannot write the output: No sp.*\n",
        ),
        ("| true; exit ${PIPESTATUS[0]}", 141, r"stopped at .*; to continue: .*\n"),
        (">/dev/full 2>&1", 2, ""),
    ],
)
def test_a_run_whose_output_cannot_be_written(tmp_path, redirection, code, errors):
    (tmp_path / "script.py").write_text(
        f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})\n"
        "import test_run as t\n"
        "t.run.program(lambda: t.train(t.parsed('run', '--epochs', '1')) and None)\n"
    )
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -W error script.py {redirection}"],
        cwd=tmp_path, capture_output=True, text=True,
        env={**environment(), "PYTHONUNBUFFERED": ""},
    )  # fmt: skip
    assert done.returncode == code
    assert re.fullmatch(errors, done.stderr)
    assert (tmp_path / "run" / files.CHECKPOINT).exists()
    assert (tmp_path / "run" / "G.safetensors").exists() == (code == 0)


def test_letters_that_the_output_lacks(tmp_path):
    done = program(
        tmp_path,
        """
        import os, sys
        from minigan import run
        def main():
            print("2·JSD")
            run.Parser("p_data ‖ p_g").parse_args(["--help"])
        sys.stdout.reconfigure(encoding="ascii", errors="strict")
        run.program(main)
        """,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "2?JSD" in done.stdout and "p_data ? p_g" in done.stdout


def example(name, out, *argv):
    return [sys.executable, "-W", "error", str(EXAMPLES / name), "--out", str(out), *argv]


TINY = ["--dataset", "digits", "--limit", "640", "--hidden-d", "16", "--hidden-g", "16", "--z", "8"]


@pytest.mark.parametrize("name", ["mnist_dense.py", "fashion_dense.py"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stopped_program_says_how_to_resume_and_can(tmp_path, name, number):
    whole = [*TINY, "--epochs", "20000", "--seed", "7"]  # more than pass until the signal comes
    with subprocess.Popen(
        example(name, tmp_path / "run", *whole),
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment(),
    ) as process:  # fmt: skip
        for line in process.stdout:
            if line.startswith("epoch 2"):
                process.send_signal(number)
                break
        _, err = process.communicate(timeout=600)
    assert process.returncode == 130
    pattern = r"stopped at epoch \d+, step \d+; to continue: (.*\.py .*--resume)\n"
    command = re.fullmatch(pattern, err)[1]
    assert command.startswith(sys.executable)

    done = int(re.search(r"epoch (\d+)", err)[1])
    command = command.replace("--epochs 20000", f"--epochs {done + 2}")
    subprocess.run(shlex.split(command), check=True, capture_output=True, env=environment())
    one_go = [*TINY, "--epochs", str(done + 2), "--seed", "7"]
    subprocess.run(example(name, tmp_path / "whole", *one_go), check=True, capture_output=True,
                   env=environment())  # fmt: skip
    for file in ("D.safetensors", "G.safetensors", files.LOSSES):
        assert (tmp_path / "run" / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


TO_THE_LETTER = {"mnist_class_dcgan", "stacked_mnist"}  # follow settings that the core lacks


def test_the_examples_need_none_of_PyTorchs_words(tmp_path):
    names = ", ".join({path.stem for path in EXAMPLES.glob("*.py")} - TO_THE_LETTER)
    script = f"""
        import sys
        sys.path.insert(0, {str(EXAMPLES)!r})
        import {names}
        found = [name for name in sys.modules if name.startswith(("minigan.torch", "torch"))]
        assert not found, found
    """
    done = program(tmp_path, script)
    assert done.returncode == 0, done.stderr


def test_a_diverging_program_ends_with_a_line_and_where_it_began(tmp_path):
    command = example("mnist_dense.py", tmp_path, *TINY, "--epochs", "3", "--lr", "1e38")
    done = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert done.returncode == 2
    first, again, last = done.stderr.splitlines()  # as tests/test_health.py tells
    error = r"mnist_dense\.py: error: the training diverged at epoch 0, .*"
    assert re.fullmatch(error, first)
    assert again.startswith("once more from its begin")
    assert re.fullmatch(error + " in layer D.*", last)


def test_on_a_terminal_of_80_columns(tmp_path):
    """The bar shows times, speed, both losses, D(x) and D(G(z)); no line is longer than 80."""
    slow = ["--epochs", "101", "--limit", "1500", "--batch-size", "4"]
    command = example("mnist_dense.py", tmp_path, *TINY, *slow)
    pty, termios = map(pytest.importorskip, ("pty", "termios"))
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 80))
    text = b""
    every_step = {**environment(), "TQDM_MININTERVAL": "0"}  # however fast the machine is
    with subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=every_step
    ) as process:
        os.close(theirs)
        with contextlib.suppress(OSError):  # when the other side has closed it
            while part := os.read(ours, 65536):
                if b"epoch 2/100 " in text + part and b"epoch 2/100 " not in text:
                    process.send_signal(signal.SIGINT)
                text += part
    os.close(ours)
    assert process.returncode == 130
    lines = re.split(r"[\r\n]+", text.decode())
    bar = r"epoch \d+/100\|.*\| \d+:\d\d<\d+:\d\d [\d,]+ img/s D [\d.]+ G [\d.]+ D\(x\) [\d.]+ D\(G\(z\)\) [\d.]+"
    assert any(re.match(bar, line) for line in lines)
    assert max(len(line) for line in lines if not line.startswith(("stopped", "drew"))) <= 80
    assert "Traceback" not in text.decode()


@pytest.mark.parametrize("name", ["mnist_dense.py", "fashion_dense.py"])
def test_examples_and_the_command_that_samples_from_them(tmp_path, name):
    out = tmp_path / "run"
    command = example(name, out, *TINY, "--epochs", "2")
    assert subprocess.run(command, env=environment(), capture_output=True).returncode == 0
    sample = [sys.executable, "-W", "error", str(EXAMPLES / "sample.py")]
    done = subprocess.run([*sample, str(out)], env=environment(), capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"wrote {out / 'grid.png'}\n")
    with Image.open(out / "grid.png") as picture:
        assert picture.size == (10 * 58 + 2, 10 * 58 + 2)

    weights = out / ("G_000.safetensors" if name == "fashion_dense.py" else "G.safetensors")
    small = [str(weights), "--count", "6", "--columns", "3", "--out", str(tmp_path / "small.png")]
    assert subprocess.run([*sample, *small], env=environment()).returncode == 0
    with Image.open(tmp_path / "small.png") as picture:
        assert picture.size == (3 * 58 + 2, 2 * 58 + 2)

    for model in (tmp_path, out / "losses.png", out / "D.safetensors", out / "E.safetensors"):
        done = subprocess.run(
            [*sample, str(model)], env=environment(), capture_output=True, text=True
        )
        assert done.returncode == 2
        assert re.fullmatch(r"sample\.py: error: .*\n", done.stderr)


def test_a_walk_through_the_latent_space(tmp_path):
    """Straight lines end where spherical ones do; a training image is its own nearest neighbour."""
    out = tmp_path / "run"
    command = example("mnist_dense.py", out, *TINY, "--epochs", "1")
    assert subprocess.run(command, env=environment(), capture_output=True).returncode == 0
    walk = [sys.executable, "-W", "error", str(EXAMPLES / "latent.py"), str(out)]
    done = subprocess.run([*walk, "--data-dir", str(tmp_path)], env=environment(),
                          capture_output=True, text=True)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    tile = 58  # 28 pixels twice, and a border
    for name, columns, rows in (
        ("samples", 10, 4), ("interpolation", 10, 8), ("arithmetic", 4, 1), ("nearest", 6, 8),
    ):  # fmt: skip
        with Image.open(out / f"latent_{name}.png") as picture:
            assert picture.size == (columns * tile + 2, rows * tile + 2), name
    with Image.open(out / "latent_interpolation.png") as picture:
        lines = np.asarray(picture)
    straight, spherical = lines[:tile], lines[tile : 2 * tile]
    for end in (slice(0, tile), slice(9 * tile, 10 * tile)):
        np.testing.assert_allclose(straight[:, end], spherical[:, end], atol=1)
    assert (straight != spherical).any()

    done = subprocess.run(
        [*walk, "--plus", "40"], env=environment(), capture_output=True, text=True
    )
    assert done.returncode == 2 and "samples are numbered 0 to 39" in done.stderr


def test_the_nearest_training_images(monkeypatch):
    monkeypatch.syspath_prepend(str(EXAMPLES))
    latent = importlib.import_module("latent")
    from minigan.backend.random import Generator

    images = Generator(0, host=True).uniform((50, 1, 4, 4))
    loader = data.DataLoader(data.TensorDataset(images, np.arange(50)), 7)
    samples = images[[3, 41]] * 0.9
    near = latent.beside_nearest(minigan.tensor(samples), loader, 3).cpu().numpy()
    assert near.shape == (8, 1, 4, 4)
    for sample, (first, *found) in zip(samples, near.reshape(2, 4, 1, 4, 4), strict=True):
        distances = np.square(images - sample).sum((1, 2, 3))
        np.testing.assert_array_equal(first, sample)
        np.testing.assert_array_equal(found, images[np.argsort(distances)[:3]])


def test_a_network_of_a_class_that_cannot_be_built_again(tmp_path):
    train(parsed(tmp_path, "--epochs", "1"))  # a plain nn.Sequential
    with pytest.raises(UserError, match=r"G cannot be built.*G\.load_state_dict\(minigan\.load"):
        run.load_network(tmp_path)


def losses_of(out):
    rows = table(out / files.LOSSES)
    return np.array([[float(row["loss_D"]), float(row["loss_G"])] for row in rows])


def as_torch(torch, network):
    """The same network, with the same weights, in PyTorch."""
    layers = [
        getattr(torch.nn, type(layer).__name__)(*arguments)
        for layer in network
        for arguments in [
            (layer.in_features, layer.out_features) if isinstance(layer, nn.Linear)
            else (layer.negative_slope,) if isinstance(layer, nn.LeakyReLU)
            else (1, layer.unflattened_size) if isinstance(layer, nn.Unflatten)
            else ()
        ]
    ]  # fmt: skip
    copy = torch.nn.Sequential(*layers)
    state = {k: torch.from_numpy(v.cpu().numpy().copy()) for k, v in network.state_dict().items()}
    copy.load_state_dict(state)
    return copy


def test_mnist_dense_is_the_tutorials_loop(tmp_path, torch):
    """Losses of the first epoch as PyTorch computes them with the loop as it is written there."""
    from minigan import models
    from minigan.data.transforms import Compose, Normalize, ToTensor

    options = "--dataset digits --limit 600 --epochs 1 --log-every 1 --no-flip --backend numpy"
    command = example("mnist_dense.py", tmp_path, *options.split())
    subprocess.run(command, check=True, capture_output=True, env=environment())

    with minigan.use_backend("numpy"):
        minigan.manual_seed(0)
        D, G = models.DenseDiscriminator(), models.DenseGenerator()
        G.noise(64)  # the fixed noise
        images = data.load(
            "digits", transform=Compose([ToTensor(), Normalize(0.5, 0.5)]), limit=600
        )
        batches = [x for x, _ in data.DataLoader(images, 64, shuffle=True)]
        noise = [G.noise(len(x)) for x in batches]
    D, G = as_torch(torch, D), as_torch(torch, G)
    opt_D, opt_G = (torch.optim.Adam(net.parameters(), 3e-4) for net in (D, G))
    bce = torch.nn.BCELoss()
    expected = []
    for x, z in zip(batches, noise, strict=True):
        x, z = torch.from_numpy(x.numpy()), torch.from_numpy(z.numpy())
        ones, zeros = torch.ones(len(x), 1), torch.zeros(len(x), 1)
        fake = G(z)
        loss_D = (bce(D(x), ones) + bce(D(fake), zeros)) / 2
        opt_D.zero_grad()
        loss_D.backward(retain_graph=True)
        opt_D.step()
        loss_G = bce(D(fake), ones)
        opt_G.zero_grad()
        loss_G.backward()
        opt_G.step()
        expected.append([loss_D.item(), loss_G.item()])
    assert losses_of(tmp_path) == pytest.approx(np.array(expected), rel=1e-3)


def test_fashion_dense_is_the_tutorials_loop(tmp_path, torch):
    """As above, with two updates of D in each step; without dropout, whose masks would differ."""
    from minigan import models
    from minigan.data.transforms import Compose, Normalize, ToTensor

    options = "--dataset digits --limit 400 --epochs 1 --dropout 0 --backend numpy"
    command = example("fashion_dense.py", tmp_path, *options.split())
    subprocess.run(command, check=True, capture_output=True, env=environment())

    with minigan.use_backend("numpy"):
        minigan.manual_seed(0)
        D = models.DenseDiscriminator((1024, 512, 256), 0.2)
        G = models.DenseGenerator(100, (256, 512, 1024), 0.2)
        for net, init in ((D, nn.init.xavier_uniform_), (G, lambda w: nn.init.normal_(w, 0, 0.02))):
            for layer in net.modules():
                if isinstance(layer, nn.Linear):
                    init(layer.weight)
                    nn.init.zeros_(layer.bias)
        G.noise(100)  # the fixed noise
        images = data.load(
            "digits", transform=Compose([ToTensor(), Normalize(0.5, 0.5)]), limit=400
        )
        loader = data.DataLoader(images, 64, replacement=True, drop_last=True)
        batches = [x for x, _ in loader]
        noise = [(G.noise(64), G.noise(64)) for _ in batches]
    D, G = as_torch(torch, D), as_torch(torch, G)
    opt_D, opt_G = (torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999)) for net in (D, G))
    bce = torch.nn.BCELoss()
    ones, zeros = torch.ones(64, 1), torch.zeros(64, 1)
    expected = []
    for x, (z, fresh_z) in zip(batches, noise, strict=True):
        x, z, fresh_z = (torch.from_numpy(t.numpy()) for t in (x, z, fresh_z))
        losses = []
        for images, target in ((x, ones), (G(z).detach(), zeros)):
            loss = bce(D(images), target)
            opt_D.zero_grad()
            loss.backward()
            opt_D.step()
            losses.append(loss.item())
        loss_G = bce(D(G(fresh_z)), ones)
        opt_G.zero_grad()
        loss_G.backward()
        opt_G.step()
        expected.append([sum(losses) / 2, loss_G.item()])
    assert losses_of(tmp_path) == pytest.approx(np.array(expected), rel=1e-3)


INTERRUPTING = """
    import os, signal, sys

    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background ignores it

    class Finder:
        def find_spec(self, name, path=None, target=None):
            if name == sys.argv[1]:
                os.kill(os.getpid(), signal.SIGINT)

    sys.meta_path.insert(0, Finder())
    import minigan
    import minigan.torchvision
    print("imported", flush=True)
    {then}
"""


@pytest.mark.parametrize(
    "name", ["numpy", "minigan.nn.layers", "minigan.kernels", "minigan.torchvision"]
)
def test_ctrl_c_during_the_imports_is_one_line(tmp_path, name):
    done = program(tmp_path, INTERRUPTING.format(then=""), name)
    assert (done.returncode, done.stdout, done.stderr) == (-2, "", "stopped while starting\n")


def test_ctrl_c_after_the_imports_is_told_as_ever(tmp_path):
    done = program(tmp_path, INTERRUPTING.format(then="signal.raise_signal(signal.SIGINT)"), "")
    assert (done.returncode, done.stdout) == (-2, "imported\n")
    assert done.stderr.startswith("Traceback") and done.stderr.endswith("KeyboardInterrupt\n")


def test_a_c_module_that_was_interrupted_fails_to_import(tmp_path):
    then = 'raise ImportError("initialization failed") from KeyboardInterrupt()'
    (tmp_path / "later.py").write_text(then)
    done = program(tmp_path, INTERRUPTING.format(then="import later"), "")
    assert (done.returncode, done.stderr) == (1, "stopped while starting\n")


# -- names, and what surrounds the loop ------------------------------------------------------------


def noted(options, steps=lambda r: None, around=lambda r: None):
    """A run of four epochs of two steps whose program notes things before, in and after them."""
    net = nn.Linear(2, 2)
    loader = data.DataLoader(data.TensorDataset(np.ones((16, 2), np.float32)), 8)
    with run.Run(options, net=net) as r:
        around(r)
        for _ in r.epochs():
            for (x,) in r.batches(loader):
                r.log(loss=net(x).mean())
                steps(r)
        around(r)


def picture_and_score(r):
    r.save_images(f"at {r.epoch}, as it is.png", np.zeros((1, 8, 8)))
    r.score(quality=r.epoch / 4)


def test_what_is_noted_around_the_loop_is_noted_once(tmp_path, capsys):
    """A resumed run comes to it a second time; what is behind the loop is lost without its end."""
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    noted(parsed(whole), around=picture_and_score)

    def stop(r):
        if (r.epoch, r.batch) == (2, 0):
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        noted(parsed(stopped), stop, picture_and_score)
    noted(parsed(stopped, "--resume"), around=picture_and_score)
    tables = [files.LOSSES, files.SCORES, files.PICTURES]
    for name in tables:
        assert (stopped / name).read_bytes() == (whole / name).read_bytes()
    assert len(table(whole / files.SCORES)) == 2
    noted(parsed(stopped, "--resume"), around=picture_and_score)  # nothing is left to train
    for name in tables:
        assert (stopped / name).read_bytes() == (whole / name).read_bytes()
    assert "damaged" not in capsys.readouterr().err  # the commas are the name's


@pytest.mark.parametrize("name", ["epoch", "step", "memory_mb", "name", "a,b", "a\nb", "", "a "])
def test_names_that_no_column_can_have_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"log: no value can be called .*choose a name without"):
        noted(parsed(tmp_path / "log"), around=lambda r: r.log(**{name: 1.0}))
    with pytest.raises(ValueError, match="score: no value can be called"):
        noted(parsed(tmp_path / "score"), around=lambda r: r.score(**{name: 1.0}))


def test_a_file_with_a_line_break_in_its_name_is_refused(tmp_path):
    with pytest.raises(ValueError, match="leave line breaks out"):
        noted(parsed(tmp_path), around=lambda r: r.path("a\nb.png"))


def test_a_program_may_log_its_own_norms_of_gradients(tmp_path):
    options = parsed(tmp_path)
    net = nn.Linear(2, 2)
    with run.Run(options, net=net) as r:
        for _ in r.epochs():
            r.log(grad_net=5.0)
    assert (tmp_path / files.LOSSES).read_text().splitlines()[0] == "step,epoch,grad_net"
    assert {row["grad_net"] for row in table(tmp_path / files.LOSSES)} == {"5"}


def test_a_network_may_grow(tmp_path, monkeypatch):
    """Its health goes on to be seen in the layers that it began with."""
    monkeypatch.setattr("minigan.run.loop.CHECKUP", (2, 2))

    class Growing(nn.Module):
        def __init__(self):
            super().__init__()
            self.first = nn.Linear(2, 2)

        def forward(self, x):
            return self.second(self.first(x)) if hasattr(self, "second") else self.first(x)

    net = Growing()
    loader = data.DataLoader(data.TensorDataset(np.ones((16, 2), np.float32)), 8)
    with run.Run(parsed(tmp_path), net=net) as r:
        for epoch in r.epochs():
            for (x,) in r.batches(loader):
                r.log(loss=net(x).mean())
            if epoch == 1:
                net.second = nn.Linear(2, 2)
    rows = table(tmp_path / files.HEALTH)
    assert [row["epoch"] for row in rows] == ["0", "1", "2", "3"]
    assert not any("second" in name for name in rows[0])


def test_what_looks_on_in_a_step_ends_with_the_run(tmp_path):
    """Also where somebody still holds the batches, as a bar around them does."""
    call, held = nn.Module.__call__, []
    loader = data.DataLoader(data.TensorDataset(np.ones((16, 2), np.float32)), 8)
    options = parsed(tmp_path, "--detect-anomaly")
    with pytest.raises(RuntimeError, match="my own"), run.Run(options, net=nn.Linear(2, 2)) as r:
        for _ in r.epochs():
            held.append(r.batches(loader))
            for _ in held[-1]:
                assert anomaly.under_way
                raise RuntimeError("my own")
    assert anomaly.under_way is None
    assert nn.Module.__call__ is call


# -- the end ---------------------------------------------------------------------------------------


def test_a_run_that_is_stopped_at_its_end_says_how_its_results_are_written(
    tmp_path, monkeypatch, capsys
):
    def stopped(r):
        raise KeyboardInterrupt

    whole = tmp_path / "whole"
    noted(parsed(whole))
    with monkeypatch.context() as patched:
        patched.setattr(run.results, "save_report", stopped)
        with pytest.raises(KeyboardInterrupt):
            noted(parsed(tmp_path / "stopped"))
    assert re.search(
        "^stopped at epoch 4, step 0; to continue: .+ --resume$", capsys.readouterr().err
    )
    noted(parsed(tmp_path / "stopped", "--resume"))
    names = [{path.name for path in (tmp_path / name).iterdir()} for name in ("whole", "stopped")]
    assert names[0] == names[1]


def test_a_checkpoint_behind_the_last_step_of_an_epoch_loses_no_norm(tmp_path):
    """Gradients are gone in the process that goes on from there."""
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    loader = data.DataLoader(data.TensorDataset(np.ones((16, 2), np.float32)), 8)

    def train_once(options, end=None):
        net = nn.Linear(2, 2)
        optimizer = optim.Adam(net.parameters())
        with run.Run(options, net=net) as r:
            for epoch in r.epochs():
                for (x,) in r.batches(loader):
                    loss = net(x).mean()
                    optimizer.zero_grad()
                    loss.backward()
                    r.log(loss=loss)
                if epoch == end:
                    raise KeyboardInterrupt  # where a program draws, or counts

    train_once(parsed(whole))
    with pytest.raises(KeyboardInterrupt):
        train_once(parsed(stopped, "--checkpoint-minutes", "1e-9"), end=2)
    train_once(parsed(stopped, "--resume"))
    assert "nan" not in (whole / files.LOSSES).read_text()
    assert (stopped / files.LOSSES).read_bytes() == (whole / files.LOSSES).read_bytes()


def test_a_network_that_does_not_learn_in_each_step_keeps_its_last_norm(tmp_path):
    """A block of losses.csv that ends in a resumed process before its first step there."""
    whole, stopped = tmp_path / "whole", tmp_path / "stopped"
    loader = data.DataLoader(data.TensorDataset(np.ones((48, 2), np.float32)), 8)

    def train_twice(options, each_step=lambda r: None):
        D, G = nn.Linear(2, 2), nn.Linear(2, 2)
        opt_D, opt_G = (optim.Adam(net.parameters()) for net in (D, G))
        with run.Run(options, D=D, G=G, opt_D=opt_D, opt_G=opt_G) as r:
            for _ in r.epochs():
                for (x,) in r.batches(loader):
                    for net, optimizer in ((D, opt_D), (G, opt_G))[: 2 - r.batch % 2]:
                        loss = net(x).square().mean()
                        optimizer.zero_grad()
                        loss.backward()
                        optimizer.step()
                    r.log(loss=loss)
                    each_step(r)

    def stop(r):
        if (r.epoch, r.batch) == (1, 0):
            signal.raise_signal(signal.SIGINT)

    train_twice(parsed(whole, log_every=2))
    with pytest.raises(KeyboardInterrupt):
        train_twice(parsed(stopped, log_every=2), stop)
    train_twice(parsed(stopped, "--resume", log_every=2))
    assert "nan" not in (whole / files.LOSSES).read_text()
    assert (stopped / files.LOSSES).read_bytes() == (whole / files.LOSSES).read_bytes()


def test_a_folder_in_the_way_of_a_finding_or_checkpoint(tmp_path):
    """The one is not worth a training; the other is named."""
    (tmp_path / files.DIVERGED).mkdir()
    noted(parsed(tmp_path))
    (tmp_path / files.CHECKPOINT).unlink()
    (tmp_path / files.CHECKPOINT).mkdir()
    with pytest.raises(UserError, match=f"cannot write .*{files.CHECKPOINT}: "):
        noted(parsed(tmp_path, "--resume"))


def test_networks_that_another_run_has_spoilt_are_refused(tmp_path):
    """As where a cell of a notebook is run again: what it finds is no mistake of this run."""
    net = nn.Linear(2, 2)
    net.weight.array[0, 0] = float("nan")
    noted(parsed(tmp_path))
    finished = (tmp_path / files.LOSSES).read_bytes()
    message = r"net\.weight holds values that are not finite before the first step: build"
    with pytest.raises(UserError, match=message), run.Run(parsed(tmp_path, "--overwrite"), net=net):
        pass
    assert (tmp_path / files.LOSSES).read_bytes() == finished


def test_a_finding_is_told_in_the_narrowest_terminal(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "1")
    monkeypatch.setattr("minigan.run.loop.CHECKUP", (2, 2))
    loader = data.DataLoader(data.TensorDataset(np.ones((16, 2), np.float32)), 8)
    with run.Run(parsed(tmp_path), D=nn.Linear(2, 2)) as r:
        for _ in r.epochs():
            for _ in r.batches(loader):
                r.log(D_x=0.99, D_Gz=0.01)
    assert "D wins: D(x) is" in " ".join(capsys.readouterr().out.split())


def test_a_stream_of_images_has_no_nearest_ones(tmp_path):
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(np.ones((16, 1, 4, 4), np.float32))

    G = models.DenseGenerator(z=2, hidden=(4,), image=(1, 4, 4))
    loader = DataLoader(Stream(), 8)
    with run.Run(parsed(tmp_path, epochs=1), G=G) as r:
        for _ in r.epochs():
            r.loader = loader
            r.log(loss=1.0)
    assert (tmp_path / "latent_interpolation.png").exists()
    assert not (tmp_path / "latent_nearest.png").exists()


def test_a_G_that_draws_no_numbers_at_the_end_leaves_a_report(tmp_path):
    """As one whose running statistics have left what float32 can hold."""

    class Failing(models.DenseGenerator):
        def forward(self, z):
            return super().forward(z) * (1.0 if self.training else np.nan)

    G = Failing(z=2, hidden=(4,), image=(1, 4, 4))
    images = data.TensorDataset(np.ones((20, 1, 4, 4), np.float32))
    with run.Run(parsed(tmp_path, epochs=1), G=G) as r:
        for _ in r.epochs():
            for (x,) in r.batches(data.DataLoader(images, 10)):
                r.log(loss=G(G.noise(len(x))).mean())
    with Image.open(tmp_path / "latent_interpolation.png") as picture:
        assert set(np.unique(picture)) == {0, pictures.GREY}  # NaN is black
    assert not (tmp_path / "latent_nearest.png").exists()
    assert "finished, 1 epoch" in (tmp_path / "report.html").read_text("utf-8")


def test_a_report_that_was_asked_for_goes_with_its_run(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        noted(parsed(tmp_path), raising_at_once)
    for epoch in range(2):
        pictures.save_grid(tmp_path / f"mine_{epoch}.png", np.zeros((1, 8, 8)))
    run.report.write(tmp_path)
    assert run.report.write_animation(tmp_path)
    (tmp_path / "mine_0.png").unlink()
    noted(parsed(tmp_path, "--overwrite"))
    assert not (tmp_path / "training.gif").exists()
    assert (tmp_path / "mine_1.png").exists()


def raising_at_once(r):
    raise KeyboardInterrupt


def test_the_nearest_images_are_noted_where_nothing_is_left_to_train(tmp_path):
    """No batch then tells the data; those that are there are of the same G."""

    def train_G():
        G = models.DenseGenerator(z=2, hidden=(4,), image=(1, 4, 4))
        images = data.TensorDataset(np.random.default_rng(5).random((20, 1, 4, 4), np.float32))
        words = ["--resume"] if tmp_path.joinpath(files.SETTINGS).exists() else []
        with run.Run(parsed(tmp_path, *words, epochs=1), G=G) as r:
            for _ in r.epochs():
                for (x,) in r.batches(data.DataLoader(images, 10)):
                    r.log(loss=G(G.noise(len(x))).mean())

    train_G()
    noted = table(tmp_path / files.PICTURES)
    assert [row["name"] for row in noted] == ["latent_interpolation.png", "latent_nearest.png"]
    train_G()
    assert table(tmp_path / files.PICTURES) == noted


def test_why_a_run_ended_is_known_until_it_gets_past_it(tmp_path):
    """Also where the second time through is stopped before."""

    def at(epoch, number):
        return lambda r: number() if (r.epoch, r.batch) == (epoch, 0) else None

    def diverge():
        raise run.Diverged("the training diverged")

    with pytest.raises(run.Diverged):
        noted(parsed(tmp_path), at(2, diverge))
    with pytest.raises(KeyboardInterrupt):
        noted(parsed(tmp_path, "--resume"), at(2, lambda: signal.raise_signal(signal.SIGINT)))
    assert "The training diverged" in (tmp_path / "report.html").read_text("utf-8")
    noted(parsed(tmp_path, "--resume"))
    assert not (tmp_path / files.DIVERGED).exists()
    assert "The training diverged" not in (tmp_path / "report.html").read_text("utf-8")


def test_neighbours_of_images_that_repeat_are_different_images():
    """The bundled digits are 12 times in an epoch: a neighbour is not met again as its own copy."""
    digits = data.Digits(repeat=3, transform=ToTensor())
    loader = data.DataLoader(digits, 64)
    sample, _ = next(iter(data.DataLoader(data.Subset(digits, [7]), 1)))
    near = ending_with._beside_nearest(SimpleNamespace(loader=loader), sample).cpu().numpy()
    assert len({image.tobytes() for image in near[1:]}) == ending_with.NEIGHBOURS
    np.testing.assert_array_equal(near[0], near[1])
