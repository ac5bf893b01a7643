"""cupy.ndarray for the stand-in: a NumPy array behind a wall, with CuPy's rules at every door."""

import operator
import re
import types
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import cupy
from cupy import _machine, _names

DTYPES = frozenset("?bBhHiIlLqQefdFD")
SCALARS = frozenset({bool, int, float, complex})


class Flags:
    """What CuPy says of an array's layout: these three names and no others of NumPy's."""

    def __init__(self, array: "ndarray"):
        self.c_contiguous = array._host.flags.c_contiguous
        self.f_contiguous = array._host.flags.f_contiguous
        self.owndata = array.base is None
        self.fnc = self.f_contiguous and not self.c_contiguous
        self.forc = self.f_contiguous or self.c_contiguous

    def __getitem__(self, name: str) -> bool:
        if name not in ("C_CONTIGUOUS", "F_CONTIGUOUS", "OWNDATA"):
            raise KeyError(f"{name} is not defined for cupy.ndarray.flags")
        return getattr(self, name.lower())


# -- through the wall ------------------------------------------------------------------------------


def check_dtype(dtype: Any) -> np.dtype:
    """The dtype, or ValueError: CuPy holds booleans, integers, floats and complex numbers only."""
    dtype = np.dtype(dtype)
    if dtype.char not in DTYPES:
        raise ValueError(f"Unsupported dtype {dtype}")
    return dtype


def check_scalar(value: Any) -> None:
    """TypeError for what no kernel takes: anything but cupy arrays and Python or NumPy numbers."""
    if not isinstance(value, (ndarray, np.generic)) and type(value) not in SCALARS:
        raise TypeError(f"Unsupported type {type(value)}")


def inside(value: Any, sources: list["ndarray"]) -> Any:
    """`value` with each cupy array replaced by the NumPy array in it; NumPy arrays are refused."""
    if isinstance(value, ndarray):
        sources.append(value)
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError(
            f"Unsupported type {np.ndarray}: a NumPy array of shape {value.shape} reached a CuPy "
            "function; cupy.asarray makes a device array of it"
        )
    if type(value) in (tuple, list):
        return type(value)(inside(each, sources) for each in value)
    return value


def outside(result: Any, sources: list["ndarray"], name: str = "") -> Any:
    """The result of a NumPy call as CuPy gives it: no scalars, new arrays in C order."""
    if isinstance(result, (tuple, list)):
        return (list if type(result) is list else tuple)(
            outside(each, sources, name) for each in result
        )
    if not isinstance(result, (np.ndarray, np.generic)) and type(result) not in SCALARS:
        return result
    host = np.asarray(result)
    for source in sources:
        if host is source._host:
            return source
        if _owner(host) is _owner(source._host):
            return ndarray._of(host, source if source.base is None else source.base)
    if name not in _names.KEEPS_ORDER:
        host = np.asarray(host, order="C")
    return ndarray._of(host)


def _owner(host: Any) -> Any:
    """The object that holds the memory of `host`."""
    while (base := getattr(host, "base", None)) is not None:
        host = base
    return host


def converted(host: np.ndarray, dtype: np.dtype, **options: Any) -> np.ndarray:
    """host.astype as a GPU does it: floats beyond a whole number's range become its bound, no
    number 0, where processors do as they please. 8 bits are the lower ones of 16.
    """
    with np.errstate(invalid="ignore"):
        out = host.astype(dtype, **options)
    if host.dtype.kind != "f" or dtype.kind not in "iu":
        return out
    wide = np.dtype(f"{dtype.kind}{max(dtype.itemsize, 2)}")
    bounds, values = np.iinfo(wide), host.astype("f8")
    low, high = values <= float(bounds.min), values >= float(bounds.max)
    whole = np.where(low | high | np.isnan(values), 0.0, values).astype(wide)
    whole[low], whole[high] = bounds.min, bounds.max
    out[...] = whole.astype(dtype)
    return out


