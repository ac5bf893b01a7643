"""The faster kernels: the names, signatures and numbers of the plain ones; and doing without them.

Convolution has a file of its own, test_conv_kernels.py, and so has CUDA, test_cuda_kernels.py.
"""

import inspect
import itertools
import os
import subprocess
import sys
import threading
from itertools import chain

import numpy as np
import pytest

import minigan
from minigan import backend as B
from minigan.backend import plain
from minigan.kernels import cpu, plain_norm
from minigan.kernels.cpu import adam, dense, gemm, threads
from minigan.ops import norm
from minigan.ops.linear import linear

PRIMITIVES = {
    name: function
    for module in (plain_norm, plain)
    for name, function in vars(module).items()
    if inspect.isfunction(function) and not name.startswith("_")
}


# -- names and signatures --------------------------------------------------------------------------


def test_primitives_have_one_signature_in_every_library():
    pytest.importorskip("cupy")
    from minigan.kernels import gpu

    assert set(cpu.__all__) == {*PRIMITIVES, "fused_batch_norm"}
    assert set(gpu.__all__) == {
        *(
            *cpu.__all__,
            "Captured",
            "box_muller",
            "fuse",
            "zeros_for_weight",
            "gather_images",
            "has_room",
            "upload",
        )
    }
    for name, function in PRIMITIVES.items():
        of_plain, of_cpu, of_gpu = (
            [(p.name, p.kind, p.default) for p in inspect.signature(each).parameters.values()]
            for each in (function, getattr(cpu, name), getattr(gpu, name))
        )
        assert of_plain == of_cpu == of_gpu, name


# -- doing without ---------------------------------------------------------------------------------


def in_a_process(code, **variables):
    """A new process that runs this code, with these variables and no others of ours."""
    ours = ("MINIGAN_KERNELS", "MINIGAN_BACKEND")
    inherited = {name: value for name, value in os.environ.items() if name not in ours}
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**inherited, "PYTHONPATH": os.pathsep.join(sys.path), **variables},
        capture_output=True,
        text=True,
    )


WHAT_IS_LOADED = """
import sys, minigan
from minigan import backend as B
print(B.kernels.__name__, *sorted(m for m in sys.modules if m.startswith("minigan.kernels")))
print("cupy" in sys.modules)
"""


@pytest.mark.parametrize("variables", [{}, {"MINIGAN_KERNELS": "fast"}], ids=["unset", "fast"])
def test_the_faster_kernels_are_in_place_from_the_start(variables):
    names, cupy = in_a_process(WHAT_IS_LOADED, **variables).stdout.splitlines()
    assert names.startswith("minigan.kernels.cpu minigan.kernels ")
    assert cupy == "False", "importing minigan is no reason to load CuPy"


def test_plain_kernels_alone_where_asked_for():
    code = WHAT_IS_LOADED + "from minigan.backend import plain; print(B.kernels is plain)"
    ran = in_a_process(code, MINIGAN_KERNELS="plain")
    assert ran.stdout.splitlines() == ["minigan.backend.plain", "False", "True"], ran.stderr


def test_a_part_of_the_faster_kernels_can_be_loaded_without_putting_them_in_place():
    code = "import minigan.kernels.cpu, minigan; from minigan import backend as B; print(B.faster)"
    ran = in_a_process(code, MINIGAN_KERNELS="plain")
    assert ran.stdout == "{}\n", ran.stderr


@pytest.mark.parametrize("first", ["", "import minigan.kernels.precision"])
@pytest.mark.parametrize(
    "compute", ["minigan.zeros(2)", "minigan.nn.Linear(2, 2)", "minigan.use_backend('numpy')"]
)
def test_an_unknown_choice_of_kernels_is_refused_by_name(first, compute):
    """By whatever computes: the import itself, and the rooms that compute nothing yet, succeed."""
    code = f"{first}\nimport minigan.run\nprint('imported')\n{compute}"
    ran = in_a_process(code, MINIGAN_KERNELS="quick")
    assert (ran.returncode, ran.stdout) == (1, "imported\n")
    last = ran.stderr.splitlines()[-1]
    assert (
        "BackendError: unknown kernels 'quick': choose fast, jit or plain (MINIGAN_KERNELS" in last
    )


