"""What the benchmark scripts say and how they end: absent peers, crashes, Ctrl-C, 80 columns.

Nothing is timed here: the peers are scripts of a few lines, the tables are made of given numbers.
"""

import functools
import gc
import importlib
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from contextlib import nullcontext
from dataclasses import replace
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("resource")  # the benchmarks are for POSIX
BENCHMARKS = Path(__file__).parent.parent / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))  # as for a script in that folder

import bars  # noqa: E402
import harness  # noqa: E402
import instruments  # noqa: E402
import peers  # noqa: E402
import record  # noqa: E402
import run  # noqa: E402
import systems  # noqa: E402

import minigan  # noqa: E402
from minigan import models  # noqa: E402
from minigan.autograd.op import Op  # noqa: E402
from minigan.kernels.cpu import threads  # noqa: E402

SCRIPTS = "compare_backends fuzz gpu_check run size stress_resume watching".split()

BENCHMARK = """
import os, sys, time
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
    if peer == "unpinned":
        assert "MKL_CBWR" not in os.environ
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

    def begin(*peers, **env):
        free = {name: value for name, value in os.environ.items() if name not in harness.PINS}
        return subprocess.Popen(
            [sys.executable, str(script), *peers],
            env={**free, "PYTHONPATH": str(BENCHMARKS), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    return begin


def ended(process):
    """Its exit code, and what it said."""
    out, _ = process.communicate(timeout=600)
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


def test_who_is_pinned_to_older_instructions_is_freed_and_that_is_said(benchmark):
    code, out = ended(benchmark("ours", "unpinned", MKL_CBWR="COMPATIBLE"))
    assert code == 0 and "failed" not in out
    assert out.startswith("without MKL_CBWR, by which libraries are slower; --pinned keeps them\n")


def test_a_childs_environment(monkeypatch, capsys):
    for name in harness.PINS:
        monkeypatch.setenv(name, "x")
    harness._say_once.cache_clear()
    free, pinned = harness.environment(3), harness.environment(3, pinned=True)
    harness.environment(3)
    assert not free.keys() & set(harness.PINS) and pinned.keys() >= set(harness.PINS)
    assert {free[name] for name in harness.THREADS} == {"3"}
    out = narrow(capsys.readouterr().out)
    assert all(out.count(name) == 1 for name in harness.PINS)


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


def made(part, name, value, here, unit="s", rounds=2):
    return [record.Figure(part, name, peer, unit, [value] * rounds) for peer in here]


@pytest.mark.parametrize("here", [1, None], ids=["alone", "all"])
@pytest.mark.parametrize("milliseconds", [0.1712, 34.85, 123_456.0])
def test_tables_of_steps_fit_80_columns(capsys, here, milliseconds):
    steps = importlib.import_module("parts.steps")
    for system, names in peers.PEERS.items():
        figures = made(system, "step", milliseconds / 1e3, names[:here])
        figures += made(system, "peak memory", 12_345.0, names[:here], "MB")
        for peak in (248e9, None):
            steps.report(figures, 0.1e9 * milliseconds, peak)
            assert len(narrow(capsys.readouterr().out).splitlines()) == len(names[:here]) + 4
    compare_backends = importlib.import_module("compare_backends")
    runs = [{"seconds": [milliseconds / 1e3], "megabytes": 12_345.0}] * 2
    answers = {
        work: dict.fromkeys(list(compare_backends.PEERS)[:here], runs)
        for work in compare_backends.WORKS
    }
    compare_backends.show(answers, {"numpy 2.4.1", "torch 2.13.0"})
    assert narrow(capsys.readouterr().out).count("\n") > 2 * len(answers["s1"])


def test_kernels_of_a_step_are_summed_by_name_the_longest_first(capsys):
    compare_backends = importlib.import_module("compare_backends")
    names = ["void adam", "gemm" + "<128, 128>" * 9, "void adam"] * 2  # of two steps
    took = [10.0, 4_000.0, 20.0] * 2  # µs
    of = [("gpu", *each) for each in zip(names, took, strict=True)] + [("cpu", "launch", 9e9)]
    events = [
        SimpleNamespace(
            device_type=where, name=name, time_range=SimpleNamespace(elapsed_us=lambda us=us: us)
        )
        for where, name, us in of
    ]
    kernels = compare_backends.summed(events, "gpu", 2)
    assert kernels == [(names[1], 4.0, 1.0), ("void adam", 0.03, 2.0)]
    runs = {"minigan-gpu-tf32-captured": [{"kernels": kernels}], "torch-cpu": [{"kernels": []}]}
    compare_backends.show_kernels({"s3": runs}, 2)
    said = narrow(capsys.readouterr().out).splitlines()
    assert said[1] == "S3, minigan-gpu-tf32-captured: 4.030 ms of a step, 3 launches"
    assert said[2].startswith("   4.000     1  gemm<128, 128>")
    assert said[3:] == ["   0.030     2  adam"]


@pytest.mark.parametrize("here", [1, 2, 4])
def test_the_table_of_convolutions_has_no_ratio_to_nobody(capsys, here):
    conv = importlib.import_module("parts.conv")
    names = [f"{name}|{op}" for name in conv.layers(64) for op in conv.OPS]
    conv.report([f for name in names for f in made("conv-64", name, 0.0123, conv.PEERS[:here])])
    out = narrow(capsys.readouterr().out)
    assert ("ratio" in out) == ("geometric mean" in out) == (here == 4)
    assert len(out.splitlines()) == 1 + len(names) + (here == 4)


def test_the_other_tables_fit_80_columns(capsys):
    overhead, memory, busy, loops = (
        importlib.import_module(f"parts.{part}") for part in ("overhead", "memory", "busy", "loops")
    )
    assert all(abs(each()).max() > 0 for each in loops.functions().values())
    times = {"minigan": 0.004, "minigan+jit": 0.001}
    loops.report([f for peer, t in times.items() for f in made("loops", "Adam", t, [peer])])
    assert "1.000    0.25" in narrow(capsys.readouterr().out)
    rows = {"python, import": 0.432, "ten ops and gradients": 7.9e-5}
    overhead.report([f for r, v in rows.items() for f in made("overhead", r, v, overhead.PEERS)])
    out = narrow(capsys.readouterr().out)
    assert "432,000" in out and "79.00" in out
    grown = [
        made("memory", f"after {n:,} steps", 99.0 + n / 1e4, peers.OURS, "MB") for n in memory.AFTER
    ]
    memory.report([figure for each in grown for figure in each])
    assert narrow(capsys.readouterr().out).count("0.90\n") == 2
    cases = zip(busy.BESIDE, (0.002, 0.003, 0.5), strict=True)
    busy.report([f for kind, v in cases for f in made("busy", f"step, {kind}", v, busy.PEERS)])
    assert narrow(capsys.readouterr().out).count("×1.50") == len(busy.PEERS)
    cases = zip(busy.TRAININGS, (1e-4, 2e-4, 1e-4), strict=True)
    busy.report_trainings([f for k, v in cases for f in made("busy", f"image, {k}", v, peers.OURS)])
    assert narrow(capsys.readouterr().out).count(" 50%") == 2


# -- bars, and a former run ------------------------------------------------------------------------


def report_of(**ours):
    """A small report: S1's step in ms, and memory, with so many of both for our own peers."""
    values = {
        "torch-eager": 5.0,
        "torch-eager+tutorial": 9.0,
        "jax-jit": 3.0,
        "minigan": 4.0,
    } | ours
    steps = [
        f for peer, ms in values.items() for f in made("s1", "step", ms / 1e3, [peer], rounds=3)
    ]
    resident = [
        made("memory", f"after {n:,} steps", 60.0, peers.OURS, "MB") for n in (1000, 10_000)
    ]
    return sum(resident, steps)


