"""Convolution with fewer multiplications, after Toom, Cook and Winograd, on channels-last arrays.

**The idea, in one dimension.** The product of two polynomials, of m and of r coefficients, is
their full convolution, and takes m·r multiplications. But it has only t = m + r - 1 coefficients,
so t of its values determine it: evaluate both factors at t points (the matrices E_m and E_r),
multiply the values, interpolate (E_t⁻¹). For m = 4, r = 2 that is 5 multiplications, not 8.

The three operations of a convolution are this one bilinear map and its two transposes:

    conv2d_input    gx = E_t⁻¹ [(E_m g) · (E_r w)]      the polynomial product itself
    conv2d          y  = E_mᵀ  [(E_t⁻ᵀ x) · (E_r w)]
    conv2d_weight   gw = E_rᵀ  [(E_t⁻ᵀ x) · (E_m g)]

**In two dimensions** each matrix works on the rows, then on the columns; the image is cut into
tiles of m×m outputs, which see t×t inputs. With channels, each · is a matrix product over the
channels, one for each of the t×t points: there the time goes.

**A stride of s** vanishes when each s×s block of pixels becomes one deep pixel of D = s·s·C
channels: the convolution now has stride 1 and a kernel of r = K/s taps, rounded up.

Letters: N images, n at a time; C, H, W input; O, OH, OW output; KH, KW kernel; R×S deep pixels
of D channels; I×J tiles of m×m outputs; P = t·t points (each of m, r, t, s may differ by axis).

Sources: Winograd, "Arithmetic Complexity of Computations" (1980); Lavin and Gray, "Fast
Algorithms for Convolutional Neural Networks" (2016), arXiv:1509.09308.
"""

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.lib.stride_tricks import as_strided

from .threads import num_threads, share

# The points, by their number t; one more is infinity, where a polynomial's value is its leading
# coefficient. Small symmetric values keep the rounding error within three times a plain sum's.
POINTS = {3: (0.0, 1.0), 4: (0.0, 1.0, -1.0), 5: (0.5, -0.5, 1.25, -1.25)}


def evaluation(points, terms):
    """The (t, terms) matrix that takes a polynomial's coefficients to its values at the points."""
    powers = [[point**k for k in range(terms)] for point in points]
    return np.array([*powers, [0.0] * (terms - 1) + [1.0]])


