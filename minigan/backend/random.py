"""Random numbers that are the same on both backends: Philox 4x64-10, a counter put through a hash.

Block i of a stream is ten rounds of multiplications of i + 1, the counter, under (seed, stream):
no hidden state, so a stream can be continued from one integer, and any number of streams are
independent. Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

import math
import threading

import numpy as np

from minigan import backend as B
from minigan.backend import plain
from minigan.errors import MisfitError


class Generator:
    """A stream given by (seed, stream) and a position in blocks; host=True: always NumPy arrays."""

    def __init__(self, seed: int = 0, stream: int = 0, *, host: bool = False):
        self.host = host
        self.manual_seed(seed, stream)

    def manual_seed(self, seed: int, stream: int = 0) -> "Generator":
        return self.set_state({"seed": int(seed) % 2**64, "stream": int(stream), "offset": 0})

    def state(self) -> dict[str, int]:
        """The few integers that continue this stream exactly."""
        return {key: getattr(self, key) for key in ("seed", "stream", "offset", "passes")}

    def set_state(self, state: dict[str, int]) -> "Generator":
        self.seed, self.stream, self.offset = state["seed"], state["stream"], state["offset"]
        self.passes = state.get("passes", 0)  # that loaders made, each on streams of its own
        return self

    def words(self, count: int) -> B.Array:
        """`count` words of 32 random bits; always begins on a fresh block of eight."""
        blocks = -(-count // 8)
        kernels = plain if self.host else B.kernels
        with drawing:  # threads that share a stream never get the same words
            words = kernels.random_words(blocks, (self.seed, self.stream), self.offset)
            self.offset += blocks
        return (words if self.host else B.to_device(words)).view(np.uint32)[:count]

    def uniform(self, shape: B.Shape, low: float = 0.0, high: float = 1.0) -> B.Array:
        """float32 in [low, high): the upper 24 bits of each word, times 2⁻²⁴."""
        step = float((high - low) * 2.0**-24)
        unit = (self.words(math.prod(shape)) >> 8).astype(np.float32) * step
        return (unit + float(low) if low else unit).reshape(shape)

    def normal(self, shape: B.Shape, mean: float = 0.0, std: float = 1.0) -> B.Array:
        """float32 ~ N(mean, std²), by Box and Muller."""
        count = math.prod(shape)
        make = box_muller if self.host else getattr(B.kernels, "box_muller", box_muller)
        numbers = make(self.words(count + count % 2), std)[:count]
        return (numbers + float(mean) if mean else numbers).reshape(shape)

    def bernoulli(self, p: float, shape: B.Shape) -> B.Array:
        """Booleans, true with probability p (to 2⁻³²): words below p·2³², of up to 33 bits."""
        return (self.words(math.prod(shape)).astype(np.uint64) < int(p * 2**32)).reshape(shape)

    def integers(self, low: int, high: int, shape: B.Shape) -> B.Array:
        """int64 in [low, high): the upper half of word · (high - low); bias below 2⁻³² per unit."""
        if low >= high:
            raise MisfitError(f"there is no whole number from {low} to below {high}")
        wide = self.words(math.prod(shape)).astype(np.uint64) * (high - low)
        return (wide >> 32).astype(np.int64).reshape(shape) + low

    def permutation(self, n: int) -> B.Array:
        """0 … n-1 in random order: the order that sorts n random words."""
        words = self.words(2 * n).view(np.uint64)
        return words.argsort(kind="stable") if isinstance(words, np.ndarray) else words.argsort()


def box_muller(words: B.Array, std: float) -> B.Array:
    """float32 ~ N(0, std²) from words a, then b: r cos t, then r sin t, with r = √(-2 ln u),
    u = (a + 1)·2⁻²⁴ in (0, 1] and t = 2π·b·2⁻²⁴, by the upper 24 bits of each."""
    xp, bits = B.module_of(words), (words >> 8).astype("float32")
    a, b = bits[: len(bits) // 2], bits[len(bits) // 2 :]
    radius = xp.sqrt(xp.log((a + 1.0) * 2.0**-24) * float(-2.0 * std * std))
    angle = b * (2.0 * math.pi * 2.0**-24)
    return xp.concatenate((radius * xp.cos(angle), radius * xp.sin(angle)))


drawing = threading.RLock()
default = Generator(0)  # behind randn, dropout and the initialisers; see minigan.manual_seed
