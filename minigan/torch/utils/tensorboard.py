"""torch.utils.tensorboard: what programs log, in TensorBoard's event files.

They need tensorboardX, which the extra minigan[tensorboard] installs. Without it scalars become
lines of scalars.csv and pictures files of their own, and a warning says what is left out.
"""

import csv
import functools
import io
import socket
import sys
import time
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy

from minigan.atomic import replacing, writing
from minigan.autograd.tensor import Tensor
from minigan.data.pixels import to_array
from minigan.missing import refuse
from minigan.pictures import tiled
from minigan.watching.event_files import EventFiles

__all__ = ["SummaryWriter"]

ELSEWHERE = """
    add_audio add_custom_scalars add_custom_scalars_marginchart add_custom_scalars_multilinechart
    add_histogram_raw add_image_with_boxes add_mesh add_onnx_graph add_pr_curve add_pr_curve_raw
    add_tensor
""".split()  # what GAN programs do not ask for
sys.modules[f"{__name__}.writer"] = sys.modules[__name__]  # PyTorch's address for it
INSTALL = 'pip install "minigan[tensorboard]"'
IN_A_ROW = 8  # pictures of a grid


@functools.cache
def _say(text: str) -> None:
    """A warning to whoever called the writer, once."""
    warnings.warn(text, stacklevel=3)