# -- numbers ---------------------------------------------------------------------------------------


def draw(*shape, dtype="float64", seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("sizes", [[5], [3, 70_000, 1, 0, 12], [(1 << 16) + 1]])
def test_adam_equals_its_plain_version(sizes, dtype):
    p, g, m, v = ([draw(n, dtype=dtype, seed=10 * k + n) for n in sizes] for k in range(4))
    first = [p, m, [a * a for a in v]]
    second = [[a.copy() for a in arrays] for arrays in first]
    for kernels, (p, m, v) in ((cpu, first), (plain, second)):
        kernels.adam_(p, g, m, v, 1e-3, (0.9, 0.999), 1e-8)
    for ours, exact in zip(chain(*first), chain(*second), strict=True):
        np.testing.assert_allclose(
            ours, exact, rtol=1e-5 if dtype == "float32" else 1e-12, atol=1e-10
        )


@pytest.mark.parametrize("size", [6, 600])  # more than one piece of the latter
def test_adam_takes_arrays_of_any_layout(size):
    def turned(array):
        return np.ascontiguousarray(array.T).T

    kept = [draw(size, 400), draw(size, 400, seed=1), np.zeros((size, 400)), np.zeros((size, 400))]
    for mixed in ([1], [0], [0, 2, 3], [0, 1, 2, 3]):
        first = [[a.copy()] for a in kept]
        second = [[turned(a) if i in mixed else a.copy()] for i, a in enumerate(kept)]
        for arrays in (first, second):
            cpu.adam_(*arrays, 1e-3, (0.9, 0.999), 1e-8)
        for ours, exact in zip(chain(*first), chain(*second), strict=True):
            np.testing.assert_array_equal(ours, exact)


def test_adam_takes_a_gradient_that_nobody_may_write_to():
    """One number for all weights, as expand() gives it; it is read, and left as it is."""
    p, m, v = np.ones((3, 4), "float32"), *np.zeros((2, 3, 4), "float32")
    cpu.adam_([p], [np.broadcast_to(np.float32(2.0), (3, 4))], [m], [v], 0.5, (0.0, 0.0), 0.0)
    np.testing.assert_array_equal(p, 0.5)


def normalised(kernels, x, g, weight, bias):
    """All that batch normalisation computes."""
    mean, var = kernels.channel_moments(x)
    rstd = 1.0 / np.sqrt(var + 1e-5)
    y = kernels.batch_norm(x, weight, bias, mean, rstd)
    by_x, by_weight, by_bias = kernels.batch_norm_backward(g, x, weight, mean, rstd)
    return [mean, var, kernels.channel_sums(x), y, by_x, by_weight, by_bias]


@pytest.mark.parametrize(("dtype", "rounding"), [("float32", 1e-5), ("float64", 1e-12)])
@pytest.mark.parametrize("shape", [(8, 3), (4, 5, 7), (4, 3, 6, 5), (2, 1, 300, 300), (200_000, 1)])
@pytest.mark.parametrize("channels_last", [False, True])
def test_batch_normalisation_equals_its_plain_version(shape, channels_last, dtype, rounding):
    """The plain one in float64; rounding is relative to the largest number of an array."""
    x, g = draw(*shape) + 3.0, draw(*shape, seed=1)
    weight, bias = draw(shape[1], seed=2), draw(shape[1], seed=3)
    if channels_last:
        x, g = (np.moveaxis(np.moveaxis(a, 1, -1).copy(), -1, 1) for a in (x, g))
    arguments = [a.astype(dtype) for a in (x, g, weight, bias)]
    exact = [a.astype("float64") for a in arguments]
    for ours, theirs in zip(
        normalised(cpu, *arguments), normalised(plain_norm, *exact), strict=True
    ):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=rounding * abs(theirs).max())


