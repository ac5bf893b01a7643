"""The published tables, measured again by their protocols: what the papers say, and what comes out.

python benchmarks/paper_tables.py a --budget 30      classes taught by samples; minutes for each run
python benchmarks/paper_tables.py b --budget full    modes of mixtures, by the protocol to its end
python benchmarks/paper_tables.py c --only packed    of stacked MNIST, one row
python benchmarks/paper_tables.py d --seeds 0-4      distances, precision and recall, coverage
python benchmarks/paper_tables.py e --seeds 0-4      what each change of the recipe brings
python benchmarks/paper_tables.py show               the tables of README, out of benchmarks/results

Each row is a sweep of one program: what was stopped goes on when the same command is given again.
A budget below the protocol trains fewer epochs, as many as fit by a short trial, or --epochs says
how many; the share is printed beside the result. Each row's numbers go into a file of their own,
with the command that makes them: in the folder of --results, by default among the runs.
"""

import argparse
import csv
import json
import math
import os
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import harness

from minigan.atomic import replacing
from minigan.run.evaluation import of_end
from minigan.run.report import read as read_run
from minigan.sweep.summary import mean_and_error

KEPT = Path(__file__).parent / "results"
OUT = Path("runs", "paper_tables")


@dataclass(frozen=True)
class Row:
    """One row of a table: a program with its words and, by score, what was published.

    epochs: of the protocol. images: in an epoch. trial: words for a short epoch that shows the
    speed.
    """

    key: str
    title: str
    program: str
    words: str
    epochs: int
    images: int
    trial: str
    published: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Table:
    """scores: by the name that `minigan evaluate` has for them, the heading and how it is written.
    real: what was published of real data, which are `things`."""

    title: str
    scores: dict[str, tuple[str, str]]
    rows: list[Row]
    real: dict[str, str] = field(default_factory=dict)
    things: str = "images"


PACGAN = (  # its own settings
    "--penalty none --lr-d 1e-4 --lr-g 1e-4 --no-fall --beta1 0.8 --beta2 0.999 --ema 0 --reject 0"
)
OURS = "--lr 5e-4 --r1-weight 1 --ema 0.999"  # beside the DCGAN paper's settings
OURS_DENSE = "--lr 1e-3 --r1-weight 1 --ema 0.999"


def mixture(modes: str, key: str, title: str, words: str, *published: str) -> Row:
    """A row of table B."""
    return Row(
        f"{modes}_{key}", f"{modes}, {title}", "mixture_2d", f"--modes {modes} {words}".strip(),
        400, 100_000, "--limit 2000", dict(zip(("modes", "high_quality"), published, strict=False)),
    )  # fmt: skip


def of_classes(key: str, title: str, words: str, *published: str, epochs: int = 200) -> Row:
    """A row of table A, or of another one about its program."""
    return Row(
        key, title, "mnist_class_dcgan", f"--dataset mnist {words}".strip(),
        epochs, 50_000, "--limit 5120", dict(zip(("knn_error",), published, strict=False)),
    )  # fmt: skip


def of_recipe(key: str, title: str, words: str) -> Row:
    """A row of table E, whose runs are short: what is to be seen are differences."""
    return of_classes(key, title, f"--dense {words}", epochs=12)


def of_images(key: str, title: str, program: str, words: str, epochs: int) -> Row:
    """A row of table D: nothing is published of it."""
    return Row(key, title, program, words, epochs, 60_000, "--limit 2560")


