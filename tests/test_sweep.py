"""A sweep runs each seed and setting once, goes on after a stop, and leaves no collapse out."""

import argparse
import csv
import importlib.util
import json
import math
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
import types
from pathlib import Path

import numpy as np
import pytest

from minigan import sweep
from minigan.errors import UserError
from minigan.kernels.cpu import count
from minigan.run import files
from minigan.sweep import hands, notes, plan, summary, work
from minigan.sweep.work import DIVERGED, FINISHED

PROGRAM = '''
"""A line that is taught to say 0: the smallest program that trains."""

import os
import signal
import time
from pathlib import Path

import numpy as np

from minigan import data, nn, optim, pictures, run
from minigan.run import results

pictures.save_curves = results.save_report = lambda *arguments: None  # nobody looks at them


def main():
    options = run.options(
        "line", __doc__, epochs=2, batch_size=8, dataset=None, lr=run.rate(0.1, "of Adam"),
        big=run.flag(False, "diverge in the second epoch"),
    )
    x = np.random.default_rng(options.seed).random((16, 2), np.float32)
    loader = data.DataLoader(data.TensorDataset(x), options.batch_size)
    G = nn.Linear(2, 1)
    opt = optim.Adam(G.parameters(), options.lr)
    with run.Run(options, G=G, opt=opt) as r:
        for epoch in r.epochs():
            for (x,) in r.batches(loader):
                loss = (G(x) ** 2).mean()
                opt.zero_grad()
                loss.backward()
                opt.step()
                r.log(loss=loss / (0.0 if options.big and epoch else 1.0))
                if epoch == 1 and Path("stop").exists():
                    os.kill(os.getpid(), signal.SIGTERM)
                while Path("wait").exists():
                    r.out.with_name(f"{r.out.name}.waits").touch()
                    if r._stop_asked:
                        break
                    time.sleep(0.01)
            r.score(epochs=epoch + 1, score=options.seed**2 * options.lr)


if __name__ == "__main__":
    run.program(main)
'''


@pytest.fixture
def program(tmp_path, monkeypatch):
    """The program, in the folder where we are."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINIGAN_NUM_THREADS", "1")
    monkeypatch.setattr(work, "children", work.Children())
    for name in (*hands.SIZES, *hands.RANKS):
        monkeypatch.delenv(name, raising=False)
    Path("line.py").write_text(PROGRAM, "utf-8")
    return "line.py"


@pytest.fixture
def calls(program, monkeypatch):
    """The commands that would be run; each leaves a finished run, as its words ask for."""
    called = []

    def call(self, words, log, environment):
        called.append(words)
        log.write_text("all is well\n", "utf-8")
        a_run(Path(words[words.index("--out") + 1]), [[0, 1.0]])
        return 0

    monkeypatch.setattr(work.Children, "call", call)
    return called


def a_run(folder, scores=(), health=(), evaluation=None):
    """The folder of a run of two epochs."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"program": "line", "options": {"epochs": 2}, "networks": {}, "files": []}
    (folder / "settings.json").write_text(json.dumps(settings), "utf-8")
    (folder / files.CHECKPOINT).touch()
    table(folder / files.EPOCHS, "epoch,steps", [[0, 2], [1, 2]])
    table(folder / files.SCORES, "epoch,score", scores)
    table(folder / files.HEALTH, "step,epoch,diversity", health)
    if evaluation is not None:
        found = {"epochs": 2, "scores": evaluation, "rows": {}}
        (folder / files.EVALUATION).write_text(json.dumps(found), "utf-8")


def table(path, header, rows):
    path.write_text("\n".join([header, *(",".join(map(str, row)) for row in rows)]) + "\n", "utf-8")


def trials(folder="out", seeds=(0,), more=(), **settings):
    return plan.trials(Path(folder), seeds, settings, more)


