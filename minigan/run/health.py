"""What usually goes wrong with a GAN, in plain words: what was seen, what it means, what to try.

Each rule reads the rows of health.csv, so a finding while the run goes on and one in the report are
the same. Bounds are set so that healthy trainings, which are wild at first, have no finding.
"""

import contextlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from minigan.run import files
from minigan.run.history import rows_of

Row = dict[str, float]


@dataclass(frozen=True)
class Finding:
    """Something that goes wrong, from one step to another."""

    kind: str
    network: str  # "" for both
    first_step: int
    last_step: int
    first_epoch: int
    last_epoch: int
    title: str
    seen: str
    means: str
    cure: str


@dataclass(frozen=True)
class Rule:
    """One thing that goes wrong. seen(rows): the numbers in words if it is so in the last of the
    rows, else "". patience: rows in turn that have to show it, for some of it passes by itself."""

    kind: str
    network: str
    title: str
    seen: Callable[[Sequence[Row]], str]
    means: str
    cure: str
    patience: int = 1


def findings(rows: Sequence[Row]) -> list[Finding]:
    """All that the rows show, in order of their beginning."""
    found = [finding for rule in RULES for finding in _stretches(rule, rows)]
    return sorted(found, key=lambda finding: finding.first_step)


def read(folder: Path) -> list[Finding]:
    """The findings of the run in a folder; those of damaged files are left out."""
    path, diverged = folder / files.HEALTH, folder / files.DIVERGED
    try:
        found = findings(rows_of(path)) if path.exists() else []
    except (OSError, ValueError):
        found = []
    if diverged.exists():
        with contextlib.suppress(OSError, ValueError, TypeError):
            found.append(Finding(**json.loads(diverged.read_text("utf-8"))))
    return found


def diverged(step: int, epoch: int, seen: str) -> Finding:
    """The finding that ends a run."""
    return Finding(
        "diverged", "", step, step, epoch, epoch, "The training diverged", seen,
        "A number has left what float32 can hold, and all that is computed from it is lost.",
        "Lower the learning rates; look at the op that is named, if one is: a division, a root or "
        "a logarithm wants to be clamped. --detect-anomaly ends a run at the first such op.",
    )  # fmt: skip


def _stretches(rule: Rule, rows: Sequence[Row]) -> Iterator[Finding]:
    """Each time that the rule holds, as long as it does; the words are those of its last row."""
    run: list[tuple[Row, str]] = []
    for number in range(len(rows) + 1):
        said = rule.seen(rows[: number + 1]) if number < len(rows) else ""
        if said:
            run.append((rows[number], said))
            continue
        if len(run) >= rule.patience:
            (first, _), (last, words) = run[0], run[-1]
            yield Finding(
                rule.kind, rule.network, int(first["step"]), int(last["step"]), int(first["epoch"]),
                int(last["epoch"]), rule.title, words, rule.means, rule.cure,
            )  # fmt: skip
        run = []


# -- the rules -------------------------------------------------------------------------------------


def d_wins(rows: Sequence[Row]) -> str:
    real, fake = (rows[-1].get(name, math.nan) for name in ("D_x", "D_Gz"))
    return f"D(x) is {real:.3f}, D(G(z)) {fake:.3f}" if real > 0.97 and fake < 0.03 else ""


def d_loses(rows: Sequence[Row]) -> str:
    real, fake = (rows[-1].get(name, math.nan) for name in ("D_x", "D_Gz"))
    said = f"D(x) is {real:.3f}, D(G(z)) {fake:.3f}"
    return said if fake > 0.9 or fake > real + 0.1 else ""


def no_gradient(rows: Sequence[Row]) -> str:
    norms = [row["grad_G"] for row in rows if row.get("grad_G", math.nan) >= 0.0]
    if not norms or rows[-1].get("grad_G") != norms[-1]:
        return ""
    usual = median(norms[:10])
    if norms[-1] < 1e-6:
        return f"the norm of G's gradient is {norms[-1]:.1g}"
    return f"the norm of G's gradient fell from {usual:.2g} to {norms[-1]:.2g}" * (
        norms[-1] < 1e-3 * usual
    )


