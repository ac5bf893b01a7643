"""How an op is declared: one forward function on arrays and, beside it, one rule per argument.

    @op(x=lambda g, y: g * y, y=lambda g, x: g * x)
    def mul(x, y):
        return x * y

The rule of an argument is one step of the chain rule (a vector-Jacobian product): from g, which is
∂loss/∂result, it makes ∂loss/∂argument. It asks by name for what it needs: `g`, `out` (the
result), any argument of the op, or `x_shape`, an argument's shape alone; only these are saved. A
rule named `together` returns all arguments' gradients, in their order, where they share work.

Rules are written with operators and other ops, which take plain arrays as well as tensors. So the
ordinary backward pass runs on arrays and records nothing, and with create_graph the same formulas
record a graph of their own: gradients of gradients come free.
"""

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

from minigan import backend as B
from minigan.autograd.tape import GraphError, Node, Target, mode
from minigan.autograd.tensor import Tensor, wrap
from minigan.backend import float16, float32, silent, warnings
from minigan.errors import MisfitError, check_tensors

Function = Callable[..., Any]
_signature = functools.cache(inspect.signature)
FAULTS = IndexError, ValueError, TypeError, OverflowError  # what array libraries raise
NUMBERS = {bool: B.boolean, int: B.int64, float: B.float32}


def op(*, fit: Any = None, view: bool = False, least: Any = B.boolean, **rules: Function) -> Any:
    """Declare the decorated array function an op, with a rule for each differentiable argument.
    fit(gradient, parent) brings a gradient to its tensor's shape and dtype where the two differ;
    without it such a gradient is an error. view: the result may share the first argument's memory.
    least: arguments meet in their common_type, or in this if it is of a higher kind; half precision
    is computed in float32 and rounded once. With None, and in a view, each keeps its own dtype.
    """

    def declare(forward: Function) -> Function:
        definition = Op(forward, rules, fit, view, least)
        arity = len(definition.arguments)

        @functools.wraps(forward)
        def call(*args: Any, **kwargs: Any) -> Any:
            if kwargs or len(args) < arity:
                args = definition.bind(args, kwargs)
            for value in args:
                if isinstance(value, Tensor):
                    return _record(definition, args)
            return forward(*args)

        call.op = definition  # type: ignore[attr-defined]
        return call

    return declare


class Op:
    """What the tape knows of an op."""

    def __init__(self, forward: Function, rules: Any, fit: Any, view: bool, least: Any):
        self.name, self.arguments = forward.__name__.strip("_"), _arguments(forward)
        self.forward, self.rules, self.view, self.fit = forward, rules, view, fit or self._misfit
        self.least, self.wants = None if view else least, {n: _arguments(rules[n]) for n in rules}
        self.of_numbers = fit is not None and least is not None  # what broadcasts takes no lists
        bits = {name: 1 << i for i, name in enumerate(self.arguments)} | {"together": -1}
        asked: dict[str, int] = {}  # what rules want, with a bit for each argument whose rule does
        for name, wants in self.wants.items():
            asked |= {want: asked.get(want, 0) | bits.get(name, 0) for want in wants}
        places = list(enumerate(self.arguments))
        named = [(i, f"{name}_shape") for i, name in places]
        own = {"g", "out", "together"}  # no view may save `out`: its owner is another
        known = (own - {"out"} if view else own) | {*self.arguments, *dict(named).values()}
        if strange := (asked.keys() | rules.keys()) - known | (own & {*self.arguments}):
            raise TypeError(f"op '{self.name}': {strange} cannot be named; rules may name {known}")
        self.saves = [(i, name, asked[name]) for i, name in places if name in asked]
        self.shapes = [(i, name, asked[name]) for i, name in named if name in asked]
        self.saves_out = asked.get("out", 0)
        ruleless = [n for n in self.arguments if not rules.keys() & {n, "together"}]
        self.ruleless = sum(bits[name] for name in ruleless)

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """The call's arguments in order, defaults filled in."""
        try:
            bound = _signature(self.forward).bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.name}: {error}; its arguments are {self.arguments}") from None
        bound.apply_defaults()
        return bound.args

    def gradients(self, values: dict[str, Any], parents: list[Any]) -> list[tuple[Target, Any]]:
        """Each parent that there is, with the gradient that a rule computes for it."""
        wanted = [(i, parent) for i, parent in enumerate(parents) if parent is not None]
        if "together" in self.rules:
            parts = self._apply("together", values)
            return [(parent, parts[i]) for i, parent in wanted]
        return [(parent, self._apply(self.arguments[i], values)) for i, parent in wanted]

    def viewed(self, result: Tensor, args: Any) -> None:
        """Note whose memory a view uses; minigan.torch, which writes into views, notes more."""
        result._base = args[0].owner

    def _apply(self, name: str, values: dict[str, Any]) -> Any:
        """What the rule of this name makes of the values that it wants."""
        rule, wanted = self.rules[name], [values[want] for want in self.wants[name]]
        try:
            part = rule(*wanted) if B.fuse is None or mode.recording else B.fuse(rule, wanted)
            if mode.recording and isinstance(part, B.ndarray):
                raise TypeError("it returned an array without history")
        except TypeError as error:
            if mode.recording:
                raise GraphError(
                    f"op '{self.name}': the rule of '{name}' got tensors, to be differentiated "
                    f"again ({error}): write rules with ops (minigan.ops), not with B.xp"
                ) from None
            raise
        return part

    def _misfit(self, gradient: Any, parent: Any) -> Any:
        """The complaint about a rule whose gradient does not look like its tensor."""
        theirs, ours = ((g.shape, str(g.dtype)) for g in (parent, gradient))
        raise GraphError(f"op '{self.name}': a rule returned {ours} for a tensor that is {theirs}")


