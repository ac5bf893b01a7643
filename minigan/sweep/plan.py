"""What a sweep asks for: each run with its name, its settings, and the words that it is given."""

import argparse
import itertools
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from minigan import programs
from minigan.errors import UserError
from minigan.run import files
from minigan.run.command_line import spelled
from minigan.run.ending import to_begin_again

MOST = 10_000  # runs
OURS = {  # what the sweep itself says to each run, and what to give instead
    "--seed": "give --seeds",
    "--out": "give --out to the sweep, before any --",
    "--resume": "the sweep resumes what it has begun by itself",
    "--overwrite": "the sweep replaces no run: choose another --out",
}


@dataclass(frozen=True)
class Trial:
    """One run of a sweep. words: what tells it from others, as the program takes them."""

    folder: Path
    settings: Mapping[str, str]
    seed: int
    words: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def log(self) -> Path:
        """Where its output goes."""
        return self.folder.with_name(f"{self.name}.log")

    def command(self, program: Sequence[str]) -> list[str]:
        """What starts it: anew, or from where it was stopped."""
        words = [*program, *self.words, "--out", str(self.folder)]
        if not files.holds_run(self.folder):
            return words
        return to_begin_again(words, files.has_checkpoint(self.folder))


def trials(
    out: Path, seeds: Sequence[int], settings: Mapping[str, Sequence[str]], more: Sequence[str]
) -> list[Trial]:
    """Every seed with every combination of settings; of each seed all, before the next one, so that
    the first runs already try all settings. more: what is the same for all of them.

    Raises UserError for an option that is not theirs to choose, and for names that are no two.
    """
    for word in (*more, *map(spelled, settings)):
        if cure := OURS.get(word.partition("=")[0]):
            raise UserError(f"{word.partition('=')[0]} is what the sweep says to each run: {cure}")
    found = []
    for seed in seeds:
        for values in itertools.product(*settings.values()):
            chosen = dict(zip(settings, values, strict=True))
            words = [word for key, value in chosen.items() for word in _as_words(key, value)]
            name = _name(chosen, seed)
            found.append(Trial(out / name, chosen, seed, (*more, *words, "--seed", str(seed))))
    if len(found) > MOST:
        raise UserError(f"these are {len(found):,} runs: a sweep has at most {MOST:,}")
    names: dict[str, Trial] = {}
    for trial in found:
        other = names.setdefault(trial.name.casefold(), trial)
        if other is not trial:
            raise UserError(
                f"{' '.join(other.words)} and {' '.join(trial.words)} would both be called "
                f"{trial.name}: give them to two sweeps"
            )
    return found


def _as_words(key: str, value: str) -> list[str]:
    """A setting as the program takes it: --lr 1e-4, --hidden-d 256 128; on and off are flags."""
    if value in ("on", "off"):
        return [spelled(key) if value == "on" else spelled(f"no_{key}")]
    if value.startswith("-"):  # which argparse would read as an option
        return [f"{spelled(key)}={value}"]
    return [spelled(key), *value.split()]


def _name(settings: Mapping[str, str], seed: int) -> str:
    """lr_1e-4_seed_3; what a file's name should not hold becomes a dash."""
    parts = [f"{key}_{value}" for key, value in settings.items()]
    return re.sub(r"[^\w.+-]+", "-", "_".join([*parts, f"seed_{seed}"]))


# -- the words of the command ----------------------------------------------------------------------


def seeds(text: str) -> list[int]:
    """0-9, or 0,2,5, or 3: each of them once, in this order."""
    found: list[int] = []
    for part in text.split(","):
        if not (span := re.fullmatch(r"([0-9]{1,15})(?:-([0-9]{1,15}))?", part)):
            raise argparse.ArgumentTypeError(f"must be like 0-9 or 0,2,5, not {text}")
        first, last = int(span[1]), int(span[2] or span[1])
        if not 0 <= last - first < MOST:
            raise argparse.ArgumentTypeError(f"{part} has to rise, by less than {MOST:,}")
        found += range(first, last + 1)
    return list(dict.fromkeys(found))


def setting(text: str) -> tuple[str, list[str]]:
    """lr=1e-4,2e-4: an option of the program, and each of its values once."""
    key, given, values = text.partition("=")
    key = key.removeprefix("--").replace("-", "_")
    found = list(dict.fromkeys(value.strip() for value in values.split(",")))
    if not (given and key.isidentifier() and all(found)):
        raise argparse.ArgumentTypeError(f"must be like lr=1e-4,2e-4, not {text}")
    return key, found


def product_of(pairs: Sequence[tuple[str, list[str]]]) -> dict[str, list[str]]:
    """The settings by name. Raises UserError where one is there twice."""
    found: dict[str, list[str]] = {}
    for key, values in pairs:
        if key in found:
            both = ",".join(dict.fromkeys([*found[key], *values]))
            raise UserError(f"--set {key} is given twice: give --set {key}={both}")
        found[key] = values
    return found


def program(word: str) -> tuple[str, list[str]]:
    """What a program is called, and what starts it: `minigan train NAME`, or a file of Python.

    Raises UserError when there is none.
    """
    if not (word.endswith(".py") or Path(word).name != word):
        programs.about(word)  # says which there are
        if word in programs.AFTER_TRAINING:
            raise UserError(f"{word} trains nothing; `minigan train --list` names what does")
        return word.replace("-", "_"), [sys.executable, "-m", "minigan", "train", word]
    if not Path(word).is_file():
        raise UserError(f"there is no file {word}; `minigan train --list` names other programs")
    return Path(word).stem, [sys.executable, word]