def call(
    name: str, function: Callable[..., Any], *args: Any, kernels: int = 1, **kwargs: Any
) -> Any:
    """Do a NumPy call with cupy arrays, and count it as `kernels` launches unless it made views."""
    sources: list[ndarray] = []
    host_args = inside(args, sources)
    host_kwargs = {key: inside(value, sources) for key, value in kwargs.items()}

    def run(**replaced: Any) -> Any:
        with np.errstate(all="ignore"):  # a GPU does not report overflow or division by zero
            return function(*host_args, **(host_kwargs | replaced))

    graph = _machine.capturing()
    out = kwargs.get("out")
    if out is not None:
        for each in out if isinstance(out, tuple) else (out,):
            if not isinstance(each, ndarray):
                raise TypeError("Output arguments type must be cupy.ndarray")
        if graph is not None:  # do not touch the output, but let the shapes be checked
            run(out=_scratch(host_kwargs["out"]))
        _machine.launch_in_place(name, run)
        return out
    result = outside(run(), sources, name)
    arrays = result if isinstance(result, (tuple, list)) else (result,)
    new = [each for each in arrays if isinstance(each, ndarray) and each.base is None]
    new = [each for each in new if not any(each is source for source in sources)]
    if new and kernels:
        _machine.launch(name, kernels)
        if graph is not None:  # nothing is computed yet: whoever looks finds rubbish
            for each in new:
                each._host.fill(np.nan if each.dtype.kind in "fc" else 0)
            graph.nodes.append(lambda: _refill(result, run()))
    return result


def _scratch(out: Any) -> Any:
    return tuple(map(np.empty_like, out)) if isinstance(out, tuple) else np.empty_like(out)


def _refill(result: Any, again: Any) -> None:
    """Write what a replayed call gives into the arrays that it made when it was recorded."""
    if isinstance(result, ndarray):
        np.copyto(result._host, again)
    elif isinstance(result, (tuple, list)):
        for each, value in zip(result, again, strict=True):
            _refill(each, value)


