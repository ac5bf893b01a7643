"""How a change in place keeps values and gradients right, for all that share the memory.

    y = x * 2                y ── mul ── x
    row = y[0]               row ── take [0] ── y
    row *= 10

The change writes into the memory, so y sees the 20 at once. The graph follows: y becomes the result
of putting what row became in the place of what row was, and row, a view of y, is taken anew:

                             y ── insert ──┬── what y was ── mul ── x
                             ·             └── mul 10 ── what row was ── take [0] ── what y was
                             row ── take [0] ── y

Where no gradient wants to pass, only the memory changes. Each change is counted, so that backward
refuses to use a value that was saved and has changed since.
"""

import functools
import weakref
from collections.abc import Callable
from typing import Any

from minigan import backend as B
from minigan.autograd.op import _record, noted, op
from minigan.autograd.tape import Node, Target, mode, recording, target_of, versions
from minigan.autograd.tensor import Tensor, array_of, wrap
from minigan.errors import MisfitError
from minigan.ops.shape import astype, fit
from minigan.torch.ops.index import put
from minigan.torch.ops.refused import check_content
from minigan.torch.ops.views import root_of, settle


def written(
    x: Tensor,
    write: Callable[[B.Array, Any], Any],
    value: Any,
    formula: Callable[[Tensor, Any], Tensor],
) -> Tensor:
    """Let `write` put value into x's memory; if a gradient is wanted, what the formula gives."""
    if not _ready(x, value):
        _write(x, lambda: write(x.array, _beside(x.array, value)))
        return x
    changed = _result(x, formula, value)
    _keep_out(root_of(x))
    _write(x, lambda: x.array.__setitem__(..., changed.array))
    _follow(x, changed.grad_fn)
    return x


def stored(x: Tensor, at: tuple[Any, ...], value: Any) -> Tensor:
    """x[at] = value, for an index of the array library."""
    check_content(value)
    node = None
    if learned := _ready(x, value):
        parents = [target_of(x), None, None]
        wanted = 1 if x.requires_grad else 0
        if isinstance(value, Tensor) and value.requires_grad:
            parents[1], wanted = target_of(value), wanted + 2
        args = x, value, at
        node = noted(put.op, args, [array_of(v) for v in args], parents, wanted, x)
        _keep_out(root_of(x))
    _write(x, lambda: x.array.__setitem__(at, _apart(x.array, at, _beside(x.array, value))))
    if learned:
        _follow(x, node)
    return x


def _ready(x: Any, value: Any) -> bool:
    """Whether a gradient wants to pass through the change of x; refuses what cannot be right."""
    root = root_of(x)
    wants = x.requires_grad or getattr(value, "requires_grad", False)
    learned = mode.recording and x.dtype.kind == "f" and wants
    if learned and root.requires_grad and root.grad_fn is None:
        which = "is" if root is x else "is a view of"
        raise RuntimeError(
            f"this tensor of shape {x.shape} {which} a leaf that requires grad and cannot be "
            f"changed in place here; wrap the change in `with torch.no_grad():`, or compute a new "
            f"tensor"
        )
    if x._taken and mode.recording and not x._taken[3] and (learned or root.requires_grad):
        raise RuntimeError(
            f"this view of shape {x.shape} was taken under no_grad, and a gradient is wanted "
            f"through its change in place: take the view anew, or change it under no_grad too"
        )
    sizes = zip(x.array.shape, x.array.strides, strict=True)
    if x.array.size and any(n > 1 and step == 0 for n, step in sizes):
        raise RuntimeError(
            f"this tensor of shape {x.shape} was expanded: several elements are one in memory and "
            f"cannot be changed in place; change x.clone()"
        )
    settle(x)
    return learned


def _write(x: Tensor, write: Callable[[], Any]) -> None:
    """Write, and count it."""
    former = B.warnings.set(B.silent)
    try:
        write()
    except TypeError:  # NumPy's word for a result of another kind
        cure = "compute a new tensor, as x + y does, or convert x before"
        raise RuntimeError(f"a change in place keeps {x.dtype}, not the result's: {cure}") from None
    except ValueError as error:
        cure = "; change x.clone()" if "read-only" in str(error) else ""
        raise MisfitError(f"a change in place of shape {x.shape}: {error}{cure}") from None
    finally:
        B.warnings.reset(former)
    x.changed_in_place()


