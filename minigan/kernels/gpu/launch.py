"""How a .cu file becomes a running kernel: compiled at its first use, once; its arguments checked.

A raw kernel takes whatever it is given: it ignores strides, and reads a Python float (a double)
where it wants a float as garbage, without an error. So each call is held against the parameters
that the source declares.
"""

import re
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

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
    "unsigned short": np.dtype("uint16"),
    "int": np.dtype("int32"),
    "unsigned": np.dtype("uint32"),
    "long long": np.dtype("int64"),
    "u64": np.dtype("uint64"),
    "float": np.dtype("float32"),
}


def suits_kernels(*arrays: cupy.ndarray) -> bool:
    """Whether the kernels take these: float32, and not empty, since no grid has 0 blocks."""
    return all(array.dtype == np.float32 and array.size for array in arrays)


def owned(view: cupy.ndarray) -> cupy.ndarray:
    """A view as an array of its own: nobody else uses the memory that it is a view of."""
    return cupy.ndarray(view.shape, view.dtype, view.data, view.strides)


def zeros_for_weight(shape: tuple[int, ...], dtype: str) -> cupy.ndarray:
    """Zeros in the memory order in which convolutions read a weight: channels last."""
    if len(shape) != 4:
        return cupy.zeros(shape, dtype)
    outputs, channels, height, width = shape
    zeros = cupy.zeros((outputs, height, width, channels), dtype)
    return owned(zeros.transpose(0, 3, 1, 2))


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
        self.parameters: list[Parameter] = []

    def __call__(self, grid: tuple[int, ...], block: tuple[int, ...], *arguments: Any) -> None:
        if self.function is None:
            self.function = self._compiled()
        passed = []
        for argument, parameter in zip(arguments, self.parameters, strict=True):
            kind = argument.__class__
            if kind is cupy.ndarray:
                good = argument.dtype == parameter.array and argument.flags.c_contiguous
            elif argument is None:
                good = parameter.array is not None
            else:
                good = kind is not float or parameter.is_float
                good = good and parameter.array is None
                if good and parameter.number is not None:
                    argument = parameter.number(argument)
            if not good:
                self._refuse(argument, parameter)
            passed.append(argument)
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

    def _refuse(self, argument: Any, parameter: "Parameter") -> None:
        """Complain of an argument that the kernel would misread."""
        got = repr(argument)
        if isinstance(argument, cupy.ndarray):
            got = f"{argument.dtype}, shape {argument.shape}, strides {argument.strides}"
        raise TypeError(f"kernel '{self.name}': parameter `{parameter.declared}` got {got}")


_modules: dict[str, Any] = {}


def _module(file: str, code: str) -> Any:
    if file not in _modules:
        _modules[file] = cupy.RawModule(code=code)
    return _modules[file]


class Parameter(NamedTuple):
    """A parameter of a kernel: as declared, and what it takes."""

    declared: str
    array: Any  # the dtype of arrays, if it is a pointer
    number: Any  # the type of numbers, if it is one; a structure is neither

    @property
    def is_float(self) -> bool:
        return self.number is np.float32


def parameters_of(code: str, kernel: str) -> list[Parameter]:
    """The parameters of a kernel, as its source has them."""
    found = re.search(rf'extern "C" __global__ void {kernel}\(([^)]*)\)', code)
    if found is None:
        raise LookupError(f"there is no kernel {kernel}")
    parameters = []
    for words in found[1].split(","):
        declared = " ".join(words.split())
        kind = declared.rpartition(" ")[0]
        dtype = _TYPES.get(kind.replace("const ", "").replace("*", ""))
        pointer = "*" in kind
        number = None if pointer or dtype is None else dtype.type
        parameters.append(Parameter(declared, dtype if pointer else None, number))
    return parameters


def _device() -> str:
    properties = cupy.cuda.runtime.getDeviceProperties(cupy.cuda.runtime.getDevice())
    name = properties["name"].decode()
    return f"{name} (compute capability {properties['major']}.{properties['minor']})"
