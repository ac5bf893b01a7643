"""torch.utils.tensorboard: what programs log, in files to look at without TensorBoard.

Scalars become lines of scalars.csv, images PNG files. What only TensorBoard can show (graphs,
histograms, embeddings) is left out, and a warning says so, once for each kind.
"""

import csv
import functools
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy

from minigan.data.pixels import to_array, to_pil

__all__ = ["SummaryWriter"]


@functools.cache
def _left_out(name: str) -> None:
    warnings.warn(
        f"SummaryWriter.{name}: only TensorBoard shows these; minigan writes scalars and pictures, "
        f"and leaves them out",
        stacklevel=3,
    )


def _without(name: str) -> Callable[..., None]:
    """A method that takes everything and writes nothing."""

    def method(self: Any, *_: Any, **__: Any) -> None:
        _left_out(name)

    return method


class SummaryWriter:
    """Writes to log_dir, by default a folder of this moment in runs/.

    purge_step, max_queue, flush_secs and filename_suffix are about TensorBoard's own files, and the
    walltime of the methods is not written: accepted, without effect.
    """

    def __init__(
        self,
        log_dir: str | Path | None = None,
        comment: str = "",
        purge_step: int | None = None,
        max_queue: int = 10,
        flush_secs: int = 120,
        filename_suffix: str = "",
    ):
        moment = time.strftime("%b%d_%H-%M-%S")
        self.log_dir = str(Path("runs", f"{moment}{comment}") if log_dir is None else log_dir)
        Path(self.log_dir).mkdir(parents=True, exist_ok=True)

    def get_logdir(self) -> str:
        """The folder that it writes to."""
        return self.log_dir

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """One line: step, tag, value."""
        with open(Path(self.log_dir, "scalars.csv"), "a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow([global_step, tag, float(scalar_value)])

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """One line for each."""
        for tag, value in tag_scalar_dict.items():
            self.add_scalar(f"{main_tag}/{tag}", value, global_step)

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """A picture of floats in [0, 1] or of bytes as <tag>_<step>.png."""
        picture = to_array(img_tensor)
        if len(dataformats) != picture.ndim or not set("HW") <= set(dataformats) <= set("CHW"):
            raise ValueError(
                f"add_image: a picture of shape {tuple(picture.shape)} is not {dataformats!r}; say "
                f"by dataformats which axis is which, as in 'CHW', 'HWC' or 'HW'"
            )
        if dataformats == "HW":
            picture, dataformats = picture[None], "CHW"
        picture = picture.transpose(*(dataformats.index(axis) for axis in "CHW"))
        if picture.dtype != "uint8":
            picture = numpy.clip(picture * 255.0 + 0.5, 0.0, 255.0).astype("uint8")
        to_pil(picture).save(self._path(tag, global_step))

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Several pictures side by side as one; N in dataformats says along which axis they lie."""
        pictures = numpy.moveaxis(to_array(img_tensor), dataformats.index("N"), 0)
        one = dataformats.replace("N", "")
        side_by_side = numpy.concatenate(list(pictures), axis=one.index("W"))
        self.add_image(tag, side_by_side, global_step, dataformats=one)

    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: Any = None,
        close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """A figure of matplotlib's as <tag>_<step>.png; it is closed then, unless close=False."""
        figure.savefig(self._path(tag, global_step))
        if close:
            from matplotlib import pyplot

            pyplot.close(figure)

    def _path(self, tag: str, step: Any) -> Path:
        words = [tag] if step is None else [tag, str(step)]
        name = "".join(c if c.isalnum() else "_" for c in "_".join(words))
        return Path(self.log_dir, f"{name}.png")

    add_graph, add_histogram, add_embedding, add_text, add_hparams, add_video = map(
        _without, "add_graph add_histogram add_embedding add_text add_hparams add_video".split()
    )

    def flush(self) -> None:
        """Nothing to do: each line is written at once."""

    def close(self) -> None:
        """Nothing to do: see flush."""

    def __enter__(self) -> "SummaryWriter":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
