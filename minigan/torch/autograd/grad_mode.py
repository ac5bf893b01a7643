"""Recording on and off: as context managers, as decorators with or without brackets, at once."""

import functools
import inspect
import warnings
from collections.abc import Iterator
from typing import Any

from minigan.autograd import tape
from minigan.autograd.tape import recording
from minigan.torch.extend import extends


def is_grad_enabled() -> bool:
    """Whether ops record themselves."""
    return tape.mode.recording


@extends(recording)
class _:
    def __call__(self: Any, function: Any) -> Any:
        """The function, in this mode while it runs: a generator whenever it is resumed, and what
        its caller does between two values keeps the caller's mode.
        """
        if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{function.__name__}: an async function runs after its call, out of a decorator's "
                f"reach: write `with no_grad():` inside, around lines that await nothing"
            )
        if inspect.isclass(function):
            cure = "it reaches __init__ alone: decorate that"
            warnings.warn(f"{function.__name__}: {cure}", FutureWarning, stacklevel=2)

        @functools.wraps(function)
        def call(*args: Any, **kwargs: Any) -> Any:
            with recording(self.wanted):
                return function(*args, **kwargs)

        @functools.wraps(function)
        def steps(*args: Any, **kwargs: Any) -> Iterator[Any]:
            generator = function(*args, **kwargs)
            resume, given = generator.send, None
            while True:
                with recording(self.wanted):
                    try:
                        value = resume(given)
                    except StopIteration as end:
                        return end.value
                try:
                    resume, given = generator.send, (yield value)
                except BaseException as error:  # which the caller throws in, by close() for one
                    resume, given = generator.throw, error

        return steps if inspect.isgeneratorfunction(function) else call


class _Switch(recording):
    enabled: bool

    def __new__(cls, function: Any = None) -> Any:
        return super().__new__(cls) if function is None else cls()(function)  # without brackets

    def __init__(self) -> None:
        super().__init__(self.enabled)


class no_grad(_Switch):
    """Context manager and decorator: nothing inside is recorded."""

    enabled = False


class enable_grad(_Switch):
    """Context manager and decorator: ops inside are recorded, also within no_grad."""

    enabled = True


class set_grad_enabled:
    """Switch recording on or off; as a context manager or decorator, for that stretch only."""

    def __init__(self, mode: bool):
        self.mode = mode
        self.former = tape.mode.recording
        tape.mode.recording = mode

    def __call__(self, function: Any) -> Any:
        self.__exit__()  # a decorator changes nothing until its function is called
        return recording(self.mode)(function)

    def __enter__(self) -> None:
        tape.mode.recording = self.mode

    def __exit__(self, *exception: object) -> None:
        tape.mode.recording = self.former


def inference_mode(mode: Any = True) -> Any:
    """no_grad under its newer name; inference_mode(False) is enable_grad."""
    if callable(mode):  # @inference_mode without brackets
        return no_grad()(mode)
    return no_grad() if mode else enable_grad()
