"""The table of shapes and arguments: for every public layer and function, what fits and what else.

A row has inputs that fit, the usual arguments, and for each argument what else it might be. From it
come calls with one or two arguments changed and with every axis of every input longer, shorter,
gone or new, and with other number types. test_refused.py makes each call with PyTorch and with us.
"""

import itertools
import math
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

# -- what a row is made of -------------------------------------------------------------------------

Shape = tuple[int, ...]
THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"
FLOATS, WHOLE = ("float64", "float16"), ("int64", "int32", "bool")


@dataclass(frozen=True)
class T:
    """A tensor to be: its values are "normal", "unit" (probabilities), below a number, or these."""

    shape: Shape
    dtype: str = "float32"
    values: Any = "normal"
    learned: bool = True

    def array(self, seed: int) -> np.ndarray:
        rng = np.random.default_rng([seed, *self.shape])
        if isinstance(self.values, list):
            drawn = np.resize(np.array(self.values), self.shape)
        elif self.values == "unit":
            drawn = rng.uniform(0.05, 0.95, self.shape)
        elif self.values == "normal":
            drawn = rng.standard_normal(self.shape)
        else:
            drawn = rng.integers(0, self.values, self.shape)
        return np.asarray(drawn).astype(self.dtype)

    def as_type(self, dtype: str) -> "T":
        floats = isinstance(self.values, str)
        return replace(self, dtype=dtype, values=2 if floats and dtype in WHOLE else self.values)


def t(*shape: int) -> T:
    return T(shape)


def labels(*shape: int, below: int = 3, dtype: str = "int64") -> T:
    return T(shape, dtype, below)


def mutations(shape: Shape) -> Iterator[Shape]:
    """The shape with one axis longer, shorter, single, empty, doubled, gone or new; and turned."""
    for i, n in enumerate(shape):
        for other in sorted({0, 1, max(n - 1, 0), n + 1, 2 * n} - {n}):
            yield (*shape[:i], other, *shape[i + 1 :])
        yield (*shape[:i], *shape[i + 1 :])
    yield from ((1, *shape), (*shape, 1), (2, *shape))
    if len(shape) > 1:
        yield from ((), (1,) * len(shape), shape[::-1], shape[1:] + shape[:1], (1, 1, *shape))


Call = tuple[dict[str, Any], tuple[T, ...], bool]  # arguments, inputs, whether in training


@dataclass(frozen=True)
class Row:
    name: str
    inputs: tuple[T, ...]
    base: dict[str, Any]
    others: dict[str, list[Any]]
    random: bool  # only shapes can be compared
    train: tuple[bool, ...]
    types: bool  # whether to try other number types, which test_types.py may do instead

    def calls(self) -> Iterator[Call]:
        """Every call once: all changes of one thing, and some of two (all, if thorough)."""
        seen = set()
        for arguments, inputs in self._calls():
            for train in self.train:
                if (key := repr((arguments, inputs, train))) not in seen:
                    seen.add(key)
                    yield arguments, inputs, train

    def _calls(self) -> Iterator[tuple[dict[str, Any], tuple[T, ...]]]:
        some = random.Random(f"{self.name} {self.inputs}").sample
        changes = [{name: v} for name, values in self.others.items() for v in values]
        for name, value in self.base.items():
            if isinstance(value, T):
                changes += [{name: replace(value, shape=shape)} for shape in mutations(value.shape)]
        inputs = [*self._inputs()]
        yield from ((self.base, other) for other in [self.inputs, *inputs])
        for change in changes:
            chosen = inputs if THOROUGH else some(inputs, min(2, len(inputs)))
            yield from (({**self.base, **change}, other) for other in [self.inputs, *chosen])
        pairs = [(a, b) for a, b in itertools.combinations(changes, 2) if a.keys() != b.keys()]
        for one, two in pairs if THOROUGH else some(pairs, min(24, len(pairs))):
            yield {**self.base, **one, **two}, self.inputs

    def _inputs(self) -> Iterator[tuple[T, ...]]:
        for i, given in enumerate(self.inputs):
            before, after = self.inputs[:i], self.inputs[i + 1 :]
            changed = [replace(given, shape=shape) for shape in mutations(given.shape)]
            changed += [given.as_type(dtype) for dtype in (*FLOATS, *WHOLE) if self.types]
            yield from ((*before, other, *after) for other in changed)
        if len(self.inputs) > 1 and self.types:  # all of another type
            for dtype in (*FLOATS, *WHOLE):
                floats = [x.as_type(dtype) if x.dtype == "float32" else x for x in self.inputs]
                yield tuple(floats)


