"""minigan.capture: a step that was recorded gives, byte for byte, what the function itself gives:
losses, weights, gradients, moments, statistics and random numbers, whatever happens between steps.

Without a GPU the recording is the stand-in's, and the kernels in it run on the CPU.
"""

import argparse
import contextlib
import functools
import gc
import importlib
import types
from collections import defaultdict, namedtuple
from dataclasses import replace
from pathlib import Path

import cuda_on_cpu
import numpy as np
import pytest

import minigan as mg
from minigan import backend as B
from minigan import gan, nn, torch
from minigan.autograd import GraphError
from minigan.backend import random

cupy = pytest.importorskip("cupy")
from minigan.kernels.gpu import graph  # noqa: E402

STAND_IN = hasattr(cupy, "emulated_kernels")
if STAND_IN:
    cuda_on_cpu.install()

pytestmark = [
    pytest.mark.skipif(STAND_IN and not cuda_on_cpu.has_compiler, reason="g++ runs the kernels"),
    *([] if STAND_IN else [pytest.mark.gpu]),
]


def flat(value):
    """All that a value holds, to be compared by ==."""
    if isinstance(value, nn.Module):
        return [flat(dict(value.named_state())), [flat(p.grad) for p in value.parameters()]]
    if isinstance(value, mg.optim.Optimizer):
        return [flat(state) for state in value.state.values()]
    if isinstance(value, dict):
        return {name: flat(v) for name, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [type(value), *map(flat, value)]
    if isinstance(value, mg.Tensor):
        return value.dtype, value.shape, B.to_host(value.array).tobytes()
    return value


def ran(program, capture):
    """What the program returns, and the state of the random numbers after it."""
    mg.manual_seed(7)
    with mg.use_backend("cupy"):
        return flat(program(capture)), random.default.state()


def same(program, complaint=None):
    """The program gives the same with captured steps; returns how many recordings each has made.

    complaint: of the one warning that there has to be.
    """
    steps = []
    eager = ran(program, lambda step: step)
    warned = contextlib.nullcontext([None])
    if complaint is not None:
        text = "runs eagerly from here on, for it cannot be recorded: " + complaint
        warned = pytest.warns(UserWarning, match=text)
    with warned as warnings:
        captured = ran(program, lambda step: steps.append(mg.capture(step)) or steps[-1])
    assert len(warnings) == 1
    assert captured == eager
    assert (B.noticed, graph.Recording.under_way, gc.isenabled()) == (NOTICED, None, True)
    assert {step.captured.eager for step in steps if hasattr(step, "captured")} == {
        complaint is not None
    }
    return [step.captured.made for step in steps if hasattr(step, "captured")]


NOTICED = B.noticed  # nobody hears of updates


def batch(i, size=5):
    return mg.tensor(np.random.default_rng(i).standard_normal((size, 3)).astype("f4"))


def network():
    """With all that a step may change: weights, statistics, random numbers."""
    layers = nn.Linear(3, 4), nn.BatchNorm1d(4), nn.LeakyReLU(0.2), nn.Dropout(0.3), nn.Linear(4, 1)
    return nn.Sequential(*layers)


def judge(made=lambda layer: layer):
    """One that judges each sample by itself."""
    return nn.Sequential(made(nn.Linear(3, 4)), nn.LeakyReLU(0.2), made(nn.Linear(4, 1)))


def learned(opt, loss):
    opt.zero_grad()
    loss.backward()
    opt.step()
    return loss


def updated(D, opt, x, weight=1.0):
    return learned(opt, D(x).square().mean() * weight)


def plain_step(D, opt):
    return lambda x: updated(D, opt, x)


def adam(D):
    return mg.optim.Adam(D.parameters(), 0.01)


def training(step=plain_step, between=lambda i, D, opt: 0, make=network, rule=adam, steps=8):
    """A program: step(D, opt) is captured; `between` is called before each of its calls."""

    def train(capture):
        D = make()
        opt = rule(D)
        run, results = capture(step(D, opt)), []
        for i in range(steps):
            between(i, D, opt)
            results.append(run(batch(i)))
        return results, D, opt

    return train


# -- whole steps -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("width", "size", "steps", "most"), [(0, 64, 5, 60), (2, 2, 4, 336)], ids=["s1", "s3"]
)
def test_the_steps_of_the_benchmark(width, size, steps, most, monkeypatch):
    """Captured they are one launch, some copies beside it; else no more than `most`, and the noise."""
    monkeypatch.syspath_prepend(Path(__file__).parent.parent / "benchmarks")
    systems = importlib.import_module("systems")
    of = replace(systems.s3(width) if width else systems.s1(), batch=size)
    made, counts = systems.materials(of), []
    *rates, beta = of.rates

    def train(capture):
        D, G = systems.networks(mg, of, made)
        opts = [mg.optim.Adam(n.parameters(), rate, (beta, 0.999)) for n, rate in ((D, rates[0]), (G, rates[1]))]  # fmt: skip
        inner = systems.training_step(mg, of, D, G, *opts)
        noise, losses = made["z"].shape[2:], []
        step = capture(lambda x: inner(x, *(mg.randn(*noise) for _ in range(of.draws))))
        for i in range(steps):
            opts[0].param_groups[0]["lr"] = rates[0] / (1 + i)
            x = mg.tensor(made["x"][i % len(made["x"])])
            if STAND_IN:
                cupy.reset_counters()
            losses.append(step(x))
        if STAND_IN:
            counts.append((dict(cupy.launches), dict(cupy.synchronisations), dict(cupy.transfers)))
        return losses, D, G, opts

    assert same(train) == [1]
    noise = {"philox", "box_muller"}
    assert (
        sum(n for counted in counts[:1] for name, n in counted[0].items() if name not in noise)
        <= most
    )
    assert counts[1:] in ([], [({"memcpy": 3, "set_numbers": 1, "graph": 1}, {}, {})])


