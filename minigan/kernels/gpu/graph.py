"""A training step as one CUDA graph: recorded once, then launched whole.

A small step is a hundred kernels of a few µs each, and the host needs longer to start a kernel than
the GPU to run it; a graph starts them all at once. It is a film: it repeats the kernels that were
recorded, on the memory that they had then. What differs from step to step comes in by memory that
is written before each launch: the arguments, the place in the random numbers, Adam's rates. Where
anything else has changed since (watched.py), a new film is made.
"""

import contextlib
import gc
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import zip_longest
from typing import Any

import cupy
import numpy as np

from minigan import backend as B
from minigan.autograd.tape import mode
from minigan.autograd.tensor import Tensor, wrap
from minigan.backend import random
from minigan.kernels.gpu.launch import Kernel
from minigan.kernels.gpu.watched import PLAIN, Watched

WARM_UP = 2  # eager steps before a recording: kernels are compiled, and plans made, at first use
MOST = 16  # films of one step, and as many more as it has kinds of arguments
MOST_KEPT = 8  # films of one step
MOST_NUMBERS = 128  # as in graph.cu
DEVICE_TO_DEVICE = 3  # CUDA's number for this kind of copy

_Numbers = np.dtype([("of", "u8", MOST_NUMBERS)])
_set_numbers = Kernel("graph.cu", "set_numbers")


class CannotRecordError(RuntimeError):
    """What a graph cannot repeat; the message says what."""


class NotYetError(CannotRecordError):
    """What happens at a first time only: the next step can be recorded."""


# -- while a step is recorded ----------------------------------------------------------------------


class Recording:
    """What the host does in a step, to be done again at each launch.

    `numbers`, on the device, 8 bytes each: at 0 the offset of the random numbers at the step's
    begin, then the two rates of each update, as float32.
    """

    under_way: "Recording | None" = None

    def __init__(self) -> None:
        self.numbers = cupy.zeros(MOST_NUMBERS, "uint64")
        self.updates: list[tuple[Any, Any, list[Tensor]]] = []  # optimizer, group, parameters
        self.begin = random.default.state()
        self.used = 0  # blocks of random numbers
        self._due: list[Any] = []  # the rates of each update, if it is by Adam's rule
        self._rates: list[tuple[float, float]] = []  # with which its kernel was launched
        self._groups: list[tuple[Any, float]] = []  # with the rates that they began with

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Optimizers and kernels tell it what they do; then the host's counts are set back."""
        collects, former = gc.isenabled(), B.noticed
        Recording.under_way, B.noticed = self, self._update
        gc.collect()  # so that nothing is freed while the stream is captured
        gc.disable()
        try:
            yield
            self._check()
        finally:
            if collects:
                gc.enable()
            Recording.under_way, B.noticed = None, former
            random.default.set_state(self.begin)
            for optimizer, _, parameters in self.updates:
                _count(optimizer, parameters, -1)

    def _update(self, optimizer: Any, group: Any, parameters: list[Tensor]) -> None:
        """optimizer.step() is about to change these."""
        new = [p for p, state in optimizer.state.items() if state["step"] == 0]
        for p in new:  # its zeros are part of the graph: nobody has written them
            del optimizer.state[p]
        if new:
            raise NotYetError("an optimizer's first step, which makes its moments")
        own = getattr(optimizer, "rates", None)
        self._due.append(own and own(group, _steps(optimizer, parameters) + 1))
        self.updates.append((optimizer, group, parameters))
        self._groups.append((group, group.get("lr")))

    def _check(self) -> None:
        """Refuse what the next launches could not do again."""
        if len(self.updates) + 2 > MOST_NUMBERS:
            raise CannotRecordError(f"more than {MOST_NUMBERS - 2} updates")
        for (optimizer, _, _), due, rates in zip_longest(self.updates, self._due, self._rates):
            if due is None or due != rates:
                raise CannotRecordError(
                    f"{type(optimizer).__name__}, an update rule that is not Adam"
                )
        if any(group.get("lr") != rate for group, rate in self._groups):
            raise CannotRecordError("a rate that it changes itself: change rates between the steps")
        if random.default.offset != self.begin["offset"] + self.used:
            raise CannotRecordError("random numbers of a Generator of its own")

    def rates(self, step_size: float, eps: float) -> cupy.ndarray:
        """Where the kernel finds the two rates of the update under way."""
        place = len(self.updates)
        if len(self._rates) == place - 1:
            self._rates.append((step_size, eps))
        elif not place or self._rates[-1] != (step_size, eps):
            raise CannotRecordError("Adam's kernel without an optimizer's step")
        return self.numbers[place : place + 1].view("float32")

    def offset(self, key: tuple[int, int], offset: int, blocks: int) -> tuple[cupy.ndarray, int]:
        """Where the kernel finds the offset at the step's begin, and how far it is from there."""
        begin, so_far = self.begin, self.used
        own = key == (begin["seed"], begin["stream"]) and offset == begin["offset"] + so_far
        if not own or offset != random.default.offset:
            raise CannotRecordError("random numbers of a Generator of its own")
        self.used += blocks
        return self.numbers[:1], so_far

    def fits(self) -> bool:
        """Whether random numbers and Adam's counts go on as they did."""
        begin, now = self.begin, random.default
        return (begin["seed"], begin["stream"]) == (now.seed, now.stream) and all(
            len({optimizer.state[p]["step"] if p in optimizer.state else None for p in parameters})
            == 1
            for optimizer, _, parameters in self.updates
        )

    def again(self) -> None:
        """The host's part of one more step, and the numbers for the device."""
        table = np.zeros((), _Numbers)
        table["of"][0] = random.default.offset
        random.default.offset += self.used
        for place, (optimizer, group, parameters) in enumerate(self.updates, 1):
            _count(optimizer, parameters, 1)
            rates = optimizer.rates(group, _steps(optimizer, parameters))
            table["of"][place] = np.array(rates, "float32").view("uint64")[0]
        _set_numbers((1,), (1 + len(self.updates),), self.numbers, table)


