"""What many steps, many nodes and a full disk must not change."""

import gc
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

import minigan
from minigan import models, nn, optim, run

PROGRAM = Path(__file__).parent.parent / "examples" / "mnist_dense.py"
SMALL = [
    *("--dataset", "digits", "--limit", "256", "--batch-size", "64", "--epochs", "3"),
    *("--hidden-d", "16", "--hidden-g", "16", "--z", "8", "--checkpoint-minutes", "1e-9"),
]


def test_a_graph_of_three_hundred_thousand_nodes():
    """y = x·c·c·… with c = ±1: the walk back needs no recursion, and gives c's product."""
    x = minigan.tensor([3.0], requires_grad=True)
    y = x
    for _ in range(300_001):
        y = y * -1.0
    y.sum().backward()
    assert (y.item(), x.grad.item()) == (-3.0, -1.0)


def test_three_thousand_steps_leave_no_memory_behind():
    minigan.manual_seed(0)
    D = models.DenseDiscriminator(image=(1, 4, 4), hidden=[16])
    G = models.DenseGenerator(image=(1, 4, 4), hidden=[16], z=8)
    opt_D, opt_G, bce = optim.Adam(D.parameters()), optim.Adam(G.parameters()), nn.BCELoss()
    ones, zeros, real = minigan.ones(4, 1), minigan.zeros(4, 1), minigan.rand(4, 1, 4, 4)

    def steps(count):
        for _ in range(count):
            fake = G(G.noise(4))
            opt_D.zero_grad()
            (bce(D(real), ones) + bce(D(fake.detach()), zeros)).backward()
            opt_D.step()
            opt_G.zero_grad()
            bce(D(fake), ones).backward()
            opt_G.step()
        del fake
        gc.collect()

    steps(100)
    tracemalloc.start()
    try:
        steps(100)
        before = tracemalloc.get_traced_memory()[0]
        steps(3000)
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert grown < 16 * 3000  # bytes: no object is smaller, and each step would have left one


def trained(out, *argv, most=None):
    """A run of the program whose files may have `most` bytes; a larger one is refused as by a full
    disk."""
    resource = pytest.importorskip("resource")

    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    return subprocess.run(
        [sys.executable, str(PROGRAM), *SMALL, "--out", str(out), *argv],
        preexec_fn=limit if most else None,
        env=os.environ | {"MINIGAN_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    out = tmp_path_factory.mktemp("whole") / "run"
    assert trained(out).returncode == 0
    return out


NAMES = "G.safetensors", "D.safetensors", "samples_002.png", "losses.csv"


@pytest.mark.parametrize("most", [1, 60, 900, 1500, 4_000, 15_000, 30_000, 70_000, 150_000])
def test_a_disk_that_is_full_costs_no_work(tmp_path, undisturbed, most):
    """Wherever it fills up, the program ends in one line, and with space again it goes on."""
    out = tmp_path / "run"
    stopped = trained(out, most=most)
    largest = max(path.stat().st_size for path in undisturbed.iterdir())
    if most >= largest:
        assert stopped.returncode == 0
    else:
        assert stopped.returncode == 2 and "File too large" in stopped.stderr
        assert "Traceback" not in stopped.stderr
        lines = stopped.stderr.splitlines()
        assert [line for line in lines if "error: cannot write" in line or "to continue" in line]
    assert not out.exists() or not list(out.glob(".*"))
    for path in out.glob("*.safetensors"):
        minigan.load(path)
    again = "--resume" if run.files.has_checkpoint(out) else "--overwrite"
    assert trained(out, again).returncode == 0
    for name in NAMES:
        assert (out / name).read_bytes() == (undisturbed / name).read_bytes(), name
