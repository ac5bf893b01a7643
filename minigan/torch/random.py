"""torch.random: the state of random numbers, kept, restored, and begun anew."""

import contextlib
import secrets
from collections.abc import Iterator
from typing import Any

from minigan.autograd.tensor import Tensor
from minigan.backend import random
from minigan.ops.creation import manual_seed
from minigan.torch.extend import extends
from minigan.torch.ops.creation import tensor
from minigan.torch.ops.device import device as _device
from minigan.torch.ops.device import library_of
from minigan.torch.ops.drawn import initial_seed

__all__ = [
    "Generator", "default_generator", "fork_rng", "get_rng_state", "initial_seed", "manual_seed",
    "seed", "set_rng_state",
]  # fmt: skip

_WORDS = ("seed", "stream", "offset")
_set_state = random.Generator.set_state


@extends(random.Generator)
class _:
    device = _device("cpu")

    def initial_seed(self: Any) -> int:
        """The seed that it started from."""
        return self.seed

    def get_state(self: Any) -> Tensor:
        """24 bytes on the host, from which set_state continues."""
        words = self.state()
        content = b"".join(words[name].to_bytes(8, "little") for name in _WORDS)
        return tensor(list(content), dtype="uint8", device="cpu")

    def set_state(self: Any, state: Any) -> Any:
        """Continue from what get_state, or state, returned."""
        if not isinstance(state, Tensor):
            return _set_state(self, state)
        content = bytes(state.tolist())
        if len(content) != 24 or state.dtype != "uint8":
            raise RuntimeError(
                f"set_state: {state.dtype} {tuple(state.shape)} is no state of minigan's random "
                f"numbers, which get_rng_state returns: 24 bytes. PyTorch's cannot be continued"
            )
        words = (int.from_bytes(content[at : at + 8], "little") for at in (0, 8, 16))
        return _set_state(self, dict(zip(_WORDS, words, strict=True)))


class Generator(random.Generator):
    """A stream of random numbers of its own; its numbers are the same on both devices."""

    def __init__(self, device: Any = "cpu"):
        library_of(device)
        super().__init__()
        self.device = _device(device)


default_generator = random.default


def get_rng_state() -> Tensor:
    """The state of the default random numbers, for set_rng_state."""
    return random.default.get_state()  # type: ignore[attr-defined]


def set_rng_state(new_state: Tensor) -> None:
    """Continue the default random numbers from here."""
    random.default.set_state(new_state)  # type: ignore[arg-type]


def seed() -> int:
    """Start the default random numbers from a seed that nobody knows before; it is returned."""
    manual_seed(secrets.randbits(63))
    return random.default.seed


@contextlib.contextmanager
def fork_rng(devices: Any = None, enabled: bool = True) -> Iterator[None]:
    """Draw random numbers within that change nothing after it. All devices have one stream."""
    former = random.default.state()
    try:
        yield
    finally:
        if enabled:
            random.default.set_state(former)
