"""The tables and pictures of a run for TensorBoard, as event files that it reads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from minigan import backend as B
from minigan.errors import UserError
from minigan.nn import Module
from minigan.run import files

BINS = 64  # of a histogram of weights
GROUPS = {files.LOSSES: "training", files.EPOCHS: "epoch", files.SCORES: "scores"}
ABOUT = {"step", "epoch", "steps", "name"}  # columns that say where, not what


def writer_class() -> Any:
    """tensorboardX's SummaryWriter. Raises UserError where it is not installed."""
    try:
        from tensorboardX import SummaryWriter
    except ImportError:
        cure = 'pip install "minigan[tensorboard]" or leave --tensorboard out'
        raise UserError(
            f"--tensorboard writes by tensorboardX, which is not here: {cure}"
        ) from None
    return SummaryWriter


class Events:
    """Hears the rows of a run's tables. step: how many steps an earlier process has written of."""

    def __init__(self, folder: Path, networks: Mapping[str, Module], step: int):
        self.folder, self.networks, self.step = folder, networks, step
        self.writer = writer_class()(str(folder), purge_step=step + 1 if step else None)

    @property
    def file(self) -> str:
        """The name of the file that is being written."""
        return Path(self.writer.file_writer.event_writer._ev_writer._file_name).name

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

    def close(self) -> None:
        """Write what is left."""
        self.writer.close()

    def _numbers(self, group: str, row: Mapping[str, Any]) -> None:
        for name, value in row.items():
            if name not in ABOUT and np.isfinite(number := float(value or "nan")):
                self.writer.add_scalar(f"{group}/{name.replace(':', '/')}", number, self.step)

    def _picture(self, name: str) -> None:
        """All pictures of a series are one, at its steps."""
        from PIL import Image

        series = Path(name).stem.rstrip("0123456789").rstrip("_") or Path(name).stem
        pixels = np.asarray(Image.open(self.folder / name).convert("RGB"))
        self.writer.add_image(f"pictures/{series}", pixels, self.step, dataformats="HWC")

    def _weights(self) -> None:
        """How the learned numbers of each layer are spread."""
        for network, module in self.networks.items():
            for name, parameter in module.named_parameters():
                values = B.to_host(parameter.array)
                counts, edges = np.histogram(values, BINS)
                self.writer.add_histogram_raw(
                    f"weights/{network}.{name}", float(values.min()), float(values.max()),
                    values.size, float(values.sum()), float(np.square(values).sum()),
                    edges[1:].tolist(), counts.tolist(), self.step,
                )  # fmt: skip
