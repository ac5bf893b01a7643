"""How a .cu file becomes a running kernel: compiled at its first use, once; its arguments checked.

A raw kernel takes whatever it is given: it ignores strides, and reads a Python float (a double)
where it wants a float as garbage, without an error. So each call is held against the parameters
that the source declares.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import cupy
import numpy as np

from minigan.errors import BackendError

FOLDER = Path(__file__).parent

THREADS = 256  # of a block: eight warps; several such blocks share a processor and hide its waits

launches: Counter[str] = Counter()
"""How often each kernel of minigan's own was launched, by its name."""

_TYPES = {
    "bool": np.dtype("bool"),
    "unsigned char": np.dtype("uint8"),
    "int": np.dtype("int32"),
    "long long": np.dtype("int64"),
    "u64": np.dtype("uint64"),
    "float": np.dtype("float32"),
}


def suits_kernels(*arrays: cupy.ndarray) -> bool:
    """Whether the kernels take these: float32, and not empty, since no grid has 0 blocks."""
    return all(array.dtype == np.float32 and array.size for array in arrays)


def blocks_for(count: int) -> int:
    """How many blocks of THREADS threads have a thread for each of `count` elements."""
    return -(-count // THREADS)


def power_of_two(count: int, most: int) -> int:
    """The smallest power of two that is not below `count`; at most `most`."""
    return min(1 << max(count - 1, 0).bit_length(), most)


class Kernel:
    """The kernel `name` of a .cu file beside this one. Calling it launches it:

        kernel((blocks,), (threads,), *arguments)

    Arrays must be dense (in C order) and of the declared type, None is a null pointer, numbers are
    converted; a structure is a 0-dimensional NumPy array. Raises BackendError when the source does
    not compile, TypeError for an argument that the kernel would misread.
    """

    def __init__(self, file: str, name: str):
        self.file, self.name = file, name
        self.function: Any = None
        self.parameters: list[tuple[str, str, Any]] = []

    def __call__(self, grid: tuple[int, ...], block: tuple[int, ...], *arguments: Any) -> None:
        if self.function is None:
            self.function = self._compiled()
        passed = [
            self._passed(argument, *parameter)
            for argument, parameter in zip(arguments, self.parameters, strict=True)
        ]
        launches[self.name] += 1
        self.function(grid, block, tuple(passed))

    def _compiled(self) -> Any:
        """The function on the device; also notes what its parameters are."""
        code = (FOLDER / self.file).read_text(encoding="utf-8")
        self.parameters = parameters_of(code, self.name)
        try:
            return _module(self.file, code).get_function(self.name)
        except Exception as error:  # the compiler's log, a missing NVRTC, a refusing driver
            raise BackendError(
                f"the CUDA kernel '{self.name}' ({self.file}) does not compile for {_device()}; "
                f"`minigan doctor` checks the installation, --backend numpy does without. "
                f"The compiler says:\n{error}"
            ) from error

    def _passed(self, argument: Any, kind: str, name: str, dtype: Any) -> Any:
        """The argument as the launch takes it, if it is what the parameter declares."""
        if isinstance(argument, cupy.ndarray):
            good = "*" in kind and argument.dtype == dtype and argument.flags.c_contiguous
        elif argument is None or dtype is None:  # a null pointer, a structure
            good = (argument is None) == ("*" in kind)
        else:
            good = "*" not in kind and (dtype.kind == "f" or not isinstance(argument, float))
        if not good:
            got = (
                f"{argument.dtype}, shape {argument.shape}, strides {argument.strides}"
                if isinstance(argument, cupy.ndarray)
                else repr(argument)
            )
            raise TypeError(f"kernel '{self.name}': parameter `{kind} {name}` got {got}")
        if isinstance(argument, (bool, int, float)):
            return dtype.type(argument)
        return argument


_modules: dict[str, Any] = {}


def _module(file: str, code: str) -> Any:
    if file not in _modules:
        _modules[file] = cupy.RawModule(code=code)
    return _modules[file]


def parameters_of(code: str, kernel: str) -> list[tuple[str, str, Any]]:
    """(type, name, dtype) of each parameter as the source has it; dtype None for a structure."""
    found = re.search(rf'extern "C" __global__ void {kernel}\(([^)]*)\)', code)
    if found is None:
        raise LookupError(f"there is no kernel {kernel}")
    parameters = []
    for declared in found[1].split(","):
        kind, _, name = " ".join(declared.split()).rpartition(" ")
        plain = kind.replace("const ", "").replace("*", "")
        parameters.append((kind, name, _TYPES.get(plain)))
    return parameters


def _device() -> str:
    properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.runtime.getDevice())
    name = properties["name"].decode()
    return f"{name} (compute capability {properties['major']}.{properties['minor']})"
