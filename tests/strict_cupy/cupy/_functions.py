"""CuPy's functions for the stand-in: NumPy's, with what CuPy lacks taken away."""

import functools
import inspect
import types
from typing import Any

import numpy as np

from cupy import _machine, _names
from cupy._array import call, check_dtype, check_scalar, inside, ndarray

_ARRAY_PARAMETERS = frozenset(
    ("a", "ar", "arr", "array", "ary", "condition", "dst", "m", "prototype", "v", "val", "x", "x1")
)


class ufunc:
    """A function of each element: takes cupy arrays and numbers, and `out`, `dtype`, `casting`."""

    def __init__(self, name: str):
        self._numpy: np.ufunc = getattr(np, name)
        own = {"divide": "true_divide"}.get(self._numpy.__name__, self._numpy.__name__)
        self.name, self.__name__ = f"cupy_{own}", f"cupy_{own}"
        self.nin, self.nout = self._numpy.nin, self._numpy.nout
        self.nargs = self.nin + self.nout

    def __repr__(self) -> str:
        return f"<ufunc {self.name!r}>"

    def __call__(
        self,
        *args: Any,
        out: Any = None,
        dtype: Any = None,
        casting: Any = "same_kind",
        **kwargs: Any,
    ) -> Any:
        if (asked := _overriding(args)) is not None:
            return asked(self, *args, **kwargs)
        if kwargs:
            raise TypeError(f"Wrong arguments {kwargs}")
        if not self.nin <= len(args) <= self.nargs:
            raise TypeError(
                f"Wrong number of arguments for {self.name!r}. It must be either {self.nin} or "
                f"{self.nargs} (with outputs), but given {len(args)}."
            )
        args, given = args[: self.nin], args[self.nin :]
        if given and out is not None:
            raise ValueError("Cannot specify 'out' as both a positional and keyword argument")
        for value in args:
            inside(value, [])
            check_scalar(value)
        options: dict[str, Any] = {} if dtype is None else {"dtype": check_dtype(dtype)}
        if self._numpy is np.sign and getattr(args[0], "dtype", "") == "?" and not dtype:
            options["dtype"] = np.int8  # CuPy's first loop, as booleans have none of their own
        if given:
            out = given
        if out is not None:
            options["out"] = out[0] if type(out) is tuple and len(out) == 1 else out
        return call(self._numpy.__name__, self._numpy, *args, casting=casting, **options)

    def at(self, a: ndarray, indices: Any, b: Any = None) -> None:
        """Apply the ufunc in place where an index may repeat (cupy.add.at and a few others)."""
        name = self._numpy.__name__
        if name not in _names.SCATTER_TYPES:
            raise NotImplementedError(f"`{self.name}.at` is not supported yet")
        allowed = [np.dtype(each) for each in _names.SCATTER_TYPES[name].split()]
        if a.dtype not in allowed:
            raise TypeError(f"cupy.{name}.at only supports {', '.join(map(str, allowed))}")
        host, where, values = inside((a, indices, b), [])
        _machine.launch_in_place(f"{name}.at", lambda: self._numpy.at(host, where, values))

    def reduce(self, array: ndarray, axis: Any = 0, **kwargs: Any) -> ndarray:
        """Only for add and multiply."""
        method = {"add": "sum", "multiply": "prod"}.get(self._numpy.__name__)
        if method is None:
            raise NotImplementedError(f"`{self.name}.reduce` is not supported yet")
        return getattr(array, method)(axis, **kwargs)

    def accumulate(self, array: ndarray, axis: Any = 0, **kwargs: Any) -> ndarray:
        """Only for add and multiply."""
        method = {"add": "cumsum", "multiply": "cumprod"}.get(self._numpy.__name__)
        if method is None:
            raise NotImplementedError(f"`{self.name}.accumulate` is not supported yet")
        return getattr(array, method)(axis, **kwargs)

    def outer(self, a: ndarray, b: ndarray) -> ndarray:
        """The ufunc of every pair."""
        return self(a.reshape(a.shape + (1,) * b.ndim), b)


def _overriding(args: tuple[Any, ...]) -> Any:
    """What an argument of another kind does instead of an elementwise function, if there is one."""
    found = (getattr(a, "__cupy_override_elementwise_kernel__", None) for a in args)
    return next(filter(None, found), None)