def _result(x: Any, formula: Callable[[Tensor, Any], Tensor], value: Any) -> Tensor:
    """What the formula makes of x, in memory of its own, as are the values that the tape keeps."""
    former: Any = wrap(x.array)
    former.grad_fn, former.requires_grad = x.grad_fn, x.requires_grad
    changed = formula(former, value)
    if former._family is not None:  # views of it may be kept: they need other memory from the start
        former = wrap(x.array.copy())
        former.grad_fn, former.requires_grad = x.grad_fn, x.requires_grad
        changed = formula(former, value)
    if changed.shape != x.shape:
        raise MisfitError(f"a tensor of shape {x.shape} cannot become {changed.shape} in place")
    kept = weakref.ref(former)
    del former
    if (former := kept()) is not None and former.array is x.array:  # an op on the tape keeps it
        former.array = x.array.copy()
    return changed if changed.dtype == x.dtype else astype(changed, x.dtype)


def _keep_out(root: Tensor) -> None:
    """Give the result that root's op has saved memory of its own: it is about to change."""
    if (node := root.grad_fn) is None or not node.saved or "out" not in node.saved:
        return
    if node.version == versions(node.saved):
        node.saved["out"] = wrap(node.saved["out"].array.copy())
        node.version = versions(node.saved)


def _follow(x: Any, piece: Target | None) -> None:
    """Let x be what `piece` computed, and all of its family be what follows from that."""
    root = x
    while root._taken is not None:
        source, view, how, _ = root._taken
        saved = {"view": view, "how": how}
        piece = Node(insert.op, [target_of(source), piece, None, None], saved, source.array)
        root = source
    root.grad_fn, root.requires_grad = piece, piece is not None
    for view in root._family.views(root) if root._family else ():
        source, taken, how, recorded = view._taken
        if recorded:
            args = [source, *how]
            parents = [target_of(source), *[None] * len(how)]
            arrays = [source.array, *how]
            view.requires_grad = source.requires_grad
            if source.requires_grad:
                view.grad_fn = noted(taken, args, arrays, parents, 1, view)


def _again(x: Any, view: Any, how: Any) -> Any:
    """The view of another tensor or array."""
    return _record(view, (x, *how)) if isinstance(x, Tensor) else view.forward(x, *how)


@op(
    least=None,
    fit=fit,
    x=lambda g, view, how: _blank(g, view, how),
    piece=lambda g, view, how: _again(g, view, how),
)
def insert(x: Any, piece: Any, view: Any, how: Any) -> Any:
    """x with piece in the place that a view op takes."""
    out = B.xp.array(x, order="C")  # also of a number, as a gradient may be
    _again(out, view, how)[...] = piece
    return out


@op(least=None, x=lambda g, view, how: _blank(g, view, how))
def _blank(x: Any, view: Any, how: Any) -> Any:
    """x with zeros in the place that a view op takes."""
    return insert.op.forward(x, 0.0, view, how)


def _beside(array: B.Array, value: Any) -> Any:
    """value as something that can be written into array: a number, or an array of its library."""
    value = value.array if isinstance(value, Tensor) else value
    if not B.is_array(value) or value.__class__ is array.__class__:
        return value
    return B.module_of(array).asarray(B.to_host(value))


def _apart(array: B.Array, at: tuple[Any, ...], value: Any) -> Any:
    """value in memory of its own where writing it into array[at] would change what is still to be
    read, as in x[1:] = x[:-1]. NumPy looks after that itself, CuPy does not.
    """
    if isinstance(array, B.numpy.ndarray) or value.__class__ is not array.__class__:
        return value
    share = B.module_of(array).may_share_memory
    if not share(array, value):
        return value
    if not any(hasattr(part, "dtype") for part in at):
        target = array[at]
        same = target.data.ptr == value.data.ptr and target.strides == value.strides
        if (same and target.shape == value.shape) or not share(target, value):
            return value  # the last step of x[i] += y, or memory beside
    return value.copy()


def applied(op: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The op of one tensor as a change in place."""

    @functools.wraps(op)
    def change(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        def formula(x: Any, _: Any) -> Any:
            return op(x, *args, **kwargs)

        def write(a: B.Array, _: Any) -> None:  # a root of whole numbers, say, is refused
            with recording(False):
                B.xp.copyto(a, array_of(formula(wrap(a), _)), casting="same_kind")

        learned = [v for v in (*args, *kwargs.values()) if getattr(v, "requires_grad", False)]
        return written(x, write, learned[0] if learned else None, formula)

    return change


def in_place_on_request(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """Obey the function's argument `inplace`: then its first argument becomes the result."""
    change, names = applied(function), function.__code__.co_varnames
    place = names.index("inplace")

    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Tensor:
        if not args:  # its first argument has a name here, and PyTorch's
            args = (kwargs.pop("input" if "input" in kwargs else names[0]),)
        asked = kwargs.get("inplace", len(args) > place and args[place])
        return (change if asked else function)(*args, **kwargs)

    return call
