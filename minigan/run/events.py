"""The tables and pictures of a run for TensorBoard, as event files that it reads."""

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.errors import UserError
from minigan.nn import Module
from minigan.run import files
from minigan.watching.event_files import EventFiles

NAMES = "events.out.tfevents.*"
BINS = 64  # of a histogram of weights
GROUPS = {files.LOSSES: "training", files.EPOCHS: "epoch", files.SCORES: "scores"}
ABOUT = {"step", "epoch", "steps", "name"}  # columns that say where, not what


def check() -> None:
    """Raise UserError where what writes them is not installed."""
    try:
        import tensorboardX  # noqa: F401
    except ImportError:
        cure = 'pip install "minigan[tensorboard]", or leave --tensorboard out'
        raise UserError(
            f"--tensorboard writes by tensorboardX, which is not here: {cure}"
        ) from None


class Events:
    """Hears the rows of a run's tables. step: how many steps an earlier process has written of;
    TensorBoard forgets what lies behind them."""

    def __init__(self, folder: Path, networks: Mapping[str, Module], step: int):
        self.folder, self.networks, self.step = folder, networks, step
        self.files = EventFiles(folder, purge_step=step + 1 if step else None)
        self.close = self.files.close

    def told(self, table: str, row: Mapping[str, Any]) -> None:
        """A row of a table: its numbers, or the picture that it names."""
        self.step = int(row.get("step", self.step))
        if table == files.PICTURES:
            self._picture(row["name"])
        elif table == files.HEALTH:
            self._weights()
            self._numbers("health", {k: v for k, v in row.items() if k == "diversity" or ":" in k})
        else:
            self._numbers(GROUPS[table], row)

    def _numbers(self, group: str, row: Mapping[str, Any]) -> None:
        for name, value in row.items():
            if name not in ABOUT and np.isfinite(number := float(value or "nan")):
                self.files.scalar(f"{group}/{name.replace(':', '/')}", number, self.step)

    def _picture(self, name: str) -> None:
        """All pictures of a series are one, at its steps."""
        from PIL import Image

        content = (self.folder / name).read_bytes()
        with Image.open(io.BytesIO(content)) as image:
            size = (image.height, image.width, len(image.getbands()))
        series = Path(name).stem.rstrip("0123456789").rstrip("_") or Path(name).stem
        self.files.picture(f"pictures/{series}", size, content, self.step)

    def _weights(self) -> None:
        """How the learned numbers of each layer are spread."""
        for network, module in self.networks.items():
            for name, parameter in module.named_parameters():
                values = B.to_host(parameter.array).astype("float64")
                if not (values.size and np.isfinite(values).all()):
                    continue
                counts, edges = np.histogram(values, BINS)
                message = self.files.make.histogram_raw(
                    f"weights/{network}.{name}", values.min(), values.max(), values.size,
                    values.sum(), np.square(values).sum(), edges[1:].tolist(), counts.tolist(),
                )  # fmt: skip
                self.files.add(message, self.step)
