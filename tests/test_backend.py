"""Choosing between NumPy and CuPy, moving between them, and the primitives that each has its own."""

import inspect
import os
import subprocess
import sys

import numpy as np
import pytest

import minigan as mg
from minigan import backend as B
from minigan.backend import numpy_kernels, plain_kernels, threads
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
    assert B.kernels.__name__ == f"minigan.backend.{library}_kernels"
    assert isinstance(mg.zeros(2).array, B.ndarray)
    assert B.module_of(mg.zeros(2).array) is B.xp


def test_an_unknown_backend_is_answered_with_the_choices():
    with pytest.raises(BackendError, match=r"unknown backend 'jax': choose numpy, cupy or auto"):
        mg.use_backend("jax")
    assert B.name == "numpy"


def test_a_context_restores_the_former_choice_also_after_an_error(backend):
    before = B.name
    with mg.use_backend("numpy"):
        assert B.name == "numpy"
        with pytest.raises(ZeroDivisionError), mg.use_backend(before):
            assert B.name == before
            raise ZeroDivisionError
        assert B.name == "numpy"
    assert B.name == before


def test_auto_takes_cupy_only_where_a_gpu_answers(stand_in):
    with mg.use_backend("auto"):
        assert B.name == "cupy"
    for broken in ("none", "broken"):
        stand_in(broken)
        with mg.use_backend("auto"):
            assert B.name == "numpy"


@pytest.mark.parametrize(
    ("machine", "words"),
    [("none", r"no NVIDIA driver.*nvidia-smi"), ("broken", r"NVRTC.*libnvrtc.*pip install")],
)
def test_cupy_without_a_working_gpu_says_what_to_do(stand_in, machine, words):
    stand_in(machine)
    with pytest.raises(UserError, match=words + r".*--backend numpy") as caught:
        mg.use_backend("cupy")
    assert "\n" not in str(caught.value)
    assert B.name == "numpy"
    assert not mg.cuda.is_available() and mg.cuda.device_count() == 0


def test_cupy_that_is_not_installed_says_what_to_install(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BackendError, match=r'not installed.*pip install "minigan\[cuda13\]"'):
        mg.use_backend("cupy")


def with_variable(choice, **environment):
    """What a new process says of B.name when MINIGAN_BACKEND is set."""
    return subprocess.run(
        [sys.executable, "-c", "import minigan.backend as B; print(B.name)"],
        env={**os.environ, "MINIGAN_BACKEND": choice, "PYTHONPATH": os.pathsep.join(sys.path),
             **environment},
        capture_output=True,
        text=True,
    )  # fmt: skip


def test_the_variable_makes_the_first_choice(stand_in):
    assert with_variable("numpy").stdout == "numpy\n"
    assert with_variable("cupy").stdout == "cupy\n"
    assert with_variable("auto", STRICT_CUPY_DEVICE="none").stdout == "numpy\n"


def test_a_variable_that_cannot_be_followed_is_one_line_and_exit_code_2(stand_in):
    for result in (with_variable("jax"), with_variable("cupy", STRICT_CUPY_DEVICE="none")):
        assert result.returncode == 2
        assert result.stderr.startswith("minigan: MINIGAN_BACKEND=")
        assert result.stderr.count("\n") == 1 and "Traceback" not in result.stderr


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
    where = "cpu" if backend == "numpy" else "cuda"
    assert x.device == where == str(x.device) and x.is_cuda is (backend != "numpy")
    assert x.to(where) is x and x.to(mg.device(where)) is x
    assert mg.device("cuda:0").index == 0 and repr(mg.device("cpu")) == "device(type='cpu')"
    assert mg.device(type="cuda", index=0) == mg.device("cuda", 0) == "cuda:0"
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
    assert mg.zeros(2, device="cpu").device == "cpu"


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
        with pytest.raises(TypeError, match=r"one tensor is on cupy and another on numpy.*cpu\(\)"):
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
    with mg.use_backend("numpy"):
        x = mg.ones(2).to("cuda")
        assert B.name == "cupy" and x.is_cuda
    with mg.use_backend("numpy"):
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


# -- the primitives, against their plain versions --------------------------------------------------

PRIMITIVES = sorted(set(numpy_kernels.__all__))


def test_primitives_have_one_signature_in_every_library(stand_in):
    from minigan.backend import cupy_kernels

    for name in PRIMITIVES:
        of_plain, of_numpy, of_cupy = (
            list(inspect.signature(getattr(module, name)).parameters)
            for module in (plain_kernels, numpy_kernels, cupy_kernels)
        )
        assert of_plain == of_numpy == of_cupy, name


