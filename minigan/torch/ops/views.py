"""Families of tensors that share memory: each view knows what it was taken of, and how.

    y = x * 2
    row = y[0]           row's source is y, and y[0] is how it was taken
    flat = row.view(-1)  flat's source is row; y, row and flat are one family, and y its root

PyTorch promises which functions share memory and which copy. NumPy's reshape shares wherever it
can, and here images lie in memory with their channels last: now and then one copies where the other
shares. Nobody can tell until something is changed in place; then `settle` makes it good or refuses.
"""

import weakref
from collections.abc import Iterator
from typing import Any

from minigan import backend as B
from minigan.autograd.op import Op, op
from minigan.autograd.tape import mode
from minigan.autograd.tensor import Tensor, wrap
from minigan.errors import MisfitError
from minigan.ops.shape import clone, reshape_to, take
from minigan.torch.extend import extends
from minigan.torch.ops.memory import channels_last

# Of a view: its source, the view op, the op's further arguments, and whether it was recorded.
Tensor._taken = None
# Of a copy where PyTorch's may be a view: the source, weakly, the op, and its further arguments.
Tensor._copied = None
# The Family, of all that were viewed or are views.
Tensor._family = None
# Of an alias: what layouts() said of the view whose memory it has.
Tensor._layouts = None

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
    """Add a weak reference, which leaves by itself; a WeakValueDictionary takes twice as long."""
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
        if self in _MAY_COPY and memory_of(result.array) is not memory_of(source.array):
            if self is reshape_to.op:  # take by positions copies in PyTorch too
                _note_copy(result, source, self, how)
            return
        result._base, result._family = source.owner, family_of(source)
        result._taken = source, self, how, mode.recording
        result._family.add(result)


def _note_copy(copy: Any, source: Any, op: Op, how: tuple[Any, ...]) -> None:
    """Note of a copy what it was taken of, with which PyTorch's may share memory."""
    copy._copied = weakref.ref(source), op, how
    family_of(source).add_copy(copy)


def detach(x: Any) -> Tensor:
    """The same memory without history: no gradient flows through it."""
    alias: Any = wrap(x.array)
    alias._base, alias._family = x.owner, family_of(x)
    alias._layouts = known_layouts(x)
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
    if x._layouts is not None:
        return x._layouts
    sure = x.array.flags.c_contiguous
    return [x.array] if sure else [x.array, B.xp.empty(x.shape, x.dtype)]


def known_layouts(x: Any) -> list[Any] | None:
    """The layouts that x has as a view, to be kept by an alias, which is none; else None."""
    return x._layouts if x._taken is None else layouts(x)


def is_contiguous(x: Any, memory_format: Any = None) -> bool:
    """Whether PyTorch's memory of x may be row by row; of channels_last that is not known."""
    if memory_format == channels_last:
        raise NotImplementedError(
            "is_contiguous: PyTorch's memory_format of a tensor is not known here; leave it out"
        )
    return any(array.flags.c_contiguous for array in layouts(x))


@op(least=None, x=lambda g: g)
def _by_rows(x: Any) -> Any:
    """A copy whose memory lies row by row."""
    return B.xp.array(x, order="C")


def contiguous(x: Any, memory_format: Any = None) -> Tensor:
    """x itself, if its memory lies row by row in PyTorch; else a copy, as of channels_last."""
    if memory_format == channels_last:
        if x.ndim != 4:
            raise MisfitError(f"channels_last: {x.shape} are no images (N, C, H, W)")
        copy = clone(x)
        _note_copy(copy, x, clone.op, ())
        return copy
    if all(array.flags.c_contiguous for array in layouts(x)):
        return x
    rows: Any = _by_rows(x)
    if is_contiguous(x):
        _note_copy(rows, x, _by_rows.op, ())
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
    if op is clone.op:  # to channels_last, where x may lie so already
        return {True, False}
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
    former.grad_fn, former.requires_grad, former._layouts = x.grad_fn, x.requires_grad, x._layouts
    former._base, former._taken, former._family = x.owner, x._taken, x._family
    if x._family is not None:
        for view in x._family.views():
            if view._taken[0] is x:
                view._taken = former, *view._taken[1:]
        if former._taken:
            x._family.add(former)
    x._taken = x._family = x._copied = x._layouts = None
    return former
