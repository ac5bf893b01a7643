"""Families of tensors that share memory: each view knows what it was taken of, and how.

    y = x * 2
    row = y[0]           row's source is y, and y[0] is how it was taken
    flat = row.view(-1)  flat's source is row; y, row and flat are one family, and y its root

PyTorch promises which functions share memory and which copy. NumPy's reshape shares wherever it
can, and here images lie in memory with their channels last: now and then one copies where the other
shares. Nobody can tell until something is changed in place; then `settle` makes it good or refuses.
"""

import copy
import weakref
from collections.abc import Iterator
from typing import Any

from minigan import backend as B
from minigan.autograd.op import Op, op
from minigan.autograd.tape import mode
from minigan.autograd.tensor import Tensor, wrap
from minigan.ops.shape import reshape_to, take
from minigan.torch.extend import extends

Taken = tuple[Any, Op, tuple[Any, ...], bool]  # source, view op, further arguments, if recorded

Tensor._taken = None  # type: ignore[attr-defined]
Tensor._copied = None  # type: ignore[attr-defined]
Tensor._family = None  # type: ignore[attr-defined]
Tensor._strided = False  # type: ignore[attr-defined]

_MAY_COPY = {reshape_to.op, take.op}


class Family:
    """Weak references to all views of a root, and to the copies where PyTorch may share memory."""

    def __init__(self) -> None:  # by id: a set would compare tensors, element by element
        self._views: dict[int, Any] = {}
        self._copies: dict[int, Any] = {}

    def add(self, view: Tensor) -> None:
        _remember(self._views, view)

    def add_copy(self, copy: Tensor) -> None:
        _remember(self._copies, copy)

    def views(self, root: Tensor | None = None) -> list[Any]:
        """Those of this root that are still in use, sources before what was taken of them."""
        alive = [view for ref in list(self._views.values()) if (view := ref()) is not None]
        chosen = [v for v in alive if v._taken and (root is None or root_of(v) is root)]
        return sorted(chosen, key=lambda view: len(list(sources(view))))

    def copies(self) -> list[Any]:
        return [other for ref in list(self._copies.values()) if (other := ref()) is not None]


def _remember(refs: dict[int, Any], tensor: Tensor) -> None:
    """Add a weak reference, which leaves by itself."""
    key = id(tensor)
    refs[key] = weakref.ref(tensor, lambda _: refs.pop(key, None))


def family_of(x: Any) -> Family:
    """The family that x is in, or founds."""
    if x._family is None:
        x._family = Family()
    return x._family


@extends(Op)
class _:
    def viewed(self: Any, result: Any, args: Any) -> None:
        """Note of a view what it was taken of."""
        source, how = args[0], args[1:]
        family = family_of(source)
        if self in _MAY_COPY and memory_of(result.array) is not memory_of(source.array):
            if self is reshape_to.op:  # take by positions copies in PyTorch too
                result._copied = weakref.ref(source), self, how
                family.add_copy(result)
            return
        result._base, result._family = source.owner, family
        result._taken = source, self, how, mode.recording
        family.add(result)


def detach(x: Any) -> Tensor:
    """The same memory without history: no gradient flows through it."""
    alias: Any = wrap(x.array)
    alias._base, alias._family = x.owner, family_of(x)
    alias._strided = x._strided or x._taken is not None
    return alias


def memory_of(array: Any) -> Any:
    """The array that owns the memory."""
    while isinstance(array.base, B.ndarray):
        array = array.base
    return array


def sources(x: Any) -> Iterator[Any]:
    """What x was taken of, what that was taken of, and so on to the root; nothing for a root."""
    while x._taken is not None:
        x = x._taken[0]
        yield x


def root_of(x: Any) -> Any:
    """The tensor that x is a view of, in the end; itself, if it is none."""
    return [x, *sources(x)][-1]


def layouts(x: Any) -> list[Any]:
    """Arrays of x's shape whose memory lies as PyTorch's may: as here, or row by row.

    Where they differ, nobody knows: an image that came out of a convolution lies row by row there,
    one that was permuted lies as here.
    """
    if x._taken is not None:
        source, op, how, _ = x._taken
        return [op.forward(array, *how) for array in layouts(source)]
    sure = x._strided or x.array.flags.c_contiguous
    return [x.array] if sure else [x.array, B.xp.empty(x.shape, x.dtype)]


def is_contiguous(x: Any) -> bool:
    """Whether PyTorch's memory of x may be row by row."""
    return any(array.flags.c_contiguous for array in layouts(x))


@op(least=None, x=lambda g: g)
def _by_rows(x: Any) -> Any:
    """A copy whose memory lies row by row."""
    return B.xp.array(x, order="C")


def contiguous(x: Any) -> Tensor:
    """x itself, if its memory lies row by row in PyTorch; else a copy."""
    if all(array.flags.c_contiguous for array in layouts(x)):
        return x
    rows: Any = _by_rows(x)
    if is_contiguous(x):
        rows._copied = weakref.ref(x), _by_rows.op, ()
        family_of(x).add_copy(rows)
    return rows


