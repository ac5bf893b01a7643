"""The theory of GANs on one Gaussian, where every integral can be computed and every curve drawn.

Three statements of Goodfellow et al., "Generative Adversarial Nets", 2014, sections 3 and 4:

(a) For a fixed G the best D is D*(x) = p_data(x) / (p_data(x) + p_g(x)); its
    value there is V(D*, G) = E[log D*(x)] + E[log(1 - D*(G(z)))]
                            = 2·JSD(p_data ‖ p_g) - log 4.
(b) Training both brings p_g to p_data, D to 1/2 and V to its minimum over G,
    -log 4 = -1.386.
(c) Where D is sure of a fake, log(1 - D(G(z))) gives G no gradient;
    -log D(G(z)) gives its largest.

One loop trains a D against a G that stands still (a) and, beside it, a D and a G against each other
(b); (c) needs no training.
"""

import math
from typing import Any

import minigan  # first: from here on Ctrl-C ends in one line

# isort: split
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from minigan import data, gan, models, nn, optim, run
from minigan.autograd import Tensor

X = np.linspace(-6.0, 6.0, 1201)  # where integrals over x are summed
Z = np.linspace(-6.0, 6.0, 48001)  # and over z: finer, because G may stretch it
LOG4 = math.log(4.0)
SCORED_BY = ()  # options of `minigan evaluate`


class Normal:
    """N(mean, std²) in one dimension."""

    def __init__(self, mean: float, std: float):
        self.mean, self.std = mean, std

    def density(self, x: np.ndarray) -> np.ndarray:
        u = (x - self.mean) / self.std
        return np.exp(-0.5 * u * u) / (self.std * math.sqrt(2.0 * math.pi))

    def draw(self, count: int) -> Tensor:
        """(count, 1)"""
        return minigan.randn(count, 1) * self.std + self.mean


P_DATA = Normal(1.0, 0.6)
P_FIXED = Normal(-1.0, 1.0)  # what the G that stands still makes of z: G(z) = z - 1
P_Z = Normal(0.0, 1.0)


def main() -> None:
    options = run.options(
        "gaussian_1d",
        __doc__,
        epochs=40,
        batch_size=500,
        dataset=None,
        lr_d=run.rate(3e-3, "Adam's learning rate for D; all rates fall to 0 in a straight line"),
        lr_g=run.rate(3e-4, "the same for G, slower, so that D stays near its best"),
        beta1=run.fraction(0.5, "Adam's first beta"),
        beta2=run.fraction(0.999, "Adam's second beta"),
        loss=run.choice("non-saturating", ["non-saturating", "saturating"], "G's loss"),
        hidden=run.count(64, "units in each of a network's two hidden layers"),
        draw_epochs=run.counts([0], "draw after these epochs and the last", least=0),
        quick={"epochs": 5},
    )
    points = data.TensorDataset(P_DATA.draw(options.limit or 50_000))
    loader = data.DataLoader(points, options.batch_size, shuffle=True)

    D_alone, D, G = (kind(options.hidden) for kind in (Curve, Curve, Generator))
    betas = (options.beta1, options.beta2)
    opt_alone = optim.Adam(D_alone.parameters(), options.lr_d, betas)
    opt_D = optim.Adam(D.parameters(), options.lr_d, betas)
    opt_G = optim.Adam(G.parameters(), options.lr_g, betas)
    rates = [(opt_alone, options.lr_d), (opt_D, options.lr_d), (opt_G, options.lr_g)]
    steps = options.epochs * len(loader)
    parameters_of_G = list(G.parameters())
    loss = gan.adversarial_loss(options.loss)  # of D: -V(D, G)

    @minigan.capture
    def step(x: Tensor) -> dict[str, Tensor]:
        m = len(x)

        # (a) D alone ascends V(D, G) for the G that stands still.
        loss_alone = loss.d(D_alone(x), D_alone(P_FIXED.draw(m)))
        opt_alone.zero_grad()
        loss_alone.backward()
        opt_alone.step()

        # (b) D ascends V(D, G) for the present G …
        fake = G(P_Z.draw(m))
        real_logits, fake_logits = D(x), D(fake.detach())
        loss_D = loss.d(real_logits, fake_logits)
        opt_D.zero_grad()
        loss_D.backward()
        opt_D.step()

        # … and G follows, through the updated D.
        loss_G = loss.g(D(fake))
        opt_G.zero_grad()
        loss_G.backward(inputs=parameters_of_G)
        opt_G.step()

        with minigan.no_grad():
            return {
                "loss_D": loss_D,
                "loss_G": loss_G,
                "D_x": real_logits.sigmoid().mean(),
                "D_Gz": fake_logits.sigmoid().mean(),
                "loss_D_alone": loss_alone,
            }

    with run.Run(
        options, D_alone=D_alone, D=D, G=G, opt_alone=opt_alone, opt_D=opt_D, opt_G=opt_G
    ) as r:
        draw_gradients(r)

        for epoch in r.epochs():
            for (x,) in r.batches(loader):
                # All rates fall in a straight line: lr in the first step, lr/steps after the last.
                done = (epoch * len(loader) + r.batch) / steps
                for optimizer, lr in rates:
                    optimizer.param_groups[0]["lr"] = lr * (1.0 + (1.0 / steps - 1.0) * done)

                r.log(**step(x))

            if r.at(*options.draw_epochs):
                draw_alone(r, D_alone)
                draw_both(r, D, G)