TABLES = {
    "a": Table(
        "A · errors of a 1-nearest-neighbour classifier taught by 50,000 samples "
        "([DCGAN](https://arxiv.org/abs/1511.06434), supplement 8.1)",
        {"knn_error": ("errors on MNIST's test images", "{:.2%}")},
        [
            of_classes("dense", "class-conditional GAN, dense", "--dense", "6.28%"),
            of_classes(
                "dense_recipe", "class-conditional GAN, dense, R1, average of G, rate 1e-3",
                f"--dense {OURS_DENSE}",
            ),
            of_classes("dcgan", "class-conditional DCGAN", "", "2.98%"),
            of_classes("recipe", "class-conditional DCGAN, R1, average of G, rate 5e-4", OURS),
        ],
        {"knn_error": "3.1%"},
    ),
    "b": Table(
        "B · modes of mixtures in the plane ([PacGAN](https://arxiv.org/abs/1712.04086), table 1)",
        {"modes": ("modes", "{:.1f}"), "high_quality": ("high quality", "{:.1%}")},
        [
            mixture("ring", "gan", "GAN", PACGAN, "6.3 ± 0.5", "98.2%"),
            mixture("ring", "pac2", "PacGAN2", f"--packing 2 {PACGAN}", "7.9 ± 0.1", "95.6%"),
            mixture("ring", "pac4", "PacGAN4", f"--packing 4 {PACGAN}", "7.8 ± 0.1", "95.9%"),
            mixture("ring", "reject", "R1, average of G, rejection by D", ""),
            mixture("grid", "gan", "GAN", PACGAN, "17.3 ± 0.8", "94.8%"),
            mixture("grid", "pac2", "PacGAN2", f"--packing 2 {PACGAN}", "23.8 ± 0.7", "91.3%"),
            mixture("grid", "pac4", "PacGAN4", f"--packing 4 {PACGAN}", "24.8 ± 0.2", "93.6%"),
            mixture("grid", "reject", "R1, average of G, rejection by D", ""),
        ],
        things="points",
    ),
    "c": Table(
        "C · modes of stacked MNIST, of 1,000 ([PacGAN](https://arxiv.org/abs/1712.04086), tables "
        "2 and 3)",
        {"modes": ("modes", "{:.1f}"), "kl": ("KL from uniform", "{:.3f}")},
        [
            Row(
                "dcgan", "DCGAN", "stacked_mnist", "--dataset mnist", 50, 128_000,
                "--triples 1280 --samples 1000", {"modes": "78.9 ± 6.5", "kl": "4.50 ± 0.13"},
            ),
            Row(
                "packed", "PacDCGAN2", "stacked_mnist", "--dataset mnist --packing 2", 50, 128_000,
                "--triples 1280 --samples 1000", {"modes": "1000 ± 0", "kl": "0.06 ± 0.003"},
            ),
        ],
    ),
    "d": Table(
        "D · scores of samples against test images, by a LeNet of our own",
        {
            "fld": ("FLD", "{:.1f}"),
            "precision": ("precision", "{:.3f}"),
            "recall": ("recall", "{:.3f}"),
            "density": ("density", "{:.3f}"),
            "coverage": ("coverage", "{:.3f}"),
        },
        [
            of_images("s1", "dense GAN", "mnist_dense", "--dataset mnist", 101),
            of_images("conditional", "conditional GAN", "mnist_conditional", "--dataset mnist", 15),
            of_classes("best", "class-conditional DCGAN, as in table A's last row", OURS),
            of_images("s2", "dense GAN, garments", "fashion_dense", "--dataset fashion", 20),
            of_images(
                "s3", "DCGAN, garments at 32×32, a quarter of the width", "fashion_dcgan",
                "--dataset fashion --spectral --width 32 --size 32", 24,
            ),
        ],
    ),
    "e": Table(
        "E · a recipe: what each change brings to the dense GAN of table A, in 12 epochs",
        {
            "knn_error": ("errors on MNIST's test images", "{:.2%}"),
            "recall": ("recall", "{:.3f}"),
            "coverage": ("coverage", "{:.3f}"),
            "accuracy": ("seen as the class asked for", "{:.2%}"),
        },
        [
            of_recipe("paper", "the paper's settings", ""),
            of_recipe("r1", "R1", "--r1-weight 1"),
            of_recipe("average", "R1, average of G", "--r1-weight 1 --ema 0.999"),
            of_recipe("rate", "R1, average of G, rate 5e-4", OURS),
            of_recipe("twice", "R1, average of G, rate 1e-3", OURS_DENSE),
        ],
    ),
}  # fmt: skip


