"""benchmarks/gpu_check.py itself: its table, its sense of time and its verdicts, on commands that do
next to nothing.
"""

import importlib.util
import json
import math
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "benchmarks"))  # as for a script in that folder
spec = importlib.util.spec_from_file_location("gpu_check", ROOT / "benchmarks" / "gpu_check.py")
gpu_check = sys.modules["gpu_check"] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(gpu_check)

ORDER = "doctor mnist_dense kernels gpu agree fashion_dcgan prints_dcgan cifar_deblur gaussian_1d mixture_2d mnist_conditional mnist_class_dcgan fashion_dense mnist_classifier stacked_mnist compare profile suite".split()

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX's")


def check(name="c", code="print('fine')", seconds=1.0, **more):
    return gpu_check.Check(name, seconds, 1, {name: ["-c", code]}, **{"says": "fine", **more})


def session(folder, clock=lambda: 0.0, seconds=math.inf):
    """On one core: one check after the other."""
    return gpu_check.Session(folder, 1, seconds, clock=clock)


def verdicts(run):
    return {name: entry["verdict"] for name, entry in run.verdicts.items()}


# -- the table -------------------------------------------------------------------------------------


@pytest.mark.parametrize("dry", [True, False])
@pytest.mark.parametrize("cores", [1, 2, 4, 16])
def test_the_most_telling_first(tmp_path, cores, dry):
    table = gpu_check.checks(tmp_path, cores, dry)
    assert [each.name for each in table] == ORDER
    assert all(1 <= each.cores <= cores and each.threads >= 1 for each in table)
    assert [each.name for each in table if each.cores == cores or cores < 16][:1] == ["doctor"]
    assert next(each for each in table if each.name == "compare").cores == cores  # alone


def test_every_program_that_has_quick_is_in_the_table():
    has = {p.stem for p in (ROOT / "examples").glob("*.py") if "quick=" in p.read_text("utf-8")}
    assert has <= set(ORDER)


def _says(name):
    return next(each.says for each in gpu_check.checks(Path(), 16, False) if each.name == name)


def test_a_table_of_compare_without_gaps():
    line = "minigan  GPU  float32    captured                  0.2000 (0.1900-0.2100)   1200"
    says = _says("compare")
    table = f"{line}\nPyTorch  GPU\n{line.replace('float32', 'tf32')}\n"
    assert gpu_check.re.search(says, f"S1\n{table}\nS3\n{table}")
    assert not gpu_check.re.search(says, f"S1\n{table}\nS3\n{line}\n")
    assert not gpu_check.re.search(says, f"{table}{table.replace('0.2000 (0.1900-0.2100)', '-')}")
    assert not gpu_check.re.search(says, table)


def test_a_list_of_kernels_of_both_libraries():
    names = "minigan-gpu-tf32-captured", "torch-gpu-tf32-channels_last+fused"
    lists = [f"S3, {name}: 11.04 ms of a step, 336 launches\n   2.3    12  k" for name in names]
    assert gpu_check.re.search(_says("profile"), "\n".join(lists))
    assert not gpu_check.re.search(_says("profile"), lists[0])
    assert not gpu_check.re.search(_says("profile"), lists[1])


# -- verdicts --------------------------------------------------------------------------------------


def test_verdicts_of_commands(tmp_path, capsys):
    no_data = "import sys; sys.exit(print('x not found; MINIGAN_DATA=DIR') or 2)"
    run = session(tmp_path)
    run.run([
        check("good", shown=True),
        check("bad", "print('fine'); raise ValueError('what went wrong')"),
        check("skipped", "print('140 skipped')", says=r"\d+ passed"),
        check("data", no_data),
        check("usage", "import sys; sys.exit(2)"),
    ])  # fmt: skip
    assert verdicts(run) == {
        "good": "ok", "bad": "FAILED", "skipped": "FAILED", "data": "left out", "usage": "FAILED",
    }  # fmt: skip
    said = capsys.readouterr().out
    assert "ok       good                  0 s  fine\n        fine\n" in said
    assert "        exit code 1, see bad.log:\n" in said
    assert "        ValueError: what went wrong\n" in said
    assert "x not found; MINIGAN_DATA=DIR" in said
    assert max(map(len, said.splitlines())) <= 80


