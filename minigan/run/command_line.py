"""The command line of a training program: what all of them take, and each one's own settings."""

import argparse
import inspect
import math
import os
import shlex
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import minigan
from minigan import data
from minigan.bars import in_notebook
from minigan.errors import BackendError, UserError
from minigan.kernels.precision import CHOICES as PRECISIONS
from minigan.missing import nearest
from minigan.run import files

MAY_CHANGE = {
    "backend",
    "checkpoint_minutes",
    "data_dir",
    "epochs",
    "evaluate_every",
    "tensorboard",
}
"""What --resume lets a person change: nothing that the numbers depend on."""

THIS_TIME = {"config", "detect_anomaly", "out", "overwrite", "program", "resume", "words_given"}
"""What belongs to one call of the program, not to the run."""


@dataclass(frozen=True)
class Option:
    """A setting of a program: its default, its line in --help, and how argparse reads it."""

    default: Any
    help: str
    reading: dict[str, Any] = field(default_factory=dict)


def count(default: int | None, help: str, least: int = 1) -> Option:
    """A whole number of at least `least`."""
    return Option(default, help, {"type": _whole(least), "metavar": "N"})


def counts(default: Sequence[int], help: str, least: int = 1) -> Option:
    """Several whole numbers of at least `least`."""
    return Option(list(default), help, {"type": _whole(least), "metavar": "N", "nargs": "+"})


def rate(default: float, help: str, most: float = math.inf) -> Option:
    """A number above 0, and at most `most`."""
    range = "above 0" if most == math.inf else f"above 0 and at most {most:g}"
    return Option(default, help, {"type": _number(range, lambda x: 0 < x <= most), "metavar": "X"})


def weight(default: float, help: str) -> Option:
    """A number of at least 0."""
    return Option(
        default, help, {"type": _number("of at least 0", lambda x: x >= 0), "metavar": "X"}
    )


def fraction(default: float, help: str) -> Option:
    """A number from 0 to below 1."""
    within = _number("of at least 0 and below 1", lambda x: 0 <= x < 1)
    return Option(default, help, {"type": within, "metavar": "X"})


def flag(default: bool, help: str) -> Option:
    """On or off: --name and --no-name."""
    return Option(default, help, {"action": argparse.BooleanOptionalAction})


def switch(help: str) -> Option:
    """Off, unless --name is given."""
    return Option(False, help, {"action": "store_true"})


def choice(default: str, names: Sequence[str], help: str) -> Option:
    """One of the names."""
    listed = f"{help}: {', '.join(names)}"
    return Option(default, listed, {"choices": names, "metavar": "NAME"})


def backend() -> Option:
    """The array library; by default the one that MINIGAN_BACKEND names, else NumPy."""
    default = os.environ.get("MINIGAN_BACKEND") or "numpy"
    names = ("numpy", "cupy", "auto")
    return choice(default, names, "array library, auto taking CuPy where a GPU answers")


def choose_backend(wanted: str) -> None:
    """minigan.use_backend; a refusal names the variable, if that is what asked."""
    try:
        minigan.use_backend(wanted)
    except BackendError as error:
        asked = wanted == os.environ.get("MINIGAN_BACKEND")
        raise BackendError(f"{error} (MINIGAN_BACKEND)" if asked else str(error)) from None


