"""What the benchmark scripts say and how they end: absent peers, crashes, Ctrl-C, 80 columns.

Nothing is timed here: the peers are scripts of a few lines, the tables are made of given numbers.
"""

import importlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("resource")  # the benchmarks are for POSIX
BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))  # as for a script in that folder

import harness  # noqa: E402

SCRIPTS = """
    busy compare_backends conv fuzz gpu_check overhead size stress_resume train_step watching
""".split()

BENCHMARK = """
import sys, time
import harness

def main():
    if "--peer" not in sys.argv:
        answers = harness.in_turns(sys.argv[1:], 2, 1)
        harness.needed(answers, "ours")
        harness.compare(answers, 1e-3)
        return None
    peer = sys.argv[2]
    if peer == "torch":
        harness.installed("no_such_library_as_torch")
    if peer == "gpu":
        harness.absent("GPU")
    if peer == "broken":
        raise ValueError("two words")
    if peer == "slow":
        print(open(sys.argv[0] + ".begun", "w").write("yes"))
        time.sleep(600)
    harness.answer(check=[2.0 if peer == "wrong" else 1.0], seconds=[0.001])

harness.program(main)
"""


@pytest.fixture
def benchmark(tmp_path):
    """Begins a benchmark with these peers."""
    script = tmp_path / "benchmark.py"
    script.write_text(BENCHMARK)

    def begin(*peers):
        return subprocess.Popen(
            [sys.executable, str(script), *peers],
            env={**os.environ, "PYTHONPATH": str(BENCHMARKS)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    return begin


def ended(process):
    """Its exit code, and what it said."""
    out, _ = process.communicate(timeout=60)
    return process.returncode, out


# -- peers -----------------------------------------------------------------------------------------


def test_alone_nobody_agrees(benchmark):
    code, out = ended(benchmark("ours", "torch", "gpu"))
    assert code == 0
    assert out == (
        "left out: torch (no no_such_library_as_torch), gpu (no GPU)\n"
        "ours alone: there is nobody to agree with\n"
    )


def test_a_peer_that_fails_is_left_out_with_its_reason(benchmark):
    code, out = ended(benchmark("ours", "broken", "like us"))
    assert (code, out) == (
        0,
        "broken failed and is left out: ValueError: two words\nresults agree within 1e-03\n",
    )


@pytest.mark.parametrize(
    ("peers", "last"),
    [
        (["ours", "wrong"], "wrong and ours disagree by 1.00e+00: nothing is timed"),
        (["gpu"], "no peer is left"),
        (["like us"], "ours has no result, so nothing is compared"),
        (["broken", "gpu"], "no peer is left"),
    ],
)
def test_where_nothing_can_be_compared_the_last_line_says_why(benchmark, peers, last):
    code, out = ended(benchmark(*peers))
    assert code == 1 and out.splitlines()[-1] == last and "Traceback" not in out


def test_many_peers_are_left_out_in_one_line_and_the_extra_is_named():
    names = [f"torch-gpu-float32-{form}" for form in ("eager", "fused", "channels_last", "all")]
    missing = {**dict.fromkeys(names, "torch"), "minigan-gpu": "GPU", "jax-jit": "jax"}
    assert harness.told(missing) == (
        "4 peers (no torch), minigan-gpu (no GPU), jax-jit (no jax); " + harness.ADVICE
    )


def gone(session):
    """Whether nobody of a session is left; those just killed take a moment."""
    try:
        os.killpg(session, 0)
    except ProcessLookupError:
        return True
    time.sleep(0.01)
    return False


@pytest.mark.parametrize("whom", ["the parent", "all, as a terminal does"])
def test_stopped_it_says_one_word_and_leaves_nobody_behind(benchmark, tmp_path, whom):
    process = benchmark("ours", "slow")
    while process.poll() is None and not (tmp_path / "benchmark.py.begun").exists():
        pass
    (os.kill if whom == "the parent" else os.killpg)(process.pid, signal.SIGINT)
    assert ended(process) == (130, "stopped\n")
    assert any(gone(process.pid) for _ in range(1000)), "somebody of its session is left"


# -- tables ----------------------------------------------------------------------------------------


def narrow(out):
    """No line is longer than 80 columns, and none holds what is no number."""
    assert out and max(map(len, out.splitlines())) <= 80, out
    assert "nan" not in out and "inf" not in out
    return out


@pytest.mark.parametrize("peers", [1, None], ids=["alone", "all"])
@pytest.mark.parametrize("milliseconds", [0.1712, 34.85, 123_456.0])
def test_tables_of_steps_fit_80_columns(capsys, peers, milliseconds):
    train_step = importlib.import_module("train_step")
    runs = [{"seconds": [milliseconds / 1e3], "megabytes": 12_345.0}] * 2
    for system in train_step.PEERS:
        answers = dict.fromkeys(train_step.PEERS[system][:peers], runs)
        train_step.report(answers, harness.medians(runs), 0.1e9 * milliseconds, 248e9)
        assert len(narrow(capsys.readouterr().out).splitlines()) == len(answers) + 4
    compare_backends = importlib.import_module("compare_backends")
    answers = {
        work: dict.fromkeys(list(compare_backends.PEERS)[:peers], runs)
        for work in compare_backends.WORKS
    }
    compare_backends.show(answers, {"numpy 2.4.1", "torch 2.13.0"})
    assert narrow(capsys.readouterr().out).count("\n") > 2 * len(answers["s1"])


@pytest.mark.parametrize("peers", [["minigan"], ["minigan", "torch", "torch-channels_last"]])
def test_the_table_of_convolutions_has_no_ratio_to_nobody(capsys, peers):
    conv = importlib.import_module("conv")
    layers = {f"{name}|{op}": [0.0123] for name in conv.layers(64) for op in conv.OPS}
    conv.report({peer: [{"layers": layers}] for peer in peers})
    out = narrow(capsys.readouterr().out)
    assert ("ratio" in out) == ("geometric mean" in out) == (len(peers) > 1)
    assert len(out.splitlines()) == 1 + len(layers) + (len(peers) > 1)


def test_the_table_of_overhead_fits_80_columns(capsys):
    overhead = importlib.import_module("overhead")
    rows = {"rows": {"python, import": 0.432, "ten ops and gradients": 7.9e-5}}
    overhead.report({peer: [rows] for peer in ("minigan", "numpy", "torch")})
    out = narrow(capsys.readouterr().out)
    assert "432,000" in out and "79.00" in out


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.00071234, "0.0007123"),
        (0.07, "0.07000"),
        (2.6704, "2.670"),
        (348.52, "348.5"),
        (999.96, "1,000"),
        (12_345.6, "12,346"),
    ],
)
def test_four_digits_count(value, text):
    assert harness.figures(value) == text


