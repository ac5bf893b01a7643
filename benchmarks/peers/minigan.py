"""minigan: plain NumPy, with compiled kernels (MINIGAN_KERNELS=jit), or on a GPU by CuPy."""

import os
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import harness
import numpy as np
import systems

from peers import Peer


def library(form: list[str]) -> Any:
    """minigan in this form. Its kernels are chosen when it is imported, so once in a process."""
    if "jit" in form and not find_spec("numba"):
        harness.absent("numba")
    os.environ["MINIGAN_KERNELS"] = "jit" if "jit" in form else "fast"
    import minigan

    if "cupy" in form and minigan.backend.why_no_cupy():
        harness.absent("GPU")
    minigan.use_backend("cupy" if "cupy" in form else "numpy")
    return minigan


def prepare(
    system: systems.System, form: list[str], weights: Mapping[str, np.ndarray], threads: int
) -> Peer:
    minigan = library(form)
    step, to, drop_out = systems.torch_like(minigan, system, form, weights)
    step = minigan.capture(step)  # as the programs do
    if "cupy" not in form:
        return Peer(step, to, minigan.randn, drop_out)
    stream = minigan.backend.xp.cuda.get_current_stream()

    def waited(*arrays: Any) -> tuple[Any, ...]:
        losses = step(*arrays)
        stream.synchronize()
        return losses

    return Peer(waited, to, minigan.randn, drop_out)
