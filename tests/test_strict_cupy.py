"""Holds the stand-in for CuPy to what CuPy 14 does.

Tests without a mark state facts of CuPy itself: on a machine with a GPU they run against the real
one. Tests marked `stand_in` are about what only the stand-in has: stricter refusals, counters,
imitated failures, emulated kernels.
"""

import copy
import pickle
import weakref

import numpy as np
import pytest

cupy = pytest.importorskip("cupy")
if not cupy.is_available():
    pytest.skip("CuPy is installed and finds no GPU", allow_module_level=True)

stand_in = pytest.mark.skipif(
    not hasattr(cupy, "emulated_kernels"), reason="about the stand-in, not about CuPy"
)


@pytest.fixture(autouse=True)
def fresh(monkeypatch):
    """Counters at zero, the ordinary device."""
    if hasattr(cupy, "emulated_kernels"):
        monkeypatch.delenv("STRICT_CUPY_DEVICE", raising=False)
        cupy.reset_counters()


@pytest.fixture
def x():
    return cupy.arange(24, dtype="f4").reshape(2, 3, 4)


HOST = np.ones((2, 3, 4), "f4")

# -- crossings -------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy")
@pytest.mark.parametrize("convert", [np.asarray, np.array, lambda a: np.array([a[0], a[1]])])
def test_numpy_never_converts_implicitly(x, convert):
    with pytest.raises(TypeError, match="Implicit conversion to a NumPy array is not allowed"):
        convert(x)


@pytest.mark.parametrize(
    "mix",
    [
        lambda a: a + HOST,
        lambda a: HOST + a,
        lambda a: a @ HOST,
        lambda a: a > HOST,
        lambda a: a == HOST,
        lambda a: a**HOST,
        lambda a: a.__iadd__(HOST),
        lambda a: a + np.array(3.0),
        lambda a: cupy.exp(HOST),
        lambda a: cupy.add(a, a, out=HOST),
        lambda a: cupy.where(a > 0, a, HOST),
        lambda a: cupy.concatenate([a, HOST]),
        lambda a: cupy.stack([a, HOST]),
        lambda a: cupy.matmul(a, HOST),
        lambda a: cupy.expand_dims(HOST, 0),
        lambda a: cupy.broadcast_to(HOST, (5, 2, 3, 4)),
        lambda a: cupy.ascontiguousarray(HOST),
    ],
)
def test_a_numpy_array_is_not_an_argument(x, mix):
    with pytest.raises(TypeError):
        mix(x)


@stand_in
@pytest.mark.parametrize(
    "quiet",
    [
        lambda a: a[np.array([0, 1])],
        lambda a: a.take(np.array([0, 1])),
        lambda a: a.__setitem__(cupy.array([0, 1]), HOST),
        lambda a: cupy.sum(HOST),
        lambda a: cupy.reshape(HOST, -1),
        lambda a: cupy.zeros_like(HOST),
        lambda a: np.exp(a),
        lambda a: np.multiply(a, 2.0),
        lambda a: np.sum(a),
        lambda a: np.concatenate([a, a]),
        lambda a: np.ndim(a),
    ],
)
def test_what_cupy_lets_pass_quietly_is_refused(x, quiet):
    with pytest.raises(TypeError):
        quiet(x)


@pytest.mark.parametrize("value", [[1.0, 2.0], "x", None, (1,)])
def test_operators_take_arrays_and_numbers_only(x, value):
    with pytest.raises(TypeError):
        x + value


def test_functions_take_arrays_not_lists():
    with pytest.raises(TypeError):
        cupy.exp([1.0])
    with pytest.raises((TypeError, AttributeError)):
        cupy.sum([1.0])
    with pytest.raises((TypeError, AttributeError)):
        cupy.sum(3.0)


