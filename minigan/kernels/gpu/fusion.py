"""Formulas of several steps as one kernel each: traced once, written as CUDA, compiled.

The rule of tanh, g·(1 - out²), is three CuPy functions: three launches, and three times through
memory. Here it is called once with symbols in the place of its arrays. Each step of it becomes a
line of CUDA, and from then on the whole is one launch. So the core's own formulas are the source of
these kernels, and whatever is no formula (it folds axes, moves elements) runs as it is.

Only minigan's own functions are traced, and none that draws random numbers is an op: what they
compute depends on their arguments alone. A user's op may read what changes later, a global or the
time of day, so it runs as it is, step by step.
"""

from collections.abc import Callable, Sequence
from typing import Any

import cupy
import numpy as np

from minigan.kernels.gpu.launch import THREADS, blocks_for

MOST = 32  # kernels of one function: each of them is compiled
NUMBERS = (float, int)
CONSTANTS = (float, int, bool, type(None))  # arguments that a formula may have besides arrays
FLOAT, BOOL = np.dtype("float32"), np.dtype("bool")
LARGEST = float(np.finfo(FLOAT).max)
EACH, ONE = np.int32(1), np.int32(0)  # how far to go for the number at the next place
UNKNOWN: Any = object()

STEPS = {
    **{name: f"{{}} {sign} {{}}" for name, sign in {
        "add": "+", "subtract": "-", "multiply": "*", "true_divide": "/", "greater": ">",
        "greater_equal": ">=", "less": "<", "less_equal": "<=", "equal": "==", "not_equal": "!=",
    }.items()},
    **{name: f"{name}f({{}})" for name in ("exp", "log", "log1p", "tanh", "sqrt")},
    "negative": "-{}",
    "absolute": "fabsf({})",
    "power": "powf({}, {})",
    "maximum": "{0} >= {1} || {0} != {0} ? {0} : {1}",
    "minimum": "{0} <= {1} || {0} != {0} ? {0} : {1}",
    "where": "{} ? {} : {}",
    "sign": "{0} != {0} ? {0} : ({0} > 0) - ({0} < 0)",
    "logical_not": "!{}",
}  # fmt: skip
"""CuPy's functions in CUDA, by their names there."""

TRUTHS = {*("greater", "greater_equal", "less", "less_equal", "equal", "not_equal", "logical_not")}

# As in NumPy and PyTorch, the power ½ is the root, NaN at -∞; powf, and so CuPy, has ∞ there.
POWER_OF_NUMBER = "{1} == 0.5f ? sqrtf({0}) : {1} == 2.0f ? {0} * {0} : powf({0}, {1})"


class NotAFormulaError(Exception):
    """A function does more with its arguments than to compute each element from its own places."""


def _refuse(self: Any, *_: Any) -> Any:
    raise NotAFormulaError("a decision by a value, or a change in place")


class Symbol:
    """What stands for an array while a formula is traced: a name for the number at one place."""

    def __init__(self, lines: list[str], name: str, dtype: Any):
        self.lines, self.name, self.dtype = lines, name, dtype

    def __cupy_override_elementwise_kernel__(self, function: Any, *args: Any, **kw: Any) -> Any:
        """How CuPy asks an argument of another kind what its function makes of it."""
        if kw:
            raise NotAFormulaError(str(kw))
        return self._step(function.name.removeprefix("cupy_"), *args)

    def _step(self, name: str, *values: Any) -> "Symbol":
        """The result of one more line, if its numbers are float32 in NumPy as well."""
        kinds = [v.dtype.kind if type(v) is Symbol else "number" for v in values]
        if name == "where":  # of two numbers it is float64 or int64
            good = kinds[0] != "number" and "f" in kinds[1:] and "b" not in kinds[1:]
        else:
            good = "b" not in kinds or name == "logical_not"
        if not good or name not in STEPS:
            raise NotAFormulaError(name)
        by_number = name == "power" and kinds[1] == "number"
        text = (POWER_OF_NUMBER if by_number else STEPS[name]).format(*map(_written, values))
        return self._line(text, BOOL if name in TRUTHS else FLOAT)

    def _line(self, text: str, dtype: Any) -> "Symbol":
        result = Symbol(self.lines, f"t{len(self.lines)}", dtype)
        self.lines.append(f"{'bool' if dtype == BOOL else 'float'} {result.name} = {text};")
        return result

    def astype(self, dtype: Any, copy: bool = True) -> "Symbol":
        if dtype == self.dtype:
            return self
        if dtype != FLOAT:
            raise NotAFormulaError(f"to {dtype}")
        return self._line(f"{self.name} ? 1.0f : 0.0f", FLOAT)

    def __neg__(self) -> "Symbol":
        return self._step("negative", self)

    def __abs__(self) -> "Symbol":
        return self._step("absolute", self)

    __bool__ = _refuse
    __hash__ = None  # type: ignore[assignment]


