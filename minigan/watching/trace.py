"""Notes what a computation does, op by op, while it runs.

    with trace() as steps:
        images = G(z)
    for step in steps:
        print(step)  # affine(4×64, 256×64, 256) → 4×256

Between two ops a program may also compute with plain arrays or with numbers read out of tensors;
that is not noted, and shows as an argument that no step made.
"""

import contextlib
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from minigan import backend as B
from minigan.autograd.op import Op
from minigan.autograd.tensor import Tensor
from minigan.ops import shape


@dataclass(frozen=True)
class Step:
    """An op that ran: its arguments in order, tensors and others, and its result."""

    op: Op
    args: tuple[Any, ...]
    result: Tensor

    def __str__(self) -> str:
        args = ", ".join(map(_shown, self.args))
        return f"{self.op.name}({args}) → {_shown(self.result)}"


@dataclass(frozen=True)
class Change:
    """A tensor whose memory was written to, and the result that was written, if an op made it."""

    tensor: Tensor
    result: Tensor | None

    def __str__(self) -> str:
        return f"{_shown(self.tensor)} changed in place"


@contextlib.contextmanager
def trace() -> Iterator[list[Step | Change]]:
    """The steps of this thread inside the block, in their order.

    They keep all results in memory. The index of x[labels] is noted as the tensor that it was,
    although the op gets an array, a copy.
    """
    steps: list[Step | Change] = []
    op: Any = sys.modules[Op.__module__]  # minigan.autograd.op is also the name of a function
    record, array_of, changed = op._record, shape.array_of, Tensor.changed_in_place
    thread = threading.get_ident()
    indices: list[Tensor] = []  # whose arrays were copied for the next step

    def recording(definition: Op, args: tuple[Any, ...]) -> Tensor:
        result = record(definition, args)
        if threading.get_ident() == thread and not _made(steps, result):  # it may call itself
            steps.append(Step(definition, _with_tensors(args, indices), result))
            indices.clear()
        return result

    def copying(value: Any) -> Any:
        if threading.get_ident() == thread and isinstance(value, Tensor) and value.ndim:
            indices.append(value)
        return array_of(value)

    def changing(x: Tensor) -> None:
        changed(x)
        if threading.get_ident() == thread:
            steps.append(Change(x, _written(steps, x)))

    op._record = recording
    shape.array_of = copying
    Tensor.changed_in_place = changing  # type: ignore
    try:
        yield steps
    finally:
        op._record = record
        shape.array_of = array_of
        Tensor.changed_in_place = changed  # type: ignore[method-assign]


def _made(steps: list[Step | Change], result: Any) -> bool:
    """Whether the last step made it."""
    return bool(steps) and isinstance(steps[-1], Step) and steps[-1].result is result


def _with_tensors(args: tuple[Any, ...], indices: list[Tensor]) -> tuple[Any, ...]:
    """An op's arguments, with the tensors in place of the arrays that its index has of them."""
    if not indices or len(args) < 2 or not isinstance(args[1], tuple):
        return args
    arrays = [part for part in args[1] if B.is_array(part)]
    if [array.shape for array in arrays] != [tensor.shape for tensor in indices]:
        return args
    tensors = iter(indices)
    index = tuple(next(tensors) if B.is_array(part) else part for part in args[1])
    return (args[0], index, *args[2:])


def _written(steps: list[Step | Change], x: Tensor) -> Tensor | None:
    """The last step's result, if this is what x became."""
    last = steps[-1] if steps else None
    if not isinstance(last, Step) or last.result.shape != x.shape or last.result.dtype != x.dtype:
        return None
    return last.result if bool((last.result.array == x.array).all()) else None


def _shown(value: Any) -> str:
    """A tensor by its sizes; anything else as Python shows it."""
    sizes = getattr(value, "shape", None)
    return repr(value) if sizes is None else "×".join(map(str, sizes)) or "a number"
