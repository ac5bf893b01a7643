"""A GAN on a mixture of Gaussians in the plane, where lost modes are plain to see and to count.

A ring of 8 or a grid of 25 Gaussians, with the networks and the measure of PacGAN: Lin et al.,
arXiv 1712.04086, section 4.1. By default R1 keeps D from being too sure, what is drawn is a moving
average of G, and in the last quarter of the epochs D alone learns, from what is drawn: by its odds
samples are then rejected. `--packing 2` shows D two samples at a time. PacGAN's own settings, under
which modes are lost, are in benchmarks/paper_tables.py.

After each epoch 2,500 samples are drawn. One within 3σ of a mode is of high quality, and a mode is
covered if at least one of those is nearest to it.
"""

import itertools
import math
import sys
from collections.abc import Iterable
from typing import Any

import minigan  # first: from here on Ctrl-C ends in one line

# isort: split
import numpy as np
from matplotlib.figure import Figure

from minigan import data, gan, metrics, models, nn, optim, rejection, run
from minigan import scores as scoring
from minigan.autograd import Tensor, op
from minigan.backend import random
from minigan.errors import UserError

SHAPES = ("ring", "grid")
POINTS = 100_000
SAMPLES = 2_500
SETTLING = 50  # batches
SCORED_BY = ("samples", "seed")  # options of `minigan evaluate`


class Mixture:
    """Equally likely Gaussians N(centre, σ²·I) in the plane: 8 on the unit circle, or 5×5."""

    def __init__(self, shape: str):
        if shape == "ring":
            angles = np.arange(8) * (2 * math.pi / 8)
            self.centres, self.std = np.stack([np.cos(angles), np.sin(angles)], 1), 0.01
        elif shape == "grid":
            side = np.arange(-4.0, 5.0, 2.0)
            self.centres, self.std = np.stack(np.meshgrid(side, side), 2).reshape(-1, 2), 0.05
        else:
            raise UserError(f"there is no mixture {shape!r}: only {' and '.join(SHAPES)}")

    def draw(self, count: int, seed: int) -> np.ndarray:
        """(count, 2) float32"""
        chance = random.Generator(seed, stream=1, host=True)
        which = chance.integers(0, len(self.centres), (count,))
        points = self.centres[which] + chance.normal((count, 2), std=self.std)
        return points.astype("float32")

    def score(self, samples: np.ndarray) -> tuple[int, float]:
        """Modes covered, and the share of samples within 3σ of their nearest mode."""
        return metrics.mixture(samples, self.centres, self.std)


class Maxout(nn.Module):
    """The largest of `pieces` affine maps, for each unit. Goodfellow et al., arXiv 1302.4389."""

    def __init__(self, inputs: int, units: int, pieces: int = 5):
        self.maps = nn.Linear(inputs, units * pieces)
        self.units, self.pieces = units, pieces

    def forward(self, x: Tensor) -> Tensor:
        return largest(self.maps(x).reshape(len(x), self.units, self.pieces))


@op(x=lambda g, out, x: g[..., None] * (x == out[..., None]))
def largest(x: Any) -> Any:
    """The largest along the last axis; its gradient goes to each place that has it."""
    return x.max(axis=-1)


class Discriminator(models.Network, nn.Sequential):
    """`packing` points of the plane at once → one raw output."""

    def __init__(self, packing: int = 1, width: int = 200):
        layers = [Maxout(2 * packing, width), Maxout(width, width), Maxout(width, width)]
        super().__init__(*layers, nn.Linear(width, 1))
        initialise(self)


class Generator(models.Network, nn.Sequential):
    """z → a point of the plane."""

    def __init__(self, z: int = 2, width: int = 400):
        self.z = z
        layers: list[nn.Module] = []
        for inputs in (z, width, width, width):
            norm = nn.BatchNorm1d(width, eps=1e-4, momentum=0.05)  # as in PacGAN's code
            layers += [nn.Linear(inputs, width, bias=False), norm, nn.ReLU()]
        super().__init__(*layers, nn.Linear(width, 2))
        initialise(self)

    def noise(self, count: int) -> Tensor:
        """Latent points z ~ N(0, I): (count, z)."""
        return minigan.randn(count, self.z)


def initialise(network: nn.Module) -> None:
    """Weights ~ N(0, 0.02²), biases 0."""
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, 0.0, 0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)