class ndarray:
    """An array on the imitated device. See cupy.ndarray."""

    __module__ = "cupy"
    __slots__ = ("__weakref__", "_base", "_host")
    __array_priority__ = 100
    __hash__ = None  # type: ignore[assignment]

    _host: np.ndarray
    _base: "ndarray | None"

    def __new__(
        cls,
        shape: Any,
        dtype: Any = float,
        memptr: Any = None,
        strides: Any = None,
        order: str = "C",
    ) -> "ndarray":
        dtype = check_dtype(dtype)
        if memptr is None:
            return cls._of(np.empty(shape, dtype, order))  # type: ignore[call-overload]
        # an array on the memory of another one, of which it is no view
        view = np.lib.stride_tricks.as_strided(memptr.host, shape, strides)
        assert view.dtype == dtype
        array = object.__new__(cls)
        array._base, array._host = None, view
        _machine.allocate(view.nbytes)
        return array

    @classmethod
    def _of(cls, host: np.ndarray, base: "ndarray | None" = None) -> "ndarray":
        """The device array that holds `host`: memory of its own, or a view of `base`."""
        check_dtype(host.dtype)
        array = object.__new__(cls)
        array._base, array._host = base, np.empty(0)
        if base is None:
            _machine.allocate(host.nbytes)
        array._host = host
        return array

    def __del__(self, free: Callable[[int], None] = _machine.free) -> None:
        if self._base is None:
            free(self._host.nbytes)

    # -- what may be asked without a kernel --------------------------------------------------------

    base = property(lambda self: self._base)
    shape = property(lambda self: self._host.shape)
    strides = property(lambda self: self._host.strides)
    dtype = property(lambda self: self._host.dtype)
    size = property(lambda self: self._host.size)
    ndim = property(lambda self: self._host.ndim)
    nbytes = property(lambda self: self._host.nbytes)
    itemsize = property(lambda self: self._host.itemsize)
    flags = property(Flags)
    device = property(lambda self: cupy.cuda.Device(0))
    T = property(lambda self: self.transpose() if self.ndim > 1 else self)
    real = property(lambda self: cupy.real(self))
    imag = property(lambda self: cupy.imag(self))

    @property
    def mT(self) -> "ndarray":
        if self.ndim < 2:
            raise ValueError("matrix transpose with ndim < 2 is undefined")
        return self.swapaxes(-1, -2)

    @property
    def data(self) -> types.SimpleNamespace:
        """The memory: `ptr` is its address."""
        address = self._host.__array_interface__["data"][0]
        return types.SimpleNamespace(ptr=address, device_id=0, host=self._host)

    def __len__(self) -> int:
        if self.ndim == 0:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __iter__(self) -> Iterator["ndarray"]:
        if self.ndim == 0:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self.shape[0]))

    # -- to and from the host ----------------------------------------------------------------------

    def _fetch(self, cause: str, order: Any = "C") -> np.ndarray:
        _machine.transfer("to_host")
        _machine.synchronise(cause)
        return self._host.copy(order=order)

    def get(
        self, stream: Any = None, order: Any = "C", out: Any = None, blocking: bool = True
    ) -> np.ndarray:
        """A copy on the host; into `out`, of the same shape and dtype, if given."""
        if out is not None:
            if not isinstance(out, np.ndarray):
                raise TypeError("Only numpy.ndarray can be obtained from cupy.ndarray")
            if out.dtype != self.dtype:
                raise TypeError(f"{out.dtype} array cannot be obtained from {self.dtype} array")
            if out.shape != self.shape:
                raise ValueError(
                    f"Shape mismatch. Expected shape: {self.shape}, actual shape: {out.shape}"
                )
        if blocking:
            host = self._fetch("get", order)
        else:
            _machine.transfer("to_host")
            host = self._host.copy(order=order)
        if out is None:
            return host
        np.copyto(out, host)
        return out

    def set(self, host: np.ndarray, stream: Any = None) -> None:
        """Fill this array from a host array of the same shape and dtype."""
        if not isinstance(host, np.ndarray):
            raise TypeError("Only numpy.ndarray can be set to cupy.ndarray")
        if host.dtype != self.dtype:
            raise TypeError(f"{host.dtype} array cannot be set to {self.dtype} array")
        if host.shape != self.shape:
            raise ValueError(f"Shape mismatch. Old shape: {self.shape}, new shape: {host.shape}")
        if not self.flags.forc:
            raise RuntimeError("Cannot set to non-contiguous array")
        _machine.transfer("to_device")
        np.copyto(self._host, host)

    def item(self) -> Any:
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return self._fetch("item").item()

    def __bool__(self) -> bool:
        if self.size > 1:
            raise ValueError(
                "The truth value of an array with more than one element is ambiguous. "
                "Use a.any() or a.all()"
            )
        return bool(self._fetch("bool"))

    def __reduce__(self) -> Any:
        return cupy.array, (self._fetch("pickle", "A"),)

    # -- what NumPy may not do with it -------------------------------------------------------------

    def __array__(self, dtype: Any = None) -> np.ndarray:
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. "
            "Please use `.get()` to construct a NumPy array explicitly."
        )

    def __array_function__(self, function: Any, *ignored: Any) -> Any:
        raise TypeError(
            f"numpy.{function.__name__} was called with a cupy array: "
            f"CuPy would pass it on, but call cupy.{function.__name__} instead"
        )

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        for value in inputs:
            inside(value, [])
        numbers = [value for value in inputs if isinstance(value, np.generic)]
        if method == "__call__" and ufunc.nin == 2 and len(numbers) == 1 and not kwargs:
            return getattr(cupy, ufunc.__name__)(*inputs)  # numpy.float32(2) * array
        raise TypeError(
            f"numpy.{ufunc.__name__} was called with a cupy array: "
            f"CuPy would pass it on, but call cupy.{ufunc.__name__} instead"
        )

    # -- indexing ----------------------------------------------------------------------------------

    def __getitem__(self, key: Any) -> "ndarray":
        key, arrays = _index(key)
        if not arrays:
            try:
                return outside(self._host[key], [self])
            except IndexError as error:  # in CuPy's words
                raise IndexError(re.sub("^index", "Index", str(error))) from None
        return call("take", lambda host, key: host[key].copy(), self, key)

    def __setitem__(self, key: Any, value: Any) -> None:
        key, arrays = _index(key)
        if isinstance(value, ndarray):
            if not arrays and _same_memory(self._host[key], value._host):
                return  # the last step of a[i] += b
            self._check_apart(inside(key, []), arrays, value._host)
            name, value = "copy", value._host
        elif arrays:
            name, value = "copy", cupy.asarray(inside(value, []), dtype=self.dtype)._host
        else:
            name, value = "fill", _one_value(value, self.dtype)
        key = inside(key, [])
        name = "scatter_update" if arrays else name
        _machine.launch_in_place(name, lambda: operator.setitem(self._host, key, self._own(value)))

    def _own(self, value: Any) -> Any:
        """Values in this array's dtype."""
        return converted(value, self.dtype) if isinstance(value, np.ndarray) else value

    def _check_apart(self, key: Any, arrays: list[Any], value: np.ndarray) -> None:
        """Refuse what is undefined: memory that is read while others of its elements are written.

        CuPy copies the values before where it starts a kernel, but not where one block of memory
        goes to another, nor where places are listed.
        """
        target = self._host if arrays else self._host[key]
        block = target.shape == value.shape and target.strides == value.strides
        one_copy = block and target.flags.c_contiguous
        direct = value.dtype == self.dtype and (arrays or one_copy)
        if direct and np.may_share_memory(target, value):
            raise RuntimeError("values are written into memory that they are read from")

    # -- layout, type and contents -----------------------------------------------------------------

    def reshape(self, *shape: Any, order: Any = "C") -> "ndarray":
        shape = shape[0] if len(shape) == 1 else shape
        return call("reshape", np.reshape, self, shape, order=order)

    def transpose(self, *axes: Any) -> "ndarray":
        order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes or None
        return call("transpose", np.transpose, self, order)

    def flatten(self, order: Any = "C") -> "ndarray":
        return call("flatten", lambda host: host.flatten(order), self)

    def view(self, dtype: Any = None) -> "ndarray":
        return outside(self._host.view(self.dtype if dtype is None else dtype), [self])

    def astype(
        self,
        dtype: Any,
        order: Any = "K",
        casting: Any = None,
        subok: Any = None,
        copy: bool | None = True,
    ) -> "ndarray":
        """The array as another type; itself with copy=False where nothing has to change."""
        if casting is not None or subok is not None:
            raise TypeError("casting is not supported yet")
        dtype = check_dtype(dtype)
        return call("astype", lambda host: converted(host, dtype, order=order, copy=copy), self)

    def copy(self, order: Any = "C") -> "ndarray":
        return call("copy", np.copy, self, order=order)

    __copy__ = copy

    def __deepcopy__(self, memo: Any) -> "ndarray":
        return self.copy()

    def fill(self, value: Any) -> None:
        if isinstance(value, ndarray):
            if value.shape != ():
                raise ValueError("non-scalar cupy.ndarray cannot be used for fill")
            host: Any = value._host
        else:
            host = _one_value(value, self.dtype)
        _machine.launch_in_place("fill", lambda: self._host.fill(host))

    def sort(self, axis: int = -1, kind: Any = None) -> None:
        if kind not in (None, "stable"):
            raise ValueError("kind can only be None or 'stable'")
        _machine.launch_in_place("sort", lambda: self._host.sort(axis=axis))

    def clip(self, min: Any = None, max: Any = None, out: Any = None) -> "ndarray":
        return cupy.clip(self, min, max, out=out)

    def put(self, indices: Any, values: Any, mode: str = "wrap") -> None:
        cupy.put(self, indices, values, mode)

    # -- operators that choose by the operand ------------------------------------------------------

    def __eq__(self, other: Any) -> Any:
        if _gives_way(other):
            return NotImplemented
        if other is None or type(other).__eq__ is object.__eq__:
            return cupy.zeros(self.shape, dtype=bool)
        return cupy.equal(self, other)

    def __ne__(self, other: Any) -> Any:
        if _gives_way(other):
            return NotImplemented
        if other is None or type(other).__eq__ is object.__eq__:
            return cupy.ones(self.shape, dtype=bool)
        return cupy.not_equal(self, other)

    def __pow__(self, power: Any) -> Any:
        fast = {2: "square", 0.5: "sqrt", -1.0: "reciprocal"}
        exact = type(power) is float or (type(power) is int and power == 2)
        if exact and power in fast and self.dtype.kind == "f":
            return getattr(cupy, fast[power])(self)
        return NotImplemented if _gives_way(power) else cupy.power(self, power)