def write(folder, rows):
    folder.mkdir(exist_ok=True)
    lines = ["step,loss_D,loss_G,D_x", *(f"{i},{a},{b},0.5" for i, (a, b) in enumerate(rows))]
    (folder / "losses.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("on_cupy", "verdict", "words"),
    [
        ([(0.7, 1.0)] * 20, "ok", "apart by 0.00% at first, 0.00% on average"),
        ([(0.7, 1.0)] * 10 + [(0.7, 1.2)] * 10, "ok", "apart by 0.00% at first, 10.00% on average"),
        ([(0.7, 1.02)] + [(0.7, 1.0)] * 19, "FAILED", "apart by 2.00% at first, 0.10% on average"),
        ([(0.7, 1.0)] * 10 + [(0.7, 2.0)] * 10, "FAILED", "apart by 0.00% at first, 50.00% on average"),
        ([(0.7, 1.0)] * 19 + [("nan", 1.0)], "FAILED", "apart by 0.00% at first, nan% on average"),
        ([(0.7, 1.0)] * 19, "FAILED", "19 steps on CuPy, 20 on NumPy"),
        ([(0.7, 1.0)], "FAILED", "1 steps on CuPy, 20 on NumPy"),
        (None, "FAILED", "no losses to compare"),
    ],
)  # fmt: skip
def test_losses_have_to_agree(tmp_path, on_cupy, verdict, words):
    write(tmp_path / "numpy", [(0.7, 1.0)] * 20)
    if on_cupy:
        write(tmp_path / "cupy", on_cupy)
    found, said = gpu_check.losses_agree(tmp_path / "numpy", tmp_path / "cupy")
    assert found == verdict
    assert said.startswith(words)


def test_a_pair_of_commands_is_compared(tmp_path):
    for name in ("p_numpy", "p_cupy"):
        write(tmp_path / name, [(0.7, 1.0)] * 3)
    pair = gpu_check.Check("p", 1.0, 1, {"p_numpy": ["-c", ""], "p_cupy": ["-c", ""]})
    run = session(tmp_path)
    run.run([pair])
    assert verdicts(run) == {"p": "ok"}
    assert "at first" in run.verdicts["p"]["words"]


# -- time ------------------------------------------------------------------------------------------


def test_no_check_is_begun_that_does_not_fit(tmp_path, capsys):
    """By a clock on which each check takes ten seconds: there is time for two of three."""
    done = tmp_path / "done"
    counted = f"with open({str(done)!r}, 'a') as file: file.write('x')\nprint('fine')"

    def clock():
        return 10.0 * (len(done.read_text("utf-8")) if done.exists() else 0)

    run = session(tmp_path, clock, seconds=25.0)
    run.run([check(name, counted, seconds=8.0) for name in "abc"] + [check("d", seconds=1.0)])
    assert verdicts(run) == {"a": "ok", "b": "ok", "c": "left out", "d": "ok"}
    assert "left out c                     0 s  no time: takes about 8 s" in capsys.readouterr().out


SURVIVES = """
import fcntl, sys, time
lock, ready, survived = sys.argv[1:]
held = open(lock, "w")
fcntl.flock(held, fcntl.LOCK_EX)
open(ready, "w").close()
time.sleep(60)
open(survived, "w").close()
"""


@pytest.mark.parametrize("limit", [1000.0, 100_000.0], ids=["the call's time", "its own patience"])
def test_a_check_is_cut_off_with_all_that_it_started(tmp_path, limit):
    """By a clock that jumps once the child's child is there, whose lock falls when it is dead."""
    fcntl = pytest.importorskip("fcntl")
    lock, ready, survived = paths = [tmp_path / name for name in ("lock", "ready", "survived")]
    command = [sys.executable, "-c", SURVIVES, *map(str, paths)]
    run = session(tmp_path, lambda: 2000.0 if ready.exists() else 0.0, seconds=limit)
    run.run([check("hangs", f"import subprocess; subprocess.run({command!r})", seconds=400.0)])
    assert verdicts(run) == {"hangs": "cut off"}
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
    assert not survived.exists()


