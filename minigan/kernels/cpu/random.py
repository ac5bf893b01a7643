"""Random words by a bit generator that is kept: to make one takes longer than to draw a batch of z.

The words are those of random_words in minigan/backend/plain.py.
"""

import numpy as np

kept: dict[tuple[int, int, int], np.random.Philox] = {}  # by (seed, stream, next offset), a few
FEW = 16


def random_words(blocks: int, key: tuple[int, int], offset: int) -> np.ndarray:
    """The uint64 words (4 · blocks) of the blocks offset, offset + 1, … of Philox under `key`."""
    bits = kept.pop((*key, offset), None)
    if bits is None:
        bits = np.random.Philox(counter=offset, key=np.array(key, "uint64"))
    words = bits.random_raw(4 * blocks)
    if len(kept) >= FEW:
        kept.clear()
    kept[*key, offset + blocks] = bits
    return words
