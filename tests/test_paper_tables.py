"""benchmarks/paper_tables.py: what it makes of runs that others have trained, and how it ends."""

import json
import math
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))  # as for a script there

import paper_tables as papers

(ROW,) = (row for row in papers.TABLES["a"].rows if row.key == "dcgan")
SCORES = {"samples": [0.04, 0.06], "real": [0.03, 0.03], "noise": [0.9, 0.9]}


def a_run(folder, epochs):
    folder.mkdir(parents=True)
    settings = {"program": ROW.program, "options": {"epochs": 200}, "networks": {}, "files": []}
    (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
    (folder / "epochs.csv").write_text(f"epoch,steps\n{epochs - 1},195\n", "utf-8")


@pytest.fixture
def sweep(tmp_path, monkeypatch):
    """A sweep that trains nothing: two runs are there, and a third that diverged at once."""
    commands = []

    def ended(command):
        commands.append(command[3:])
        folder = tmp_path / "out" / f"a_{ROW.key}"
        for seed in (0, 1):
            rows = {name: {"knn_error": errors[seed]} for name, errors in SCORES.items()}
            found = {"options": {"seed": seed}, "weights": f"w{seed}", "versions": {}}
            found |= {"rows": rows, "scores": rows["samples"], "classifier": None}
            found |= {"epochs": 200, "against": "test images of mnist"}
            a_run(folder / f"seed_{seed}", epochs=200)
            (folder / f"seed_{seed}" / "evaluation.json").write_text(json.dumps(found), "utf-8")
        a_run(folder / "seed_2", epochs=3)
        (folder / "seed_2" / "diverged.json").touch()
        return 0

    monkeypatch.setattr(papers, "ended", ended)
    words = ["a", "--budget", "full", "--seeds", "0-2", "--only", ROW.key]
    monkeypatch.setattr(sys, "argv", ["paper_tables.py", *words, "--out", str(tmp_path / "out")])
    return commands


def test_a_row_is_measured_and_shown(sweep, tmp_path, capsys):
    assert papers.main() == 0
    command = "sweep mnist-class-dcgan --seeds 0-2 --evaluate".split()
    words = "--dataset mnist --epochs 200"
    assert sweep == [[*command, "--out", str(tmp_path / "out" / "a_dcgan"), "--", *words.split()]]
    found = papers.read(tmp_path / "out" / "results" / "a_dcgan.json")
    assert found["samples"]["knn_error"] == pytest.approx([0.05, 0.01])
    assert [each["knn_error"] for each in found["runs"]] == [0.04, 0.06]
    assert (found["diverged"], found["not_scored"], found["share"]) == (1, 1, 1.0)
    assert found["command"] == f"minigan {' '.join(command)} -- {words}"
    said = capsys.readouterr().out
    assert "| class-conditional DCGAN, published | 2.98% |" in said
    ours = (
        "| **class-conditional DCGAN, ours** | 5.00% ± 1.00% | 100% | 3, 1 diverged, 1 not scored |"
    )
    assert ours in said
    assert "| real images, ours | 3.00% |" in said  # drawn once for all runs
    assert "| noise | 90.00% |" in said


def test_references_of_other_images_stand_apart(tmp_path):
    """Mirrored digits are another measure than digits as they are."""
    scores = {name: [0.5, None] for name in papers.TABLES["d"].scores}
    for key, against in (("s1", "test images, mirrored"), ("conditional", "test images")):
        found = {"row": key, "against": against, "command": "", "share": 1, "runs": [{}]}
        found |= {"diverged": 0, "not_scored": 0, "samples": scores, "real": scores}
        papers.write(tmp_path / f"d_{key}.json", found | {"noise": scores})
    said = papers.shown("d", tmp_path)
    for against in ("test images, mirrored", "test images"):
        assert f"| real images, ours (against {against}) | 0.5 |" in said
        assert f"| noise (against {against}) | 0.5 |" in said


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "d_s1.json").write_text('{"row":', "utf-8")
    with pytest.raises(SystemExit, match=r"d_s1\.json cannot be read \(.*\): remove it"):
        papers.shown("d", tmp_path)


def test_no_score_at_all_is_said(tmp_path, monkeypatch, sweep):
    monkeypatch.setattr(papers, "ended", lambda command: 0)
    with pytest.raises(SystemExit, match="a_dcgan came as far as its first checkpoint: none is"):
        papers.main()


def test_a_budget_is_kept_to(tmp_path, monkeypatch):
    def trained(command, **_):
        out = Path(command[command.index("--out") + 1])
        out.mkdir(parents=True)
        (out / "epochs.csv").write_text("epoch,images_per_second\n0,1\n1,5000\n", "utf-8")
        assert "--limit" in command
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(papers.subprocess, "run", trained)
    folder = tmp_path / "a_dcgan"
    assert papers.epochs_for(ROW, 2.0, folder) == 2 * 60 * 5000 // 50_000
    monkeypatch.setattr(papers.subprocess, "run", lambda *_: pytest.fail("it was tried again"))
    assert papers.epochs_for(ROW, 2.0, folder) == 12
    with pytest.raises(SystemExit, match="was begun with --budget 2: give that again, or another"):
        papers.epochs_for(ROW, 3.0, folder)
    assert papers.epochs_for(ROW, math.inf, folder) == ROW.epochs


@pytest.mark.skipif(os.name == "nt", reason="about signals of POSIX")
def test_what_is_stopped_ends_by_itself(tmp_path):
    child = "import signal, sys, time; from pathlib import Path\n"
    child += "signal.signal(signal.SIGTERM, lambda *_: (time.sleep(0.5), sys.exit(7)))\n"
    child += "Path('begun').touch(); time.sleep(60)"
    parent = (
        "import sys, harness, paper_tables\n"
        f"harness.program(lambda: paper_tables.ended([sys.executable, '-c', {child!r}]))"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", parent],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(Path(papers.__file__).parent)},
    )
    while not (tmp_path / "begun").exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)  # which reaches it alone
    assert process.wait() == 7


def test_nothing_to_show_is_said(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(papers, "KEPT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["paper_tables.py", "show"])
    assert papers.main() == 0
    assert capsys.readouterr().out == f"{tmp_path} holds no results\n"


def test_readme_shows_what_was_measured_and_no_other_number(capsys):
    """Each table is what `paper_tables.py show` prints of the files in benchmarks/results."""
    readme = (papers.KEPT.parents[1] / "README.md").read_text("utf-8")
    shown = [
        papers.shown(key, papers.KEPT) for key in papers.TABLES if papers.rows_in(key, papers.KEPT)
    ]
    assert shown and all(table in readme for table in shown)
    assert readme.count(", ours** |") == sum(table.count(", ours** |") for table in shown)