def _operators() -> None:
    """Python's operators as steps."""
    names = "add sub:subtract mul:multiply truediv:true_divide pow:power".split()
    compared = "gt:greater ge:greater_equal lt:less le:less_equal eq:equal ne:not_equal".split()
    for name in names + compared:
        python, _, cupys = name.partition(":")
        step = cupys or python
        setattr(Symbol, f"__{python}__", lambda a, b, step=step: a._step(step, a, b))
        if name in names:
            setattr(Symbol, f"__r{python}__", lambda a, b, step=step: a._step(step, b, a))
            setattr(Symbol, f"__i{python}__", _refuse)  # other names of the array would see it


_operators()


class Number:
    """What stands for a number among the arguments. Symbols compute with it, in float32. Python
    would compute two numbers in double precision, so they have no operators of their own.
    """

    def __init__(self, name: str, kind: type):
        self.name, self.kind = name, kind

    __class__ = property(lambda self: self.kind)  # what isinstance asks
    __bool__ = _refuse

    def __eq__(self, other: Any) -> Any:
        return NotImplemented if type(other) is Symbol else _refuse(self)


def _written(value: Any) -> str:
    """A symbol or a number in CUDA."""
    if type(value) in (Symbol, Number):
        return value.name
    if type(value) in NUMBERS and abs(value) <= LARGEST:
        return f"({float(np.float32(value))!r}f)"  # all its digits: exactly this float32
    raise NotAFormulaError(repr(value))


# -- one kernel for each formula -------------------------------------------------------------------


def fuse(function: Callable[..., Any], arguments: Sequence[Any]) -> Any:
    """function(*arguments), in one launch if it is a formula of float32 arrays and numbers."""
    known = function.__dict__.get("fused")
    if known is None or known.function is not function:  # functools.wraps copies the other's
        known = function.__dict__["fused"] = Known(function)
    result = known(arguments)
    return function(*arguments) if result is None else result


class Known:
    """What is known of one function: its formula for each kind of arguments that it has met."""

    def __init__(self, function: Callable[..., Any]):
        self.function: Any = function
        ours = function.__globals__["__name__"].startswith("minigan.")
        self.plain = not ours or function.__closure__ is not None  # it is run as it is
        self.formulas: dict[Any, Formula | None] = {}
        self.numbers: Any = NUMBERS  # what symbols stand for; (): there is a kernel for each value

    def __call__(self, arguments: Sequence[Any]) -> Any:
        """The result; None if the function itself is to be called."""
        if self.plain:
            return None
        numbers, arrays = self.numbers, []
        key: list[Any] = []
        for value in arguments:
            kind = value.__class__
            key.append(kind)
            if kind is cupy.ndarray:
                if value.dtype != FLOAT:
                    return None
                arrays.append(value)
            elif kind not in numbers:
                if kind not in CONSTANTS:
                    return None
                key.append(value or repr(value))  # 0.0 == -0.0, but they are written differently
        kinds = tuple(key)
        formula = self.formulas.get(kinds, UNKNOWN)
        if formula is not UNKNOWN:
            return None if formula is None else formula(arguments, arrays)
        if not arrays or len(self.formulas) >= MOST:
            return None
        formula = _traced(self.function, arguments, numbers)
        if formula is None and numbers and _traced(self.function, arguments, ()):
            self.numbers = ()
        elif formula is None and not self.formulas:
            self.plain = True
        else:
            self.formulas[kinds] = formula
        return self(arguments)