def _steps(optimizer: Any, parameters: list[Tensor]) -> int:
    """How many steps an optimizer has made with these, all alike."""
    return optimizer.state[parameters[0]]["step"]


def _count(optimizer: Any, parameters: list[Tensor], steps: int) -> None:
    for p in parameters:
        optimizer.state[p]["step"] += steps


# -- a recorded step -------------------------------------------------------------------------------


class Film:
    """The graph of a step, and the memory that goes in and out."""

    def __init__(self, step: Callable[..., Any], arguments: tuple[Any, ...]):
        self.watched = Watched(step, arguments)
        self.inputs = [
            wrap(a.array.copy(order="K")) if isinstance(a, Tensor) else a for a in arguments
        ]
        self.pool = cupy.cuda.MemoryPool()  # of its own: nobody else gets what the graph writes to
        self.recording = Recording()
        stream = cupy.cuda.Stream(non_blocking=True)
        with cupy.cuda.using_allocator(self.pool.malloc), self.watched.gradients_followed():
            # What eager steps have left free would lie idle beside the film's own memory.
            cupy.cuda.get_current_stream().synchronize()  # they may still be at work in it
            cupy.get_default_memory_pool().free_all_blocks()
            with stream, self.recording.running():
                stream.begin_capture()
                try:
                    self.result = step(*self.inputs)
                except BaseException:
                    with contextlib.suppress(Exception):  # the capture may have been broken off
                        stream.end_capture()
                    raise
                self.graph = stream.end_capture()
                if any(isinstance(a, Tensor) and a._version for a in self.inputs):
                    raise CannotRecordError("an argument that it changes in place")
                self.watched.recorded()
                for optimizer, group, parameters in self.recording.updates:
                    self.watched.update(optimizer, group, parameters)

    def __del__(self) -> None:
        """CuPy's pools keep free memory for good: give it back once no launch can be using it."""
        with contextlib.suppress(Exception):  # when Python ends, CuPy may have gone before
            del self.graph, self.result, self.watched
            cupy.cuda.get_current_stream().synchronize()
            self.pool.free_all_blocks()

    def fits(self) -> bool:
        """Whether all that the recorded kernels use is still what it was, and where it was."""
        return self.watched.unchanged() and self.recording.fits()

    def play(self, arguments: tuple[Any, ...]) -> Any:
        """The step once more, with these arguments."""
        stream = cupy.cuda.get_current_stream()
        for own, given in zip(self.inputs, arguments, strict=True):
            if isinstance(own, Tensor):
                _copy(own.array, given.array, stream.ptr)
        self.watched.begin()
        self.recording.again()
        self.graph.launch(stream)
        self.watched.end()
        return _copied(self.result, stream.ptr)


