"""Run: the one object that a training loop talks to."""

import argparse
import contextlib
import itertools
import re
import shutil
import signal
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

import minigan
from minigan import backend as B
from minigan import nn, pictures
from minigan.atomic import remove_leftovers, writing
from minigan.bars import in_notebook
from minigan.errors import UserError
from minigan.run import ending, events, files, health, report, results, state
from minigan.run.command_line import called, check_folder, settings_of, spelled
from minigan.run.ending import SIGNALS, Diverged, say
from minigan.run.history import History, check_names
from minigan.run.progress import Progress
from minigan.run.scoring import Scores
from minigan.run.versions import differences, versions
from minigan.run.watch import Watch
from minigan.watching.anomaly import AnomalyError, searching

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN = {"loss_D": "D", "loss_G": "G", "D_x": "D(x)", "D_Gz": "D(G(z))"}
"""What the progress bar and the line of an epoch show, if it is logged, and how."""

TOLD = ("fld", "precision", "recall", "coverage", "accuracy")
"""The scores of --evaluate-every that are printed; scores.csv has all."""

WAYS = ("--resume", "--overwrite", "--detect-anomaly")  # what a second pass is called with
PATIENCE = 1.0  # seconds in which a second signal counts as the same one
CHECKUP = 50, 1000  # steps since the last one: at the end of an epoch, and inside it


class Interrupted(KeyboardInterrupt):
    """The run was stopped by one of the SIGNALS; its checkpoint is written."""


