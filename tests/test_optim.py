"""Update rules: by hand, against PyTorch, and resumed exactly."""

import copy
import math
import pickle

import numpy as np
import pytest

import minigan.torch as mg
from minigan import backend as B
from minigan.torch import nn, optim
from minigan.torch.optim.optimizer import required

pytestmark = pytest.mark.usefixtures("backend")


def host(x):
    return B.to_host(x.array)


def parameter(values, dtype="float64"):
    return nn.Parameter(mg.tensor(values, dtype))


def give(p, gradient):
    p.grad = None if gradient is None else mg.tensor(gradient, p.dtype)


# -- by hand ---------------------------------------------------------------------------------------


def test_three_steps_of_adam_by_hand():
    p = parameter([1.0])
    optimizer = optim.Adam([p], lr=0.1, betas=(0.9, 0.99), eps=1e-8)

    give(p, [0.5])
    optimizer.step()
    m, v = 0.1 * 0.5, 0.01 * 0.25  # 0.05, 0.0025
    expected = 1.0 - 0.1 * (m / 0.1) / (math.sqrt(v / 0.01) + 1e-8)
    assert expected == pytest.approx(0.9, abs=1e-8)  # the first step is lr, whatever the gradient
    assert p.item() == pytest.approx(expected, rel=1e-14)

    give(p, [-0.25])
    optimizer.step()
    m, v = 0.9 * 0.05 - 0.1 * 0.25, 0.99 * 0.0025 + 0.01 * 0.0625  # 0.02, 0.0031
    expected -= 0.1 * (m / 0.19) / (math.sqrt(v / 0.0199) + 1e-8)
    assert p.item() == pytest.approx(expected, rel=1e-14)

    give(p, [1.0])
    optimizer.step()
    m, v = 0.9 * 0.02 + 0.1, 0.99 * 0.0031 + 0.01  # 0.118, 0.013069
    expected -= 0.1 * (m / 0.271) / (math.sqrt(v / 0.029701) + 1e-8)
    assert p.item() == pytest.approx(expected, rel=1e-14)


def test_two_steps_of_sgd_with_momentum_by_hand():
    p = parameter([1.0])
    optimizer = optim.SGD([p], lr=0.1, momentum=0.9)
    for gradient, expected in ((0.5, 1.0 - 0.1 * 0.5), (1.0, 0.95 - 0.1 * (0.9 * 0.5 + 1.0))):
        give(p, [gradient])
        optimizer.step()
        assert p.item() == pytest.approx(expected, rel=1e-14)


def test_two_steps_of_rmsprop_by_hand():
    p = parameter([1.0])
    optimizer = optim.RMSprop([p], lr=0.1, alpha=0.9, eps=1e-8)
    first = 1.0 - 0.1 * 0.5 / (math.sqrt(0.025) + 1e-8)
    for gradient, expected in (
        (0.5, first),
        (1.0, first - 0.1 * 1.0 / (math.sqrt(0.9 * 0.025 + 0.1) + 1e-8)),
    ):
        give(p, [gradient])
        optimizer.step()
        assert p.item() == pytest.approx(expected, rel=1e-14)


# -- against PyTorch -------------------------------------------------------------------------------

RULES = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.05, "momentum": 0.9}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.5, "weight_decay": 0.01}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    ("RMSprop", {"lr": 0.01}),
    ("RMSprop", {"lr": 0.01, "alpha": 0.9, "eps": 1e-3, "weight_decay": 0.1}),
    ("RMSprop", {"lr": 0.01, "momentum": 0.5}),
    ("RMSprop", {"lr": 0.01, "centered": True, "momentum": 0.9, "weight_decay": 0.01}),
    ("Adagrad", {"lr": 0.1}),
    (
        "Adagrad",
        {"lr": 0.1, "lr_decay": 0.1, "weight_decay": 0.1, "initial_accumulator_value": 0.5},
    ),
    ("Adadelta", {"lr": 1.0}),
    ("Adadelta", {"lr": 0.5, "rho": 0.8, "eps": 1e-4, "weight_decay": 0.1}),
    ("Adamax", {"lr": 0.01}),
    ("Adamax", {"lr": 0.01, "betas": (0.5, 0.9), "weight_decay": 0.1}),
    ("Adam", {"lr": 3e-4}),
    ("Adam", {"lr": 2e-4, "betas": (0.5, 0.999)}),
    ("Adam", {"lr": 0.01, "betas": (0.0, 0.9), "eps": 1e-3, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.01, "weight_decay": 0.1}),
]
SHAPES = [(3, 4), (4,), (), (2, 1, 2)]
rules = pytest.mark.parametrize(("rule", "options"), RULES, ids=lambda v: str(v))


