"""Choosing between NumPy and CuPy, and moving between them."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigan
import minigan.torch as mg
from minigan import backend as B
from minigan.errors import BackendError, UserError


@pytest.fixture
def stand_in(monkeypatch):
    """The stand-in for CuPy, whose device can be taken away."""
    cupy = pytest.importorskip("cupy")
    if not hasattr(cupy, "emulated_kernels"):
        pytest.skip("about machines that the stand-in imitates")
    monkeypatch.delenv("STRICT_CUPY_DEVICE", raising=False)
    return lambda device: monkeypatch.setenv("STRICT_CUPY_DEVICE", device)


# -- the choice ------------------------------------------------------------------------------------


def test_the_backend_in_use_is_the_one_asked_for(backend):
    library = "numpy" if backend == "numpy" else "cupy"
    assert B.name == B.xp.__name__ == library
    rooms = {"numpy": "minigan.kernels.cpu", "cupy": "minigan.kernels.gpu"}
    assert B.kernels.__name__ == rooms.get(backend, "minigan.backend.plain")
    assert isinstance(minigan.zeros(2).array, B.ndarray)
    assert B.module_of(minigan.zeros(2).array) is B.xp


def test_an_unknown_backend_is_answered_with_the_choices():
    with pytest.raises(BackendError, match=r"unknown backend 'jax': choose numpy, cupy or auto"):
        B.use_backend("jax")
    assert B.name == "numpy"


def test_a_context_restores_the_former_choice_also_after_an_error(backend):
    before = B.name
    with B.use_backend("numpy"):
        assert B.name == "numpy"
        with pytest.raises(ZeroDivisionError), B.use_backend(before):
            assert B.name == before
            raise ZeroDivisionError
        assert B.name == "numpy"
    assert B.name == before


def test_auto_takes_cupy_only_where_a_gpu_answers(stand_in):
    with B.use_backend("auto"):
        assert B.name == "cupy"
    for broken in ("none", "broken"):
        stand_in(broken)
        with B.use_backend("auto"):
            assert B.name == "numpy"


@pytest.mark.parametrize(
    ("machine", "words"),
    [("none", r"no NVIDIA driver.*nvidia-smi"), ("broken", r"NVRTC.*libnvrtc.*pip install")],
)
def test_cupy_without_a_working_gpu_says_what_to_do(stand_in, machine, words):
    stand_in(machine)
    with pytest.raises(UserError, match=words + r".*--backend numpy") as caught:
        B.use_backend("cupy")
    assert "\n" not in str(caught.value)
    assert B.name == "numpy"
    assert not mg.cuda.is_available() and mg.cuda.device_count() == 0


def test_cupy_that_is_not_installed_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BackendError, match=r'not installed.*pip install "minigan\[cuda13\]"'):
        B.use_backend("cupy")


def with_variable(choice, code="import minigan.backend as B; print(B.name)", **environment):
    """What a new process says of B.name when MINIGAN_BACKEND is set."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={**os.environ, "MINIGAN_BACKEND": choice, "PYTHONPATH": os.pathsep.join(sys.path),
             **environment},
        capture_output=True,
        text=True,
    )  # fmt: skip


def test_the_variable_makes_the_first_choice(stand_in):
    assert with_variable("numpy").stdout == "numpy\n"
    assert with_variable("cupy").stdout == "cupy\n"
    assert with_variable("auto", STRICT_CUPY_DEVICE="none").stdout == "numpy\n"


IN_VAIN = """
import numpy
import minigan, minigan.doctor, minigan.run, minigan.torchvision
import minigan.torch as mg
from minigan import data
from minigan.errors import BackendError

def refused():
    for compute in (
        lambda: minigan.zeros(2), lambda: minigan.randn(2), lambda: minigan.tensor([1.0]),
        lambda: minigan.nn.Linear(2, 3), lambda: mg.from_numpy(numpy.ones(2)), lambda: mg.arange(2),
        lambda: next(iter(data.DataLoader(data.TensorDataset(numpy.ones((4, 2))), 2))),
    ):
        try:
            compute()
        except BackendError as error:
            assert "\\n" not in str(error) and WORDS in str(error), error
            assert "MINIGAN_BACKEND" in str(error), error
        else:
            raise AssertionError("nothing was said")

refused()
assert not hasattr(minigan.backend.xp, "__warningregistry__")  # unittest asks every module
with minigan.use_backend("numpy"):
    x = minigan.randn(2, 2).requires_grad_()
refused()
minigan.use_backend("numpy")
(x @ x).sum().backward()
print(x.grad.shape)
"""


@pytest.mark.parametrize(
    ("choice", "words"),
    [("jax", "unknown backend 'jax': choose numpy, cupy or auto"), ("cupy", "no NVIDIA driver")],
)
def test_a_variable_that_cannot_be_followed_is_told_by_what_would_compute(stand_in, choice, words):
    code = IN_VAIN.replace("WORDS", repr(words))
    result = with_variable(choice, code, STRICT_CUPY_DEVICE="none")
    assert (result.stdout, result.stderr) == ("(2, 2)\n", "")