def results(out="sweep"):
    with open(f"{out}/sweep.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# -- what is asked for -----------------------------------------------------------------------------


def test_seeds_are_spans_lists_and_numbers_each_once():
    assert plan.seeds("0-9") == list(range(10))
    assert plan.seeds("0,2,5") == [0, 2, 5]
    assert plan.seeds("7") == [7]
    assert plan.seeds("3,0-4") == [3, 0, 1, 2, 4]


@pytest.mark.parametrize("text", ["", "a", "-1", "1-", "3-1", "0,,1", "0-99999999999", "1.5", "²"])
def test_what_are_no_seeds_is_refused(text):
    with pytest.raises(argparse.ArgumentTypeError):
        plan.seeds(text)


def test_a_setting_has_a_name_and_values():
    assert plan.setting("lr=1e-4,2e-4,1e-4") == ("lr", ["1e-4", "2e-4"])
    assert plan.setting("--lr-g=3") == ("lr_g", ["3"])
    assert plan.setting("hidden-d=256 128,512") == ("hidden_d", ["256 128", "512"])
    for text in ("lr", "lr=", "=1", "lr=1,,2", "a b=1"):
        with pytest.raises(argparse.ArgumentTypeError):
            plan.setting(text)


def test_the_product_of_settings_comes_whole_for_each_seed():
    found = trials(seeds=[3, 4], lr=["1e-4", "2e-4"], k=["1", "2"])
    assert [trial.name for trial in found] == [
        f"lr_{lr}_k_{k}_seed_{seed}" for seed in (3, 4) for lr in ("1e-4", "2e-4") for k in (1, 2)
    ]
    assert found[1].words == ("--lr", "1e-4", "--k", "2", "--seed", "3")
    assert [trial.name for trial in trials(seeds=[3])] == ["seed_3"]


def test_flags_lists_and_what_is_the_same_for_all_are_said_as_programs_take_them():
    (on, off) = trials(more=["--quick"], spectral_d=["on", "off"], hidden=["8 4"])
    assert on.words == ("--quick", "--spectral-d", "--hidden", "8", "4", "--seed", "0")
    assert off.words == ("--quick", "--no-spectral-d", "--hidden", "8", "4", "--seed", "0")
    assert on.name == "spectral_d_on_hidden_8-4_seed_0"
    (negative,) = trials(lr_d=["-1e-3"])  # that the program refuses, and not as a missing one
    assert negative.words == ("--lr-d=-1e-3", "--seed", "0")


def test_no_name_leads_out_of_the_folder_or_stands_for_two_runs():
    (trial,) = trials(data=["../../x y"])
    assert trial.folder.parent == Path("out")
    assert trial.name == "data_..-..-x-y_seed_0"
    with pytest.raises(UserError, match=r"--data a/b --seed 0 and --data a-b --seed 0 would both"):
        trials(data=["a/b", "a-b"])


@pytest.mark.parametrize("word", ["--seed", "--out", "--resume", "--overwrite"])
def test_what_the_sweep_says_itself_nobody_else_may_say(word):
    with pytest.raises(UserError, match=f"{word} is what the sweep says to each run"):
        trials(more=[f"{word}=1"])
    with pytest.raises(UserError, match=f"{word} is what the sweep says to each run"):
        trials(**{word.strip("-"): ["1"]})


def test_a_sweep_is_no_larger_than_it_can_be():
    with pytest.raises(UserError, match="10,001 runs"):
        trials(seeds=range(10_001))


def test_wrong_questions_are_refused_before_anything_starts(calls):
    for words, said in (
        (["mnist_dens", "--seeds", "0"], "did you mean mnist-dense"),
        (["no/such.py", "--seeds", "0"], "there is no file no/such.py"),
        (["line.py", "--seeds", "0", "--set", "lr=1", "--set", "lr=2"], "--set lr=1,2"),
        (["line.py", "--seeds", "0", "--", "--seed", "3"], "give --seeds"),
    ):
        with pytest.raises(UserError, match=said):
            sweep.main(words)
    for words in ([], ["line.py"], ["line.py", "--seeds", "x"]):
        with pytest.raises(SystemExit) as ended:
            sweep.main(words)
        assert ended.value.code == 2
    assert calls == [] and not Path("runs").exists()


def test_a_dry_run_leaves_out_what_has_ended(calls, capsys):
    words = ["line.py", "--seeds", "0", "--out", "sweep"]
    assert sweep.main(words) == 0
    capsys.readouterr()
    assert sweep.main([*words[:2], "0-1", *words[3:], "--dry-run"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert "--seed 1" in line


@pytest.mark.parametrize("name", ["latent", "sample"])
def test_what_trains_nothing_is_swept_by_nobody(name):
    with pytest.raises(UserError, match=f"{name} trains nothing; `minigan train --list` names"):
        sweep.main([name, "--seeds", "0"])


def test_a_dry_run_prints_the_commands_and_does_nothing_else(calls, capsys):
    words = ["line.py", "--seeds", "0-1", "--epochs", "3", "--dry-run", "--", "--lr", "2"]
    assert sweep.main(words) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{sys.executable} line.py --epochs 3 --lr 2 --seed {seed} --out runs/sweep_line/seed_{seed}"
        for seed in (0, 1)
    ]
    assert calls == [] and not Path("runs").exists()


def test_a_program_that_comes_along_is_called_by_its_name():
    name, command = plan.program("mixture-2d")
    assert (name, command[1:]) == ("mixture_2d", ["-m", "minigan", "train", "mixture-2d"])


# -- who does the work -----------------------------------------------------------------------------


def test_cores_are_shared_between_the_runs(monkeypatch):
    monkeypatch.setattr(hands, "cores", lambda: 8)
    assert [hands.threads_for(jobs) for jobs in (1, 2, 3, 8, 20)] == [8, 4, 2, 1, 1]


def test_a_rank_takes_its_share_of_the_machine_and_no_more_than_it_was_given(monkeypatch):
    for name in hands.RANKS_HERE:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    monkeypatch.setattr(hands, "cores", lambda: 16)
    assert hands.threads_for(None) == 1  # nobody knows how many there are
    monkeypatch.setenv("OMPI_COMM_WORLD_LOCAL_SIZE", "4")
    assert hands.threads_for(None) == 4
    monkeypatch.setattr(hands, "cores", lambda: 2)
    assert hands.threads_for(None) == 2
    monkeypatch.setenv("OMPI_COMM_WORLD_LOCAL_SIZE", "64")
    assert hands.threads_for(None) == 1


def test_a_container_has_no_more_cores_than_time(monkeypatch):
    monkeypatch.setattr(count, "_allowed", lambda: 16)
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    monkeypatch.setattr(count, "quota", lambda: 6)
    assert hands.cores() == 6 and [hands.threads_for(jobs) for jobs in (1, 3, 6)] == [6, 2, 1]
    monkeypatch.setenv("OMPI_COMM_WORLD_LOCAL_SIZE", "2")
    assert hands.threads_for(None) == 3  # the ranks share the time


def test_under_mpiexec_without_mpi4py_one_rank_says_what_to_do(program, monkeypatch):
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    monkeypatch.delitem(sys.modules, "mpi4py.MPI", raising=False)
    monkeypatch.setenv("PMI_SIZE", "2")
    monkeypatch.setenv("PMI_RANK", "0")
    with pytest.raises(UserError, match=r'pip install "minigan\[mpi\]"'):
        sweep.main([program, "--seeds", "0"])
    monkeypatch.setenv("PMI_RANK", "1")
    with pytest.raises(SystemExit):
        sweep.main([program, "--seeds", "0"])


def test_mpiexec_of_another_mpi_is_told_and_one_process_is_none(program, monkeypatch, calls):
    """Where mpi4py sees one process of two, each of the two would train all runs."""
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "1")
    monkeypatch.setitem(sys.modules, "mpi4py", None)
    assert sweep.main([program, "--seeds", "0", "--out", "alone"]) == 0
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "2")
    alone = types.SimpleNamespace(COMM_WORLD=types.SimpleNamespace(size=1))
    monkeypatch.setattr(hands.importlib, "import_module", lambda name: alone)
    with pytest.raises(UserError, match="2 processes were started, and mpi4py is told of 1: it"):
        sweep.main([program, "--seeds", "0", "--out", "both"])