ROWS: dict[str, list[Row]] = {}


def row(
    name: str,
    *inputs: T,
    base: dict[str, Any] | None = None,
    random: bool = False,
    train: tuple[bool, ...] = (True,),
    types: bool = True,
    **others: list[Any],
) -> None:
    ROWS.setdefault(name, []).append(Row(name, inputs, base or {}, others, random, train, types))


# fmt: off
# -- activations -----------------------------------------------------------------------------------

AXES = [None, -3, -2, -1, 0, 1, 2, 3]
for name in ("ReLU", "SELU", "SiLU", "ReLU6"):
    row(f"nn.{name}", t(2, 3), inplace=[False])
for name in ("relu", "selu", "silu", "relu6"):
    row(f"F.{name}", t(2, 3), inplace=[False])
for name in ("Tanh", "Sigmoid", "LogSigmoid", "Identity"):
    row(f"nn.{name}", t(2, 3), types=name == "LogSigmoid")
for name in ("tanh", "sigmoid", "logsigmoid"):
    row(f"F.{name}", t(2, 3), types=name == "logsigmoid")
for place in ("nn.LeakyReLU", "F.leaky_relu"):
    row(place, t(2, 3), negative_slope=[0.2, 0.0, -0.5, 1.5])
for place in ("nn.ELU", "F.elu"):
    row(place, t(2, 3), alpha=[0.5, 2.0, -1.0, 0.0])
row("nn.Hardtanh", t(2, 3), min_val=[-0.5, 0.0, 2.0], max_val=[0.5, 2.5, -2.0], min_value=[-0.5], max_value=[0.5])
row("F.hardtanh", t(2, 3), min_val=[-0.5, 0.0, 2.0], max_val=[0.5, 2.0, -2.0])
for place in ("nn.Softplus", "F.softplus"):
    row(place, t(2, 3), beta=[0.5, 2.0, 1], threshold=[0.5, 20, 30.0])
for place in ("nn.Softmax", "F.softmax", "nn.LogSoftmax", "F.log_softmax"):
    row(place, t(2, 3, 4), base={"dim": 1}, dim=AXES)
    if place.startswith("F"):
        row(place, t(2, 3), base={"dim": 1}, dtype=["float64", "float32"])
for name, more in {"relu_": {}, "selu_": {}, "elu_": {"alpha": [0.5, -1.0]}, "leaky_relu_": {"negative_slope": [0.2, 0.0]},
                   "hardtanh_": {"min_val": [-0.5, 2.0], "max_val": [0.5, -2.0]}}.items():
    row(f"F.{name}", T((2, 3), learned=False), **more)
for place in ("nn.GELU", "F.gelu"):
    row(place, t(2, 3), approximate=["none", "tanh", "TANH", "sigmoid"])
for place in ("nn.GLU", "F.glu"):
    row(place, t(2, 4, 6), dim=AXES[1:])
row("nn.PReLU", t(2, 3, 4), num_parameters=[1, 3, 2, 0, -1], init=[0.1, -0.5])
row("F.prelu", t(2, 3, 4), base={"weight": t(3)}, weight=[t(1), t(), t(4), t(3, 1), t(1, 1), t(2)])
row("F.gumbel_softmax", t(2, 3), random=True, tau=[1.0, 0.5], hard=[True], dim=AXES[1:])
row("F.normalize", t(2, 3, 4), p=[1.0, 3.0, math.inf, 2, 0.5], dim=AXES, eps=[1e-3, 10.0])

# -- dense layers, embeddings, dropout, shapes ------------------------------------------------------

row("nn.Linear", t(2, 3), base={"in_features": 3, "out_features": 2}, in_features=[0, -1, 4], out_features=[1, 0, -1], bias=[False])
row("nn.Linear", t(2, 3, 3), base={"in_features": 3, "out_features": 2}, bias=[False])
row("F.linear", t(2, 3), base={"weight": t(4, 3), "bias": t(4)}, bias=[None, t(1), t(2, 4), t(), t(3)])
row("F.linear", t(2, 3, 3), base={"weight": t(4, 3)}, bias=[None, t(1), t(2, 4), t(), t(4), t(3, 4)])
row("F.linear", t(3), base={"weight": t(4, 3)}, weight=[t(3)], bias=[None, t(1), t(2, 4), t(), t(4)])
row("nn.Embedding", labels(2, 3), base={"num_embeddings": 5, "embedding_dim": 2}, num_embeddings=[3, 2, 0, -1], embedding_dim=[1, 0, -1],
    padding_idx=[0, -1, 4, -5, 5, -6], scale_grad_by_freq=[True], max_norm=[1.0], sparse=[True], norm_type=[1.0])
