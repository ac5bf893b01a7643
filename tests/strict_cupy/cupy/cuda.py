"""cupy.cuda for the stand-in: one imitated device, streams that run at once, graphs that replay."""

import contextlib
import ctypes
import sys
import time
import types
from collections.abc import Callable, Iterator
from typing import Any

from cupy import _machine
from cupy._machine import CUDARuntimeError, Graph, OutOfMemoryError

PROPERTIES = {
    "name": b"Strict stand-in for CuPy (no GPU)",  # bytes, as in CuPy
    "major": 9,
    "minor": 0,
    "totalGlobalMem": _machine.MEMORY,
    "multiProcessorCount": 132,
    "warpSize": 32,
    "maxThreadsPerBlock": 1024,
    "maxThreadsPerMultiProcessor": 2048,
    "sharedMemPerBlock": 48 * 1024,
    "sharedMemPerBlockOptin": 227 * 1024,
    "regsPerBlock": 65536,
    "l2CacheSize": 50 * 2**20,
    "clockRate": 1_980_000,
    "memoryClockRate": 2_619_000,
    "memoryBusWidth": 5120,
}


def _module(name: str, **members: Any) -> types.ModuleType:
    """A submodule of cupy.cuda that `import cupy.cuda.NAME` finds as well."""
    module = types.ModuleType(f"cupy.cuda.{name}")
    vars(module).update(members)
    sys.modules[module.__name__] = module
    return module


def is_available() -> bool:
    """Whether a device answers; never raises."""
    return _machine.imitated()[0] != "none"


# -- cupy.cuda.runtime ---------------------------------------------------------------------------


def _asks_driver(answer: Callable[..., Any]) -> Callable[..., Any]:
    """A runtime call that fails where there is no driver."""

    def call(*args: Any) -> Any:
        _machine.require_driver()
        return answer(*args)

    return call


def _check_device(device: int) -> None:
    if device != 0:
        raise CUDARuntimeError(101)


def _properties(device: int) -> dict[str, Any]:
    _check_device(device)
    return dict(PROPERTIES)


def _memory() -> tuple[int, int]:
    return _machine.MEMORY - _machine.state["live"], _machine.MEMORY


def _memcpy_async(to: int, source: int, size: int, kind: int, stream: int) -> None:
    """A copy on the device, the only kind that is imitated."""
    assert kind == 3
    _machine.launch_in_place("memcpy", lambda: ctypes.memmove(to, source, size))


runtime = _module(
    "runtime",
    CUDARuntimeError=CUDARuntimeError,
    is_hip=False,
    streamNonBlocking=1,
    eventDisableTiming=2,
    streamCaptureModeGlobal=0,
    streamCaptureModeThreadLocal=1,
    streamCaptureModeRelaxed=2,
    driverGetVersion=lambda: 13020 if is_available() else 0,
    runtimeGetVersion=lambda: 13020,
    getDeviceCount=_asks_driver(lambda: 1),
    getDevice=_asks_driver(lambda: 0),
    setDevice=_asks_driver(_check_device),
    getDeviceProperties=_asks_driver(_properties),
    memGetInfo=_asks_driver(_memory),
    memcpyAsync=_memcpy_async,
    deviceSynchronize=lambda: _machine.synchronise("device"),
)


class Device:
    """The device of a number; the current one, 0, if none is given."""

    def __init__(self, device: int | None = None):
        _machine.require_driver()
        self.id = 0 if device is None else int(device)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Device) and other.id == self.id

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<CUDA Device {self.id}>"

    def __enter__(self) -> "Device":
        return self.use()

    def __exit__(self, *error: object) -> None:
        pass

    def use(self) -> "Device":
        runtime.setDevice(self.id)
        return self

    def synchronize(self) -> None:
        _machine.synchronise("device")

    @property
    def compute_capability(self) -> str:
        return "90"

    @property
    def mem_info(self) -> tuple[int, int]:
        return runtime.memGetInfo()


# -- streams, events, graphs -----------------------------------------------------------------------


