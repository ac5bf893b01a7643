"""Scores what a run's G draws, beside real images and noise: a table, and evaluation.json.

    minigan evaluate runs/mnist_dense
    minigan evaluate runs/mnist_conditional --labelled 50000 --seed 1

All scores that fit the run, against the test images of its data set, which no program trains on or
chooses by; also while the run trains, from its checkpoint.
"""

import json
import shutil
import textwrap
from argparse import Namespace
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from minigan import programs, run, scores
from minigan.atomic import check_writable, replacing
from minigan.errors import UserError
from minigan.run import files
from minigan.run.command_line import spelled
from minigan.run.report import read
from minigan.run.versions import versions

SHOWN = {  # what each score is called, which way is better, how it is written
    "fld": ("Fréchet LeNet distance", "↓", "{:.2f}"),
    "kid": ("KID on LeNet's features", "↓", "{:.2f}"),
    "precision": ("precision", "↑", "{:.3f}"),
    "recall": ("recall", "↑", "{:.3f}"),
    "density": ("density", "↑", "{:.3f}"),
    "coverage": ("coverage", "↑", "{:.3f}"),
    "pixel_precision": ("precision, of pixels", "↑", "{:.3f}"),
    "pixel_recall": ("recall, of pixels", "↑", "{:.3f}"),
    "pixel_density": ("density, of pixels", "↑", "{:.3f}"),
    "pixel_coverage": ("coverage, of pixels", "↑", "{:.3f}"),
    "class_kl": ("KL of the classes", "↓", "{:.4f}"),
    "accuracy": ("seen as the class asked for", "↑", "{:.2%}"),
    "nearest": ("distance to training, tests' = 1", "", "{:.3f}"),
    "knn_error": ("errors of 1-NN taught by them", "↓", "{:.2%}"),
    "modes": ("modes", "↑", "{:.0f}"),
    "high_quality": ("share of high quality", "↑", "{:.2%}"),
    "kl": ("KL from uniform", "↓", "{:.3f}"),
    "mean": ("mean", "", "{:.3f}"),
    "std": ("standard deviation", "", "{:.3f}"),
    "jsd": ("Jensen-Shannon divergence", "↓", "{:.5f}"),
    "psnr": ("PSNR, dB", "↑", "{:.2f}"),
    "ssim": ("SSIM", "↑", "{:.4f}"),
}


HOW = ("samples", "real_size", "labelled", "seed", "classifier", "real")
"""The options that a score depends on. A program with `scores` of its own names its ones of them in
SCORED_BY."""

FEWEST = 6  # images: each has the five neighbours that recall and coverage are measured by


def main(words: Sequence[str] | None = None) -> None:
    """The command; words are those after its name."""
    parser = run.Parser(__doc__)
    parser.add_argument("run", type=Path, help="folder of a run, or one of its G files")
    parser.add(
        "how to score",
        samples=run.count(None, "samples; as many as there are real images if not given", least=50),
        real_size=run.count(None, "test images to compare with; all if not given", least=50),
        labelled=run.count(50_000, "samples that teach a 1-NN, of a G that takes labels"),
        seed=run.count(0, "of the samples", least=0),
        classifier=run.Option(
            None, "a run of mnist-classifier, to use instead of the one that comes along",
            {"type": Path, "metavar": "RUN"},
        ),
        real=run.Option(
            None, "folder of pictures to compare with, as where a run has no test images",
            {"type": Path, "metavar": "DIR"},
        ),
        backend=run.backend(),
        data_dir=run.Option(None, "where the data is", {"metavar": "DIR"}),
        out=run.Option(
            None, f"the file of all numbers; {files.EVALUATION} in the run's folder if not given",
            {"type": Path, "metavar": "FILE"},
        ),
    )  # fmt: skip
    options = parser.parse_args(words)
    run.choose_backend(options.backend)
    G = run.load_network(options.run)
    whole = options.run.is_dir()
    folder = options.run if whole else options.run.parent
    target = options.out or folder / files.EVALUATION
    check_writable(target)
    made = files.read_settings(folder)
    facts = {
        "run": str(options.run),
        "program": made["program"],
        "epochs": read(folder)["epochs_done"] if whole else None,  # a file does not say
        "weights": scores.hash_of(G.state_dict()),
        "seed": options.seed,
        "asked": {
            name: str(getattr(options, name))
            for name in HOW
            if getattr(options, name) != parser.get_default(name)
        },
        "options": made["options"],
        "versions": versions(),
    }
    after = f", epochs done: {facts['epochs']}" if whole else ""
    print(f"{made['program']}: weights {facts['weights']}{after}", flush=True)
    rows = rows_of(G, made, options, facts)
    print("\n".join(["", *table(rows, shutil.get_terminal_size().columns)]))
    kept = {k: {name: files.finite(x) for name, x in row.items()} for k, row in rows.items()}
    with replacing(target) as temporary:
        content = {**facts, "rows": kept, "scores": next(iter(kept.values()))}
        text = json.dumps(content, indent=2, allow_nan=False)
        temporary.write_text(text + "\n", encoding="utf-8")
    print(f"\nwrote {target}")


class Missing(UserError, AttributeError):
    """An option that a run's settings lack."""


class Settings(Namespace):
    """The options of a run."""

    def __getattr__(self, name: str) -> Any:
        raise Missing(f"the options in the run's {files.SETTINGS} lack {name!r}")