# -- going on --------------------------------------------------------------------------------------


def test_what_has_ended_is_not_begun_again_and_more_may_be_asked_for(calls, capsys):
    assert sweep.main(["line.py", "--seeds", "0-1", "--out", "sweep"]) == 0
    assert len(calls) == 2
    assert sweep.main(["line.py", "--seeds", "0-1", "--out", "sweep"]) == 0
    assert len(calls) == 2
    assert "2 runs, 2 of which have ended" in capsys.readouterr().out
    assert sweep.main(["line.py", "--seeds", "0-2", "--out", "sweep"]) == 0
    assert [words[-3] for words in calls] == ["0", "1", "2"]
    shutil.rmtree("sweep/seed_1")  # what somebody takes away is made anew
    assert sweep.main(["line.py", "--seeds", "0-2", "--out", "sweep"]) == 0
    assert [words[-3] for words in calls] == ["0", "1", "2", "1"]


def test_another_question_in_the_same_folder_is_refused(calls):
    first = ["line.py", "--seeds", "0-2", "--set", "lr=1,2", "--out", "sweep"]
    assert sweep.main(first) == 0
    begun = len(calls)
    Path("other.py").write_text(PROGRAM, "utf-8")
    for words, said in (
        (["other.py", *first[1:]], "holds a sweep of line, not of other"),
        ([*first[:2], "0-1", *first[3:]], "lr_1_seed_2 and 1 more of a sweep that asked for other"),
        ([*first[:4], "lr=1", *first[5:]], "lr_2_seed_0 and 2 more"),
        ([*first, "--epochs", "3"], "was begun with --lr 1 --seed 0, and now it would be --epochs"),
    ):
        with pytest.raises(UserError, match=said):
            sweep.main(words)
    Path("sweep/sweep.json").unlink()
    with pytest.raises(UserError, match="holds a run that is not of this sweep"):
        sweep.main(first)
    for damaged in ("{", "[]", '{"program": "line", "runs": {"seed_0": 1}}'):
        Path("sweep/sweep.json").write_text(damaged, "utf-8")
        with pytest.raises(UserError, match="is damaged: choose another --out"):
            sweep.main(first)
    assert len(calls) == begun