def test_a_variable_that_cannot_be_followed_ends_a_program_in_one_line(stand_in):
    program = Path(__file__).parents[1] / "examples" / "mnist_dense.py"
    code = f"import runpy; runpy.run_path({str(program)!r}, run_name='__main__')"
    for choice in ("jax", "cupy"):
        result = with_variable(choice, code, STRICT_CUPY_DEVICE="none")
        assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
        assert f"backend {choice!r}" in result.stderr or f"backend {choice}: " in result.stderr


# -- crossings -------------------------------------------------------------------------------------


def test_arrays_cross_to_the_device_and_back(backend):
    a = np.arange(6.0).reshape(2, 3)
    there = B.to_device(a)
    assert isinstance(there, B.ndarray) and B.is_array(there) and B.is_array(a)
    np.testing.assert_array_equal(B.to_host(there), a)
    assert B.to_device(there) is there
    assert (B.to_host(there) is a) is (backend == "numpy")
    assert not B.is_array([1.0]) and not B.is_array(1.0)


def test_devices_have_pytorchs_names(backend):
    x = mg.ones(2)
    where = "cpu" if backend == "numpy" else "cuda:0"
    assert str(x.device) == where and x.device == mg.device(where) != where
    assert x.is_cuda is (backend != "numpy") is not x.is_cpu
    assert x.to(where) is x and x.to(mg.device(where)) is x
    assert mg.device("cuda:0").index == 0 and repr(mg.device("cpu")) == "device(type='cpu')"
    assert mg.device(type="cuda", index=0) == mg.device("cuda", 0) != mg.device("cuda")
    assert repr(mg.device("cuda:0")) == "device(type='cuda', index=0)"
    with pytest.raises(BackendError, match=r"unknown device 'tpu': choose cpu or cuda"):
        mg.device("tpu")


def test_tensors_move_between_host_and_device(backend):
    if backend == "numpy":
        pytest.skip("there is nowhere else to move to")
    x = mg.arange(3)
    assert isinstance(x.cpu().array, np.ndarray) and x.cpu().to("cuda").tolist() == [0, 1, 2]
    leaf = mg.ones(2, requires_grad=True)
    assert leaf.cpu().requires_grad and leaf.cpu().is_leaf
    assert mg.zeros(2, device="cpu").device.type == "cpu"


def test_tensors_on_the_host_are_computed_with_there(backend):
    if backend == "numpy":
        pytest.skip("all tensors are on the host")
    x = mg.ones(2, 2, device="cpu", requires_grad=True)
    y = (x @ x + mg.zeros_like(x)).tanh().sum()
    y.backward()
    made = (
        mg.randn_like(x),
        mg.full_like(x, 2),
        x.new_zeros(3),
        x.new_full((3,), 2),
        x.new_tensor(1),
    )
    assert {t.device.type for t in (y, x.grad, *made)} == {"cpu"}
    assert B.name == "cupy"


def test_mixing_two_libraries_gives_one_error_that_names_both(backend):
    if backend == "numpy":
        pytest.skip("there is one library only")
    here, there = mg.ones(2, device="cpu"), mg.ones(2)
    for mix in (
        lambda: here + there,
        lambda: there * here,
        lambda: mg.cat([here, there]),
        lambda: mg.where(there > 0, there, here),
    ):
        with pytest.raises(TypeError, match=r"tensors on numpy and on cupy.*cpu\(\)"):
            mix()


def test_values_are_copied_across(backend):
    x = mg.zeros(2)
    x.copy_(mg.tensor([1.0, 2.0], device="cpu"))
    x[0] = np.float64(5.0)
    x[1:] = np.array([7.0])
    assert x.tolist() == [5.0, 7.0]


def test_a_model_takes_weights_from_the_host(backend):
    model = mg.nn.Linear(2, 1)
    model.load_state_dict(
        {"weight": np.array([[1.0, 2.0]], "float32"), "bias": mg.tensor([3.0], device="cpu")}
    )
    assert model(mg.ones(1, 2)).tolist() == [[6.0]]


def test_asking_for_cuda_makes_cupy_the_backend(stand_in):
    with B.use_backend("numpy"):
        x = mg.ones(2).to("cuda")
        assert B.name == "cupy" and x.is_cuda
    with B.use_backend("numpy"):
        model = mg.nn.Linear(2, 1).to("cuda")
        assert model.weight.is_cuda and B.name == "cupy"


def test_what_pytorch_code_asks_of_cuda(backend):
    mg.cuda.manual_seed_all(3)
    first = mg.rand(2).tolist()
    mg.cuda.manual_seed(3)
    assert mg.rand(2).tolist() == first
    mg.cuda.synchronize()
    mg.cuda.empty_cache()
    if backend != "numpy":
        assert mg.cuda.is_available() and mg.cuda.device_count() == 1