def test_bars_say_what_is_met_and_leave_out_what_was_not_measured(capsys):
    bars.show(report_of(**{"minigan+jit": 2.5}))
    head, *rows, last = narrow(capsys.readouterr().out).strip().splitlines()
    assert head.split() == ["figure", "bar", "minigan", "minigan+jit"]
    assert [" ".join(row.split()[-6:]) for row in rows] == [
        "≤ 0.80 0.80 met 0.50 met",
        "≤ 1.00 1.33 not 0.83 met",
        "0.00 MB met 0.00 MB met",
    ]
    assert last == "met: 5 of 6"


def test_every_bar_fits_its_table(capsys):
    every = [
        f
        for bar in bars.BARS
        for name in filter(None, (bar.figure, bar.base))
        for f in made(bar.part, name, 0.01234, [*peers.OURS, "torch-eager", "jax-jit"])
    ]
    bars.show(every)
    out = narrow(capsys.readouterr().out)
    assert all(f"{bar.words:42} " in out for bar in bars.BARS)
    assert not any("-" in row.split()[-2:] for row in out.splitlines())


def test_of_two_trainings_the_inverse_counts():
    figures = made("busy", "image, alone", 1.0, ["minigan"])
    figures += made("busy", "image, two at once", 1.25, ["minigan"])
    (bar,) = [bar for bar in bars.BARS if bar.how == "keeps"]
    assert bars.measured(bar, figures, "minigan") == 0.8
    assert bars.met(bar, 0.8) and not bars.met(bar, 0.6)
    assert bars.measured(bar, figures, "minigan+jit") is None