def settle(x: Any) -> None:
    """Before a change of x's memory: who shares it here is who shares it in PyTorch.

    A reshape that copies there gets memory of its own. Raises RuntimeError where one shares memory
    there and could not here.
    """
    _refuse_if_shared(x, "the tensor that it was taken of")
    if x._family is None:
        return
    for other in x._family.copies():
        _refuse_if_shared(other, "what was taken of it")
    for view in x._family.views():
        source, op, how, _ = view._taken
        if op is not reshape_to.op or (shared := _shared(source, op, how)) == {True}:
            continue
        if True in shared:
            _refuse(source.shape, view.shape)
        leave(view, view.array.copy())


def _shared(source: Any, op: Op, how: Any) -> set[bool]:
    """Whether PyTorch's result of this view op shares memory; both, if nobody knows."""
    if op is _by_rows.op:
        return {array.flags.c_contiguous for array in layouts(source)}
    return {memory_of(op.forward(a, *how)) is memory_of(a) for a in layouts(source)}


def _refuse_if_shared(copy: Any, other: str) -> None:
    """A RuntimeError, if the source is still in use and PyTorch's view might be no copy."""
    if copy._copied is not None:
        ref, op, how = copy._copied
        if (source := ref()) is not None and True in _shared(source, op, how):
            _refuse(source.shape, copy.shape, other)


def _refuse(source: Any, view: Any, other: str = "what shares its memory") -> None:
    raise RuntimeError(
        f"a change in place is not possible here: {other} would have to change or not to change "
        f"with it, which is not known since {source} became {view} (images lie in memory with "
        f"their channels last). Compute a new tensor, or change x.clone() and take the view of that"
    )


def leave(x: Any, array: Any) -> None:
    """Give x this memory, which it shares with nobody but the views taken of it."""
    views = x._family.views() if x._family else []
    followers = [v for v in views if any(source is x for source in sources(v))]
    x.array, x._base, x._taken, x._family = array, None, None, None
    for view in followers:
        source, op, how, _ = view._taken
        view.array, view._base, view._family = op.forward(source.array, *how), x, family_of(x)
        view._family.add(view)


def step_aside(x: Any) -> Any:
    """A new tensor in x's place: with its memory, history and views. x itself is free of them."""
    former: Any = wrap(x.array)
    former.grad_fn, former.requires_grad, former._strided = x.grad_fn, x.requires_grad, x._strided
    former._base, former._taken, former._family = x.owner, x._taken, x._family
    if x._family is not None:
        for view in x._family.views():
            if view._taken[0] is x:
                view._taken = former, *view._taken[1:]
        if former._taken:
            x._family.add(former)
    x._taken = x._family = x._copied = None
    return former


# -- copying and pickling --------------------------------------------------------------------------

_OWN = {"array", "grad", "grad_fn", "_base", "_taken", "_copied", "_family"}  # new for each copy


@extends(Tensor)
class _Copied:
    def __reduce_ex__(self: Any, protocol: Any) -> Any:
        """What pickle writes: no grad, and one copy of memory that several tensors share whole."""
        memory, shape, steps = memory_of(self.array), self.array.shape, self.array.strides
        order = sorted(range(len(shape)), key=lambda axis: -steps[axis])
        if memory.size != self.array.size or _walked(memory, shape, order).strides != steps:
            memory, order = self.array, list(range(len(shape)))
        state = {name: value for name, value in vars(self).items() if name not in _OWN}
        return _rebuilt, (type(self), memory, shape, order), state

    def __copy__(self: Any) -> Any:
        """The same memory, and no history."""
        kind: Any = type(self)
        twin = kind.__new__(kind)
        vars(twin).update({k: v for k, v in vars(self).items() if k not in _OWN})
        twin.array, twin._base, twin._family = self.array, self.owner, family_of(self)
        return twin

    def __deepcopy__(self: Any, memo: dict[int, Any]) -> Any:
        if self.grad_fn is not None:
            raise RuntimeError(
                f"deepcopy: this result of shape {self.shape} has a history, which cannot be "
                f"copied; use .clone(), which goes on with it, or copy .detach()"
            )
        _, content, state = self.__reduce_ex__(4)
        memo[id(self)] = twin = _rebuilt(type(self), *copy.deepcopy(content[1:], memo))
        vars(twin).update(copy.deepcopy({**state, "grad": vars(self).get("grad")}, memo))
        return twin


def _rebuilt(kind: Any, memory: Any, shape: Any, order: list[int]) -> Any:
    """A tensor of this class whose array lies so in the memory."""
    tensor = kind.__new__(kind)
    tensor.array = _walked(memory, shape, order)
    return tensor


def _walked(memory: Any, shape: Any, order: list[int]) -> Any:
    """The memory as an array of this shape, whose axes lie in it in this order."""
    places = [order.index(axis) for axis in range(len(order))]
    return memory.reshape([shape[axis] for axis in order]).transpose(places)
