"""One fixture for the backend: a test that asks for it runs on NumPy, on the strict stand-in for
CuPy, and, where there is a GPU, on CuPy itself.

The stand-in (tests/strict_cupy) and CuPy are both called `cupy`, so a process has one of them: CuPy
where it is installed and a GPU answers, else the stand-in. MINIGAN_TEST_CUPY=strict or real decides
otherwise.
"""

import functools
import importlib.util
import os
import shutil
import sys
from pathlib import Path

import hypothesis
import pytest

THERE_IS_A_GPU = shutil.which("nvidia-smi") and importlib.util.find_spec("cupy")
CUPY = os.environ.get("MINIGAN_TEST_CUPY", "real" if THERE_IS_A_GPU else "strict")
if CUPY not in ("strict", "real"):
    raise pytest.UsageError(f"MINIGAN_TEST_CUPY={CUPY!r}: choose strict or real")
if CUPY == "strict":
    sys.path.insert(0, str(Path(__file__).parent / "strict_cupy"))
os.environ.pop("MINIGAN_BACKEND", None)  # each test says itself where it runs
# Of what Numba compiles, tests/test_jit.py tells; programs that are begun by the hundred do without.
os.environ["MINIGAN_KERNELS"] = os.environ.get("MINIGAN_TEST_KERNELS", "fast")

import minigan  # noqa: E402
from minigan import backend as B  # noqa: E402
from minigan.autograd import tape  # noqa: E402

hypothesis.settings.register_profile(
    "fast",
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
hypothesis.settings.register_profile(
    "thorough", hypothesis.settings.get_profile("fast"), max_examples=200, derandomize=False
)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "fast"))


@functools.cache
def _why_not(choice: str) -> str | None:
    """None when this backend can be tested in this process, else the reason why not."""
    if choice == "numpy":
        return None
    if choice == "cupy" and CUPY == "strict":
        return "no CuPy with a GPU here"
    if choice == "cupy-strict" and CUPY == "real":
        return "CuPy itself is loaded in this process; MINIGAN_TEST_CUPY=strict runs the stand-in"
    return B.why_no_cupy()


def pytest_runtest_setup(item):
    """Skip here rather than in the fixture: the report then folds all of one reason in one line."""
    choice = getattr(item, "callspec", None) and item.callspec.params.get("backend")
    if choice and (reason := _why_not(choice)):
        pytest.skip(reason)


@pytest.fixture(params=["numpy", "cupy-strict", pytest.param("cupy", marks=pytest.mark.gpu)])
def backend(request, monkeypatch):
    """The array library in use during the test: "numpy", "cupy-strict" or "cupy"."""
    if request.param == "cupy-strict":  # which runs no CUDA: there the plain kernels have to do
        monkeypatch.setitem(B.faster, "cupy", "minigan.backend.plain")
    with B.use_backend("numpy" if request.param == "numpy" else "cupy"):
        yield request.param


@pytest.fixture(scope="session")
def torch():
    """PyTorch, on one thread: the sums in the tests are small."""
    torch = pytest.importorskip("torch")
    torch.set_num_threads(1)
    return torch


@pytest.fixture(autouse=True)
def _a_fresh_start():
    """Every test begins on NumPy, recording, with the same random numbers, and leaves it so."""
    minigan.manual_seed(0)
    yield
    left = B.name, tape.mode.recording
    B.switch("numpy")
    tape.mode.recording = True
    assert left == ("numpy", True), "the test left another backend, or recording switched off"