def draw(*shape, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sizes", [[5], [3, 70_000, 1, 0, 12], [(1 << 16) + 1]])
def test_adam_equals_its_plain_version(sizes, dtype):
    n = sum(sizes)
    first = [draw(n, dtype=dtype), draw(n, dtype=dtype, seed=1), draw(n, dtype=dtype, seed=2) ** 2]
    second = [a.copy() for a in first]
    gradients = [draw(size, dtype=dtype, seed=3 + i) for i, size in enumerate(sizes)]
    for kernels, (p, m, v) in ((numpy_kernels, first), (plain_kernels, second)):
        kernels.adam_(p, gradients, m, v, 1e-3, 0.9, 0.999, 1e-8)
    for ours, plain in zip(first, second, strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-5 if dtype == "float32" else 1e-12)


def test_adam_takes_gradients_of_any_layout():
    g = draw(6, 4).T
    states = [[np.ones(24), np.zeros(24), np.zeros(24)] for _ in range(2)]
    for (p, m, v), gradient in zip(states, (g, g.copy()), strict=True):
        numpy_kernels.adam_(p, [gradient], m, v, 1e-3, 0.9, 0.999, 1e-8)
    np.testing.assert_array_equal(states[0][0], states[1][0])


@pytest.mark.parametrize("shape", [(8, 3), (4, 5, 7), (4, 3, 6, 5), (2, 1, 300, 300), (200_000, 1)])
@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize("affine", [False, True])
def test_batch_normalisation_equals_its_plain_version(shape, channels_last, affine):
    x, g = draw(*shape) + 3.0, draw(*shape, seed=1)
    if channels_last:
        x, g = (np.moveaxis(np.moveaxis(a, 1, -1).copy(), -1, 1) for a in (x, g))
    weight, bias = (draw(shape[1], seed=2), draw(shape[1], seed=3)) if affine else (None, None)
    results = []
    for kernels in (numpy_kernels, plain_kernels):
        mean, var = kernels.channel_moments(x)
        rstd = 1.0 / np.sqrt(var + 1e-5)
        results.append(
            [mean, var, kernels.channel_sums(x), kernels.batch_norm(x, weight, bias, mean, rstd),
             *kernels.batch_norm_backward(g, x, weight, mean, rstd)]
        )  # fmt: skip
    for ours, plain in zip(*results, strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("shapes", [((300, 400), (400, 200)), ((200, 400), (400, 300))])
@pytest.mark.parametrize("transposed", [False, True])
def test_products_are_the_same_in_parts(shapes, transposed):
    threads.share(list, [1, 2])  # from now on BLAS keeps to one thread
    assert threads.blas_keeps_to_one_thread()
    a, b = (draw(*shape, seed=i) for i, shape in enumerate(shapes))
    if transposed:
        a, b = a.T.copy().T, b.T.copy().T
    np.testing.assert_allclose(numpy_kernels.matmul(a, b), np.einsum("mk,kn->mn", a, b), 1e-10)


LAYOUTS = {
    "C": lambda a: a,
    "channels-last": lambda a: a.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2),
    "reversed": lambda a: a.transpose().copy().transpose(),
    "every other": lambda a: a.repeat(2, axis=3)[..., ::2],
}


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (5, 7, 91, 97)], ids=["small", "large"])
@pytest.mark.parametrize("second", LAYOUTS)
@pytest.mark.parametrize("first", LAYOUTS)
def test_elementwise_formulas_keep_values_and_layout(backend, shape, first, second):
    with mg.use_backend(backend.partition("-")[0]):
        x = LAYOUTS[first](B.to_device(draw(*shape, dtype="float32")))
        y = LAYOUTS[second](B.to_device(draw(*shape, dtype="float32", seed=1)))
        got = B.kernels.elementwise(lambda x, y: B.xp.maximum(x, y) * 2.0 - y, x, y)
        hx, hy = B.to_host(x), B.to_host(y)
        np.testing.assert_array_equal(B.to_host(got), np.maximum(hx, hy) * np.float32(2) - hy)
        if backend == "numpy" and first == second != "every other":
            assert got.strides == x.strides


def test_moments_survive_a_large_mean():
    x = draw(10_000, 2, dtype="float32") + 1000.0
    mean, var = numpy_kernels.channel_moments(x)
    np.testing.assert_allclose(mean, x.astype("float64").mean(0), rtol=1e-5)
    np.testing.assert_allclose(var, x.astype("float64").var(0), rtol=1e-3)


def test_add_at_gives_repeated_places_every_value(backend):
    out = B.xp.zeros(3)
    B.kernels.add_at(out, B.to_device(np.array([0, 2, 0])), B.to_device(np.array([1.0, 2.0, 4.0])))
    assert B.to_host(out).tolist() == [5.0, 0.0, 2.0]