def test_the_explicit_crossings(x):
    host = x.get()
    assert type(host) is np.ndarray
    np.testing.assert_array_equal(host, np.arange(24).reshape(2, 3, 4))
    np.testing.assert_array_equal(cupy.asnumpy(x), host)
    back = cupy.asarray(host)
    host[:] = 0
    assert float(back.sum()) == 276  # a copy
    assert cupy.asarray(x) is x
    assert cupy.array(x) is not x
    assert cupy.array([x[0], x[1]]).shape == (2, 3, 4)
    assert cupy.asarray(2.0).shape == ()
    assert cupy.get_array_module(x) is cupy
    assert cupy.get_array_module(host) is np


def test_get_and_set_check_shape_and_dtype(x):
    with pytest.raises(TypeError, match="float64 array cannot be set to float32 array"):
        x.set(HOST.astype("f8"))
    with pytest.raises(ValueError, match="Shape mismatch"):
        x.set(HOST[0])
    with pytest.raises(TypeError):
        x.get(out=HOST.astype("f8"))
    with pytest.raises(ValueError, match="Shape mismatch"):
        x.get(out=HOST[0].copy())
    x.set(HOST)
    out = np.empty_like(HOST)
    assert x.get(out=out) is out
    np.testing.assert_array_equal(out, HOST)


@pytest.mark.parametrize("host", [[None], ["x"], np.array([None]), np.zeros(2, "g")])
def test_only_numbers(host):
    with pytest.raises(ValueError, match="Unsupported dtype"):
        cupy.array(host)
    with pytest.raises(ValueError, match="Unsupported dtype"):
        cupy.zeros(3, object)


# -- types and scalars -----------------------------------------------------------------------------


def test_python_numbers_are_weak_and_numpy_numbers_are_not(x):
    assert (x * 2.0).dtype == "f4"
    assert (x * np.float32(2)).dtype == "f4"
    assert (np.float32(2) * x).dtype == "f4"
    assert (x * np.float64(2)).dtype == "f8"
    assert (np.float64(2) * x).dtype == "f8"
    assert (x * cupy.asarray(2.0)).dtype == "f8"
    assert (x.sum() * 2.0).dtype == "f4"
    assert cupy.float32 is np.float32
    assert cupy.result_type(x, 1.0) == "f4"


def test_reductions_and_indexing_give_arrays(x):
    row = x[0, 0]
    for value in (x.sum(), cupy.max(x), x[0, 0, 0], x.mean(), x.argmax(), cupy.dot(row, row)):
        assert type(value) is cupy.ndarray
        assert value.shape == ()
    assert type(cupy.exp(1.0)) is cupy.ndarray
    assert type(cupy.allclose(x, x)) is cupy.ndarray
    assert type(cupy.count_nonzero(x)) is cupy.ndarray
    assert cupy.shape(x) == (2, 3, 4)


def test_conversions_of_one_element(x):
    one = x[0, 0, 3]
    assert (float(one), int(one), one.item(), bool(one), f"{one:.1f}") == (3.0, 3, 3.0, True, "3.0")
    assert type(one.item()) is float
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)
    with pytest.raises(ValueError, match="size 1"):
        x.item()
    with pytest.raises(TypeError):
        range(3)[cupy.asarray(1)]  # no __index__


def test_identity_and_protocols(x):
    with pytest.raises(TypeError, match="unhashable"):
        hash(x)
    for name in ("__array_interface__", "ctypes", "setflags", "itemset", "nonexistent"):
        assert not hasattr(x, name)
    with pytest.raises(AttributeError):
        x.note = 1
    for name in ("dtype", "strides", "base"):
        with pytest.raises(AttributeError):
            setattr(x, name, None)
    assert weakref.ref(x)() is x
    assert type(x).__module__ == "cupy"
    assert x.__array_priority__ == 100
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(x)).get(), x.get())
    twin = copy.deepcopy(x)
    assert twin.data.ptr != x.data.ptr
    assert repr(x[0, 0]) == "array([0., 1., 2., 3.], dtype=float32)"
    assert len(x) == 2
    assert [row.shape for row in x] == [(3, 4)] * 2
    with pytest.raises(TypeError, match="unsized"):
        len(x.sum())
    with pytest.raises(TypeError, match="0-d"):
        iter(x.sum())


