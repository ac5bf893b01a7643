"""The CUDA side: every kernel compiles, computes what its plain version computes, and is launched
no more often than it has to be.

Without a GPU the sources are compiled by NVIDIA's own compiler (the extra `test-cuda`), and run on
the CPU by g++ and tests/cuda_shim.h behind the stand-in for CuPy. With a GPU the same tests run on
it, through CuPy.
"""

import re
import sys
from itertools import chain

import cuda_on_cpu
import hypothesis
import hypothesis.strategies as st
import numpy as np
import nvrtc
import pytest

from minigan import backend as B
from minigan.autograd.tensor import wrap
from minigan.backend import plain
from minigan.backend.random import Generator
from minigan.errors import BackendError
from minigan.kernels import plain_norm
from minigan.nn import Linear
from minigan.ops.shape import cat

cupy = pytest.importorskip("cupy")
from minigan.kernels.gpu import adam, bfloat16, join, launch, memory, windows  # noqa: E402

STAND_IN = hasattr(cupy, "emulated_kernels")
if STAND_IN:
    cuda_on_cpu.install()

SOURCES = {path.name: path.read_text(encoding="utf-8") for path in cuda_on_cpu.SOURCES}

TARGETS = ["A100", "RTX 40", "H100", "RTX 50"]
needs_compiler = pytest.mark.skipif(not cuda_on_cpu.has_compiler, reason="g++ is not installed")


# -- every kernel compiles -------------------------------------------------------------------------


@pytest.mark.skipif(
    nvrtc.library() is None, reason='no CUDA compiler: pip install "minigan[test-cuda]"'
)
@pytest.mark.parametrize("target", ["sm_80", "sm_89", "sm_90", "sm_120"], ids=TARGETS)
@pytest.mark.parametrize("source", SOURCES)
def test_compiles(source, target):
    binary, log = nvrtc.compile(SOURCES[source], target)
    assert not log
    names = cuda_on_cpu.kernel_names(SOURCES[source])
    assert names
    for name in names:
        assert f".text.{name}\0".encode() in binary


@pytest.mark.skipif(
    nvrtc.library() is None, reason='no CUDA compiler: pip install "minigan[test-cuda]"'
)
def test_the_compiler_does_refuse():
    binary, log = nvrtc.compile('extern "C" __global__ void f(float* x) { x[0] = y; }', "sm_90")
    assert not binary
    assert 'identifier "y" is undefined' in log


def test_every_kernel_is_in_use():
    written = {name for code in SOURCES.values() for name in cuda_on_cpu.kernel_names(code)}
    used = {kernel.name for kernel in _kernels()}
    assert written == used


def _kernels():
    modules = [m for name, m in sys.modules.items() if name.startswith("minigan.kernels.gpu.")]
    members = [member for module in modules for member in vars(module).values()]
    return [member for member in members if isinstance(member, launch.Kernel)]


def test_constants_shared_with_the_sources():
    assert f"MOST = {adam.MOST};" in SOURCES["adam.cu"]
    assert f"MOST = {join.MOST};" in SOURCES["join.cu"]
    assert f"THREADS = {launch.THREADS};" in SOURCES["channels.cu"]
    declared = re.search(r"struct Geometry {(.*?)}", SOURCES["windows.cu"], re.DOTALL)[1]
    declared = re.sub(r"//.*|\bint\b", "", declared)
    assert tuple(re.findall(r"\w+", declared)) == windows._Geometry.names


# -- every kernel computes what its plain version computes -----------------------------------------


@pytest.fixture(params=["forwards", "backwards"] if STAND_IN else ["on the GPU"])
def on_cupy(request, monkeypatch):
    """CuPy in use. On the CPU, threads take turns in one order and in the other: a kernel that
    lacks a barrier cannot be right in both."""
    if STAND_IN:
        if not cuda_on_cpu.has_compiler:
            pytest.skip("g++ is not installed")
        monkeypatch.setattr(cuda_on_cpu, "backwards", request.param == "backwards")
    monkeypatch.setitem(B.faster, "cupy", "minigan.kernels.gpu")
    with B.use_backend("cupy"):
        assert B.kernels.__name__ == "minigan.kernels.gpu"
        yield


