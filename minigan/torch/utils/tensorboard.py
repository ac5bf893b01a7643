"""torch.utils.tensorboard: what programs log, in files to look at without TensorBoard.

Scalars become lines of scalars.csv, images PNG files. What only TensorBoard can show (graphs,
histograms, embeddings) is accepted and left out.
"""

import csv
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy

from minigan.data.pixels import to_array, to_pil

__all__ = ["SummaryWriter"]


class SummaryWriter:
    """Writes to log_dir, by default a folder of this moment in runs/."""

    def __init__(self, log_dir: str | Path | None = None, comment: str = "", *_: Any, **__: Any):
        moment = time.strftime("%b%d_%H-%M-%S")
        self.log_dir = str(Path("runs", f"{moment}{comment}") if log_dir is None else log_dir)
        Path(self.log_dir).mkdir(parents=True, exist_ok=True)

    def add_scalar(self, tag: str, scalar_value: Any, global_step: Any = None, *_: Any) -> None:
        """One line: step, tag, value."""
        with open(Path(self.log_dir, "scalars.csv"), "a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow([global_step, tag, float(scalar_value)])

    def add_scalars(
        self, main_tag: str, tag_scalar_dict: Mapping[str, Any], global_step: Any = None, *_: Any
    ) -> None:
        """One line for each."""
        for tag, value in tag_scalar_dict.items():
            self.add_scalar(f"{main_tag}/{tag}", value, global_step)

    def add_image(
        self, tag: str, img_tensor: Any, global_step: Any = None, *_: Any, dataformats: str = "CHW"
    ) -> None:
        """A picture of floats in [0, 1] or of bytes as <tag>_<step>.png."""
        picture = to_array(img_tensor)
        if dataformats == "HW":
            picture, dataformats = picture[None], "CHW"
        picture = picture.transpose(*(dataformats.index(axis) for axis in "CHW"))
        if picture.dtype != "uint8":
            picture = numpy.clip(picture * 255.0 + 0.5, 0.0, 255.0).astype("uint8")
        to_pil(picture).save(self._path(tag, global_step))

    def add_images(self, tag: str, img_tensor: Any, global_step: Any = None, **_: Any) -> None:
        """Pictures (N, C, H, W) side by side as one."""
        side_by_side = numpy.concatenate(list(to_array(img_tensor)), axis=2)
        self.add_image(tag, side_by_side, global_step)

    def add_figure(
        self, tag: str, figure: Any, global_step: Any = None, *_: Any, **__: Any
    ) -> None:
        """A figure of matplotlib's as <tag>_<step>.png."""
        figure.savefig(self._path(tag, global_step))

    def _path(self, tag: str, step: Any) -> Path:
        words = [tag] if step is None else [tag, str(step)]
        name = "".join(c if c.isalnum() else "_" for c in "_".join(words))
        return Path(self.log_dir, f"{name}.png")

    def _nothing(self, *_: Any, **__: Any) -> None:
        """Accepted, without effect."""

    add_graph = add_histogram = add_embedding = add_text = add_hparams = add_video = _nothing
    flush = close = _nothing

    def __enter__(self) -> "SummaryWriter":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
