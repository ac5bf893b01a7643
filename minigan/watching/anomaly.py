"""Where a number was born that is none: the first op, and the layer, that made NaN or an infinity.

While a search goes on, every op's result and every gradient is looked at. That takes its time.
"""

import contextlib
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, count
from typing import Any

from minigan.autograd import GraphError, Tensor
from minigan.autograd.op import Op
from minigan.autograd.tensor import array_of
from minigan.backend import is_array, module_of
from minigan.nn import Module
from minigan.watching.layers import listening

_ops: Any = importlib.import_module("minigan.autograd.op")  # whose name the function op took
_record, _gradients = _ops._record, Op.gradients

CURES = {
    "div": "a division by 0: add a small number to what it divides by, or clamp it",
    "log": "the logarithm of 0, or of less: clamp what it is taken of",
    "sqrt": "the root of 0 has no finite slope, that of less than 0 is no number: clamp it",
    "norm": "the norm of 0 has no slope: add a small number before the root",
    "pow": "a power of 0, or of a large number: clamp what it is taken of",
    "exp": "the exponential of more than 88: clamp what it is taken of",
}
"""By op, what it usually means, and what to do."""

GROWN = "numbers that have grown too large: lower the learning rate, or normalise the layer before"


class AnomalyError(GraphError):
    """NaN or an infinity; the message says which op and layer made it, of what."""


@dataclass
class Search:
    """What is looked for, and what is at work. forward: in results too, not in gradients alone.
    infinite: infinities count too."""

    forward: bool = True
    infinite: bool = True
    at_work: list[str] = field(default_factory=list)  # layers, the innermost last

    def check(self, op: Op, part: str, made: Any, given: dict[str, Any]) -> None:
        """Raise AnomalyError if an op made of what was `given` what is no number."""
        fault = self.fault(made)
        if not fault:
            return
        where = f" in layer {self.at_work[-1]}" if self.at_work else ""
        made_by = f"op '{op.name}'{where} made {fault} in {part}"
        if before := [f"{name} ({found})" for name, v in given.items() if (found := self.fault(v))]:
            raise AnomalyError(
                f"{made_by}, but it was given them: {', '.join(before)}. They came from outside: "
                f"look at the data, at the weights as they began, and at what was no op"
            )
        raise AnomalyError(f"{made_by}. Usually it is {CURES.get(op.name, GROWN)}")

    def fault(self, value: Any) -> str:
        """What is wrong with numbers, if anything is: "NaN (3 of 64 values, float32 (8, 8))"."""
        array = array_of(value) if isinstance(value, Tensor) else value
        if not is_array(array) or array.dtype.kind != "f":
            return ""
        xp = module_of(array)
        if not (~xp.isfinite(array) if self.infinite else xp.isnan(array)).any():
            return ""
        nan = xp.isnan(array)
        bad, kind = (nan, "NaN") if nan.any() else (xp.isinf(array), "an infinity")
        size = f"{int(bad.sum()):,} of {array.size:,} values, " if array.ndim else ""
        return f"{kind} ({size}{array.dtype} {tuple(array.shape)})"


class _Located:
    """A node's op that remembers the layer that it was recorded in, for the walk back."""

    def __init__(self, op: Any, layer: str, at_work: list[str]):
        self.op, self.layer, self.at_work = op, layer, at_work

    def __getattr__(self, name: str) -> Any:
        return getattr(self.op, name)

    def gradients(self, values: Any, parents: Any) -> Any:
        self.at_work.append(self.layer)
        try:
            return self.op.gradients(values, parents)
        finally:
            self.at_work.pop()


under_way: Search | None = None


def switch(search: Search | None) -> Search | None:
    """Begin a search, or end it by None; what was under way before."""
    global under_way
    former, under_way = under_way, search
    _ops._record = _looked_at if search and search.forward else _record
    Op.gradients = _checked_gradients if search else _gradients  # type: ignore[method-assign]
    return former


@contextlib.contextmanager
def searching(networks: Mapping[str, Module] = {}, **kind: bool) -> Iterator[None]:
    """A search inside the block, layers named as those of the networks: see Search.

    with searching({"D": D, "G": G}):
        …  # a step
    """
    with listening(networks) as at_work:
        former = switch(Search(**kind, at_work=at_work))
        try:
            yield
        finally:
            switch(former)


def _looked_at(op: Op, args: tuple[Any, ...]) -> Tensor:
    """An op's result, once it was looked at."""
    result = _record(op, args)
    if under_way:
        further = (f"{op.arguments[-1]} {n}" for n in count(2))  # of cat's pieces
        given = dict(zip(chain(op.arguments, further), args, strict=False))
        under_way.check(op, "its result", result, given)
        if result.grad_fn is not None and under_way.at_work:
            at_work = under_way.at_work
            result.grad_fn.op = _Located(result.grad_fn.op, at_work[-1], at_work)
    return result


def _checked_gradients(self: Op, values: dict[str, Any], parents: list[Any]) -> Any:
    """Op.gradients, with a look at each gradient."""
    pairs = _gradients(self, values, parents)
    for _, part in pairs:
        if under_way:
            shape = tuple(part.shape)
            under_way.check(self, f"a gradient of shape {shape}, walking back", part, values)
    return pairs
