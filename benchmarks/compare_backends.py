"""minigan on NumPy and on CuPy beside PyTorch on the CPU and on the GPU.

python benchmarks/compare_backends.py                               S3 as --width 64, batch 64
python benchmarks/compare_backends.py --width 128 --batch-size 128 --peers gpu    as in README.md
python benchmarks/compare_backends.py --peers gpu-tf32 --kernels 20    where the time of a step goes

Work: a whole training step of S1 (the dense GAN, batch 64) and of S3 (the DCGAN at 64×64). Every
line runs in a process of its own, from the same weights, on the same batches and noise; the losses
of the first two steps must agree before anything is timed. Times count whole steps, GPU included:
the device is waited for at the end of every ten. The precision of each line is set by this program,
never left to a library's default: TF32, where it is on, is on for matrix products and convolutions
alike, and where it is off, off for both. Both libraries try their convolutions out.
"""

import argparse
import os
import statistics
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import harness
import numpy as np
import systems

# Steps whose losses must agree, and steps between two waits. The second step shows whether
# gradients and updates were right; in later ones Adam, whose steps do not shrink with the gradient,
# has made much of the last digits.
CHECKED, TOGETHER = 2, 10
TOLERANCE = {"float32": 5e-3, "tf32": 5e-2}  # TF32 rounds factors to 11 bits
WORKS = ("s1", "s3")


@dataclass(frozen=True)
class Peer:
    """A line of the table."""

    library: str
    device: str
    precision: str = "float32"
    form: str = "eager"


def peers() -> dict[str, Peer]:
    """All lines, by the names that --peers takes."""
    found = {"minigan-cpu": Peer("minigan", "CPU"), "torch-cpu": Peer("PyTorch", "CPU")}
    forms = {
        "minigan": ("eager", "captured"),
        "PyTorch": ("eager", "fused", "channels_last", "channels_last+fused"),
    }
    for precision in TOLERANCE:
        for library, named in forms.items():
            for form in named:
                name = f"{library.replace('PyTorch', 'torch')}-gpu-{precision}-{form}"
                found[name] = Peer(library, "GPU", precision, form)
    return found


PEERS = peers()


# -- in a peer's own process -----------------------------------------------------------------------


def library_of(peer: Peer, threads: int) -> tuple[Any, Callable[[], None], str]:
    """minigan or PyTorch, set to the peer's device and precision; how to wait for it; its version.

    Where the library or the GPU is missing, harness.absent ends the process.
    """
    on = peer.precision == "tf32"
    if peer.library == "minigan":
        import minigan
        from minigan.kernels import precision

        try:
            minigan.use_backend("cupy" if peer.device == "GPU" else "numpy")
        except minigan.BackendError:
            harness.absent("GPU")
        minigan.use_precision(peer.precision)
        precision.tuned = True
        xp = minigan.backend.xp
        wait = xp.cuda.get_current_stream().synchronize if peer.device == "GPU" else lambda: None
        return minigan, wait, f"{xp.__name__} {xp.__version__}"
    torch = harness.installed("torch")
    torch.set_num_threads(threads)
    if peer.device == "CPU":
        return torch, lambda: None, f"torch {torch.__version__}"
    if not torch.cuda.is_available():
        harness.absent("GPU")
    torch.set_default_device("cuda")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = on
    torch.backends.cudnn.benchmark = True
    return torch, torch.cuda.synchronize, f"torch {torch.__version__}"


def run_peer(options: argparse.Namespace) -> None:
    """Do the works, and answer with checked numbers, times and memory of each, and the version."""
    peer = PEERS[options.peer]
    library, wait, version = library_of(peer, options.threads)
    works = {work: _worked(work, peer, library, wait, options) for work in options.works}
    harness.answer(works=works, version=version)


def _worked(work: str, peer: Peer, library: Any, wait: Any, options: Any) -> dict[str, Any]:
    """The first losses of a work, the seconds of its steps, and the memory on the GPU after it."""
    with np.load(Path(options.materials, f"{work}.npz")) as loaded:
        made = dict(loaded)
    system = _system(work, options)
    inner, to, _ = systems.torch_like(library, system, peer.form.split("+"), made)
    x = [to(batch) for batch in made["x"]]
    z = [[to(noise) for noise in pair] for pair in made["z"]]

    step = library.capture(inner) if peer.form == "captured" else inner
    pairs = list(islice(cycle(zip(x, z, strict=True)), TOGETHER))
    losses = [float(loss) for batch, noise in pairs[:CHECKED] for loss in step(batch, *noise)]

    def several() -> None:
        for batch, noise in pairs:
            step(batch, *noise)
        wait()

    times = harness.timed(several, options.seconds, warm_up=1)
    memory = _on_the_device(library) if peer.device == "GPU" else 0
    seconds = [each / len(pairs) for each in times]
    kernels = _kernels(several, len(pairs)) if options.kernels and peer.device == "GPU" else []
    return {"check": losses, "seconds": seconds, "megabytes": memory, "kernels": kernels}


def _kernels(several: Callable[[], None], steps: int) -> list[tuple[str, float, float]]:
    """Each kernel's name, its milliseconds in a step, and its launches, the longest first.

    PyTorch's profiler hears of all that the GPU does for a process, by whatever library.
    """
    torch = harness.installed("torch")
    torch.cuda.init()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        several()
    return summed(profile.events(), torch.autograd.DeviceType.CUDA, steps)


