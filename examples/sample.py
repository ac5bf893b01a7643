"""Draws samples of a generator that a training program has saved: as a grid, as files, as arrays.

python examples/sample.py runs/fashion_dense
python examples/sample.py runs/mnist_conditional --count 50 --labels 3 8
python examples/sample.py runs/mnist_conditional --count 50000 --to npz
python examples/sample.py runs/fashion_dense/G_009.safetensors --seed 1

While a run trains, or after it was killed, its last checkpoint is taken. A sample depends on the
seed and its place alone, not on how many there are.
"""

from pathlib import Path

# isort: split
import numpy as np

from minigan import pictures, run, scores
from minigan.atomic import check_writable, replacing, writing
from minigan.data.pixels import to_pil
from minigan.errors import UserError

FORMS = {"grid": "grid.png", "files": "samples", "npz": "samples.npz"}


def main() -> None:
    parser = run.Parser(__doc__)
    parser.add_argument("model", type=Path, help="folder of a run, or one of its G files")
    parser.add(
        "what to draw",
        count=run.count(100, "samples"),
        labels=run.Option(
            None,
            "classes to draw, in turn, of a G that takes labels; by default any",
            {"type": int, "metavar": "N", "nargs": "+"},
        ),
        seed=run.count(0, "of the noise", least=0),
        to=run.choice("grid", list(FORMS), "a picture of all, a PNG of each, or arrays for NumPy"),
        columns=run.count(10, "columns of the grid"),
        backend=run.backend(),
    )
    parser.add_argument(
        "--out", type=Path, help="the file, or the folder of files; by default beside the model"
    )
    options = parser.parse_args()

    run.choose_backend(options.backend)
    G = run.load_network(options.model)
    folder = options.model if options.model.is_dir() else options.model.parent
    out = options.out or folder / FORMS[options.to]
    if options.to == "files":
        make_empty(out)
    else:
        check_writable(out)
    first, _ = next(scores.draw(G, 1, options.seed, options.labels))
    if first.ndim == 4:
        samples, labels = scores.images(G, options.count, options.seed, options.labels)
    elif options.to != "npz":
        raise UserError(f"{options.model} draws points, not images: write them with --to npz")
    else:
        blocks = scores.draw(G, options.count, options.seed, options.labels)
        samples, labels = map(np.concatenate, zip(*blocks, strict=True))
    if options.to == "grid":
        pictures.save_grid(out, samples, options.columns)
    elif options.to == "npz":
        write_arrays(out, {"samples": samples, "labels": labels, "seed": options.seed})
    else:
        write_files(out, samples, labels, bool(scores.classes_of(G)))
    print(f"wrote {out}")


def write_arrays(path: Path, arrays: dict) -> None:
    """An .npz for numpy.load: images (N, C, H, W) uint8 or points, classes (N) and the seed."""
    with replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez_compressed(file, **arrays)


def make_empty(folder: Path) -> None:
    """The folder, made if it is not there. Raises UserError where something lies in it already."""
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is no folder: name one with --out")
    with writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise UserError(f"{folder} is not empty: name another folder with --out")


def write_files(folder: Path, images: np.ndarray, labels: np.ndarray, labelled: bool) -> None:
    """A PNG of each, by number; of a G that takes labels in a folder for each class."""
    digits = len(str(len(images) - 1))
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        inside = folder / str(label) if labelled else folder
        with writing(inside):
            inside.mkdir(parents=True, exist_ok=True)
        with replacing(inside / f"{number:0{digits}}.png") as temporary:
            to_pil(image).save(temporary, "PNG")


if __name__ == "__main__":
    run.program(main)
