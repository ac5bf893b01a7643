"""What the numbers of a run depend on besides its settings: libraries, kernels, the machine."""

import functools
import platform
from collections.abc import Mapping
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info

import minigan
from minigan import backend as B
from minigan.backend import plain
from minigan.kernels import jit

NO_MATTER = ("python", "platform")  # told for people; the numbers are the same


def versions() -> dict[str, str]:
    """For settings.json."""
    numba = jit.version()
    kernels = "plain" if B.kernels is plain else f"Numba {numba}" if numba else "fast"
    found = {
        "minigan": minigan.__version__,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "numpy": np.__version__,
        "kernels": kernels,
        "BLAS": _blas(kernels),
    }
    if B.name == "cupy":
        device = B.xp.cuda.runtime.getDeviceProperties(B.xp.cuda.runtime.getDevice())
        found |= {"cupy": B.xp.__version__, "GPU": device["name"].decode()}
    return found


@functools.cache
def _blas(kernels: str) -> str:
    """What multiplies NumPy's matrices. Its threads count where it has more than one."""
    for each in threadpool_info():
        if each["user_api"] == "blas" and "scipy" not in each["filepath"]:  # which has its own
            threads = f" on {each['num_threads']} threads" if kernels == "plain" else ""
            kind = each.get("architecture") or "unknown kernels"
            return f"{each['internal_api']} {each['version']} for {kind}{threads}"
    return "unknown"


def differences(settings: Mapping[str, Any]) -> str:
    """What has changed since settings.json was written, in words; what it does not tell is passed
    over."""
    told = settings.get("versions")
    former = {"backend": settings.get("backend")} | (told if isinstance(told, dict) else {})
    now: dict[str, Any] = {"backend": B.name} | versions()
    return ", ".join(
        f"{name} {was} (now {now[name]})"
        for name, was in former.items()
        if name in now and was not in (None, now[name]) and name not in NO_MATTER
    )