def summed(events: Iterable[Any], device: Any, steps: int) -> list[tuple[str, float, float]]:
    """What a device did, by name, of so many steps."""
    spent, launches = Counter[str](), Counter[str]()
    for event in events:
        if event.device_type == device:
            spent[event.name] += event.time_range.elapsed_us()
            launches[event.name] += 1
    return [(name, us / 1e3 / steps, launches[name] / steps) for name, us in spent.most_common()]


def _system(work: str, options: argparse.Namespace) -> systems.System:
    if work == "s1":
        return systems.s1()
    return replace(systems.s3(options.width), batch=options.batch_size)


def _on_the_device(library: Any) -> float:
    """MiB of the GPU's memory in use, by whatever runs on it."""
    if library.__name__ == "torch":
        free, total = library.cuda.mem_get_info()
    else:
        free, total = library.backend.xp.cuda.runtime.memGetInfo()
    return (total - free) / 2**20


# -- the table -------------------------------------------------------------------------------------


def measure(options: argparse.Namespace) -> tuple[dict[str, dict[str, list[Any]]], set[str]]:
    """Each work's answers of all peers that are here, checked against each other; the versions."""
    with tempfile.TemporaryDirectory() as folder:
        for work in options.works:
            made = systems.materials(_system(work, options))
            np.savez(Path(folder, f"{work}.npz"), **made)
        told = ("threads", "seconds", "width", "batch_size", *["kernels"] * bool(options.kernels))
        arguments = [f"--{k.replace('_', '-')}={getattr(options, k)}" for k in told]
        arguments += [f"--materials={folder}", "--works", *options.works]
        runs = harness.in_turns(
            options.peers, options.rounds, options.threads, arguments, options.pinned
        )
    versions = {run["version"] for each in runs.values() for run in each}
    answers = {
        work: {peer: [run["works"][work] for run in each] for peer, each in runs.items()}
        for work in options.works
    }
    for work, of_peers in answers.items():
        reference = next(iter(of_peers))
        for precision, tolerance in TOLERANCE.items():
            same = {peer: each for peer, each in of_peers.items() if _precision(peer) == precision}
            if same:
                print(f"{work}, {precision}: ", end="", flush=True)
                harness.compare({reference: of_peers[reference], **same}, tolerance)
    return answers, versions


def _precision(peer: str) -> str:
    return PEERS[peer].precision


def show(answers: dict[str, dict[str, list[Any]]], versions: set[str]) -> None:
    """For each work a table, and in it a line for each peer: milliseconds of a step (the fastest
    and the slowest), and the GPU's memory."""
    for work, of_peers in answers.items():
        print(f"\n{work.upper():9}{'on':5}{'precision':11}{'form':20}{'ms a step':>25}{'MiB':>7}")
        for name, runs in of_peers.items():
            peer = PEERS[name]
            times = sorted(1e3 * each for run in runs for each in run["seconds"])
            middle = harness.figures(statistics.median(times))
            spread = "-".join(map(harness.figures, (times[0], times[-1])))
            memory = max(run["megabytes"] for run in runs)
            print(
                f"{peer.library:9}{peer.device:5}{peer.precision:11}{peer.form:20}"
                f"{f'{middle} ({spread})':>25}{f'{memory:.0f}' if memory else '-':>7}"
            )
    print(f"\n{', '.join(sorted(versions))}")


def show_kernels(answers: dict[str, dict[str, list[Any]]], most: int) -> None:
    """For each work and peer its longest kernels, as its last round had them."""
    for work, of_peers in answers.items():
        for name, runs in of_peers.items():
            if kernels := runs[-1]["kernels"]:
                total, launches = (sum(kernel[i] for kernel in kernels) for i in (1, 2))
                said = f"{total:.3f} ms of a step, {launches:.0f} launches"
                print(f"\n{work.upper()}, {name}: {said}")
                for kernel, ms, times in kernels[:most]:
                    print(f"{ms:8.3f}{times:6.0f}  {kernel.removeprefix('void ')}"[:80])


def main() -> None:
    parser = harness.parser(__doc__)
    parser.add_argument("--width", type=harness.positive, default=64, help="S3's base width")
    parser.add_argument("--batch-size", type=harness.positive, default=64, help="S3's")
    parser.add_argument(
        "--threads", type=harness.positive, default=os.cpu_count() or 1, help="of CPU peers"
    )
    parser.add_argument("--rounds", type=harness.positive, default=3)
    parser.add_argument(
        "--seconds", type=harness.duration, default=3.0, help="of timing, per peer and round"
    )
    parser.add_argument(
        "--peers",
        nargs="+",
        default=[""],
        metavar="PART",
        help="those with one of these in their names: " + ", ".join(PEERS),
    )
    parser.add_argument("--pinned", action="store_true", help="keep variables that slow libraries")
    parser.add_argument("--works", nargs="+", choices=WORKS, default=list(WORKS), metavar="WORK")
    parser.add_argument(
        "--kernels",
        type=harness.positive,
        default=0,
        metavar="N",
        help="also the N kernels that a step spends most in, on the GPU (needs PyTorch)",
    )
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--materials", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.peers = [name for name in PEERS if any(part in name for part in options.peers)]
    if not options.peers:
        parser.error("no peer has such a name (--help lists them)")
    if options.peer:
        return run_peer(options)
    sizes = {"s1": "S1 at batch 64", "s3": f"S3 at width {options.width}, "
             f"batch {options.batch_size}"}  # fmt: skip
    print("; ".join(sizes[work] for work in options.works), end="; ")
    print(f"{options.threads} CPU threads; rounds: {options.rounds}")
    answers, versions = measure(options)
    show(answers, versions)
    show_kernels(answers, options.kernels)
    return None


if __name__ == "__main__":
    harness.program(main)
