"""What this machine has, whether minigan works on it, how fast, and what to install if not."""

import argparse
import ctypes
import importlib.metadata
import importlib.util
import os
import platform
import re
import subprocess
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
import threadpoolctl

import minigan
from minigan import backend as B
from minigan import models, nn, optim
from minigan.errors import UserError
from minigan.kernels.cpu.count import EVERYBODYS, VARIABLE, at_start
from minigan.kernels.diagnosis import first_line, version

WIDTH, LABEL = 80, 10
VARIABLES = "MINIGAN_BACKEND", "MINIGAN_KERNELS", VARIABLE, EVERYBODYS

PINS = {"OPENBLAS_CORETYPE": "openblas", "BLIS_ARCH_TYPE": "blis"} | dict.fromkeys(
    ("MKL_ENABLE_INSTRUCTIONS", "MKL_CBWR"), "mkl"
)  # variables that say which instructions a library may use
INSTRUCTIONS = {  # of x86, the newest first: NumPy's names for what a CPU has; what a variable says
    "AVX-512": ("AVX512F X86_V4", ""),
    "AVX2": ("AVX2 X86_V3", "haswell zen zen2 zen3 avx2"),
    "AVX": ("AVX", "sandybridge bulldozer piledriver steamroller excavator avx"),
    "SSE": ("", "core2 penryn dunnington nehalem prescott barcelona compatible sse2 sse4_2"),
}


def add_options(parser: argparse.ArgumentParser) -> None:
    """What `minigan doctor` can be told."""
    parser.add_argument(
        "--backend",
        choices=["numpy", "cupy", "auto"],
        default=os.environ.get("MINIGAN_BACKEND") or "auto",
        help="the one that has to work; auto: CuPy where a GPU answers",
    )


def examine(options: argparse.Namespace) -> int:
    """Print the report. 0 when the chosen backend works, else 2."""
    print(f"minigan {minigan.__version__}\n")
    for label, text in [*_software(), *_graphics()]:
        _show(label, text)
    print()
    problems: dict[str, str | None] = {"numpy": None, "cupy": B.why_no_cupy()}
    chosen = options.backend
    if chosen == "auto":
        chosen = "numpy" if problems["cupy"] else "cupy"
    if chosen not in problems:  # of what a variable says, argparse knows nothing
        problems[chosen] = f"unknown backend {chosen!r}: choose numpy, cupy or auto"
    for name, problem in problems.items():
        problems[name] = problem = problem or _failure(name)
        _show(name, "works" if problem is None else problem.removeprefix(f"backend {name}: "))
        for what, speed in _speeds(name) if problem is None else ():
            _show("", f"{what:<42}{speed:>28}")
    print(f"\nBackend {chosen} {'does not work' if problems[chosen] else 'works'}.")
    return 2 if problems[chosen] else 0


