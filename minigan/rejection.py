"""Samples that D lets pass: what G draws, put right by the odds that D gives it.

Azadi et al., arXiv 1810.06758. For a fixed G the best D has the raw output

    l(x) = ln(p_data(x) / p_g(x))

so samples that are kept with a probability in proportion to eˡ are as dense as the data, wherever G
draws anything at all. That takes a D which knows this G: let it learn on alone for a while before,
by cross-entropy and without a penalty, from real samples and from just what is to be put right.
"""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from minigan import backend as B
from minigan.autograd import Tensor, no_grad
from minigan.autograd.tensor import wrap
from minigan.backend.random import Generator
from minigan.errors import UserError
from minigan.ops.creation import rand


def accepted(
    samples: Iterable[Tensor],
    D: Callable[[Tensor], Tensor],
    quantile: float = 0.95,
    pilot: int = 10_000,
    generator: Generator | None = None,
) -> Iterator[Tensor]:
    """Of each batch (N, …) of samples those that pass: each with probability min(1, exp(l - c)).

    l is D's raw output, one number for each sample, and c its quantile among the first `pilot`
    samples, which are drawn before any is yielded. At 1 the densities are those of the odds, and
    few samples pass; lower, more do, and where l is above c there are too few of them for the odds.
    Of the pilot a share of 1 - quantile passes at least, so below 1 `samples` may be without end:
    they are drawn as they are asked for. Azadi et al. instead raise the largest odds as they meet
    larger ones, and then shift the probability by a constant, for as many to pass as they want.

        batches = (G(G.noise(100)) for _ in itertools.count())
        for x in accepted(batches, D): …

    Raises UserError for a quantile outside [0, 1], for a D with another number of outputs than one
    for each sample, and for outputs that are not finite.
    """
    if not 0.0 <= quantile <= 1.0:
        raise UserError(f"accepted: the quantile is {quantile}; it must be within [0, 1]")
    judged = ((x, _odds(D, x)) for x in samples)
    first, count = [], 0
    for x, odds in judged:
        first.append((x, odds))
        count += len(x)
        if count >= pilot:
            break
    if not first:
        return
    xp = B.module_of(first[0][1])
    known = xp.sort(xp.concatenate([odds for _, odds in first]))
    limit = known[round(quantile * (len(known) - 1))]
    for x, odds in chain(first, judged):
        chance = rand(len(x), generator=generator).array
        yield x[wrap(chance < xp.exp(xp.minimum(odds - limit, 0.0)))]


def _odds(D: Callable[[Tensor], Tensor], x: Tensor) -> B.Array:
    """ln(p_data / p_g) of each sample, as D sees it: (N)."""
    with no_grad():
        odds = D(x).array
    if odds.size != len(x):
        raise UserError(
            f"accepted: D has outputs of shape {odds.shape} for {len(x)} samples; it must have one "
            f"for each"
        )
    if not B.module_of(odds).isfinite(odds).all():
        raise UserError("accepted: D has outputs that are not finite: it has diverged")
    return odds.reshape(-1)
