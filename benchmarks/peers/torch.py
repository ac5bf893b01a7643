"""PyTorch on the CPU: as tutorials write it, with fused Adam, channels last in memory, compiled."""

from collections.abc import Mapping
from typing import Any

import harness
import numpy as np
import systems

from peers import Peer


def library(threads: int) -> Any:
    torch = harness.installed("torch")
    torch.set_num_threads(threads)
    return torch


def prepare(
    system: systems.System, form: list[str], weights: Mapping[str, np.ndarray], threads: int
) -> Peer:
    torch = library(threads)
    step, to, drop_out = systems.torch_like(torch, system, form, weights)
    return Peer(step, to, torch.randn, drop_out)