class Pair:
    """The same parameters and gradients for both libraries."""

    def __init__(self, torch, rule, options, groups=1, dtype="float64"):
        self.torch, self.random = torch, np.random.default_rng(0)
        values = [self.random.standard_normal(shape) for shape in SHAPES]
        self.ours = [parameter(v, dtype) for v in values]
        self.theirs = [torch.nn.Parameter(torch.tensor(v, dtype=getattr(torch, dtype)))
                       for v in values]  # fmt: skip
        self.optimizers = [
            getattr(library.optim, rule)(
                [{"params": params[:2]}, {"params": params[2:], "lr": 0.02}]
                if groups == 2
                else params,
                **options,
            )
            for library, params in ((mg, self.ours), (torch, self.theirs))
        ]

    def step(self, without=()):
        """One step of both; the parameters numbered in `without` have no gradient."""
        for number, (mine, other) in enumerate(zip(self.ours, self.theirs, strict=True)):
            gradient = self.random.standard_normal(mine.shape)
            give(mine, None if number in without else gradient)
            other.grad = None if number in without else self.torch.tensor(gradient).to(other.dtype)
        for optimizer in self.optimizers:
            optimizer.step()

    def compare(self, tolerance=1e-10):
        for mine, other in zip(self.ours, self.theirs, strict=True):
            np.testing.assert_allclose(
                host(mine), other.detach().numpy(), rtol=tolerance, atol=tolerance
            )


@rules
def test_fifty_steps_are_pytorchs(torch, rule, options):
    pair = Pair(torch, rule, options)
    for _ in range(50):
        pair.step()
    pair.compare()


@rules
def test_groups_have_settings_of_their_own(torch, rule, options):
    pair = Pair(torch, rule, options, groups=2)
    for _ in range(50):
        pair.step()
    pair.compare()


@rules
def test_a_parameter_without_a_gradient_is_passed_over(torch, rule, options):
    pair = Pair(torch, rule, options)
    for step in range(50):
        pair.step(without={0: (1,), 1: (0, 2), 7: (3,), 8: (0, 1, 2, 3)}.get(step, ()))
    pair.compare()


@rules
def test_in_float32_everything_stays_float32_and_close_to_pytorch(torch, rule, options):
    pair = Pair(torch, rule, options, dtype="float32")
    for _ in range(50):
        pair.step()
    pair.compare(2e-5)
    state = pair.optimizers[0].state_dict()["state"].values()
    arrays = [value for entry in state for value in entry.values() if isinstance(value, mg.Tensor)]
    assert {x.dtype.name for x in (*arrays, *pair.ours)} == {"float32"}


def test_a_learning_rate_may_be_a_numpy_number():
    p = parameter([1.0, 2.0], "float32")
    optimizer = optim.SGD([p], lr=np.float64(0.1), momentum=0.5)
    give(p, [1.0, 1.0])
    optimizer.step()
    assert p.dtype == "float32"


# -- PyTorch's further words ------------------------------------------------------------------------


def test_options_that_change_nothing_are_taken_and_others_refused_by_name():
    p = parameter([1.0])
    optim.Adam([p], foreach=True, fused=None, maximize=False, amsgrad=False)
    for options, cure in (({"amsgrad": True}, "plain Adam"), ({"maximize": True}, "negative")):
        with pytest.raises(
            TypeError, match=f"Adam: {next(iter(options))}=True is not here: .*{cure}"
        ):
            optim.Adam([p], **options)
    with pytest.raises(TypeError, match="unexpected keyword argument 'speed'"):
        optim.SGD([p], speed=1)


