"""The folder of a run: which files it holds, and settings.json, which says how it was made."""

import contextlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from minigan.atomic import locked, replacing
from minigan.errors import UserError
from minigan.opening import opened

SETTINGS = "settings.json"
CHECKPOINT = "checkpoint.safetensors"
BEFORE = "checkpoint_before.safetensors"  # the one that it took the place of
LOSSES = "losses.csv"
EPOCHS = "epochs.csv"
SCORES = "scores.csv"
PICTURES = "pictures.csv"
HEALTH = "health.csv"
DIVERGED = "diverged.json"
EVALUATION = "evaluation.json"
OF_COMMANDS = (  # what sample, latent and evaluate write
    "grid.png", "samples.npz", "latent_samples.png", "latent_arithmetic.png", EVALUATION,
)  # fmt: skip
TABLES = (LOSSES, EPOCHS, SCORES, PICTURES, HEALTH)


def holds_run(folder: Path) -> bool:
    """Whether a run has written to this folder."""
    return has_checkpoint(folder) or any(map(os.path.exists, (folder / SETTINGS, folder / LOSSES)))


def has_checkpoint(folder: Path) -> bool:
    """Whether there is one to go on from."""
    return any(map(os.path.exists, (folder / CHECKPOINT, folder / BEFORE)))


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """One run at a time writes to a folder. Raises UserError when there is another one."""
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(locked(folder, wait=False))
        except BlockingIOError:
            raise UserError(
                f"another run is writing to {folder}: wait until it ends, or choose another folder "
                f"with --out"
            ) from None
        except OSError as error:
            raise UserError(f"cannot write to --out {folder}: {error.strerror or error}") from None
        yield


def checked(state: Any, like: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of `state` that `like` has too.

    Raises KeyError when one is missing, ValueError unless each has the type that it has there.
    """
    for key, sample in like.items():
        if type(state[key]) is not type(sample):
            raise ValueError(f"{key} is {state[key]!r}, no {type(sample).__name__}")
    return {key: state[key] for key in like}


def alike(ours: Any, theirs: Any) -> bool:
    """Whether two trees of settings have values of one kind wherever both have one; 1 is as 1.0."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return all(alike(ours[key], theirs[key]) for key in ours.keys() & theirs.keys())
    if isinstance(ours, (list, tuple)) and isinstance(theirs, (list, tuple)):
        return len(ours) == len(theirs) and all(map(alike, ours, theirs))
    kinds = [float if type(value) is int else type(value) for value in (ours, theirs)]
    return kinds[0] is kinds[1]


def finite(value: float | None) -> float | None:
    """A number as JSON can hold it: None for one that is not finite, which JSON has no word for."""
    return value if value is not None and math.isfinite(value) else None


def write_settings(folder: Path, settings: dict[str, Any]) -> None:
    """Write settings.json, for people and for --resume."""
    with replacing(folder / SETTINGS) as temporary:
        text = json.dumps(settings, indent=2, default=str) + "\n"
        temporary.write_text(text, encoding="utf-8", newline="\n")  # the same bytes everywhere


def read_settings(folder: Path, program: str | None = None, name: str = SETTINGS) -> dict[str, Any]:
    """What settings.json says, or a copy of it under another name.

    Raises UserError when there is no run in the folder, its file is damaged, or another program
    than `program` made it.
    """
    path = folder / name
    try:
        with opened(path) as file:
            settings = json.loads(file.read().decode())
        checked(settings, {"program": "", "options": {}, "networks": {}, "files": []})
        if any(b"\0" in os.fsencode(name) for name in settings["files"]):
            raise ValueError("a file cannot have such a name")
    except FileNotFoundError:
        missing = f"there is no run in {folder}: no {SETTINGS} is there"
        raise UserError(missing if name == SETTINGS else f"there is no file {path}") from None
    except OSError as error:
        raise UserError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UserError(f"{path} is damaged: it does not describe a run") from None
    if program not in (None, settings["program"]):
        raise UserError(f"the run in {folder} was made by {settings['program']}, not by {program}")
    return settings


def remove_run(folder: Path) -> None:
    """Delete the files that a run wrote, and nothing else that may lie in its folder."""
    try:
        listed = read_settings(folder).get("files", [])
    except UserError:
        listed = []
    for name in {*listed, SETTINGS, CHECKPOINT, BEFORE, DIVERGED, *TABLES, *OF_COMMANDS}:
        path = folder / Path(name).name
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise UserError(f"cannot replace {path}: {error.strerror or error}") from None
