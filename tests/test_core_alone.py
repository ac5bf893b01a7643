"""The core is complete by itself: it trains on plain kernels, with every other room locked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

HERE = Path(__file__).parent
CORE = ["autograd", "backend", "errors", "nn", "ops", "optim"]


def trained(*words, kernels):
    ran = subprocess.run(
        [sys.executable, HERE / "core_alone.py", *words],
        capture_output=True,
        text=True,
        cwd=HERE.parent,
        env={**os.environ, "MINIGAN_KERNELS": kernels, "PYTHONPATH": str(HERE.parent)},
    )
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


@pytest.fixture(scope="module")
def alone():
    return trained("alone", kernels="plain")


@pytest.fixture(scope="module")
def fast():
    return trained(kernels="fast")


def test_no_other_room_is_needed(alone):
    assert alone["rooms"] == CORE
    assert alone["kernels"] == "minigan.backend.plain"


def test_the_lock_holds():
    with pytest.raises(AssertionError, match=r"the core imports minigan\.kernels"):
        trained("alone", kernels="fast")


@pytest.mark.parametrize("system", ["S1", "S3, the first step", "S3, float64", "WGAN-GP"])
def test_the_first_losses_are_those_of_the_fast_kernels(alone, fast, system):
    assert fast["kernels"] == "minigan.kernels.cpu"
    ours, theirs = alone["losses"][system], fast["losses"][system]
    assert np.isfinite(ours).all() and len(set(ours)) == len(ours)
    np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5)