def with_ema(D, opt):
    ema = gan.EMA(D, 0.9)
    return lambda x: (updated(D, opt, x), ema.update(D), [v * 1 for _, v in ema.named_state()])


def with_penalty(D, opt):
    def step(x):
        fake = mg.randn(*x.shape)
        penalty = gan.gradient_penalty(D, x, fake)
        return learned(opt, D(fake).mean() - D(x).mean() + 10.0 * penalty)

    return step


def with_r1(D, opt):
    def step(x):
        x.requires_grad_()
        real = D(x)
        return learned(opt, (1.0 - real).square().mean() + gan.r1_penalty(real, x))

    return step


def with_own_generator(seed):
    own = random.Generator(seed)
    own.normal((1000,))
    return lambda D, opt: lambda x: updated(lambda x: D(x) - mg.rand(5, 1, generator=own), opt, x)


class Warming(mg.optim.Adam):
    """Its rate is not the one that Adam's `rates` says."""

    def update(self, group, step, p, g, *state):
        size, eps = self.rates(group, step)
        B.kernels.adam_(p, g, *state, size * min(1.0, step / 6), group["betas"], eps)


class Constant(mg.optim.Optimizer):
    """A rule of one's own, by Adam's kernel."""

    slots = ("exp_avg", "exp_avg_sq")

    def update(self, group, step, p, g, *state):
        B.kernels.adam_(p, g, *state, group["lr"], (0.9, 0.99), 1e-8)


def by(rule, **options):
    return lambda D: rule(D.parameters(), lr=0.01, **options)


def at_5(change):
    return lambda i, D, opt: change(D, opt) if i == 5 else None


SLOWER = at_5(lambda D, opt: opt.param_groups[0].update(lr=0.001))
OTHERS = ".*, an update rule that is not Adam"


def twice(D, opt):
    return lambda x: (updated(D, opt, x), updated(D, opt, x * 0.5))


def by_label(D, opt):
    labels = mg.tensor([0, 1, 2, 1, 0])

    def step(x):
        opt.zero_grad()
        loss = nn.CrossEntropyLoss()(x * D(x), labels)
        loss.backward()
        opt.step()
        return loss

    return step