def main() -> None:
    options = run.options(
        "mixture_2d",
        __doc__,
        epochs=13,
        batch_size=100,
        dataset=None,
        modes=run.choice("ring", SHAPES, "which mixture"),
        packing=run.count(1, "samples that D sees at once: PacGAN"),
        loss=run.choice("non-saturating", list(gan.LOSSES), "what D and G minimise"),
        real_label=run.rate(1.0, "D's target for real points; 0.9 smooths one-sidedly", most=1.0),
        feature_matching=run.flag(False, "G matches the means of D's last hidden layer"),
        penalty=run.choice("r1", ["none", "wgan-gp", "r1"], "on D's gradient"),
        gp_weight=run.rate(1.0, "λ of WGAN-GP"),
        r1_weight=run.rate(0.05, "γ of R1"),
        k=run.count(1, "D's steps for each of G's"),
        lr_d=run.rate(1e-3, "Adam's learning rate for D"),
        lr_g=run.rate(1e-3, "Adam's learning rate for G"),
        fall=run.flag(True, "both rates fall to 0 over the second half"),
        beta1=run.fraction(0.0, "Adam's first beta"),
        beta2=run.fraction(0.99, "Adam's second beta"),
        z=run.count(2, "size of the latent points"),
        ema=run.fraction(
            0.999, "draw from a moving average of G with this decay; 0: from G itself"
        ),
        reject=run.count(
            None,
            "last epochs, in which D alone learns, to reject samples: a quarter of them if not "
            "given, but none where samples are packed",
            least=0,
        ),
        draw_epochs=run.counts([0, 10, 50, 100], "draw after these epochs and the last", least=0),
        quick={"epochs": 4, "limit": 10_000},
    )
    if options.batch_size == 1:
        raise UserError("--batch-size 1: G's BatchNorm needs at least two points in a batch")
    if options.reject is None:
        options.reject = 0 if options.packing > 1 else options.epochs // 4
    if options.reject and options.packing > 1:
        raise UserError("--reject: D must judge each sample by itself; leave out --packing")
    if (trained := options.epochs - options.reject) < 1:
        raise UserError(f"--reject {options.reject}: G learns in none of {options.epochs} epochs")
    mixture = Mixture(options.modes)
    points = mixture.draw(options.limit or POINTS, options.seed)
    packs = data.TensorDataset(packed(points, options.packing, options.seed))
    loader = data.DataLoader(packs, options.batch_size, shuffle=True, drop_last=True)

    D, G = Discriminator(options.packing), Generator(options.z)
    *hidden, judge = D
    inner = nn.Sequential(*hidden)  # what D knows before it judges
    betas = (options.beta1, options.beta2)
    opt_D = optim.Adam(D.parameters(), options.lr_d, betas)
    opt_G = optim.Adam(G.parameters(), options.lr_g, betas)
    parameters_of_D, parameters_of_G = list(D.parameters()), list(G.parameters())
    loss = gan.adversarial_loss(options.loss, options.real_label)
    odds = gan.adversarial_loss("non-saturating")
    m = options.batch_size
    fixed_z = G.noise(SAMPLES)
    parts: dict[str, Any] = {"D": D, "G": G, "opt_D": opt_D, "opt_G": opt_G}
    drawn = G
    if options.ema:
        drawn = parts["G_ema"] = gan.EMA(G, options.ema)

    def values(loss_D: Tensor, loss_G: Tensor, real: Tensor, fake: Tensor) -> dict[str, Tensor]:
        found = {"loss_D": loss_D, "loss_G": loss_G}
        if options.loss != "wasserstein":  # whose critic tells no probability
            found |= {"D_x": real.detach().sigmoid().mean(), "D_Gz": fake.detach().sigmoid().mean()}
        return found

    @minigan.capture
    def step(x: Tensor, learn_G: bool) -> dict[str, Tensor]:
        # A fake pack holds one sample each of as many batches.
        noise = [G.noise(m) for _ in range(options.packing)]
        fake = minigan.cat([G(z) for z in noise], 1)

        # Real and fake packs pass through D together, and both losses are taken from that one pass:
        # D and G move at the same time, as in PacGAN's own code.
        if options.penalty == "r1":
            x = x.detach().requires_grad_()
        features = inner(minigan.cat([x, fake]))
        logits = judge(features)
        real_logits, fake_logits = logits[:m], logits[m:]

        loss_D = loss.d(real_logits, fake_logits)
        if options.penalty == "wgan-gp":
            loss_D = loss_D + options.gp_weight * gan.gradient_penalty(D, x, fake)
        if options.penalty == "r1":
            loss_D = loss_D + options.r1_weight * gan.r1_penalty(real_logits, x)
        opt_D.zero_grad()
        loss_D.backward(inputs=parameters_of_D, retain_graph=True)

        if options.feature_matching:
            loss_G = gan.feature_matching(features[:m], features[m:])
        else:
            loss_G = loss.g(fake_logits)
        if learn_G:
            opt_G.zero_grad()
            loss_G.backward(inputs=parameters_of_G)
            opt_G.step()
            if options.ema:
                drawn.update(G)
        opt_D.step()

        return values(loss_D, loss_G, real_logits, fake_logits)

    @minigan.capture
    def learn_odds(x: Tensor) -> dict[str, Tensor]:
        # D learns ln(p_data / p_g) of what is drawn, by the loss whose best D has that output.
        with minigan.no_grad():
            fake = drawn(G.noise(m))
        real_logits, fake_logits = D(x), D(fake)
        loss_D = odds.d(real_logits, fake_logits)
        opt_D.zero_grad()
        loss_D.backward()
        opt_D.step()
        loss_G = odds.g(fake_logits.detach())  # by which G would learn
        return values(loss_D, loss_G, real_logits, fake_logits)

    with run.Run(options, **parts) as r:
        for epoch in r.epochs():
            judging = epoch >= trained
            if judging:
                drawn.eval()  # by the statistics that settled before
                opt_G.zero_grad()
                left = (options.epochs - epoch) / options.reject
                opt_D.param_groups[0]["lr"] = options.lr_d * left
            elif options.fall:
                left = min(1.0, 2.0 - 2.0 * epoch / trained)
                opt_D.param_groups[0]["lr"] = options.lr_d * left
                opt_G.param_groups[0]["lr"] = options.lr_g * left
            for (x,) in r.batches(loader):
                r.log(**learn_odds(x) if judging else step(x, r.batch % options.k == 0))

            if judging:
                samples = accepted_of((drawn(G.noise(m)) for _ in itertools.count()), D, SAMPLES)
            else:
                samples = samples_of(drawn, fixed_z, m)
            covered, quality = mixture.score(samples)
            told = f"modes {covered} of {len(mixture.centres)}, high quality {quality:.1%}"
            if options.ema and not judging:
                alone, by_alone = mixture.score(samples_of(G, fixed_z, m))
                told += f" (G itself: {alone}, {by_alone:.1%})"
            print(told)
            r.score(modes=covered, high_quality=quality)
            if r.at(*options.draw_epochs):
                draw_samples(r, f"samples_{epoch:03}.png", mixture, D, points, samples)
                draw_scores(r, len(mixture.centres))


