"""Where samplers and random transforms draw from: a loader's stream, else the global one."""

import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.backend import random

_source = threading.local()


class drawing_from:
    """Within this block, in this thread, samplers and random transforms draw from `source`."""

    def __init__(self, source: random.Generator):
        self.source = source

    def __enter__(self) -> None:
        self.before = getattr(_source, "generator", None)
        _source.generator = self.source

    def __exit__(self, *error: object) -> None:
        _source.generator = self.before


def through(iterable: Any, source: random.Generator) -> Iterator[Any]:
    """The items of an iterable, which draws from `source` if it draws by this package's means."""
    with drawing_from(source):
        iterator = iter(iterable)
    while True:
        with drawing_from(source):
            try:
                item = next(iterator)
            except StopIteration:
                return
        yield item


def generator() -> random.Generator:
    """The loader's stream for this batch, else the global one."""
    return getattr(_source, "generator", None) or random.default


def uniform(low: float, high: float, count: int = 1) -> list[float]:
    """Numbers in [low, high), on the host."""
    return B.to_host(generator().uniform((count,), low, high)).tolist()


def chance(p: float) -> bool:
    """Whether what happens with probability p happens."""
    return bool(B.to_host(generator().bernoulli(p, (1,)))[0])


def integers(low: int, high: int, count: int = 1) -> list[int]:
    """Whole numbers in [low, high), on the host."""
    return B.to_host(generator().integers(low, high, (count,))).tolist()


def permutation(count: int, source: Any = None) -> np.ndarray:
    """0 … count - 1 in a random order, on the host; `source`: a Generator in place of ours."""
    return B.to_host((source or generator()).permutation(count))