def test_a_closure_computes_the_loss_with_gradients():
    p = parameter([3.0])
    optimizer = optim.SGD([p], lr=0.5)

    def closure():
        optimizer.zero_grad()
        loss = (p * p).sum()
        loss.backward()
        return loss

    with mg.no_grad():
        assert optimizer.step(closure).item() == 9.0
    assert p.tolist() == [0.0]


def own_rule(m):
    """An update rule written for PyTorch, as a program may bring one: Adam without correction."""

    class Rule(m.optim.Optimizer):
        def __init__(self, params, lr=0.1, betas=(0.5, 0.9)):
            super().__init__(params, {"lr": lr, "betas": betas})

        def __setstate__(self, state):
            super().__setstate__(state)
            for group in self.param_groups:
                group.setdefault("eps", 1e-8)

        @m.no_grad()
        def step(self, closure=None):
            for group in self.param_groups:
                beta1, beta2 = group["betas"]
                for p in group["params"]:
                    if p.grad is None:
                        continue
                    state = self.state[p]
                    if len(state) == 0:
                        state["step"] = 0
                        for name in ("first", "second"):
                            state[name] = m.zeros_like(p, memory_format=m.preserve_format)
                    state["step"] += 1
                    state["first"].mul_(beta1).add_(p.grad, alpha=1 - beta1)
                    state["second"].mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
                    slower = group["lr"] / state["step"]
                    p.addcdiv_(state["first"], state["second"].sqrt().add_(1e-8), value=-slower)

    return Rule


def test_a_rule_of_ones_own_trains_is_saved_and_continues(torch):
    def trained(m):
        def step(p, rule, loss):
            rule.zero_grad()
            loss(p).backward()
            rule.step()

        p, q = m.nn.Parameter(m.ones(2)), m.nn.Parameter(m.ones(2))
        rule = own_rule(m)([{"params": [p], "lr": 0.2}])
        plan = m.optim.lr_scheduler.StepLR(rule, 1, 0.5)
        for _ in range(3):
            step(p, rule, lambda p: p.pow(2).sum())
            plan.step()
        saved = copy.deepcopy(rule.state_dict())  # PyTorch's shares memory with the rule
        other = own_rule(m)([q], lr=5.0)
        other.load_state_dict(saved)
        step(p, rule, lambda p: p.pow(2).sum())
        step(q, other, lambda q: q.pow(3).sum())
        group = {**saved["param_groups"][0], **other.param_groups[0], "params": None}
        kept = sorted(saved["state"][0]), saved["state"][0]["step"]
        return [p.tolist(), q.tolist()], kept, group

    ours, theirs = trained(mg), trained(torch)
    np.testing.assert_allclose(ours[0], theirs[0], rtol=1e-6)
    assert ours[1:] == theirs[1:]


def test_groups_may_come_later(torch):
    def trained(m):
        p, q = m.nn.Parameter(m.ones(2)), m.nn.Parameter(m.ones(2))
        optimizer = m.optim.Adam([p], lr=0.1, betas=(0.5, 0.9))
        for step in range(4):
            if step == 2:
                optimizer.add_param_group({"params": q, "lr": 0.01})
            optimizer.zero_grad()
            (p.pow(2) + q.pow(3)).sum().backward()
            optimizer.step()
        return p.tolist() + q.tolist()

    np.testing.assert_allclose(trained(mg), trained(torch), rtol=1e-5)