@dataclass(frozen=True)
class Axis:
    """One axis of the convolution: its sizes, and how it is cut into tiles."""

    size: int
    kernel: int
    stride: int
    padding: int
    out: int
    m: int

    @property
    def r(self):
        return -(-self.kernel // self.stride)

    @property
    def t(self):
        return self.m + self.r - 1

    @property
    def tiles(self):
        return self.out // self.m

    @property
    def deep(self):
        return self.out + self.r - 1

    def matrices(self):
        """E_m (t, m), E_t⁻¹ (t, t) and E_r, spread over the kernel's phases: (t, s, K)."""
        points = POINTS[self.t]
        spread = np.zeros((self.t, self.stride, self.kernel))
        for k in range(self.kernel):
            spread[:, k % self.stride, k] = evaluation(points, self.r)[:, k // self.stride]
        return evaluation(points, self.m), np.linalg.inv(evaluation(points, self.t)), spread

    def phase(self, k):
        """Which pixels are at place k of their deep pixel: a slice of pixels, one of deep ones."""
        start = max(0, -((k - self.padding) // self.stride))
        stop = min(self.deep, -((k - self.padding - self.size) // self.stride))
        first = start * self.stride + k - self.padding
        return (
            slice(first, first + max(0, stop - start) * self.stride, self.stride),
            slice(start, max(start, stop)),
        )


class Lift:
    """Tiles of images (n, R, S, D) to their values at the points (P, n·I·J, D), and the transpose.

    On each axis the tiles are `matrix.shape[1]` wide and m apart; `matrix` (t, width) is applied.
    """

    def __init__(self, n, axes, matrices, D, dtype):
        (row, column), (left, right) = axes, matrices
        self.rows, self.columns = left.astype(dtype), right.astype(dtype)
        self.m = row.m, column.m
        self.tiles = I, J = row.tiles, column.tiles
        t, u = len(left), len(right)
        S = column.out + right.shape[1] - column.m
        self.shape = n, row.out + left.shape[1] - row.m, S, D
        half = np.empty((t, n, I, S, D), dtype)
        self.half_out = half.reshape(t, n, I, S * D).transpose(1, 2, 0, 3)  # (n, I, t, S·D)
        self.half = half.transpose(1, 2, 0, 3, 4)  # (n, I, t, S, D)
        self.values = np.empty((t * u, n * I * J, D), dtype)
        self.full = self.values.reshape(t, u, n, I, J, D).transpose(2, 3, 0, 4, 1, 5)
        # full: (n, I, t, J, u, D)
        self.half_tiles = tiled(self.half, 3, J, column.m, right.shape[1])

    def lift(self, images):
        n, R, S, D = images.shape
        np.matmul(self.rows, tiled(images.reshape(n, R, S * D), 1, self.tiles[0], self.m[0], self.rows.shape[1]), out=self.half_out)
        np.matmul(self.columns, self.half_tiles, out=self.full)
        return self.values

    def drop(self, images):
        n, R, S, D = images.shape
        overlap_add(self.columns.T, self.full, self.half, 3, self.m[1])
        overlap_add(self.rows.T, self.half_out, images.reshape(n, R, S * D), 1, self.m[0])


def tiled(a, axis, count, step, width):
    shape = (*a.shape[:axis], count, width, *a.shape[axis + 1 :])
    stride = a.strides[axis]
    strides = (*a.strides[:axis], step * stride, stride, *a.strides[axis + 1 :])
    return np.ndarray(shape, a.dtype, a.base if 0 else a, 0, strides) if a.flags.c_contiguous else as_strided(a, shape, strides)


def overlap_add(matrix, values, out, axis, m):
    """values (..., tiles, t, L); out (..., tiles·m + width - m, L)"""
    tiles, width = values.shape[axis], len(matrix)
    np.matmul(matrix[:m], values, out=tiled(out, axis, tiles, m, m))
    if width > m:
        rest = (slice(None),) * axis
        out[(*rest, slice(tiles * m, None))] = 0
        tail = tiled(out[(*rest, slice(m, None))], axis, tiles, m, width - m)
        if width - m == 1:
            tail += values[(*rest, slice(None), slice(-1, None))]
        else:
            tail += np.matmul(matrix[m:], values)


class Winograd:
    def __init__(self, rows, columns, dtype):
        self.axes = self.rows, self.columns = rows, columns
        Em, Et, Er = zip(rows.matrices(), columns.matrices(), strict=True)
        self.Em = Em
        self.Et = [a.T for a in Et]
        kernel = np.einsum("apk,bql->abpqkl", *Er)
        self.Er = kernel.reshape(-1, rows.kernel * columns.kernel).astype(dtype)
        self.points = rows.t * columns.t
        self.blocks = rows.stride * columns.stride
        self.dtype = dtype
        self.phases = []
        for p, q in product(range(self.rows.stride), range(self.columns.stride)):
            xr, dr = self.rows.phase(p)
            xc, dc = self.columns.phase(q)
            self.phases.append(((slice(None), xr, xc), (slice(None), dr, dc, p, q)))
    def inputs(self, n, C): return Lift(n, self.axes, self.Et, self.blocks*C, self.dtype)
    def outputs(self, n, O): return Lift(n, self.axes, self.Em, O, self.dtype)
    def deepen(self, x, deep):
        for here, there in self.phases:
            deep[there] = x[here]
    def flatten(self, deep, gx):
        for here, there in self.phases:
            gx[here] = deep[there]
    def deep(self, n, C): return np.zeros((n, self.rows.deep, self.columns.deep, self.rows.stride, self.columns.stride, C), self.dtype)
    def lift_kernel(self, w):
        """(P, D, O)"""
        O, C = w.shape[:2]
        w = w.reshape(O, C, -1)
        out = np.empty((self.points * self.blocks, C, O), self.dtype)
        def work(chunks):
            for c in chunks:
                np.matmul(self.Er, w[:, c].transpose(1, 2, 0), out=out[:, c].transpose(1, 0, 2))
        share(work, cuts(C, -(-C // num_threads())))
        return out.reshape(self.points, -1, O)

    def lift_kernel_t(self, w):
        """(P, O, D)"""
        O, C = w.shape[:2]
        w = w.reshape(O, C, -1)
        out = np.empty((O, self.points * self.blocks, C), self.dtype)
        def work(chunks):
            for c in chunks:
                np.matmul(self.Er, w[c].transpose(0, 2, 1), out=out[c])
        share(work, cuts(O, -(-O // num_threads())))
        return out.reshape(O, self.points, -1).transpose(1, 0, 2)


def cuts(length, step):
    return [slice(k, min(k + step, length)) for k in range(0, length, step)]


def blocked(a, b, out):
    """a (P, M, K) @ b (P, K, N) in row blocks"""
    P, M, K = a.shape
    N = b.shape[-1]
    if K * N <= 8192 and M % 64 == 0:
        np.matmul(a.reshape(P, -1, 64, K), b[:, None], out=out.reshape(P, -1, 64, N))
    else:
        np.matmul(a, b, out=out)



def flat(deep): return deep.reshape(*deep.shape[:3], -1)
def conv2d(wi, x, w, O, n):
    y = np.empty((x.shape[0], wi.rows.out, wi.columns.out, O), x.dtype)
    U = wi.lift_kernel(w)
    C = x.shape[3]
    def work(chunks):
        deep = wi.deep(n, C); I = wi.inputs(n, C); Ou = wi.outputs(n, O)
        for c in chunks:
            wi.deepen(x[c], deep)
            blocked(I.lift(flat(deep)), U, Ou.values)
            Ou.drop(y[c])
    share(work, cuts(len(x), n))
    return y

def conv2d_input(wi, g, w, n):
    N=len(g); C = w.shape[1]; O = g.shape[3]
    gx = np.empty((N, wi.rows.size, wi.columns.size, C), g.dtype)
    U = wi.lift_kernel_t(w)
    def work(chunks):
        deep = wi.deep(n, C); I = wi.inputs(n, C); Ou = wi.outputs(n, O)
        for c in chunks:
            blocked(Ou.lift(g[c]), U, I.values)
            I.drop(flat(deep))
            wi.flatten(deep, gx[c])
    share(work, cuts(N, n))
    return gx

def conv2d_weight(wi, x, g, n, group):
    N, C, O = len(x), x.shape[3], g.shape[3]
    D=wi.blocks*C
    U = np.empty((O, wi.points, D), x.dtype)
    Up = U.transpose(1, 0, 2)
    per=wi.rows.tiles*wi.columns.tiles
    for i, gr in enumerate(cuts(N, group)):
        k = gr.stop-gr.start
        V = np.empty((wi.points, k*per, D), x.dtype); M = np.empty((wi.points, k*per, O), x.dtype)
        def lift(chunks):
            deep = wi.deep(n, C); I = wi.inputs(n, C); Ou = wi.outputs(n, O)
            for c in chunks:
                t = slice((c.start-gr.start)*per, (c.stop-gr.start)*per)
                wi.deepen(x[c], deep)
                V[:, t] = I.lift(flat(deep))
                M[:, t] = Ou.lift(g[c])
        share(lift, [slice(gr.start+c.start, gr.start+c.stop) for c in cuts(k, n)])
        def contract(points):
            for p in points:
                if i == 0: np.matmul(M[p].T, V[p], out=Up[p])
                else: Up[p] += np.matmul(M[p].T, V[p])
        share(contract, range(wi.points))
    gw = np.empty((O, C, wi.rows.kernel*wi.columns.kernel), x.dtype)
    def drop(chunks):
        for c in chunks:
            np.matmul(U[c].reshape(-1, wi.points * wi.blocks, C).transpose(0, 2, 1), wi.Er, out=gw[c])
    share(drop, cuts(O, -(-O // num_threads())))
    return gw.reshape(O, C, wi.rows.kernel, wi.columns.kernel)