def scores(G: Any, settings: Any, asked: Any, facts: dict) -> dict[str, dict[str, float]]:
    """What `minigan evaluate` shows, by integrals instead of samples: p_g, p_data and p_z."""
    p_data = P_DATA.density(X)
    found = {
        "samples": pushed(G),
        "real": (p_data, P_DATA.mean, P_DATA.std),
        "noise": (P_Z.density(X), P_Z.mean, P_Z.std),
    }
    return {
        name: {"mean": mean, "std": std, "jsd": divergence(p_data, p)}
        for name, (p, mean, std) in found.items()
    }


class Curve(models.Network, nn.Sequential):
    """A smooth function of one number: (N, 1) → (N, 1)."""

    def __init__(self, hidden: int = 64):
        inner = [nn.Linear(1, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh()]
        super().__init__(*inner, nn.Linear(hidden, 1))


class Generator(Curve):
    """z → a point of the line."""

    def noise(self, count: int) -> Tensor:
        """Latent points z ~ N(0, 1): (count, 1)."""
        return P_Z.draw(count)


# -- what theory says, and what came out -----------------------------------------------------------


def values(f: nn.Module, x: np.ndarray) -> np.ndarray:
    """f at every x, in float64 on the host."""
    with minigan.no_grad():
        y = f(minigan.tensor(x[:, None], "float32"))
    return y.cpu().numpy()[:, 0].astype("float64")


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """D's raw outputs as probabilities."""
    return 1.0 / (1.0 + np.exp(-logits))


def value(real_logits: np.ndarray, fake_logits: np.ndarray, p: np.ndarray, at: np.ndarray) -> float:
    """V(D, G) = ∫ p_data(x)·log D(x) dx + ∫ p(t)·log(1 - D(G(t))) dt, t the grid `at`.

    log D = -softplus(-l) and log(1 - D) = -softplus(l) for D's raw output l.
    """
    on_data = np.trapezoid(P_DATA.density(X) * np.logaddexp(0.0, -real_logits), X)
    return float(-on_data - np.trapezoid(p * np.logaddexp(0.0, fake_logits), at))


def divergence(p: np.ndarray, q: np.ndarray) -> float:
    """JSD(p ‖ q) = ½·∫ p·log(2p / (p+q)) + q·log(2q / (p+q)) of densities on X."""
    tiny = 1e-300
    logs = [d * np.log((2.0 * d + tiny) / (p + q + tiny)) for d in (p, q)]
    return float(0.5 * np.trapezoid(logs[0] + logs[1], X))


def pushed(G: nn.Module) -> tuple[np.ndarray, float, float]:
    """p_g on X, its mean and its standard deviation: the mass of each small dz moved to G(z)."""
    g, mass = values(G, Z), P_Z.density(Z) * (Z[1] - Z[0])
    dx = X[1] - X[0]
    edges = np.append(X - dx / 2, X[-1] + dx / 2)
    width = 5  # bins averaged, or the grid of Z would show
    density = np.histogram(g, edges, weights=mass)[0] / dx
    density = np.convolve(density, np.ones(width) / width, "same")
    mean = float(np.sum(g * mass))
    return density, mean, math.sqrt(np.sum((g - mean) ** 2 * mass))


def draw_alone(r: run.Run, D: nn.Module) -> None:
    """(a): D over D*, and its value over the steps; prints how near they are."""
    p_data, p_g = P_DATA.density(X), P_FIXED.density(X)
    best, theory = p_data / (p_data + p_g), 2.0 * divergence(p_data, p_g) - LOG4
    logits = values(D, X)
    error = np.trapezoid(np.abs(sigmoid(logits) - best) * (p_data + p_g) / 2.0, X)
    reached = value(logits, logits, p_g, X)
    print(f"(a) D alone: |D - D*| {error:.4f} on average where there are points")
    print(f"    V(D, G) {reached:.4f}, and 2·JSD - log 4 = {theory:.4f}")

    figure = Figure(figsize=(8.0, 7.0), layout="constrained")
    top, bottom = figure.subplots(2, height_ratios=(2, 1))
    fill(top, {"$p_{data}$": p_data, "$p_g$, fixed": p_g})
    top.plot(X, best, color="0.6", linewidth=6, label="$D^*=p_{data}/(p_{data}+p_g)$")
    plot_D(top, logits, p_data + p_g)
    top.set_title(f"For a fixed G, D becomes D*: on average off by {error:.4f}")
    top.legend()
    plot_value(r, bottom, "loss_D_alone", theory, r"$2\cdot JSD(p_{data}\,\|\,p_g)-\log 4$")
    r.save_figure("d_alone.png", figure)


def draw_both(r: run.Run, D: nn.Module, G: nn.Module) -> None:
    """(b): p_g over p_data, D over ½, V over the steps; prints how near they are."""
    p_data = P_DATA.density(X)
    p_g, mean, std = pushed(G)
    logits, on_fake = values(D, X), values(nn.Sequential(G, D), Z)
    reached, distance = value(logits, on_fake, P_Z.density(Z), Z), divergence(p_data, p_g)
    print(f"(b) both: p_g has mean {mean:.3f} and standard deviation {std:.3f}, p_data", end=" ")
    print(f"{P_DATA.mean:.3f} and {P_DATA.std:.3f}; JSD {distance:.5f}")
    print(f"    V(D, G) {reached:.4f}, and -log 4 = {-LOG4:.4f}")

    figure = Figure(figsize=(8.0, 7.0), layout="constrained")
    top, bottom = figure.subplots(2, height_ratios=(2, 1))
    fill(top, {"$p_{data}$": p_data, "$p_g$": p_g})
    top.axhline(0.5, color="0.6", linewidth=6, label="1/2")
    plot_D(top, logits, p_data + p_g)
    top.set_title(f"Trained together, G's density becomes the data's: JSD {distance:.4f}")
    top.legend()
    plot_value(r, bottom, "loss_D", -LOG4, r"$-\log 4$")
    r.save_figure("both.png", figure)


def draw_gradients(r: run.Run) -> None:
    """(c): what reaches G through D's raw output l, as a function of D(G(z)) = σ(l)."""
    figure = Figure(figsize=(9.0, 4.0), layout="constrained")
    left, right = figure.subplots(1, 2)
    for name, formula in (("saturating", r"$\log(1-D)$"), ("non-saturating", r"$-\log D$")):
        logits = minigan.tensor(np.linspace(-7.0, 7.0, 701)[:, None], "float32", True)
        losses = minigan.cat([gan.LOSSES[name].g(logit).reshape(1) for logit in logits])
        losses.sum().backward()
        d = logits.detach().sigmoid().cpu().numpy()
        left.plot(d, losses.detach().cpu().numpy(), label=f"{name}: {formula}")
        right.plot(d, -logits.grad.cpu().numpy(), label=name)
    left.set(xlabel="$D(G(z))$", ylabel="loss of G", ylim=(-5.0, 5.0))
    left.set_title("the two losses of G", fontsize="medium")
    right.set(xlabel="$D(G(z))$", ylabel=r"$|\partial$ loss $/\partial l\,|$", ylim=(0.0, 1.02))
    right.set_title("their gradient by D's raw output $l$, which reaches G", fontsize="medium")
    for axes in (left, right):
        axes.grid(alpha=0.3)
        axes.legend()
    r.save_figure("gradients.png", figure)


# -- drawing ---------------------------------------------------------------------------------------


def fill(axes: Axes, densities: dict[str, np.ndarray]) -> None:
    """The densities as coloured areas."""
    for label, p in densities.items():
        axes.fill_between(X, p, alpha=0.35, label=label)
    axes.set(xlim=(-5.0, 5.0), ylim=(0.0, 1.05), xlabel="$x$")


def plot_D(axes: Axes, logits: np.ndarray, density: np.ndarray) -> None:
    """D(x), dotted where hardly a point ever tells it anything."""
    d, seen = sigmoid(logits), density > 1e-3
    axes.plot(X, np.where(seen, d, np.nan), color="black", label="$D$, trained")
    axes.plot(X, np.where(seen, np.nan, d), color="black", linestyle=":", linewidth=0.8)


def plot_value(r: run.Run, axes: Axes, column: str, theory: float, label: str) -> None:
    """V as the steps saw it on their batches, which is minus D's loss, and what theory says."""
    r.history.flush()
    table = np.genfromtxt(r.out / "losses.csv", delimiter=",", names=True)
    axes.plot(table["step"], -table[column], linewidth=0.8, label="$V(D, G)$, on batches")
    axes.axhline(theory, color="black", linestyle="--", label=f"{label} = {theory:.3f}")
    axes.set_xlabel("step")
    axes.grid(alpha=0.3)
    axes.legend()


if __name__ == "__main__":
    run.program(main)