def test_one_parameter_may_stand_alone_in_a_group():
    p = parameter([[1.0, 2.0]])
    optimizer = optim.SGD([{"params": p, "lr": 0.5}])
    give(p, [[2.0, 4.0]])
    optimizer.step()
    assert p.tolist() == [[0.0, 0.0]]


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_a_parameter_listed_twice_is_updated_twice(torch):
    def trained(m):
        p = m.nn.Parameter(m.ones(2))
        optimizer = m.optim.Adam([p, p], lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            p.pow(2).sum().backward()
            optimizer.step()
        return p.tolist()

    np.testing.assert_allclose(trained(mg), trained(torch), rtol=1e-5)


class Heavy(optim.Optimizer):
    """A rule in PyTorch's form, with a state that nobody else knows."""

    def __init__(self, params, lr=required):
        super().__init__(params, {"lr": lr, "beta": 0.5})
        self.state["all"]["steps"] = 0

    def __setstate__(self, state):
        super().__setstate__(state)
        for group in self.param_groups:
            group.setdefault("nesterov", False)

    @mg.no_grad()
    def step(self, closure=None):
        self.state["all"]["steps"] += 1
        for group in self.param_groups:
            for p in group["params"]:
                state = self.state[p]
                if len(state) == 0:
                    state["step"], state["average"] = 0, mg.zeros_like(p)
                state["step"] += 1
                state["average"].mul_(group["beta"]).add_(p.grad)
                p.add_(state["average"], alpha=-group["lr"] / state["step"])


def test_a_rule_in_pytorchs_form_works_and_is_saved_whole():
    with pytest.raises(ValueError, match="Heavy: a group has no lr, and must"):
        Heavy([parameter([1.0])])
    p = parameter([1.0, 2.0])
    optimizer = Heavy([{"params": [p], "beta": 0.25}], lr=0.1)
    optimizer.add_param_group({"params": [parameter([1.0])]})
    assert [g["beta"] for g in optimizer.param_groups] == [0.25, 0.5]
    optimizer = Heavy([p], lr=0.1)
    random_steps(optimizer, [p], 3, seed=1)
    saved, twin = optimizer.state_dict(), nn.Parameter(p.detach().clone())
    assert list(saved["state"]) == ["all", 0]
    resumed = Heavy([twin], lr=9.0)
    resumed.load_state_dict(saved)
    assert resumed.param_groups[0]["nesterov"] is False
    random_steps(optimizer, [p], 2, seed=2)
    random_steps(resumed, [twin], 2, seed=2)
    assert p.tolist() == twin.tolist() and saved["state"]["all"] == {"steps": 3}
    assert resumed.state["all"] == {"steps": 5} and resumed.state[twin]["step"] == 5
    short = parameter([1.0, 2.0], "float32")
    other = Heavy([short], lr=0.1)
    other.load_state_dict(saved)
    assert other.state[short]["average"].dtype == "float32"


def test_a_state_that_was_only_looked_at_begins_with_the_first_step():
    p, q = parameter([1.0]), parameter([1.0])
    looked, other = optim.Adam([p]), optim.Adam([q])
    assert looked.state[p] == {}
    random_steps(looked, [p], 2, seed=1)
    random_steps(other, [q], 2, seed=1)
    assert p.tolist() == q.tolist()


# -- shared memory ---------------------------------------------------------------------------------


def test_an_optimizer_leaves_parameters_where_they_lie():
    model = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 1))
    arrays, state = [p.array for p in model.parameters()], model.state_dict()
    optimizer = optim.Adam(model.parameters(), lr=0.5)
    before = [p.tolist() for p in model.parameters()]
    model(mg.ones(2, 3)).sum().backward()
    optimizer.step()
    assert [p.tolist() for p in model.parameters()] != before
    for p, array, alias in zip(model.parameters(), arrays, state.values(), strict=True):
        assert p.array is array and alias.tolist() == p.tolist()


