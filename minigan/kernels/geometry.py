"""How a convolution's windows lie along each axis of the image."""

from dataclasses import dataclass

Pair = tuple[int, int]


@dataclass(frozen=True)
class Axis:
    """One axis of a convolution: windows of `kernel` taps, `stride` apart."""

    size: int
    kernel: int
    stride: int = 1
    padding: int = 0

    @property
    def padded(self) -> int:
        return self.size + 2 * self.padding

    @property
    def out(self) -> int:
        """The number of windows."""
        return (self.padded - self.kernel) // self.stride + 1

    def tap(self, k: int) -> slice:
        """The padded positions that tap k of all the windows sees."""
        return slice(k, k + (self.out - 1) * self.stride + 1, self.stride)


def axes_of(size: Pair, kernel: Pair, stride: Pair, padding: Pair) -> tuple[Axis, Axis]:
    """The rows and the columns."""
    rows, columns = (Axis(*each) for each in zip(size, kernel, stride, padding, strict=True))
    return rows, columns


def seen_once(rows: Axis, columns: Axis) -> bool:
    """Whether windows tile the image in its own order, so that it already is their matrix."""
    whole = rows.kernel == rows.size and columns.kernel == columns.size
    single = rows.kernel == rows.stride == columns.kernel == columns.stride == 1
    return rows.padding == columns.padding == 0 and (whole or single)