def test_a_run_that_was_begun_is_resumed_and_one_without_checkpoint_begun_anew(tmp_path):
    (trial,) = trials(tmp_path, more=["--config", "a", "--config=b", "--quick"])
    command = ["x.py", "--config", "a", "--config=b", "--quick", "--seed", "0"]
    out = ["--out", str(trial.folder)]
    assert trial.command(["x.py"]) == [*command, *out]
    trial.folder.mkdir()
    (trial.folder / files.SETTINGS).touch()
    assert trial.command(["x.py"]) == [*command, *out, "--overwrite"]
    (trial.folder / files.BEFORE).touch()
    assert trial.command(["x.py"]) == ["x.py", "--quick", "--seed", "0", *out, "--resume"]


def test_evaluation_comes_after_the_training_also_later(calls, monkeypatch, capsys):
    words = ["line.py", "--seeds", "0", "--out", "sweep"]
    assert sweep.main(words) == 0
    trained, train = len(calls), work.Children.call

    def call(self, words, log, environment):
        if "evaluate" not in words:
            return train(self, words, log, environment)
        calls.append(words)
        a_run(Path(words[4]), [[0, 1.0]], evaluation={"recall": 0.5})
        return 0

    monkeypatch.setattr(work.Children, "call", call)
    assert sweep.main([*words, "--evaluate"]) == 0
    assert [each[1:] for each in calls[trained:]] == [["-m", "minigan", "evaluate", "sweep/seed_0"]]
    assert sweep.main([*words, "--evaluate"]) == 0
    assert len(calls) == trained + 1
    assert results()[0]["evaluation.recall"] == "0.5"
    monkeypatch.setattr(work.Children, "call", lambda *arguments: 2)
    Path("sweep/seed_0", files.EVALUATION).unlink()
    assert sweep.main([*words, "--evaluate"]) == 1  # and the training stays as it was
    assert "seed_0 finished, but is not scored: " in capsys.readouterr().out
    assert notes.read(Path("sweep/sweep.json"))["runs"]["seed_0"]["ended"] == FINISHED