def _arguments(function: Function) -> list[str]:
    """The names of a function's arguments; inspect.signature takes 30 times as long, at import."""
    code = function.__code__
    return list(code.co_varnames[: code.co_argcount + bool(code.co_flags & inspect.CO_VARARGS)])


def _record(op: Op, args: tuple[Any, ...]) -> Tensor:
    """Run the op on the tensors' arrays and note on the tape what it did."""
    arrays: list[Any] = []  # what the op computes with
    parents: list[Target] = []  # where each argument's gradient goes
    wanted, bit = 0, 1  # a bit for each argument whose gradient is wanted
    mixed, common = False, None
    for value in args:
        if isinstance(value, Tensor):
            array = value.array
            if array.__class__ is not B.ndarray:
                return _on_its_library(op, args)
            mixed = mixed or array.dtype is not float32  # type: ignore[attr-defined]
            arrays.append(array)
            parents.append(value.grad_fn or (value if value.requires_grad else None))  # target_of()
            if value.requires_grad:
                wanted += bit
        else:
            if hasattr(value, "dtype") and not isinstance(value, type):  # np.float32 is a class
                # Arrays on this side; 0-d ones as Python numbers, which never widen float32.
                value, mixed = B.to_device(value) if value.ndim else value.item(), True
            elif op.of_numbers and isinstance(value, (list, tuple)):
                check_tensors(op.name, value)
            arrays.append(value)
            parents.append(None)
        bit += bit
    former = warnings.set(silent)
    try:
        if mixed and op.least is not None:
            arrays, common = _met(arrays, op.least)
        out = op.forward(*arrays) if B.fuse is None else B.fuse(op.forward, arrays)
        result = wrap(out.astype(common) if common is float16 and out.dtype == float32 else out)
    except FAULTS as error:
        raise _explained(op, args, error) from error
    finally:
        warnings.reset(former)
    if op.view:
        op.viewed(result, args)
    if wanted and mode.recording and op.rules and result.dtype.kind == "f":
        result.requires_grad = True
        result.grad_fn = noted(op, args, arrays, parents, wanted, result)
    return result


def noted(op: Op, args: Any, arrays: Any, parents: Any, wanted: int, result: Tensor) -> Node:
    """The entry on the tape, with what the wanted arguments' rules will ask for."""
    if wanted & op.ruleless:
        (name, *_) = (n for i, n in enumerate(op.arguments) if wanted & op.ruleless & 1 << i)
        raise GraphError(f"op '{op.name}' knows no gradient for '{name}': .detach() it before")
    saved = {
        name: args[i] if isinstance(args[i], Tensor) else arrays[i]
        for i, name, askers in op.saves
        if wanted & askers
    }
    for i, name, askers in op.shapes:
        if wanted & askers:
            saved[name] = getattr(arrays[i], "shape", ())
    if wanted & op.saves_out:
        # Its memory alone: a circle of result and node would wait for the garbage collector.
        saved["out"] = result._base = wrap(result.array)
    return Node(op, parents, saved, result.array)


def _met(arrays: list[Any], least: Any) -> tuple[list[Any], Any]:
    """The arrays in their common type, halves in float32; and that type, to round a result to."""
    common = common_type(arrays, least)
    if common.kind in "iu":  # an OverflowError for a number that does not fit, where PyTorch wraps
        B.numpy.array([n for n in arrays if type(n) is int], common)
    dtype = float32 if common is float16 else common
    return [a.astype(dtype, copy=False) if hasattr(a, "dtype") else a for a in arrays], common


def common_type(values: Iterable[Any], least: Any = B.boolean) -> Any:
    """PyTorch's result type: of bool < int < float the highest kind, and in it the widest of the
    arrays with axes; else of 0-d arrays; else of numbers and `least`."""
    found: dict[tuple[int, int], list[Any]] = {}
    for value in (None, *values):
        dtype = getattr(value, "dtype", None) or NUMBERS.get(type(value), least)
        kind, axes = (dtype.kind != "b") + (dtype.kind == "f"), getattr(value, "ndim", -1)
        found.setdefault((kind, min(axes, 1)), []).append(dtype)
    return B.xp.result_type(*found[max(found)])


def _on_its_library(op: Op, args: tuple[Any, ...]) -> Tensor:
    """Run an op on tensors that live in the other library; all of them must."""
    one, *others = {B.module_of(v.array).__name__ for v in args if isinstance(v, Tensor)}
    if others:
        raise TypeError(f"{op.name}: tensors on numpy and on cupy; bring them together by .cpu()")
    with B.use_backend(one):
        return _record(op, args)


def _explained(op: Op, args: tuple[Any, ...], error: Exception) -> Exception:
    """The library's error with the op's name and the shapes that it met."""
    met = ", ".join(f"{v.dtype} {v.shape}" if isinstance(v, Tensor) else repr(v) for v in args)
    kind = next(each for each in FAULTS if isinstance(error, each))  # not NumPy's, of two arguments
    text = "bool has none; use x.float()" if "BoolDType" in str(error) else error
    return (MisfitError if kind is ValueError else kind)(f"{op.name}({met}): {text}")
