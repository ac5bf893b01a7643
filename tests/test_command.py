"""The command `minigan`: the programs of examples/ from wherever the package is installed."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import minigan
from minigan import __main__, programs
from minigan.errors import UserError

ROOT = Path(__file__).parents[1]
TINY = "--dataset digits --limit 256 --epochs 1 --hidden-d 16 --hidden-g 16 --z 8".split()


def minigan_of(package, *words, cwd):
    """The command in a process of its own, with the package of this folder."""
    inherited = {k: v for k, v in os.environ.items() if k not in ("MINIGAN_DATA", "COLUMNS")}
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "minigan", *words],
        env=inherited | {"PYTHONPATH": str(package), "COLUMNS": "80"},
        cwd=cwd,
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module", params=["checkout", "installed"])
def package(request, tmp_path_factory):
    """A folder to import minigan from: this one, or one laid out as the wheel is."""
    if request.param == "checkout":
        return ROOT
    folder = tmp_path_factory.mktemp("site-packages")
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "minigan", folder / "minigan", ignore=ignored)
    shutil.copytree(ROOT / "examples", folder / "minigan" / "examples", ignore=ignored)
    return folder


def test_it_trains_goes_on_and_draws(package, tmp_path):
    done = minigan_of(package, "train", "mnist-dense", *TINY, "--out", "my run", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    out = tmp_path / "my run"
    assert (out / "samples_000.png").exists() and (out / "G.safetensors").exists()
    again = f"minigan train mnist-dense {' '.join(TINY)} --out 'my run'"
    assert json.loads((out / "settings.json").read_text("utf-8"))["command"] == again
    more = ["--resume", "--epochs", "2", "--out", "my run"]
    done = minigan_of(package, "train", "mnist_dense", *more, cwd=tmp_path)
    assert done.returncode == 0 and "resuming at epoch 1\n" in done.stdout, done.stderr
    done = minigan_of(package, "sample", "my run", "--count", "20", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, f"wrote {Path('my run', 'grid.png')}\n")
    done = minigan_of(package, "latent", "my run", cwd=tmp_path)
    assert done.returncode == 0 and (out / "latent_interpolation.png").exists(), done.stderr


def test_it_names_every_program_with_what_it_is(package, tmp_path):
    done = minigan_of(package, "train", "--list", cwd=tmp_path)
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert max(map(len, lines)) <= 80
    trains = {path.stem for path in (ROOT / "examples").glob("*.py")} - {"latent", "sample"}
    assert {line.split()[0] for line in lines[2:] if line[0] != " "} == {
        name.replace("_", "-") for name in trains
    }
    assert "A dense GAN on MNIST: the smallest complete example." in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train"], "minigan: error: train: name a program: cifar-deblur, "),
        (["train", "mnist"], "there is no program 'mnist': did you mean mnist-dense? `minigan"),
        (["train", "../tests/conftest"], "there is no program '../tests/conftest'"),
        (["train", ""], "there is no program ''"),
        (["train", "mnist-dense", "--epoch", "3"], "minigan train mnist-dense: error: unrec"),
        (["sample", "nowhere"], "minigan sample: error: cannot read nowhere"),
    ],
)
def test_what_it_cannot_do_is_said_in_one_line(words, said, tmp_path):
    done = minigan_of(ROOT, *words, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert said in done.stderr


@pytest.mark.parametrize("words", [["train", "mnist-dense", *TINY], ["sample", "nowhere"]])
def test_a_variable_that_asks_in_vain_is_named(words, tmp_path, monkeypatch):
    monkeypatch.setenv("MINIGAN_BACKEND", "jax")
    done = minigan_of(ROOT, *words, cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1
    assert "unknown backend 'jax': choose numpy, cupy or auto (MINIGAN_BACKEND)" in done.stderr


def test_its_version_is_the_packages(capsys):
    with pytest.raises(SystemExit) as end:
        __main__.command(["--version"])
    assert (end.value.code, capsys.readouterr().out) == (0, f"minigan {minigan.__version__}\n")


def test_a_program_of_that_name_only_is_run(monkeypatch, tmp_path):
    (tmp_path / "mine.py").write_text(
        '"""Mine: all of it.\n\nMore."""\ndef main():\n    return 5\n'
    )
    monkeypatch.setattr(programs, "folder", lambda: tmp_path)
    monkeypatch.setattr(sys, "argv", ["minigan"])
    assert (programs.names(), programs.about("mine")) == (["mine"], "Mine: all of it.")
    assert programs.run("minigan train mine", "mine", ["--fast"]) == 5
    assert sys.argv == ["minigan train mine", "--fast"]
    with pytest.raises(UserError, match="no program 'yours'"):
        programs.run("minigan train yours", "yours", [])