def test_comparison_with_none_and_objects(x):
    assert not (x == None).any()  # noqa: E711
    assert (x != None).all()  # noqa: E711
    assert (x == x).all()


def test_a_class_may_take_operators_over(x):
    class Wrapper:
        __array_ufunc__ = None

        def __radd__(self, other):
            return "mine"

        def __eq__(self, other):
            return "mine"

        __hash__ = None

    class Prior:
        __array_priority__ = 1000

        def __rmul__(self, other):
            return "mine"

    assert x + Wrapper() == "mine"
    assert (x == Wrapper()) == "mine"
    assert x * Prior() == "mine"


# -- memory and layout -----------------------------------------------------------------------------


def test_views_share_memory_and_know_their_base(x):
    root = x.base
    for view in (x.T, x[0], x[0][1], x[..., ::2], x[None], x.reshape(6, 4), x.ravel(), x.mT):
        assert view.base is root
        assert not view.flags.owndata
    assert x[1].data.ptr - x.data.ptr == 48
    x[0, 0] = 9.0
    assert float(root[0]) == 9.0
    assert cupy.zeros(3).base is None
    assert cupy.zeros(3).flags.owndata


def test_flags_are_few(x):
    assert x.flags.c_contiguous
    assert x.T.flags.f_contiguous
    assert x.T.flags.fnc
    assert x.flags["C_CONTIGUOUS"]
    with pytest.raises(AttributeError):
        _ = x.flags.writeable
    with pytest.raises(KeyError):
        x.flags["F"]


@pytest.mark.parametrize(
    "make",
    [
        lambda a: a + 1.0,
        lambda a: cupy.exp(a),
        lambda a: cupy.where(a > 0, a, 0.0),
        lambda a: cupy.maximum(a, 0.0),
        lambda a: a.clip(0, 1),
        lambda a: cupy.concatenate([a, a]),
        lambda a: a[cupy.array([1, 0])],
        lambda a: a.copy(),
    ],
)
def test_new_arrays_are_in_c_order_whatever_the_inputs_were(x, make):
    channels_last = x.transpose(0, 2, 1)
    assert not channels_last.flags.c_contiguous
    assert make(channels_last).flags.c_contiguous


@pytest.mark.parametrize(
    "make",
    [
        lambda a: a.astype("f8"),
        lambda a: cupy.copy(a),
        lambda a: cupy.empty_like(a),
        lambda a: cupy.zeros_like(a),
    ],
)
def test_copies_and_likes_keep_the_layout(x, make):
    made = make(x.transpose(0, 2, 1))
    assert made.transpose(0, 2, 1).flags.c_contiguous


def test_a_host_array_crosses_in_c_order_unless_it_is_fortran():
    assert cupy.asarray(HOST.transpose(0, 2, 1)).flags.c_contiguous
    assert cupy.asarray(HOST.T).flags.f_contiguous


def test_astype_copies_unless_told_not_to(x):
    assert x.astype("f4", copy=False) is x
    assert x.astype("f4") is not x
    with pytest.raises(TypeError, match="casting is not supported"):
        x.astype("f8", casting="unsafe")


# -- indexing --------------------------------------------------------------------------------------


