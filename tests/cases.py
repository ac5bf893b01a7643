"""The table of cases: for every public function and layer, how to call it and on what.

minigan.torch has PyTorch's names, so one call serves both: `lambda m, x: m.exp(x)` with m either.
What the core has beside it (`core.shape.take`, …) is called by its own name. Four tests read the
table (test_ops.py): the gradient against finite differences, the gradient of the gradient,
agreement with PyTorch, and float32 that stays float32.

Hypothesis chooses shapes, memory layouts, and what else a call takes (axes, indices, …); the
values come from a shuffled lattice, because a gradient check needs distinct numbers away from kinks
rather than extreme ones.
"""

import importlib
import inspect
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
import numpy as np

import minigan
import minigan.torch as mg
from minigan import backend as B
from minigan import gan
from minigan import ops as core
from minigan.autograd.tensor import wrap
from minigan.scores.lenet import larger
from minigan.torch import ops as wide
from minigan.torch.nn import Module, functional

# -- values and where they lie in memory -----------------------------------------------------------

DOMAINS: dict[str, Callable[[np.ndarray], np.ndarray]] = {  # of lattice points within [-2, 2)
    "any": lambda v: v,
    "away": lambda v: v + 0.4 * np.sign(v),  # from 0, where |x| and its like have a kink
    "positive": lambda v: 1.2 + 0.5 * v,
    "unit": lambda v: 0.5 + 0.22 * v,  # probabilities
    "steps": np.round,  # whole numbers, so that some are equal
}

LAYOUTS: dict[str, Callable[[Any], Any]] = {
    "C": lambda a: a.copy(),
    "F": lambda a: a.T.copy().T,
    "transposed": lambda a: a.swapaxes(0, -1).copy().swapaxes(0, -1) if a.ndim else a,
    "sliced": lambda a: _spaced(a, 2),
    "reversed": lambda a: _spaced(a, -1),
    "sliced backwards": lambda a: _spaced(a, -3),
    "repeated": lambda a: B.module_of(a).broadcast_to(a[:1], a.shape) if a.ndim else a,
}


def _spaced(a: Any, step: int) -> Any:
    """The same content with this step between neighbours, along every axis."""
    room = B.module_of(a).zeros([n * abs(step) for n in a.shape], a.dtype)
    view = room[(..., *[slice(None, None, step)] * a.ndim)]
    view[...] = a
    return view


@dataclass(frozen=True)
class Example:
    """What one call is given: arrays to differentiate by, then whatever else it takes."""

    arrays: tuple[np.ndarray, ...]
    layouts: tuple[str, ...]
    others: tuple[Any, ...]

    def inputs(self, dtype: str = "float64") -> list[mg.Tensor]:
        """The arrays as leaves on the backend in use, laid out in memory as the example says."""
        leaves = []
        for array, layout in zip(self.arrays, self.layouts, strict=True):
            laid_out = LAYOUTS[layout](B.to_device(array.astype(dtype)))
            leaves.append(wrap(laid_out).requires_grad_())
        return leaves

    def rest(self, m: Any, dtype: str) -> tuple[Any, ...]:
        """The other arguments, arrays among them as tensors of the library m."""
        return _as_tensors(m, self.others, dtype)


def _as_tensors(m: Any, value: Any, dtype: str) -> Any:
    if isinstance(value, np.ndarray):
        return m.tensor(value.astype(dtype) if value.dtype.kind == "f" else value)
    return tuple(_as_tensors(m, v, dtype) for v in value) if isinstance(value, tuple) else value


Shape = tuple[int, ...]
Draw = Callable[[st.SearchStrategy], Any]
Recipe = Callable[[Draw], tuple[list[tuple[Shape, str]], tuple[Any, ...]]]


@st.composite
def _examples(draw: Draw, recipe: Recipe, ties: bool) -> Example:
    parts, others = recipe(draw)
    seed = draw(st.integers(0, 999))
    layouts = [name for name in LAYOUTS if ties or name != "repeated"]
    arrays = []
    for number, (size, domain) in enumerate(parts):
        count = math.prod(size)
        places = (np.arange(count) + (0.37, 0.71, 0.13, 0.59, 0.83)[number % 5]) / max(count, 1)
        values = np.random.default_rng(seed + number).permutation(4.0 * places - 2.0)
        arrays.append(DOMAINS[domain](values.reshape(size)))
    return Example(
        tuple(arrays), tuple(draw(st.sampled_from(layouts)) for _ in arrays), tuple(others)
    )


# -- the form of a case ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A call of the function or layer `covers`, and how often it can be differentiated."""

    name: str
    call: Callable[..., Any]
    examples: st.SearchStrategy
    order: int
    in_torch: bool

    @property
    def covers(self) -> str:
        return self.name.split()[0]

    def __call__(self, m: Any, example: Example, inputs: list[Any]) -> Any:
        dtype = str(inputs[0].dtype).removeprefix("torch.") if inputs else "float32"
        return self.call(m, *inputs, *example.rest(m, dtype))


CASES: list[Case] = []


def case(
    name: str,
    call: Callable[..., Any],
    recipe: Recipe,
    order: int = 2,
    in_torch: bool = True,
    ties: bool = True,
) -> None:
    """Add a row. ties=False where equal inputs meet a kink, as in a maximum."""
    CASES.append(Case(name, call, _examples(recipe, ties), order, in_torch))


