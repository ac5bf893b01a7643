"""Compiled loops against NumPy's, which stay within reach; and a machine without Numba, or with one
that does not work."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minigan.kernels import jit

ROOT = Path(__file__).parent.parent
needs_numba = pytest.mark.skipif(not jit.installed(), reason='no Numba: pip install "minigan[jit]"')

SIZES = [(1, 1), (7, 3), (1000, 1), (3, 1000), (5000, 64)]  # of rows of channels
ODD = [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-38, -3.0]


def both(name):
    """NumPy's loop of this name and the compiled one."""
    return getattr(jit._passes(), name), getattr(jit._one_pass(), name)


def draw(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype("float32")


@needs_numba
@pytest.mark.parametrize("slope", [0.0, 0.2, 1.0, 2.5])
@pytest.mark.parametrize("size", [1, 37, 200_000])
def test_rectifiers(size, slope):
    """To the bit, whatever the numbers."""
    x, y = np.resize(ODD, size).astype("float32"), np.resize([*ODD, 1, 2], size).astype("float32")
    x[: size // 2] = draw(size // 2)
    for name, arguments in (("rectify", (x,)), ("leaky", (y, x))):
        ours, exact = np.empty_like(x), np.empty_like(x)
        for loop, out in zip(both(name), (exact, ours), strict=True):
            with np.errstate(all="ignore"):
                loop(*arguments, slope, out)
        np.testing.assert_array_equal(ours, exact)


@needs_numba
@pytest.mark.parametrize("size", [1, 100_003])
def test_adam(size):
    """To the bit: each operation is rounded by itself."""
    p, g, m, v = (draw(size, seed=i) for i in range(4))
    states = [[a.copy() for a in (p, g, m, v * v)] for _ in range(2)]
    for loop, state in zip(both("adam"), states, strict=True):
        for step in range(1, 4):
            loop(*state, 1e-3 / (1 - 0.9**step), 0.9, 0.999, 1e-8)
    for exact, ours in zip(*states, strict=True):
        np.testing.assert_array_equal(ours, exact)


@needs_numba
@pytest.mark.parametrize(("rows", "channels"), SIZES)
def test_rows_of_channels(rows, channels):
    """The sums are compared with those in float64, which neither of the two may be far from."""
    x, g = draw(rows, channels) + 3.0, draw(rows, channels, seed=1)
    mean, of_x, of_g, summand = (draw(channels, seed=i) for i in range(2, 6))
    wide = [a.astype("float64") for a in (x, g, mean, of_x, of_g, summand)]
    X, G, M, A, C, S = wide
    cases = {
        "add_up": ((x,), X.sum(0), abs(X).sum(0)),
        "squares": ((x, mean), ((X - M) ** 2).sum(0), ((X - M) ** 2).sum(0)),
        "products": (
            (g, x, mean),
            np.stack([G.sum(0), (G * (X - M)).sum(0)]),
            np.stack([abs(G).sum(0), abs(G * (X - M)).sum(0)]),
        ),
        "scale": ((x, of_x, summand), X * A + S, abs(X * A) + abs(S)),
        "combine": (
            (x, of_x, g, of_g, summand),
            X * A + S + G * C,
            abs(X * A) + abs(S) + abs(G * C),
        ),
    }
    for name, (arguments, exact, magnitude) in cases.items():
        outs = [np.full(exact.shape, np.nan, "float32") for _ in range(2)]
        for loop, out in zip(both(name), outs, strict=True):
            loop(*arguments, out)
            error = abs(out - exact) / magnitude  # sums of n numbers: about √n roundings
            assert error.max() <= 4e-7 * max(1.0, rows**0.5), name
        if name in ("scale", "combine"):
            np.testing.assert_array_equal(*outs)


# -- where Numba is missing, or does not work ------------------------------------------------------


def in_a_process(code, *paths, **variables):
    """What a new process prints, without Numba unless it is on one of the paths."""
    inherited = {name: value for name, value in os.environ.items() if name != "MINIGAN_KERNELS"}
    env = {**inherited, **variables, "PYTHONPATH": os.pathsep.join(map(str, [*paths, ROOT]))}
    return subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)


STEP = """
import numpy as np, minigan
from minigan import backend as B
from minigan.run.versions import versions
print(versions()["kernels"])
p, g, m, v = (np.full(3, x, "float32") for x in (1, 2, 0, 0))
B.kernels.adam_([p], [g], [m], [v], 0.5, (0.0, 0.0), 0.0)
print(p)
"""


def test_asked_for_in_vain(tmp_path):
    """The import succeeds, and whatever computes says what to do."""
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as u; f = u.find_spec\n"
        "u.find_spec = lambda name, *rest: None if name == 'numba' else f(name, *rest)\n"
    )
    code = "import minigan.run; print('imported'); minigan.zeros(2)"
    ran = in_a_process(code, tmp_path, MINIGAN_KERNELS="jit")
    assert (ran.returncode, ran.stdout) == (1, "imported\n")
    cure = 'the kernels "jit" need Numba: pip install "minigan[jit]", or set MINIGAN_KERNELS=fast'
    assert cure in ran.stderr.splitlines()[-1]
    assert in_a_process(STEP, tmp_path).stdout == "fast\n[0.5 0.5 0.5]\n", (
        "not installed, not asked"
    )


def test_a_numba_that_refuses_this_numpy(tmp_path):
    """It says so when it is imported; then NumPy computes, and a warning says why."""
    (tmp_path / "numba.py").write_text("raise ImportError('Numba needs NumPy 2.0 or less')")
    ran = in_a_process(STEP, tmp_path)
    assert ran.stdout == "fast\n[0.5 0.5 0.5]\n", ran.stderr
    assert "Numba does not work here, so NumPy computes instead: Numba needs NumPy" in ran.stderr
    assert ran.stderr.count("UserWarning") == 1


@needs_numba
def test_where_nothing_can_be_kept_it_is_compiled_each_time(tmp_path):
    """A read-only installation and home: no cache, and no complaint."""
    (tmp_path / "file").write_text("")
    ran = in_a_process(STEP, MINIGAN_KERNELS="jit", NUMBA_CACHE_DIR=str(tmp_path / "file"))
    assert ran.stdout.startswith("Numba ") and ran.stdout.endswith("[0.5 0.5 0.5]\n"), ran.stderr


@needs_numba
def test_other_float_types_take_numpys_loops():
    loop = jit._compiled_for_float32("add_up", jit._passes().add_up)
    out = np.zeros(2)
    loop(np.full((3, 2), 1 / 3), out)
    np.testing.assert_allclose(out, 1.0, rtol=1e-15)
