"""Tensor as a person meets it: printed, compared, indexed, mixed with numbers and NumPy arrays."""

import math
import pickle

import numpy as np
import pytest

import minigan.torch as mg
from minigan import backend as B

pytestmark = pytest.mark.usefixtures("backend")


def host(x):
    return B.to_host(x.array)


def same(x, expected):
    expected = np.asarray(expected)
    assert x.shape == expected.shape
    np.testing.assert_array_equal(host(x), expected)


# -- shown -----------------------------------------------------------------------------------------


def test_a_tensor_prints_as_in_pytorch():
    assert repr(mg.tensor([1, 2, 3])).startswith("tensor([1, 2, 3]")
    assert repr(mg.tensor([True, False])).startswith("tensor([ True, False]")
    assert "dtype=float64" in repr(mg.tensor([1.0], dtype="float64"))
    assert "float32" not in repr(mg.tensor([1.0]))
    assert "requires_grad=True" in repr(mg.ones(2, requires_grad=True))
    assert "grad_fn=<mul>" in str(mg.ones(2, requires_grad=True) * 2.0)


def test_the_text_names_the_device(backend):
    assert ("device='cuda:0'" in repr(mg.ones(2))) is (backend != "numpy")


def test_a_long_tensor_prints_its_ends_only():
    assert len(repr(mg.zeros(100_000))) < 200


def test_a_loss_formats_like_a_number():
    loss = (mg.ones(3, requires_grad=True) * 0.12345).mean()
    assert f"{loss:.4f}" == "0.1235"
    assert f"{mg.tensor([2.5]):>6.1f}" == "   2.5"
    assert f"{mg.tensor(3)}" == "3"
    assert f"{mg.tensor([3, 4])}".startswith("tensor([3, 4]")
    assert "loss %.2f" % mg.tensor(0.5) == "loss 0.50"  # noqa: UP031


def test_the_item_of_many_numbers_is_an_error():
    with pytest.raises(ValueError, match=r"\(2,\) is not one number"):
        mg.ones(2).item()


# -- as Python's own ---------------------------------------------------------------------------------


def test_conversions_to_python():
    x = mg.tensor([[1.5]])
    assert (x.item(), float(x), int(x), bool(x)) == (1.5, 1.5, 1, True)
    assert type(x.item()) is float and type(mg.tensor(3).item()) is int
    assert mg.tensor([[1, 2], [3, 4]]).tolist() == [[1, 2], [3, 4]]
    assert mg.tensor(2.5).tolist() == 2.5
    assert [10, 20, 30][mg.tensor(1)] == 20
    assert list(range(mg.tensor(3))) == [0, 1, 2]
    assert math.sqrt(mg.tensor(4.0)) == 2.0


def test_the_truth_of_many_numbers_is_an_error():
    assert not mg.tensor(0.0) and mg.tensor([1])
    with pytest.raises(ValueError, match=r"\(2,\) is not one number.*ambiguous"):
        bool(mg.ones(2))


def test_length_and_iteration_go_along_the_first_axis():
    x = mg.arange(6).reshape(3, 2)
    assert len(x) == 3
    assert [row.tolist() for row in x] == [[0, 1], [2, 3], [4, 5]]
    first, *_, last = x
    assert first.tolist() == [0, 1] and last.tolist() == [4, 5]
    with pytest.raises(TypeError, match="unsized"):
        len(mg.tensor(1.0))


def test_tensors_are_hashed_by_identity():
    x, y = mg.ones(2), mg.ones(2)
    assert {x: 1, y: 2}[y] == 2 and len({x, y, x}) == 2


def test_size_and_its_relatives():
    x = mg.zeros(2, 3, 4)
    assert x.shape == (2, 3, 4) == x.size() and x.size(-1) == 4
    assert x.shape.numel() == x.numel() == 24 and x.dim() == x.ndim == 3
    assert x.is_floating_point() and not mg.arange(3).is_floating_point()


# -- arithmetic --------------------------------------------------------------------------------------