def function(name: str, numpy_function: Any) -> Any:
    """CuPy's function of that name, computed by NumPy's."""
    parameter = _first_parameter(numpy_function)
    takes_array = parameter in _ARRAY_PARAMETERS and name not in _names.HOST_RESULTS
    lacking = _names.NOWHERE_KEYWORDS.union(
        keyword for keyword, names in _names.LACKING_KEYWORDS.items() if name in names.split()
    )

    @functools.wraps(numpy_function, assigned=("__name__", "__doc__"))
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        if name == "where" and (asked := _overriding(args)) is not None:  # one elementwise kernel
            return asked(types.SimpleNamespace(name="cupy_where"), *args, **kwargs)
        for keyword in lacking.intersection(kwargs):
            raise TypeError(f"{name}() got an unexpected keyword argument {keyword!r}")
        inside(args, [])  # refuse NumPy arrays by their own message
        if args and takes_array and not isinstance(args[0], ndarray):
            raise TypeError(
                f"Argument {parameter!r} of cupy.{name} has incorrect type "
                f"(expected cupy.ndarray, got {type(args[0]).__name__})"
            )
        _check_operands(name, args, kwargs)
        if kwargs.get("kind") not in (None, "stable"):
            raise ValueError("kind can only be None or 'stable'")
        if "dtype" in kwargs and kwargs["dtype"] is not None:
            check_dtype(kwargs["dtype"])
        if name in _names.SYNCHRONISING or (name == "where" and len(args) == 1):
            _machine.synchronise(name)
        if name in _names.HOST_RESULTS:
            return numpy_function(*inside(args, []), **kwargs)
        if name in _names.IN_PLACE:
            host_args = inside(args, [])
            options = {key: inside(value, []) for key, value in kwargs.items()}
            return _machine.launch_in_place(name, lambda: numpy_function(*host_args, **options))
        return call(name, numpy_function, *args, kernels=_kernels(name, args), **kwargs)

    return wrapper


def _check_operands(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    """What CuPy checks by hand, function by function."""
    if name in _names.REDUCTIONS and args[0].ndim == 0:
        axis = args[1] if len(args) > 1 else options.get("axis")
        for each in axis if isinstance(axis, (tuple, list)) else () if axis is None else (axis,):
            raise np.exceptions.AxisError(each, 0)  # NumPy takes axes 0 and -1 of a number
    if name in ("tri", "tril", "triu"):
        for value in (*args[1:], *options.values()):
            if isinstance(value, (float, ndarray)):
                raise TypeError(f"Type is mismatched. k {getattr(value, 'dtype', 'float64')} int32")
    if name in _names.BLAS:
        if _machine.capturing() is not None:
            raise NotImplementedError(
                "calling cuBLAS API during stream capture is currently unsupported"
            )
        if name == "matmul" and len(args) > 2:
            raise TypeError("matmul() got multiple values for argument 'out'")
        for value in args[: 0 if name == "einsum" else 2]:
            if not isinstance(value, ndarray):
                raise TypeError(f"cupy.{name} takes cupy arrays, not {type(value)}")
    if name in _names.JOINING and args and not isinstance(args[0], ndarray):
        for value in args[0]:
            if not isinstance(value, ndarray):
                raise TypeError(f"Only cupy arrays can be concatenated, not {type(value)}")
    if name in _names.ELEMENTWISE:
        for value in args:
            if value is not None:
                check_scalar(value)


def _kernels(name: str, args: tuple[Any, ...]) -> int:
    """Launches of one call where they are known to be more or fewer than one."""
    if name in ("empty", "empty_like"):
        return 0
    if name in ("var", "std"):  # the mean, the sum of squares, the root
        return {"var": 2, "std": 3}[name]
    if name in _names.JOINING:  # a copy for each array; one kernel for more than eight
        return len(args[0]) if len(args[0]) <= 8 else 1
    return 1


def _first_parameter(numpy_function: Any) -> str:
    try:
        return next(iter(inspect.signature(numpy_function).parameters), "")
    except ValueError:  # a builtin without a signature
        return ""