def slower(figures, peer, factor):
    return [
        replace(f, rounds=[factor * r for r in f.rounds]) if f.peer == peer and f.unit == "s" else f
        for f in figures
    ]


@pytest.mark.parametrize(
    ("now", "worse"),
    [
        (slower(report_of(), "minigan", 1.2), ["s1"]),
        (slower(report_of(), "minigan", 1.04), []),  # too little to be sure of
        (slower(report_of(), "minigan", 0.5), []),
        (slower(report_of(), "jax-jit", 2.0), []),
        ([slower([f], f.peer, 2.0)[0] for f in report_of()], []),  # a slower machine
        (
            [replace(f, rounds=[90.0]) if f.part == "memory" else f for f in report_of()],
            ["memory"] * 4,
        ),
    ],
    ids=["slower", "hardly", "faster", "another is slower", "all are", "no peer has it"],
)
def test_against_a_former_run(capsys, now, worse):
    found = record.changes(now, report_of())
    assert [each.figure.part for each in found if each.worse] == worse
    assert record.show(found) == bool(worse)
    assert narrow(capsys.readouterr().out).count(" !") == len(worse)


def test_within_the_spreads_nothing_is_worse():
    then = [record.Figure("memory", "a", "minigan", "MB", [1.0, 1.0, 1.4])]
    now = [record.Figure("memory", "a", "minigan", "MB", [1.3, 1.5, 1.6])]
    assert not record.changes(now, then)[0].worse


def test_time_beside_nobody_may_be_the_machines():
    (change,) = record.changes(
        made("s1", "step", 9.0, ["minigan"]), made("s1", "step", 1.0, ["minigan"])
    )
    assert change.time == 9.0 and not change.worse


def test_what_is_no_report_is_refused(tmp_path):
    (tmp_path / "r.json").write_text('{"a": 1}')
    for name in ("r.json", "absent.json"):
        with pytest.raises(SystemExit, match=f"{name} is no report of"):
            record.load(tmp_path / name)


def test_the_whole_program_on_made_up_parts(monkeypatch, capsys, tmp_path):
    """It says bars and changes, keeps figures, and goes on after a part that ends early."""

    class Part:
        def __init__(self, figures):
            self.figures = figures

        def measure(self, part, options):
            return self.figures or sys.exit("no peer is left")

    def program(*words, figures=()):
        modules = {"parts.steps": Part(figures), "parts.busy": Part([])}
        monkeypatch.setattr(run, "import_module", modules.get)
        monkeypatch.setattr(sys, "argv", ["run.py", *words])
        code = run.main()
        return code, narrow(capsys.readouterr().out)

    former = tmp_path / "former.json"
    code, out = program("s1", "--json", str(former), figures=report_of())
    assert code == 0 and "S1's step, of PyTorch eager" in out and "change" not in out
    assert record.load(former) == report_of()
    assert json.loads(former.read_text("utf-8"))["about"]["versions"]["numpy"]
    code, out = program("s1", "--against", str(former), figures=slower(report_of(), "minigan", 2.0))
    assert code == 1 and "runs: 1 of 5\n" in out
    code, out = program("busy", "s1", "--against", str(former), figures=report_of())
    assert code == 1 and "busy: no peer is left\n" in out and "runs: none of 5\n" in out


