"""Matrix products cut to the sizes at which OpenBLAS is fastest, or into a part for each thread.

A product of M·N·K up to a million runs where the matrices lie; a larger one first copies both into
its own order, which for a thin matrix costs as much as the product. So thin products are cut into
blocks of rows, which one call of np.matmul works through. The plain version, in
minigan/backend/plain.py, is that one call.
"""

from collections.abc import Iterator

import numpy as np

from minigan.kernels.cpu.threads import blas_keeps_to_one_thread, cuts, num_threads, share

IN_PLACE = 1_000_000  # M·N·K, see above
THIN = 8192  # K·N of a right-hand matrix that stays in the first-level cache
WORTH_SHARING = 1 << 24  # M·N·K: about a quarter of a millisecond of one thread


def suits_blas(*arrays: np.ndarray) -> bool:
    """Whether BLAS multiplies these: all of them float32, or all float64."""
    return {array.dtype.char for array in arrays} in ({"f"}, {"d"})


def matmul(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a @ b: by BLAS's threads or, once those have been sent home, by ours."""
    if a.ndim != 2 or b.ndim != 2 or not blas_keeps_to_one_thread():
        return np.matmul(a, b)
    (M, K), N = a.shape, b.shape[1]
    if M * N * K < WORTH_SHARING:
        return np.matmul(a, b)
    out = np.empty((M, N), np.result_type(a, b))

    def work(parts: Iterator[slice]) -> None:
        for part in parts:
            if M >= N:
                np.matmul(a[part], b, out=out[part])
            else:
                np.matmul(a, b[:, part], out=out[:, part])

    share(work, cuts(max(M, N), -(-max(M, N) // num_threads())))
    return out


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


def _block(length: int, cost: int) -> int:
    """The largest power of two that divides length and keeps block · cost in place."""
    block = length & -length
    while block > 1 and block * cost > IN_PLACE:
        block //= 2
    return block
