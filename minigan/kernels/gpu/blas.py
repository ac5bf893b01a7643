"""Matrix products on CuPy, by cuBLASLt itself: a bias comes with the product, and graphs record it.

CuPy's own products refuse to run while a stream is captured, and add no bias. Which of cuBLAS's
kernels to take is asked once for each shape; its workspace is one piece of memory that stays where
it is, since a captured graph keeps the address. Products of one stream take turns in using it.
"""

import ctypes
import functools
import os
from typing import Any

import cupy
import numpy as np

from minigan.backend import plain
from minigan.errors import BackendError
from minigan.kernels import precision

WORKSPACE = 32 << 20  # bytes: what NVIDIA recommends for Hopper
FLOAT32, TRANSA, TRANSB, EPILOGUE, BIAS_POINTER, WITH_BIAS = 0, 3, 4, 7, 8, 4  # cuBLASLt's numbers
MAX_WORKSPACE, ALIGNMENTS, NOT_SUPPORTED = 1, (5, 6, 7, 8), 15
COMPUTE = {"float32": 68, "tf32": 77, "bfloat16": 75}  # how factors are rounded; sums are float32


def matmul(a: cupy.ndarray, b: cupy.ndarray) -> cupy.ndarray:
    """a @ b; of matrices that both lie column by column, as transposes do, it lies so too."""
    if not (a.ndim == b.ndim == 2 and _suit(a, b)):
        return plain.matmul(a, b)
    if a.flags.f_contiguous and b.flags.f_contiguous:
        return product(b.T, a.T, cupy.empty((b.shape[1], a.shape[0]), "float32")).T
    return product(a, b, cupy.empty((a.shape[0], b.shape[1]), "float32"))


def affine(x: cupy.ndarray, weight: cupy.ndarray, bias: Any) -> cupy.ndarray | None:
    """x @ weightᵀ + bias: x (N, I), weight (O, I), bias (O) or None → (N, O), in one launch. None
    for other types than float32.
    """
    if not _suit(x, weight) or (bias is not None and bias.dtype != np.float32):
        return None
    out = cupy.empty((x.shape[0], weight.shape[0]), "float32")
    return product(x, weight.T, out, None if bias is None else cupy.ascontiguousarray(bias))


def _suit(a: cupy.ndarray, b: cupy.ndarray) -> bool:
    """Whether these are float32 and not empty."""
    return a.dtype == b.dtype == np.float32 and bool(a.size and b.size)


def product(
    a: cupy.ndarray, b: cupy.ndarray, out: cupy.ndarray, bias: cupy.ndarray | None = None
) -> cupy.ndarray:
    """out (M, N), dense, = a (M, K) @ b (K, N) + bias (N); all float32."""
    (a, *walk_a), (b, *walk_b) = _walked(a), _walked(b)
    places = a.data.ptr | b.data.ptr | out.data.ptr | (0 if bias is None else bias.data.ptr)
    alignment = min(places & -places, 256)
    plan = _plan(
        *a.shape, b.shape[1], *walk_a, *walk_b, bias is not None, alignment, precision.precision
    )
    plan(a, b, out, bias)
    return out


def _walked(matrix: cupy.ndarray) -> tuple[cupy.ndarray, bool, int]:
    """The matrix, copied if need be; whether its columns, not its rows, are dense; its step."""
    (rows, columns), (down, across) = matrix.shape, matrix.strides
    if (across == 4 or columns == 1) and (down >= 4 * columns or rows == 1):
        return matrix, False, down // 4 if rows > 1 else columns
    if (down == 4 or rows == 1) and (across >= 4 * rows or columns == 1):
        return matrix, True, across // 4 if columns > 1 else rows
    return cupy.ascontiguousarray(matrix), False, columns


# -- cuBLASLt --------------------------------------------------------------------------------------


class _Heuristic(ctypes.Structure):
    """cublasLtMatmulHeuristicResult_t"""

    _fields_ = (
        ("algorithm", ctypes.c_uint64 * 8),
        ("workspace", ctypes.c_size_t),
        ("state", ctypes.c_int),
        ("waves", ctypes.c_float),
        ("reserved", ctypes.c_int * 4),
    )


