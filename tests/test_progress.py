"""How a training tells that it goes on: on a terminal, in a file, in a notebook."""

import io
import itertools
import re
import sys
import types
import warnings

import pytest

from minigan import nn, run
from minigan.errors import UserError
from minigan.run import progress


class Clock:
    """time.monotonic in the place of the real one: a second passes with every look at it."""

    def __init__(self):
        self.seconds = itertools.count(1000.0)

    def monotonic(self):
        return next(self.seconds)


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Kernel:
    """IPython's shell, as a notebook's kernel has it."""

    config = {"IPKernelApp": {}}  # noqa: RUF012


@pytest.fixture
def notebook(monkeypatch):
    monkeypatch.setitem(
        sys.modules,
        "IPython",
        types.SimpleNamespace(
            get_ipython=Kernel,
            version_info=(9, 0),  # which matplotlib asks for
        ),
    )
    cell = types.ModuleType("__main__")  # which has no __file__
    monkeypatch.setitem(sys.modules, "__main__", cell)
    monkeypatch.setattr(sys, "argv", ["ipykernel_launcher.py", "-f", "kernel.json"])
    return cell


def options(tmp_path, *argv, epochs=2):
    """Of a program with a rate, and rows after each step."""
    argv = ["--out", str(tmp_path / "run"), *argv]
    return run.options(
        "tiny", "", epochs=epochs, batch_size=1, log_every=1, lr=run.rate(0.5, ""), argv=argv
    )


def train(chosen, steps=40):
    G = nn.Linear(1, 1)
    with run.Run(chosen, G=G) as r:
        for _ in r.epochs():
            for _ in r.batches([[0.0]] * steps):
                r.log(loss_D=0.25)


def test_in_a_file_a_line_comes_now_and_then(tmp_path, clock, capsys):
    """Every 20 seconds at most; each step takes one or two here, which the clock counts itself."""
    train(options(tmp_path))
    out, err = capsys.readouterr()
    assert err == ""
    now_and_then = re.findall(
        r"^epoch ([01])/1, (\d+)%  [\d,]+ img/s D 0\.25  (\d:\d\d) left$", out, re.M
    )
    assert len(now_and_then) > 2
    places = [int(epoch) * 100 + int(percent) for epoch, percent, _ in now_and_then]
    assert places == sorted(set(places))
    lefts = [
        int(minutes) * 60 + int(rest)
        for *_, left in now_and_then
        for minutes, rest in [left.split(":")]
    ]
    assert lefts == sorted(lefts, reverse=True)
    ends = [line for line in out.splitlines() if re.match(r"epoch [01]/1  D 0\.250", line)]
    assert ends[0].endswith(" left") and ends[1].endswith(" img/s")


@pytest.mark.parametrize(("first", "position", "left"), [(0.0, 0.5, 300), (1.0, 1.125, 700)])
def test_what_is_left_is_estimated_from_what_this_process_did(clock, first, position, left):
    """100 seconds for the half of an epoch, or for an eighth after the first, where it resumed."""
    p = progress.Progress(2)
    p.first, p.began = first, 1000.0
    clock.seconds = itertools.repeat(1100.0)
    assert p.left(position) == pytest.approx(left)


