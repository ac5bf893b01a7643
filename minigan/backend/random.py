"""Random numbers that are the same on both backends: Philox 4x64-10, a counter put through a hash.

Block i of a stream is ten rounds of multiplications of the counter i under the key (seed, stream):
no hidden state, so a stream can be continued from one integer, and any number of streams are
independent. NumPy's own bit generator and a CUDA kernel give the same words.

Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.
"""

import math

import numpy as np

from minigan import backend as B

Shape = tuple[int, ...]


class Generator:
    """A stream of random numbers, given by (seed, stream) and a position counted in blocks.

    With `host=True` the numbers are NumPy arrays whatever the backend (data order, for example).
    """

    def __init__(self, seed: int = 0, stream: int = 0, *, host: bool = False):
        self.host = host
        self.manual_seed(seed, stream)

    def manual_seed(self, seed: int, stream: int = 0) -> "Generator":
        """Start the stream (seed, stream) from its beginning."""
        return self.set_state({"seed": int(seed) % 2**64, "stream": int(stream), "offset": 0})

    def state(self) -> dict[str, int]:
        """The few integers that continue this stream exactly."""
        return {"seed": self.seed, "stream": self.stream, "offset": self.offset}

    def set_state(self, state: dict[str, int]) -> "Generator":
        self.seed, self.stream, self.offset = state["seed"], state["stream"], state["offset"]
        self._bits: np.random.Philox | None = None
        self._bits_offset = -1
        return self

    def words(self, count: int) -> B.Array:
        """`count` words of 32 random bits; always begins on a fresh block of eight."""
        blocks = -(-count // 8)
        if self.host or B.name == "numpy":
            words = self._host_blocks(blocks)
        else:
            words = B.kernels.philox(blocks, (self.seed, self.stream), self.offset)
        self.offset += blocks
        return words.view(np.uint32)[:count]

    def _host_blocks(self, blocks: int) -> np.ndarray:
        if self._bits is None or self._bits_offset != self.offset:
            key = np.array([self.seed, self.stream], np.uint64)
            self._bits = np.random.Philox(counter=self.offset, key=key)
        self._bits_offset = self.offset + blocks
        return self._bits.random_raw(4 * blocks)

    def uniform(self, shape: Shape, low: float = 0.0, high: float = 1.0) -> B.Array:
        """float32 in [low, high): the upper 24 bits of each word, times 2⁻²⁴."""
        unit = (self.words(math.prod(shape)) >> 8).astype(np.float32)
        unit *= (high - low) * 2.0**-24
        if low:
            unit += low
        return unit.reshape(shape)

    def normal(self, shape: Shape, mean: float = 0.0, std: float = 1.0) -> B.Array:
        """float32 ~ N(mean, std²) by Box and Muller's transform of pairs of words.

        u = (a + 1)·2⁻²⁴ in (0, 1], t = 2π·b·2⁻²⁴; r = √(-2 ln u); the pair is (r cos t, r sin t).
        """
        xp = np if self.host else B.xp
        count = math.prod(shape)
        half = -(-count // 2)
        bits = (self.words(2 * half) >> 8).astype(np.float32)
        radius, angle = bits[:half], bits[half:]
        radius += 1.0
        radius *= 2.0**-24
        xp.log(radius, out=radius)
        radius *= -2.0 * std * std
        xp.sqrt(radius, out=radius)
        angle *= 2.0 * math.pi * 2.0**-24
        sine = xp.sin(angle)
        xp.cos(angle, out=angle)
        sine *= radius
        radius *= angle
        out = xp.concatenate((radius, sine))[:count].reshape(shape)
        if mean:
            out += mean
        return out

    def bernoulli(self, p: float, shape: Shape) -> B.Array:
        """Booleans, each true with probability p (to 2⁻³²)."""
        count = math.prod(shape)
        if p >= 1.0:
            return (np if self.host else B.xp).ones(shape, bool)
        return (self.words(count) < int(p * 2**32)).reshape(shape)

    def integers(self, low: int, high: int, shape: Shape) -> B.Array:
        """int64 in [low, high): the upper half of word · (high - low); bias below 2⁻³² per unit."""
        wide = self.words(math.prod(shape)).astype(np.uint64)
        wide *= high - low
        return (wide >> 32).astype(np.int64).reshape(shape) + low

    def permutation(self, n: int) -> B.Array:
        """0 … n-1 in random order: the order that sorts n random words."""
        words = self.words(2 * n).view(np.uint64)
        return words.argsort(kind="stable") if isinstance(words, np.ndarray) else words.argsort()


default = Generator(0)
"""The stream behind `minigan.randn`, dropout and the initialisers; see `minigan.manual_seed`."""
