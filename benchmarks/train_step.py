"""How long a whole training step takes, D's and G's, beside other libraries.

python benchmarks/train_step.py                  S1: the dense GAN, batch 64
python benchmarks/train_step.py --system s3      S3: the DCGAN at 64×64, --width 64

Every peer starts from the same weights and sees the same batches and noise; its losses must agree
with minigan's before it is timed. Times are medians of rounds in turn, with the spread of the
rounds; ratios below 1 mean that minigan is faster.
"""

import argparse
import math
import os
import resource
import statistics
import tempfile
from collections.abc import Callable
from itertools import count, cycle, pairwise
from pathlib import Path
from typing import Any

import harness
import numpy as np

STEPS = {"s1": 20, "s3": 3}  # that are compared; a convolutional GAN magnifies rounding sooner

S1_D, S1_G = (784, 256, 128, 1), (64, 256, 512, 784)
SLOPE = {"s1": 0.1, "s3": 0.2}
RATES = {"s1": (3e-4, 3e-4, 0.9), "s3": (1e-4, 2e-4, 0.5)}  # D's, G's, beta1

Step = Callable[[Any, Any], tuple[Any, Any]]


def s3_shapes(width: int) -> tuple[list[tuple[int, ...]], list[tuple[int, ...]]]:
    """The kernels of D and of G at 64×64."""
    c = [width, 2 * width, 4 * width, 8 * width]
    d = [
        (c[0], 1, 4, 4),
        (c[1], c[0], 4, 4),
        (c[2], c[1], 4, 4),
        (c[3], c[2], 4, 4),
        (1, c[3], 4, 4),
    ]
    g = [
        (100, c[3], 4, 4),
        (c[3], c[2], 4, 4),
        (c[2], c[1], 4, 4),
        (c[1], c[0], 4, 4),
        (c[0], 1, 4, 4),
    ]
    return d, g


def materials(system: str, width: int, batch: int) -> dict[str, np.ndarray]:
    """Weights, real batches and noise, for all peers alike."""
    rng = np.random.default_rng(0)
    if system == "s1":
        shapes = {n: list(zip(s[1:], s[:-1], strict=True)) for n, s in (("D", S1_D), ("G", S1_G))}
        x, z, scale = (batch, 784), (batch, 64), None
    else:
        d, g = s3_shapes(width)
        shapes, x, z, scale = {"D": d, "G": g}, (batch, 1, 64, 64), (batch, 100, 1, 1), 0.02
    steps = STEPS[system]
    made = {"x": rng.uniform(-1, 1, (steps, *x)), "z": rng.standard_normal((steps, 2, *z))}
    for net, list_ in shapes.items():
        for i, shape in enumerate(list_):
            made[f"{net}{i}"] = rng.standard_normal(shape) * (scale or 1 / math.sqrt(3 * shape[1]))
    return {k: v.astype(np.float32) for k, v in made.items()}


# -- minigan and PyTorch: one text, two libraries --------------------------------------------------


def networks(torch: Any, system: str, weights: dict[str, np.ndarray]) -> tuple[Any, Any]:
    """D and G with the given weights and zero biases."""
    nn, slope = torch.nn, SLOPE[system]
    d: list[Any] = []
    g: list[Any] = []
    if system == "s1":
        for layers, sizes in ((d, S1_D), (g, S1_G)):
            for a, b in pairwise(sizes):
                layers += [nn.Linear(a, b), nn.LeakyReLU(slope)]
        d[-1], g[-1] = nn.Sigmoid(), nn.Tanh()
    else:
        for i in range(4):
            o, c = weights[f"D{i}"].shape[:2]
            d += [nn.Conv2d(c, o, 4, 2, 1), nn.LeakyReLU(slope)]
            d += [nn.BatchNorm2d(o)] if i else []
        d += [nn.Conv2d(o, 1, 4), nn.Flatten(), nn.Sigmoid()]
        for i in range(5):
            c, o = weights[f"G{i}"].shape[:2]
            g.append(nn.ConvTranspose2d(c, o, 4, *((1, 0) if i == 0 else (2, 1))))
            g += [nn.BatchNorm2d(o), nn.ReLU()] if i < 4 else [nn.Tanh()]
    D, G = nn.Sequential(*d), nn.Sequential(*g)
    for name, network in (("D", D), ("G", G)):
        state, layer = network.state_dict(), count()
        for key, value in state.items():
            if value.ndim > 1:  # BatchNorm's weights, all 1, stay
                state[key] = torch.tensor(weights[f"{name}{next(layer)}"])
            elif key.endswith("bias"):
                state[key] = torch.zeros(len(value))
        network.load_state_dict(state)
    return D, G