def options(
    name: str,
    doc: str | None,
    *,
    epochs: int,
    batch_size: int,
    dataset: str | None = "auto",
    limit: int | None = None,
    log_every: int = 10,
    quick: dict[str, Any] | None = None,
    argv: Sequence[str] | None = None,
    **own: Option,
) -> argparse.Namespace:
    """Read the command line, then choose the backend, set the seed and check the output folder.

    name: of the program, and of its folder below runs/. doc: for --help. The others are defaults;
    `quick` holds those that --quick puts in their place, limit is of the images in use, and dataset
    None means that the program does not choose among data sets. `own`: the program's settings.

    With --resume the settings of the former run are the defaults, and those that its numbers
    depend on cannot be given differently. With --config those of another run are the defaults.

    argv: the words of the command line, by default this process's own; in a notebook's cell, none.
    Prints one line and exits with code 2 when an option is wrong; in a notebook a UserError tells.
    """
    parser = Parser(doc)
    evaluations = count(0, "score samples every so many epochs; 0: never", least=0)
    parser.add(
        "settings of the training",
        epochs=count(epochs, "passes through the data"),
        batch_size=count(batch_size, "images in a batch"),
        **own,
        seed=count(0, "of initial weights, noise and the order of the data", least=0),
        precision=choice("float32", PRECISIONS, "of products and convolutions on a GPU"),
        limit=count(limit, "take only the first N images"),
        **({"dataset": choice(dataset, data.NAMES, "data to train on")} if dataset else {}),
    )
    around = parser.add(
        "around the training",
        backend=backend(),
        config=Option(
            None,
            "another run's folder or settings.json: what is not given here is as it was there",
            {"metavar": "FILE", "type": Path},
        ),
        data_dir=Option(None, "where the data is", {"metavar": "DIR"}),
        out=Option(Path("runs", name), "for all output", {"metavar": "DIR", "type": Path}),
        log_every=count(log_every, "steps averaged into one row of losses.csv"),
        checkpoint_minutes=rate(10.0, "a checkpoint at least so often, besides after each epoch"),
        **({"evaluate_every": evaluations} if dataset else {}),
        health=flag(True, "watch the networks, and say in words when something goes wrong"),
        tensorboard=switch("write event files for TensorBoard too"),
        detect_anomaly=switch("end at the first op that makes NaN or an infinity; slower"),
        quick=switch("small settings that are done within a minute"),
    )
    former = around.add_mutually_exclusive_group()
    former.add_argument("--resume", action="store_true", help="continue the run in --out")
    former.add_argument("--overwrite", action="store_true", help="replace the run in --out")
    words_given = argv is not None  # by the program itself: no second pass can change them
    argv = _own_words() if argv is None else list(argv)
    chosen = parser.parse_args(argv)
    try:
        saved = _former(parser, chosen, name) if chosen.resume else {}
        if defaults := saved or _of_another(parser, chosen, name) or (chosen.quick and quick):
            parser.set_defaults(**defaults)
            chosen = parser.parse_args(argv)
        for key, value in saved.items():
            if key not in MAY_CHANGE and getattr(chosen, key) != value:
                raise UserError(
                    f"{spelled(key)} is {_shown(getattr(chosen, key))}, but the run in "
                    f"{chosen.out} was begun with {_shown(value)}: leave {spelled(key)} out to "
                    f"continue that run, or begin another one in another folder with --out"
                )
        choose_backend(chosen.backend)
        minigan.use_precision(chosen.precision)
        check_folder(chosen)
    except UserError as error:
        parser.error(str(error))
    minigan.manual_seed(chosen.seed)
    chosen.program, chosen.words_given = name, words_given
    return chosen


def settings_of(chosen: argparse.Namespace) -> dict[str, Any]:
    """The options that make the run what it is, for settings.json."""
    return {key: _as_saved(value) for key, value in vars(chosen).items() if key not in THIS_TIME}


def _as_saved(value: Any) -> Any:
    """An option's value as settings.json keeps it: a path as text."""
    return str(value) if isinstance(value, Path) else value


class Parser(argparse.ArgumentParser):
    """argparse with one-line errors, the docstring as description, and our Options."""

    def __init__(self, doc: str | None):
        super().__init__(
            prog=os.path.basename(sys.argv[0]),
            description=inspect.cleandoc(doc or ""),
            formatter_class=_Help,
            allow_abbrev=False,
        )

    def add(self, title: str, **options: Option) -> Any:
        """A group of options; an underscore in a name is a dash on the command line."""
        group = self.add_argument_group(title)
        for key, option in options.items():
            group.add_argument(
                spelled(key), default=option.default, help=option.help, **option.reading
            )
        return group

    def error(self, message: str) -> NoReturn:
        """Print one line and exit with code 2; in a notebook's cell, which has none, UserError."""
        _, unknown, words = message.partition("unrecognized arguments: ")
        if unknown:
            message += _meant(words.split()[0], self._option_string_actions)
        if in_notebook():
            raise UserError(message)
        self.exit(2, f"{self.prog}: error: {message} (--help lists all options)\n")


class _Help(argparse.HelpFormatter):
    """Paragraphs as wide as the terminal, commands line by line, defaults as they are typed."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n\n".join(
            part if part.startswith("python ") or "\n  " in part else textwrap.fill(part, width)
            for part in text.split("\n\n")
        )

    def _get_help_string(self, action: argparse.Action) -> str | None:
        if action.default in (None, argparse.SUPPRESS) or action.default is False:
            return action.help
        shown = "on" if action.default is True else _shown(action.default).replace("%", "%%")
        return f"{action.help} (default: {shown})"


def _own_words() -> list[str]:
    """What this process was told; a notebook's cell, which is no program, was told nothing."""
    cell = in_notebook() and not hasattr(sys.modules["__main__"], "__file__")
    return [] if cell else sys.argv[1:]