def test_the_picture(tmp_path):
    convolutions = made("conv-32", "a|forward", 1.0, ["minigan", "torch-eager"])
    importlib.import_module("picture").draw(report_of() + convolutions, tmp_path / "p.svg")
    drawn = (tmp_path / "p.svg").read_text("utf-8")
    assert all(f"<!-- {word} -->" in drawn for word in ("s1", "conv-32", "torch-eager", "jax-jit"))
    found = record.gain(report_of())
    assert found["s1", "torch-eager"] == pytest.approx(1.25) and set(found) == {
        ("s1", "torch-eager"), ("s1", "torch-eager+tutorial"), ("s1", "jax-jit"),
    }  # fmt: skip


# -- the libraries ---------------------------------------------------------------------------------

TINY = {
    "s1": replace(
        systems.s1(), batch=4, image=(12,), z=(5,),
        D=systems.dense((12, 8, 6, 1), 0.1, "Sigmoid"), G=systems.dense((5, 6, 7, 12), 0.1, "Tanh"),
    ),
    "s2": replace(
        systems.s2(), batch=4, image=(12,), z=(5,),
        D=systems.dense((12, 8, 6, 1), 0.2, "Sigmoid", dropout=True),
        G=systems.dense((5, 6, 7, 12), 0.2, "Tanh"),
    ),
    "s3-32": replace(systems.s3(2), batch=4),
    "s4": replace(systems.s4(2), batch=4),
    "s5": replace(systems.s5(3), batch=2),
}  # fmt: skip
FORMS = {
    "minigan": ["minigan"],
    "minigan+jit": ["minigan+jit"],
    "torch": ["torch-eager+tutorial", "torch-eager", "torch-fused", "torch-channels_last+fused"],
    **{each: [each] for each in ("jax-jit", "numpy-by_hand", "autograd", "mygrad", "dezero")},
    "tinygrad": ["tinygrad-jit"],
}

LEARNING = """
import pickle, sys, warnings
import harness, peers, systems
warnings.simplefilter("ignore")
TINY = pickle.load(open(sys.argv[1], "rb"))
losses = {}
for name in sys.argv[2:]:
    for system, of in TINY.items():
        if name not in peers.PEERS[system]:
            continue
        made = systems.materials(of)
        peer = peers.prepare(name, of, made, 1)
        pairs = list(zip(made["x"], made["z"], strict=True))[:2]
        steps = [(peer.to(x), [peer.to(z) for z in zs]) for x, zs in pairs]
        found = [float(loss) for x, zs in steps for loss in peer.step(x, *zs)]
        x, zs = steps[0]
        fresh = [peer.noise(of.batch, *of.z) for _ in zs]
        assert all(a.shape == b.shape for a, b in zip(fresh, zs, strict=True))
        if system == "s2":  # the first loss again, with dropout
            peer = peers.prepare(name, of, made, 1)
            peer.drop_out()
            found.append(float(peer.step(x, *zs)[0]))
        losses[f"{name} {system}"] = found
harness.answer(losses=losses)
"""


@pytest.fixture(scope="module")
def first_losses(tmp_path_factory):
    """The losses of two steps of a library's forms, by form and system."""
    folder = tmp_path_factory.mktemp("learning")
    (folder / "learning.py").write_text(LEARNING)
    (folder / "tiny.pickle").write_bytes(pickle.dumps(TINY))
    env = harness.environment(1) | {"PYTHONPATH": f"{BENCHMARKS}{os.pathsep}{BENCHMARKS.parent}"}

    @functools.cache
    def of(library):
        command = [sys.executable, folder / "learning.py", folder / "tiny.pickle", *FORMS[library]]
        done = subprocess.run(command, env=env, capture_output=True, text=True)
        if done.returncode == harness.SKIP:
            pytest.skip(f"no {done.stderr.splitlines()[-1]}")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])["losses"]

    return of


@pytest.mark.parametrize("library", [library for library in FORMS if library != "minigan"])
def test_every_library_learns_what_minigan_does(first_losses, library):
    """S2's dropout, which draws random numbers, is off, and on once it is asked for."""
    ours = {key.split()[1]: losses for key, losses in first_losses("minigan").items()}
    theirs = first_losses(library)
    assert theirs.keys() == {
        f"{name} {system}"
        for name in FORMS[library]
        for system in TINY
        if name in peers.PEERS[system]
    }
    for key, losses in theirs.items():
        system = key.split()[1]
        if system == "s2":
            assert abs(losses.pop() - losses[0]) > 1e-4, f"{key}: dropout is off"
        assert losses == pytest.approx(ours[system][: len(losses)], rel=1e-3, abs=1e-3), key


