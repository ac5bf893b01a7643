"""The core is complete by itself: it trains on plain kernels, with every other room locked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from core_alone import CORE

from minigan.kernels import jit

HERE = Path(__file__).parent


def trained(*words, kernels, threads="2"):
    ran = subprocess.run(
        [sys.executable, HERE / "core_alone.py", *words],
        capture_output=True,
        text=True,
        cwd=HERE.parent,
        env={
            **os.environ,
            "MINIGAN_KERNELS": kernels,
            "MINIGAN_NUM_THREADS": threads,
            "PYTHONPATH": str(HERE.parent),
        },
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def alone():
    return trained("alone", kernels="plain")


@pytest.fixture(scope="module", params=["fast", "jit"])
def fast(request):
    if request.param == "jit" and not jit.installed():
        pytest.skip('no Numba: pip install "minigan[jit]"')
    return trained(kernels=request.param)


def test_no_other_room_is_needed(alone):
    assert set(alone["rooms"]) == CORE
    assert alone["kernels"] == "minigan.backend.plain"


def test_the_lock_holds():
    with pytest.raises(AssertionError, match=r"the core imports minigan\.kernels"):
        trained("alone", kernels="fast")


@pytest.mark.parametrize(
    ("system", "of_losses", "of_slopes"),
    [
        ("S1", 1e-5, 1e-4),
        ("S3, the first step", 1e-5, None),  # rounding alone moves its smallest slopes by 0.2 %
        ("S3, float64", 1e-10, 1e-9),
        ("WGAN-GP", 1e-5, 1e-4),
    ],
)
def test_the_first_steps_are_those_of_the_fast_kernels(alone, fast, system, of_losses, of_slopes):
    """Losses, and the gradients' norms, which Adam's step does not show."""
    assert fast["kernels"] == "minigan.kernels.cpu"
    for ours, theirs, near in zip(
        alone["systems"][system], fast["systems"][system], (of_losses, of_slopes), strict=True
    ):
        if near is None:
            continue
        assert np.isfinite(ours).all() and len(set(ours)) > 1
        np.testing.assert_allclose(ours, theirs, rtol=near, atol=near)


@pytest.mark.skipif(not jit.installed(), reason='no Numba: pip install "minigan[jit]"')
def test_compiled_loops_give_the_same_bits_on_any_number_of_threads():
    one, three = (trained(kernels="jit", threads=threads)["systems"] for threads in ("1", "3"))
    assert one == three
