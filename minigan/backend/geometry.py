"""How a convolution's windows lie along one axis of the image."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Axis:
    """One axis of a convolution: `kernel` taps, `dilation` apart; windows are `stride` apart."""

    size: int
    kernel: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def padded(self) -> int:
        return self.size + 2 * self.padding

    @property
    def out(self) -> int:
        """The number of windows: ⌊(size + 2·padding - dilation·(kernel - 1) - 1) / stride⌋ + 1."""
        return (self.padded - self.dilation * (self.kernel - 1) - 1) // self.stride + 1

    def taps(self, k: int) -> slice:
        """The padded positions that tap k of all the windows sees."""
        first = k * self.dilation
        return slice(first, first + (self.out - 1) * self.stride + 1, self.stride)
