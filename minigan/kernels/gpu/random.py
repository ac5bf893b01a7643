"""Random words on the device (philox.cu), the bits of random_words in minigan/backend/plain.py, and
normal numbers made of them.
"""

import cupy

from minigan.kernels.gpu.graph import Recording
from minigan.kernels.gpu.launch import THREADS, Kernel, blocks_for

_philox = Kernel("philox.cu", "philox")
_box_muller = Kernel("philox.cu", "box_muller")


def random_words(blocks: int, key: tuple[int, int], offset: int) -> cupy.ndarray:
    """The uint64 words (4 · blocks) of the blocks offset, offset + 1, … of Philox under `key`.

    A thread makes a block of four words.
    """
    words = cupy.empty(4 * blocks, "uint64")
    begin = None
    if Recording.under_way:
        begin, offset = Recording.under_way.offset(key, offset, blocks)
    if blocks:
        _philox((blocks_for(blocks),), (THREADS,), words, blocks, *key, offset, begin)
    return words


def box_muller(words: cupy.ndarray, std: float) -> cupy.ndarray:
    """float32 ~ N(0, std²) from an even number of words of 32 bits, in one launch."""
    numbers = cupy.empty(len(words), "float32")
    if half := len(words) // 2:
        scale = -2.0 * std * std
        _box_muller((blocks_for(half),), (THREADS,), words, numbers, half, scale)
    return numbers