def test_a_bar_shows_what_has_passed_and_what_is_left(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", screen := Terminal())
    p = progress.Progress(4)
    with p.of_epoch(1, 0, 10) as bar:
        bar.mininterval = 0
        p.show(1.5, "12 img/s D 0.25")
        bar.update(5)
    assert p.watched
    assert re.search(r"epoch 1/3\|.+\| 0:01<0:\d\d 12 img/s D 0\.25", screen.getvalue())


@pytest.mark.parametrize(
    ("seconds", "shown"), [(0.4, "0:00"), (59.6, "1:00"), (65, "1:05"), (7265, "2:01:05")]
)
def test_times_are_written_as_on_a_clock(seconds, shown):
    assert progress._clock(seconds) == shown


# -- in a notebook ---------------------------------------------------------------------------------


def test_a_notebook_has_a_bar(notebook, monkeypatch):
    monkeypatch.setattr(sys, "stderr", page := io.StringIO())  # a page is no terminal
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p = progress.Progress(1)
        with p.of_epoch(0, 0, 2) as bar:
            bar.mininterval = 0
            bar.update(1)
            bar.update(1)
    assert p.watched and "epoch 0/0" in page.getvalue()


def test_a_cell_takes_none_of_the_notebooks_own_words(notebook, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    chosen = run.options("tiny", None, epochs=3, batch_size=8)
    assert (chosen.epochs, chosen.out.name) == (3, "tiny")


def test_a_program_run_in_a_notebook_takes_its_own(notebook, tmp_path, monkeypatch):
    """`%run gan.py --epochs 5`, where IPython puts the program in the place of __main__."""
    notebook.__file__ = "gan.py"
    monkeypatch.setattr(sys, "argv", ["gan.py", "--epochs", "5", "--out", str(tmp_path / "run")])
    assert run.options("tiny", None, epochs=3, batch_size=8).epochs == 5


def test_a_wrong_option_does_not_end_a_notebook(notebook, tmp_path):
    with pytest.raises(UserError, match="argument --epochs: must be a whole number"):
        options(tmp_path, "--epochs", "none")


def test_a_notebook_is_told_how_to_continue(notebook, tmp_path, capsys):
    chosen = options(tmp_path)
    with pytest.raises(run.Interrupted), run.Run(chosen, G=nn.Linear(1, 1)) as r:
        for _ in r.epochs():
            for _ in r.batches([[0.0]] * 3):
                r.log(loss_D=0.25)
                r._stop(2, None)
    assert "run it again, with argv=['--resume'] for run.options" in capsys.readouterr().err


# -- another run's settings ------------------------------------------------------------------------


@pytest.fixture
def other(tmp_path):
    """A finished run with a rate of 0.25."""
    chosen = options(tmp_path / "other", "--lr", "0.25", "--epochs", "1", "--seed", "7")
    train(chosen, steps=2)
    return chosen.out


@pytest.mark.parametrize("named", ["", "settings.json", "mine.json"])
def test_a_run_begins_from_anothers_settings(tmp_path, other, named):
    (other / "mine.json").write_bytes((other / "settings.json").read_bytes())
    chosen = options(tmp_path, "--config", str(other / named), "--seed", "8")
    assert (chosen.lr, chosen.epochs, chosen.seed) == (0.25, 1, 8)  # given ones come first
    assert chosen.out == tmp_path / "run" and not chosen.resume
    train(chosen, steps=2)
    again = options(tmp_path, "--resume")
    assert (again.lr, again.config) == (0.25, None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('"lr"', '"lrs"'), "sets 'lrs', which tiny does not know; did you mean lr?"),
        (('"lr": 0.25', '"lr": -1'), "is damaged: argument --lr: must be a number above 0, not -1"),
        (('"lr": 0.25', '"lr": [1, 2]'), "is damaged: unrecognized arguments: 2"),
        (('"tiny"', '"large"'), "was made by large, not by tiny"),
        (('"options"', '"choices"'), "is damaged: it does not describe a run"),
        (("{", ""), "is damaged"),
    ],
)
def test_settings_that_cannot_be_are_refused_in_one_line(tmp_path, other, capsys, change, said):
    path = other / "settings.json"
    path.write_text(path.read_text().replace(*change))
    with pytest.raises(SystemExit) as end:
        options(tmp_path, "--config", str(path))
    err = capsys.readouterr().err
    assert end.value.code == 2 and said in err and err.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["--resume", "--overwrite"], "not allowed with"),
        (["--resume", "--config", "OTHER"], "--resume goes on with the run's own settings"),
        (["--quick", "--config", "OTHER"], "--quick and --config both choose the settings"),
        (["--config", "nowhere"], "there is no file nowhere"),
        (["--quik"], "unrecognized arguments: --quik; did you mean --quick? (--help lists"),
        (["--banana", "3"], "unrecognized arguments: --banana 3 (--help lists"),
        (["--config", "."], "there is no run in ."),
    ],
)
def test_what_contradicts_itself_is_refused(tmp_path, other, capsys, argv, said):
    with pytest.raises(SystemExit):
        options(tmp_path, *[str(other) if word == "OTHER" else word for word in argv])
    assert said in capsys.readouterr().err