def _gives_way(other: Any) -> bool:
    """Whether the other operand's own reflected operator is to be asked (NEP 13, as in CuPy)."""
    if isinstance(other, ndarray):
        return False
    missing = object()
    protocol = getattr(other, "__array_ufunc__", missing)
    if protocol is not missing:
        return protocol is None
    return getattr(other, "__array_priority__", 0) > ndarray.__array_priority__


def _index(key: Any) -> tuple[tuple[Any, ...], list[Any]]:
    """The index as a tuple that makes NumPy give views, never scalars; and the arrays in it."""
    parts, arrays = [], []
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, (list, tuple)):
            part = cupy.array(part, dtype=None if len(part) else np.int32)
        if isinstance(part, np.ndarray):
            inside(part, [])
        if isinstance(part, ndarray):
            arrays.append(part)
        parts.append(part)
    if not any(part is Ellipsis for part in parts):
        parts.append(Ellipsis)
    if any(array.dtype == bool for array in arrays):
        _machine.synchronise("mask")  # the number of its True elements is found on the device
    return tuple(parts), arrays


def _same_memory(a: np.ndarray, b: np.ndarray) -> bool:
    return (a.shape, a.strides, a.__array_interface__["data"]) == (
        (b.shape, b.strides, b.__array_interface__["data"])
    )


