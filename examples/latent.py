"""A walk through a generator's latent space, and a look at what it took from its training images.

python examples/latent.py runs/fashion_dcgan --data-dir DIR
python examples/latent.py runs/mnist_dense --plus 3 8 --minus 0 5 --and 4

Writes into the run's folder: samples, numbered row by row from 0 (latent_samples.png), straight and
spherical interpolations between them (latent_interpolation.png), the arithmetic
mean(plus) - mean(minus) + mean(and) of latent points named by number, as in section 6.3.2 of
Radford et al., arXiv 1511.06434 (latent_arithmetic.png), and the training images nearest to the
samples (latent_nearest.png).
"""

from pathlib import Path

import minigan  # first: from here on Ctrl-C ends in one line

# isort: split
import numpy as np

from minigan import data, pictures, run, scores
from minigan.data.transforms import Compose, Resize, ToTensor
from minigan.errors import UserError
from minigan.latent import beside_nearest, spherical, straight
from minigan.run.files import read_settings
from minigan.watching.layers import goes_by_the_batch

STEPS = 10


def main() -> None:
    parser = run.Parser(__doc__)
    parser.add_argument("run", type=Path, help="folder of a run")
    parser.add(
        "what to draw",
        seed=run.count(0, "of the latent points", least=0),
        samples=run.count(40, "samples in the grid", least=2),
        plus=run.counts([0, 1, 2], "samples whose mean latent point is taken", least=0),
        minus=run.counts([3, 4, 5], "samples whose mean is subtracted", least=0),
        **{"and": run.counts([6, 7, 8], "samples whose mean is added", least=0)},
        neighbours=run.count(5, "nearest training images of a sample"),
        label=run.count(0, "class to draw, for a generator that takes labels", least=0),
        backend=run.backend(),
        data_dir=run.Option(None, "where the training data is", {"metavar": "DIR"}),
    )
    options = parser.parse_args()
    parts = {name: getattr(options, name) for name in ("plus", "minus", "and")}
    for name, numbers in parts.items():
        if max(numbers) >= options.samples:
            raise UserError(
                f"--{name} {max(numbers)}: samples are numbered 0 to {options.samples - 1}"
            )

    run.choose_backend(options.backend)
    minigan.manual_seed(options.seed)
    made = read_settings(options.run)
    settings = made["options"]
    G = run.load_network(options.run)
    if not hasattr(G, "noise"):
        raise UserError(f"{options.run} holds a {type(G).__name__}, which has no latent space")
    if goes_by_the_batch(G):
        raise UserError(
            f"{options.run} holds a G that goes by the statistics of its batch, so that an image "
            f"depends on those beside it, and a way has no meaning; `minigan sample` draws"
        )
    z = G.noise(options.samples)
    t = np.linspace(0.0, 1.0, STEPS, dtype="float32")[:, None]
    mean = {name: z[numbers].mean(0, keepdim=True) for name, numbers in parts.items()}
    result = mean["plus"] - mean["minus"] + mean["and"]

    def draw(z: minigan.Tensor) -> minigan.Tensor:
        """G(z), all of one class if G wants one."""
        if not (classes := scores.classes_of(G)):
            return G(z)
        if options.label >= classes:
            raise UserError(f"--label {options.label}: the classes are 0 to {classes - 1}")
        return G(z, minigan.tensor([options.label] * len(z)))

    with minigan.no_grad():
        samples = draw(z)
        if samples.ndim != 4:
            raise UserError(f"{options.run} draws points, not images")
        lines = [
            draw(between(z[i : i + 1], z[i + 1 : i + 2], t))
            for i in range(0, min(8, options.samples - 1), 2)
            for between in (straight, spherical)
        ]
        sums = minigan.cat([*(draw(m) for m in mean.values()), draw(result)])
    grids = {
        "latent_samples.png": (samples, 10),
        "latent_interpolation.png": (minigan.cat(lines), STEPS),
        "latent_arithmetic.png": (sums, 4),
    }
    if "dataset" in settings:
        transform = Compose([Resize(samples.shape[2]), ToTensor()])  # to [0, 1]
        images = data.load(
            settings["dataset"], options.data_dir, transform=transform, limit=settings["limit"],
            repeat=False,
        )  # fmt: skip
        if len(images[0][0]) == samples.shape[1]:  # not those that stacked_mnist.py makes images of
            count = min(options.neighbours, len(images))
            some = pictures.to_bytes(samples[:8].cpu().numpy()) / 255.0  # whatever G's range is
            some = minigan.tensor(some, "float32")
            near = beside_nearest(some, data.DataLoader(images, 1000), count)
            grids["latent_nearest.png"] = (near, 1 + count)
    for name, (grid, columns) in grids.items():
        pictures.save_grid(options.run / name, grid, columns)
    print(f"wrote to {options.run}: {', '.join(grids)}")


if __name__ == "__main__":
    run.program(main)