# -- options ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [80, 60])
@pytest.mark.parametrize("script", SCRIPTS)
def test_help_is_as_wide_as_the_terminal(monkeypatch, capsys, script, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr(sys, "argv", [f"{script}.py", "--help"])
    with pytest.raises(SystemExit) as end:
        importlib.import_module(script).main()
    out = capsys.readouterr().out
    assert end.value.code == 0 and max(map(len, out.splitlines())) <= columns, out
    assert f"\npython benchmarks/{script}.py" in out


@pytest.mark.parametrize(
    ("script", "option", "value"),
    [
        ("train_step", "--rounds", "0"),
        ("conv", "--seconds", "nan"),
        ("overhead", "--seconds", "-1"),
        ("stress_resume", "--jobs", "0"),
        ("gpu_check", "--minutes", "soon"),
        ("fuzz", "--count", "1.5"),
        ("busy", "--bogus", "1"),
    ],
)
def test_options_that_cannot_be_are_refused_by_name(monkeypatch, capsys, script, option, value):
    monkeypatch.setattr(sys, "argv", [f"{script}.py", option, value])
    with pytest.raises(SystemExit) as end:
        importlib.import_module(script).main()
    last = capsys.readouterr().err.splitlines()[-1]
    assert end.value.code == 2 and option in last and value in last
