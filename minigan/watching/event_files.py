"""TensorBoard's event files: a run's numbers and pictures, in the messages of tensorboardX."""

import itertools
import math
import os
import time
import weakref
from pathlib import Path
from typing import Any

from minigan.atomic import writing

_numbers = itertools.count()  # of files: TensorBoard reads those of one second by their names


class EventFiles:
    """The event file of a folder, and those of folders below it, which are lines of their own in a
    chart. ImportError where tensorboardX is not installed: the extra minigan[tensorboard].

    Events are written as they come; the system is told to store them when flush_secs have passed
    since it was told last, by flush and close, and when the program ends.
    """

    def __init__(
        self,
        folder: str | Path,
        flush_secs: float = 120,
        suffix: str = "",
        purge_step: int | None = None,
    ):
        from tensorboardX import event_file_writer, proto, summary

        self.make, self.proto, self._writer = summary, proto, event_file_writer.EventsWriter
        self.folder, self.flush_secs, self.suffix = Path(folder), flush_secs, suffix
        self._files: dict[str, Any] = {}  # by folder
        self._stored = -math.inf  # when that was
        weakref.finalize(self, _close, self._files)
        if purge_step is not None:  # TensorBoard forgets what another file said from here on
            started = self.proto.event_pb2.SessionLog(status="START")
            self._write(purge_step, None, "", file_version="brain.Event:2")
            self._write(purge_step, None, "", session_log=started)
        self._file("")  # so that TensorBoard lists the run, even before its first number

    def scalar(
        self, tag: str, value: float, step: Any = None, walltime: Any = None, below: str = ""
    ) -> None:
        """A number of a curve, in the folder's file or in one of a folder below it."""
        message = self.proto.summary_pb2.Summary(value=[{"tag": tag, "simple_value": value}])
        self.add(message, step, walltime, below)

    def picture(
        self,
        tag: str,
        size: tuple[int, ...],
        encoded: bytes,
        step: Any = None,
        walltime: Any = None,
    ) -> None:
        """A PNG or GIF of the size (height, width, channels)."""
        names = ("height", "width", "colorspace")
        image = dict(zip(names, size, strict=True), encoded_image_string=encoded)
        message = self.proto.summary_pb2.Summary(value=[{"tag": tag, "image": image}])
        self.add(message, step, walltime)

    def add(self, message: Any, step: Any = None, walltime: Any = None, below: str = "") -> None:
        """Any of tensorboardX's messages, as the functions of `make` return them."""
        self._write(step, walltime, below, summary=message)

    def flush(self) -> None:
        """Have the system store what was written."""
        for file in self._files.values():
            file.flush()
        self._stored = time.monotonic()

    def close(self) -> None:
        """Let go of the files; what is written after that begins new ones."""
        _close(self._files)

    def _write(self, step: Any, walltime: Any, below: str, **content: Any) -> None:
        moment = time.time() if walltime is None else walltime
        event = self.proto.event_pb2.Event(wall_time=moment, step=int(step or 0), **content)
        with writing(self.folder):
            self._file(below).write_event(event)
            if time.monotonic() - self._stored >= self.flush_secs:
                self.flush()

    def _file(self, below: str) -> Any:
        if below not in self._files:
            folder = self.folder / below
            with writing(folder):
                folder.mkdir(parents=True, exist_ok=True)
                name = f".{os.getpid()}.{next(_numbers):06}{self.suffix}"
                self._files[below] = self._writer(str(folder / "events"), name)
        return self._files[below]


def _close(files: dict[str, Any]) -> None:
    while files:
        files.popitem()[1].close()