def _one_value(value: Any, dtype: np.dtype) -> Any:
    """The number to fill an array with; host arrays and lists are refused, as in CuPy."""
    host = np.asarray(value, dtype=dtype)
    if host.shape != ():
        raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
    return host[()]


# -- operators, conversions and methods that are functions of another name -------------------------

_BINARY = {
    "add": "add", "sub": "subtract", "mul": "multiply", "matmul": "matmul", "truediv": "divide",
    "floordiv": "floor_divide", "mod": "remainder", "divmod": "divmod", "pow": "power",
    "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor", "lshift": "left_shift",
    "rshift": "right_shift",
}  # fmt: skip
_COMPARISONS = {"lt": "less", "le": "less_equal", "gt": "greater", "ge": "greater_equal"}
_UNARY = {"neg": "negative", "pos": "positive", "abs": "absolute", "invert": "invert"}
_CONVERSIONS = {
    "__complex__": complex, "__float__": float, "__int__": int, "__format__": format,
    "__repr__": repr, "__str__": str, "tobytes": np.ndarray.tobytes, "tolist": np.ndarray.tolist,
}  # fmt: skip


def _forward(name: str) -> Any:
    return lambda self, other: (
        NotImplemented if _gives_way(other) else getattr(cupy, name)(self, other)
    )


def _reflected(name: str) -> Any:
    return lambda self, other: getattr(cupy, name)(other, self)


def _in_place(name: str) -> Any:
    return lambda self, other: getattr(cupy, name)(self, other, out=self)


def _method(name: str) -> Any:
    return lambda self, *args, **kwargs: getattr(cupy, name)(self, *args, **kwargs)


def _conversion(cause: str, convert: Any) -> Any:
    return lambda self, *args: convert(self._fetch(cause), *args)


for _symbol, _name in (_BINARY | _COMPARISONS).items():
    if _symbol != "pow":  # written out above
        setattr(ndarray, f"__{_symbol}__", _forward(_name))
for _symbol, _name in _BINARY.items():
    setattr(ndarray, f"__r{_symbol}__", _reflected(_name))
    if _symbol not in ("matmul", "divmod"):
        setattr(ndarray, f"__i{_symbol}__", _in_place(_name))
for _symbol, _name in _UNARY.items():
    setattr(ndarray, f"__{_symbol}__", _method(_name))
for _name, _convert in _CONVERSIONS.items():
    setattr(ndarray, _name, _conversion(_name.strip("_"), _convert))
for _name in _names.METHODS:
    setattr(ndarray, _name, _method(_name))