def all_alike(rows: Sequence[Row]) -> str:
    now = rows[-1].get("diversity", math.nan)
    best = max((row.get("diversity", 0.0) for row in rows), default=0.0)
    if not (now < 0.01 or (now < 0.2 and now < 0.3 * best)):
        return ""
    fell = f", and was {best:.0%} at its best" if best > 2.0 * now + 0.1 else ""
    return f"G's images differ by {now:.1%} of what real ones do from their nearest{fell}"


def at_the_bounds(rows: Sequence[Row]) -> str:
    ours, real = (rows[-1].get(name, math.nan) for name in ("saturated", "saturated_real"))
    said = f"{ours:.1%} of G's pixels are at their darkest or brightest, {real:.1%} of real ones"
    return said if 1.0 - ours < 0.1 * (1.0 - real) else ""


def layers_of(row: Row, what: str, above: float) -> list[tuple[str, float]]:
    """The layers whose number of this kind is above a bound, the worst first."""
    begin = f"{what}:"
    found = [
        (k.removeprefix(begin), v) for k, v in row.items() if k.startswith(begin) and v > above
    ]
    return sorted(found, key=lambda pair: -pair[1])


def exploded(rows: Sequence[Row]) -> str:
    found = layers_of(rows[-1], "size", 1e4)
    return f"the outputs of layer {found[0][0]} are about {found[0][1]:.1g}" if found else ""


def dead(rows: Sequence[Row]) -> str:
    found = layers_of(rows[-1], "dead", 0.5)
    said = [f"{share:.0%} of layer {name}" for name, share in found[:3]]
    return f"the same to every image says {', '.join(said)}" if found else ""


RULES = [
    Rule(
        "d_wins", "D", "D wins", d_wins,
        "D tells real from drawn without fail. What it says to G hardly changes with what G draws, "
        "so G learns little, or nothing.",
        "Lower D's learning rate or raise G's; smooth D's targets (--real-label 0.9); Dropout or "
        "spectral normalisation in D; a smaller D.",
        patience=2,
    ),
    Rule(
        "d_loses", "D", "D loses", d_loses,
        "D takes drawn images for real ones at least as often as real ones: G learns from wrong "
        "answers.",
        "Raise D's learning rate or lower G's; several steps of D for each of G's (--k); look "
        "whether D gets real and drawn images in the same range.",
        patience=2,
    ),
    Rule(
        "no_gradient", "G", "G gets no gradient", no_gradient,
        "D is so sure that its output is flat: nothing of its judgement reaches G, and G stands "
        "still.",
        "The non-saturating loss of G; a weaker D, by a lower rate or spectral normalisation; "
        "BCEWithLogitsLoss on raw outputs, which stays exact where Sigmoid has become 1.",
    ),
    Rule(
        "collapse", "G", "G collapses", all_alike,
        "Whatever z is, G draws nearly the same: mode collapse. It has found a few images that D "
        "takes for real.",
        "Lower the learning rates, and Adam's beta1 to 0.5; show D several samples at a time "
        "(--packing, minibatch features); another loss; a label for each class.",
        patience=2,
    ),
    Rule(
        "saturated", "G", "G's outputs are saturated", at_the_bounds,
        "The last layer gets numbers so large that Tanh or Sigmoid is flat there: its slope is "
        "nearly 0, and G cannot come back.",
        "Lower G's learning rate; BatchNorm in G; smaller initial weights; look at whether real "
        "images are scaled to the same range.",
    ),
    Rule(
        "exploding", "", "Activations explode", exploded,
        "Outputs of so large a size come from weights that have run away: most often the learning "
        "rate is too high by far.",
        "Lower the learning rate, tenfold first; normalise (BatchNorm, spectral normalisation); "
        "clip gradients.",
    ),
    Rule(
        "dead", "", "Dead units", dead,
        "These units no longer react to anything, get no gradient, and stay so.",
        "Lower the learning rate; LeakyReLU in place of ReLU; BatchNorm before the activation.",
        patience=2,
    ),
]  # fmt: skip