row("F.embedding", labels(2, 3), base={"weight": t(5, 2)}, padding_idx=[0, -1, 4, -5, 5, -6], scale_grad_by_freq=[True], max_norm=[1.0], sparse=[True])
for wrong in (T((3,), "int64", [-1]), T((3,), "int64", [5]), T((3,), "float32", 3), T((3,), "bool", 2), T((3,), "int32", 3), T((3,), "uint8", 3), T((3,), "int16", 3)):
    row("F.embedding", wrong, base={"weight": t(5, 2)})
    row("nn.Embedding", wrong, base={"num_embeddings": 5, "embedding_dim": 2})
row("F.one_hot", labels(2, 3), num_classes=[-1, 3, 4, 2, 0, -2, 1])
for wrong in (T((3,), "int64", [-1]), T((3,), "float32", 3), T((3,), "bool", 2), T((3,), "int32", 3), T((3,), "uint8", 3)):
    row("F.one_hot", wrong, num_classes=[-1, 5])
P = [0, 1, 0.3, 1.0, -0.1, 1.1]
row("nn.Dropout", t(2, 3), random=True, train=(True,), p=P)
row("nn.Dropout", t(2, 3), train=(False,), p=P)
row("nn.Dropout2d", t(2, 3, 4, 4), random=True, train=(True,), p=P)
row("nn.Dropout2d", t(2, 3, 4, 4), train=(False,), p=P)
for name, shape in {"dropout": (2, 3), "dropout2d": (2, 3, 4, 4)}.items():
    row(f"F.{name}", t(*shape), random=True, p=P)
    row(f"F.{name}", t(*shape), base={"training": False}, p=P)
    row(f"F.{name}", t(*shape), base={"p": 1.0}, p=[0.0])
row("nn.Flatten", t(2, 3, 4), start_dim=AXES[1:], end_dim=AXES[1:])
row("nn.Unflatten", t(2, 6, 3), base={"dim": 1, "unflattened_size": (2, 3)}, dim=[-2, 0, 2, 3, -4],
    unflattened_size=[(6,), (-1, 2), (2, -1), (4, 2), (-1, -1), (), [3, 2], (1, 6), (2, 3, 0), (6, -1), (-2, -3), 6])
for place, ctor in (("nn.PixelShuffle", "upscale_factor"), ("F.pixel_shuffle", "upscale_factor"), ("nn.PixelUnshuffle", "downscale_factor"), ("F.pixel_unshuffle", "downscale_factor")):
    shape = (2, 8, 3, 5) if "shuffle" in place.lower() and "un" not in place.lower() else (2, 3, 4, 6)
    row(place, t(*shape), base={ctor: 2}, **{ctor: [1, 3, 0, -1, -2, 2.0]})
    row(place, t(*shape[1:]), base={ctor: 2})

# -- normalisations --------------------------------------------------------------------------------

BN = {"eps": [1e-3, 0.0], "momentum": [0.5, None, 0.0, 1.0], "affine": [False], "track_running_stats": [False], "bias": [False]}
for name, shape in {"BatchNorm1d": (4, 3), "BatchNorm2d": (2, 3, 4, 4)}.items():
    row(f"nn.{name}", t(*shape), base={"num_features": 3}, train=(True, False), num_features=[1, 2, 4, 0, -1], **BN)
row("nn.BatchNorm1d", t(2, 3, 4), base={"num_features": 3}, train=(True, False), num_features=[1, 2, 4], **BN)
for name, shape in {"InstanceNorm1d": (2, 3, 4), "InstanceNorm2d": (2, 3, 4, 4)}.items():
    for size in (shape, shape[1:]):
        for base in ({}, {"affine": True}, {"track_running_stats": True}):
            row(f"nn.{name}", t(*size), base={"num_features": 3, **base}, train=(True, False), num_features=[1, 2, 4, 0, -1], eps=[1e-3], momentum=[0.5, 0.0, 1.0],
                bias=[False], affine=[True])
ROOM = {"running_mean": t(3), "running_var": T((3,), values="unit"), "weight": t(3), "bias": t(3)}
for size in ((4, 3), (2, 3, 4), (2, 3, 4, 4), (2, 3, 2, 2, 2)):
    row("F.batch_norm", t(*size), base=ROOM, training=[True], momentum=[0.5], eps=[1e-3], weight=[None], bias=[None])
    row("F.batch_norm", t(*size), base={"running_mean": None, "running_var": None}, training=[True, False], running_mean=[t(3)], running_var=[T((3,), values="unit")])
