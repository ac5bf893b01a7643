"""capture: a training step that a GPU gets as a whole instead of kernel by kernel."""

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from minigan import backend as B

Step = TypeVar("Step", bound=Callable[..., Any])
_eager = False


@contextlib.contextmanager
def eagerly() -> Iterator[None]:
    """Captured steps run as they are inside, op by op, so that they can be watched."""
    global _eager
    former, _eager = _eager, True
    try:
        yield
    finally:
        _eager = former


def capture(step: Step) -> Step:
    """On CuPy, record all kernels of a step once, as a CUDA graph, and then launch them together.

        @minigan.capture
        def step(x):
            …  # both networks' forward and backward passes, and opt_D.step(), opt_G.step()
            return loss_D, loss_G

    On NumPy it runs the function. On CuPy it gives the same bytes as the function. The first two
    calls with arguments of one kind (shapes and dtypes of tensors, values of everything else) run
    it as it is; the third records it, and from then on its Python code is not run: what it draws by
    minigan's own random numbers, counts in Adam and returns goes on as if it were. Recorded again
    when a network that it names went to eval or train mode, or parameters, options or numbers that
    it names are others. Returns tensors without history, in memory of their own.

    A step that reads numbers back (`loss.item()`), draws from a Generator of its own, changes its
    rates or its arguments, or updates by another rule than Adam cannot be recorded: a warning says
    so, and it runs as it is. Lists that it appends to are not seen: return what you want to know.
    Gradients that it leaves in `p.grad` are written over by the next step. Raises TypeError, on
    CuPy, for arguments that can be given by name alone.
    """

    @functools.wraps(step)
    def call(*arguments: Any, **named: Any) -> Any:
        captured = getattr(B.kernels, "Captured", None)
        if captured is None or _eager:
            return step(*arguments, **named)
        if named:
            bound = inspect.signature(step).bind(*arguments, **named)
            bound.apply_defaults()
            if bound.kwargs:
                raise TypeError(f"capture: {step.__name__} has arguments that go by name alone")
            arguments = bound.args
        if not hasattr(call, "captured"):
            call.captured = captured(step)  # type: ignore[attr-defined]
        return call.captured(*arguments)  # type: ignore[attr-defined]

    return call  # type: ignore[return-value]
