"""How a training shows that it goes on: a bar where somebody watches, elsewhere a line at times."""

import sys
import time
from contextlib import AbstractContextManager
from typing import Any

from minigan.bars import bar

BAR = "{desc}|{bar}| {postfix[0]}"
EVERY = 20.0  # seconds between two lines where there is no bar


class Progress:
    """Of all `epochs` of a run: a bar for each one, and the time that has passed and that is left.

    Positions are counted in epochs: 2.5 is half way through the third.
    """

    def __init__(self, epochs: int):
        self.epochs = epochs
        self.began = self.told = 0.0  # when
        self.first = 0.0  # where this process took over
        self.bar: Any = None
        self.watched = False  # whether there is a bar to be seen

    def of_epoch(self, epoch: int, batch: int, total: int) -> AbstractContextManager[Any]:
        """The bar of an epoch of `total` batches, at this one; silent where nobody watches."""
        if not self.began:
            self.began = self.told = time.monotonic()
            self.first = epoch + batch / max(1, total)
        title = f"epoch {epoch}/{self.epochs - 1}"
        self.bar = bar(total=total, initial=batch, desc=title, bar_format=BAR, postfix=[""])
        self.watched = not self.bar.disable
        return self.bar

    def show(self, position: float, text: str) -> None:
        """Tell how it goes: in the bar, or in a line of its own if the last one is long past."""
        if self.watched:
            self.bar.postfix = [f"{_clock(self.passed())}<{_clock(self.left(position))} {text}"]
        elif time.monotonic() - self.told >= EVERY:
            self.told = time.monotonic()
            epoch, part = divmod(position, 1)
            where = f"epoch {epoch:.0f}/{self.epochs - 1}, {part:.0%}"
            print(f"{where}  {text}  {self.remaining(position)}", flush=True)

    def say(self, text: str) -> None:
        """Lines of their own, above the bar if there is one."""
        if self.watched and not self.bar.disable:
            self.bar.write(text, file=sys.stdout)
        else:
            print(text, flush=True)

    def passed(self) -> float:
        """Seconds since the first batch."""
        return time.monotonic() - self.began

    def left(self, position: float) -> float:
        """Seconds until the end, if it goes on as it went so far."""
        pace = self.passed() / max(position - self.first, 1e-9)
        return pace * (self.epochs - position)

    def remaining(self, position: float) -> str:
        """The same in words; nothing at the end, or where no batch was told of."""
        known = self.began and self.first < position < self.epochs
        return f"{_clock(self.left(position))} left" if known else ""


def _clock(seconds: float) -> str:
    """1:05, or 2:01:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
