"""backward and grad: where a gradient enters the tape, and where those asked for come out."""

from collections.abc import Iterable, Sequence
from typing import Any

from minigan import backend as B
from minigan.autograd.tape import Gradient, GraphError, Target, target_of, walk_back
from minigan.autograd.tensor import Tensor, array_of, wrap


def backward(
    tensor: Tensor,
    gradient: Tensor | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    inputs: Iterable[Tensor] | Tensor | None = None,
) -> None:
    """Add ∂tensor/∂leaf to the `grad` of each leaf that the tensor was computed from.

    gradient: ∂L/∂tensor, if it is only a step towards L; by default 1, for a scalar.
    retain_graph: keep the values that the rules need, so that backward can run once more; by
        default only create_graph keeps them: releasing them frees most of a step's memory.
    create_graph: record the backward pass too, so that gradients can be differentiated again.
    inputs: add to the grad of these alone, and compute only what leads to them.

    Where it cannot run, a GraphError says why, and what to do.
    """
    wanted = None if inputs is None else _targets("input", listed(inputs))
    seed = _seed(tensor, gradient, create_graph)
    held = {id(array_of(seed[1]))}  # arrays in use elsewhere, which no grad may share
    for target, part in walk_back([seed], wanted, retain_graph, create_graph).items():
        asked = target if wanted is None else wanted.get(target)
        if isinstance(asked, Tensor):
            vars(asked)["grad"] = _accumulated(vars(asked).get("grad"), part, held)  # unchecked


def grad(
    outputs: Tensor | Iterable[Tensor],
    inputs: Tensor | Iterable[Tensor],
    grad_outputs: Tensor | Sequence[Tensor | None] | None = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    *,
    allow_unused: bool = False,
) -> tuple[Any, ...]:
    """The gradients of the (weighted sum of the) outputs by the inputs, as a tuple of tensors. With
    create_graph they are recorded and can be differentiated again, as gradient penalties need.
    GraphError for an input that no output depends on, unless allow_unused, which gives None for it.
    """
    outputs, inputs = listed(outputs), listed(inputs)
    weights = [None] * len(outputs) if grad_outputs is None else listed(grad_outputs)
    seeds = [_seed(o, w, create_graph) for o, w in zip(outputs, weights, strict=True)]
    found = walk_back(seeds, _targets("input", inputs), retain_graph, create_graph)
    gradients = [found.get(target_of(tensor)) for tensor in inputs]
    for number, (tensor, gradient) in enumerate(zip(inputs, gradients, strict=True)):
        if gradient is None and not allow_unused:
            cure = "allow_unused=True gives None for it"
            raise GraphError(f"grad: no output depends on input {number}, {tensor.shape}: {cure}")
    return tuple(g if g is None or isinstance(g, Tensor) else wrap(g) for g in gradients)


def _targets(what: str, tensors: list[Tensor]) -> dict[Target, Tensor]:
    """Where the gradients of these tensors are, and which tensor each is for."""
    for number, tensor in enumerate(tensors):
        if target_of(tensor) is None:
            why = "was it detached, or computed under no_grad? A leaf learns after requires_grad_()"
            raise GraphError(f"{what} {number} of shape {tensor.shape} requires no grad: {why}")
    return {target_of(tensor): tensor for tensor in tensors}


def _seed(tensor: Tensor, gradient: Tensor | None, create_graph: bool) -> tuple[Target, Gradient]:
    """The start of the walk: the tensor's target and the gradient that enters there."""
    [target] = _targets("output", [tensor])
    if gradient is None:
        if tensor.array.size != 1:
            cure = "reduce it by .mean() or .sum(), or pass a gradient of its shape"
            raise GraphError(f"backward() needs a scalar, this has shape {tensor.shape}: {cure}")
        gradient = wrap(B.module_of(tensor.array).ones_like(tensor.array))
    ours, given = ((t.dtype, t.shape) for t in (tensor, gradient))
    if ours != given:
        raise GraphError(f"the tensor is {ours}, its gradient {given}; make them alike")
    return target, gradient if create_graph else gradient.array


def _accumulated(former: Tensor | None, part: Gradient, held: set[int]) -> Tensor:
    """The leaf's grad: this part added to the former one's memory, or in some that nobody holds."""
    if former is not None and not isinstance(part, Tensor):
        former.array += part
        former.changed_in_place()
        return former
    part = part if former is None else former + part
    if getattr(array_of(part), "base", None) is not None or id(array_of(part)) in held:
        part = part.clone() if isinstance(part, Tensor) else part.copy()
    held.add(id(array_of(part)))
    return part if isinstance(part, Tensor) else wrap(part)


def listed(tensors: Any) -> list[Any]:
    """One tensor or several as a list."""
    return [tensors] if isinstance(tensors, Tensor) else list(tensors)


Tensor.backward = backward  # type: ignore[assignment, method-assign]
