"""What lies in the folder of a run, and how it differs from another one."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image

import minigan
from minigan.errors import UserError
from minigan.run import files
from minigan.run.report import REPORT

TIMED = ("seconds", f"history/ends/{files.EPOCHS}")  # in a checkpoint; the latter is its size


def contents(folder: Path) -> dict[str, dict[str, Any]]:
    """By file and by place in it, all that must not depend on stops. No place: it is damaged."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.glob("*")):  # of none, if it is not there yet
        try:
            found[path.name] = content(path)
        except (UserError, OSError, ValueError, LookupError, SyntaxError):  # the last is Pillow's
            found[path.name] = {}
    return found


def content(path: Path) -> dict[str, Any]:
    """The same of one file. Raises one of many errors when it is damaged."""
    whole = path.read_bytes()
    if path.name == files.CHECKPOINT:
        return {place: v for place, v in leaves(minigan.load(path)) if place not in TIMED}
    if path.suffix == ".safetensors":
        return {**dict(leaves(minigan.load(path))), "its bytes": whole}
    if path.name == files.SETTINGS:
        read = json.loads(whole)
        del read["command"], read["files"], read["options"]["checkpoint_minutes"]
        return read
    if path.suffix == ".csv":
        rows = [line.split(",") for line in whole.decode().split("\n")]
        timed = path.name == files.EPOCHS  # seconds, images per second, and memory at the end
        return {f"line {i}": row[:2] + row[4:-1] if timed else row for i, row in enumerate(rows, 1)}
    if path.name == REPORT:  # which tells times too
        return {"its end": whole.rstrip().endswith(b"</html>")}
    if path.suffix in (".png", ".gif"):
        Image.open(io.BytesIO(whole)).verify()
    if path.suffix == ".gif":  # with what was drawn as it stopped
        return {"its format": "GIF"}
    return {"its bytes": whole}


def leaves(value: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """What a tree of tensors holds, by place."""
    if isinstance(value, (dict, list, tuple)):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(each, f"{place}/{key}".strip("/"))
    elif isinstance(value, minigan.Tensor):
        array = value.cpu().numpy()
        yield place, (array.dtype, array.shape, array.tobytes())
    else:
        yield place, repr(value)  # in which nan equals nan


def damages(folder: Path) -> list[str]:
    """What cannot be read, but for what has not got its name yet."""
    found = contents(folder)
    return [f"{name} is damaged" for name in found if not found[name] and name[0] != "."]


def differences(folder: Path, whole: Path) -> list[str]:
    """How a run that was stopped differs from one that was not: each file, and where first.

    It may have more pictures, drawn as it stopped. What a checkpoint has beside it is of another
    step.
    """
    ours, theirs = contents(folder), contents(whole)
    beside = {name for name in {*ours, *theirs} if re.match("checkpoint(?!.safetensors$)", name)}
    found = [f"{name} is missing" for name in theirs if name not in {*ours, *beside}]
    for name, mine in ours.items():
        if name in theirs and mine and name not in beside:
            expected = theirs[name]
            places = [key for key in {**expected, **mine} if mine.get(key) != expected.get(key)]
            found += [f"{name} differs ({place})" for place in places[:1]]
        elif name not in {*theirs, *beside} and not re.match(r"[^.].*\.(png|gif)$", name):
            found.append(f"{name} was left")
    return found
