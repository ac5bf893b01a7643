"""Every convolution of the DCGAN, forward and both gradients, beside PyTorch's.

Batch 64, float32. PyTorch runs in its default and in channels-last layout; the faster one counts.
A checksum of each result must agree.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence
from typing import Any

import harness
import numpy as np
import peers
from peers import minigan, torch
from record import Figure, find, ratios

from parts import asked

OPS = ("forward", "by input", "by weight")
WIDTHS, BATCH = (32, 64), 64
PEERS = (*peers.OURS, "torch-eager", "torch-channels_last")
HEADS = {"minigan": "minigan", "minigan+jit": "+jit", "torch-eager": "torch"}  # columns are narrow
HEADS["torch-channels_last"] = "ch. last"


def layers(width: int) -> dict[str, tuple[Any, ...]]:
    """name → (input C, H; output channels; kernel, stride, padding) of S3's convolutions.

    A transposed convolution is the trio of the convolution that it transposes: its forward pass is
    "by input" and the reverse. So each of G's layers is listed by that convolution.
    """
    c = [width * 2**i for i in range(4)]
    named = {
        f"D {a}→{b}, {s}×{s}": (a, s, b, 4, 2, 1)
        for a, b, s in ((1, c[0], 64), (c[0], c[1], 32), (c[1], c[2], 16), (c[2], c[3], 8))
    }
    named[f"D {c[3]}→1, 4×4"] = (c[3], 4, 1, 4, 1, 0)
    named[f"G 100→{c[3]}, 1×1"] = (c[3], 4, 100, 4, 1, 0)
    return named  # G's other layers have the shapes of D's, with the roles exchanged


def arrays(layer: tuple[Any, ...]) -> tuple[np.ndarray, ...]:
    """x, weight and the gradient of the output, the same in every process."""
    c, h, o, k, s, p = layer
    rng = np.random.default_rng(0)
    out = (h + 2 * p - k) // s + 1
    shapes = (BATCH, c, h, h), (o, c, k, k), (BATCH, o, out, out)
    return tuple(rng.standard_normal(shape, dtype=np.float32) for shape in shapes)


def ours(B: Any, layer: tuple[Any, ...]) -> list[Callable[[], Any]]:
    """minigan's three kernels on channels-last memory, as its layers hand it on."""
    _, h, _, k, s, p = layer
    x, w, g = arrays(layer)
    x, g = (np.ascontiguousarray(a.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2) for a in (x, g))
    options = (s, s), (p, p)
    return [
        lambda: B.kernels.conv2d(x, w, *options),
        lambda: B.kernels.conv2d_input(g, w, (h, h), *options),
        lambda: B.kernels.conv2d_weight(x, g, (k, k), *options),
    ]


def torchs(torch: Any, layer: tuple[Any, ...], form: list[str]) -> list[Callable[[], Any]]:
    """PyTorch's three kernels."""
    *_, s, p = layer
    layout = torch.channels_last if "channels_last" in form else torch.contiguous_format
    x, w, g = (torch.from_numpy(a).to(memory_format=layout) for a in arrays(layer))

    def backward(mask: list[bool]) -> Callable[[], Any]:
        return lambda: torch.ops.aten.convolution_backward(
            g, x, w, None, [s, s], [p, p], [1, 1], False, [0, 0], 1, mask
        )[mask.index(True)]

    return [
        lambda: torch.nn.functional.conv2d(x, w, None, s, p),
        backward([True, False, False]),
        backward([False, True, False]),
    ]


def checksum(result: Any) -> list[float]:
    """A few numbers that see every element: its sum against fixed random weights, and its size."""
    array = np.asarray(result, np.float64)
    weights = np.random.default_rng(1).standard_normal(array.size).reshape(array.shape)
    norm = float(np.linalg.norm(array))
    return [float((array * weights).sum()) / norm, norm / array.size**0.5]


def child(part: str, options: argparse.Namespace) -> None:
    library, form = peers.split(options.peer)
    if library == "minigan":
        B = minigan.library(form).backend
    else:
        loaded = torch.library(options.threads)
    check, seconds = [], {}
    for name, layer in layers(options.width).items():
        functions = ours(B, layer) if library == "minigan" else torchs(loaded, layer, form)
        for op, function in zip(OPS, functions, strict=True):
            check += checksum(function())
            seconds[f"{name}|{op}"] = harness.timed(function, options.seconds, 3)
    harness.answer(check=check, layers=seconds)


def measure(part: str, options: argparse.Namespace) -> list[Figure]:
    figures = []
    for width in WIDTHS:
        print(f"\nconvolutions, width {width}, batch {BATCH}, float32, {options.threads} threads")
        answers = asked(part, options, PEERS, 0.2, f"--width={width}")
        harness.compare(answers, 1e-3)
        of_width = [
            Figure(f"conv-{width}", name, peer, "s", harness.medians(layers_of, name))
            for peer, runs in answers.items()
            for layers_of in [[run["layers"] for run in runs]]
            for name in layers_of[0]
        ]
        report(of_width)
        figures += of_width
    return figures


def report(figures: Sequence[Figure]) -> None:
    """The median of each op, in ms, and ours over the faster of PyTorch's, if that is here."""
    here = list(dict.fromkeys(figure.peer for figure in figures))
    ours, others = ([p for p in here if (p in peers.OURS) == mine] for mine in (True, False))
    found: dict[str, list[float]] = {peer: [] for peer in ours if others}
    heads = "".join(f"{HEADS[peer]:>9}" for peer in here)
    heads += "".join(f"{'ratio' if peer == 'minigan' else HEADS[peer]:>7}" for peer in found)
    print(f"{'layer, ms':20}{'op':10}{heads}")
    for name in dict.fromkeys(figure.name for figure in figures):
        row: Any = {peer: find(figures, figures[0].part, name, peer) for peer in here}
        cells = "".join(f"{harness.figures(1e3 * row[peer].middle):>9}" for peer in here)
        for peer, each in found.items():
            best = min((row[other] for other in others), key=lambda figure: figure.middle)
            each.append(statistics.median(ratios(row[peer], best)))
            cells += f"{each[-1]:7.2f}"
        layer, op = name.split("|")
        print(f"{layer:20}{op:10}{cells}")
    if others:
        means = "".join(f"{harness.geometric_mean(each):7.2f}" for each in found.values())
        print(f"{'geometric mean':{30 + 9 * len(here)}}{means}")