def training_step(torch: Any, system: str, D: Any, G: Any, opt_D: Any, opt_G: Any) -> Step:
    """The tutorial's step. Only G's gradients are asked for in G's half, in every library."""
    bce, parameters_of_G = torch.nn.BCELoss(), list(G.parameters())

    def s1(x: Any, z: Any) -> tuple[Any, Any]:
        ones, zeros = torch.ones(len(x), 1), torch.zeros(len(x), 1)
        fake = G(z[0])
        loss_D = bce(D(torch.cat([x, fake.detach()])), torch.cat([ones, zeros]))
        opt_D.zero_grad()
        loss_D.backward()
        opt_D.step()
        loss_G = bce(D(fake), ones)
        opt_G.zero_grad()
        loss_G.backward(inputs=parameters_of_G)
        opt_G.step()
        return loss_D, loss_G

    def tutorial(x: Any, z: Any) -> tuple[Any, Any]:
        ones, zeros = torch.ones(len(x), 1), torch.zeros(len(x), 1)
        fake = G(z[0])
        loss_D = (bce(D(x), ones) + bce(D(fake), zeros)) / 2
        opt_D.zero_grad()
        loss_D.backward(retain_graph=True)
        opt_D.step()
        loss_G = bce(D(fake), ones)
        opt_G.zero_grad()
        loss_G.backward()
        opt_G.step()
        return loss_D, loss_G

    def s3(x: Any, z: Any) -> tuple[Any, Any]:
        ones, zeros = torch.ones(len(x), 1), torch.zeros(len(x), 1)
        with torch.no_grad():
            fake = G(z[0])
        loss_D = bce(D(x), ones) + bce(D(fake), zeros)
        opt_D.zero_grad()
        loss_D.backward()
        opt_D.step()
        loss_G = bce(D(G(z[1])), ones)
        opt_G.zero_grad()
        loss_G.backward(inputs=parameters_of_G)
        opt_G.step()
        return loss_D, loss_G

    return {"s1": s1, "s1-tutorial": tutorial, "s3": s3}[system]


def minigan_peer(options: argparse.Namespace, made: dict[str, np.ndarray]) -> None:
    import minigan

    minigan.use_backend("cupy" if options.peer == "minigan-cupy" else "numpy")
    step, to = torch_like(minigan, options.system, options.peer, made)
    _measure(options, made, step, to, lambda size: minigan.randn(2, *size))


def torch_peer(options: argparse.Namespace, made: dict[str, np.ndarray]) -> None:
    torch = harness.installed("torch")
    torch.set_num_threads(options.threads)
    step, to = torch_like(torch, options.system, options.peer, made)
    _measure(options, made, step, to, lambda size: torch.randn(2, *size))


def torch_like(
    torch: Any, system: str, peer: str, made: dict[str, np.ndarray]
) -> tuple[Step, Callable[[np.ndarray], Any]]:
    """A step of a system by a library with PyTorch's words, in the form that the name says,
    and how an array becomes its tensor.
    """
    D, G = networks(torch, system, made)
    variant = peer.partition("-")[2].split("+")
    layout = {}
    if "channels_last" in variant:
        layout = {"memory_format": torch.channels_last}
        D, G = D.to(**layout), G.to(**layout)
    fused = {"fused": True} if "fused" in variant else {}
    rate_D, rate_G, beta1 = RATES[system]
    opt_D = torch.optim.Adam(D.parameters(), rate_D, (beta1, 0.999), **fused)
    opt_G = torch.optim.Adam(G.parameters(), rate_G, (beta1, 0.999), **fused)
    if "compile" in variant:
        D, G = torch.compile(D), torch.compile(G)
    form = "s1-tutorial" if "tutorial" in variant else system
    step = training_step(torch, form, D, G, opt_D, opt_G)

    def to(array: np.ndarray) -> Any:
        tensor = torch.tensor(array)
        return tensor.to(**layout) if layout and array.ndim == 4 else tensor

    return step, to


# -- JAX -------------------------------------------------------------------------------------------