class SummaryWriter:
    """Writes to log_dir, by default a folder of this moment, this machine and the comment in runs/.

    purge_step: where a resumed run goes on; TensorBoard hides what came from there on before.
    flush_secs: how long what was written may stay with Python before the system stores it.
    max_queue: without effect, as nothing waits in a queue.
    Of every method: tag is the name that TensorBoard shows, global_step the place on its axis,
    walltime the moment, in seconds, by default now.
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
        moment = f"{time.strftime('%b%d_%H-%M-%S')}_{socket.gethostname()}{comment}"
        self.log_dir = str(log_dir or Path("runs", moment))
        self._events: EventFiles | None = None
        try:
            self._events = EventFiles(self.log_dir, flush_secs, filename_suffix, purge_step)
        except ImportError:
            with writing(self.log_dir):
                Path(self.log_dir).mkdir(parents=True, exist_ok=True)
            _say(
                f"SummaryWriter: tensorboardX is not installed. Scalars become lines of "
                f"scalars.csv and pictures files; all else is left out. {INSTALL} gives event files"
            )

    def get_logdir(self) -> str:
        """The folder that it writes to."""
        return self.log_dir

    # -- numbers -----------------------------------------------------------------------------------

    def add_scalar(
        self,
        tag: str,
        scalar_value: Any,
        global_step: Any = None,
        walltime: float | None = None,
        new_style: bool = False,
        double_precision: bool = False,
    ) -> None:
        """One number, or a tensor of one; without tensorboardX a line: step, tag, value.

        new_style: as a tensor of one number, with double_precision of 64 bits instead of 32.
        """
        value = _number(f"add_scalar({tag!r})", scalar_value)
        if self._events is None:
            self._line(tag, value, global_step)
        elif new_style:
            kept = {"dtype": "DT_FLOAT", "float_val": [value]}
            if double_precision:
                kept = {"dtype": "DT_DOUBLE", "double_val": [value]}
            of_scalars = {"plugin_data": {"plugin_name": "scalars"}}
            values = [{"tag": tag, "tensor": kept, "metadata": of_scalars}]
            message = self._events.proto.summary_pb2.Summary(value=values)
            self._events.add(message, _whole(global_step), walltime)
        else:
            self._events.scalar(tag, value, _whole(global_step), walltime)

    def add_scalars(
        self,
        main_tag: str,
        tag_scalar_dict: Mapping[str, Any],
        global_step: Any = None,
        walltime: float | None = None,
    ) -> None:
        """Several numbers in one chart; each line is a folder below log_dir, as in PyTorch."""
        for tag, value in tag_scalar_dict.items():
            number = _number(f"add_scalars({main_tag!r}, {tag!r})", value)
            if self._events is None:
                self._line(f"{main_tag}/{tag}", number, global_step)
            else:
                below = f"{main_tag.replace('/', '_')}_{tag}"
                self._events.scalar(main_tag, number, _whole(global_step), walltime, below)

    def _line(self, tag: str, value: float, step: Any) -> None:
        path = Path(self.log_dir, "scalars.csv")
        with writing(path), open(path, "a", newline="", encoding="utf-8") as file:
            csv.writer(file).writerow([_whole(step), tag, value])

    def add_hparams(
        self,
        hparam_dict: dict[str, Any],
        metric_dict: dict[str, Any],
        hparam_domain_discrete: dict[str, list[Any]] | None = None,
        run_name: str | None = None,
        global_step: Any = None,
    ) -> None:
        """Settings (numbers, texts, truth values) and what came of them, in a folder run_name."""
        if type(hparam_dict) is not dict or type(metric_dict) is not dict:
            raise TypeError("add_hparams: the settings and the metrics are dicts by name")
        if hparam_domain_discrete:
            raise NotImplementedError(
                "add_hparams: hparam_domain_discrete: tensorboardX knows no domains; leave it out, "
                "TensorBoard offers the values that it finds"
            )
        settings = {name: _plain(name, value) for name, value in hparam_dict.items()}
        if self._events is None:
            return
        files = EventFiles(Path(self.log_dir, run_name or str(time.time())))
        for message in self._events.make.hparams(settings, metric_dict):
            files.add(message, _whole(global_step))
        for name, value in metric_dict.items():
            files.scalar(name, _number(f"add_hparams: {name}", value), _whole(global_step))
        files.close()

    # -- pictures ----------------------------------------------------------------------------------

    def add_image(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "CHW",
    ) -> None:
        """A picture of bytes, or of numbers in [0, 1]; others are cut off. 1, 3 or 4 channels.

        dataformats: which axis is which, as CHW, HWC, HW; with an N several pictures, as NCHW.
        """
        pixels = _pixels(f"add_image({tag!r})", to_array(img_tensor), dataformats)
        self._picture(tag, pixels, global_step, walltime)

    def add_images(
        self,
        tag: str,
        img_tensor: Any,
        global_step: Any = None,
        walltime: float | None = None,
        dataformats: str = "NCHW",
    ) -> None:
        """Several pictures in a grid, eight in a row, without borders; see add_image."""
        pixels = _pixels(f"add_images({tag!r})", to_array(img_tensor), dataformats)
        self._picture(tag, pixels, global_step, walltime)

    def add_figure(
        self,
        tag: str,
        figure: Any,
        global_step: Any = None,
        close: bool = True,
        walltime: float | None = None,
    ) -> None:
        """A figure of matplotlib's, or a list of them; closed then, unless close=False."""
        several = figure if isinstance(figure, list) else [figure]
        pixels = _pixels("add_figure", numpy.stack([_drawn(each) for each in several]), "NHWC")
        self._picture(tag, pixels, global_step, walltime)
        if close:
            from matplotlib import pyplot

            for each in several:
                pyplot.close(each)

    def add_video(
        self,
        tag: str,
        vid_tensor: Any,
        global_step: Any = None,
        fps: int | float = 4,
        walltime: float | None = None,
    ) -> None:
        """Videos (N, T, C, H, W) side by side as one GIF, of bytes or of numbers in [0, 1]."""
        from PIL import Image

        videos = to_array(vid_tensor)
        if videos.ndim != 5:
            raise ValueError(
                f"add_video({tag!r}): a shape (N, T, C, H, W) is needed, this has {videos.shape}"
            )
        frames = [_pixels("add_video", videos[:, t], "NCHW") for t in range(videos.shape[1])]
        first, *others = [Image.fromarray(frame) for frame in frames]
        options = {"save_all": True, "append_images": others, "duration": 1000 / fps, "loop": 0}
        self._picture(tag, frames[0], global_step, walltime, first, "GIF", **options)

    def _picture(
        self,
        tag: str,
        pixels: numpy.ndarray,
        step: Any,
        walltime: Any,
        image: Any = None,
        form: str = "PNG",
        **options: Any,
    ) -> None:
        """Into the event file, or into a file <tag>_<step>.png or .gif."""
        from PIL import Image

        encoded = io.BytesIO()
        (image or Image.fromarray(pixels)).save(encoded, form, **options)
        if self._events is not None:
            content = encoded.getvalue()
            self._events.picture(tag, pixels.shape, content, _whole(step), walltime)
            return
        words = tag if step is None else f"{tag}_{_whole(step)}"
        name = "".join(c if c.isalnum() else "_" for c in words)
        with replacing(Path(self.log_dir, f"{name}.{form.lower()}")) as path:
            path.write_bytes(encoded.getvalue())

    # -- what TensorBoard alone shows --------------------------------------------------------------

    def add_histogram(
        self,
        tag: str,
        values: Any,
        global_step: Any = None,
        bins: Any = "tensorflow",
        walltime: float | None = None,
        max_bins: int | None = None,
    ) -> None:
        """How the values of a tensor lie. bins: edges, or a rule of numpy.histogram's."""
        edges = _edges() if isinstance(bins, str) and bins == "tensorflow" else bins
        self._message("histogram", global_step, walltime, tag, to_array(values), edges, max_bins)

    def add_text(
        self, tag: str, text_string: str, global_step: Any = None, walltime: float | None = None
    ) -> None:
        """A text in Markdown."""
        self._message("text", global_step, walltime, tag, text_string)

    def add_embedding(
        self,
        mat: Any,
        metadata: Any = None,
        label_img: Any = None,
        global_step: Any = None,
        tag: str = "default",
        metadata_header: list[str] | None = None,
    ) -> None:
        """Points (N, D) for the projector, with labels, and with square pictures (N, C, H, H).

        metadata_header: what the columns are called, where each label is a list of several.
        """
        points, pictures = to_array(mat), None if label_img is None else to_array(label_img)
        _check_embedding(points, metadata, pictures)
        if self._events is None:
            return
        from PIL import Image
        from tensorboardX import embedding

        step = _whole(global_step) or 0
        escaped = tag.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c")
        below = f"{step:05}/{escaped}"
        folder = Path(self.log_dir, below)
        if folder.exists():
            _say(f"add_embedding: {folder} is there already; give each a global_step of its own")
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)
            embedding.make_mat(points, str(folder))
            if metadata is not None:
                labels = metadata.tolist() if isinstance(metadata, Tensor) else list(metadata)
                embedding.make_tsv(labels, str(folder), metadata_header)
            if pictures is not None:  # as many columns as rows, the last ones black
                columns = int(numpy.ceil(len(pictures) ** 0.5))
                square = numpy.zeros((columns**2, *pictures.shape[1:]), pictures.dtype)
                square[: len(pictures)] = pictures
                sprite = _pixels("add_embedding", square, "NCHW", columns)
                Image.fromarray(sprite).save(folder / "sprite.png")
            embedding.append_pbtxt(metadata, pictures, self.log_dir, below, step, tag)

    def add_graph(
        self,
        model: Any,
        input_to_model: Any = None,
        verbose: bool = False,
        use_strict_trace: bool = True,
    ) -> None:
        """Left out, with a warning: autograd.draw draws a network."""
        _say(
            "SummaryWriter.add_graph: left out, as it is PyTorch's tracer that makes these graphs; "
            "minigan.autograd.draw(model(x), model=model).save('graph.svg') draws one"
        )

    def _message(self, kind: str, step: Any, walltime: Any, *values: Any) -> None:
        """What tensorboardX makes of the values, into the event file."""
        if self._events is None:
            return
        message = getattr(self._events.make, kind)(*values)
        if kind == "histogram":  # where tensorboardX would write its own spelling of the tag
            message.value[0].tag = values[0]
        self._events.add(message, _whole(step), walltime)

    def flush(self) -> None:
        """Have the system store what was written."""
        if self._events is not None:
            self._events.flush()

    def close(self) -> None:
        """Let go of the files; what is added after that begins new ones."""
        if self._events is not None:
            self._events.close()

    def __enter__(self) -> "SummaryWriter":
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