def test_batch_normalisation_of_other_types_is_the_plain_one():
    x, g, weight, bias = (draw(*shape, dtype="f2") for shape in ((4, 3, 5), (4, 3, 5), (3,), (3,)))
    arguments = (x, g, weight, bias)
    pairs = zip(normalised(cpu, *arguments), normalised(plain_norm, *arguments), strict=True)
    for ours, theirs in pairs:
        assert ours.dtype == theirs.dtype == "float16"
        np.testing.assert_array_equal(ours, theirs)


SHARED = {
    "rows": ((7000, 64), (64, 32)),
    "columns": ((32, 64), (64, 7000)),
    "large": ((300, 600), (600, 400)),
    "stack": ((6, 190, 100), (6, 100, 121)),
    "stack of one": ((1, 240, 250), (1, 250, 240)),
    "stacks": ((2, 3, 190, 100), (2, 3, 100, 121)),
    "stack and matrix": ((6, 190, 100), (100, 121)),
}


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64"])
@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("shapes", SHARED.values(), ids=SHARED)
def test_products_are_the_same_in_parts(shapes, transposed, dtype):
    a, b = ((8 * draw(*shape, seed=i)).astype(dtype) for i, shape in enumerate(shapes))
    assert a.size * b.shape[-1] >= gemm.WORTH_SHARING
    if transposed:
        a, b = (m.swapaxes(-1, -2).copy().swapaxes(-1, -2) for m in (a, b))
    ours, exact = cpu.matmul(a, b), np.einsum("...mk,...kn->...mn", a, b)
    assert ours.dtype == exact.dtype and ours.shape == exact.shape
    rounding = 0 if dtype == "int64" else 30 * np.finfo(dtype).eps
    np.testing.assert_allclose(ours, exact, rtol=0, atol=rounding * abs(exact).max())


@pytest.mark.parametrize("kind", ["float32", "float64", "broadcast", "no bias", "two parts"])
@pytest.mark.parametrize("shape", [(96, 500, 333), (256, 6, 8193), (5000, 1000, 1), (4, 5, 6)])
def test_a_dense_layers_gradients_are_those_of_the_formula(shape, kind, monkeypatch):
    """With both products in one go, and with one of them where the other is not asked for."""
    N, I, O = shape
    shared = []
    monkeypatch.setattr(dense, "share", lambda *work: shared.append(threads.share(*work)))
    dtype = "float64" if kind == "float64" else "float32"
    x, w, b, g = draw(N, I), draw(O, I), draw(O), draw(N, O)
    g = np.broadcast_to(g[:1, :1], g.shape) if kind == "broadcast" else g
    tensors = [minigan.tensor(a.astype(dtype), requires_grad=True) for a in (x, w, b)]
    x_, w_, b_ = [*tensors[:2], None if kind == "no bias" else tensors[2]]
    y, weights = linear(x_, w_, b_), minigan.tensor(g.astype(dtype))
    if kind == "two parts":
        y.backward(weights, retain_graph=True, inputs=[w_])
        y.backward(weights, inputs=[x_, b_])
    else:
        y.backward(weights)
    assert len(shared) == (N * I * O >= gemm.WORTH_SHARING and kind != "two parts")
    exact = g @ w, g.T @ x, g.sum(axis=0)
    rounding = 30 * np.finfo(dtype).eps
    for tensor, expected in zip([t for t in (x_, w_, b_) if t is not None], exact, strict=False):
        scale = rounding * max(abs(expected).max(), 1)
        np.testing.assert_allclose(tensor.grad.numpy(), expected, rtol=0, atol=scale)


@pytest.mark.parametrize(
    "shapes",
    [
        *(((3,), (3,)), ((2, 5, 3), (3, 4)), ((2, 0), (0, 3)), ((0, 2), (2, 3))),
        *(((1,), (1,)), ((4, 1), (1, 5)), ((2, 4, 1), (1, 5)), ((4, 1), (1,)), ((1,), (1, 5))),
    ],
    ids=str,
)
def test_products_of_any_shape_are_the_plain_ones(shapes):
    a, b = (draw(*shape, dtype="float32", seed=i) for i, shape in enumerate(shapes))
    ours, theirs = cpu.matmul(a, b), plain.matmul(a, b)
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    np.testing.assert_array_equal(ours, theirs)


