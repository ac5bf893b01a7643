"""What came of a sweep: mean ± standard error over the seeds of each setting, and all runs."""

import csv
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from minigan.atomic import replacing
from minigan.run import files
from minigan.run.ending import say
from minigan.run.evaluation import of_end
from minigan.run.report import compared, read
from minigan.run.table import columns_of
from minigan.sweep.plan import Trial
from minigan.sweep.work import DIVERGED, FINISHED

RUNS = "sweep.csv"


@dataclass(frozen=True)
class Result:
    """Of one run. ended: how, or ""; collapsed: whether G had done so at its end, or no number is
    one any more; scores: the last row of scores.csv; evaluation: what `minigan evaluate` found of
    its end."""

    trial: Trial
    ended: str
    collapsed: bool = False
    epochs: int = 0
    scores: Mapping[str, float] = field(default_factory=dict)
    evaluation: Mapping[str, float] = field(default_factory=dict)


def result(trial: Trial, ended: str) -> Result:
    """What there is of a run."""
    if not files.holds_run(trial.folder):
        return Result(trial, ended)
    run = read(trial.folder)
    scores = {
        name: values[-1]
        for name, values in run["scores"].items()
        if values and name not in ("epoch", "step")
    }
    collapsed = ended == DIVERGED or _collapsed(trial.folder, run["findings"])
    done = run["epochs_done"]
    evaluation = (of_end(trial.folder, done, say) or {"scores": {}})["scores"]
    return Result(trial, ended, collapsed, done, scores, evaluation)


def _collapsed(folder: Path, findings: Sequence[Mapping[str, Any]]) -> bool:
    """Whether G collapses in the last look at it; one that came back from it has not."""
    looks = columns_of(folder / files.HEALTH, lambda fault: None, "step", "epoch").get("step", [])
    last = max(looks, default=-1)
    return any(each["kind"] == "collapse" and each["last_step"] == last for each in findings)


# -- over the seeds --------------------------------------------------------------------------------


def mean_and_error(values: Sequence[float]) -> tuple[float, float | None]:
    """The mean, and its standard error s/√n with s² = Σ (x - mean)²/(n - 1), None for one value;
    both are NaN where a value is no finite number."""
    if not all(map(math.isfinite, values)):
        return math.nan, math.nan
    error = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else None
    return statistics.fmean(values), error


def summary(results: Sequence[Result]) -> list[dict[str, Any]]:
    """For each setting: how its runs ended, and mean and standard error of each score.

    Runs that have diverged or collapsed are in the means wherever they have the score.
    """
    groups: dict[tuple, list[Result]] = {}
    for each in results:
        groups.setdefault(tuple(each.trial.settings.items()), []).append(each)
    return [_of_one(dict(settings), group) for settings, group in groups.items()]


def _of_one(settings: dict[str, str], group: Sequence[Result]) -> dict[str, Any]:
    ended = [each for each in group if each.ended in (FINISHED, DIVERGED)]
    return {
        "settings": settings,
        "runs": len(ended),
        "not_ended": len(group) - len(ended),
        "collapses": sum(each.collapsed for each in ended),
        "diverged": sum(each.ended == DIVERGED for each in ended),
        "without_scores": sum(not (each.scores or each.evaluation) for each in ended),
        "scores": _means([each.scores for each in ended]),
        "evaluation": _means([each.evaluation for each in ended]),
    }


def _means(runs: Sequence[Mapping[str, float]]) -> dict[str, dict[str, Any]]:
    """By score."""
    found = {}
    for name in dict.fromkeys(name for run in runs for name in run):
        values = [run[name] for run in runs if name in run]
        mean, error = mean_and_error(values)
        found[name] = {"mean": files.finite(mean), "standard_error": files.finite(error)}
        found[name]["runs"] = len(values)
    return found


# -- as a table ------------------------------------------------------------------------------------


def table(summaries: Sequence[Mapping[str, Any]], width: int) -> list[str]:
    """A column for each setting, in lines of at most `width`."""
    rows = [("", [title(each["settings"]) for each in summaries])]
    rows += [("runs", [f"{each['runs']:,}" for each in summaries])]
    for key, label in (
        ("not_ended", "not ended"),
        ("collapses", "collapses"),
        ("diverged", "of them diverged"),
        ("without_scores", "without scores"),
    ):
        if key == "collapses" or any(each[key] for each in summaries):
            rows.append((label, [f"{each[key]:,}" for each in summaries]))
    for part in ("scores", "evaluation"):
        names = dict.fromkeys(name for each in summaries for name in each[part])
        if names:
            rows.append(("" if part == "scores" else f"{part}:", [""] * len(summaries)))
        for name in names:
            rows.append((name, [_cell(each[part].get(name), each["runs"]) for each in summaries]))
    return compared.lines([*rows, ("", [""] * len(summaries))], width)


def title(settings: Mapping[str, str]) -> str:
    """lr 1e-4, beta1 0.5"""
    return ", ".join(f"{key} {value}" for key, value in settings.items()) or "all seeds"


def _cell(score: Mapping[str, Any] | None, runs: int) -> str:
    if score is None:
        return compared.NOTHING
    some = f" ({score['runs']:,} runs)" if score["runs"] != runs else ""
    return shown(score["mean"], score["standard_error"], score["runs"]) + some


def shown(mean: float | None, error: float | None, runs: int) -> str:
    """7.90 ± 0.12: two digits of the error, and the mean as far as those; the mean alone of one."""
    if mean is None:
        return "nan"
    if runs == 1 or error is None:
        return f"{mean:.4g}"
    if not error:
        return f"{mean:.4g} ± 0"
    places = 1 - math.floor(math.log10(error))
    if places > 6:
        return f"{mean:.4g} ± {error:.1g}"
    return f"{mean:,.{max(0, places)}f} ± {error:,.{max(0, places)}f}"


def write_runs(out: Path, results: Sequence[Result]) -> Path:
    """sweep.csv: a row for each run, with its settings and all its scores."""
    parts = ("scores", "evaluation")
    settings = list(results[0].trial.settings)
    names = {
        part: list(dict.fromkeys(name for each in results for name in getattr(each, part)))
        for part in parts
    }
    columns = [f"{part}.{name}" for part in parts for name in names[part]]
    path = out / RUNS
    with replacing(path) as temporary, open(temporary, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["run", *settings, "seed", "ended", "collapsed", "epochs_done", *columns])
        for each in results:
            values = (getattr(each, part).get(name, "") for part in parts for name in names[part])
            trial = each.trial
            chosen = [trial.settings[key] for key in settings]
            state = [each.ended or "not ended", int(each.collapsed), each.epochs]
            writer.writerow([trial.name, *chosen, trial.seed, *state, *values])
    return path
