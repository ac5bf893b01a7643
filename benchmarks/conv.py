"""Every convolution of the DCGAN, forward and both gradients, beside PyTorch's.

python benchmarks/conv.py                 widths 32 and 64, batch 64, float32

PyTorch runs in a process of its own, in its default and in channels-last layout; the faster one
counts. Results (a checksum of each) must agree before anything is timed.
"""

import argparse
import os
import resource
import statistics
from collections.abc import Callable
from typing import Any

import harness
import numpy as np

OPS = ("forward", "by input", "by weight")


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


def arrays(layer: tuple[Any, ...], batch: int) -> tuple[np.ndarray, ...]:
    """x, weight and the gradient of the output, the same in every process."""
    c, h, o, k, s, p = layer
    rng = np.random.default_rng(0)
    out = (h + 2 * p - k) // s + 1
    shapes = (batch, c, h, h), (o, c, k, k), (batch, o, out, out)
    return tuple(rng.standard_normal(shape, dtype=np.float32) for shape in shapes)


def ours(layer: tuple[Any, ...], batch: int) -> list[Callable[[], Any]]:
    """minigan's three kernels on channels-last memory, as its layers hand it on."""
    from minigan import backend as B

    _, h, _, k, s, p = layer
    x, w, g = arrays(layer, batch)
    x, g = (np.ascontiguousarray(a.transpose(0, 2, 3, 1)).transpose(0, 3, 1, 2) for a in (x, g))
    options = (s, s), (p, p)
    return [
        lambda: B.kernels.conv2d(x, w, *options),
        lambda: B.kernels.conv2d_input(g, w, (h, h), *options),
        lambda: B.kernels.conv2d_weight(x, g, (k, k), *options),
    ]


def torchs(layer: tuple[Any, ...], batch: int, channels_last: bool) -> list[Callable[[], Any]]:
    """PyTorch's three kernels."""
    import torch

    *_, s, p = layer
    layout = torch.channels_last if channels_last else torch.contiguous_format
    x, w, g = (torch.from_numpy(a).to(memory_format=layout) for a in arrays(layer, batch))

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


def child(options: argparse.Namespace) -> None:
    if options.peer.startswith("torch"):
        harness.installed("torch").set_num_threads(options.threads)
    check, seconds = [], {}
    for name, layer in layers(options.width).items():
        if options.peer == "minigan":
            functions = ours(layer, options.batch_size)
        else:
            functions = torchs(layer, options.batch_size, options.peer.endswith("last"))
        for op, function in zip(OPS, functions, strict=True):
            check += checksum(function())
            seconds[f"{name}|{op}"] = harness.timed(function, options.seconds, 3)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    harness.answer(check=check, layers=seconds, megabytes=peak)


def main() -> None:
    parser = harness.parser(__doc__)
    parser.add_argument("--width", type=harness.positive, nargs="+", default=[32, 64])
    parser.add_argument("--batch-size", type=harness.positive, default=64)
    parser.add_argument("--threads", type=harness.positive, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--rounds", type=harness.positive, default=3)
    parser.add_argument(
        "--seconds", type=harness.duration, default=0.5, help="of timing, per op and round"
    )
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        options.width = options.width[0]
        return child(options)
    for width in options.width:
        print(f"\nwidth {width}, batch {options.batch_size}, float32, {options.threads} threads")
        arguments = [f"--{k}={getattr(options, k)}" for k in ("threads", "seconds")]
        arguments += [f"--batch-size={options.batch_size}", f"--width={width}"]
        answers = harness.in_turns(
            ["minigan", "torch", "torch-channels_last"], options.rounds, options.threads, arguments
        )
        harness.needed(answers, "minigan")
        harness.compare(answers, 1e-3)
        report(answers)
    return None


def report(answers: dict[str, list[dict[str, Any]]]) -> None:
    """The median of each op, in ms, and ours over the faster of PyTorch's, if that is here."""
    wide = {peer: max(9, len(peer) + 2) for peer in answers}
    compared = len(answers) > 1
    heads = "".join(f"{peer:>{wide[peer]}}" for peer in answers)
    print(f"{'layer, ms':20}{'op':10}{heads}{'ratio' if compared else '':>8}".rstrip())
    ratios = []
    for key in answers["minigan"][0]["layers"]:
        times = {
            peer: statistics.median(harness.medians([run["layers"] for run in runs], key))
            for peer, runs in answers.items()
        }
        name, op = key.split("|")
        cells = "".join(f"{harness.figures(1e3 * t):>{wide[peer]}}" for peer, t in times.items())
        if others := [t for peer, t in times.items() if peer != "minigan"]:
            ratios.append(times["minigan"] / min(others))
            cells += f"{ratios[-1]:8.2f}"
        print(f"{name:20}{op:10}{cells}")
    if compared:
        print(f"{'geometric mean':{30 + sum(wide.values())}}{harness.geometric_mean(ratios):8.2f}")


if __name__ == "__main__":
    harness.program(main)
