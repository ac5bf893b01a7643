"""The whole state of a run between two steps: written as a checkpoint, and brought back."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import minigan
from minigan import backend as B
from minigan import nn
from minigan.atomic import rename, writing
from minigan.backend import random
from minigan.errors import UserError
from minigan.run import files
from minigan.run.ending import say

if TYPE_CHECKING:
    from minigan.run.loop import Run

POSITION = ("epoch", "batch", "images", "seconds", "total")  # in the data


def save(run: "Run", path: Path, before: Path) -> None:
    """Write the state; the checkpoint that it takes the place of is kept as the one before."""
    state = {
        "parts": {name: part.state_dict() for name, part in run.parts.items()},
        "random": random.default.state(),
        "history": run.history.state_dict(),
        **{key: getattr(run, key) for key in POSITION},
    }
    minigan.save(state, path, former=before)


def restore(run: "Run") -> None:
    """Take the state back from the newest checkpoint that is whole."""
    path, before = run.out / files.CHECKPOINT, run.out / files.BEFORE
    try:
        _restore_from(run, path)
    except UserError as error:
        if not before.exists():
            raise
        try:
            _restore_from(run, before)
        except UserError:
            raise error from None
        with writing(path):
            rename(before, path)
        say(f"{error}; the checkpoint before it is whole, so the run goes on from that one")


def not_finite(networks: Mapping[str, nn.Module]) -> str | None:
    """Which weights have left the numbers, if any."""
    for name, network in networks.items():
        for key, tensor in network.state_dict().items():
            if not B.xp.isfinite(tensor.array).all():
                return f"{name}.{key} holds values that are not finite"
    return None


def _restore_from(run: "Run", path: Path) -> None:
    state = minigan.load(path)
    try:
        position = files.checked(state, {key: getattr(run, key) for key in POSITION})
        if not all(0 <= value < 2**62 for value in position.values()):
            raise ValueError(f"it is at {position}")
        for name, part in run.parts.items():
            saved = state["parts"][name]
            if not isinstance(part, nn.Module):  # which compares what it is given with its own
                _check_settings(name, part.state_dict(), saved)
            part.load_state_dict(saved)
        drawn = files.checked(state["random"], random.default.state())
        if not all(0 <= number < 2**64 for number in drawn.values()):
            raise ValueError(f"its random numbers are at {drawn}")
        random.default.set_state(drawn)
        run.history.load_state_dict(state["history"])
    except (LookupError, TypeError, ValueError, RuntimeError, AttributeError) as error:
        raise UserError(f"{path} does not fit this program: {error}") from None
    vars(run).update(position)


def _check_settings(name: str, ours: Any, theirs: Any) -> None:
    """Refuse an optimizer's settings of other kinds: its next step would fail, far from here."""
    if not files.alike(ours.get("param_groups"), theirs.get("param_groups")):
        raise ValueError(f"the settings of {name} are {theirs['param_groups']}")