@pytest.mark.parametrize("other", [{"epochs": 1}, {"epochs": None}, {"asked": {"samples": "60"}}])
def test_an_evaluation_of_other_weights_or_by_other_options_is_made_again(tmp_path, other):
    a_run(tmp_path, [[0, 1.0]])
    assert work.to_evaluate(tmp_path)
    a_run(tmp_path, [[0, 1.0]], evaluation={"recall": 0.5})
    assert not work.to_evaluate(tmp_path)
    made = json.loads((tmp_path / files.EVALUATION).read_text("utf-8"))
    (tmp_path / files.EVALUATION).write_text(json.dumps(made | other), "utf-8")
    assert work.to_evaluate(tmp_path)  # while it trained, or of one of its files
    (tmp_path / files.EVALUATION).write_text("{", "utf-8")
    assert work.to_evaluate(tmp_path)
    (tmp_path / files.CHECKPOINT).unlink()
    assert not work.to_evaluate(tmp_path)


# -- what came of it -------------------------------------------------------------------------------


def test_mean_and_standard_error_are_those_of_statistics_and_numpy():
    values = [3.0, 5.5, 4.25, 9.0, 1e-3]
    mean, error = summary.mean_and_error(values)
    assert mean == pytest.approx(statistics.fmean(values), rel=1e-14)
    assert error == pytest.approx(np.std(values, ddof=1) / np.sqrt(5), rel=1e-14)
    assert summary.mean_and_error([2.0]) == (2.0, None)
    assert all(map(math.isnan, summary.mean_and_error([1.0, math.inf])))


@pytest.mark.parametrize(
    ("mean", "error", "runs", "text"),
    [
        (7.9012, 0.1234, 10, "7.90 ± 0.12"),
        (0.93127, 0.00456, 3, "0.9313 ± 0.0046"),
        (12345.6, 210.4, 3, "12,346 ± 210"),
        (8.0, 0.0, 4, "8 ± 0"),
        (0.123456, None, 1, "0.1235"),
        (None, None, 3, "nan"),
        (1.5, 1e-12, 3, "1.5 ± 1e-12"),
    ],
)
def test_a_score_is_shown_as_far_as_its_error_lets_it(mean, error, runs, text):
    assert summary.shown(mean, error, runs) == text


def a_group(tmp_path):
    """Six runs: two that went well, one that collapsed, one that came back from it, one that
    diverged with scores, and one that did without."""
    made = trials(tmp_path, range(6), lr=["0.1"])
    alike, apart = [[50, 0, 0.001], [100, 0, 0.001]], [[150, 1, 0.9]]
    a_run(made[0].folder, [[0, 0], [1, 10]], apart, {"recall": 0.5})
    a_run(made[1].folder, [[0, 0], [1, 20]], apart, {"recall": 0.7})
    a_run(made[2].folder, [[1, 0]], alike)
    a_run(made[3].folder, [[1, 30]], alike + apart)
    a_run(made[4].folder, [[0, 40]])
    a_run(made[5].folder)
    ends = [FINISHED] * 4 + [DIVERGED] * 2
    return [summary.result(trial, end) for trial, end in zip(made, ends, strict=True)]


def test_collapses_are_counted_and_stay_in_the_means(tmp_path):
    (found,) = summary.summary(a_group(tmp_path))
    assert found["settings"] == {"lr": "0.1"}
    assert (found["runs"], found["not_ended"]) == (6, 0)
    assert (found["collapses"], found["diverged"], found["without_scores"]) == (3, 2, 1)
    five = [10.0, 20.0, 0.0, 30.0, 40.0]
    error = np.std(five, ddof=1) / np.sqrt(5)
    assert found["scores"]["score"] == {
        "mean": np.mean(five), "standard_error": pytest.approx(error), "runs": 5,
    }  # fmt: skip
    assert found["evaluation"]["recall"]["runs"] == 2
    assert found["evaluation"]["recall"]["mean"] == pytest.approx(0.6)


