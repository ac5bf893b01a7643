"""What a recorded step was recorded with, to see whether it still is so.

A graph knows addresses and numbers, not names. When a parameter has moved, a network was put into
eval mode, or a number that the step reads has changed, it would go on with the former ones. So all
that the step's code can reach by its names is noted: closures, globals, attributes, lists, dicts.
"""

import builtins
import functools
import types
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap
from minigan.kernels import precision
from minigan.nn import Module
from minigan.optim import Optimizer

MOST = 20_000  # things that a step may reach
PLAIN = (bool, int, float, complex, str, bytes, type(None))
OPAQUE = (*PLAIN, type, types.ModuleType, types.BuiltinFunctionType)  # nothing is behind these
ABSENT = object()


class Watched:
    """All that a step and its arguments reach by name."""

    def __init__(self, step: Callable[..., Any], arguments: tuple[Any, ...]):
        self.entries: list[tuple[dict[Any, Any], Any, Any]] = []  # namespace, name, value
        self.sizes: list[tuple[Any, int]] = []  # namespaces, with how many names they have
        self.moments: list[tuple[Any, Tensor, str, Any]] = []  # optimizer, parameter, slot, array
        self.cells: list[tuple[Any, Any]] = []  # of closures, with what they hold
        self.lists: list[tuple[Any, tuple[Any, ...]]] = []  # with their elements
        self.leaves: list[Tensor] = []  # that learn
        self.tensors: list[tuple[Tensor, int]] = []  # with how often they had been changed
        self.changed: list[Tensor] = []  # those that the step writes to
        self.gradients: list[tuple[Tensor, Any]] = []  # that the step leaves
        self.sums: list[tuple[Tensor, Tensor]] = []  # and those to which it adds
        self.seen: set[int] = set()
        self.todo: list[Any] = [step, *(a for a in arguments if not isinstance(a, Tensor))]
        self._names(vars(precision), ("precision", "tuned"))
        while self.todo:
            self._note(self.todo.pop())

    # -- following names ---------------------------------------------------------------------------

    def _note(self, value: Any) -> None:
        """Note what is behind a value, once."""
        if isinstance(value, OPAQUE) or id(value) in self.seen:
            return
        self.seen.add(id(value))
        if len(self.entries) > MOST:
            raise RuntimeError("it reaches too much by its names: pass it what it needs")
        if isinstance(value, Tensor):
            self._tensor(value)
        elif isinstance(value, Optimizer):  # its settings and moments: where it updates
            self.todo += [p for group in value.param_groups for p in group["params"]]
        elif isinstance(value, types.FunctionType):
            self._function(value)
        elif isinstance(value, types.MethodType):
            self.todo += [value.__self__, value.__func__]
        elif isinstance(value, functools.partial):
            self.todo += [value.func, *value.args, value.keywords]
        elif isinstance(value, dict):
            self._names(value)
        elif isinstance(value, (list, tuple, set, frozenset)):
            self.lists.append((value, tuple(value)))
            self.todo += value
        elif hasattr(value, "__dict__"):
            if isinstance(value, Module):  # the first eval() shall be no new name
                vars(value).setdefault("training", value.training)
            self._names(vars(value))
            if callable(value) and isinstance(call := type(value).__call__, types.FunctionType):
                self.todo.append(call)

    def _names(self, space: dict[Any, Any], names: Any = None) -> None:
        """Note the values of these names; or of all, and that there are no more."""
        if names is None:
            names = tuple(space)
            self.sizes.append((space, len(space)))
        self.entries += [(space, name, space[name]) for name in names]
        self.todo += [space[name] for name in names]

    def _function(self, function: types.FunctionType) -> None:
        """What a function reads: its closure, its defaults, and the globals that it names."""
        self.todo += [*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()]
        for cell in function.__closure__ or ():
            try:
                self.cells.append((cell, cell.cell_contents))
            except ValueError:  # it is still empty
                continue
            self.todo.append(cell.cell_contents)
        if (function.__module__ or "").split(".")[0] == "minigan":
            return  # it reads no names that programs change, but for those noted above
        named, codes = set(), [function.__code__]
        while codes:
            code = codes.pop()
            named |= {*code.co_names}
            codes += [each for each in code.co_consts if isinstance(each, types.CodeType)]
        space = function.__globals__
        self._names(space, tuple(name for name in named if name in space))
        for name in named & space.keys():
            if isinstance(module := space[name], types.ModuleType) and module is not builtins:
                inside = vars(module)
                self.entries += [(inside, each, inside[each]) for each in named & inside.keys()]

    def _tensor(self, tensor: Tensor) -> None:
        for name in ("array", "requires_grad"):
            self.entries.append((vars(tensor), name, vars(tensor).get(name, ABSENT)))
        self.tensors.append((tensor, tensor.owner._version))
        if tensor.requires_grad and tensor.grad_fn is None:
            self.leaves.append(tensor)

    def update(self, optimizer: Any, group: Any, parameters: list[Tensor]) -> None:
        """Note what an optimizer's step uses. Its rate may change, but where it shrinks weights."""
        free = ("params",) if group.get("weight_decay") else ("params", "lr")
        self._names(group, [name for name in group if name not in free])
        for listed in (optimizer.param_groups, group["params"]):
            self.lists.append((listed, tuple(listed)))
        for p in parameters:
            state = optimizer.state[p]
            slots = [name for name, value in state.items() if isinstance(value, Tensor)]
            self.moments += [(optimizer, p, name, state[name].array) for name in slots]

    # -- gradients ---------------------------------------------------------------------------------

    @contextmanager
    def gradients_followed(self) -> Iterator[None]:
        """Find out what the block does to gradients; leave them as they were.

        In the beginning each is a tensor of zeros. One that is still there was added to, or had no
        part; one that is another was made anew.
        """
        before = {leaf: leaf.grad for leaf in self.leaves}
        zeros = {leaf: wrap(leaf.array * 0.0) for leaf in self.leaves}
        for leaf, zero in zeros.items():
            leaf.grad = zero
        try:
            yield
            for leaf, zero in zeros.items():
                if leaf.grad is not zero:
                    self.gradients.append((leaf, leaf.grad))
                elif zero._version:
                    self.sums.append((leaf, zero))
        finally:
            for leaf, gradient in before.items():
                leaf.grad = gradient

    def begin(self) -> None:
        """Before a launch: bring the gradients that it adds to where it adds."""
        for leaf, total in self.sums:
            if leaf.grad is not total:
                B.write(total.array, 0.0 if leaf.grad is None else leaf.grad.array)

    def end(self) -> None:
        """After a launch: the gradients are those of the step, and what it wrote to has changed."""
        for leaf, gradient in (*self.gradients, *self.sums):
            vars(leaf)["grad"] = gradient
        for tensor in self.changed:
            tensor.changed_in_place()

    def recorded(self) -> None:
        """After the recording: see which tensors it writes to."""
        self.changed = [t for t, version in self.tensors if t.owner._version != version]

    # -- comparing ---------------------------------------------------------------------------------

    def unchanged(self) -> bool:
        """Whether all is as it was: the same objects, or equal plain values."""
        for space, name, value in self.entries:
            now = space.get(name, ABSENT)
            if now is not value and not _equal(now, value):
                return False
        for optimizer, p, slot, array in self.moments:
            state = optimizer.state
            if p not in state or getattr(state[p].get(slot), "array", None) is not array:
                return False
        return (
            all(len(space) == size for space, size in self.sizes)
            and all(
                cell.cell_contents is v or _equal(cell.cell_contents, v) for cell, v in self.cells
            )
            and all(
                len(now) == len(then)
                and all(a is b or _equal(a, b) for a, b in zip(now, then, strict=True))
                for now, then in self.lists
            )
        )


def _equal(now: Any, then: Any) -> bool:
    """Whether both are the same plain value; True is not 1, and 0.0 is not -0.0."""
    return type(now) is type(then) and isinstance(then, PLAIN) and repr(now) == repr(then)