class Run:
    """Keeps everything of a run in one folder, and brings it back with --resume.

    Run only keeps the books: which batch comes next, what was logged, where it is written. Every
    forward and backward pass and every update stands in the program, around these calls. It looks
    on, and says what goes wrong (minigan/run/health.py); at the end it writes the weights, curves
    and a report of it all.

    options: from `run.options`. parts: by name, all that has state_dict() and load_state_dict():
    the networks, whose final weights become NAME.safetensors, and the optimizers. Between two
    steps they, the random numbers and the position in the data are the whole state, so a resumed
    run gives the same weights, bit for bit, as one that was never stopped.

    A context manager. Ctrl-C, SIGTERM or SIGHUP lets the step end and writes a checkpoint and the
    pictures so far; a second one ends at once. The checkpoint before the newest is kept, and serves
    where that one is damaged. Raises UserError when a file cannot be written,
    another run writes to the folder, or a checkpoint does not fit, and Diverged when a logged value
    or a weight is no longer finite: the last good checkpoint then stays.
    """

    def __init__(self, options: argparse.Namespace, **parts: Any):
        self.options, self.parts = options, parts
        self.out = Path(options.out)
        self.networks = {k: v for k, v in parts.items() if isinstance(v, nn.Module)}
        self.watch = Watch(self.networks) if options.health else None
        measure = self.watch.norms if self.watch else dict
        self.history = History(self.out, options.log_every, measure, self._told)
        if options.tensorboard:
            events.check()  # before anything is written
        self.events: events.Events | None = None
        self.epoch = self.batch = 0  # the epoch at work, and its finished steps
        self.images, self.seconds = 0, 0.0  # seen and spent in this epoch
        self.total = 0  # batches in an epoch
        self.loader: Any = None  # which gave the last batches
        self.files: list[str] = []  # written so far, by this process or those before it
        self._stop_asked = 0.0  # when, or 0
        self._resumed = False  # an earlier process has begun it
        self._in_loop = False  # or behind it
        self.stopping = False  # the epoch ends early: what takes long has to wait for --resume
        self._saved = time.monotonic()  # the last checkpoint
        self._progress = Progress(options.epochs)
        self._drawn: list[Path] = []  # in this epoch
        self._diagnosis = health.Diagnosis()
        every = getattr(options, "evaluate_every", 0)
        self._scores = Scores(options, self.networks) if every else None
        self._at_exit = contextlib.ExitStack()
        self._step = contextlib.ExitStack()  # what looks on in the step at work

    # -- the loop ----------------------------------------------------------------------------------

    def epochs(self) -> Iterator[int]:
        """The numbers of the epochs still to do. A checkpoint and a line after each."""
        self._in_loop = True
        while self.epoch < self.options.epochs:
            yield self.epoch
            if self.stopping:
                raise Interrupted
            self._end_epoch()
            if self._stop_asked and self.epoch < self.options.epochs:
                raise Interrupted

    def batches(self, loader: Any) -> Iterator[Any]:
        """The batches of the epoch, from the first one that is still to do.

        When the run is to stop, a checkpoint is written and they end early, so that the code after
        them can draw what there is.
        """
        total = len(loader)
        if self.batch and self.total != total:  # resumed inside an epoch
            raise UserError(
                f"the run in {self.out} stopped at batch {self.batch:,} of {self.total:,}, but now "
                f"there are {total:,}: give it the same data, or begin anew with --out"
            )
        self.total = total
        started = time.perf_counter() - self.seconds
        with self._progress.of_epoch(self.epoch, self.batch, total) as bar:
            self.loader = loader
            for batch in _from(loader, self.epoch, self.batch):
                with self._looking(batch):
                    yield batch
                self.batch += 1
                self.images += _count(batch)
                self.seconds = time.perf_counter() - started
                bar.update()
                if self.batch == total:
                    self.history.end_block(self.epoch)  # while its gradients are there
                if self._stop_asked and self.batch < total:
                    self.checkpoint()
                    self.stopping = True
                    return
                if time.monotonic() - self._saved > self.options.checkpoint_minutes * 60:
                    self.checkpoint()
            self.history.read(self.epoch)  # waits for the GPU
            self.seconds = time.perf_counter() - started

    def log(self, **values: Any) -> None:
        """Note the values of this step: scalar tensors, others by their mean, or numbers."""
        if self.history.add(self.epoch, values) and self.total:
            latest = _shown(self.history.latest, " ", 2)
            position = self.epoch + self.batch / self.total
            self._progress.show(position, f"{self._speed()} {latest}".strip())

    def score(self, **values: float) -> None:
        """Note how good the epoch's result is, by names of your own: a row of scores.csv."""
        check_names("score", values)
        numbers = {name: f"{float(value):.6g}" for name, value in values.items()}
        self._note(files.SCORES, {"epoch": self.epoch, **numbers})

    def at(self, *epochs: int) -> bool:
        """Whether this is one of these epochs, the last one, or the run is stopping here."""
        return self.epoch in (*epochs, self.options.epochs - 1) or self.stopping

    @contextlib.contextmanager
    def _looking(self, batch: Any) -> Iterator[None]:
        """Around a step: it runs as it is, and now and then it is heard."""
        at_end, inside = CHECKUP
        steps, left = self.history.since + 1, self.total - self.batch - 1
        long = steps >= inside
        hears = long or (steps + left >= at_end and left == min(1, self.total - 1))
        due = long or (steps >= at_end and left == 0)
        with self._step as stack:
            if self.options.detect_anomaly:
                stack.enter_context(searching(self.networks))
            if self.watch and hears:  # in the last step but one: the last batch may be a rest
                stack.enter_context(self.watch.listening(batch))
            yield
        if self.watch and hears:
            self.history.heard = self.watch.seen()
        if self.options.detect_anomaly and (bad := state.not_finite(self.networks)):
            raise Diverged(f"after the step's updates {bad}: its gradients had been finite")
        if ending.second_pass_to is not None and self.history.noted > ending.second_pass_to:
            raise UserError(
                f"this time it did not diverge up to step {self.history.noted}: that depends on "
                f"more than the run's settings and its checkpoint"
            )
        if self.watch and due and self.history.names:
            row = self.history.checkup(self.epoch)
            for finding in self._diagnosis.hear(row):
                words = f"{finding.title}: {finding.seen}. {finding.means} Try: {finding.cure}"
                width = max(20, shutil.get_terminal_size().columns - 1)
                self._progress.say(textwrap.fill(words, width, subsequent_indent="    "))

    def _told(self, table: str, row: dict[str, Any]) -> None:
        """Hand a row of a table on."""
        if table not in self.files:
            self.path(table)
        if self.events:
            self.events.told(table, row)

    def _speed(self) -> str:
        return f"{self.images / self.seconds:,.0f} img/s" if self.seconds else ""

    def _end_epoch(self) -> None:
        means = self.history.end_epoch(self.epoch, self.seconds, self.images)
        line = f"epoch {self.epoch}/{self.options.epochs - 1}  {_shown(means, '  ', 3)}"
        line += f"  {self._speed()}"
        found = self._scores.due(self.epoch) if self._scores else {}
        if found:
            self.score(**found)
        with contextlib.suppress(OSError):
            (self.out / files.DIVERGED).unlink()  # this time it got past it
        self.epoch += 1
        self.batch, self.images, self.seconds = 0, 0, 0.0
        self.checkpoint()
        if not self._progress.watched:  # else the bar has told it, and a line has 80 columns
            line += f"  {self._progress.remaining(self.epoch)}"
        print(line.rstrip())
        if found:
            told = [f"{name} {found[name]:.3g}" for name in TOLD if name in found]
            print("  ".join(["scored", *told]))
        if drawn := self._drawn:
            *others, last = drawn
            print(f"drew {last}" + (f", and {len(others)} before it" if others else ""))
            drawn.clear()
        sys.stdout.flush()

    # -- output ------------------------------------------------------------------------------------

    def path(self, name: str) -> Path:
        """Where an output file of this name belongs; at the end it is named among those written."""
        if not name.isprintable():
            raise ValueError(f"a file of a run cannot be called {name!r}: leave line breaks out")
        if name not in self.files:
            self.files.append(name)
            self._write_settings()
        return self.out / name

    def save_images(self, name: str, images: Any, columns: int | None = None) -> None:
        """Write a grid of images: see pictures.grid."""
        pictures.save_grid(self.path(name), images, columns)
        self.note_picture(name)

    def save_figure(self, name: str, figure: "Figure") -> None:
        """Write a figure of Matplotlib's as PNG."""
        pictures.save_figure(self.path(name), figure)
        self.note_picture(name)

    def note_picture(self, name: str) -> None:
        """A row of pictures.csv."""
        self._drawn.append(self.out / name)
        step = self.history.noted
        self._note(files.PICTURES, {"step": step, "epoch": self.epoch, "name": name})

    def _note(self, table: str, row: dict[str, Any]) -> None:
        """A row of a table; a resumed run comes a second time to what is before its loop."""
        if not self._resumed or self._in_loop:
            self.history.note(table, row)

    def save_weights(self, name: str, network: nn.Module) -> None:
        """Write a network's state_dict, for minigan.load or PyTorch."""
        minigan.save(network.state_dict(), self.path(name))

    def _write_settings(self) -> None:
        settings = {
            "program": self.options.program,
            "command": called(without=WAYS if ending.second_pass_to is not None else ()),
            "options": settings_of(self.options),
            "backend": B.name,
            "versions": versions(),
            "networks": {
                name: {
                    "class": type(network).__name__,
                    "arguments": getattr(network, "arguments", None),
                    "parameters": _size(network),
                }
                for name, network in self.networks.items()
            },
            "files": self.files,
        }
        files.write_settings(self.out, settings)

    def checkpoint(self) -> None:
        """Write the whole state between two steps. Raises Diverged when it is not worth keeping."""
        self.history.read(self.epoch)
        if bad := state.not_finite(self.networks):
            raise Diverged(f"the training diverged by step {self.history.step}: {bad}")
        paths = self.path(files.CHECKPOINT), self.path(files.BEFORE)
        state.save(self, *paths)
        for name in self.networks:  # a file of weights is of this state, or there is none
            with writing(weights := self.out / results.weights_of(name)):
                weights.unlink(missing_ok=True)
        self._saved = time.monotonic()

    # -- begin and end -----------------------------------------------------------------------------

    def __enter__(self) -> "Run":
        with self._at_exit:  # if the beginning fails
            self._at_exit.enter_context(files.alone_in(self.out))
            check_folder(self.options)  # once more, now that no other run can begin here
            remove_leftovers(self.out)
            self._at_exit.callback(self.history.close)
            self._begin()
            if self.options.tensorboard:
                others = set(self.out.glob(events.NAMES))  # of earlier processes, or of others
                self.events = events.Events(self.out, self.networks, self.history.step)
                self._at_exit.callback(self.events.close)
                for path in set(self.out.glob(events.NAMES)) - others:
                    self.path(path.name)
            # The run itself watches for infinities and NaN, and says at which step.
            quiet = np.errstate(over="ignore", invalid="ignore", divide="ignore")
            self._at_exit.enter_context(quiet)
            if threading.current_thread() is threading.main_thread():
                self._catch_signals()
            self._at_exit = self._at_exit.pop_all()
        return self

    def _begin(self) -> None:
        sizes = ", ".join(f"{name} {_size(net):,}" for name, net in self.networks.items())
        print(f"{self.title()}; parameters: {sizes}")
        if self.options.resume:
            state.restore(self)
            if bad := state.not_finite(self.networks):
                where = self.out / files.CHECKPOINT
                raise UserError(f"{where} is of a training that diverged: {bad}; {self._advice()}")
            settings = files.read_settings(self.out)
            self.files = settings["files"]
            if changed := differences(settings):
                say(f"the run was begun with {changed}: from here on its last digits may differ")
            inside = f", step {self.batch}" if self.batch else ""
            print(f"resuming at epoch {self.epoch}{inside}")
            self._diagnosis = health.diagnosis(self.out)
        elif bad := state.not_finite(self.networks):  # as another run has left them
            raise UserError(f"{bad} before the first step: build the networks anew for this run")
        elif self.options.overwrite:
            files.remove_run(self.out)
            for name in (report.REPORT, report.ANIMATION):  # by `minigan report`
                with writing(self.out / name):
                    (self.out / name).unlink(missing_ok=True)
        self._resumed = self.options.resume
        begun = (files.SETTINGS, files.LOSSES, files.EPOCHS)
        self.files += [name for name in begun if name not in self.files]
        self._write_settings()  # on --resume too: epochs or the backend may be others now

    def _catch_signals(self) -> None:
        """Until the end of the run. Where nohup has SIGHUP ignored, it stays so."""
        for number in SIGNALS:
            former = signal.getsignal(number)
            if former is signal.SIG_IGN and number not in (signal.SIGINT, signal.SIGTERM):
                continue  # shells also ignore SIGINT for what they start in the background
            signal.signal(number, self._stop)
            self._at_exit.callback(signal.signal, number, former)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        """The signal handler: ask for an end after this step; when asked again, end at once."""
        now = time.monotonic()
        if self._stop_asked and now - self._stop_asked > PATIENCE:
            raise KeyboardInterrupt
        self._stop_asked = self._stop_asked or now

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._step.__exit__(kind, error, trace)  # in a step that somebody still holds
        with self._at_exit:
            if diverged := self._divergence(error):
                kept = "there is no checkpoint yet"
                if files.has_checkpoint(self.out):
                    kept = f"the last good checkpoint is kept in {self.out / files.CHECKPOINT}"
                finding = health.diverged(self.history.step, self.epoch, str(diverged))
                results.save_finding(self, finding)
                said = f"{diverged}; {kept}; {self._advice()}"
                raise Diverged(said, self.options, self.history.noted + 1) from None
            # Said first: a second signal may come while the results are written.
            if isinstance(error, KeyboardInterrupt) or (error and files.has_checkpoint(self.out)):
                say(f"stopped {self._position()}; {self._continuation()}")
            if error is None or isinstance(error, Interrupted):
                try:
                    results.save(self, finished=error is None)
                except KeyboardInterrupt:
                    if error is None:  # what is missing is written by --resume
                        say(f"stopped {self._position()}; {self._continuation()}")
                    raise
            if error is None:
                written = ", ".join(name for name in self.files if (self.out / name).exists())
                width = shutil.get_terminal_size().columns
                wrapped = textwrap.fill(
                    f"wrote to {self.out}: {written}",
                    width,
                    break_long_words=False,  # a path stays whole, to be copied
                    break_on_hyphens=False,
                )
                print(wrapped)

    def _divergence(self, error: BaseException | None) -> Diverged | None:
        """The error as a divergence, if it is one: BCELoss meets a NaN before it is logged."""
        if isinstance(error, Diverged):
            return error
        if isinstance(error, AnomalyError):
            return Diverged(f"the training diverged {self._position()}: {error}")
        if isinstance(error, ValueError) and re.search(r"\bnan\b", str(error)):
            try:
                self.history.read(self.epoch)
            except Diverged as earlier:
                return earlier
            return Diverged(f"the training diverged {self._position()}: {error}")
        return None

    def _advice(self) -> str:
        rates = " or ".join(spelled(key) for key in vars(self.options) if key.startswith("lr"))
        named = f", {rates}," if rates else ""
        told = f"a lower learning rate{named} may help (with --overwrite or another --out)"
        if in_notebook() and not self.options.detect_anomaly:
            words = ["--overwrite", "--detect-anomaly"]
            told += f"; argv={words} for run.options tells where it began"
        return told

    def title(self) -> str:
        """What runs, on what."""
        rounded = f" in {p}" if (p := self.options.precision) != "float32" else ""
        return f"{self.options.program} on {B.name}{rounded}, seed {self.options.seed}"

    def _position(self) -> str:
        return f"at epoch {self.epoch}, step {self.batch}"

    def _continuation(self) -> str:
        if not files.has_checkpoint(self.out):
            return "there is no checkpoint yet, so it has to begin anew, with --overwrite"
        if in_notebook():
            return "to continue: run it again, with argv=['--resume'] for run.options"
        return f"to continue: {called('--resume', without=('--overwrite', '--resume'))}"


def _from(loader: Any, epoch: int, start: int) -> Iterator[Any]:
    """The batches of an epoch from number `start` on; a DataLoader need not make those before."""
    if hasattr(loader, "set_epoch"):
        loader.set_epoch(epoch, start)
        return iter(loader)
    return itertools.islice(loader, start, None)


def _count(batch: Any) -> int:
    """The number of images in a batch."""
    first = batch[0] if isinstance(batch, (list, tuple)) else batch
    return len(first) if hasattr(first, "__len__") else 1


def _size(network: nn.Module) -> int:
    """The number of learned numbers in a network."""
    return sum(parameter.array.size for parameter in network.parameters())


def _shown(values: dict[str, float], gap: str, places: int) -> str:
    """The values that people watch, or the first four, with their labels."""
    names = [name for name in SHOWN if name in values] or list(values)[:4]
    return gap.join(f"{SHOWN.get(name, name)} {values[name]:.{places}f}" for name in names)