def test_getitem_agrees_with_numpy(x):
    host = np.arange(24, dtype="f4").reshape(2, 3, 4)
    keys = [
        0, -1, (0, 1), (0, 1, 2), slice(None, None, -1), (..., 0), (None, 1), np.int64(1),
        [1, 0], (slice(None), [0, 2]), (0, [1, 2], [0, 3]),
    ]  # fmt: skip
    for key in keys:
        np.testing.assert_array_equal(x[key].get(), host[key])
    rows = np.array([1, 0, 1])
    np.testing.assert_array_equal(x[cupy.asarray(rows)].get(), host[rows])
    np.testing.assert_array_equal(x[:, cupy.asarray(2)].get(), host[:, 2])
    np.testing.assert_array_equal(x[x > 7].get(), host[host > 7])
    assert x[cupy.asarray(1)].base is None  # an index that is an array makes a copy
    with pytest.raises(IndexError):
        x[0, 5]
    with pytest.raises(IndexError):
        x[0, 0, 0, 0]
    with pytest.raises(IndexError):
        x[cupy.zeros(2)]


def test_setitem_agrees_with_numpy_and_takes_no_host_arrays(x):
    host = x.get()
    for a, index in ((x, cupy.array([1, 1, 2])), (host, np.array([1, 1, 2]))):
        a[0] = 5
        a[1, :, 0] = a[0, :, 1]
        a[:, index] = 7.0
        a[a > 20] = 0.0
        a[..., 3] += 1
    np.testing.assert_array_equal(x.get(), host)
    for value in (HOST[0], [1.0, 2.0, 3.0, 4.0]):
        with pytest.raises(ValueError, match=r"non-scalar numpy\.ndarray cannot be used for fill"):
            x[0] = value
    with pytest.raises(ValueError, match="non-scalar"):
        x.fill(x[0])


# -- what CuPy lacks -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["errstate", "insert", "block", "nditer", "nanpercentile", "object_", "vecdot", "emath"]
)
def test_names_that_cupy_lacks(name):
    assert hasattr(np, name)
    with pytest.raises(AttributeError):
        getattr(cupy, name)


@pytest.mark.parametrize(
    "call",
    [
        lambda a: cupy.add(a, a, where=a > 0),
        lambda a: cupy.add(a, a, order="F"),
        lambda a: cupy.sum(a, where=a > 0),
        lambda a: cupy.sum(a, initial=1),
        lambda a: a.max(initial=1),
        lambda a: a.std(correction=1),
        lambda a: cupy.clip(a, min=0),
        lambda a: cupy.reshape(a, shape=(-1,)),
        lambda a: cupy.take(a, 0, mode="clip"),
        lambda a: cupy.zeros(3, like=a),
    ],
)
def test_keywords_that_cupy_lacks(x, call):
    with pytest.raises(TypeError):
        call(x)


def test_ufunc_methods_are_few(x):
    with pytest.raises(NotImplementedError):
        cupy.multiply.at(x, cupy.array([0]), 2.0)
    with pytest.raises(NotImplementedError):
        cupy.maximum.reduce(x)
    with pytest.raises(TypeError, match="only supports"):
        cupy.subtract.at(x, cupy.array([0]), 2.0)
    with pytest.raises(ValueError, match="kind"):
        x.argsort(kind="mergesort")
    sums = cupy.zeros(3, "f4")
    cupy.add.at(sums, cupy.array([0, 2, 2]), cupy.ones(3, "f4"))
    assert sums.tolist() == [1, 0, 2]
    assert cupy.add.reduce(x, axis=(0, 1, 2)).item() == 276


def test_out_is_returned_and_must_be_of_the_device(x):
    out = cupy.empty_like(x)
    assert cupy.multiply(x, 2.0, out=out) is out
    assert cupy.multiply(x, 2.0, out) is out
    assert float(out.sum()) == 552
    total = cupy.empty((), "f4")
    assert x.sum(out=total) is total
    both = cupy.empty((4, 3, 4), "f4")
    assert cupy.concatenate([x, x], out=both) is both
    with pytest.raises(TypeError):
        cupy.add(x, 0.5, out=cupy.zeros(x.shape, int))


def test_in_place_operators_keep_the_array(x):
    y = x
    y += 1
    y *= 2.0
    y -= x
    assert y is x
    assert float(abs(x).sum()) == 0