def _show(label: str, text: str) -> None:
    indent = " " * LABEL
    print(
        textwrap.fill(
            text,
            WIDTH,
            initial_indent=f"{label:<{LABEL}}",
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    )


# -- what there is ---------------------------------------------------------------------------------


def _software() -> Iterator[tuple[str, str]]:
    system = f"{platform.system()} {platform.release()}, {platform.machine()}"
    yield "System", f"{system}, {os.cpu_count()} CPUs"
    yield "Threads", _answer(lambda: "{}: {}".format(*at_start()))
    yield "Python", platform.python_version()
    yield "NumPy", np.__version__
    yield "BLAS", ", ".join(_blas()) or "unknown"
    for warning in _pins():
        yield "", warning
    yield "Packages", ", ".join(_packages())
    if found := [f"{name}={os.environ[name]}" for name in VARIABLES if os.environ.get(name)]:
        yield "Variables", ", ".join(found)


def _blas() -> list[str]:
    """The libraries that multiply matrices, with their threads."""
    return [
        f"{each['internal_api']} {each['version'] or ''} "
        f"({each.get('architecture') or 'unknown kernels'}), {_threads(each['num_threads'])}"
        for each in threadpoolctl.threadpool_info()
        if each["user_api"] == "blas"
    ]


def _threads(number: int) -> str:
    return f"{number} thread{'s' * (number != 1)}"


def _pins() -> Iterator[str]:
    """What keeps a library that is there to older instructions than the CPU has, and the cure."""
    order, there = list(INSTRUCTIONS), {e["internal_api"] for e in threadpoolctl.threadpool_info()}
    has = {name for name, there in _features().items() if there}
    newest = next((new for new, (own, _) in INSTRUCTIONS.items() if has & {*own.split()}), "SSE")
    for name in (name for name, library in PINS.items() if library in there):
        said = os.environ.get(name, "")
        word = said.lower().split(",")[0]
        used = next((each for each in order if word in INSTRUCTIONS[each][1].split()), newest)
        if order.index(used) > order.index(newest):
            yield (
                f"{name}={said} keeps matrix products to {used}, and this CPU has {newest}: "
                f"unset it, they may take half the time"
            )


def _features() -> Mapping[str, bool]:
    """What this CPU has and lacks, as np.show_runtime knows it."""
    try:
        known = importlib.import_module("numpy._core._multiarray_umath")
    except ImportError:  # nobody has promised that name
        return {}
    return getattr(known, "__cpu_features__", {})


def _packages() -> list[str]:
    """minigan's requirements and their versions."""
    try:
        required = importlib.metadata.requires("minigan") or []
    except importlib.metadata.PackageNotFoundError:  # run from a folder that was not installed
        return ["minigan itself is not installed: `pip install -e .`"]
    names = [re.split(r"[^\w-]", each)[0] for each in required if "extra ==" not in each]
    found = {name: _installed(name) for name in names if name != "numpy"}
    return [f"{name} {number or 'is missing'}" for name, number in found.items()]


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _graphics() -> Iterator[tuple[str, str]]:
    yield "Driver", _driver()
    if importlib.util.find_spec("cupy") is None:
        yield "CuPy", "not installed"
        return
    cupy = importlib.import_module("cupy")
    runtime = cupy.cuda.runtime
    yield "CuPy", f"{cupy.__version__}, made for CUDA {version(runtime.runtimeGetVersion())}"
    yield "NVRTC", _answer(lambda: "{}.{}".format(*cupy.cuda.nvrtc.getVersion()))
    yield "cuBLAS", _answer(lambda: _cublas_version(cupy))
    yield "cuDNN", _cudnn()
    yield "GPU", _answer(lambda: _gpu(runtime))


def _driver() -> str:
    """The NVIDIA driver's own version, and the newest CUDA that it supports."""
    number = ctypes.c_int()
    try:
        ctypes.CDLL("nvcuda.dll" if os.name == "nt" else "libcuda.so.1").cuDriverGetVersion(
            ctypes.byref(number)
        )
        asked = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
        told = subprocess.run(asked, capture_output=True, timeout=20).stdout
        own = told.decode(errors="replace").split()
    except (OSError, AttributeError, subprocess.TimeoutExpired):
        own = []
    if not number.value:
        return "no NVIDIA driver"
    return f"NVIDIA {own[0] if own else '(version unknown)'}, up to CUDA {version(number.value)}"


def _cublas_version(cupy: Any) -> str:
    cublas = importlib.import_module("cupy_backends.cuda.libs.cublas")
    number = cublas.getVersion(cupy.cuda.device.get_cublas_handle())
    return f"{number // 10000}.{number // 100 % 100}"


def _cudnn() -> str:
    """The version of cuDNN, and of the frontend by which convolutions reach it."""
    names = [f"nvidia-cudnn-cu{number}" for number in (12, 13)]
    own, frontend = list(filter(None, map(_installed, names))), _installed("nvidia-cudnn-frontend")
    if own and frontend:
        return f"{own[0]}, by its frontend {frontend}"
    missing = "nvidia-cudnn-frontend" if own else "nvidia-cudnn"
    return f"{missing} is not installed: convolutions take our own kernels, which are slower"


def _gpu(runtime: Any) -> str:
    properties = runtime.getDeviceProperties(runtime.getDevice())
    free, total = (amount / 2**30 for amount in runtime.memGetInfo())
    return (
        f"{properties['name'].decode()}, compute capability "
        f"{properties['major']}.{properties['minor']}, {total:.1f} GiB, {free:.1f} GiB free"
    )


def _answer(question: Callable[[], str]) -> str:
    """The answer, or why there is none: a broken installation must not break its examination."""
    try:
        return question()
    except Exception as error:
        return f"no answer ({first_line(error)})"


# -- whether it works, and how fast ----------------------------------------------------------------


def _failure(name: str) -> str | None:
    """None when a gradient and a step of a small GAN come out right, else what went wrong."""
    try:
        at_start()  # or what is wrong with the variable
        with minigan.use_backend(name):
            x = minigan.randn(5, 3, 8, 8).requires_grad_()
            (slope,) = minigan.grad((x * x).sum(), x)
            if not abs(slope.array - 2.0 * x.array).max() < 1e-6:
                return "the gradient of Σx² is not 2x: please report this"
            net = nn.Sequential(nn.Conv2d(3, 4, 4, 2, 1), nn.BatchNorm2d(4), nn.Sigmoid())
            adam = optim.Adam(net.parameters())
            before = net(x.detach()).sum()
            before.backward()
            adam.step()
            if not net(x.detach()).sum() < before:
                return "a step of Adam did not descend: please report this"
    except UserError as error:
        return str(error)
    except Exception as error:
        return f"fails with {type(error).__name__}: {first_line(error)}"
    return None


def _speeds(name: str) -> Iterator[tuple[str, str]]:
    """(what, how fast) on a backend that works."""
    with minigan.use_backend(name):
        size = 2048 if name == "numpy" else 4096
        a = minigan.randn(size, size).array
        seconds = _seconds(lambda: B.kernels.matmul(a, a))
        yield f"product of {size}×{size} float32 matrices", f"{_flops(2 * size**3 / seconds)}"
        seconds = _seconds(_training_step())
        speed = f"{seconds * 1e3:.2f} ms, {64 / seconds:,.0f} images/s"
        yield "step of a dense GAN on 28×28, batch 64", speed


def _seconds(work: Callable[[], object]) -> float:
    """The shortest of several calls, after one to warm up."""
    times: list[float] = []
    while not times or (sum(times) < 0.5 and len(times) < 100):
        if not times:
            work()
        _wait()
        start = time.perf_counter()
        work()
        _wait()
        times.append(time.perf_counter() - start)
    return min(times)


def _wait() -> None:
    """Until the device has done all that it was given."""
    if B.name == "cupy":
        B.xp.cuda.get_current_stream().synchronize()


def _flops(number: float) -> str:
    return f"{number / 1e12:.1f} TFLOP/s" if number > 1e12 else f"{number / 1e9:.0f} GFLOP/s"


def _training_step() -> Callable[[], None]:
    """A step of D and one of G, as in examples/mnist_dense.py."""
    D, G = models.DenseDiscriminator(), models.DenseGenerator()
    opt_D, opt_G = optim.Adam(D.parameters()), optim.Adam(G.parameters())
    bce, parameters_of_G = nn.BCELoss(), list(G.parameters())
    x, ones, zeros = minigan.randn(64, 1, 28, 28), minigan.ones(64, 1), minigan.zeros(64, 1)

    def step() -> None:
        fake = G(G.noise(64))
        opt_D.zero_grad()
        bce(D(minigan.cat([x, fake.detach()])), minigan.cat([ones, zeros])).backward()
        opt_D.step()
        opt_G.zero_grad()
        bce(D(fake), ones).backward(inputs=parameters_of_G)
        opt_G.step()

    return step
