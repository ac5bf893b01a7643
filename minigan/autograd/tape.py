"""The tape: what was computed from what, and the walk back along it.

Why the order matters, in the smallest example: b = a + a; c = b + b. The gradient of b arrives in
two parts; only when both are there may b's own rule run, else a gets too little. Nodes are numbered
as they are recorded, so a node's users all have higher numbers: always taking the highest pending
number is enough, and needs neither recursion nor a sort of the whole graph.
"""

import contextlib
import threading
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
    out: Tensor | None  # the result's memory, if some rule asks for it
    shape: tuple[int, ...]
    dtype: Any


# -- recording -------------------------------------------------------------------------------------


class _Mode(threading.local):
    """Each thread has its own: what one does within no_grad is nothing to the others."""

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

    def __call__(self, function: Any) -> Any:
        mode.recording = self.former  # a decorator changes nothing until its function is called
        return (enable_grad if self.enabled else no_grad)(function)

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
    """Where a gradient for this tensor goes: its node, or itself if it is a leaf that wants it."""
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
    with _library_of(seeds), set_grad_enabled(create_graph):
        while pending:
            node = heappop(pending)[1]
            gradient = arrived.pop(node)
            if wanted is not None and node in wanted:
                results[node] = gradient
                if useful.isdisjoint(node.parents):  # type: ignore[union-attr]
                    continue  # nothing below it is asked for: its memory stays as it is
            op, parents = node.op, node.parents
            values = _values(node, gradient, create_graph)
            rules = op.rules_for(len(parents)) if op.rules_vary else op.rules
            for parent, rule in zip(parents, rules, strict=True):
                if parent is None or rule is None or not (useful is None or parent in useful):
                    continue
                part = rule(values)
                alike = part.dtype is parent.dtype or part.dtype == parent.dtype  # the first: fast
                if not alike or part.shape != parent.shape:
                    part = op.fit(part, parent)
                deliver(parent, part)
            if not retain_graph and op.keeps_values:
                node.out = node.saved = None
    results.update(arrived)
    return results


def _library_of(seeds: list[tuple[Target, Gradient]]) -> contextlib.AbstractContextManager[Any]:
    """The backend that holds the graph, in use during the walk: a host's, also while CuPy is on."""
    arrays = [g.array if isinstance(g, Tensor) else g for _, g in seeds]
    if all(array.__class__ is B.ndarray for array in arrays):
        return contextlib.nullcontext()
    return B.use_backend(B.module_of(arrays[0]).__name__)


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
    values = [gradient, None]
    for value in saved:
        if isinstance(value, Tensor):
            origin = value._origin
            version += value._version if origin is None else origin._version
            value = value if create_graph else value.array
        values.append(value)
    if node.out is not None:
        version += node.out._version
        values[1] = _result_of(node) if create_graph else node.out.array
    if version != node.version:
        shapes = [v.shape for v in (*saved, node.out) if isinstance(v, Tensor)]
        raise GraphError(
            f"op '{node.op.name}' needs values of the forward pass (shapes "
            f"{', '.join(map(str, shapes))}), but one was changed in place since, for example "
            f"a parameter by optimizer.step(). Call backward() before step(), or compute the "
            f"forward pass again after it"
        )
    return values


def _result_of(node: Node) -> Tensor:
    """The op's result as the tensor that it was; only its memory is saved: no circle forms."""
    result = node.out.detach()  # type: ignore[union-attr]
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
    wanted = None if inputs is None else _targets("backward", _sequence(inputs))
    keep = create_graph if retain_graph is None else retain_graph
    seed = _seed(tensor, gradient, create_graph)
    given = {id(seed[1].array if create_graph else seed[1])}  # arrays that belong to somebody
    found = walk_back([seed], None if wanted is None else set(wanted), keep, create_graph)
    for target, part in found.items():
        leaf = target if wanted is None else wanted.get(target)
        if isinstance(leaf, Tensor):
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
    wanted = set(_targets("grad", inputs))
    seeds = [_seed(o, w, create_graph) for o, w in zip(outputs, weights, strict=True)]
    found = walk_back(seeds, wanted, keep, create_graph)
    gradients = [found.get(target_of(tensor)) for tensor in inputs]
    for number, (tensor, gradient) in enumerate(zip(inputs, gradients, strict=True)):
        if gradient is None and not allow_unused:
            raise GraphError(
                f"grad: the outputs do not depend on input {number} of shape {tensor.shape}; "
                f"pass allow_unused=True to get None for it"
            )
    return tuple(None if g is None else _as_tensor(g) for g in gradients)  # type: ignore[misc]


def _targets(name: str, inputs: list[Tensor]) -> dict[Target, Tensor]:
    """Where the gradients of these inputs arrive, and which tensor each is for."""
    for number, tensor in enumerate(inputs):
        if target_of(tensor) is None:
            raise GraphError(
                f"{name}: input {number} of shape {tensor.shape} does not require grad; call "
                f"requires_grad_() on it before the forward pass"
            )
    return {target_of(tensor): tensor for tensor in inputs}


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
    if (gradient.shape, gradient.dtype) != (tensor.shape, tensor.dtype):
        raise GraphError(
            f"backward: the gradient is {gradient.dtype} of shape {gradient.shape}, the tensor "
            f"{tensor.dtype} of shape {tensor.shape}; they must be alike"
        )
    return target, gradient if create_graph else gradient.array


def _accumulated(former: Tensor | None, part: Gradient, given: set[int]) -> Tensor:
    """The leaf's new grad: the former one plus this part, in memory that nobody else holds."""
    if former is not None:
        return _as_tensor((former if isinstance(part, Tensor) else former.array) + part)
    if isinstance(part, Tensor):
        shared = part.array.base is not None or id(part.array) in given
        part = part.clone() if shared else part
        given.add(id(part.array))
        return part
    part = B.module_of(part).asarray(part)
    if part.base is not None or id(part) in given:
        part = part.copy()
    given.add(id(part))
    return wrap(part)


def _as_tensor(gradient: Gradient) -> Tensor:
    return gradient if isinstance(gradient, Tensor) else wrap(gradient)


def _sequence(tensors: Any) -> list[Any]:
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)
