"""Modules: their names, states, initial values, and the layers that differ between train and eval."""

import copy
import math
import os
import pickle
import re
import subprocess
import sys
import warnings
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

import minigan
import minigan.torch as mg
from minigan import backend as B
from minigan.autograd import GraphError
from minigan.torch import nn

pytestmark = pytest.mark.usefixtures("backend")


def host(x):
    return B.to_host(x.array)


def close(ours, theirs, tolerance=1e-10):
    np.testing.assert_allclose(host(ours), theirs.detach().numpy(), rtol=tolerance, atol=tolerance)


def loaded(ours, theirs):
    """Both modules in float64 with the same state, ours."""
    ours.double()
    theirs.double().load_state_dict(
        {name: theirs_of(value) for name, value in ours.state_dict().items()}
    )
    return ours, theirs


def theirs_of(x):
    import torch

    return torch.tensor(host(x).copy())


# -- state -----------------------------------------------------------------------------------------

NETWORKS = {
    "dense": lambda m: m.nn.Sequential(
        m.nn.Linear(6, 4),
        m.nn.LeakyReLU(0.1),
        m.nn.BatchNorm1d(4),
        m.nn.Dropout(0.3),
        m.nn.Sequential(m.nn.Linear(4, 3, bias=False), m.nn.Tanh()),
        m.nn.Linear(3, 1),
        m.nn.Sigmoid(),
    ),
    "named": lambda m: m.nn.Sequential(
        OrderedDict(first=m.nn.Linear(2, 3), act=m.nn.ReLU(), last=m.nn.Linear(3, 1))
    ),
    "convolutional": lambda m: m.nn.Sequential(
        m.nn.Conv2d(3, 4, 4, 2, 1, bias=False),
        m.nn.BatchNorm2d(4),
        m.nn.ConvTranspose2d(4, 2, 4, 2, 1),
        m.nn.InstanceNorm2d(2, affine=True),
        m.nn.LayerNorm((2, 8, 8)),
        m.nn.PReLU(2),
        m.nn.Flatten(),
    ),
    "plain normalisation": lambda m: m.nn.Sequential(
        m.nn.BatchNorm1d(3, affine=False), m.nn.BatchNorm1d(3, track_running_stats=False)
    ),
    "embedding": lambda m: m.nn.ModuleDict({"label": m.nn.Embedding(10, 4)}),
    "parallel": lambda m: m.nn.DataParallel(m.nn.Sequential(m.nn.Linear(2, 1))),
    "list": lambda m: m.nn.ModuleList([m.nn.Linear(2, 2), m.nn.Linear(2, 1)]),
}


@pytest.mark.parametrize("name", NETWORKS)
def test_states_have_pytorchs_names_in_pytorchs_order(torch, name):
    ours, theirs = NETWORKS[name](mg).state_dict(), NETWORKS[name](torch).state_dict()
    assert [(k, v.shape, str(v.dtype)) for k, v in ours.items()] == [
        (k, tuple(v.shape), str(v.dtype).removeprefix("torch.")) for k, v in theirs.items()
    ]
    assert [k for k, _ in NETWORKS[name](mg).named_parameters()] == [
        k for k, _ in NETWORKS[name](torch).named_parameters()
    ]
    assert [k for k, _ in NETWORKS[name](mg).named_buffers()] == [
        k for k, _ in NETWORKS[name](torch).named_buffers()
    ]


@pytest.mark.parametrize("name", ["dense", "convolutional"])
def test_states_pass_both_ways(torch, name):
    ours, theirs = NETWORKS[name](mg), NETWORKS[name](torch)
    x = np.random.default_rng(0).standard_normal((4, 6) if name == "dense" else (4, 3, 8, 8))
    ours.load_state_dict(theirs.state_dict())
    ours.double().eval(), theirs.double().eval()
    close(ours(mg.tensor(x)), theirs(torch.tensor(x)))
    ours, theirs = loaded(NETWORKS[name](mg), NETWORKS[name](torch))
    close(ours.eval()(mg.tensor(x)), theirs.eval()(torch.tensor(x)))


def test_a_state_shares_the_modules_memory():
    model = nn.Linear(2, 1)
    state = model.state_dict()
    with mg.no_grad():
        model.weight.fill_(5.0)
    assert state["weight"].tolist() == [[5.0, 5.0]]
    assert not state["weight"].requires_grad


def test_a_state_loads_into_a_fresh_copy():
    first, second = NETWORKS["dense"](mg), NETWORKS["dense"](mg)
    first(mg.randn(8, 6))
    second.load_state_dict(first.state_dict())
    for key, value in second.state_dict().items():
        assert value.tolist() == first.state_dict()[key].tolist(), key


def test_loading_lists_everything_that_does_not_fit_and_changes_nothing():
    model = nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))
    before = {name: value.tolist() for name, value in model.state_dict().items()}
    state = {
        "0.weight": mg.zeros(3, 2),
        "0.bias": mg.zeros(2),
        "1.weight": mg.zeros(2),
        "1.bias": mg.zeros(2),
        "1.running_mean": mg.zeros(2),
        "1.running_var": mg.zeros(2),
        "2.weight": mg.zeros(1),
    }
    with pytest.raises(RuntimeError) as caught:
        model.load_state_dict(state)
    words = str(caught.value)
    assert "nothing changed" in words and "Sequential" in words
    for fault in (
        "missing: 1.num_batches_tracked ()",
        "unexpected: 2.weight",
        "misshapen: 0.weight is (2, 3), given (3, 2)",
    ):
        assert fault in words
    assert {name: value.tolist() for name, value in model.state_dict().items()} == before


def test_loading_leniently_forgives_names_only():
    model = nn.Linear(3, 2)
    model.load_state_dict({"bias": mg.ones(2), "other": mg.ones(1)}, strict=False)
    assert model.bias.tolist() == [1.0, 1.0]
    with pytest.raises(RuntimeError, match=r"misshapen: bias is \(2,\), given \(3,\)"):
        model.load_state_dict({"bias": mg.ones(3)}, strict=False)