def test_division_by_zero_is_silent():
    assert cupy.isinf(cupy.ones(2) / 0).all()
    assert cupy.isnan(cupy.log(cupy.asarray(-1.0)))


def test_cupyx(x):
    cupyx = pytest.importorskip("cupyx")
    with pytest.warns(DeprecationWarning, match="add.at"):
        cupyx.scatter_add(x, cupy.array([0, 0]), cupy.ones((2, 3, 4), "f4"))
    assert x[0, 0].tolist() == [2, 3, 4, 5]
    np.testing.assert_allclose(cupyx.rsqrt(x[0, 0, 2]).get(), 0.5)
    assert type(cupyx.empty_pinned((2, 3), "f4")) is np.ndarray


def test_functions_that_write_in_place(x):
    cupy.copyto(x, 1.0, where=x > 20)
    cupy.put(x, cupy.array([0, 1]), cupy.array([5.0, 6.0], "f4"))
    assert float(x.sum()) == 276 - 66 + 3 + 10


def test_a_number_has_no_axis_0():
    one = cupy.asarray(3.0)
    for name in ("sum", "max", "min", "argmax", "argmin", "all", "any", "mean", "var", "prod"):
        for axis in (0, -1, (0,)):
            with pytest.raises(IndexError, match="out of bounds for array of dimension 0"):
                getattr(one, name)(axis=axis)
        assert getattr(one, name)().shape == ()
    assert one.max(axis=(), keepdims=True).shape == cupy.any(one, ()).shape == ()


def test_what_cupy_makes_of_booleans_and_diagonals(x):
    assert cupy.sign(x > 3).dtype == "i1"
    for k in (cupy.asarray(0.5), cupy.asarray(1)):
        with pytest.raises(TypeError, match="Type is mismatched"):
            cupy.tril(x, k)
    with pytest.raises(IndexError, match="Index 2 is out of bounds for axis 0 with size 2"):
        x[2]


@stand_in
def test_whole_numbers_of_floats_that_are_none():
    odd = cupy.asarray(np.array([-1.0, -np.inf, np.inf, np.nan, 2.7, -300.0], "f4"))
    assert odd.astype("u1").tolist() == [0, 0, 255, 0, 2, 0]
    assert odd.astype("i4").tolist() == [-1, -(2**31), 2**31 - 1, 0, 2, -300]
    assert cupy.asarray(odd, "i8").tolist() == [-1, -(2**63), 2**63 - 1, 0, 2, -300]
    written = cupy.zeros(6, "i2")
    written[...] = odd
    assert written.tolist() == [-1, -(2**15), 2**15 - 1, 0, 2, -300]


@stand_in
def test_memory_is_not_written_while_it_is_read():
    x = cupy.arange(6, dtype="f4").reshape(3, 2)
    with pytest.raises(RuntimeError, match="read from"):
        x[1:] = x[:-1]
    with pytest.raises(RuntimeError, match="read from"):
        x[cupy.asarray([1, 2])] = x[:-1]
    x[1:] = x[:-1].copy()
    x[:, 1:] = x[:, :-1]  # a kernel, before which CuPy copies
    x[0] = x[1]
    x += x[::-1]
    assert x.tolist() == [[2.0, 2.0], [0.0, 0.0], [2.0, 2.0]]


@stand_in
def test_every_listed_name_exists_in_numpy():
    names = cupy._names
    for name in names.UFUNCS | names.FUNCTIONS | names.BORROWED:
        assert getattr(cupy, name) is not None or name == "newaxis"
    for name in names.LINALG:
        assert callable(getattr(cupy.linalg, name))
    for name in names.FFT:
        assert callable(getattr(cupy.fft, name))
    with pytest.raises(AttributeError):
        _ = cupy.linalg.multi_dot
    with pytest.raises(NotImplementedError, match="does not imitate"):
        _ = cupy.fuse
    with pytest.raises(RuntimeError, match="both backends"):
        cupy.random.normal(size=3)


