"""The tape: what was computed from what, and the walk back along it.

Why the order matters, in the smallest example: b = a + a; c = b + b. The gradient of b arrives in
two parts; only when both are there may b's own rule run, else a gets too little. Nodes are numbered
as they are recorded, so a node's users all have higher numbers: always taking the highest pending
number is enough, and needs neither recursion nor a sort of the whole graph.
"""

import contextlib
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from typing import TYPE_CHECKING, Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor, wrap

if TYPE_CHECKING:
    from minigan.autograd.op import Op

Gradient = Any  # a plain array, or a Tensor when the backward pass is itself recorded
Target = Any  # where a gradient goes: a Node, or a leaf Tensor


class GraphError(RuntimeError):
    """Backward cannot run through this graph; the message says why and what to do."""


class Node:
    """One recorded op: where its gradient flows to, and what its rules need for that."""

    __slots__ = ("dtype", "op", "order", "out", "parents", "saved", "shape", "version")

    op: "Op"
    order: int  # position on the tape
    parents: "list[Target | None]"  # one per argument: its node, the leaf itself, or nobody
    saved: list[Any] | None  # the arguments that some rule asks for; None once released
    version: int  # sum of the versions of the saved tensors, as the forward pass saw them
    out: B.Array | None  # the result, if some rule asks for it
    shape: tuple[int, ...]
    dtype: Any


# -- recording -------------------------------------------------------------------------------------


class _Mode:
    recording = True


mode = _Mode()


def is_grad_enabled() -> bool:
    """Whether ops record themselves."""
    return mode.recording


class set_grad_enabled:
    """Switch recording on or off; as a context manager or decorator, for that stretch only."""

    def __init__(self, enabled: bool):
        self.enabled = enabled
        self.former = mode.recording
        mode.recording = enabled

    def __enter__(self) -> None:
        mode.recording = self.enabled

    def __exit__(self, *exception: object) -> None:
        mode.recording = self.former


class _Switch(contextlib.ContextDecorator):
    enabled: bool
    former: list[bool]

    def __new__(cls, function: Any = None) -> Any:
        switch = super().__new__(cls)
        switch.former = []
        return switch if function is None else switch(function)  # @no_grad without brackets

    def __enter__(self) -> None:
        self.former.append(mode.recording)
        mode.recording = self.enabled

    def __exit__(self, *exception: object) -> None:
        mode.recording = self.former.pop()


class no_grad(_Switch):
    """Context manager and decorator: nothing inside is recorded."""

    enabled = False


class enable_grad(_Switch):
    """Context manager and decorator: ops inside are recorded, also within no_grad."""

    enabled = True


# -- walking back ----------------------------------------------------------------------------------


def target_of(tensor: Tensor) -> Target | None:
    """Where a gradient for this tensor goes: its node, or itself when it is a leaf that wants it."""
    return tensor.grad_fn or (tensor if tensor.requires_grad else None)


def walk_back(
    seeds: list[tuple[Target, Gradient]],
    wanted: set[Target] | None,
    retain_graph: bool,
    create_graph: bool,
) -> dict[Target, Gradient]:
    """Push the seeds' gradients down the graph; return those of the leaves, or of `wanted`."""
    useful = None if wanted is None else _leading_to(wanted, [target for target, _ in seeds])
    arrived: dict[Target, Gradient] = {}
    pending: list[tuple[int, Node]] = []
    results: dict[Target, Gradient] = {}

    def deliver(target: Target, gradient: Gradient) -> None:
        if target in arrived:
            arrived[target] = arrived[target] + gradient
        else:
            arrived[target] = gradient
            if target.__class__ is Node:
                heappush(pending, (-target.order, target))

    for target, gradient in seeds:
        deliver(target, gradient)
    with set_grad_enabled(create_graph):
        while pending:
            node = heappop(pending)[1]
            gradient = arrived.pop(node)
            if wanted is not None and node in wanted:
                results[node] = gradient
            op, parents = node.op, node.parents
            values = _values(node, gradient, create_graph)
            rules = op.rules_for(len(parents)) if op.rules_vary else op.rules
            for parent, rule in zip(parents, rules, strict=True):
                if parent is None or rule is None or not (useful is None or parent in useful):
                    continue
                part = rule(values)
                if part.shape != parent.shape or part.dtype != parent.dtype:
                    part = op.fit(part, parent)
                deliver(parent, part)
            if not retain_graph and op.keeps_values:
                node.out = node.saved = None
    results.update(arrived)
    return results


def _values(node: Node, gradient: Gradient, create_graph: bool) -> list[Any]:
    """What the rules of an op may ask for: gradient, result, arguments, in this order."""
    saved = node.saved
    if saved is None:
        raise GraphError(
            f"this graph was already walked back and its memory released (at op "
            f"'{node.op.name}', result of shape {node.shape}). Use fake.detach() where only D "
            f"learns, or call the first backward(retain_graph=True)"
        )
    version = 0
    values = [gradient, node.out]
    for value in saved:
        if isinstance(value, Tensor):
            origin = value._origin
            version += value._version if origin is None else origin._version
            value = value if create_graph else value.array
        values.append(value)
    if version != node.version:
        shapes = [v.shape for v in saved if isinstance(v, Tensor)]
        raise GraphError(
            f"op '{node.op.name}' needs the values its inputs had in the forward pass (shapes "
            f"{', '.join(map(str, shapes))}), but one was changed in place since, for example "
            f"a parameter by optimizer.step(). Call backward() before step(), or compute the "
            f"forward pass again after it"
        )
    if create_graph and node.out is not None:
        values[1] = _result_of(node)
    return values


