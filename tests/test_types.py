"""Number types: every public function of minigan.torch on all dtypes, held against PyTorch.

types_table.py says how each is called. A comparison looks at the result's dtype, shape and values,
at the gradients', and at who refuses. HYPOTHESIS_PROFILE=thorough makes all comparisons, about
75,000; else a part of them, another part for each function.
"""

import inspect
import itertools
import os
import re

import numpy as np
import pytest
from types_table import BY_NUMBERS, ELSEWHERE, MADE, NUMBERS, ONE, TWO, T

import minigan.torch as mg
from minigan import backend as B
from minigan.autograd.op import common_type

THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
DTYPES = "bool uint8 int8 int16 int32 int64 float16 float32 float64".split()
CLOSE = {"float16": 2e-3, "float32": 2e-5, "float64": 1e-10}
CONTENT = {  # by kind of dtype: few numbers, among them equal ones, zeros, and bounds
    "b": [1, 0, 1, 1, 0, 0, 1, 0],
    "u": [0, 1, 2, 3, 7, 100, 200, 255],
    "i": [0, 1, -1, 3, 2, -7, 100, -128],
    "f": [0.0, -0.5, 1.0, -1.0, 2.5, -3.25, 0.5, 3.0],
    "odd": [0.0, -0.0, np.inf, -np.inf, np.nan, 1e4, -100.0, 100.0],
}
OTHER = {"b": 3, "u": 5, "i": 2, "f": 1, "odd": 3}  # by which a second argument is rolled

REFUSED = re.compile(  # what PyTorch would compute, and minigan refuses by name
    r"""
    Python\ integer\ -?\d+\ out\ of\ bounds\ for\ uint8   # PyTorch wraps: 1 + 300 = 45
    | Integers\ to\ negative\ integer\ powers             # PyTorch: 1, -1 or 0
    | there\ are\ no\ powers\ of\ booleans
    | alpha=2\ of\ bool\ tensors
    | sign\(bool
    | softmax:\ the\ input\ is | has\ no\ halves      # of whole numbers, of nothing
    | zero-size\ array\ to\ reduction                     # softmax and logsumexp of an empty axis
    | lerp:\ takes\ two\ tensors\ of\ one\ float\ dtype
    | there\ are\ 0\ axes | on\ 0d\ arrays | range\(\)\ arg\ 3  # shapes of numbers, empty pieces
    """,
    re.VERBOSE,
)
OTHERWISE = re.compile(  # what stays different, and why nobody is misled
    r"""
    [.]?[gl][te]\(\)\ uint8\ .*-2$       # uint8 < -2: PyTorch wraps -2 to 254, here it is -2
    | .*softmax.*(bool|int\d+)\ \(0,\ 3\)  # PyTorch takes whole numbers where there are none
    | [.]?atan2.*int8                    # PyTorch negates 1 or -128 in it for its gradient
    | [.]?var\(0,\ correction=2\)       # of 2: infinite or no number
    | [.]?split\(1\).*\(0,\ 3\)          # one empty piece or none
    # of arguments that are infinite or no number themselves:
    | [.]?(cumprod|lerp|linalg[.](vector_)?norm|max|min|norm|prod|std|std_mean|topk|var|var_mean|sign|abs|absolute|__abs__)
      \b.*odd$
    | [.]?(pow|__pow__)\(-?0.5\).*odd$
    | F[.](elu|glu|hardtanh|leaky_relu|normalize|relu6|selu)\ .*odd$
    """,
    re.VERBOSE,
)
OTHERWISE_ON_GPUS = re.compile(
    # Floats that no whole number of the dtype is near: C++ leaves their conversion undefined.
    # Processors and GPUs do as they please (NaN is the least int64, or 0), in PyTorch as here.
    r"[.](byte\(|short\(|int\(|long\(|to\('u?int).*odd$"
)


# -- the arguments and the outcome of a call -------------------------------------------------------


def content(dtype, shape, odd=False, second=False):
    """An array of small numbers, of special ones if odd."""
    kind = "odd" if odd and np.dtype(dtype).kind == "f" else np.dtype(dtype).kind
    values = np.array(CONTENT[kind], "float64")
    values = np.roll(values, OTHER[kind]) if second else values
    return np.resize(values[4:] if shape == () else values, shape).astype(dtype)


def told(value):
    """What a call gave, as both libraries tell it: (type, shape, values), or several of these."""
    if isinstance(value, (tuple, list)) and any(hasattr(v, "dtype") for v in value):
        return [told(v) for v in value]
    if isinstance(value, mg.Tensor):
        return str(value.dtype), tuple(value.shape), B.to_host(value.array)
    if hasattr(value, "detach"):
        return str(value.dtype)[6:], tuple(value.shape), value.detach().numpy()
    return type(value).__name__, None, value


