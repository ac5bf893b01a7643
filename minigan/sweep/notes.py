"""sweep.json: what a sweep was asked for, how each of its runs ended, and the table of them all."""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from minigan.atomic import replacing
from minigan.errors import UserError
from minigan.opening import opened, reason
from minigan.run import files
from minigan.sweep.plan import Trial
from minigan.sweep.work import DIVERGED, FINISHED, Ended

NOTES = "sweep.json"


class Notes:
    """How the runs of a sweep have ended so far, in this call or those before it.

    ended: by a run's name; what is not there has not. faults: the last words of those that failed
    in this call. Raises UserError where the folder is of another question.
    """

    def __init__(self, out: Path, program: str, trials: Sequence[Trial]):
        self.path, self.program, self.trials = out / NOTES, program, trials
        former = read(self.path)
        check(former, out, program, trials)
        self.ended = {
            trial.name: former["runs"][trial.name]["ended"]
            for trial in trials
            if trial.name in former["runs"] and files.holds_run(trial.folder)
        }
        self.ended = {name: how for name, how in self.ended.items() if how}
        self.faults: dict[str, str] = {}

    def hear(self, trial: Trial, end: Ended) -> None:
        """Note how a run has ended."""
        if end.state in (FINISHED, DIVERGED):
            self.ended[trial.name] = end.state
        if end.fault:
            self.faults[trial.name] = end.fault
        self.write()

    def write(self, summary: Sequence[Mapping[str, Any]] = ()) -> None:
        """The file, as it is now."""
        content = {
            "program": self.program,
            "runs": {
                trial.name: {
                    "seed": trial.seed,
                    "settings": trial.settings,
                    "words": trial.words,
                    "ended": self.ended.get(trial.name, ""),
                }
                for trial in self.trials
            },
            "summary": summary,
        }
        with replacing(self.path) as temporary:
            text = json.dumps(content, indent=2, allow_nan=False) + "\n"
            temporary.write_text(text, encoding="utf-8", newline="\n")


def read(path: Path) -> dict[str, Any]:
    """What a former call noted; of none, that there are no runs. Raises UserError for damage."""
    try:
        with opened(path) as file:
            found = json.loads(file.read().decode())
        files.checked(found, {"program": "", "runs": {}})
        for run in found["runs"].values():
            files.checked(run, {"words": [], "ended": ""})
    except FileNotFoundError:
        return {"program": None, "runs": {}}
    except OSError as error:
        raise UserError(f"cannot read {path}: {reason(error)}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise UserError(f"{path} is damaged: choose another --out") from None
    return found


def check(former: Mapping[str, Any], out: Path, program: str, trials: Sequence[Trial]) -> None:
    """Each run that was begun in `out` is asked for again, in the same words; new ones may come.

    Raises UserError where this is another question than that of sweep.json.
    """
    begun = {name: run for name, run in former["runs"].items() if files.holds_run(out / name)}
    if begun and former["program"] != program:
        raise UserError(
            f"{out} holds a sweep of {former['program']}, not of {program}: choose another --out"
        )
    asked = {trial.name: trial for trial in trials}
    if missing := [name for name in begun if name not in asked]:
        others = f" and {len(missing) - 1:,} more" if len(missing) > 1 else ""
        raise UserError(
            f"{out} holds {missing[0]}{others} of a sweep that asked for other seeds or settings: "
            f"ask for all of them, or choose another --out"
        )
    for name, run in begun.items():
        if run["words"] != list(asked[name].words):
            raise UserError(
                f"{out / name} was begun with {shlex.join(map(str, run['words']))}, and now it "
                f"would be {shlex.join(asked[name].words)}: ask as before, or choose another --out"
            )
    for trial in trials:
        if trial.name not in former["runs"] and files.holds_run(trial.folder):
            raise UserError(
                f"{trial.folder} holds a run that is not of this sweep: choose another --out"
            )
