"""Random words on the device (philox.cu), the bits of random_words in minigan/backend/plain.py."""

import cupy

from minigan.kernels.gpu.launch import THREADS, Kernel, blocks_for

_philox = Kernel("philox.cu", "philox")


def random_words(blocks: int, key: tuple[int, int], offset: int) -> cupy.ndarray:
    """The uint64 words (4 · blocks) of the blocks offset, offset + 1, … of Philox under `key`.

    A thread makes a block of four words.
    """
    words = cupy.empty(4 * blocks, "uint64")
    if blocks:
        _philox((blocks_for(blocks),), (THREADS,), words, blocks, *key, offset)
    return words