LAYOUTS = {
    "C": lambda a: a,
    "channels-last": lambda a: a.transpose(0, 2, 3, 1).copy().transpose(0, 3, 1, 2),
    "reversed": lambda a: a.transpose().copy().transpose(),
    "every other": lambda a: a.repeat(2, axis=3)[..., ::2],
}


@pytest.mark.parametrize("shape", [(2, 3, 4, 5), (5, 7, 91, 97)], ids=["small", "large"])
@pytest.mark.parametrize("second", LAYOUTS)
@pytest.mark.parametrize("first", LAYOUTS)
def test_rectifiers_keep_values_and_layout(backend, shape, first, second):
    """Large arrays are computed in parts; that must not show."""
    y = LAYOUTS[first](B.to_device(draw(*shape, dtype="float32")))
    x = LAYOUTS[second](B.to_device(draw(*shape, dtype="float32", seed=1)))
    hy, hx = B.to_host(y), B.to_host(x)
    for slope, other in itertools.product((0.0, 0.25, 1.5), (x, y)):
        got, where = B.kernels.leaky(y, other, slope), hx if other is x else hy
        expected = np.where(where > 0, hy, hy * np.float32(slope))
        np.testing.assert_array_equal(B.to_host(got), expected)
        if backend == "numpy" and second != "every other" and other is x:
            assert got.strides == x.strides


@pytest.mark.parametrize("count", [100, 1 << 19], ids=["small", "large"])
@pytest.mark.parametrize("dtypes", [("i8", "i8"), ("f4", "f8"), ("f8", "f8")], ids="".join)
def test_rectifiers_give_the_type_that_they_give_plainly(count, dtypes):
    y, x = ((9 * draw(count, seed=i)).astype(dtype) for i, dtype in enumerate(dtypes))
    ours, theirs = cpu.leaky(y, x, 0.0), plain.leaky(y, x, 0.0)
    assert ours.dtype == theirs.dtype
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("slope", [0.0, 0.2, 1.5])
@pytest.mark.parametrize("kernels", [plain, "in use"], ids=["plain", "in use"])
def test_the_gradient_of_a_rectifier_is_chosen_not_multiplied(backend, kernels, slope):
    """Infinities stop where the slope is 0, NaN passes as PyTorch lets it; x may be one number."""
    kernels = B.kernels if kernels == "in use" else kernels
    values = [-2.0, 0.0, 3.0, np.inf, -np.inf, np.nan]
    x, y = np.array(list(itertools.product(values, values)), "float32").T.copy()
    at_most = (x <= 0) if slope == 0 else ~(x > 0)
    expected = np.where(at_most, y * np.float32(slope) if slope else np.float32(0), y)
    got = kernels.leaky(B.to_device(y), B.to_device(x), slope)
    assert got.dtype == "float32"
    np.testing.assert_array_equal(B.to_host(got), expected)
    same = B.to_device(x)  # as the rectifier itself is computed
    np.testing.assert_array_equal(
        B.to_host(kernels.leaky(same, same, slope)), np.where(at_most, x * slope if slope else 0, x)
    )
    for one in range(len(x)):
        got = kernels.leaky(B.to_device(y[one : one + 1]).reshape(()), x[one].item(), slope)
        np.testing.assert_array_equal(B.to_host(got), expected[one])


def test_moments_survive_a_large_mean():
    x = draw(10_000, 2, dtype="float32") + 1000.0
    mean, var = cpu.channel_moments(x)
    np.testing.assert_allclose(mean, x.astype("float64").mean(0), rtol=1e-5)
    np.testing.assert_allclose(var, x.astype("float64").var(0), rtol=1e-3)


def test_add_at_gives_repeated_places_every_value(backend):
    out = B.xp.zeros(3)
    B.kernels.add_at(out, B.to_device(np.array([0, 2, 0])), B.to_device(np.array([1.0, 2.0, 4.0])))
    assert B.to_host(out).tolist() == [5.0, 0.0, 2.0]