def test_loading_counts_as_a_change_in_place():
    model, x = nn.Linear(2, 1), mg.ones(1, 2, requires_grad=True)
    loss = model(x).sum()
    model.load_state_dict({"weight": mg.ones(1, 2), "bias": mg.ones(1)})
    with pytest.raises(GraphError, match="changed in place"):
        loss.backward()


class Network(nn.Module):
    """Parameters, buffers and submodules of one's own."""

    def __init__(self):
        super().__init__()
        self.second = nn.Linear(2, 2)
        self.scale = nn.Parameter(mg.ones(1))
        self.first = nn.ModuleList([nn.Linear(2, 2)])
        self.first.append(self.second)
        self.register_buffer("mean", mg.zeros(2))
        self.register_buffer("cache", mg.zeros(2), persistent=False)
        self.register_parameter("missing", None)
        self.add_module("9", nn.Linear(2, 1))
        self.constant = mg.ones(3)

    def forward(self, x):
        return self.second(x) * self.scale


def test_attributes_make_a_module():
    model = Network()
    assert list(model.state_dict()) == [
        "scale", "mean", "second.weight", "second.bias", "first.0.weight", "first.0.bias",
        "first.1.weight", "first.1.bias", "9.weight", "9.bias",
    ]  # fmt: skip
    assert len(list(model.parameters())) == 7  # a shared one counts once
    assert [name for name, _ in model.named_children()] == ["second", "first", "9"]
    assert model(mg.ones(3, 2)).shape == (3, 2)
    del model.scale
    assert "scale" not in model.state_dict()


def test_a_module_without_forward_says_so():
    with pytest.raises(NotImplementedError, match=r"Module does not define forward\(\)"):
        nn.Module()(mg.ones(1))


# -- all of it at once -----------------------------------------------------------------------------


def test_the_text_of_a_module_ends_with_its_parameter_count():
    text = repr(nn.Sequential(nn.Linear(784, 256), nn.LeakyReLU(0.1), nn.Linear(256, 1)))
    assert "(0): Linear(in_features=784, out_features=256, bias=True)" in text
    assert "(1): LeakyReLU(negative_slope=0.1)" in text
    assert text.endswith(f"{784 * 256 + 256 + 257:,} parameters")
    assert repr(nn.Tanh()) == "Tanh()"
    nested = repr(nn.Sequential(nn.Sequential(nn.Tanh())))
    assert nested == "Sequential(\n  (0): Sequential(\n    (0): Tanh()\n  )\n)"


LAYERS = {
    **NETWORKS,
    "activations": lambda m: m.nn.Sequential(
        m.nn.ReLU(), m.nn.ReLU(True), m.nn.LeakyReLU(0.2, inplace=True), m.nn.ELU(), m.nn.SELU(),
        m.nn.SiLU(), m.nn.Hardtanh(), m.nn.Softmax(dim=1), m.nn.LogSoftmax(dim=-1), m.nn.Softplus(),
        m.nn.Dropout2d(0.25, inplace=True), m.nn.Sigmoid(), m.nn.Identity(), m.nn.LogSigmoid(),
    ),
    "images": lambda m: m.nn.Sequential(
        m.nn.Upsample(scale_factor=2), m.nn.Upsample((4, 4), mode="bilinear"), m.nn.MaxPool2d(2),
        m.nn.MaxPool2d(3, 1), m.nn.AvgPool2d(2, stride=1), m.nn.PixelShuffle(2),
        m.nn.PixelUnshuffle(2), m.nn.AdaptiveAvgPool2d(1),
        m.nn.ZeroPad2d(1), m.nn.ReflectionPad2d((1, 2, 3, 4)), m.nn.ConstantPad2d(1, 2.0),
        m.nn.Conv2d(2, 2, 3, padding="same", padding_mode="reflect", groups=2),
        m.nn.ConvTranspose2d(2, 1, 3, 2, 1, 1, bias=False), m.nn.Unflatten(1, (1, 2)),
        m.nn.UpsamplingNearest2d(scale_factor=2), m.nn.BatchNorm2d(3, 0.8, affine=False),
        m.nn.InstanceNorm2d(3), m.nn.Embedding(3, 2, padding_idx=0), m.nn.GroupNorm(1, 2),
        m.nn.Conv1d(1, 2, 3, padding=1), m.nn.ConvTranspose1d(1, 2, 4, 2, 1, bias=False),
        m.nn.ReLU6(True), m.nn.GLU(),
    ),
    "repeated": lambda m: m.nn.ModuleList(
        [m.nn.Tanh(), m.nn.Linear(2, 1), m.nn.Linear(2, 1), m.nn.Linear(1, 2), m.nn.Tanh()]
    ),
    "losses": lambda m: m.nn.ModuleList([m.nn.BCELoss(), m.nn.MSELoss(), m.nn.CrossEntropyLoss()]),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_the_text_has_the_lines_of_pytorch(torch, name):
    ours, theirs = repr(LAYERS[name](mg)), repr(LAYERS[name](torch))
    flags = "(?:True|False)"  # the newest releases also name the bias of normalisations
    theirs = re.sub(rf"(affine={flags}), bias={flags}", r"\1", theirs)
    lines = ours.splitlines()
    assert lines[: -1 if lines[-1].endswith("parameters") else None] == theirs.splitlines()


def test_the_text_of_a_layer_of_ones_own_is_its_own():
    class Reshape(nn.Module):
        def __repr__(self):
            return "Reshape to 7x7"

    assert repr(nn.Sequential(Reshape())) == "Sequential(\n  (0): Reshape to 7x7\n)"


def test_loading_tells_what_it_forgave():
    model = nn.Linear(2, 1)
    assert repr(model.load_state_dict(model.state_dict())) == "<All keys matched successfully>"
    answer = model.load_state_dict({"bias": mg.ones(1), "other": mg.ones(1)}, strict=False)
    assert answer.missing_keys == ["weight"] and answer.unexpected_keys == ["other"]


def test_a_hook_before_forward_may_change_the_inputs():
    model = nn.Linear(2, 1)
    handle = model.register_forward_pre_hook(lambda module, inputs: (inputs[0] * 0.0,))
    assert model(mg.ones(1, 2)).tolist() == [model.bias.tolist()]
    handle.remove()
    assert model(mg.ones(1, 2)).tolist() != [model.bias.tolist()]


def test_modules_are_found_by_their_dotted_names():
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 1)))
    assert model.get_submodule("0.0") is model[0][0]
    assert model.get_parameter("0.0.weight") is model[0][0].weight
    assert model._get_name() == "Sequential"


