"""What usually goes wrong with a GAN, in plain words: what was seen, what it means, what to try.

Each rule reads the rows of health.csv, so a finding while the run goes on and one in the report are
the same. Bounds are set so that healthy trainings, which are wild at first, have no finding.
"""

import contextlib
import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from minigan.opening import opened
from minigan.run import files
from minigan.run.table import columns_of
from minigan.run.watch import G_NAMES

Row = Mapping[str, float]
FIRST = 10  # rows whose gradients are the usual ones


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
    """One thing that goes wrong. seen(row, past): the numbers in words if a row shows it, else "".
    patience: rows in turn that have to show it, for some of it passes by itself."""

    kind: str
    network: str
    title: str
    seen: Callable[[Row, "Past"], str]
    means: str
    cure: str
    patience: int = 1


@dataclass
class Past:
    """What rules remember of the rows so far."""

    diversity: float = 0.0  # the largest
    gradients: list[float] = field(default_factory=list)  # the norms of G's first ones

    def hear(self, row: Row) -> None:
        self.diversity = max(self.diversity, row.get("diversity", 0.0))  # NaN is never larger
        if len(self.gradients) < FIRST and (norm := _gradient_of_G(row)) > 0.0:
            self.gradients.append(norm)


class Diagnosis:
    """Hears the rows of health.csv, one after the other, and finds what they show."""

    def __init__(self, rows: Iterable[Row] = ()):
        self._past = Past()
        self._shown: dict[str, tuple[int, Finding]] = {}  # by rule: in how many rows in turn
        self._ended: list[Finding] = []
        for row in rows:
            self.hear(row)

    def hear(self, row: Row) -> list[Finding]:
        """Take one more row; the findings that it begins, once they have lasted."""
        self._past.hear(row)
        begun = []
        for rule in RULES:
            count, former = self._shown.pop(rule.kind, (0, None))
            if words := rule.seen(row, self._past):
                finding = _extended(former or _finding(rule, row), row, words)
                self._shown[rule.kind] = count + 1, finding
                begun += [finding] if count + 1 == rule.patience else []
            elif former and count >= rule.patience:
                self._ended.append(former)
        return begun

    def findings(self) -> list[Finding]:
        """All so far, in order of their beginning."""
        lasting = [self._shown[r.kind][1] for r in RULES if self._count(r) >= r.patience]
        return sorted([*self._ended, *lasting], key=lambda finding: finding.first_step)

    def _count(self, rule: Rule) -> int:
        return self._shown.get(rule.kind, (0, None))[0]


def _finding(rule: Rule, row: Row) -> Finding:
    """A finding that begins with this row."""
    step, epoch = int(row["step"]), int(row["epoch"])
    return Finding(
        rule.kind, rule.network, step, step, epoch, epoch, rule.title, "", rule.means, rule.cure
    )


def _extended(finding: Finding, row: Row, words: str) -> Finding:
    """The finding as it is with one more row."""
    step, epoch = int(row["step"]), int(row["epoch"])
    return replace(finding, last_step=step, last_epoch=epoch, seen=words)


def read(folder: Path) -> list[Finding]:
    """The findings of the run in a folder; those of damaged files are left out."""
    found = diagnosis(folder).findings()
    wrong = OSError, ValueError, TypeError, RecursionError
    with contextlib.suppress(*wrong), opened(folder / files.DIVERGED) as file:
        found.append(Finding(**json.loads(file.read())))
    return found


def diagnosis(folder: Path) -> Diagnosis:
    """What has been heard of the run in a folder, but for rows that are damaged."""
    columns = columns_of(folder / files.HEALTH, lambda fault: None, "step", "epoch")
    rows = zip(*columns.values(), strict=True)
    return Diagnosis(dict(zip(columns, row, strict=True)) for row in rows)


def diverged(step: int, epoch: int, seen: str) -> Finding:
    """The finding that ends a run."""
    return Finding(
        "diverged", "", step, step, epoch, epoch, "The training diverged", seen,
        "A number has left what float32 can hold, and all that is computed from it is lost.",
        "Lower the learning rates; look at the op that is named, if one is: a division, a root or "
        "a logarithm wants to be clamped. --detect-anomaly ends a run at the first such op.",
    )  # fmt: skip


# -- the rules -------------------------------------------------------------------------------------


def d_wins(row: Row, past: Past) -> str:
    real, fake = _judged(row)
    return _said(real, fake) if real > 0.97 and fake < 0.03 else ""


def d_loses(row: Row, past: Past) -> str:
    real, fake = _judged(row)
    return _said(real, fake) if fake > 0.9 or fake > real + 0.1 else ""


def _judged(row: Row) -> tuple[float, float]:
    """D's means for real and drawn images, where they are probabilities; a critic's are none."""
    real, fake = row.get("D_x", math.nan), row.get("D_Gz", math.nan)
    return (real, fake) if 0.0 <= real <= 1.0 and 0.0 <= fake <= 1.0 else (math.nan, math.nan)