EVAL_AND_BACK = at_5(lambda D, opt: D.eval().train())
WHOLE = {  # a program, and how many recordings it needs, or what the warning says
    "moving average": (training(with_ema), 1),
    "two updates by one optimizer": (training(twice), 1),
    "labels": (training(by_label), 1),
    "eval and train": (training(between=EVAL_AND_BACK), 1),
    "gradient penalty": (training(with_penalty, make=judge), 1),
    "R1": (training(with_r1, make=judge), 1),
    "spectral norm": (training(make=lambda: judge(gan.spectral_norm)), 1),
    "weight decay": (training(between=SLOWER, rule=by(torch.optim.Adam, weight_decay=0.1)), 2),
    "AdamW": (training(between=SLOWER, rule=by(torch.optim.AdamW)), 2),
    "SGD": (training(rule=by(torch.optim.SGD, momentum=0.9)), OTHERS),
    "RMSprop": (training(rule=by(torch.optim.RMSprop)), OTHERS),
    "Adam with a rate of its own": (training(rule=by(Warming)), OTHERS),
    "a rule by Adam's kernel": (training(rule=by(Constant)), OTHERS),
    "item": (training(lambda D, opt: lambda x: updated(D, opt, x).item()), ""),
    "own generator": (training(lambda D, opt: with_own_generator(5)(D, opt)), "random numbers"),
    "of the same seed": (training(lambda D, opt: with_own_generator(7)(D, opt)), "random numbers"),
}


@pytest.mark.parametrize("name", WHOLE)
def test_of_all_kinds(name):
    """A step that is refused runs twice at its third call, but counts once: Adam's, the random's."""
    program, told = WHOLE[name]
    made = same(program, told if isinstance(told, str) else None)
    assert isinstance(told, str) or made == [told]


# -- what happens between steps --------------------------------------------------------------------


def halved(D):
    for p in D.parameters():
        p.array = p.array * 0.5


def reloaded(opt):
    state = opt.state_dict()
    for own in state["state"].values():
        own.update(step=1, exp_avg=own["exp_avg"] * 0.5)
    opt.load_state_dict(state)


def one_by_hand(D, opt):
    """An update of one parameter alone: it has made one more step than the others."""
    for p in D.parameters():
        p.grad = None
    first = next(D.parameters())
    first.grad = mg.ones(*first.shape)
    opt.step()


def another_group(opt):
    group = opt.param_groups[0]
    opt.param_groups.append({**group, "lr": 0.1, "params": [group["params"].pop()]})


AT_5 = {  # what is done before the sixth step, and how many recordings there are then
    "nothing": (lambda D, opt: None, 1),
    "learning rate": (lambda D, opt: opt.param_groups[0].update(lr=0.5), 1),
    "betas": (lambda D, opt: opt.param_groups[0].update(betas=(0.5, 0.9)), 2),
    "eval": (lambda D, opt: D.eval(), 2),
    "eval of one layer": (lambda D, opt: getattr(D, "3").eval(), 2),
    "frozen": (lambda D, opt: getattr(D, "0").weight.requires_grad_(False), 2),
    "network loaded": (lambda D, opt: D.load_state_dict(network().state_dict()), 1),
    "weights replaced": (lambda D, opt: halved(D), 2),
    "optimizer loaded": (lambda D, opt: reloaded(opt), 2),
    "state cleared": (lambda D, opt: opt.state.clear(), None),
    "state replaced": (lambda D, opt: setattr(opt, "state", defaultdict(dict)), None),
    "the same seed": (lambda D, opt: mg.manual_seed(7), 1),
    "another seed": (lambda D, opt: mg.manual_seed(8), 2),
    "random numbers drawn": (lambda D, opt: mg.randn(1000), 1),
    "an eager step": (lambda D, opt: updated(D, opt, batch(9)), 1),
    "one parameter updated": (one_by_hand, None),
    "gradients forgotten": (lambda D, opt: opt.zero_grad(), None),
    "dropout's rate": (lambda D, opt: setattr(getattr(D, "3"), "p", 0.6), 2),
    "momentum": (lambda D, opt: setattr(getattr(D, "1"), "momentum", 0.5), 2),
    "statistics replaced": (lambda D, opt: setattr(getattr(D, "1"), "running_mean", mg.ones(4)), 2),
    "layer replaced": (lambda D, opt: setattr(D, "2", nn.ReLU()), 2),
    "a parameter less": (lambda D, opt: opt.param_groups[0]["params"].pop(), 2),
    "another group": (lambda D, opt: another_group(opt), None),
}


@pytest.mark.parametrize("name", AT_5)
def test_between_two_steps(name):
    change, made = AT_5[name]
    assert same(training(between=at_5(change))) == [made] or made is None