OPERATIONS = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: a / b,
    lambda a, b: a // b,
    lambda a, b: a % b,
    lambda a, b: a**b,
]
COMPARISONS = [
    lambda a, b: a == b,
    lambda a, b: a != b,
    lambda a, b: a < b,
    lambda a, b: a <= b,
    lambda a, b: a > b,
    lambda a, b: a >= b,
]
NUMBERS = [2, 2.5, True, np.float64(2.5), np.float32(2.5), np.int64(2), np.array(2.5)]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda n: f"{type(n).__name__}")
@pytest.mark.parametrize("operate", OPERATIONS)
def test_numbers_of_any_kind_stand_on_either_side_and_keep_float32(operate, number):
    values = np.array([1.5, 2.0, 3.25], "float32")
    x, plain = mg.tensor(values), number.item() if hasattr(number, "item") else number
    for ours, theirs in (
        (operate(x, number), operate(values, plain)),
        (operate(number, x), operate(plain, values)),
    ):
        assert isinstance(ours, mg.Tensor) and ours.dtype == "float32"
        np.testing.assert_allclose(host(ours), theirs, rtol=1e-6)


@pytest.mark.parametrize("operate", OPERATIONS + COMPARISONS)
def test_numpy_arrays_stand_on_either_side(operate):
    left, right = np.array([[1.5], [2.0]], "float32"), np.array([2.0, 1.0, 4.0], "float32")
    for ours in (operate(mg.tensor(left), right), operate(left, mg.tensor(right))):
        assert isinstance(ours, mg.Tensor)
        np.testing.assert_allclose(host(ours), operate(left, right), rtol=1e-6)


@pytest.mark.parametrize("compare", COMPARISONS)
def test_comparisons_give_booleans(compare):
    x, y = np.array([1.0, 2.0, 3.0], "float32"), np.array([3.0, 2.0, 1.0], "float32")
    same(compare(mg.tensor(x), mg.tensor(y)), compare(x, y))
    same(compare(mg.tensor(x), 2), compare(x, 2))
    same(compare(2, mg.tensor(x)), compare(2, x))
    assert compare(mg.tensor(x), 2).dtype == "bool"


def test_matrix_products_take_arrays_on_either_side():
    a, b = np.arange(6.0).reshape(2, 3), np.arange(3.0)
    for product in (mg.tensor(a) @ mg.tensor(b), mg.tensor(a) @ b, a @ mg.tensor(b)):
        assert isinstance(product, mg.Tensor)
        np.testing.assert_allclose(host(product), a @ b)


def test_gradients_flow_from_either_side():
    x = mg.tensor([2.0, 4.0], requires_grad=True)
    (np.array([3.0, 5.0], "float32") * x + np.float64(2.0) / x).sum().backward()
    np.testing.assert_allclose(host(x.grad), [3 - 2 / 4, 5 - 2 / 16])
    assert x.grad.dtype == "float32"


def test_unary_operators():
    x = mg.tensor([1.5, -2.0])
    same(-x, [-1.5, 2.0])
    same(+x, [1.5, -2.0])
    same(abs(x), [1.5, 2.0])
    same(~(x > 0), [False, True])


def test_masks_combine():
    x = mg.arange(5)
    same((x > 0) & (x < 3), [False, True, True, False, False])
    same((x < 1) | (x > 3), [True, False, False, False, True])


# -- dtypes ------------------------------------------------------------------------------------------


