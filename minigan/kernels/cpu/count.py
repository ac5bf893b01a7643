"""How many threads share the work, and why: what a variable says, else the CPUs that are ours.

A container may run on all CPUs of its machine and have the time of two. Its quota is its cgroup's,
and with more threads than that all of them stand still for the rest of every tenth of a second.
"""

import functools
import math
import os
import re
from pathlib import Path

from minigan.errors import UserError

VARIABLE = "MINIGAN_NUM_THREADS"
EVERYBODYS = "OMP_NUM_THREADS"  # heeded by PyTorch and OpenBLAS as well; "4,2" is 4, and 2 inside


@functools.cache
def at_start() -> tuple[int, str]:
    """How many threads share the work as long as nobody says otherwise, and why, in words."""
    wanted = os.environ.get(VARIABLE)
    if wanted is None:
        asked = re.match(r"\s*([1-9][0-9]{0,2})\s*(,|$)", os.environ.get(EVERYBODYS, ""))
        return (int(asked[1]), f"by {EVERYBODYS}") if asked else cpus()
    if not re.fullmatch("[1-9][0-9]{0,2}", wanted):
        raise UserError(f"{VARIABLE} is {wanted!r}: set it to a number from 1 to 999")
    return int(wanted), f"by {VARIABLE}"


def cpus() -> tuple[int, str]:
    """How many CPUs this process may use, and what decides that."""
    ours, time = _allowed(), quota()
    if time and time < ours:
        return time, f"the time that this container has of {ours} CPUs"
    return ours, f"this process may run on {ours} of {os.cpu_count() or ours} CPUs"


def _allowed() -> int:
    """How many CPUs this process may run on."""
    if asked := getattr(os, "process_cpu_count", None):  # since Python 3.13, with a switch: -X
        return asked() or 1
    allowed = getattr(os, "sched_getaffinity", None)  # absent outside Linux
    return len(allowed(0)) if allowed else os.cpu_count() or 1


def quota(root: Path = Path("/")) -> int | None:
    """The time of how many CPUs our cgroup has, or one above it, rounded up; None: all there is.

    Where a container does not see the cgroups above its own, its files are those of the mount.
    """
    mount, found = root / "sys/fs/cgroup", []
    for line in _text(root / "proc/self/cgroup").splitlines():
        _, kinds, own = line.split(":", 2)
        if kinds and "cpu" not in kinds.split(","):  # version 1 has a tree for each kind
            continue
        folder = mount / ("cpu" if kinds else "") / own.lstrip("/")
        for place in (folder, *folder.parents):
            both = [_text(place / f"cpu.cfs_{of}_us") for of in ("quota", "period")]
            told = _text(place / "cpu.max").split() or " ".join(both).split()
            if len(told) == 2 and all(map(str.isdigit, told)) and int(told[1]):  # no max, no -1
                found.append(max(1, math.ceil(int(told[0]) / int(told[1]))))
    return min(found, default=None)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