def _said(real: float, fake: float) -> str:
    return f"D(x) is {real:.3f}, D(G(z)) {fake:.3f}"


def no_gradient(row: Row, past: Past) -> str:
    now = _gradient_of_G(row)
    if now < 1e-6:
        return f"the norm of G's gradient is {now:.1g}"
    usual = median(past.gradients) if past.gradients else 0.0
    fell = f"the norm of G's gradient fell from {usual:.2g} to {now:.2g}"
    return fell if now < 1e-3 * usual else ""


def _gradient_of_G(row: Row) -> float:
    """Its norm, whichever of G's names the run has; NaN where none is known."""
    columns = (k for k in row if k.startswith("grad_") and k[5:].lower() in G_NAMES)
    return row.get(next(columns, ""), math.nan)


def all_alike(row: Row, past: Past) -> str:
    now, best = row.get("diversity", math.nan), past.diversity
    if not (now < 0.01 or (now < 0.2 and now < 0.3 * best)):
        return ""
    fell = f", and was {best:.0%} at its best" if best > 2.0 * now + 0.1 else ""
    return f"G's images differ by {now:.1%} of what real ones do{fell}"


def at_the_bounds(row: Row, past: Past) -> str:
    ours, real = (row.get(name, math.nan) for name in ("saturated", "saturated_real"))
    said = f"{ours:.1%} of G's pixels are as dark or bright as any, {real:.1%} of real ones"
    return said if 1.0 - ours < 0.1 * (1.0 - real) else ""


def exploded(row: Row, past: Past) -> str:
    found = _layers(row, "size:", above=1e4)
    return f"the outputs of layer {found[0][1]} are about {found[0][0]:.1g}" if found else ""


def dead(row: Row, past: Past) -> str:
    found = _layers(row, "dead:", above=0.5)
    said = ", ".join(f"{share:.0%} of layer {name}" for share, name in found[:3])
    return f"the same to every image says {said}" if found else ""


def _layers(row: Row, begin: str, above: float) -> list[tuple[float, str]]:
    """The layers with such a number above a bound, the worst first."""
    numbers = ((v, k.removeprefix(begin)) for k, v in row.items() if k.startswith(begin))
    return sorted((pair for pair in numbers if pair[0] > above), reverse=True)


RULES = [
    Rule(
        "exploding", "", "Activations explode", exploded,
        "Outputs of so large a size come from weights that have run away: most often the learning "
        "rate is too high by far.",
        "Lower the learning rate, tenfold first; normalise (BatchNorm, spectral normalisation); "
        "clip gradients.",
    ),
    Rule(
        "d_wins", "D", "D wins", d_wins,
        "D tells real from drawn without fail. What it says to G hardly changes with what G draws, "
        "so G learns little, or nothing.",
        "Lower D's learning rate or raise G's; smooth D's targets for real images to 0.9; Dropout "
        "or spectral normalisation in D; a smaller D.",
        patience=2,
    ),
    Rule(
        "d_loses", "D", "D loses", d_loses,
        "D takes drawn images for real ones at least as often as real ones: G learns from wrong "
        "answers.",
        "Raise D's learning rate or lower G's; several steps of D for each of G's; look "
        "whether D gets real and drawn images in the same range.",
        patience=2,
    ),
    Rule(
        "no_gradient", "G", "G gets no gradient", no_gradient,
        "D is so sure that its output is flat: nothing of its judgement reaches G, and G stands "
        "still.",
        "The non-saturating loss of G; a weaker D, by a lower rate or spectral normalisation; "
        "BCEWithLogitsLoss on raw outputs, which stays exact where Sigmoid has become 1.",
        patience=2,
    ),
    Rule(
        "collapse", "G", "G collapses", all_alike,
        "Whatever z is, G draws nearly the same: mode collapse. It has found a few images that D "
        "takes for real.",
        "Lower the learning rates, and Adam's beta1 to 0.5; show D several samples at a time "
        "(packing, minibatch deviation); another loss; a label for each class.",
        patience=2,
    ),
    Rule(
        "saturated", "G", "G's outputs are saturated", at_the_bounds,
        "The last layer gets numbers so large that Tanh or Sigmoid is flat there: its slope is "
        "nearly 0, and G cannot come back.",
        "Lower G's learning rate; BatchNorm in G; smaller initial weights; look at whether real "
        "images are scaled to the same range.",
        patience=2,
    ),
    Rule(
        "dead", "", "Dead units", dead,
        "These units no longer react to anything, get no gradient, and stay so.",
        "Lower the learning rate; LeakyReLU in place of ReLU; BatchNorm before the activation.",
        patience=2,
    ),
]  # fmt: skip
