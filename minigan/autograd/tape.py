"""The tape: what was computed from what, and the walk back along it.

Each op that is computed leaves a Node: which op, from which tensors, and what its rules will need.
Here is loss = (x * w).sum(), as it is recorded:

    x ───┐                                          a node points to its parents: the nodes of
         mul #1 ◄─── sum #2 ◄─── loss.grad_fn       what it was computed from, or a leaf itself
    w ───┘

The gradient of a tensor is ∂loss/∂tensor, of the same shape. loss.backward() starts at #2 with
∂loss/∂loss = 1 and goes left. By its op's rules (the chain rule) every node turns its result's
gradient into its arguments', and delivers those to its parents; a leaf adds them to its `grad`.

Why the order matters, in the smallest example: b = a + a; c = b + b. The gradient of b arrives in
two parts; only when both are there may b's own rule run, else a gets too little. Nodes are numbered
as they are recorded, so a node's users all have higher numbers: always taking the highest pending
number is enough, without recursion, and without a sort (but for `inputs`, in `_leading_to`).
"""

import contextlib
import threading
from collections.abc import Iterable
from heapq import heappop, heappush
from inspect import isgeneratorfunction
from itertools import count
from typing import TYPE_CHECKING, Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor, array_of

if TYPE_CHECKING:
    from minigan.autograd.op import Op

Gradient = Any  # a plain array, or a Tensor when the backward pass is itself recorded
Target = Any  # where a gradient goes: a Node, or a leaf Tensor


class GraphError(RuntimeError):
    """Backward cannot run through this graph; the message says why and what to do."""


class Node:
    """One recorded op. parents: each argument's target, or None. saved: by name, what the rules ask
    for; None once released. version: how often those had been changed in place when recorded."""

    __slots__ = ("dtype", "op", "order", "parents", "saved", "shape", "version")
    orders = count()

    def __init__(self, op: "Op", parents: list[Target], saved: Any, result: B.Array):
        self.op, self.parents, self.saved, self.version = op, parents, saved, versions(saved)
        self.shape, self.dtype, self.order = result.shape, result.dtype, next(Node.orders)


def versions(saved: dict[str, Any]) -> int:
    """The sum of all saved tensors' versions, which only grow; -1 if there are none."""
    counts = [value.owner._version for value in saved.values() if isinstance(value, Tensor)]
    return sum(counts) if counts else -1


def target_of(tensor: Tensor) -> Target | None:
    """Where a gradient for this tensor goes: its node, or itself if it is a leaf that wants it."""
    return tensor.grad_fn or (tensor if tensor.requires_grad else None)


class _Mode(threading.local):  # each thread has its own: no_grad in one is nothing to the others
    recording, former = True, ()


mode: Any = _Mode()


class recording(contextlib.ContextDecorator):
    """Ops record themselves inside, or do not; it may be entered within itself."""

    def __init__(self, wanted: bool):
        self.wanted = wanted

    def __enter__(self) -> None:
        mode.former, mode.recording = (*mode.former, mode.recording), self.wanted

    def __exit__(self, *exception: object) -> None:
        *mode.former, mode.recording = mode.former

    def __call__(self, function: Any) -> Any:
        if isgeneratorfunction(function):  # it runs after its call
            raise TypeError("no_grad reaches generators in minigan.torch, or as `with` inside them")
        return super().__call__(function)


def no_grad() -> recording:
    """Context manager and decorator: nothing inside is recorded."""
    return recording(False)


def walk_back(seeds: list[Any], wanted: Any, retain: Any, create_graph: bool) -> dict[Target, Any]:
    """Carry seeds, (target, gradient) pairs, back along the tape, to the leaves or to `wanted`."""
    library = B.module_of(array_of(seeds[0][1])).__name__ if seeds else B.name
    if library != B.name:  # the graph may be on the host while CuPy is in use
        with B.use_backend(library):
            return walk_back(seeds, wanted, retain, create_graph)
    keep = create_graph if retain is None else retain
    useful = None if wanted is None else _leading_to(wanted, [target for target, _ in seeds])
    arrived: dict[Target, Gradient] = {}  # the sum of what was delivered so far
    pending: list[tuple[int, Node]] = []  # a heap, the latest node on top
    results: dict[Target, Gradient] = {}

    def deliver(target: Target, gradient: Gradient) -> None:
        if target.__class__ is Node and target not in arrived:
            heappush(pending, (-target.order, target))
        arrived[target] = arrived[target] + gradient if target in arrived else gradient

    for target, gradient in seeds:
        deliver(target, gradient)
    with recording(create_graph), B.numpy.errstate(all="ignore"):
        while pending:
            node = heappop(pending)[1]
            gradient = arrived.pop(node)
            if wanted is not None and node in wanted:
                results[node] = gradient
            # Ask before computing: a rule runs only for a parent whose gradient somebody needs.
            needed = node.parents
            if useful is not None:
                needed = [parent if parent in useful else None for parent in needed]
                if all(parent is None for parent in needed):
                    continue
            for parent, part in node.op.gradients(_values(node, gradient, create_graph), needed):
                if part.shape != parent.shape or part.dtype != parent.dtype:
                    part = node.op.fit(part, parent)  # it sums where the parent was broadcast
                deliver(parent, part)
            if not keep and node.version >= 0:
                node.saved = None
    return results | arrived  # nodes were popped: what is left arrived at leaves


def _values(node: Node, gradient: Gradient, create_graph: bool) -> dict[str, Any]:
    """What the rules may ask for by name: g, and what was saved; arrays, or tensors to record."""
    if node.saved is None:
        raise GraphError(
            f"this graph was already walked back and its memory released (at op '{node.op.name}'). "
            f"Use fake.detach() where only D learns, or call the first backward(retain_graph=True)"
        )
    if node.version != versions(node.saved):
        shapes = [str(v.shape) for v in node.saved.values() if isinstance(v, Tensor)]
        raise GraphError(
            f"op '{node.op.name}' needs what it saw (shapes {', '.join(shapes)}), but one was "
            f"changed in place since, as optimizer.step() does: call backward() before it, or "
            f"compute the forward pass again"
        )
    if not create_graph:
        return {"g": gradient} | {name: array_of(value) for name, value in node.saved.items()}
    values = {"g": gradient, **node.saved}
    if "out" in values:  # saved without its history, which it gets back here
        values["out"] = result = node.saved["out"].detach()
        result.grad_fn, result.requires_grad = node, True
    return values


def _leading_to(wanted: Iterable[Target], roots: list[Target]) -> set[Target]:
    """The targets between the roots and the wanted ones: only there is a gradient needed."""
    nodes: set[Target] = set()
    while roots:
        node = roots.pop()
        if node.__class__ is Node and node not in nodes:
            nodes.add(node)
            roots.extend(node.parents)
    useful = set(wanted)
    for node in sorted(nodes, key=lambda n: n.order):  # parents before users
        if any(parent in useful for parent in node.parents):
            useful.add(node)
    return useful
