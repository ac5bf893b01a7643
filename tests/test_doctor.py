"""`minigan doctor` says what is there, what is missing and what to do, and its exit code says
whether the chosen backend works; every way in which a GPU can fail has a sentence of its own."""

import importlib.util
import os
import re
import subprocess
import sys
from types import SimpleNamespace

import cuda_on_cpu
import pytest

from minigan import backend as B
from minigan import doctor, optim
from minigan.__main__ import command

cupy = pytest.importorskip("cupy")
STAND_IN = hasattr(cupy, "emulated_kernels")
if STAND_IN:
    cuda_on_cpu.install()

on_stand_in = pytest.mark.skipif(not STAND_IN, reason="imitates a GPU that fails")


@pytest.fixture
def report(capsys, monkeypatch):
    """Runs the doctor without its benchmarks; gives the exit code and what it printed."""
    monkeypatch.setattr(doctor, "_speeds", lambda name: [("speed", "fast")])
    for name in (*doctor.VARIABLES, *doctor.PINS):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(doctor, "at_start", doctor.at_start.__wrapped__)

    def run(*arguments):
        code = command(["doctor", *arguments])
        text = capsys.readouterr().out
        assert max(map(len, text.splitlines())) <= 80
        return SimpleNamespace(code=code, text=" ".join(text.split()))

    return run


@pytest.fixture
def without_cupy(monkeypatch):
    """As if CuPy were not installed."""
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *_: None if name == "cupy" else found(name)
    )


def test_without_cupy_numpy_works(report, without_cupy):
    told = report()
    assert told.code == 0
    assert told.text.endswith("Backend numpy works.")
    assert (
        'CuPy is not installed; for an NVIDIA GPU run `pip install "minigan[cuda13]"`' in told.text
    )


def test_without_cupy_cupy_does_not(report, without_cupy):
    told = report("--backend", "cupy")
    assert told.code == 2
    assert told.text.endswith("Backend cupy does not work.")


def test_the_variable_chooses_what_must_work(report, without_cupy, monkeypatch):
    monkeypatch.setenv("MINIGAN_BACKEND", "cupy")
    assert report().code == 2


def test_variables_that_say_what_there_is_not(report, without_cupy, monkeypatch):
    monkeypatch.setenv("MINIGAN_BACKEND", "jax")
    told = report()
    assert told.code == 2 and "Variables MINIGAN_BACKEND=jax " in told.text
    assert "jax unknown backend 'jax': choose numpy, cupy or auto" in told.text
    assert told.text.endswith("Backend jax does not work.")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("MINIGAN_KERNELS", "unknown kernels 'x': choose fast, jit or plain"),
        ("MINIGAN_NUM_THREADS", "MINIGAN_NUM_THREADS is 'x': set it to a number from 1 to 999"),
    ],
)
def test_variables_that_nobody_can_follow(name, words):
    done = without_benchmarks(**{name: "x"})
    told = " ".join(done.stdout.split())
    assert (done.returncode, done.stderr) == (2, "")
    assert f"numpy {words}" in told and told.endswith("Backend numpy does not work.")


def test_how_many_threads_and_why(report, without_cupy, monkeypatch):
    assert re.search(r"Threads \d+: (this process may run on|the time that this)", report().text)
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    assert "Threads 5: by OMP_NUM_THREADS " in (told := report().text)
    assert "Variables OMP_NUM_THREADS=5 " in told and not re.search(
        "[(]1 threads|keeps matrix", told
    )
    monkeypatch.setenv("MINIGAN_NUM_THREADS", "3")
    assert "Threads 3: by MINIGAN_NUM_THREADS " in report().text


NEW, OLD = (
    {"AVX": True, "AVX2": True, "AVX512F": True},
    {"AVX": True, "AVX2": False, "X86_V4": False},
)


@pytest.mark.parametrize(
    ("library", "name", "said", "features", "used"),
    [
        ("openblas", "OPENBLAS_CORETYPE", "Haswell", NEW, "AVX2, and this CPU has AVX-512"),
        (
            "openblas",
            "OPENBLAS_CORETYPE",
            "ZEN",
            {"X86_V4": True},
            "AVX2, and this CPU has AVX-512",
        ),
        ("openblas", "OPENBLAS_CORETYPE", "Nehalem", OLD, "SSE, and this CPU has AVX"),
        ("openblas", "OPENBLAS_CORETYPE", "Sandybridge", OLD, None),
        ("openblas", "OPENBLAS_CORETYPE", "SkylakeX", NEW, None),
        ("openblas", "OPENBLAS_CORETYPE", "NeoverseN1", {}, None),
        ("mkl", "OPENBLAS_CORETYPE", "Haswell", NEW, None),  # is not there
        ("mkl", "MKL_ENABLE_INSTRUCTIONS", "AVX2", NEW, "AVX2, and this CPU has AVX-512"),
        ("mkl", "MKL_CBWR", "AVX2,STRICT", NEW, "AVX2, and this CPU has AVX-512"),
        ("mkl", "MKL_CBWR", "AUTO", NEW, None),
        ("blis", "BLIS_ARCH_TYPE", "zen2", NEW, "AVX2, and this CPU has AVX-512"),
    ],
)
def test_a_variable_that_keeps_blas_to_older_instructions(
    report, without_cupy, monkeypatch, library, name, said, features, used
):
    there = {"user_api": "blas", "internal_api": library, "version": "1", "num_threads": 1}
    monkeypatch.setattr(doctor.threadpoolctl, "threadpool_info", lambda: [there])
    monkeypatch.setattr(doctor, "_features", lambda: features)
    monkeypatch.setenv(name, said)
    told = report().text
    assert f"BLAS {library} 1 (unknown kernels), 1 thread " in told
    warning = f"{name}={said} keeps matrix products to {used}: unset it, they may take half the"
    assert (warning in told) if used else ("keeps matrix products" not in told)


