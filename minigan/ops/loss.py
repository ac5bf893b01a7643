"""Losses: the formulas, and the checks that beginners need."""

from typing import Any

from minigan import backend as B
from minigan.autograd import Tensor, op
from minigan.errors import MisfitError
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
    """The mean of bce. Raises ValueError for other shapes, and when p leaves [0, 1] on the host."""
    check_shapes("BCELoss", input, target)
    check_probabilities(input)
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


def check_probabilities(p: Tensor) -> None:
    """Refuse what a D without a sigmoid says; on the host only, looking makes a GPU wait."""
    if B.name == "numpy" and p.array.size and not (p.array.min() >= 0.0 and p.array.max() <= 1.0):
        low, high = p.array.min(), p.array.max()
        cure = "end D with Sigmoid, or use BCEWithLogitsLoss on its raw output"
        raise MisfitError(f"BCELoss: {low:.4g} to {high:.4g} leaves [0, 1]: {cure}")


def check_classes(name: str, index: Tensor, count: int) -> None:
    """Refuse what is no class number; the values are looked at on the host only."""
    if index.dtype.kind not in "iu":
        raise TypeError(f"{name}: class numbers must be whole numbers, not {index.dtype}")
    if B.name == "numpy" and index.array.size:
        for n in (index.array.min(), index.array.max()):
            if not 0 <= n < count:  # NumPy would take -1 for the last one
                raise IndexError(f"{name}: {n} is not one of the {count} classes 0 to {count - 1}")
