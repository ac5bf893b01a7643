"""How a change in place keeps the tape right.

The tape must know of it: a tensor that a recorded op still needs is not to change unnoticed. So
each change goes through `written`, which counts it. Where a gradient must pass through it, the
tensor becomes the result of the same change as an op, in memory of its own.
"""

import functools
from collections.abc import Callable
from typing import Any

from minigan import backend as B
from minigan.autograd.tape import mode
from minigan.autograd.tensor import Tensor, array_of, wrap
from minigan.ops.shape import astype, clone


def written(
    x: Tensor,
    write: Callable[[B.Array, Any], Any],
    value: Any,
    formula: Callable[[Tensor, Any], Tensor],
) -> Tensor:
    """Let `write` put value into x's array; or, if a gradient wants it, let x become formula(x, v).

    Into the detached alias of such a tensor (`weight.data`) anything may be written.
    """
    learns = getattr(value, "requires_grad", False) and not x.owner.requires_grad
    if mode.recording and (x.requires_grad or learns):
        return _become(x, lambda former: formula(former, value))
    former = B.warnings.set(B.silent)
    try:
        write(x.array, _beside(x.array, value))
    except TypeError as error:  # NumPy's word for a result of another kind
        raise RuntimeError(f"a change in place keeps {x.dtype}: {error}") from None
    finally:
        B.warnings.reset(former)
    x.changed_in_place()
    return x


def _become(x: Tensor, change: Callable[[Tensor], Tensor]) -> Tensor:
    """x, from here on the result of this change of what it was.

    Refused for a leaf that is learned, and for a view: what it is a view of would not follow.
    """
    if x.requires_grad and x.grad_fn is None:
        raise RuntimeError(
            f"this tensor of shape {x.shape} is a leaf that requires grad and cannot be changed in "
            f"place here; wrap the change in `with torch.no_grad():`, or compute a new tensor"
        )
    if x.grad_fn.op.view if x.grad_fn is not None else x._base is not None:
        raise RuntimeError(
            f"this tensor of shape {x.shape} shares the memory of another one, and a gradient is "
            f"wanted through this change in place, which the other one would not know of. Change "
            f"x.clone() instead, or compute a new tensor (x + y, cat, stack, where)"
        )
    former = wrap(x.array)
    former.grad_fn, former.requires_grad, former._base = x.grad_fn, x.requires_grad, x._base
    changed = clone(change(former))  # the op may need the memory of its result again
    changed = changed if changed.dtype == x.dtype else astype(changed, x.dtype)
    if changed.shape != x.shape:
        raise RuntimeError(f"a tensor of shape {x.shape} cannot become {changed.shape} in place")
    x._version, x._base = x.owner._version + 1, None
    x.array, x.grad_fn, x.requires_grad = changed.array, changed.grad_fn, True
    return x


def _beside(array: B.Array, value: Any) -> Any:
    """value as something that can be written into array: a number, or an array of its library."""
    value = value.array if isinstance(value, Tensor) else value
    if not B.is_array(value) or value.__class__ is array.__class__:
        return value
    return B.module_of(array).asarray(B.to_host(value))


def applied(op: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """The op of one tensor as a change in place."""

    @functools.wraps(op)
    def change(x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        def formula(x: Any, _: Any) -> Any:
            return op(x, *args, **kwargs)

        def write(a: B.Array, _: Any) -> None:  # a root of whole numbers, say, is refused
            B.xp.copyto(a, array_of(formula(a, _)), casting="same_kind")

        learned = [v for v in (*args, *kwargs.values()) if getattr(v, "requires_grad", False)]
        return written(x, write, learned[0] if learned else None, formula)

    return change


def augmented(name: str, in_place: Callable[..., Tensor]) -> Callable[..., Tensor]:
    """`x += y`: in place where nothing is recorded, else a new recorded tensor under x's name."""

    def operator(x: Tensor, y: Any) -> Tensor:
        recorded = mode.recording and (x.requires_grad or getattr(y, "requires_grad", False))
        if recorded and not (x.requires_grad and x.is_leaf):
            return getattr(x, name)(y)
        return in_place(x, y)

    return operator