def test_new_tensors_are_float32_int64_or_bool():
    assert mg.tensor([1.0, 2]).dtype == mg.tensor(0.5).dtype == "float32"
    assert mg.tensor([1, 2]).dtype == "int64" and mg.tensor([True]).dtype == "bool"
    for x in (mg.zeros(2), mg.ones(2), mg.full((2,), 1.0), mg.linspace(0, 1, 3), mg.eye(2),
              mg.rand(2), mg.randn(2), mg.empty(2), mg.arange(0.0, 1.0, 0.5)):  # fmt: skip
        assert x.dtype == "float32"
    assert mg.arange(3).dtype == mg.full((2,), 1).dtype == mg.randint(0, 3, (2,)).dtype == "int64"
    assert mg.tensor(np.ones(2)).dtype == "float64"


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int32", "int64"])
def test_nothing_becomes_float64_that_was_not(dtype):
    x = mg.tensor([[1, 0], [1, 1]], dtype=dtype)
    for name in "exp log1p sin cos tanh sigmoid sqrt".split():
        assert getattr(x, name)().dtype == "float32", name
    assert (x / 2).dtype == (x / x.sum()).dtype == (x * 0.5).dtype == (2.5 + x).dtype == "float32"
    assert (x + mg.ones(2)).dtype == (mg.ones(2) * x).dtype == "float32"
    assert mg.where(x > 0, x, 0.5).dtype == "float32"
    assert (x + x).dtype == dtype and (x * x).dtype == dtype
    assert x.sum().dtype.kind in "iu"
    assert (x + mg.ones(2, dtype="float64")).dtype == "float64"


def test_float64_stays_float64():
    x = mg.from_numpy(pickle.loads(pickle.dumps(np.arange(1.0, 4.0))))  # whose dtype is a copy
    for y in (x + x, x * 2, x.sum(), x.mean(), x.exp(), x.max(), 1 / x, x @ x):
        assert y.dtype == "float64"


def test_conversions_of_dtype():
    x = mg.tensor([1.7, -0.2])
    assert x.double().dtype == x.to(mg.float64).dtype == x.to("float64").dtype == "float64"
    assert x.long().dtype == x.to(mg.int64).dtype == "int64"
    assert x.int().dtype == "int32" and x.bool().dtype == "bool"
    assert x.type_as(mg.ones(1, dtype="float64")).dtype == "float64"
    assert x.float() is x
    same(x.long(), [1, 0])


def test_gradients_pass_between_float_types_and_end_at_whole_numbers():
    x = mg.ones(2, requires_grad=True)
    x.double().sum().backward()
    assert x.grad.dtype == "float32" and x.grad.tolist() == [1.0, 1.0]
    for converted in (x.long(), x.int(), x.bool(), x.astype("int64")):
        assert not converted.requires_grad


def test_tensors_of_different_float_types_each_get_a_gradient_of_their_own():
    x, y = mg.ones(2, requires_grad=True), mg.ones(2, dtype="float64", requires_grad=True)
    (x * y + mg.cat([x, y])[:2]).sum().backward()
    assert x.grad.dtype == "float32" and y.grad.dtype == "float64"


# -- made of -----------------------------------------------------------------------------------------


def test_tensors_are_made_of_lists_numbers_arrays_and_tensors():
    same(mg.tensor([[1, 2], [3, 4]]), [[1, 2], [3, 4]])
    same(mg.tensor([mg.tensor(1.0), mg.tensor(2.0)]), [1.0, 2.0])
    same(mg.tensor([mg.tensor([1.0]), mg.tensor([[2.0]]), 3]), [1.0, 2.0, 3.0])
    same(mg.tensor([mg.ones(2), mg.zeros(2)]), [[1, 1], [0, 0]])
    same(mg.tensor((np.ones(2), np.zeros(2))), [[1, 1], [0, 0]])
    same(mg.tensor(range(3)), [0, 1, 2])
    same(mg.tensor([]), [])
    assert mg.Tensor(2, 3).shape == (2, 3) and mg.Tensor([1, 2]).dtype == "float32"


def test_a_tensor_is_a_copy_and_from_numpy_is_not(backend):
    a = np.zeros(2, "float32")
    copy, shared = mg.tensor(a), mg.from_numpy(a)
    a[0] = 1.0
    assert copy.tolist() == [0.0, 0.0]
    if backend == "numpy":
        assert shared.tolist() == [1.0, 0.0] and shared.numpy() is a


