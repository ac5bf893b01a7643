"""How an op is declared: one forward function on arrays and, beside it, one rule per argument.

    @op(x=lambda g, y: g * y, y=lambda g, x: g * x)
    def mul(x, y):
        return x * y

The rule of an argument is its vector-Jacobian product: given g, the gradient of the result, it
returns the gradient of that argument. It asks by name for what it needs: `g`, `out` (the result),
any argument of the op, or `x_shape`, an argument's shape alone; only these are saved. Where the
gradients share work, one rule named `together` returns all of them as a tuple, in the order of the
arguments.

Rules are written with operators and other ops, which take plain arrays as well as tensors. So the
ordinary backward pass runs on arrays and records nothing, and with create_graph the same formulas
record a graph of their own.
"""

import functools
import inspect
from collections.abc import Callable
from itertools import count
from operator import itemgetter
from typing import Any

from minigan import backend as B
from minigan.autograd import tape
from minigan.autograd.tape import Node, mode
from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError

Function = Callable[..., Any]

_order = count()
_new = object.__new__
_PLAIN = frozenset({bool, int, float, str, tuple, slice, type(None)})


def op(
    *, fit: Callable[..., Any] | None = None, view: bool = False, **rules: Callable[..., Any]
) -> Callable[[Function], Function]:
    """Declare the decorated array function an op, with a rule for each differentiable argument.

    fit(gradient, parent) brings a gradient to its tensor's shape and dtype where the two differ;
    without it such a gradient is an error. view: the result shares the first argument's memory.
    """

    def declare(forward: Function) -> Function:
        definition = Op(forward, rules, fit or _misfit(forward.__name__.strip("_")), view)
        arity = len(definition.arguments)

        @functools.wraps(forward)
        def call(*args: Any, **kwargs: Any) -> Any:
            if kwargs or len(args) != arity:
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

    def __init__(
        self,
        forward: Callable[..., Any],
        rules: dict[str, Callable[..., Any]],
        fit: Callable[..., Any],
        view: bool,
    ):
        self.name = forward.__name__.strip("_")
        self.forward, self.fit, self.view = forward, fit, view
        self.arguments = arguments = _arguments(forward)
        names = [*arguments, *(f"{name}_shape" for name in arguments)]
        wants = {name: _arguments(rule) for name, rule in rules.items()}
        asked = {want for ws in wants.values() for want in ws}
        for name in {*rules, *asked} - {*names, "g", "out", "nth", "together"}:
            raise TypeError(f"op '{self.name}': a rule names {name!r}, the arguments are {names}")
        if reserved := {"g", "out", "nth", "together"} & set(arguments):
            raise TypeError(
                f"op '{self.name}': an argument is called {reserved}, a rule's own word"
            )
        if view and "out" in asked:  # it would keep itself, and with it all that it views
            raise TypeError(f"op '{self.name}': a view's rule cannot ask for `out`")
        place = {want: i for i, want in enumerate(("g", "out", *names))}
        self.variadic = bool(forward.__code__.co_flags & inspect.CO_VARARGS)
        calls = {
            name: _caller(rule, [place[w] for w in wants[name] if w != "nth"], "nth" in wants[name])
            for name, rule in rules.items()
        }
        self.differentiable = bool(rules)
        self.together = calls.pop("together", None)
        self.rules: list[Any] = [calls.get(name) for name in arguments]
        self.rules_vary = self.variadic or self.together is not None
        self.kept = [name in asked for name in arguments]
        self.keeps_out = "out" in asked
        self.keeps_shapes = any(want.endswith("_shape") for want in asked)
        self.keeps_values = self.keeps_out or any(self.kept)

    def rules_for(self, count: int) -> list[Any]:
        """One rule per argument; the rule of `*tensors` is told the `nth` each one is."""
        if self.together is not None:
            parts: list[Any] = []

            def part(values: list[Any], nth: int) -> Any:
                if not parts:
                    parts.extend(self.together(values))  # type: ignore[misc]
                return parts[nth]

            return [functools.partial(part, nth=i) for i in range(count)]
        *fixed, last = self.rules
        pieces = [functools.partial(last, nth=i) for i in range(count - len(fixed))]
        return [*fixed, *pieces]

    def kept_of(self, args: tuple[Any, ...]) -> list[bool]:
        """Which arguments of this call are saved; of `*tensors` none is."""
        return [*self.kept[:-1], *[False] * (len(args) - len(self.kept) + 1)]

    @functools.cached_property
    def signature(self) -> inspect.Signature:
        """The forward function's; asked for when a call leaves arguments out or names them."""
        return inspect.signature(self.forward)

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, ...]:
        """The call's arguments in order, defaults filled in."""
        try:
            bound = self.signature.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.name}: {error}; its arguments are {self.signature}") from None
        bound.apply_defaults()
        return bound.args


def _arguments(function: Callable[..., Any]) -> list[str]:
    """The names of a function's arguments; inspect.signature takes 30 times as long, at import."""
    code = function.__code__
    count = code.co_argcount + code.co_kwonlyargcount + bool(code.co_flags & inspect.CO_VARARGS)
    return list(code.co_varnames[:count])


