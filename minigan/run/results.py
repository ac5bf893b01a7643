"""What a run leaves behind when it ends: weights, curves, a walk through latent space, a report."""

import contextlib
import json
import math
from dataclasses import asdict
from operator import length_hint
from typing import TYPE_CHECKING

import numpy as np

import minigan
from minigan import data, models, nn, pictures
from minigan.atomic import replacing
from minigan.backend import random
from minigan.data.refusals import Unfit
from minigan.errors import UserError
from minigan.latent import beside_nearest, spherical
from minigan.run import files, report
from minigan.run.ending import say
from minigan.run.health import Finding
from minigan.run.watch import generator_of

if TYPE_CHECKING:
    from minigan.run.loop import Run

WALK, STEPS = 4, 10  # walks from one latent point to the next, and images on each
NEAREST = "latent_nearest.png"
SHOWN, NEIGHBOURS = 8, 5  # samples, and the nearest training images of each
MOST_NUMBERS = 1 << 28  # in all images that are searched: some seconds


def save(run: "Run", finished: bool) -> None:
    """All of it; only of a finished run what takes a while."""
    for name, network in run.networks.items():
        run.save_weights(weights_of(name), network)
    if not run.history.flush():
        return
    table, curves = run.out / files.LOSSES, run.path("losses.png")
    try:
        pictures.save_curves(curves, table, run.title())
    except (OSError, ValueError) as error:  # someone else has written to the table
        say(f"{table} is damaged, so there is no {curves.name}: {error}")
    if finished:
        walk_and_neighbours(run)
    save_report(run)


def weights_of(name: str) -> str:
    """The file of a network's weights."""
    return f"{name}.safetensors"


def walk_and_neighbours(run: "Run") -> None:
    """From one latent point to another, and the training images nearest to samples, for a G of
    minigan.models, whose noise is known. `minigan latent` does more of it."""
    name = generator_of(run.networks)
    G = run.networks.get(name or "")
    if not (isinstance(G, models.Network) and hasattr(G, "noise")):
        return
    former, training = random.default.state(), G.training
    G.eval()
    try:
        with minigan.no_grad():
            z, t = G.noise(WALK + 1), np.linspace(0.0, 1.0, STEPS, dtype="float32")[:, None]
            ways = [spherical(z[i : i + 1], z[i + 1 : i + 2], t) for i in range(WALK)]
            walk, samples = G(minigan.cat(ways), *_a_class_each(G)), G(G.noise(SHOWN))
            near = _beside_nearest(run, samples)
    finally:
        G.train(training)
        random.default.set_state(former)
    if walk.ndim != 4:  # points, as those of mixture_2d.py
        return
    run.save_images("latent_interpolation.png", walk, STEPS)
    if near is not None:
        run.save_images(NEAREST, near, 1 + NEIGHBOURS)
    elif run.loader is None and (run.out / NEAREST).exists():  # nothing was left to train
        run.note_picture(NEAREST)


def _a_class_each(G: nn.Module) -> list[minigan.Tensor]:
    """For a G that takes labels: one class for each of the walks."""
    if (embedding := getattr(G, "embedding", None)) is None:
        return []
    classes = [walk % embedding.num_embeddings for walk in range(WALK) for _ in range(STEPS)]
    return [minigan.tensor(classes)]


def _beside_nearest(run: "Run", samples: minigan.Tensor) -> minigan.Tensor | None:
    """Samples and their neighbours; None where the loader's data are others, or too many."""
    images = getattr(run.loader, "dataset", ())
    known = length_hint(images)  # 0 for a stream, which does not know its length
    if not NEIGHBOURS <= known <= MOST_NUMBERS // math.prod(samples.shape[1:]):
        return None
    if (once := getattr(images, "once", None) or known) < known:  # else each would be met again
        images = data.Subset(images, range(once))
    loader = data.DataLoader(images, 1000)
    first = next(iter(loader))
    first = first[0] if isinstance(first, (list, tuple)) else first
    if not isinstance(first, minigan.Tensor) or first.shape[1:] != samples.shape[1:]:
        return None
    try:
        return beside_nearest(samples, loader, NEIGHBOURS)
    except Unfit:  # what G draws is not finite
        return None


def save_report(run: "Run") -> None:
    """report.html and, where there is a series of pictures, training.gif."""
    run.history.flush()
    run.path(report.REPORT)
    report.write(run.out, tell=lambda _: None)  # the curves have told of a damaged table
    if report.write_animation(run.out):
        run.path(report.ANIMATION)


def save_finding(run: "Run", finding: Finding) -> None:
    """Why the run ended, for the report; what cannot be written now is not worth more words."""
    with contextlib.suppress(UserError, OSError):
        with replacing(run.path(files.DIVERGED)) as temporary:
            temporary.write_text(json.dumps(asdict(finding), indent=2) + "\n", encoding="utf-8")
        save_report(run)