def scores(G: Any, settings: Any, asked: Any, facts: dict) -> dict[str, dict[str, float]]:
    """What `minigan evaluate` shows: of G's samples, of the mixture itself, and of noise."""
    mixture = Mixture(settings.modes)
    count = asked.samples or SAMPLES
    facts |= {"samples": count, "against": f"points of the {settings.modes}"}
    reach = 1.25 * float(np.abs(mixture.centres).max())
    noise = random.Generator(asked.seed, stream=3, host=True).uniform((count, 2), -reach, reach)
    # D knows the odds of what the run draws at its end: a file may be another G, or an earlier one.
    done = facts["epochs"] or 0
    rejected = done > settings.epochs - (getattr(settings, "reject", 0) or 0)
    which = "samples that pass by D's odds" if rejected else "samples"
    print(f"{count:,} {which}, as many points of the {settings.modes} itself, and noise")
    if rejected:
        D = run.load_network(asked.run, "D")
        more = (minigan.tensor(x) for x, _ in scoring.draw(G, sys.maxsize, asked.seed))
        samples = accepted_of(more, D, count, asked.seed)
    else:
        samples = np.concatenate([x for x, _ in scoring.draw(G, count, asked.seed)])
    points = {
        "samples": samples,
        "real": mixture.draw(count, asked.seed + 1_000_000),  # others than were trained on
        "noise": noise,
    }
    names = ("modes", "high_quality")
    return {k: dict(zip(names, mixture.score(x), strict=True)) for k, x in points.items()}