def _former(parser: Parser, chosen: argparse.Namespace, name: str) -> dict[str, Any]:
    """The options of the run in --out. Those that no longer exist are passed over."""
    if chosen.config:
        raise UserError("--resume goes on with the run's own settings: leave --config out")
    saved = files.read_settings(chosen.out, name)["options"]
    saved = {key: saved[key] for key in settings_of(chosen) if key in saved}
    return _read_again(parser, saved, chosen.out / files.SETTINGS)


def _of_another(parser: Parser, chosen: argparse.Namespace, name: str) -> dict[str, Any]:
    """The options that --config names, if it does. Each of them has to exist."""
    if not chosen.config:
        return {}
    if chosen.quick:
        raise UserError("--quick and --config both choose the settings: give one of them")
    path = chosen.config / files.SETTINGS if chosen.config.is_dir() else chosen.config
    saved = files.read_settings(path.parent, name, path.name)["options"]
    for key in saved.keys() - settings_of(chosen).keys():
        hint = _meant(key, settings_of(chosen))
        raise UserError(f"{path} sets {key!r}, which {name} does not know{hint}")
    return _read_again(parser, saved, path)


def _read_again(parser: Parser, saved: dict[str, Any], path: Path) -> dict[str, Any]:
    """Options from a file, read as if they were given now: so each of them is checked.

    Raises UserError when one cannot be what it is.
    """
    words = []
    for key, value in saved.items():
        option = spelled(key)
        if value == _as_saved(parser.get_default(key)):
            continue  # a default need not be one of the values that can be given
        if isinstance(value, bool):
            words.append(option if value else option.replace("--", "--no-", 1))
        elif isinstance(value, list):
            words += [option, *map(str, value)]
        else:
            words.append(f"{option}={value}")
    parser.exit_on_error = False
    try:
        former, rest = parser.parse_known_args(words)
        if rest:
            raise UserError(f"unrecognized arguments: {' '.join(rest)}")
    except (argparse.ArgumentError, UserError) as error:
        raise UserError(f"{path} is damaged: {error}") from None
    finally:
        parser.exit_on_error = True
    return {key: getattr(former, key) for key in saved}


def _meant(word: str, known: Iterable[str]) -> str:
    """What a wrong word may have meant, at the end of a message."""
    near = nearest(word, known)
    return f"; did you mean {near[0]}?" if near else ""


def called(*more: str, without: Sequence[str] = ()) -> str:
    """What started this program, to be typed again; `more` words, and `without` these."""
    short = sys.argv[0].startswith("minigan ")  # see minigan/programs.py
    words = [*sys.argv[0].split(), *sys.argv[1:]] if short else sys.orig_argv
    words = [*(word for word in words if word not in without), *more]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def spelled(key: str) -> str:
    """An option's name as it is given."""
    return "--" + key.replace("_", "-")


def _shown(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _whole(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = least - 1
        if value < least:
            raise argparse.ArgumentTypeError(
                f"must be a whole number of at least {least}, not {text}"
            )
        return value

    return read


def _number(range: str, within: Callable[[float], bool]) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not (math.isfinite(value) and within(value)):
            raise argparse.ArgumentTypeError(f"must be a number {range}, not {text}")
        return value

    return read


def check_folder(chosen: argparse.Namespace) -> None:
    """Before any training: the output folder can be written to, and holds no run to be lost."""
    out = chosen.out
    if files.holds_run(out) and not (chosen.resume or chosen.overwrite):
        raise UserError(
            f"{out} already holds a run: --resume continues it, --overwrite replaces it, "
            f"--out chooses another folder"
        )
    if chosen.resume and not files.has_checkpoint(out):
        raise UserError(
            f"the run in {out} has no checkpoint to continue from; begin anew with --overwrite"
        )
    try:
        out.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=out).close()
    except OSError as error:
        raise UserError(f"cannot write to --out {out}: {error.strerror or error}") from None


def load_data(
    chosen: argparse.Namespace, transform: Callable, prefer: str = "mnist", **own: Any
) -> data.ImageDataset:
    """The data set that --dataset, --data-dir and --limit ask for; see data.load.

    Where that was "auto" it becomes the name of the set that was found, for settings.json: so
    --resume goes on with the same set, or not at all.
    """
    where = {"root": chosen.data_dir, "limit": chosen.limit}
    images = data.load(chosen.dataset, transform=transform, prefer=prefer, **where, **own)
    chosen.dataset = images.name
    return images