class Stream:
    """A queue of work; here all work is done at once, in the order it is given."""

    null: "Stream"
    created = 1

    def __init__(self, null: bool = False, non_blocking: bool = False, ptds: bool = False) -> None:
        if not null:
            _machine.require_driver()
            Stream.created += 1
        self.ptr = 0 if null else Stream.created
        self.is_non_blocking = non_blocking
        self.graph: Graph | None = None
        self.done = True

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Stream) and other.ptr == self.ptr

    def __hash__(self) -> int:
        return self.ptr

    def __enter__(self) -> "Stream":
        _machine.require_driver()
        _machine.streams.append(self)
        return self

    def __exit__(self, *error: object) -> None:
        _machine.streams.pop()

    def use(self) -> "Stream":
        _machine.require_driver()
        _machine.streams[-1] = self
        return self

    def synchronize(self) -> None:
        """Wait for the stream; not allowed while it is captured."""
        if self.is_capturing():
            raise CUDARuntimeError(900)
        _machine.synchronise("stream")

    def record(self, event: "Event | None" = None) -> "Event":
        event = event or Event()
        event.record(self)
        return event

    def wait_event(self, event: "Event") -> None:
        """Later work waits for the event; an event from a captured stream draws this one in."""
        if event.graph is not None and event.graph.open:
            self.graph = event.graph

    def begin_capture(self, mode: int | None = None) -> None:
        """Record the work given to this stream, instead of doing it."""
        if self.ptr == 0:
            raise RuntimeError("cannot capture on the default (legacy) stream")
        if self.is_capturing():
            raise CUDARuntimeError(900)
        self.graph = Graph()

    def end_capture(self) -> Graph:
        """The graph of the recorded work."""
        if not self.is_capturing():
            raise RuntimeError("this stream is not capturing")
        graph, self.graph = self.graph, None
        assert graph is not None
        graph.open = False
        return graph

    def is_capturing(self) -> bool:
        return self.graph is not None and self.graph.open


Stream.null = Stream(null=True)
_machine.streams.append(Stream.null)


def get_current_stream() -> Stream:
    """The stream that takes the work."""
    _machine.require_driver()
    return _machine.streams[-1]


class Event:
    """A mark in a stream."""

    def __init__(self, block: bool = False, disable_timing: bool = False) -> None:
        _machine.require_driver()
        self.time = 0.0
        self.graph: Graph | None = None
        self.done = True

    def record(self, stream: Stream | None = None) -> None:
        self.time = time.perf_counter()
        self.graph = (stream or get_current_stream()).graph

    def synchronize(self) -> None:
        _machine.synchronise("event")


def get_elapsed_time(start: Event, end: Event) -> float:
    """Milliseconds between two events."""
    return 1e3 * (end.time - start.time)


# -- memory ----------------------------------------------------------------------------------------


class MemoryPool:
    """A pool that keeps the books: all pools of the stand-in share one device's memory."""

    def used_bytes(self) -> int:
        """Bytes of the arrays that live now."""
        _machine.require_driver()
        return _machine.state["live"]

    total_bytes = used_bytes

    def free_bytes(self) -> int:
        return 0

    def n_free_blocks(self) -> int:
        return 0

    def free_all_blocks(self, stream: Stream | None = None) -> None:
        _machine.require_driver()

    def set_limit(self, size: int | None = None, fraction: float | None = None) -> None:
        """Refuse allocations beyond `size` bytes, or that fraction of the device; 0 lifts it."""
        _machine.state["limit"] = int((fraction or 0) * _machine.MEMORY) if size is None else size

    def get_limit(self) -> int:
        return _machine.state["limit"]

    def malloc(self, size: int) -> None:
        """What set_allocator and using_allocator are given; never called here."""
        raise NotImplementedError("the stand-in makes its arrays itself")


class PinnedMemoryPool:
    """The pool of page-locked host memory."""

    def free_all_blocks(self) -> None:
        pass

    def n_free_blocks(self) -> int:
        return 0


def set_allocator(allocator: Callable[[int], Any] | None = None) -> None:
    """Choose where arrays are made; the stand-in makes them all alike."""


@contextlib.contextmanager
def using_allocator(allocator: Callable[[int], Any] | None = None) -> Iterator[None]:
    """set_allocator for the length of a with block."""
    yield


memory = _module("memory", OutOfMemoryError=OutOfMemoryError, MemoryPool=MemoryPool)
stream = _module("stream", Stream=Stream, Event=Event, get_current_stream=get_current_stream)


class CUDADriverError(RuntimeError):
    """A call of the CUDA driver failed."""


driver = _module("driver", CUDADriverError=CUDADriverError)