def jax_peer(options: argparse.Namespace, made: dict[str, np.ndarray]) -> None:
    jax, jnp = harness.installed("jax"), harness.installed("jax.numpy")
    if options.system != "s1":
        harness.absent("text of S3 for jax")
    rate_D, rate_G, beta1 = RATES["s1"]

    def forward(net: list[Any], x: Any) -> Any:
        for i, (w, b) in enumerate(net):
            x = x @ w.T + b
            x = jnp.where(x > 0, x, 0.1 * x) if i < 2 else x
        return x

    def bce(logit: Any, target: float) -> Any:
        p = jax.nn.sigmoid(logit)
        log = jnp.log(p if target else 1 - p)
        return -jnp.maximum(log, -100.0).mean()

    def adam(p: Any, g: Any, m: Any, v: Any, t: Any, lr: float) -> tuple[Any, Any, Any]:
        tree = jax.tree_util.tree_map
        m = tree(lambda m, g: beta1 * m + (1 - beta1) * g, m, g)
        v = tree(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
        scale = lr / (1 - beta1**t)
        p = tree(lambda p, m, v: p - scale * m / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8), p, m, v)
        return p, m, v

    @jax.jit
    def step(state: Any, x: Any, z: Any) -> Any:
        (D, mD, vD), (G, mG, vG), t = state
        t = t + 1.0
        fake = jnp.tanh(forward(G, z))

        def loss_of_D(D: Any) -> Any:
            logits = forward(D, jnp.concatenate([x, fake]))
            return (bce(logits[: len(x)], 1.0) + bce(logits[len(x) :], 0.0)) / 2

        loss_D, g = jax.value_and_grad(loss_of_D)(D)
        D, mD, vD = adam(D, g, mD, vD, t, rate_D)
        loss_G, g = jax.value_and_grad(lambda G: bce(forward(D, jnp.tanh(forward(G, z))), 1.0))(G)
        G, mG, vG = adam(G, g, mG, vG, t, rate_G)
        return ((D, mD, vD), (G, mG, vG), t), loss_D, loss_G

    def net(name: str) -> list[Any]:
        return [
            (jnp.asarray(made[f"{name}{i}"]), jnp.zeros(len(made[f"{name}{i}"]))) for i in range(3)
        ]

    def zero(n: list[Any]) -> Any:
        return jax.tree_util.tree_map(jnp.zeros_like, n)

    D, G = net("D"), net("G")
    state = [((D, zero(D), zero(D)), (G, zero(G), zero(G)), 0.0)]
    key = [jax.random.key(0)]

    def run(x: Any, z: Any) -> tuple[Any, Any]:
        state[0], loss_D, loss_G = step(state[0], x, z[0])
        return loss_D.block_until_ready(), loss_G

    def noise(size: tuple[int, ...]) -> Any:
        key[0], part = jax.random.split(key[0])
        return jax.random.normal(part, (1, *size))

    _measure(options, made, run, jnp.asarray, noise)


# -- measuring -------------------------------------------------------------------------------------


def _measure(
    options: argparse.Namespace,
    made: dict[str, np.ndarray],
    step: Step,
    to: Callable[[np.ndarray], Any],
    noise: Callable[[tuple[int, ...]], Any],
) -> None:
    """The child's answer: the losses of the first steps, then times with noise of its own."""
    batches = [to(x) for x in made["x"]]
    losses = [
        float(loss)
        for x, z in zip(batches, made["z"], strict=True)
        for loss in step(x, [to(z[0]), to(z[1])])
    ]
    size, endless = made["z"].shape[2:], cycle(batches)

    def once() -> None:
        step(next(endless), noise(size))

    seconds = harness.timed(once, options.seconds)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    harness.answer(check=losses, seconds=seconds, megabytes=peak)


def sgemm_peer(options: argparse.Namespace) -> None:
    """What the machine can do: products of 2048×2048 float32 matrices, in GFLOP/s."""
    a = np.random.default_rng(0).standard_normal((2048, 2048), dtype=np.float32)
    out = np.empty_like(a)
    seconds = harness.timed(lambda: np.matmul(a, a, out=out), 2.0)
    harness.answer(check=[], seconds=seconds)


