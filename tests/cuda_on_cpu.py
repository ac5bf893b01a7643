"""Runs minigan's CUDA kernels on the CPU: g++ compiles them against cuda_shim.h, ctypes calls them.

`run` launches one kernel on NumPy arrays. `install` gives the stand-in for CuPy a RawModule that
does so, and the whole backend then runs here as it would on a GPU, from the choice of the grid to
the last multiplication.
"""

import ctypes
import functools
import math
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).parent
SOURCES = sorted((HERE.parent / "minigan" / "kernels" / "gpu").glob("*.cu"))

has_compiler = shutil.which("g++") is not None


def kernel_names(code: str) -> list[str]:
    """The kernels that a source defines."""
    return re.findall(r'extern "C" __global__ void (\w+)\(', code)


@functools.cache
def compiled(code: str) -> ctypes.CDLL:
    """The library made of CUDA source, and of any C++ that follows it."""
    entries = "".join(f"\nKERNEL_ON_CPU({name})" for name in kernel_names(code))
    with tempfile.TemporaryDirectory(prefix="minigan-kernels-") as folder:
        library = Path(folder, "kernels.so")
        subprocess.run(
            [
                *("g++", "-std=c++20", "-O2", "-ffp-contract=off", "-Wall", "-Werror"),
                *("-shared", "-fPIC", f"-I{HERE}", "-x", "c++", "-", "-o", str(library)),
            ],
            input=f'#include "cuda_shim.h"\n{code}{entries}\n',
            text=True,
            check=True,
        )
        return ctypes.CDLL(str(library))  # stays loaded after its file is gone


class _Dim3(ctypes.Structure):
    _fields_ = [("x", ctypes.c_uint), ("y", ctypes.c_uint), ("z", ctypes.c_uint)]


def run(
    code: str,
    name: str,
    grid: tuple[int, ...],
    block: tuple[int, ...],
    arguments: tuple[Any, ...],
    backwards: bool = False,
) -> None:
    """Launch a kernel. Arrays pass their address, None a null pointer, NumPy scalars their bytes.

    A structure is a 0-dimensional array and passes its bytes too, as in CuPy.
    """
    _check_limits(name, grid, block)
    values = [_value(argument).tobytes() for argument in arguments]
    held = [ctypes.create_string_buffer(value, len(value)) for value in values]
    addresses = (ctypes.c_void_p * len(held))(*map(ctypes.addressof, held))
    function = getattr(compiled(code), f"run_{name}")
    function.argtypes = [_Dim3, _Dim3, ctypes.c_void_p, ctypes.c_bool, ctypes.c_bool]
    sizes = (_Dim3(*(*size, 1, 1)[:3]) for size in (grid, block))
    if function(*sizes, addresses, "__syncthreads" in code, backwards):
        raise RuntimeError(f"kernel {name}: some threads return while others wait at a barrier")


def _check_limits(name: str, grid: tuple[int, ...], block: tuple[int, ...]) -> None:
    """Refuse what every GPU refuses (CUDA programming guide, compute capabilities)."""
    for size, limits in ((grid, (2**31 - 1, 65535, 65535)), (block, (1024, 1024, 64))):
        if not all(1 <= n <= limit for n, limit in zip(size, limits, strict=False)):
            raise ValueError(f"kernel {name}: no GPU takes the grid {grid} and the block {block}")
    if math.prod(block) > 1024:
        raise ValueError(f"kernel {name}: {block} makes more than 1,024 threads")


def _value(argument: Any) -> Any:
    if argument is None:
        return np.uint64(0)
    if isinstance(argument, np.ndarray) and argument.ndim:
        return np.uint64(argument.ctypes.data)
    return argument


def product(a: Any, b: Any, out: Any, bias: Any = None) -> Any:
    """What cuBLAS does for minigan/kernels/gpu/blas.py."""
    from cupy import _machine

    def work() -> None:
        np.matmul(a._host, b._host, out=out._host)
        if bias is not None:
            out._host += bias._host

    assert out.flags.c_contiguous
    _machine.launch_in_place("gemm", work)
    return out


@functools.cache  # once is enough
def install() -> None:
    """Make the stand-in's RawModule run minigan's kernels; its checks and counts stay in force."""
    import cupy

    ours = {name for path in SOURCES for name in kernel_names(path.read_text(encoding="utf-8"))}

    class RawModule(cupy.RawModule):
        def get_function(self, name: str) -> Any:
            kernel = super().get_function(name)
            if name not in ours and name != "formula":
                return kernel

            def launch(grid: tuple[int, ...], block: tuple[int, ...], arguments: Any) -> None:
                cupy.emulated_kernels[name] = lambda *passed: run(
                    self.code, name, grid, block, passed, backwards
                )
                kernel(grid, block, arguments)

            return launch

    cupy.RawModule = RawModule
    from minigan.kernels.gpu import blas, windows

    blas.product = windows.product = product


backwards = False
"""Whether the threads of a block take turns against the order of their numbers."""
