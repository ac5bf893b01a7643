"""Faster versions of the core's primitives; importing this room puts them in place.

minigan/backend/plain.py says what each primitive computes. cpu/ computes it in threads, in pieces
that fit the cache, and convolves with fewer multiplications; jit/ has cpu/'s inner loops compiled,
where Numba is installed; gpu/ has CUDA kernels. The numbers are the plain ones up to rounding. The
core does not know this room: minigan/__init__.py imports it last. MINIGAN_KERNELS chooses: plain
leaves it out, so that everything is computed by the plain ones; fast leaves out jit/.
"""

import os

from minigan import backend as B
from minigan import unavailable
from minigan.kernels import jit
from minigan.kernels.cpu import dense
from minigan.kernels.cpu.memory import keep_freed_memory
from minigan.kernels.cpu.threads import keep_blas_to_one_thread
from minigan.kernels.diagnosis import why_no_cupy

choice = os.environ.get("MINIGAN_KERNELS") or ("jit" if jit.installed() else "fast")
absent = choice == "jit" and not jit.installed()
if absent or choice not in ("fast", "jit", "plain"):
    unknown = f"unknown kernels {choice!r}: choose fast, jit or plain (MINIGAN_KERNELS)"
    unavailable.reason = jit.ABSENT if absent else unknown
    B.faster = dict.fromkeys(("numpy", "cupy"), "minigan.unavailable")
elif choice != "plain":  # else somebody imported a part of this
    if choice == "jit":
        jit.install()
    B.faster.update(numpy="minigan.kernels.cpu", cupy="minigan.kernels.gpu")
    B.why_no_cupy = why_no_cupy
    dense.install()
    keep_freed_memory()
    keep_blas_to_one_thread()
    B.switch(B.name)