def main() -> int:
    parser = harness.parser(__doc__)
    commands = parser.add_subparsers(dest="table", required=True, metavar="TABLE")
    for key, table in TABLES.items():
        command = commands.add_parser(key, help=table.title.partition(" (")[0])
        command.add_argument("--budget", type=budget, default=20.0, metavar="MINUTES",
                             help="for each run, or `full` (default: %(default)g)")  # fmt: skip
        command.add_argument("--epochs", type=harness.positive, metavar="N",
                             help="of each run, instead of a budget")  # fmt: skip
        command.add_argument("--seeds", default="0", help="as for minigan sweep: 0-9")
        command.add_argument("--jobs", type=harness.positive, help="runs at a time")
        keys = [row.key for row in table.rows]
        command.add_argument("--only", nargs="+", choices=keys, metavar="ROW",
                             help=f"of {', '.join(keys)}")  # fmt: skip
        command.add_argument("--out", type=Path, default=OUT, help="for the runs")
        command.add_argument("--results", type=Path, help="for the numbers; in --out by default")
    commands.add_parser("show", help="the tables of what benchmarks/results holds")
    options = parser.parse_args()
    if options.table == "show":
        tables = [shown(key, KEPT) for key in TABLES if rows_in(key, KEPT)]
        print("\n\n".join(tables) or f"{KEPT} holds no results")
        return 0
    results = options.results or options.out / "results"
    for row in TABLES[options.table].rows:
        if not options.only or row.key in options.only:
            measured(options, row, results)
    print(f"\n{shown(options.table, results)}\n\nwrote {results}")
    return 0


# -- a row -----------------------------------------------------------------------------------------


def measured(options: argparse.Namespace, row: Row, results: Path) -> None:
    """Train and score a row's runs, and write its numbers."""
    folder = options.out / f"{options.table}_{row.key}"
    epochs = options.epochs or epochs_for(row, options.budget, folder)
    sweep = ["sweep", row.program.replace("_", "-"), "--seeds", options.seeds, "--evaluate"]
    words = [*shlex.split(row.words), "--epochs", str(epochs)]
    jobs = ["--jobs", str(options.jobs)] if options.jobs else []
    command = [*sweep, *jobs, "--out", str(folder), "--", *words]
    print(f"\n{row.title}: minigan {shlex.join(command)}", flush=True)
    if code := ended([sys.executable, "-m", "minigan", *command]):
        sys.exit(code)  # it has said why, or how to go on
    found = evaluations(folder)
    if not found:
        raise SystemExit(f"no run in {folder} came as far as its first checkpoint: none is scored")
    names = TABLES[options.table].scores
    drawn = {name: mean_and_error([each["scores"][name] for each in found]) for name in names}
    references = {  # drawn once, by the seed of `minigan evaluate`, and so no mean of several
        column: {name: (found[0]["rows"][column][name], None) for name in names}
        for column in ("real", "noise")
    }
    content = {
        "table": options.table,
        "row": row.key,
        "title": row.title,
        "command": shlex.join(["minigan", *sweep, "--", *words]),
        "share": epochs / row.epochs,
        "samples": drawn,
        **references,
        "against": found[0]["against"],
        "runs": [
            {"seed": each["options"]["seed"], "weights": each["weights"], **each["scores"]}
            for each in found
        ],
        "classifier": found[0].get("classifier"),
        "diverged": len(list(folder.glob("*/diverged.json"))),
        "not_scored": len(list(folder.glob("*/settings.json"))) - len(found),
        "versions": {k: v for k, v in found[0]["versions"].items() if k != "platform"},
    }
    results.mkdir(parents=True, exist_ok=True)
    write(results / f"{options.table}_{row.key}.json", content)


def evaluations(folder: Path) -> list[dict[str, Any]]:
    """What `minigan evaluate` has found of the ends of a sweep's runs, by their seeds."""
    runs = [path.parent for path in folder.glob("*/settings.json")]
    found = (of_end(run, read_run(run)["epochs_done"], print) for run in runs)
    return sorted(filter(None, found), key=lambda each: each["options"]["seed"])


def ended(command: list[str]) -> int:
    """The exit code of a command, which ends by itself when we are to: a sweep that is killed would
    leave its trainings at work."""
    with subprocess.Popen(command) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                process.terminate()  # where the signal has reached us alone