@rules
@pytest.mark.parametrize("tie", ["whole", "transposed", "a part"])
def test_parameters_that_share_memory_are_each_updated(torch, rule, options, tie):
    """One after the other, as PyTorch does: the second begins with what the first has written."""

    def trained(m):
        p = m.nn.Parameter(m.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]))
        q = m.nn.Parameter(m.zeros(3, 3))
        q.data = {"whole": p.data, "transposed": p.data.t(), "a part": p.data[1:]}[tie]
        optimizer = getattr(m.optim, rule)([p, q], **options)
        x = m.tensor([[1.0, -2.0, 0.5]])
        for _ in range(4):
            optimizer.zero_grad()
            (((x @ p) ** 2).sum() + (q * 3.0).sum() + (q[0] ** 2).sum()).backward()
            optimizer.step()
        return p.tolist(), q.tolist()

    for ours, theirs in zip(trained(mg), trained(torch), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_a_parameter_in_new_memory_is_updated_there():
    p, q = parameter([1.0, 2.0]), parameter([5.0])
    optimizer = optim.SGD([p, q], lr=0.5)
    p.data = there = mg.tensor([10.0, 20.0], dtype="float64")
    give(p, [2.0, 4.0])
    give(q, [1.0])
    optimizer.step()
    assert p.tolist() == there.tolist() == [9.0, 18.0] and q.tolist() == [4.5]


@rules
@pytest.mark.parametrize("when", [0, 2])
def test_a_module_may_be_converted_after_its_optimizer_was_made(torch, rule, options, when):
    def trained(m, convert):
        p = m.nn.Linear(2, 1)
        with m.no_grad():
            p.weight.fill_(0.5), p.bias.fill_(0.25)
        if not convert:
            p.double()
        optimizer = getattr(m.optim, rule)(p.parameters(), **options)
        for step in range(4):
            if step == when and convert:
                p.double()
            optimizer.zero_grad()
            p(m.ones(3, 2, dtype=getattr(m, str(p.weight.dtype).split(".")[-1]))).sum().backward()
            optimizer.step()
        assert "float64" in str(p.weight.dtype)
        return p.weight.tolist()

    np.testing.assert_allclose(trained(mg, True), trained(torch, False), rtol=1e-6)


def test_a_gradient_of_another_kind_is_refused():
    p = parameter([1.0, 2.0])
    optimizer = optim.SGD([p], lr=0.5)
    p.__dict__["grad"] = mg.ones(3)
    with pytest.raises(RuntimeError, match=r"SGD: grad is float32 \(3,\), not float64 \(2,\)"):
        optimizer.step()


def test_one_tensor_is_no_list_of_its_rows(torch):
    for m in (mg, torch):
        with pytest.raises(TypeError, match="params"):
            m.optim.SGD(m.ones(2, 2), lr=0.5)


@pytest.mark.parametrize("how", ["deepcopy", "pickle"])
def test_a_copied_network_learns_by_its_copied_optimizer(how):
    net = nn.Linear(2, 1)
    optimizer = optim.Adam(net.parameters(), lr=0.5)
    net(mg.ones(1, 2)).sum().backward()
    optimizer.step()
    both = net, optimizer
    twin, its = copy.deepcopy(both) if how == "deepcopy" else pickle.loads(pickle.dumps(both))
    before = net.weight.tolist()
    assert twin.weight.tolist() == before
    for network, rule in ((twin, its), (net, optimizer)):
        rule.zero_grad()
        network(mg.ones(1, 2)).sum().backward()
        rule.step()
        if network is twin:
            assert net.weight.tolist() == before != twin.weight.tolist()
    assert twin.weight.tolist() == net.weight.tolist()


def test_values_written_in_place_are_seen():
    model = nn.Linear(2, 1)
    optimizer = optim.SGD(model.parameters(), lr=1.0)
    model.load_state_dict({"weight": mg.ones(1, 2), "bias": mg.zeros(1)})
    nn.init.constant_(model.bias, 3.0)
    model(mg.ones(1, 2)).sum().backward()
    optimizer.step()
    assert model.weight.tolist() == [[0.0, 0.0]] and model.bias.tolist() == [2.0]


def test_zero_grad_forgets_or_zeroes():
    p = parameter([1.0])
    optimizer = optim.SGD([p])
    give(p, [2.0])
    optimizer.zero_grad(set_to_none=False)
    assert p.grad.tolist() == [0.0]
    optimizer.zero_grad()
    assert p.grad is None
    flat = mg.ones(2, dtype="float64")
    p.grad = flat[:1]  # as programs do that keep all gradients in one array
    optimizer.zero_grad(set_to_none=False)
    assert flat.tolist() == [0.0, 1.0]


def test_a_step_without_gradients_changes_nothing():
    p = parameter([1.0])
    optim.Adam([p]).step()
    assert p.tolist() == [1.0]


def test_a_step_trains():
    model, x = nn.Linear(3, 1), mg.randn(32, 3)
    y = x @ mg.tensor([[1.0], [-2.0], [0.5]]) + 0.3
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        loss = nn.MSELoss()(model(x), y)
        loss.backward()
        optimizer.step()
    assert float(loss) < 1e-6
    np.testing.assert_allclose(host(model.weight), [[1.0, -2.0, 0.5]], atol=1e-3)


# -- what cannot be -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda p: optim.Adam([]), ValueError, "at least one: module.parameters"),
        (lambda p: optim.Adam([{"params": []}]), ValueError, "at least one: module.parameters"),
        (lambda p: optim.Adam([p * 2.0]), ValueError, r"leaf tensors.*module\.parameters\(\)"),
        (lambda p: optim.Adam([p, p]), UserWarning, "Adam: a parameter is listed twice in a group"),
        (
            lambda p: optim.SGD([{"params": [p]}, {"params": [p]}]),
            ValueError,
            "SGD: a parameter is listed more than once",
        ),
        (lambda p: optim.Adam([p], lr=-1.0), ValueError, r"Adam: lr must be .*got -1.0"),
        (
            lambda p: optim.Adam([p], betas=(0.9, 1.0)),
            ValueError,
            r"beta2 must be within \[0, 1.0\)",
        ),
    ],
)
def test_settings_that_cannot_be_are_refused_by_name(make, error, words):
    with pytest.raises(error, match=words):
        make(parameter([1.0]))


