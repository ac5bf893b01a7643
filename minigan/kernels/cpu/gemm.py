"""Matrix products cut to the sizes at which OpenBLAS is fastest, and into parts for the threads.

A product of M·N·K up to a million runs where the matrices lie; a larger one first copies both into
its own order, which for a thin matrix costs as much as the product. So thin products are cut into
blocks of rows, which one call of np.matmul works through. The plain version, in
minigan/backend/plain.py, is that one call.
"""

from collections.abc import Iterator

import numpy as np

from minigan.kernels.cpu.threads import between, share, slices

IN_PLACE = 1_000_000  # M·N·K, see above
THIN = 8192  # K·N of a right-hand matrix that stays in the first-level cache
WORTH_SHARING = 12 << 20  # M·N·K: 100 to 200 microseconds of one thread
# The other threads take some 30 microseconds to wake: meanwhile the caller works at a longer part.
FOUR = (0, 6 / 16, 10 / 16, 13 / 16, 1)
LARGE = 1 << 26  # M·N·K of a product whose parts are equal, as the waking does not matter


def suits_blas(*arrays: np.ndarray) -> bool:
    """Whether BLAS multiplies these: all of them float32, or all float64."""
    return {array.dtype.char for array in arrays} in ({"f"}, {"d"})


def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a @ b: in parts of the longer side of the product or, of stacks of equal shape, of those."""
    if a.shape[-1:] == (1,) and a.ndim > 1 and b.ndim > 1:
        return a * b  # a column and a row: BLAS takes ten times as long
    stacked = a.ndim > 2 and a.shape[:-2] == b.shape[:-2]
    size = a.size * b.shape[-1]
    if size < WORTH_SHARING or not (stacked or a.ndim == b.ndim == 2):
        return np.matmul(a, b)
    out = np.empty((*a.shape[:-1], b.shape[-1]), np.result_type(a, b))
    by_columns = not stacked and out.shape[0] < out.shape[1]

    def work(parts: Iterator[slice]) -> None:
        for part in parts:
            if by_columns:
                np.matmul(a, b[:, part], out=out[:, part])
            else:
                np.matmul(a[part], b[part] if stacked else b, out=out[part])

    share(work, _parts(out.shape[1] if by_columns else len(a), size))
    return out


def _parts(length: int, size: int) -> list[slice]:
    """0 … length in slices, for a product of M·N·K = size."""
    if size >= LARGE:
        return slices(length, min(length, 16))
    return between([int(length * edge) for edge in FOUR])


def product(a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
    """out = a @ b for a (…, M, K), b (…, K, N), out (…, M, N); b's rows should be contiguous."""
    M, K, N = *a.shape[-2:], b.shape[-1]
    rows = _block(M, K * N)
    if K == 1:
        np.multiply(a, b, out=out)
    elif K * N > THIN or rows < 16:
        np.matmul(a, b, out=out)
    else:
        a, out = (m.reshape(*m.shape[:-2], M // rows, rows, m.shape[-1]) for m in (a, out))
        np.matmul(a, b[..., None, :, :], out=out)


def inner(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """aᵀ @ b for a (M, K), b (M, N): (K, N), summed over the long axis."""
    rows = _block(len(a), a.shape[1] * b.shape[1])
    if rows < 256:
        return a.T @ b
    a, b = (m.reshape(-1, rows, m.shape[-1]) for m in (a, b))
    return np.matmul(a.transpose(0, 2, 1), b).sum(axis=0)


def add_bias(y: np.ndarray, bias: np.ndarray | None) -> None:
    """y (…, O) += bias (O), while y is still in the cache."""
    if bias is not None:
        np.add(y, bias, out=y)


def _block(length: int, cost: int) -> int:
    """The largest power of two that divides length and keeps block · cost in place."""
    block = length & -length
    while block > 1 and block * cost > IN_PLACE:
        block //= 2
    return block