for size in ((2, 3, 4), (2, 3, 4, 4), (3, 4)):
    row("F.instance_norm", t(*size), use_input_stats=[False], momentum=[0.5], eps=[1e-3], weight=[None, t(3), t(1), t(4)], bias=[None, t(3), t(4), t(1), t(3, 1)])
    row("F.instance_norm", t(*size), base=ROOM, use_input_stats=[False], momentum=[0.5, 0.0], eps=[1e-3], weight=[None], bias=[None])
row("nn.LayerNorm", t(2, 3, 4), base={"normalized_shape": 4}, normalized_shape=[(4,), [3, 4], (2, 3, 4), (3,), 3, 1, (1,), (3, 1), (), (5, 2, 3, 4), 0, -1, (4, 3), (1, 4)],
    eps=[1e-3, 0.0], elementwise_affine=[False], bias=[False])
row("nn.LayerNorm", t(1, 4), base={"normalized_shape": [3, 4]}, elementwise_affine=[False])
row("F.layer_norm", t(2, 3, 4), base={"normalized_shape": (4,)}, normalized_shape=[[3, 4], (2, 3, 4), (3,), (1,), (), 4, (5, 2, 3, 4)],
    weight=[t(4), t(1), t(3, 4), t(3), t(), t(1, 4)], bias=[t(4), t(1), t(3, 4), t(3), t(), t(1, 4)], eps=[1e-3])
for size in ((2, 4, 3, 3), (2, 4), (2, 4, 5)):
    row("nn.GroupNorm", t(*size), base={"num_groups": 2, "num_channels": 4}, num_groups=[1, 4, 3, 0, -1, 8], num_channels=[2, 6, 1, 0, 8], eps=[1e-3], affine=[False], bias=[False])
    row("F.group_norm", t(*size), base={"num_groups": 2, "weight": t(4)}, num_groups=[1, 4, 3, 0, -1, 8], weight=[None, t(1), t(2), t(4, 1), t()], bias=[t(4), t(1), t(2), t(4, 1), t()], eps=[1e-3])
row("nn.GroupNorm", t(2, 6, 3, 3), base={"num_groups": 1, "num_channels": 1})

# -- convolutions ----------------------------------------------------------------------------------

CONV = {"stride": [2, (2,), 0, -1], "padding": [1, 2, -1, "same", "valid", "some", (1,)], "dilation": [2, 0, (2,), -1], "groups": [2, 3, 0, -1, 4],
        "kernel_size": [1, 2, 3, 6, 0, -1, (2,)], "bias": [False], "in_channels": [2, 0, 8], "out_channels": [4, 3, 0],
        "padding_mode": ["reflect", "replicate", "circular", "zeros", "ones"]}