def outcome(call, m, arrays, learned):
    """The result of a call of arrays as m's tensors and the gradients by each; or its error."""
    xs = [m.tensor(a) if isinstance(a, np.ndarray) else a for a in arrays]
    for x, a in zip(xs, arrays, strict=True):
        if learned and isinstance(a, np.ndarray) and a.dtype.kind == "f":
            x.requires_grad_()
    try:
        out = call(m, *xs)
        found = told(out)
        for y in out if isinstance(out, (tuple, list)) else [out]:
            if getattr(y, "requires_grad", False) and not y.is_leaf:
                weight = np.arange(1, 1 + np.prod(y.shape, dtype=int)).reshape(y.shape)
                y.backward(m.tensor(weight.astype(str(y.dtype).removeprefix("torch."))))
                grads = [getattr(x, "grad", None) for x in xs]
                return found, [None if g is None else told(g) for g in grads]
    except Exception as error:
        return error
    return found, None


def difference(ours, theirs, tolerance=0):
    """What is not alike, in a word, or None."""
    if isinstance(theirs, list):
        if not isinstance(ours, list) or len(ours) != len(theirs):
            return "the number of results"
        return next(filter(None, map(difference, ours, theirs)), None)
    if ours is None or theirs is None:  # no gradient is one of 0
        some = ours or theirs
        return "a gradient is missing" if some and np.any(some[2]) else None
    for what, a, b in zip(("type", "shape"), ours, theirs, strict=False):
        if a != b:
            return f"{what} {a}, not {b}"
    if ours[0] in CLOSE:
        tolerance = max(CLOSE[ours[0]], tolerance)
        same = np.allclose(ours[2], theirs[2], tolerance, tolerance, equal_nan=True)
    else:
        same = np.array_equal(ours[2], theirs[2]) or str(ours[2]) == str(theirs[2])
    return None if same else "values"


def compared(torch, call, arrays, learned):
    """What came of a comparison: "" if alike, else what is not."""
    theirs, ours = outcome(call, torch, arrays, learned), outcome(call, mg, arrays, learned)
    if isinstance(ours, Exception):
        refused = not isinstance(theirs, Exception)
        return f"refused: {type(ours).__name__}: {ours}" if refused else ""
    if isinstance(theirs, Exception):
        return f"accepted: {ours[0][:2]}; {type(theirs).__name__} {str(theirs)[:90]}"
    if found := difference(ours[0], theirs[0]):
        return f"silent: {found}"
    if learned and (ours[1] is None) != (theirs[1] is None):
        return f"silent: history {ours[1] is not None}, not {theirs[1] is not None}"
    if ours[1] is not None:
        least = max(CLOSE.get(str(a.dtype), 0) for a in arrays if isinstance(a, np.ndarray))
        pairs = zip(ours[1], theirs[1], strict=True)
        if found := next(filter(None, (difference(a, b, least) for a, b in pairs)), None):
            return f"silent: gradient: {found}"
    return ""


# -- all comparisons -------------------------------------------------------------------------------


def calls_of(name, tail):
    """(what, call) for the function and for the method of this name."""
    if not isinstance(tail, T):
        yield f"{name} ", tail
        return

    def function(m, *xs):
        args, kwargs = tail.read(m)
        return getattr(m, name)(*xs, *args, **kwargs)

    def method(m, x, *xs):
        args, kwargs = tail.read(m)
        return getattr(x, name)(*xs, *args, **kwargs)

    if hasattr(mg, name):
        yield f"{name}{tail}", function
    if hasattr(mg.Tensor, name):
        yield f".{name}{tail}", method


def arguments_of_one():
    for dtype, shape in itertools.product(DTYPES, [(2, 4), (), (0, 3)]):
        yield f"{dtype} {shape}", [content(dtype, shape)]
    for dtype in DTYPES[-3:]:
        yield f"{dtype} odd", [content(dtype, (2, 4), True)]


def arguments_of_two():
    shapes = [((2, 4), (2, 4)), ((2, 4), ()), ((), (2, 4)), ((), ())]
    for a, b, (s, t) in itertools.product(DTYPES, DTYPES, shapes):
        yield f"{a} {s} {b} {t}", [content(a, s), content(b, t, second=True)]
    for a in DTYPES[-3:]:
        yield f"{a} {a} odd", [content(a, (2, 4), True), content(a, (2, 4), True, True)]


