"""RawModule and RawKernel for the stand-in: a CUDA kernel's place is taken by a Python function.

A test registers the function under the kernel's name:

    cupy.emulated_kernels["scale"] = lambda y, x, factor, n: y.__setitem__(slice(n), factor * x[:n])

It gets what the kernel gets. Of an array that is its memory, as a one-dimensional NumPy array in
the order of addresses: a kernel sees neither shape nor strides. Scalars come with the type that
CuPy passes. Where the source is known, every argument is held against the kernel's parameter list,
because on a GPU a Python float (a double) for a float parameter is garbage without an error.
"""

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from cupy import _machine
from cupy._array import ndarray
from cupy.cuda import CUDADriverError

emulated_kernels: dict[str, Callable[..., Any]] = {}

_C_TYPES = {
    "bool": "?", "char": "i1", "unsigned char": "u1", "short": "i2", "unsigned short": "u2",
    "int": "i4", "unsigned": "u4", "unsigned int": "u4", "long": "i8", "unsigned long": "u8",
    "long long": "i8", "unsigned long long": "u8", "size_t": "u8", "ptrdiff_t": "i8",
    "int8_t": "i1", "uint8_t": "u1", "int16_t": "i2", "uint16_t": "u2", "int32_t": "i4",
    "uint32_t": "u4", "int64_t": "i8", "uint64_t": "u8", "float": "f4", "double": "f8",
    "half": "f2", "__half": "f2",
}  # fmt: skip


class RawKernel:
    """A CUDA kernel: called with (grid, block, arguments)."""

    def __init__(
        self,
        code: str | None,
        name: str,
        options: tuple[str, ...] = (),
        backend: str = "nvrtc",
        *,
        enable_cooperative_groups: bool = False,
        name_expressions: tuple[str, ...] | None = None,
    ):
        _check_tuple("options", options)
        self.code, self.name, self.options = code, name, options
        self.name_expressions = name_expressions
        self.max_dynamic_shared_size_bytes = 48 * 1024
        self.__name__ = name

    def compile(self) -> None:
        """Look the kernel up in its source: NVRTC mangles names that are not extern "C"."""
        _machine.require_compiler()
        if self.code is None or self.name in (self.name_expressions or ()):
            return
        if "extern" not in self.code or _parameters(self.code, self.name) is None:
            raise CUDADriverError(
                f"CUDA_ERROR_NOT_FOUND: named symbol not found: no "
                f'extern "C" __global__ function {self.name} in the source'
            )

    def __call__(
        self,
        grid: tuple[int, ...],
        block: tuple[int, ...],
        args: Any,
        *,
        shared_mem: int = 0,
        stream: Any = None,
    ) -> None:
        _check_tuple("grid", grid)
        _check_tuple("block", block)
        self.compile()
        limits = (2**31 - 1, 65535, 65535)
        if (
            math.prod(block) > 1024
            or any(size > limit for size, limit in zip(grid, limits, strict=False))
            or shared_mem > self.max_dynamic_shared_size_bytes
        ):
            raise CUDADriverError(
                f"CUDA_ERROR_INVALID_VALUE: invalid argument: kernel {self.name}, grid {grid}, "
                f"block {block}, {shared_mem} bytes of shared memory"
            )
        passed = [self._pass(position, value) for position, value in enumerate(args)]
        parameters = _parameters(self.code, self.name) if self.code else None
        if parameters is not None:
            if len(parameters) != len(passed):
                raise TypeError(
                    f"kernel {self.name} has {len(parameters)} parameters and got {len(passed)}"
                )
            for parameter, value in zip(parameters, passed, strict=True):
                self._check_type(parameter, value)
        base = self.name.partition("<")[0]
        emulation = emulated_kernels.get(self.name) or emulated_kernels.get(base)
        if emulation is None:
            raise NotImplementedError(
                f"kernel {self.name} has no emulation: "
                f"register one as cupy.emulated_kernels[{base!r}]"
            )
        _machine.launch_in_place(base, lambda: emulation(*passed))

    def _pass(self, position: int, value: Any) -> Any:
        """The argument as the kernel meets it: memory, a typed number, or a null pointer."""
        if isinstance(value, ndarray):
            return self._memory(position, value._host)
        if isinstance(value, np.ndarray):
            if value.size == 1:
                return value
            raise TypeError(
                f"You are trying to pass a numpy.ndarray of shape {value.shape} as a kernel "
                "parameter. Only numpy.ndarrays of size one can be passed by value."
            )
        if value is None or isinstance(value, np.generic):
            return value
        types: dict[type, type] = {bool: np.bool_, int: np.int64, float: np.float64}
        if type(value) not in types:
            raise TypeError(f"Unsupported type {type(value)}")
        return types[type(value)](value)

    def _memory(self, position: int, host: np.ndarray) -> np.ndarray:
        """The array's elements in the order of their addresses; refused unless it is one block."""
        axes = sorted(range(host.ndim), key=lambda axis: -host.strides[axis])
        block = host.transpose(axes)
        if not block.flags.c_contiguous:
            raise ValueError(
                f"kernel {self.name}, argument {position}: a raw kernel ignores strides, and this "
                f"array of shape {host.shape} and strides {host.strides} is not one dense block; "
                "pass cupy.ascontiguousarray of it"
            )
        return block.reshape(-1)

    def _check_type(self, parameter: str, value: Any) -> None:
        pointer = "*" in parameter
        words = re.sub(r"\b(const|volatile|__restrict__|signed)\b|[*&]", " ", parameter).split()
        expected = np.dtype(_C_TYPES[c]) if (c := " ".join(words[:-1])) in _C_TYPES else None
        wrong = pointer != (value is None or value.ndim == 1) if expected is not None else False
        if not wrong and expected is not None and value is not None:
            wrong = value.dtype != expected
            if not pointer and expected.kind in "iu" and value.dtype.kind in "iu":
                bounds = np.iinfo(expected)  # the low bytes of a wider integer are the number
                wrong = value.itemsize < expected.itemsize or not bounds.min <= value <= bounds.max
        if wrong:
            kind = "null" if value is None else f"{value.dtype} {'array' if value.ndim else value}"
            raise TypeError(f"kernel {self.name}: parameter `{parameter}` got {kind}")