def test_what_is_no_number_is_refused():
    for nonsense in ("abc", None, {"a": 1}):
        with pytest.raises(TypeError, match=r"tensor: cannot hold.*give numbers"):
            mg.tensor(nonsense)


def test_shapes_are_given_as_numbers_or_as_a_tuple():
    for x in (mg.zeros(2, 3), mg.zeros((2, 3)), mg.zeros([2, 3]), mg.zeros(mg.ones(2, 3).shape)):
        assert x.shape == (2, 3)
    assert mg.zeros(()).shape == () and mg.zeros(np.int64(3)).shape == (3,)
    assert mg.ones(2, 3).reshape(np.int64(6)).shape == (6,)
    assert mg.ones(2, 3).view(-1).shape == (6,)


def test_sizes_and_ranges_that_cannot_be_are_refused():
    for make in (mg.randn, mg.rand, mg.zeros, mg.ones):
        with pytest.raises(ValueError, match=r"none of them may be below 0"):
            make(2, -3)
        with pytest.raises(TypeError):
            make(2.5)
    with pytest.raises(ValueError, match=r"no whole number from 5 to below 2"):
        mg.randint(5, 2, (3,))
    with pytest.raises(ValueError, match=r"at least 1, not 0"):
        mg.ones(4).chunk(0)


def test_like_and_new():
    x = mg.ones(2, 3, dtype="float64")
    for y in (
        mg.zeros_like(x),
        mg.rand_like(x),
        mg.full_like(x, 2),
        x.new_zeros(4),
        x.new_tensor(1),
    ):
        assert y.dtype == "float64"
    assert mg.randn_like(x).shape == (2, 3)


def test_numbers_beyond_a_float_are_infinite():
    for made in (mg.tensor([1e300]), mg.FloatTensor([1e300]), mg.arange(1e300, 2e300, 1e300)):
        assert made.dtype == "float32" and made.tolist() == [np.inf]
    assert mg.zeros(1, dtype=mg.float64).fill_(np.float32(2.5)).tolist() == [2.5]


def test_ranges():
    same(mg.arange(5), [0, 1, 2, 3, 4])
    same(mg.arange(2, 5), [2, 3, 4])
    same(mg.arange(5, 0, -2), [5, 3, 1])
    np.testing.assert_allclose(host(mg.linspace(-1, 1, 5)), [-1, -0.5, 0, 0.5, 1])
    same(mg.eye(2, 3), [[1, 0, 0], [0, 1, 0]])


COUNTED = {  # calls with sizes, axes and counts, which NumPy's integers and tensors may say too
    "sum": lambda x, n: x.sum(n(1)),
    "mean": lambda x, n: x.mean((n(0), n(-1))),
    "std": lambda x, n: x.std(dim=n(0), keepdim=True),
    "cumsum": lambda x, n: x.cumsum(int(n(1))),
    "sort": lambda x, n: x.sort(n(0))[0],
    "cat": lambda x, n: mg.cat([x, x], n(1)),
    "stack": lambda x, n: mg.stack([x, x], n(-1)),
    "split": lambda x, n: x.split(n(3), n(1))[1],
    "chunk": lambda x, n: x.chunk(n(2))[1],
    "unbind": lambda x, n: x.unbind(n(1))[2],
    "squeeze": lambda x, n: x[:1].squeeze(n(0)),
    "movedim": lambda x, n: x.movedim(n(0), n(1)),
    "roll": lambda x, n: x.roll(n(1), n(0)),
    "repeat_interleave": lambda x, n: x.repeat_interleave(n(2), n(0)),
    "tensordot": lambda x, n: mg.tensordot(x, x.t(), n(1)),
    "linspace": lambda x, n: mg.linspace(n(0), n(2), n(5)),
    "randint": lambda x, n: mg.randint(n(2), n(3), (n(4),)),
    "pixel_shuffle": lambda x, n: mg.nn.PixelShuffle(n(2))(x.reshape(1, 4, 2, 1)),
    "interpolate": lambda x, n: mg.nn.Upsample(scale_factor=n(2))(x[None, None]),
    "layer_norm": lambda x, n: mg.nn.LayerNorm(n(4))(x),
    "normalize": lambda x, n: mg.nn.functional.normalize(x, dim=n(1)),
}


