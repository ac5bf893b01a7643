"""Convolution, fast and plain: against naive loops, and each function as the others' transpose."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigan.backend import plain
from minigan.kernels import cpu
from minigan.kernels.cpu import winograd
from minigan.kernels.geometry import axes_of

geometries = st.fixed_dictionaries(
    {
        "n": st.integers(1, 5),
        "channels": st.tuples(st.integers(1, 4), st.integers(1, 4)),
        "size": st.tuples(st.integers(1, 13), st.integers(1, 13)),
        "kernel": st.tuples(st.integers(1, 7), st.integers(1, 7)),
        "stride": st.tuples(st.integers(1, 3), st.integers(1, 3)),
        "padding": st.tuples(st.integers(0, 3), st.integers(0, 3)),
        "layout": st.sampled_from(["NCHW", "NHWC", "steps", "reversed"]),
    }
)


def naive(x, w, stride, padding):
    """The sum of the definition, one output pixel at a time."""
    (n, _, h, wd), (o, _, kh, kw) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding)))
    oh, ow = (
        (s + 2 * p - k) // t + 1
        for s, p, k, t in zip((h, wd), padding, (kh, kw), stride, strict=True)
    )
    y = np.zeros((n, o, oh, ow))
    for i, j, out in itertools.product(range(oh), range(ow), range(o)):
        for p, q in itertools.product(range(kh), range(kw)):
            pixel = padded[:, :, i * stride[0] + p, j * stride[1] + q]
            y[:, out, i, j] += pixel @ w[out, :, p, q]
    return y


def laid_out(x, layout):
    """Equal content in another memory layout."""
    if layout == "NHWC":
        return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    if layout == "steps":
        return np.repeat(x, 2, axis=3)[..., ::2]
    return x[:, :, ::-1].copy()[:, :, ::-1] if layout == "reversed" else x


@pytest.mark.parametrize("kernels", [cpu, plain], ids=["fast", "plain"])
@given(g=geometries)
def test_three_kernels_are_one_bilinear_map(kernels, g):
    c, o = g["channels"]
    size = tuple(
        max(s, k - 2 * p) for s, k, p in zip(g["size"], g["kernel"], g["padding"], strict=True)
    )
    random = np.random.default_rng(0)
    x = laid_out(random.standard_normal((g["n"], c, *size)), g["layout"])
    w = random.standard_normal((o, c, *g["kernel"]))
    options = g["stride"], g["padding"]
    y = kernels.conv2d(x, w, *options)
    np.testing.assert_allclose(y, naive(x, w, *options), rtol=1e-9, atol=1e-9)

    weights = laid_out(random.standard_normal(y.shape), g["layout"])
    inner = float((y * weights).sum())
    by_input = kernels.conv2d_input(weights, w, size, *options)
    by_weight = kernels.conv2d_weight(x, weights, g["kernel"], *options)
    assert by_input.shape == x.shape and by_weight.shape == w.shape
    assert float((by_input * x).sum()) == pytest.approx(inner, rel=1e-9, abs=1e-9)
    assert float((by_weight * w).sum()) == pytest.approx(inner, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("kernels", [cpu, plain], ids=["fast", "plain"])
@pytest.mark.parametrize("layout", ["NCHW", "NHWC"])
@pytest.mark.parametrize(
    ("n", "c", "o", "size", "stride", "padding"),
    [
        pytest.param(2, 6, 40, 7, 2, 1, id="windows fewer than kernels"),
        pytest.param(2, 8, 3, 6, 1, 1, id="fewer outputs"),
        pytest.param(2, 8, 3, 6, 1, 0, id="fewer outputs, smaller"),
        pytest.param(2, 8, 3, 6, 1, 3, id="fewer outputs, padded by more than a kernel"),
    ],
)
def test_the_shorter_way_gives_the_same(kernels, layout, n, c, o, size, stride, padding):
    """Against the definition, and as transposes of it; a bias is added to each output."""
    random = np.random.default_rng(0)
    x = laid_out(random.standard_normal((n, c, size, size)), layout)
    w, b = random.standard_normal((o, c, 3, 3)), random.standard_normal(o)
    options = (stride, stride), (padding, padding)
    y = naive(x, w, *options)
    np.testing.assert_allclose(
        kernels.conv2d(x, w, *options, b), y + b[:, None, None], rtol=1e-9, atol=1e-9
    )
    g = laid_out(random.standard_normal(y.shape), layout)
    inner = (g * y).sum()
    by_input = kernels.conv2d_input(g, w, x.shape[2:], *options)
    by_weight = kernels.conv2d_weight(x, g, (3, 3), *options)
    assert (by_input * x).sum() == pytest.approx(inner, rel=1e-9)
    assert (by_weight * w).sum() == pytest.approx(inner, rel=1e-9)
    shifted = kernels.conv2d_input(g, w, x.shape[2:], *options, np.arange(float(c)))
    np.testing.assert_allclose(
        shifted, by_input + np.arange(float(c))[:, None, None], rtol=1e-9, atol=1e-9
    )
    for axis in range(4):  # single numbers of both, as the definition is linear in each
        point = tuple(0 if i != axis else 1 for i in range(4))
        unit = np.zeros_like(w)
        unit[point] = 1.0
        assert by_weight[point] == pytest.approx((g * naive(x, unit, *options)).sum(), rel=1e-9)
        unit = np.zeros_like(x)
        unit[point] = 1.0
        assert by_input[point] == pytest.approx((g * naive(unit, w, *options)).sum(), rel=1e-9)


@pytest.mark.parametrize(
    ("n", "c", "size", "o"), [(64, 1, 64, 32), (16, 32, 32, 64), (8, 64, 16, 128), (64, 256, 4, 1)]
)
def test_float32_at_the_sizes_of_a_dcgan(n, c, size, o):
    """As precise as float32 sums allow, and the same bits each time, however threads are timed."""
    random = np.random.default_rng(0)
    options = ((2, 2), (1, 1)) if size > 4 else ((1, 1), (0, 0))
    x = laid_out(random.standard_normal((n, c, size, size), dtype="f4"), "NHWC")
    w = random.standard_normal((o, c, 4, 4), dtype="f4") / np.float32(4 * c**0.5)
    y = cpu.conv2d(x, w, *options)
    g = laid_out(random.standard_normal(y.shape, dtype="f4"), "NHWC")

    def results(kernels, dtype):
        a, b, d = (array.astype(dtype) for array in (x, w, g))
        return (
            kernels.conv2d(a, b, *options),
            kernels.conv2d_input(d, b, (size, size), *options),
            kernels.conv2d_weight(a, d, (4, 4), *options),
        )

    ours = results(cpu, "f4")
    for again, result in zip(results(cpu, "f4"), ours, strict=True):
        assert result.dtype == np.float32
        assert np.array_equal(again, result)
    for exact, result in zip(results(plain, "f8"), ours, strict=True):
        assert np.abs(result - exact).max() < 1e-5 * np.abs(exact).max()


@pytest.mark.parametrize("kernels", [cpu, plain], ids=["fast", "plain"])
@pytest.mark.parametrize("options", [((2, 2), (1, 1)), ((1, 1), (0, 0))])
def test_no_images_give_none_and_no_gradient(kernels, options):
    x, w = np.zeros((0, 3, 4, 4), "f4"), np.ones((5, 3, 4, 4), "f4")
    y = kernels.conv2d(x, w, *options)
    assert y.shape[:2] == (0, 5)
    assert kernels.conv2d_input(y, w, (4, 4), *options).shape == x.shape
    np.testing.assert_array_equal(kernels.conv2d_weight(x, y, (4, 4), *options), 0.0 * w)


@pytest.mark.parametrize("dtypes", [("f2", "f2"), ("f4", "f8"), ("i8", "i8")], ids="/".join)
def test_other_types_take_the_plain_version(dtypes):
    """Winograd's fractions and buffers of one type would spoil them without a word."""
    random = np.random.default_rng(0)
    x, w = (
        (4 * random.standard_normal(shape)).astype(dtype)
        for shape, dtype in zip([(4, 32, 16, 16), (32, 32, 4, 4)], dtypes, strict=True)
    )
    options = ((2, 2), (1, 1))
    for name, arguments in (
        ("conv2d", (x, w)),
        ("conv2d_input", (x, w, (32, 32))),
        ("conv2d_weight", (x, x[:, :, :8, :8].astype(w.dtype), (4, 4))),
    ):
        fast, exact = (getattr(kernels, name)(*arguments, *options) for kernels in (cpu, plain))
        assert fast.dtype == exact.dtype
        np.testing.assert_array_equal(fast, exact)