# -- saved and continued ---------------------------------------------------------------------------


def random_steps(optimizer, params, count, seed):
    random = np.random.default_rng(seed)
    for _ in range(count):
        for p in params:
            give(p, random.standard_normal(p.shape))
        optimizer.step()


@rules
def test_a_saved_optimizer_continues_exactly(rule, options):
    make = getattr(optim, rule)
    first = [parameter(np.ones(shape)) for shape in SHAPES]
    optimizer = make(first, **options)
    random_steps(optimizer, first, 5, seed=1)
    saved = optimizer.state_dict()
    values = [p.detach().clone() for p in first]
    random_steps(optimizer, first, 5, seed=2)

    second = [nn.Parameter(value) for value in values]
    resumed = make(second, **{**options, "lr": 123.0})
    resumed.load_state_dict(saved)
    random_steps(resumed, second, 5, seed=2)
    assert [p.tolist() for p in second] == [p.tolist() for p in first]


@rules
def test_states_pass_to_pytorch_and_back(torch, rule, options):
    pair = Pair(torch, rule, options, groups=2)
    for _ in range(3):
        pair.step()
    ours, theirs = pair.optimizers

    def as_theirs(value):
        return torch.tensor(host(value).copy()) if isinstance(value, mg.Tensor) else value

    saved = ours.state_dict()
    theirs.load_state_dict(
        {
            "state": {n: {k: as_theirs(v) for k, v in entry.items()}
                      for n, entry in saved["state"].items()},
            "param_groups": saved["param_groups"],
        }
    )  # fmt: skip
    for _ in range(3):
        pair.step()
    pair.compare()
    ours.load_state_dict(theirs.state_dict())
    for _ in range(3):
        pair.step()
    pair.compare()


def test_a_state_has_pytorchs_form(torch):
    pair = Pair(torch, "Adam", {"lr": 0.1}, groups=2)
    pair.step()
    ours, theirs = (optimizer.state_dict() for optimizer in pair.optimizers)
    assert list(ours["state"]) == list(theirs["state"]) == [0, 1, 2, 3]
    assert set(ours["state"][0]) == set(theirs["state"][0]) == {"step", "exp_avg", "exp_avg_sq"}
    for mine, other in zip(ours["param_groups"], theirs["param_groups"], strict=True):
        assert mine["params"] == other["params"] and mine["lr"] == other["lr"]