# -- counters --------------------------------------------------------------------------------------


@stand_in
def test_launches_are_counted_by_name_and_views_are_free(x):
    cupy.reset_counters()
    y = cupy.maximum(x * 2.0, 0.0)
    y += x
    _ = y.T.reshape(-1)[None]  # one copy
    _ = y[0].swapaxes(0, 1)
    _ = cupy.empty_like(y)
    y[0] = x[1]
    y[...] = 0
    y[0] += 1  # the assignment back to y[0] costs nothing
    assert cupy.launches == {
        "multiply": 1, "maximum": 1, "add": 2, "reshape": 1, "copy": 1, "fill": 1
    }  # fmt: skip
    assert not cupy.synchronisations
    assert not cupy.transfers


@stand_in
def test_synchronisations_are_counted_by_cause(x):
    cupy.reset_counters()
    one = x.sum()
    float(one), int(one), bool(one), one.item(), one.get(), x[x > 3], cupy.nonzero(x), repr(one)
    cupy.cuda.Stream.null.synchronize()
    one.get(blocking=False)
    assert cupy.synchronisations == dict.fromkeys(
        ("float", "int", "bool", "item", "get", "mask", "nonzero", "repr", "stream"), 1
    )
    assert cupy.transfers["to_host"] == 7


@stand_in
def test_transfers_to_the_device_are_counted(x):
    cupy.reset_counters()
    cupy.asarray(HOST), x[[0, 1]], x.set(HOST), cupy.asarray(1.0), x * 3.0
    assert cupy.transfers == {"to_device": 3}
    assert not cupy.synchronisations


@stand_in
def test_memory_is_accounted_for():
    pool = cupy.get_default_memory_pool()
    before = pool.used_bytes()
    a = cupy.zeros(1000)
    view = a[10:]
    assert pool.used_bytes() - before == 8000
    del a
    assert pool.used_bytes() - before == 8000  # the view keeps it
    del view
    assert pool.used_bytes() == before


# -- streams and graphs ----------------------------------------------------------------------------


def test_streams_and_events(x):
    stream = cupy.cuda.Stream(non_blocking=True)
    with stream:
        assert cupy.cuda.get_current_stream() == stream
        start = stream.record()
        y = x + 1.0
        end = stream.record()
    stream.synchronize()
    assert cupy.cuda.get_current_stream() == cupy.cuda.Stream.null
    assert cupy.cuda.get_elapsed_time(start, end) >= 0
    assert float(y[0, 0, 0]) == 1


def test_a_captured_stream_repeats_its_work_on_the_same_memory(x):
    weight, step = cupy.ones(4, "f4"), cupy.ones(4, "f4")
    stream = cupy.cuda.Stream(non_blocking=True)
    with stream:
        weight -= (step * 2.0) * 0.0  # compile before the capture
        stream.synchronize()
        stream.begin_capture()
        assert stream.is_capturing()
        scaled = step * 2.0
        weight -= scaled
        graph = stream.end_capture()
        stream.synchronize()
        assert weight.tolist() == [1] * 4  # recorded, not done
        graph.launch()
        stream.synchronize()
        assert weight.tolist() == [-1] * 4
        step[...] = 3.0
        graph.launch()
        stream.synchronize()
        assert weight.tolist() == [-7] * 4
        assert scaled.tolist() == [6] * 4


@stand_in
def test_what_a_captured_stream_refuses(x):
    with pytest.raises(RuntimeError, match="default"):
        cupy.cuda.Stream.null.begin_capture()
    stream = cupy.cuda.Stream(non_blocking=True)
    with stream:
        stream.begin_capture()
        with pytest.raises(RuntimeError, match="D2H transfers are disallowed"):
            x.get()
        with pytest.raises(RuntimeError, match="H2D transfers are disallowed"):
            cupy.asarray(HOST)
        with pytest.raises(NotImplementedError, match="cuBLAS"):
            x @ x.swapaxes(1, 2)
        with pytest.raises(cupy.cuda.runtime.CUDARuntimeError, match="StreamCapture"):
            stream.synchronize()
        side = cupy.cuda.Stream(non_blocking=True)
        side.wait_event(stream.record())
        assert side.is_capturing()
        stream.end_capture()
        assert not side.is_capturing()