def programs_networks(system):
    """D and G with the settings of examples/."""
    if system.startswith("s3"):
        width = int(system[3:])
        return models.DCGANDiscriminator(width), models.DCGANGenerator(100, width)
    dense, channels = ([1024, 512, 256], [256, 512, 1024]), [64, 128, 256, 512, 1024]
    return {
        "s1": lambda: (models.DenseDiscriminator(), models.DenseGenerator()),
        "s2": lambda: (
            models.DenseDiscriminator(dense[0], 0.2, 0.3),
            models.DenseGenerator(100, dense[1], 0.2),
        ),
        "s4": lambda: (
            models.DCGANDiscriminator(channels, 128, 3, bias=False, norm_first=True),
            models.DCGANGenerator(128, channels, 128, 3, bias=False, last="sigmoid"),
        ),
        "s5": lambda: (models.DeblurDiscriminator(), models.Deblurrer()),
    }[system.partition("-")[0]]()


@pytest.mark.parametrize("system", systems.SYSTEMS)
def test_systems_are_those_of_the_programs(system):
    of = systems.SYSTEMS[system]
    for ours, network in zip((of.D, of.G), programs_networks(system), strict=True):
        state = [p.shape for p in network.parameters()]
        assert systems.shapes(ours) == [shape for shape in state if len(shape) > 1]
        norms = sum(kind == "BatchNorm2d" for kind, *_ in ours)
        assert len(state) == (1 + of.bias) * len(systems.shapes(ours)) + 2 * norms
        kinds = [type(each).__name__ for each in network.modules()]
        counted = [kind for kind in kinds if kind in {kind for kind, *_ in ours}]
        ends = ("Flatten", "Sigmoid")  # which are functions in some of them
        assert [kind for kind, *_ in ours if kind not in ends] == [
            kind for kind in counted if kind not in ends
        ]


def test_products_of_a_step_by_hand():
    d = 784 * 256 + 256 * 128 + 128
    g = 64 * 256 + 256 * 512 + 512 * 784
    step = 2 * (2 * d + d - 784 * 256) + 2 * d + 2 * g + g - 64 * 256
    assert systems.flops(systems.s1()) == 2 * 64 * step
    layers = (("Conv2d", 3, 4, 4, 2, 1), ("ReLU",), ("ConvTranspose2d", 4, 5, 4, 2, 1))
    assert systems.products(layers, (3, 8, 8)) == [3 * 4 * 16 * 4 * 4, 4 * 5 * 16 * 4 * 4]


# -- where a step's time goes ----------------------------------------------------------------------


@pytest.fixture
def ticks(monkeypatch):
    """Instruments whose clock is one later at each look."""
    monkeypatch.setattr(instruments, "perf_counter", count().__next__)


def namespaces():
    """All that minigan's modules, classes and ops hold."""
    modules = {name: each for name, each in sys.modules.items() if name.startswith("minigan")}
    classes = {c for m in modules.values() for c in vars(m).values() if isinstance(c, type)}
    ops = [each for each in gc.get_objects() if type(each) is Op]
    return {id(each): dict(vars(each)) for each in (*modules.values(), *classes, *ops)}


def identities():
    found = namespaces()
    return {key: {name: id(value) for name, value in of.items()} for key, of in found.items()}


def test_instruments_are_taken_away_again():
    with instruments.in_place():  # what is imported late is there after this
        pass
    before = identities()
    with pytest.raises(ZeroDivisionError), instruments.in_place():
        assert sum(before[key] != of for key, of in identities().items()) > 50
        _ = 1 / 0
    assert identities() == before


def test_nested_time_counts_once(ticks):
    clock = instruments.Clock(threading.get_ident(), [])
    inner = instruments.around(clock, lambda: None, "lifts")
    outer = instruments.around(clock, lambda: [inner(), inner()], "products")
    assert clock.taken(outer) == ({"interpreter": 2, "products": 3, "lifts": 2}, {})
    product = instruments.around_numpys(clock, lambda: None, "products")
    lift = instruments.around(clock, product, "lifts")
    assert clock.taken(lift) == ({"interpreter": 2, "lifts": 1}, {})


