"""The loops of minigan/kernels/cpu/loops.py compiled: each in one pass over memory, by Numba.

Each element is rounded as NumPy rounds it, to the bit; sums are taken in float64, and rounded once.
"""

# mypy: disallow-untyped-defs=False
# The types stand in the signatures, for Numba.

import numpy as np

from minigan.kernels.jit.compiler import compiled


@compiled("void(f4[::1], f4[::1], f4, f4[::1])")
def leaky(y, x, slope, out):
    if slope == 0:
        for i in range(x.size):
            out[i] = np.float32(0) if x[i] <= 0 else y[i]
    else:
        for i in range(x.size):
            out[i] = y[i] if x[i] > 0 else y[i] * slope


@compiled("void(f4[::1], f4, f4[::1])")
def rectify(x, slope, out):
    leaky(x, x, slope, out)


@compiled("void(f4[::1], f4[::1], f4[::1], f4[::1], f8, f8, f8, f8)")
def adam(p, g, m, v, step_size, beta1, beta2, eps):
    of_m, of_g = np.float32(beta1), np.float32(1.0 - beta1)
    of_v, of_squares = np.float32(beta2), np.float32(1.0 - beta2)
    rate, least = np.float32(step_size), np.float32(eps)
    for i in range(p.size):
        mean = m[i] * of_m + g[i] * of_g
        square = v[i] * of_v + g[i] * g[i] * of_squares
        m[i] = mean
        v[i] = square
        p[i] -= mean / (np.sqrt(square) + least) * rate


@compiled("void(f4[:, ::1], f4[::1])")
def add_up(x, out):
    rows, columns = x.shape
    sums = np.zeros(columns)
    for r in range(rows):
        for c in range(columns):
            sums[c] += x[r, c]
    out[:] = sums


@compiled("void(f4[:, ::1], f4[::1], f4[::1])")
def squares(x, mean, out):
    rows, columns = x.shape
    sums = np.zeros(columns)
    for r in range(rows):
        for c in range(columns):
            centred = x[r, c] - mean[c]
            sums[c] += centred * centred
    out[:] = sums


@compiled("void(f4[:, ::1], f4[:, ::1], f4[::1], f4[:, ::1])")
def products(g, x, mean, out):
    rows, columns = x.shape
    sums = np.zeros((2, columns))
    for r in range(rows):
        for c in range(columns):
            sums[0, c] += g[r, c]
            sums[1, c] += g[r, c] * (x[r, c] - mean[c])
    out[:] = sums


@compiled("void(f4[:, ::1], f4[::1], f4[::1], f4[:, ::1])")
def scale(x, factor, summand, out):
    rows, columns = x.shape
    for r in range(rows):
        for c in range(columns):
            out[r, c] = x[r, c] * factor[c] + summand[c]


@compiled("void(f4[:, ::1], f4[::1], f4[:, ::1], f4[::1], f4[::1], f4[:, ::1])")
def combine(x, of_x, g, of_g, summand, out):
    rows, columns = x.shape
    for r in range(rows):
        for c in range(columns):
            out[r, c] = x[r, c] * of_x[c] + summand[c] + g[r, c] * of_g[c]
