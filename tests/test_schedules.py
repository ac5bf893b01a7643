"""Learning-rate schedules: the rates are PyTorch's, step by step, whatever a program does."""

import contextlib
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minigan.torch as mg
from minigan.torch import optim

pytestmark = pytest.mark.usefixtures("backend")

RULES = [
    ("LambdaLR", {"lr_lambda": lambda t: 1 / (t + 1)}),
    ("LambdaLR", {"lr_lambda": [lambda t: 0.9**t, lambda t: 1 / (t + 2)]}),
    ("MultiplicativeLR", {"lr_lambda": lambda t: 0.9 if t % 2 else 1.05}),
    ("MultiplicativeLR", {"lr_lambda": [lambda t: 0.9, lambda t: 0.5]}),
    ("StepLR", {"step_size": 3, "gamma": 0.5}),
    ("StepLR", {"step_size": 1}),
    ("MultiStepLR", {"milestones": [2, 5, 5, 7], "gamma": 0.1}),
    ("ConstantLR", {"factor": 0.5, "total_iters": 4}),
    ("ConstantLR", {}),
    ("LinearLR", {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 7}),
    ("LinearLR", {}),
    ("ExponentialLR", {"gamma": 0.9}),
    ("PolynomialLR", {"total_iters": 6, "power": 2.0}),
    ("PolynomialLR", {}),
    ("CosineAnnealingLR", {"T_max": 4, "eta_min": 0.01}),
    ("CosineAnnealingLR", {"T_max": 30}),
    ("CosineAnnealingWarmRestarts", {"T_0": 3}),
    ("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 2, "eta_min": 0.001}),
]
names = [f"{name}-{i}" for i, (name, _) in enumerate(RULES)]
rules = pytest.mark.parametrize(("name", "options"), RULES, ids=names)


class Both:
    """The same optimizer of two groups in minigan and in PyTorch, and schedules on both."""

    def __init__(self, torch, rates=(0.1, 0.02)):
        self.libraries = (mg, torch)
        self.optimizers, self.schedules = [], [[], []]
        for m in self.libraries:
            weights = [m.nn.Parameter(m.ones(1)) for _ in rates]
            for w in weights:
                w.grad = m.ones(1)
            groups = [{"params": [w], "lr": r} for w, r in zip(weights, rates, strict=True)]
            self.optimizers.append(m.optim.SGD(groups, lr=0.1))

    def make(self, name, options, last_epoch=-1):
        for m, optimizer, schedules in zip(
            self.libraries, self.optimizers, self.schedules, strict=True
        ):
            rule = getattr(m.optim.lr_scheduler, name)
            schedules.append(rule(optimizer, **options, last_epoch=last_epoch))
        self.compare()

    def step(self, number=0, *epoch):
        for optimizer, schedules in zip(self.optimizers, self.schedules, strict=True):
            optimizer.step()
            schedules[number].step(*epoch)
        self.compare()

    def set(self, rate):
        for optimizer in self.optimizers:
            optimizer.param_groups[0]["lr"] = rate

    def compare(self):
        ours, theirs = ([g["lr"] for g in o.param_groups] for o in self.optimizers)
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-15)
        for mine, other in zip(*self.schedules, strict=True):
            if hasattr(other, "_last_lr"):
                np.testing.assert_allclose(mine.get_last_lr(), other.get_last_lr(), rtol=1e-9)
            assert mine.last_epoch == other.last_epoch


