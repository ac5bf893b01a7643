"""benchmarks/stress_resume.py on runs that stop themselves, at places counted in calls, so that no
clock decides anything; and whether it sees what it looks for.
"""

import json
import shutil
import signal
import sys
from pathlib import Path

import pytest
from PIL import Image

import minigan
from minigan.run import files

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))
import stress_resume as stress  # noqa: E402
from stressing.settings import command  # noqa: E402

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")


# -- stopped and resumed ---------------------------------------------------------------------------

# Runs the program that it is given; in each process the n-th call of a function, as the next entry
# of stops.json says, first sends this process a signal.
STOPS_ITSELF = """
import itertools, json, os, runpy, sys
from pathlib import Path
import minigan.run

places, calls = {"step": (minigan.run.Run, "log"), "write": (os, "replace")}, itertools.count(1)
waiting = Path(__file__).with_name("stops.json")
if stops := json.loads(waiting.read_text()):
    place, number, signal = stops[0]
    owner, name = places[place]
    function = getattr(owner, name)

    def counted(*given, **named):
        if next(calls) == number:
            waiting.write_text(json.dumps(stops[1:]))
            os.kill(os.getpid(), signal)
        return function(*given, **named)

    setattr(owner, name, counted)
sys.argv.pop(0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


class Stopped(stress.Trial):
    """A trial of a program that stops itself."""

    def __init__(self, work, program, line):
        super().__init__(stress.Setting(program, command(work, program, line)), work)
        (work / "program.py").write_text(STOPS_ITSELF, encoding="utf-8")
        self.stops = work / "stops.json"

    def stopped_at(self, stops):
        """A round whose processes end so."""
        self.stops.write_text(json.dumps(stops), encoding="utf-8")
        landed = self.round(self.work / "round", [stress.Stop(stop[2], None) for stop in stops])
        assert json.loads(self.stops.read_text("utf-8")) == []
        assert landed == len(stops)

    def command(self, *given):
        return [str(self.work / "program.py"), *super().command(*given)]


KILL, TERM, INT = signal.SIGKILL, signal.SIGTERM, signal.SIGINT


@pytest.mark.parametrize(
    ("program", "line", "stops"),
    [
        (
            "mixture_2d",
            "--epochs 2 --limit 600 --loss wasserstein --penalty wgan-gp --k 2 --ema 0.9 --draw-epochs 1",
            [("step", 3, INT), ("write", 3, KILL), ("step", 2, KILL)],
        ),
        (
            "mixture_2d",
            "--epochs 2 --limit 600 --reject 1 --loss wasserstein --penalty wgan-gp",
            [("step", 8, INT), ("write", 4, KILL)],
        ),
        (
            "mnist_conditional",
            "--epochs 2 --limit 400 --width 8",
            [("write", 1, KILL), ("step", 2, KILL), ("step", 4, TERM)],
        ),
        (
            "mnist_classifier",
            "--epochs 2 --limit 400",
            [("step", 4, INT), ("write", 2, KILL), ("step", 3, TERM)],
        ),
        (
            "mnist_class_dcgan",
            "--epochs 2 --limit 256 --batch-size 32 --width 2 --units 8 --z 4 --r1-weight 1 --ema 0.9",
            [("step", 3, TERM), ("step", 2, KILL), ("step", 2, INT)],
        ),
        (
            "stacked_mnist",
            "--epochs 2 --limit 64 --triples 96 --samples 64 --width 2 --z 4 --batch-size 32 --packing 2",
            [("step", 2, INT), ("write", 3, KILL), ("step", 1, TERM)],
        ),
    ],
    ids=["mixture_2d", "mixture_2d, rejection", "mnist_conditional", "mnist_classifier", "mnist_class_dcgan", "stacked_mnist"],
)  # fmt: skip
def test_stopped_and_resumed_a_run_ends_with_the_same_bytes(tmp_path, program, line, stops):
    trial = Stopped(tmp_path / "work", program, line)
    trial.stops.write_text("[]", encoding="utf-8")
    assert trial.unstopped(), trial.faults
    trial.stopped_at(stops)
    assert trial.faults == trial.notes == []


# -- what it looks for -----------------------------------------------------------------------------


@pytest.fixture
def two(tmp_path):
    """The folders of two runs that went alike."""
    folder, whole = tmp_path / "folder", tmp_path / "whole"
    whole.mkdir()
    write(whole)
    Image.new("L", (3, 2)).save(whole / "samples.png")
    (whole / files.LOSSES).write_text("step,epoch,loss\n1,0,0.5\n")
    shutil.copytree(whole, folder)
    return folder, whole


def write(folder, weight=1.0, seconds=0.0, speed="7.5", command="a"):
    options = {"lr": weight, "checkpoint_minutes": seconds}
    settings = {"command": command, "files": [command], "options": options}
    (folder / files.SETTINGS).write_text(json.dumps(settings))
    (folder / files.EPOCHS).write_text(
        f"epoch,steps,s,speed,loss,mb\n0,9,{seconds},{speed},{weight},{len(speed)}\n"
    )
    weights = {"0.weight": minigan.tensor([0.0, weight])}
    minigan.save(weights, folder / "G.safetensors")
    ends = {files.LOSSES: 8, files.EPOCHS: len(speed)}
    state = {"parts": {"G": weights}, "seconds": seconds, "history": {"ends": ends}}
    minigan.save(state, folder / files.CHECKPOINT)


def test_times_may_differ_and_pictures_of_a_stop_remain(two):
    folder, whole = two
    write(folder, seconds=3.25, speed="1000.25", command="b")
    (whole / "checkpoint_before.safetensors").touch()
    shutil.copy(folder / "samples.png", folder / "more.png")
    Image.open(folder / "more.png").save(folder / "training.gif")
    for each in two:
        (each / "report.html").write_text(f"<html>in {each.name}</html>\n")
    assert stress.damages(folder) == stress.differences(folder, whole) == []


def test_each_file_that_differs_is_named_and_where(two):
    folder, whole = two
    write(folder, weight=1.0 + 2**-23)
    (folder / files.LOSSES).write_text("step,epoch,loss\n1,0,0.6\n")
    Image.new("L", (3, 2), 1).save(folder / "samples.png")
    assert stress.differences(folder, whole) == [
        "G.safetensors differs (0.weight)",
        "checkpoint.safetensors differs (parts/G/0.weight)",
        "epochs.csv differs (line 2)",
        "losses.csv differs (line 2)",
        "samples.png differs (its bytes)",
        "settings.json differs (options)",
    ]


def test_files_missing_or_left(two):
    folder, whole = two
    (folder / "G.safetensors").rename(folder / ".G.part")
    assert stress.damages(folder) == []
    assert stress.differences(folder, whole) == [
        "G.safetensors is missing", ".G.part was left",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["G.safetensors", files.CHECKPOINT, files.SETTINGS, "samples.png"])
def test_half_a_file_is_damaged(two, name):
    path = two[0] / name
    path.write_bytes(path.read_bytes()[:-20])
    assert stress.damages(two[0]) == [f"{name} is damaged"]


SAID = "stopped at epoch 0, step 3; to continue: python a.py --resume\n"
IMPORTS = f'Traceback\n  File "{stress.ROOT}/a.py", line 3, in <module>\nKeyboardInterrupt\n'
TRAINING = IMPORTS.replace("<module>", "<module>\n    run.program(main)")


@pytest.mark.parametrize(
    ("number", "code", "err", "wrote", "out", "told"),
    [
        (KILL, -9, "", True, "", ""),
        (KILL, 1, "no", True, "", "in the training: exit code 1: no"),
        (INT, 130, SAID, True, "", ""),
        (TERM, 130, SAID, True, "", ""),
        (TERM, -15, "", False, "", ""),
        (TERM, -15, "", True, "wrote to a: b\n", ""),
        (TERM, -15, "", True, "", "in the training: exit code -15: no word"),
        (INT, 130, "", True, "", "in the training: exit code 130: no word"),
        (INT, 130, SAID + SAID, True, "", "in the training: exit code 130: " + SAID.strip()),
        (INT, 1, TRAINING, False, "", "in the training: exit code 1: KeyboardInterrupt at a.py:3"),
        (INT, -2, IMPORTS, False, "", "during the imports: exit code -2: KeyboardInterrupt at a.py:3"),
        (INT, 1, IMPORTS, True, "wrote a\n", "after the training: exit code 1: KeyboardInterrupt at a.py:3"),
    ],
)  # fmt: skip
def test_how_a_program_may_end(number, code, err, wrote, out, told):
    assert stress.misbehaviour(stress.Ending(code, out, err, 1.0, wrote), number) == told
