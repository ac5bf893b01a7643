"""Formulas as one kernel each (minigan/kernels/gpu/fusion.py): what they give is what NumPy gives, in
any memory layout, for any numbers; and a formula of several steps is one launch.

Without a GPU the kernels are compiled by g++ and run on the CPU, behind the stand-in for CuPy.
"""

import functools
import operator
import random
import sys
import threading
import types
from concurrent.futures import ThreadPoolExecutor

import cuda_on_cpu
import numpy as np
import pytest

import minigan as mg
from minigan import backend as B
from minigan import ops as core
from minigan import torch
from minigan.autograd import op
from minigan.autograd.tensor import wrap
from minigan.torch import ops as wide
from minigan.torch.nn import functional as F

cupy = pytest.importorskip("cupy")
from minigan.kernels.gpu import fusion  # noqa: E402

STAND_IN = hasattr(cupy, "emulated_kernels")
pytestmark = [] if STAND_IN else [pytest.mark.gpu]
if STAND_IN:
    cuda_on_cpu.install()
    pytestmark = pytest.mark.skipif(not cuda_on_cpu.has_compiler, reason="g++ runs the kernels")

# A formula has fewer than twelve steps, whose results stay below 16: so far may two float32
# computations of it be apart, which round each step.
FACTOR = 2.0  # what a test's function reads
CLOSE = {"rtol": 12 * 2.0**-23, "atol": 16 * 2.0**-23}


def values(domain, *shape, seed=0):
    v = np.random.default_rng(seed).uniform(-2.0, 2.0, shape)
    how = {"any": v, "positive": 1.2 + 0.5 * v, "unit": 0.5 + 0.2 * v, "steps": np.round(v)}
    return v > 0.0 if domain == "bool" else np.asarray(how[domain], "f4")


def on(library, function, arrays, numbers=(), upstream=None):
    """function(*tensors, *numbers) on this library: its result, and the gradients of its tensors."""
    with mg.use_backend(library):
        given = [wrap(B.to_device(a)) for a in arrays]
        leaves = [t.requires_grad_() for t in given if t.dtype.kind == "f"]
        out = function(*given, *numbers)
        if out.requires_grad:
            g = values("any", *out.shape, seed=9) if upstream is None else upstream
            out.backward(wrap(B.to_device(g.astype(out.dtype))))
        return [B.to_host(t.array) for t in (out, *(t.grad for t in leaves)) if t is not None]


def same(found, wanted):
    for got, want in zip(found, wanted, strict=True):
        assert (got.dtype, got.shape) == (want.dtype, want.shape)
        np.testing.assert_allclose(got, want, **CLOSE)


def agree(function, arrays, numbers=()):
    """Fused on CuPy, the function gives what NumPy gives: NaN and ∞ in the same places."""
    same(*(on(name, function, arrays, numbers) for name in ("cupy", "numpy")))


@pytest.fixture
def compiled(monkeypatch):
    """The sources that are compiled from here on."""
    sources, module = [], cupy.RawModule
    monkeypatch.setattr(cupy, "RawModule", lambda code: sources.append(code) or module(code=code))
    return sources


def of_minigan(fit=None, **rules):
    """op, of functions that seem to be minigan's own: a user's are not fused."""

    def ours(f):
        space = {**globals(), "__name__": "minigan.tests"}
        return types.FunctionType(f.__code__, space, f.__name__, f.__defaults__, f.__closure__)

    rules = {name: ours(rule) for name, rule in rules.items()}
    return lambda forward: op(fit=fit, **rules)(ours(forward))


def _cubic(declared=of_minigan):
    rules = {"x": lambda g, x, y: g * (3.0 * x * x - y), "y": lambda g, x: -g * x}
    return declared(fit=core.shape.fit, **rules)(lambda x, y: x * x * x - x * y)


TABLE = {  # the functions' domains; of minigan/ops | of minigan/torch/ops
    "any": "neg square exp tanh abs sign sigmoid softplus relu | sinh cosh sin cos atan expm1 floor "
    "ceil trunc isnan isinf isfinite logical_not",
    "positive": "log | sqrt rsqrt reciprocal log2 log10 log1p",
    "unit": "| asin acos tan",
    "any any": "add sub mul eq ne lt le gt ge | maximum minimum atan2 lerp logical_and logical_or",
    "any positive": "div | floor_div trunc_div remainder fmod",
    "positive any": "| pow",
    "steps steps": "eq ge le | maximum minimum",
    "unit unit": "bce | bce_with_logits",
    "unit steps": "bce",
    "bool any any": "| where",
}
NUMBERS = {  # what else they are given
    core.elementwise.pow: [(n,) for n in (2, 3, 0.5, -1, 1, 0, 2.5, 1e-50)],
    core.elementwise.leaky_relu: [(n,) for n in (0.2, 1, 2.5)],
    core.elementwise.clamp: [(-1, 0.5), (None, 0), (-0.5, None), (None, None)],
    torch.clamp: [(None, 1e300), (-np.inf, 0.5), (0.5, -0.5), (np.nan, 1.0)],
    **{f: [(3,), (0.5,)] for f in (core.elementwise.mul, core.elementwise.div)},
    **{f: [()] for f in (F.elu, F.selu, F.silu, F.hardtanh, F.relu6, F.logsigmoid)},
}


