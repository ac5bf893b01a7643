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
from collections.abc import Callable
from typing import Any

from minigan import backend as B
from minigan.autograd.tape import GraphError, Node, Target, mode
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import MisfitError

Function = Callable[..., Any]
Plan = tuple[list[tuple[int, str]], list[tuple[int, str]], bool]
_signature = functools.cache(inspect.signature)


def op(*, fit: Function | None = None, view: bool = False, **rules: Function) -> Any:
    """Declare the decorated array function an op, with a rule for each differentiable argument.
    fit(gradient, parent) brings a gradient to its tensor's shape and dtype where the two differ;
    without it such a gradient is an error. view: the result may share the first argument's memory.
    """

    def declare(forward: Function) -> Function:
        definition = Op(forward, rules, fit, view)
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

    def __init__(self, forward: Function, rules: dict[str, Function], fit: Any, view: bool):
        self.name, self.arguments = forward.__name__.strip("_"), _arguments(forward)
        self.forward, self.rules, self.view, self.fit = forward, rules, view, fit or self._misfit
        self.wants = {name: _arguments(rule) for name, rule in rules.items()}
        self.plans: dict[int, Plan] = {}
        asked = {want for wants in self.wants.values() for want in wants}
        own = {"g", "out", "together"}  # no view may save `out`: its owner is another
        shapes = {f"{name}_shape" for name in self.arguments}
        known = (own - {"out"} if view else own) | {*self.arguments} | shapes
        if strange := (asked | set(rules)) - known | (own & set(self.arguments)):
            raise TypeError(f"op '{self.name}': {strange} cannot be named; rules may name {known}")

    def plan(self, wanted: int) -> Plan:
        """What the rules of the wanted arguments, a bit each, will ask for: the places and names of
        arguments, those of shapes, and whether `out`.
        """
        names = [name for i, name in enumerate(self.arguments) if wanted >> i & 1]
        for name in names:
            if not self.rules.keys() & {name, "together"}:
                raise GraphError(
                    f"op '{self.name}' knows no gradient for '{name}': .detach() it before"
                )
        asked = {w for name in ("together", *names) for w in self.wants.get(name, ())}
        places = list(enumerate(self.arguments))
        saves = [(i, name) for i, name in places if name in asked]
        shapes = [(i, f"{name}_shape") for i, name in places if f"{name}_shape" in asked]
        self.plans[wanted] = plan = saves, shapes, "out" in asked
        return plan

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
        try:
            part = self.rules[name](*[values[want] for want in self.wants[name]])
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
    for value in args:
        if isinstance(value, Tensor):
            if value.array.__class__ is not B.ndarray:
                return _on_its_library(op, args)
            arrays.append(value.array)
            parents.append(value.grad_fn or (value if value.requires_grad else None))  # target_of()
            if value.requires_grad:
                wanted += bit
        else:
            if hasattr(value, "dtype") and not isinstance(value, type):  # np.float32 is a class
                # Arrays on this side; 0-d ones as Python numbers, which never widen float32.
                value = B.to_device(value) if value.ndim else value.item()
            arrays.append(value)
            parents.append(None)
        bit += bit
    try:
        out: Any = op.forward(*arrays)
    except (ValueError, TypeError, IndexError) as error:
        raise _explained(op, args, error) from error
    if out.__class__ is not B.ndarray or out.dtype is not B.float32:  # type: ignore[attr-defined]
        out = _settled(op, out, arrays)
    result = wrap(out)
    if op.view:
        op.viewed(result, args)
    if wanted and mode.recording and op.rules and out.dtype.kind == "f":
        result.requires_grad = True
        result.grad_fn = noted(op, args, arrays, parents, wanted, result)
    return result


def noted(
    op: Op, args: Any, arrays: list[Any], parents: list[Target], wanted: int, result: Tensor
) -> Node:
    """The entry on the tape, with what the wanted arguments' rules will ask for."""
    saves, shapes, saves_out = op.plans.get(wanted) or op.plan(wanted)
    saved = {n: args[i] if isinstance(args[i], Tensor) else arrays[i] for i, n in saves}
    for i, name in shapes:
        saved[name] = getattr(arrays[i], "shape", ())
    if saves_out:
        # Its memory alone, as an owner: result and node would hold each other, and a step's memory
        # would wait for the garbage collector.
        saved["out"] = result._base = wrap(result.array)
    return Node(op, parents, saved, result.array)


def _settled(op: Op, out: Any, arrays: list[Any]) -> B.Array:
    """The result as an array; if float, of the arguments' widest float type, where 0-d arrays count
    only if no other is float. From whole numbers alone float32, where NumPy has float64.
    """
    out = B.xp.asarray(out)
    if out.dtype.kind != "f" or "dtype" in op.arguments:
        return out
    floats = [a for a in arrays if getattr(a, "dtype", B.boolean).kind == "f"]
    dtypes = [a.dtype for a in floats if a.ndim] or [a.dtype for a in floats] or [B.float32]
    return out.astype(max(dtypes, key=lambda dtype: dtype.itemsize), copy=False)


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
    # NumPy's own kinds of these take other arguments than a message
    kind = next(kind for kind in (IndexError, ValueError, TypeError) if isinstance(error, kind))
    return (MisfitError if kind is ValueError else kind)(f"{op.name}({met}): {error}")