def arguments_and_numbers():
    for dtype, number, shape in itertools.product(DTYPES, NUMBERS, [(2, 4), ()]):
        yield f"{dtype} {shape} {number!r}", [content(dtype, shape), number]
        yield f"{number!r} {dtype} {shape}", [number, content(dtype, shape)]


def comparisons():
    """name → (what, call, arrays, learned) of all its comparisons."""
    found = {}
    for table in (ONE, TWO, BY_NUMBERS, MADE):
        for name, tails in table.items():
            rows = found.setdefault(name, [])
            for what, call in [pair for tail in tails for pair in calls_of(name, tail)]:
                if table is MADE:
                    rows.append((what, call, [], False))
                if table is ONE:
                    rows += [(f"{what} {w}", call, a, True) for w, a in arguments_of_one()]
                if table is TWO:
                    rows += [(f"{what} {w}", call, a, True) for w, a in arguments_of_two()]
                if table is BY_NUMBERS or (table is TWO and "(" in what):
                    rows += [
                        (f"{what} {w}", call, a, True)
                        for w, a in arguments_and_numbers()
                        if isinstance(a[0], np.ndarray) or not what.startswith(".")
                    ]
    return found


COMPARISONS = comparisons()


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")  # PyTorch's own
@pytest.mark.parametrize("name", COMPARISONS)
def test_types_and_values_are_those_of_pytorch(backend, torch, name):
    rows = COMPARISONS[name]
    step = 1 if THOROUGH or len(rows) < 200 else 7 if backend == "numpy" else 29
    faults = []
    for what, call, arrays, learned in rows[len(name) % step :: step]:
        found = compared(torch, call, arrays, learned)
        undefined = backend != "numpy" and OTHERWISE_ON_GPUS.match(what)
        known = REFUSED.search(found) if found.startswith("refused") else OTHERWISE.match(what)
        if found and not found.startswith("accepted") and not (known or undefined):
            faults.append(f"{what}: {found}")
    assert faults == []


def test_every_public_function_and_method_has_a_row():
    functions = {
        name
        for name, value in vars(mg).items()
        if not name.startswith("_") and callable(value) and not inspect.isclass(value)
    }
    methods = {name for name in dir(mg.Tensor) if not name.startswith("_")}
    operators = {name for name in dir(mg.Tensor) if name.startswith("__")} - set(dir(object))
    inplace = {name for name in methods | operators if re.search(r"[^_]_$|^__i(?!n).*__$", name)}
    known = {*COMPARISONS, *ELSEWHERE.split()} | inplace
    assert (functions | methods | operators) - known == set()


# -- the rules, told once more ---------------------------------------------------------------------


def test_the_table_of_result_types():
    """All dtypes of arrays, 0-d arrays and numbers against torch.result_type."""
    torch = pytest.importorskip("torch")
    shapes = [(2,), ()]
    values = [np.ones(s, d) for d in DTYPES for s in shapes]
    for a, b in itertools.product(values, [*values, True, 2, 2.5]):
        pair = [torch.tensor(v) if isinstance(v, np.ndarray) else v for v in (a, b)]
        assert str(torch.result_type(*pair)) == f"torch.{common_type((a, b))}"


def test_half_precision_adds_up_in_float32(backend):
    x = mg.ones(3, 70_000, dtype=mg.float16, requires_grad=True) * 0.5
    assert x.sum(1).tolist() == [35_008.0] * 3  # the nearest half of 35,000
    assert x.mean(1).tolist() == (x * 2).mean(1).sqrt().mul(0.5).tolist() == [0.5] * 3
    assert x.var(1).tolist() == [0.0] * 3
    assert mg.ones(1, 5000, dtype="float16").cumsum(1)[0, -1].item() == 5000.0
    assert (mg.ones(1, 5000, dtype="float16") @ mg.ones(5000, 1, dtype="float16")).item() == 5000.0
    assert mg.full((70_000,), 2.0, dtype="float16").norm().item() == 529.0
    bias = mg.zeros(1, dtype="float16", requires_grad=True)
    (mg.zeros(5000, 1, dtype="float16") + bias).sum().backward()
    assert bias.grad.item() == 5000.0


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int8", "int16", "int32"])
def test_sums_of_small_whole_numbers_do_not_wrap(backend, dtype):
    x = mg.ones(300, dtype=dtype)
    for total in (x.sum(), x.sum(0), x.cumsum(0)[-1]):
        assert total.dtype == "int64" and total.item() == 300
    assert mg.full((9,), 3, dtype=dtype).prod().item() == (1 if dtype == "bool" else 3**9)


