"""autograd.Function: an op of the user's own, with its forward and its backward written out.

class Round(Function):
    @staticmethod
    def forward(ctx, x): return x.round()
    @staticmethod
    def backward(ctx, g): return g
y = Round.apply(x)
"""

import functools
from collections.abc import Callable
from typing import Any

from minigan.autograd.tape import GraphError, Node, mode, recording, target_of
from minigan.autograd.tensor import Tensor, wrap

__all__ = ["Function", "once_differentiable"]


class Context:
    """What forward hands to backward: saved tensors, and whatever attributes it sets."""

    def __init__(self, args: tuple[Any, ...]):
        self.needs_input_grad = tuple(getattr(value, "requires_grad", False) for value in args)
        self.saved_tensors: tuple[Any, ...] = ()
        self.constant: tuple[Tensor, ...] = ()
        self.materializes = True

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep these for backward, as ctx.saved_tensors; a change in place since is found."""
        self.saved_tensors = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """No gradient flows through these outputs."""
        self.constant = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Whether backward gets zeros, or else None, for outputs without a gradient."""
        self.materializes = value

    def mark_dirty(self, *tensors: Tensor) -> None:
        """Refused: a Function's forward changes none of its inputs here."""
        raise NotImplementedError("mark_dirty: return a new tensor instead of a changed input")


class Function:
    """The base: subclasses define the static methods forward and backward; call them by apply.

    forward(ctx, *args) computes with tensors, unrecorded, and returns one floating-point tensor,
    beside which there may be others that are marked non-differentiable or of whole numbers.
    backward(ctx, *gradients) gets one gradient for each output and returns one for each argument,
    None for those without. forward(*args) with setup_context(ctx, inputs, output) will also do.
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError("a Function must define the static method forward")

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        raise NotImplementedError("a Function must define the static method backward")

    @classmethod
    def apply(cls, *args: Any) -> Any:
        """Compute forward, and note on the tape that backward belongs to it."""
        ctx = Context(args)
        with recording(False):
            if hasattr(cls, "setup_context"):
                given = cls.forward(*args)
                cls.setup_context(ctx, args, given)
            else:
                given = cls.forward(ctx, *args)
        if not (mode.recording and any(ctx.needs_input_grad)):
            return given
        outputs = given if isinstance(given, tuple) else (given,)
        learned = [
            i
            for i, y in enumerate(outputs)
            if isinstance(y, Tensor) and y.dtype.kind == "f" and not _among(ctx.constant, y)
        ]
        if len(learned) != 1:
            raise NotImplementedError(
                f"{cls.__name__}.apply: {len(learned)} floating-point outputs; a Function has "
                f"exactly one here: mark the others by ctx.mark_non_differentiable, or stack them"
            )
        (place,) = learned
        result = _recorded(cls, ctx, args, outputs, place)
        if not isinstance(given, tuple):
            return result
        return (*outputs[:place], result, *outputs[place + 1 :])


def _among(tensors: Any, x: Tensor) -> bool:
    return any(x is tensor for tensor in tensors)


def _recorded(cls: Any, ctx: Context, args: Any, outputs: Any, place: int) -> Tensor:
    """The learned output as the result of a node that calls cls.backward."""
    result = wrap(outputs[place].array)
    if _among(args, outputs[place]) or outputs[place]._base is not None:
        result._base = outputs[place].owner
    names = [
        "out" if tensor is outputs[place] else f"saved_{i}"
        for i, tensor in enumerate(ctx.saved_tensors)
    ]
    saved: dict[str, Any] = dict(zip(names, ctx.saved_tensors, strict=True))
    if "out" in saved:  # its memory alone, as op.py has it
        saved["out"] = result._base = wrap(result.array)
    ctx.saved_tensors = ()
    parents = [target_of(value) if isinstance(value, Tensor) else None for value in args]
    others = [(y.shape, y.dtype) if isinstance(y, Tensor) else None for y in outputs]
    op: Any = _Custom(cls, ctx, names, place, others)
    result.grad_fn, result.requires_grad = Node(op, parents, saved, result.array), True
    return result


class _Custom:
    """What the tape knows of a Function's call."""

    saves_values, view = True, False

    def __init__(self, cls: Any, ctx: Context, names: list[str], place: int, outputs: list[Any]):
        self.cls, self.ctx, self.names, self.place = cls, ctx, names, place
        self.outputs, self.name = outputs, cls.__name__

    def gradients(self, values: dict[str, Any], parents: list[Any]) -> list[tuple[Any, Any]]:
        """Each parent with what backward returned for its argument."""
        self.ctx.saved_tensors = tuple(_tensor(values[name]) for name in self.names)
        given = [self._gradient(i, values["g"]) for i in range(len(self.outputs))]
        parts = self.cls.backward(self.ctx, *given)
        self.ctx.saved_tensors = ()
        parts = parts if isinstance(parts, tuple) else (parts,)
        if len(parts) < len(parents) or any(part is not None for part in parts[len(parents) :]):
            raise RuntimeError(
                f"{self.name}.backward returned {len(parts)} gradients for {len(parents)} "
                f"arguments of forward; return None for those that have none"
            )
        pairs = zip(parents, parts, strict=False)
        return [
            (parent, part if mode.recording else part.array)
            for parent, part in pairs
            if parent is not None and part is not None
        ]

    def _gradient(self, i: int, g: Any) -> Any:
        """The gradient of output i: g for the learned one, zeros or None for the others."""
        if i == self.place:
            return _tensor(g)
        if not self.ctx.materializes or self.outputs[i] is None:
            return None
        shape, dtype = self.outputs[i]
        return _tensor(g).new_zeros(shape, dtype=dtype)

    def fit(self, gradient: Any, parent: Any) -> Any:
        """A gradient of one element for each of the parent's, in its dtype; else refused."""
        if gradient.shape == parent.shape:
            return gradient.astype(parent.dtype)
        theirs, ours = tuple(parent.shape), tuple(gradient.shape)
        raise GraphError(f"{self.name}.backward returned {ours} for an argument of shape {theirs}")


def _tensor(value: Any) -> Any:
    return value if isinstance(value, Tensor) or value is None else wrap(value)


def once_differentiable(backward: Callable[..., Any]) -> Callable[..., Any]:
    """Decorator of a backward that is no formula to be differentiated again: create_graph fails."""

    @functools.wraps(backward)
    def once(ctx: Any, *gradients: Any) -> Any:
        if mode.recording:
            raise GraphError(f"{backward.__qualname__} is once_differentiable: no create_graph")
        return backward(ctx, *gradients)

    return once