def test_a_run_that_failed_is_in_no_mean_and_is_told(tmp_path):
    good, bad = trials(tmp_path, range(2))
    a_run(good.folder, [[1, 1.0]])
    a_run(bad.folder, [[0, 9.0]])
    (found,) = summary.summary([summary.result(good, FINISHED), summary.result(bad, "")])
    assert (found["runs"], found["not_ended"]) == (1, 1)
    assert found["scores"]["score"] == {"mean": 1.0, "standard_error": None, "runs": 1}


def test_the_table_fits_its_width_and_says_what_the_summary_says(tmp_path):
    (found,) = summary.summary(a_group(tmp_path))
    text = summary.table([found], 80)
    assert [line.split() for line in text if line.startswith(("runs", "collapses", "score"))] == [
        ["runs", "6"], ["collapses", "3"], ["score", "20.0", "±", "7.1", "(5", "runs)"],
    ]  # fmt: skip
    many = [found | {"settings": {"lr": f"{k}e-4", "a_long_name": "x" * 30}} for k in range(9)]
    lines = summary.table(many, 80)
    assert max(map(len, lines)) <= 80
    assert sum(line.startswith("runs") for line in lines) == 3  # four beside each other, and one


def test_a_score_that_is_no_number_is_null_in_json_and_told_in_the_table(tmp_path):
    (trial,) = trials(tmp_path)
    a_run(trial.folder, [[1, "nan"]])
    found = summary.summary([summary.result(trial, FINISHED)])
    assert found[0]["scores"]["score"]["mean"] is None
    assert "nan" in "\n".join(summary.table(found, 80))


def test_a_damaged_evaluation_is_told_and_left_out(tmp_path, capsys):
    (trial,) = trials(tmp_path)
    a_run(trial.folder, [[1, 2.0]])
    for damaged in ("{", "[]", "{}", '{"scores": 3}', '{"scores": {"a": "x"}, "rows": {}}'):
        (trial.folder / files.EVALUATION).write_text(damaged, "utf-8")
        found = summary.result(trial, FINISHED)
        assert (found.scores, found.evaluation) == ({"score": 2.0}, {})
        assert "evaluation.json is damaged, and left out" in capsys.readouterr().err


def test_only_evaluations_that_compare_are_averaged(tmp_path, capsys):
    """One of 60 samples is another measure than one of 10,000, and so is one of half a training."""
    found = []
    for trial, other in zip(
        trials(tmp_path, seeds=range(4)), ({}, {}, {"samples": "60"}, 1), strict=True
    ):
        a_run(trial.folder, evaluation={"fld": 4.0 + 2.0 * trial.seed})
        path = trial.folder / files.EVALUATION
        made = json.loads(path.read_text("utf-8"))
        made |= {"epochs": 1} if other == 1 else {"asked": other}
        path.write_text(json.dumps(made), "utf-8")
        found.append(summary.result(trial, FINISHED))
    (of_all,) = summary.summary(found)
    assert of_all["evaluation"]["fld"] == {"mean": 5.0, "standard_error": 1.0, "runs": 2}
    said = capsys.readouterr().err
    assert "seed_2/evaluation.json is left out: it is of 2 of 2 epochs, samples 60" in said
    assert "seed_3/evaluation.json is left out: it is of 1 of 2 epochs" in said


def test_an_infinite_score_is_not_dropped_from_the_mean(tmp_path):
    found = []
    for trial, score in zip(
        trials(tmp_path, seeds=(0, 1)), (0.5, None), strict=True
    ):  # null in JSON
        a_run(trial.folder, evaluation={"class_kl": score})
        found.append(summary.result(trial, FINISHED))
    (of_all,) = summary.summary(found)
    assert of_all["evaluation"]["class_kl"] == {"mean": None, "standard_error": None, "runs": 2}


# -- for real --------------------------------------------------------------------------------------


