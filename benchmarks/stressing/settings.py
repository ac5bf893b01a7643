"""Which programs are stopped, with which settings, and what they need before."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw

ROOT = Path(__file__).resolve().parent.parent.parent

PROGRAMS = {  # small, with every kind of state, and batches that do not come out even
    "gaussian_1d": [
        "--epochs 4 --limit 1037 --batch-size 50 --draw-epochs 1 2",
        "--epochs 3 --limit 999 --batch-size 32 --loss saturating --hidden 33 --log-every 7",
        "--epochs 5 --limit 2000 --batch-size 100 --beta1 0 --seed 7 --draw-epochs 4",
    ],
    "mixture_2d": [
        "--epochs 3 --limit 3000 --draw-epochs 0 2",
        "--epochs 3 --limit 1000 --loss wasserstein --penalty wgan-gp --k 3 --ema 0.9",
        "--epochs 3 --limit 1030 --batch-size 33 --modes grid --packing 2 --penalty r1 --ema 0.99 "
        "--real-label 0.9 --log-every 7",
    ],
    "mnist_dense": [
        "--epochs 4 --limit 1000 --batch-size 48 --sample-epochs 0 2",
        "--epochs 4 --limit 777 --no-flip --hidden-d 64 32 --hidden-g 48 96 --log-every 3",
        "--epochs 3 --limit 1500 --batch-size 100 --beta1 0.5 --slope 0 --seed 3",
    ],
    "mnist_conditional": [
        "--epochs 8 --limit 512 --width 8",
        "--epochs 8 --limit 300 --batch-size 20 --width 6 --z 17 --rows 3 --log-every 4",
        "--epochs 5 --limit 700 --batch-size 100 --width 12 --beta1 0 --seed 2",
    ],
    "mnist_class_dcgan": [
        "--epochs 4 --limit 640 --width 4 --units 32 --batch-size 40",
        "--epochs 4 --limit 500 --dense --units 48 --z 13 --batch-size 33 --log-every 3 "
        "--r1-weight 1 --r1-every 3 --ema 0.9",
    ],
    "mnist_classifier": [
        "--epochs 3 --limit 700",
        "--epochs 4 --limit 444 --batch-size 33 --shift 0 --hold-out 3 --log-every 5",
    ],
    "stacked_mnist": [
        "--epochs 3 --limit 300 --triples 320 --samples 100 --width 4 --z 10",
        "--epochs 4 --limit 200 --triples 150 --samples 90 --width 3 --packing 2 --batch-size 20 "
        "--k-g 1 --score-every 2 --log-every 3",
    ],
    "fashion_dense": [
        "--epochs 3 --limit 1024 --batch-size 256",
        "--epochs 6 --limit 450 --batch-size 33 --dropout 0.5 --hidden-d 96 48 --z 31",
        "--epochs 3 --limit 500 --dropout 0 --hidden-g 64 128 --log-every 5",
    ],
    "fashion_dcgan": [
        "--epochs 6 --limit 250 --batch-size 20 --width 8 --size 32 --spectral --k 2",
        "--epochs 8 --limit 200 --batch-size 32 --width 8 --size 28 --conditional",
        "--epochs 5 --limit 130 --batch-size 16 --width 4 --feature-matching --real-label 0.9",
    ],
    "prints_dcgan": [
        "--epochs 6 --size 32 --width 4 --multipliers 1 2 4 --batch-size 5 --sample-every 4 "
        "--spectral --conditional --k 2",
        "--epochs 8 --size 32 --width 6 --multipliers 1 2 1 --batch-size 8 --sample-every 3 "
        "--feature-matching --last tanh --log-every 2",
        "--epochs 4 --size 64 --width 3 --multipliers 1 2 4 8 --batch-size 7 --real-label 0.9",
    ],
    "cifar_deblur": [
        "--epochs 8 --limit 260 --batch-size 16 --width 8 --test-limit 20",
        "--epochs 12 --limit 200 --batch-size 33 --width 6 --test-limit 9 --pixel-weight 0",
        "--epochs 8 --limit 150 --batch-size 10 --width 4 --test-limit 30 --sigma 2.5",
    ],
}
READERS = {
    "latent": ["--samples 60", "--label 7 --neighbours 9 --seed 4", "--samples 9 --neighbours 40"],
    "sample": ["--count 800 --columns 20", "--count 30 --seed 5", "--count 400 --columns 40"],
}
MODELS = [  # whose runs the readers read, of a kind each
    ("mnist_dense", "--epochs 1 --limit 600"),
    ("mnist_conditional", "--epochs 1 --limit 128 --width 8"),
    ("fashion_dcgan", "--epochs 1 --limit 64 --width 8"),
]


class Setting(NamedTuple):
    """A command line. `model`: the run that it reads, of a program that only reads."""

    name: str
    command: list[str]
    model: Path | None = None


def command(work: Path, program: str, line: str) -> list[str]:
    """A training without its folder; what its data is."""
    own = {"gaussian_1d": [], "mixture_2d": [], "prints_dcgan": ["--images", str(work / "prints")]}
    data = own.get(program, ["--dataset", "digits"])  # which come with minigan
    return [f"examples/{program}.py", *line.split(), *data]


def environment() -> dict[str, str]:
    """Of a program: it finds minigan here, and what it has said is not lost when it is stopped."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"}


def settings(work: Path) -> Iterator[Setting]:
    """All of the table."""
    for program, lines in PROGRAMS.items():
        for i, line in enumerate(lines):
            yield Setting(f"{program} {i + 1}", command(work, program, line))
    for program, lines in READERS.items():
        for i, line in enumerate(lines):
            words = [f"examples/{program}.py", *line.split()]
            yield Setting(f"{program} {i + 1}", words, work / f"model_{i}")


def prepare(work: Path, readers: bool) -> None:
    """The pictures for prints_dcgan, in two classes, and the runs for those that read one."""
    for i in range(40):
        picture = Image.new("RGB", (40, 36), (6 * i, 90, 250 - 6 * i))
        shape = ImageDraw.Draw(picture)
        (shape.ellipse if i % 2 else shape.rectangle)((i % 7, 3, 20 + i % 13, 30), (250, 6 * i, 0))
        folder = work / "prints" / "ab"[i % 2]
        folder.mkdir(parents=True, exist_ok=True)
        picture.save(folder / f"{i:02}.png")
    for i, (program, line) in enumerate(MODELS if readers else ()):
        words = [sys.executable, *command(work, program, line), "--out", str(work / f"model_{i}")]
        subprocess.run(words, cwd=ROOT, env=environment(), check=True, stdout=subprocess.DEVNULL)