@pytest.mark.parametrize(
    ("stride", "kernel"), [(s, k) for s in (1, 2, 3) for k in range(s + 1, 3 * s + 1)]
)
@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize(("tiles", "m"), [(1, 2), (3, 2), (2, 4)])
def test_winograds_way_in_every_tiling(stride, kernel, padded, tiles, m):
    """Also where windows are cheaper: the plan is made by hand. Rows and columns differ."""
    padding = kernel // 2 if padded else 0
    spare = kernel % stride  # pixels at the end that no window sees
    size = [(out - 1) * stride + kernel - 2 * padding + spare for out in (tiles * m, 4)]
    rows, columns = axes_of(size, (kernel, kernel), (stride, stride), (padding, padding))
    plan = winograd.Plan(3, 5, 4, winograd.Tiling(rows, m), winograd.Tiling(columns, 2))
    random = np.random.default_rng(0)
    x, g = random.standard_normal((3, 5, *size)), random.standard_normal((3, 4, tiles * m, 4))
    w = random.standard_normal((4, 5, kernel, kernel))
    images, outputs = (np.ascontiguousarray(a.transpose(0, 2, 3, 1)) for a in (x, g))
    options = (stride, stride), (padding, padding)
    for ours, exact in (
        (plan.conv2d(images, w).transpose(0, 3, 1, 2), plain.conv2d(x, w, *options)),
        (
            plan.conv2d_input(outputs, w).transpose(0, 3, 1, 2),
            plain.conv2d_input(g, w, tuple(size), *options),
        ),
        (
            plan.conv2d_weight(images, outputs),
            plain.conv2d_weight(x, g, (kernel, kernel), *options),
        ),
    ):
        np.testing.assert_allclose(ours, exact, rtol=1e-9, atol=1e-9)
