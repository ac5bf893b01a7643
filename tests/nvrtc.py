"""NVIDIA's run-time compiler on a machine without a GPU: the wheel nvidia-cuda-nvrtc, and ctypes.

It is the compiler that CuPy uses, and needs neither driver nor toolkit.
"""

import ctypes
import functools
import importlib.util
from pathlib import Path


@functools.cache
def library() -> ctypes.CDLL | None:
    """The compiler of the wheel nvidia-cuda-nvrtc (or -cu12); None where it is not installed."""
    found = importlib.util.find_spec("nvidia")
    for folder in found.submodule_search_locations or () if found else ():
        for path in sorted(Path(folder).glob("*/lib/libnvrtc.so.*")):
            return ctypes.CDLL(str(path))
    return None


def version() -> str:
    """The compiler's version, as 13.2."""
    major, minor = ctypes.c_int(), ctypes.c_int()
    _call("nvrtcVersion", ctypes.byref(major), ctypes.byref(minor))
    return f"{major.value}.{minor.value}"


def compile(code: str, target: str) -> tuple[bytes, str]:
    """The binary for a target such as "sm_90", empty if it does not compile, and the log."""
    program = ctypes.c_void_p()
    _call("nvrtcCreateProgram", ctypes.byref(program), code.encode(), b"kernel.cu", 0, None, None)
    options = (ctypes.c_char_p * 1)(f"--gpu-architecture={target}".encode())
    failed = library().nvrtcCompileProgram(program, 1, options)
    log = _bytes(program, "ProgramLog").decode().strip("\0\n ")
    binary = b"" if failed else _bytes(program, "CUBIN")
    _call("nvrtcDestroyProgram", ctypes.byref(program))
    return binary, log


def _bytes(program: ctypes.c_void_p, what: str) -> bytes:
    size = ctypes.c_size_t()
    _call(f"nvrtcGet{what}Size", program, ctypes.byref(size))
    buffer = ctypes.create_string_buffer(size.value)
    _call(f"nvrtcGet{what}", program, buffer)
    return buffer.raw


def _call(name: str, *arguments: object) -> None:
    if error := getattr(library(), name)(*arguments):
        raise RuntimeError(f"{name} failed with error {error}")