PAIRS = {"stride": [(2, 1), (1, 2, 3), [2, 1]], "padding": [(1, 0), (1, 2, 3), (0, 1, 2, 1)], "dilation": [(2, 1), (1, 2, 3)], "kernel_size": [(2, 3), (1, 2, 3)]}
both = {k: CONV[k] + PAIRS.get(k, []) for k in CONV}
SIZES = {"in_channels": 4, "out_channels": 4, "kernel_size": 3}
row("nn.Conv1d", t(2, 4, 7), base=SIZES, **CONV)
row("nn.Conv1d", t(4, 7), base=SIZES, **CONV)
row("nn.Conv2d", t(2, 4, 6, 5), base=SIZES, **both)
row("nn.Conv2d", t(4, 6, 5), base=SIZES, **both)
EXTRA = {"output_padding": [1, 2, (1,), -1]}
row("nn.ConvTranspose1d", t(2, 4, 5), base=SIZES, **CONV, **EXTRA)
row("nn.ConvTranspose1d", t(4, 5), base=SIZES, **CONV, **EXTRA)
row("nn.ConvTranspose2d", t(2, 4, 4, 3), base=SIZES, **both, output_padding=[1, 2, (1,), -1, (1, 0), (0, 1, 2)])
row("nn.ConvTranspose2d", t(4, 4, 3), base=SIZES, **both, **EXTRA)
STEPS = {k: CONV[k] for k in ("stride", "padding", "dilation", "groups")}
row("F.conv1d", t(2, 4, 7), base={"weight": t(4, 4, 3), "bias": t(4)}, bias=[None, t(1), t(), t(3), t(4, 1)], **STEPS)
row("F.conv1d", t(2, 4, 7), base={"weight": t(4, 2, 3), "groups": 2})
row("F.conv1d", t(4, 7), base={"weight": t(4, 4, 3), "bias": t(4)}, **STEPS)
BOTH = {k: both[k] for k in STEPS}
row("F.conv2d", t(2, 4, 6, 5), base={"weight": t(4, 4, 3, 3), "bias": t(4)}, bias=[None, t(1), t(), t(3), t(4, 1)], **BOTH)
row("F.conv2d", t(2, 4, 6, 5), base={"weight": t(4, 2, 3, 2), "groups": 2}, padding=["same", 1])
row("F.conv2d", t(4, 6, 5), base={"weight": t(4, 4, 3, 3), "bias": t(4)}, **BOTH)
row("F.conv_transpose1d", t(2, 4, 5), base={"weight": t(4, 4, 3), "bias": t(4)}, bias=[None, t(1), t(), t(3), t(4, 1)], **STEPS, **EXTRA)
row("F.conv_transpose1d", t(2, 4, 5), base={"weight": t(4, 2, 3), "groups": 2, "bias": t(4)})
row("F.conv_transpose1d", t(4, 5), base={"weight": t(4, 4, 3), "bias": t(4)}, **STEPS, **EXTRA)
row("F.conv_transpose2d", t(2, 4, 4, 3), base={"weight": t(4, 4, 3, 3), "bias": t(4)}, bias=[None, t(1), t(), t(3), t(4, 1)], **BOTH, **EXTRA)
row("F.conv_transpose2d", t(2, 4, 4, 3), base={"weight": t(4, 2, 3, 2), "groups": 2, "bias": t(4)})
row("F.conv_transpose2d", t(4, 4, 3), base={"weight": t(4, 4, 3, 3), "bias": t(4)}, **BOTH, **EXTRA)

# -- pools, resizing, padding ----------------------------------------------------------------------

WINDOW = {"kernel_size": [1, 3, (2, 3), (2,), [2, 1], 0, -1, 9, (1, 2, 3)], "stride": [1, 2, 3, (1, 2), (2,), 0, -1, None, 4], "padding": [1, (1, 0), 2, -1, (1,), 3], "ceil_mode": [True]}
for size in ((2, 3, 5, 6), (3, 5, 6)):
    for place in ("nn.MaxPool2d", "F.max_pool2d"):
        row(place, t(*size), base={"kernel_size": 2}, **WINDOW, dilation=[2, (1, 2), 0], return_indices=[True])
        row(place, t(*size), base={"kernel_size": 3, "padding": 1, "ceil_mode": True}, stride=[1, 2, 3, 4])
    for place in ("nn.AvgPool2d", "F.avg_pool2d"):
        row(place, t(*size), base={"kernel_size": 2}, **WINDOW, count_include_pad=[False], divisor_override=[3, 1, 0, -2])
        row(place, t(*size), base={"kernel_size": 3, "padding": 1, "ceil_mode": True}, stride=[1, 2, 3, 4], count_include_pad=[False], divisor_override=[2])
    for place in ("nn.AdaptiveAvgPool2d", "F.adaptive_avg_pool2d"):
        row(place, t(*size), base={"output_size": (2, 3)}, output_size=[1, (5, 6), 4, (7, 2), (None, 2), (2, None), None, (None, None), 0, -1, (0, 2), (1,), (1, 2, 3), [2, 2]])
LENGTHS = {"kernel_size": [1, 3, (3,), [2], 0, -1, 9, (1, 2)], "stride": [1, 2, 3, (2,), 0, -1, None, (1, 2)], "padding": [1, (1,), 2, -1, (1, 0)], "ceil_mode": [True]}
for size in ((2, 3, 7), (3, 7)):
    for place in ("nn.MaxPool1d", "F.max_pool1d"):
        row(place, t(*size), base={"kernel_size": 2}, **LENGTHS, dilation=[2, (2,), 0], return_indices=[True])
        row(place, t(*size), base={"kernel_size": 3, "padding": 1, "ceil_mode": True}, stride=[1, 2, 3, 4])
    for place in ("nn.AvgPool1d", "F.avg_pool1d"):
        row(place, t(*size), base={"kernel_size": 2}, **LENGTHS, count_include_pad=[False])
        row(place, t(*size), base={"kernel_size": 3, "padding": 1, "ceil_mode": True}, stride=[1, 2, 3, 4], count_include_pad=[False])
    for place in ("nn.AdaptiveAvgPool1d", "F.adaptive_avg_pool1d"):
        row(place, t(*size), base={"output_size": 3}, output_size=[1, (5,), 7, 9, 0, -1, [2], (1, 2)])
    for name in ("ZeroPad1d", "ReflectionPad1d", "ReplicationPad1d"):
        row(f"nn.{name}", t(*size), base={"padding": 1}, padding=[0, 3, (1, 2), [2, 0], (-1, 1), 6, 7, (0, 8), -1, -4, (1, 2, 3)])
    row("nn.ConstantPad1d", t(*size), base={"padding": 1, "value": 0.5}, padding=[0, 3, (1, 2), (-1, 1), 9, -4], value=[0, -1, 2.5])