@pytest.mark.parametrize(
    "make",
    [
        lambda part: nn.Sequential(nn.Linear(1, 1), part),
        lambda part: nn.Sequential({"part": part}),
        lambda part: nn.ModuleList([part]),
        lambda part: nn.ModuleDict({"part": part}),
    ],
)
def test_what_is_no_module_is_refused(make):
    with pytest.raises(TypeError, match=r"ReLU'> is no Module: write ReLU\(\)"):
        make(nn.ReLU)
    with pytest.raises(TypeError, match=r"3 is no Module$"):
        make(3)


def test_classes_out_of_range_are_named():
    """Of tensors on the host, whichever library is in use: a GPU would have to be waited for."""
    x = mg.zeros(2, 3, device="cpu")
    for wrong in (-1, 3):
        labels = mg.tensor([0, wrong], device="cpu")
        for take in (
            lambda labels: nn.functional.cross_entropy(x, labels),
            lambda labels: nn.functional.nll_loss(x, labels),
            nn.Embedding(3, 2).cpu(),
        ):
            with pytest.raises(IndexError, match=f"{wrong}.* leave the classes 0 to 2"):
                take(labels)


def test_class_numbers_may_be_bytes():
    x, labels = mg.randn(2, 3), mg.tensor([0, 2])
    for loss in (nn.CrossEntropyLoss(), nn.NLLLoss(ignore_index=2)):
        assert loss(x, labels.byte()).item() == loss(x, labels).item()


def test_lists_of_modules_are_changed_like_lists():
    modules = nn.ModuleList([nn.Tanh()])
    modules += [nn.ReLU()]
    modules.insert(0, nn.Linear(2, 2))
    assert [type(m).__name__ for m in modules] == ["Linear", "Tanh", "ReLU"]
    assert list(modules.state_dict()) == ["0.weight", "0.bias"]
    del modules[1]
    assert type(modules.pop()).__name__ == "ReLU" and len(modules) == 1
    assert len(modules + [nn.Tanh()]) == 2  # noqa: RUF005
    joined = nn.Sequential(nn.Tanh()) + nn.Sequential(nn.ReLU())
    assert isinstance(joined, nn.Sequential) and len(joined) == 2
    named = nn.ModuleDict({"a": nn.Tanh()})
    named.update({"b": nn.ReLU()})
    assert list(named) == ["a", "b"] and len(named) == 2 and type(named.pop("a")).__name__ == "Tanh"
    del named["b"]
    assert len(named) == 0


def test_train_and_eval_reach_everything_below():
    model = NETWORKS["dense"](mg)
    assert model.training and model.eval() is model
    assert not any(module.training for module in model.modules())
    assert model.train() is model and all(module.training for module in model.modules())


def test_apply_visits_children_first():
    model, seen = nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.Tanh())), []
    assert model.apply(lambda module: seen.append(type(module).__name__)) is model
    assert seen == ["Linear", "Tanh", "Sequential", "Sequential"]


def test_apply_initialises_as_tutorials_do():
    def weights_init(module):
        if type(module).__name__.find("Linear") != -1:
            nn.init.normal_(module.weight.data, 0.0, 0.02)
            nn.init.constant_(module.bias.data, 0)

    model = nn.Sequential(nn.Linear(300, 200), nn.Tanh()).apply(weights_init)
    assert host(model[0].weight).std() == pytest.approx(0.02, rel=0.02)
    assert not host(model[0].bias).any()


def test_zero_grad_forgets_or_zeroes():
    model = nn.Linear(2, 1)
    model(mg.ones(1, 2)).sum().backward()
    model.zero_grad(set_to_none=False)
    assert model.weight.grad.tolist() == [[0.0, 0.0]]
    model.zero_grad()
    assert model.weight.grad is None


def test_freezing_stops_gradients_but_lets_them_through():
    model, x = nn.Linear(2, 1), mg.ones(1, 2, requires_grad=True)
    model.requires_grad_(False)
    model(x).sum().backward()
    assert model.weight.grad is None and x.grad is not None
    model.requires_grad_(True)
    assert all(p.requires_grad for p in model.parameters())


def test_to_another_dtype_keeps_whole_numbers_whole():
    model = nn.Sequential(nn.Linear(2, 2), nn.BatchNorm1d(2)).double()
    assert model[0].weight.dtype == model[1].running_var.dtype == "float64"
    assert model[1].num_batches_tracked.dtype == "int64"
    assert model[0].weight.requires_grad and model[0].weight.is_leaf
    assert model.float()[0].weight.dtype == "float32"


def test_containers_are_indexed_sliced_and_extended():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    assert len(model) == 3 and [type(m).__name__ for m in model] == ["Linear", "Tanh", "Linear"]
    assert model[-1] is model[2] and len(model[:2]) == 2 and isinstance(model[1:], nn.Sequential)
    assert model[:2](mg.ones(1, 2)).shape == (1, 3)
    assert model.append(nn.Sigmoid())(mg.ones(1, 2)).shape == (1, 1)
    modules = nn.ModuleList([nn.Linear(1, 1), nn.Linear(1, 2)])
    assert isinstance(modules[:1], nn.ModuleList) and modules[:1][0] is modules[0]
    named = nn.ModuleDict({"a": nn.Tanh()})
    named["b"] = nn.Sigmoid()
    assert list(named.keys()) == ["a", "b"] and "a" in named and "c" not in named
    assert [type(m).__name__ for m in named.values()] == ["Tanh", "Sigmoid"]
    assert dict(named.items())["b"] is named["b"]