@pytest.mark.parametrize("system", ["s1", "s2", "s3-32", "s5"])
def test_categories_of_a_step_are_known_and_add_up(ticks, system):
    of = TINY[system]
    made = systems.materials(of)

    def losses(around):
        step, to, _ = systems.torch_like(minigan, of, [], made)
        with around as clock:
            minigan.manual_seed(0)
            noise = [minigan.randn(of.batch, *of.z) for _ in range(of.draws)]
            found = []
            x, zs = to(made["x"][0]), noise or [to(z) for z in made["z"][0]]
            taken = clock.taken(lambda: found.extend(step(x, *zs)))
        return [float(loss) for loss in found], taken

    bare = instruments.Clock(threading.get_ident(), [])
    expected, (alone, _) = losses(nullcontext(bare))
    assert alone == {"interpreter": 1}
    found, (caller, others) = losses(instruments.in_place())
    assert found == expected
    norm = {"normalisation"} if system == "s3-32" else set()
    windows = set() if system in ("s1", "s2") else {"gathering"}
    known = {"products", "elementwise", "Adam", "interpreter", *norm, *windows}
    assert known <= caller.keys() and {*caller, *others} <= set(instruments.CATEGORIES)


def test_shared_work_keeps_its_category_and_the_caller_waits(ticks):
    former = minigan.get_num_threads()
    minigan.set_num_threads(2)
    both = threading.Barrier(2)
    try:
        with instruments.in_place() as clock:
            shared = instruments.around(
                clock, lambda: threads.each(lambda _: both.wait(60), range(2)), "normalisation"
            )
            caller, others = clock.taken(shared)
    finally:
        minigan.set_num_threads(former)
    assert caller.keys() == {"interpreter", "normalisation", "waiting"}
    assert others.keys() == {"normalisation"}


@pytest.mark.parametrize("milliseconds", [0.004, 34.85, 99.996, 12_345.0])
def test_the_tables_of_the_profile_fit_80_columns_and_add_up(capsys, milliseconds):
    profile = importlib.import_module("parts.profile")
    of = dict.fromkeys(instruments.CATEGORIES, milliseconds / 9e3)
    shown = {"caller": of, "others": {"products": milliseconds / 2e3}, "fault": 2e-6}
    shown |= {"bare": milliseconds / 1.1e3, "narrow": milliseconds / 4e3, "faults": 12_345.0}
    found = {name: dict.fromkeys(peers.OURS, shown) for name in profile.PROFILED}
    for name, answers in found.items():
        profile.show(name, answers)
        out = narrow(capsys.readouterr().out)
        assert out.count("11%") == 9 * len(peers.OURS) and out.count("50%") == len(peers.OURS)
        assert all(f" {head}" in out for head in profile.HEADS)
    profile.show_besides(found, 2)
    out = narrow(capsys.readouterr().out)
    assert out.count("+10.0%") == out.count(" 50%\n") == out.count(" 24.69 ") == 10
    assert profile.middle([{"caller": {"products": t}} for t in (3, 1, 2)])["caller"] == {
        "products": 2
    }
    steps = [({"products": t, "lifts": 1.0}, {"products": t}) for t in (1.0, 2.0, 9.0)]
    assert profile.split(steps) == [{"products": 1.5, "lifts": 1.0}, {"products": 1.5}]
    assert profile.faster_half([9.0, 1.0, 2.0, 8.0]) == 1.5


def test_a_narrow_system_is_its_system():
    profile = importlib.import_module("parts.profile")
    for name in profile.PROFILED:
        of, thin = systems.SYSTEMS[name], profile.narrow(name)
        for net, slim in ((of.D, thin.D), (of.G, thin.G)):
            assert [kind for kind, *_ in net] == [kind for kind, *_ in slim]
        assert systems.flops(thin) < systems.flops(of) / 1000


# -- numbers ---------------------------------------------------------------------------------------


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
        ("run", "--rounds", "0"),
        ("run", "--seconds", "nan"),
        ("run", "--seconds", "-1"),
        ("stress_resume", "--jobs", "0"),
        ("gpu_check", "--minutes", "soon"),
        ("fuzz", "--count", "1.5"),
        ("watching", "--bogus", "1"),
    ],
)
def test_options_that_cannot_be_are_refused_by_name(monkeypatch, capsys, script, option, value):
    monkeypatch.setattr(sys, "argv", [f"{script}.py", option, value])
    with pytest.raises(SystemExit) as end:
        importlib.import_module(script).main()
    last = capsys.readouterr().err.splitlines()[-1]
    assert end.value.code == 2 and option in last and value in last