def _result_of(node: Node) -> Tensor:
    """The op's result as the tensor that it was: saved as an array, to keep the graph acyclic."""
    result = wrap(node.out)
    result.grad_fn, result.requires_grad = node, True
    return result


def _leading_to(wanted: set[Target], roots: Iterable[Target]) -> set[Target]:
    """The nodes between the roots and the wanted targets: only there is a gradient needed."""
    nodes: set[Target] = set()
    stack = [root for root in roots if root.__class__ is Node]
    while stack:
        node = stack.pop()
        if node not in nodes:
            nodes.add(node)
            stack.extend(p for p in node.parents if p.__class__ is Node)
    useful = set(wanted)
    for node in sorted(nodes, key=lambda n: n.order):  # parents before users
        if any(parent in useful for parent in node.parents):
            useful.add(node)
    return useful


# -- the public entries ----------------------------------------------------------------------------


def backward(
    tensor: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Iterable[Tensor] | Tensor | None = None,
) -> None:
    """Add d(tensor)/d(leaf) to each leaf's grad; see Tensor.backward."""
    wanted = None if inputs is None else {target_of(t) for t in _sequence(inputs)}
    keep = create_graph if retain_graph is None else retain_graph
    seed = _seed(tensor, gradient, create_graph)
    given: set[int] = {id(seed[1])}  # arrays that already belong to somebody
    for leaf, part in walk_back([seed], wanted, keep, create_graph).items():
        if leaf.__class__ is not Node:
            leaf.grad = _accumulated(leaf.grad, part, given)


def grad(
    outputs: Tensor | Sequence[Tensor],
    inputs: Tensor | Sequence[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    only_inputs: bool = True,
    allow_unused: bool = False,
) -> tuple[Tensor, ...]:
    """The gradients of the (weighted sum of the) outputs by the inputs, as a tuple of tensors.

    With create_graph they are recorded and can be differentiated again, as gradient penalties need.
    Raises GraphError for an input that the outputs do not depend on, unless allow_unused, which
    gives None for it.
    """
    outputs, inputs = _sequence(outputs), _sequence(inputs)
    weights = [None] * len(outputs) if grad_outputs is None else _sequence(grad_outputs)
    keep = create_graph if retain_graph is None else retain_graph
    targets = [target_of(tensor) for tensor in inputs]
    for number, (tensor, target) in enumerate(zip(inputs, targets, strict=True)):
        if target is None:
            raise GraphError(
                f"grad: input {number} of shape {tensor.shape} does not require grad; call "
                f"requires_grad_() on it before the forward pass"
            )
    seeds = [_seed(o, w, create_graph) for o, w in zip(outputs, weights, strict=True)]
    found = walk_back(seeds, set(targets), keep, create_graph)
    for number, (tensor, target) in enumerate(zip(inputs, targets, strict=True)):
        if target not in found and not allow_unused:
            raise GraphError(
                f"grad: the outputs do not depend on input {number} of shape {tensor.shape}; "
                f"pass allow_unused=True to get None for it"
            )
    return tuple(None if t not in found else _as_tensor(found[t]) for t in targets)  # type: ignore[misc]


def _seed(tensor: Tensor, gradient: Tensor | None, create_graph: bool) -> tuple[Target, Gradient]:
    """The start of the walk: the tensor's target and the gradient that enters there."""
    target = target_of(tensor)
    if target is None:
        raise GraphError(
            f"backward: this tensor of shape {tensor.shape} was not computed from anything that "
            f"requires grad (was it detached, or computed under no_grad?)"
        )
    if gradient is None:
        if tensor.array.size != 1:
            raise GraphError(
                f"backward() without an argument needs a scalar, but this tensor has shape "
                f"{tensor.shape}: reduce it first with .mean() or .sum(), or pass a gradient of "
                f"its shape"
            )
        gradient = wrap(B.module_of(tensor.array).ones_like(tensor.array))
    if gradient.shape != tensor.shape:
        raise GraphError(
            f"backward: the gradient has shape {gradient.shape}, the tensor {tensor.shape}"
        )
    return target, gradient if create_graph else gradient.array


def _accumulated(former: Tensor | None, part: Gradient, given: set[int]) -> Tensor:
    """The leaf's new grad: the former one plus this part, in memory that nobody else holds."""
    if former is not None:
        return _as_tensor((former if isinstance(part, Tensor) else former.array) + part)
    if isinstance(part, Tensor):
        return part
    part = B.module_of(part).asarray(part)
    if part.base is not None or id(part) in given:
        part = part.copy()
    given.add(id(part))
    return wrap(part)


def _as_tensor(gradient: Gradient) -> Tensor:
    if isinstance(gradient, Tensor):
        return gradient
    return wrap(B.xp.asarray(gradient))


def _sequence(tensors: Any) -> list[Any]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)