@contextlib.contextmanager
def quiet():
    """PyTorch's own advice, of step(epoch) and the order of steps, is no matter here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@rules
def test_the_rates_are_pytorchs(torch, name, options):
    both = Both(torch)
    both.make(name, options)
    for _ in range(14):
        both.step()


moves = st.lists(
    st.one_of(
        st.sampled_from(["first", "second"]),
        st.floats(0.001, 1.0),  # a rate set by hand
        st.integers(0, 12),  # step(epoch)
    ),
    max_size=12,
)


@given(st.sampled_from(RULES), st.sampled_from(RULES), moves)
def test_two_schedules_and_a_hand_at_the_rate(torch, first, second, program):
    with quiet():
        both = Both(torch)
        both.make(*first)
        both.make(*second)
        for move in program:
            if isinstance(move, str):
                both.step(["first", "second"].index(move))
            elif isinstance(move, int):
                both.step(0, move)
            else:
                both.set(move)


def test_two_schedules_multiply_and_a_rate_set_by_hand_stays():
    optimizer = optim.SGD([mg.nn.Parameter(mg.ones(1))], lr=1.0)
    first = optim.lr_scheduler.ExponentialLR(optimizer, 0.5)
    second = optim.lr_scheduler.StepLR(optimizer, 2, 0.1)
    optimizer.step(), first.step(), second.step()
    optimizer.step(), first.step(), second.step()
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.025)
    optimizer.param_groups[0]["lr"] = 8.0
    first.step()
    assert optimizer.param_groups[0]["lr"] == 4.0


@rules
def test_a_schedule_goes_on_where_it_was_saved(name, options):
    def begin():
        optimizer = optim.SGD(
            [{"params": [mg.nn.Parameter(mg.ones(1))], "lr": r} for r in (0.1, 0.02)], lr=1
        )
        return optimizer, getattr(optim.lr_scheduler, name)(optimizer, **options)

    optimizer, schedule = begin()
    for _ in range(5):
        optimizer.step()
        schedule.step()
    other, resumed = begin()
    other.load_state_dict(optimizer.state_dict())
    resumed.load_state_dict(schedule.state_dict())
    assert resumed.get_last_lr() == schedule.get_last_lr()
    for _ in range(6):
        for o, s in ((optimizer, schedule), (other, resumed)):
            o.step()
            s.step()
        assert resumed.get_last_lr() == schedule.get_last_lr()


def test_a_saved_schedule_is_data(tmp_path):
    optimizer = optim.SGD([mg.nn.Parameter(mg.ones(1))], lr=1.0)
    make = optim.lr_scheduler
    schedules = [
        make.LambdaLR(optimizer, lambda t: 0.5**t),
        make.MultiStepLR(optimizer, [1, 2]),
        make.ReduceLROnPlateau(optimizer),
        make.SequentialLR(
            optimizer, [make.ConstantLR(optimizer), make.ExponentialLR(optimizer, 0.9)], [3]
        ),
    ]
    mg.save([schedule.state_dict() for schedule in schedules], tmp_path / "schedules")
    for schedule, state in zip(schedules, mg.load(tmp_path / "schedules"), strict=True):
        schedule.load_state_dict(state)
        optimizer.step()
        schedule.step(*[0.0] * isinstance(schedule, make.ReduceLROnPlateau))


@rules
def test_a_schedule_made_in_the_middle(torch, name, options):
    both = Both(torch)
    both.make(name, options)
    for _ in range(3):
        both.step()
    both.make(name, options, last_epoch=2)
    for number in (1, 1, 0, 1):
        both.step(number)


def test_one_schedule_after_the_other(torch):
    with quiet():
        both = Both(torch)
        for m, optimizer, schedules in zip(
            both.libraries, both.optimizers, both.schedules, strict=True
        ):
            make = m.optim.lr_scheduler
            parts = [
                make.LinearLR(optimizer, 0.1, total_iters=3),
                make.CosineAnnealingLR(optimizer, 5),
                make.StepLR(optimizer, 2, 0.5),
            ]
            schedules.append(make.SequentialLR(optimizer, parts, [3, 8]))
        both.compare()
        for _ in range(14):
            both.step()


def test_several_schedules_at_once(torch):
    both = Both(torch)
    for m, optimizer, schedules in zip(
        both.libraries, both.optimizers, both.schedules, strict=True
    ):
        make = m.optim.lr_scheduler
        parts = [make.ConstantLR(optimizer, 0.1, 4), make.ExponentialLR(optimizer, 0.9)]
        schedules.append(make.ChainedScheduler(parts))
    for _ in range(8):
        for optimizer, (schedule,) in zip(both.optimizers, both.schedules, strict=True):
            optimizer.step()
            schedule.step()
        ours, theirs = (schedules[0].get_last_lr() for schedules in both.schedules)
        np.testing.assert_allclose(ours, theirs, rtol=1e-12)


@given(
    st.lists(st.floats(-2.0, 2.0), max_size=25),
    st.fixed_dictionaries(
        {
            "mode": st.sampled_from(["min", "max"]),
            "patience": st.integers(0, 3),
            "threshold": st.sampled_from([1e-4, 0.3]),
            "threshold_mode": st.sampled_from(["rel", "abs"]),
            "cooldown": st.integers(0, 2),
            "min_lr": st.sampled_from([0.0, 0.01, [0.001, 0.01]]),
            "factor": st.sampled_from([0.1, 0.5]),
        }
    ),
)
def test_a_plateau_lowers_the_rate_when_pytorch_does(torch, values, options):
    both = Both(torch)
    ours, theirs = (
        m.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **options)
        for m, optimizer in zip(both.libraries, both.optimizers, strict=True)
    )
    for value in values:
        ours.step(mg.tensor(value))
        theirs.step(torch.tensor(value))
        both.compare()
        assert ours.get_last_lr() == pytest.approx(theirs.get_last_lr())


def one():
    return optim.SGD([mg.nn.Parameter(mg.ones(1))], lr=0.1)


def test_the_order_of_steps_is_watched():
    optimizer = one()
    schedule = optim.lr_scheduler.StepLR(optimizer, 2)
    with pytest.warns(UserWarning, match=r"before optimizer\.step\(\) skips the first rate"):
        schedule.step()
    with pytest.warns(UserWarning, match=r"get_last_lr\(\) is the rate"):
        schedule.get_lr()
    with pytest.warns(UserWarning, match="call step.. without a number"):
        schedule.step(4)
    assert schedule.get_last_lr() == [pytest.approx(0.001)]


def test_a_rule_of_ones_own(torch):
    for m in (mg, torch):

        class Warmup(m.optim.lr_scheduler._LRScheduler):
            def __init__(self, optimizer, steps):
                self.steps = steps
                super().__init__(optimizer)

            def get_lr(self):
                return [base * min(1.0, self.last_epoch / self.steps) for base in self.base_lrs]

        optimizer = m.optim.SGD([m.nn.Parameter(m.ones(1))], lr=0.1)
        schedule, rates = Warmup(optimizer, 4), []
        for _ in range(6):
            optimizer.step()
            schedule.step()
            rates += schedule.get_last_lr()
        assert rates == pytest.approx([0.025, 0.05, 0.075, 0.1, 0.1, 0.1])


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda s: s.StepLR(3, 1), TypeError, "int is no Optimizer"),
        (lambda s: s.StepLR(one(), 1, last_epoch=3), KeyError, "no initial_lr"),
        (lambda s: s.LambdaLR(one(), [abs, abs]), ValueError, "2 functions for 1 groups"),
        (lambda s: s.LambdaLR(one(), 0.5), TypeError, "is a function, not 0.5"),
        (lambda s: s.StepLR(one(), 1, verbose=True), TypeError, "verbose"),
        (lambda s: s.ConstantLR(one(), 2.0), ValueError, r"factor must be within \[0, 1\]"),
        (lambda s: s.LinearLR(one(), 0.0), ValueError, "start_factor must be within"),
        (lambda s: s.LinearLR(one(), 1.0, 2.0), ValueError, "end_factor must be within"),
        (lambda s: s.CosineAnnealingWarmRestarts(one(), 0), ValueError, "T_0=0 is no number"),
        (lambda s: s.ReduceLROnPlateau(one(), factor=1.0), ValueError, "factor must be below 1"),
        (lambda s: s.ReduceLROnPlateau(one(), mode="best"), ValueError, "mode='best' is min or"),
        (lambda s: s.ReduceLROnPlateau(one(), min_lr=[1, 2]), ValueError, "2 min_lr for 1"),
        (lambda s: s.ReduceLROnPlateau(3), TypeError, "int is no Optimizer"),
        (lambda s: s.ChainedScheduler([]), ValueError, "needs at least one schedule"),
        (lambda s: s.ChainedScheduler([3], one()), TypeError, "number 0, int, is no schedule"),
        (
            lambda s: s.SequentialLR(one(), [s.StepLR(one(), 1)], []),
            ValueError,
            "is of another optimizer",
        ),
        (
            lambda s: (lambda o: s.SequentialLR(o, [s.StepLR(o, 1)], [2]))(one()),
            ValueError,
            "1 schedules have 0 milestones between them, not 1",
        ),
        (
            lambda s: (lambda o: s.ChainedScheduler([s.ReduceLROnPlateau(o)]))(one()),
            ValueError,
            "wants a number at each step",
        ),
        (lambda s: s.OneCycleLR(one(), 0.1), NotImplementedError, "OneCycleLR.*LambdaLR"),
        (lambda s: s.CyclicLR(one(), 0.1, 1.0), NotImplementedError, "CyclicLR.*LambdaLR"),
    ],
)
def test_what_no_schedule_can_be_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make(optim.lr_scheduler)