def values(seed, *shape, dtype="f4"):
    """A device array of normal numbers."""
    return cupy.asarray(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


def channels_last(x):
    """The same tensor in channels-last memory."""
    return cupy.moveaxis(cupy.ascontiguousarray(cupy.moveaxis(x, 1, -1)), -1, 1)


def wide(value):
    """float64 on the host, from arrays and tuples of them."""
    if isinstance(value, tuple):
        return tuple(map(wide, value))
    return value.get().astype("f8") if isinstance(value, cupy.ndarray) else value


def agree(name, *arguments, tolerance=2e-6):
    """The kernel's result in float32 is the plain one in float64; errors relative to its size."""
    fast = getattr(B.kernels, name)(*arguments)
    exact_arguments = [
        a.astype("f8") if isinstance(a, cupy.ndarray) and a.dtype == "f4" else a for a in arguments
    ]
    exact = getattr(plain_norm if hasattr(plain_norm, name) else plain, name)(*exact_arguments)
    pairs = zip(fast, exact, strict=True) if isinstance(fast, tuple) else [(fast, exact)]
    for got, want in pairs:
        assert got.dtype == np.float32
        assert got.shape == want.shape
        size = max(float(abs(want).max()), 1.0) if want.size else 1.0
        np.testing.assert_allclose(got.get(), want.get(), rtol=0, atol=tolerance * size)
    return fast


KNOWN_ANSWERS = [  # counter, key, words: Random123's kat_vectors, philox4x64 with 10 rounds
    (
        "0000000000000000 0000000000000000 0000000000000000 0000000000000000",
        "0000000000000000 0000000000000000",
        "16554d9eca36314c db20fe9d672d0fdc d7e772cee186176b 7e68b68aec7ba23b",
    ),
    (
        "ffffffffffffffff ffffffffffffffff ffffffffffffffff ffffffffffffffff",
        "ffffffffffffffff ffffffffffffffff",
        "87b092c3013fe90b 438c3c67be8d0224 9cc7d7c69cd777b6 a09caebf594f0ba0",
    ),
    (
        "243f6a8885a308d3 13198a2e03707344 a4093822299f31d0 082efa98ec4e6c89",
        "452821e638d01377 be5466cf34e90c6c",
        "a528f45403e61d95 38c72dbd566e9788 a5a1610e72fd18b5 57bd43b5e52b7fe6",
    ),
]


@pytest.mark.parametrize("answer", KNOWN_ANSWERS, ids=["zeros", "ones", "pi"])
def test_philox_known_answers_plain(answer):
    counter, key, words = ([int(word, 16) for word in part.split()] for part in answer)
    position = sum(word << 64 * i for i, word in enumerate(counter)) - 1
    assert plain.random_words(1, key, position % 2**256).tolist() == words


@needs_compiler
@pytest.mark.parametrize("answer", KNOWN_ANSWERS, ids=["zeros", "ones", "pi"])
def test_philox_known_answers_cuda(answer):
    counter, key, words = ([int(word, 16) for word in part.split()] for part in answer)
    code = SOURCES["philox.cu"] + (
        'extern "C" __global__ void answer(u64* word, u64 a, u64 b) { philox4x64_10(word, a, b); }'
    )
    memory = np.array(counter, np.uint64)
    cuda_on_cpu.run(code, "answer", (1,), (1,), (memory, *map(np.uint64, key)))
    assert memory.tolist() == words


@pytest.mark.parametrize("offset", [0, 1, 12345, 2**64 - 3])
def test_philox_has_numpys_words(on_cupy, offset):
    key = (2**64 - 1, 7)
    numpy_words = np.random.Philox(counter=offset, key=np.array(key, np.uint64)).random_raw(4 * 300)
    assert (B.kernels.random_words(300, key, offset).get() == numpy_words).all()
    assert (plain.random_words(300, key, offset) == numpy_words).all()
    assert B.kernels.random_words(0, key, offset).shape == (0,)


def test_bfloat16_is_rounded_to_the_nearest_and_ties_to_even(on_cupy):
    """A tie lies between 1 and the next number, 1 + 2⁻⁷, and above that one."""
    exact = [1.0, -3.5, 0.0, np.inf, 1 + 2**-8, 1 + 3 * 2**-8, 1 + 2**-8 + 2**-20, 3.4e38]
    right = [1.0, -3.5, 0.0, np.inf, 1.0, 1 + 2**-6, 1 + 2**-7, np.inf]
    bits = bfloat16.rounded(cupy.asarray(np.float32([*exact, np.nan]))).get()
    back = (bits.astype("u4") << 16).view("f4")
    assert back[:-1].tolist() == right
    assert np.isnan(back[-1])


def test_generator_gives_the_same_noise_on_both_backends(on_cupy):
    device, host = Generator(3, 5), Generator(3, 5, host=True)
    assert (device.words(1000).get() == host.words(1000)).all()
    assert (device.integers(0, 10, (50,)).get() == host.integers(0, 10, (50,))).all()
    np.testing.assert_allclose(device.normal((99,)).get(), host.normal((99,)), atol=2e-6)
    assert device.state() == host.state()


@pytest.mark.parametrize("shapes", [[(5,)], [(300, 7), (7,), (1,), (40, 40)], [(3,)] * 150])
def test_adam(on_cupy, shapes):
    p, m, v = ([values(k + i, *shape) for i, shape in enumerate(shapes)] for k in (0, 200, 400))
    state = [p, m, [abs(a) for a in v]]
    exact = [[a.astype("f8") for a in arrays] for arrays in state]
    for step in range(3):
        g = [values(1000 * step + i, *shape) for i, shape in enumerate(shapes)]
        p, m, v = state
        B.kernels.adam_(p, g, m, v, 2e-3, (0.5, 0.999), 1e-8)
        p, m, v = exact
        plain.adam_(p, [a.astype("f8") for a in g], m, v, 2e-3, (0.5, 0.999), 1e-8)
    for got, want in zip(chain(*state), chain(*exact), strict=True):
        np.testing.assert_allclose(got.get(), want.get(), rtol=2e-6, atol=2e-6)


def test_adam_of_other_types_takes_the_plain_version(on_cupy):
    p, g = values(1, 10, dtype="f8"), values(2, 10, dtype="f8")
    m, v, start = cupy.zeros(10), cupy.zeros(10), p.copy()
    B.kernels.adam_([p], [g], [m], [v], 0.1, (0.9, 0.999), 0.0)
    np.testing.assert_allclose(
        (start - p).get(), 0.1 * 0.1 / 0.001**0.5 * np.sign(g.get()), rtol=1e-12
    )


SHAPES = [
    (64, 3, 5, 7),
    (2, 1, 9, 9),
    (1, 5, 3, 3),
    (100, 40),
    (2100, 33),
    (6, 70, 11),
    (8, 64, 8, 8),
]


@pytest.mark.parametrize("layout", [cupy.ascontiguousarray, channels_last])
@pytest.mark.parametrize("shape", SHAPES)
def test_channel_sums_and_moments(on_cupy, shape, layout):
    x = layout(values(1, *shape) * 3.0 + 1.0)
    agree("channel_sums", x)
    agree("channel_moments", x)


@pytest.mark.parametrize("keepdim", [False, True])
@pytest.mark.parametrize("layout", [cupy.ascontiguousarray, channels_last])
@pytest.mark.parametrize(
    ("axes", "ours"),
    [
        ((0, 1, 2, 3), [True, True]),  # in C order, in channels-last memory
        ((0, 2, 3), [False, True]),
        ((0, 1, 2), [True, False]),
        ((1, 2, 3), [False, False]),
        ((0, 2), [False, False]),
        ((3,), [False, False]),
    ],
    ids=str,
)
def test_sums_and_means_over_axes(on_cupy, axes, ours, layout, keepdim):
    x = layout(values(1, 7, 6, 9, 5))
    exact = x.get().astype("f8")
    for found, wanted in (
        (wrap(x).sum(axes, keepdim), exact.sum(axes, keepdims=keepdim)),
        (wrap(x).mean(axes, keepdim), exact.mean(axes, keepdims=keepdim)),
    ):
        assert (found.dtype, found.shape) == (np.float32, wanted.shape)
        np.testing.assert_allclose(found.array.get(), wanted, rtol=0, atol=2e-5)
    launched = "channel_sums" in counted(lambda: wrap(x).sum(axes, keepdim))
    assert launched == ours[layout is channels_last]


def test_the_gradient_of_a_dense_layers_bias_is_one_launch_of_ours(on_cupy):
    layer, g = Linear(3, 256), values(1, 128, 256)
    out = layer(wrap(values(2, 128, 3)))
    assert counted(lambda: out.backward(wrap(g), inputs=[layer.bias])) == {"channel_sums": 1}
    exact = g.get().astype("f8").sum(0)
    np.testing.assert_allclose(layer.bias.grad.array.get(), exact, rtol=0, atol=1e-5)


def test_moments_survive_a_large_mean(on_cupy):
    """Σx² - (Σx)²/n in float32 would leave nothing of a variance of 1 beside a mean of 10⁴."""
    x = values(1, 64, 4, 8, 8) + 1e4
    mean, variance = B.kernels.channel_moments(x)
    exact = x.get().astype("f8")
    np.testing.assert_allclose(mean.get(), exact.mean((0, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(variance.get(), exact.var((0, 2, 3)), rtol=1e-3)


@pytest.mark.parametrize("shape", SHAPES)
def test_batch_norm(on_cupy, shape):
    x, g = values(1, *shape) * 2.0 + 3.0, channels_last(values(2, *shape))
    weight, bias = values(3, shape[1]), values(4, shape[1])
    mean, variance = B.kernels.channel_moments(x)
    rstd = 1.0 / cupy.sqrt(variance + 1e-5)
    y = agree("batch_norm", x, weight, bias, mean, rstd)
    by_x, _, _ = agree("batch_norm_backward", g, x, weight, mean, rstd, tolerance=1e-5)
    for array in (y, by_x):
        assert cupy.moveaxis(array, 1, -1).flags.c_contiguous, "not channels-last"


def test_equal_inputs_give_equal_bits(on_cupy):
    x = values(1, 300, 5, 6, 6)
    first = [B.kernels.channel_sums(x).get(), *wide(B.kernels.channel_moments(x))]
    again = [B.kernels.channel_sums(x).get(), *wide(B.kernels.channel_moments(x))]
    assert all((a == b).all() for a, b in zip(first, again, strict=True))


@pytest.mark.parametrize("mirror", [True, False])
@pytest.mark.parametrize("channels", [1, 3])
def test_gather_images(on_cupy, channels, mirror):
    rng = np.random.default_rng(0)
    images = cupy.asarray(rng.integers(0, 256, (50, channels, 6, 5), dtype=np.uint8))
    indices = cupy.asarray(rng.integers(0, 50, 17))
    mirrored = cupy.asarray(rng.integers(0, 2, 17).astype(bool)) if mirror else None
    mean = cupy.asarray(np.linspace(0.4, 0.6, channels).astype("f4"))
    std = cupy.asarray(np.linspace(0.5, 0.2, channels).astype("f4"))
    batch = B.kernels.gather_images(images, indices, mirrored, mean, std)
    exact = images.get()[indices.get()]
    if mirror:
        exact = np.where(mirrored.get()[:, None, None, None], exact[..., ::-1], exact)
    exact = (exact / 255.0 - mean.get()[:, None, None]) / std.get()[:, None, None]
    assert batch.shape == (17, channels, 6, 5)
    np.testing.assert_allclose(batch.get(), exact, rtol=1e-6, atol=1e-6)
    assert batch.transpose(0, 2, 3, 1).flags.c_contiguous


# -- convolution: any size, stride, padding --------------------------------------------------------


@st.composite
def convolutions(draw):
    """Sizes of x and weight, stride and padding, such that the kernel fits into the image."""
    small = st.integers(1, 3)
    stride = draw(st.tuples(small, small))
    padding = draw(st.tuples(st.integers(0, 3), st.integers(0, 3)))
    kernel = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    size = tuple(
        max(k - 2 * p, 1) + draw(st.integers(0, 5)) for k, p in zip(kernel, padding, strict=True)
    )
    x = (draw(st.integers(1, 3)), draw(small), *size)
    return x, (draw(small), x[1], *kernel), (stride, padding)


@hypothesis.settings(max_examples=40)
@hypothesis.given(convolutions())
def test_convolution_of_any_kind(on_cupy, case):
    x_shape, w_shape, options = case
    check_convolution(x_shape, w_shape, options)


FOUR_TWO_ONE = ((2, 2), (1, 1))
FOUR_ONE_ZERO = ((1, 1), (0, 0))


@pytest.mark.parametrize(
    ("x", "weight", "options"),
    [
        ((3, 33, 8, 8), (5, 33, 4, 4), FOUR_TWO_ONE),
        ((3, 2, 8, 8), (70, 2, 4, 4), FOUR_TWO_ONE),
        ((2, 40, 4, 4), (3, 40, 4, 4), FOUR_ONE_ZERO),  # as large as the image: no windows needed
        ((2, 40, 4, 4), (3, 40, 1, 1), FOUR_ONE_ZERO),  # one tap: likewise
        ((2, 40, 4, 4), (3, 40, 1, 1), ((2, 2), (0, 0))),
        ((2, 1, 9, 9), (3, 1, 1, 1), ((2, 2), (0, 0))),  # one channel and one tap
    ],
    ids=str,
)
def test_convolution_of_the_networks(on_cupy, x, weight, options):
    check_convolution(x, weight, options)


def check_convolution(x_shape, w_shape, options):
    x, weight = values(1, *x_shape), values(2, *w_shape)
    y = agree("conv2d", x, weight, *options, tolerance=1e-5)
    g = values(3, *y.shape)
    by_x = agree("conv2d_input", g, weight, x_shape[2:], *options, tolerance=1e-5)
    agree("conv2d_weight", x, g, w_shape[2:], *options, tolerance=1e-5)
    for array in (y, by_x):
        assert array.transpose(0, 2, 3, 1).flags.c_contiguous, "not channels-last"


def test_windows_in_several_chunks(on_cupy, monkeypatch):
    monkeypatch.setattr(windows, "WINDOW_BYTES", 3000)  # two or three images at a time
    check_convolution((7, 3, 6, 6), (4, 3, 4, 4), FOUR_TWO_ONE)


def test_convolutions_are_each_others_transposes(on_cupy):
    """⟨y, conv2d(x, w)⟩ = ⟨conv2d_input(y, w), x⟩ = ⟨conv2d_weight(x, y), w⟩, in float32 too."""
    x, w = values(1, 2, 3, 9, 7), values(2, 4, 3, 4, 3)
    options = ((2, 1), (1, 2))
    y = B.kernels.conv2d(x, w, *options)
    g = values(3, *y.shape)
    products = [
        (g * y).sum(),
        (B.kernels.conv2d_input(g, w, (9, 7), *options) * x).sum(),
        (B.kernels.conv2d_weight(x, g, (4, 3), *options) * w).sum(),
    ]
    np.testing.assert_allclose([float(p) for p in products], float(products[0]), rtol=1e-4)


def test_rectifiers_keep_channels_last_memory(on_cupy):
    x = values(0, 2, 4, 5, 3).transpose(0, 3, 1, 2)
    got = B.kernels.leaky(x, cupy.ascontiguousarray(x), 0.0)
    assert got.strides == x.strides and (got.get() == np.maximum(x.get(), 0)).all()


@pytest.mark.parametrize("dim", range(4))
@pytest.mark.parametrize("layout", [cupy.ascontiguousarray, channels_last])
def test_arrays_are_joined_in_one_launch_in_their_own_order(on_cupy, dim, layout):
    lengths = 3, 1, 600
    shapes = [(*(2, 3, 4, 5)[:dim], n, *(2, 3, 4, 5)[dim + 1 :]) for n in lengths]
    arrays = [layout(values(i, *shape)) for i, shape in enumerate(shapes)]
    tensors = [wrap(array).requires_grad_() for array in arrays]
    before = launch.launches.copy()
    out = cat(tensors, dim)
    assert launch.launches - before == {"join": 1}
    np.testing.assert_array_equal(out.array.get(), np.concatenate([a.get() for a in arrays], dim))
    assert layout(out.array).data.ptr == out.array.data.ptr, "in another order"
    g = values(9, *out.shape)
    out.backward(wrap(g))
    np.testing.assert_array_equal(
        np.concatenate([t.grad.array.get() for t in tensors], dim), g.get()
    )


@pytest.mark.parametrize(
    "pieces",
    [
        lambda: [values(0, 2, 3), values(1, 2, 3, dtype="f8")],
        lambda: [values(0, 2, 3), values(1, 0, 3)],
        lambda: [values(0, 2, 3, 4, 5), channels_last(values(1, 2, 3, 4, 5))],
        lambda: [values(0, 2, 3), values(1, 4, 6)[::2, ::2]],
        lambda: [values(i, 1, 3) for i in range(join.MOST + 1)],
    ],
    ids=["types", "empty", "orders", "strided", "many"],
)
def test_what_else_is_joined_is_left_to_cupy(on_cupy, pieces):
    arrays, before = pieces(), launch.launches.copy()
    out = cat([wrap(a) for a in arrays])
    assert launch.launches == before
    np.testing.assert_array_equal(out.array.get(), np.concatenate([a.get() for a in arrays]))


def test_arrays_that_do_not_fit_are_refused_by_name(on_cupy):
    with pytest.raises(ValueError, match=r"cat\(.*float32 \(2, 3\), float32 \(2, 4\)\)"):
        cat([wrap(values(0, 2, 3)), wrap(values(1, 2, 4))])


# -- launching -------------------------------------------------------------------------------------


def counted(function, *arguments):
    """How often each of minigan's own kernels was launched by this call."""
    before = launch.launches.copy()
    function(*arguments)
    return dict(launch.launches - before)


def test_launches_of_each_function(on_cupy):
    x = channels_last(values(1, 64, 16, 16, 16))
    g = channels_last(values(2, *x.shape))
    w = values(3, 8, 16, 4, 4)
    mean, rstd, weight, bias = (values(i, 16) for i in range(4, 8))
    k = B.kernels
    four = [[values(100 * j + i, 30) for i in range(20)] for j in range(4)]
    assert counted(k.adam_, *four, 1e-3, (0.9, 0.999), 1e-8) == {"adam": 1}
    assert counted(k.channel_sums, x) == {"channel_sums": 2}
    assert counted(k.channel_moments, x) == {"slab_moments": 1, "merge_moments": 1}
    assert counted(k.batch_norm, x, weight, bias, mean, rstd) == {"batch_norm": 1}
    backward = {"batch_norm_sums": 1, "channel_sums": 1, "batch_norm_by_x": 1}
    assert counted(k.batch_norm_backward, g, x, weight, mean, rstd) == backward
    assert counted(k.conv2d, x, w, *FOUR_TWO_ONE) == {"windows": 1}
    y = channels_last(values(6, 64, 8, 8, 8))
    assert counted(k.conv2d_input, y, w, (16, 16), *FOUR_TWO_ONE) == {"fold": 1}
    assert counted(k.conv2d_weight, x, y, (4, 4), *FOUR_TWO_ONE) == {"windows": 1}


@pytest.mark.skipif(not STAND_IN, reason="only the stand-in counts CuPy's own launches")
def test_launches_with_cupys_own(on_cupy):
    """A convolution in channels-last memory: its windows, one matrix product, the weight's copy."""
    x, w = channels_last(values(1, 4, 8, 8, 8)), values(2, 8, 8, 4, 4)
    cupy.reset_counters()
    B.kernels.conv2d(x, w, *FOUR_TWO_ONE)
    assert dict(cupy.launches) == {"ascontiguousarray": 1, "windows": 1, "gemm": 1}
    assert not cupy.synchronisations
    assert not cupy.transfers


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({0: lambda a: a.astype("f8")}, r"`const float\* x` got float64"),
        ({0: lambda a: a.T}, r"strides \(4, 32\)"),
        ({0: lambda a: a.get()}, "got array"),
        ({3: lambda rows: 2.5}, "`int rows` got 2.5"),
        ({3: lambda rows: None}, "`int rows` got None"),
    ],
    ids=["type", "strides", "host", "float", "null"],
)
def test_arguments_that_a_kernel_would_misread(on_cupy, change, complaint):
    arguments = [values(1, 6, 8), cupy.zeros((1, 8), "f4"), 1.0, 6, 8, 128]
    for place, spoil in change.items():
        arguments[place] = spoil(arguments[place])
    with pytest.raises(TypeError, match=f"kernel 'channel_sums': parameter .*{complaint}"):
        launch.Kernel("channels.cu", "channel_sums")((1,), (8, 16), *arguments)


def test_a_kernel_that_does_not_compile(on_cupy, monkeypatch, tmp_path):
    (tmp_path / "bad.cu").write_text('extern "C" __global__ void bad(float* x) { x[0] = y; }')
    monkeypatch.setattr(launch, "FOLDER", tmp_path)
    if STAND_IN:
        log = 'bad.cu(1): error: identifier "y" is undefined'
        monkeypatch.setattr(cupy.RawModule, "get_function", _raiser(RuntimeError(log)))
    with pytest.raises(BackendError, match=r"'bad' \(bad.cu\) .*compute capability") as told:
        launch.Kernel("bad.cu", "bad")((1,), (1,), cupy.zeros(1, "f4"))
    assert 'identifier "y" is undefined' in str(told.value)


def _raiser(error):
    def fail(*_):
        raise error

    return fail


def test_a_full_gpu(on_cupy, monkeypatch):
    if STAND_IN:
        pool = type(cupy.get_default_memory_pool())
        full = cupy.cuda.memory.OutOfMemoryError(1 << 50, 1 << 30)
        monkeypatch.setattr(pool, "malloc", _raiser(full))
    with pytest.raises(BackendError, match=r"1048576\.00 GiB asked for.*Lower the batch size"):
        memory.allocate(1 << 50)


@needs_compiler
def test_the_shim_notices_a_missing_barrier():
    """The reason for running the threads in both orders."""
    code = """
        extern "C" __global__ void reversed(int* x) {
            __shared__ int all[8];
            all[threadIdx.x] = threadIdx.x;
            BARRIER
            x[threadIdx.x] = all[7 - threadIdx.x];
            __syncthreads();
        }
    """
    for barrier in ("__syncthreads();", ""):
        found = []
        for backwards in (False, True):
            x = np.zeros(8, np.int32)
            source = code.replace("BARRIER", barrier)
            cuda_on_cpu.run(source, "reversed", (1,), (8,), (x,), backwards)
            found.append(x.tolist() == [7, 6, 5, 4, 3, 2, 1, 0])
        assert all(found) == bool(barrier)
    divergent = 'extern "C" __global__ void f(int* x) { if (threadIdx.x) __syncthreads(); }'
    with pytest.raises(RuntimeError, match="some threads return while others wait"):
        cuda_on_cpu.run(divergent, "f", (1,), (2,), (x,))