@pytest.mark.parametrize("offset", [0, 7, 2**64 - 2])
def test_random_words_are_those_of_numpys_philox(backend, offset):
    key = (2**64 - 1, 3)
    theirs = np.random.Philox(counter=offset, key=np.array(key, "uint64")).random_raw(40)
    words = B.kernels.random_words(10, key, offset)
    assert words.dtype == "uint64" and B.to_host(words).tolist() == theirs.tolist()
    assert B.kernels.random_words(0, key, offset).shape == (0,)


def test_slices_of_nothing_are_none():
    assert threads.cuts(0, 5) == threads.cuts(0, 0) == []


@pytest.mark.parametrize("shape", [(6, 3), (4, 2, 5), (3, 4, 6, 6)])
@pytest.mark.parametrize("training", [True, False])
def test_fused_batch_normalisation_equals_the_formula(shape, training, monkeypatch):
    """In values, gradients, gradients of gradients, and in what the running statistics become."""

    def results():
        x, weight, bias = (
            minigan.tensor(draw(*size, seed=i), requires_grad=True)
            for i, size in enumerate((shape, (shape[1],), (shape[1],)))
        )
        running = (
            minigan.tensor(draw(shape[1], seed=3)),
            minigan.tensor(draw(shape[1], seed=4) ** 2),
        )
        y = norm.batch_norm(x, running, (weight, bias), training, 0.1, 1e-5)
        inputs = [x, weight, bias]
        first = minigan.grad((y * y * y).sum(), inputs, create_graph=True)
        total = sum((g * g).sum() for g in first)
        second = minigan.grad(total, inputs, allow_unused=True)
        return [t.array for t in (y, *running, *first, *second) if t is not None]

    fused = results()
    monkeypatch.delattr(cpu, "fused_batch_norm")
    by_formula = results()
    assert len(fused) == len(by_formula)
    for ours, theirs in zip(fused, by_formula, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-9 * abs(theirs).max())


def test_random_words_go_on_from_anywhere_and_in_any_order():
    key, whole = (7, 3), plain.random_words(40, (7, 3), 5)
    for start, stop in ((0, 8), (8, 24), (0, 8), (24, 40), (8, 9)):
        words = cpu.random_words(stop - start, key, 5 + start)
        np.testing.assert_array_equal(words, whole[4 * start : 4 * stop])


# -- threads ---------------------------------------------------------------------------------------


@pytest.fixture
def two_threads():
    """Two threads to share between, on any machine; returns where they meet."""
    before = threads.get_num_threads()
    threads.set_num_threads(2)
    yield threading.Barrier(2, timeout=60)
    threads.set_num_threads(before)


def test_work_is_shared_by_two_threads(two_threads):
    seen = []

    def work(items):
        for item in items:
            two_threads.wait()  # both are here, each with an item of its own
            seen.append((item, threading.get_ident()))

    threads.share(work, range(2))
    items, workers = zip(*seen, strict=True)
    assert sorted(items) == [0, 1] and len(set(workers)) == 2


def test_what_a_helper_raises_is_raised_here(two_threads):
    def work(items):
        next(items)
        two_threads.wait()
        if threading.current_thread() is not threading.main_thread():
            raise ZeroDivisionError("of the helper")

    with pytest.raises(ZeroDivisionError, match="of the helper"):
        threads.share(work, range(2))


def test_helpers_obey_the_callers_errstate(two_threads):
    seen = []

    def work(items):
        next(items)
        two_threads.wait()
        seen.append(np.geterr()["over"])

    with np.errstate(over="raise"):
        threads.share(work, range(2))
    assert seen == ["raise", "raise"]


