"""Half precision in functions of several ops: computed in float32, and rounded once."""

import functools
from collections.abc import Callable
from typing import Any

from minigan import backend as B
from minigan.autograd.tensor import Tensor
from minigan.ops.shape import astype


def in_single(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, whose tensors of half precision are float32 if the first is one of them."""

    @functools.wraps(function)
    def call(x: Tensor, *args: Any, **options: Any) -> Any:
        if x.dtype != B.float16:
            return function(x, *args, **options)
        options = {name: _widened(value) for name, value in options.items()}
        out = function(_widened(x), *map(_widened, args), **options)
        if isinstance(out, tuple):
            return tuple(astype(part, B.float16) for part in out)
        return astype(out, B.float16)

    return call


def _widened(value: Any) -> Any:
    half = isinstance(value, Tensor) and value.dtype == B.float16
    return astype(value, B.float32) if half else value
