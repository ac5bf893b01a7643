"""Copying and pickling tensors, also those that share memory: tied weights stay tied."""

import copy
from typing import Any

from minigan.nn.module import Parameter
from minigan.torch.ops.views import detach, memory_of

_OWN = set("array grad grad_fn _base _taken _copied _family _layouts".split())


def reduced(x: Any, protocol: Any) -> Any:
    """What pickle writes: no grad, and one copy of memory that several tensors share whole."""
    memory, shape, steps = memory_of(x.array), x.array.shape, x.array.strides
    order = sorted(range(len(shape)), key=lambda axis: -steps[axis])
    whole = memory is not x.array and memory.size == x.array.size
    if not whole or _walked(memory, shape, order).strides != steps:
        memory, order = x.array, list(range(len(shape)))
    return _rebuilt, (type(x), memory, shape, order), _state(x)


def copied(x: Any) -> Any:
    """copy.copy(x): the same memory, and no history."""
    kind: Any = type(x)
    twin = kind.__new__(kind)
    vars(twin).update({**_state(x), **vars(detach(x))})
    return twin


def deep_copied(x: Any, memo: dict[int, Any]) -> Any:
    """copy.deepcopy(x), with its grad, but for parameters, which PyTorch copies without.

    RuntimeError for a result, whose history none can copy.
    """
    if x.grad_fn is not None:
        raise RuntimeError(
            f"deepcopy: this result of shape {x.shape} has a history, which cannot be "
            f"copied; use .clone(), which goes on with it, or copy .detach()"
        )
    _, content, state = x.__reduce_ex__(4)
    memo[id(x)] = twin = _rebuilt(type(x), *copy.deepcopy(content[1:], memo))
    if not isinstance(x, Parameter):
        state = {**state, "grad": vars(x).get("grad")}
    vars(twin).update(copy.deepcopy(state, memo))
    return twin


def _state(x: Any) -> dict[str, Any]:
    """What goes with each copy: requires_grad, and attributes that a program gave it."""
    return {name: value for name, value in vars(x).items() if name not in _OWN}


def _rebuilt(kind: Any, memory: Any, shape: Any, order: list[int]) -> Any:
    """A tensor of this class whose array lies so in the memory."""
    tensor = kind.__new__(kind)
    tensor.array = _walked(memory, shape, order)
    return tensor


def _walked(memory: Any, shape: Any, order: list[int]) -> Any:
    """The memory as an array of this shape, whose axes lie in it in this order."""
    places = [order.index(axis) for axis in range(len(order))]
    return memory.reshape([shape[axis] for axis in order]).transpose(places)