def test_a_share_after_an_interrupted_one_waits_for_its_own_helpers(two_threads, monkeypatch):
    """Ctrl-C may leave a helper's answer unread; a later call may not take it for its own."""

    class Interrupted(threads.SimpleQueue):
        def get(self, *args):
            raise KeyboardInterrupt

    threads.share(list, range(2))  # the crew is there
    with monkeypatch.context() as change:
        change.setattr(threads, "SimpleQueue", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            threads.share(list, range(2))
    finished, done = threading.Event(), []

    def work(items):
        item = next(items)
        two_threads.wait()
        if threading.current_thread() is not threading.main_thread():
            assert finished.wait(60)
        done.append(item)
        finished.set()

    threads.share(work, range(2))
    assert sorted(done) == [0, 1]


@pytest.mark.parametrize("size, shared", [(adam.WORTH_SHARING, 1), (adam.WORTH_SHARING - 1, 0)])
def test_a_large_update_is_shared(monkeypatch, size, shared):
    def each(work, items):
        calls.append(work)
        for item in items:
            work(item)

    calls = []
    monkeypatch.setattr(adam, "each", each)
    p, g, m, v = (np.ones(size, "float32") for _ in range(4))
    cpu.adam_([p], [g], [m], [v], 0.5, (0.9, 0.999), 0.0)
    assert len(calls) == shared
    np.testing.assert_allclose(p, 0.5, rtol=1e-6)


ALL_SHARED = """
import hashlib
import numpy as np
from threadpoolctl import threadpool_info
import minigan
from minigan import backend as B, nn

blas = [each["num_threads"] for each in threadpool_info() if each["user_api"] == "blas"]
assert set(blas) <= {1}, blas
random, digest = np.random.default_rng(0), hashlib.sha256()

def draw(*shape):
    return random.standard_normal(shape, "float32")

def note(*results):
    for result in results:
        digest.update(np.ascontiguousarray(result).data)

for shape in ((64, 784, 256), (256, 784, 128), (300, 1000, 500), (37, 4000, 41), (2, 9000, 300)):
    a, b = draw(*shape[:2]), draw(*shape[1:])
    note(B.kernels.matmul(a, b), B.kernels.matmul(b.T, a.T))
note(B.kernels.matmul(draw(8, 90, 100), draw(8, 100, 110)))
for N, C, O, K, stride, padding, size in (
    (16, 32, 64, 4, 2, 1, 32),  # fewer multiplications
    (16, 1, 32, 4, 2, 1, 64),  # windows
    (24, 96, 100, 3, 1, 1, 16),
    (17, 20, 30, 5, 3, 2, 33),
    (64, 256, 100, 4, 1, 0, 4),  # seen once
):
    x, w = draw(N, C, size, size), draw(O, C, K, K)
    s, p = (stride, stride), (padding, padding)
    y = B.kernels.conv2d(x, w, s, p)
    note(y, B.kernels.conv2d_input(y, w, (size, size), s, p))
    note(B.kernels.conv2d_weight(x, y, (K, K), s, p))
x, g, weight = draw(64, 64, 32, 32), draw(64, 64, 32, 32), draw(64)
note(B.kernels.channel_sums(x), *B.kernels.channel_moments(x))
note(*B.kernels.batch_norm_backward(g, x, weight, x.mean((0, 2, 3)), weight**2))
x, layer = minigan.tensor(draw(96, 500), requires_grad=True), nn.Linear(500, 333)
(layer(x) ** 2).sum().backward()
note(x.grad.numpy(), layer.weight.grad.numpy(), layer.bias.grad.numpy())
state = [[draw(500, 600)], [draw(500, 600)], [draw(500, 600)], [draw(500, 600) ** 2]]
B.kernels.adam_(*state, 1e-3, (0.5, 0.999), 1e-8)
note(*(array for arrays in state for array in arrays))
print(digest.hexdigest())
"""


def test_numbers_do_not_depend_on_the_number_of_threads():
    """Bit for bit: so a run goes on anywhere, and after anything that was computed before."""
    answers = [
        subprocess.run(
            [sys.executable, "-c", ALL_SHARED],
            env=os.environ | {"MINIGAN_NUM_THREADS": str(number)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for number in (1, 2, 3, 5)
    ]
    assert len(answers[0]) == 65 and len(set(answers)) == 1
