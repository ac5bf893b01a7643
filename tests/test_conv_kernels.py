"""The convolution kernels against naive loops, and against each other as transposes."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minigan.backend import numpy_kernels, plain_kernels

geometries = st.fixed_dictionaries(
    {
        "n": st.integers(1, 5),
        "channels": st.tuples(st.integers(1, 4), st.integers(1, 4)),
        "size": st.tuples(st.integers(1, 13), st.integers(1, 13)),
        "kernel": st.tuples(st.integers(1, 7), st.integers(1, 7)),
        "stride": st.tuples(st.integers(1, 3), st.integers(1, 3)),
        "padding": st.tuples(st.integers(0, 3), st.integers(0, 3)),
        "dilation": st.tuples(st.integers(1, 2), st.integers(1, 2)),
        "groups": st.integers(1, 2),
        "layout": st.sampled_from(["NCHW", "NHWC", "steps", "reversed"]),
    }
)


def naive(x, w, stride, padding, dilation, groups):
    """The sum of the definition, one output pixel at a time."""
    (n, _, h, wd), (o, cg, kh, kw) = x.shape, w.shape
    padded = np.pad(x, ((0, 0), (0, 0), *((p, p) for p in padding)))
    oh, ow = (
        (s + 2 * p - d * (k - 1) - 1) // t + 1
        for s, p, d, k, t in zip((h, wd), padding, dilation, (kh, kw), stride, strict=True)
    )
    y = np.zeros((n, o, oh, ow))
    for i, j, out in itertools.product(range(oh), range(ow), range(o)):
        first = out // (o // groups) * cg
        for p, q in itertools.product(range(kh), range(kw)):
            row, column = i * stride[0] + p * dilation[0], j * stride[1] + q * dilation[1]
            y[:, out, i, j] += padded[:, first : first + cg, row, column] @ w[out, :, p, q]
    return y


def laid_out(x, layout):
    """Equal content in another memory layout."""
    if layout == "NHWC":
        return np.ascontiguousarray(x.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2)
    if layout == "steps":
        return np.repeat(x, 2, axis=3)[..., ::2]
    return x[:, :, ::-1].copy()[:, :, ::-1] if layout == "reversed" else x


@pytest.mark.parametrize("kernels", [numpy_kernels, plain_kernels], ids=["numpy", "plain"])
@given(g=geometries)
def test_three_kernels_are_one_bilinear_map(kernels, g):
    groups = g["groups"]
    c, o = (count * groups for count in g["channels"])
    extents = [d * (k - 1) + 1 for d, k in zip(g["dilation"], g["kernel"], strict=True)]
    size = tuple(
        max(s, e - 2 * p) for s, e, p in zip(g["size"], extents, g["padding"], strict=True)
    )
    random = np.random.default_rng(0)
    x = laid_out(random.standard_normal((g["n"], c, *size)), g["layout"])
    w = random.standard_normal((o, c // groups, *g["kernel"]))
    options = g["stride"], g["padding"], g["dilation"], groups
    y = kernels.conv2d(x, w, *options)
    np.testing.assert_allclose(y, naive(x, w, *options), rtol=1e-9, atol=1e-9)

    weights = laid_out(random.standard_normal(y.shape), g["layout"])
    inner = float((y * weights).sum())
    by_input = kernels.conv2d_input(weights, w, size, *options)
    by_weight = kernels.conv2d_weight(x, weights, g["kernel"], *options)
    assert by_input.shape == x.shape and by_weight.shape == w.shape
    assert float((by_input * x).sum()) == pytest.approx(inner, rel=1e-9, abs=1e-9)
    assert float((by_weight * w).sum()) == pytest.approx(inner, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    ("n", "c", "size", "o"), [(64, 1, 64, 32), (16, 32, 32, 64), (8, 64, 16, 128), (64, 256, 4, 1)]
)
def test_float32_at_the_sizes_of_a_dcgan(n, c, size, o):
    """As precise as float32 sums allow, and the same bits each time, however threads are timed."""
    random = np.random.default_rng(0)
    options = ((2, 2), (1, 1), (1, 1), 1) if size > 4 else ((1, 1), (0, 0), (1, 1), 1)
    x = laid_out(random.standard_normal((n, c, size, size), dtype="f4"), "NHWC")
    w = random.standard_normal((o, c, 4, 4), dtype="f4") / np.float32(4 * c**0.5)
    y = numpy_kernels.conv2d(x, w, *options)
    g = laid_out(random.standard_normal(y.shape, dtype="f4"), "NHWC")

    def results(kernels, dtype):
        a, b, d = (array.astype(dtype) for array in (x, w, g))
        return (
            kernels.conv2d(a, b, *options),
            kernels.conv2d_input(d, b, (size, size), *options),
            kernels.conv2d_weight(a, d, (4, 4), *options),
        )

    ours = results(numpy_kernels, "f4")
    for again, result in zip(results(numpy_kernels, "f4"), ours, strict=True):
        assert result.dtype == np.float32
        assert np.array_equal(again, result)
    for exact, result in zip(results(plain_kernels, "f8"), ours, strict=True):
        assert np.abs(result - exact).max() < 1e-5 * np.abs(exact).max()
