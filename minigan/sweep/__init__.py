"""Trains a program with many seeds and settings: a run on each core, and one table of them all.

    minigan sweep mixture-2d --seeds 0-9 --set lr_g=1e-4,2e-4 --epochs 50
    minigan sweep my_gan.py --seeds 0-4 --jobs 2 -- --set of-its-own
    mpiexec -n 20 minigan sweep mixture-2d --seeds 0-99

Options that are not the sweep's are the program's, and so is all that comes after --. The same
command goes on after a stop: what has ended is not begun again; it may ask for more seeds and
values than before. Under mpiexec, with MPI for Python (pip install "minigan[mpi]"), each of its
processes trains a run at a time, on one machine or on many that share their files.

Reading order: plan, work, hands, notes, course, summary.
"""

import shlex
import shutil
from argparse import Namespace
from collections.abc import Sequence
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from minigan import run
from minigan.atomic import writing
from minigan.errors import UserError
from minigan.run import files
from minigan.sweep import course, hands, plan, summary, work
from minigan.sweep.notes import NOTES, Notes
from minigan.sweep.plan import Trial
from minigan.sweep.work import Ended

WIDEST = 80


def main(words: Sequence[str]) -> int:
    """The command; words are those after its name. Returns 1 if a run failed, 130 if stopped.

    Raises UserError when the program refuses what it is given, and for another question than that
    which the folder was made for.
    """
    with hands.of_mpi() as ranks:  # others than rank 0 stay in there
        return sweep(asked(words, ranks), ranks)


def asked(words: Sequence[str], ranks: Any) -> Namespace:
    """The options; with them `called`, this command itself, `name` of the program, `command` that
    starts it, and the `trials`."""
    ours = list(words)
    place = ours.index("--") if "--" in ours else len(ours)
    parser = run.Parser((__doc__ or "").rpartition("\n\n")[0])
    parser.add_argument("program", metavar="PROGRAM", help="a name as for train, or a file")
    parser.add(
        "what to run",
        seeds=run.Option(
            None, "such as 0-9 or 0,2,5",
            {"type": plan.seeds, "metavar": "SEEDS", "required": True},
        ),
        set=run.Option(
            None, "an option of the program and its values; of several, every combination",
            {"type": plan.setting, "metavar": "KEY=A,B", "action": "append"},
        ),
        evaluate=run.switch("score each run with `minigan evaluate` when it has ended"),
    )  # fmt: skip
    parser.add(
        "around it",
        out=run.Option(
            None, "for all runs; runs/sweep_PROGRAM if not given", {"type": Path, "metavar": "DIR"}
        ),
        jobs=run.count(
            None, "runs at a time; one for each core if not given, which is many for a GPU"
        ),
        dry_run=run.switch("print the commands, and start nothing"),
    )
    options, more = parser.parse_known_args(ours[:place])
    if ranks and options.jobs:
        raise UserError(f"--jobs {options.jobs}: under mpiexec its -n says how many run at a time")
    options.called = shlex.join(["minigan", "sweep", *words])
    options.name, options.command = plan.program(options.program)
    options.out = options.out or Path("runs", f"sweep_{options.name}")
    settings = plan.product_of(options.set or [])
    options.trials = plan.trials(options.out, options.seeds, settings, [*more, *ours[place + 1 :]])
    return options


def sweep(options: Namespace, ranks: Any) -> int:
    """Go through all runs that have not ended; the exit code. ranks: see hands.of_mpi."""
    if options.dry_run:
        ended = Notes(options.out, options.name, options.trials).ended
        for trial in options.trials:
            if trial.name in ended:
                continue
            print(shlex.join(trial.command(options.command)))
        return 0
    with writing(options.out / NOTES):
        options.out.mkdir(parents=True, exist_ok=True)
    with files.alone_in(options.out):
        notes = Notes(options.out, options.name, options.trials)
        notes.write()
        train(options, notes, ranks)
        if work.children.stopping:
            print(f"stopped: {len(notes.ended):,} of {len(options.trials):,} runs have ended")
            print(f"to continue, give the same command: {options.called}")
            return 130
        return finish(options, notes)


def train(options: Namespace, notes: Notes, ranks: Any) -> None:
    """All that has not been trained, or not evaluated though it is asked for."""
    trials: list[Trial] = options.trials
    todo = [
        trial
        for trial in trials
        if trial.name not in notes.ended or (options.evaluate and work.to_evaluate(trial.folder))
    ]
    jobs = 1 if ranks else min(options.jobs or hands.cores(), max(1, len(todo)))
    share = None if ranks else jobs

    def start(hand: Executor, trial: Trial) -> "Future[Ended]":
        ended = notes.ended.get(trial.name, "")
        return hand.submit(work.do, trial, options.command, share, options.evaluate, ended)

    with hands.hands(ranks, jobs) as free, work.children.heeding_signals():
        before = f", {len(trials) - len(todo):,} of which have ended" if notes.ended else ""
        print(f"{len(trials):,} runs{before}; {len(free):,} at a time", flush=True)
        try:
            course.go_through(todo, free, start, notes.hear, len(trials))
        except BaseException:
            work.children.stop()  # nobody would hear how they end
            raise


def finish(options: Namespace, notes: Notes) -> int:
    """The table, here and in files; the exit code."""
    results = [summary.result(t, notes.ended.get(t.name, "")) for t in options.trials]
    summaries = summary.summary(results)
    notes.write(summaries)
    path = summary.write_runs(options.out, results)
    width = min(WIDEST, shutil.get_terminal_size().columns)
    print("\n".join(["", *summary.table(summaries, width)]))
    print(f"wrote {path} and {notes.path.name}")
    for trial in options.trials:
        if fault := notes.faults.get(trial.name):
            print(f"{trial.name} failed: {fault}\n  its log: {trial.log}")
    if notes.faults:
        print(f"to try again, give the same command: {options.called}")
    return 1 if notes.faults else 0