def _cases():
    for domains, words in TABLE.items():
        for module, part in zip((core, wide), words.partition("|")[::2], strict=True):
            homes = [module.elementwise, module.loss, wide.steps]
            for name in part.split():
                function = next(getattr(home, name) for home in homes if hasattr(home, name))
                numbers = (0.25,) if name == "lerp" else ()
                yield pytest.param(function, domains.split(), numbers, id=f"{name}-{domains}")
    for function, choices in NUMBERS.items():
        domain = "positive" if function is core.elementwise.pow else "any"
        for numbers in choices:
            yield pytest.param(function, [domain], numbers, id=f"{function.__name__}{numbers}")


@pytest.mark.parametrize(("function", "domains", "numbers"), [*_cases()])
def test_every_formula_is_what_it_is_on_numpy(function, domains, numbers):
    agree(function, [values(domain, 3, 5, seed=i) for i, domain in enumerate(domains)], numbers)


SPECIAL = np.array([0, -0.0, 1, -1, np.nan, np.inf, -np.inf, 1e30, -1e30, 1e-30, 90, -90], "f4")
OF_SPECIAL = {
    "leaky_relu": lambda x, y: core.elementwise.leaky_relu(x, 0.2),
    "clamp": lambda x, y: core.elementwise.clamp(x, -0.5, np.inf),
    "root": lambda x, y: x**0.5 + x.T**0.5,
    "where": lambda x, y: torch.where(x > y, x, y * 2.0),
    **{f.__name__: f for f in (torch.maximum, core.loss.bce, wide.loss.bce_with_logits)},
    **{
        name: lambda x, y, name=name: getattr(torch.Tensor, name, F.softplus)(x)
        for name in "sqrt tanh sigmoid relu abs square exp log sign softplus".split()
    },
}


@pytest.mark.parametrize("name", OF_SPECIAL)
def test_what_is_no_ordinary_number(name):
    agree(OF_SPECIAL[name], np.meshgrid(SPECIAL, SPECIAL))


