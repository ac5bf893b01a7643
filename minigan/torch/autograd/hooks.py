"""Hooks on tensors: functions that see a tensor's gradient on its way, and may replace it.

The gradient of a result is complete when its node's turn comes, so its hooks live in the node. A
leaf's is complete when the walk is over, so `hooked_leaves` stands around the walk.
"""

import contextlib
import functools
import weakref
from collections.abc import Callable, Iterator
from typing import Any

from minigan.autograd.entries import backward as _backward
from minigan.autograd.tape import mode
from minigan.autograd.tensor import Tensor, wrap
from minigan.torch.extend import extends

Function = Callable[[Tensor], Any]
# Leaves that have hooks, by id: == of tensors compares elements, so no set can hold them weakly.
_leaves: "weakref.WeakValueDictionary[int, Tensor]" = weakref.WeakValueDictionary()


class Handle:
    """A registered hook, to be removed by remove()."""

    def __init__(self, hooks: list[Any], function: Function):
        self.hooks, self.function = hooks, function
        hooks.append(self)

    def __call__(self, gradient: Tensor) -> Any:
        return self.function(gradient)

    def remove(self) -> None:
        """Call it no more."""
        if self in self.hooks:
            self.hooks.remove(self)


class HookedOp:
    """A node's op with hooks before it."""

    def __init__(self, op: Any):
        self.op, self.hooks = op, []  # type: ignore[var-annotated]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.op, name)

    def gradients(self, values: dict[str, Any], parents: list[Any]) -> Any:
        return self.op.gradients({**values, "g": _through(self.hooks, values["g"])}, parents)


def _through(hooks: list[Any], gradient: Any) -> Any:
    """What the hooks make of a gradient, an array or a tensor, one after the other."""
    seen = gradient if isinstance(gradient, Tensor) else wrap(gradient)
    for hook in list(hooks):
        changed = hook(seen)
        if changed is not None:
            if changed.shape != seen.shape or changed.dtype != seen.dtype:
                raise RuntimeError(
                    f"a hook answered {changed.dtype} {tuple(changed.shape)} for a gradient "
                    f"{seen.dtype} {tuple(seen.shape)}: it must be like it"
                )
            seen = changed
    return seen if isinstance(gradient, Tensor) else seen.array


def _hooks_of(x: Tensor) -> list[Any]:
    """The list that x's hooks are in."""
    if x.grad_fn is None:
        return vars(x).setdefault("_hooks", [])
    if not isinstance(x.grad_fn.op, HookedOp):
        x.grad_fn.op = HookedOp(x.grad_fn.op)  # type: ignore[assignment]
    return x.grad_fn.op.hooks  # type: ignore[attr-defined]


@contextlib.contextmanager
def hooked_leaves() -> Iterator[None]:
    """Let the hooks of leaves see what a walk adds to their grads."""
    former = [(leaf, leaf.grad) for leaf in list(_leaves.values()) if vars(leaf)["_hooks"]]
    for leaf, _ in former:
        leaf.grad = None
    try:
        yield
    finally:
        added = [leaf.grad for leaf, _ in former]
        for leaf, grad in former:
            leaf.grad = grad
    for (leaf, grad), part in zip(former, added, strict=True):
        if part is not None:
            part = _through(vars(leaf)["_hooks"], part)
            leaf.grad = part if grad is None else grad + part


def hooked(x: Tensor, gradient: Any) -> Any:
    """The gradient of an input of torch.autograd.grad, past the input's hooks."""
    has_hooks = id(x) in _leaves or isinstance(getattr(x.grad_fn, "op", None), HookedOp)
    return _through(_hooks_of(x), gradient) if has_hooks and gradient is not None else gradient


@extends(Tensor)
class _:
    def register_hook(self: Any, hook: Function) -> Handle:
        """Call hook(gradient) with each gradient of this tensor; its answer, if any, replaces it.

        The handle's remove() ends that.
        """
        if not self.requires_grad:
            raise RuntimeError(
                f"register_hook: this tensor of shape {tuple(self.shape)} requires no grad, so no "
                f"gradient will pass"
            )
        handle = Handle(_hooks_of(self), hook)
        if self.grad_fn is None:
            _leaves[id(self)] = self
        return handle

    def retain_grad(self: Any) -> None:
        """Keep the gradient of a result in its `grad`, as leaves do by themselves."""
        if not self.requires_grad:
            raise RuntimeError("retain_grad: this tensor requires no grad")
        if self.grad_fn is None or vars(self).get("_retains"):
            return
        self._retains, owner = True, weakref.ref(self)

        def keep(gradient: Tensor) -> None:
            x = owner()
            if x is not None:
                kept = gradient if mode.recording else gradient.detach().clone()
                x.grad = kept if x.grad is None else x.grad + kept

        _hooks_of(self).append(keep)

    @property
    def retains_grad(self: Any) -> bool:
        """Whether retain_grad was asked for."""
        return vars(self).get("_retains", False)

    @functools.wraps(_backward)
    def backward(self: Any, *args: Any, **options: Any) -> None:
        if not _leaves:
            _backward(self, *args, **options)
            return
        with hooked_leaves():
            _backward(self, *args, **options)