@pytest.mark.parametrize("number", [np.int64, np.array, mg.tensor])
@pytest.mark.parametrize("name", COUNTED)
def test_a_whole_number_may_be_numpys_or_a_tensor(name, number):
    x = mg.arange(8.0).reshape(2, 4)
    same(COUNTED[name](x, number), host(COUNTED[name](x, int)))


def test_what_is_no_number_is_left_to_python():
    x, n = mg.tensor([1, 2]), mg.tensor(2)
    for other in (None, "a", [1, 2], (1, 2), {}):
        assert (x == other) is False and (x != other) is True
        assert (other == x) is False and (other != x) is True
    assert x in [None, x] and ["a", x].index(x) == 1 and {"a": x} != {"a": None}
    assert [0] * n == [0, 0] and (0,) * n == (0, 0) and "ab" * n == "abab"
    same(reversed(x), [2, 1])
    same(x == np.array([1, 3]), [True, False])


def test_an_axis_is_a_whole_number():
    for dim in (0.5, [0.5]):
        with pytest.raises(TypeError):
            mg.ones(2, 3).sum(dim)


def test_an_empty_batch_passes():
    x = mg.zeros(0, 3)
    assert mg.nn.Linear(3, 2)(x).shape == (0, 2)
    assert mg.nn.Flatten()(mg.zeros(0, 2, 3)).shape == (0, 6)
    assert float(x.sum()) == 0.0


# -- indexed -----------------------------------------------------------------------------------------

BOX = np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize(
    "index",
    [
        0,
        -1,
        (1, 2, 3),
        slice(1, None),
        (slice(None), slice(None, None, 2)),
        (Ellipsis, 0),
        (None, 0),
        (0, None, Ellipsis, None),
        (slice(None), [0, 2]),
        (slice(None), [[0, 2], [1, 1]]),
        (slice(None), [True, False, True]),
        [1, 0, 1],
        [],
        np.array([1, 0]),
        ([0, 1], [2, 0]),
        (slice(None), np.array([2, 0]), slice(1, 3)),
        BOX % 2 == 0,
        (Ellipsis, np.array([True, False, True, True])),
        (0, BOX[0] > 5),
        np.int64(1),
        True,
    ],
    ids=str,
)
def test_indices_select_what_they_select_in_numpy(index):
    x = mg.tensor(BOX)
    same(x[index], BOX[index])
    as_tensors = tuple(mg.tensor(i) if isinstance(i, np.ndarray) else i for i in
                       (index if isinstance(index, tuple) else (index,)))  # fmt: skip
    same(x[as_tensors], BOX[index])


def test_a_tensor_can_be_an_index_and_the_bounds_of_one():
    x = mg.tensor(BOX)
    one = mg.tensor(1)
    same(x[one], BOX[1])
    same(x[:, one : mg.tensor(3)], BOX[:, 1:3])
    same(x[x > 5], BOX[BOX > 5])
    same(x[mg.randperm(2).sort().indices * 0], BOX[[0, 0]])


@pytest.mark.parametrize(
    ("index", "value"),
    [
        (0, 7.0),
        ((slice(None), 1), 5),
        ((Ellipsis, slice(None, None, 2)), np.zeros((2, 3, 2))),
        ([1, 0], np.ones((2, 3, 4))),
        (BOX > 10, -1.0),
        ((0, [0, 2], slice(1, 3)), np.array([[1.0, 2.0]])),
        (slice(None), np.arange(4.0)),
        (Ellipsis, 0.0),
    ],
    ids=str,
)
def test_assignments_change_what_they_change_in_numpy(index, value):
    expected = BOX.copy()
    expected[index] = value
    for given in (value, mg.tensor(value) if isinstance(value, np.ndarray) else value):
        x = mg.tensor(BOX)
        x[index] = given
        same(x, expected)