def test_settings_that_the_new_optimizer_does_not_know_are_taken_over(torch):
    """A schedule that goes on needs the first rate, and programs mark their groups."""

    def rates(m):
        p = m.nn.Parameter(m.ones(1))
        optimizer = m.optim.SGD([{"params": [p], "name": "w"}], lr=0.1)
        schedule = m.optim.lr_scheduler.StepLR(optimizer, 2, 0.5)
        for _ in range(3):
            optimizer.step()
            schedule.step()
        resumed = m.optim.SGD([p], lr=9.0)
        resumed.load_state_dict(optimizer.state_dict())
        schedule = m.optim.lr_scheduler.StepLR(resumed, 2, 0.5, last_epoch=3)
        (group,) = resumed.param_groups
        found = [group["name"], group["initial_lr"], group["lr"]]
        for _ in range(3):
            resumed.step()
            schedule.step()
            found.append(group["lr"])
        return found

    assert rates(mg) == rates(torch)


def test_a_saved_option_that_is_not_here_is_refused(torch):
    theirs = torch.optim.Adam([torch.nn.Parameter(torch.ones(1))], lr=0.5, amsgrad=True)
    ours = optim.Adam([parameter([1.0])], lr=0.1)
    with pytest.raises(TypeError, match="Adam: amsgrad=True is not here"):
        ours.load_state_dict(theirs.state_dict())
    assert ours.param_groups[0]["lr"] == 0.1


def test_a_saved_state_is_a_copy():
    p = parameter([1.0])
    optimizer = optim.Adam([p])
    random_steps(optimizer, [p], 1, seed=0)
    saved = optimizer.state_dict()["state"][0]["exp_avg"]
    before = saved.tolist()
    random_steps(optimizer, [p], 1, seed=1)
    assert saved.tolist() == before


def test_a_state_that_does_not_fit_is_refused_and_changes_nothing():
    def adam(*sizes):
        params = [parameter(np.ones(size)) for size in sizes]
        optimizer = optim.Adam(params)
        random_steps(optimizer, params, 1, seed=0)
        return optimizer

    optimizer = adam(2, 3)
    before = [entry["exp_avg"].tolist() for entry in optimizer.state_dict()["state"].values()]
    with pytest.raises(
        ValueError, match=r"Adam: the saved groups have \[1\] parameters, not \[2\]"
    ):
        optimizer.load_state_dict(adam(2).state_dict())
    with pytest.raises(ValueError, match=r"parameter 1 needs .*exp_avg.*\(3,\).*\(4,\)"):
        optimizer.load_state_dict(adam(2, 4).state_dict())
    params = [parameter(np.ones(2)), parameter(np.ones(3))]
    other = optim.SGD(params, momentum=0.9)
    random_steps(other, params, 1, seed=0)
    with pytest.raises(ValueError, match=r"needs .*exp_avg.*momentum_buffer.*another kind"):
        optimizer.load_state_dict(other.state_dict())
    after = [entry["exp_avg"].tolist() for entry in optimizer.state_dict()["state"].values()]
    assert after == before


def test_a_state_of_plain_sgd_has_no_buffers_and_they_begin_with_the_next_gradient(torch):
    p = parameter([1.0, 2.0])
    for state in ({0: {"step": 3}}, {0: {}}, {0: {"momentum_buffer": None}}, {}):
        optimizer = optim.SGD([p], lr=0.1, momentum=0.9, dampening=0.5)
        optimizer.load_state_dict({"state": state, "param_groups": [{"params": [0]}]})
        theirs = torch.nn.Parameter(torch.tensor(p.tolist(), dtype=torch.float64))
        other = torch.optim.SGD([theirs], lr=0.1, momentum=0.9, dampening=0.5)
        for gradient in ([1.0, 3.0], [2.0, 1.0]):
            give(p, gradient)
            theirs.grad = torch.tensor(gradient, dtype=torch.float64)
            optimizer.step()
            other.step()
        assert p.tolist() == pytest.approx(theirs.tolist())
    adam = optim.Adam([p])
    random_steps(adam, [p], 1, seed=0)
    with pytest.raises(ValueError, match=r"SGD: .*momentum_buffer.*another kind"):
        optimizer.load_state_dict(adam.state_dict())