PLACES_IN = T((2, 3, 2, 2), values="unit")
row("F.grid_sample", t(2, 3, 4, 5), PLACES_IN, base={"align_corners": False}, mode=["nearest", "bicubic", "bilinear", "linear"], padding_mode=["border", "reflection", "zeros", "circular"], align_corners=[True, None])
row("F.affine_grid", t(2, 2, 3), base={"size": (2, 3, 4, 5), "align_corners": False}, size=[(2, 1, 2, 2), (3, 3, 4, 5), (2, 3, 4), (2, 3, 0, 5), [2, 3, 4, 5]], align_corners=[True, None])
MODES = ["nearest", "bilinear", "bicubic", "linear", "trilinear", "area", "nearest-exact", "cubic", "NEAREST"]
RESIZE = {"mode": MODES, "align_corners": [True, False], "recompute_scale_factor": [True, False]}
for place in ("nn.Upsample", "F.interpolate", "F.upsample"):
    known = {"antialias": [True]} if place == "F.interpolate" else {}
    words = {k: v for k, v in RESIZE.items() if place != "F.upsample" or k != "recompute_scale_factor"}
    for mode in ("nearest", "bilinear", "bicubic", "area", "nearest-exact"):
        row(place, t(2, 3, 4, 5), base={"size": 3, "mode": mode}, size=[(3, 7), [2, 2], (3,), (1, 2, 3), 0, -1, (8, 10), 1, None, 2.0], scale_factor=[2], **words, **known)
        row(place, t(2, 3, 4, 5), base={"scale_factor": 2, "mode": mode}, scale_factor=[(2, 3), [1.5, 0.5], 1.6, 0.5, 0.1, 0, -1, (2,), (1, 2, 3), 1, None, 2.5] , size=[3], **words, **known)
    for mode in ("nearest", "linear"):
        row(place, t(2, 3, 4), base={"scale_factor": 2, "mode": mode}, scale_factor=[1.6, 0.5, (2,), [3], (1, 2), 0, -1, 0.1, None], size=[3], **words)
        row(place, t(2, 3, 4), base={"size": 3, "mode": mode}, size=[7, (2,), [5], (1, 2), 0, -1, None], **words)
for name in ("UpsamplingNearest2d", "UpsamplingBilinear2d"):
    row(f"nn.{name}", t(2, 3, 4, 5), base={"size": 3}, size=[(3, 7), (3,), (1, 2, 3), 0, -1, (8, 10), None, 1], scale_factor=[2, 1.5])
    row(f"nn.{name}", t(2, 3, 4, 5), base={"scale_factor": 2}, scale_factor=[(2, 3), 1.6, 0.1, 0, None])
BORDERS = [0, 1, 3, (1, 2, 0, 3), (1, 1, 1, 1), [1, 0, 2, 1], (-1, 1, 0, 0), (-1, -1, -1, -1), 4, 5, (0, 0, 4, 0), (5, 0, 0, 0), (1, 2), (1, 2, 3), (1, 1, 1, 1, 1, 1), -1, -2, -3, (-4, 0, 0, 0), (-5, 0, 0, 0), (-6, 5, 0, 0), (), 1.0, (-2, -3, 0, 0), (-2, -2, 0, 0)]
for name in ("ZeroPad2d", "ReflectionPad2d", "ReplicationPad2d"):
    for size in ((2, 3, 4, 5), (3, 4, 5)):
        row(f"nn.{name}", t(*size), base={"padding": 1}, padding=BORDERS)
row("nn.ConstantPad2d", t(2, 3, 4, 5), base={"padding": 1, "value": 0.5}, padding=BORDERS, value=[0, -1, 2.5])
for mode in ("constant", "reflect", "replicate", "circular", "zeros", "REFLECT"):
    for size in ((2, 3, 4, 5), (3, 4, 5), (2, 3, 4), (3, 4), (4,)):
        row("F.pad", t(*size), base={"pad": (1, 1), "mode": mode}, pad=[b for b in BORDERS if not isinstance(b, (int, float))] + [(0, 0), (2, 1), (4, 4), (5, 0), (-1, 1), 1], value=[None, 0, 1.5])