def test_repeated_indices_add_their_gradients():
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    x[[0, 2, 0, 0]].sum().backward()
    assert x.grad.tolist() == [3.0, 0.0, 1.0]


def test_an_index_out_of_range_is_an_error(backend):
    with pytest.raises(IndexError, match=r"take.*\(2, 3, 4\)"):
        mg.tensor(BOX)[2]


# -- written in place ----------------------------------------------------------------------------------

IN_PLACE = [
    ("fill_", (3.0,), lambda a: a * 0 + 3),
    ("zero_", (), lambda a: a * 0),
    ("add_", (2.0,), lambda a: a + 2),
    ("sub_", (2.0,), lambda a: a - 2),
    ("mul_", (2.0,), lambda a: a * 2),
    ("div_", (2.0,), lambda a: a / 2),
    ("clamp_", (2.0, 5.0), lambda a: a.clip(2, 5)),
    ("copy_", (9.0,), lambda a: a * 0 + 9),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), IN_PLACE, ids=[c[0] for c in IN_PLACE])
def test_methods_with_an_underscore_change_the_tensor_itself(name, arguments, expected):
    x = mg.tensor(BOX)
    memory, version = x.array, x.owner._version
    assert getattr(x, name)(*arguments) is x
    assert x.array is memory and x.owner._version > version
    same(x, expected(BOX))


def test_the_arithmetic_of_update_rules():
    x, y, z = mg.tensor([1.0, 2.0]), mg.tensor([3.0, 4.0]), mg.tensor([2.0, 8.0])
    same(x.clone().add_(y, alpha=2.0), [7.0, 10.0])
    same(x.clone().sub_(y, alpha=2.0), [-5.0, -6.0])
    same(x.clone().addcmul_(y, z, value=0.5), [4.0, 18.0])
    same(x.clone().addcdiv_(y, z, value=2.0), [4.0, 3.0])
    same(x.clone().lerp_(y, 0.5), [2.0, 3.0])


def test_a_change_in_place_never_widens():
    x = mg.ones(2)
    x.add_(mg.ones(2, dtype="float64")).mul_(np.float64(2.0))
    assert x.dtype == "float32" and x.tolist() == [4.0, 4.0]


def test_scatter_puts_values_where_an_index_says():
    x = mg.zeros(2, 3).scatter_(1, mg.tensor([[2], [0]]), 1.0)
    same(x, [[0, 0, 1], [1, 0, 0]])
    y = mg.zeros(2, 3).scatter_(0, mg.tensor([[1, 0, 1]]), mg.tensor([[5.0, 6.0, 7.0]]))
    same(y, [[0, 6, 0], [5, 0, 7]])


MANY = 100_000


@pytest.mark.parametrize(
    ("name", "arguments", "mean", "std", "low", "high"),
    [
        ("normal_", (1.0, 2.0), 1.0, 2.0, -math.inf, math.inf),
        ("uniform_", (-1.0, 3.0), 1.0, 4 / math.sqrt(12), -1.0, 3.0),
        ("bernoulli_", (0.3,), 0.3, math.sqrt(0.21), 0.0, 1.0),
        ("random_", (0, 10), 4.5, math.sqrt(99 / 12), 0.0, 9.0),
    ],
)
def test_initialisers_in_place_have_their_moments(name, arguments, mean, std, low, high):
    x = mg.empty(MANY)
    assert getattr(x, name)(*arguments) is x
    values = host(x).astype("float64")
    assert values.mean() == pytest.approx(mean, abs=5 * std / math.sqrt(MANY))
    assert values.std() == pytest.approx(std, rel=0.02)
    assert low <= values.min() and values.max() <= high
    assert x.dtype == "float32"


def test_seeds_repeat_what_was_drawn():
    mg.manual_seed(5)
    first = [mg.randn(3), mg.rand(3), mg.randint(0, 9, (3,)), mg.randperm(4)]
    mg.manual_seed(5)
    again = [mg.randn(3), mg.rand(3), mg.randint(0, 9, (3,)), mg.randperm(4)]
    assert [x.tolist() for x in first] == [x.tolist() for x in again]