def _copy(to: cupy.ndarray, array: cupy.ndarray, stream: int) -> None:
    if to.strides == array.strides:
        pointers = to.data.ptr, array.data.ptr
        cupy.cuda.runtime.memcpyAsync(*pointers, array.nbytes, DEVICE_TO_DEVICE, stream)
    else:
        to[...] = array


def _copied(result: Any, stream: int) -> Any:
    """The result in memory that the next launch does not write to; without history."""
    if isinstance(result, Tensor):
        return wrap(_copied(result.array, stream))
    if isinstance(result, cupy.ndarray):
        array = cupy.empty_like(result)
        _copy(array, result, stream)
        return array
    if isinstance(result, dict):
        return {name: _copied(value, stream) for name, value in result.items()}
    if isinstance(result, (tuple, list)):
        parts = [_copied(value, stream) for value in result]
        return type(result)(*parts) if hasattr(result, "_fields") else type(result)(parts)
    return result


# -- a step, eager or recorded ---------------------------------------------------------------------


class Captured:
    """Runs a step; from the third time with arguments of one kind on, as a film."""

    def __init__(self, step: Callable[..., Any]):
        self.step = step
        self.films: dict[Any, Film] = {}
        self.calls: Counter[Any] = Counter()
        self.made = 0
        self.eager = False  # it could not be recorded

    def __call__(self, *arguments: Any) -> Any:
        kind = None if self.eager or Recording.under_way else _kind(arguments)
        if kind is None:
            return self.step(*arguments)
        film = self.films.get(kind)
        if film is None or not film.fits():
            self.calls[kind] += 1
            film = self._new(kind, arguments) if self.calls[kind] > WARM_UP else None
        return self.step(*arguments) if film is None else film.play(arguments)

    def _new(self, kind: Any, arguments: tuple[Any, ...]) -> Film | None:
        """A film of the step as it is now; None, and a warning, if it cannot be made."""
        self.films.pop(kind, None)
        if len(self.films) == MOST_KEPT:
            self.films.pop(next(iter(self.films)))
        self.made += 1
        try:
            if self.made > MOST + len(self.calls):
                raise CannotRecordError("too much of what it reads changes between steps")
            self.films[kind] = Film(self.step, arguments)
        except NotYetError:
            pass
        except Exception as error:  # of CUDA, of CuPy, or of the step itself
            self.eager = True
            warnings.warn(
                f"capture: {getattr(self.step, '__name__', self.step)} runs eagerly from here on, "
                f"for it cannot be recorded: {error}",
                stacklevel=3,
            )
        return self.films.get(kind)


def _kind(arguments: tuple[Any, ...]) -> Any:
    """What has to be equal for a film to serve: shapes and dtypes of tensors, other values
    themselves, and whether ops record themselves. None where no film can serve."""
    kind: list[Any] = [mode.recording]
    for value in arguments:
        if not isinstance(value, Tensor):
            kind.append((type(value), repr(value) if isinstance(value, PLAIN) else id(value)))
        elif isinstance(value.array, cupy.ndarray) and not value.requires_grad:
            kind.append((value.array.shape, value.array.dtype.char))
        else:
            return None
    return tuple(kind)
