"""What a generator draws, some at a time, and always the same for a seed: for scores and files."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

import minigan
from minigan import pictures
from minigan.backend import random
from minigan.errors import UserError
from minigan.watching.layers import goes_by_the_batch

Block = tuple[np.ndarray, np.ndarray]
BATCH = 128  # as in training: a G may look at the statistics of its batch


def classes_of(G: Any) -> int:
    """How many classes a G can be asked for; 0 if it takes no labels."""
    G = getattr(G, "module", G)  # of a moving average
    return int(getattr(G, "classes", 0) or getattr(G, "arguments", {}).get("classes", 0))


def draw(G: Any, count: int, seed: int = 0, labels: Sequence[int] | None = None) -> Iterator[Block]:
    """`count` samples in blocks: what G puts out, (n, …) float32, and the classes asked for, (n).

    labels: the classes to ask for, in turn, of the same latent points; without, each is drawn at
    random. A G that takes none has one class, 0. A sample depends on its place and the seed alone,
    not on `count`; minigan's own random numbers and G's mode stay as they were. Where BatchNorm
    goes by the batch, a batch of one class would be normalised otherwise than in training: so G is
    asked for all classes, and those that are not wanted are left out.

    Raises UserError for a network that is no generator, for labels that it does not know, and for
    samples that are not finite.
    """
    noise = getattr(getattr(G, "module", G), "noise", None)
    if noise is None:
        raise UserError(f"a {type(G).__name__} draws nothing from noise alone: give a generator")
    classes = classes_of(G)
    in_turn = None if labels is None else _checked(labels, classes)
    state = random.Generator(seed).state()

    def batch(wanted: np.ndarray | None) -> Block:
        """A batch of samples; minigan is left as it was found."""
        nonlocal state
        former, training = random.default.state(), G.training
        random.default.set_state(state)
        G.eval()
        try:
            with minigan.no_grad():
                z = noise(BATCH)
                if not classes:
                    return _finite(G(z)), np.zeros(BATCH, np.int64)
                any_class = minigan.randint(0, classes, (BATCH,))  # always, for the z after it
                c = any_class if wanted is None else minigan.tensor(wanted)
                return _finite(G(z, c)), _host(c)
        finally:
            state = random.default.state()
            G.train(training)
            random.default.set_state(former)

    if in_turn is not None and goes_by_the_batch(G):
        yield _left_over(batch, np.resize(in_turn, count))
        return
    for start in range(0, count, BATCH):
        wanted = None if in_turn is None else np.resize(np.roll(in_turn, -start), BATCH)
        samples, of = batch(wanted)
        yield samples[: count - start], of[: count - start]


def images(
    G: Any, count: int, seed: int = 0, labels: Sequence[int] | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """`count` images as bytes, (N, C, H, W) uint8, and their classes, (N): see `image_blocks`."""
    blocks = list(image_blocks(G, count, seed, labels))
    return np.concatenate([b for b, _ in blocks]), np.concatenate([of for _, of in blocks])


def image_blocks(
    G: Any, count: int, seed: int = 0, labels: Sequence[int] | None = None
) -> Iterator[Block]:
    """As `draw`, with images (n, C, H, W) as bytes. Raises UserError for what are no images.

    Whether G's range is [0, 1] or [-1, 1] is seen in a whole batch, always the same one: a few
    images of bright things may have no pixel below 0.
    """
    some, _ = next(draw(G, BATCH))
    if some.ndim != 4:
        kind = type(getattr(G, "module", G)).__name__
        raise UserError(f"a {kind} draws no images: its samples have the shape {some.shape[1:]}")
    signed = bool((some < 0).any())
    return ((pictures.to_bytes(x, signed), of) for x, of in draw(G, count, seed, labels))


def _finite(x: minigan.Tensor) -> np.ndarray:
    samples = _host(x)
    if not np.isfinite(samples).all():
        raise UserError("G draws what are no numbers: it has diverged, and is worth no score")
    return samples


def _host(x: minigan.Tensor) -> np.ndarray:
    return x.detach().cpu().numpy()


def _checked(labels: Sequence[int], classes: int) -> np.ndarray:
    if not classes:
        raise UserError("this G takes no labels: leave --labels out")
    if not len(labels):
        raise UserError(f"labels: name one class at least, of 0 to {classes - 1}")
    for label in labels:
        if not 0 <= label < classes:
            raise UserError(f"there is no class {label}: this G knows 0 to {classes - 1}")
    return np.array(labels, np.int64)


def _left_over(batch: Any, wanted: np.ndarray) -> Block:
    """Samples of the wanted classes, out of batches of all classes."""
    places = {label: list(np.flatnonzero(wanted == label)[::-1]) for label in np.unique(wanted)}
    found: dict[int, np.ndarray] = {}
    while any(places.values()):
        samples, of = batch(None)
        for sample, label in zip(samples, of, strict=True):
            if places.get(label):
                found[places[label].pop()] = sample
    return np.stack([found[place] for place in range(len(wanted))]), wanted
