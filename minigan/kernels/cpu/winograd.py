"""Convolution with fewer multiplications, after Toom, Cook and Winograd, on channels-last arrays.

The plain version, of which this gives the numbers up to rounding, is in minigan/backend/plain.py.

**The idea, on a line.** The product of two polynomials, of m and of r coefficients, is their full
convolution, and takes m·r multiplications. But it has only t = m + r - 1 coefficients, so t of its
values determine it: evaluate both factors at t points (matrices E_m and E_r), multiply the values,
interpolate (E_t⁻¹). For m = 4 and r = 2 that is 5 multiplications instead of 8.

The three operations of a convolution are this one bilinear map and its two transposes:

    conv2d_input    gx = E_t⁻¹ [(E_m g) · (E_r w)]      the product of polynomials itself
    conv2d          y  = E_mᵀ  [(E_t⁻ᵀ x) · (E_r w)]
    conv2d_weight   gw = E_rᵀ  [(E_t⁻ᵀ x) · (E_m g)]

**In the plane** each matrix is applied along the rows' axis and along the columns' axis; an image
is cut into tiles of m×m outputs, which see t×t inputs, overlapping. With channels, each · is a
matrix product over them, one for each of the t×t points: there most of the time goes.

**A stride of s** vanishes when each s×s block of pixels becomes one deep pixel of D = s·s·C
channels: then the stride is 1, and the kernel has r = K/s taps, rounded up.

Letters: N images, n at a time; C, H, W input; O, OH, OW output; KH, KW kernel; R×S deep pixels of
D channels; I×J tiles; P points. Of m, r, s and t each axis has its own; t×u where both are named.

Sources: Winograd, "Arithmetic Complexity of Computations" (1980); Lavin and Gray, "Fast
Algorithms for Convolutional Neural Networks" (2016), arXiv 1509.09308.
"""

import functools
import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np

from minigan.kernels.cpu.gemm import THIN, add_bias
from minigan.kernels.cpu.threads import cuts, share, slices, with_buffers
from minigan.kernels.geometry import Axis

# The points, by their number t; one more is infinity, where a polynomial's value is its leading
# coefficient. Small and symmetric, they keep float32's rounding error within 5 times a plain sum's.
POINTS = {
    3: (0.0, 1.0),
    4: (0.0, 1.0, -1.0),
    5: (0.5, -0.5, 1.25, -1.25),
    6: (0.0, 0.75, -0.75, 1.5, -1.5),
}

TILES = 128  # in a chunk: rows enough for a fast matrix product, few enough for the cache
LIFTED = 24 << 20  # bytes of lifted images that conv2d_weight keeps at a time
FEWEST = 128  # outputs of a product that a thread takes a part of
PIECE = 1 << 16  # numbers of a kernel that are worth a thread's attention

# Costs, in multiplications inside a matrix product.
MOVE = 70  # of an element through both matrices of a lift
GATHER = 14  # of an element into a matrix of windows, the plain method's preparation
LIFT_WEIGHT = 100  # of an element of the lifted kernel


def evaluation(points: tuple[float, ...], terms: int) -> np.ndarray:
    """The (t, terms) matrix from a polynomial's coefficients to its values at the points."""
    powers = [[point**k for k in range(terms)] for point in points]
    return np.array([*powers, [0.0] * (terms - 1) + [1.0]])