class RawModule:
    """CUDA source (or a compiled file) and the kernels in it."""

    def __init__(
        self,
        *,
        code: str | None = None,
        path: str | None = None,
        options: tuple[str, ...] = (),
        backend: str = "nvrtc",
        enable_cooperative_groups: bool = False,
        name_expressions: Any = None,
    ):
        if (code is None) == (path is None):
            raise TypeError("Exactly one of `code` and `path` keyword arguments must be given.")
        _check_tuple("options", options)
        self.code, self.options = code, options
        self.name_expressions = None if name_expressions is None else tuple(name_expressions)

    def compile(self, log_stream: Any = None) -> None:
        """Compile now rather than at get_function."""
        _machine.require_compiler()

    def get_function(self, name: str) -> RawKernel:
        """The kernel of that name, compiled."""
        kernel = RawKernel(self.code, name, self.options, name_expressions=self.name_expressions)
        kernel.compile()
        return kernel


def _check_tuple(name: str, value: Any) -> None:
    if type(value) is not tuple:
        raise TypeError(
            f"Argument {name!r} has incorrect type (expected tuple, got {type(value).__name__})"
        )


def _parameters(code: str, name: str) -> list[str] | None:
    """The parameters of the kernel `name` as written in the source; None if it is not there."""
    code = re.sub(r"//[^\n]*|/\*.*?\*/", " ", code, flags=re.DOTALL)
    base = re.escape(name.partition("<")[0])
    found = re.search(rf"__global__[^;{{}}]*?\b{base}\s*\(([^)]*)\)", code)
    if found is None:
        return None
    return [" ".join(each.split()) for each in found[1].split(",") if each.strip()]