def samples_of(network: nn.Module, z: Tensor, m: int) -> np.ndarray:
    """What the network draws from z, by its running statistics, which settle before, over batches
    of m: as in PacGAN's code, lest they lag behind the weights."""
    with minigan.no_grad():
        for _ in range(SETTLING):
            network(minigan.randn(m, z.shape[1]))
        network.eval()
        samples = network(z).cpu().numpy()
    network.train()
    return samples


def accepted_of(
    batches: Iterable[Tensor], D: nn.Module, count: int, seed: int | None = None
) -> np.ndarray:
    """The first so many samples that pass by D's odds; with a seed, always the same ones."""
    generator = None if seed is None else random.Generator(seed, stream=4)
    with minigan.no_grad():
        passed, held = [], 0
        for x in rejection.accepted(batches, D, generator=generator):
            passed.append(x.cpu().numpy())
            held += len(x)
            if held >= count:
                break
    return np.concatenate(passed)[:count]


def packed(points: np.ndarray, k: int, seed: int) -> Tensor:
    """As many packs as there are points, each of k points drawn with replacement: (N, 2k)."""
    chance = random.Generator(seed, stream=2, host=True)
    chosen = chance.integers(0, len(points), (len(points) * k,))
    return gan.pack(minigan.tensor(points[chosen]), k)


def draw_scores(r: run.Run, modes: int) -> None:
    """Both scores over the epochs, as they stand in scores.csv."""
    r.history.flush()
    table = np.genfromtxt(r.out / "scores.csv", delimiter=",", names=True, ndmin=1)
    figure = Figure(figsize=(8.0, 5.0), layout="constrained")
    top, bottom = figure.subplots(2, sharex=True)
    top.step(table["epoch"], table["modes"], where="mid")
    top.set(ylabel=f"modes covered, of {modes}", ylim=(0, modes * 1.05))
    bottom.plot(table["epoch"], table["high_quality"])
    bottom.set(xlabel="epoch", ylabel="share within 3σ of a mode", ylim=(0, 1.02))
    for axes in (top, bottom):
        axes.grid(alpha=0.3)
    r.save_figure("scores.png", figure)


def draw_samples(
    r: run.Run, name: str, mixture: Mixture, D: nn.Module, points: np.ndarray, samples: np.ndarray
) -> None:
    """Samples over the modes, on the field of D's raw output."""
    reach = 1.25 * float(np.abs(mixture.centres).max())
    covered, quality = mixture.score(samples)
    figure = Figure(figsize=(7.4, 6.4), layout="constrained")
    axes = figure.subplots()
    side = np.linspace(-reach, reach, 81)
    values = field(D, np.stack(np.meshgrid(side, side), 2).reshape(-1, 2), points)
    shades = axes.contourf(side, side, values.reshape(81, 81), 24, cmap="PuOr", alpha=0.6)
    figure.colorbar(shades, label="D's raw output")
    ring = np.exp(2j * np.pi * np.linspace(0, 1, 33))
    for x, y in mixture.centres:  # 3σ around each mode, but never too small to see
        radius = max(3 * mixture.std, reach / 40)
        axes.plot(x + radius * ring.real, y + radius * ring.imag, color="black", linewidth=0.8)
    axes.scatter(*samples.T, s=4, color="tab:green", alpha=0.4, linewidths=0, label="G(z)")
    axes.set(xlim=(-reach, reach), ylim=(-reach, reach), aspect="equal")
    axes.set_title(f"{covered} of {len(mixture.centres)} modes, {quality:.1%} of high quality")
    axes.legend(loc="upper right")
    r.save_figure(name, figure)


def field(D: nn.Module, at: np.ndarray, points: np.ndarray) -> np.ndarray:
    """D at each place; of a D that judges packs, its mean over 8 packs with real points."""
    others = next(iter(D)).maps.in_features // 2 - 1
    chance = random.Generator(0, host=True)
    total = np.zeros(len(at))
    for _ in range(draws := 8 if others else 1):
        company = points[chance.integers(0, len(points), (len(at), others))]
        packs = np.concatenate([at[:, None], company], 1).reshape(len(at), -1)
        with minigan.no_grad():
            total += D(minigan.tensor(packs, "float32")).cpu().numpy()[:, 0]
    return total / draws


if __name__ == "__main__":
    run.program(main)