class _Plan:
    """How cuBLASLt computes one shape of product.

    It walks columns first, and so sees each of our matrices transposed: outᵀ = bᵀ aᵀ. A bias then
    has one number for each row.
    """

    def __init__(
        self,
        sizes: tuple[int, int, int],
        walk_a: Any,
        walk_b: Any,
        bias: bool,
        alignment: int,
        compute: int,
    ):
        (m, k, n), self.library = sizes, _library()
        self.description = self._made("MatmulDesc", compute, FLOAT32)
        for attribute, (columns, _) in ((TRANSA, walk_b), (TRANSB, walk_a)):
            self._set(attribute, ctypes.c_int(columns))
        if bias:
            self._set(EPILOGUE, ctypes.c_int(WITH_BIAS))
            self._set(BIAS_POINTER, ctypes.c_void_p(_workspace().ptr))  # any, until it is called
        self.a, self.b = (
            self._made("MatrixLayout", FLOAT32, *(map(ctypes.c_uint64, size)), ctypes.c_int64(step))
            for size, step in (
                ((m, k) if walk_a[0] else (k, m), walk_a[1]),
                ((k, n) if walk_b[0] else (n, k), walk_b[1]),
            )
        )
        size = map(ctypes.c_uint64, (n, m))
        self.out = self._made("MatrixLayout", FLOAT32, *size, ctypes.c_int64(n))
        self.algorithm = self._chosen(alignment)

    def __call__(self, a: Any, b: Any, out: Any, bias: Any) -> None:
        if bias is not None:
            self._set(BIAS_POINTER, ctypes.c_void_p(bias.data.ptr))
        at = out.data.ptr
        _check(
            self.library.cublasLtMatmul(
                *(_handle(), self.description, _ONE),
                *(b.data.ptr, self.b, a.data.ptr, self.a, _ZERO, at, self.out, at, self.out),
                *(self.algorithm, _workspace().ptr, WORKSPACE),
                cupy.cuda.get_current_stream().ptr,
            )
        )

    def _made(self, kind: str, *arguments: Any) -> ctypes.c_void_p:
        made = ctypes.c_void_p()
        _check(getattr(self.library, f"cublasLt{kind}Create")(ctypes.byref(made), *arguments))
        return made

    def _set(self, attribute: int, value: Any) -> None:
        _check(
            self.library.cublasLtMatmulDescSetAttribute(
                self.description, attribute, ctypes.byref(value), ctypes.sizeof(value)
            )
        )

    def _chosen(self, alignment: int) -> Any:
        """The algorithm that cuBLASLt thinks the fastest for addresses so aligned."""
        preference, best, found = self._made("MatmulPreference"), _Heuristic(), ctypes.c_int()
        wishes = [(MAX_WORKSPACE, ctypes.c_size_t(WORKSPACE))]
        for attribute, value in wishes + [
            (each, ctypes.c_uint32(alignment)) for each in ALIGNMENTS
        ]:
            _check(
                self.library.cublasLtMatmulPreferenceSetAttribute(
                    preference, attribute, ctypes.byref(value), ctypes.sizeof(value)
                )
            )
        status = self.library.cublasLtMatmulAlgoGetHeuristic(
            *(_handle(), self.description, self.b, self.a, self.out, self.out, preference),
            *(1, ctypes.byref(best), ctypes.byref(found)),
        )
        self.library.cublasLtMatmulPreferenceDestroy(preference)
        _check(status or (0 if found.value else NOT_SUPPORTED))
        return ctypes.byref(best.algorithm)


@functools.lru_cache(4096)
def _plan(
    m: int, k: int, n: int, columns_a: bool, step_a: int, columns_b: bool, step_b: int,
    bias: bool, alignment: int, precision: str,
) -> _Plan:  # fmt: skip
    walks = (columns_a, step_a), (columns_b, step_b)
    return _Plan((m, k, n), *walks, bias, alignment, COMPUTE[precision])


@functools.cache
def _library() -> Any:
    """The cuBLASLt of CuPy's own cuBLAS."""
    cupy.cuda.device.get_cublas_handle()
    major = cupy.cuda.runtime.runtimeGetVersion() // 1000
    name = f"cublasLt64_{major}.dll" if os.name == "nt" else f"libcublasLt.so.{major}"
    library = ctypes.CDLL(name)
    pointer = ctypes.c_void_p
    library.cublasLtMatmul.argtypes = [*[pointer] * 14, ctypes.c_size_t, pointer]
    return library


@functools.cache
def _handle() -> ctypes.c_void_p:
    handle = ctypes.c_void_p()
    _check(_library().cublasLtCreate(ctypes.byref(handle)))
    return handle


@functools.cache
def _workspace() -> Any:
    return cupy.cuda.Memory(WORKSPACE)


def _check(status: int) -> None:
    if status:
        raise BackendError(f"cuBLASLt failed with status {status}; `minigan doctor` may say more")


_ONE, _ZERO = (ctypes.byref(ctypes.c_float(value)) for value in (1.0, 0.0))
