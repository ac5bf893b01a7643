"""Why CuPy does not work here: one sentence for each thing that can be missing, and what to do."""

import importlib
import importlib.util
from typing import Any

from minigan.errors import BackendError


class OutOfMemoryError(BackendError, RuntimeError):
    """The GPU's memory is full: a RuntimeError of this name, as PyTorch's programs catch it."""


INSTALL = '`pip install "minigan[cuda13]"` (or [cuda12] for a CUDA 12 driver)'


def why_no_cupy() -> str | None:
    """None when CuPy works here, else one sentence: what is missing and what to install."""
    if importlib.util.find_spec("cupy") is None:
        problem: str | None = f"CuPy is not installed; for an NVIDIA GPU run {INSTALL}"
    else:
        problem = _problem()
    return None if problem is None else f"backend cupy: {problem}, or use --backend numpy"


def _problem() -> str | None:
    try:
        cupy = importlib.import_module("cupy")
    except Exception as error:  # whatever a broken installation raises
        return f"CuPy is installed but cannot be imported ({first_line(error)}); run {INSTALL}"
    return _driver_problem(cupy) or _library_problem(cupy)


def _driver_problem(cupy: Any) -> str | None:
    """A driver that is not there or too old, or one that shows no GPU."""
    runtime = cupy.cuda.runtime
    driver, needed = runtime.driverGetVersion(), runtime.runtimeGetVersion() // 1000
    if driver == 0:
        return (
            "no NVIDIA driver was found, and without it no GPU; where there is one, install its "
            "driver until `nvidia-smi` shows it"
        )
    if driver // 1000 < needed:
        return (
            f"the NVIDIA driver is too old: it supports CUDA {version(driver)}, and this CuPy is "
            f"made for CUDA {needed}; update the driver, or run `pip uninstall {_package()}` and "
            f'`pip install "minigan[cuda{driver // 1000}]"`'
        )
    if not cupy.cuda.is_available():
        return (
            "the NVIDIA driver works but shows no GPU; compare `nvidia-smi` with the variable "
            "CUDA_VISIBLE_DEVICES, which hides GPUs from programs"
        )
    return None


def _library_problem(cupy: Any) -> str | None:
    """What fails when memory, the compiler and matrix products are used for the first time."""
    try:
        x = cupy.zeros((2, 2), "float32")
        x += 1.0  # NVRTC compiles this
        float((x @ x).sum())  # and cuBLAS multiplies
    except BackendError as error:  # our own word for a full GPU
        return str(error)
    except MemoryError:
        from minigan.kernels.gpu.memory import out_of_memory

        return str(out_of_memory(16))
    except Exception as error:
        for library, purpose in (("NVRTC", "compiles kernels"), ("cuBLAS", "multiplies matrices")):
            if library.lower() in str(error).lower():
                return (
                    f"CuPy found a GPU but not {library}, the CUDA library that {purpose} "
                    f"({first_line(error)}); run {INSTALL}, which brings it"
                )
        return f"CuPy found a GPU but a first kernel failed ({first_line(error)}); run {INSTALL}"
    return None


def version(number: int) -> str:
    """CUDA's number as people write it: 13020 → 13.2"""
    return f"{number // 1000}.{number % 1000 // 10}"


def _package() -> str:
    """The name under which CuPy was installed."""
    import importlib.metadata  # a third of the time that `import minigan` may take

    return importlib.metadata.packages_distributions().get("cupy", ["cupy"])[0]


def first_line(error: Exception) -> str:
    """The first line of an error's message; its type where it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]
