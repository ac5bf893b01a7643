"""The libraries that are compared, a file for each: how it gets ready for a system's steps.

A peer's name is its library, then its form: "torch-channels_last+fused". Each file has a function
`prepare(system, form, weights, threads)`; where the library is missing it ends the process.
"""

import importlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from systems import System

OURS = ("minigan", "minigan+jit")
_DENSE = (
    *OURS, "minigan-cupy", "torch-eager+tutorial", "torch-eager", "torch-fused",
    "torch-compile+fused", "jax-jit",
)  # fmt: skip
_CONVOLUTIONAL = (
    *OURS, "minigan-cupy", "torch-eager", "torch-fused", "torch-channels_last+fused",
    "torch-compile+channels_last+fused",
)  # fmt: skip
_SMALL = (*_CONVOLUTIONAL, "jax-jit")  # on CPUs its larger convolutions take several times as long
_FROM_SCRATCH = ("numpy-by_hand", "autograd", "mygrad", "dezero", "tinygrad-jit")
PEERS = {
    "s1": (*_DENSE, *_FROM_SCRATCH),
    "s2": _DENSE,
    "s3-32": _SMALL,
    "s3-64": _CONVOLUTIONAL,
    "s4": _CONVOLUTIONAL,
    "s4-128": _CONVOLUTIONAL,
    "s5": _SMALL,
}


@dataclass(frozen=True)
class Peer:
    """A library with its networks, ready to train."""

    step: Callable[..., tuple[Any, ...]]  # of a batch and of what G sees; returns losses when done
    to: Callable[[np.ndarray], Any]  # its tensor
    noise: Callable[..., Any]  # N(0, 1) of such a shape, by its own random numbers
    drop_out: Callable[[], None] = lambda: None  # from now on, where the system has dropout


def split(name: str) -> tuple[str, list[str]]:
    """A peer's library and its form."""
    library, *form = re.split(r"[-+]", name)
    return library, form


def prepare(name: str, system: System, weights: Mapping[str, np.ndarray], threads: int) -> Peer:
    """The peer of this name; where its library is missing, the process ends."""
    library, form = split(name)
    module = importlib.import_module(f"peers.{library}")
    return module.prepare(system, form, weights, threads)