def test_two_processes_train_diverge_and_are_summed_up(program, capsys):
    words = [program, "--seeds", "3", "--set", "big=off,on", "--out", "sweep", "--jobs", "2"]
    assert sweep.main(words) == 0
    assert [(row["run"], row["ended"], row["collapsed"]) for row in results()] == [
        ("big_off_seed_3", FINISHED, "0"),
        ("big_on_seed_3", DIVERGED, "1"),
    ]
    assert [float(row["scores.score"]) for row in results()] == pytest.approx([0.9, 0.9])
    assert [row["scores.epochs"] for row in results()] == ["2.0", "1.0"]
    found = json.loads(Path("sweep/sweep.json").read_text("utf-8"))
    assert [each["collapses"] for each in found["summary"]] == [0, 1]
    assert Path("sweep/big_off_seed_3/G.safetensors").exists()
    assert "epoch 1/1" in Path("sweep/big_off_seed_3.log").read_text("utf-8")
    out = capsys.readouterr().out
    assert "big_on_seed_3 diverged: epochs 1, score 0.9" in out
    assert "epoch 1/1" not in out


def test_what_was_stopped_is_told_and_continues_where_it_was(program, capsys):
    Path("stop").touch()
    words = [program, "--seeds", "0", "--out", "sweep"]
    assert sweep.main(words) == 1
    told = capsys.readouterr().out
    assert "seed_0 failed: stopped at epoch 1, step 1; to continue:" in told
    assert "its log: sweep/seed_0.log" in told
    Path("stop").unlink()
    assert sweep.main(words) == 0
    assert "resuming at epoch 1, step 1" in Path("sweep/seed_0.log").read_text("utf-8")
    assert results()[0]["scores.epochs"] == "2.0"


def test_a_wrong_option_fails_once(program):
    with pytest.raises(UserError, match=r"seed_0 ended before it began: .*--lrr.*did you mean"):
        sweep.main([program, "--seeds", "0-9", "--out", "sweep", "--lrr", "1"])
    assert sorted(path.name for path in Path("sweep").glob("*.log")) == ["seed_0.log"]


def test_ctrl_c_stops_all_and_says_how_to_continue(program):
    Path("wait").touch()
    code = (
        "import sys; from minigan import run, sweep; run.program(lambda: sweep.main(sys.argv[1:]))"
    )
    words = [program, "--seeds", "0-2", "--jobs", "2", "--out", "sweep"]
    process = subprocess.Popen(
        [sys.executable, "-c", code, *words], stdout=subprocess.PIPE, text=True
    )
    waiting = [Path(f"sweep/seed_{seed}.waits") for seed in (0, 1)]
    while not all(path.exists() for path in waiting) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    told, _ = process.communicate()
    assert process.returncode == 130
    assert "stopped: 0 of 3 runs have ended" in told
    assert f"the same command: minigan sweep {' '.join(words)}" in told
    for seed in (0, 1):
        assert "stopped at epoch 0, step 1" in Path(f"sweep/seed_{seed}.log").read_text("utf-8")
        assert files.has_checkpoint(Path(f"sweep/seed_{seed}"))
    assert not Path("sweep/seed_2").exists()


MPIEXEC = shutil.which(
    "mpiexec", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
)


@pytest.mark.skipif(
    not (importlib.util.find_spec("mpi4py") and MPIEXEC),
    reason="needs mpi4py and mpiexec",
)
def test_ranks_of_mpi_share_the_runs(program, monkeypatch):
    for name in ("OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"):
        monkeypatch.setenv(name, "1")
    monkeypatch.setenv("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe")  # Open MPI 5
    monkeypatch.setenv("OMPI_MCA_rmaps_base_oversubscribe", "1")  # and 4
    code = (
        "import sys; from minigan import run, sweep; run.program(lambda: sweep.main(sys.argv[1:]))"
    )
    words = [sys.executable, "-c", code, program, "--seeds", "0-1", "--out", "sweep"]
    done = subprocess.run([MPIEXEC, "-n", "2", *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("2 runs; 2 at a time") == 1  # one of them tells
    assert [row["ended"] for row in results()] == [FINISHED, FINISHED]