def test_nothing_is_cut_off_without_a_limit(tmp_path):
    now = iter(range(0, 10**9, 1000))
    run = session(tmp_path, lambda: next(now))
    run.run([check()])
    assert verdicts(run) == {"c": "ok"}


def test_checks_run_side_by_side_as_far_as_the_cores_go(tmp_path):
    """Two that wait for each other, and one that wants all the cores, which comes after them."""
    meet = (
        "import sys, time; from pathlib import Path; here = Path({!r})\n"
        "(here / '{}').touch()\n"
        "for _ in range(6000):\n"
        "    if (here / '{}').exists(): break\n"
        "    time.sleep(0.01)\n"
        "else: sys.exit('alone here')\n"
        "assert not (here / 'alone').exists(); print('fine')"
    )
    a, b = (check(*pair[:1], meet.format(str(tmp_path), *pair)) for pair in ("ab", "ba"))
    code = f"open({str(tmp_path / 'alone')!r}, 'w'); print('fine')".replace("'w')", "'w').close()")
    alone = gpu_check.Check("alone", 1.0, 2, {"alone": ["-c", code]}, "fine")
    run = gpu_check.Session(tmp_path, 2, clock=lambda: 0.0)
    run.run([a, b, alone])
    assert list(run.verdicts)[-1] == "alone"
    assert set(verdicts(run).values()) == {"ok"}


# -- a later call ----------------------------------------------------------------------------------


@pytest.fixture
def call(tmp_path, monkeypatch, capsys):
    """Calls main on a table of two checks; gives its exit code and what it printed."""
    monkeypatch.setattr(gpu_check.signal, "signal", lambda *_: None)
    mended = tmp_path / "mended"
    code = f"import os; assert os.path.exists({str(mended)!r}), 'broken'; print('fine')"
    table = [check("first", "print('fine')"), check("second", code)]
    monkeypatch.setattr(gpu_check, "checks", lambda *_: table)

    def called(*arguments):
        code = gpu_check.main([*arguments, "--out", str(tmp_path / "out")])
        return code, capsys.readouterr().out

    called.mend = mended.touch
    called.kept = tmp_path / "out" / "verdicts.jsonl"
    return called


def lines(call):
    return [
        (each["name"], each["verdict"])
        for each in map(json.loads, call.kept.read_text(encoding="utf-8").splitlines())
    ]


def test_a_later_call_goes_on(call):
    code, said = call()
    assert code == 1
    assert "1 ok, 1 FAILED" in said
    call.mend()
    code, said = call()
    assert code == 0
    assert said.count("first") == 1, "passed before: in the summary alone"
    assert "2 ok" in said
    assert lines(call) == [("first", "ok"), ("second", "FAILED"), ("second", "ok")]
    call("--again", "first")
    assert lines(call)[3:] == [("first", "ok")]


def test_a_line_cut_short_is_no_verdict(call):
    call("first")
    call.kept.write_text(call.kept.read_text("utf-8")[:-20] + "\n", encoding="utf-8")
    code, said = call("first")
    assert (code, said.count("first")) == (0, 2)


def test_a_dry_run_says_nothing_about_a_gpu(call):
    assert call("--dry-run", "first")[0] == 0
    assert not call.kept.exists()
    assert (call.kept.parent / "dry" / call.kept.name).exists()


def test_nothing_fits_in_no_time(call):
    code, said = call("--minutes", "0")
    assert (code, said.count("left out")) == (0, 5)


def test_an_unknown_check_is_refused(call, capsys):
    with pytest.raises(SystemExit):
        call("frist")
    assert "no check frist: choose of first, second" in capsys.readouterr().err


def test_the_summary_fits_a_screen(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(gpu_check.signal, "signal", lambda *_: None)
    assert gpu_check.main(["--minutes", "0", "--out", str(tmp_path)]) == 0
    summary = capsys.readouterr().out.split("\n\n")[-1].splitlines()
    assert len(summary) <= 24
    assert max(map(len, summary)) <= 80