@pytest.mark.parametrize("copy", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_a_copy_of_a_module_is_independent(backend, copy):
    model = nn.Sequential(nn.Linear(2, 1), nn.BatchNorm1d(1))
    mg.optim.Adam(model.parameters())
    twin = copy(model)
    before = model[0].weight.tolist()
    assert twin[0].weight.tolist() == before and isinstance(twin[0].weight, nn.Parameter)
    with mg.no_grad():
        twin[0].weight.zero_()
    assert model[0].weight.tolist() == before
    assert all(p.requires_grad for p in twin.parameters())


@pytest.mark.parametrize("name", sorted(LAYERS))
def test_every_layer_can_be_copied_and_pickled(name):
    model = LAYERS[name](mg)
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        assert repr(twin) == repr(model)
        assert [k for k, _ in twin.named_buffers()] == [k for k, _ in model.named_buffers()]
        ours, theirs = model.state_dict(), twin.state_dict()
        assert ours.keys() == theirs.keys()
        for key, value in ours.items():
            assert theirs[key].array is not value.array
            assert theirs[key].tolist() == value.tolist()


# -- the core's layers, extended -------------------------------------------------------------------


def test_networks_of_the_core_compute_the_same_bytes_with_and_without_this_room(backend):
    if backend != "numpy":
        pytest.skip("processes of their own, on NumPy")
    program = Path(__file__).parent / "core_training.py"

    def result(when):
        command = [sys.executable, "-W", "error", str(program), when]
        here = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=here).stdout

    assert result("never") == result("first") == result("between")


def test_layers_are_of_one_kind_where_pytorchs_are(torch):
    names = [name for name in nn.__all__ if isinstance(getattr(nn, name), type)]

    def families(library):
        kinds = {name: getattr(library, name) for name in names}
        return {(a, b) for a in kinds for b in kinds if issubclass(kinds[a], kinds[b])}

    assert families(nn) == families(torch.nn)


def test_a_class_of_ones_own_extends_an_extended_one():
    class Block(nn.Conv2d):
        def __init__(self, width):
            super().__init__(
                width, width, 3, padding="same", padding_mode="reflect", dtype="float64"
            )
            self.norm = nn.BatchNorm2d(width, affine=False)

        def forward(self, x):
            return self.norm(super().forward(x))

    class Loss(nn.BCELoss):
        def __init__(self):
            super().__init__(reduction="sum")

    block = Block(2).double()
    assert block(mg.randn(3, 2, 5, 5).double()).shape == (3, 2, 5, 5)
    assert [name for name, _ in block.named_parameters()] == ["weight", "bias"]
    assert Loss()(mg.full((4,), 0.5), mg.ones(4)).item() == pytest.approx(4 * math.log(2))


def test_a_slice_of_a_sequential_keeps_its_names_as_in_pytorch(torch):
    for m in (mg, torch):
        model = m.nn.Sequential(m.nn.Tanh(), m.nn.Linear(2, 2), m.nn.Linear(2, 1))[1:]
        assert list(model.state_dict()) == ["1.weight", "1.bias", "2.weight", "2.bias"]
        del model[0]
        assert list(model.state_dict()) == ["0.weight", "0.bias"]
    part = nn.Sequential(nn.Tanh(), nn.Tanh(), nn.Tanh())[1:]
    with pytest.raises(ValueError, match=r"a member '2'.*Sequential\(\*old\)"):
        part.append(nn.ReLU())
    assert len(nn.Sequential(*part).append(nn.ReLU())) == 3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: nn.Conv2d(3, 4, 3, groups=2), r"Conv2d: in_channels=3 .* divisible by groups=2"),
        (lambda: nn.Conv2d(2, 4, 3, groups=0), r"in_channels=2 .*groups=0"),
        (lambda: nn.Conv2d(1, 1, 0), "kernel_size, stride and dilation must be at least 1"),
        (lambda: nn.Conv2d(1, 1, 3, padding="some"), "padding must be numbers or same or valid"),
        (lambda: nn.Conv2d(1, 1, 3, 2, padding="same"), r"padding 'same' needs stride 1, got \(2"),
        (lambda: nn.Conv2d(1, 1, 3, padding_mode="ones"), "padding_mode 'ones' is none of"),
        (
            lambda: nn.ConvTranspose2d(1, 1, 3, padding="same"),
            "padding must be numbers, got 'same'",
        ),
        (
            lambda: nn.ConvTranspose1d(1, 1, 3, padding_mode="reflect"),
            r"ConvTranspose1d: padding_mode 'reflect' is none of \('zeros',\)",
        ),
    ],
)
def test_options_of_convolutions_that_cannot_be_are_named(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_instance_norm_of_a_single_sample_is_pytorchs(torch):
    x = np.random.default_rng(0).standard_normal((2, 4, 5))
    ours, theirs = loaded(*(m.nn.InstanceNorm2d(2, affine=True) for m in (mg, torch)))
    close(ours(mg.tensor(x)), theirs(torch.tensor(x)))
    with pytest.raises(ValueError, match=r"InstanceNorm2d\(2\): expected 4-d input.*\(3, 2\)"):
        ours(mg.ones(3, 2))


def test_options_of_losses_stand_where_pytorch_has_them():
    assert nn.MSELoss(False).reduction == nn.CrossEntropyLoss(None, False).reduction == "sum"
    assert nn.SmoothL1Loss(None, None, "none", 2.0).beta == 2.0
    with pytest.raises(TypeError, match=r"options .*'reduction'"):
        nn.MSELoss(None, None, "sum", 1)
    with pytest.raises(ValueError, match="reduction 'max' is none of mean, sum, none"):
        nn.functional.mse_loss(mg.ones(2), mg.ones(2), reduction="max")
    loss = nn.BCEWithLogitsLoss(pos_weight=mg.tensor([2.0]))
    assert list(loss.state_dict()) == ["pos_weight"] and loss.weight is None


# -- initial values --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "fan_in"),
    [
        (lambda: nn.Linear(400, 300), 400),
        (lambda: nn.Conv2d(20, 200, 5), 500),
        (lambda: nn.ConvTranspose2d(200, 20, 5), 500),
        (lambda: nn.Conv2d(40, 200, 5, groups=2), 500),
    ],
)
def test_layers_start_uniform_within_one_over_the_root_of_fan_in(layer, fan_in):
    module = layer()
    bound = 1 / math.sqrt(fan_in)
    for parameter in (module.weight, module.bias):
        values = host(parameter).astype("float64")
        assert np.abs(values).max() <= bound
        assert values.std() == pytest.approx(bound / math.sqrt(3), rel=5 / math.sqrt(values.size))
    assert np.abs(host(module.weight)).max() > 0.99 * bound