def flops(system: str, width: int, batch: int) -> float:
    """Multiplications and additions that a step needs: 2 per weight, position and pass.

    D's half: G forward once; D forward and by its weights on 2·batch images, by its inputs from the
    second layer on. G's half: G forward (S3: fresh noise) and by weights and inputs; D forward and
    by its inputs.
    """
    if system == "s1":
        d = [a * b for a, b in pairwise(S1_D)]
        g = [a * b for a, b in pairwise(S1_G)]
        forwards_of_G = 1
    else:
        d_shapes, g_shapes = s3_shapes(width)
        d = [math.prod(s) * p for s, p in zip(d_shapes, (1024, 256, 64, 16, 1), strict=True)]
        g = [math.prod(s) * p for s, p in zip(g_shapes, (1, 16, 64, 256, 1024), strict=True)]
        forwards_of_G = 2
    in_D = 2 * (2 * sum(d) + sum(d[1:])) + 2 * sum(d)
    in_G = (forwards_of_G + 1) * sum(g) + sum(g[1:])
    return 2.0 * batch * (in_D + in_G)


PEERS = {
    "s1": [
        "minigan-numpy", "minigan-cupy", "torch-eager+tutorial", "torch-eager", "torch-fused",
        "jax-jit",
    ],
    "s3": [
        "minigan-numpy", "minigan-cupy", "torch-eager", "torch-fused", "torch-channels_last+fused",
        "torch-compile+channels_last+fused",
    ],
}  # fmt: skip


def main() -> None:
    parser = harness.parser(__doc__)
    parser.add_argument("--system", choices=["s1", "s3"], default="s1")
    parser.add_argument("--width", type=harness.positive, default=64, help="S3's base width")
    parser.add_argument("--batch-size", type=harness.positive, default=64)
    parser.add_argument("--threads", type=harness.positive, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--rounds", type=harness.positive, default=3)
    parser.add_argument(
        "--seconds", type=harness.duration, default=3.0, help="of timing, per peer and round"
    )
    parser.add_argument("--peer", help=argparse.SUPPRESS)
    parser.add_argument("--materials", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peer == "sgemm":
        return sgemm_peer(options)
    if options.peer:
        with np.load(options.materials) as made:
            kinds = {"minigan": minigan_peer, "torch": torch_peer, "jax": jax_peer}
            return kinds[options.peer.partition("-")[0]](options, dict(made))

    peers = [p for p in PEERS[options.system] if p != "minigan-cupy" or _cupy_works()]
    arguments = [f"--{k}={getattr(options, k)}" for k in ("system", "width", "threads", "seconds")]
    print(f"{options.system}, batch {options.batch_size}, float32, {options.threads} threads")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "materials.npz")
        np.savez(path, **materials(options.system, options.width, options.batch_size))
        answers = harness.in_turns(
            ["sgemm", *peers], options.rounds, options.threads, [*arguments, f"--materials={path}"]
        )
    peak = 2 * 2048**3 / min(harness.medians(harness.needed(answers, "sgemm")))
    del answers["sgemm"]
    ours = harness.medians(harness.needed(answers, "minigan-numpy"))
    harness.compare(answers, 1e-2 if options.system == "s3" else 1e-4)
    report(answers, ours, flops(options.system, options.width, options.batch_size), peak)
    return None


def report(
    answers: dict[str, list[dict[str, Any]]], ours: list[float], need: float, peak: float
) -> None:
    """A line for each peer. A step needs so many FLOP, and `peak` is the FLOP/s of sgemm: in its
    column stands the part of it that a peer reaches."""
    name = 1 + max(map(len, answers))
    print(f"\n{'':{name}}{'ms/step':>8}{'rounds':>16}{'ours/it':>8}{'sgemm':>7}{'MB':>7}")
    for peer, runs in answers.items():
        times = harness.medians(runs)
        middle = statistics.median(times)
        ratio = statistics.median(a / b for a, b in zip(ours, times, strict=True))
        spread = "-".join(harness.figures(1e3 * each) for each in (min(times), max(times)))
        print(
            f"{peer:{name}}{harness.figures(1e3 * middle):>8}{spread:>16}{ratio:8.2f}"
            f"{need / middle / peak:7.0%}{max(run['megabytes'] for run in runs):7,.0f}"
        )
    print(f"\nsgemm peak {peak / 1e9:.0f} GFLOP/s; a step needs {need / 1e9:.2f} GFLOP")


def _cupy_works() -> bool:
    from minigan import backend

    return backend.why_no_cupy() is None


if __name__ == "__main__":
    harness.program(main)