def rows_of(G: Any, made: Mapping[str, Any], asked: Namespace, facts: dict) -> scores.Rows:
    """The scores of a run's G; what they are of is said, and goes into the facts."""
    program, settings = programs.load(made["program"]), Settings(**made["options"])
    if hasattr(program, "scores"):  # whose samples are judged in a way of their own
        check_given(facts["asked"], made["program"], program.SCORED_BY)
        return program.scores(G, settings, asked, facts)
    if not scores.classes_of(G):
        check_given(facts["asked"], "a G that takes no labels", set(HOW) - {"labelled"})
    test, train = real_images(G, settings, asked)
    flip = getattr(settings, "flip", False)
    classifier = classifier_for(settings, asked)
    if flip:
        test = test.mirrored(asked.seed)
        train = train.both_ways()
    if (asked.samples or 0) > len(train):
        raise UserError(
            f"--samples {asked.samples:,}: as many training images are compared, and there are "
            f"{len(train):,}"
        )
    count = min(asked.samples or len(test), len(train))
    if min(count, len(test)) < FEWEST:
        raise UserError(
            f"{len(train):,} training images, and {len(test):,} to compare with: there must be at "
            f"least {FEWEST} of each"
        )
    of = f"{count:,} samples, as many training images, and noise; each against {len(test):,}"
    kind = "pictures of --real" if asked.real else f"test images of {settings.dataset}"
    mirrored = ", half of them mirrored as in training" if flip else ""
    say(f"{of} {kind}{mirrored}")
    facts |= {"samples": count, "against": kind + mirrored, "real_size": len(test)}
    if scores.classes_of(G):
        real = f"{min(asked.labelled, len(train)):,} training images"
        say(f"1-NN, a nearest-neighbour classifier: taught by {asked.labelled:,} samples or {real}")
        facts["labelled"] = asked.labelled
    judge = scores.Judge(test, classifier)
    if classifier:
        facts["classifier"] = {"weights": classifier.hash}
        right = ""
        if not asked.real:  # else the classes are others
            right = f", {judge.right:.2%} right on those"
            facts["classifier"]["accuracy"] = judge.right
        say(f"features and classes: LeNet {classifier.hash}{right}")
    rows = scores.judged(G, judge, train, count, asked.labelled, asked.seed)
    if asked.real:
        for row in rows.values():
            row.pop("accuracy", None)
    return rows


def check_given(given: Mapping[str, str], whose: str, known: Collection[str]) -> None:
    """Raises UserError for an option that the scores of this G do not depend on."""
    for name in given:
        if name not in known:
            raise UserError(
                f"{spelled(name)}: the scores of {whose} do not depend on it: leave it out"
            )


def real_images(G: Any, settings: Namespace, asked: Namespace) -> tuple[scores.Real, scores.Real]:
    """What samples are compared with, and what G was trained on.

    Raises UserError where there are no images that it was not trained on, and for images of another
    kind than G draws.
    """
    channels, side = scores.images(G, 1)[0].shape[1:3]
    of_set = hasattr(settings, "dataset")
    if of_set:
        train = scores.of_data(settings.dataset, asked.data_dir, True, settings.limit)
        side = train.images.shape[2]
    elif getattr(settings, "images", None):
        if not Path(settings.images).is_dir():
            raise UserError(
                f"{asked.run} was trained on the pictures in {settings.images}, and from here "
                f"there is no such folder: start where the training was started"
            )
        skip = getattr(settings, "skip_unreadable", False)
        train = scores.of_folder(settings.images, side, settings.limit, skip)
    else:
        raise UserError(f"{asked.run} draws images, but its settings name no data to compare with")
    if asked.real:
        test = scores.of_folder(asked.real, side)
    elif of_set:
        test = scores.of_data(settings.dataset, asked.data_dir, False)
    else:
        raise UserError(
            f"{asked.run} was trained on a folder of pictures, which has no test images: name a "
            f"folder of others, that were not trained on, with --real DIR"
        )
    for images, those in ((train, "its training images"), (test, "those to compare with")):
        if (theirs := images.images.shape[1]) != channels:
            raise UserError(
                f"{asked.run} draws images of {channels} channels, and {those} have {theirs}"
            )
    if asked.real and scores.classes_of(G) and test.names != train.names:
        raise UserError(
            f"{asked.run} was trained on the classes {', '.join(train.names)}; give --real a "
            f"folder with sub-folders of these names and no others"
        )
    return test[: asked.real_size], train


def classifier_for(settings: Namespace, asked: Namespace) -> Any:
    """Who looks at the images; nobody where no classifier knows such ones."""
    name = getattr(settings, "dataset", "")
    if asked.classifier or name in scores.lenet.FILES:
        return scores.lenet.load(name, asked.classifier)
    one = f"`minigan train mnist-classifier --dataset {name}` trains one, for --classifier"
    say(
        f"only pixels are compared: no classifier of {name or 'a folder'} comes along"
        + (f". {one}" if name else "")
    )
    return None


def table(rows: scores.Rows, width: int) -> list[str]:
    """The scores as lines: one each, with a column for each row of numbers."""
    label = max(24, min(36, width - 14 * len(rows)))
    lines = [" " * label + "".join(f"{name:>12}" for name in rows)]
    for name in dict.fromkeys(name for row in rows.values() for name in row):
        title, better, form = SHOWN.get(name, (name, "", "{:.4g}"))
        cells = [form.format(row[name]) if name in row else "–" for row in rows.values()]
        lines.append(f"{title + ' ' + better:<{label}}" + "".join(f"{cell:>12}" for cell in cells))
    return lines


def say(line: str) -> None:
    print(textwrap.fill(line, shutil.get_terminal_size().columns), flush=True)
