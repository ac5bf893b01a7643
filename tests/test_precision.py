"""Precision: one choice for all products and convolutions, refused where it cannot be had; and what
NVIDIA's libraries compute by it, where there is a GPU.
"""

import numpy as np
import pytest

import minigan as mg
import minigan.torch as torch
from minigan import backend as B
from minigan.kernels import precision

cupy = pytest.importorskip("cupy")
ON_A_GPU = not hasattr(cupy, "emulated_kernels")
needs_a_gpu = pytest.mark.skipif(not ON_A_GPU, reason="no CuPy with a GPU here")

BITS = {"float32": 24, "tf32": 11, "bfloat16": 8}  # of a factor, the leading one counted


@pytest.fixture(autouse=True)
def _as_before():
    before = precision.precision, precision.tuned
    yield
    precision.precision, precision.tuned = before
    torch.backends.cudnn.allowed.update(products=False, convolutions=True)


def test_a_choice_lasts_or_ends_with_its_block():
    with mg.use_backend("cupy"):
        with mg.use_precision("tf32"):
            assert precision.precision == "tf32"
        assert precision.precision == "float32"
        mg.use_precision("bfloat16")
        assert precision.precision == "bfloat16"


@pytest.mark.parametrize(("choice", "complaint"), [("half", "choose float32, tf32"), ("tf32", "NumPy computes float32; choose backend cupy")])  # fmt: skip
def test_what_cannot_be_had_is_refused(choice, complaint):
    with pytest.raises(mg.BackendError, match=complaint):
        mg.use_precision(choice)
    assert precision.precision == "float32"


def test_pytorchs_switches_never_round_more_than_they_allow():
    products, convolutions = torch.backends.cuda.matmul, torch.backends.cudnn
    seen = []
    for on, also in [(True, True), (True, False), (False, True), (False, False)]:
        products.allow_tf32, convolutions.allow_tf32 = on, also
        seen.append((products.allow_tf32, convolutions.allow_tf32, precision.precision))
    assert seen == [(True, True, "tf32"), *((a, b, "float32") for a, b in [(True, False), (False, True), (False, False)])]  # fmt: skip
    convolutions.allow_tf32 = True
    for word, meaning in {"high": "tf32", "medium": "tf32", "highest": "float32"}.items():
        torch.set_float32_matmul_precision(word)
        assert precision.precision == meaning
    products.allow_tf32 = True
    with convolutions.flags(allow_tf32=False, benchmark=True):
        assert (precision.precision, precision.tuned) == ("float32", True)
    assert (precision.precision, precision.tuned) == ("tf32", False)
    with pytest.raises(RuntimeError, match="choose highest, high, medium"):
        torch.set_float32_matmul_precision("higher")
    convolutions.benchmark = True
    assert precision.tuned


# -- NVIDIA's libraries ----------------------------------------------------------------------------


def error(got, exact):
    """‖got - exact‖ / ‖exact‖"""
    return float(np.linalg.norm(got.get() - exact) / np.linalg.norm(exact))


def rounding(choice, length):
    """A bound of that error, where sums of so many products of rounded factors are float32."""
    return 2.0 ** (1 - BITS[choice]) + length * 2.0**-24


@needs_a_gpu
@pytest.mark.gpu
@pytest.mark.parametrize("choice", BITS)
@pytest.mark.parametrize(
    "sizes", [(64, 784, 256), (256, 128, 1), (1, 7, 5), (5, 1, 7), (300, 33, 65)]
)
def test_products_of_cublas(sizes, choice):
    from minigan.kernels.gpu import blas

    rng, (m, k, n) = np.random.default_rng(0), sizes
    a, b, bias = (rng.standard_normal(s).astype("f4") for s in ((m, k), (k, n), (n,)))
    exact = a.astype("f8") @ b
    with B.use_backend("cupy"), mg.use_precision(choice):
        for turned_a in (False, True):
            for turned_b in (False, True):
                x, y = (
                    cupy.asarray(np.ascontiguousarray(v.T)).T if turned else cupy.asarray(v)
                    for v, turned in ((a, turned_a), (b, turned_b))
                )
                assert error(blas.matmul(x, y), exact) <= rounding(choice, k)
                whole = blas.affine(x, y.T, cupy.asarray(bias))
                assert error(whole, exact + bias) <= rounding(choice, k)


CONVOLUTIONS = [  # x, weight, stride, padding
    ((8, 3, 64, 64), (16, 3, 4, 4), (2, 2), (1, 1)),
    ((8, 16, 32, 32), (32, 16, 4, 4), (2, 2), (1, 1)),
    ((8, 64, 4, 4), (1, 64, 4, 4), (1, 1), (0, 0)),
    ((4, 8, 9, 7), (5, 8, 3, 3), (2, 2), (1, 1)),
]


@needs_a_gpu
@pytest.mark.gpu
@pytest.mark.parametrize("choice", ["tf32", "bfloat16"])
@pytest.mark.parametrize(("x", "w", "stride", "padding"), CONVOLUTIONS)
def test_convolutions_of_cudnn_are_those_by_windows(x, w, stride, padding, choice):
    cudnn = pytest.importorskip("minigan.kernels.gpu.cudnn")
    from minigan.kernels.gpu import windows

    rng = np.random.default_rng(0)
    x, w = (cupy.asarray(rng.standard_normal(shape).astype("f4")) for shape in (x, w))
    y = windows.conv2d(x, w, stride, padding)
    cases = {
        "conv2d": (x, w, stride, padding),
        "conv2d_input": (y, w, x.shape[2:], stride, padding),
        "conv2d_weight": (x, y, w.shape[2:], stride, padding),
    }
    with B.use_backend("cupy"), mg.use_precision(choice):
        for name, arguments in cases.items():
            with mg.use_precision("float32"):
                plain = getattr(windows, name)(*arguments).get()
            got = getattr(cudnn, name)(*arguments)
            assert got.dtype == np.float32
            assert error(got, plain) <= 4 * rounding(choice, y.size)