LAYOUTS = {
    "C": lambda a: a,
    "channels last": lambda a: cupy.moveaxis(cupy.moveaxis(a, 1, -1).copy(), -1, 1),
    "transposed": lambda a: cupy.ascontiguousarray(a.T).T,
    "matrix": lambda a: cupy.ascontiguousarray(a[0, 0].T).T,
    "sliced": lambda a: a[..., ::2],
    "backwards": lambda a: a[::-1, :, ::-1],
    "repeated": lambda a: cupy.broadcast_to(a[:1], a.shape),
    "one number": lambda a: cupy.broadcast_to(a[0, 0, 0, 0], a.shape),
    "no axes": lambda a: a[0, 0, 0, 0],
    "one element": lambda a: a[:1, :1, :1, :1],
    "empty": lambda a: a[:0],
}
DENSE = [*LAYOUTS][:4]  # what the results keep
FORMULAS = {
    **{name: (getattr(core.elementwise, name), ["any"]) for name in ("sigmoid", "tanh", "square")},
    "leaky_relu": (lambda x: core.elementwise.leaky_relu(x, 0.2), ["any"]),
    "bce": (core.loss.bce, ["unit", "unit"]),
    "cubic": (_cubic(), ["any", "any"]),
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("name", FORMULAS)
def test_any_layout_of_memory(name, layout):
    """Of the arguments and of the gradient; and a dense layout is that of the results."""
    function, domains = FORMULAS[name]

    def laid_out(domain, seed):
        return LAYOUTS[layout](cupy.asarray(values(domain, 2, 3, 4, 2, seed=seed)))

    with mg.use_backend("cupy"):
        g = laid_out("any", 9)
        upstreams = [(g, layout in DENSE), (g.copy(order="C"), False)]
        if layout in DENSE:  # as a sum sends it back
            upstreams.append((cupy.broadcast_to(g[-1:], g.shape), True))
        for upstream, kept in upstreams:
            leaves = [wrap(laid_out(d, i)).requires_grad_() for i, d in enumerate(domains)]
            out = function(*leaves)
            found = [out, *mg.autograd.grad(out, leaves, wrap(upstream))]
            arrays = [leaf.array.get() for leaf in leaves]
            same([t.array.get() for t in found], on("numpy", function, arrays, (), upstream.get()))
            assert not kept or {t.array.strides for t in found} == {g.strides}


def test_gradients_that_sums_send_back_and_gradients_of_gradients():
    def slope(x):
        (g,) = mg.autograd.grad(core.elementwise.sigmoid(x).square().sum(), x, create_graph=True)
        return g.tanh()

    for summed in (lambda y: y.sum(), lambda y: y.sum(0), lambda y: (y.sum(1) * y.sum()).sum()):
        agree(lambda x, summed=summed: summed(slope(x)), [values("any", 4, 5)])
    for declared in (op, of_minigan):
        agree(_cubic(declared), [values("any", 3, 4), values("any", 4, seed=1)])


SHAPES = [
    *[((4, 5), (5,)), ((4, 1), (1, 5)), ((), (4, 5)), ((1,), (4, 5)), ((0, 5), (1, 5))],
    *[((3, 4), (2, 3, 4)), ((3, 4), (2, 1, 1)), ((2, 3, 1, 1), (2, 3, 4, 2))],
]


@pytest.mark.parametrize(("x", "y"), SHAPES, ids=str)
def test_shapes_that_broadcast(x, y):
    pair = [values("unit", *x), values("unit", *y, seed=1)]
    agree(core.loss.bce, pair)
    if pair[0].ndim > 1:  # the same, column by column in memory
        pair[0] = np.ascontiguousarray(pair[0].swapaxes(-1, -2))
        agree(lambda p, t: core.loss.bce(p.swapaxes(-1, -2), t), pair)


@pytest.mark.parametrize("dtype", ["f8", "f2"])
def test_other_types(dtype, compiled):
    arrays = [values("any", 3, 4, seed=i).astype(dtype) for i in range(2)]
    want, got = (on(library, _cubic(), arrays) for library in ("numpy", "cupy"))
    assert [(a.dtype, a.tobytes()) for a in got] == [(a.dtype, a.tobytes()) for a in want]
    assert dtype == "f2" or not compiled  # halves are computed as float32, and rounded


def test_numbers_share_a_kernel_or_have_one_each_up_to_a_limit(compiled, monkeypatch):
    curve = of_minigan(x=lambda g, x, a: g * a * x * 2.0)(lambda x, a, b: x * x * a + b)
    for k in range(40):
        agree(curve, [values("any", 3, 4)], (k * 0.25, 3 + k))
    assert len(compiled) == 2
    monkeypatch.setattr(fusion, "MOST", 3)
    by_case = of_minigan(x=lambda g, n: g * 2.0 * n if n else g * 0.0)(
        lambda x, n: x * n + x if n % 2 else x * n - x + 1.0
    )
    for n in [*range(6), *range(6)]:
        agree(by_case, [values("any", 3, 4)], (n,))
    assert 4 <= len(compiled) <= 2 + 2 * fusion.MOST


NUMBERS_OF = [
    (lambda x, b: x * (1.0 - b) * 1e7 + x * ((b + 2.0**25) - 2.0**25), (0.9999999, 1.0)),
    (lambda x, n: x * ((n + 1) - n) + x * (n * 1e30 * 1e30 / 1e60), (2**25, 3)),
    (lambda x, n: x * 2.0 + n * x - n, (2**25 + 1, 3, 0.1, 16777217, 1e-50)),
    (lambda x, n: x * n + 1.0 if isinstance(n, float) else x * n - 1.0, (3.0, 2, 2.0)),
    (lambda x, n: x * 2.0 + 1.0 if n == 2.0 else x * n - 1.0, (2.0, 2, 3.0)),
    (lambda x, n: x * 2.0 + 1.0 if n in (None, 2) else x * n - 1.0, (2.0, None, 3.0)),
    (lambda x, n: x * n + 1.0 if n > 1e38 else n - x * n, (1e39, 3e38, 0.1, -2.5, 1e-50, 3)),
    (lambda x, n: n / (x * x) if n else n / (x * x + 1.0) * 2.0, (1.0, 0.0, -0.0, 0, -1e-50)),
    (lambda x, n: x * 3.0 if n is True else (x * 2.0 + 1.0) / n * (2.0 if n else 1.0), (1, True)),
    (lambda x, n: x * 3.0 if n is True else (x * 2.0 + 1.0) / n, (-0.0, True, 1.0, 0.0, 1)),
    (lambda x, n: x * n * 2.0 if n else x * n + 1.0, (np.nan, np.inf, -np.inf)),
]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(("function", "numbers"), NUMBERS_OF)
def test_what_a_function_does_with_a_number(function, numbers, order):
    """What it computes of numbers alone is not rounded, and equal ones are told apart."""
    declared = of_minigan()(function)
    for n in [*numbers, *numbers][::order]:
        agree(declared, [values("any", 3, 4)], (n,))


@pytest.mark.skipif(not STAND_IN, reason="only the stand-in counts all launches")
@pytest.mark.parametrize("name", FORMULAS)
def test_one_launch_forwards_and_one_backwards(name):
    function, domains = FORMULAS[name]
    with mg.use_backend("cupy"):
        x, *others = (wrap(cupy.asarray(values(d, 3, 4))) for d in domains)
        cupy.reset_counters()
        mg.autograd.grad(function(x.requires_grad_(), *others), x, wrap(x.array))
        assert cupy.launches.total() == 2


NO_FORMULAS = [
    lambda x: x - x.mean(),
    lambda x: x * (1.0 / x.shape[0]) + x.size,
    lambda x: x[::-1] * 2.0 + x,
    lambda x: x * 2.0 + 1.0 if x.sum() > 0 else x * 3.0 - 1.0,
    lambda x: x * 2.0 + len(B.xp.where(x > 0)[0]),
    lambda x: (x > 0.0) & (x < 1.0),
    lambda x: B.xp.where(x > 0.0, x > 1.0, x < -1.0),
    lambda x: B.xp.where(x > 0.0, 1, 0),
    lambda x: x * B.xp.where(x > 0.0, 1.0, 0.1),
    lambda x: (x * 2.0).astype("i4") + 1,
    lambda x: [y := x * 2.0, operator.iadd(y, 1.0)][0] * 1.0,
]


@pytest.mark.parametrize("function", NO_FORMULAS)
def test_what_is_no_formula_runs_as_it_is(function):
    for declared, seed in ((op()(function), 0), (own := of_minigan()(function), 1), (own, 2)):
        agree(declared, [values("any", 4, 5, seed=seed)])


def test_what_a_users_function_reads_may_change(monkeypatch):
    scale = 2.0
    reads = op(x=lambda g: g * scale * FACTOR)(lambda x: x * scale * FACTOR + 1.0)
    noisy = op()(lambda x: x * random.random() + 1.0)
    draws = random.Random(0)
    random.seed(0)
    for scale in (2.0, 5.0):
        monkeypatch.setitem(globals(), "FACTOR", -scale)
        x = values("any", 3, 4)
        agree(reads, [x])
        same(on("cupy", noisy, [x]), [x * draws.random() + 1.0])


def test_what_is_taken_for_another():
    x = values("any", 3, 4)
    inner = of_minigan()(lambda x: x * 2.0 + 1.0)
    agree(inner, [x])
    for outer in (op()(lambda x: x * 9.0 - 1.0), of_minigan()(lambda x: x * 9.0 - 1.0)):
        agree(op()(functools.wraps(inner.op.forward)(outer.op.forward)), [x])
    for words in ([True, False], [False, True]):  # a word that is a dtype's
        named = of_minigan()(lambda x, y: x * 3.0 - 1.0 if isinstance(y, str) else x * 2.0 + y)
        for word in words:
            agree(named, [x] if word else [x, x], ("f",) if word else ())


def test_two_threads(monkeypatch):
    """They meet a formula for the first time, both at once."""
    if STAND_IN:  # its kernels by name, of which the program has one each, for each thread
        names = {"get": lambda self, name: getattr(self, name, None)}
        names["__setitem__"] = threading.local.__setattr__
        kernels = type("OfEachThread", (threading.local,), names)()
        monkeypatch.setattr(cupy, "emulated_kernels", kernels)
        monkeypatch.setattr(sys.modules["cupy._raw"], "emulated_kernels", kernels)
    cubic, begin = _cubic(), threading.Barrier(2)

    def work(seed):
        pair = [values("any", 3, 4, seed=seed + i) for i in (0, 9)]
        begin.wait()
        return [(on("cupy", cubic, pair), pair) for _ in range(20)]

    with mg.use_backend("cupy"), ThreadPoolExecutor(2) as pool:
        found = [*pool.map(work, range(2))]
    for arrays, pair in found[0] + found[1]:
        same(arrays, on("numpy", cubic, pair))
