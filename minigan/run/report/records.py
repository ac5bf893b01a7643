"""All that the folder of a run tells, as one plain object of dicts, lists, words and numbers.

A report, a comparison and a test read it from here. What is missing is absent, and what is damaged
is told in a line on stderr and left out: neither is a reason to show nothing.
"""

import dataclasses
import itertools
import math
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from minigan.errors import UserError
from minigan.run import files, health
from minigan.run.ending import say
from minigan.run.table import MOST, Columns, columns_of

SERIES = re.compile(r"(.+)_([0-9]{1,15})\.png")
"""Names of pictures that show the same at several times."""

REAL = "real.png"
CURVES = "losses.png"  # which a report draws itself
LATENT = ("latent_interpolation", "latent_nearest", "latent_arithmetic", "latent_samples")


def read(folder: Path, tell: Callable[[str], None] = say) -> dict[str, Any]:
    """What there is in a run's folder.

    folder, name: where it is. program, command, backend, options, versions, networks: as in
    settings.json. losses, epochs, scores: the columns of these tables. series: the pictures of one
    kind over time, each with file, step and epoch; real: the name of the picture of real images;
    pictures: the others. watched: whether somebody looked for what goes wrong; findings: what did,
    each as a dict. epochs_done, epochs_asked, finished, steps, seconds, images_per_second,
    memory_mb: how far and how fast. last: the values of the last epoch by name. What is not known
    is None or empty; numbers may be nan or inf. tell: takes a line on what is damaged. Raises
    UserError when there is no run.
    """
    if not files.holds_run(folder):
        raise UserError(f"there is no run in {folder}: neither {files.SETTINGS} nor {files.LOSSES}")
    settings = _settings(folder, tell)
    losses = columns_of(folder / files.LOSSES, tell, "step", "epoch")
    epochs = columns_of(folder / files.EPOCHS, tell, "epoch")
    scores = columns_of(folder / files.SCORES, tell, "epoch")
    ends = _ends(losses, epochs)
    if scores:
        scores["step"] = [ends.get(epoch, epoch) for epoch in scores["epoch"]]
    asked = _whole_or_none(settings["options"].get("epochs"))
    begun = max(losses.get("epoch", []), default=0)
    done = max(begun, *(epoch + 1 for epoch in epochs.get("epoch", [])), 0)
    return {
        "folder": str(folder),
        "name": folder.resolve().name,
        **settings,
        "losses": losses,
        "epochs": epochs,
        "scores": scores,
        **_pictures(folder, tell, ends, asked),
        "watched": _watched(folder, tell),
        "findings": _findings(folder),
        "epochs_done": done,
        "epochs_asked": asked,
        "finished": asked is not None and done >= asked,
        "steps": max(losses.get("step", []), default=max(ends.values(), default=0)),
        **_pace(epochs),
        "last": _last(losses, epochs, scores),
    }


# Settings and tables ------------------------------------------------------------------------------


def _settings(folder: Path, tell: Callable[[str], None]) -> dict[str, Any]:
    """What settings.json says, each part of the kind that it should be."""
    found: dict[str, Any] = {}
    try:
        found = files.read_settings(folder)
    except UserError as error:
        there = (folder / files.SETTINGS).exists()
        tell(str(error) if there else f"{folder} has no {files.SETTINGS}: what it ran is unknown")

    def part(key: str, kind: type) -> Any:
        value = found.get(key)
        return value if isinstance(value, kind) else kind()

    networks = part("networks", dict)
    return {
        **{key: part(key, str) for key in ("program", "command", "backend")},
        **{key: part(key, dict) for key in ("options", "versions")},
        "networks": {name: net for name, net in networks.items() if isinstance(net, dict)},
    }


def _whole_or_none(value: Any) -> int | None:
    return value if type(value) is int and 0 < value < MOST else None


def _ends(losses: Columns, epochs: Columns) -> dict[int, int]:
    """The step at which each epoch ended, or the last one that is known of it."""
    if losses:
        return dict(zip(losses["epoch"], losses["step"], strict=True))
    steps = itertools.accumulate(epochs.get("steps", []))
    return dict(zip(epochs.get("epoch", []), steps, strict=False))