def epochs_for(row: Row, minutes: float, folder: Path) -> int:
    """As many epochs as a budget allows, by a short trial; the same ones when it is asked again."""
    if math.isinf(minutes):
        return row.epochs
    notes = folder.with_suffix(".json")
    if notes.exists():
        known = read(notes)
        if known["minutes"] != minutes:
            raise SystemExit(
                f"{folder} was begun with --budget {known['minutes']:g}: give that again, or "
                f"another --out"
            )
        return known["epochs"]
    with tempfile.TemporaryDirectory() as place:
        words = [*shlex.split(f"{row.words} {row.trial} --epochs 2"), "--out", f"{place}/trial"]
        command = [sys.executable, "-m", "minigan", "train", row.program, *words]
        one = {"MINIGAN_NUM_THREADS": "1"}  # as a sweep gives to each of its runs
        done = subprocess.run(command, env=os.environ | one, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(done.stderr.strip() or f"{shlex.join(command)} failed")
        with open(f"{place}/trial/epochs.csv", encoding="utf-8") as file:
            speed = float(list(csv.DictReader(file))[-1]["images_per_second"])
    epochs = max(1, min(row.epochs, int(60.0 * minutes * speed / row.images)))
    folder.parent.mkdir(parents=True, exist_ok=True)
    write(notes, {"minutes": minutes, "epochs": epochs})
    return epochs


# -- tables ----------------------------------------------------------------------------------------


def shown(key: str, folder: Path) -> str:
    """A table in Markdown, with the command of each row below it."""
    table = TABLES[key]
    results = {found["row"]: found for found in rows_in(key, folder)}
    heads = ["", *(head for head, _ in table.scores.values()), "share", "seeds"]
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)]]
    for row in table.rows:
        if row.published:
            cells = [row.published.get(name, "") for name in table.scores]
            lines.append([f"{row.title}, published", *cells, "", ""])
        if row.key in results:
            found = results[row.key]
            seeds = str(len(found["runs"]) + found["not_scored"])
            if found["diverged"]:
                seeds += f", {found['diverged']} diverged"
            if found["not_scored"]:
                seeds += f", {found['not_scored']} not scored"
            ours = written(table, found["samples"])
            share = f"{100 * found['share']:.3g}%"
            lines.append([f"**{row.title}, ours**", *ours, share, seeds])
    known = list(results.values())
    if known and table.real:
        published = [table.real.get(name, "") for name in table.scores]
        lines.append([f"real {table.things}, published", *published, "", ""])
    references: dict[str, dict[str, Any]] = {}  # once for each kind of real things
    for found in known:
        references.setdefault(found.get("against", ""), found)  # absent in old files
    for against, found in references.items():
        of = f" (against {against})" if len(references) > 1 else ""
        for column, name in (("real", f"real {table.things}, ours{of}"), ("noise", f"noise{of}")):
            lines.append([name, *written(table, found[column]), "", ""])
    rows = ["| " + " | ".join(line) + " |" for line in lines]
    commands = [found["command"] for found in known]
    return "\n".join([f"**{table.title}**", "", *rows, "", "```sh", *commands, "```"])


def written(table: Table, scores: dict[str, list[float]]) -> list[str]:
    """Each score as its table writes it, ± its standard error."""
    found = []
    for name, (_, form) in table.scores.items():
        mean, error = scores[name]
        found.append(form.format(mean) + (f" ± {form.format(error)}" if error is not None else ""))
    return found


def rows_in(key: str, folder: Path) -> list[dict[str, Any]]:
    """The rows of a table that a folder has, in the table's order."""
    paths = [folder / f"{key}_{row.key}.json" for row in TABLES[key].rows]
    return [read(path) for path in paths if path.exists()]


def read(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise SystemExit(f"{path} cannot be read ({error}): remove it") from None


def write(path: Path, content: dict[str, Any]) -> None:
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(content, indent=1) + "\n", "utf-8")


def budget(text: str) -> float:
    """Minutes, or `full`."""
    return math.inf if text == "full" else harness.duration(text)


if __name__ == "__main__":
    harness.program(main)
