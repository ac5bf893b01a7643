"""Losses: the formulas, and the checks that beginners need."""

from typing import Any

from minigan import backend as B
from minigan.autograd import Tensor, op
from minigan.errors import MisfitError, NumberTypeError, check_tensors
from minigan.ops.elementwise import clamp, log
from minigan.ops.shape import fit


@op(
    fit=fit,
    p=lambda g, p, t: g * (p - t) / clamp(p - p * p, 1e-12, None),
    t=lambda g, p: g * (_held_log(1.0 - p) - _held_log(p)),
)
def bce(p: Any, t: Any) -> Any:
    """-(t·ln p + (1-t)·ln(1-p)), each logarithm held at -100 or above, as PyTorch does."""
    return -(t * _held_log(p) + (1.0 - t) * _held_log(1.0 - p))


def _held_log(p: Any) -> Any:
    """max(ln p, -100)"""
    return clamp(log(p), -100.0, None)


def binary_cross_entropy(input: Tensor, target: Tensor) -> Tensor:
    """The mean of bce. Raises ValueError for other shapes, and for what is no probability."""
    check_shapes("BCELoss", input, target)
    check_probabilities(input, target)
    return bce(input, target).mean()


def cross_entropy(input: Tensor, target: Tensor) -> Tensor:
    """The mean of -ln softmax(x)[class] for x (N, C) and class numbers (N)."""
    if input.ndim != 2 or target.shape != input.shape[:1]:
        raise ValueError(f"CrossEntropyLoss: {input.shape} and {target.shape}, not (N, C) and (N)")
    check_classes("CrossEntropyLoss", target, input.shape[1])
    return -input.log_softmax(1)[B.xp.arange(len(input)), target].mean()


def check_shapes(name: str, input: Tensor, target: Tensor) -> None:
    """Refuse what would broadcast by luck."""
    if input.shape != target.shape:
        both = f"input has shape {input.shape} and target {target.shape}"
        raise ValueError(f"{name}: {both}; they must be equal: reshape the target, for example")


def check_probabilities(p: Tensor, t: Tensor) -> None:
    """Refuse what a D without a sigmoid says, and such targets; on the host: a GPU would wait."""
    for what, x in ("input", p.array), ("target", t.array):
        if isinstance(x, B.numpy.ndarray) and x.size and not 0.0 <= x.min() <= x.max() <= 1.0:
            cure = "both are probabilities; end D with Sigmoid, or use BCEWithLogitsLoss"
            cure = cure if x.min() == x.min() else "it became NaN before: lower the learning rate"
            raise MisfitError(f"BCELoss: {what} {x.min():g} to {x.max():g} leaves [0, 1]: {cure}")


def check_classes(name: str, index: Tensor, count: int) -> None:
    """Refuse what is no class number (NumPy takes -1 for the last); on the host, as above."""
    check_tensors(name, index)
    if (x := index.array).dtype.kind not in "iu":
        cure = "labels.astype('int64') converts them"
        raise NumberTypeError(f"{name}: class numbers are whole, not {x.dtype}: {cure}")
    if isinstance(x, B.numpy.ndarray) and x.size and not 0 <= x.min() <= x.max() < count:
        raise IndexError(f"{name}: {x.min()} to {x.max()} leave the classes 0 to {count - 1}")