def _traced(function: Any, arguments: Sequence[Any], numbers: Any) -> "Formula | None":
    """The formula of a function; numbers of these classes are arguments of it as arrays are."""
    given: list[Any] = []
    parameters = []
    lines: list[str] = []
    for i, value in enumerate(arguments):
        kind = value.__class__
        if kind is cupy.ndarray:  # it goes with the distance to the number of the next place
            value = Symbol(lines, f"x{i}", FLOAT)
            parameters.append(f"const float* p{i}, int step{i}")
            lines.append(f"float x{i} = p{i}[i * step{i}];")
        elif kind in numbers:
            value = Number(f"x{i}", kind)
            parameters.append(f"float x{i}")
        given.append(value)
    arrays = len(lines)
    try:
        result = function(*given)
    except Exception:  # whatever a function says of what is no array
        return None
    if type(result) is not Symbol or result.dtype != FLOAT or result.name.startswith("x"):
        return None
    single = len(lines) == arrays + 1 and "powf" not in lines[-1]
    return Formula(_source(parameters, lines, result.name), numbers, single)


def _source(parameters: list[str], lines: list[str], result: str) -> str:
    """CUDA for a formula of these parameters and steps."""
    body = "\n    ".join([*lines, f"out[i] = {result};"])
    return (
        'extern "C" __global__ '
        f"void formula(float* out, long long count, {', '.join(parameters)})\n"
        "{\n    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;\n"
        f"    if (i >= count) return;\n    {body}\n}}\n"
    )


class Formula:
    """A kernel made of a formula; `single`: of one step, which CuPy's own function does as well."""

    def __init__(self, code: str, numbers: Any, single: bool):
        self.code, self.numbers, self.single = code, numbers, single
        self.kernel: Any = None  # compiled at its first launch

    def __call__(self, arguments: Sequence[Any], arrays: list[Any]) -> Any:
        """The result; None where CuPy's own function will do.

        It lies in memory as the first array that has a number in each of its places, or in C order.
        The kernel walks along that memory: arrays that lie otherwise are copied.
        """
        shape = arrays[0].shape
        for array in arrays:
            if array.shape != shape:
                if self.single:
                    return None
                shape = np.broadcast_shapes(*[each.shape for each in arrays])
                break
        for like in arrays:
            if like.shape == shape and 0 not in like.strides:
                break
        else:
            like = None
        dense = like is None or like.flags.c_contiguous
        if dense:
            if self.single:
                return None
            out = cupy.empty(shape, FLOAT)
        else:
            out = cupy.empty_like(like)
        size, strides = out.size, out.strides
        if not size:  # no grid has 0 blocks
            return out
        passed = [out, size]
        for value in arguments:
            kind = value.__class__
            if kind is cupy.ndarray:
                if value.shape == shape and (
                    value.strides == strides or (dense and value.flags.c_contiguous)
                ):
                    passed += (value, EACH)
                elif value.size == 1 or not any(value.strides):  # as a sum sends back to its terms
                    passed += (value[(0,) * value.ndim], ONE)
                else:
                    copy = cupy.empty_like(out)
                    copy[...] = value
                    passed += (copy, EACH)
            elif kind in self.numbers:
                passed.append(np.float32(value))
        if self.kernel is None:
            self.kernel = cupy.RawModule(code=self.code).get_function("formula")
        self.kernel((blocks_for(size),), (THREADS,), tuple(passed))
        return out