def _pace(epochs: Columns) -> dict[str, float | None]:
    """The time of all epochs, the images in a second of it, and the most memory."""
    pairs = zip(epochs.get("seconds", []), epochs.get("images_per_second", []), strict=False)
    timed = [(time, speed) for time, speed in pairs if math.isfinite(time * speed)]
    seconds = sum(time for time, _ in timed)
    images = sum(time * speed for time, speed in timed)
    memory = [value for value in epochs.get("memory_mb", []) if math.isfinite(value)]
    return {
        "seconds": seconds if timed else None,
        "images_per_second": images / seconds if seconds else None,
        "memory_mb": max(memory, default=None),
    }


def _last(losses: Columns, epochs: Columns, scores: Columns) -> dict[str, float]:
    """The last value of all that was logged or scored; an epoch's mean, where it was finished."""
    told = {"step", "epoch", "steps", "seconds", "images_per_second", "memory_mb"}
    return {
        name: values[-1]
        for table in (losses, epochs, scores)
        for name, values in table.items()
        if values and name not in told
    }


# Pictures and findings ----------------------------------------------------------------------------


def _pictures(
    folder: Path, tell: Callable[[str], None], ends: Mapping[int, int], asked: int | None
) -> dict[str, Any]:
    """The longest series in the folder, the real images, and all other pictures."""
    noted = columns_of(folder / files.PICTURES, tell, "step", "epoch", "name")
    columns = [noted.get(key, []) for key in ("name", "step", "epoch")]
    times = {
        name: {"step": step, "epoch": epoch} for name, step, epoch in zip(*columns, strict=True)
    }
    names = sorted(path.name for path in folder.glob("*.png") if path.is_file())
    series: dict[str, list[dict[str, Any]]] = {}
    others = []
    for name in names:
        if matched := SERIES.fullmatch(name):
            number = int(matched[2])
            frame = {"file": name, "number": number, **times.get(name, {})}
            series.setdefault(matched[1], []).append(frame)
        elif name not in (REAL, CURVES):
            others.append({"file": name, **times.get(name, {})})
    for frames in series.values():
        frames.sort(key=lambda frame: frame["number"])
        _date(frames, ends, asked)
    longest = max(series.values(), key=len, default=[])
    others += [frames[-1] for frames in series.values() if frames is not longest]
    return {
        "series": longest,
        "real": REAL if REAL in names else None,
        "pictures": sorted(others, key=_place),
    }


def _date(frames: list[dict[str, Any]], ends: Mapping[int, int], asked: int | None) -> None:
    """Give step and epoch to pictures that no table tells of: a number is one or the other."""
    by_epoch = frames[-1]["number"] <= max([*ends, asked or 0])
    for frame in frames:
        number = frame.pop("number")
        if "step" not in frame and by_epoch:
            frame |= {"step": ends.get(number), "epoch": number}
        elif "step" not in frame:
            after = [epoch for epoch, end in ends.items() if end > number]
            frame |= {"step": number, "epoch": min(after, default=max(ends, default=None))}


def _place(picture: Mapping[str, Any]) -> tuple[int, str]:
    """Where a picture stands among the others: those of the latent space first."""
    stem = picture["file"].removesuffix(".png")
    return LATENT.index(stem) if stem in LATENT else len(LATENT), stem


def _watched(folder: Path, tell: Callable[[str], None]) -> bool:
    """Whether somebody looked for what goes wrong, and all that was seen can be read."""
    faults: list[str] = []
    seen = columns_of(folder / files.HEALTH, faults.append, "step", "epoch")
    for fault in faults:
        tell(fault)
    return bool(seen) and not faults


def _findings(folder: Path) -> list[dict[str, Any]]:
    """What looked unhealthy; a file that was edited may hold anything."""
    found = [dataclasses.asdict(finding) for finding in health.read(folder)]
    numbers = {"first_step", "last_step", "first_epoch", "last_epoch"}
    return [
        each
        for each in found
        if all(type(each[key]) is (int if key in numbers else str) for key in each)
    ]