def test_points_where_a_formula_has_no_value_but_the_field_a_convention(backend):
    def slope(f, *values):
        x = mg.tensor(values, requires_grad=True)
        f(x).backward()
        return x.grad.tolist()

    assert slope(lambda x: x.std(), 1.0, 1.0) == [0.0, 0.0]
    for p in (0, 0.5, 1, 1.5, 2, 3, math_inf, -math_inf, -1):
        assert slope(lambda x, p=p: x.norm(p), 0.0, 0.0) == [0.0, 0.0], p
    assert slope(lambda x: (x**0).sum(), 0.0, 2.0) == [0.0, 0.0]
    assert slope(lambda x: x.prod(), 0.0, 2.0, 3.0) == [6.0, 0.0, 0.0]
    assert slope(lambda x: x.clamp(min=0.0).sqrt().sum(), -1.0, 4.0) == [0.0, 0.25]
    assert slope(lambda x: x.relu().sqrt().sum(), -1.0, 0.0, 4.0) == [0.0, 0.0, 0.25]
    assert slope(lambda x: mg.where(x > 0, x, mg.zeros(3)).sqrt().sum(), -1.0, 0.0, 4.0) == [
        0.0, 0.0, 0.25]  # fmt: skip
    assert slope(lambda x: x.amax(), 2.0, 2.0) == [0.5, 0.5]
    assert slope(lambda x: x.max(0).values, 2.0, 2.0) == [1.0, 0.0]
    assert slope(lambda x: mg.nn.functional.relu6(x).sum(), 0.0, 6.0, 3.0) == [0.0, 0.0, 1.0]
    assert slope(lambda x: x.clamp(0, 6).sum(), 0.0, 6.0, 7.0) == [1.0, 1.0, 0.0]


math_inf = float("inf")


def test_no_warning_where_the_answer_is_defined(backend):
    """Warnings are errors in tests: each of these would raise one."""
    x = mg.tensor([0.0, -1.0, 1e38], requires_grad=True)
    y = (1 / x, x / x, x.log(), x.sqrt(), x.exp(), x * 1e30, x**-1.0, x.rsqrt())
    sum(part.sum() for part in y).backward()
    assert y[0][0].item() == math_inf and mg.tensor([0.0]).log().item() == -math_inf
    assert (mg.tensor([60000.0], dtype="float16") * 2).item() == math_inf
    assert mg.tensor([0.0]).log_().item() == -math_inf and mg.ones(1).div_(0).item() == math_inf
    with np.errstate(all="raise"):  # the caller's own, which holds again afterwards
        mg.tensor([0.0]).log()
        if backend == "numpy":
            with pytest.raises(FloatingPointError):
                np.log(np.zeros(1))


def test_dtypes_that_are_not_here_are_refused_by_name():
    for name in ("bfloat16", "complex64", "complex128"):
        with pytest.raises(AttributeError, match=f"{name}: the dtypes here are bool, uint8"):
            getattr(mg, name)
    x = mg.ones(2)
    for make in (
        lambda d: x.to(d),
        lambda d: mg.zeros(2, dtype=d),
        lambda d: mg.tensor([1.0], dtype=d),
        lambda d: mg.arange(3, dtype=d),
        lambda d: mg.full((2,), 1, dtype=d),
        lambda d: x.sum(dtype=d),
        lambda d: mg.set_default_dtype(d),
    ):
        for dtype in ("bfloat16", np.complex64, np.dtype("uint16"), "torch.float32"):
            with pytest.raises(TypeError, match="is not a dtype here; the dtypes of tensors are"):
                make(dtype)
    with pytest.raises(TypeError, match="uint16"):
        mg.tensor(np.zeros(2, "uint16"))
    with pytest.raises(ValueError, match="foreign order"):
        mg.from_numpy(np.zeros(2, ">f4"))
    with pytest.raises(RuntimeError, match="draw floats, not int64"):
        mg.rand(2, dtype=int)
    with pytest.raises(RuntimeError, match="uint8 does not hold 300"):
        mg.tensor([300], dtype=mg.uint8)
    with pytest.raises(RuntimeError, match="uint8 does not hold all from 0 to 299"):
        mg.randint(0, 300, (2,), dtype=mg.uint8)
    with pytest.raises(TypeError, match="new tensors are float32"):
        mg.set_default_dtype(mg.float64)


def test_dtypes_have_many_names(backend):
    for name in (mg.float64, "float64", np.float64, np.dtype("float64"), float):
        assert mg.zeros(2, dtype=name).dtype == mg.ones(2).to(name).dtype == "float64"
    assert mg.zeros(2, dtype=int).dtype == "int64" and mg.zeros(2, dtype=bool).dtype == "bool"
    assert mg.ones(2).double().type(mg.Tensor).dtype == "float32"
    assert mg.ones(2).type(mg.HalfTensor).type("torch.LongTensor").dtype == "int64"