def test_gradients_that_are_added_up():
    """Steps without zero_grad: the gradient before a step is part of the one after."""

    def backward_alone(D, opt):
        return lambda x: D(x).square().mean().backward()

    def every_fourth(i, D, opt):
        if i % 4 == 3:
            learned(opt, D(batch(i)).mean())
            opt.zero_grad()

    same(training(backward_alone, every_fourth, steps=14))
    same(training(backward_alone))


def test_a_graph_from_before_a_step_is_refused():
    def train(capture):
        D = judge()
        step = capture(plain_step(D, adam(D)))
        for i in range(5):
            out = D(batch(7)).sum()
            step(batch(i))
            with pytest.raises(GraphError, match="changed in place"):
                out.backward()

    same(train)


# -- what a step reads by name ---------------------------------------------------------------------

WEIGHT = 1.0


class Trainer:
    def __init__(self, D, opt):
        self.D, self.opt, self.weight = D, opt, 1.0

    def step(self, x):
        return updated(self.D, self.opt, x, self.weight)

    __call__ = step


def of(holder):
    return lambda x: updated(holder.D, holder.opt, x, holder.weight)


def of_dict(holder):
    return lambda x: updated(holder["D"], holder["opt"], x, holder["weight"])


HOLDERS = {
    "Namespace": (argparse.Namespace, of),
    "SimpleNamespace": (types.SimpleNamespace, of),
    "dict": (dict, of_dict),
    "object": (Trainer, of),
    "method": (Trainer, lambda trainer: trainer.step),
    "callable": (Trainer, lambda trainer: trainer),
    "partial": (Trainer, lambda trainer: functools.partial(Trainer.step, trainer)),
    "default": (Trainer, lambda trainer: lambda x, trainer=trainer: Trainer.step(trainer, x)),
}


@pytest.mark.parametrize("change", ["eval", "number"])
@pytest.mark.parametrize("name", HOLDERS)
def test_what_is_held_together(name, change):
    def train(capture):
        D = network()
        opt = adam(D)
        kind, step = HOLDERS[name]
        holder = kind(**({"D": D, "opt": opt} | ({} if kind is Trainer else {"weight": 1.0})))
        run, results = capture(step(holder)), []
        for i in range(8):
            if i == 5 and change == "eval":
                D.eval()
            elif i == 5:
                (holder if kind is dict else vars(holder)).update(weight=3.0)
            results.append(run(batch(i)))
        return results, D, opt

    same(train)