def test_initial_values_are_distributed_as_in_pytorch(torch):
    for build in (lambda m: m.nn.Linear(30, 500), lambda m: m.nn.Embedding(200, 50)):
        ours, theirs = host(build(mg).weight), build(torch).weight.detach().numpy()
        assert ours.std() == pytest.approx(theirs.std(), rel=0.03)
        if isinstance(build(mg), nn.Linear):
            assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.01)


def test_normalisation_starts_as_the_identity():
    for layer in (nn.BatchNorm1d(3), nn.LayerNorm(3), nn.InstanceNorm2d(3, affine=True)):
        assert layer.weight.tolist() == [1.0] * 3 and layer.bias.tolist() == [0.0] * 3
    assert nn.BatchNorm1d(3).running_var.tolist() == [1.0] * 3


INITIALISERS = {
    "uniform_": (lambda t: nn.init.uniform_(t, -1, 3), 1.0, 4 / math.sqrt(12)),
    "normal_": (lambda t: nn.init.normal_(t, 2, 0.5), 2.0, 0.5),
    "xavier_uniform_": (nn.init.xavier_uniform_, 0.0, math.sqrt(2 / 700)),
    "xavier_normal_": (lambda t: nn.init.xavier_normal_(t, 2.0), 0.0, 2 * math.sqrt(2 / 700)),
    "kaiming_uniform_": (nn.init.kaiming_uniform_, 0.0, math.sqrt(2 / 400)),
    "kaiming_normal_": (
        lambda t: nn.init.kaiming_normal_(t, 0.2, "fan_out", "leaky_relu"),
        0.0,
        math.sqrt(2 / 1.04 / 300),
    ),
}


@pytest.mark.parametrize("name", INITIALISERS)
def test_initialisers_have_their_moments(name):
    initialise, mean, std = INITIALISERS[name]
    weight = nn.Parameter(mg.empty(300, 400))
    assert initialise(weight) is weight
    values = host(weight).astype("float64")
    assert values.mean() == pytest.approx(mean, abs=5 * std / math.sqrt(values.size))
    assert values.std() == pytest.approx(std, rel=0.01)
    assert weight.requires_grad and weight.is_leaf
    if "uniform" in name:
        assert np.abs(values - mean).max() <= std * math.sqrt(3) * 1.0001


def test_gains_are_those_of_pytorch(torch):
    for name, p in [("linear", None), ("sigmoid", None), ("tanh", None), ("relu", None),
                    ("leaky_relu", None), ("leaky_relu", 0.3), ("selu", None), ("conv2d", None)]:  # fmt: skip
        assert nn.init.calculate_gain(name, p) == pytest.approx(
            torch.nn.init.calculate_gain(name, p)
        )


def test_initialisers_say_what_they_cannot_do():
    with pytest.raises(ValueError, match=r"at least two axes, got shape \(3,\)"):
        nn.init.xavier_uniform_(mg.empty(3))
    with pytest.raises(ValueError, match=r"no gain is known for 'gelu': choose linear"):
        nn.init.calculate_gain("gelu")
    with pytest.raises(ValueError, match=r"'fan_up' is neither fan_in nor fan_out"):
        nn.init.kaiming_normal_(mg.empty(3, 3), mode="fan_up")
    assert nn.init.zeros_(mg.empty(3)).tolist() == [0.0] * 3
    assert nn.init.ones_(mg.empty(3)).tolist() == [1.0] * 3
    assert nn.init.eye_(mg.empty(2, 3)).tolist() == [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]