def test_multinomial_draws_in_proportion():
    weights = mg.tensor([1.0, 3.0, 6.0])
    drawn = host(mg.multinomial(weights, 30_000, replacement=True))
    np.testing.assert_allclose(np.bincount(drawn) / 30_000, [0.1, 0.3, 0.6], atol=0.015)
    assert sorted(mg.multinomial(weights, 3).tolist()) == [0, 1, 2]
    assert sorted(mg.multinomial(mg.tensor([1.0, 0.0, 2.0]), 2).tolist()) == [0, 2]


def test_bernoulli_draws_with_the_probability_of_each_place():
    drawn = host(mg.bernoulli(mg.tensor([0.0, 0.25, 1.0]).expand(20_000, 3)))
    np.testing.assert_allclose(drawn.mean(0), [0.0, 0.25, 1.0], atol=0.02)


# -- among NumPy and matplotlib ------------------------------------------------------------------------


def test_a_tensor_on_the_host_is_an_array_to_numpy(backend):
    x = mg.tensor(BOX, requires_grad=True)
    if backend != "numpy":
        with pytest.raises(TypeError, match=r"on the GPU; use \.cpu\(\)"):
            np.asarray(x)
        x = x.detach().cpu()
    assert np.asarray(x).dtype == "float64"
    np.testing.assert_array_equal(np.asarray(x), BOX)
    np.testing.assert_array_equal(np.array([x[0].detach(), x[1].detach()]), BOX)
    assert np.asarray(x, "float32").dtype == "float32"
    copy = np.array(x, copy=True)
    copy[...] = 0
    np.testing.assert_array_equal(np.asarray(x), BOX)


def test_numpy_refuses_what_would_lose_the_graph(backend):
    x = mg.ones(2, requires_grad=True)
    with pytest.raises(RuntimeError, match=r"requires grad; use \.detach\(\)\.numpy\(\)"):
        x.numpy()
    if backend != "numpy":
        with pytest.raises(TypeError, match=r"on the GPU; use \.cpu\(\)\.numpy\(\)"):
            x.detach().numpy()
    assert x.detach().cpu().numpy().tolist() == [1.0, 1.0]


def test_matplotlib_plots_tensors():
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right, third) = pyplot.subplots(1, 3)
    image = (mg.rand(4, 5, requires_grad=True) * 2.0).cpu()
    drawn = left.imshow(image, cmap="gray")
    np.testing.assert_array_equal(np.asarray(drawn.get_array()), np.asarray(image))
    (line,) = right.plot(mg.arange(3).cpu(), mg.tensor([1.0, 4.0, 9.0]).cpu(), "o-")
    np.testing.assert_array_equal(line.get_xydata(), [[0, 1], [1, 4], [2, 9]])
    third.plot([mg.tensor(0.5).item(), 1.0])
    third.hist(mg.randn(10).cpu())
    third.scatter(mg.arange(3).cpu(), mg.arange(3).cpu())
    figure.canvas.draw()
    pyplot.close(figure)


# -- dtypes and errors as in PyTorch -------------------------------------------------------------------


def test_single_numbers_do_not_widen_arrays():
    x, one = mg.ones(2), mg.tensor(np.float64(2.0))
    assert one.dtype == "float64"
    assert (x * one).dtype == (one - x).dtype == mg.maximum(x, one).dtype == "float32"
    assert (one * mg.tensor(3.0)).dtype == "float64"
    assert (mg.tensor([2.0], dtype="float64") * x).dtype == "float64"
    y = mg.tensor([1.0, 2.0], requires_grad=True)
    (y * one).sum().backward()
    assert y.grad.dtype == "float32" and y.grad.tolist() == [2.0, 2.0]


