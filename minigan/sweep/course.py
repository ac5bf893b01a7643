"""The order of things: which run begins when, on whose hands, and what is said of it."""

from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait

from minigan import bars
from minigan.errors import UserError
from minigan.run import files
from minigan.run.report.compared import number
from minigan.sweep import summary, work
from minigan.sweep.plan import Trial
from minigan.sweep.work import DIVERGED, FINISHED, REFUSED, STOPPED, Ended

POLL = 0.2  # seconds between two looks at whether the first run has begun, or all are to stop

Start = Callable[[Executor, Trial], "Future[Ended]"]


def go_through(
    todo: Sequence[Trial],
    free: list[Executor],
    start: Start,
    hear: Callable[[Trial, Ended], None],
    total: int,
) -> None:
    """Give each run to a hand that is free, and let `hear` know how it ended; total: with those
    that need not be begun.

    The first run is alone until it has begun, so that what is wrong with all goes wrong once.
    Raises UserError where a run ends before it has begun: the others are stopped.
    """
    waiting, at_work = deque(todo), dict[Future[Ended], tuple[Trial, Executor]]()
    refused: UserError | None = None
    told = False
    with bars.bar(total=total, initial=total - len(todo), desc="runs", unit=" runs") as bar:

        def say(line: str) -> None:
            if bar.disable:
                print(line, flush=True)
            else:
                bar.write(line)

        while at_work or waiting:
            while waiting and free and (not at_work or files.holds_run(todo[0].folder)):
                hand, trial = free.pop(), waiting.popleft()
                at_work[start(hand, trial)] = trial, hand
            for future in wait(at_work, timeout=POLL, return_when=FIRST_COMPLETED).done:
                trial, hand = at_work.pop(future)
                free.append(hand)
                end = future.result()
                hear(trial, end)
                if end.state == REFUSED and not refused:
                    refused = UserError(
                        f"{trial.name} ended before it began: {end.fault} (its log: {trial.log})"
                    )
                    work.children.stop()
                elif end.state not in (REFUSED, STOPPED):
                    bar.update()
                    say(_told(trial, end))
            if work.children.stopping:
                waiting.clear()
                if at_work and not told:
                    say(f"stopping {len(at_work):,} at work, which write their checkpoints …")
                    told = True
    if refused:
        raise refused


def _told(trial: Trial, end: Ended) -> str:
    """How a run ended, and with what."""
    scores = {} if end.fault else summary.result(trial, end.state).scores
    shown = ", ".join(f"{name} {number(value)}" for name, value in scores.items())
    unscored = ", but is not scored" if end.fault and end.state in (FINISHED, DIVERGED) else ""
    return ": ".join(filter(None, [f"{trial.name} {end.state}{unscored}", end.fault or shown]))