# -- losses ----------------------------------------------------------------------------------------

REDUCTION = {"reduction": ["mean", "sum", "none", "max", None, "SUM", "batchmean"], "size_average": [True, False], "reduce": [True, False]}
UNIT = T((4, 3), values="unit")
for place in ("nn.MSELoss", "F.mse_loss", "nn.L1Loss", "F.l1_loss"):
    for inputs in ((t(4, 3), t(4, 3)), (t(4, 1), t(4)), (t(4), t(4)), (t(), t()), (t(2, 3), t(1))):
        row(place, *inputs, **REDUCTION)
    if place.startswith("F"):
        row(place, t(4, 3), t(4, 3), weight=[t(4, 3), t(3), t(4), t(1), t(4, 1), t(2, 4, 3)], **REDUCTION)
for place in ("nn.SmoothL1Loss", "F.smooth_l1_loss"):
    for inputs in ((t(4, 3), t(4, 3)), (t(4, 1), t(4)), (t(), t())):
        row(place, *inputs, **REDUCTION, beta=[0.5, 2.0, 0.0, -1.0, 0, 1])
for place in ("nn.HuberLoss", "F.huber_loss"):
    weights = {"weight": [t(4, 3), t(3), t(4), t(1), t(4, 1), t(2, 4, 3)]} if place[0] == "F" else {}
    for inputs in ((t(4, 3), t(4, 3)), (t(4, 1), t(4)), (t(), t())):
        row(place, *inputs, reduction=REDUCTION["reduction"], delta=[0.5, 2.0, 0.0, -1.0, 1], **weights)
for place in ("nn.KLDivLoss", "F.kl_div"):
    for inputs in ((t(4, 3), UNIT), (t(4), replace(UNIT, shape=(4,))), (t(), replace(UNIT, shape=()))):
        row(place, *inputs, base={"reduction": "batchmean"}, **REDUCTION, log_target=[True])
    row(place, t(4), T((4,), values=[0.0, 0.5, 1.0, 0.0], learned=False), base={"reduction": "sum"}, log_target=[True])
SIGNS = T((4, 3), values=[1.0, -1.0, -1.0, 1.0, 1.0], learned=False)
for place in ("nn.HingeEmbeddingLoss", "F.hinge_embedding_loss"):
    row(place, t(4, 3), SIGNS, **REDUCTION, margin=[0.5, 0.0, -1.0, 2])
for place in ("nn.MarginRankingLoss", "F.margin_ranking_loss"):
    row(place, t(4, 3), t(4, 3), SIGNS, **REDUCTION, margin=[0.5, -1.0, 2])
for place in ("nn.TripletMarginLoss", "F.triplet_margin_loss"):
    row(place, t(4, 3), t(4, 3), t(4, 3), **REDUCTION, margin=[0.5, 0.0, -1.0, 2], p=[1.0, 3, math.inf], eps=[0.1], swap=[True])
for place in ("nn.CosineSimilarity", "F.cosine_similarity"):
    row(place, t(2, 3, 4), t(2, 3, 4), dim=[0, -1, 2, 3, -4], eps=[0.5, 10.0])
for place in ("nn.PairwiseDistance", "F.pairwise_distance"):
    row(place, t(4, 3), t(4, 3), p=[1.0, 3, math.inf], eps=[0.1, 0.0], keepdim=[True])
for place in ("nn.BCELoss", "F.binary_cross_entropy"):
    for inputs in ((UNIT, UNIT), (replace(UNIT, shape=(4, 1)), replace(UNIT, shape=(4,))), (replace(UNIT, shape=()), replace(UNIT, shape=()))):
        row(place, *inputs, **REDUCTION, weight=[t(4, 3), t(3), t(4), t(1), t(4, 1), t(2, 4, 3), t(), t(3, 4)])
    for values in ([-0.1, 0.5], [1.1, 0.5], [math.nan, 0.5], [0.0, 1.0], [0.0, 0.0]):
        row(place, T((2,), values=values), T((2,), values=[1.0, 0.0], learned=False), reduction=["none"], types=False)
        row(place, T((2,), values=[0.5, 0.2]), T((2,), values=values), reduction=["none"])
    row(place, UNIT, labels(4, 3, below=2))
    row(place, replace(UNIT, shape=(0, 1)), replace(UNIT, shape=(0, 1)), **REDUCTION)
    row(place, UNIT, replace(UNIT, dtype="float64"))
    row(place, labels(4, 3, below=2), UNIT)