@pytest.mark.parametrize(
    "mistake",
    [
        lambda: mg.ones(2, 3) @ mg.ones(2, 3),
        lambda: mg.ones(2, 3) + mg.ones(2, 4),
        lambda: mg.ones(2, 3).view(7),
        lambda: mg.cat([mg.ones(2, 3), mg.ones(2, 4)]),
        lambda: mg.ones(2).item(),
        lambda: bool(mg.ones(2)),
        lambda: mg.nn.Linear(3, 2)(mg.ones(4, 5)),
        lambda: mg.nn.Conv2d(3, 2, 3)(mg.ones(1, 1, 8, 8)),
        lambda: mg.einsum("ab,b->a", mg.ones(2), mg.ones(2)),
    ],
)
def test_what_does_not_fit_is_also_the_error_that_pytorch_raises(mistake):
    with pytest.raises(RuntimeError) as caught:
        mistake()
    assert isinstance(caught.value, ValueError)


# -- PyTorch's further words ---------------------------------------------------------------------------


def test_ranges_take_their_bounds_by_name():
    assert mg.arange(start=-1, end=3).tolist() == [-1, 0, 1, 2]
    assert mg.arange(0, end=10, step=4).tolist() == mg.arange(0, 10, 4).tolist() == [0, 4, 8]
    assert mg.arange(end=3).tolist() == mg.arange(3).tolist() == [0, 1, 2]
    assert mg.arange(end=2.0, requires_grad=True).requires_grad
    assert mg.randint(low=3, high=4, size=(2,)).tolist() == [3, 3]
    assert mg.randint(high=1, size=(2,)).tolist() == mg.randint(1, size=(2,)).tolist() == [0, 0]


def test_where_without_values_gives_the_places():
    x = mg.tensor([[0, 1], [2, 0]])
    assert [places.tolist() for places in mg.where(x > 0)] == [[0, 1], [1, 0]]
    assert [places.tolist() for places in x.nonzero(as_tuple=True)] == [[0, 1], [1, 0]]


def test_functions_of_one_number_also_work_in_place():
    x = mg.tensor([4.0, 9.0])
    memory = x.array
    assert x.sqrt_().neg_().abs_().exp_().log_().pow_(2) is x and x.array is memory
    np.testing.assert_allclose(host(x), [4.0, 9.0], rtol=1e-6)
    assert x.reciprocal_().reciprocal_() is x and x.array is memory
    np.testing.assert_allclose(host(x), [4.0, 9.0], rtol=1e-6)
    y = mg.tensor([1.0, 2.0], requires_grad=True)
    (y * 2.0).sigmoid_().sum().backward()
    z = mg.tensor([1.0, 2.0], requires_grad=True)
    (z * 2.0).sigmoid().sum().backward()
    assert y.grad.tolist() == z.grad.tolist()


def test_other_names_for_the_same():
    x = mg.tensor([[1.0, -2.0]])
    assert mg.multiply(x, x).tolist() == x.multiply(x).tolist() == [[1.0, 4.0]]
    assert mg.absolute(mg.negative(x)).tolist() == [[1.0, 2.0]]
    assert mg.subtract(x, 1).tolist() == [[0.0, -3.0]] and mg.divide(x, 2).tolist() == [[0.5, -1.0]]
    assert x.clamp_min(0).tolist() == [[1.0, 0.0]] and x.clamp_max(0).tolist() == [[0.0, -2.0]]
    assert x.half().dtype == "float16" and x.mT.shape == (2, 1)
    assert mg.sum(x, dtype=mg.float64).dtype == "float64"
    assert mg.isclose(x, x + 1e-9).all() and mg.is_floating_point(x)
    assert mg.scatter(x, 1, mg.tensor([[0]]), 5.0).tolist() == [[5.0, -2.0]]
    assert mg.get_default_dtype() == mg.float32 and mg.get_num_interop_threads() == 1
    mg.set_default_dtype(mg.float32), mg.set_printoptions(precision=3)
    mg.set_num_interop_threads(2)
    with pytest.raises(TypeError, match="new tensors are float32"):
        mg.set_default_dtype(mg.float64)