# -- values ----------------------------------------------------------------------------------------


def _number(who: str, value: Any) -> float:
    array = to_array(value)
    if array.size != 1:
        raise ValueError(f"{who}: one number is needed, this has shape {array.shape}: .mean() it")
    return float(array.item())


def _whole(step: Any) -> int | None:
    return None if step is None else int(to_array(step).item())


def _plain(name: str, value: Any) -> Any:
    """A setting as Python has it."""
    if isinstance(value, (bool, int, float, str)) or value is None:
        return value
    if hasattr(value, "dtype") and value.shape in ((), (1,)):
        return to_array(value).item()
    raise ValueError(
        f"add_hparams: {name} is of type {type(value).__name__}; give a number, a text or a bool"
    )


@functools.cache
def _edges() -> list[float]:
    """The buckets' edges that PyTorch and TensorFlow use: in steps of 10 %, up and down from 0."""
    edges = [1e-12]
    while edges[-1] * 1.1 < 1e20:
        edges.append(edges[-1] * 1.1)
    return [*(-edge for edge in reversed(edges)), 0.0, *edges]


def _pixels(who: str, picture: numpy.ndarray, axes: str, columns: int = IN_A_ROW) -> numpy.ndarray:
    """A picture, or several as a grid, as bytes (H, W, 3 or 4), rounded down as PyTorch does."""
    axes = axes.upper()
    if len(axes) != picture.ndim or not set("HW") <= set(axes) <= set("NCHW"):
        raise ValueError(
            f"{who}: a picture of shape {picture.shape} is not {axes!r}; say by dataformats which "
            f"axis is which, as in 'CHW', 'HWC', 'HW' or 'NCHW'"
        )
    if picture.dtype != "uint8":
        unit = numpy.nan_to_num(picture).clip(0, 1).astype("float32")
        picture = (unit * 255).astype("uint8")
    absent = "".join(axis for axis in "NC" if axis not in axes)
    full = picture.reshape(picture.shape + (1,) * len(absent))
    canvas = tiled(full.transpose([(axes + absent).index(a) for a in "NCHW"]), columns, 0, 0)
    if len(canvas) not in (1, 3, 4) or canvas.size == 0:
        raise ValueError(f"{who}: a picture has 1, 3 or 4 channels; the shape is {picture.shape}")
    canvas = canvas.repeat(3, axis=0) if len(canvas) == 1 else canvas
    return numpy.ascontiguousarray(canvas.transpose(1, 2, 0))


def _drawn(figure: Any) -> numpy.ndarray:
    """A figure's pixels (H, W, 3)."""
    from PIL import Image

    png = io.BytesIO()
    figure.savefig(png, format="png")
    return numpy.asarray(Image.open(png).convert("RGB"))


def _check_embedding(points: numpy.ndarray, labels: Any, pictures: numpy.ndarray | None) -> None:
    if points.ndim != 2:
        raise ValueError(f"add_embedding: points (N, D) are needed, these have {points.shape}")
    for name, values in (("labels", labels), ("pictures", pictures)):
        if values is not None and len(values) != len(points):
            raise ValueError(f"add_embedding: {len(values)} {name} for {len(points)} points")
    if pictures is not None and (pictures.ndim != 4 or pictures.shape[2] != pictures.shape[3]):
        raise ValueError(
            f"add_embedding: square pictures (N, C, H, H) are needed, these have {pictures.shape}"
        )


_cure = "the writer tensorboardX.SummaryWriter(writer.log_dir) has it, and takes x.numpy()"
refuse("SummaryWriter", SummaryWriter, cures=dict.fromkeys(ELSEWHERE, _cure))