@pytest.mark.filterwarnings("ignore::UserWarning")  # PyTorch calls some of them slow
def test_lists_take_the_dtype_of_what_they_hold(torch):
    f64, f16, i8 = np.float64(1), np.float16(1), np.int8(1)
    for held in ([f64], [f16, 2], [i8], [i8, 2], [i8, 1.0], [[True], [2]], [np.ones(2)], f64, i8,
                 [np.ones(2, "float32"), [1, 2]], [], [[]], [np.ones(2), [1, 2.5]]):  # fmt: skip
        assert str(torch.tensor(held).dtype) == f"torch.{mg.tensor(held).dtype}", held
    for dtype in DTYPES:
        held = [mg.tensor(1, dtype=dtype), 2]
        theirs = [torch.tensor(1, dtype=getattr(torch, dtype)), 2]
        assert str(torch.tensor(theirs).dtype) == f"torch.{mg.tensor(held).dtype}", dtype


def test_random_numbers_have_the_dtype_asked_for(backend):
    for dtype in ("float16", "float32", "float64"):
        for make in (mg.rand, mg.randn, mg.zeros, mg.empty):
            assert make(2, 3, dtype=dtype).dtype == dtype
        x = mg.ones(2, dtype=dtype)
        assert (
            mg.rand_like(x).dtype == mg.randn_like(x).dtype == (x * 0.5).bernoulli().dtype == dtype
        )
        assert mg.normal(x, 1.0).dtype == dtype
    assert mg.rand(100_000, dtype="float16").max().item() < 1.0
    assert mg.randint(5, (2,)).dtype == mg.randperm(3).dtype == "int64"
    assert (
        mg.randint(5, (2,), dtype="uint8").dtype == mg.randperm(3, dtype="uint8").dtype == "uint8"
    )
    with pytest.raises(RuntimeError, match="probabilities are floats"):
        mg.ones(2).long().bernoulli()
    if backend == "numpy":  # looking makes a GPU wait
        with pytest.raises(RuntimeError, match=r"outside \[0, 1\]"):
            mg.full((2,), 1.5).bernoulli()


def test_a_mask_is_filled_in_the_dtype_of_the_tensor():
    x, mask = mg.ones(2, dtype="float16"), mg.tensor([True, False])
    assert x.masked_fill(mask, -math_inf).dtype == x.masked_fill(mask, 3).dtype == "float16"
    for value in (-1e9, 70_000):
        with pytest.raises(RuntimeError, match="float16 does not hold"):
            x.masked_fill(mask, value)
    with pytest.raises(RuntimeError, match="the mask is int64"):
        x.masked_fill(mask.long(), 0.0)
    with pytest.raises(RuntimeError, match="the mask is int64"):
        mg.where(mask.long(), x, x)


@pytest.mark.parametrize("name", ["BatchNorm1d", "LayerNorm", "Linear", "Dropout", "Softplus"])
def test_layers_of_half_precision_give_half_precision(backend, name):
    build = getattr(mg.nn, name)
    layer = build(*{"Dropout": (), "Softplus": (), "Linear": (8, 8)}.get(name, (8,))).half()
    x = mg.randn(4, 8, dtype="float16").requires_grad_()
    y = layer(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == "float16"
    assert {p.grad.dtype for p in layer.parameters()} <= {np.dtype("float16")}


def test_whole_numbers_divided_by_zero_are_refused():
    x = mg.tensor([1, 2])
    for y in (0, mg.tensor([1, 0]), mg.tensor(0), mg.tensor([0, 3], dtype="uint8"), False):
        for divide in (
            lambda y: x // y,
            lambda y: x % y,
            lambda y: mg.remainder(x, y),
            lambda y: mg.fmod(x, y),
            lambda y: mg.floor_divide(x, y),
            lambda y: mg.div(x, y, rounding_mode="floor"),
            lambda y: mg.div(x, y, rounding_mode="trunc"),
            x.clone().__ifloordiv__,
            x.clone().__imod__,
        ):
            with pytest.raises(RuntimeError, match=r"whole numbers divided by 0; of x.float\(\)"):
                divide(y)
    for divide in (lambda: 7 // (x - 1), lambda: 7 % (x - 1)):
        with pytest.raises(RuntimeError, match="whole numbers divided by 0"):
            divide()
    assert (x / 0).tolist() == [math_inf] * 2
