"""Recording on and off: as context managers, as decorators with or without brackets, at once."""

import contextlib
from typing import Any

from minigan.autograd.tape import mode


def is_grad_enabled() -> bool:
    """Whether ops record themselves."""
    return mode.recording


class _Switch(contextlib.ContextDecorator):
    enabled: bool
    former: list[bool]

    def __new__(cls, function: Any = None) -> Any:
        switch = super().__new__(cls)
        switch.former = []
        return switch if function is None else switch(function)  # @no_grad without brackets

    def __enter__(self) -> None:
        self.former.append(mode.recording)
        mode.recording = self.enabled

    def __exit__(self, *exception: object) -> None:
        mode.recording = self.former.pop()


class no_grad(_Switch):
    """Context manager and decorator: nothing inside is recorded."""

    enabled = False


class enable_grad(_Switch):
    """Context manager and decorator: ops inside are recorded, also within no_grad."""

    enabled = True


class set_grad_enabled:
    """Switch recording on or off; as a context manager or decorator, for that stretch only."""

    def __init__(self, enabled: bool):
        self.enabled = enabled
        self.former = mode.recording
        mode.recording = enabled

    def __call__(self, function: Any) -> Any:
        mode.recording = self.former  # a decorator changes nothing until its function is called
        return (enable_grad if self.enabled else no_grad)(function)

    def __enter__(self) -> None:
        mode.recording = self.enabled

    def __exit__(self, *exception: object) -> None:
        mode.recording = self.former


def inference_mode(mode: Any = True) -> Any:
    """no_grad under its newer name; inference_mode(False) is enable_grad."""
    if callable(mode):  # @inference_mode without brackets
        return no_grad(mode)
    return no_grad() if mode else enable_grad()