# -- machines that fail ----------------------------------------------------------------------------


@stand_in
def test_no_driver(monkeypatch):
    monkeypatch.setenv("STRICT_CUPY_DEVICE", "none")
    assert cupy.cuda.is_available() is False
    assert cupy.cuda.runtime.driverGetVersion() == 0
    for use in (
        lambda: cupy.zeros(3),
        lambda: cupy.asarray(HOST),
        cupy.cuda.Device,
        cupy.cuda.Stream,
        cupy.cuda.runtime.getDeviceCount,
        lambda: cupy.get_default_memory_pool().used_bytes(),
    ):
        with pytest.raises(cupy.cuda.runtime.CUDARuntimeError, match="cudaErrorInsufficientDriver"):
            use()


@stand_in
def test_no_compiler(monkeypatch):
    monkeypatch.setenv("STRICT_CUPY_DEVICE", "broken")
    assert cupy.cuda.is_available()
    zeros = cupy.zeros(3)
    assert cupy.asarray(HOST).get().sum() == 24
    with pytest.raises(RuntimeError, match="nvrtc"):
        zeros + 1.0


@stand_in
def test_no_memory(monkeypatch):
    out_of_memory = cupy.cuda.memory.OutOfMemoryError
    monkeypatch.setenv("STRICT_CUPY_DEVICE", "oom")
    with pytest.raises(out_of_memory, match="Out of memory allocating 24 bytes"):
        cupy.zeros(3)
    pool = cupy.get_default_memory_pool()
    monkeypatch.setenv("STRICT_CUPY_DEVICE", f"oom:{pool.used_bytes() + 100}")
    small = cupy.zeros(3)
    with pytest.raises(MemoryError):
        small + cupy.zeros(100)
    monkeypatch.delenv("STRICT_CUPY_DEVICE")
    pool.set_limit(size=pool.used_bytes() + 100)
    with pytest.raises(out_of_memory, match="limit set to"):
        cupy.zeros(100)
    pool.set_limit(size=0)


@stand_in
def test_an_unknown_machine(monkeypatch):
    monkeypatch.setenv("STRICT_CUPY_DEVICE", "nonne")
    with pytest.raises(ValueError, match="nonne"):
        cupy.zeros(3)


def test_the_device_introduces_itself():
    runtime = cupy.cuda.runtime
    assert runtime.getDeviceCount() >= 1
    assert isinstance(runtime.getDeviceProperties(0)["name"], bytes)
    free, total = runtime.memGetInfo()
    assert 0 < free <= total
    assert cupy.cuda.Device().id == cupy.cuda.Device(0).id == 0
    assert cupy.cuda.Device().compute_capability.isdigit()
    with pytest.raises(runtime.CUDARuntimeError):
        runtime.getDeviceProperties(99)


# -- raw kernels -----------------------------------------------------------------------------------

SOURCE = r"""
extern "C" __global__ void __launch_bounds__(256)
scale(float* y, const float* __restrict__ x, float factor, /* of y, x */ int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) y[i] = factor * x[i];
}
"""


def emulate_scale(y, x, factor, n):
    y[:n] = factor * x[:n]


@pytest.fixture
def scale(monkeypatch):
    if hasattr(cupy, "emulated_kernels"):
        monkeypatch.setitem(cupy.emulated_kernels, "scale", emulate_scale)
    return cupy.RawModule(code=SOURCE).get_function("scale")