class Tiling:
    """One axis cut into tiles of m outputs, and its three matrices."""

    def __init__(self, axis: Axis, m: int) -> None:
        self.size, self.kernel = axis.size, axis.kernel
        self.stride, self.padding, self.out = axis.stride, axis.padding, axis.out
        self.m = m
        self.r = -(-axis.kernel // axis.stride)
        self.t = m + self.r - 1
        self.tiles = axis.out // m
        self.deep = axis.out + self.r - 1
        self.all_seen = self.deep * axis.stride >= axis.padding + axis.size
        points = POINTS[self.t]
        self.E_m = evaluation(points, m)
        self.E_t_inverse = np.linalg.inv(evaluation(points, self.t))
        # (t, s, K): tap k of the kernel is tap k // s of the deep kernel, at place k % s in it
        self.E_r = np.zeros((self.t, axis.stride, axis.kernel))
        taps = np.arange(axis.kernel)
        self.E_r[:, taps % axis.stride, taps] = evaluation(points, self.r)[:, taps // axis.stride]

    def place(self, p: int) -> tuple[slice, slice]:
        """The pixels that lie at place p of a deep pixel, and their deep pixels."""
        s, offset = self.stride, self.padding - p
        start = max(0, -(-offset // s))
        stop = max(start, min(self.deep, -(-(self.size + offset) // s)))
        return slice(start * s - offset, stop * s - offset, s), slice(start, stop)


class Lift:
    """Images (n, R, S, D) to the values of their tiles (P, n·I·J, D), and the transpose of that.

    On each axis, tiles of `matrix.shape[1]` pixels, m apart, are multiplied by `matrix`.
    """

    def __init__(
        self,
        n: int,
        D: int,
        tilings: tuple[Tiling, Tiling],
        matrices: tuple[np.ndarray, np.ndarray],
        dtype: np.dtype,
    ) -> None:
        self.rows, columns = tilings
        self.left, self.right = (matrix.astype(dtype) for matrix in matrices)
        (t, _), (u, width) = self.left.shape, self.right.shape
        tiles = self.rows.tiles, columns.tiles
        S = columns.out + width - columns.m
        self.shape = t, u, n, *tiles, D
        half = np.empty((t, n, tiles[0], S, D), dtype)  # lifted along the rows' axis only
        self.half_flat = half.reshape(t, n, tiles[0], S * D).transpose(1, 2, 0, 3)
        self.half = Overlap(half, 3, columns, width)

    def tiles(self, images: np.ndarray) -> "Overlap":
        """Images as rows of tiles (n, I, width, S·D)."""
        return Overlap(images.reshape(*images.shape[:2], -1), 1, self.rows, self.left.shape[1])

    def lift(self, images: "Overlap", values: np.ndarray) -> None:
        """values = the tiles of images, lifted."""
        np.matmul(self.left, images.tiles, out=self.half_flat)  # (n, I, t, S·D)
        np.matmul(self.right, self.half.tiles, out=self._by_tile(values))  # (t, n, I, J, u, D)

    def drop(self, values: np.ndarray, images: "Overlap") -> None:
        """images = the transpose of `lift`, applied to values."""
        self.half.add(self.right.T, self._by_tile(values))
        images.add(self.left.T, self.half_flat)

    def _by_tile(self, values: np.ndarray) -> np.ndarray:
        return values.reshape(self.shape).transpose(0, 2, 3, 4, 1, 5)  # (t, n, I, J, u, D)


class Overlap:
    """One axis of a contiguous array as two: tiles, m apart, and the `width` places in each."""

    def __init__(self, a: np.ndarray, axis: int, tiling: Tiling, width: int) -> None:
        before, after, step = a.shape[:axis], a.shape[axis + 1 :], a.strides[axis]
        strides = (*a.strides[:axis], tiling.m * step, *a.strides[axis:])

        def view(start: int, stop: int) -> np.ndarray:
            shape = (*before, tiling.tiles, stop - start, *after)
            return np.ndarray(shape, a.dtype, a, start * step, strides)

        self.m = tiling.m
        self.tiles = view(0, width)
        if width > self.m:
            self.body, self.seam = view(0, self.m), view(self.m, width)
            self.end = a[(slice(None),) * axis + (slice(self.m - width, None),)]

    def add(self, matrix: np.ndarray, values: np.ndarray) -> None:
        """The array = the tiles matrix @ values, added up where they overlap."""
        if len(matrix) == self.m:
            np.matmul(matrix, values, out=self.tiles)
        else:
            np.matmul(matrix[: self.m], values, out=self.body)
            self.end.fill(0)
            if len(matrix) == self.m + 1:  # the leading coefficient is the value at infinity
                self.seam += values[..., -1:, :]
            else:
                self.seam += np.matmul(matrix[self.m :], values)


class Plan:
    """The three operations for one geometry; images are NHWC."""

    def __init__(self, N: int, C: int, outputs: int, rows: Tiling, columns: Tiling) -> None:
        self.N, self.C, self.O = N, C, outputs
        self.rows, self.columns = rows, columns
        self.s = rows.stride * columns.stride
        self.D = self.s * C
        self.P = rows.t * columns.t
        self.tiles = rows.tiles * columns.tiles  # of one image
        self.taps = rows.kernel * columns.kernel
        self.n = -(-(TILES // 2 if self.D * self.O <= THIN else TILES) // self.tiles)
        spread = np.einsum("apk,bql->abqpkl", rows.E_r, columns.E_r)
        self.spread = spread.reshape(self.P * self.s, self.taps)  # of a kernel's taps to the points

    def cost(self) -> int:
        """In multiplications inside a matrix product."""
        products = (self.N * self.tiles + LIFT_WEIGHT) * self.D * self.O
        return self.P * (products + MOVE * self.N * self.tiles * (self.D + self.O))

    def conv2d(self, x: np.ndarray, weight: np.ndarray, bias: Any = None) -> np.ndarray:
        """(N, H, W, C), (O, C, KH, KW) → (N, OH, OW, O)."""
        y = np.empty((self.N, self.rows.out, self.columns.out, self.O), x.dtype)
        kernels = self._lift_weight_for_inputs(weight)

        def work(chunks: Iterator[slice]) -> None:
            for chunk, desk in with_buffers(chunks, lambda n: Desk(self, n, x.dtype)):
                desk.lift_input(x[chunk], desk.v)
                np.matmul(desk.v, kernels, out=desk.u)  # (P, n·I·J, D) @ (P, D, O)
                desk.outputs.drop(desk.u, desk.outputs.tiles(y[chunk]))
                add_bias(y[chunk], bias)

        share(work, cuts(self.N, self.n))
        return y

    def conv2d_input(self, g: np.ndarray, weight: np.ndarray, bias: Any = None) -> np.ndarray:
        """(N, OH, OW, O), (O, C, KH, KW) → (N, H, W, C)."""
        new = np.empty if self.rows.all_seen and self.columns.all_seen else np.zeros
        gx = new((self.N, self.rows.size, self.columns.size, self.C), g.dtype)
        kernels = self._lift_weight(weight)

        def work(chunks: Iterator[slice]) -> None:
            for chunk, desk in with_buffers(chunks, lambda n: Desk(self, n, g.dtype)):
                desk.outputs.lift(desk.outputs.tiles(g[chunk]), desk.u)
                np.matmul(desk.u, kernels, out=desk.v)  # (P, n·I·J, O) @ (P, O, D)
                desk.drop_input(desk.v, gx[chunk])
                add_bias(gx[chunk], bias)

        share(work, cuts(self.N, self.n))
        return gx

    def conv2d_weight(self, x: np.ndarray, g: np.ndarray) -> np.ndarray:
        """(N, H, W, C), (N, OH, OW, O) → (O, C, KH, KW)."""
        bytes_per_image = self.P * self.tiles * (self.D + self.O) * x.itemsize
        parts = slices(self.N, min(self.N, -(-self.N * bytes_per_image // LIFTED)))
        kernels = self._kernels(x[parts[0]], g[parts[0]])
        for part in parts[1:]:
            kernels += self._kernels(x[part], g[part])
        by_block = kernels.reshape(self.O, self.P * self.s, self.C).transpose(0, 2, 1)
        spread = self.spread.astype(x.dtype)
        gw = np.empty((self.O, self.C, self.taps), x.dtype)

        def work(chunks: Iterator[slice]) -> None:
            for o in chunks:
                np.matmul(by_block[o], spread, out=gw[o])  # (C, P·s·s) @ (P·s·s, KH·KW)

        share(work, cuts(self.O, PIECE // (self.C * self.taps)))
        return gw.reshape(self.O, self.C, self.rows.kernel, self.columns.kernel)

    def _kernels(self, x: np.ndarray, g: np.ndarray) -> np.ndarray:
        """gᵀ @ x at each point, summed over the tiles of all these images: (O, P, D)."""
        kernels = np.empty((self.O, self.P, self.D), x.dtype)
        v = np.empty((self.P, len(x) * self.tiles, self.D), x.dtype)
        u = np.empty((self.P, len(x) * self.tiles, self.O), x.dtype)

        def lift(chunks: Iterator[slice]) -> None:
            for chunk, desk in with_buffers(chunks, lambda n: Desk(self, n, x.dtype)):
                tiles = slice(chunk.start * self.tiles, chunk.stop * self.tiles)
                desk.lift_input(x[chunk], v[:, tiles])
                desk.outputs.lift(desk.outputs.tiles(g[chunk]), u[:, tiles])

        def multiply(parts: Iterator[tuple[int, slice]]) -> None:
            for p, o in parts:
                np.matmul(u[p, :, o].T, v[p], out=kernels[o, p])  # (O, N·I·J) @ (N·I·J, D)

        share(lift, cuts(len(x), self.n))
        outputs = slices(self.O, 1 if self.O < 2 * FEWEST else 2)
        share(multiply, itertools.product(range(self.P), outputs))
        return kernels

    def _lift_weight(self, weight: np.ndarray) -> np.ndarray:
        """The kernel at each point, (P, O, D)."""
        taps = weight.reshape(self.O, self.C, self.taps).transpose(0, 2, 1)
        kernels = np.empty((self.O, self.P * self.s, self.C), weight.dtype)
        spread = self.spread.astype(weight.dtype)

        def work(chunks: Iterator[slice]) -> None:
            for o in chunks:
                np.matmul(spread, taps[o], out=kernels[o])  # (P·s·s, KH·KW) @ (KH·KW, C)

        share(work, cuts(self.O, PIECE // (self.C * self.taps)))
        return kernels.reshape(self.O, self.P, self.D).transpose(1, 0, 2)

    def _lift_weight_for_inputs(self, weight: np.ndarray) -> np.ndarray:
        """The same as (P, D, O), whose rows are contiguous: BLAS reads them faster."""
        taps = weight.reshape(self.O, self.C, self.taps).transpose(1, 2, 0)
        kernels = np.empty((self.P * self.s, self.C, self.O), weight.dtype)
        spread = self.spread.astype(weight.dtype)

        def work(chunks: Iterator[slice]) -> None:
            for c in chunks:  # (P·s·s, KH·KW) @ (KH·KW, O)
                np.matmul(spread, taps[c], out=kernels[:, c].transpose(1, 0, 2))

        share(work, cuts(self.C, PIECE // (self.O * self.taps)))
        return kernels.reshape(self.P, self.D, self.O)


class Desk:
    """One thread's buffers, for n images at a time."""

    def __init__(self, plan: Plan, n: int, dtype: np.dtype) -> None:
        rows, columns = plan.rows, plan.columns
        interpolation = rows.E_t_inverse.T, columns.E_t_inverse.T
        self.inputs = Lift(n, plan.D, (rows, columns), interpolation, dtype)
        self.outputs = Lift(n, plan.O, (rows, columns), (rows.E_m, columns.E_m), dtype)
        self.v = np.empty((plan.P, n * plan.tiles, plan.D), dtype)
        self.u = np.empty((plan.P, n * plan.tiles, plan.O), dtype)
        # Deep pixels, the padding around them zero: (n, R, S, s, s, C), the columns' places first,
        # so that a row of pixels stays a row: (n, R, S·s, s, C).
        width = columns.deep * columns.stride
        deep = np.empty((n, rows.deep, width, rows.stride, plan.C), dtype)
        self.deep = self.inputs.tiles(deep)
        seen = slice(columns.padding, columns.padding + columns.size)
        self.width = min(columns.size, width - columns.padding)
        self.places = []
        for p in range(rows.stride):
            pixels, at = rows.place(p)
            self.places.append((pixels, deep[:, at, seen, p]))
            for beside in (slice(0, at.start), slice(at.stop, None)):
                deep[:, beside, :, p] = 0.0
        for beside in (slice(0, seen.start), slice(seen.stop, None)):
            deep[:, :, beside] = 0.0

    def lift_input(self, x: np.ndarray, values: np.ndarray) -> None:
        for pixels, place in self.places:
            np.copyto(place, x[:, pixels, : self.width])
        self.inputs.lift(self.deep, values)

    def drop_input(self, values: np.ndarray, x: np.ndarray) -> None:
        self.inputs.drop(values, self.deep)
        for pixels, place in self.places:
            np.copyto(x[:, pixels, : self.width], place)


@functools.lru_cache(maxsize=256)
def plan(N: int, shape: tuple[int, ...], rows: Axis, columns: Axis) -> Plan | None:
    """The plan with the fewest multiplications for such a weight, or None: windows are cheaper."""
    outputs, C = shape[:2]
    windows = N * rows.out * columns.out
    plans = [
        Plan(N, C, outputs, Tiling(rows, m), Tiling(columns, k))
        for m in _tile_sizes(rows)
        for k in _tile_sizes(columns)
    ]
    best = min(plans, key=Plan.cost, default=None)
    plain = windows * rows.kernel * columns.kernel * C * (outputs + GATHER)
    return best if best and best.cost() < plain else None


def _tile_sizes(axis: Axis) -> list[int]:
    """The tiles that this axis can be cut into."""
    r = -(-axis.kernel // axis.stride)
    return [m for m in (2, 4) if r in (2, 3) and axis.out % m == 0]
