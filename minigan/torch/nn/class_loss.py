"""Losses of class numbers, or of the classes' probabilities: as functions and as layers.

See loss.py for reduction and its older words.
"""

from minigan import backend as B
from minigan.autograd.tensor import Tensor
from minigan.errors import MisfitError
from minigan.ops.elementwise import ne
from minigan.ops.loss import check_classes
from minigan.ops.reduce import log_softmax
from minigan.ops.shape import astype
from minigan.torch.nn.loss import loss_layer
from minigan.torch.ops.elementwise import where
from minigan.torch.ops.index import gather
from minigan.torch.ops.loss import averaged, check_targets, factor, reduction_of, single


def _of_classes(
    name: str, input: Tensor, target: Tensor, weight: Tensor | None, ignore_index: int
) -> tuple[Tensor, Tensor | None, Tensor | None]:
    """-weight·x at each class number, 0 where it is ignored; what each counts, and which are kept.

    None for what counts 1 and for kept where all are.
    """
    axis = min(input.ndim - 1, 1)
    shape = input.shape[:axis] + input.shape[axis + 1 :]
    known = ("int64", "uint8") if input.ndim < 3 else ("int64",)
    if target.dtype.name not in known or input.ndim == 0 or target.shape != shape:
        cure = {shape: ": labels.long()", (*shape, 1): ": labels.squeeze(-1)"}
        raise MisfitError(
            f"{name}: the target must hold one class number per row: expected whole numbers of "
            f"shape {shape}, int64, got {target.dtype} of shape {target.shape}"
            f"{cure.get(target.shape, '')}"
        )
    target = astype(target, "int64")
    kept = ne(target, ignore_index)
    kept = None if B.name == "numpy" and kept.array.all() else kept
    classes = target if kept is None else where(kept, target, 0)
    check_classes(name, classes, input.shape[axis])
    exact = -gather(input, axis, classes.unsqueeze(axis)).squeeze(axis)
    exact = exact if kept is None else where(kept, exact, 0.0)
    if weight is None:
        return exact, kept if kept is None else astype(kept, input.dtype), kept
    counts = weight[classes] if kept is None else where(kept, weight[classes], 0.0)
    return exact * counts, counts, kept


def _class_weight(name: str, weight: Tensor | None, input: Tensor, axis: int) -> None:
    """Refuse a weight that is not one constant for each class."""
    if weight is None:
        return
    if weight.shape != (shape := input.shape[axis : axis + 1]):
        what = f"weight {weight.shape} must be {shape}, one number for each class"
        raise MisfitError(f"{name}: {what}")
    factor(name, "weight", weight, input, alone=True)


@single
def nll_loss(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
) -> Tensor:
    """-x[n, class n, …] for log-probabilities x (N, C, …) and class numbers (N, …); or (C) and ().

    weight (C) counts each class so much, ignore_index not at all: the mean is over the weights, and
    no number where nothing counts, though its gradient is 0.
    """
    reduction = reduction_of("NLLLoss", reduction, size_average, reduce)
    check_targets("NLLLoss", input, None)
    _class_weight("NLLLoss", weight, input, min(input.ndim - 1, 1))
    exact, counts, _ = _of_classes("NLLLoss", input, target, weight, ignore_index)
    return averaged(exact, counts, reduction)


@single
def cross_entropy(
    input: Tensor,
    target: Tensor,
    weight: Tensor | None = None,
    size_average: bool | None = None,
    ignore_index: int = -100,
    reduce: bool | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:
    """-Σ w·t·ln softmax(x) for x (N, C, …) and class numbers (N, …) or probabilities t (N, C, …).

    label_smoothing s mixes the targets with the uniform distribution: t·(1-s) + s/C.
    weight (C) counts each class so much, ignore_index not at all; with class numbers the mean is
    then over the weights.
    """
    name, axis = "CrossEntropyLoss", min(input.ndim - 1, 1)
    reduction = reduction_of(name, reduction, size_average, reduce)
    if not 0.0 <= label_smoothing <= 1.0:
        raise MisfitError(f"{name}: label_smoothing={label_smoothing} must be within [0, 1]")
    check_targets(name, input, target if target.shape == input.shape else None)
    _class_weight(name, weight, input, axis)
    log_p = log_softmax(input, axis)
    by_class = weight if weight is None else weight.reshape(-1, *[1] * (input.ndim - 1 - axis))
    weighted = log_p if by_class is None else log_p * by_class
    uniform = -weighted.mean(axis) if label_smoothing else None
    if target.shape == input.shape:
        if ignore_index >= 0:
            raise MisfitError(f"{name}: ignore_index={ignore_index} ignores class numbers only")
        exact, counts = -(target * weighted).sum(axis), None
    else:
        exact, counts, kept = _of_classes(name, log_p, target, weight, ignore_index)
        if uniform is not None and kept is not None:
            uniform = where(kept, uniform, 0.0)
    if uniform is not None:
        exact = exact * (1.0 - label_smoothing) + uniform * label_smoothing
    return averaged(exact, counts, reduction)


NLLLoss = loss_layer("NLLLoss", nll_loss)
CrossEntropyLoss = loss_layer("CrossEntropyLoss", cross_entropy)