def _caller(rule: Callable[..., Any], places: list[int], counts: bool) -> Callable[..., Any]:
    """The rule as a function of the list [g, out, *arguments], and of nth if it counts."""
    if counts:
        return lambda values, nth: rule(*[values[place] for place in places], nth=nth)
    if len(places) == 1:
        return lambda values, place=places[0]: rule(values[place])
    pick = itemgetter(*places)
    return lambda values: rule(*pick(values))


def _record(op: Op, args: tuple[Any, ...]) -> Tensor:
    """Run the op on the tensors' arrays and note on the tape what it did."""
    arrays: list[Any] = []  # what the op computes with
    parents: list[Any] = []  # where each argument's gradient goes
    saved: list[Any] = []  # what the rules will ask for
    version, wanted, ndarray = 0, False, B.ndarray
    for value, kept in zip(args, op.kept_of(args) if op.variadic else op.kept, strict=True):
        if isinstance(value, Tensor):
            array = value.array
            if array.__class__ is not ndarray:
                return _on_its_library(op, args)
            arrays.append(array)
            if value.requires_grad:
                wanted = True
                parents.append(value.grad_fn or value)
            else:
                parents.append(None)
            if kept:
                origin = value._origin
                version += value._version if origin is None else origin._version
                saved.append(value)
            else:
                saved.append(None)
        else:
            array = value if value.__class__ in _PLAIN else _plain(value)
            arrays.append(array)
            parents.append(None)
            saved.append(array)
    try:
        out: Any = op.forward(*arrays)
    except (ValueError, TypeError, IndexError) as error:
        raise _explained(op, args, error) from error
    if out.__class__ is not ndarray or out.dtype is not B.float32:  # type: ignore[attr-defined]
        out = _settled(out, arrays)
    result = _new(Tensor)
    result.array = out
    if op.view:
        result._origin = args[0].owner
    if wanted and mode.recording and op.differentiable:
        if op.keeps_out and not op.view:  # saves its memory alone: result and node form no circle
            result._origin = memory = _new(Tensor)
            memory.array = out
        if op.keeps_shapes:
            saved.extend(getattr(array, "shape", None) for array in arrays)
        result.requires_grad = True
        result.grad_fn = node = _new(Node)
        node.op, node.order, node.parents = op, next(_order), parents
        node.saved, node.version = saved, version
        node.out = result._origin if op.keeps_out else None
        node.shape, node.dtype = out.shape, out.dtype
    return result


def _settled(out: Any, arrays: list[Any]) -> B.Array:
    """The result as an array: float32, unless an input is of another float type or asks for it.

    NumPy gives scalars for full reductions, float64 for integers divided or averaged, and float16
    for functions of small ones. Beside arrays of numbers, single ones do not widen, as in PyTorch.
    """
    out = B.xp.asarray(out)
    if out.dtype.kind != "f":
        return out
    dtypes = [getattr(a, "dtype", a) for a in arrays if a is not None]
    if all(dtype != out.dtype for dtype in dtypes):
        return out.astype("float32", copy=False)
    wide = [a.dtype for a in arrays if getattr(a, "ndim", 0) and a.dtype.kind == "f"]
    asked = any(hasattr(a, "kind") for a in arrays)  # a dtype is among the arguments
    if wide and out.ndim and not asked and out.dtype not in wide:
        return out.astype(max(wide, key=lambda dtype: dtype.itemsize), copy=False)
    return out


def _plain(value: Any) -> Any:
    """An argument that is no tensor: scalars weak, lest they widen float32; arrays on this side."""
    if hasattr(value, "ndim") and hasattr(value, "item"):
        return value.item() if value.ndim == 0 else B.to_device(value)
    return value


def _on_its_library(op: Op, args: tuple[Any, ...]) -> Tensor:
    """Run an op on tensors that live in the other library; all of them must."""
    libraries = {B.module_of(v.array).__name__ for v in args if isinstance(v, Tensor)}
    if len(libraries) > 1:
        raise TypeError(
            f"{op.name}: one tensor is on {' and another on '.join(sorted(libraries))}; move them "
            f"to one place with .to('cuda') or .cpu()"
        )
    with B.use_backend(libraries.pop()):
        return _record(op, args)


def _explained(op: Op, args: tuple[Any, ...], error: Exception) -> Exception:
    """The library's error with the op's name and the shapes that it met."""
    names = [*op.arguments, *[op.arguments[-1]] * len(args)]  # of `*tensors` there are several
    met = ", ".join(
        f"{name}: {value.dtype} {value.shape}" if isinstance(value, Tensor) else f"{name}={value!r}"
        for name, value in zip(names, args, strict=False)
    )
    # NumPy's own kinds of these take other arguments than a message
    kinds = (IndexError, ValueError, TypeError)
    kind = next(kind for kind in kinds if isinstance(error, kind))
    kind = MisfitError if kind is ValueError else kind
    return kind(f"{op.name}({met}): {error}")


def _misfit(name: str) -> Callable[..., Any]:
    """The complaint about a rule whose gradient does not look like its tensor."""

    def fit(gradient: Any, parent: Any) -> Any:
        raise tape.GraphError(
            f"op '{name}': a rule returned a gradient of shape {gradient.shape} and dtype "
            f"{gradient.dtype} for a tensor of shape {parent.shape} and dtype {parent.dtype}"
        )

    return fit