# -- layers that a wrong input reaches -------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: nn.Linear(3, 2)(mg.ones(4, 5)), ValueError, r"linear.*takes 3 features.*\(4, 5\)"),
        (
            lambda: nn.Linear(3, 2)(mg.ones(4, 3, dtype="float64")),
            TypeError,
            r"input is float64, the weight float32",
        ),
        (lambda: nn.Linear(0, 2), ValueError, r"Linear\(in_features=0, out_features=2.*at least 1"),
        (lambda: nn.BatchNorm1d(3)(mg.ones(4, 2)), ValueError, r"BatchNorm1d\(3\).*\(4, 2\)"),
        (lambda: nn.BatchNorm1d(3)(mg.ones(4, 3, 2, 2)), ValueError, r"2-d or 3-d.*\(4, 3, 2, 2\)"),
        (
            lambda: nn.BatchNorm1d(3)(mg.ones(1, 3)),
            ValueError,
            r"more than one value.*\(1, 3\).*more data, or eval\(\)",
        ),
        (lambda: nn.Embedding(3, 2)(mg.ones(4)), TypeError, r"whole numbers, not float32"),
        (lambda: nn.Dropout(1.5), ValueError, r"p must be a probability within \[0, 1\], got 1.5"),
        (
            lambda: nn.MSELoss(reduction="avg"),
            ValueError,
            r"MSELoss: reduction 'avg' is none of mean",
        ),
        (
            lambda: nn.Conv2d(3, 4, 3)(mg.ones(1, 2, 8, 8)),
            ValueError,
            r"conv2d: .*\(1, 2, 8, 8\).*\(4, 3, 3, 3\)",
        ),
    ],
)
def test_wrong_inputs_are_answered_with_names_and_shapes(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_an_embeddings_padding_is_zero_and_not_learned():
    layer = nn.Embedding(4, 2, padding_idx=-1)
    assert layer.weight.tolist()[-1] == [0.0, 0.0] and layer.weight.tolist()[0] != [0.0, 0.0]
    layer(mg.tensor([[0, 3], [3, 0]])).sum().backward()
    assert layer.weight.grad.tolist() == [[2.0, 2.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]


def test_an_embedding_of_known_vectors(torch):
    def learned(m, **options):
        known = m.arange(6.0).reshape(3, 2)
        layer = m.nn.Embedding.from_pretrained(known, **options)
        out = layer(m.tensor([[0, 2]]))
        if out.requires_grad:
            out.sum().backward()
        known[0] = 9.0  # the layer's own memory
        weight = layer.weight
        return out.tolist(), weight.tolist(), weight.grad is not None and weight.grad.tolist()

    for options in ({}, {"freeze": False}, {"freeze": False, "padding_idx": 0}):
        assert learned(mg, **options) == learned(torch, **options)
    with pytest.raises(ValueError, match=r"\(3,\) is no matrix, a vector a row"):
        nn.Embedding.from_pretrained(mg.ones(3))


def test_layers_of_ones_own_ask_for_the_fans(torch):
    for shape in ((5, 3), (4, 3, 2, 5)):
        ours, theirs = (m.nn.init._calculate_fan_in_and_fan_out(m.ones(shape)) for m in (mg, torch))
        assert ours == theirs


def test_a_wrapper_passes_on_what_it_lacks(torch):
    def answers(m):
        class Wrapper(m.nn.Module):
            def __init__(self, net):
                super().__init__()
                self.net = net

            def __getattr__(self, name):
                try:
                    return super().__getattr__(name)
                except AttributeError:
                    return getattr(super().__getattr__("net"), name)

        wrapper = copy.deepcopy(Wrapper(m.nn.Linear(3, 2)))
        assert wrapper.weight is wrapper.net.weight
        assert not hasattr(wrapper, "absent") and not hasattr(m.nn.ReLU(), "weight")
        with pytest.raises(AttributeError, match="'Linear' object has no attribute 'absent'"):
            wrapper.absent  # noqa: B018
        return wrapper.in_features, [name for name, _ in wrapper.named_parameters()]

    assert answers(mg) == answers(torch)


def test_instance_norm_tracks_statistics_as_pytorch_does(torch):
    ours, theirs = (m.nn.InstanceNorm2d(2, track_running_stats=True) for m in (mg, torch))
    x = np.random.default_rng(0).standard_normal((3, 2, 4, 4)).astype(np.float32)
    for _ in range(2):
        close(ours(mg.tensor(x)), theirs(torch.tensor(x)), 1e-5)
    for name in ("running_mean", "running_var"):
        close(getattr(ours, name), getattr(theirs, name), 1e-6)
    close(ours.eval()(mg.tensor(x)), theirs.eval()(torch.tensor(x)), 1e-5)


def test_softmax_without_an_axis_takes_the_classes(torch):
    for shape in ((3,), (2, 3), (2, 3, 4), (2, 3, 4, 2)):
        x = np.random.default_rng(0).standard_normal(shape)
        with warnings.catch_warnings(action="ignore"):
            theirs = torch.nn.Softmax()(torch.tensor(x))
        close(nn.Softmax()(mg.tensor(x)), theirs)


def test_layers_begin_in_the_dtype_asked_for():
    for build in (
        lambda **o: nn.Linear(2, 1, **o),
        lambda **o: nn.Conv2d(2, 1, 3, **o),
        lambda **o: nn.ConvTranspose2d(2, 1, 3, **o),
        lambda **o: nn.BatchNorm2d(2, **o),
        lambda **o: nn.InstanceNorm2d(2, affine=True, **o),
        lambda **o: nn.LayerNorm(2, **o),
        lambda **o: nn.Embedding(2, 1, **o),
    ):
        assert build(dtype=mg.float64).weight.dtype == "float64"
        assert build().weight.dtype == build(device="cpu").weight.dtype == "float32"


@pytest.mark.parametrize(
    ("words", "reduction"),
    [
        ({"size_average": False}, "sum"),
        ({"size_average": True}, "mean"),
        ({"reduce": False}, "none"),
        ({"reduce": True, "size_average": False}, "sum"),
    ],
)
def test_losses_know_pytorchs_older_words(words, reduction):
    x, t = mg.tensor([[0.2, 0.7]]), mg.tensor([[0.0, 1.0]])
    for kind in (nn.BCELoss, nn.BCEWithLogitsLoss, nn.MSELoss, nn.L1Loss, nn.SmoothL1Loss):
        assert kind(**words)(x, t).tolist() == kind(reduction=reduction)(x, t).tolist()
    for kind in (nn.CrossEntropyLoss, nn.NLLLoss):
        classes = mg.tensor([1])
        assert kind(**words)(x, classes).tolist() == kind(reduction=reduction)(x, classes).tolist()


# -- losses ----------------------------------------------------------------------------------------

SURE = [0.0, 1.0, 0.0, 1.0, 1e-30, 1 - 1e-16, 0.3]
TRUTH = [0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 0.7]


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_bce_of_a_sure_answer_is_pytorchs(torch, reduction, dtype):
    p, t = mg.tensor(SURE, dtype, requires_grad=True), mg.tensor(TRUTH, dtype)
    q = torch.tensor(SURE, dtype=getattr(torch, dtype), requires_grad=True)
    u = torch.tensor(TRUTH, dtype=getattr(torch, dtype))
    ours = nn.BCELoss(reduction=reduction)(p, t)
    theirs = torch.nn.BCELoss(reduction=reduction)(q, u)
    ours.sum().backward()
    theirs.sum().backward()
    close(ours, theirs, 1e-10 if dtype == "float64" else 1e-6)
    close(p.grad, q.grad, 1e-8 if dtype == "float64" else 1e-6)  # their 1e-12 is a float32


def test_bce_holds_logarithms_at_minus_one_hundred():
    loss = nn.BCELoss(reduction="none")(
        mg.tensor([0.0, 1.0, 0.0, 1.0]), mg.tensor([1.0, 0.0, 0.0, 1.0])
    )
    assert loss.tolist() == [100.0, 100.0, 0.0, 0.0]


@pytest.mark.parametrize("value", [-0.2, 1.3, math.nan, math.inf])
@pytest.mark.parametrize("kind", [nn.BCELoss, minigan.nn.BCELoss])
def test_bce_of_no_probability_suggests_logits(torch, kind, value):
    """Of tensors on the host, whichever library is in use: looking makes a GPU wait."""
    ones, other = mg.ones(2, device="cpu"), mg.tensor([0.5, value], device="cpu")
    cure = "it became NaN before" if value != value else "Sigmoid.*BCEWithLogitsLoss"
    with pytest.raises(RuntimeError, match=r"input .* \[0, 1\].*" + cure):
        kind()(other, ones)
    with pytest.raises(RuntimeError, match=r"target .* \[0, 1\]"):
        kind()(ones, other)
    for pair in ((torch.tensor(other.tolist()), torch.ones(2)),) * 2:
        with pytest.raises(RuntimeError, match="between 0 and 1"):
            torch.nn.BCELoss()(*pair)
    theirs = torch.nn.BCEWithLogitsLoss()(torch.ones(2), torch.tensor(other.tolist()))
    ours = nn.BCEWithLogitsLoss()(ones, other)  # which asks for no probabilities, as PyTorch's
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-6, nan_ok=True)


def test_bce_with_logits_is_precise_however_sure_d_is(torch):
    x = [-1000.0, -50.0, -1.0, 0.0, 1.0, 50.0, 1000.0]
    for target in (0.0, 1.0, 0.9):
        logits = mg.tensor(x, requires_grad=True)
        theirs_in = torch.tensor(x, requires_grad=True)
        ours = nn.BCEWithLogitsLoss(reduction="sum")(logits, mg.full((7,), target))
        theirs = torch.nn.BCEWithLogitsLoss(reduction="sum")(theirs_in, torch.full((7,), target))
        ours.backward()
        theirs.backward()
        close(ours, theirs, 1e-6)
        close(logits.grad, theirs_in.grad, 1e-6)


def test_losses_refuse_shapes_that_would_broadcast_or_warn_as_pytorch_does():
    for loss in (nn.BCELoss(), nn.BCEWithLogitsLoss()):
        with pytest.raises(ValueError, match=r"\(4, 1\) and target \(4,\).*reshape"):
            loss(mg.full((4, 1), 0.5), mg.ones(4))
    for loss in (nn.MSELoss(), nn.L1Loss(), nn.SmoothL1Loss()):
        with pytest.warns(UserWarning, match=r"\(4, 1\) and the target \(4,\).*make them alike"):
            loss(mg.full((4, 1), 0.5), mg.ones(4))
        with pytest.raises(ValueError), pytest.warns(UserWarning, match="make them alike"):
            loss(mg.ones(4), mg.ones(3))


def test_classes_are_one_whole_number_per_row():
    with pytest.raises(ValueError, match=r"shape \(3,\), int64, got float32 .*\(3, 1\)"):
        nn.NLLLoss()(mg.zeros(3, 4), mg.ones(3, 1))


# -- batch normalisation ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"momentum": 0.3, "eps": 1e-3},
        {"momentum": None},
        {"affine": False},
        {"track_running_stats": False},
    ],
    ids=str,
)
@pytest.mark.parametrize("shape", [(8, 3), (4, 3, 5), (4, 3, 2, 2)], ids=str)
def test_batch_normalisation_follows_pytorch_over_several_steps(torch, options, shape):
    kind = "BatchNorm2d" if len(shape) == 4 else "BatchNorm1d"
    ours, theirs = loaded(getattr(nn, kind)(3, **options), getattr(torch.nn, kind)(3, **options))
    random = np.random.default_rng(0)
    for step in range(5):
        values = random.standard_normal(shape) * (step + 1.0) + step
        x = mg.tensor(values, requires_grad=True)
        z = torch.tensor(values, requires_grad=True)
        if step == 4:
            ours.eval(), theirs.eval()
        y, w = ours(x), theirs(z)
        close(y, w)
        (y * y * y).sum().backward()
        (w * w * w).sum().backward()
        close(x.grad, z.grad)
        for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
            close(mine.grad, other.grad)
        for mine, other in zip(ours.buffers(), theirs.buffers(), strict=True):
            close(mine, other)


