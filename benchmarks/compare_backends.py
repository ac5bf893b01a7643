"""One table: minigan on NumPy and on CuPy beside PyTorch on the CPU and on the GPU.

python benchmarks/compare_backends.py

Work: a product of matrices, and a whole training step of S1 (the dense GAN) and of S3 (the DCGAN
at 64×64). Every library runs in a process of its own, from the same weights, on the same batches
and noise; the losses of the first two steps must agree before anything is timed. Times count whole
steps, GPU included: the device is waited for at the end of every ten. The precision of each line
is set by this program, never left to a library's default: TF32, where it is on, is on for matrix
products and convolutions alike, and where it is off, off for both.
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import harness
import numpy as np
import train_step

# Steps whose losses must agree, and steps between two waits. The second step shows whether
# gradients and updates were right; in later ones Adam, whose steps do not shrink with the gradient,
# has made much of the last digits.
CHECKED, TOGETHER = 2, 10
CPU_FLOAT32, FLOAT32, TF32 = "float32", "float32, TF32 off", "float32, TF32 on"
TOLERANCE = {CPU_FLOAT32: 5e-3, FLOAT32: 5e-3, TF32: 5e-2}  # TF32 rounds factors to 10 bits


@dataclass(frozen=True)
class Peer:
    """A line of the table."""

    library: str
    device: str
    precision: str


PEERS = {
    "minigan-numpy": Peer("minigan", "CPU", CPU_FLOAT32),
    "torch-cpu": Peer("PyTorch", "CPU", CPU_FLOAT32),
    "minigan-cupy": Peer("minigan", "GPU", FLOAT32),
    "torch-cuda": Peer("PyTorch", "GPU", FLOAT32),
    "minigan-cupy-tf32": Peer("minigan", "GPU", TF32),
    "torch-cuda-tf32": Peer("PyTorch", "GPU", TF32),
}


# -- in a peer's own process -----------------------------------------------------------------------


def library_of(name: str, threads: int) -> tuple[Any, Callable[[], None], str]:
    """minigan or PyTorch, set to the peer's device and precision; how to wait for it; its version.

    Exits with harness.SKIP where the library or the GPU is missing.
    """
    peer = PEERS[name]
    on = peer.precision == TF32
    if peer.library == "minigan":
        os.environ["CUPY_TF32"] = str(int(on))  # read once, when CuPy is imported
        import minigan

        try:
            minigan.use_backend("cupy" if peer.device == "GPU" else "numpy")
        except minigan.BackendError:
            sys.exit(harness.SKIP)
        xp = minigan.backend.xp
        wait = xp.cuda.get_current_stream().synchronize if peer.device == "GPU" else lambda: None
        return minigan, wait, f"{xp.__name__} {xp.__version__}"
    torch = harness.installed("torch")
    torch.set_num_threads(threads)
    if peer.device == "CPU":
        return torch, lambda: None, f"torch {torch.__version__}"
    if not torch.cuda.is_available():
        sys.exit(harness.SKIP)
    torch.set_default_device("cuda")
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = on
    return torch, torch.cuda.synchronize, f"torch {torch.__version__}"


def run_peer(options: argparse.Namespace) -> None:
    """Do the work, and answer with the checked numbers, the times and the library's version."""
    library, wait, version = library_of(options.peer, options.threads)
    if options.work == "sgemm":
        size = 2048 if PEERS[options.peer].device == "CPU" else 8192
        a = library.randn(size, size) / size**0.5
        seconds = harness.timed(_then(wait, lambda: a @ a), options.seconds)
        rates = [2e-12 * size**3 / each for each in seconds]
        return harness.answer(check=[], seconds=seconds, rates=rates, version=version)
    with np.load(options.materials) as loaded:
        made = dict(loaded)
    D, G = train_step.networks(library, options.work, made)
    rate_D, rate_G, beta1 = train_step.RATES[options.work]
    opt_D = library.optim.Adam(D.parameters(), rate_D, (beta1, 0.999))
    opt_G = library.optim.Adam(G.parameters(), rate_G, (beta1, 0.999))
    step = train_step.training_step(library, options.work, D, G, opt_D, opt_G)
    x = [library.tensor(batch) for batch in made["x"]]
    z = [[library.tensor(noise) for noise in pair] for pair in made["z"]]
    pairs = list(islice(cycle(zip(x, z, strict=True)), TOGETHER))
    losses = [float(loss) for batch, noise in pairs[:CHECKED] for loss in step(batch, noise)]

    def several() -> None:
        for batch, noise in pairs:
            step(batch, noise)

    times = harness.timed(_then(wait, several), options.seconds, warm_up=1)
    return harness.answer(
        check=losses, seconds=[each / len(pairs) for each in times], version=version
    )


def _then(wait: Callable[[], None], work: Callable[[], object]) -> Callable[[], None]:
    def done() -> None:
        work()
        wait()

    return done


# -- the table -------------------------------------------------------------------------------------


def measure(work: str, options: argparse.Namespace) -> dict[str, list[dict[str, Any]]]:
    """The answers of all peers that are here, checked against each other."""
    arguments = [f"--work={work}", f"--threads={options.threads}", f"--seconds={options.seconds}"]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "materials.npz")
        if work != "sgemm":
            np.savez(path, **train_step.materials(work, options.width, options.batch_size))
        print(f"\n{work}:")
        answers = harness.in_turns(
            list(PEERS), options.rounds, options.threads, [*arguments, f"--materials={path}"]
        )
    reference = next(iter(answers))
    for precision, tolerance in TOLERANCE.items():
        same = {peer: runs for peer, runs in answers.items() if PEERS[peer].precision == precision}
        if same and work != "sgemm":
            print(f"{precision}: ", end="", flush=True)
            harness.compare({reference: answers[reference], **same}, tolerance)
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--width", type=harness.positive, default=64, help="S3's base width")
    parser.add_argument("--batch-size", type=harness.positive, default=64)
    parser.add_argument(
        "--threads", type=harness.positive, default=os.cpu_count() or 1, help="of CPU peers"
    )
    parser.add_argument("--rounds", type=harness.positive, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="of timing, per peer and round")
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--work", help=argparse.SUPPRESS)
    parser.add_argument("--materials", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer:
        return run_peer(options)

    answers = {work: measure(work, options) for work in ("sgemm", "s1", "s3")}
    print(
        f"\nbatch {options.batch_size}, S3's width {options.width}, {options.threads} CPU threads, "
        f"median of {options.rounds} rounds (fastest-slowest)\n\n"
        f"{'':36}{'sgemm':>9}{'S1':>24}{'S3':>24}\n"
        f"{'library  device  precision':36}{'TFLOP/s':>9}{'ms/step':>24}{'ms/step':>24}"
    )
    for name, peer in PEERS.items():
        runs = [answers[work].get(name) for work in answers]
        if not any(runs):
            continue
        sgemm, *steps = runs
        rate = f"{statistics.median(harness.medians(sgemm, 'rates')):.2f}" if sgemm else "-"
        print(f"{peer.library:9}{peer.device:8}{peer.precision:19}{rate:>9}", end="")
        print("".join(_spread(each) for each in steps), end="  ")
        print(next(each[0]["version"] for each in runs if each))
    return None


def _spread(runs: list[dict[str, Any]] | None) -> str:
    times = sorted(1e3 * each for each in harness.medians(runs or []))
    shown = f"{statistics.median(times):#.4g} ({times[0]:#.4g}-{times[-1]:#.4g})" if times else "-"
    return shown.rjust(24)


if __name__ == "__main__":
    main()
