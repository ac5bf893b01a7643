"""Draws a grid of samples from a generator that a training program has saved.

python examples/sample.py runs/fashion_dense
python examples/sample.py runs/fashion_dense/G_009.safetensors --rows 5
"""

from pathlib import Path

import minigan
from minigan import pictures, run
from minigan.errors import UserError


def main() -> None:
    parser = run.Parser(__doc__)
    parser.add_argument("model", type=Path, help="folder of a run, or one of its G files")
    parser.add(
        "what to draw",
        rows=run.count(10, "rows of the grid"),
        columns=run.count(10, "columns of the grid"),
        seed=run.count(0, "of the noise", least=0),
        backend=run.backend(),
    )
    parser.add_argument("--out", type=Path, help="the PNG; by default grid.png beside the model")
    options = parser.parse_args()

    run.choose_backend(options.backend)
    minigan.manual_seed(options.seed)
    G = run.load_network(options.model)
    if not hasattr(G, "noise"):
        raise UserError(f"{options.model} holds a {type(G).__name__}: give a generator's file")
    with minigan.no_grad():
        images = G(G.noise(options.rows * options.columns))
    folder = options.model if options.model.is_dir() else options.model.parent
    out = options.out or folder / "grid.png"
    pictures.save_grid(out, images, options.columns)
    print(f"wrote {out}")


if __name__ == "__main__":
    run.program(main)