@pytest.mark.skipif(STAND_IN and not cuda_on_cpu.has_compiler, reason="g++ is not installed")
def test_with_a_gpu(report):
    told = report()
    assert told.code == 0, told.text
    assert "cupy works" in told.text
    assert "numpy works" in told.text
    assert "compute capability" in told.text
    assert told.text.endswith("Backend cupy works.")


@on_stand_in
@pytest.mark.parametrize(
    ("device", "sentence"),
    [
        ("none", "no NVIDIA driver was found"),
        ("broken", "not NVRTC, the CUDA library that compiles kernels"),
        ("oom", "the GPU's memory is full: 16 bytes asked for"),
    ],
)
def test_a_machine_that_fails(report, monkeypatch, device, sentence):
    monkeypatch.setenv("STRICT_CUPY_DEVICE", device)
    told = report("--backend", "cupy")
    assert told.code == 2
    assert sentence in told.text
    assert "or use --backend numpy" in told.text
    assert report().code == 0, "auto falls back to NumPy"


@on_stand_in
def test_an_old_driver(report, monkeypatch):
    monkeypatch.setattr(cupy.cuda.runtime, "driverGetVersion", lambda: 12040)
    monkeypatch.setattr(cupy.cuda, "is_available", lambda: False)
    told = report("--backend", "cupy")
    assert told.code == 2
    assert "too old: it supports CUDA 12.4, and this CuPy is made for CUDA 13" in told.text
    assert 'pip install "minigan[cuda12]"' in told.text


@on_stand_in
def test_a_hidden_gpu(report, monkeypatch):
    monkeypatch.setattr(cupy.cuda.runtime, "driverGetVersion", lambda: 13020)
    monkeypatch.setattr(cupy.cuda, "is_available", lambda: False)
    assert "CUDA_VISIBLE_DEVICES" in report("--backend", "cupy").text


@on_stand_in
def test_no_cublas(report, monkeypatch):
    def missing(*_):
        raise ImportError('Failure finding "libcublas.so.13": No such file')

    monkeypatch.setattr(cupy.ndarray, "__matmul__", missing)
    told = report("--backend", "cupy")
    assert told.code == 2
    assert "not cuBLAS, the CUDA library that multiplies matrices" in told.text
    assert B.why_no_cupy().count("\n") == 0


def test_a_backend_that_computes_nonsense(report, without_cupy, monkeypatch):
    monkeypatch.setattr(optim.Adam, "step", lambda self: None)
    told = report()
    assert told.code == 2
    assert "a step of Adam did not descend" in told.text


def test_as_a_person_runs_it():
    """In full, benchmarks included, on a machine without CuPy."""
    env = {k: v for k, v in os.environ.items() if k not in ("MINIGAN_BACKEND", "PYTHONPATH")}
    command = [sys.executable, "-m", "minigan", "doctor", "--backend", "numpy"]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=600)
    assert done.returncode == 0, done.stderr
    assert max(map(len, done.stdout.splitlines())) <= 80
    for word in ("Python", "NumPy", "BLAS", "Driver", "CuPy", "FLOP/s", "images/s"):
        assert word in done.stdout


def without_benchmarks(redirection="", **env):
    """The command in a process of its own, in a shell that redirects its output."""
    script = (
        "import sys; sys.argv = ['minigan', 'doctor', '--backend', 'numpy']\n"
        "from minigan import __main__, doctor\n"
        "doctor._speeds = lambda name: [('Σ', '×')]\n"
        "__main__.main()"
    )
    return subprocess.run(
        ["bash", "-c", f'"$0" -W error -c "$1" {redirection}', sys.executable, script],
        capture_output=True, text=True, env={**os.environ, **env}, timeout=600,
    )  # fmt: skip


def test_where_greek_cannot_be_printed():
    done = without_benchmarks(PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert re.search(r"\? +\?\n", done.stdout)


@pytest.mark.parametrize(
    ("redirection", "code", "line"),
    [
        ("| true; exit ${PIPESTATUS[0]}", 141, ""),
        (">/dev/full", 2, "minigan: error: cannot write the output: No space left on device\n"),
        (">&-", 0, ""),
        (">&- 2>&-", 0, ""),
    ],
)
def test_where_nothing_can_be_printed(redirection, code, line):
    done = without_benchmarks(redirection)
    assert (done.returncode, done.stdout, done.stderr) == (code, "", line)


def test_what_it_may_find_missing_it_does_not_need():
    script = (
        "import sys\n"
        "for name in 'filelock matplotlib PIL platformdirs safetensors scipy tqdm'.split():\n"
        "    sys.modules[name] = None\n"
        "import minigan.__main__"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_wrong_command(capsys):
    with pytest.raises(SystemExit) as ended:
        command(["docter"])
    assert ended.value.code == 2
    assert "invalid choice: 'docter'" in capsys.readouterr().err
