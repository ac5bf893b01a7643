"""float32 and bfloat16, its upper half, which arrays hold as bits: to and fro (bfloat16.cu)."""

import cupy

from minigan.kernels.gpu.launch import THREADS, Kernel, blocks_for

_round_to_bfloat16 = Kernel("bfloat16.cu", "round_to_bfloat16")
_widen_bfloat16 = Kernel("bfloat16.cu", "widen_bfloat16")


def rounded(x: cupy.ndarray) -> cupy.ndarray:
    """A dense float32 array as bfloat16, to the nearest and ties to even: uint16."""
    bits = cupy.empty(x.shape, "uint16")
    if x.size:
        _round_to_bfloat16((blocks_for(x.size),), (THREADS,), x, bits, x.size)
    return bits


def widened(bits: cupy.ndarray) -> cupy.ndarray:
    """bfloat16 as float32, exactly."""
    x = cupy.empty(bits.shape, "float32")
    if bits.size:
        _widen_bfloat16((blocks_for(bits.size),), (THREADS,), bits, x, bits.size)
    return x