def test_a_raw_kernel_sees_memory_not_strides(scale, x):
    source = x.transpose(2, 0, 1)
    y = cupy.empty(source.shape, "f4")
    scale((1,), (32,), (y, source, np.float32(2), 24))
    np.testing.assert_array_equal(y.ravel().get(), 2 * np.arange(24))


def test_what_a_raw_kernel_refuses(scale, x):
    y = cupy.empty_like(x)
    with pytest.raises(TypeError, match=r"numpy\.ndarray of shape"):
        scale((1,), (32,), (y, HOST, np.float32(2), 24))
    with pytest.raises(TypeError):
        scale(1, 32, (y, x, np.float32(2), 24))
    with pytest.raises(cupy.cuda.driver.CUDADriverError):
        scale((1,), (2048,), (y, x, np.float32(2), 24))
    with pytest.raises(TypeError, match="Exactly one"):
        cupy.RawModule()
    with pytest.raises(TypeError, match="options"):
        cupy.RawModule(code=SOURCE, options=["-O3"])
    with pytest.raises(cupy.cuda.driver.CUDADriverError, match="not found"):
        cupy.RawModule(code=SOURCE).get_function("sclae")


@stand_in
@pytest.mark.parametrize(
    ("args", "message"),
    [
        (lambda y, x: (y, x, 2.0, 24), "float factor.*float64"),
        (lambda y, x: (y, x, 2, 24), "float factor.*int64"),
        (lambda y, x: (y, x.astype("f8"), np.float32(2), 24), "__restrict__ x.*float64 array"),
        (lambda y, x: (y, x, np.float32(2), 2**31), "int n"),
        (lambda y, x: (y, x, np.float32(2), x), "int n.*array"),
        (lambda y, x: (y, x.data.ptr, np.float32(2), 24), "restrict__ x"),
        (lambda y, x: (y, x, np.float32(2)), "4 parameters and got 3"),
    ],
)
def test_arguments_are_held_against_the_source(scale, x, args, message):
    with pytest.raises(TypeError, match=message):
        scale((1,), (32,), args(cupy.empty_like(x), x))


@stand_in
def test_raw_kernels_take_dense_blocks_only(scale, x):
    for sparse in (x[..., ::2], x[:, 1:], cupy.broadcast_to(x[0], (2, 3, 4)), x[::-1]):
        with pytest.raises(ValueError, match="not one dense block"):
            scale((1,), (32,), (x, sparse, np.float32(2), 1))


@stand_in
def test_a_kernel_without_emulation_is_named(x):
    kernel = cupy.RawKernel(SOURCE, "scale")
    with pytest.raises(NotImplementedError, match="scale"):
        kernel((1,), (32,), (x, x, np.float32(2), 24))


@stand_in
def test_names_of_templates(monkeypatch, x):
    source = "template <typename T> __global__ void zero(T* y, int n) { y[threadIdx.x] = 0; }"
    with pytest.raises(cupy.cuda.driver.CUDADriverError, match="not found"):
        cupy.RawKernel(source, "zero")((1,), (1,), (x, 24))  # a mangled name
    module = cupy.RawModule(code=source, name_expressions=("zero<float>",))
    monkeypatch.setitem(cupy.emulated_kernels, "zero", lambda y, n: y.fill(0))
    module.get_function("zero<float>")((1,), (24,), (x, 24))
    assert float(x.sum()) == 0
    assert cupy.launches["zero"] == 1


@stand_in
def test_raw_kernels_are_counted_and_captured(scale, x):
    y = cupy.zeros(24, "f4")
    cupy.reset_counters()
    stream = cupy.cuda.Stream(non_blocking=True)
    with stream:
        stream.begin_capture()
        scale((1,), (32,), (y, x, np.float32(2), 24))
        graph = stream.end_capture()
        assert float(y.sum()) == 0
        graph.launch()
    assert float(y.sum()) == 552
    assert (cupy.launches["scale"], cupy.launches["graph"]) == (1, 1)