def test_the_momentum_none_averages_all_batches():
    norm = nn.BatchNorm1d(1, momentum=None)
    for value in (1.0, 2.0, 6.0):
        norm(mg.tensor([[value - 1], [value + 1]]))
    assert norm.running_mean.item() == pytest.approx(3.0)
    assert norm.num_batches_tracked.item() == 3


def test_in_eval_mode_a_sample_does_not_depend_on_the_others():
    norm = nn.BatchNorm1d(2)
    norm(mg.randn(16, 2))
    norm.eval()
    x = mg.randn(4, 2)
    np.testing.assert_allclose(host(norm(x))[:1], host(norm(x[:1])), rtol=1e-6)
    assert norm(mg.ones(1, 2)).shape == (1, 2)


def test_statistics_do_not_change_without_training():
    norm = nn.BatchNorm1d(2).eval()
    norm(mg.randn(8, 2))
    assert norm.running_mean.tolist() == [0.0, 0.0] and norm.num_batches_tracked.item() == 0


# -- dropout ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_silences_with_its_probability_and_keeps_the_mean(p):
    y = host(nn.Dropout(p)(mg.ones(200_000)))
    kept = y[y != 0]
    assert len(kept) / y.size == pytest.approx(1 - p, abs=0.005)
    np.testing.assert_allclose(kept, 1 / (1 - p), rtol=1e-6)
    assert y.mean() == pytest.approx(1.0, abs=0.02)
    assert y.dtype == "float32"