def test_a_global_number(monkeypatch):
    step = lambda D, opt: lambda x: updated(lambda x: (lambda y: y * WEIGHT)(D(x)), opt, x)  # noqa: E731
    same(training(step, lambda i, *_: monkeypatch.setitem(globals(), "WEIGHT", 1.0 + i // 4)))


@pytest.mark.parametrize("how", ["in its class", "network as argument"])
def test_one_step_of_several_networks(how):
    def train(capture):
        class Captured(Trainer):
            step = capture(Trainer.step)

        trainers = [Captured(D, adam(D)) for D in (network(), network())]
        results, run = [], capture(lambda trainer, D, x: updated(D, trainer.opt, x))
        for i in range(8):
            for t in trainers:
                t.D.train(i < 5)
                results.append(t.step(batch(i)) if how == "in its class" else run(t, t.D, batch(i)))
        return results, [(t.D, t.opt) for t in trainers]

    same(train)


def test_names_that_come_to_mean_something_else():
    def train(capture):
        D, weight, pair, results = network(), 1.0, (mg.ones(5, 1), 1), []
        opt = adam(D)
        run = capture(lambda x: updated(lambda x: D(x) - pair[0], opt, x, weight))
        for i in range(14):
            weight = 1.0 if i < 4 else 3.0
            if i in (6, 7):
                pair = (mg.randn(5, 1), 1)
            if i == 10:
                D = network()
                opt = adam(D)
            results.append(run(batch(i)))
        return results, D, opt

    same(train)


def test_too_much_that_changes():
    def train(capture):
        D, weight, results = network(), 0.0, []
        opt = adam(D)
        run = capture(lambda x: updated(D, opt, x, weight))
        for i in range(graph.MOST + 6):
            weight += 1.0
            results.append(run(batch(i)))
        return results, D, opt

    same(train, "too much of what it reads changes")


# -- what comes in and out -------------------------------------------------------------------------

Pair = namedtuple("Pair", "d g")
RESULTS = {
    "nothing": lambda loss, x: None,
    "names": lambda loss, x: {"loss": loss, "all": [x * 2.0, {"none": None, "text": "abc"}]},
    "pair": lambda loss, x: (loss, loss),
    "named pair": lambda loss, x: Pair(loss, x * 2.0),
    "views": lambda loss, x: [(x * 2.0).T, (x * 2.0)[:, ::2], loss.reshape(1, 1), x],
}


def test_arguments_by_name_and_by_default():
    def train(capture):
        D = judge()
        opt = adam(D)

        def step(x, weight=2.0, learn=True):
            return updated(D, opt, x, weight) if learn else D(x).mean()

        run = capture(step)
        return [run(x=batch(i), learn=i % 4 != 3) for i in range(12)], D, opt

    same(train)
    alone = mg.capture(lambda x, *, k: x * k)
    assert alone(mg.ones(1), k=2.0).item() == 2.0
    with mg.use_backend("cupy"), pytest.raises(TypeError, match="arguments that go by name alone"):
        alone(mg.ones(1), k=2.0)


@pytest.mark.parametrize("name", RESULTS)
def test_results(name):
    """They have memory of their own: what an earlier step gave is compared after the last one."""
    same(training(lambda D, opt: lambda x: RESULTS[name](updated(D, opt, x), x)))


def test_arguments():
    def train(capture):
        D, results = network(), []
        opt = adam(D)
        run = capture(lambda x, flag, factor=1.0: updated(D, opt, x, 3.0 if flag is True else factor))  # fmt: skip
        for i in range(20):
            x = batch(i, 3 if i % 4 == 3 else 5)  # a last batch, which is smaller
            x = x if i % 5 else mg.tensor(x.array.get().T.copy()).T
            results.append(run(x, (True, 1, False)[i % 3], *([0.5] if i % 2 else [])))
        return results, D, opt

    same(train)


def test_two_steps_that_share_optimizers():
    def train(capture):
        D, G = judge(), nn.Sequential(nn.Linear(3, 3), nn.Dropout(0.2))
        opts = [adam(D), adam(G)]
        first = capture(lambda x: learned(opts[0], (D(x) - D(G(x).detach())).square().mean()))
        second = capture(lambda x: [learned(opt, D(G(x)).square().mean()) for opt in opts])
        return [step(batch(i)) for i in range(8) for step in (first, second)], D, G, opts

    assert same(train) == [1, 1]


def test_a_captured_step_within_another():
    def train(capture):
        nets = network(), network()
        opts = [adam(D) for D in nets]
        steps = [capture(plain_step(*pair)) for pair in zip(nets, opts, strict=True)]
        both = capture(lambda x: [step(x) for step in steps])
        return [both(batch(i)) for i in range(8)], nets, opts

    same(train)


@pytest.mark.parametrize("bad", [0, 2, 4])
def test_an_error_reaches_the_caller(bad):
    def train(capture):
        D, results, broken = judge(), [], False
        opt = adam(D)

        def step(x):
            loss = updated(D, opt, x)
            if broken:
                raise LookupError("no such batch")
            return loss

        run = capture(step)
        for i in range(7):
            broken = i == bad
            with pytest.raises(LookupError, match="no such") if broken else contextlib.nullcontext():  # fmt: skip
                results.append(run(batch(i)))
        return results, D, opt

    same(train, "no such batch" if bad > 1 else None)


def test_an_interrupt_leaves_nothing_behind():
    def step(x):
        if graph.Recording.under_way:
            raise KeyboardInterrupt
        return x * 2.0

    run = mg.capture(step)
    with mg.use_backend("cupy"):
        run(batch(0)), run(batch(1))
        with pytest.raises(KeyboardInterrupt):
            run(batch(2))
        assert (B.noticed, graph.Recording.under_way, gc.isenabled()) == (NOTICED, None, True)
        assert not cupy.cuda.get_current_stream().is_capturing()


def test_the_collector_stays_off():
    gc.disable()
    try:
        ran(training(), mg.capture)
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_on_numpy_it_is_the_function():
    @mg.capture
    def step(x):
        """A step."""
        return x * 2.0, graph.Recording.under_way

    assert (step.__name__, step.__doc__) == ("step", "A step.")
    for _ in range(5):
        out, recording = step(mg.ones(2).requires_grad_())
        assert out.requires_grad and recording is None
