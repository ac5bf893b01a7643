"""The GPU that is not there: how it fails, what was asked of it, and the graph it is recording.

STRICT_CUPY_DEVICE chooses the machine to imitate, and may change between two calls:

    (unset)    a device with 80 GB
    none       no driver: the first use raises CUDARuntimeError, is_available() is False
    broken     a device, but no NVRTC: memory works, the first kernel raises
    oom        a full device: every allocation raises OutOfMemoryError
    oom:BYTES  a device with so many bytes
"""

import functools
import os
from collections import Counter
from collections.abc import Callable
from typing import Any

launches: Counter[str] = Counter()
"""Kernels (and memsets, device copies, graph launches) by name."""

synchronisations: Counter[str] = Counter()
"""Waits of the host for the device, by what caused them."""

transfers: Counter[str] = Counter()
"""Copies "to_device" and "to_host", blocking or not."""

MEMORY = 80 * 2**30
WITHOUT_COMPILER = frozenset(("empty", "empty_like", "zeros", "zeros_like", "graph"))

_ERRORS = {
    35: "cudaErrorInsufficientDriver: CUDA driver version is insufficient for CUDA runtime version",
    101: "cudaErrorInvalidDevice: invalid device ordinal",
    900: "cudaErrorStreamCaptureUnsupported: operation not permitted when stream is capturing",
}
_NO_NVRTC = (
    'Failure finding "libnvrtc.so.13 or libnvrtc.so.12": '
    "No such file: libnvrtc.so.13 or libnvrtc.so.12"
)


class CUDARuntimeError(RuntimeError):
    """A CUDA call failed, with CUDA's number."""

    def __init__(self, status: int):
        super().__init__(_ERRORS[status])
        self.status = status


class OutOfMemoryError(MemoryError):
    """The device has no room for an array of `size` bytes."""

    def __init__(self, size: int, total: int, limit: int = 0):
        known = f", limit set to: {limit:,} bytes" if limit else ""
        super().__init__(
            f"Out of memory allocating {size:,} bytes (allocated so far: {total:,} bytes{known})."
        )


class Graph:
    """The work recorded between begin_capture and end_capture, repeated by launch()."""

    def __init__(self) -> None:
        self.open = True
        self.nodes: list[Callable[[], Any]] = []

    def launch(self, stream: Any = None) -> None:
        """Run the recorded work on the memory it was recorded with: one launch for the host."""
        launch("graph")
        for node in self.nodes:
            node()


streams: list[Any] = []  # the current stream is the last; cupy.cuda puts the null stream here
state = {"live": 0, "limit": 0}


def reset_counters() -> None:
    """Forget all launches, synchronisations and transfers so far."""
    for counter in (launches, synchronisations, transfers):
        counter.clear()


def imitated() -> tuple[str, int]:
    """The machine that STRICT_CUPY_DEVICE names, and the bytes it has if it says so."""
    return _parse(os.environ.get("STRICT_CUPY_DEVICE", ""))


@functools.cache
def _parse(name: str) -> tuple[str, int]:
    kind, _, room = name.partition(":")
    if kind not in ("", "none", "broken", "oom"):
        raise ValueError(f"STRICT_CUPY_DEVICE={name!r}: choose none, broken, oom or oom:BYTES")
    return kind, int(room or 0)


def capturing() -> Graph | None:
    """The graph that the current stream records, if any."""
    graph = streams[-1].graph
    return graph if graph is not None and graph.open else None


def require_driver() -> str:
    """Every first use asks the driver; the kind of machine is its answer."""
    kind, _ = imitated()
    if kind == "none":
        raise CUDARuntimeError(35)
    return kind


def require_compiler() -> None:
    """Every kernel is compiled by NVRTC before its first launch."""
    if require_driver() == "broken":
        raise RuntimeError(_NO_NVRTC)


def allocate(size: int) -> None:
    """Account for a new array of `size` bytes, or raise OutOfMemoryError."""
    kind = require_driver()
    if size and kind == "oom" and state["live"] + size > imitated()[1]:
        raise OutOfMemoryError(size, state["live"])
    if state["limit"] and state["live"] + size > state["limit"]:
        raise OutOfMemoryError(size, state["live"], state["limit"])
    state["live"] += size


def free(size: int, state: dict[str, int] = state) -> None:
    """Account for the end of an array."""
    state["live"] -= size


def launch(name: str, count: int = 1) -> None:
    """Count `count` launches of the kernel `name`."""
    if name in WITHOUT_COMPILER:
        require_driver()
    else:
        require_compiler()
    launches[name] += count


def launch_in_place(name: str, work: Callable[[], Any]) -> None:
    """Launch `work`, which changes existing memory; a captured stream only records it."""
    launch(name)
    graph = capturing()
    if graph is None:
        work()
    else:
        graph.nodes.append(work)


def synchronise(cause: str) -> None:
    """Count a wait for the device, or raise where one is not allowed."""
    require_driver()
    if capturing() is not None:
        raise CUDARuntimeError(900)
    synchronisations[cause] += 1


def transfer(direction: str) -> None:
    """Count a copy between host and device, or raise while the stream is captured."""
    require_driver()
    if capturing() is not None:
        arrow = "H2D" if direction == "to_device" else "D2H"
        raise RuntimeError(f"the current stream is capturing, so {arrow} transfers are disallowed")
    transfers[direction] += 1