def test_dropout_draws_anew_each_time_and_repeats_with_the_seed():
    dropout, x = nn.Dropout(0.5), mg.ones(100)
    mg.manual_seed(1)
    first, second = dropout(x).tolist(), dropout(x).tolist()
    assert first != second
    mg.manual_seed(1)
    assert dropout(x).tolist() == first


def test_the_gradient_of_dropout_is_its_mask():
    x = mg.ones(100, requires_grad=True)
    y = nn.Dropout(0.3)(x)
    y.sum().backward()
    assert x.grad.tolist() == y.tolist()


def test_dropout_does_nothing_in_eval_mode_or_with_p_0_and_everything_with_p_1():
    x = mg.randn(10)
    assert nn.Dropout(0.5).eval()(x) is x and nn.Dropout(0.0)(x) is x
    assert not host(nn.Dropout(1.0)(x)).any()


def test_dropout2d_silences_whole_channels():
    y = host(nn.Dropout2d(0.5)(mg.ones(50, 20, 3, 3)))
    channels = y.reshape(1000, 9)
    assert set(np.unique(channels.sum(1))) == {0.0, 18.0}
    assert (channels[:, 0] == 0).mean() == pytest.approx(0.5, abs=0.06)


# -- helpers around layers -------------------------------------------------------------------------


def test_spectral_normalisation_brings_the_largest_singular_value_to_one(torch):
    for build in (lambda m: m.nn.Linear(5, 4), lambda m: m.nn.Conv2d(2, 3, 3)):
        layer = nn.utils.parametrizations.spectral_norm(build(mg))
        theirs = torch.nn.utils.parametrizations.spectral_norm(build(torch))
        assert sorted(layer.state_dict()) == sorted(theirs.state_dict())
        for _ in range(50):
            layer.weight  # noqa: B018  each use in training is a step of the power iteration
        weight = host(layer.eval().weight).reshape(layer.weight.shape[0], -1)
        assert np.linalg.norm(weight, 2) == pytest.approx(1.0, abs=1e-3)


def test_spectral_normalisation_equals_pytorchs(torch):
    ours = nn.utils.parametrizations.spectral_norm(nn.Linear(5, 4))
    theirs = torch.nn.utils.parametrizations.spectral_norm(torch.nn.Linear(5, 4))
    loaded(ours, theirs)
    x = np.random.default_rng(0).standard_normal((3, 5))
    for _ in range(3):
        y, w = ours(mg.tensor(x)), theirs(torch.tensor(x))
        close(y, w)
        ours.zero_grad(), theirs.zero_grad()
        (y * y).sum().backward()
        (w * w).sum().backward()
        for mine, other in zip(
            sorted(ours.named_parameters()), sorted(theirs.named_parameters()), strict=True
        ):
            close(mine[1].grad, other[1].grad)


# -- at the edges ----------------------------------------------------------------------------------


def test_topk_of_too_few():
    with pytest.raises(ValueError, match=r"k is 5, but axis 0 of \(3,\) has 3 elements"):
        mg.tensor([1.0, 2.0, 3.0]).topk(5, 0)


def test_a_result_with_a_history_may_change_its_shape_but_not_its_size():
    x = mg.ones(3, 1, requires_grad=True)
    y = x * 2.0
    with pytest.raises(RuntimeError, match=r"shape \(3, 1\) has a history"):
        y.resize_(5)
    assert y.squeeze_(1).shape == (3,)
    (y * mg.tensor([1.0, 2.0, 3.0])).sum().backward()
    assert x.grad.tolist() == [[2], [4], [6]]
    with pytest.raises(RuntimeError, match=r"leaf of shape \(3, 1\) requires grad"):
        x.squeeze_(1)


def test_every_layer_begins_by_its_own_reset_parameters():
    """So that a class of one's own may begin otherwise, as in PyTorch."""
    layers = {
        "Linear": (2, 2), "Conv1d": (1, 2, 3), "Conv2d": (1, 2, 3), "ConvTranspose1d": (1, 2, 3),
        "ConvTranspose2d": (1, 2, 3), "Embedding": (3, 2, 0), "BatchNorm1d": (2,),
        "BatchNorm2d": (2,), "InstanceNorm1d": (2, 1e-5, 0.1, True), "LayerNorm": ((2, 3),),
        "InstanceNorm2d": (2, 1e-5, 0.1, True), "GroupNorm": (1, 2), "PReLU": (2,),
    }  # fmt: skip
    assert {n for n in mg.nn.__all__ if hasattr(getattr(mg.nn, n), "reset_parameters")} == {*layers}
    for name, sizes in layers.items():
        kind = getattr(mg.nn, name)

        class Own(kind):
            def reset_parameters(self):
                mg.nn.init.constant_(self.weight, 7.0)

        assert (Own(*sizes).weight == 7.0).all(), name
        plain, again = kind(*sizes), Own(*sizes)
        mg.manual_seed(0)
        kind.reset_parameters(again)
        mg.manual_seed(0)
        plain.reset_parameters()
        for key, value in plain.state_dict().items():
            assert (again.state_dict()[key] == value).all(), (name, key)