def of_the_core(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """The core's function, which knows fewer words, beside PyTorch's."""
    return lambda m, *inputs: (function if m is mg else getattr(m.nn.functional, name))(*inputs)


def layer(name: str, build: Callable[[Any], Any], recipe: Recipe, **options: Any) -> None:
    """Add a row for a layer: its input first, then every parameter of it."""
    sizes = {n: p.shape for n, p in build(mg).named_parameters()}
    built: dict[str, Module] = {}  # one per backend, used again with other parameters in place

    def with_parameters(draw: Draw) -> Any:
        parts, others = recipe(draw)
        return [*parts, *((size, "any") for size in sizes.values())], others

    def call(m: Any, x: Any, *parameters: Any) -> Any:
        named = dict(zip(sizes, parameters, strict=True))
        if m is not mg:
            return m.func.functional_call(build(m).to(x.dtype), named, (x,))
        if B.name not in built:
            built[B.name] = build(mg)
        return called_with(built[B.name].to(x.dtype), named, x)

    case(f"nn.{name}", call, with_parameters, **options)


def called_with(module: Module, parameters: dict[str, mg.Tensor], *inputs: Any) -> Any:
    """module(*inputs) with these tensors in the place of its parameters."""
    for name, tensor in parameters.items():
        *path, leaf = name.split(".")
        owner = module
        for part in path:
            owner = getattr(owner, part)
        vars(owner)[leaf] = tensor  # a plain assignment wants a Parameter
    return module(*inputs)


# -- recipes: which shapes, and what else ----------------------------------------------------------

SIZES = st.integers(1, 4)


def shapes(low: int = 0, high: int = 3) -> st.SearchStrategy[Shape]:
    return st.lists(SIZES, min_size=low, max_size=high).map(tuple)


def one(domain: str = "any", others: Any = None, low: int = 0, high: int = 3) -> Recipe:
    """One array of any shape; `others` a strategy for the other arguments."""

    def recipe(draw: Draw) -> Any:
        return [(draw(shapes(low, high)), domain)], () if others is None else (draw(others),)

    return recipe


def broadcast(*domains: str, others: Any = None) -> Recipe:
    """Arrays of shapes that broadcast against each other."""

    def recipe(draw: Draw) -> Any:
        full = draw(shapes())
        return [(draw(parts_of(full)), domain) for domain in domains], () if others is None else (
            others(draw, full),
        )

    return recipe


def parts_of(full: Shape) -> st.SearchStrategy[Shape]:
    """Shapes that broadcast to `full`: without its first axes, some of the others of size 1."""
    return st.tuples(st.integers(0, len(full)), st.lists(st.booleans(), min_size=3)).map(
        lambda choice: tuple(
            1 if flat else n
            for n, flat in list(zip(full, [*choice[1], *[False] * len(full)], strict=False))[
                choice[0] :
            ]
        )
    )


def mask(draw: Draw, size: Shape) -> np.ndarray:
    return np.asarray(np.random.default_rng(draw(st.integers(0, 99))).random(size) < 0.5)


def axes(low: int = 0, domain: str = "any", one_axis: bool = False, least: int = 1) -> Recipe:
    """One array, an axis or several or None, and keepdim."""

    def recipe(draw: Draw) -> Any:
        rank = draw(st.integers(low, 3))
        size = tuple(draw(st.integers(least, 4)) for _ in range(rank))
        dims = st.integers(-rank, rank - 1) if rank else st.none()
        if not one_axis:
            some = st.lists(
                st.integers(0, max(rank - 1, 0)), min_size=1, unique=True, max_size=rank
            )
            dims = st.one_of(st.none(), dims, some.map(tuple)) if rank else st.none()
        return [(size, domain)], (draw(dims), draw(st.booleans()))

    return recipe


def fixed(*parts: tuple[Shape, str], others: Any = None) -> Recipe:
    """Arrays of given shapes."""
    return lambda draw: (list(parts), () if others is None else (draw(others),))


def images(channels: int = 2, height: int = 4, width: int = 6, others: Any = None) -> Recipe:
    """(N, C, H, W)"""

    def recipe(draw: Draw) -> Any:
        size = (draw(st.integers(1, 3)), channels, height, width)
        return [(size, "any")], () if others is None else (draw(others),)

    return recipe


def batches(*features: int, least: int = 1, domain: str = "any") -> Recipe:
    """(N, *features)"""
    return lambda draw: ([((draw(st.integers(least, 4)), *features), domain)], ())


CHOICE = st.sampled_from
REDUCTION = CHOICE(["mean", "sum", "none"])


def counted(*others: Any) -> Any:
    """Arrays of whole numbers and other fixed arguments, as one choice."""
    return CHOICE(list(others))


# -- arithmetic and comparisons --------------------------------------------------------------------

case("add", lambda m, x, y: x + y, broadcast("any", "any"))
case("sub", lambda m, x, y: x - y, broadcast("any", "any"))
case("mul", lambda m, x, y: x * y, broadcast("any", "any"))
case("div", lambda m, x, y: x / y, broadcast("any", "away"))
case("pow", lambda m, x, y: x**y, broadcast("positive", "any"))
case("pow of the core", lambda m, x, n: core.elementwise.pow(x, n) if m is mg else x**n,
     one("away", CHOICE([2, 3, 1, 0, -1, -2.0])))  # fmt: skip
case("pow by a number", lambda m, x, n: x**n, one("away", CHOICE([2, 3, 1, 0, -1, -2.0, 4.0])))
case("pow by a fraction", lambda m, x, n: x**n, one("positive", CHOICE([0.5, -1.5, 2.5])))
case("pow of a number", lambda m, x, n: n**x, one("any", CHOICE([2, 0.5, 3.0])))
case("add a number", lambda m, x, n: n + x + n, one("any", CHOICE([2, -0.5, True])))
case("sub from a number", lambda m, x, n: n - (x - n), one("any", CHOICE([2, -0.5])))
case("mul by a number", lambda m, x, n: n * (x * n), one("any", CHOICE([2, -0.5])))
case("div of a number", lambda m, x, n: n / (x / n), one("away", CHOICE([2, -0.5])))
case("neg", lambda m, x: -x, one())
case("abs", lambda m, x: m.abs(x), one("away"))
case("sign", lambda m, x: m.sign(x), one("away"), order=1)
case("floor_div", lambda m, x, y: m.div(x + 0.12345, y, rounding_mode="floor"),
     broadcast("any", "away"), order=1)  # fmt: skip
case("remainder", lambda m, x, y: x % y, broadcast("any", "away"), ties=False)
case("remainder by a number", lambda m, x, n: x % n, one("any", CHOICE([0.7, -1.3])))
case("maximum", lambda m, x, y: m.maximum(x, y), broadcast("any", "any"))
case("minimum", lambda m, x, y: m.minimum(x, y), broadcast("any", "any"))
case(
    "clamp",
    lambda m, x, bounds: m.clamp(x, *bounds),
    one("any", CHOICE([(None, 0.5), (-0.3, None), (-0.9, 0.8)])),
)
case(
    "clamp of the core",
    lambda m, x, bounds: (core.elementwise.clamp if m is mg else m.clamp)(x, *bounds),
    one("any", CHOICE([(-0.9, 0.8), (-0.3, math.inf)])),
)
case("clamp by tensors", lambda m, x, low: m.clamp(x, low, low + 1.0),
     fixed(((2, 3), "any"), others=counted(np.array([-1.0, -0.25, 0.1]))))  # fmt: skip
case("where", lambda m, x, y, c: m.where(c, x, y), broadcast("any", "any", others=mask))
case("where a number", lambda m, x, c: m.where(c, x, 0.5), broadcast("any", others=mask))
case(
    "lerp", lambda m, x, y, w: m.lerp(x, y, w), lambda draw: (alike("any", "any")(draw)[0], (0.3,))
)
case("masked_fill", lambda m, x, c: x.masked_fill(c, 0.5), broadcast("any", others=mask))

for name, compare in {
    "eq": lambda m, x, y: x == y,
    "ne": lambda m, x, y: x != y,
    "lt": lambda m, x, y: x < y,
    "le": lambda m, x, y: x <= y,
    "gt": lambda m, x, y: x > y,
    "ge": lambda m, x, y: x >= y,
}.items():
    case(name, compare, broadcast("steps", "steps"), order=0)
case("bitwise_and", lambda m, x, y: (x > 0) & (y > 0), broadcast("any", "any"), order=0)
case("bitwise_or", lambda m, x, y: (x > 0) | (y > 0), broadcast("any", "any"), order=0)
case("bitwise_not", lambda m, x: ~(x > 0), one(), order=0)
case("bitwise_and of numbers", lambda m, n: n & 5, fixed(others=counted(np.arange(9))), order=0)
case("logical_and", lambda m, x, y: m.logical_and(x, y), broadcast("steps", "steps"), order=0)
case("logical_or", lambda m, x, y: m.logical_or(x, y), broadcast("steps", "steps"), order=0)
case("logical_not", lambda m, x: m.logical_not(x), one("steps"), order=0)
ODD = np.array([1.0, np.nan, np.inf, -np.inf, 0.0])
case("isnan", lambda m, x, odd: m.isnan(x * odd), one(others=counted(ODD), high=0), order=0)
case("isinf", lambda m, x, odd: m.isinf(x * odd), one(others=counted(ODD), high=0), order=0)
case("isfinite", lambda m, x, odd: m.isfinite(x * odd), one(others=counted(ODD), high=0), order=0)
for name in ("floor", "ceil", "trunc", "round"):  # of numbers off the steps
    case(name, lambda m, x, name=name: getattr(m, name)(x + 0.12345), one(), order=1)
case("round to decimals", lambda m, x: (x + 0.012).round(decimals=1), one(), order=1)
case("trunc_div", lambda m, x, y: m.div(x + 0.12345, y, rounding_mode="trunc"),
     broadcast("any", "away"), order=1)  # fmt: skip
case("fmod", lambda m, x, y: m.fmod(x + 0.12345, y), broadcast("any", "away"))
case("atan2", lambda m, x, y: m.atan2(x, y), broadcast("any", "away"))
case("add scaled", lambda m, x, y: m.add(x, y, alpha=2.5), broadcast("any", "any"))
case("sub scaled", lambda m, x, y: m.sub(x, y, alpha=2.5), broadcast("any", "any"))
case("lerp by a tensor", lambda m, x, y: m.lerp(x, y, x.abs() * 0.3 + 0.1),
     lambda draw: alike("away", "any")(draw))  # fmt: skip
case("logical_xor", lambda m, x, y: m.logical_xor(x, y), broadcast("steps", "steps"), order=0)
case("bitwise_xor", lambda m, x, y: (x > 0) ^ (y > 0), broadcast("any", "any"), order=0)

# -- functions of one number -----------------------------------------------------------------------

for name, domain in {
    "square": "any",
    "sqrt": "positive",
    "rsqrt": "positive",
    "exp": "any",
    "log": "positive",
    "log1p": "positive",
    "log2": "positive",
    "log10": "positive",
    "expm1": "any",
    "sin": "any",
    "cos": "any",
    "tan": "unit",
    "acos": "unit",
    "asin": "unit",
    "sinh": "any",
    "cosh": "any",
    "atan": "any",
    "tanh": "any",
    "sigmoid": "any",
    "erf": "any",
    "nan_to_num": "any",
}.items():
    case(name, lambda m, x, name=name: getattr(m, name)(x), one(domain))

case("reciprocal", lambda m, x: x.reciprocal(), one("away"))
for name, domain in {"relu": "away", "silu": "any", "softplus": "any", "logsigmoid": "any"}.items():
    case(name, lambda m, x, name=name: getattr(m.nn.functional, name)(x), one(domain))
case(
    "leaky_relu",
    lambda m, x, slope: m.nn.functional.leaky_relu(x, slope),
    one("away", CHOICE([0.1, 0.2, 1.0, 1.5])),
)
case("leaky_relu, not rising", lambda m, x, slope: m.nn.functional.leaky_relu(x, slope),
     one("away", CHOICE([0.0, -0.5])))  # fmt: skip
case("elu", lambda m, x, a: m.nn.functional.elu(x, a), one("away", CHOICE([1.0, 0.3])))
case("selu", lambda m, x: m.nn.functional.selu(x), one("away"))
for name in ("relu", "leaky_relu", "elu", "selu", "hardtanh"):
    case(f"{name}_", lambda m, x, name=name: getattr(m.nn.functional, f"{name}_")(x * 1.0),
         one("away"))  # fmt: skip
case("clamp_min", lambda m, x: m.clamp_min(x, 0.3), one())
case("clamp_max", lambda m, x: m.clamp_max(x, 0.3), one())
case("gelu", lambda m, x, how: m.nn.functional.gelu(x, approximate=how),
     one(others=CHOICE(["none", "tanh"])))  # fmt: skip
case("relu6", lambda m, x: m.nn.functional.relu6(x), one("away"))
case("glu", lambda m, x, dim: m.nn.functional.glu(x, dim),
     fixed(((2, 3, 4), "any"), others=CHOICE([0, -1])))  # fmt: skip
case(
    "hardtanh",
    lambda m, x, bounds: m.nn.functional.hardtanh(x, *bounds),
    one(others=CHOICE([(), (-0.7, 1.3)])),
)
case(
    "prelu",
    lambda m, x, w: m.nn.functional.prelu(x, w),
    lambda draw: (
        [((2, c := draw(SIZES), *draw(shapes(0, 2))), "away"), ((draw(CHOICE([1, c])),), "any")],
        (),
    ),
)
case(
    "gumbel_softmax",
    lambda m, x, tau: (m.manual_seed(1), m.nn.functional.gumbel_softmax(x, tau))[1],
    one(low=1, others=CHOICE([1.0, 0.5])),
    in_torch=False,
)
case(
    "leaky",
    lambda m, y, x: core.elementwise.leaky(y, x, 0.2) if m is mg else m.where(x > 0, y, 0.2 * y),
    lambda draw: ([(size := draw(shapes()), "any")], (np.asarray(mask(draw, size) - 0.5),)),
)
case("logsumexp", lambda m, x, dim, keep: m.logsumexp(x, dim, keep), axes(1, one_axis=True))
case("softmax", lambda m, x, dim, keep: m.softmax(x, dim), axes(1, one_axis=True))
case("log_softmax", lambda m, x, dim, keep: m.log_softmax(x, dim), axes(1, one_axis=True))
case(
    "normalize",
    lambda m, x, dim, keep: m.nn.functional.normalize(x, dim=dim),
    axes(1, one_axis=True),
)
case(
    "dropout",
    lambda m, x, p: (m.manual_seed(1), m.nn.functional.dropout(x, p))[1],
    one(others=CHOICE([0.0, 0.3, 1.0])),
    in_torch=False,
)
case(
    "dropout2d",
    lambda m, x, p: (m.manual_seed(1), m.nn.functional.dropout2d(x, p))[1],
    images(others=CHOICE([0.0, 0.3, 1.0])),
    in_torch=False,
)

# -- products --------------------------------------------------------------------------------------


def stacks(draw: Draw) -> Any:
    """(…, N, I) and (…, I, O), with leading axes that broadcast."""
    lead = draw(shapes(0, 2))
    n, i, o = (draw(SIZES) for _ in range(3))
    parts = (*draw(parts_of(lead)), n, i), (*draw(parts_of(lead)), i, o)
    return [(part, "any") for part in parts], ()


def affine(draw: Draw) -> Any:
    """x (…, I), weight (O, I) and bias (O)."""
    lead, i, o = draw(shapes(0, 3)), draw(SIZES), draw(SIZES)
    return [((*lead, i), "any"), ((o, i), "any"), ((o,), "any")], ()


def affine_rows(draw: Draw) -> Any:
    n, i, o = (draw(SIZES) for _ in range(3))
    return [((n, i), "any"), ((o, i), "any"), ((o,), "any")], ()


case("product", lambda m, x, y: core.linear.product(x, y) if m is mg else x @ y, stacks)
case("matmul", lambda m, x, y: x @ y, stacks)
case("matmul of vectors", lambda m, x, y: x @ y, fixed(((3,), "any"), ((3,), "any")))
case("matmul by a vector", lambda m, x, y: m.matmul(x, y), fixed(((2, 4, 3), "any"), ((3,), "any")))
case("rows by a vector", lambda m, x, y: m.matmul(x, y), fixed(((4, 3), "any"), ((3,), "any")))
case("matmul of a vector", lambda m, x, y: m.matmul(x, y), fixed(((3,), "any"), ((2, 3, 2), "any")))
case("dot", lambda m, x, y: m.dot(x, y), fixed(((3,), "any"), ((3,), "any")))
case("mv", lambda m, x, y: m.mv(x, y), fixed(((4, 3), "any"), ((3,), "any")))
case("mm", lambda m, x, y: m.mm(x, y), fixed(((4, 3), "any"), ((3, 2), "any")))
case("bmm", lambda m, x, y: m.bmm(x, y), fixed(((2, 4, 3), "any"), ((2, 3, 2), "any")))
case("addmm", lambda m, x, a, b: m.addmm(x, a, b, beta=0.5, alpha=2.0),
     fixed(((2,), "any"), ((3, 4), "any"), ((4, 2), "any")))  # fmt: skip
case("baddbmm", lambda m, x, a, b: m.baddbmm(x, a, b, beta=0.5, alpha=2.0),
     fixed(((2, 3, 2), "any"), ((2, 3, 4), "any"), ((2, 4, 2), "any")))  # fmt: skip
EQUATIONS = {
    "ab->ba": [(2, 3)],
    "ab->": [(2, 3)],
    "ab": [(2, 3)],
    "bi,ij->bj": [(2, 3), (3, 4)],
    "bi,ji->jb": [(2, 3), (4, 3)],
    "bij,bjk": [(2, 3, 2), (2, 2, 3)],
    "i,i->": [(3,), (3,)],
    "i,j->ji": [(3,), (2,)],
    "bchw,bc->bchw": [(2, 3, 2, 2), (2, 3)],
    "nct,ncp -> ntp": [(2, 3, 4), (2, 3, 2)],
    "ab,cd->a": [(2, 3), (2, 2)],
    "ab,bc,cd->ad": [(2, 3), (3, 2), (2, 3)],
}
for equation, sizes in EQUATIONS.items():
    case(f"einsum {equation}", lambda m, *xs, e=equation: m.einsum(e, *xs),
         fixed(*((size, "any") for size in sizes)))  # fmt: skip
case("outer", lambda m, x, y: m.outer(x, y), fixed(((3,), "any"), ((4,), "any")))
case("linear of rows", lambda m, x, w, b: m.nn.functional.linear(x, w, b), affine_rows)
case("linear", lambda m, x, w, b: m.nn.functional.linear(x, w, b), affine)
case(
    "linear without bias",
    lambda m, x, w: m.nn.functional.linear(x, w),
    lambda draw: (affine(draw)[0][:2], ()),
)
case(
    "embedding",
    lambda m, w, index: m.nn.functional.embedding(index, w),
    fixed(((5, 3), "any"), others=counted(np.array([0, 4, 4]), np.array([[1, 2], [2, 2]]))),
)
case(
    "one_hot",
    lambda m, index: m.nn.functional.one_hot(index, 5),
    fixed(others=counted(np.array([0, 4, 4]), np.array([[1, 2], [2, 0]]))),
    order=0,
)

# -- reductions ------------------------------------------------------------------------------------

for name in ("prod", "cumprod"):
    case(name, lambda m, x, dim, keep, name=name: getattr(m, name)(x, dim), axes(1, one_axis=True))
case("prod of all", lambda m, x: x.prod(), one())
case("prod beside zeros", lambda m, x: x.prod(1, True), fixed(((3, 4), "steps")))
case("cumprod beside zeros", lambda m, x: x.cumprod(1), fixed(((3, 5), "steps")))
case("cumsum", lambda m, x, dim, keep: m.cumsum(x, dim), axes(1, one_axis=True))
for name in ("var_mean", "std_mean"):
    for which in (0, 1):
        case(f"{name} {which}",
             lambda m, x, dim, keep, name=name, i=which: getattr(m, name)(x, dim, keepdim=keep)[i],
             axes(1, least=2), ties=False)  # fmt: skip
        case(f"{name} {which} of all, biased",
             lambda m, x, name=name, i=which: getattr(m, name)(x, False)[i],
             fixed(((2, 3), "any")), ties=False)  # fmt: skip
case("sum", lambda m, x, dim, keep: m.sum(x, dim, keep), axes())
case("mean", lambda m, x, dim, keep: m.mean(x, dim, keep), axes())
for unbiased in (True, False):
    kind = "" if unbiased else " biased"
    for name in ("var", "std"):
        case(
            name + kind,
            lambda m, x, dim, keep, name=name, u=unbiased: getattr(m, name)(
                x, dim, unbiased=u, keepdim=keep
            ),
            axes(1, least=2),
            ties=False,
        )
case("matmul of the core", lambda m, x, y: core.linear.matmul(x, y) if m is mg else x @ y, stacks)
case("var of all, biased", lambda m, x: x.var(False), fixed(((2, 3), "any")), ties=False)
case("std of all, biased", lambda m, x: x.std(False), fixed(((2, 3), "any")), ties=False)
case("norm", lambda m, x, dim, keep: m.norm(x, 2, dim, keep), axes())
case("norm of the core", lambda m, x, dim, keep: (core.reduce if m is mg else m).norm(
    x, dim=dim, keepdim=keep), axes())  # fmt: skip
for p in (1, 3, 0.5, -1.5, math.inf, -math.inf):
    case(f"norm p={p}", lambda m, x, dim, keep, p=p: m.norm(x, p, dim, keep), axes(1, "away"),
         ties=False)  # fmt: skip
for name in ("amax", "amin"):
    case(
        name,
        lambda m, x, dim, keep, name=name: getattr(m, name)(x, () if dim is None else dim, keep),
        axes(),
        ties=False,
    )
case("max", lambda m, x: m.max(x), one(), ties=False)
case("min", lambda m, x: m.min(x), one(), ties=False)
case("max along an axis", lambda m, x, dim, keep: m.max(x, dim, keep)[0], axes(1, one_axis=True),
     ties=False)  # fmt: skip
case("min along an axis", lambda m, x, dim, keep: m.min(x, dim, keep).values,
     axes(1, one_axis=True), ties=False)  # fmt: skip
case("max of two", lambda m, x, y: m.max(x, y), broadcast("any", "any"), ties=False)
case("min of two", lambda m, x, y: m.min(x, y), broadcast("any", "any"), ties=False)
case("argmax", lambda m, x, dim, keep: m.argmax(x, dim, keep), axes(1, one_axis=True), order=0,
     ties=False)  # fmt: skip
case("argmin", lambda m, x, dim, keep: m.argmin(x, dim, keep), axes(1, one_axis=True), order=0,
     ties=False)  # fmt: skip
case("argmax of the core", lambda m, x, dim, keep: (core.reduce if m is mg else m).argmax(x, dim),
     axes(1, one_axis=True), order=0, ties=False)  # fmt: skip
case("argmax of all", lambda m, x: m.argmax(x), one(), order=0, ties=False)
case("isclose", lambda m, x, y: m.isclose(x, y, 0.1), broadcast("steps", "any"), order=0)
case("all", lambda m, x, dim, keep: m.all(x > -1, dim, keep), axes(1, one_axis=True), order=0)
case("any", lambda m, x, dim, keep: m.any(x > 1, dim, keep), axes(1, one_axis=True), order=0)
case("all of it", lambda m, x: m.all(x > -1), one(), order=0)
case("any of it", lambda m, x: m.any(x > 1), one(), order=0)

# -- order -----------------------------------------------------------------------------------------

ORDERED = fixed(((3, 4), "any"), others=CHOICE([(0, False), (1, True), (-1, False), (-2, True)]))
case("argsort", lambda m, x, o: m.argsort(x, *o), ORDERED, order=0, ties=False)
case("sort", lambda m, x, o: m.sort(x, dim=o[0], descending=o[1])[0], ORDERED, ties=False)
case("topk", lambda m, x, o: m.topk(x, 2, o[0], o[1]).values, ORDERED, ties=False)
case("topk places", lambda m, x, o: m.topk(x, 2, *o).indices, ORDERED, order=0, ties=False)
case("nonzero", lambda m, x: m.nonzero(x), one("steps", low=1), order=0)

# -- moving elements -------------------------------------------------------------------------------

case(
    "broadcast_to",
    lambda m, x, size: m.broadcast_to(x, size),
    lambda draw: ([(draw(parts_of(full := draw(shapes()))), "any")], (full,)),
)
case(
    "sum_to",
    lambda m, x, size: core.shape.sum_to(x, size) if m is mg else x.sum_to_size(size),
    lambda draw: ([(full := draw(shapes()), "any")], (draw(parts_of(full)),)),
)
case("astype", lambda m, x: core.shape.astype(x, x.dtype) if m is mg else x.to(x.dtype), one())
BOX = ((2, 3, 4), "any")
case(
    "reshape_to",
    lambda m, x, size: core.shape.reshape_to(x, size) if m is mg else x.reshape(size),
    fixed(BOX, others=CHOICE([(24,), (4, -1), (2, 1, 12)])),
)
case("reshape", lambda m, x, size: m.reshape(x, size), fixed(BOX, others=CHOICE([(24,), (4, -1)])))
case("view", lambda m, x, size: x.view(size), fixed(BOX, others=CHOICE([(24,), (6, -1), (1, 24)])))
case("reshape of a sum", lambda m, x: (x + x).reshape(-1, 4), fixed(BOX))
case(
    "flatten",
    lambda m, x, dims: m.flatten(x, *dims),
    fixed(BOX, others=CHOICE([(), (1,), (0, 1), (-2, -1), (1, 1)])),
)
case("flatten a number", lambda m, x: m.flatten(x), one(high=0))
case("unflatten", lambda m, x: x.unflatten(1, (3, 2)), fixed(((2, 6, 2), "any")))
case("squeeze", lambda m, x: m.squeeze(x), one())
case("squeeze an axis", lambda m, x, dim: m.squeeze(x, dim),
     fixed(((1, 3, 1), "any"), others=CHOICE([0, 1, 2, -1, (0, 2)])))  # fmt: skip
case("unsqueeze", lambda m, x, dim: m.unsqueeze(x, dim), fixed(BOX, others=st.integers(-4, 3)))
case("expand", lambda m, x, size: x.expand(*size),
     fixed(((3, 1), "any"), others=CHOICE([(3, 4), (2, -1, 5), (2, 3, 1)])))  # fmt: skip
case("repeat", lambda m, x, times: x.repeat(*times),
     fixed(((2, 3), "any"), others=CHOICE([(1, 2), (3, 1), (2, 1, 2)])))  # fmt: skip
case("tile", lambda m, x, times: m.tile(x, times),
     fixed(BOX, others=CHOICE([(2,), (1, 2, 1), (2, 1, 1, 3)])))  # fmt: skip
case("repeat_interleave", lambda m, x, dim: m.repeat_interleave(x, 3, dim),
     fixed(((2, 3), "any"), others=CHOICE([0, 1, -1, None])))  # fmt: skip
ORDERS = CHOICE([(0, 1, 2), (2, 0, 1), (0, -1, 1), (2, 1, 0)])
case("permute", lambda m, x, dims: m.permute(x, dims), fixed(BOX, others=ORDERS))
case("permute_to", lambda m, x, dims: wide.shape.permute_to(x, dims) if m is mg else x.permute(dims),
     fixed(BOX, others=CHOICE([(0, 1, 2), (2, 0, 1)])))  # fmt: skip
case("permute method", lambda m, x, dims: x.permute(*dims), fixed(BOX, others=ORDERS))
case("swapaxes", lambda m, x, dims: m.transpose(x, *dims),
     fixed(BOX, others=CHOICE([(0, 1), (-1, 0), (1, -1), (2, 2)])))  # fmt: skip
case("t", lambda m, x: x.t(), one(high=2))
case("reversed_axes", lambda m, x: x.T, one(low=2, high=2))
case("roll", lambda m, x, o: m.roll(x, *o),
     fixed(BOX, others=CHOICE([(1,), (-5,), (1, 0), ((1, -2), (0, 2))])))  # fmt: skip
case("along", lambda m, x, dim: wide.shape.along(x, dim, 1) if m is mg else x.select(dim, 1),
     fixed(BOX, others=CHOICE([0, 1, -1])))  # fmt: skip
for name in ("tril", "triu"):
    case(
        name,
        lambda m, x, d, name=name: getattr(m, name)(x, d),
        fixed(BOX, others=CHOICE([0, 1, -1])),
    )
case("select", lambda m, x, dim: x.select(dim, 1), fixed(BOX, others=CHOICE([0, 1, -1])))
case("narrow", lambda m, x, dim: m.narrow(x, dim, 1, 1), fixed(BOX, others=CHOICE([0, 1, -1])))
case("narrow from the end", lambda m, x: x.narrow(-1, -3, 2), fixed(BOX))
case("masked_select", lambda m, x, c: m.masked_select(x, c), fixed(BOX, others=counted(
    np.arange(24).reshape(2, 3, 4) % 3 == 0, np.array([True, False, True, True]).reshape(1, 1, 4)
    & np.ones((2, 3, 1), bool), np.ones((2, 1, 3, 1), bool))))  # fmt: skip
case("flip", lambda m, x, dims: m.flip(x, dims), fixed(BOX, others=CHOICE([(0,), (1, -1), (2,)])))
case("contiguous", lambda m, x: x.contiguous(), one())
case("clone", lambda m, x: m.clone(x), one())
case("clone of a transpose, by rows", lambda m, x: x.t().clone().contiguous(),
     fixed(((3, 2), "any")))  # fmt: skip
case("insert", lambda m, x, row: wide.written.insert(x, row, core.shape.take.op, ((0,),)),
     fixed(((3, 2), "any"), ((2,), "any")), in_torch=False)  # fmt: skip
case("clone changed by a view", lambda m, x: _last_scaled(x.clone()), one(low=1))


def _last_scaled(x: Any) -> Any:
    """By the first, through a view and in place."""
    last = x[..., -1:]
    last *= x[..., :1].clone()
    return x


ALL = slice(None)
INDICES = CHOICE(
    [
        (1,),
        (-1, 2),
        (slice(1, None),),
        (ALL, slice(None, None, 2)),
        (ALL, slice(0, 0)),
        (ALL, ALL, slice(-3, -1)),
        (Ellipsis, 1),
        (0, Ellipsis, slice(1, 3)),
        (None, 1, None),
        (np.array([0, 1, 1, 0]),),
        (ALL, np.array([2, 0]), slice(1, 3)),
        (np.array([0, 1]), np.array([2, 2])),
        (ALL, np.array([[0, 2], [1, 1]])),
        (ALL, [0, 2]),
        (ALL, [True, False, True]),
        (np.array([True, False]),),
        (np.arange(24).reshape(2, 3, 4) % 3 == 0,),
        (Ellipsis, np.array([True, False, True, True])),
        (),
    ]
)
case("getitem", lambda m, x, index: x[index], fixed(BOX, others=INDICES))
case(
    "take",
    lambda m, x, index: core.shape.take(x, index) if m is mg else x[index],
    fixed(BOX, others=CHOICE([(1,), (slice(0, 1), 2), (Ellipsis, slice(None, None, 2))])),
)
case(
    "place",
    lambda m, v: (
        core.shape.place(v, (slice(1, 3), 0), (4, 2))
        if m is mg
        else m.nn.functional.pad(v[:, None], (0, 1, 1, 1))
    ),
    fixed(((2,), "any")),
)
case(
    "put",
    lambda m, x, v, index: (
        wide.index.put(x, v, core.shape.as_index(index))
        if m is mg
        else m.index_put(x, tuple(map(m.as_tensor, index)), v.squeeze(0))
    ),
    fixed(BOX, ((1, 2, 4), "any"), others=CHOICE([(np.array([1, 0]), np.array([2, 2]))])),
)
case("gather", lambda m, x, index: m.gather(x, 1, index),
     fixed(((3, 4), "any"), others=counted(np.array([[0, 3], [3, 3], [2, 1]]),
                                           np.array([[1, 1, 0, 2, 3]]))))  # fmt: skip
case("gather along the first axis", lambda m, x, index: x.gather(-2, index),
     fixed(((3, 4), "any"), others=counted(np.array([[0, 2, 1, 2]]))))  # fmt: skip
case("index_select", lambda m, x, index: m.index_select(x, -1, index),
     fixed(BOX, others=counted(np.array([3, 0, 3]))))  # fmt: skip


case("take of the flattened", lambda m, x, index: m.take(x, index),
     fixed(BOX, others=counted(np.array([3, 0, 3]), np.array([[-1, 5]]))))  # fmt: skip
case("take_along_dim", lambda m, x, index: m.take_along_dim(x, index, 1),
     fixed(((3, 4), "any"), others=counted(np.array([[3, 3]]), np.array([[0], [1], [2]]))))  # fmt: skip
case("getitem of numbers beside tensors", lambda m, x, i: x[0, :, i],
     fixed(BOX, others=counted(np.array([3, 0, 3]))))  # fmt: skip
AIMS = counted(np.array([[0, 3, 2], [3, 1, 0]]))
case("scatter", lambda m, x, y, index: m.scatter(x, 1, index, y),
     fixed(((3, 4), "any"), ((2, 3), "any"), others=AIMS))  # fmt: skip
case("scatter_add", lambda m, x, y, index: m.scatter_add(x, 1, index, y),
     fixed(((3, 4), "any"), ((2, 3), "any"),
           others=counted(np.array([[0, 0, 2], [3, 1, 1]]))))  # fmt: skip
case(
    "added",
    lambda m, x, y: (
        wide.scatter.added(x, y, (mg.tensor([0, 0]).array,)) if m is mg else x.index_put(
            (m.tensor([0, 0]),), y, accumulate=True)
    ),
    fixed(((3,), "any"), ((2,), "any")),
)  # fmt: skip
case("index_add", lambda m, x, y, index: m.index_add(x, 1, index, y, alpha=2),
     fixed(BOX, ((2, 2, 4), "any"), others=counted(np.array([1, 1]))))  # fmt: skip
case("index_copy", lambda m, x, y, index: m.index_copy(x, -2, index, y),
     fixed(BOX, ((2, 2, 4), "any"), others=counted(np.array([2, 0]))))  # fmt: skip
case("index_fill", lambda m, x, y, index: m.index_fill(x, 1, index, y),
     fixed(BOX, ((), "any"), others=counted(np.array([2, 2]))))  # fmt: skip
case("index_put", lambda m, x, y, i: m.index_put(x, (i,), y),
     fixed(((3, 2), "any"), ((2,), "any"), others=counted(np.array([2, 0]))))  # fmt: skip
case("masked_scatter", lambda m, x, y, mask: m.masked_scatter(x, mask, y),
     fixed(((2, 3), "any"), ((5,), "any"), others=counted(np.array([True, False, True]))))  # fmt: skip
TURNS = CHOICE([(1, (0, 1)), (2, (0, 2)), (3, (1, 0)), (4, (0, 1)), (-1, (2, 1))])
case("rot90", lambda m, x, turn: m.rot90(x, *turn), fixed(BOX, others=TURNS))
case("movedim", lambda m, x, o: m.movedim(x, *o),
     fixed(BOX, others=CHOICE([(0, 2), ((0, 1), (2, 0)), (-1, 0)])))  # fmt: skip
case("reversed_along", lambda m, x: m.flip(x, (0, -1)) if m is not mg else
     wide.shape.reversed_along(x, (0, 2)), fixed(BOX))  # fmt: skip
for name in ("fliplr", "flipud"):
    case(name, lambda m, x, name=name: getattr(m, name)(x), fixed(BOX))
case("diagonal", lambda m, x, o: m.diagonal(x, *o),
     fixed(BOX, others=CHOICE([(), (1,), (-1, 0, 2), (0, -1, -2), (5,)])))  # fmt: skip
case("on_diagonal", lambda m, x: m.diag_embed(x, 1) if m is not mg else
     wide.rearrange.on_diagonal(x, 1, 1, 2, (2, 4, 4)), fixed(((2, 3), "any")))  # fmt: skip
case("diag", lambda m, x, d: m.diag(x, d), fixed(((3, 4), "any"), others=CHOICE([0, 1, -2])))
case("diag of a vector", lambda m, x: m.diag(x, -1), fixed(((3,), "any")))
case("diag_embed", lambda m, x, o: m.diag_embed(x, *o),
     fixed(((2, 3), "any"), others=CHOICE([(), (1,), (0, 0, 2)])))  # fmt: skip
# wide matrices only: until 2.12 PyTorch's gradient of a tall one goes on below its diagonal
case("trace", lambda m, x: m.trace(x[: x.shape[1]]), one(low=2, high=2))
case("trace of a tall matrix", lambda m, x: m.trace(x), fixed(((4, 2), "any")), in_torch=False)
case("unfold", lambda m, x, o: x.unfold(*o),
     fixed(BOX, others=CHOICE([(1, 2, 1), (-1, 3, 1), (2, 2, 2), (0, 1, 3)])))  # fmt: skip
case("broadcast_tensors", lambda m, x, y: m.stack(m.broadcast_tensors(x, y)),
     fixed(((3, 1), "any"), ((2,), "any")))  # fmt: skip
case("cartesian_prod", lambda m, x, y: m.cartesian_prod(x, y), fixed(((2,), "any"), ((3,), "any")))
case(
    "kron", lambda m, x, y: m.kron(x, y), fixed(((2, 3), "any"), ((2,), "any")), in_torch=False
)  # which refuses some layouts; fmt: skip
case("tensordot", lambda m, x, y, dims: m.tensordot(x, y, dims),
     fixed(((2, 3), "any"), ((2, 3), "any"), others=CHOICE([0, ((0,), (0,)), ((0, 1), (0, 1))])))  # fmt: skip
case(
    "meshgrid",
    lambda m, x, y: m.stack(m.meshgrid(x, y, indexing="xy")),
    fixed(((2,), "any"), ((3,), "any")),
)
case("unique", lambda m, x: m.unique(x.detach()), one("steps"), order=0)
case("bincount", lambda m, x: m.bincount((x.detach() + 3).long()), fixed(((5,), "steps")), order=0)
case("count_nonzero", lambda m, x: m.count_nonzero(x), one("steps"), order=0)
case("repeat_interleave by numbers", lambda m, x, n: m.repeat_interleave(x, n, 1),
     fixed(BOX, others=counted(np.array([2, 0, 1]))))  # fmt: skip


def joined(draw: Draw) -> Any:
    """Three arrays that differ along one axis."""
    size = list(draw(shapes(1, 3)))
    dim = draw(st.integers(0, len(size) - 1))
    parts = [(*size[:dim], draw(SIZES), *size[dim + 1 :]) for _ in range(3)]
    return [(part, "any") for part in parts], (dim - draw(CHOICE([0, len(size)])),)


case("cat", lambda m, x, y, z, dim: m.cat([x, y, z], dim), joined)
case("cat the same twice", lambda m, x: m.cat((x, x)), one(low=1))
case(
    "stack",
    lambda m, x, y, dim: m.stack([x, y], dim),
    lambda draw: ([(size := draw(shapes()), "any"), (size, "any")], (draw(CHOICE([0, -1])),)),
)
case("vstack", lambda m, x, y: m.vstack([x, y]), fixed(((3,), "any"), ((2, 3), "any")))
case("hstack", lambda m, x, y: m.hstack([x, y]), fixed(((2, 1), "any"), ((2, 3), "any")))
case("hstack of vectors", lambda m, x, y: m.hstack([x, y]), fixed(((2,), "any"), ((3,), "any")))
case("unbind", lambda m, x, dim: m.unbind(x, dim)[1],
     fixed(BOX, others=CHOICE([0, 1, -1])))  # fmt: skip
case("split", lambda m, x, size: m.split(x, size, 1)[-1],
     fixed(((2, 5), "any"), others=CHOICE([2, 5, 1, [1, 4], [2, 0, 3]])))  # fmt: skip
case("chunk", lambda m, x, count: m.chunk(x, count, -1)[0],
     fixed(((2, 5), "any"), others=CHOICE([1, 2, 3, 5])))  # fmt: skip
case(
    "pad",
    lambda m, x, widths: m.nn.functional.pad(x, widths, value=0.5),
    fixed(((1, 2, 3, 4), "any"), others=CHOICE([(1, 2), (0, 1, 2, 0), (-1, 1, 1, -1), (0, 0)])),
)
for mode in ("reflect", "replicate", "circular"):
    case(f"pad {mode}", lambda m, x, widths, mode=mode: m.nn.functional.pad(x, widths, mode),
         fixed(((1, 2, 3, 4), "any"), others=CHOICE([(1, 2, 0, 0), (2, 0, 1, 2)])))  # fmt: skip

# -- losses ----------------------------------------------------------------------------------------


def alike(first: str, second: str, others: Any = None) -> Recipe:
    """Two arrays of one shape."""

    def recipe(draw: Draw) -> Any:
        size = draw(shapes())
        return [(size, first), (size, second)], () if others is None else (draw(others),)

    return recipe


case(
    "bce",
    lambda m, p, t: (
        core.loss.bce(p, t)
        if m is mg
        else m.nn.functional.binary_cross_entropy(p, t, reduction="none")
    ),
    alike("unit", "unit"),
)
case(
    "bce_with_logits",
    lambda m, x, t: (
        wide.loss.bce_with_logits(x, t)
        if m is mg
        else m.nn.functional.binary_cross_entropy_with_logits(x, t, reduction="none")
    ),
    alike("away", "unit"),
)
for name, domains in {
    "binary_cross_entropy": ("unit", "unit"),
    "binary_cross_entropy_with_logits": ("away", "unit"),
    "mse_loss": ("any", "any"),
    "l1_loss": ("any", "any"),
    "smooth_l1_loss": ("any", "any"),
    "huber_loss": ("any", "any"),
}.items():
    case(
        name,
        lambda m, x, t, r, name=name: getattr(m.nn.functional, name)(x, t, reduction=r),
        alike(*domains, others=REDUCTION),
    )
case(
    "kl_div",
    lambda m, x, t, o: m.nn.functional.kl_div(x, t, reduction=o[0], log_target=o[1]),
    fixed(((3, 4), "any"), ((3, 4), "unit"),
          others=st.tuples(CHOICE(["batchmean", "sum", "none"]), st.booleans())),
)  # fmt: skip
for name in ("margin_ranking_loss", "triplet_margin_loss"):
    case(
        name,
        lambda m, x, y, z, r, name=name: getattr(m.nn.functional, name)(x, y, z, 0.3, reduction=r),
        fixed(((3, 4), "any"), ((3, 4), "any"), ((3, 4), "any"), others=REDUCTION),
    )
case(
    "hinge_embedding_loss",
    lambda m, x, o: m.nn.functional.hinge_embedding_loss(x, o[0], reduction=o[1]),
    fixed(((2, 3), "any"), others=st.tuples(st.just(np.array([1.0, -1.0, 1.0])), REDUCTION)),
)
case("cosine_similarity", lambda m, x, y, dim: m.nn.functional.cosine_similarity(x, y, dim),
     fixed(((3, 4), "any"), ((3, 4), "any"), others=CHOICE([0, 1, -1])))  # fmt: skip
case("pairwise_distance", lambda m, x, y, p: m.nn.functional.pairwise_distance(x, y, p),
     fixed(((3, 4), "any"), ((3, 4), "any"), others=CHOICE([2.0, 1.0])))  # fmt: skip
for name in ("binary_cross_entropy",):
    case(f"{name} of the core", of_the_core(name, getattr(core.loss, name)), alike("unit", "unit"))
case("cross_entropy of the core", of_the_core("cross_entropy", core.loss.cross_entropy),
     fixed(((3, 4), "any"), others=counted(np.array([0, 3, 3]))))  # fmt: skip
ROW = counted(np.array([0.5, 2.0, 1.0]))
for name in ("binary_cross_entropy", "binary_cross_entropy_with_logits"):
    case(
        f"{name} weighted",
        lambda m, x, t, w, name=name: getattr(m.nn.functional, name)(x, t, weight=w),
        fixed(((2, 3), "unit"), ((2, 3), "unit"), others=ROW),
    )
case(
    "binary_cross_entropy_with_logits of rare positives",
    lambda m, x, t, w: m.nn.functional.binary_cross_entropy_with_logits(x, t, pos_weight=w),
    fixed(((2, 3), "away"), ((2, 3), "unit"), others=ROW),
)
case(
    "nll_loss weighted",
    lambda m, x, w: m.nn.functional.nll_loss(x, m.tensor([0, 2, 2, 1]), weight=w),
    fixed(((4, 3), "any"), others=ROW),
)
CLASSES = fixed(((3, 4), "any"), others=st.tuples(st.just(np.array([0, 3, 3])), REDUCTION))
case("nll_loss", lambda m, x, o: m.nn.functional.nll_loss(x, o[0], reduction=o[1]), CLASSES)
case(
    "cross_entropy",
    lambda m, x, o: m.nn.functional.cross_entropy(x, o[0], reduction=o[1], label_smoothing=0.1),
    CLASSES,
)
PIXELS = st.tuples(
    st.just(np.array([[0, 3], [3, 1], [2, 2]])),
    CHOICE(
        [{}, {"ignore_index": 3}, {"ignore_index": 3, "weight": np.array([0.5, 2.0, 1.0, 3.0])}]
    ),
)


def per_pixel(name: str, m: Any, x: Any, target: Any, options: dict) -> Any:
    options = {k: m.as_tensor(v, dtype=x.dtype) if k == "weight" else v for k, v in options.items()}
    return getattr(m.nn.functional, name)(x, target, **options)


case("nll_loss of pixels", lambda m, x, o: per_pixel("nll_loss", m, x, *o),
     fixed(((3, 4, 2), "any"), others=PIXELS))  # fmt: skip
for SMOOTHING in (0.0, 0.3):
    case(f"cross_entropy of pixels, smoothing {SMOOTHING}",
         lambda m, x, o, s=SMOOTHING: per_pixel("cross_entropy", m, x, o[0],
                                                {**o[1], "label_smoothing": s}),
         fixed(((3, 4, 2), "any"), others=PIXELS))  # fmt: skip
case("cross_entropy of one sample", lambda m, x: m.nn.functional.cross_entropy(x, m.tensor(1)),
     fixed(((3,), "any")))  # fmt: skip
case(
    "cross_entropy of probabilities",
    lambda m, x, t: m.nn.functional.cross_entropy(x, m.softmax(t, 1), label_smoothing=0.2),
    fixed(((3, 4), "any"), ((3, 4), "any")),
)

for SMOOTHING in (0.0, 0.3):
    case(
        f"cross_entropy weighted, smoothing {SMOOTHING}",
        lambda m, x, w, s=SMOOTHING: m.nn.functional.cross_entropy(
            x, m.tensor([0, 2, 2, 1]), weight=w, label_smoothing=s
        ),
        fixed(((4, 3), "any"), others=ROW),
    )
    case(
        f"cross_entropy of probabilities, weighted, smoothing {SMOOTHING}",
        lambda m, x, t, w, s=SMOOTHING: m.nn.functional.cross_entropy(
            x, m.softmax(t, 1), weight=w, label_smoothing=s
        ),
        fixed(((4, 3), "any"), ((4, 3), "any"), others=ROW),
    )

# -- normalisation ---------------------------------------------------------------------------------


def channels(draw: Draw) -> Any:
    """x (N, C, …), weight and bias (C)."""
    c, rest = draw(SIZES), draw(shapes(0, 2))
    return [((draw(st.integers(3, 5)), c, *rest), "any"), ((c,), "any"), ((c,), "any")], ()


case(
    "batch_norm",
    lambda m, x, w, b: m.nn.functional.batch_norm(x, None, None, w, b, True),
    channels,
    ties=False,
)
case(
    "batch_norm without parameters",
    lambda m, x: m.nn.functional.batch_norm(x, None, None, training=True),
    lambda draw: (channels(draw)[0][:1], ()),
    ties=False,
)
case(
    "batch_norm of the core",
    lambda m, x, w, b: (
        core.norm.batch_norm(x, (m.zeros_like(w), m.ones_like(w)), (w, b), True, 0.1, 1e-5)
        if m is mg
        else m.nn.functional.batch_norm(x, None, None, w, b, True)
    ),
    channels,
    ties=False,
)
case(
    "batch_norm in eval mode",
    lambda m, x, w, b: m.nn.functional.batch_norm(
        x, m.full_like(w, 0.3), m.full_like(w, 2.0), w, b, False
    ),
    channels,
)
case(
    "layer_norm",
    lambda m, x, w, b: m.nn.functional.layer_norm(x, tuple(w.shape), w, b),
    lambda draw: (
        [
            ((*draw(shapes(1, 2)), *(size := (2, draw(st.integers(2, 4))))), "any"),
            (size, "any"),
            (size, "any"),
        ],
        (),
    ),
    ties=False,
)
case("group_norm", lambda m, x, w, b: m.nn.functional.group_norm(x, 2, w, b),
     fixed(((2, 4, 3), "any"), ((4,), "any"), ((4,), "any")), ties=False)  # fmt: skip
case(
    "instance_norm",
    lambda m, x, w, b: m.nn.functional.instance_norm(x, weight=w, bias=b),
    lambda draw: ([((draw(SIZES), 2, 2, 3), "any"), ((2,), "any"), ((2,), "any")], ()),
    ties=False,
)

# -- convolution, pooling, resizing ----------------------------------------------------------------


def convolution(transposed: bool) -> Recipe:
    """x, weight and bias, and stride, padding, dilation and groups as keywords."""

    def recipe(draw: Draw) -> Any:
        groups = draw(CHOICE([1, 1, 2]))
        c, o = groups * draw(st.integers(1, 2)), groups * draw(st.integers(1, 2))
        kernel = (draw(st.integers(1, 3)), draw(st.integers(1, 3)))
        size = (draw(st.integers(1, 2)), c, draw(st.integers(5, 6)), draw(st.integers(5, 6)))
        weight = (c, o // groups, *kernel) if transposed else (o, c // groups, *kernel)
        settings = {
            "stride": draw(CHOICE([1, 2, (2, 1)])),
            "padding": draw(CHOICE([0, 1, (1, 0)])),
            "dilation": draw(CHOICE([1, 1, 2])),
            "groups": groups,
        }
        return [(size, "any"), (weight, "any"), ((o,), "any")], (settings,)

    return recipe


case("conv2d", lambda m, x, w, b, o: m.nn.functional.conv2d(x, w, b, **o), convolution(False))
case(
    "conv_transpose2d",
    lambda m, x, w, b, o: m.nn.functional.conv_transpose2d(x, w, b, **o),
    convolution(True),
)
STEPS = CHOICE([{}, {"stride": 2, "padding": 1}, {"dilation": (2,), "groups": 2}])
MAP = fixed(((2, 3, 5, 4), "any"), ((3, 3, 3, 2), "any"), ((3,), "any"),
            others=CHOICE([(1, 0), (2, 1), ((2, 1), (1, 0))]))  # fmt: skip
for name in ("conv2d", "conv_transpose2d"):
    call = of_the_core(name, getattr(core.conv, name))
    case(f"{name} of the core", lambda m, x, w, b, o, call=call: call(m, x, w, b, *o), MAP)
LARGER = CHOICE(
    [
        {"stride": 2, "padding": 1, "output_padding": 1},
        {"stride": (3, 2), "output_padding": (2, 0)},
        {"dilation": 2, "output_padding": 1},
        {"stride": 2, "padding": (0, 1), "output_padding": 1, "groups": 2},
    ]
)
case("conv_transpose2d larger", lambda m, x, w, b, o: m.nn.functional.conv_transpose2d(
    x, w[:, : 4 // o.get("groups", 1)], b, **o),
     fixed(((2, 2, 3, 4), "any"), ((2, 4, 3, 2), "any"), ((4,), "any"), others=LARGER))  # fmt: skip
STEP = ((2, 1), (1, 0))  # stride and padding
case(
    "conv2d_input",
    lambda m, y, w: (
        core.conv.conv2d_input(y, w, None, (5, 5), STEP)
        if m is mg
        else m.nn.grad.conv2d_input((2, 2, 5, 5), w, y, *STEP)
    ),
    fixed(((2, 3, 3, 3), "any"), ((3, 2, 3, 3), "any")),
)
case(
    "conv2d_weight",
    lambda m, x, y: (
        core.conv.conv2d_weight(x, y, (3, 3), STEP)
        if m is mg
        else m.nn.grad.conv2d_weight(x, (3, 2, 3, 3), y, *STEP)
    ),
    fixed(((2, 2, 5, 5), "any"), ((2, 3, 3, 3), "any")),
)
case("conv1d", lambda m, x, w, b, o: m.nn.functional.conv1d(
    x, w[:, : 2 // o.get("groups", 1)], b, **o),
     fixed(((2, 2, 7), "any"), ((4, 2, 3), "any"), ((4,), "any"), others=STEPS))  # fmt: skip
case("conv1d same", lambda m, x, w: m.nn.functional.conv1d(x, w, padding="same"),
     fixed(((2, 2, 7), "any"), ((4, 2, 3), "any")))  # fmt: skip
case("conv_transpose1d", lambda m, x, w, o: m.nn.functional.conv_transpose1d(x, w, **o),
     fixed(((2, 2, 5), "any"), ((2, 2, 4), "any"), others=STEPS))  # fmt: skip
case(
    "channel_sum",
    lambda m, x: core.conv.channel_sum(x) if m is mg else x.sum((0, 2, 3)),
    images(),
)
for size in ((2, 5, 5), (1, 2, 5, 5)):
    case(f"conv2d of {len(size)} axes", lambda m, x, w: m.nn.functional.conv2d(x, w, stride=2),
         fixed((size, "any"), ((3, 2, 2, 2), "any")))  # fmt: skip
    case(f"conv_transpose2d of {len(size)} axes",
         lambda m, x, w: m.nn.functional.conv_transpose2d(x, w, stride=2),
         fixed((size, "any"), ((2, 3, 2, 2), "any")))  # fmt: skip
case("avg_pool2d of what is there",
     lambda m, x, o: m.nn.functional.avg_pool2d(x, *o, count_include_pad=False),
     images(height=5, width=7, others=CHOICE([(3, 2, 1), ((2, 3), (3, 2), (1, 0))])))  # fmt: skip
WINDOWS = CHOICE([(2,), (3, 1), (2, 2, 1), ((2, 3),), ((1, 2), (1, 3))])
case("avg_pool2d", lambda m, x, o: m.nn.functional.avg_pool2d(x, *o), images(others=WINDOWS))
case("max_pool2d", lambda m, x, o: m.nn.functional.max_pool2d(x, *o), images(others=WINDOWS),
     ties=False)  # fmt: skip
case("adaptive_avg_pool2d", lambda m, x, size: m.nn.functional.adaptive_avg_pool2d(x, size),
     images(others=CHOICE([1, (2, 3), (4, 6), (3, 5), (7, 4)])))  # fmt: skip
ROWS = fixed(((2, 3, 7), "any"), others=CHOICE([(2,), (3, 1), (3, 2, 1), ((2,), (3,))]))
case("avg_pool1d", lambda m, x, o: m.nn.functional.avg_pool1d(x, *o), ROWS)
case("max_pool1d", lambda m, x, o: m.nn.functional.max_pool1d(x, *o), ROWS, ties=False)
case("adaptive_avg_pool1d", lambda m, x, size: m.nn.functional.adaptive_avg_pool1d(x, size),
     fixed(((2, 3, 6), "any"), others=CHOICE([1, 2, 4, 6, 9])))  # fmt: skip
case("affine_grid", lambda m, x, o: m.nn.functional.affine_grid(x, o[0], align_corners=o[1]),
     fixed(((2, 2, 3), "any"), others=st.tuples(CHOICE([(2, 3, 4, 5), (2, 1, 2, 3)]), st.booleans())))  # fmt: skip
PLACES = st.tuples(
    CHOICE(["bilinear", "nearest", "bicubic"]),
    CHOICE(["zeros", "border", "reflection"]),
    st.booleans(),
)
case("grid_sample", lambda m, x, g, o: m.nn.functional.grid_sample(x, g * 0.71, *o),
     fixed(((2, 3, 4, 5), "any"), ((2, 3, 2, 2), "any"), others=PLACES))  # fmt: skip
RESIZED = CHOICE(
    [
        {"scale_factor": 2},
        {"size": (3, 7)},
        {"size": 5, "mode": "bilinear"},
        {"scale_factor": 2, "mode": "bilinear", "align_corners": True},
        {"size": (2, 3), "mode": "bilinear", "align_corners": False},
        {"scale_factor": 1.6},
        {"scale_factor": 1.6, "mode": "bilinear"},
        {"scale_factor": 1.6, "mode": "bilinear", "recompute_scale_factor": True},
        {"scale_factor": (0.6, 0.5), "mode": "bilinear"},
        {"scale_factor": 1.6, "mode": "bicubic"},
        {"size": (3, 9), "mode": "bicubic", "align_corners": True},
        {"size": (3, 4), "mode": "area"},
        {"size": (3, 9), "mode": "nearest-exact"},
    ]
)
case("interpolate", lambda m, x, o: m.nn.functional.interpolate(x, **o), images(others=RESIZED))
case("upsample", lambda m, x: m.nn.functional.upsample(x, scale_factor=2), images(), in_torch=False)
case("pixel_shuffle", lambda m, x: m.nn.functional.pixel_shuffle(x, 2), images(8, 2, 3))
case("pixel_unshuffle", lambda m, x: m.nn.functional.pixel_unshuffle(x, 2), images(2, 4, 6))
case(
    "minibatch_stddev",
    lambda m, x: gan.minibatch_stddev(x, 2),
    fixed(((4, 2, 3, 3), "any")),
    in_torch=False,
    ties=False,
)
case(
    "LeNet's pooling", lambda m, x, y: larger(x, y), alike("any", "any"), in_torch=False, ties=False
)

# -- layers ----------------------------------------------------------------------------------------

layer("Linear", lambda m: m.nn.Linear(3, 2), batches(3))
layer("Linear without bias", lambda m: m.nn.Linear(3, 2, bias=False), batches(2, 3))
layer(
    "Sequential",
    lambda m: m.nn.Sequential(m.nn.Linear(3, 4), m.nn.Tanh(), m.nn.Linear(4, 1)),
    batches(3),
)
layer("DataParallel", lambda m: m.nn.DataParallel(m.nn.Linear(3, 2)), batches(3), in_torch=False)
layer("ReLU", lambda m: m.nn.ReLU(), one("away"))
layer("LeakyReLU", lambda m: m.nn.LeakyReLU(0.2, inplace=False), one("away"))
layer("ELU", lambda m: m.nn.ELU(0.7), one("away"))
layer("SELU", lambda m: m.nn.SELU(), one("away"))
layer("PReLU", lambda m: m.nn.PReLU(), one("away", low=1))
layer("PReLU per channel", lambda m: m.nn.PReLU(3), batches(3, 2, domain="away"))
layer("Hardtanh", lambda m: m.nn.Hardtanh(-0.7, 1.3), one())
for name in ("SiLU", "Tanh", "Sigmoid", "LogSigmoid", "Softplus", "Identity"):
    layer(name, lambda m, name=name: getattr(m.nn, name)(), one())
layer("Softmax", lambda m: m.nn.Softmax(dim=-1), one(low=1))
layer("Softplus sharper", lambda m: m.nn.Softplus(3, threshold=1.0), one())
layer("LogSoftmax", lambda m: m.nn.LogSoftmax(dim=1), one(low=2))
layer("Flatten", lambda m: m.nn.Flatten(), one(low=2))
layer("Unflatten", lambda m: m.nn.Unflatten(1, (1, 2, 3)), batches(6))
layer("Dropout", lambda m: m.nn.Dropout(0.4).eval(), one())
layer("Dropout2d", lambda m: m.nn.Dropout2d(0.4).eval(), images())
layer("BatchNorm1d", lambda m: m.nn.BatchNorm1d(3), batches(3, least=3), ties=False)
layer("BatchNorm1d with a length", lambda m: m.nn.BatchNorm1d(3), batches(3, 4), ties=False)
layer("BatchNorm1d in eval mode", lambda m: m.nn.BatchNorm1d(3).eval(), batches(3))
layer("BatchNorm2d", lambda m: m.nn.BatchNorm2d(2), images(), ties=False)
layer("BatchNorm2d plain", lambda m: m.nn.BatchNorm2d(2, affine=False), images(), ties=False)
layer("LayerNorm", lambda m: m.nn.LayerNorm((2, 3)), batches(2, 3), ties=False)
layer("InstanceNorm2d", lambda m: m.nn.InstanceNorm2d(2, affine=True), images(), ties=False)
layer("InstanceNorm1d", lambda m: m.nn.InstanceNorm1d(3, affine=True), batches(3, 4), ties=False)
layer("InstanceNorm2d tracking", lambda m: m.nn.InstanceNorm2d(2, track_running_stats=True).eval(),
      images())  # fmt: skip
for mode in ("reflect", "replicate", "circular"):
    layer(f"Conv2d {mode}", lambda m, mode=mode: m.nn.Conv2d(2, 2, 3, 1, (1, 2), padding_mode=mode),
          images())  # fmt: skip
layer("Conv2d", lambda m: m.nn.Conv2d(2, 3, 3, stride=2, padding=1), images())
layer("Conv2d same", lambda m: m.nn.Conv2d(2, 2, 3, padding="same", bias=False), images())
layer("ConvTranspose2d", lambda m: m.nn.ConvTranspose2d(2, 3, 4, 2, 1), images())
layer("ConvTranspose2d larger", lambda m: m.nn.ConvTranspose2d(2, 2, 3, 2, 1, 1), images())
layer("AvgPool2d", lambda m: m.nn.AvgPool2d(2), images())
layer("AvgPool2d of what is there",
      lambda m: m.nn.AvgPool2d(3, 2, [1, 1], count_include_pad=False), images())  # fmt: skip
layer("MaxPool2d", lambda m: m.nn.MaxPool2d(2, 1, 1), images(), ties=False)
layer("AdaptiveAvgPool2d", lambda m: m.nn.AdaptiveAvgPool2d((2, 3)), images())
layer("Upsample", lambda m: m.nn.Upsample(scale_factor=2, mode="bilinear"), images())
layer("UpsamplingNearest2d", lambda m: m.nn.UpsamplingNearest2d(scale_factor=2), images())
layer("UpsamplingBilinear2d", lambda m: m.nn.UpsamplingBilinear2d(size=(5, 3)), images())
layer("ConstantPad2d", lambda m: m.nn.ConstantPad2d((1, 0, 2, 1), 0.5), images())
layer("PixelShuffle", lambda m: m.nn.PixelShuffle(2), images(4, 2, 3))
layer("PixelUnshuffle", lambda m: m.nn.PixelUnshuffle(2), images())
layer("ZeroPad2d", lambda m: m.nn.ZeroPad2d((1, 0, 2, 1)), images())
layer("ReflectionPad2d", lambda m: m.nn.ReflectionPad2d(2), images())
layer("ReplicationPad2d", lambda m: m.nn.ReplicationPad2d((1, 2, 0, 1)), images())
layer("MinibatchStdDev", lambda m: gan.MinibatchStdDev(2), fixed(((4, 2, 3, 3), "any")),
      in_torch=False, ties=False)  # fmt: skip
case(
    "nn.Embedding",
    lambda m, w, index: (
        called_with(m.nn.Embedding(5, 3), {"weight": w}, index)
        if m is mg
        else m.func.functional_call(m.nn.Embedding(5, 3), {"weight": w}, (index,))
    ),
    fixed(((5, 3), "any"), others=counted(np.array([0, 4, 4]))),
)
layer("GELU", lambda m: m.nn.GELU("tanh"), one())
layer("AvgPool1d", lambda m: m.nn.AvgPool1d(3, 2, 1), batches(2, 7))
layer("MaxPool1d", lambda m: m.nn.MaxPool1d(3, 2, 1), batches(2, 7), ties=False)
layer("AdaptiveAvgPool1d", lambda m: m.nn.AdaptiveAvgPool1d(3), batches(2, 7))
layer("ConstantPad1d", lambda m: m.nn.ConstantPad1d((1, 2), 0.5), batches(2, 5))
for name in ("ZeroPad1d", "ReflectionPad1d", "ReplicationPad1d"):
    layer(name, lambda m, name=name: getattr(m.nn, name)((1, 2)), batches(2, 5))
layer("ReLU6", lambda m: m.nn.ReLU6(), one("away"))
layer("GLU", lambda m: m.nn.GLU(1), batches(4))
layer("GroupNorm", lambda m: m.nn.GroupNorm(2, 4), batches(4, 2, 3), ties=False)
layer("Conv1d", lambda m: m.nn.Conv1d(2, 3, 3, stride=2, padding=1), batches(2, 7))
layer("Conv1d circular", lambda m: m.nn.Conv1d(2, 3, 3, 1, 2, padding_mode="circular"),
      batches(2, 7))  # fmt: skip
layer("ConvTranspose1d", lambda m: m.nn.ConvTranspose1d(2, 3, 4, 2, 1), batches(2, 5))
for name, domains in {
    "BCELoss": ("unit", "unit"),
    "BCEWithLogitsLoss": ("away", "unit"),
    "MSELoss": ("any", "any"),
    "L1Loss": ("any", "any"),
    "SmoothL1Loss": ("any", "any"),
    "HuberLoss": ("any", "any"),
}.items():
    case(
        f"nn.{name}",
        lambda m, x, t, r, name=name: getattr(m.nn, name)(reduction=r)(x, t),
        alike(*domains, others=REDUCTION),
    )
for name, more in {"MarginRankingLoss": (), "TripletMarginLoss": (2.0, 1e-6, True)}.items():
    case(
        f"nn.{name}",
        lambda m, x, y, z, r, name=name, more=more: getattr(m.nn, name)(0.3, *more, reduction=r)(
            x, y, z
        ),
        fixed(((3, 4), "any"), ((3, 4), "any"), ((3, 4), "any"), others=REDUCTION),
    )
case("nn.KLDivLoss", lambda m, x, t: m.nn.KLDivLoss(reduction="batchmean")(x, t),
     fixed(((3, 4), "any"), ((3, 4), "unit")))  # fmt: skip
case("nn.HingeEmbeddingLoss", lambda m, x, sign: m.nn.HingeEmbeddingLoss(0.4)(x, sign),
     fixed(((2, 3), "any"), others=counted(np.array([1.0, -1.0, 1.0]))))  # fmt: skip
for name in ("CosineSimilarity", "PairwiseDistance"):
    case(f"nn.{name}", lambda m, x, y, name=name: getattr(m.nn, name)()(x, y),
         fixed(((3, 4), "any"), ((3, 4), "any")))  # fmt: skip
case("nn.NLLLoss", lambda m, x, o: m.nn.NLLLoss(reduction=o[1])(x, o[0]), CLASSES)
case("nn.CrossEntropyLoss", lambda m, x, o: m.nn.CrossEntropyLoss(reduction=o[1])(x, o[0]), CLASSES)


# -- what the table must cover ---------------------------------------------------------------------

HELPERS = set(
    """
    aimed allclose argwhere as_index averaged axes_of axis_of broadcast_shapes check_classes
    check_dtypes check_probabilities check_shapes check_targets distinct equal factor fit formula
    grid ints lined_up none_of numpy_names pair part_of per_channel picked pieces_of places reduced
    reduction_of single spread times tril_indices triu_indices
    """.split()
)  # that give no tensors to learn from
CONTAINERS = {
    "Module",
    "ModuleDict",
    "ModuleList",
    "ParameterDict",
    "ParameterList",
}  # nothing to differentiate in themselves
CORE = "conv elementwise linear loss norm reduce shape".split()
WIDE = """
    conv elementwise index join linear loss norm order pool rearrange reduce repeat resize scatter
    shape softmax steps
""".split()


def public_functions() -> set[str]:
    """The names of all that can be differentiated, or might be: both rooms' functions and layers."""
    names = set(functional.__all__)
    modules = [importlib.import_module(f"minigan.ops.{name}") for name in CORE]
    modules += [importlib.import_module(f"minigan.torch.ops.{name}") for name in WIDE]
    for module in modules:
        names |= {
            name
            for name, value in vars(module).items()
            if inspect.isfunction(value)
            and value.__module__ == module.__name__
            and not name.startswith("_")
        }
    for name, value in {**vars(minigan.nn), **vars(mg.nn)}.items():
        if inspect.isclass(value) and issubclass(value, Module):
            names.add(f"nn.{name}")
    return names - HELPERS - {f"nn.{name}" for name in CONTAINERS}
