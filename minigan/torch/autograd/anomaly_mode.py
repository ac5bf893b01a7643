"""PyTorch's search for NaN in a backward pass: the op whose rule made it is named.

What its other half does, telling where a graph was changed in place, happens here always.
"""

from typing import Any

from minigan.autograd.op import Op
from minigan.autograd.tape import GraphError
from minigan.autograd.tensor import array_of
from minigan.backend import module_of

_gradients = Op.gradients


def _checked(self: Any, values: dict[str, Any], parents: list[Any]) -> Any:
    """Op.gradients, with a look at each gradient."""
    pairs = _gradients(self, values, parents)
    for _, part in pairs:
        array = array_of(part)
        if module_of(array).isnan(array).any():
            raise GraphError(
                f"detect_anomaly: the backward rule of op '{self.name}' made NaN in a gradient of "
                f"shape {tuple(array.shape)}. Look at what that op was given: log or sqrt of 0, "
                f"a division by 0, or an infinity from the forward pass"
            )
    return pairs


def _search(wanted: bool) -> None:
    Op.gradients = _checked if wanted else _gradients  # type: ignore[method-assign]


class set_detect_anomaly:
    """Begin or end the search, at once; as a context manager, for that stretch only.

    check_nan=False searches nothing. The search looks at every gradient and takes its time.
    """

    def __init__(self, mode: bool, check_nan: bool = True):
        self.former = Op.gradients is _checked
        _search(mode and check_nan)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        _search(self.former)


class detect_anomaly(set_detect_anomaly):
    """Context manager: search for NaN within. See set_detect_anomaly."""

    def __init__(self, check_nan: bool = True):
        self.check_nan = check_nan

    def __enter__(self) -> None:
        super().__init__(True, self.check_nan)