for place in ("nn.BCEWithLogitsLoss", "F.binary_cross_entropy_with_logits"):
    for inputs in ((t(4, 3), UNIT), (t(4, 1), replace(UNIT, shape=(4,))), (t(), replace(UNIT, shape=()))):
        row(place, *inputs, **REDUCTION, weight=[t(4, 3), t(3), t(4), t(1), t(4, 1), t(2, 4, 3), t()],
            pos_weight=[T(s, values="unit") for s in ((4, 3), (3,), (4,), (1,), (4, 1), (2, 4, 3), ())])
    row(place, t(4, 3), labels(4, 3, below=2))
    row(place, t(4, 3), replace(UNIT, dtype="float64"))
    row(place, t(2), T((2,), values=[2.0, -1.0]), reduction=["none"])
WEIGHTS = [T((3,), values="unit"), T((2,), values="unit"), T((4,), values="unit"), T((1,), values="unit"), T((), values="unit"), T((3, 1), values="unit"), T((3,), "float64", "unit"), T((3,), "int64", 2)]
for place in ("nn.NLLLoss", "F.nll_loss", "nn.CrossEntropyLoss", "F.cross_entropy"):
    entropy = {"label_smoothing": [0.1, 1.0, -0.1, 1.1, 0]} if "ross" in place else {}
    for inputs in ((t(4, 3), labels(4)), (t(2, 3, 4), labels(2, 4)), (t(2, 3, 2, 2), labels(2, 2, 2)), (t(3), labels())):
        row(place, *inputs, **REDUCTION, **entropy, weight=WEIGHTS, ignore_index=[-1, 0, 1, 2, -100, 5])
    for kind in ("int32", "uint8", "bool", "float32", "int16", "float64"):
        row(place, t(4, 3), labels(4, dtype=kind))
    for values in ([3, 0], [-1, 0], [-100, 0], [-100, -100], [-1, -1], [255, 0], [-2, 1]):
        row(place, t(2, 3), T((2,), "int64", values), ignore_index=[-1, 255, -100, 3], weight=[T((3,), values="unit")], **REDUCTION, **entropy)
        row(place, t(1, 3, 2), T((1, 2), "int64", values), ignore_index=[-1, 255, -100, 3], reduction=["sum", "none"], **entropy)
    if "ross" in place:
        for inputs in ((t(4, 3), UNIT), (t(2, 3, 4), T((2, 3, 4), values="unit")), (t(3), T((3,), values="unit"))):
            row(place, *inputs, **REDUCTION, **entropy, weight=WEIGHTS, ignore_index=[-1, 0, 1])
        row(place, t(4, 3), replace(UNIT, dtype="float64"))
    row(place, labels(4, 3), labels(4))
    row(place, T((4, 3), "float64"), labels(4), weight=WEIGHTS)
    row(place, t(0, 3), labels(0), **REDUCTION)

# -- initial values --------------------------------------------------------------------------------

for name, others in {
    "uniform_": {"a": [-1.0, 2.0], "b": [0.5, -1.0]}, "normal_": {"mean": [1.0], "std": [0.5, 0.0, -1.0]}, "zeros_": {}, "ones_": {},
    "eye_": {}, "orthogonal_": {"gain": [0.5]}, "xavier_uniform_": {"gain": [0.5, -1.0, 0.0]}, "xavier_normal_": {"gain": [0.5, -1.0, 0.0]},
    "kaiming_uniform_": {"a": [0.5, 1], "mode": ["fan_in", "fan_out", "FAN_IN", "fan_up"], "nonlinearity": ["relu", "tanh", "gelu", "linear", "conv2d", "selu", "sigmoid", "leaky_relu", "conv_transpose3d", "convoluted"]},
    "kaiming_normal_": {"a": [0.5, 1], "mode": ["fan_in", "fan_out", "FAN_IN", "fan_up"], "nonlinearity": ["relu", "tanh", "gelu", "linear", "conv2d", "selu", "sigmoid"]},
}.items():
    row(f"init.{name}", t(4, 3), types=name != "orthogonal_", random=name not in ("zeros_", "ones_", "eye_"), **others)
    row(f"init.{name}", t(4, 3, 2, 2), types=name != "orthogonal_", random=name not in ("zeros_", "ones_", "eye_"))
row("init.constant_", t(4, 3), base={"val": 0.5}, val=[1, -2.0])
# fmt: on
